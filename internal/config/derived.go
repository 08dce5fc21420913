package config

import (
	"slices"

	"bastionless/audit"
	"bastionless/compute"
	"bastionless/endpoints"
	"bastionless/iam"
)

// VPCEndpoint is an interface endpoint that the stack needs.
type VPCEndpoint struct {
	// Service is the code of the service, such as "ssm".
	Service string
	// Key is the configuration key that requires the endpoint.
	Key string
	// Remedy says how to avoid the endpoint.
	Remedy string
}

// VPCEndpoints returns the interface endpoints, those of Session Manager first.
func (c Config) VPCEndpoints() []VPCEndpoint {
	const otherRegion = "use another Region"
	all := []VPCEndpoint{{endpoints.SSM, "aws:region", otherRegion}, {endpoints.SSMMessages, "aws:region", otherRegion}}
	if c.Endpoints.EC2Messages {
		all = append(all, VPCEndpoint{endpoints.EC2Messages, "ec2messagesEndpoint", "set ec2messagesEndpoint to false"})
	}
	if c.Sessions.LogsTo(audit.CloudWatchLogs) {
		all = append(all, VPCEndpoint{endpoints.Logs, "sessionLogs", "remove cloudwatch from sessionLogs"})
	}
	if c.Sessions.Encrypted {
		all = append(all, VPCEndpoint{endpoints.KMS, "sessionEncryption", "set sessionEncryption to false"})
	}
	for _, service := range c.Endpoints.ValidServices() {
		if !slices.ContainsFunc(all, func(e VPCEndpoint) bool { return e.Service == service }) {
			all = append(all, VPCEndpoint{service, "interfaceEndpoints", "remove " + service + " from interfaceEndpoints"})
		}
	}
	return all
}

// InstanceSpecs returns the instances of the stack, in the order of the zones.
func (c Config) InstanceSpecs() []compute.InstanceSpec {
	return compute.InstanceSpecs(c.Subnets.Zones, c.Instances.PerZone)
}

// Allows reports whether the session role allows a kind of session.
func (c Config) Allows(document iam.Document) bool {
	return slices.Contains(c.SessionRole.Documents, document)
}

// UsesInstanceConnect reports whether users push their public key with EC2 Instance Connect, because SSH
// is allowed and the instances have no key pair.
func (c Config) UsesInstanceConnect() bool {
	return c.Allows(iam.SSH) && c.Instances.KeyName == "" && c.Instances.PublicKey == ""
}
