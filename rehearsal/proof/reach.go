package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/report"
)

// httpsPort is where all endpoints listen.
const httpsPort = 443

// proveReach proves that instances reach the services that sessions need.
func (m *model) proveReach() []*finding {
	var found []*finding
	for _, i := range m.instances {
		for _, service := range []string{serviceSSM, serviceMessages, serviceEC2Messages, serviceLogs, serviceKMS} {
			needed := service == serviceSSM || service == serviceMessages ||
				slices.ContainsFunc(m.recordingNeeds(), func(n need) bool { return n.service == service })
			if needed || m.doorOf(i, service) != nil {
				found = append(found, m.reach(i, service))
			}
		}
		if f := m.reachS3(i); f != nil {
			found = append(found, f)
		}
	}
	return found
}

// doorOf returns the interface endpoint of a service in an instance's VPC, or nil.
func (m *model) doorOf(i *instance, service string) *door {
	s := m.subnets[i.subnet]
	if s == nil {
		return nil
	}
	for _, d := range m.doors {
		if d.vpc == s.vpc && d.serves(service) && d.kind == "Interface" {
			return d
		}
	}
	return nil
}

// serves says whether an endpoint is one of AWS's of a service.
func (d *door) serves(service string) bool {
	parts := strings.SplitN(strings.TrimPrefix(d.service, "cn."), ".", 4)
	return len(parts) == 4 && parts[0] == "com" && parts[1] == "amazonaws" && parts[3] == service
}

// reach proves that an instance reaches an interface endpoint, hop by hop.
func (m *model) reach(i *instance, service string) *finding {
	f := claimOf("reach."+service, i.name, report.Required)
	s, v := m.whereabouts(f, i)
	if v == nil {
		return f
	}
	d := m.resolve(f, v, service)
	if d == nil {
		return f
	}
	m.walk(f, i, s, v, d)
	m.admitted(f, i, d)
	m.assumesOrganization(f, d)
	return f
}

// assumesOrganization says that an endpoint's policy admits the instance only where the account belongs to the
// organisation that the stack was told.
func (m *model) assumesOrganization(f *finding, d *door) {
	if m.intent.organization != "" && strings.Contains(d.text("policy"), "aws:PrincipalOrgID") && f.whole() {
		f.assumes("the account belongs to the organisation %s", m.intent.organization)
	}
}

// whereabouts finds an instance's subnet and VPC.
func (m *model) whereabouts(f *finding, i *instance) (*subnet, *vpc) {
	s := m.subnets[i.subnet]
	if s == nil {
		f.doubts("subnet %q of %s, which is not in the state", i.subnet, i)
		return nil, nil
	}
	v := m.vpcs[s.vpc]
	if v == nil {
		f.doubts("VPC %q of %s, which is not in the state", s.vpc, s)
		return nil, nil
	}
	f.holds("%s is in %s, %s, of %s", i, s, s.block, v)
	return s, v
}

// resolve proves that the service's name leads to an endpoint, which it returns.
func (m *model) resolve(f *finding, v *vpc, service string) *door {
	name := fmt.Sprintf("%s.%s.%s", service, m.region, m.suffix())
	var here, private, elsewhere []*door
	for _, d := range m.doors {
		switch {
		case !d.serves(service) || d.kind != "Interface":
		case d.vpc != v.id:
			elsewhere = append(elsewhere, d)
		default:
			here = append(here, d)
			if d.privateDNS {
				private = append(private, d)
			}
		}
	}
	create := fmt.Sprintf("create an interface endpoint of com.amazonaws.%s.%s in %s, with privateDnsEnabled", m.region, service, v)
	switch {
	case len(here) == 0 && len(elsewhere) > 0:
		f.breaks(create, "%s is in another VPC, %q, so in %s %s resolves to AWS's public addresses", elsewhere[0], elsewhere[0].vpc, v, name)
		return nil
	case len(here) == 0:
		f.breaks(create, "%s has no endpoint of %s, so %s resolves to AWS's public addresses", v, service, name)
		return nil
	case len(private) == 0:
		f.breaks("set privateDnsEnabled to true on "+here[0].String(),
			"%s has no private DNS, so %s resolves to AWS's public addresses", here[0], name)
		return nil
	case len(private) > 1:
		f.doubts("which of %s and %s the name %s resolves to", private[0], private[1], name)
		return nil
	}
	if !m.resolves(f, v, private[0], name) {
		return nil
	}
	return private[0]
}

// suffix is what the names of the partition's services end in.
func (m *model) suffix() string {
	switch m.partition {
	case "aws-cn":
		return "amazonaws.com.cn"
	case "aws-eusc":
		return "amazonaws.eu"
	}
	return "amazonaws.com"
}

// resolves proves that the VPC answers for an endpoint's private name.
func (m *model) resolves(f *finding, v *vpc, d *door, name string) bool {
	ok := true
	breaks := func(mend, format string, args ...any) { f.breaks(mend, format, args...); ok = false }
	if !v.dnsSupport {
		breaks("set enableDnsSupport to true on "+v.String(), "%s resolves no names: enableDnsSupport is false", v)
	}
	if !v.dnsHostnames {
		breaks("set enableDnsHostnames to true on "+v.String(),
			"%s does not answer for private names, %s among them: enableDnsHostnames is false", v, name)
	}
	if d.state != "" && !strings.EqualFold(d.state, "available") {
		breaks("see why "+d.String()+" is not available", "%s is %q and not available", d, d.state)
	}
	if d.addresses == "ipv6" {
		f.doubts("whether the instance speaks IPv6, as %s alone does", d)
		return false
	}
	if len(d.subnets) == 0 {
		breaks("give "+d.String()+" a subnet in each zone", "%s has no subnet, and so no address", d)
	}
	if ok {
		f.holds("%s resolves to %s by its private DNS", name, d)
	}
	return ok
}

// walk proves routes and security groups in both directions, for every address that the
// name may resolve to.
func (m *model) walk(f *finding, i *instance, s *subnet, v *vpc, d *door) {
	from := addressOf(i.text("privateIp"), s.block)
	groups := d.groups
	if len(groups) == 0 {
		groups = []string{v.defaultGroup}
	}
	for _, id := range d.subnets {
		there := m.subnets[id]
		if there == nil {
			f.doubts("subnet %q of %s, which is not in the state", id, d)
			continue
		}
		if there.vpc != v.id {
			f.breaks("put "+d.String()+" into a subnet of "+v.String(), "%s of %s is in another VPC", there, d)
			continue
		}
		to := there.block
		if address, ok := d.privateIPs[id]; ok {
			to = netip.PrefixFrom(address, address.BitLen())
		}
		m.routed(f, s, v, to)
		m.routed(f, there, v, from)
		m.passes(f, passage{
			groups: i.groups, rules: egressOf, other: peer{to, groups}, port: httpsPort,
			passes: fmt.Sprintf("%s may connect to %s in %s, TCP %d", i, d, there, httpsPort),
			fails:  fmt.Sprintf("lets %s connect to %s in %s (%s), TCP %d", i, d, there, to, httpsPort),
			mend:   fmt.Sprintf("allow TCP %d out of %s to %s", httpsPort, m.groupNames(i.groups), m.groupNames(groups)),
		}, v)
		m.passes(f, passage{
			groups: groups, rules: ingressOf, other: peer{from, i.groups}, port: httpsPort,
			passes: fmt.Sprintf("%s admits %s, TCP %d", d, i, httpsPort),
			fails:  fmt.Sprintf("admits %s (%s) to %s, TCP %d", i, from, d, httpsPort),
			mend:   fmt.Sprintf("allow TCP %d into %s from %s", httpsPort, m.groupNames(groups), m.groupNames(i.groups)),
		}, v)
	}
}

// addressOf is one address, or all of a subnet where it is not known.
func addressOf(text string, block netip.Prefix) netip.Prefix {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen())
	}
	return block
}

// routed proves that a subnet's table keeps traffic to addresses of the VPC in the VPC.
func (m *model) routed(f *finding, s *subnet, v *vpc, to netip.Prefix) {
	id, how := m.tableOf(s)
	t := m.tables[id]
	if t == nil && m.associations[s.id] != nil {
		f.doubts("route table %q, which %s uses by %s and which is not in the state", id, s, how)
		return
	}
	var home netip.Prefix
	for _, block := range v.blocks {
		if within(block, to) {
			home = block
		}
	}
	if !home.IsValid() {
		f.doubts("how %s is routed, which is in none of the blocks of %s", to, v)
		return
	}
	if t != nil {
		for _, r := range t.routes {
			switch {
			case r.target == "local" || r.kind == "vpcEndpointId" && r.list != "":
			case r.list != "":
				f.doubts("whether prefix list %q of %s holds %s", r.list, r.by, to)
				return
			case r.block.IsValid() && r.block.Bits() >= home.Bits() && within(r.block, to):
				f.breaks("remove the route of "+r.by.String(), "%s sends %s to %s and not to its place in the VPC", r.by, r.block, r.target)
				return
			case r.block.IsValid() && r.block.Bits() >= home.Bits() && r.block.Overlaps(to):
				f.doubts("whether the route of %s to %s takes the address within %s", r.by, r.block, to)
				return
			}
		}
	}
	f.holds("%s reaches %s by the local route of %s", s, to, how)
}

// peer is the other end of a connection.
type peer struct {
	block  netip.Prefix
	groups []string
}

func egressOf(g *group) []rule  { return g.egress }
func ingressOf(g *group) []rule { return g.ingress }

// passage is one way through security groups.
type passage struct {
	groups []string
	// rules are those of the direction.
	rules func(*group) []rule
	other peer
	port  int
	// passes and fails are what to say.
	passes, fails, mend string
}

// passes proves that a rule of one of the groups lets a connection through.
func (m *model) passes(f *finding, p passage, v *vpc) {
	unsure := ""
	for _, id := range p.groups {
		g := m.groupIn(id, v)
		if g == nil {
			unsure = fmt.Sprintf("whether security group %q, which is not in the state, %s", id, p.fails)
			continue
		}
		for _, r := range p.rules(g) {
			switch m.ruleAdmits(r, p.other, p.port) {
			case policy.Yes:
				f.holds("%s, by %s", p.passes, r.name(g))
				return
			case policy.Unknown:
				unsure = fmt.Sprintf("whether %s %s", r.name(g), p.fails)
			}
		}
	}
	if unsure != "" {
		f.doubts("%s", unsure)
		return
	}
	f.breaks(p.mend, "no rule of %s %s", m.groupNames(p.groups), p.fails)
}

// groupIn returns a group, that which AWS gives each VPC included, or nil where the
// state has none.
func (m *model) groupIn(id string, v *vpc) *group {
	if g := m.groups[id]; g != nil && g.node != nil {
		return g
	}
	if v == nil || id != v.defaultGroup || id == "" {
		return nil
	}
	g := &group{
		node: v.node, id: id,
		ingress: []rule{{by: v.node, protocol: "-1", group: id}},
		egress:  []rule{{by: v.node, protocol: "-1", block: netip.MustParsePrefix("0.0.0.0/0")}},
	}
	if extra := m.groups[id]; extra != nil {
		g.ingress, g.egress = append(g.ingress, extra.ingress...), append(g.egress, extra.egress...)
	}
	return g
}

// ruleAdmits says whether a rule lets a connection to or from the peer through.
func (m *model) ruleAdmits(r rule, to peer, port int) policy.Answer {
	if !r.covers(port) {
		return policy.No
	}
	switch {
	case r.group != "":
		return yes(slices.Contains(to.groups, r.group))
	case r.block.IsValid() && within(r.block, to.block):
		return policy.Yes
	case r.block.IsValid():
		return maybe(to.block.IsValid() && r.block.Overlaps(to.block))
	case r.list != "":
		// The lists of gateway endpoints hold AWS's public addresses alone.
		return maybe(!slices.ContainsFunc(m.doors, func(d *door) bool { return d.prefixList == r.list }))
	}
	return policy.No
}

func yes(is bool) policy.Answer {
	if is {
		return policy.Yes
	}
	return policy.No
}

func maybe(is bool) policy.Answer {
	if is {
		return policy.Unknown
	}
	return policy.No
}

// covers says whether a rule is about a TCP port.
func (r rule) covers(port int) bool {
	switch r.protocol {
	case "-1":
		return true
	case "tcp":
		return r.from <= port && port <= r.to || r.from == -1 && r.to == -1
	}
	return false
}

// name tells which rule it is.
func (r rule) name(g *group) string {
	if g.node == r.by {
		return "a rule of " + g.String()
	}
	return r.by.String()
}

// groupNames names groups.
func (m *model) groupNames(ids []string) string {
	var names []string
	for _, id := range ids {
		name := fmt.Sprintf("security group %q", id)
		if g := m.groups[id]; g != nil && g.node != nil {
			name = g.String()
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "no security group"
	}
	return strings.Join(names, " and ")
}
