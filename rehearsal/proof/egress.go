package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// proveEgress proves that instances can connect to endpoints, S3 and forwarding targets only.
func (m *model) proveEgress() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := newFinding("egress", i.name, Hardening)
		v := m.vpcOf(i)
		m.eachGroup(f, i, func(g *securityGroup) {
			for _, r := range g.egress {
				m.checkEgressRule(f, r, g, v)
			}
			if len(g.egress) == 0 {
				f.pass("%s has no outbound rule", g)
			}
		})
		found = append(found, f)
	}
	return found
}

// checkEgressRule checks that an outbound rule allows no more than is needed.
func (m *model) checkEgressRule(f *finding, r rule, g *securityGroup, v *vpc) {
	onePort := r.protocol == "tcp" && r.from == r.to && r.from > 0
	traffic := r.traffic("to")
	fix := r.by.fix(keyFixes.instanceEgress, "remove "+r.described(g, "to")+", or limit it to the groups and prefix lists of endpoints")
	in := m.membersOf(r.group, v)
	f.rest(m.listResources(r.list)...)
	switch {
	case r.protocol == "" || r.protocol == "tcp" && (r.from < 0 || r.to < 0) || r.group == "" && r.list == "" && !r.block.IsValid():
		f.unknown("%s allows %s: the state does not show what that is", r.name(g), traffic)
	case !onePort:
		f.failBy(r.by, r.by.fix(keyFixes.instanceEgress, "replace "+r.described(g, "to")+" with rules for one TCP port each"),
			"%s allows %s", r.name(g), traffic)
	case r.group != "" && m.groups[r.group] == nil && (v == nil || r.group != v.defaultGroup) && !in.endpoints:
		f.unknown("%s allows %s, which is not in the state", r.name(g), traffic)
	case in.endpoints && r.from == httpsPort && len(in.others) > 0:
		f.unknown("%s allows %s, which %s may use, too", r.name(g), traffic, names(in.others))
	case in.endpoints && r.from == httpsPort:
		f.rest(r.by)
		f.pass("%s allows %s, the group of endpoints", r.name(g), traffic)
	case r.list != "" && m.isGatewayListOf(r.list, v) && (r.from == httpsPort || r.from == httpPort):
		f.rest(r.by)
		f.pass("%s allows %s, the list of a gateway endpoint", r.name(g), traffic)
	case r.list != "" && m.lists[r.list] == nil && !m.isGatewayList(r.list):
		f.unknown("%s allows %s, which is not in the state", r.name(g), traffic)
	case m.areForwardTargets(r, v):
		f.rest(r.by)
		f.pass("%s allows %s, a target of port forwarding", r.name(g), traffic)
	default:
		f.failBy(r.by, fix, "%s allows %s, which is not an endpoint", r.name(g), traffic)
	}
}

// members describes what belongs to a security group.
type members struct {
	// endpoints is true if interface endpoints in the VPC belong to the group, and no instance does.
	endpoints bool
	// others are further resources that name the group.
	others []*resource
}

// membersOf returns what belongs to a security group.
func (m *model) membersOf(id string, v *vpc) members {
	if id == "" || v == nil {
		return members{}
	}
	if m.members == nil {
		m.members = map[[2]string]members{}
	}
	key := [2]string{id, v.id}
	if _, known := m.members[key]; !known {
		m.members[key] = m.findMembers(id, v)
	}
	return m.members[key]
}

func (m *model) findMembers(id string, v *vpc) members {
	var found members
	for _, e := range m.endpoints {
		if e.vpc == v.id && e.endpointType == interfaceEndpoint && slices.Contains(m.groupsOf(e), id) {
			found.endpoints = true
		}
	}
	for _, i := range m.instances {
		for _, face := range i.interfaces {
			if slices.Contains(face.groups, id) {
				return members{}
			}
		}
	}
	for _, n := range m.resources {
		if groupReferences[n.typ] || strings.HasPrefix(n.typ, "pulumi:") {
			continue
		}
		for _, key := range []string{"securityGroups", "securityGroupIds", "vpcSecurityGroupIds", "securityGroupId", "vpcConfig", "networkConfiguration"} {
			if mentions(n.value(key), id) {
				found.others = append(found.others, n)
				break
			}
		}
	}
	return found
}

// groupReferences are the types that name a security group and do not belong to it, or are read elsewhere.
var groupReferences = toSet(`aws:ec2/vpcEndpoint:VpcEndpoint aws:ec2/instance:Instance aws:ec2/securityGroupAssociation:SecurityGroupAssociation
	aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule
	aws:ec2/securityGroupRule:SecurityGroupRule aws:vpc/securityGroupRulesExclusive:SecurityGroupRulesExclusive
	aws:vpc/securityGroupVpcAssociation:SecurityGroupVpcAssociation aws:ec2/launchTemplate:LaunchTemplate`)

// mentions reports whether a value contains a text.
func mentions(value any, text string) bool {
	switch value := value.(type) {
	case string:
		return strings.Contains(value, text)
	case []any:
		return slices.ContainsFunc(value, func(v any) bool { return mentions(v, text) })
	case map[string]any:
		for _, v := range value {
			if mentions(v, text) {
				return true
			}
		}
	}
	return false
}

// isGatewayListOf reports whether a prefix list is that of a gateway endpoint in the VPC.
func (m *model) isGatewayListOf(id string, v *vpc) bool {
	return v != nil && slices.ContainsFunc(m.endpoints, func(e *vpcEndpoint) bool {
		return e.vpc == v.id && e.prefixList == id && e.endpointType == gatewayEndpoint
	})
}

// areForwardTargets reports whether a rule is for targets of port forwarding: those that the stack lists, or those
// in the VPC if the stack records no list.
func (m *model) areForwardTargets(r rule, v *vpc) bool {
	blocks := []netip.Prefix{r.block}
	if list := m.lists[r.list]; list != nil {
		blocks = list.blocks
	}
	for _, block := range blocks {
		target := m.intent.forwardKnown && slices.Contains(m.intent.forward, fmt.Sprintf("%s:%d", block, r.from)) ||
			!m.intent.forwardKnown && v != nil && slices.ContainsFunc(v.blocks, func(b netip.Prefix) bool { return contains(b, block) })
		if !target {
			return false
		}
	}
	return len(blocks) > 0
}
