package proof

import (
	"fmt"
	"slices"
)

// proveDefaultGroup proves that the default security groups have no rules.
func (m *model) proveDefaultGroup() []*finding {
	var found []*finding
	for _, v := range m.checkedVPCs() {
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
				f.failBy(r.by, "remove "+r.described(g, "from"), "the default security group of %s allows %s", v, r.traffic("from"))
			}
			for _, r := range g.egress {
				f.failBy(r.by, "remove "+r.described(g, "to"), "the default security group of %s allows %s", v, r.traffic("to"))
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

// isGone reports whether the instance is terminated, or soon will be.
func (i *instance) isGone() bool {
	return slices.Contains([]string{"terminated", "shutting-down"}, i.str("instanceState"))
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
		case protected == nil && i.external:
			f.unknownUntil(fix, "the state does not show whether EC2 refuses to terminate %s", i)
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
