package awssim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/catalog"
)

const (
	ingressRuleToken = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressRuleToken  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

// sources are the inputs for the peer, of which exactly one is set. A change to another one replaces the
// rule.
var sources = []string{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}

func init() {
	register(ruleType(ingressRuleToken, "Ingress"), ruleType(egressRuleToken, "Egress"))
}

func ruleType(token, direction string) *resourceType {
	port := attribute{Validate: func(path string, value any) []string {
		if n, _ := value.(float64); n < -1 || n > 65535 {
			return []string{fmt.Sprintf("Invalid Attribute Value. Attribute %s value must be between -1 and 65535, got: %d", path, int(n))}
		}
		return nil
	}}
	prefix := func(doing, id string) string {
		return doing + " VPC Security Group " + direction + " Rule (" + id + ")"
	}
	return &resourceType{
		Token:      token,
		Framework:  true,
		Taggable:   true,
		SingleCall: true,
		Inputs: map[string]attribute{
			"securityGroupId": {Required: true, ForceNew: true},
			"ipProtocol":      {Required: true, DiffSuppress: func(a, b any) bool { return ipProtocol(a) == ipProtocol(b) }},
			"cidrIpv4":        {Validate: ipv4Network},
			"cidrIpv6":        {Validate: ipv6Network},
			"prefixListId":    {}, "referencedSecurityGroupId": {},
			"description": {},
			"fromPort":    port, "toPort": port,
		},
		Outputs:      []string{"arn", "securityGroupRuleId"},
		ExactlyOneOf: [][]string{sources},
		CustomizeDiff: func(diff differences, state, in values) error {
			for _, source := range sources {
				if _, differs := diff[source]; differs && isSet(state, source) != isSet(in, source) {
					diff[source] = true
				}
			}
			return nil
		},
		Create: func(c *call, in values) (string, values, error) {
			if err := c.checkRule("creating VPC Security Group Rule", "AuthorizeSecurityGroup"+direction, token, "", in); err != nil {
				return "", nil, err
			}
			rule := c.addRule(c.securityGroup(str(in, "securityGroupId")), token, in)
			rule.Owner = ""
			return rule.ID, rule.State, nil
		},
		Update: func(c *call, id string, old, in values) (values, error) {
			if err := c.checkRule(prefix("updating", id), "ModifySecurityGroupRules", token, id, in); err != nil {
				return nil, err
			}
			return storedRule(c.applyInputs(old, in)), nil
		},
		NotFound: func(c *call, id string) error {
			return c.ec2Error(prefix("updating", id), "ModifySecurityGroupRules", "InvalidSecurityGroupRuleId.NotFound",
				"The security group rule ID '%s' does not exist", id)
		},
	}
}

// ipProtocol returns the name of a protocol that may be a number.
func ipProtocol(value any) string {
	name, _ := value.(string)
	name = strings.ToLower(name)
	if byNumber, ok := map[string]string{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}[name]; ok {
		return byNumber
	}
	return name
}

// storedRule returns a rule as AWS stores it: the ports of a rule for all protocols are -1.
func storedRule(rule values) values {
	for _, port := range []string{"fromPort", "toPort"} {
		if ipProtocol(rule["ipProtocol"]) == "-1" && isSet(rule, port) {
			rule[port] = -1.0
		}
	}
	return rule
}

// addRule adds a rule to a group, which becomes its owner.
func (c *call) addRule(group *object, token string, rule values) *object {
	id := c.newID("sgr")
	state := storedRule(clone(rule))
	maps.Copy(state, values{
		"arn": c.arn("ec2", "security-group-rule/"+id), "securityGroupRuleId": id, "securityGroupId": group.ID,
	})
	added := c.put(token, id, state)
	added.Owner = group.key()
	return added
}

// rulesOf returns the rules of a group in one direction.
func (c *call) rulesOf(group, token string) []*object {
	return c.find(token, func(v values) bool { return str(v, "securityGroupId") == group })
}

// checkRule returns AWS's error for a rule. ID is the ID of a rule that is updated, or "".
func (c *call) checkRule(prefix, operation, token, id string, rule values) error {
	group := c.securityGroup(str(rule, "securityGroupId"))
	if group == nil {
		return c.groupNotFound(prefix, operation, str(rule, "securityGroupId"))
	}
	if err := c.checkPeer(prefix, operation, group, rule); err != nil {
		return err
	}
	if name := ipProtocol(rule["ipProtocol"]); (name == "tcp" || name == "udp") && (rule["fromPort"] == nil || rule["toPort"] == nil) {
		return c.ec2Error(prefix, operation, "InvalidParameterValue",
			"Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
	}
	if from, to := integer(rule, "fromPort"), integer(rule, "toPort"); from > to && ipProtocol(rule["ipProtocol"]) != "icmp" {
		return c.ec2Error(prefix, operation, "InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", from, to)
	}
	if description := str(rule, "description"); len(description) > 255 || !groupDescription.MatchString(description) {
		return c.ec2Error(prefix, operation, "InvalidParameterValue", "Invalid rule description. Valid descriptions are strings less than "+
			"256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
	}
	count := 0
	for _, other := range c.rulesOf(group.ID, token) {
		if isSet(other.State, "cidrIpv6") == isSet(rule, "cidrIpv6") {
			count++
		}
		if other.ID != id && describeRule(other.State) == describeRule(rule) {
			return c.ec2Error(prefix, operation, "InvalidPermission.Duplicate", `the specified rule "%s" already exists`, describeRule(rule))
		}
	}
	// AWS's prefix list of S3 counts as one rule.
	// https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
	if id == "" && count >= c.quota(rulesPerGroup) {
		return c.ec2Error(prefix, operation, "RulesPerSecurityGroupLimitExceeded",
			"The maximum number of rules per security group has been reached.")
	}
	return nil
}

// checkPeer returns AWS's error for the peer of a rule.
func (c *call) checkPeer(prefix, operation string, group *object, rule values) error {
	if id := str(rule, "referencedSecurityGroupId"); id != "" {
		peer := c.securityGroup(strings.TrimPrefix(id, c.account+"/"))
		if peer == nil {
			return c.groupNotFound(prefix, operation, id)
		}
		if str(peer.State, "vpcId") != str(group.State, "vpcId") {
			// The simulated AWS does not support VPC peering, which allows groups of another VPC.
			return c.ec2Error(prefix, operation, "InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
		}
	}
	if id := str(rule, "prefixListId"); id != "" && !slices.ContainsFunc(c.offers.PrefixLists(), func(l catalog.PrefixList) bool { return l.ID == id }) {
		return c.ec2Error(prefix, operation, "InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist", id)
	}
	return nil
}

// describeRule returns a rule in the format of EC2's error messages.
func describeRule(rule values) string {
	peer := ""
	for _, source := range sources {
		if id := str(rule, source); id != "" {
			peer = id
		}
	}
	if ipProtocol(rule["ipProtocol"]) == "-1" {
		return "peer: " + peer + ", ALL, ALLOW"
	}
	return fmt.Sprintf("peer: %s, %s, from port: %d, to port: %d, ALLOW", peer, strings.ToUpper(ipProtocol(rule["ipProtocol"])),
		integer(rule, "fromPort"), integer(rule, "toPort"))
}
