package config

import (
	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/internal/diag"
	"bastionless/internal/osimage"
	"bastionless/network"
)

// Warnings returns values that are allowed and unwise.
func (c Config) Warnings() diag.Diagnostics {
	var warnings diag.Diagnostics
	warn := func(when bool, key, format string, args ...any) {
		if when {
			warnings.Add(key, diag.Unwise, format, args...)
		}
	}
	warn(c.Endpoints.EC2Messages, "ec2messagesEndpoint", "AWS is reported to have retired ec2messages on 2026-09-30, and agents from 3.3.40.0 do "+
		"not use it: set it to false, unless an older agent runs")
	warn(c.Endpoints.Policy == endpoints.Full, "endpointPolicy", "full allows principals of all accounts, so that data can leave through the "+
		"endpoints: set it to restricted")
	warn(c.Instances.OS == osimage.AmazonLinux2, "os", "support of Amazon Linux 2 ended on 2026-06-30: set it to al2023, and remove amiId or set "+
		"it to an image of Amazon Linux 2023, which replaces the instances")
	openEgress := c.SecurityGroups.InstanceEgress == network.OpenEgress
	warn(openEgress, "instanceEgress", "open allows the instances to reach every address that has a route: set it to restricted, and list what "+
		"else they need in forwardTo")
	c.warnOfForwarding(warn, openEgress)
	warn(c.SessionRole.AnyInstance, "sessionTargets", "any allows sessions on all instances of the account, not only the stack's: set it to stack")
	return warnings
}

func (c Config) warnOfForwarding(warn func(bool, string, string, ...any), openEgress bool) {
	forwards := c.Allows(iam.RemotePortForwarding)
	for _, target := range c.SecurityGroups.Forward {
		warn(target.Block.Bits() == 0, "forwardTo", "%s allows every address: list the blocks that the instances need", target)
		warn(!target.Block.Overlaps(c.Subnets.VPC), "forwardTo", "%s is outside of the VPC, %s, and has no route: use a target in the VPC, or "+
			"connect the two networks", target, c.Subnets.VPC)
	}
	warn(len(c.SecurityGroups.Forward) > 0 && !forwards, "forwardTo", "no session can forward to the targets: add remote-port-forwarding to "+
		"sessionDocuments, or empty forwardTo")
	warn(forwards && !openEgress && len(c.SecurityGroups.Forward) == 0, "sessionDocuments", "remote-port-forwarding reaches no host while "+
		"instanceEgress is restricted and forwardTo is empty: list the targets in forwardTo")
}
