package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
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
		if e.vpc == s.vpc && e.serves(service) && e.endpointType == "Interface" {
			return e
		}
	}
	return nil
}

// serves reports whether an endpoint is of the AWS service with a code, such as "ssm".
func (e *vpcEndpoint) serves(service string) bool {
	parts := strings.SplitN(strings.TrimPrefix(e.service, "cn."), ".", 4)
	return len(parts) == 4 && parts[0] == "com" && parts[1] == "amazonaws" && parts[3] == service
}

// proveReachService proves that an instance reaches the interface endpoint of a service.
func (m *model) proveReachService(i *instance, service string) *finding {
	f := newFinding("reach."+service, i.name, Required)
	s, v := m.locate(f, i)
	if v == nil {
		return f
	}
	e := m.resolveName(f, v, service)
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
	if m.intent.organization != "" && strings.Contains(e.str("policy"), "aws:PrincipalOrgID") && f.passing() {
		f.assume("the account is a member of the organization %s", m.intent.organization)
	}
}

// locate returns the subnet and the VPC of an instance, or nil if the state does not contain them.
func (m *model) locate(f *finding, i *instance) (*subnet, *vpc) {
	s := m.subnets[i.subnet]
	if s == nil {
		f.unknown("subnet %q of %s is not in the state", i.subnet, i)
		return nil, nil
	}
	v := m.vpcs[s.vpc]
	if v == nil {
		f.unknown("VPC %q of %s is not in the state", s.vpc, s)
		return nil, nil
	}
	f.pass("%s is in %s (%s) of %s", i, s, s.block, v)
	return s, v
}

// resolveName checks that the name of a service resolves to an endpoint in the VPC, and returns the endpoint.
func (m *model) resolveName(f *finding, v *vpc, service string) *vpcEndpoint {
	name := fmt.Sprintf("%s.%s.%s", service, m.region, m.dnsSuffix())
	var here, private, elsewhere []*vpcEndpoint
	for _, e := range m.endpoints {
		switch {
		case !e.serves(service) || e.endpointType != "Interface":
		case e.vpc != v.id:
			elsewhere = append(elsewhere, e)
		default:
			here = append(here, e)
			if e.privateDNS {
				private = append(private, e)
			}
		}
	}
	create := fmt.Sprintf("create an interface endpoint of com.amazonaws.%s.%s with privateDnsEnabled in %s", m.region, service, v)
	switch {
	case len(here) == 0 && len(elsewhere) > 0:
		f.fail(create, "%s is in another VPC, %q: in %s, %s resolves to public addresses", elsewhere[0], elsewhere[0].vpc, v, name)
		return nil
	case len(here) == 0:
		f.fail(create, "%s has no endpoint of %s: %s resolves to public addresses", v, service, name)
		return nil
	case len(private) == 0:
		f.fail("set privateDnsEnabled to true on "+here[0].String(),
			"%s has no private DNS: %s resolves to public addresses", here[0], name)
		return nil
	case len(private) > 1:
		f.unknown("%s and %s both have private DNS: the state does not show to which of them %s resolves", private[0], private[1], name)
		return nil
	}
	if !m.checkPrivateDNS(f, v, private[0], name) {
		return nil
	}
	return private[0]
}

// checkPrivateDNS checks that the VPC resolves the private name of an endpoint.
func (m *model) checkPrivateDNS(f *finding, v *vpc, e *vpcEndpoint, name string) bool {
	ok := true
	fail := func(fix, format string, args ...any) { f.fail(fix, format, args...); ok = false }
	if !v.dnsSupport {
		fail("set enableDnsSupport to true on "+v.String(), "%s does not resolve DNS names: enableDnsSupport is false", v)
	}
	if !v.dnsHostnames {
		fail("set enableDnsHostnames to true on "+v.String(),
			"%s does not resolve private names such as %s: enableDnsHostnames is false", v, name)
	}
	if e.state != "" && !strings.EqualFold(e.state, "available") {
		fail("find out why "+e.String()+" is not available", "%s is %q, not available", e, e.state)
	}
	if e.addressType == "ipv6" {
		f.unknown("%s has IPv6 addresses only: the state does not show whether the instance uses IPv6", e)
		return false
	}
	if len(e.subnets) == 0 {
		fail("give "+e.String()+" a subnet in each zone", "%s has no subnet and therefore no address", e)
	}
	if ok {
		f.pass("%s resolves to %s by private DNS", name, e)
	}
	return ok
}

// checkPath checks routes and security groups in both directions, for every address of the endpoint.
func (m *model) checkPath(f *finding, i *instance, s *subnet, v *vpc, e *vpcEndpoint) {
	from := addressOf(i.str("privateIp"), s.block)
	groups := e.groups
	if len(groups) == 0 {
		groups = []string{v.defaultGroup}
	}
	for _, id := range e.subnets {
		there := m.subnets[id]
		if there == nil {
			f.unknown("subnet %q of %s is not in the state", id, e)
			continue
		}
		if there.vpc != v.id {
			f.fail("move "+e.String()+" to a subnet of "+v.String(), "%s of %s is in another VPC", there, e)
			continue
		}
		to := there.block
		if address, ok := e.privateIPs[id]; ok {
			to = netip.PrefixFrom(address, address.BitLen())
		}
		m.checkRoute(f, s, v, to)
		m.checkRoute(f, there, v, from)
		m.checkConnection(f, connection{
			groups: i.groups, rules: egressOf, other: peer{to, groups}, port: httpsPort,
			what: fmt.Sprintf("TCP %d from %s to %s in %s (%s)", httpsPort, i, e, there, to),
			fix:  fmt.Sprintf("allow outbound TCP %d from %s to %s", httpsPort, m.groupNames(i.groups), m.groupNames(groups)),
		}, v)
		m.checkConnection(f, connection{
			groups: groups, rules: ingressOf, other: peer{from, i.groups}, port: httpsPort,
			what: fmt.Sprintf("TCP %d from %s (%s) to %s", httpsPort, i, from, e),
			fix:  fmt.Sprintf("allow inbound TCP %d to %s from %s", httpsPort, m.groupNames(groups), m.groupNames(i.groups)),
		}, v)
	}
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
	id, how := m.tableOf(s)
	t := m.tables[id]
	if t == nil && m.associations[s.id] != nil {
		f.unknown("route table %q of %s (%s) is not in the state", id, s, how)
		return
	}
	var local netip.Prefix
	for _, block := range v.blocks {
		if contains(block, to) {
			local = block
		}
	}
	if !local.IsValid() {
		f.unknown("%s is in no CIDR block of %s: the state does not show how it is routed", to, v)
		return
	}
	if t != nil {
		for _, r := range t.routes {
			specific := r.block.IsValid() && r.block.Bits() >= local.Bits()
			switch {
			case r.target == "local" || r.targetProp == "vpcEndpointId" && r.list != "":
			case r.list != "":
				f.unknown("%s routes prefix list %q: the state does not show whether it contains %s", r.by, r.list, to)
				return
			case specific && contains(r.block, to):
				f.fail("remove the route of "+r.by.String(), "%s routes %s to %s instead of within the VPC", r.by, r.block, r.target)
				return
			case specific && r.block.Overlaps(to):
				f.unknown("%s routes %s, a part of %s, to %s", r.by, r.block, to, r.target)
				return
			}
		}
	}
	f.pass("%s reaches %s by the local route of %s", s, to, how)
}

// peer is the other end of a connection.
type peer struct {
	block  netip.Prefix
	groups []string
}

func egressOf(g *securityGroup) []rule  { return g.egress }
func ingressOf(g *securityGroup) []rule { return g.ingress }

// connection is a TCP connection that security groups have to allow in one direction.
type connection struct {
	groups []string
	// rules returns the rules of the direction.
	rules func(*securityGroup) []rule
	other peer
	port  int
	// what describes the connection, and fix a rule that allows it.
	what, fix string
}

// checkConnection checks that a rule of one of the security groups allows a connection.
func (m *model) checkConnection(f *finding, c connection, v *vpc) {
	unknown := ""
	for _, id := range c.groups {
		g := m.groupIn(id, v)
		if g == nil {
			unknown = fmt.Sprintf("security group %q is not in the state: it may allow %s", id, c.what)
			continue
		}
		for _, r := range c.rules(g) {
			switch m.ruleAllows(r, c.other, c.port) {
			case policy.Yes:
				f.pass("%s allows %s", r.name(g), c.what)
				return
			case policy.Unknown:
				unknown = fmt.Sprintf("%s may allow %s: the state does not show it", r.name(g), c.what)
			}
		}
	}
	if unknown != "" {
		f.unknown("%s", unknown)
		return
	}
	f.fail(c.fix, "no rule of %s allows %s", m.groupNames(c.groups), c.what)
}

// groupIn returns a security group, or the one that AWS creates for each VPC. It returns nil if the state
// contains neither.
func (m *model) groupIn(id string, v *vpc) *securityGroup {
	if g := m.groups[id]; g != nil && g.resource != nil {
		return g
	}
	if v == nil || id != v.defaultGroup || id == "" {
		return nil
	}
	g := &securityGroup{
		resource: v.resource, id: id,
		ingress: []rule{{by: v.resource, protocol: "-1", group: id}},
		egress:  []rule{{by: v.resource, protocol: "-1", block: netip.MustParsePrefix("0.0.0.0/0")}},
	}
	if extra := m.groups[id]; extra != nil {
		g.ingress, g.egress = append(g.ingress, extra.ingress...), append(g.egress, extra.egress...)
	}
	return g
}

// ruleAllows reports whether a rule allows a connection to or from the peer.
func (m *model) ruleAllows(r rule, to peer, port int) policy.Answer {
	if !r.covers(port) {
		return policy.No
	}
	switch {
	case r.group != "":
		return yesIf(slices.Contains(to.groups, r.group))
	case r.block.IsValid() && contains(r.block, to.block):
		return policy.Yes
	case r.block.IsValid():
		return unknownIf(to.block.IsValid() && r.block.Overlaps(to.block))
	case r.list != "":
		// The prefix list of a gateway endpoint contains public addresses of AWS only.
		return unknownIf(!m.isGatewayList(r.list))
	}
	return policy.No
}

func yesIf(is bool) policy.Answer {
	if is {
		return policy.Yes
	}
	return policy.No
}

func unknownIf(is bool) policy.Answer {
	if is {
		return policy.Unknown
	}
	return policy.No
}

// covers reports whether a rule is about a TCP port.
func (r rule) covers(port int) bool {
	switch r.protocol {
	case "-1":
		return true
	case "tcp":
		return r.from <= port && port <= r.to || r.from == -1 && r.to == -1
	}
	return false
}

// name returns the rule for people.
func (r rule) name(g *securityGroup) string {
	if g.resource == r.by {
		return "a rule of " + g.String()
	}
	return r.by.String()
}

// groupNames lists security groups for people.
func (m *model) groupNames(ids []string) string {
	var names []string
	for _, id := range ids {
		name := fmt.Sprintf("security group %q", id)
		if g := m.groups[id]; g != nil && g.resource != nil {
			name = g.String()
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "no security group"
	}
	return strings.Join(names, " and ")
}
