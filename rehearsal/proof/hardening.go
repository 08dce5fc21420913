package proof

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// proveEgress proves that instances can connect to endpoints, S3 and forwarding targets only.
func (m *model) proveEgress() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := newFinding("egress", i.name, Hardening)
		s := m.subnets[i.subnet]
		var v *vpc
		if s != nil {
			v = m.vpcs[s.vpc]
		}
		for _, id := range i.groups {
			g := m.groupIn(id, v)
			if g == nil {
				f.unknown("security group %q of %s is not in the state", id, i)
				continue
			}
			for _, r := range g.egress {
				m.checkEgressRule(f, r, g, v)
			}
			if len(g.egress) == 0 {
				f.pass("%s has no outbound rule", g)
			}
		}
		found = append(found, f)
	}
	return found
}

// checkEgressRule checks that an outbound rule allows no more than is needed.
func (m *model) checkEgressRule(f *finding, r rule, g *securityGroup, v *vpc) {
	onePort := r.protocol == "tcp" && r.from == r.to && r.from > 0
	traffic := r.traffic("to")
	switch {
	case !onePort:
		f.fail(r.by.fix(keyFixes.instanceEgress, "replace "+r.name(g)+" by rules with one TCP port each"),
			"%s allows %s", r.name(g), traffic)
	case r.group != "" && r.from == httpsPort && m.isEndpointGroup(r.group):
		f.pass("%s allows %s, the group of endpoints", r.name(g), traffic)
	case r.list != "" && m.isGatewayList(r.list) && (r.from == httpsPort || r.from == httpPort):
		f.pass("%s allows %s, the list of a gateway endpoint", r.name(g), traffic)
	case r.block.IsValid() && m.isForwardTarget(r, v):
		f.pass("%s allows %s, a target of port forwarding", r.name(g), traffic)
	default:
		f.fail(r.by.fix(keyFixes.instanceEgress, "remove "+r.name(g)+", or limit it to the groups and prefix lists of endpoints"),
			"%s allows %s, which is not an endpoint", r.name(g), traffic)
	}
}

// isEndpointGroup reports whether a security group belongs to an endpoint and to no instance.
func (m *model) isEndpointGroup(id string) bool {
	return slices.ContainsFunc(m.endpoints, func(e *vpcEndpoint) bool { return slices.Contains(e.groups, id) }) &&
		!slices.ContainsFunc(m.instances, func(i *instance) bool { return slices.Contains(i.groups, id) })
}

// isForwardTarget reports whether a rule is for a target of port forwarding: one that the stack lists, or one
// in the VPC if the stack records no list.
func (m *model) isForwardTarget(r rule, v *vpc) bool {
	if m.intent.forwardKnown {
		return slices.Contains(m.intent.forward, fmt.Sprintf("%s:%d", r.block, r.from))
	}
	return v != nil && slices.ContainsFunc(v.blocks, func(b netip.Prefix) bool { return contains(b, r.block) })
}

// proveDefaultGroup proves that the default security groups have no rules.
func (m *model) proveDefaultGroup() []*finding {
	var found []*finding
	for _, v := range m.instanceVPCs() {
		f := newFinding("default-sg", v.name, Hardening)
		g := m.groupIn(v.defaultGroup, v)
		managed := g != nil && g.resource != v.resource
		switch {
		case !managed:
			f.fail("add a DefaultSecurityGroup without rules for "+v.String(),
				"the default security group of %s has the rules of AWS: all traffic within the group, and all outbound traffic", v)
		case len(g.ingress)+len(g.egress) > 0:
			for _, r := range g.ingress {
				f.fail("remove "+r.name(g), "the default security group of %s allows %s", v, r.traffic("from"))
			}
			for _, r := range g.egress {
				f.fail("remove "+r.name(g), "the default security group of %s allows %s", v, r.traffic("to"))
			}
		default:
			f.pass("%s removes the rules of the default security group of %s", g, v)
		}
		found = append(found, f)
	}
	return found
}

// perInstance makes a hardening claim about each instance.
func (m *model) perInstance(id string, check func(*finding, *instance)) []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := newFinding(id, i.name, Hardening)
		check(f, i)
		found = append(found, f)
	}
	return found
}

// proveIMDSv2 proves that the instance metadata service requires session tokens, which do not leave the
// instance.
func (m *model) proveIMDSv2() []*finding {
	return m.perInstance("imdsv2", func(f *finding, i *instance) {
		options := i.object("metadataOptions")
		tokens := asStr(options["httpTokens"])
		if tokens != "required" && asStr(options["httpEndpoint"]) != "disabled" {
			f.fail(i.fix(keyFixes.imds, "set metadataOptions.httpTokens to required on "+i.String()),
				"the metadata service of %s answers requests without a token: httpTokens is %q", i, tokens)
		}
		if hops := asInt(options["httpPutResponseHopLimit"], 1); hops > 1 {
			f.fail("set metadataOptions.httpPutResponseHopLimit to 1 on "+i.String(), "tokens of %s can travel %d network hops", i, hops)
		}
		if f.passing() {
			f.pass("the metadata service of %s requires tokens, which travel one network hop", i)
		}
	})
}

// proveEncrypted proves that volumes are encrypted.
func (m *model) proveEncrypted() []*finding {
	return m.perInstance("encrypted", func(f *finding, i *instance) {
		root := i.object("rootBlockDevice")
		switch {
		case root == nil:
			f.unknown("the root volume of %s is not in the state", i)
		case !asBool(root["encrypted"], false):
			f.fail(i.fix(keyFixes.rootVolumeEncrypted, "set rootBlockDevice.encrypted to true on "+i.String()),
				"the root volume of %s is not encrypted", i)
		default:
			f.pass("the root volume of %s is encrypted", i)
		}
		for _, device := range i.objects("ebsBlockDevices") {
			if !asBool(device["encrypted"], false) {
				name := asStr(device["deviceName"])
				f.fail("set encrypted to true on ebsBlockDevices "+name+" of "+i.String(), "volume %s of %s is not encrypted", name, i)
			}
		}
		m.checkAttachedVolumes(f, i)
	})
}

// checkAttachedVolumes checks volumes that are resources of their own.
func (m *model) checkAttachedVolumes(f *finding, i *instance) {
	for _, attachment := range m.ofType("aws:ec2/volumeAttachment:VolumeAttachment") {
		if attachment.str("instanceId") != i.id {
			continue
		}
		id := attachment.str("volumeId")
		volumes := slices.DeleteFunc(m.ofType("aws:ebs/volume:Volume"), func(n *resource) bool { return n.id != id })
		switch {
		case len(volumes) == 0:
			f.unknown("volume %q of %s is not in the state", id, attachment)
		case !volumes[0].boolean("encrypted", false):
			f.fail("set encrypted to true on "+volumes[0].String(), "%s of %s is not encrypted", volumes[0], i)
		}
	}
}

// proveMultiZone proves that sessions are possible when one Availability Zone fails.
func (m *model) proveMultiZone() []*finding {
	f := newFinding("multi-zone", m.stack, Hardening)
	zones := map[string]bool{}
	for _, i := range m.instances {
		zone := i.str("availabilityZone")
		if s := m.subnets[i.subnet]; s != nil {
			zone = s.zone
		}
		zones[zone] = true
	}
	listed := slices.Sorted(maps.Keys(zones))
	if len(listed) < 2 {
		f.fail(m.instances[0].fix(keyFixes.zones, "distribute the instances over two zones or more"),
			"all instances are in %s", strings.Join(listed, ""))
	} else {
		f.pass("there are instances in %s", strings.Join(listed, ", "))
	}
	for _, e := range m.endpoints {
		if !e.usedBySessions() || e.endpointType != "Interface" {
			continue
		}
		has := map[string]bool{}
		for _, id := range e.subnets {
			if s := m.subnets[id]; s != nil {
				has[s.zone] = true
			}
		}
		for _, zone := range listed {
			if !has[zone] {
				f.fail("give "+e.String()+" a subnet in "+zone, "%s has no address in %s, where there are instances", e, zone)
			}
		}
		if len(has) > 1 {
			f.pass("%s has addresses in %s", e, strings.Join(slices.Sorted(maps.Keys(has)), ", "))
		}
	}
	return []*finding{f}
}

// proveProtected proves that EC2 refuses to terminate instances.
func (m *model) proveProtected() []*finding {
	return m.perInstance("protected", func(f *finding, i *instance) {
		if i.boolean("disableApiTermination", false) {
			f.pass("EC2 refuses to terminate %s", i)
		} else {
			f.fail(i.fix(keyFixes.terminationProtection, "set disableApiTermination to true on "+i.String()), "%s can be terminated", i)
		}
	})
}
