package awssim

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// ruleTestCloud returns a cloud with a VPC and two groups, and the inputs of a rule of the first.
func ruleTestCloud(t *testing.T) (w *testCloud, other string, in values) {
	t.Helper()
	w = newTestCloud(t)
	vpc := w.vpc("v", "10.0.0.0/16")
	group := w.create(securityGroupToken, "g", values{"vpcId": vpc})
	other = string(w.create(securityGroupToken, "o", values{"vpcId": vpc}).id)
	return w, other, values{
		"securityGroupId": string(group.id), "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrIpv4": "10.0.0.0/16",
	}
}

func TestSecurityGroupRule(t *testing.T) {
	t.Parallel()
	for _, token := range []string{ingressRuleToken, egressRuleToken} {
		w, other, in := ruleTestCloud(t)
		rule := w.create(token, "r", in)
		require.Regexp(t, "^sgr-0[0-9a-f]{16}$", rule.id)
		require.Equal(t, with(in, values{
			"arn": "arn:aws:ec2:ap-northeast-1:123456789012:security-group-rule/" + string(rule.id), "securityGroupRuleId": string(rule.id),
			"tagsAll": values{},
		}), rule.state())
		w.requireNoDiff(rule, in)
		w.requireNoDiff(rule, with(in, values{"ipProtocol": "6"}))
		for name, test := range map[string]struct {
			change   values
			replaces []string
		}{
			"group":          {values{"securityGroupId": other}, []string{"securityGroupId"}},
			"kind of source": {values{"cidrIpv4": nil, "referencedSecurityGroupId": other}, []string{"cidrIpv4", "referencedSecurityGroupId"}},
			"source":         {values{"cidrIpv4": "10.1.0.0/16"}, nil},
			"ports":          {values{"fromPort": 80.0, "toPort": 80.0}, nil},
			"protocol":       {values{"ipProtocol": "udp"}, nil},
			"description":    {values{"description": "d"}, nil},
			"no ports":       {values{"ipProtocol": "-1", "fromPort": nil, "toPort": nil}, nil},
		} {
			result := w.diff(rule, with(in, test.change))
			replaces := []string{}
			for _, key := range result.ReplaceKeys {
				replaces = append(replaces, string(key))
			}
			require.ElementsMatch(t, test.replaces, replaces, name)
			require.False(t, result.DeleteBeforeReplace)
			require.NotEmpty(t, diffPaths(result), name)
			if test.replaces == nil {
				w.update(rule, with(in, test.change))
				w.requireNoDiff(rule, with(in, test.change))
			}
		}
		w.delete(rule)
		require.False(t, w.read(rule))
		// AWS sets the ports of a rule for all protocols to -1. Other ports remain a difference.
		all := with(in, values{"ipProtocol": "-1", "fromPort": 0.0, "toPort": 0.0})
		rule = w.create(token, "r", all)
		require.Equal(t, []string{"fromPort", "toPort"}, diffPaths(w.diff(rule, all)))
	}
}

func TestSecurityGroupRule_validation(t *testing.T) {
	t.Parallel()
	w, other, in := ruleTestCloud(t)
	require.Equal(t, []string{"Invalid Attribute Value. Attribute from_port value must be between -1 and 65535, got: 70000. Examine values at " +
		"'r.fromPort'."}, w.checkFailures(ingressRuleToken, "r", with(in, values{"fromPort": 70000.0})))
	require.Equal(t, []string{"Missing required property 'ipProtocol'", "Missing required property 'securityGroupId'"},
		w.checkFailures(ingressRuleToken, "r", values{"cidrIpv4": "10.0.0.0/16"}))
	require.Equal(t, []string{"Invalid Attribute Combination. Exactly one of these attributes must be configured: [cidr_ipv4,cidr_ipv6," +
		"prefix_list_id,referenced_security_group_id]. Examine values at 'r.cidrIpv4'."},
		w.checkFailures(ingressRuleToken, "r", with(in, values{"referencedSecurityGroupId": other})))
	require.Empty(t, w.checkFailures(ingressRuleToken, "r", with(in, values{"cidrIpv4": nil, "referencedSecurityGroupId": unknown{}})))
	_, err := w.check(ingressRuleToken, "r", with(in, values{"cidrIpv4": nil}))
	require.EqualError(t, err, "Missing Attribute Configuration: Exactly one of these attributes must be configured: [cidr_ipv4,cidr_ipv6,"+
		"prefix_list_id,referenced_security_group_id]")
}

func TestSecurityGroupRule_errors(t *testing.T) {
	t.Parallel()
	w, other, in := ruleTestCloud(t)
	w.create(ingressRuleToken, "r", in)
	all := values{"ipProtocol": "-1", "fromPort": nil, "toPort": nil}
	w.create(ingressRuleToken, "all", with(in, all))
	foreign := string(w.create(securityGroupToken, "f", values{"vpcId": w.vpc("f", "10.0.0.0/16")}).id)
	refused := func(code, message string) string {
		return ec2Error("creating VPC Security Group Rule", "AuthorizeSecurityGroupIngress", code, message)
	}
	peer := func(kind, id string) values { return values{"cidrIpv4": nil, kind: id} }
	for _, test := range []struct {
		change        values
		code, message string
	}{
		{values{"securityGroupId": "sg-1"}, "InvalidGroup.NotFound", "The security group 'sg-1' does not exist"},
		{nil, "InvalidPermission.Duplicate", `the specified rule "peer: 10.0.0.0/16, TCP, from port: 443, to port: 443, ALLOW" already exists`},
		{values{"ipProtocol": "6"}, "InvalidPermission.Duplicate", `the specified rule "peer: 10.0.0.0/16, TCP, from port: 443, to port: 443, ` +
			`ALLOW" already exists`},
		{all, "InvalidPermission.Duplicate", `the specified rule "peer: 10.0.0.0/16, ALL, ALLOW" already exists`},
		{peer("referencedSecurityGroupId", "sg-1"), "InvalidGroup.NotFound", "The security group 'sg-1' does not exist"},
		{peer("referencedSecurityGroupId", foreign), "InvalidGroup.NotFound", "You have specified two resources that belong to different networks."},
		{peer("prefixListId", "pl-1"), "InvalidPrefixListID.NotFound", "The prefix list ID 'pl-1' does not exist"},
		{values{"fromPort": nil}, "InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."},
		{values{"toPort": 80.0}, "InvalidParameterValue", "Invalid TCP/UDP port range (443:80)"},
		{values{"description": "ann's"}, "InvalidParameterValue", "Invalid rule description. Valid descriptions are strings less than 256 " +
			"characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"},
	} {
		require.Equal(t, refused(test.code, test.message), w.createError(ingressRuleToken, "x", with(in, test.change)))
	}
	w.create(ingressRuleToken, "x", with(in, peer("prefixListId", "pl-61a54008")))
	w.create(ingressRuleToken, "x", with(in, peer("referencedSecurityGroupId", other)))
	for i := range rulesPerGroup.limit - 4 {
		w.create(ingressRuleToken, fmt.Sprint(i), with(in, values{"fromPort": float64(i), "toPort": float64(i)}))
	}
	require.Equal(t, refused("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached."),
		w.createError(ingressRuleToken, "x", with(in, values{"fromPort": 1000.0, "toPort": 1000.0})))
	w.create(egressRuleToken, "x", in)
	gone := &testResource{urn: testURN(egressRuleToken, "gone"), id: "sgr-1"}
	w.delete(gone)
	require.Equal(t, ec2Error("updating VPC Security Group Egress Rule (sgr-1)", "ModifySecurityGroupRules",
		"InvalidSecurityGroupRuleId.NotFound", "The security group rule ID 'sgr-1' does not exist"), awsError(t, w.tryUpdate(gone, in)))
}
