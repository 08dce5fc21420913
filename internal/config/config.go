// Package config reads a stack's configuration and checks every rule that needs no answer from AWS.
package config

//go:generate go run ../configdocs

import (
	"os"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/audit"
	"bastionless/compute"
	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/internal/diag"
	"bastionless/internal/osimage"
	"bastionless/network"
)

// Config is the configuration of a stack. Nothing changes it after Load.
type Config struct {
	// NamePrefix is the prefix of Name tags and of the security groups' names. Key: namePrefix.
	NamePrefix string
	// PermissionsBoundary is the ARN of the permissions boundary of all roles. Optional. Key:
	// permissionsBoundary.
	PermissionsBoundary string

	// Options of the components. Each field's comment names its key.
	Subnets        network.SubnetOptions
	Existing       network.ExistingOptions
	SecurityGroups network.SecurityGroupOptions
	FlowLogs       network.FlowLogOptions
	Endpoints      endpoints.Options
	Instances      compute.Options
	InstanceRole   iam.InstanceRoleOptions
	AgentPolicies  iam.AgentPolicyOptions
	SessionRole    iam.SessionRoleOptions
	Sessions       audit.Options

	// NewEndpointProblems are problems with keys about the interface endpoints that the stack creates in an existing VPC. Load
	// does not return them, because they do not apply if others have created all of these endpoints.
	NewEndpointProblems diag.Diagnostics
}

// Load reads all keys, and returns the configuration and all problems with it. Even if there are
// problems, preflight.Resolve can look for further ones.
func Load(ctx *pulumi.Context) (Config, diag.Diagnostics) {
	r := newReader(ctx)
	c := r.config(ctx)
	r.checkDefaultTags(ctx, c)
	r.checkKeys(ctx.Project(), os.Getenv(pulumi.EnvConfig))
	c.NewEndpointProblems = r.applicable(c.checkNewEndpoints())
	return c, append(r.diags, r.applicable(c.validate())...)
}

// applicable returns the problems that do not follow from those of the reader. Invalid keys were already reported, and so
// were lists that are empty because their elements are malformed. Rules about several keys apply only if all keys are valid.
func (r *reader) applicable(diags diag.Diagnostics) diag.Diagnostics {
	return slices.DeleteFunc(diags, func(d diag.Diagnostic) bool {
		return r.invalidKeys[d.Key] || d.Code == diag.Conflict && len(r.invalidKeys) > 0 || d.Code == diag.NoValue && r.diags.Has(d.Key)
	})
}

// config reads the keys in the order of Pulumi.yaml.
func (r *reader) config(ctx *pulumi.Context) Config {
	c := Config{
		NamePrefix:          r.str("namePrefix"),
		PermissionsBoundary: r.str("permissionsBoundary"),
		Subnets: network.SubnetOptions{
			VPC:         r.cidr("vpcCidr"),
			Zones:       r.rawList("zones"),
			App:         r.cidrList("appSubnetCidrs"),
			Privatelink: r.cidrList("privatelinkSubnetCidrs"),
			Layout:      enum(r, "subnetLayout", network.SubnetLayouts()),
		},
		Existing: network.ExistingOptions{
			VPCID:             r.str("vpcId"),
			AppSubnetIDs:      r.strList("appSubnetIds"),
			EndpointSubnetIDs: r.strList("endpointSubnetIds"),
			RouteTableIDs:     r.strList("routeTableIds"),
		},
		FlowLogs:  network.FlowLogOptions{RetentionDays: r.integer("flowLogDays")},
		Endpoints: r.endpoints(),
		SecurityGroups: network.SecurityGroupOptions{
			EndpointIngress: enum(r, "endpointIngress", network.EndpointIngresses()),
			InstanceEgress:  enum(r, "instanceEgress", network.InstanceEgresses()),
			Forward:         r.targets("forwardTo"),
			Clients:         r.strList("clientSecurityGroupIds"),
			InstanceGroups:  r.strList("instanceSecurityGroupIds"),
			Descriptions:    r.boolean("ruleDescriptions"),
		},
		Instances: r.instances(),
		InstanceRole: iam.InstanceRoleOptions{
			RoleName: r.str("instanceRoleName"),
			Policy:   enum(r, "instancePolicy", iam.InstancePolicies()),
			Files:    r.policyFiles("instancePolicyFiles"),
			ARNs:     r.strList("instancePolicyArns"),
		},
		AgentPolicies: iam.AgentPolicyOptions{RoleNames: r.strList("agentRoleNames")},
		SessionRole: iam.SessionRoleOptions{
			RoleName:          r.str("sessionRoleName"),
			Principals:        r.principals("sessionPrincipals"),
			RequireMFA:        r.boolean("requireMfa"),
			MFAMaxAgeMinutes:  r.integer("mfaMaxAgeMinutes"),
			Targets:           enum(r, "sessionTargets", iam.AllTargets()),
			TargetInstanceIDs: r.strList("targetInstanceIds"),
			TargetTags:        r.tags("targetTags"),
			Documents:         enumList(r, "sessionDocuments", iam.Documents()),
			LoginUser:         r.str("loginUser"),
		},
		Sessions: r.sessions(),
	}
	c.setDefaults(ctx)
	return c
}

func (r *reader) sessions() audit.Options {
	return audit.Options{
		Logs:          enumList(r, "sessionLogs", audit.Destinations()),
		LogGroup:      r.str("sessionLogGroup"),
		Bucket:        r.str("sessionBucket"),
		Encrypted:     r.boolean("sessionEncryption"),
		RetentionDays: r.integer("sessionLogDays"),
		IdleMinutes:   r.integer("sessionIdleMinutes"),
		MaxMinutes:    r.integer("sessionMaxMinutes"),
		RunAs:         r.str("sessionRunAs"),
		Shell:         strings.TrimRight(r.str("sessionShell"), "\n"),
	}
}

func (r *reader) endpoints() endpoints.Options {
	return endpoints.Options{
		EC2Messages:    r.boolean("ec2messagesEndpoint"),
		S3:             r.s3Setting("s3Endpoint"),
		Existing:       r.strList("existingEndpoints"),
		Services:       r.strList("interfaceEndpoints"),
		Policy:         enum(r, "endpointPolicy", endpoints.Policies()),
		OrganizationID: r.str("organizationId"),
		Buckets:        r.strList("s3Buckets"),
		PublicBuckets:  r.strList("publicBuckets"),
	}
}

func (r *reader) instances() compute.Options {
	return compute.Options{
		PerZone:               r.integer("instancesPerZone"),
		InstanceType:          r.str("instanceType"),
		OS:                    enum(r, "os", osimage.All()),
		AMI:                   r.str("amiId"),
		KeyName:               r.str("keyName"),
		PublicKey:             strings.TrimSpace(r.str("sshPublicKey")),
		RootVolumeGiB:         r.integer("rootVolumeGiB"),
		RootVolumeEncrypted:   r.boolean("rootVolumeEncrypted"),
		RootVolumeKMSKey:      r.str("rootVolumeKmsKey"),
		DetailedMonitoring:    r.boolean("detailedMonitoring"),
		IMDS:                  enum(r, "imds", compute.IMDSVersions()),
		IMDSHopLimit:          r.integer("imdsHopLimit"),
		WorkloadUserData:      r.userData("userDataFile"),
		InstallLatestAgent:    r.boolean("installLatestAgent"),
		AgentAutoUpdate:       r.boolean("agentAutoUpdate"),
		TerminationProtection: r.boolean("terminationProtection"),
	}
}

// setDefaults replaces empty values with the defaults that Pulumi.yaml describes.
func (c *Config) setDefaults(ctx *pulumi.Context) {
	if c.NamePrefix == "" {
		c.NamePrefix = ctx.Project() + "-" + ctx.Stack()
	}
	if c.SessionRole.Targets == iam.TargetsTagged {
		c.Instances.Tags = map[string]string{}
		for _, tag := range c.SessionRole.TargetTags {
			c.Instances.Tags[tag.Key] = tag.Value
		}
	}
	// Only the stack's own instances use S3 by default.
	if c.UsesExistingVPC() && !c.HasInstances() && c.Endpoints.S3 == endpoints.S3Default && !c.needsS3() {
		c.Endpoints.S3 = endpoints.S3Off
	}
	if len(c.SessionRole.Principals) == 0 {
		c.SessionRole.Principals = []iam.Principal{{}}
	}
	c.SessionRole.UserTag = c.Sessions.RunAs == audit.RunAsTag
	if len(c.SessionRole.Documents) == 0 {
		c.SessionRole.Documents = []iam.Document{iam.Shell}
		if !c.Sessions.RecordedOrEncrypted() {
			c.SessionRole.Documents = append(c.SessionRole.Documents, iam.SSH)
		}
	}
}
