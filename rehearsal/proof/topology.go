package proof

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Topology is what a state says of its networks and of the people outside, for a map of
// it. Names are those of the program, less that of the component a resource is part of;
// all lists are in their order, so that the same topology is the same however it was
// deployed. The ids are AWS's, and differ.
type Topology struct {
	// Account is the instances' own.
	Account   string
	VPCs      []VPC
	Subnets   []Subnet
	Endpoints []Endpoint
	Instances []Instance
	// Groups are the security groups by id, with the one that AWS gives each VPC.
	Groups map[string]Group
	Roles  []SessionRole
	// Unknown names the resources whose types are not known here.
	Unknown []string
}

// VPC is a VPC.
type VPC struct {
	ID, Name string
	Blocks   []netip.Prefix
	// Gateways are what connects it to the Internet, used by a route or not.
	Gateways []Gateway
}

// Gateway is what is at the edge of a VPC: what it is, such as a NAT gateway, and its
// name where the state has it.
type Gateway struct{ Kind, Name string }

// Subnet is a subnet with the route table that it uses.
type Subnet struct {
	ID, Name, VPC, Zone string
	Block               netip.Prefix
	// Table is the route table's id, and TableName empty for the VPC's main one.
	Table, TableName string
	// Routes are those to other targets than the VPC itself and gateway endpoints.
	Routes []Route
}

// Route is a route to a target.
type Route struct {
	// Block is where it leads, or invalid where that is a prefix list.
	Block  netip.Prefix
	Target Gateway
}

// Endpoint is a VPC endpoint.
type Endpoint struct {
	ID, VPC string
	// Service is the code of AWS's services, such as ssm, and the endpoint's name for
	// others.
	Service string
	Gateway bool
	// Subnets and Groups are an interface endpoint's, Tables a gateway endpoint's.
	Subnets, Groups, Tables []string
	// Addresses are an interface endpoint's by subnet, where the state tells them.
	Addresses map[string]netip.Addr
	// PrefixList and Blocks are where a gateway endpoint leads.
	PrefixList string
	Blocks     []netip.Prefix
}

// Instance is an EC2 instance.
type Instance struct {
	Name, Subnet string
	Groups       []string
	Address      netip.Addr
	// Public says that it has an address on the Internet.
	Public bool
}

// Group is a security group's rules.
type Group struct{ Ingress, Egress []Rule }

// Rule is one rule with one peer: a block, a security group or a prefix list.
type Rule struct {
	// Protocol is tcp, udp, icmp, a number, or -1 for all.
	Protocol string
	// From and To are ports, -1 for all.
	From, To    int
	Block       netip.Prefix
	Group, List string
}

// SessionRole is a role that opens sessions.
type SessionRole struct {
	Name string
	// Kinds are the kinds of session that it opens.
	Kinds []string
	// Admits are those who may assume it.
	Admits []Admitted
}

// Admitted is somebody who may assume a role, by IAM's answer to their request.
type Admitted struct {
	// Listed is how the trust policy names them, "*" for anybody, and ARN whose request
	// was answered.
	Listed, ARN string
	// MFA says that it takes MFA, and Unsure that the answer rests on what the state
	// does not tell.
	MFA, Unsure bool
}

// ReadTopology reads the topology of a deployment.
func ReadTopology(deployment *apitype.DeploymentV3) (*Topology, error) {
	s, err := readState(deployment)
	if err != nil {
		return nil, err
	}
	m, err := newModel(s)
	if err != nil {
		return nil, err
	}
	t := &Topology{Account: m.account, Groups: map[string]Group{}}
	for _, n := range byName(m.vpcs, func(v *vpc) *node { return v.node }) {
		t.VPCs = append(t.VPCs, VPC{n.id, n.short(), n.blocks, m.gatewaysOf(n)})
	}
	for _, s := range byName(m.subnets, func(s *subnet) *node { return s.node }) {
		t.Subnets = append(t.Subnets, m.mappedSubnet(s))
	}
	for _, i := range m.instances {
		address, _ := netip.ParseAddr(i.text("privateIp"))
		t.Instances = append(t.Instances, Instance{i.short(), i.subnet, i.groups, address, i.text("publicIp") != ""})
	}
	slices.SortStableFunc(t.Instances, func(a, b Instance) int { return cmp.Compare(a.Name, b.Name) })
	m.mapEndpoints(t)
	m.mapGroups(t)
	for _, r := range m.sessionRoles() {
		t.Roles = append(t.Roles, m.mappedRole(r))
	}
	slices.SortStableFunc(t.Roles, func(a, b SessionRole) int { return cmp.Compare(a.Name, b.Name) })
	for _, names := range m.strangers() {
		t.Unknown = append(t.Unknown, names...)
	}
	slices.Sort(t.Unknown)
	t.Unknown = slices.Compact(t.Unknown)
	if err := m.unsealed(); err != nil {
		return nil, err
	}
	return t, nil
}
