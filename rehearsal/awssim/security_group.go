package awssim

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	// maxGroups is a quota of the Region. https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
	maxGroups = 2500

	// maxGroupsPerInterface is a quota, too.
	maxGroupsPerInterface = 5
)

var (
	notSG            = regexp.MustCompile(`^([^s]|s[^g]|sg[^-]|sg?$|$)`)
	groupDescription = regexp.MustCompile(`^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*$`)
)

// directions are those of rules, and the types of the rules in them.
var directions = map[string]string{"ingress": ingressRuleToken, "egress": egressRuleToken}

func init() {
	rules := attribute{computed: true, unordered: true, same: sameRules, check: checkInlineRules}
	register(&resourceType{
		token: securityGroupToken,
		name:  &autoname{attribute: "name", unless: "namePrefix", longest: 255},
		inputs: map[string]attribute{
			"name":                {replace: true, computed: true, check: both(length(0, 255), matching(notSG, "cannot begin with sg-"))},
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
		create:    createSecurityGroup, update: updateSecurityGroup, remove: removeSecurityGroup, refresh: readRules, gone: noSuchGroup,
	}, &resourceType{
		token: defaultSecurityGroupToken,
		inputs: map[string]attribute{
			"vpcId":               {replace: true, computed: true},
			"ingress":             rules,
			"egress":              rules,
			"revokeRulesOnDelete": {fallback: false},
		},
		outputs:  []string{"arn", "description", "name", "namePrefix", "ownerId"},
		taggable: true,
		create:   adoptDefaultSecurityGroup, update: updateSecurityGroup, remove: leaveDefaultSecurityGroup, refresh: readRules, gone: noSuchGroup,
	})
}

func noSuchGroup(c *call, id string) error {
	return c.noGroup("updating Security Group ("+id+")", "DescribeSecurityGroups", id)
}

func createSecurityGroup(c *call, in values) (string, values, error) {
	name := c.fillName(in, "name", "namePrefix")
	if err := c.checkGroup(in, name); err != nil {
		return "", nil, err
	}
	id := c.newID("sg")
	state := clone(in)
	maps.Copy(state, values{"arn": c.arn("ec2", "security-group/"+id), "ownerId": c.account()})
	group := c.put(securityGroupToken, id, state)
	// AWS gives every group an egress rule to everywhere, which the provider takes away once it sees the group.
	opened := c.addRule(group, egressRuleToken, values{"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"})
	if err := c.step(); err != nil {
		readRules(c, id, state)
		return id, state, partly(err)
	}
	c.drop(opened)
	err := c.setRules(group, in)
	readRules(c, id, state)
	return id, state, partly(err)
}

// checkGroup holds a new group against the names and the quota.
func (c *call) checkGroup(in values, name string) error {
	prefix, operation, vpc := "creating Security Group ("+name+")", "CreateSecurityGroup", text(in, "vpcId")
	switch {
	case vpc == "":
		// The simulated account has no default VPC.
		return c.ec2(prefix, operation, "VPCIdNotSpecified", "No default VPC for this user")
	case c.vpc(vpc) == nil:
		return c.noVPC(prefix, operation, vpc)
	case !groupDescription.MatchString(text(in, "description")):
		return c.ec2(prefix, operation, "InvalidParameterValue", "Invalid security group description. Valid descriptions are "+
			"strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
	case !groupDescription.MatchString(name):
		// The set of characters is documented; the sentence is not established.
		return c.ec2(prefix, operation, "InvalidParameterValue", "Value (%s) for parameter GroupName is invalid. Character sets "+
			"beyond ASCII are not supported.", name)
	}
	// Names are told apart without regard to case: the stricter reading of two public reports.
	same := func(v values) bool { return text(v, "vpcId") == vpc && strings.EqualFold(text(v, "name"), name) }
	if len(c.all(securityGroupToken, same)) > 0 || strings.EqualFold(name, "default") {
		return c.ec2(prefix, operation, "InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, vpc)
	}
	if len(c.all(securityGroupToken, nil)) >= maxGroups {
		return c.ec2(prefix, operation, "SecurityGroupLimitExceeded", "The maximum number of security groups for VPC '%s' has been reached.", vpc)
	}
	return nil
}

func updateSecurityGroup(c *call, id string, old, in values) (values, error) {
	group := c.securityGroup(id)
	state := c.settle(old, in)
	err := c.setRules(group, in)
	readRules(c, id, state)
	if err != nil {
		group.State = state
		return nil, err
	}
	return state, nil
}

func removeSecurityGroup(c *call, id string, state values) error {
	if flag(c.recorded, "revokeRulesOnDelete") {
		c.revokeReferences(id)
	}
	dependent := len(c.all(interfaceToken, func(v values) bool { return slices.Contains(list(v, "groups"), id) })) > 0
	for _, token := range directions {
		dependent = dependent || len(c.all(token, func(v values) bool {
			return text(v, "referencedSecurityGroupId") == id && text(v, "securityGroupId") != id
		})) > 0
	}
	if dependent {
		return c.ec2("deleting Security Group ("+id+")", "DeleteSecurityGroup", "DependencyViolation", "resource %s has a dependent object", id)
	}
	for _, token := range directions { // its own rules go with it
		for _, rule := range c.rulesOf(id, token) {
			c.drop(rule)
		}
	}
	c.drop(c.get(securityGroupToken, id))
	return nil
}

// revokeReferences takes away the rules of other groups that name this one, as revokeRulesOnDelete asks.
func (c *call) revokeReferences(id string) {
	for _, token := range directions {
		for _, rule := range c.all(token, func(v values) bool { return text(v, "referencedSecurityGroupId") == id }) {
			c.drop(rule)
		}
	}
}

// adoptDefaultSecurityGroup takes over the group that AWS made with the VPC, takes every rule away, and sets those given.
func adoptDefaultSecurityGroup(c *call, in values) (string, values, error) {
	vpc := c.vpc(text(in, "vpcId"))
	if vpc == nil {
		return "", nil, errors.New("reading Default Security Group: couldn't find resource")
	}
	group := c.get(defaultSecurityGroupToken, text(vpc.State, "defaultSecurityGroupId"))
	state := clone(in)
	maps.Copy(state, values{
		"arn": c.arn("ec2", "security-group/"+group.ID), "description": "default VPC security group", "name": "default", "namePrefix": "",
		"ownerId": c.account(),
	})
	group.State = state
	if err := c.step(); err != nil { // the tags come first
		readRules(c, group.ID, state)
		return group.ID, state, partly(err)
	}
	for _, token := range directions {
		for _, rule := range c.rulesOf(group.ID, token) {
			c.drop(rule)
		}
	}
	err := c.setRules(group, in)
	readRules(c, group.ID, state)
	return group.ID, state, partly(err)
}

// leaveDefaultSecurityGroup asks AWS for nothing: the group stays as it is until its VPC goes.
func leaveDefaultSecurityGroup(*call, string, values) error { return nil }

func (c *call) securityGroup(id string) *object {
	if group := c.get(securityGroupToken, id); group != nil {
		return group
	}
	return c.get(defaultSecurityGroupToken, id)
}

// checkGroups holds the groups of a network interface against its subnet.
func (c *call) checkGroups(prefix, operation string, groups []string, subnet *object) error {
	for _, id := range groups {
		group := c.securityGroup(id)
		if group == nil {
			return c.noGroup(prefix, operation, id)
		}
		if text(group.State, "vpcId") != text(subnet.State, "vpcId") {
			return c.ec2(prefix, operation, "InvalidParameter", "Security group %s and subnet %s belong to different networks.", id, subnet.ID)
		}
	}
	if len(groups) > maxGroupsPerInterface {
		return c.ec2(prefix, operation, "SecurityGroupsPerInterfaceLimitExceeded",
			"The maximum number of security groups per interface has been reached.")
	}
	return nil
}

func (c *call) noGroup(prefix, operation, id string) error {
	return c.ec2(prefix, operation, "InvalidGroup.NotFound", "The security group '%s' does not exist", id)
}
