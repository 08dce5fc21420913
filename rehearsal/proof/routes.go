package proof

import (
	"fmt"
	"net/netip"
	"strings"
)

// routeTable is a route table.
type routeTable struct {
	*resource
	vpc    string
	routes []route
	// propagates is true if virtual private gateways add routes, which the state does not contain.
	propagates bool
}

// route is a route, except those that AWS creates.
type route struct {
	by *resource
	// block is the destination. It is invalid if the destination is the prefix list list, or unknown.
	block netip.Prefix
	list  string
	// target is empty if it is unknown.
	target string
	// targetProp is the property that names the target, such as natGatewayId.
	targetProp string
	// blackhole is true if the target did not exist, or was not ready, when the provider read the route.
	blackhole bool
}

// routeTargets are the properties that name the target of a route. The first one that is set decides: AWS
// reports the instance of a network interface, too.
var routeTargets = []string{
	"gatewayId", "natGatewayId", "egressOnlyGatewayId", "networkInterfaceId", "transitGatewayId", "vpcPeeringConnectionId",
	"vpcEndpointId", "localGatewayId", "coreNetworkArn", "carrierGatewayId", "odbNetworkArn", "instanceId",
}

// localTarget is the target of routes to addresses of the VPC.
const localTarget = "local"

// readRoutes reads route tables and their associations.
func (m *model) readRoutes() {
	for _, n := range m.ofType("aws:ec2/routeTable:RouteTable", "aws:ec2/defaultRouteTable:DefaultRouteTable") {
		t := &routeTable{resource: n, vpc: n.str("vpcId"), propagates: len(n.strList("propagatingVgws")) > 0}
		if t.vpc == "" {
			t.vpc = m.vpcOfMain(n.id)
		}
		for _, object := range n.objects("routes") {
			t.routes = append(t.routes, readRoute(n, object, "cidrBlock", "ipv6CidrBlock"))
		}
		m.tables[n.id] = t
	}
	for _, n := range m.ofType("aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation") {
		if v := m.vpcs[n.str("vpcId")]; v != nil {
			v.mainTable, v.mainAssociation = n.str("routeTableId"), n
		}
	}
	for _, n := range m.ofType("aws:ec2/route:Route") {
		properties := map[string]any{"state": n.value("state"), "destinationPrefixListId": n.value("destinationPrefixListId")}
		for _, key := range append([]string{"destinationCidrBlock", "destinationIpv6CidrBlock"}, routeTargets...) {
			properties[key] = n.value(key)
		}
		t := m.tableWithID(n)
		t.routes = append(t.routes, readRoute(n, properties, "destinationCidrBlock", "destinationIpv6CidrBlock"))
	}
	for _, n := range m.ofType("aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation") {
		m.tableWithID(n).propagates = true
	}
	for _, n := range m.ofType("aws:ec2/routeTableAssociation:RouteTableAssociation") {
		id := n.str("subnetId")
		if id == "" {
			continue
		}
		if first := m.associations[id]; first != nil && first.str("routeTableId") != n.str("routeTableId") {
			why := "%s associates the same subnet with another route table"
			n.health = append(n.health, fmt.Sprintf(why, first))
			first.health = append(first.health, fmt.Sprintf(why, n))
			continue
		}
		m.associations[id] = n
	}
}

// tableWithID returns the route table that the property routeTableId of a resource names. If the state does not
// contain it, its resource is the one that names it.
func (m *model) tableWithID(n *resource) *routeTable {
	id := n.str("routeTableId")
	if m.tables[id] == nil {
		m.tables[id] = &routeTable{resource: n, vpc: m.vpcOfMain(id)}
	}
	return m.tables[id]
}

// vpcOfMain returns the VPC whose main route table has the id.
func (m *model) vpcOfMain(id string) string {
	for _, v := range m.vpcs {
		if v.mainTable == id {
			return v.id
		}
	}
	return ""
}

func readRoute(by *resource, object map[string]any, v4, v6 string) route {
	r := route{by: by, list: asStr(object["destinationPrefixListId"]), blackhole: asStr(object["state"]) == "blackhole"}
	if blocks := prefixes(asStr(object[v4]), asStr(object[v6])); len(blocks) > 0 {
		r.block = blocks[0]
	}
	for _, key := range routeTargets {
		if target := asStr(object[key]); target != "" && r.target == "" {
			r.target, r.targetProp = target, key
		}
	}
	return r
}

// destination returns the destination of the route as it appears in reasons.
func (r route) destination() string {
	switch {
	case r.block.IsValid():
		return r.block.String()
	case r.list != "":
		return fmt.Sprintf("prefix list %q", r.list)
	}
	return "an unknown destination"
}

// where returns the target of the route as it appears in reasons.
func (r route) where() string {
	if r.target == "" {
		return "an unknown target"
	}
	if kind := targetKinds[r.targetProp]; kind != "" && r.targetProp != "gatewayId" {
		return kind + " " + r.target
	}
	return r.target
}

// toAppliance reports whether the target is something that can inspect traffic and send it on.
func (r route) toAppliance() bool {
	switch r.targetProp {
	case "networkInterfaceId", "instanceId", "vpcEndpointId", "natGatewayId":
		return true
	}
	return strings.HasPrefix(r.target, "vpce-")
}

// tableOf returns the id of the route table of a subnet, and what associates the subnet with it.
func (m *model) tableOf(s *subnet) (id, how string) {
	if association := m.associations[s.id]; association != nil {
		return association.str("routeTableId"), association.String()
	}
	if v := m.vpcs[s.vpc]; v != nil {
		return v.mainTable, "the main route table of " + v.String()
	}
	return "", "the main route table of a VPC that is not in the state"
}

// routing returns the route table of a subnet, and records what it rests on. A table with the id "" has only the
// routes that AWS creates. It returns nil if the state does not contain the table.
func (m *model) routing(f *finding, s *subnet) *routeTable {
	id, how := m.tableOf(s)
	v := m.vpcs[s.vpc]
	association := m.associations[s.id]
	f.rest(association)
	if association == nil && v != nil {
		f.rest(v.mainAssociation)
	}
	t := m.tables[id]
	switch {
	case t != nil && (t.typ == "aws:ec2/routeTable:RouteTable" || t.typ == "aws:ec2/defaultRouteTable:DefaultRouteTable"):
		f.rest(t.resource)
		return t
	case association != nil || v == nil || v.mainAssociation != nil:
		f.unknown("route table %q of %s (%s) is not in the state", id, s, how)
		return nil
	case t != nil:
		return t // routes of the main route table
	}
	return &routeTable{resource: v.resource, vpc: v.id}
}

// lookup is the result of looking up a destination in a route table.
type lookup struct {
	// best is the most specific route to the whole destination. It is nil if no route leads there.
	best *route
	// local is true if the most specific route is the local one.
	local bool
	// parts are more specific routes to parts of the destination.
	parts []route
	// unknown is what the state does not show about the result, or empty.
	unknown string
}

// largestBlock is the prefix length of the largest CIDR block that a VPC can have.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
const largestBlock = 16

// inSubnet reports whether a destination is in a subnet of a VPC that the stack reads. The state does not contain the
// secondary CIDR blocks of such a VPC.
func (m *model) inSubnet(v *vpc, to netip.Prefix) bool {
	for _, s := range m.subnets {
		if v.external && s.vpc == v.id && contains(s.block, to) {
			return true
		}
	}
	return false
}

// lookup looks up a destination: the most specific route decides, and a route to a block takes priority over one
// to a prefix list with the same block.
// https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
func (m *model) lookup(t *routeTable, v *vpc, to netip.Prefix) lookup {
	var l lookup
	bits := -1
	for _, block := range v.blocks {
		if contains(block, to) && block.Bits() > bits {
			l.local, bits = true, block.Bits()
		}
	}
	if !l.local && m.inSubnet(v, to) {
		// The subnet is in a CIDR block of the VPC that the state does not contain, and that is a /16 or smaller.
		l.local, bits = true, largestBlock-1
	}
	unknownBlock := bits == largestBlock-1
	consider := func(r route, block netip.Prefix, static bool) {
		switch {
		case contains(block, to) && (block.Bits() > bits || static && block.Bits() == bits):
			if l.best != nil && block.Bits() == bits && l.best.block.IsValid() && l.best.target != r.target {
				l.unknown = fmt.Sprintf("%s and %s both route %s", l.best.by, r.by, block)
			}
			if unknownBlock && r.target != localTarget {
				l.unknown = fmt.Sprintf("%s routes %s: the state does not show whether the CIDR block of %s that contains %s is smaller", r.by, block, v, to)
			}
			l.best, l.local, bits = &r, r.target == localTarget, block.Bits()
		case contains(to, block) && block.Bits() > to.Bits() && r.target != localTarget:
			l.parts = append(l.parts, r)
		}
	}
	for _, r := range t.routes {
		if r.list == "" {
			continue
		}
		list := m.lists[r.list]
		switch {
		case list != nil:
			for _, block := range list.blocks {
				consider(r, block, false)
			}
		case !m.isGatewayList(r.list):
			l.unknown = fmt.Sprintf("%s routes prefix list %q: the state does not show whether it contains %s", r.by, r.list, to)
		}
	}
	for _, r := range t.routes {
		if r.list == "" && !r.block.IsValid() {
			l.unknown = fmt.Sprintf("%s routes an unknown destination", r.by)
		}
		consider(r, r.block, true)
	}
	return l
}
