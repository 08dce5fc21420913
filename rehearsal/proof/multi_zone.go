package proof

import (
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// proveMultiZone proves that sessions are possible when one Availability Zone fails.
func (m *model) proveMultiZone() []*finding {
	if len(m.instances) == 0 {
		return nil
	}
	f := newFinding("multi-zone", m.stack, Hardening)
	zones, vpcs := map[string]bool{}, map[string]map[string]bool{}
	var counted []*instance
	for _, i := range m.instances {
		if i.isGone() || m.startsSessions(i) == policy.No {
			continue
		}
		counted = append(counted, i)
		f.rest(i.resource)
		if m.startsSessions(i) == policy.Unknown {
			f.unknown("the state does not show whether sessions can be started on %s", i)
		}
		zone, vpcID := i.str("availabilityZone"), ""
		if s := m.subnets[i.subnet]; s != nil {
			f.rest(s.resource)
			zone, vpcID = s.zone, s.vpc
		}
		if zone == "" || vpcID == "" {
			f.unknown("the subnet of %s is not in the state", i)
			continue
		}
		zones[zone] = true
		if vpcs[vpcID] == nil {
			vpcs[vpcID] = map[string]bool{}
		}
		vpcs[vpcID][zone] = true
	}
	listed := slices.Sorted(maps.Keys(zones))
	switch {
	case len(counted) == 0:
		f.unknown("the state has no instance on which sessions can be started")
	case len(listed) > 1:
		f.pass("there are instances in %s", strings.Join(listed, ", "))
	case len(listed) == 1:
		fix := "distribute the instances over two zones or more"
		if !counted[0].external {
			fix = counted[0].fix(keyFixes.zones, fix)
		}
		f.fail(fix, "all instances are in %s", listed[0])
	}
	for _, id := range slices.Sorted(maps.Keys(vpcs)) {
		m.checkEndpointZones(f, id, slices.Sorted(maps.Keys(vpcs[id])))
	}
	return []*finding{f}
}

// startsSessions reports whether a session role in the state allows sessions on an instance. It is Yes for all
// instances if the state has no such role.
func (m *model) startsSessions(i *instance) policy.Answer {
	roles := m.sessionRoles()
	if len(roles) == 0 {
		return policy.Yes
	}
	result := policy.No
	for _, r := range roles {
		for _, context := range []policy.Context{namedDocumentContext(), defaultDocumentContext("true")} {
			switch m.decideStart(r, i, context).Effect {
			case policy.Allowed:
				return policy.Yes
			case policy.Undecided:
				result = policy.Unknown
			}
		}
	}
	return result
}

// checkEndpointZones checks that the endpoints of a VPC that sessions use have an address in each zone with instances.
func (m *model) checkEndpointZones(f *finding, vpcID string, zones []string) {
	found := false
	for _, e := range m.endpoints {
		if e.vpc != vpcID || !e.usedBySessions() || e.endpointType != interfaceEndpoint {
			continue
		}
		found = true
		f.rest(resourcesOf([]*vpcEndpoint{e})...)
		has, missing := map[string]bool{}, false
		for _, id := range e.subnets {
			if s := m.subnets[id]; s != nil {
				f.rest(s.resource)
				has[s.zone] = true
			} else {
				missing = true
			}
		}
		for _, zone := range zones {
			switch {
			case has[zone]:
			case missing:
				f.unknown("the state does not show whether %s has an address in %s", e, zone)
			default:
				f.fail(e.ask("give "+e.String()+" a subnet in "+zone), "%s has no address in %s, where there are instances", e, zone)
			}
		}
		if len(has) > 1 {
			f.pass("%s has addresses in %s", e, strings.Join(slices.Sorted(maps.Keys(has)), ", "))
		}
	}
	if !found {
		f.unknown("the state has no endpoints for the services that sessions use in the VPC %q", vpcID)
	}
}
