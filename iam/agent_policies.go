package iam

import (
	"errors"
	"fmt"

	awsiam "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/awsenv"
	"bastionless/internal/contract"
	"bastionless/internal/diag"
	"bastionless/internal/policy"
)

// AgentPolicyOptions name existing roles that get the agent's permissions.
type AgentPolicyOptions struct {
	// RoleNames are the names of the roles. Key: agentRoleNames.
	RoleNames []string
}

// maxAgentRoles bounds the number of lookups of a deployment.
const maxAgentRoles = 50

// Validate returns the problems with the options.
func (o AgentPolicyOptions) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	for _, name := range o.RoleNames {
		checkRoleName(&diags, "agentRoleNames", name)
	}
	if n := len(o.RoleNames); n > maxAgentRoles {
		diags.Add("agentRoleNames", diag.TooMany, "the list has %d roles, but a stack can have %d: list fewer, or attach "+
			"AmazonSSMManagedInstanceCore to the roles", n, maxAgentRoles)
	}
	return diags
}

// AgentPoliciesArgs describes the policies of roles that the stack does not own.
type AgentPoliciesArgs struct {
	AgentPolicyOptions
	// Env is the account and Region. Required. Plain: ARNs are built from it.
	Env awsenv.Env
	// EC2Messages allows ec2messages. Agents before 3.3.40.0 use it for Run Command.
	EC2Messages bool
	// Records describes where the agent records sessions. Optional: nil if sessions are neither recorded
	// nor encrypted.
	Records *Records
}

// AgentPolicies is one inline policy in each of several roles that belong to somebody else, with the permissions of the
// SSM Agent. Nothing else of the roles is read or changed. IAM overwrites an inline policy that has the same name, so
// Pulumi generates the names.
type AgentPolicies struct{ pulumi.ResourceState }

// NewAgentPolicies declares the policies.
func NewAgentPolicies(
	ctx *pulumi.Context, name string, args *AgentPoliciesArgs, opts ...pulumi.ResourceOption,
) (*AgentPolicies, error) {
	if err := args.validateArgs(); err != nil {
		return nil, fmt.Errorf("agent policies %q: %w", name, err)
	}
	p := &AgentPolicies{}
	err := ctx.RegisterComponentResourceV2(contract.AgentPoliciesType, name, pulumi.Map{
		"roleNames":   pulumi.ToStringArray(args.RoleNames),
		"ec2messages": pulumi.Bool(args.EC2Messages),
	}, p, opts...)
	if err != nil {
		return nil, fmt.Errorf("agent policies %q: %w", name, err)
	}
	text := args.policy()
	for _, role := range args.RoleNames {
		_, err := awsiam.NewRolePolicy(ctx, name+"-"+role, &awsiam.RolePolicyArgs{Role: pulumi.String(role), Policy: text}, pulumi.Parent(p))
		if err != nil {
			return nil, fmt.Errorf("agent policies %q: role %s: %w", name, role, err)
		}
	}
	if err := ctx.RegisterResourceOutputs(p, pulumi.Map{}); err != nil {
		return nil, fmt.Errorf("agent policies %q: %w", name, err)
	}
	return p, nil
}

// policy returns the permissions of an agent of the stack with MinimalPolicy, including those for records. It does not
// allow associations, because that of the stack updates only the agents of its own instances.
func (a *AgentPoliciesArgs) policy() pulumi.StringOutput {
	agent := &InstanceRoleArgs{Env: a.Env, EC2Messages: a.EC2Messages, Records: a.Records}
	if a.Records == nil {
		return pulumi.String("").ToStringOutput().ApplyT(func(string) (string, error) {
			return agent.agentPolicy().JSON()
		}).(pulumi.StringOutput)
	}
	return pulumi.All(a.Records.LogGroupARN, a.Records.BucketName, a.Records.KeyARN).ApplyT(func(names []any) (string, error) {
		records := agent.recordsPolicy(names[0].(string), names[1].(string), names[2].(string))
		return policy.Document{Statements: append(agent.agentPolicy().Statements, records.Statements...)}.JSON()
	}).(pulumi.StringOutput)
}

func (a *AgentPoliciesArgs) validateArgs() error {
	if a == nil {
		return errors.New("missing args")
	}
	errs := []error{a.Env.Validate(), a.Validate().Err("invalid options:")}
	if len(a.RoleNames) == 0 {
		errs = append(errs, errors.New("missing RoleNames"))
	}
	return errors.Join(errs...)
}
