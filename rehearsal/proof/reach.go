package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// httpsPort is the port of AWS's service endpoints.
const httpsPort = 443

// proveReach proves that instances reach the services that sessions need.
func (m *model) proveReach() []*finding {
	var found []*finding
	for _, i := range m.instances {
		for _, service := range []string{serviceSSM, serviceMessages, serviceEC2Messages, serviceLogs, serviceKMS} {
			needed := service == serviceSSM || service == serviceMessages ||
				slices.ContainsFunc(m.recordingNeeds(i.location), func(n need) bool { return n.service == service })
			if needed || m.endpointOf(i, service) != nil {
				found = append(found, m.proveReachService(i, service))
			}
		}
		if f := m.proveReachS3(i); f != nil {
			found = append(found, f)
		}
	}
	return found
}

// endpointOf returns the interface endpoint of a service in the VPC of an instance, or nil.
func (m *model) endpointOf(i *instance, service string) *vpcEndpoint {
	s := m.subnets[i.subnet]
	if s == nil {
		return nil
	}
	for _, e := range m.endpoints {
		if e.vpc == s.vpc && e.serves(service) && e.endpointType == interfaceEndpoint {
			return e
		}
	}
	return nil
}

// proveReachService proves that an instance reaches the interface endpoint of a service.
func (m *model) proveReachService(i *instance, service string) *finding {
	f := newFinding("reach."+service, i.name, Required)
	s, v := m.locate(f, i)
	if v == nil {
		return f
	}
	e := m.resolveName(f, i, s, v, service)
	if e == nil {
		return f
	}
	m.checkPath(f, i, s, v, e)
	m.checkEndpointAllowsAgent(f, i, e)
	m.assumeOrganization(f, e)
	return f
}

// assumeOrganization adds the assumption that the account is a member of the organization that the endpoint's
// policy allows.
func (m *model) assumeOrganization(f *finding, e *vpcEndpoint) {
	if m.intent.organization != "" && strings.Contains(e.policy, "aws:PrincipalOrgID") && f.passing() {
		f.assume("the account is a member of the organization %s", m.intent.organization)
	}
}

// locate returns the subnet and the VPC of an instance, or nil if the state does not contain them.
func (m *model) locate(f *finding, i *instance) (*subnet, *vpc) {
	f.rest(i.resource)
	s := m.subnets[i.subnet]
	if s == nil {
		f.unknown("subnet %q of %s is not in the state", i.subnet, i)
		return nil, nil
	}
	f.rest(s.resource)
	v := m.vpcs[s.vpc]
	if v == nil {
		f.unknown("VPC %q of %s is not in the state", s.vpc, s)
		return nil, nil
	}
	f.rest(v.resource)
	f.rest(i.interfaces[0].by...)
	f.pass("%s is in %s (%s) of %s", i, s, s.block, v)
	m.checkInterfaces(f, i)
	return s, v
}

// checkInterfaces checks that the agent connects from the first network interface of the instance: the operating
// system may send traffic through another one.
func (m *model) checkInterfaces(f *finding, i *instance) {
	for _, why := range i.unknownInterfaces {
		f.unknown("%s", why)
		f.softened = true
	}
	first := i.interfaces[0]
	for _, other := range i.interfaces[1:] {
		f.rest(other.by...)
		if other.subnet != first.subnet || !sameSet(other.groups, first.groups) {
			f.unknown("%s has another network interface, %s: the state does not show from which one the agent connects", i, other.id)
			f.softened = true
		}
	}
}

// sameSet reports whether two lists have the same texts.
func sameSet(a, b []string) bool {
	missing := func(from []string) func(string) bool {
		return func(text string) bool { return !slices.Contains(from, text) }
	}
	return !slices.ContainsFunc(a, missing(b)) && !slices.ContainsFunc(b, missing(a))
}

// checkPath checks routes, network ACLs and security groups in both directions, for every address of the endpoint.
func (m *model) checkPath(f *finding, i *instance, s *subnet, v *vpc, e *vpcEndpoint) {
	from := addressOf(i.str("privateIp"), s.block)
	for _, id := range e.subnets {
		there := m.subnets[id]
		if there == nil && e.external {
			m.checkPathToOthers(f, i, s, v, e, id)
			continue
		}
		if there == nil {
			f.unknown("subnet %q of %s is not in the state", id, e)
			continue
		}
		f.rest(there.resource)
		if there.vpc != v.id {
			f.fail(e.ask("move "+e.String()+" to a subnet of "+v.String()), "%s of %s is in another VPC", there, e)
			continue
		}
		to := there.block
		if address, ok := e.privateIPs[id]; ok {
			to = netip.PrefixFrom(address, address.BitLen())
		}
		what := fmt.Sprintf("TCP %d from %s to %s in %s (%s)", httpsPort, i, e, there, to)
		m.checkRoute(f, s, v, to)
		m.checkRoute(f, there, v, from)
		if there.id != s.id {
			m.checkACL(f, s, true, to, httpsPort, what)
			m.checkACL(f, there, false, from, httpsPort, what)
		}
		m.checkGroups(f, i, v, e, from, to, what)
	}
}

// checkGroups checks that the security groups of an instance and of an endpoint allow a connection between the two
// addresses.
func (m *model) checkGroups(f *finding, i *instance, v *vpc, e *vpcEndpoint, from, to netip.Prefix, what string) {
	groups := m.groupsOf(e)
	there := peer{block: to, groups: groups}
	if to == anywhere {
		there.within = v.blocks
	}
	m.checkConnection(f, connection{
		groups: i.groups, rules: egressOf, other: there, port: httpsPort, what: what,
		fix: fmt.Sprintf("allow outbound TCP %d from %s to %s", httpsPort, m.groupNames(i.groups), m.groupNames(groups)),
	}, v)
	fix := fmt.Sprintf("allow inbound TCP %d to %s from %s", httpsPort, m.groupNames(groups), m.groupNames(i.groups))
	if e.fromProject && !e.external && i.external {
		fix = "add " + strings.Join(i.groups, " or ") + " to clientSecurityGroupIds"
	}
	m.checkConnection(f, connection{
		groups: groups, rules: ingressOf, other: peer{block: from, groups: i.groups}, port: httpsPort,
		what: fmt.Sprintf("TCP %d from %s (%s) to %s", httpsPort, i, from, e), fix: fix,
	}, v)
}

// checkPathToOthers checks the part of a path that the state shows. The path leads to an endpoint of others, in a
// subnet that the stack does not read.
func (m *model) checkPathToOthers(f *finding, i *instance, s *subnet, v *vpc, e *vpcEndpoint, subnetID string) {
	from := addressOf(i.str("privateIp"), s.block)
	to, where := anywhere, "an unknown address"
	address, known := e.privateIPs[subnetID]
	if known {
		to = netip.PrefixFrom(address, address.BitLen())
		where = to.String()
	}
	what := fmt.Sprintf("TCP %d from %s to %s in subnet %s (%s)", httpsPort, i, e, subnetID, where)
	if known {
		m.checkRoute(f, s, v, to)
		m.checkACL(f, s, true, to, httpsPort, what)
	}
	m.checkGroups(f, i, v, e, from, to, what)
	if !known {
		f.assume("subnet %s of %s, which the state does not contain, is in the CIDR block %s of %s", subnetID, e, joinBlocks(v.blocks), v)
	}
	f.assume("the route tables and network ACLs let %s and subnet %s of %s, which the state does not contain, reach each other", s, subnetID, e)
}

// joinBlocks returns the texts of blocks as one.
func joinBlocks(blocks []netip.Prefix) string {
	texts := make([]string, len(blocks))
	for i, block := range blocks {
		texts[i] = block.String()
	}
	return strings.Join(texts, " or ")
}

// addressOf returns an address as a block, or the block of its subnet if the address is unknown.
func addressOf(text string, block netip.Prefix) netip.Prefix {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen())
	}
	return block
}

// checkRoute checks that the route table of a subnet keeps traffic to addresses of the VPC in the VPC.
func (m *model) checkRoute(f *finding, s *subnet, v *vpc, to netip.Prefix) {
	t := m.routing(f, s)
	if t == nil {
		return
	}
	if !slices.ContainsFunc(v.blocks, func(block netip.Prefix) bool { return contains(block, to) }) && !m.inSubnet(v, to) {
		f.unknown("%s is in no CIDR block of %s: the state does not show how it is routed", to, v)
		return
	}
	_, how := m.tableOf(s)
	l := m.lookup(t, v, to)
	if l.best != nil {
		f.rest(l.best.by)
	}
	switch {
	case l.unknown != "":
		f.unknown("%s", l.unknown)
	case len(l.parts) > 0:
		r := l.parts[0]
		f.unknown("%s routes %s, a part of %s, to %s", r.by, r.destination(), to, r.where())
	case l.local:
		f.pass("%s reaches %s by the local route of %s", s, to, how)
	case l.best.target == "":
		f.unknown("%s routes %s to an unknown target", l.best.by, l.best.destination())
	case l.best.toAppliance() && !l.best.blackhole:
		// https://docs.aws.amazon.com/vpc/latest/userguide/intra-vpc-route.html
		f.unknown("%s routes %s to %s, which may inspect the traffic and send it on", l.best.by, l.best.destination(), l.best.where())
	default:
		f.fail(l.best.by.ask("remove the route of "+l.best.by.String()), "%s routes %s to %s instead of within the VPC", l.best.by, l.best.destination(), l.best.where())
	}
}
