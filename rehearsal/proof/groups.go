package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// securityGroup is a security group.
type securityGroup struct {
	*resource
	id              string
	ingress, egress []rule
}

// prefixList is a prefix list whose blocks are in the state.
type prefixList struct {
	by     []*resource
	blocks []netip.Prefix
}

// readPrefixLists reads the prefix lists that customers manage.
func (m *model) readPrefixLists() {
	m.lists = map[string]*prefixList{}
	for _, n := range m.ofType("aws:ec2/managedPrefixList:ManagedPrefixList") {
		list := &prefixList{by: []*resource{n}}
		for _, entry := range n.objects("entries") {
			list.blocks = append(list.blocks, prefixes(asStr(entry["cidr"]))...)
		}
		m.lists[n.id] = list
	}
	for _, n := range m.ofType("aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry") {
		if list := m.lists[n.str("prefixListId")]; list != nil {
			list.by = append(list.by, n)
			list.blocks = append(list.blocks, prefixes(n.str("cidr"))...)
		}
	}
}

// readSecurityGroups reads security groups with their inline rules and the rules that are resources of their
// own.
func (m *model) readSecurityGroups() {
	for _, n := range m.ofType("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup") {
		g := &securityGroup{resource: n, id: n.id}
		for _, direction := range []string{"ingress", "egress"} {
			// A read of the group lists its rules. Of a group that the stack manages, they may be resources of their own.
			if n.external && n.value(direction) == nil {
				n.health = append(n.health, "the state does not contain its "+direction+" rules")
			}
		}
		for _, object := range n.objects("ingress") {
			g.ingress = append(g.ingress, inlineRules(n, n.id, object)...)
		}
		for _, object := range n.objects("egress") {
			g.egress = append(g.egress, inlineRules(n, n.id, object)...)
		}
		m.groups[n.id] = g
	}
	for _, n := range m.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule") {
		g := m.groupOf(n)
		g.ingress = append(g.ingress, ruleOf(n))
	}
	for _, n := range m.ofType("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule") {
		g := m.groupOf(n)
		g.egress = append(g.egress, ruleOf(n))
	}
	for _, n := range m.ofType("aws:ec2/securityGroupRule:SecurityGroupRule") {
		g := m.groupOf(n)
		object := map[string]any{}
		for _, key := range []string{"protocol", "fromPort", "toPort", "cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self"} {
			object[key] = n.value(key)
		}
		if source := n.str("sourceSecurityGroupId"); source != "" {
			object["securityGroups"] = []any{source}
		}
		rules := inlineRules(n, g.id, object)
		if n.str("type") == "ingress" {
			g.ingress = append(g.ingress, rules...)
		} else {
			g.egress = append(g.egress, rules...)
		}
	}
	m.readExclusiveRules()
}

// readExclusiveRules reads the resources that list all rules of a group, so that others are removed.
func (m *model) readExclusiveRules() {
	for _, n := range m.ofType("aws:vpc/securityGroupRulesExclusive:SecurityGroupRulesExclusive") {
		g := m.groupOf(n)
		if g.resource == nil {
			// The rules of the default group are those of the list.
			g.resource = n
		}
		g.ingress = exclusive(n, g.ingress, n.strList("ingressRuleIds"))
		g.egress = exclusive(n, g.egress, n.strList("egressRuleIds"))
	}
}

// exclusive returns the rules of a direction of which only those with the ids in a list remain. A listed rule that
// the state does not contain is unknown, and so is whether a rule that is not listed was removed.
func exclusive(n *resource, rules []rule, listed []string) []rule {
	var found []rule
	seen := map[string]bool{}
	for _, r := range rules {
		id := r.by.str("securityGroupRuleId")
		if id == "" {
			id = r.by.id
		}
		if seen[id] = true; !slices.Contains(listed, id) {
			n.health = append(n.health, fmt.Sprintf("it does not list %s", r.by))
		}
		found = append(found, r)
	}
	for _, id := range listed {
		if !seen[id] {
			found = append(found, rule{by: n})
		}
	}
	return found
}

// groupOf returns the security group of a rule. Its resource is nil if the state does not contain the group.
func (m *model) groupOf(rule *resource) *securityGroup {
	id := rule.str("securityGroupId")
	if m.groups[id] == nil {
		m.groups[id] = &securityGroup{id: id}
	}
	return m.groups[id]
}

// peer is the other end of a connection.
type peer struct {
	block  netip.Prefix
	groups []string
	// within are blocks one of which contains the peer, if its block is not known any better.
	within []netip.Prefix
}

// in reports whether blocks contain the peer.
func (p peer) in(blocks []netip.Prefix) policy.Answer {
	outside := func(block netip.Prefix) bool { return includes(blocks, block) != policy.Yes }
	if len(p.within) > 0 && !slices.ContainsFunc(p.within, outside) {
		return policy.Yes
	}
	return includes(blocks, p.block)
}

func egressOf(g *securityGroup) []rule { return g.egress }

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
	unknown, fix := "", ""
	var read []*resource
	for _, id := range c.groups {
		g := m.groupIn(id, v)
		if g == nil {
			unknown, fix = fmt.Sprintf("security group %q is not in the state: it may allow %s", id, c.what), readAgain(v)
			continue
		}
		read = append(read, g.resource)
		for _, r := range c.rules(g) {
			read = append(append(read, r.by), m.listResources(r.list)...)
			switch m.ruleAllows(r, c.other, c.port) {
			case policy.Yes:
				f.rest(append([]*resource{g.resource, r.by}, m.listResources(r.list)...)...)
				f.pass("%s allows %s", r.name(g), c.what)
				return
			case policy.Unknown:
				unknown, fix = fmt.Sprintf("%s may allow %s: the state does not show it", r.name(g), c.what), ""
			}
		}
	}
	f.rest(read...)
	if unknown != "" {
		f.unknownUntil(fix, "%s", unknown)
		return
	}
	if m.checkStrayRules(f) {
		return
	}
	f.failMissing(m.askForGroups(c.groups, c.fix), "no rule of %s allows %s", m.groupNames(c.groups), c.what)
}

// readAgain returns a fix of a state without a security group in a VPC of others. The program reads all groups of the
// instances and endpoints that it reads, so their owner has added the group since.
func readAgain(v *vpc) string {
	if v == nil || !v.external || !v.fromProject {
		return ""
	}
	return `run "pulumi up", which reads the security groups of existing instances and endpoints`
}

// listResources returns the resources of a prefix list.
func (m *model) listResources(id string) []*resource {
	if list := m.lists[id]; list != nil {
		return list.by
	}
	return nil
}

// groupIn returns a security group, or the one that AWS creates for each VPC of the stack. It returns nil if the state
// contains neither.
func (m *model) groupIn(id string, v *vpc) *securityGroup {
	if g := m.groups[id]; g != nil && g.resource != nil {
		return g
	}
	if v == nil || id != v.defaultGroup || id == "" || v.external {
		return nil
	}
	g := &securityGroup{
		resource: v.resource, id: id,
		ingress: []rule{{by: v.resource, protocol: "-1", from: -1, to: -1, group: id}},
		egress:  []rule{{by: v.resource, protocol: "-1", from: -1, to: -1, block: anywhere}},
	}
	if extra := m.groups[id]; extra != nil {
		g.ingress, g.egress = append(g.ingress, extra.ingress...), append(g.egress, extra.egress...)
	}
	return g
}

// ruleAllows reports whether a rule allows a connection to or from the peer.
func (m *model) ruleAllows(r rule, to peer, port int) policy.Answer {
	return min(r.covers(port), m.ruleReaches(r, to))
}

// ruleReaches reports whether the peer of a rule includes another one.
func (m *model) ruleReaches(r rule, to peer) policy.Answer {
	switch {
	case r.group != "":
		return yesIf(slices.Contains(to.groups, r.group))
	case r.block.IsValid():
		return to.in([]netip.Prefix{r.block})
	case r.list == "":
		return policy.Unknown
	case m.lists[r.list] != nil:
		return to.in(m.lists[r.list].blocks)
	}
	// The prefix list of a gateway endpoint contains public addresses of AWS only.
	return unknownIf(!m.isGatewayList(r.list))
}

// includes reports whether one of the blocks contains another one. It is Unknown if they contain a part of it.
func includes(blocks []netip.Prefix, block netip.Prefix) policy.Answer {
	result := unknownIf(!block.IsValid())
	for _, b := range blocks {
		switch {
		case contains(b, block):
			return policy.Yes
		case b.Overlaps(block):
			result = policy.Unknown
		}
	}
	return result
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

// groupNames lists security groups as they appear in reasons.
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
