package awssim

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	ingressRuleToken = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressRuleToken  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"

	// maxRules is a quota for each direction. https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
	maxRules = 60
)

var (
	notSG            = regexp.MustCompile(`^([^s]|s[^g]|sg[^-]|sg?$|$)`)
	groupDescription = regexp.MustCompile(`^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*$`)
)

func init() {
	rules := attribute{computed: true, unordered: true}
	register(&resourceType{
		token: securityGroupToken,
		name:  &autoname{attribute: "name", unless: "namePrefix", longest: 255},
		inputs: map[string]attribute{
			"name":                {replace: true, check: both(length(0, 255), matching(notSG, "cannot begin with sg-"))},
			"namePrefix":          {replace: true, computed: true, check: both(length(0, 229), matching(notSG, "cannot begin with sg-"))},
			"description":         {replace: true, fallback: "Managed by Pulumi", check: length(0, 255)},
			"vpcId":               {replace: true, computed: true},
			"ingress":             rules,
			"egress":              rules,
			"revokeRulesOnDelete": {fallback: false},
		},
		outputs:   []string{"arn", "ownerId"},
		conflicts: [][]string{{"name", "namePrefix"}},
		taggable:  true,
		create:    createSecurityGroup, update: merge, remove: removeSecurityGroup,
	}, &resourceType{
		token: defaultSecurityGroupToken,
		inputs: map[string]attribute{
			"vpcId":               {replace: true, computed: true},
			"ingress":             {unordered: true},
			"egress":              {unordered: true},
			"revokeRulesOnDelete": {fallback: false},
		},
		outputs:  []string{"arn", "description", "name", "namePrefix", "ownerId"},
		taggable: true,
		create:   adoptDefaultSecurityGroup, update: merge, remove: leaveDefaultSecurityGroup,
	}, ruleType(ingressRuleToken, "Ingress"), ruleType(egressRuleToken, "Egress"))
}

// sources are what a rule may name, one at a time. Another kind of source is another rule.
var sources = []string{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}

func ruleType(token, direction string) *resourceType {
	port := attribute{check: func(path string, value any) []string {
		if n, _ := value.(float64); n < -1 || n > 65535 {
			return []string{fmt.Sprintf("Invalid Attribute Value. Attribute %s value must be between -1 and 65535, got: %d", path, int(n))}
		}
		return nil
	}}
	t := &resourceType{
		token: token,

		framework: true,
		taggable:  true,
		inputs: map[string]attribute{
			"securityGroupId": {required: true, replace: true},
			"ipProtocol":      {required: true, same: func(a, b any) bool { return protocol(a) == protocol(b) }},
			"cidrIpv4":        {check: ipv4Network},
			"cidrIpv6":        {}, "prefixListId": {}, "referencedSecurityGroupId": {}, "description": {},
			"fromPort": port, "toPort": port,
		},
		outputs:      []string{"arn", "securityGroupRuleId"},
		alternatives: [][]string{sources},
		create: func(c *call, in values) (string, values, error) {
			return createRule(c, token, direction, in)
		},
	}
	t.adjust = func(found differences, state, in values) {
		for _, source := range sources {
			if _, differs := found[source]; differs && given(state, source) != given(in, source) {
				found[source] = true
			}
		}
	}
	t.update = func(c *call, id string, old, in values) (values, error) {
		prefix := "updating VPC Security Group " + direction + " Rule (" + id + ")"
		if err := c.checkRule(prefix, "ModifySecurityGroupRules", token, id, in); err != nil {
			return nil, err
		}
		for _, name := range append([]string{"fromPort", "toPort", "description"}, sources...) {
			delete(old, name)
		}
		return merge(c, id, old, in)
	}
	return t
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

func createSecurityGroup(c *call, in values) (string, values, error) {
	name := text(in, "name")
	prefix, operation := "creating Security Group ("+name+")", "CreateSecurityGroup"
	vpc := text(in, "vpcId")
	switch {
	case c.vpc(vpc) == nil:
		return "", nil, c.noVPC(prefix, operation, vpc)
	case !groupDescription.MatchString(text(in, "description")):
		return "", nil, c.ec2(prefix, operation, "InvalidParameterValue", "Invalid security group description. Valid descriptions are "+
			"strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
	case !groupDescription.MatchString(name):
		return "", nil, c.ec2(prefix, operation, "InvalidParameterValue", "Value (%s) for parameter GroupName is invalid. Character sets "+
			"beyond ASCII are not supported.", name)
	}
	same := func(v values) bool { return text(v, "vpcId") == vpc && strings.EqualFold(text(v, "name"), name) }
	if len(c.all(securityGroupToken, same)) > 0 || strings.EqualFold(name, "default") {
		return "", nil, c.ec2(prefix, operation, "InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, vpc)
	}
	id := c.newID("sg")
	state := clone(in)
	// The provider takes away the egress that AWS gives every group.
	maps.Copy(state, values{"arn": c.arn("ec2", "security-group/"+id), "ownerId": c.account(), "ingress": []any{}, "egress": []any{}})
	for _, direction := range []string{"ingress", "egress"} {
		if rules, ok := in[direction].([]any); ok && len(rules) > 0 {
			return "", nil, errors.New("the simulated AWS knows rules of security groups as resources of their own alone")
		}
	}
	c.put(securityGroupToken, id, state)
	return id, state, nil
}

func removeSecurityGroup(c *call, id string, _ values) error {
	dependent := len(c.all(interfaceToken, func(v values) bool { return slices.Contains(list(v, "groups"), id) })) > 0
	for _, token := range []string{ingressRuleToken, egressRuleToken} {
		dependent = dependent || len(c.all(token, func(v values) bool {
			return text(v, "referencedSecurityGroupId") == id && text(v, "securityGroupId") != id
		})) > 0
	}
	if dependent {
		return c.ec2("deleting Security Group ("+id+")", "DeleteSecurityGroup", "DependencyViolation", "resource %s has a dependent object", id)
	}
	// Its own rules go with it.
	for _, token := range []string{ingressRuleToken, egressRuleToken} {
		for _, rule := range c.all(token, func(v values) bool { return text(v, "securityGroupId") == id }) {
			c.drop(rule)
		}
	}
	c.drop(c.get(securityGroupToken, id))
	return nil
}

// adoptDefaultSecurityGroup takes over the group that AWS made with the VPC, and takes its rules away.
func adoptDefaultSecurityGroup(c *call, in values) (string, values, error) {
	vpc := c.vpc(text(in, "vpcId"))
	if vpc == nil {
		return "", nil, errors.New("reading Default Security Group: couldn't find resource")
	}
	for _, direction := range []string{"ingress", "egress"} {
		if rules, ok := in[direction].([]any); ok && len(rules) > 0 {
			return "", nil, errors.New("the simulated AWS leaves a default security group without rules")
		}
	}
	group := c.get(defaultSecurityGroupToken, text(vpc.State, "defaultSecurityGroupId"))
	state := clone(in)
	maps.Copy(state, values{
		"arn": c.arn("ec2", "security-group/"+group.ID), "description": "default VPC security group", "name": "default", "namePrefix": "",
		"ownerId": c.account(), "ingress": []any{}, "egress": []any{},
	})
	group.State = state
	return group.ID, state, nil
}

// leaveDefaultSecurityGroup asks AWS for nothing: the group stays as it is until its VPC goes.
func leaveDefaultSecurityGroup(*call, string, values) error { return nil }

func (c *call) securityGroup(id string) *object {
	if group := c.get(securityGroupToken, id); group != nil {
		return group
	}
	return c.get(defaultSecurityGroupToken, id)
}

func createRule(c *call, token, direction string, in values) (string, values, error) {
	const prefix = "creating VPC Security Group Rule"
	if err := c.checkRule(prefix, "AuthorizeSecurityGroup"+direction, token, "", in); err != nil {
		return "", nil, err
	}
	id := c.newID("sgr")
	state := clone(in)
	maps.Copy(state, values{"arn": c.arn("ec2", "security-group-rule/"+id), "securityGroupRuleId": id})
	c.put(token, id, state)
	return id, state, nil
}

// checkRule refuses a rule of a group that does not exist, that names one, or that stands already.
func (c *call) checkRule(prefix, operation, token, id string, in values) error {
	group := c.securityGroup(text(in, "securityGroupId"))
	if group == nil {
		return c.noGroup(prefix, operation, text(in, "securityGroupId"))
	}
	if named := text(in, "referencedSecurityGroupId"); named != "" && c.securityGroup(named) == nil {
		return c.noGroup(prefix, operation, named)
	}
	if protocol(in["ipProtocol"]) != "-1" && (in["fromPort"] == nil || in["toPort"] == nil) {
		return c.ec2(prefix, operation, "InvalidParameterValue", "Invalid value '%s' for portRange. Must specify both from and to ports with TCP/UDP.",
			text(in, "ipProtocol"))
	}
	count := 0
	for _, other := range c.all(token, func(v values) bool { return text(v, "securityGroupId") == group.ID }) {
		count++
		if other.ID != id && describeRule(other.State) == describeRule(in) {
			return c.ec2(prefix, operation, "InvalidPermission.Duplicate", `the specified rule "%s" already exists`, describeRule(in))
		}
	}
	if id == "" && count >= maxRules {
		return c.ec2(prefix, operation, "RulesPerSecurityGroupLimitExceeded",
			"The maximum number of rules per security group has been reached.")
	}
	return nil
}

func (c *call) noGroup(prefix, operation, id string) error {
	return c.ec2(prefix, operation, "InvalidGroup.NotFound", "The security group '%s' does not exist", id)
}

// describeRule is a rule in the words of EC2's refusals.
func describeRule(v values) string {
	peer := ""
	for _, source := range sources {
		if named := text(v, source); named != "" {
			peer = named
		}
	}
	if protocol(v["ipProtocol"]) == "-1" {
		return "peer: " + peer + ", ALL, ALLOW"
	}
	return fmt.Sprintf("peer: %s, %s, from port: %d, to port: %d, ALLOW", peer, strings.ToUpper(protocol(v["ipProtocol"])),
		number(v, "fromPort"), number(v, "toPort"))
}
