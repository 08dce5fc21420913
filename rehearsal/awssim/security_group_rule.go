package awssim

import (
	"bastionless/rehearsal/awssim/catalogue"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	ingressRuleToken = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressRuleToken  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"

	// maxRules is a quota for each direction, and for IPv4 and IPv6 apart. https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
	// AWS's prefix list of S3 counts as one rule. https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
	maxRules = 60
)

// sources are what a rule may name, one at a time. Another kind of source is another rule.
var sources = []string{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}

func init() {
	register(ruleType(ingressRuleToken, "Ingress"), ruleType(egressRuleToken, "Egress"))
}

func ruleType(token, direction string) *resourceType {
	port := attribute{check: func(path string, value any) []string {
		if n, _ := value.(float64); n < -1 || n > 65535 {
			return []string{fmt.Sprintf("Invalid Attribute Value. Attribute %s value must be between -1 and 65535, got: %d", path, int(n))}
		}
		return nil
	}}
	prefix := func(doing, id string) string {
		return doing + " VPC Security Group " + direction + " Rule (" + id + ")"
	}
	return &resourceType{
		token:     token,
		framework: true,
		taggable:  true,
		atomic:    true,
		inputs: map[string]attribute{
			"securityGroupId": {required: true, replace: true},
			"ipProtocol":      {required: true, same: func(a, b any) bool { return protocol(a) == protocol(b) }},
			"cidrIpv4":        {check: ipv4Network},
			"cidrIpv6":        {check: ipv6Network},
			"prefixListId":    {}, "referencedSecurityGroupId": {},
			"description": {},
			"fromPort":    port, "toPort": port,
		},
		outputs:      []string{"arn", "securityGroupRuleId"},
		alternatives: [][]string{sources},
		adjust: func(found differences, state, in values) {
			for _, source := range sources {
				if _, differs := found[source]; differs && given(state, source) != given(in, source) {
					found[source] = true
				}
			}
		},
		create: func(c *call, in values) (string, values, error) {
			if err := c.checkRule("creating VPC Security Group Rule", "AuthorizeSecurityGroup"+direction, token, "", in); err != nil {
				return "", nil, err
			}
			rule := c.addRule(c.securityGroup(text(in, "securityGroupId")), token, in)
			rule.Owner = ""
			return rule.ID, rule.State, nil
		},
		update: func(c *call, id string, old, in values) (values, error) {
			if err := c.checkRule(prefix("updating", id), "ModifySecurityGroupRules", token, id, in); err != nil {
				return nil, err
			}
			return storedRule(c.settle(old, in)), nil
		},
		gone: func(c *call, id string) error {
			return c.ec2(prefix("updating", id), "ModifySecurityGroupRules", "InvalidSecurityGroupRuleId.NotFound",
				"The security group rule ID '%s' does not exist", id)
		},
	}
}

// protocol is a protocol's name, whichever way it is written.
func protocol(value any) string {
	text, _ := value.(string)
	text = strings.ToLower(text)
	if name, ok := map[string]string{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}[text]; ok {
		return name
	}
	return text
}

// storedRule is a rule as AWS reports it: one for all protocols has the ports -1, whatever was asked for.
func storedRule(rule values) values {
	for _, port := range []string{"fromPort", "toPort"} {
		if protocol(rule["ipProtocol"]) == "-1" && given(rule, port) {
			rule[port] = -1.0
		}
	}
	return rule
}

// addRule puts a rule into a group, and makes it the group's own.
func (c *call) addRule(group *object, token string, rule values) *object {
	id := c.newID("sgr")
	state := storedRule(clone(rule))
	maps.Copy(state, values{
		"arn": c.arn("ec2", "security-group-rule/"+id), "securityGroupRuleId": id, "securityGroupId": group.ID,
	})
	added := c.put(token, id, state)
	added.Owner = key(group.Type, group.Region, group.ID)
	return added
}

// rulesOf are the rules of a group in one direction.
func (c *call) rulesOf(group, token string) []*object {
	return c.all(token, func(v values) bool { return text(v, "securityGroupId") == group })
}

// checkRule refuses a rule of a group that does not exist, that names what does not exist, or that stands already. id is
// that of a rule that is changed.
func (c *call) checkRule(prefix, operation, token, id string, rule values) error {
	group := c.securityGroup(text(rule, "securityGroupId"))
	if group == nil {
		return c.noGroup(prefix, operation, text(rule, "securityGroupId"))
	}
	if err := c.checkPeer(prefix, operation, group, rule); err != nil {
		return err
	}
	if name := protocol(rule["ipProtocol"]); (name == "tcp" || name == "udp") && (rule["fromPort"] == nil || rule["toPort"] == nil) {
		return c.ec2(prefix, operation, "InvalidParameterValue",
			"Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
	}
	if from, to := number(rule, "fromPort"), number(rule, "toPort"); from > to && protocol(rule["ipProtocol"]) != "icmp" {
		return c.ec2(prefix, operation, "InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", from, to)
	}
	if description := text(rule, "description"); len(description) > 255 || !groupDescription.MatchString(description) {
		return c.ec2(prefix, operation, "InvalidParameterValue", "Invalid rule description. Valid descriptions are strings less than "+
			"256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
	}
	count := 0
	for _, other := range c.rulesOf(group.ID, token) {
		if given(other.State, "cidrIpv6") == given(rule, "cidrIpv6") {
			count++
		}
		if other.ID != id && describeRule(other.State) == describeRule(rule) {
			return c.ec2(prefix, operation, "InvalidPermission.Duplicate", `the specified rule "%s" already exists`, describeRule(rule))
		}
	}
	if id == "" && count >= maxRules {
		return c.ec2(prefix, operation, "RulesPerSecurityGroupLimitExceeded",
			"The maximum number of rules per security group has been reached.")
	}
	return nil
}

// checkPeer refuses what a rule cannot name.
func (c *call) checkPeer(prefix, operation string, group *object, rule values) error {
	if id := text(rule, "referencedSecurityGroupId"); id != "" {
		named := c.securityGroup(strings.TrimPrefix(id, c.account()+"/"))
		if named == nil {
			return c.noGroup(prefix, operation, id)
		}
		if text(named.State, "vpcId") != text(group.State, "vpcId") {
			// The simulated AWS has no peering, by which groups of another VPC could be named.
			return c.ec2(prefix, operation, "InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
		}
	}
	if id := text(rule, "prefixListId"); id != "" && !slices.ContainsFunc(c.offers.PrefixLists(), func(l catalogue.PrefixList) bool { return l.ID == id }) {
		return c.ec2(prefix, operation, "InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist", id)
	}
	return nil
}

// describeRule is a rule in the words of EC2's refusals.
func describeRule(rule values) string {
	peer := ""
	for _, source := range sources {
		if named := text(rule, source); named != "" {
			peer = named
		}
	}
	if protocol(rule["ipProtocol"]) == "-1" {
		return "peer: " + peer + ", ALL, ALLOW"
	}
	return fmt.Sprintf("peer: %s, %s, from port: %d, to port: %d, ALLOW", peer, strings.ToUpper(protocol(rule["ipProtocol"])),
		number(rule, "fromPort"), number(rule, "toPort"))
}
