// Bastionless gives people a shell on EC2 instances in private subnets: by Session Manager and VPC endpoints, without a
// bastion, an Internet gateway, a NAT gateway, a public address or an inbound rule.
package main

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/audit"
	"bastionless/compute"
	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/network"
)

func main() { pulumi.Run(run) }

// run declares one stack.
func run(ctx *pulumi.Context) error {
	s, at, err := configure(ctx)
	if err != nil {
		return err
	}
	vpc, err := network.NewVPC(ctx, "network", &network.VPCArgs{
		NamePrefix: s.namePrefix,
		CIDRBlock:  s.vpc,
		Zones:      s.zones,
	})
	if err != nil {
		return err
	}
	groups, err := network.NewSecurityGroups(ctx, "security", &network.SecurityGroupsArgs{
		NamePrefix:      s.namePrefix,
		VPCID:           vpc.VPCID,
		VPCBlock:        s.vpc,
		EndpointIngress: s.endpointIngress,
		InstanceEgress:  s.instanceEgress,
		S3PrefixListID:  at.s3PrefixListID,
		S3OverHTTP:      s.os == compute.AmazonLinux2,
		Forward:         s.forwardTo,
	})
	if err != nil {
		return err
	}
	if s.flowLogDays > 0 {
		if _, err := network.NewFlowLogs(ctx, "flow-logs", flowLogArgs(s, at, vpc)); err != nil {
			return err
		}
	}
	var sessions *audit.Sessions
	if s.ownDocument() {
		if sessions, err = audit.NewSessions(ctx, "audit", auditArgs(s, at)); err != nil {
			return err
		}
	}
	doors, err := endpoints.NewSet(ctx, "endpoints", endpointArgs(s, at, vpc, groups, sessions))
	if err != nil {
		return err
	}
	role, err := iam.NewInstanceRole(ctx, "instance-role", instanceRoleArgs(s, at, sessions))
	if err != nil {
		return err
	}
	instances, err := compute.NewInstances(ctx, "instances", instanceArgs(ctx, s, at, vpc, groups, doors, role, sessions))
	if err != nil {
		return err
	}
	people, err := iam.NewSessionRole(ctx, "session-role", sessionRoleArgs(s, at, instances, sessions))
	if err != nil {
		return err
	}

	export(ctx, vpc, groups, doors, role)
	exportConnections(ctx, s, at, instances, people, sessions)
	ctx.Export("monthlyCost", monthlyCost(s, at.region).output())
	return nil
}

// configure reads the configuration and holds it against what AWS says, before anything is registered.
func configure(ctx *pulumi.Context) (*settings, *place, error) {
	var found problems
	s := loadSettings(ctx, &found)
	at, err := survey(ctx, &s, &found)
	if err := errors.Join(found.err(ctx.Stack()), err); err != nil {
		return nil, nil, err
	}
	for _, warning := range s.warnings() {
		if err := ctx.Log.Warn(warning, nil); err != nil {
			return nil, nil, fmt.Errorf("warn: %w", err)
		}
	}
	return &s, at, nil
}

// export exports what other stacks use.
func export(
	ctx *pulumi.Context, vpc *network.VPC, groups *network.SecurityGroups, doors *endpoints.Set, role *iam.InstanceRole,
) {
	ctx.Export("vpcId", vpc.VPCID)
	ctx.Export("subnetIds", pulumi.Map{"app": vpc.AppSubnetIDs, "privatelink": vpc.PrivatelinkSubnetIDs})
	ctx.Export("routeTableIds", vpc.RouteTableIDs)
	ctx.Export("instanceSecurityGroupId", groups.InstanceID)
	ctx.Export("endpointSecurityGroupId", groups.EndpointID)
	ctx.Export("endpoints", doors.EndpointIDs)
	ctx.Export("instanceRoleName", role.RoleName)
}

func flowLogArgs(s *settings, at *place, vpc *network.VPC) *network.FlowLogsArgs {
	return &network.FlowLogsArgs{
		Partition:           at.partition,
		Region:              at.region,
		AccountID:           at.accountID,
		VPCID:               vpc.VPCID,
		KeepDays:            s.flowLogDays,
		PermissionsBoundary: s.permissionsBoundary,
	}
}

func auditArgs(s *settings, at *place) *audit.SessionsArgs {
	return &audit.SessionsArgs{
		Partition:   at.partition,
		Region:      at.region,
		DNSSuffix:   at.dnsSuffix,
		AccountID:   at.accountID,
		NamePrefix:  s.namePrefix,
		LogGroup:    s.records(cloudWatch),
		Bucket:      s.records(bucket),
		Encrypted:   s.sessionEncryption,
		KeepDays:    s.sessionLogDays,
		IdleMinutes: s.sessionIdleMinutes,
		MaxMinutes:  s.sessionMaxMinutes,
	}
}

func endpointArgs(
	s *settings, at *place, vpc *network.VPC, groups *network.SecurityGroups, sessions *audit.Sessions,
) *endpoints.SetArgs {
	subnets, kind := vpc.EndpointSubnets()
	args := &endpoints.SetArgs{
		Partition:       at.partition,
		Region:          at.region,
		DNSSuffix:       at.dnsSuffix,
		AccountID:       at.accountID,
		OrganizationID:  s.organizationID,
		Services:        s.services(),
		Policy:          s.endpointPolicy,
		VPCID:           vpc.VPCID,
		Subnets:         subnets,
		SubnetTier:      kind,
		SecurityGroupID: groups.EndpointID,
	}
	if s.s3Endpoint {
		args.S3 = &endpoints.S3Args{
			RouteTableIDs: pulumi.StringArray{vpc.AppRouteTableID()},
			OS:            endpoints.OS(s.os),
			Buckets:       s.s3Buckets,
		}
		if s.records(bucket) {
			args.S3.RecordsBucket = sessions.BucketName
		}
	}
	return args
}

func instanceRoleArgs(s *settings, at *place, sessions *audit.Sessions) *iam.InstanceRoleArgs {
	args := &iam.InstanceRoleArgs{
		Partition:           at.partition,
		RoleName:            s.instanceRoleName,
		PermissionsBoundary: s.permissionsBoundary,
		Policy:              s.instancePolicy,
		Associations:        s.agentAutoUpdate,
		EC2Messages:         s.ec2messages,
	}
	if s.guarded() {
		args.Records = &iam.Records{
			LogGroup:    s.records(cloudWatch),
			Bucket:      s.records(bucket),
			Encrypted:   s.sessionEncryption,
			LogGroupARN: sessions.LogGroupARN,
			BucketName:  sessions.BucketName,
			KeyARN:      sessions.KeyARN,
		}
	}
	return args
}

func sessionRoleArgs(
	s *settings, at *place, instances *compute.Instances, sessions *audit.Sessions,
) *iam.SessionRoleArgs {
	args := at.sessionRole(s)
	args.InstanceIDs = instances.IDs()
	if s.ownDocument() {
		args.OwnDocument = sessions.DocumentName
	}
	if s.sessionEncryption {
		args.KeyARN = sessions.KeyARN
	}
	return args
}

func instanceArgs(
	ctx *pulumi.Context, s *settings, at *place, vpc *network.VPC, groups *network.SecurityGroups, doors *endpoints.Set,
	role *iam.InstanceRole, sessions *audit.Sessions,
) *compute.InstancesArgs {
	args := &compute.InstancesArgs{
		NamePrefix:            s.namePrefix,
		SubnetIDs:             vpc.AppSubnets(),
		PerZone:               s.instancesPerZone,
		SecurityGroupID:       groups.InstanceID,
		InstanceProfile:       role.ProfileName,
		InstanceType:          s.instanceType,
		EBSOptimized:          at.ebsOptimized,
		KeyName:               s.keyName,
		PublicKey:             s.sshPublicKey,
		RootVolumeGiB:         s.rootVolumeGiB,
		RootVolumeEncrypted:   s.rootVolumeEncrypted,
		RootVolumeKMSKey:      s.rootVolumeKMSKey,
		DetailedMonitoring:    s.detailedMonitoring,
		IMDS:                  s.imds,
		TerminationProtection: s.terminationProtection,
		AgentAutoUpdate:       s.agentAutoUpdate,
	}
	if s.amiID != "" {
		args.Image = compute.PinnedImage(s.amiID)
	} else {
		args.Image = compute.NewestImage(ctx, s.os, at.architecture)
	}
	if s.installLatestAgent {
		args.UserData = compute.LatestAgent(at.region, at.dnsSuffix, at.architecture)
	}
	// What the agent needs to come online at its first try. After a failed one it sleeps, for minutes without an
	// endpoint and for half an hour without a permission.
	args.After = append(args.After, doors.SessionEndpoints()...)
	args.After = append(args.After, groups.Rules()...)
	args.After = append(args.After, vpc.Associations()...)
	args.After = append(args.After, role.Permissions()...)
	if sessions != nil {
		args.After = append(args.After, sessions.Targets()...)
	}
	return args
}
