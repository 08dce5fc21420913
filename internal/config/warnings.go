package config

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"bastionless/audit"
	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/internal/diag"
	"bastionless/internal/osimage"
	"bastionless/network"
)

// Warnings returns warnings about values that are allowed but discouraged. vpc are the VPC's IPv4 CIDR blocks.
func (c Config) Warnings(vpc []netip.Prefix) diag.Diagnostics {
	var warnings diag.Diagnostics
	warn := func(when bool, key, format string, args ...any) {
		if when {
			warnings.Add(key, diag.Discouraged, format, args...)
		}
	}
	warn(c.Endpoints.EC2Messages, "ec2messagesEndpoint", "AWS is reported to have retired ec2messages on 2026-09-30, and "+
		"agents since version 3.3.40.0 do not use it: set ec2messagesEndpoint to false, unless you run older agents")
	warn(c.Endpoints.Policy == endpoints.Full, "endpointPolicy", "full allows requests by principals of any account, so "+
		"data can leave the VPC through the endpoints: set endpointPolicy to restricted")
	warn(c.Instances.OS == osimage.AmazonLinux2 && c.HasInstances(), "os", "support for Amazon Linux 2 ended on 2026-06-30: set os to al2023, "+
		"and remove amiId or set it to an Amazon Linux 2023 AMI. This replaces the instances")
	openEgress := c.SecurityGroups.InstanceEgress == network.OpenEgress && c.HasInstances()
	warn(openEgress, "instanceEgress", "open allows the instances to connect to every address that has a route: set "+
		"instanceEgress to restricted, and list further targets in forwardTo")
	if c.HasInstances() {
		c.warnAboutForwarding(warn, openEgress, vpc)
	}
	c.warnAboutECR(warn)
	warn(c.SessionRole.Targets == iam.TargetsAny && c.HasInstances(), "sessionTargets", "any allows sessions on all instances in the "+
		"account, not only on the stack's: set sessionTargets to stack")
	warn(c.SessionRole.Targets == iam.TargetsAny && !c.HasInstances(), "sessionTargets", "any allows sessions on all instances in the "+
		"account: set sessionTargets to tagged or instances")
	// Not an error, so that only sessionPrincipals and requireMfa have to change for IAM Identity Center.
	warn(c.SessionRole.MFAMaxAgeMinutes > 0 && !c.SessionRole.RequireMFA, "mfaMaxAgeMinutes", "%d has no effect while "+
		"requireMfa is false: set requireMfa to true, or mfaMaxAgeMinutes to 0", c.SessionRole.MFAMaxAgeMinutes)
	c.warnAboutRunAs(warn)
	c.warnAboutUnused(warn)
	return warnings
}

// warnAboutRunAs warns about operating system users that may not exist on the instances.
func (c Config) warnAboutRunAs(warn func(bool, string, string, ...any)) {
	shells, loginUser := c.Allows(iam.Shell), c.LoginUser()
	warn(c.Sessions.RunAs != "" && !shells, "sessionRunAs", "%q has no effect, because sessionDocuments allows no shells: "+
		"add shell to sessionDocuments, or remove sessionRunAs", c.Sessions.RunAs)
	warn(c.Sessions.Shell != "" && !shells, "sessionShell", "the value has no effect, because sessionDocuments allows no "+
		"shells: add shell to sessionDocuments, or remove sessionShell")
	if !shells {
		return
	}
	warn(c.SessionRole.UserTag, "sessionRunAs", "AWS ends a shell at once if the instance has no user with the name of the "+
		"caller's IAM user, or if the caller sets no tag: create a user for each of sessionPrincipals in the AMI, "+
		"and send people the stack output awsProfile")
	warn(c.SessionRole.UserTag && c.Allows(iam.SSH), "sessionRunAs", "SSH logs in as %s, so people who use it are not limited to "+
		"their own users: remove ssh from sessionDocuments", loginUser)
	for _, principal := range c.SessionRole.Principals {
		warn(c.SessionRole.UserTag && !audit.IsOSUser(principal.UserName()), "sessionRunAs", "%q cannot have a shell, because no "+
			"Linux user has such a name: list an IAM user whose name has 1 to 32 letters, digits, dots, hyphens and underscores, "+
			"or set sessionRunAs to one user", principal)
	}
	other := c.Sessions.RunAs != "" && !c.SessionRole.UserTag && c.Sessions.RunAs != loginUser
	remedy := "create the user in the AMI, or use " + cmp.Or(loginUser, "a user that exists")
	warn(other, "sessionRunAs", "AWS ends shells at once if the instance has no user %q, and does not use ssm-user instead: %s",
		c.Sessions.RunAs, remedy)
}

func (c Config) warnAboutForwarding(warn func(bool, string, string, ...any), openEgress bool, vpc []netip.Prefix) {
	forwards := c.Allows(iam.RemotePortForwarding)
	for _, target := range c.SecurityGroups.Forward {
		warn(target.Block.Bits() == 0, "forwardTo", "%s allows every address: list only the CIDR blocks that the "+
			"instances need", target)
		inside := slices.ContainsFunc(vpc, target.Block.Overlaps)
		warn(!inside, "forwardTo", "%s is outside the VPC, %s, and the stack creates no route to it: use a target in the "+
			"VPC, or add a route", target, joinBlocks(vpc))
	}
	warn(len(c.SecurityGroups.Forward) > 0 && !forwards, "forwardTo", "no session can forward to these targets: add "+
		"remote-port-forwarding to sessionDocuments, or remove all elements of forwardTo")
	restricted := !openEgress && len(c.SecurityGroups.InstanceGroups) == 0
	warn(forwards && restricted && len(c.SecurityGroups.Forward) == 0, "sessionDocuments", "remote-port-forwarding "+
		"cannot reach any host while instanceEgress is restricted and forwardTo is empty: list the targets in forwardTo")
}

// warnAboutECR warns if the VPC has only some of the endpoints that are necessary to pull images from Amazon ECR.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
func (c Config) warnAboutECR(warn func(bool, string, string, ...any)) {
	listed := func(service string) bool { return slices.Contains(c.Endpoints.Services, service) }
	for _, pair := range [][2]string{{endpoints.ECR, endpoints.ECRDocker}, {endpoints.ECRDocker, endpoints.ECR}} {
		warn(listed(pair[0]) && !listed(pair[1]) && !c.Endpoints.Reaches(pair[1]), "interfaceEndpoints", "docker pull from "+
			"Amazon ECR needs %s as well as %s: add %s", pair[1], pair[0], pair[1])
	}
	warn(listed(endpoints.ECRDocker) && !c.Endpoints.UsesS3(), "s3Endpoint", "docker pull from Amazon ECR reads image "+
		"layers from S3: set s3Endpoint to true")
}

// joinBlocks lists CIDR blocks for a message.
func joinBlocks(blocks []netip.Prefix) string {
	texts := make([]string, len(blocks))
	for i, block := range blocks {
		texts[i] = block.String()
	}
	return strings.Join(texts, ", ")
}
