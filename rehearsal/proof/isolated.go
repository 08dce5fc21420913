package proof

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// checkedVPCs returns the VPCs of instances, except those that the state does not contain, sorted by id. Without instances,
// it returns those in which the stack has endpoints.
func (m *model) checkedVPCs() []*vpc {
	found := map[string]*vpc{}
	if len(m.instances) == 0 {
		for _, e := range m.endpoints {
			if v := m.vpcs[e.vpc]; v != nil && !e.external {
				found[e.vpc] = v
			}
		}
	}
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

// vpcOf returns the VPC of an instance, or nil if the state does not contain it.
func (m *model) vpcOf(i *instance) *vpc {
	if s := m.subnets[i.subnet]; s != nil {
		return m.vpcs[s.vpc]
	}
	return nil
}

// proveIsolated proves that no route and no public address connects instances to the Internet. The claim is required of
// the stack's own VPC only: the owner of another one may want a NAT gateway in it.
func (m *model) proveIsolated() []*finding {
	var found []*finding
	for _, v := range m.checkedVPCs() {
		f := newFinding("isolated", v.name, requiredUnless(v.external))
		f.rest(v.resource)
		m.checkNoGateways(f, v)
		m.checkNoElasticAddresses(f, v)
		m.checkNoRoutesOut(f, v)
		m.checkNoPublicAddresses(f, v)
		if f.has(Fail) {
			// Nothing else in the VPC can make the claim true again.
			certain := slices.DeleteFunc(f.rested, func(r *resource) bool { return !r.external || len(r.unknowns()) > 0 })
			f.seen, f.rested = nil, nil
			f.rest(append(certain, v.resource)...)
		}
		if f.passing() {
			f.pass("%s has no Internet gateway, no NAT gateway, and only local routes and routes to gateway endpoints", v)
			f.pass("no instance in %s has a public address, and no subnet assigns one", v)
			if v.external {
				f.assume("%s has no gateways, route tables or public addresses other than those that the stack reads", v)
			} else {
				f.premise("nothing outside of this state is attached to %s", v)
			}
		}
		found = append(found, f)
	}
	if missing := m.instancesWithoutVPC(); len(missing) > 0 {
		f := newFinding("isolated", m.stack, Required)
		f.rest(missing...)
		f.unknown("the VPC of %s is not in the state", names(missing))
		found = append(found, f)
	}
	return found
}

// requiredUnless returns Hardening if the condition is true, and otherwise Required.
func requiredUnless(condition bool) string {
	if condition {
		return Hardening
	}
	return Required
}

// instancesWithoutVPC returns the instances whose VPC is not in the state.
func (m *model) instancesWithoutVPC() []*resource {
	var found []*resource
	for _, i := range m.instances {
		if m.vpcOf(i) == nil {
			found = append(found, i.resource)
		}
	}
	return found
}

// checkNoGateways checks that no gateway connects the VPC to the Internet.
func (m *model) checkNoGateways(f *finding, v *vpc) {
	attachments := m.ofType("aws:ec2/internetGatewayAttachment:InternetGatewayAttachment")
	gateways := m.ofType("aws:ec2/internetGateway:InternetGateway", "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway")
	for _, n := range slices.Concat(gateways, attachments) {
		switch id := n.value("vpcId"); {
		case id == v.id:
			f.failBy(n, "remove "+n.String(), "%s connects %s to the Internet", n, v)
		case id == nil && !slices.ContainsFunc(attachments, func(a *resource) bool { return a.str("internetGatewayId") == n.id }):
			f.unknown("the state does not show which VPC %s is attached to", n)
		}
	}
	m.checkNoGatewayTables(f, v)
	for _, n := range m.ofType("aws:ec2/natGateway:NatGateway") {
		switch s := m.subnets[n.str("subnetId")]; {
		case s == nil && n.str("vpcId") == "":
			f.unknown("the subnet of %s is not in the state, so it does not show which VPC it connects to the Internet", n)
		case s != nil && s.vpc != v.id, s == nil && n.str("vpcId") != v.id:
		case n.str("connectivityType") != "private":
			// A private NAT gateway leads where the routes of its subnet lead.
			f.failBy(n, "remove "+n.String(), "%s connects %s to the Internet", n, v)
		}
	}
}

// failBy adds a step that fails because of a resource. The step is unknown if the resource may not exist, or may differ
// from the state.
func (f *finding) failBy(by *resource, fix, format string, args ...any) {
	for _, why := range by.unknowns() {
		f.unknown("%s: %s", fmt.Sprintf(format, args...), why)
		return
	}
	f.fail(by.ask(fix), format, args...)
}

// checkNoGatewayTables checks that no route table of the VPC is associated with a gateway. AWS associates only gateways
// that are attached to the VPC, so the association shows a gateway that the state may not contain.
// https://docs.aws.amazon.com/vpc/latest/userguide/gateway-route-tables.html
func (m *model) checkNoGatewayTables(f *finding, v *vpc) {
	for _, n := range m.ofType("aws:ec2/routeTableAssociation:RouteTableAssociation") {
		id := n.str("gatewayId")
		if id == "" {
			continue
		}
		switch t := m.tables[n.str("routeTableId")]; {
		case t == nil || t.vpc == "":
			f.unknown("the route table of %s is not in the state, so it does not show which VPC %s is attached to", n, id)
		case t.vpc != v.id:
		case len(n.health) > 0:
			f.unknown("%s shows that %s is attached to %s: %s", n, id, v, strings.Join(n.health, "; "))
		case strings.HasPrefix(id, "igw-"):
			f.fail(n.ask("detach "+id+" from "+v.String()), "%s shows that the Internet gateway %s is attached to %s", n, id, v)
		default:
			f.unknown("%s shows that %s is attached to %s: the state does not show what is behind it", n, id, v)
		}
	}
}

// checkNoElasticAddresses checks that no Elastic IP address is associated with something in the VPC.
func (m *model) checkNoElasticAddresses(f *finding, v *vpc) {
	associations := m.ofType("aws:ec2/eipAssociation:EipAssociation")
	for _, n := range m.ofType("aws:ec2/eip:Eip") {
		switch place, known := m.placeOfAddress(n.str("instance"), n.str("networkInterface")); {
		case place == v.id:
			f.failBy(n, "remove "+n.String(), "%s is a public address", n)
		case known || m.usesAddress(n, associations):
		case n.value("instance") == nil && n.value("networkInterface") == nil && n.value("associationId") == nil:
			f.unknown("the state does not show what the public address %s is associated with", n)
		case n.str("instance") != "" || n.str("networkInterface") != "":
			f.unknown("%s is a public address, and what it is associated with is not in the state", n)
		}
	}
	for _, n := range associations {
		switch place, known := m.placeOfAddress(n.str("instanceId"), n.str("networkInterfaceId")); {
		case place == v.id:
			f.failBy(n, "remove "+n.String(), "%s adds a public address", n)
		case !known:
			f.unknown("%s adds a public address, and what it is associated with is not in the state", n)
		}
	}
}

// placeOfAddress returns the VPC of the instance or the network interface that an address is associated with. It is
// known if the state contains one of them.
func (m *model) placeOfAddress(instance, face string) (vpcID string, known bool) {
	vpcID = m.vpcOfInstance(instance)
	if vpcID == "" {
		vpcID = m.vpcOfInterface(face)
	}
	return vpcID, vpcID != ""
}

// usesAddress reports whether a NAT gateway or an association in the state uses an Elastic IP address, and so shows
// which VPC the address is in.
func (m *model) usesAddress(eip *resource, associations []*resource) bool {
	uses := func(n *resource) bool {
		return n.str("allocationId") == eip.id || slices.Contains(n.strList("secondaryAllocationIds"), eip.id)
	}
	return slices.ContainsFunc(associations, uses) || slices.ContainsFunc(m.ofType("aws:ec2/natGateway:NatGateway"), uses)
}

// checkNoPublicAddresses checks that no instance of the VPC has a public address, and that no subnet assigns
// one.
func (m *model) checkNoPublicAddresses(f *finding, v *vpc) {
	for _, i := range m.instances {
		s := m.subnets[i.subnet]
		if s == nil || s.vpc != v.id {
			continue
		}
		f.rest(i.resource)
		m.checkNoPublicAddress(f, i)
	}
	for _, id := range slices.Sorted(maps.Keys(m.subnets)) {
		s := m.subnets[id]
		if s.vpc != v.id {
			continue
		}
		f.rest(s.resource)
		if s.public {
			f.failBy(s.resource, "set mapPublicIpOnLaunch to false on "+s.String(), "%s assigns public addresses to new instances", s)
		}
		block := firstPrefix(s.str("ipv6CidrBlock"))
		if s.boolean("assignIpv6AddressOnCreation", false) && (!block.IsValid() || isPublic(block.Addr())) {
			f.failBy(s.resource, "set assignIpv6AddressOnCreation to false on "+s.String(), "%s assigns public IPv6 addresses to new instances", s)
		}
	}
}

// checkNoPublicAddress checks that an instance has no public address.
func (m *model) checkNoPublicAddress(f *finding, i *instance) {
	fix := fmt.Sprintf("set associatePublicIpAddress to false on %s", i)
	requested, _ := i.input("associatePublicIpAddress").(bool)
	switch {
	case i.str("publicIp") != "":
		f.failBy(i.resource, fix, "%s has the public address %s", i, i.str("publicIp"))
	case requested, i.boolean("associatePublicIpAddress", false):
		f.failBy(i.resource, fix, "%s requests a public address", i)
	}
	if asInt(i.value("ipv6AddressCount"), 0) > 0 && len(i.strList("ipv6Addresses")) == 0 {
		f.unknown("%s requests IPv6 addresses, which are not in the state", i)
	}
	addresses := i.strList("ipv6Addresses")
	for _, face := range i.interfaces[1:] {
		f.rest(face.by...)
		if n := m.interfaceNamed(face.id); n != nil {
			addresses = append(slices.Clone(addresses), n.strList("ipv6Addresses")...)
		}
	}
	for _, text := range addresses {
		if address, err := netip.ParseAddr(text); err == nil && isPublic(address) {
			f.failBy(i.resource, "remove the IPv6 address of "+i.String(), "%s has the public address %s", i, address)
		}
	}
	for _, why := range i.unknownInterfaces {
		f.unknown("%s, and so are their addresses", why)
	}
}
