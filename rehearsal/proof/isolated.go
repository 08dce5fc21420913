package proof

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"bastionless/rehearsal/report"
)

// instanceVPCs returns the VPCs that instances are in, and the ids of those that the
// state does not hold.
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

// proveIsolated proves that no route and no address leads to or from the Internet.
func (m *model) proveIsolated() []*finding {
	var found []*finding
	for _, v := range m.instanceVPCs() {
		f := claimOf("isolated", v.name, report.Required)
		m.noGateways(f, v)
		m.noRoutesOut(f, v)
		m.noAddresses(f, v)
		if f.whole() {
			f.holds("%s has no Internet gateway, no NAT gateway and no route but its own and those to gateway endpoints", v)
			f.holds("no instance and no subnet of it has a public address")
			f.assumes("nothing outside this state is attached to %s", v)
		}
		found = append(found, f)
	}
	if len(found) == 0 {
		f := claimOf("isolated", m.stack, report.Required)
		f.doubts("the VPC of the instances, which is not in the state")
		found = append(found, f)
	}
	return found
}

// noGateways proves that nothing connects the VPC to the Internet.
func (m *model) noGateways(f *finding, v *vpc) {
	for _, kind := range []string{
		"aws:ec2/internetGateway:InternetGateway", "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment",
		"aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
	} {
		for _, n := range m.kind(kind) {
			if id := n.text("vpcId"); id == v.id || id == "" {
				f.breaks("remove "+n.String(), "%s connects %s to the Internet", n, v)
			}
		}
	}
	for _, n := range m.kind("aws:ec2/natGateway:NatGateway") {
		s := m.subnets[n.text("subnetId")]
		switch {
		case s != nil && s.vpc != v.id:
		case n.text("connectivityType") == "private":
			f.doubts("where %s leads, a private NAT gateway", n)
		default:
			f.breaks("remove "+n.String(), "%s connects %s to the Internet", n, v)
		}
	}
	for _, n := range m.kind("aws:ec2/eip:Eip", "aws:ec2/eipAssociation:EipAssociation") {
		f.breaks("remove "+n.String(), "%s is a public address", n)
	}
}

// noRoutesOut proves that no route table of the VPC leads out of it.
func (m *model) noRoutesOut(f *finding, v *vpc) {
	for _, id := range slices.Sorted(maps.Keys(m.tables)) {
		t := m.tables[id]
		if t.vpc != v.id && !m.usedBy(v, id) {
			continue
		}
		if t.propagates {
			f.doubts("where the routes lead that a gateway propagates into %s", t)
		}
		for _, r := range t.routes {
			m.routeStays(f, r)
		}
	}
}

// usedBy says whether a subnet of the VPC uses a route table, or its main one it is.
func (m *model) usedBy(v *vpc, tableID string) bool {
	if v.mainTable == tableID {
		return true
	}
	for subnetID, association := range m.associations {
		if s := m.subnets[subnetID]; s != nil && s.vpc == v.id && association.text("routeTableId") == tableID {
			return true
		}
	}
	return false
}

// routeStays proves that one route does not lead to the Internet.
func (m *model) routeStays(f *finding, r route) {
	where := r.list
	if r.block.IsValid() {
		where = r.block.String()
	}
	switch {
	case r.target == "local", r.target == "":
	case r.kind == "vpcEndpointId", r.kind == "gatewayId" && hasPrefix(r.target, "vpce-"):
	case r.kind == "gatewayId" && hasPrefix(r.target, "igw-"), r.kind == "egressOnlyGatewayId", r.kind == "carrierGatewayId":
		f.breaks("remove the route of "+r.by.String(), "%s routes %s to the Internet gateway %s", r.by, where, r.target)
	case r.kind == "natGatewayId":
		f.breaks("remove the route of "+r.by.String(), "%s routes %s to the NAT gateway %s", r.by, where, r.target)
	default:
		f.doubts("what is behind %s %s, to which %s routes %s", r.kind, r.target, r.by, where)
	}
}

func hasPrefix(text, prefix string) bool {
	return len(text) >= len(prefix) && text[:len(prefix)] == prefix
}

// noAddresses proves that no instance of the VPC has an address on the Internet, and
// that no subnet with instances gives one.
func (m *model) noAddresses(f *finding, v *vpc) {
	for _, i := range m.instances {
		s := m.subnets[i.subnet]
		if s == nil || s.vpc != v.id {
			continue
		}
		off := fmt.Sprintf("set associatePublicIpAddress to false on %s", i)
		asked, _ := i.input("associatePublicIpAddress").(bool)
		switch {
		case i.text("publicIp") != "":
			f.breaks(off, "%s has the public address %s", i, i.text("publicIp"))
		case asked, i.flag("associatePublicIpAddress", false):
			f.breaks(off, "%s asks for a public address", i)
		}
		for _, text := range i.texts("ipv6Addresses") {
			if address, err := netip.ParseAddr(text); err == nil && !address.IsPrivate() {
				f.breaks("give "+i.String()+" no IPv6 address", "%s has the public address %s", i, address)
			}
		}
		if len(i.objects("networkInterfaces")) > 0 {
			f.doubts("what the network interfaces are that %s was given", i)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(m.subnets)) {
		if s := m.subnets[id]; s.vpc == v.id && s.public {
			f.breaks("set mapPublicIpOnLaunch to false on "+s.String(), "%s gives public addresses to what is launched in it", s)
		}
	}
}

// proveNoInbound proves that no rule admits a connection to an instance.
func (m *model) proveNoInbound() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := claimOf("no-inbound", i.name, report.Required)
		var v *vpc
		if s := m.subnets[i.subnet]; s != nil {
			v = m.vpcs[s.vpc]
		}
		if len(i.groups) == 0 {
			f.doubts("which security groups %s has", i)
		}
		if len(i.objects("networkInterfaces")) > 0 {
			f.doubts("which security groups the network interfaces have that %s was given", i)
		}
		for _, id := range i.groups {
			g := m.groupIn(id, v)
			if g == nil {
				f.doubts("the rules of security group %q of %s, which is not in the state", id, i)
				continue
			}
			for _, r := range g.ingress {
				f.breaks("remove "+r.name(g), "%s admits %s to %s", r.name(g), r, i)
			}
			if len(g.ingress) == 0 {
				f.holds("%s of %s has no rule that admits anything", g, i)
			}
		}
		found = append(found, f)
	}
	return found
}

// String tells what a rule admits.
func (r rule) String() string {
	var what string
	switch {
	case r.protocol == "-1":
		what = "all traffic"
	case r.from == r.to:
		what = fmt.Sprintf("%s %d", r.protocol, r.from)
	default:
		what = fmt.Sprintf("%s %d to %d", r.protocol, r.from, r.to)
	}
	switch {
	case r.group != "":
		return fmt.Sprintf("%s with security group %q", what, r.group)
	case r.list != "":
		return fmt.Sprintf("%s with prefix list %q", what, r.list)
	}
	return fmt.Sprintf("%s with %s", what, r.block)
}
