package proof

import (
	"slices"
)

// proveNoInbound proves that no security group rule allows inbound connections to an instance. The claim is required of
// the stack's own instances only: those of others may be servers.
func (m *model) proveNoInbound() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := newFinding("no-inbound", i.name, requiredUnless(i.external))
		m.eachGroup(f, i, func(g *securityGroup) {
			for _, r := range g.ingress {
				fix := r.by.ask("remove " + r.described(g, "from"))
				if i.fromProject && !i.external && g.external {
					fix = "remove " + g.id + " from instanceSecurityGroupIds, or " + fix
				}
				f.failBy(r.by, fix, "%s allows %s to %s", r.name(g), r.traffic("from"), i)
			}
			if len(g.ingress) == 0 {
				f.pass("%s of %s has no inbound rule", g, i)
			}
		})
		found = append(found, f)
	}
	return found
}

// eachGroup calls check for each security group of each network interface of an instance, and adds what the state does
// not show about them.
func (m *model) eachGroup(f *finding, i *instance, check func(*securityGroup)) {
	f.rest(i.resource)
	for _, why := range i.unknownInterfaces {
		f.unknown("%s", why)
	}
	v := m.vpcOf(i)
	m.checkStrayRules(f)
	var checked []string
	for _, face := range i.interfaces {
		f.rest(face.by...)
		if len(face.groups) == 0 {
			f.unknown("the state does not show the security groups of %s", i)
		}
		for _, id := range face.groups {
			if slices.Contains(checked, id) {
				continue
			}
			checked = append(checked, id)
			if g := m.groupIn(id, v); g != nil {
				f.rest(g.resource)
				check(g)
				continue
			}
			f.unknown("security group %q of %s is not in the state", id, i)
		}
	}
}

// checkStrayRules adds the rules whose security group the state does not show: each group may have them. It reports
// whether there are any.
func (m *model) checkStrayRules(f *finding) bool {
	g := m.groups[""]
	if g == nil || g.resource != nil {
		return false
	}
	for _, r := range slices.Concat(g.ingress, g.egress) {
		f.unknown("the state does not show to which security group %s belongs", r.by)
	}
	return true
}
