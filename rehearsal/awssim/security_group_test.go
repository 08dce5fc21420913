package awssim

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rulesIn returns the rules of a group in one direction in EC2's format.
func (w *testCloud) rulesIn(group, token string) []string {
	lines := []string{}
	for _, o := range w.cloud.Objects {
		if o.Type == token && str(o.State, "securityGroupId") == group {
			lines = append(lines, describeRule(o.State))
		}
	}
	slices.Sort(lines)
	return lines
}

func TestSecurityGroup(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"vpcId": w.vpc("v", "10.0.0.0/16"), "tags": values{"Name": "g"}}
	group := w.create(securityGroupToken, "web", in)
	require.Regexp(t, "^sg-0[0-9a-f]{16}$", group.id)
	require.Equal(t, with(in, values{
		"name": "web-0102030", "description": "Managed by Pulumi", "ingress": []any{}, "egress": []any{}, "revokeRulesOnDelete": false,
		"arn": "arn:aws:ec2:ap-northeast-1:123456789012:security-group/" + string(group.id), "ownerId": "123456789012",
		"tagsAll": values{"Name": "g"},
	}), group.state())
	w.requireNoDiff(group, in)
	require.Empty(t, w.rulesIn(string(group.id), egressRuleToken))

	prefixed := w.create(securityGroupToken, "p", values{"vpcId": in["vpcId"], "namePrefix": "p-"})
	require.Regexp(t, `^p-[0-9]{26}$`, prefixed.state()["name"])
	w.requireNoDiff(prefixed, values{"vpcId": in["vpcId"], "namePrefix": "p-"})
}

// Rules are a set. They do not change if the list is not set, and an empty list deletes all.
func TestSecurityGroup_rules(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	https := values{"protocol": "6", "fromPort": 443.0, "toPort": 443.0, "cidrBlocks": []any{"10.0.0.0/16", "10.1.0.0/16"}}
	self := values{"protocol": "all", "fromPort": 0.0, "toPort": 0.0, "self": true}
	in := values{"vpcId": w.vpc("v", "10.0.0.0/16"), "ingress": []any{https, self}}
	group := w.create(securityGroupToken, "web", in)
	id := string(group.id)
	require.Equal(t, []string{
		"peer: 10.0.0.0/16, TCP, from port: 443, to port: 443, ALLOW", "peer: 10.1.0.0/16, TCP, from port: 443, to port: 443, ALLOW",
		"peer: " + id + ", ALL, ALLOW",
	}, w.rulesIn(id, ingressRuleToken))
	w.requireNoDiff(group, in)
	w.requireNoDiff(group, with(in, values{"ingress": []any{self, with(https, values{"cidrBlocks": []any{"10.1.0.0/16", "10.0.0.0/16"}})}}))
	fewer := with(in, values{"ingress": []any{self}})
	require.Equal(t, []string{"ingress"}, diffPaths(w.diff(group, fewer)))
	w.update(group, fewer)
	w.requireNoDiff(group, fewer)
	require.Equal(t, []string{"peer: " + id + ", ALL, ALLOW"}, w.rulesIn(id, ingressRuleToken))
	w.requireNoDiff(group, with(in, values{"ingress": nil}))

	// A rule resource is in the group's list. It is drift only if the list is an input.
	w.create(egressRuleToken, "r", values{"securityGroupId": id, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"})
	w.requireNoDiff(group, fewer)
	require.Equal(t, []any{values{
		"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "self": false, "description": "", "cidrBlocks": []any{"0.0.0.0/0"},
		"ipv6CidrBlocks": []any{}, "prefixListIds": []any{}, "securityGroups": []any{},
	}}, group.state()["egress"])
	closed := with(fewer, values{"egress": []any{}})
	require.Equal(t, []string{"egress"}, diffPaths(w.diff(group, closed)))
	w.update(group, closed)
	require.Empty(t, w.rulesIn(id, egressRuleToken))
	w.delete(group)
	require.Empty(t, w.rulesIn(id, ingressRuleToken))
}

func TestSecurityGroup_diff(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.vpc("v", "10.0.0.0/16")
	auto := w.create(securityGroupToken, "auto", values{"vpcId": vpc})
	byHand := w.create(securityGroupToken, "hand", values{"vpcId": vpc, "name": "hand", "description": "d"})
	for _, test := range []struct {
		group    *testResource
		in       values
		replaces string
		first    bool
	}{
		{auto, values{"vpcId": vpc, "description": "d"}, "description", false},
		{auto, values{"vpcId": "vpc-1"}, "vpcId", false},
		{auto, values{"vpcId": vpc, "name": "n"}, "name", true},
		{byHand, values{"vpcId": vpc, "name": "hand", "description": "e"}, "description", true},
		{byHand, values{"vpcId": vpc, "name": "other", "description": "d"}, "name", true},
	} {
		result := w.diff(test.group, test.in)
		require.Equal(t, keysOf(resourceKey(test.replaces)), result.ReplaceKeys)
		require.Equal(t, test.first, result.DeleteBeforeReplace, test.in)
	}
	result := w.diff(byHand, values{"vpcId": vpc, "name": "hand", "description": "d", "tags": values{"a": "b"}, "revokeRulesOnDelete": true})
	require.Empty(t, result.ReplaceKeys)
	require.False(t, result.DeleteBeforeReplace)
	require.Equal(t, []string{"revokeRulesOnDelete", "tags", "tagsAll"}, diffPaths(result))
}

func TestSecurityGroup_validation(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	at := func(reason, property string) []string {
		return []string{reason + ". Examine values at 'g." + property + "'."}
	}
	long := strings.Repeat("x", 256)
	for name, test := range map[string]struct {
		in   values
		want []string
	}{
		"reserved name":    {values{"name": "sg-1"}, at("invalid value for name (cannot begin with sg-)", "name")},
		"reserved prefix":  {values{"namePrefix": "sg-"}, at("invalid value for name_prefix (cannot begin with sg-)", "namePrefix")},
		"long name":        {values{"name": long}, at("expected length of name to be in the range (0 - 255), got "+long, "name")},
		"long prefix":      {values{"namePrefix": long[:230]}, at("expected length of name_prefix to be in the range (0 - 229), got "+long[:230], "namePrefix")},
		"long description": {values{"description": long}, at("expected length of description to be in the range (0 - 255), got "+long, "description")},
		"two names":        {values{"name": "a", "namePrefix": "b"}, at(`Conflicting configuration arguments. "name": conflicts with name_prefix`, "name")},
		"block": {
			values{"ingress": []any{values{"protocol": "tcp", "fromPort": 1.0, "toPort": 1.0, "cidrBlocks": []any{"10.0.1.5/24"}}}},
			at(`"10.0.1.5/24" is not a valid IPv4 CIDR block; did you mean "10.0.1.0/24"?`, "ingress"),
		},
	} {
		require.Equal(t, test.want, w.checkFailures(securityGroupToken, "g", test.in), name)
	}
}

func TestSecurityGroup_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.vpc("v", "10.0.0.0/16")
	w.create(securityGroupToken, "g", values{"vpcId": vpc, "name": "web"})
	w.create(securityGroupToken, "g", values{"vpcId": w.vpc("other", "10.0.0.0/16"), "name": "web"})
	for _, test := range []struct {
		name          string
		in            values
		code, message string
	}{
		{"web", values{"vpcId": vpc}, "InvalidGroup.Duplicate", "The security group 'web' already exists for VPC '" + vpc + "'"},
		{"WEB", values{"vpcId": vpc}, "InvalidGroup.Duplicate", "The security group 'WEB' already exists for VPC '" + vpc + "'"},
		{"default", values{"vpcId": vpc}, "InvalidGroup.Duplicate", "The security group 'default' already exists for VPC '" + vpc + "'"},
		{"a", values{"vpcId": "vpc-1"}, "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"},
		{"a", values{}, "VPCIdNotSpecified", "No default VPC for this user"},
		{"a", values{"vpcId": vpc, "description": "ann's"}, "InvalidParameterValue", "Invalid security group description. Valid descriptions are " +
			"strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"},
		{"ünï", values{"vpcId": vpc}, "InvalidParameterValue", "Value (ünï) for parameter GroupName is invalid. Character sets beyond ASCII are " +
			"not supported."},
	} {
		require.Equal(t, ec2Error("creating Security Group ("+test.name+")", "CreateSecurityGroup", test.code, test.message),
			w.createError(securityGroupToken, "g", with(test.in, values{"name": test.name})))
	}
	inline := func(rules ...any) (string, string) {
		group, message := w.partialCreateError(securityGroupToken, "bad", values{"vpcId": vpc, "ingress": rules})
		require.Empty(t, w.rulesIn(string(group.id), ingressRuleToken))
		w.delete(group)
		return string(group.id), message
	}
	id, message := inline(values{"protocol": "-1", "fromPort": 1.0, "toPort": 2.0, "self": true})
	require.Equal(t, "updating Security Group ("+id+`) ingress rules: from_port (1) and to_port (2) must both be 0 to use the 'ALL' "-1" protocol!`,
		message)
	rule := values{"protocol": "tcp", "fromPort": 1.0, "toPort": 1.0, "securityGroups": []any{"sg-1"}}
	id, message = inline(rule)
	prefix := func() string {
		return "updating Security Group (" + id + ") ingress rules: authorizing Security Group (ingress) rules"
	}
	require.Equal(t, ec2Error(prefix(), "AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound", "The security group 'sg-1' does not exist"), message)
	twice := values{"protocol": "tcp", "fromPort": 1.0, "toPort": 1.0, "cidrBlocks": []any{"10.0.0.0/8"}}
	id, message = inline(twice, with(twice, values{"description": "again"}))
	require.Equal(t, ec2Error(prefix(), "AuthorizeSecurityGroupIngress", "InvalidParameterValue", "The same permission must not appear multiple times"),
		message)
}

func TestSecurityGroup_dependencies(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.vpc("v", "10.0.0.0/16")
	group := w.create(securityGroupToken, "g", values{"vpcId": vpc})
	other := w.create(securityGroupToken, "o", values{"vpcId": vpc})
	id := string(group.id)
	refused := ec2Error("deleting Security Group ("+id+")", "DeleteSecurityGroup", "DependencyViolation", "resource "+id+" has a dependent object")
	own := w.create(ingressRuleToken, "own", values{"securityGroupId": id, "ipProtocol": "-1", "referencedSecurityGroupId": id})
	subnet := w.subnet(vpc, "10.0.1.0/24", "ap-northeast-1a")
	for _, blocking := range []*testResource{
		w.create(egressRuleToken, "r", values{"securityGroupId": string(other.id), "ipProtocol": "-1", "referencedSecurityGroupId": id}),
		w.create(endpointToken, "e", values{
			"vpcId": vpc, "serviceName": "com.amazonaws.ap-northeast-1.ssm", "vpcEndpointType": "Interface", "subnetIds": []any{subnet},
			"securityGroupIds": []any{id},
		}),
		w.create(instanceToken, "i", values{"ami": someImage(t), "instanceType": "t3.micro", "subnetId": subnet, "vpcSecurityGroupIds": []any{id}}),
	} {
		require.Equal(t, refused, awsError(t, w.tryDelete(group)))
		w.delete(blocking)
	}
	w.delete(group)
	require.False(t, w.read(own))
	// revokeRulesOnDelete deletes the rules of other groups that refer to it.
	group = w.create(securityGroupToken, "g", values{"vpcId": vpc, "revokeRulesOnDelete": true})
	rule := w.create(egressRuleToken, "r", values{
		"securityGroupId": string(other.id), "ipProtocol": "-1", "referencedSecurityGroupId": string(group.id),
	})
	w.delete(group)
	require.False(t, w.read(rule))
}

// The group is adopted without its rules, and remains after the resource was deleted.
func TestDefaultSecurityGroup(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	id := str(vpc.state(), "defaultSecurityGroupId")
	require.Equal(t, []string{"peer: " + id + ", ALL, ALLOW"}, w.rulesIn(id, ingressRuleToken))
	require.Equal(t, []string{"peer: 0.0.0.0/0, ALL, ALLOW"}, w.rulesIn(id, egressRuleToken))
	in := values{"vpcId": string(vpc.id), "ingress": []any{}, "egress": []any{}, "tags": values{"Name": "d"}}
	group := w.create(defaultSecurityGroupToken, "d", in)
	require.Equal(t, id, string(group.id))
	require.Equal(t, with(in, values{
		"arn": "arn:aws:ec2:ap-northeast-1:123456789012:security-group/" + id, "description": "default VPC security group", "name": "default",
		"namePrefix": "", "ownerId": "123456789012", "revokeRulesOnDelete": false, "tagsAll": values{"Name": "d"},
	}), group.state())
	require.Empty(t, w.rulesIn(id, ingressRuleToken))
	require.Empty(t, w.rulesIn(id, egressRuleToken))
	w.requireNoDiff(group, in)
	require.Equal(t, keysOf("vpcId"), w.diff(group, with(in, values{"vpcId": "vpc-1"})).ReplaceKeys)

	// A rule that was added outside of Pulumi is drift, and an update deletes it.
	w.create(ingressRuleToken, "by hand", values{"securityGroupId": id, "ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrIpv4": "0.0.0.0/0"})
	require.True(t, w.read(group))
	require.Equal(t, []string{"ingress"}, diffPaths(w.diff(group, in)))
	w.update(group, in)
	require.Empty(t, w.rulesIn(id, ingressRuleToken))
	open := with(in, values{"ingress": []any{values{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "self": true}}})
	w.update(group, open)
	w.requireNoDiff(group, open)
	w.delete(group)
	require.Equal(t, []string{"peer: " + id + ", ALL, ALLOW"}, w.rulesIn(id, ingressRuleToken), "the rules remain")
	require.Equal(t, "reading Default Security Group: couldn't find resource", w.createError(defaultSecurityGroupToken, "d", values{"vpcId": "vpc-1"}))
}
