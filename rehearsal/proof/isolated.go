package proof

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// instanceVPCs returns the VPCs of instances, except those that the state does not contain, sorted by id.
func (m *model) instanceVPCs() []*vpc {
	found := map[string]*vpc{}
	for _, i := range m.instances {
		if s := m.subnets[i.subnet]; s != nil && m.vpcs[s.vpc] != nil {
			found[s.vpc] = m.vpcs[s.vpc]
		}
	}
	var vpcs []*vpc
	for _, id := range slices.Sorted(maps.Keys(found)) {
		vpcs = append(vpcs, found[id])
	}
	return vpcs
}

// proveIsolated proves that no route and no public address connects instances to the Internet.
func (m *model) proveIsolated() []*finding {
	var found []*finding
	for _, v := range m.instanceVPCs() {
		f := newFinding("isolated", v.name, Required)
		m.checkNoGateways(f, v)
		m.checkNoRoutesOut(f, v)
		m.checkNoPublicAddresses(f, v)
		if f.passing() {
			f.pass("%s has no Internet gateway, no NAT gateway, and only local routes and routes to gateway endpoints", v)
			f.pass("no instance of it has a public address, and no subnet assigns one")
			f.assume("nothing outside of this state is attached to %s", v)
		}
		found = append(found, f)
	}
	if len(found) == 0 {
		f := newFinding("isolated", m.stack, Required)
		f.unknown("the VPC of the instances is not in the state")
		found = append(found, f)
	}
	return found
}

// checkNoGateways checks that no gateway connects the VPC to the Internet.
func (m *model) checkNoGateways(f *finding, v *vpc) {
	for _, typ := range []string{
		"aws:ec2/internetGateway:InternetGateway", "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment",
		"aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
	} {
		for _, n := range m.ofType(typ) {
			if id := n.str("vpcId"); id == v.id || id == "" {
				f.fail("remove "+n.String(), "%s connects %s to the Internet", n, v)
			}
		}
	}
	for _, n := range m.ofType("aws:ec2/natGateway:NatGateway") {
		s := m.subnets[n.str("subnetId")]
		switch {
		case s != nil && s.vpc != v.id:
		case n.str("connectivityType") == "private":
			f.unknown("%s is a private NAT gateway: the state does not show what it leads to", n)
		default:
			f.fail("remove "+n.String(), "%s connects %s to the Internet", n, v)
		}
	}
	for _, n := range m.ofType("aws:ec2/eip:Eip", "aws:ec2/eipAssociation:EipAssociation") {
		f.fail("remove "+n.String(), "%s is a public address", n)
	}
}

// checkNoRoutesOut checks that no route table of the VPC has a route out of it.
func (m *model) checkNoRoutesOut(f *finding, v *vpc) {
	for _, id := range slices.Sorted(maps.Keys(m.tables)) {
		t := m.tables[id]
		if t.vpc != v.id && !m.usesTable(v, id) {
			continue
		}
		if t.propagates {
			f.unknown("a virtual private gateway adds routes to %s, which are not in the state", t)
		}
		for _, r := range t.routes {
			m.checkRouteStaysInside(f, r)
		}
	}
}

// usesTable reports whether a route table is the main one of the VPC or that of one of its subnets.
func (m *model) usesTable(v *vpc, tableID string) bool {
	if v.mainTable == tableID {
		return true
	}
	for subnetID, association := range m.associations {
		if s := m.subnets[subnetID]; s != nil && s.vpc == v.id && association.str("routeTableId") == tableID {
			return true
		}
	}
	return false
}

// checkRouteStaysInside checks that a route does not lead to the Internet.
func (m *model) checkRouteStaysInside(f *finding, r route) {
	destination := r.list
	if r.block.IsValid() {
		destination = r.block.String()
	}
	switch {
	case r.target == "local", r.target == "":
	case r.targetProp == "vpcEndpointId", r.targetProp == "gatewayId" && strings.HasPrefix(r.target, "vpce-"):
	case r.targetProp == "gatewayId" && strings.HasPrefix(r.target, "igw-"), r.targetProp == "egressOnlyGatewayId", r.targetProp == "carrierGatewayId":
		f.fail("remove the route of "+r.by.String(), "%s routes %s to the Internet gateway %s", r.by, destination, r.target)
	case r.targetProp == "natGatewayId":
		f.fail("remove the route of "+r.by.String(), "%s routes %s to the NAT gateway %s", r.by, destination, r.target)
	default:
		f.unknown("%s routes %s to %s %s: the state does not show what is behind it", r.by, destination, r.targetProp, r.target)
	}
}

// checkNoPublicAddresses checks that no instance of the VPC has a public address, and that no subnet assigns
// one.
func (m *model) checkNoPublicAddresses(f *finding, v *vpc) {
	for _, i := range m.instances {
		s := m.subnets[i.subnet]
		if s == nil || s.vpc != v.id {
			continue
		}
		fix := fmt.Sprintf("set associatePublicIpAddress to false on %s", i)
		requested, _ := i.input("associatePublicIpAddress").(bool)
		switch {
		case i.str("publicIp") != "":
			f.fail(fix, "%s has the public address %s", i, i.str("publicIp"))
		case requested, i.boolean("associatePublicIpAddress", false):
			f.fail(fix, "%s requests a public address", i)
		}
		for _, text := range i.strList("ipv6Addresses") {
			if address, err := netip.ParseAddr(text); err == nil && !address.IsPrivate() {
				f.fail("remove the IPv6 address of "+i.String(), "%s has the public address %s", i, address)
			}
		}
		if len(i.objects("networkInterfaces")) > 0 {
			f.unknown("%s has separate network interfaces: the state does not show their addresses", i)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(m.subnets)) {
		if s := m.subnets[id]; s.vpc == v.id && s.public {
			f.fail("set mapPublicIpOnLaunch to false on "+s.String(), "%s assigns public addresses to new instances", s)
		}
	}
}

// proveNoInbound proves that no security group rule allows inbound connections to an instance.
func (m *model) proveNoInbound() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := newFinding("no-inbound", i.name, Required)
		var v *vpc
		if s := m.subnets[i.subnet]; s != nil {
			v = m.vpcs[s.vpc]
		}
		if len(i.groups) == 0 {
			f.unknown("the state does not show the security groups of %s", i)
		}
		if len(i.objects("networkInterfaces")) > 0 {
			f.unknown("%s has separate network interfaces: the state does not show their security groups", i)
		}
		for _, id := range i.groups {
			g := m.groupIn(id, v)
			if g == nil {
				f.unknown("security group %q of %s is not in the state", id, i)
				continue
			}
			for _, r := range g.ingress {
				f.fail("remove "+r.name(g), "%s allows %s to %s", r.name(g), r.traffic("from"), i)
			}
			if len(g.ingress) == 0 {
				f.pass("%s of %s has no inbound rule", g, i)
			}
		}
		found = append(found, f)
	}
	return found
}

// traffic describes the traffic that a rule allows, such as "tcp 22 from 10.0.0.0/16". The direction is
// "from" or "to".
func (r rule) traffic(direction string) string {
	var ports string
	switch {
	case r.protocol == "-1":
		ports = "all traffic"
	case r.from == r.to:
		ports = fmt.Sprintf("%s %d", r.protocol, r.from)
	default:
		ports = fmt.Sprintf("%s %d to %d", r.protocol, r.from, r.to)
	}
	switch {
	case r.group != "":
		return fmt.Sprintf("%s %s security group %q", ports, direction, r.group)
	case r.list != "":
		return fmt.Sprintf("%s %s prefix list %q", ports, direction, r.list)
	}
	return fmt.Sprintf("%s %s %s", ports, direction, r.block)
}
