package config

import (
	"cmp"
	"slices"

	"bastionless/audit"
	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/internal/osimage"
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

// VPCEndpoints returns the interface endpoints that the stack creates, those of Session Manager first.
func (c Config) VPCEndpoints() []VPCEndpoint {
	return slices.DeleteFunc(c.NeededEndpoints(), func(e VPCEndpoint) bool { return c.Endpoints.Reaches(e.Service) })
}

// NeededEndpoints returns the interface endpoints that the VPC needs, those of Session Manager first. The stack
// creates those that do not exist already.
func (c Config) NeededEndpoints() []VPCEndpoint {
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

// UsesExistingVPC reports whether the stack uses a VPC that exists instead of creating one.
func (c Config) UsesExistingVPC() bool { return c.Existing.VPCID != "" }

// HasInstances reports whether the stack has instances of its own.
func (c Config) HasInstances() bool { return c.Instances.PerZone != 0 }

// HasSecurityGroups reports whether the stack has security groups: that of its instances or that of its interface
// endpoints.
func (c Config) HasSecurityGroups() bool { return c.HasInstances() || len(c.VPCEndpoints()) > 0 }

// needsS3 reports whether something other than the stack's instances needs the S3 endpoint.
func (c Config) needsS3() bool {
	return c.Sessions.LogsTo(audit.S3) || len(c.Endpoints.Buckets)+len(c.Endpoints.PublicBuckets) > 0
}

// InterfaceSubnetIDs returns the existing subnets for the interface endpoints, and the key that lists them.
func (c Config) InterfaceSubnetIDs() (ids []string, key string) {
	if len(c.Existing.EndpointSubnetIDs) > 0 {
		return c.Existing.EndpointSubnetIDs, "endpointSubnetIds"
	}
	return c.Existing.AppSubnetIDs, "appSubnetIds"
}

// Allows reports whether the session role allows a kind of session.
func (c Config) Allows(document iam.Document) bool {
	return slices.Contains(c.SessionRole.Documents, document)
}

// LoginUser returns the operating system user that SSH logs in as. Empty if the AMI's user is unknown, which is an error if
// sessions allow SSH.
func (c Config) LoginUser() string {
	if c.SessionRole.LoginUser == "" && c.Instances.OS == osimage.Other && c.HasInstances() {
		return ""
	}
	return cmp.Or(c.SessionRole.LoginUser, iam.DefaultLoginUser)
}

// UsesInstanceConnect reports whether users push their public key with EC2 Instance Connect, because SSH
// is allowed and the stack has no key pair.
func (c Config) UsesInstanceConnect() bool {
	return c.Allows(iam.SSH) && c.Instances.KeyName == "" && c.Instances.PublicKey == ""
}
