package proof

import (
	"maps"
	"slices"
	"strings"
)

// checkNoRoutesOut checks that no route table of the VPC has a route out of it.
func (m *model) checkNoRoutesOut(f *finding, v *vpc) {
	for _, id := range slices.Sorted(maps.Keys(m.tables)) {
		t := m.tables[id]
		if t.vpc != v.id && !m.usesTable(v, id) {
			continue
		}
		f.rest(t.resource)
		if t.propagates {
			f.unknown("a virtual private gateway adds routes to %s, which are not in the state", t)
		}
		for _, r := range t.routes {
			m.checkRouteStaysInside(f, v, t, r)
		}
	}
	for _, i := range m.instances {
		if s := m.subnets[i.subnet]; s != nil && s.vpc == v.id {
			m.routing(f, s)
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

// hasOwnInstances reports whether instances that the stack creates use a route table.
func (m *model) hasOwnInstances(t *routeTable) bool {
	return slices.ContainsFunc(m.instances, func(i *instance) bool {
		s := m.subnets[i.subnet]
		if i.external || s == nil {
			return false
		}
		id, _ := m.tableOf(s)
		return m.tables[id] == t
	})
}

// checkRouteStaysInside checks that a route does not lead to the Internet.
func (m *model) checkRouteStaysInside(f *finding, v *vpc, t *routeTable, r route) {
	out := func(kind string) {
		if r.blackhole {
			f.unknown("%s routes %s to %s, which is not there now", r.by, r.destination(), r.where())
			return
		}
		fix := r.by.ask("remove the route of " + r.by.String())
		if r.by.external && m.hasOwnInstances(t) {
			fix = "list subnets without such a route in appSubnetIds, or " + fix
		}
		f.failBy(r.by, fix, "%s routes %s to the %s %s", r.by, r.destination(), kind, r.target)
	}
	switch {
	case r.target == localTarget || m.leadsToGatewayEndpoint(r):
	case r.targetProp == "egressOnlyGatewayId", r.targetProp == "gatewayId" && strings.HasPrefix(r.target, "igw-"):
		out(internetGateway)
	case r.targetProp == "carrierGatewayId":
		out("carrier gateway")
	case r.targetProp == "natGatewayId":
		if n := m.natGateway(r.target); n != nil && n.str("connectivityType") == "private" {
			f.rest(n)
			if s := m.subnets[n.str("subnetId")]; s != nil && s.vpc == v.id {
				return // all route tables of the VPC are checked
			}
			f.unknown("%s routes %s to %s: the state does not show what is behind it", r.by, r.destination(), n)
			return
		}
		out("NAT gateway")
	default:
		f.unknown("%s routes %s to %s: the state does not show what is behind it", r.by, r.destination(), r.where())
	}
}

// natGateway returns the NAT gateway with an id, or nil if the state does not contain it.
func (m *model) natGateway(id string) *resource {
	for _, n := range m.ofType("aws:ec2/natGateway:NatGateway") {
		if n.id == id {
			return n
		}
	}
	return nil
}

// leadsToGatewayEndpoint reports whether a route leads to a gateway endpoint, whose destination is the prefix list of
// a service. A Gateway Load Balancer endpoint leads to appliances in another VPC.
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html
func (m *model) leadsToGatewayEndpoint(r route) bool {
	return r.list != "" && slices.ContainsFunc(m.endpoints, func(e *vpcEndpoint) bool {
		return e.id == r.target && e.endpointType == gatewayEndpoint
	})
}
