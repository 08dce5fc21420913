package preflight

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/config"
	"bastionless/internal/diag"
	"bastionless/network"
)

// checkIngress reports existing endpoints whose security groups do not allow connections from the stack's instances, and
// the rule that the owner has to add.
func (r *resolver) checkIngress(service string, endpoint *ec2.LookupVpcEndpointResult) error {
	isNeeded := func(e config.VPCEndpoint) bool { return e.Service == service }
	if !slices.ContainsFunc(r.plan.NeededEndpoints(), isNeeded) {
		return nil // the stack's instances do not use it
	}
	var rules []*vpc.GetSecurityGroupRuleResult
	for _, group := range endpoint.SecurityGroupIds {
		more, err := r.lookUpRules(group)
		if err != nil {
			return err
		}
		rules = append(rules, more...)
	}
	own, err := r.lookUpInstanceGroup()
	if err != nil {
		return err
	}
	var blocks []string
	for _, subnet := range r.plan.ExistingVPC.AppSubnets {
		block := r.existing.blocks[subnet.ID]
		lets := func(rule *vpc.GetSecurityGroupRuleResult) bool { return letsIn(rule, block, own) }
		if !slices.ContainsFunc(rules, lets) {
			blocks = append(blocks, block.String())
		}
	}
	if len(blocks) > 0 {
		r.diags.Add("existingEndpoints", diag.Conflict, "%q: the security groups of %s do not allow connections from the stack's "+
			"instances: ask its owner to allow inbound TCP traffic on port 443 from %s in %s", service, endpoint.Id, strings.Join(blocks, " and "),
			strings.Join(endpoint.SecurityGroupIds, " or "))
	}
	return nil
}

// lookUpRules returns the rules of a security group.
func (r *resolver) lookUpRules(group string) ([]*vpc.GetSecurityGroupRuleResult, error) {
	found, err := vpc.GetSecurityGroupRules(r.ctx, &vpc.GetSecurityGroupRulesArgs{
		Filters: []vpc.GetSecurityGroupRulesFilter{{Name: "group-id", Values: []string{group}}},
	})
	if err != nil {
		return nil, fmt.Errorf("look up the rules of security group %s: %w", group, err)
	}
	var rules []*vpc.GetSecurityGroupRuleResult
	for _, id := range found.Ids {
		rule, err := vpc.GetSecurityGroupRule(r.ctx, &vpc.GetSecurityGroupRuleArgs{SecurityGroupRuleId: pulumi.StringRef(id)})
		if err != nil {
			return nil, fmt.Errorf("look up rule %s of security group %s: %w", id, group, err)
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// lookUpInstanceGroup returns the ID of the security group of the stack's instances, or "" if it does not exist
// yet.
func (r *resolver) lookUpInstanceGroup() (string, error) {
	name := network.InstanceGroupName(r.plan.NamePrefix)
	group, err := ec2.LookupSecurityGroup(r.ctx, &ec2.LookupSecurityGroupArgs{
		Name: pulumi.StringRef(name), VpcId: pulumi.StringRef(r.plan.Existing.VPCID),
	})
	switch {
	case isNone(err, "EC2 Security Group"):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look up security group %s: %w", name, err)
	}
	return group.Id, nil
}

// letsIn reports whether a rule allows TCP port 443 from a block or from the members of a group. Prefix lists are not
// looked up: a rule with a prefix list is assumed to allow the connection.
func letsIn(rule *vpc.GetSecurityGroupRuleResult, from netip.Prefix, group string) bool {
	https := rule.IpProtocol == "-1" || rule.IpProtocol == "tcp" && rule.FromPort <= 443 && 443 <= rule.ToPort
	if rule.IsEgress || !https {
		return false
	}
	if block, err := netip.ParsePrefix(rule.CidrIpv4); err == nil {
		return block.Bits() <= from.Bits() && block.Contains(from.Addr())
	}
	return rule.PrefixListId != "" || group != "" && rule.ReferencedSecurityGroupId == group
}
