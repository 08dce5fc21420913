package awssim

import "maps"

var groupRuleKind = &ec2Kind{
	name: "EC2 Security Group Rule", reading: "reading Security Group Rule", tokens: []string{ingressRuleToken, egressRuleToken},
	operation: "DescribeSecurityGroupRules", idPrefix: "sgr", malformed: "InvalidSecurityGroupRuleId.Malformed",
	filters: map[string]func(*call, *object) []string{"group-id": property("securityGroupId"), "security-group-rule-id": ownID},
}

func init() {
	maps.Copy(lookups, map[string]lookup{
		"aws:vpc/getSecurityGroupRules:getSecurityGroupRules": {
			[]string{"filters", "tags"}, groupRuleKind.filterNames(), nil, listIDs(groupRuleKind),
		},
		"aws:vpc/getSecurityGroupRule:getSecurityGroupRule": {
			[]string{"filters", "securityGroupRuleId"}, groupRuleKind.filterNames(), nil, getSecurityGroupRule,
		},
	})
}

func getSecurityGroupRule(c *call, args values) (values, error) {
	found, err := groupRuleKind.describe(c, str(args, "securityGroupRuleId"), nil, nil, args)
	if err != nil {
		return nil, err
	}
	rule, err := groupRuleKind.one(found)
	if err != nil {
		return nil, err
	}
	answer := clone(args)
	for _, name := range []string{
		"arn", "cidrIpv4", "cidrIpv6", "description", "fromPort", "ipProtocol", "prefixListId", "referencedSecurityGroupId", "securityGroupId",
		"toPort",
	} {
		if value := rule.State[name]; value != nil {
			answer[name] = value
		}
	}
	maps.Copy(answer, values{
		"id": rule.ID, "securityGroupRuleId": rule.ID, "isEgress": rule.Type == egressRuleToken, "tags": rule.providerTags(),
	})
	return answer, nil
}
