package proof

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Topology is the networks in a state, and the principals that can start sessions. Names are the program's,
// without the name of the component that the resource is a child of. All lists are sorted by name, so that
// the order does not depend on the deployment. Ids are AWS's.
type Topology struct {
	// Account is the account of the instances.
	Account   string
	VPCs      []VPC
	Subnets   []Subnet
	Endpoints []Endpoint
	Instances []Instance
	// Groups are the security groups by id, including the default group of each VPC.
	Groups map[string]Group
	Roles  []SessionRole
	// Unmodeled are the resources of types that this package does not model, each as "type name".
	Unmodeled []string
}

// VPC is a VPC.
type VPC struct {
	ID, URN string
	Blocks  []netip.Prefix
	// Gateways connect the VPC to the Internet. They need not have a route.
	Gateways []Gateway
}

// Gateway is the target of a route out of a VPC. Kind says what it is, such as "NAT gateway". Name is empty
// if the state does not contain it.
type Gateway struct{ Kind, Name string }

// Subnet is a subnet with its route table.
type Subnet struct {
	ID, URN, Name, VPC, Zone string
	Block                    netip.Prefix
	// Table is the id of the route table. TableName is empty for the main route table of the VPC.
	Table, TableName string
	// Routes are the routes, except those to the VPC itself and to gateway endpoints.
	Routes []Route
}

// Route is a route out of a VPC.
type Route struct {
	// Block is the destination. It is invalid if the destination is a prefix list.
	Block  netip.Prefix
	Target Gateway
}

// Endpoint is a VPC endpoint.
type Endpoint struct {
	URN, VPC string
	// Service is the code of an AWS service, such as "ssm", or the name of the endpoint of another service.
	Service string
	Gateway bool
	// Subnets and Groups are those of an interface endpoint, and Tables those of a gateway endpoint.
	Subnets, Groups, Tables []string
	// Addresses are those of an interface endpoint by subnet, if the state contains them.
	Addresses map[string]netip.Addr
	// PrefixList and its Blocks are the destination of the routes to a gateway endpoint.
	PrefixList string
	Blocks     []netip.Prefix
}

// Instance is an EC2 instance.
type Instance struct {
	URN, Name, Subnet string
	Groups            []string
	Address           netip.Addr
	// Public is true if the instance has a public address.
	Public bool
}

// Group is the rules of a security group.
type Group struct{ Ingress, Egress []Rule }

// Rule is one rule with one peer: a CIDR block, a security group or a prefix list.
type Rule struct {
	// Protocol is tcp, udp, icmp, a number, or -1 for all protocols.
	Protocol string
	// From and To are ports, or -1 for all ports.
	From, To    int
	Block       netip.Prefix
	Group, List string
}

// SessionRole is a role that allows sessions.
type SessionRole struct {
	URN, Name string
	// Kinds are the kinds of session that it allows.
	Kinds []string
	// Principals are examples of those that can assume it.
	Principals []Principal
}

// Principal is an example of a principal that can assume a role.
type Principal struct {
	// Listed is the name in the trust policy, or "*" for everybody. ARN is that of the example.
	Listed, ARN string
	// MFA is true if the role requires MFA.
	MFA bool
	// Conditional is true if it depends on conditions that the state does not decide.
	Conditional bool
}

// ReadTopology reads the topology of a deployment. The error may be ErrNoInstance.
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
	for _, v := range byName(m.vpcs, func(v *vpc) *resource { return v.resource }) {
		t.VPCs = append(t.VPCs, VPC{v.id, v.urn, v.blocks, m.internetGateways(v)})
	}
	for _, s := range byName(m.subnets, func(s *subnet) *resource { return s.resource }) {
		t.Subnets = append(t.Subnets, m.topologySubnet(s))
	}
	for _, i := range m.instances {
		address, _ := netip.ParseAddr(i.str("privateIp"))
		t.Instances = append(t.Instances, Instance{i.urn, i.shortName(), i.subnet, i.groups, address, i.str("publicIp") != ""})
	}
	slices.SortStableFunc(t.Instances, func(a, b Instance) int { return cmp.Compare(a.Name, b.Name) })
	m.addEndpoints(t)
	m.addGroups(t)
	for _, r := range m.sessionRoles() {
		t.Roles = append(t.Roles, m.topologyRole(r))
	}
	slices.SortStableFunc(t.Roles, func(a, b SessionRole) int { return cmp.Compare(a.Name, b.Name) })
	t.Unmodeled = slices.Concat(m.unmodeled(scopeNetwork|scopeIdentity), m.uncertainIn(scopeNetwork|scopeIdentity))
	slices.Sort(t.Unmodeled)
	if err := m.encryptedError(); err != nil {
		return nil, err
	}
	return t, nil
}

// encryptedError returns an error if a property that was read is encrypted: a diagram has no way to show that.
func (m *model) encryptedError() error {
	var found []string
	for _, r := range m.resources {
		for _, key := range slices.Sorted(maps.Keys(r.encrypted)) {
			found = append(found, fmt.Sprintf("%s of %s", key, r))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("the state encrypts properties that claims depend on: %s: "+
		"export it with \"pulumi stack export --show-secrets\"", strings.Join(found, ", "))
}
