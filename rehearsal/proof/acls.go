package proof

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// networkACL is a network ACL.
type networkACL struct {
	id string
	// by are the resources that it consists of. The first one is the network ACL itself or, for a VPC's default network
	// ACL, the VPC. It is nil if the state does not contain it.
	by []*resource
	// subnetsUnknown is true if the state does not show which subnets it is associated with.
	subnetsUnknown bool
	vpc            string
	rules          []aclRule
}

// aclRule is a rule of a network ACL.
type aclRule struct {
	by     *resource
	number int
	egress bool
	// allow says whether it allows or denies.
	allow    bool
	protocol string
	from, to int
	block    netip.Prefix
}

// ephemeralPorts are the ports from which clients connect: those of Linux and Windows, and those that AWS
// recommends to allow.
// https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports
var ephemeralPorts = struct{ linux, all portRange }{portRange{32768, 65535}, portRange{1024, 65535}}

// portRange is a range of TCP ports.
type portRange struct{ from, to int }

func (p portRange) String() string {
	if p.from == p.to {
		return strconv.Itoa(p.from)
	}
	return fmt.Sprintf("%d to %d", p.from, p.to)
}

// readACLs reads network ACLs, and the subnets that they are associated with.
func (m *model) readACLs() {
	m.acls, m.aclsOfSubnet = map[string]*networkACL{}, map[string][]string{}
	for _, n := range m.ofType("aws:ec2/networkAcl:NetworkAcl", "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl") {
		a := &networkACL{id: n.id, by: []*resource{n}, vpc: n.str("vpcId")}
		for _, object := range n.objects("ingress") {
			a.rules = append(a.rules, inlineACLRules(n, object, false)...)
		}
		for _, object := range n.objects("egress") {
			a.rules = append(a.rules, inlineACLRules(n, object, true)...)
		}
		subnets := n.strList("subnetIds")
		a.subnetsUnknown = n.typ == "aws:ec2/networkAcl:NetworkAcl" && n.value("subnetIds") == nil
		for _, id := range subnets {
			m.aclsOfSubnet[id] = addTo(m.aclsOfSubnet[id], a.id)
		}
		m.acls[n.id] = a
	}
	for _, n := range m.ofType("aws:ec2/networkAclAssociation:NetworkAclAssociation") {
		id := n.str("networkAclId")
		m.aclsOfSubnet[n.str("subnetId")] = addTo(m.aclsOfSubnet[n.str("subnetId")], id)
		if a := m.acls[id]; a != nil {
			a.by = append(a.by, n)
			a.subnetsUnknown = false
		}
	}
	for _, n := range m.ofType("aws:ec2/networkAclRule:NetworkAclRule") {
		a := m.aclWithID(n.str("networkAclId"))
		a.by = append(a.by, n)
		a.rules = append(a.rules, aclRule{
			by: n, number: asInt(n.value("ruleNumber"), -1), egress: n.boolean("egress", false),
			allow: strings.EqualFold(n.str("ruleAction"), "allow"), protocol: protocol(n.str("protocol")),
			from: asInt(n.value("fromPort"), -1), to: asInt(n.value("toPort"), -1), block: firstPrefix(n.str("cidrBlock"), n.str("ipv6CidrBlock")),
		})
	}
	for _, a := range m.acls {
		slices.SortStableFunc(a.rules, func(a, b aclRule) int { return cmp.Compare(a.number, b.number) })
	}
}

// aclWithID returns a network ACL. An ACL that no resource declares is either the default one of a VPC of the stack, which
// allows all traffic, or not in the state.
func (m *model) aclWithID(id string) *networkACL {
	if a := m.acls[id]; a != nil {
		return a
	}
	a := &networkACL{id: id, by: []*resource{nil}}
	for _, v := range m.vpcs {
		if id != "" && v.defaultACL == id && !v.external {
			a.by[0], a.vpc = v.resource, v.id
			for _, egress := range []bool{false, true} {
				a.rules = append(a.rules, aclRule{
					by: v.resource, number: 100, egress: egress, allow: true, protocol: "-1", from: -1, to: -1, block: anywhere,
				})
			}
		}
	}
	m.acls[id] = a
	return a
}

func inlineACLRules(by *resource, object map[string]any, egress bool) []aclRule {
	base := aclRule{
		by: by, number: asInt(object["ruleNo"], -1), egress: egress, allow: strings.EqualFold(asStr(object["action"]), "allow"),
		protocol: protocol(asStr(object["protocol"])), from: asInt(object["fromPort"], -1), to: asInt(object["toPort"], -1),
	}
	var rules []aclRule
	for _, key := range []string{"cidrBlock", "ipv6CidrBlock"} {
		if text := asStr(object[key]); text != "" {
			one := base
			one.block = firstPrefix(text)
			rules = append(rules, one)
		}
	}
	if len(rules) == 0 {
		return []aclRule{base}
	}
	return rules
}

// firstPrefix returns the first text that is a CIDR block, or an invalid one.
func firstPrefix(texts ...string) netip.Prefix {
	if blocks := prefixes(texts...); len(blocks) > 0 {
		return blocks[0]
	}
	return netip.Prefix{}
}

// aclOf returns the network ACL of a subnet. If the state does not show which one that is, it returns nil and why.
func (m *model) aclOf(s *subnet) (*networkACL, string) {
	ids := m.aclsOfSubnet[s.id]
	if len(ids) > 1 {
		return nil, fmt.Sprintf("the network ACLs %s are all associated with %s", strings.Join(ids, ", "), s)
	}
	if len(ids) == 1 {
		if a := m.acls[ids[0]]; a != nil && a.by[0] != nil {
			return a, ""
		}
		return nil, fmt.Sprintf("network ACL %q of %s is not in the state", ids[0], s)
	}
	for _, a := range m.sortedACLs() {
		if a.subnetsUnknown && (a.vpc == s.vpc || a.vpc == "") {
			return nil, fmt.Sprintf("the state does not show whether %s is associated with %s", a.by[0], s)
		}
	}
	v := m.vpcs[s.vpc]
	if v == nil {
		return nil, fmt.Sprintf("the network ACL of %s is not in the state", s)
	}
	for _, a := range m.sortedACLs() {
		if a.by[0] != nil && a.by[0].typ == "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl" &&
			(a.vpc == v.id || a.id == v.defaultACL && v.defaultACL != "") {
			if a.by[0].external {
				break // it would list the subnet
			}
			return a, ""
		}
	}
	if v.external {
		return nil, fmt.Sprintf("the network ACL of %s is not in the state", s)
	}
	if v.defaultACL == "" {
		// The default network ACL of AWS allows all traffic.
		return nil, ""
	}
	return m.aclWithID(v.defaultACL), ""
}

func (m *model) sortedACLs() []*networkACL {
	return slices.SortedFunc(mapValues(m.acls), func(a, b *networkACL) int { return strings.Compare(a.id, b.id) })
}

// flow is traffic that a network ACL has to allow in one direction.
type flow struct {
	egress bool
	// block is the other end, and ports are the destination ports.
	block netip.Prefix
	ports portRange
}

// direction returns the direction as it appears in reasons.
func (t flow) direction() string {
	if t.egress {
		return "outbound"
	}
	return "inbound"
}

// allows reports whether the rules allow a TCP flow. The first rule that matches decides.
// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
func (a *networkACL) allows(t flow) policy.Answer {
	partlyAllowed, partlyDenied := false, false
	for _, r := range a.rules {
		if r.egress != t.egress {
			continue
		}
		switch r.matches(t) {
		case policy.Yes:
			switch {
			case r.number < 0 || r.allow && partlyDenied || !r.allow && partlyAllowed:
				return policy.Unknown
			default:
				return yesIf(r.allow)
			}
		case policy.Unknown:
			partlyAllowed, partlyDenied = partlyAllowed || r.allow, partlyDenied || !r.allow
		}
	}
	return unknownIf(partlyAllowed)
}

// matches reports whether the rule is about a whole flow. It is Unknown if it is about a part of it.
func (r aclRule) matches(t flow) policy.Answer {
	result := policy.No
	switch {
	case !r.block.IsValid() || !t.block.IsValid() || r.protocol == "":
		return policy.Unknown
	case r.protocol != "-1" && r.protocol != "tcp" || r.block.Addr().Is4() != t.block.Addr().Is4():
		return policy.No
	case r.protocol == "-1" || r.from <= t.ports.from && t.ports.to <= r.to:
		result = policy.Yes
	case r.from < 0 || r.to < 0:
		result = policy.Unknown
	case r.from <= t.ports.to && t.ports.from <= r.to:
		result = policy.Unknown
	}
	return min(result, includes([]netip.Prefix{r.block}, t.block))
}

// checkACL checks that the network ACL of a subnet allows a TCP connection: the requests, and the responses to
// ephemeral ports, since network ACLs keep no state. The client is in the subnet if outbound is true.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
func (m *model) checkACL(f *finding, s *subnet, outbound bool, other netip.Prefix, port int, what string) {
	a, unknown := m.aclOf(s)
	if unknown != "" {
		f.unknown("%s: it may not allow %s", unknown, what)
		return
	}
	if a == nil {
		return
	}
	f.rest(a.by...)
	request := flow{outbound, other, portRange{port, port}}
	m.checkFlow(f, a, s, a.allows(request), "requests of "+what, request)
	response := flow{!outbound, other, ephemeralPorts.all}
	allowed := a.allows(response)
	if allowed == policy.Unknown {
		response.ports = ephemeralPorts.linux
		allowed = a.allows(response)
	}
	m.checkFlow(f, a, s, allowed, "responses of "+what, response)
}

// checkFlow adds the answer of a network ACL. It says nothing about the default network ACL of AWS.
func (m *model) checkFlow(f *finding, a *networkACL, s *subnet, allowed policy.Answer, what string, t flow) {
	direction, ports := t.direction(), t.ports
	switch allowed {
	case policy.No:
		f.failMissing(a.by[0].ask(fmt.Sprintf("allow %s TCP %s in %s", direction, ports, a.by[0])), "%s of %s denies the %s (%s TCP %s)", a.by[0], s, what, direction, ports)
	case policy.Unknown:
		f.unknown("%s of %s may deny the %s (%s TCP %s)", a.by[0], s, what, direction, ports)
	default:
		if strings.HasSuffix(a.by[0].typ, "NetworkAcl") {
			f.pass("%s of %s allows the %s", a.by[0], s, what)
		}
	}
}
