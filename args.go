package main

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/audit"
	"bastionless/compute"
	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/internal/contract"
	"bastionless/internal/outputs"
	"bastionless/internal/preflight"
	"bastionless/network"
)

func vpcArgs(plan preflight.Plan) *network.VPCArgs {
	return &network.VPCArgs{NamePrefix: plan.NamePrefix, CIDRBlock: plan.Subnets.VPC, Zones: plan.Zones}
}

func securityGroupsArgs(plan preflight.Plan, s outputs.Stack) *network.SecurityGroupsArgs {
	return &network.SecurityGroupsArgs{
		SecurityGroupOptions: plan.SecurityGroups,
		NamePrefix:           plan.NamePrefix,
		VPCID:                s.Network.Outputs().VPCID,
		VPCBlocks:            plan.VPCBlocks,
		S3PrefixListID:       plan.S3PrefixListID,
		S3OverHTTP:           plan.Instances.OS.RepositoriesUseHTTP(),

		WithoutInstances:       !plan.HasInstances(),
		WithoutEndpoints:       len(plan.VPCEndpoints) == 0,
		ClientGroupIDs:         s.Network.ClientGroupIDs(),
		ExistingEndpointGroups: plan.ExistingEndpointGroups(),
		HTTPSEverywhere:        plan.Endpoints.ReachesAll(),
	}
}

func flowLogsArgs(plan preflight.Plan, s outputs.Stack) *network.FlowLogsArgs {
	return &network.FlowLogsArgs{
		FlowLogOptions:      plan.FlowLogs,
		Env:                 plan.Env,
		VPCID:               s.Network.Outputs().VPCID,
		PermissionsBoundary: plan.PermissionsBoundary,
	}
}

func sessionsArgs(plan preflight.Plan) *audit.SessionsArgs {
	return &audit.SessionsArgs{
		Options: plan.Sessions, Env: plan.Env, NamePrefix: plan.NamePrefix, LogGroupEncrypted: plan.LogGroupEncrypted,
	}
}

func endpointsArgs(ctx *pulumi.Context, plan preflight.Plan, s outputs.Stack) *endpoints.SetArgs {
	subnets := s.Network.EndpointSubnets()
	args := &endpoints.SetArgs{
		Env:            plan.Env,
		Policy:         plan.Endpoints.Policy,
		OrganizationID: plan.Endpoints.OrganizationID,
		VPCID:          s.Network.Outputs().VPCID,
		SubnetIDs:      subnets.IDs,
		ReplaceWith:    subnets.ReplaceWith,
		SubnetGroup:    subnets.Group,
		Existing:       plan.ExistingEndpoints,
		ReachesAll:     plan.Endpoints.ReachesAll(),
	}
	if s.SecurityGroups != nil {
		args.SecurityGroupID = s.SecurityGroups.EndpointID
	}
	if plan.UsesExistingVPC() {
		// The next deployment recognizes the stack's own endpoints by this tag.
		args.Tags = map[string]string{contract.OwnerTag: plan.Owner(ctx)}
	}
	for _, endpoint := range plan.VPCEndpoints {
		args.Services = append(args.Services, endpoint.Service)
	}
	if plan.Endpoints.CreatesS3() {
		args.S3 = &endpoints.S3Args{
			RouteTableIDs: s.Network.S3RouteTableIDs(),
			OS:            plan.Instances.OS,
			Buckets:       plan.Endpoints.Buckets,
			PublicBuckets: plan.Endpoints.PublicBuckets,
		}
		if plan.Sessions.LogsTo(audit.S3) {
			args.S3.RecordsBucket = s.Sessions.BucketName
		}
	}
	return args
}

func instanceRoleArgs(plan preflight.Plan, s outputs.Stack) *iam.InstanceRoleArgs {
	args := &iam.InstanceRoleArgs{
		InstanceRoleOptions: plan.InstanceRole,
		Env:                 plan.Env,
		PermissionsBoundary: plan.PermissionsBoundary,
		Associations:        plan.Instances.AgentAutoUpdate,
		EC2Messages:         plan.Endpoints.EC2Messages,
	}
	args.Records = records(plan, s)
	return args
}

// records returns where agents record sessions, or nil.
func records(plan preflight.Plan, s outputs.Stack) *iam.Records {
	if !plan.Sessions.RecordedOrEncrypted() {
		return nil
	}
	records := &iam.Records{
		LogGroup:    plan.Sessions.LogsTo(audit.CloudWatchLogs),
		Bucket:      plan.Sessions.LogsTo(audit.S3),
		Encrypted:   plan.Sessions.Encrypted,
		LogGroupARN: s.Sessions.LogGroupARN,
		BucketName:  s.Sessions.BucketName,
		KeyARN:      s.Sessions.KeyARN,
	}
	if plan.Sessions.Bucket != "" {
		// Other stacks may write to the bucket, too.
		records.BucketPrefix = sessionsArgs(plan).BucketPrefix()
	}
	return records
}

func agentPoliciesArgs(plan preflight.Plan, s outputs.Stack) *iam.AgentPoliciesArgs {
	return &iam.AgentPoliciesArgs{
		AgentPolicyOptions: plan.AgentPolicies,
		Env:                plan.Env,
		EC2Messages:        plan.Endpoints.EC2Messages,
		Records:            records(plan, s),
	}
}

func targetsArgs(plan preflight.Plan) *compute.TargetsArgs {
	args := &compute.TargetsArgs{Env: plan.Env, AgentRoles: plan.AgentRoles, TrustPolicies: plan.TrustPolicies, DenyingRoles: plan.DenyingRoles}
	// Other components read these groups.
	read := slices.Concat(plan.SecurityGroups.Clients, plan.SecurityGroups.InstanceGroups, plan.ExistingEndpointGroups())
	for _, target := range plan.Targets {
		args.InstanceIDs = append(args.InstanceIDs, target.ID)
		args.ReadHostManagement = args.ReadHostManagement || !target.HasProfile
		if target.ProfileName != "" && !slices.Contains(args.ProfileNames, target.ProfileName) {
			args.ProfileNames = append(args.ProfileNames, target.ProfileName)
		}
		for _, group := range target.SecurityGroupIDs {
			if !slices.Contains(read, group) {
				args.SecurityGroupIDs, read = append(args.SecurityGroupIDs, group), append(read, group)
			}
		}
	}
	return args
}

func instancesArgs(ctx *pulumi.Context, plan preflight.Plan, s outputs.Stack) *compute.InstancesArgs {
	args := &compute.InstancesArgs{
		Options:    plan.Instances,
		NamePrefix: plan.NamePrefix,
		Owner:      plan.Owner(ctx),
		// The instance a-1 has had this tag since the first release.
		NameTags:                 map[string]string{"a-1": plan.NamePrefix + "-ec2"},
		SubnetIDs:                s.Network.AppSubnets(),
		SecurityGroupID:          s.SecurityGroups.InstanceID,
		ExistingSecurityGroupIDs: plan.SecurityGroups.InstanceGroups,
		InstanceProfile:          s.InstanceRole.ProfileName,
		EBSOptimized:             plan.EBSOptimized,
		UserData:                 plan.UserData,
	}
	if plan.Instances.AMI != "" {
		args.Image = compute.PinnedImage(plan.Instances.AMI)
	} else {
		args.Image = compute.NewestImage(ctx, plan.Instances.OS, plan.Architecture)
	}
	// An agent that starts before one of these exists waits before it tries again: minutes if an endpoint
	// is missing, half an hour if a permission is missing.
	args.After = append(args.After, s.Endpoints.SessionEndpoints()...)
	args.After = append(args.After, s.SecurityGroups.Rules()...)
	args.After = append(args.After, s.Network.Associations()...)
	args.After = append(args.After, s.InstanceRole.Permissions()...)
	if s.Sessions != nil {
		args.After = append(args.After, s.Sessions.Targets()...)
	}
	return args
}

func sessionRoleArgs(plan preflight.Plan, s outputs.Stack) *iam.SessionRoleArgs {
	args := &iam.SessionRoleArgs{
		SessionRoleOptions:  plan.SessionRole,
		Env:                 plan.Env,
		PermissionsBoundary: plan.PermissionsBoundary,
		PushKey:             plan.UsesInstanceConnect(),
	}
	if s.Instances != nil {
		args.InstanceIDs = s.Instances.IDs()
	}
	if s.Sessions != nil {
		args.CustomDocument = s.Sessions.DocumentName
	}
	if plan.Sessions.Encrypted {
		args.KeyARN = s.Sessions.KeyARN
	}
	return args
}
