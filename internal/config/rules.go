package config

import (
	"regexp"
	"slices"
	"strings"

	"bastionless/audit"
	"bastionless/compute"
	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/internal/diag"
	"bastionless/network"
)

// namePrefix matches what is allowed in names of security groups, tags and associations alike, except
// characters that a shell would interpret.
var namePrefix = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$`)

// validate returns the problems with the options of each component, and with combinations of options.
func (c Config) validate() diag.Diagnostics {
	var diags diag.Diagnostics
	if !namePrefix.MatchString(c.NamePrefix) || strings.HasPrefix(c.NamePrefix, "sg-") {
		diags.Add("namePrefix", diag.Malformed, "%q is not a name prefix (the default is PROJECT-STACK): set namePrefix to 1 to 100 "+
			"letters, digits, dots, hyphens and underscores, beginning with a letter or a digit but not with sg-", c.NamePrefix)
	}
	if c.UsesExistingVPC() {
		c.checkNoSubnets(&diags)
	} else {
		diags.Append(c.Subnets.Validate())
	}
	for _, options := range []interface{ Validate() diag.Diagnostics }{
		c.Existing, c.FlowLogs, c.Endpoints, c.SecurityGroups, c.Instances, c.InstanceRole, c.AgentPolicies, c.SessionRole,
		c.Sessions,
	} {
		diags.Append(options.Validate())
	}
	c.checkRoleNames(&diags)
	c.checkExistingVPC(&diags)
	c.checkTargets(&diags)
	c.checkLimits(&diags)
	c.checkSubnetSizes(&diags)
	c.checkS3(&diags)
	c.checkDocuments(&diags)
	c.checkLoginUser(&diags)
	c.checkRunAs(&diags)
	return diags
}

func (c Config) checkRoleNames(diags *diag.Diagnostics) {
	if c.InstanceRole.RoleName != "" && strings.EqualFold(c.InstanceRole.RoleName, c.SessionRole.RoleName) {
		diags.Add("sessionRoleName", diag.Conflict, "%q is also the value of instanceRoleName, and role names are "+
			"case-insensitive: use another name",
			c.SessionRole.RoleName)
	}
	for _, name := range c.AgentPolicies.RoleNames {
		if c.InstanceRole.RoleName != "" && strings.EqualFold(c.InstanceRole.RoleName, name) {
			diags.Add("agentRoleNames", diag.Conflict, "%q is also the value of instanceRoleName, and the stack's role has these "+
				"permissions: remove it from the list", name)
		}
	}
}

func (c Config) checkLimits(diags *diag.Diagnostics) {
	switch n := c.instances(); {
	case n <= c.Instances.Max():
	case len(c.Instances.Tags) > 0:
		diags.Add("instancesPerZone", diag.TooMany, "%d in each zone results in %d instances, but a stack can have %d: use fewer, "+
			"or several stacks", c.Instances.PerZone, n, c.Instances.Max())
	default:
		diags.Add("instancesPerZone", diag.TooMany, "%d in each zone results in %d instances, but the session policy has "+
			"room for %d: use fewer, or set sessionTargets to tagged", c.Instances.PerZone, n, compute.MaxInstances)
	}
	if n := len(c.VPCEndpoints()); n > endpoints.MaxInterfaceEndpoints {
		diags.Add("interfaceEndpoints", diag.TooMany, "the stack would have %d interface endpoints, including those of "+
			"Session Manager, but AWS allows %d in a VPC: list fewer", n, endpoints.MaxInterfaceEndpoints)
	}
}

// instances returns the number of instances. It is 0 if instancesPerZone is invalid, which is reported.
func (c Config) instances() int {
	if c.Instances.Validate().Has("instancesPerZone") {
		return 0
	}
	if c.UsesExistingVPC() {
		return len(c.Existing.AppSubnetIDs) * c.Instances.PerZone
	}
	zones := slices.Clone(c.Subnets.Zones)
	slices.Sort(zones)
	return len(slices.Compact(zones)) * c.Instances.PerZone
}

// checkSubnetSizes reports subnets that are too small for their network interfaces. Default subnets are large enough
// for all endpoints, but not for all instances that a stack with tags can have.
func (c Config) checkSubnetSizes(diags *diag.Diagnostics) {
	vpcEndpoints := len(c.VPCEndpoints())
	instances := c.instances()
	invalid := c.HasInstances() && instances == 0 || instances > c.Instances.Max()
	if c.UsesExistingVPC() || vpcEndpoints > endpoints.MaxInterfaceEndpoints || invalid {
		return // preflight looks up existing subnets, and the rest was reported
	}
	appKey, appRemedy := "appSubnetCidrs", "use a larger block, or reduce instancesPerZone"
	if len(c.Subnets.App) == 0 {
		appKey, appRemedy = "instancesPerZone", "set appSubnetCidrs to larger blocks, or use fewer instances"
	}
	for _, zone := range c.Subnets.Plan() {
		inApp := c.Instances.PerZone
		if c.Subnets.Layout == network.SharedSubnets {
			inApp += vpcEndpoints
		}
		if zone.App.IsValid() && inApp > network.Addresses(zone.App) {
			diags.Add(appKey, diag.TooMany, "%s (zone %s) has room for %d network interfaces, but %d are needed: %s",
				zone.App, zone.Letter, network.Addresses(zone.App), inApp, appRemedy)
		}
		if zone.Privatelink.IsValid() && vpcEndpoints > network.Addresses(zone.Privatelink) {
			diags.Add("privatelinkSubnetCidrs", diag.TooMany, "%s (zone %s) has room for %d network interfaces, but %d "+
				"are needed: use a larger block, or remove services from "+
				"interfaceEndpoints", zone.Privatelink, zone.Letter, network.Addresses(zone.Privatelink), vpcEndpoints)
		}
	}
}

// checkS3 reports options that need the S3 endpoint if it is off. It is on by default, so the problem is
// reported for s3Endpoint, which the user has set.
func (c Config) checkS3(diags *diag.Diagnostics) {
	if c.Endpoints.UsesS3() {
		return
	}
	for _, user := range []struct {
		needsS3     bool
		key, remedy string
	}{
		{len(c.Endpoints.Buckets) > 0, "s3Buckets", "remove all elements of s3Buckets"},
		{len(c.Endpoints.PublicBuckets) > 0, "publicBuckets", "remove all elements of publicBuckets"},
		{c.Sessions.LogsTo(audit.S3), "sessionLogs", "remove s3 from sessionLogs"},
		{c.Instances.InstallLatestAgent && c.HasInstances(), "installLatestAgent", "set installLatestAgent to false"},
		{c.Instances.AgentAutoUpdate && c.HasInstances(), "agentAutoUpdate", "set agentAutoUpdate to false"},
	} {
		if user.needsS3 {
			diags.Add("s3Endpoint", diag.Conflict, "false, but %s needs S3: set s3Endpoint to true, or %s", user.key, user.remedy)
		}
	}
}

func (c Config) checkDocuments(diags *diag.Diagnostics) {
	if !c.Sessions.RecordedOrEncrypted() {
		return
	}
	for _, document := range c.SessionRole.Documents {
		if document != iam.Shell && slices.Contains(iam.Documents(), document) {
			diags.Add("sessionDocuments", diag.Conflict, "AWS can neither record nor encrypt %q sessions: remove it, or "+
				"remove all elements of sessionLogs and set sessionEncryption to false", document)
		}
	}
}

// checkRunAs reports that an IAM user has the name of an operating system user that AWS refuses.
func (c Config) checkRunAs(diags *diag.Diagnostics) {
	for _, principal := range c.SessionRole.Principals {
		if c.SessionRole.UserTag && principal.UserName() == audit.Root {
			diags.Add("sessionPrincipals", diag.Conflict, "%q has the name of the operating system user root, and AWS refuses shells "+
				"that run as root: list another IAM user, or set sessionRunAs to one user", principal)
		}
	}
}

// checkLoginUser reports that sessions allow SSH, but the user is unknown.
func (c Config) checkLoginUser(diags *diag.Diagnostics) {
	if c.Allows(iam.SSH) && c.LoginUser() == "" {
		diags.Add("loginUser", diag.NoValue, "no value, but os is %s, which has no default user for SSH: set loginUser to the user "+
			"of the AMI, such as ubuntu, or set sessionDocuments to a list without ssh", c.Instances.OS)
	}
}
