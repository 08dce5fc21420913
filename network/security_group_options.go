package network

import "bastionless/internal/diag"

// EndpointIngress is who can reach the endpoints.
type EndpointIngress string

// The values of EndpointIngress.
const (
	// FromInstances allows the security group of the instances.
	FromInstances EndpointIngress = "instances"
	// FromVPC allows every address of the VPC.
	FromVPC EndpointIngress = "vpc"
)

// EndpointIngresses returns the values of EndpointIngress.
func EndpointIngresses() []EndpointIngress { return []EndpointIngress{FromInstances, FromVPC} }

// InstanceEgress is what the instances can reach.
type InstanceEgress string

// The values of InstanceEgress.
const (
	// RestrictedEgress allows the endpoints, S3 through its gateway endpoint, and the forwarding targets.
	RestrictedEgress InstanceEgress = "restricted"
	// OpenEgress allows every address that has a route.
	OpenEgress InstanceEgress = "open"
)

// InstanceEgresses returns the values of InstanceEgress.
func InstanceEgresses() []InstanceEgress { return []InstanceEgress{RestrictedEgress, OpenEgress} }

// SecurityGroupOptions describe what the security groups allow.
type SecurityGroupOptions struct {
	// EndpointIngress is who can reach the endpoints on port 443. Key: endpointIngress.
	EndpointIngress EndpointIngress
	// InstanceEgress is what the instances can reach. Key: instanceEgress.
	InstanceEgress InstanceEgress
	// Forward are targets of port forwarding that the instances can reach in addition, with RestrictedEgress.
	// Without duplicates. Plain: rules are named after them. Key: forwardTo.
	Forward []Target
	// Clients are the IDs of existing security groups that can reach the endpoints, too. Without duplicates.
	// Plain: rules are named after them. Key: clientSecurityGroupIds.
	Clients []string
	// InstanceGroups are the IDs of existing security groups that the instances get in addition to the stack's own.
	// No duplicates. Key: instanceSecurityGroupIds.
	InstanceGroups []string
	// Descriptions says whether each rule has a description. Key: ruleDescriptions.
	Descriptions bool
}

// maxClients leaves room for the other rules of the endpoints' group: AWS allows 60 inbound rules.
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const maxClients = 50

// maxForward leaves room for the other rules of the instances' group: AWS allows 60 outbound rules.
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const maxForward = 50

// The numbers of security groups that a network interface can have, including the stack's own: the default of the quota,
// and its maximum.
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const (
	DefaultInterfaceGroups = 5
	maxInterfaceGroups     = 16
)

// Validate returns the problems with the options.
func (o SecurityGroupOptions) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	if len(o.Forward) > maxForward {
		diags.Add("forwardTo", diag.TooMany, "the list has %d targets, but the security group of the instances has room "+
			"for %d: list fewer targets, with larger blocks",
			len(o.Forward), maxForward)
	}
	checkIDs(&diags, "clientSecurityGroupIds", securityGroupID, "sg", o.Clients)
	if len(o.Clients) > maxClients {
		diags.Add("clientSecurityGroupIds", diag.TooMany, "the list has %d groups, but the security group of the endpoints "+
			"has room for %d: list fewer, or set endpointIngress to vpc",
			len(o.Clients), maxClients)
	}
	checkIDs(&diags, "instanceSecurityGroupIds", securityGroupID, "sg", o.InstanceGroups)
	if len(o.InstanceGroups) >= maxInterfaceGroups {
		diags.Add("instanceSecurityGroupIds", diag.TooMany, "the list has %d groups, but a network interface can have at most "+
			"%d, one of which is the stack's own: list at most %d", len(o.InstanceGroups), maxInterfaceGroups, maxInterfaceGroups-1)
	}
	return diags
}
