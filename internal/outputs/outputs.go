// Package outputs exports the stack outputs: values for other stacks, and commands and configuration
// blocks for users.
package outputs

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/audit"
	"bastionless/compute"
	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/internal/contract"
	"bastionless/internal/preflight"
	"bastionless/network"
)

// Stack holds the components of a deployed stack.
type Stack struct {
	Network network.Network
	// SecurityGroups is nil if the stack has neither instances nor interface endpoints.
	SecurityGroups *network.SecurityGroups
	Endpoints      *endpoints.Set
	// InstanceRole and Instances are nil if the stack has no instances.
	InstanceRole *iam.InstanceRole
	Instances    *compute.Instances
	SessionRole  *iam.SessionRole
	// Sessions is nil if the stack has no session document of its own.
	Sessions *audit.Sessions
}

// Export exports the stack outputs.
func Export(ctx *pulumi.Context, plan preflight.Plan, s Stack) {
	vpc := s.Network.Outputs()
	ctx.Export("vpcId", vpc.VPCID)
	ctx.Export("subnetIds", pulumi.Map{"app": vpc.AppSubnetIDs, "privatelink": vpc.PrivatelinkSubnetIDs})
	ctx.Export("routeTableIds", vpc.RouteTableIDs)
	if plan.HasInstances() {
		ctx.Export("instanceSecurityGroupId", s.SecurityGroups.InstanceID)
		ctx.Export("instanceRoleName", s.InstanceRole.RoleName)
	}
	if len(plan.VPCEndpoints) > 0 {
		ctx.Export("endpointSecurityGroupId", s.SecurityGroups.EndpointID)
	}
	ctx.Export(contract.EndpointsOutput, s.Endpoints.EndpointIDs)
	exportConnection(ctx, plan, s)
	ctx.Export("sessionRoleArn", s.SessionRole.ARN)
	ctx.Export("awsProfile", s.SessionRole.ARN.ApplyT(func(arn string) string { return awsProfile(plan, arn) }).(pulumi.StringOutput))
	ctx.Export("consoleUrl", pulumi.String(consoleURL(plan.Env)))
	if s.Sessions != nil {
		ctx.Export("sessionRecords", pulumi.StringMap{
			"document": s.Sessions.DocumentName,
			"logGroup": s.Sessions.LogGroupName,
			"bucket":   s.Sessions.BucketName,
			"keyArn":   s.Sessions.KeyARN,
		})
	}
}

// exportConnection exports the connection and the commands that are built from it.
func exportConnection(ctx *pulumi.Context, plan preflight.Plan, s Stack) {
	document := pulumi.String("").ToStringOutput()
	if s.Sessions != nil {
		document = s.Sessions.DocumentName
	}
	ids, addresses := pulumi.StringMap{}.ToStringMapOutput(), pulumi.StringMap{}.ToStringMapOutput()
	if s.Instances != nil {
		ids, addresses = s.Instances.InstanceIDs, s.Instances.PrivateIPs
	}
	values := pulumi.All(ids, addresses, document)
	ctx.Export(contract.ConnectionOutput, apply(plan, values, toMap).(pulumi.MapOutput))
	ctx.Export("instances", apply(plan, values, instances).(pulumi.MapOutput))
	ctx.Export("startSession", apply(plan, values, startSession).(pulumi.StringMapOutput))
	ctx.Export("portForward", apply(plan, values, portForward).(pulumi.StringMapMapOutput))
	ctx.Export("sshConfig", apply(plan, values, sshConfig).(pulumi.StringOutput))
}

// apply calls a function with the stack's connection when the IDs and addresses of the instances and the
// name of the session document are known.
func apply[T any](
	plan preflight.Plan, values pulumi.ArrayOutput, f func(contract.Connection) (T, error),
) pulumi.Output {
	return values.ApplyT(func(values []any) (T, error) {
		return f(newConnection(plan, values[0].(map[string]string), values[1].(map[string]string), values[2].(string)))
	})
}
