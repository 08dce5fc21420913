package proof

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"bastionless/rehearsal/report"
)

// proveEgress proves that instances connect to endpoints, to S3 and to what is forwarded,
// and to nothing else.
func (m *model) proveEgress() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := claimOf("egress", i.name, report.Hardening)
		s := m.subnets[i.subnet]
		var v *vpc
		if s != nil {
			v = m.vpcs[s.vpc]
		}
		for _, id := range i.groups {
			g := m.groupIn(id, v)
			if g == nil {
				f.doubts("the rules of security group %q of %s, which is not in the state", id, i)
				continue
			}
			for _, r := range g.egress {
				m.needed(f, r, g, v)
			}
			if len(g.egress) == 0 {
				f.holds("%s has no rule that lets anything out", g)
			}
		}
		found = append(found, f)
	}
	return found
}

// needed proves that one rule lets out no more than is needed.
func (m *model) needed(f *finding, r rule, g *group, v *vpc) {
	onePort := r.protocol == "tcp" && r.from == r.to && r.from > 0
	switch {
	case !onePort:
		f.breaks("allow the TCP ports that are needed, each by itself, in place of "+r.name(g), "%s lets out %s", r.name(g), r)
	case r.group != "" && r.from == httpsPort && m.guardsDoors(r.group):
		f.holds("%s lets out %s, which guards endpoints", r.name(g), r)
	case r.list != "" && m.isGatewayList(r.list) && (r.from == httpsPort || r.from == httpPort):
		f.holds("%s lets out %s, which is a gateway endpoint's", r.name(g), r)
	case r.block.IsValid() && m.forwards(r, v):
		f.holds("%s lets out %s, for ports that sessions forward", r.name(g), r)
	default:
		f.breaks("remove "+r.name(g)+", or narrow it to endpoints' groups and prefix lists", "%s lets out %s, which is no endpoint", r.name(g), r)
	}
}

// guardsDoors says whether a group is one of an endpoint's and of no instance's.
func (m *model) guardsDoors(id string) bool {
	return slices.ContainsFunc(m.doors, func(d *door) bool { return slices.Contains(d.groups, id) }) &&
		!slices.ContainsFunc(m.instances, func(i *instance) bool { return slices.Contains(i.groups, id) })
}

// forwards says whether a rule is for a forwarded port: one that the stack lists, or one
// within the VPC where a stack lists none.
func (m *model) forwards(r rule, v *vpc) bool {
	if m.intent.groupsKnown {
		return slices.Contains(m.intent.forward, fmt.Sprintf("%s:%d", r.block, r.from))
	}
	return v != nil && slices.ContainsFunc(v.blocks, func(b netip.Prefix) bool { return within(b, r.block) })
}

// proveDefaultGroup proves that the default security groups admit and let out nothing.
func (m *model) proveDefaultGroup() []*finding {
	var found []*finding
	for _, v := range m.instanceVPCs() {
		f := claimOf("default-sg", v.name, report.Hardening)
		g := m.groupIn(v.defaultGroup, v)
		managed := g != nil && g.node != v.node
		switch {
		case !managed:
			f.breaks("add a DefaultSecurityGroup without rules for "+v.String(), "the default security group of %s has AWS's rules: all within it, and all out", v)
		case len(g.ingress)+len(g.egress) > 0:
			for _, r := range slices.Concat(g.ingress, g.egress) {
				f.breaks("remove "+r.name(g), "the default security group of %s lets through %s", v, r)
			}
		default:
			f.holds("%s has emptied the default security group of %s", g, v)
		}
		found = append(found, f)
	}
	return found
}

// perInstance looks into a hardening claim for each instance.
func (m *model) perInstance(id string, look func(*finding, *instance)) []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := claimOf(id, i.name, report.Hardening)
		look(f, i)
		found = append(found, f)
	}
	return found
}

// proveIMDSv2 proves that metadata is given to version 2 of its protocol alone.
func (m *model) proveIMDSv2() []*finding {
	return m.perInstance("imdsv2", func(f *finding, i *instance) {
		options := i.object("metadataOptions")
		tokens := asText(options["httpTokens"])
		if tokens != "required" && asText(options["httpEndpoint"]) != "disabled" {
			f.breaks("set metadataOptions.httpTokens to required on "+i.String(), "%s answers to version 1: httpTokens is %q", i, tokens)
		}
		if hops := asNumber(options["httpPutResponseHopLimit"], 1); hops > 1 {
			f.breaks("set metadataOptions.httpPutResponseHopLimit to 1 on "+i.String(), "%s lets tokens travel %d hops, out of the instance", i, hops)
		}
		if f.whole() {
			f.holds("%s demands tokens, which travel one hop", i)
		}
	})
}

// proveEncrypted proves that disks are encrypted.
func (m *model) proveEncrypted() []*finding {
	return m.perInstance("encrypted", func(f *finding, i *instance) {
		root := i.object("rootBlockDevice")
		switch {
		case root == nil:
			f.doubts("whether the root volume of %s is encrypted", i)
		case !asFlag(root["encrypted"], false):
			f.breaks("set rootBlockDevice.encrypted to true on "+i.String(), "the root volume of %s is not encrypted", i)
		default:
			f.holds("the root volume of %s is encrypted", i)
		}
		for _, device := range i.objects("ebsBlockDevices") {
			if !asFlag(device["encrypted"], false) {
				f.breaks("set encrypted to true on it", "volume %s of %s is not encrypted", asText(device["deviceName"]), i)
			}
		}
		m.attachedVolumes(f, i)
	})
}

// attachedVolumes proves it of volumes that are resources of their own.
func (m *model) attachedVolumes(f *finding, i *instance) {
	for _, attachment := range m.kind("aws:ec2/volumeAttachment:VolumeAttachment") {
		if attachment.text("instanceId") != i.id {
			continue
		}
		volumes := slices.DeleteFunc(m.kind("aws:ebs/volume:Volume"), func(n *node) bool { return n.id != attachment.text("volumeId") })
		switch {
		case len(volumes) == 0:
			f.doubts("whether volume %q is encrypted, which %s attaches and which is not in the state", attachment.text("volumeId"), attachment)
		case !volumes[0].flag("encrypted", false):
			f.breaks("set encrypted to true on "+volumes[0].String(), "%s of %s is not encrypted", volumes[0], i)
		}
	}
}

// proveMultiZone proves that sessions outlive the failure of one zone.
func (m *model) proveMultiZone() []*finding {
	f := claimOf("multi-zone", m.stack, report.Hardening)
	zones := map[string]bool{}
	for _, i := range m.instances {
		zone := i.text("availabilityZone")
		if s := m.subnets[i.subnet]; s != nil {
			zone = s.zone
		}
		zones[zone] = true
	}
	listed := slices.Sorted(maps.Keys(zones))
	if len(listed) < 2 {
		f.breaks("put instances into two zones or more", "all instances are in %s", strings.Join(listed, ""))
	} else {
		f.holds("there are instances in %s", strings.Join(listed, ", "))
	}
	for _, d := range m.doors {
		if !d.forSessions() || d.kind != "Interface" {
			continue
		}
		has := map[string]bool{}
		for _, id := range d.subnets {
			if s := m.subnets[id]; s != nil {
				has[s.zone] = true
			}
		}
		for _, zone := range listed {
			if !has[zone] {
				f.breaks("give "+d.String()+" a subnet in "+zone, "%s has no address in %s, where there are instances", d, zone)
			}
		}
		if len(has) > 1 {
			f.holds("%s has addresses in %s", d, strings.Join(slices.Sorted(maps.Keys(has)), ", "))
		}
	}
	return []*finding{f}
}

// proveProtected proves that nobody ends an instance by mistake.
func (m *model) proveProtected() []*finding {
	return m.perInstance("protected", func(f *finding, i *instance) {
		if i.flag("disableApiTermination", false) {
			f.holds("%s refuses to be terminated", i)
		} else {
			f.breaks("set disableApiTermination to true on "+i.String(), "%s can be terminated", i)
		}
	})
}
