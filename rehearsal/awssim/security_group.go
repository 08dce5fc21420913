package awssim

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	notSG            = regexp.MustCompile(`^([^s]|s[^g]|sg[^-]|sg?$|$)`)
	groupDescription = regexp.MustCompile(`^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*$`)
)

// directions maps the direction of a rule to its type.
var directions = map[string]string{"ingress": ingressRuleToken, "egress": egressRuleToken}

func init() {
	rules := attribute{Computed: true, Set: true, DiffSuppress: sameRules, Validate: checkInlineRules}
	register(&resourceType{
		Token:    securityGroupToken,
		AutoName: &autoName{attribute: "name", unlessSet: "namePrefix", maxLength: 255},
		Inputs: map[string]attribute{
			"name":                {ForceNew: true, Computed: true, Validate: allOf(lengthBetween(0, 255), stringMatch(notSG, "cannot begin with sg-"))},
			"namePrefix":          {ForceNew: true, Computed: true, Validate: allOf(lengthBetween(0, 229), stringMatch(notSG, "cannot begin with sg-"))},
			"description":         {ForceNew: true, Default: "Managed by Pulumi", Validate: lengthBetween(0, 255)},
			"vpcId":               {ForceNew: true, Computed: true},
			"ingress":             rules,
			"egress":              rules,
			"revokeRulesOnDelete": {Default: false},
		},
		Outputs:       []string{"arn", "ownerId"},
		ConflictsWith: [][]string{{"name", "namePrefix"}},
		Taggable:      true,
		Kind:          groupKind,
		Create:        createSecurityGroup, Update: updateSecurityGroup, Delete: deleteSecurityGroup, Read: readRules, NotFound: groupNotFound,
	}, &resourceType{
		Token: defaultSecurityGroupToken,
		Inputs: map[string]attribute{
			"vpcId":               {ForceNew: true, Computed: true},
			"ingress":             rules,
			"egress":              rules,
			"revokeRulesOnDelete": {Default: false},
		},
		Outputs:  []string{"arn", "description", "name", "namePrefix", "ownerId"},
		Taggable: true,
		Create:   adoptDefaultSecurityGroup, Update: updateSecurityGroup, Delete: keepDefaultSecurityGroup, Read: readRules, NotFound: groupNotFound,
	})
}

func groupNotFound(c *call, id string) error {
	return c.groupNotFound("updating Security Group ("+id+")", "DescribeSecurityGroups", id)
}

func createSecurityGroup(c *call, in values) (string, values, error) {
	name := c.nameOrPrefix(in, "name", "namePrefix")
	if err := c.checkGroup(in, name); err != nil {
		return "", nil, err
	}
	id := c.newID("sg")
	state := clone(in)
	maps.Copy(state, values{"arn": c.arn("ec2", "security-group/"+id), "ownerId": c.account})
	group := c.put(securityGroupToken, id, state)
	// AWS creates every group with an egress rule to 0.0.0.0/0, which the provider deletes.
	defaultRule := c.addRule(group, egressRuleToken, values{"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"})
	if err := c.partialFault(); err != nil {
		readRules(c, id, state)
		return id, state, partial(err)
	}
	c.remove(defaultRule)
	err := c.setRules(group, in)
	readRules(c, id, state)
	return id, state, partial(err)
}

// checkGroup returns AWS's error for a new group.
func (c *call) checkGroup(in values, name string) error {
	prefix, operation, vpc := "creating Security Group ("+name+")", "CreateSecurityGroup", str(in, "vpcId")
	switch {
	case vpc == "":
		// The account has no default VPC.
		return c.ec2Error(prefix, operation, "VPCIdNotSpecified", "No default VPC for this user")
	case c.vpc(vpc) == nil:
		return c.vpcNotFound(prefix, operation, vpc)
	case !groupDescription.MatchString(str(in, "description")):
		return c.ec2Error(prefix, operation, "InvalidParameterValue", "Invalid security group description. Valid descriptions are "+
			"strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
	case !groupDescription.MatchString(name):
		// The set of characters is documented, the message is not confirmed.
		return c.ec2Error(prefix, operation, "InvalidParameterValue", "Value (%s) for parameter GroupName is invalid. Character sets "+
			"beyond ASCII are not supported.", name)
	}
	// Case-insensitive names are the stricter interpretation of two public reports.
	same := func(v values) bool { return str(v, "vpcId") == vpc && strings.EqualFold(str(v, "name"), name) }
	if len(c.find(securityGroupToken, same)) > 0 || strings.EqualFold(name, "default") {
		return c.ec2Error(prefix, operation, "InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, vpc)
	}
	if len(c.find(securityGroupToken, nil)) >= c.quota(groupsPerRegion) {
		return c.ec2Error(prefix, operation, "SecurityGroupLimitExceeded", "The maximum number of security groups for VPC '%s' has been reached.", vpc)
	}
	return nil
}

func updateSecurityGroup(c *call, id string, old, in values) (values, error) {
	group := c.securityGroup(id)
	state := c.applyInputs(old, in)
	err := c.setRules(group, in)
	readRules(c, id, state)
	if err != nil {
		group.State = state
		return nil, err
	}
	return state, nil
}

func deleteSecurityGroup(c *call, id string, state values) error {
	if boolean(c.oldOutputs, "revokeRulesOnDelete") {
		c.revokeReferences(id)
	}
	dependent := len(c.find(interfaceToken, func(v values) bool { return slices.Contains(strList(v, "groups"), id) })) > 0
	for _, token := range directions {
		dependent = dependent || len(c.find(token, func(v values) bool {
			return str(v, "referencedSecurityGroupId") == id && str(v, "securityGroupId") != id
		})) > 0
	}
	if dependent {
		return c.ec2Error("deleting Security Group ("+id+")", "DeleteSecurityGroup", "DependencyViolation", "resource %s has a dependent object", id)
	}
	for _, token := range directions { // AWS deletes its own rules
		for _, rule := range c.rulesOf(id, token) {
			c.remove(rule)
		}
	}
	c.remove(c.get(securityGroupToken, id))
	return nil
}

// revokeReferences deletes the rules of other groups that refer to this one, for revokeRulesOnDelete.
func (c *call) revokeReferences(id string) {
	for _, token := range directions {
		for _, rule := range c.find(token, func(v values) bool { return str(v, "referencedSecurityGroupId") == id }) {
			c.remove(rule)
		}
	}
}

// adoptDefaultSecurityGroup adopts the group that AWS created with the VPC, deletes its rules, and adds
// those in the inputs.
func adoptDefaultSecurityGroup(c *call, in values) (string, values, error) {
	vpc := c.vpc(str(in, "vpcId"))
	if vpc == nil {
		return "", nil, errors.New("reading Default Security Group: couldn't find resource")
	}
	group := c.get(defaultSecurityGroupToken, str(vpc.State, "defaultSecurityGroupId"))
	state := clone(in)
	maps.Copy(state, values{
		"arn": c.arn("ec2", "security-group/"+group.ID), "description": "default VPC security group", "name": "default", "namePrefix": "",
		"ownerId": c.account,
	})
	group.State = state
	if err := c.partialFault(); err != nil { // the provider sets the tags first
		readRules(c, group.ID, state)
		return group.ID, state, partial(err)
	}
	for _, token := range directions {
		for _, rule := range c.rulesOf(group.ID, token) {
			c.remove(rule)
		}
	}
	err := c.setRules(group, in)
	readRules(c, group.ID, state)
	return group.ID, state, partial(err)
}

// keepDefaultSecurityGroup makes no API call: the group does not change until its VPC is deleted.
func keepDefaultSecurityGroup(*call, string, values) error { return nil }

func (c *call) securityGroup(id string) *object {
	if group := c.get(securityGroupToken, id); group != nil {
		return group
	}
	return c.get(defaultSecurityGroupToken, id)
}

// checkGroups returns AWS's error for the security groups of a network interface.
func (c *call) checkGroups(prefix, operation string, groups []string, subnet *object) error {
	for _, id := range groups {
		group := c.securityGroup(id)
		if group == nil {
			return c.groupNotFound(prefix, operation, id)
		}
		if str(group.State, "vpcId") != str(subnet.State, "vpcId") {
			return c.ec2Error(prefix, operation, "InvalidParameter", "Security group %s and subnet %s belong to different networks.", id, subnet.ID)
		}
	}
	if len(groups) > c.quota(groupsPerInterface) {
		return c.ec2Error(prefix, operation, "SecurityGroupsPerInterfaceLimitExceeded",
			"The maximum number of security groups per interface has been reached.")
	}
	return nil
}

func (c *call) groupNotFound(prefix, operation, id string) error {
	return c.ec2Error(prefix, operation, "InvalidGroup.NotFound", "The security group '%s' does not exist", id)
}
