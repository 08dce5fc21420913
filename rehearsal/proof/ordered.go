package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// proveOrdered proves that each instance was created after everything that its agent needs when it starts.
func (m *model) proveOrdered() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := newFinding("ordered", i.name, Required)
		f.rest(i.resource)
		if i.external {
			// It existed before the stack.
			if needed := m.neededBefore(i); len(needed) > 0 {
				f.rest(needed...)
				f.assume("the agents of instances that the stack reads have connected, or were restarted, since the creation of %s", names(needed))
				found = append(found, f)
			}
			continue
		}
		before := m.createdBefore(i.resource)
		var late, contradicted []*resource
		needed := m.neededBefore(i)
		for _, n := range needed {
			switch {
			case !before[n.urn]:
				late = append(late, n)
			case n.created.After(i.created) && !i.created.IsZero():
				contradicted = append(contradicted, n)
			}
		}
		f.rest(needed...)
		if len(contradicted) > 0 {
			// An update has added or replaced them.
			f.assume("the agent of %s, which was created at %s, has connected again since %s were created later",
				i, i.created.UTC().Format(time.RFC3339), names(contradicted))
		}
		switch {
		case len(late) > 0:
			f.fail(fmt.Sprintf("add them to dependsOn of %s: an agent that starts before them sleeps for 5 to 30 minutes", i),
				"%s does not depend on %s", i, names(late))
		case len(needed) == 0:
			f.unknown("the state has nothing that the agent of %s needs", i)
		default:
			f.pass("%s depends on all %d resources that its agent needs: %s", i, len(needed), names(needed))
		}
		found = append(found, f)
	}
	return found
}

func names(resources []*resource) string {
	var texts []string
	for _, n := range resources {
		texts = append(texts, n.String())
	}
	return strings.Join(texts, ", ")
}

// neededBefore returns the resources that have to exist before an instance starts, sorted by URN. It leaves out resources
// that the stack only reads, because they existed before.
func (m *model) neededBefore(i *instance) []*resource {
	needed := map[string]*resource{}
	add := func(resources ...*resource) {
		for _, n := range resources {
			if n != nil && !n.external {
				needed[n.urn] = n
			}
		}
	}
	groups := toSet(strings.Join(i.groups, " "))
	subnets := map[string]bool{i.subnet: true}
	endpoints := map[string]bool{}
	for _, e := range m.endpointsFor(i) {
		add(e.resource)
		endpoints[e.id] = true
		for _, id := range e.subnets {
			subnets[id] = true
		}
		for _, id := range e.groups {
			groups[id] = true
		}
	}
	for id := range groups {
		if g := m.groups[id]; g != nil {
			for _, r := range slices.Concat(g.ingress, g.egress) {
				add(r.by)
			}
		}
	}
	for id := range subnets {
		add(m.associations[id])
	}
	for _, n := range m.ofType(
		"aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
		"aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation",
		"aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
	) {
		if endpoints[n.str("vpcEndpointId")] {
			add(n)
		}
	}
	if r, _ := m.roleOf(i); r != nil {
		add(r.resource, m.profiles[i.profile])
		for _, p := range r.policies {
			add(p.attachedBy)
		}
	}
	add(m.recordTargets(i.location)...)
	var sorted []*resource
	for _, urn := range slices.Sorted(maps.Keys(needed)) {
		sorted = append(sorted, needed[urn])
	}
	return sorted
}

// endpointsFor returns the endpoints that sessions on an instance use: the interface endpoints in its VPC, and the gateway
// endpoints of its route table.
func (m *model) endpointsFor(i *instance) []*vpcEndpoint {
	s := m.subnets[i.subnet]
	if s == nil {
		return nil
	}
	table, _ := m.tableOf(s)
	var found []*vpcEndpoint
	for _, e := range m.endpoints {
		onPath := e.endpointType != "Gateway" || slices.Contains(e.tables, table)
		if e.vpc == s.vpc && e.usedBySessions() && onPath {
			found = append(found, e)
		}
	}
	return found
}

// usedBySessions reports whether sessions use the endpoint.
func (e *vpcEndpoint) usedBySessions() bool {
	for _, service := range []string{serviceSSM, serviceMessages, serviceEC2Messages, serviceLogs, serviceKMS} {
		if e.serves(service) && e.endpointType == "Interface" {
			return true
		}
	}
	return e.serves(serviceS3) && e.endpointType == "Gateway"
}
