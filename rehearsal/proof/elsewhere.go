package proof

import (
	"strings"
	"unicode"
)

// isElsewhere reports whether a resource is in a VPC that is not checked, and none of its properties contains the ID of a
// VPC with instances, or of something in it. A resource that belongs to another one, such as the listener of a load
// balancer, is in the VPC of that one.
func (m *model) isElsewhere(n *resource) bool {
	if scopeOf(n.typ) != scopeNetwork || !strings.HasPrefix(n.typ, "aws:") {
		return false
	}
	if m.here == nil {
		m.here, m.elsewhere, m.byID = m.idsHere(), map[*resource]bool{}, map[string]*resource{}
		for _, other := range m.resources {
			m.byID[other.id], m.byID[other.str("arn")] = other, other
		}
		delete(m.byID, "")
	}
	if known, ok := m.elsewhere[n]; ok {
		return known
	}
	m.elsewhere[n] = false // for resources that name each other
	elsewhere := false
	for _, properties := range []map[string]any{n.inputs, n.outputs} {
		for _, id := range idsIn(properties, nil) {
			if m.here[id] {
				return false
			}
			other := m.byID[id]
			elsewhere = elsewhere || strings.HasPrefix(id, "vpc-") || m.subnets[id] != nil || other != nil && other != n && m.isElsewhere(other)
		}
	}
	m.elsewhere[n] = elsewhere
	return elsewhere
}

// idsHere returns the ids of the VPCs of instances, and of what the state shows to be in them.
func (m *model) idsHere() map[string]bool {
	here := map[string]bool{}
	for _, v := range m.checkedVPCs() {
		for _, id := range []string{v.id, v.mainTable, v.defaultGroup, v.defaultACL} {
			here[id] = true
		}
	}
	for _, i := range m.instances {
		here[i.id], here[i.subnet] = true, true
		if s := m.subnets[i.subnet]; s != nil {
			here[s.vpc] = true
		}
		for _, face := range i.interfaces {
			here[face.id] = true
			for _, group := range face.groups {
				here[group] = true
			}
		}
	}
	for _, n := range m.resources {
		if id := n.str("vpcId"); id != "" && here[id] {
			here[n.id], here[n.str("arn")] = true, true
		}
	}
	delete(here, "")
	return here
}

// idsIn adds the texts in a value, and the words in them that may be ids of AWS, to a list.
func idsIn(value any, found []string) []string {
	switch value := value.(type) {
	case string:
		found = append(append(found, value), strings.FieldsFunc(value, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-'
		})...)
	case []any:
		for _, v := range value {
			found = idsIn(v, found)
		}
	case map[string]any:
		for _, v := range value {
			found = idsIn(v, found)
		}
	}
	return found
}
