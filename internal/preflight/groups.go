package preflight

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/diag"
)

// lookUpGroups looks up the existing security groups of the endpoints' clients and of the stack's instances.
func (r *resolver) lookUpGroups() error {
	options, plan := r.plan.SecurityGroups, r.plan.ExistingVPC
	for _, list := range []struct {
		key    string
		ids    []string
		to     *[]string
		remedy string
	}{
		{"clientSecurityGroupIds", options.Clients, &plan.ClientGroupIDs, ", or set endpointIngress to vpc"},
		{"instanceSecurityGroupIds", options.InstanceGroups, &plan.InstanceGroupIDs, ""},
	} {
		if options.Validate().Has(list.key) {
			continue
		}
		for _, id := range list.ids {
			group, err := ec2.LookupSecurityGroup(r.ctx, &ec2.LookupSecurityGroupArgs{Id: pulumi.StringRef(id)})
			switch {
			case isNone(err, "EC2 Security Group"):
				r.diags.Add(list.key, diag.NotFound, "%q does not exist in %s: list security groups of %s", id,
					r.plan.Env.Region, plan.VPCID)
			case err != nil:
				return fmt.Errorf("look up security group %s: %w", id, err)
			case group.VpcId != plan.VPCID:
				r.diags.Add(list.key, diag.Conflict, "%s is in %s, but vpcId is %s: list security groups of that VPC%s", id,
					group.VpcId, plan.VPCID, list.remedy)
			default:
				*list.to = append(*list.to, id)
			}
		}
	}
	r.checkNoInbound()
	return nil
}

// checkNoInbound warns about existing security groups of the stack's instances that have inbound rules.
func (r *resolver) checkNoInbound() {
	const key = "instanceSecurityGroupIds"
	for _, id := range r.plan.ExistingVPC.InstanceGroupIDs {
		rules, err := r.lookUpRules(id)
		if err != nil {
			r.warnUnchecked(key, "the rules of "+id+" could not be looked up", err)
			continue
		}
		if slices.ContainsFunc(rules, func(rule *vpc.GetSecurityGroupRuleResult) bool { return !rule.IsEgress }) {
			r.plan.LookupWarnings.Add(key, diag.Discouraged, "%s has inbound rules, so others can connect to the stack's instances, and "+
				"the rehearsal refutes no-inbound: list groups without inbound rules, or ask the group's owner to remove the rules", id)
		}
	}
}
