package config

import (
	"bastionless/audit"
	"bastionless/compute"
	"bastionless/iam"
	"bastionless/internal/diag"
	"bastionless/network"
)

// defaultLogDays is the default of sessionLogDays.
const defaultLogDays = 365

// defaultInstanceType is the default of instanceType.
const defaultInstanceType = "t3.micro"

// checkNoInstances reports keys that have no effect in a stack without instances. warnAboutUnused warns about such keys
// whose default is a value like any other, so that the program cannot see whether they were set.
func (c Config) checkNoInstances(diags *diag.Diagnostics) {
	const others = " and the stack does not change the security groups of other instances"
	for _, option := range []struct {
		key   string
		isSet bool
		also  string
	}{
		{"amiId", c.Instances.AMI != "", ""},
		{"keyName", c.Instances.KeyName != "", ""},
		{"sshPublicKey", c.Instances.PublicKey != "", ""},
		{"rootVolumeKmsKey", c.Instances.RootVolumeKMSKey != "", ""},
		{"instanceRoleName", c.InstanceRole.RoleName != "", ""},
		{"userDataFile", c.Instances.WorkloadUserData != "", ""},
		{"instancePolicyFiles", len(c.InstanceRole.Files) > 0, ""},
		{"instancePolicyArns", len(c.InstanceRole.ARNs) > 0, ""},
		{"instanceSecurityGroupIds", len(c.SecurityGroups.InstanceGroups) > 0, others},
		{"forwardTo", len(c.SecurityGroups.Forward) > 0, others},
	} {
		if option.isSet {
			diags.Add(option.key, diag.Conflict, "the key has no effect, because instancesPerZone is 0%s: remove it", option.also)
		}
	}
	if c.SecurityGroups.EndpointIngress == network.FromInstances && !c.UsesExistingVPC() {
		diags.Add("instancesPerZone", diag.Conflict, "0 leaves no instances that can reach the endpoints while endpointIngress is %s: set "+
			"endpointIngress to vpc", c.SecurityGroups.EndpointIngress)
	}
}

// warnAboutUnused warns about values that have no effect. A program cannot tell whether a value was set or is the default,
// so there are no warnings about defaults. The operating system has an effect even without instances: the policy of the S3
// endpoint allows its repositories.
func (c Config) warnAboutUnused(warn func(bool, string, string, ...any)) {
	i := c.Instances
	for _, option := range []struct {
		key       string
		isDefault bool
	}{
		{"instanceType", i.InstanceType == defaultInstanceType},
		{"rootVolumeGiB", i.RootVolumeGiB == compute.MinRootVolumeGiB},
		{"rootVolumeEncrypted", i.RootVolumeEncrypted},
		{"detailedMonitoring", !i.DetailedMonitoring},
		{"imds", i.IMDS == compute.IMDSv2},
		{"imdsHopLimit", i.IMDSHopLimit == 1},
		{"installLatestAgent", !i.InstallLatestAgent},
		{"agentAutoUpdate", i.AgentAutoUpdate},
		{"instanceEgress", c.SecurityGroups.InstanceEgress == network.RestrictedEgress},
		{"terminationProtection", !i.TerminationProtection},
		{"instancePolicy", c.InstanceRole.Policy == iam.ManagedPolicy},
	} {
		warn(!c.HasInstances() && !option.isDefault, option.key, "the value has no effect, because instancesPerZone is 0: remove %s",
			option.key)
	}
	ownRecords := c.Sessions.LogsTo(audit.CloudWatchLogs) && c.Sessions.LogGroup == "" ||
		c.Sessions.LogsTo(audit.S3) && c.Sessions.Bucket == ""
	why := "sessionLogs is empty"
	if len(c.Sessions.Logs) > 0 {
		why = "the owners of sessionLogGroup and sessionBucket decide how long records are kept"
	}
	warn(!ownRecords && c.Sessions.RetentionDays != defaultLogDays, "sessionLogDays", "%d has no effect, because %s: remove "+
		"sessionLogDays", c.Sessions.RetentionDays, why)
}
