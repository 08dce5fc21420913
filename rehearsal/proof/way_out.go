package proof

import (
	"fmt"
	"net/netip"
	"slices"

	"bastionless/rehearsal/proof/policy"
)

// wayOut is how an instance reaches a service that has no endpoint in its VPC.
type wayOut struct {
	i *instance
	s *subnet
	v *vpc
	// table is the route table of s.
	table *routeTable
	// name is the host or the service, why says why no endpoint serves it, and fix is an endpoint that would.
	name, why, fix string
}

// checkWayOut checks the hops out of the VPC: routes, the network ACL and the security groups. What is behind them is not
// in the state. If the stack says that a hub or a NAT gateway provides all services, this is an assumption. Otherwise the
// claim is undecided.
func (m *model) checkWayOut(f *finding, w wayOut) {
	hub := m.reachesAll(w.v)
	out := m.leadsOut(w.table, hub)
	switch {
	case out == "" && hub:
		f.failMissing(w.table.ask("add a route to the hub or the NAT gateway to "+w.table.String()),
			"%s, and %s of %s has no route out of %s", w.why, w.table, w.s, w.v)
		return
	case out == "":
		f.failMissing(w.fix, "%s", w.why)
		return
	}
	if !m.checkGroupsLetOut(f, w) || !m.checkACLLetsOut(f, w) {
		return
	}
	if hub {
		f.pass("%s", out)
		f.assume("%s is reached from %s by a hub or a NAT gateway, as existingEndpoints says", w.name, w.v)
		return
	}
	fix := ""
	if w.v.external && w.v.fromProject {
		fix = keyFixes.existingEndpoints + ", or " + w.fix
	}
	f.unknownUntil(fix, "%s, and %s: the state does not show whether %s is reached there", w.why, out, w.name)
}

// reachesAll reports whether the stack says that a hub or a NAT gateway provides all services in the VPC.
func (m *model) reachesAll(v *vpc) bool { return m.intent.reachesAll && v.external }

// leadsOut returns a route that may lead out of the VPC, or "" if there is none. If there is a hub, it may have private
// addresses.
func (m *model) leadsOut(t *routeTable, hub bool) string {
	if t.propagates {
		return fmt.Sprintf("a virtual private gateway adds routes to %s", t)
	}
	for _, r := range t.routes {
		private := r.block.IsValid() && r.block.Bits() > 0 && r.block.Addr().IsPrivate()
		inside := r.target == localTarget || r.blackhole || r.block.IsValid() && r.block.Addr().Is6() || private && !hub || m.isGatewayList(r.list)
		if !inside {
			return fmt.Sprintf("%s routes %s to %s", r.by, r.destination(), r.where())
		}
	}
	return ""
}

// isOutside reports whether a block contains addresses that are not in the VPC. An invalid block is unknown.
func (v *vpc) isOutside(block netip.Prefix) bool {
	return !slices.ContainsFunc(v.blocks, func(b netip.Prefix) bool { return contains(b, block) })
}

// checkGroupsLetOut checks that a rule of the security groups of the instance allows HTTPS to addresses outside of the
// VPC.
func (m *model) checkGroupsLetOut(f *finding, w wayOut) bool {
	var read []*resource
	for _, id := range w.i.groups {
		g := m.groupIn(id, w.v)
		if g == nil {
			f.unknown("security group %q of %s is not in the state: it may allow TCP %d to %s", id, w.i, httpsPort, w.name)
			return false
		}
		read = append(read, g.resource)
		for _, r := range g.egress {
			read = append(append(read, r.by), m.listResources(r.list)...)
			blocks := []netip.Prefix{r.block}
			if list := m.lists[r.list]; list != nil {
				blocks = list.blocks
			}
			outside := r.group == "" && !m.isGatewayList(r.list) && slices.ContainsFunc(blocks, w.v.isOutside)
			if outside && r.covers(httpsPort) != policy.No {
				f.rest(append([]*resource{g.resource, r.by}, m.listResources(r.list)...)...)
				f.pass("%s allows %s from %s", r.name(g), r.traffic("to"), w.i)
				return true
			}
		}
	}
	f.rest(read...)
	if m.checkStrayRules(f) {
		return false
	}
	f.failMissing(m.askForGroups(w.i.groups, fmt.Sprintf("allow outbound TCP %d from %s to the addresses of %s", httpsPort, m.groupNames(w.i.groups), w.name)),
		"%s, and no rule of %s allows TCP %d out of %s", w.why, m.groupNames(w.i.groups), httpsPort, w.v)
	return false
}

// checkACLLetsOut checks that the network ACL of the subnet does not deny HTTPS with all addresses outside of the VPC.
func (m *model) checkACLLetsOut(f *finding, w wayOut) bool {
	a, unknown := m.aclOf(w.s)
	switch {
	case unknown != "":
		f.unknown("%s: it may not allow TCP %d to %s", unknown, httpsPort, w.name)
		return false
	case a == nil:
		return true
	}
	f.rest(a.by...)
	outside := networkACL{rules: slices.DeleteFunc(slices.Clone(a.rules), func(r aclRule) bool { return r.block.IsValid() && !w.v.isOutside(r.block) })}
	request := flow{true, anywhere, portRange{httpsPort, httpsPort}}
	response := flow{false, anywhere, ephemeralPorts.linux}
	for _, t := range []flow{request, response} {
		if outside.allows(t) != policy.No {
			continue
		}
		f.failMissing(a.by[0].ask(fmt.Sprintf("allow %s TCP %s in %s", t.direction(), t.ports, a.by[0])),
			"%s, and %s of %s denies %s TCP %s outside of %s", w.why, a.by[0], w.s, t.direction(), t.ports, w.v)
		return false
	}
	return true
}
