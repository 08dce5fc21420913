package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bastionless/rehearsal/proof/policy"
)

// proveAgent proves that the role of each instance allows what its agent needs for sessions.
func (m *model) proveAgent() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := newFinding("agent", i.name, Required)
		m.checkAgent(f, i)
		found = append(found, f)
	}
	return found
}

func (m *model) checkAgent(f *finding, i *instance) {
	if options := i.object("metadataOptions"); asStr(options["httpEndpoint"]) == "disabled" {
		f.fail("set metadataOptions.httpEndpoint to enabled on "+i.String(),
			"the agent of %s cannot get credentials: the instance metadata service is disabled", i)
	}
	r, missing := m.roleOf(i)
	switch {
	case missing != "":
		f.unknown("%s", missing)
		return
	case r == nil:
		f.fail("give "+i.String()+" an instance profile whose role has AmazonSSMManagedInstanceCore",
			"%s has no role: its instance profile is %q", i, i.profile)
		return
	}
	f.rest(i.resource, m.profiles[i.profile])
	m.restOnRole(f, r)
	if profile := m.profiles[i.profile]; differ(profile.account, i.account) || differ(r.account(), i.account) {
		f.unknown("%s, %s and %s are in different accounts, so that others of the same name may be meant", i, profile, r)
		return
	}
	f.pass("%s has %s through %s", i, r, m.profiles[i.profile])
	m.checkTrustsEC2(f, r)
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

// checkNeed checks that the role allows a request of the agent. unknown are the policies whose content is
// unknown.
func (m *model) checkNeed(f *finding, i *instance, r *role, n need, policies policy.Policies, unknown []string) {
	f.rest(n.rests...)
	switch {
	case n.doubt != "":
		f.unknown("%s, to %s: %s", n, n.why, n.doubt)
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
	d := policies.Decide(m.agentRequest(i, r, n))
	if d.Effect != policy.Undecided && !d.Explicit && len(unknown) > 0 {
		// They may allow the request, or deny it.
		f.unknown("%s, to %s: the content of %s is not known", n, n.why, strings.Join(unknown, ", "))
		return
	}
	fix := r.fix(keyFixes.instancePolicy, fmt.Sprintf("attach AmazonSSMManagedInstanceCore to %s", r))
	if n.grant != "" {
		fix = fmt.Sprintf("allow %s in a policy of %s", n.grant, r)
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

// checkTrustsEC2 checks that EC2 can assume the role for an instance.
func (m *model) checkTrustsEC2(f *finding, r *role) {
	service := "ec2.amazonaws.com"
	if m.partition == "aws-cn" && slices.ContainsFunc(r.trust.Statements, func(s policy.Statement) bool {
		return s.Principal != nil && slices.Contains(s.Principal.Services, "ec2.amazonaws.com.cn")
	}) {
		service = "ec2.amazonaws.com.cn"
	}
	trust := policy.Policies{Resource: r.trust, ResourceMustAllow: true}
	d := trust.Decide(&policy.Request{Principal: policy.Principal{Service: service}, Action: "sts:AssumeRole", Resource: r.arn})
	f.expectAllowed(d, fmt.Sprintf("allow sts:AssumeRole to %s in the trust policy of %s", service, r), "%s assumes %s", service, r)
}

// proveOrdered proves that each instance was created after everything that its agent needs when it starts.
func (m *model) proveOrdered() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := newFinding("ordered", i.name, Required)
		f.rest(i.resource)
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

// neededBefore returns the resources that have to exist before an instance starts, sorted by URN. Resources that the
// stack reads and does not create existed before.
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

// endpointsFor returns the endpoints that sessions on an instance use: those in its VPC and, of gateway endpoints,
// those on its route table.
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
