package proof

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// proveAgent proves that the role of each instance allows what its agent needs for sessions.
func (m *model) proveAgent() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := newFinding("agent", i.name, Required)
		m.checkAgent(f, i)
		if other := m.otherImages([]*instance{i}); len(other) > 0 && f.passing() {
			m.assumeAgentIsInstalled(f, i, other[0])
		}
		found = append(found, f)
	}
	return found
}

func (m *model) checkAgent(f *finding, i *instance) {
	if options := i.object("metadataOptions"); asStr(options["httpEndpoint"]) == "disabled" {
		f.fail(i.ask("set metadataOptions.httpEndpoint to enabled on "+i.String()),
			"the agent of %s cannot get credentials: the instance metadata service is disabled", i)
	}
	r, missing := m.roleOf(i)
	switch {
	case missing != "":
		f.unknown("%s", missing)
		return
	case r == nil && m.hostManagement(i) != nil:
		m.checkHostManagement(f, i, m.hostManagement(i))
		return
	case r == nil:
		m.failWithoutRole(f, i)
		return
	}
	f.rest(i.resource, m.profiles[i.profile])
	m.restOnRole(f, r)
	if r.missing {
		m.checkMissingRole(f, i, r)
		return
	}
	if profile := m.profiles[i.profile]; differ(profile.account, i.account) || differ(r.account(), i.account) {
		f.unknown("%s, %s and %s are in different accounts, so the names may refer to other resources", i, profile, r)
		return
	}
	f.pass("%s has %s through %s", i, r, m.profiles[i.profile])
	m.checkTrustsEC2(f, r, r.trust, r)
	m.checkAgentRole(f, i, r)
}

// checkAgentRole checks that the policies of a role allow what the agent of an instance needs.
func (m *model) checkAgentRole(f *finding, i *instance, r *role) {
	policies, unknown := r.identityPolicies()
	if r.boundary != "" {
		boundary, err := m.managedPolicy(r.boundary)
		if err != nil || boundary == nil {
			f.unknownUntil(r.fix(keyFixes.permissionsBoundary, ""), "the content of %s, the permissions boundary of %s, is not in the state", r.boundary, r)
			return
		}
		policies.Boundary = boundary
	}
	for _, d := range m.usedDocuments(i.location) {
		f.rest(d.resource)
		if d.unreadable != "" {
			f.unknown("the state does not show what the agent needs for %s: %s", d, d.unreadable)
		}
	}
	// Without the workload's policies, the agent's own have to allow everything.
	var assumed []string
	unknown = slices.DeleteFunc(unknown, func(name string) bool {
		isWorkload := slices.Contains(m.intent.policyARNs, name)
		if isWorkload {
			assumed = append(assumed, name)
		}
		return isWorkload
	})
	for _, n := range m.needs(i) {
		m.checkNeed(f, i, r, n, policies, unknown)
	}
	if len(assumed) > 0 && f.passing() {
		f.assume("%s denies nothing that the agent of %s needs", strings.Join(assumed, ", "), i)
	}
}

// failWithoutRole adds that an instance has no role, because it has no instance profile or the profile has none.
func (m *model) failWithoutRole(f *finding, i *instance) {
	f.rest(i.resource, m.profiles[i.profile])
	if profile := m.profiles[i.profile]; profile != nil {
		f.fail(profile.ask("add a role that has AmazonSSMManagedInstanceCore to "+profile.String()), "%s of %s has no role", profile, i)
		return
	}
	f.fail(i.ask("give "+i.String()+" an instance profile whose role has AmazonSSMManagedInstanceCore"), "%s has no instance profile", i)
}

// otherImages returns the AMIs of those of the instances that the stack creates with another Linux distribution.
func (m *model) otherImages(instances []*instance) []string {
	var images []string
	for _, i := range instances {
		if m.intent.os == contract.OtherOS && i.fromProject && !i.external {
			images = addTo(images, asStr(i.input("ami")))
		}
	}
	return images
}

// assumeAgentIsInstalled assumes that an instance has the SSM Agent, which no state shows. All images of Amazon Linux
// that the program looks up have it.
func (m *model) assumeAgentIsInstalled(f *finding, i *instance, image string) {
	if m.downloadsAgent(i) {
		f.assume("%s, the AMI in amiId, has the SSM Agent, or user data installs it", image)
		return
	}
	f.assume("%s, the AMI in amiId, has the SSM Agent", image)
}

// hostManagement returns the service setting of Default Host Management Configuration at the location of an instance, if
// it is on. It provides credentials to the agents of instances without a role.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/managed-instances-default-host-management.html
func (m *model) hostManagement(i *instance) *resource {
	for _, n := range m.ofType(serviceSettingType) {
		if value := n.str("settingValue"); n.isHostManagement() && !differ(n.account, i.account) && !differ(n.region, i.region) && value != "" && value != "$None" {
			return n
		}
	}
	return nil
}

const serviceSettingType = "aws:ssm/serviceSetting:ServiceSetting"

// isHostManagement reports whether the resource is the service setting of Default Host Management Configuration.
func (r *resource) isHostManagement() bool {
	return r.typ == serviceSettingType && strings.HasSuffix(cmp.Or(r.str("settingId"), r.id), "/ssm/managed-instance/default-ec2-instance-management-role")
}

// checkHostManagement checks whether the role of Default Host Management Configuration is enough. AWS's policy for it
// allows nothing that records and encrypted sessions need.
func (m *model) checkHostManagement(f *finding, i *instance, setting *resource) {
	f.rest(i.resource, setting)
	for _, n := range m.recordingNeeds(i.location) {
		f.unknownUntil(i.ask("give "+i.String()+" an instance profile"), "%s, to %s: the role of Default Host Management Configuration is not in the state", n, n.why)
	}
	f.assume("Default Host Management Configuration (%s) provides the agents of instances without a role with credentials", setting.str("settingValue"))
}

// checkMissingRole checks the role of an existing instance that the state does not contain: the policies that this
// stack adds to it, and whether the program has looked up the others.
func (m *model) checkMissingRole(f *finding, i *instance, r *role) {
	policies, unknown := r.identityPolicies()
	if trust := m.intent.trustPolicies[r.name]; trust != nil {
		m.checkTrustsEC2(f, r, trust, "the role "+r.name)
	}
	if slices.Contains(m.intent.denyingRoles, r.name) {
		f.fail(r.ask("remove what denies the agent its requests from the policies of the role "+r.name),
			"policies of the role %s of %s denied the agent what it needs when the program looked it up", r.name, r)
	}
	lookedUp := slices.Contains(m.intent.agentRoles, r.name)
	for _, n := range m.needs(i) {
		if lookedUp && n.grant == "" {
			continue
		}
		m.checkNeed(f, i, r, n, policies, unknown)
	}
	if lookedUp {
		f.assume("the role %s of %s still has the permissions of the agent, which it had when the program looked it up", r.name, r)
	}
	m.assumeNothingDenied(f, r)
}

// assumeNothingDenied adds what is assumed about a role that the state does not contain.
func (m *model) assumeNothingDenied(f *finding, r *role) {
	if m.intent.trustPolicies[r.name] != nil {
		f.assume("the role %s of %s still has the trust policy that the program looked up, and no policy outside the state denies "+
			"the role the requests of the agent", r.name, r)
		return
	}
	f.assume("EC2 can assume the role %s of %s, and no policy outside the state denies the role the requests of the agent", r.name, r)
}

// checkNeed checks that the role allows a request of the agent. unknown are the policies whose content is
// unknown.
func (m *model) checkNeed(f *finding, i *instance, r *role, n need, policies policy.Policies, unknown []string) {
	f.rest(n.rests...)
	switch {
	case n.unknown != "":
		f.unknown("%s, to %s: %s", n, n.why, n.unknown)
		return
	case n.broken != "":
		f.fail("use a key that is enabled, symmetric and for encryption", "%s, to %s: %s", n, n.why, n.broken)
		return
	}
	if n.policy != nil {
		policies.Resource, policies.ResourceMustAllow = n.policy, n.mustAllow
	}
	if n.owner != "aws" {
		policies.ResourceAccount = n.owner
	}
	if n.assumption != "" {
		f.assume("%s", n.assumption)
	}
	d := decideAgent(policies, m.agentRequest(i, r, n))
	if r.missing && d.Effect != policy.Allowed && !d.Explicit {
		f.unknownUntil("add "+r.name+" to agentRoleNames, or "+r.ask("attach AmazonSSMManagedInstanceCore to the role "+r.name),
			"%s, to %s: the other policies of the role %s of %s are not in the state", n, n.why, r.name, r)
		return
	}
	if d.Effect != policy.Undecided && !d.Explicit && len(unknown) > 0 {
		// They may allow the request, or deny it.
		f.unknown("%s, to %s: the content of %s is not known", n, n.why, strings.Join(unknown, ", "))
		return
	}
	fix := r.fix(keyFixes.instancePolicy, fmt.Sprintf("attach AmazonSSMManagedInstanceCore to %s", r))
	if n.grant != "" {
		fix = fmt.Sprintf("allow %s in a policy of %s", n.grant, r)
	}
	if d.Explicit {
		fix = "remove the statement that denies it"
		if own := decideAgent(policy.Policies{Identity: policies.Identity}, m.agentRequest(i, r, n)); own.Explicit {
			fix = r.fix(keyFixes.instancePolicyFiles, fix+" from the policies of "+r.String())
		}
	}
	f.expectAllowed(d, fix, "%s, to %s", n, n.why)
}

// identityPolicies returns the policies of the role, and the names of those whose content is unknown.
func (r *role) identityPolicies() (policy.Policies, []string) {
	var policies policy.Policies
	var unknown []string
	for _, p := range r.policies {
		if p.document == nil {
			unknown = append(unknown, p.name)
			continue
		}
		policies.Identity = append(policies.Identity, p.document)
	}
	return policies, unknown
}

// checkTrustsEC2 checks that a trust policy of the role allows EC2 to assume the role for an instance.
func (m *model) checkTrustsEC2(f *finding, r *role, document *policy.Document, name any) {
	service := "ec2.amazonaws.com"
	if m.partition == "aws-cn" && slices.ContainsFunc(document.Statements, func(s policy.Statement) bool {
		return s.Principal != nil && slices.Contains(s.Principal.Services, "ec2.amazonaws.com.cn")
	}) {
		service = "ec2.amazonaws.com.cn"
	}
	trust := policy.Policies{Resource: document, ResourceMustAllow: true}
	d := trust.Decide(&policy.Request{Principal: policy.Principal{Service: service}, Action: "sts:AssumeRole", Resource: r.arn})
	f.expectAllowed(d, r.ask(fmt.Sprintf("allow sts:AssumeRole to %s in the trust policy of %v", service, name)), "%s assumes %s", service, name)
}
