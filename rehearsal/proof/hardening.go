package proof

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
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
	fix := r.by.fix(keyFixes.instanceEgress, "remove "+r.name(g)+", or limit it to the groups and prefix lists of endpoints")
	in := m.membersOf(r.group, v)
	f.rest(m.listResources(r.list)...)
	switch {
	case r.protocol == "" || r.protocol == "tcp" && (r.from < 0 || r.to < 0) || r.group == "" && r.list == "" && !r.block.IsValid():
		f.unknown("%s allows %s: the state does not show what that is", r.name(g), traffic)
	case !onePort:
		f.failBy(r.by, r.by.fix(keyFixes.instanceEgress, "replace "+r.name(g)+" by rules with one TCP port each"),
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

// proveDefaultGroup proves that the default security groups have no rules.
func (m *model) proveDefaultGroup() []*finding {
	var found []*finding
	for _, v := range m.judgedVPCs() {
		f := newFinding("default-sg", v.name, Hardening)
		f.rest(v.resource)
		for _, n := range m.ofType("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup") {
			if n.str("vpcId") == v.id {
				f.rest(n)
			}
		}
		m.checkStrayRules(f)
		g := m.groupIn(v.defaultGroup, v)
		switch {
		case g == nil && v.external:
			f.unknownUntil(v.ask("remove the rules of its default security group"), "the state does not show the rules of the default security group of %s", v)
		case g == nil:
			f.unknown("the state does not show the default security group of %s", v)
		case g.resource == v.resource:
			f.failMissing("add a DefaultSecurityGroup without rules for "+v.String(),
				"the default security group of %s has the rules of AWS: all traffic within the group, and all outbound traffic", v)
		case len(g.ingress)+len(g.egress) > 0:
			f.rest(g.resource)
			for _, r := range g.ingress {
				f.failBy(r.by, "remove "+r.name(g), "the default security group of %s allows %s", v, r.traffic("from"))
			}
			for _, r := range g.egress {
				f.failBy(r.by, "remove "+r.name(g), "the default security group of %s allows %s", v, r.traffic("to"))
			}
		default:
			f.rest(g.resource)
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
		f.rest(i.resource)
		check(f, i)
		found = append(found, f)
	}
	return found
}

// proveIMDSv2 proves that the instance metadata service requires session tokens, which do not leave the
// instance. The properties of an instance have the result of its launch template, its image and the defaults of the
// account.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html
func (m *model) proveIMDSv2() []*finding {
	return m.perInstance("imdsv2", func(f *finding, i *instance) {
		options := i.object("metadataOptions")
		tokens, hops := asStr(options["httpTokens"]), asInt(options["httpPutResponseHopLimit"], -1)
		if asStr(options["httpEndpoint"]) == "disabled" {
			f.pass("the metadata service of %s is disabled", i)
			return
		}
		switch tokens {
		case "required":
		case "":
			f.unknown("the state does not show whether the metadata service of %s requires tokens", i)
		default:
			f.fail(i.fix(keyFixes.imds, "set metadataOptions.httpTokens to required on "+i.String()),
				"the metadata service of %s answers requests without a token: httpTokens is %q", i, tokens)
		}
		switch {
		case hops > 1:
			f.fail(i.fix(keyFixes.imdsHopLimit, "set metadataOptions.httpPutResponseHopLimit to 1 on "+i.String()), "tokens of %s can travel %d network hops", i, hops)
		case hops < 1:
			f.unknown("the state does not show how many network hops the tokens of %s can travel", i)
		}
		if f.passing() {
			f.pass("the metadata service of %s requires tokens, which travel one network hop", i)
		}
	})
}

// proveEncrypted proves that volumes are encrypted.
func (m *model) proveEncrypted() []*finding {
	return m.perInstance("encrypted", func(f *finding, i *instance) {
		m.checkEncrypted(f, i, i.object("rootBlockDevice")["encrypted"], "the root volume of "+i.String(),
			i.fix(keyFixes.rootVolumeEncrypted, "set rootBlockDevice.encrypted to true on "+i.String()))
		for _, device := range i.objects("ebsBlockDevices") {
			name := asStr(device["deviceName"])
			m.checkEncrypted(f, i, device["encrypted"], fmt.Sprintf("volume %s of %s", name, i),
				i.ask("set encrypted to true on ebsBlockDevices "+name+" of "+i.String()))
		}
		for _, device := range i.objects("ephemeralBlockDevices") {
			if !asBool(device["noDevice"], false) {
				f.unknown("the state does not show whether the instance store %s of %s is encrypted", asStr(device["deviceName"]), i)
			}
		}
		if i.launchTemplate() != nil && i.value("ebsBlockDevices") == nil {
			f.unknown("the state does not show which volumes the launch template of %s adds", i)
		}
		m.checkAttachedVolumes(f, i)
	})
}

// checkEncrypted checks that a volume is encrypted. If the state does not show whether it is, the default of the
// account decides for volumes that were created afterwards.
// https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
func (m *model) checkEncrypted(f *finding, i *instance, encrypted any, what, fix string) {
	switch {
	case asBool(encrypted, false):
		f.pass("%s is encrypted", what)
	case encrypted != nil:
		f.fail(fix, "%s is not encrypted", what)
	default:
		if setting := m.encryptionByDefault(i); setting != nil {
			f.rest(setting)
			f.pass("%s encrypts %s", setting, what)
			return
		}
		f.unknown("the state does not show whether %s is encrypted", what)
	}
}

// encryptionByDefault returns the setting that made the account encrypt new volumes when the instance was created, or
// nil.
func (m *model) encryptionByDefault(i *instance) *resource {
	before := m.createdBefore(i.resource)
	for _, n := range m.ofType("aws:ebs/encryptionByDefault:EncryptionByDefault") {
		if n.boolean("enabled", true) && before[n.urn] && n.region == i.region && n.account == i.account && i.region != "" {
			return n
		}
	}
	return nil
}

// checkAttachedVolumes checks volumes that are resources of their own.
func (m *model) checkAttachedVolumes(f *finding, i *instance) {
	for _, attachment := range m.ofType("aws:ec2/volumeAttachment:VolumeAttachment") {
		if attachment.str("instanceId") != i.id {
			continue
		}
		f.rest(attachment)
		id := attachment.str("volumeId")
		volumes := slices.DeleteFunc(m.ofType("aws:ebs/volume:Volume"), func(n *resource) bool { return n.id != id })
		if len(volumes) == 0 {
			f.unknown("volume %q of %s is not in the state", id, attachment)
			continue
		}
		f.rest(volumes[0])
		m.checkEncrypted(f, i, volumes[0].value("encrypted"), fmt.Sprintf("%s of %s", volumes[0], i), "set encrypted to true on "+volumes[0].String())
	}
}

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

// isGone reports whether the instance is terminated, or soon will be.
func (i *instance) isGone() bool {
	return slices.Contains([]string{"terminated", "shutting-down"}, i.str("instanceState"))
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

// proveProtected proves that EC2 refuses to terminate instances. Stop protection also protects from termination. Spot
// Instances are not protected, and neither are instances that a shutdown terminates.
//
//   - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
//   - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html
func (m *model) proveProtected() []*finding {
	return m.perInstance("protected", func(f *finding, i *instance) {
		fix := i.fix(keyFixes.terminationProtection, "set disableApiTermination to true on "+i.String())
		protected, stop := i.value("disableApiTermination"), i.boolean("disableApiStop", false)
		switch {
		case i.str("instanceInitiatedShutdownBehavior") == "terminate":
			f.fail(i.ask("set instanceInitiatedShutdownBehavior to stop on "+i.String()), "shutting down the operating system of %s terminates it", i)
		case i.str("instanceLifecycle") == "spot" || i.isSpot():
			f.fail(i.ask("launch "+i.String()+" as an On-Demand Instance"), "%s is a Spot Instance, which EC2 terminates when it needs the capacity", i)
		case asBool(protected, false) || stop:
			f.pass("EC2 refuses to terminate %s", i)
		case protected == nil && i.launchTemplate() != nil:
			f.unknown("the state does not show whether the launch template of %s protects it", i)
		default:
			f.fail(fix, "%s can be terminated", i)
		}
	})
}

// isSpot reports whether the instance was requested as a Spot Instance.
func (i *instance) isSpot() bool {
	return asStr(i.object("instanceMarketOptions")["marketType"]) == "spot"
}
