// Bastionless gives people a shell on EC2 instances in private subnets through Session Manager and VPC
// endpoints, without a bastion, an Internet gateway, a NAT gateway, a public address or an inbound rule.
package main

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/audit"
	"bastionless/compute"
	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/internal/config"
	"bastionless/internal/outputs"
	"bastionless/internal/preflight"
	"bastionless/network"
)

func main() { pulumi.Run(run) }

// run checks the configuration and declares the stack.
func run(ctx *pulumi.Context) error {
	c, diags := config.Load(ctx)
	plan, more, err := preflight.Resolve(ctx, c)
	if err := errors.Join(append(diags, more...).Err("invalid configuration of stack "+ctx.Stack()+":"), err); err != nil {
		return err
	}
	for _, warning := range plan.Warnings() {
		if err := ctx.Log.Warn(warning.String(), nil); err != nil {
			return err
		}
	}
	stack, err := declare(ctx, plan)
	if err != nil {
		return err
	}
	outputs.Export(ctx, plan, stack)
	return nil
}

// declare declares the components of the stack.
func declare(ctx *pulumi.Context, plan preflight.Plan) (s outputs.Stack, err error) {
	if s.Network, err = declareNetwork(ctx, plan); err != nil {
		return s, err
	}
	if plan.HasSecurityGroups() {
		if s.SecurityGroups, err = network.NewSecurityGroups(ctx, "security", securityGroupsArgs(plan, s)); err != nil {
			return s, err
		}
	}
	if plan.FlowLogs.RetentionDays > 0 {
		if _, err := network.NewFlowLogs(ctx, "flow-logs", flowLogsArgs(plan, s)); err != nil {
			return s, err
		}
	}
	if plan.Sessions.CustomDocument() {
		if s.Sessions, err = audit.NewSessions(ctx, "audit", sessionsArgs(plan)); err != nil {
			return s, err
		}
	}
	if s.Endpoints, err = endpoints.NewSet(ctx, "endpoints", endpointsArgs(ctx, plan, s)); err != nil {
		return s, err
	}
	if plan.HasInstances() {
		if s.InstanceRole, err = iam.NewInstanceRole(ctx, "instance-role", instanceRoleArgs(plan, s)); err != nil {
			return s, err
		}
		if s.Instances, err = compute.NewInstances(ctx, "instances", instancesArgs(ctx, plan, s)); err != nil {
			return s, err
		}
	}
	if err := declareTargets(ctx, plan, s); err != nil {
		return s, err
	}
	s.SessionRole, err = iam.NewSessionRole(ctx, "session-role", sessionRoleArgs(plan, s))
	return s, err
}

// declareTargets reads existing instances, and declares the policies of their roles.
func declareTargets(ctx *pulumi.Context, plan preflight.Plan, s outputs.Stack) error {
	if len(plan.AgentPolicies.RoleNames) > 0 {
		if _, err := iam.NewAgentPolicies(ctx, "agent-policies", agentPoliciesArgs(plan, s)); err != nil {
			return err
		}
	}
	if len(plan.Targets) == 0 {
		return nil
	}
	_, err := compute.NewTargets(ctx, "targets", targetsArgs(plan))
	return err
}

// declareNetwork declares the stack's VPC, or reads the one that exists.
func declareNetwork(ctx *pulumi.Context, plan preflight.Plan) (network.Network, error) {
	if plan.UsesExistingVPC() {
		return network.NewExistingVPC(ctx, "existing-network", plan.ExistingVPC)
	}
	return network.NewVPC(ctx, "network", vpcArgs(plan))
}
