package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/report"
)

// proveAgent proves that instances' roles let their agents do what sessions need.
func (m *model) proveAgent() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := claimOf("agent", i.name, report.Required)
		m.agent(f, i)
		found = append(found, f)
	}
	return found
}

func (m *model) agent(f *finding, i *instance) {
	if options := i.object("metadataOptions"); asText(options["httpEndpoint"]) == "disabled" {
		f.breaks("set metadataOptions.httpEndpoint to enabled on "+i.String(),
			"%s cannot ask for its role's credentials: its metadata service is disabled", i)
	}
	r, lacks := m.roleOf(i)
	switch {
	case lacks != "":
		f.doubts("%s", lacks)
		return
	case r == nil:
		f.breaks("give "+i.String()+" an instance profile with a role that has AmazonSSMManagedInstanceCore",
			"%s has no role: its instance profile is %q, and no role is in it", i, i.profile)
		return
	}
	f.holds("%s has %s by %s", i, r, m.profiles[i.profile])
	m.trusted(f, r)
	policies, unknown := r.decide()
	if r.boundary != "" {
		boundary, err := m.managed(r.boundary)
		if err != nil || boundary == nil {
			f.doubts("the permissions boundary %s of %s, whose content is not known", r.boundary, r)
			return
		}
		policies.Boundary = boundary
	}
	for _, n := range m.needs(i) {
		m.may(f, i, r, n, policies, unknown)
	}
}

// may proves that the role may do what the agent needs.
func (m *model) may(f *finding, i *instance, r *role, n need, policies policy.Policies, unknown []string) {
	if n.key != nil {
		policies.Resource, policies.ResourceMustAllow = n.key.policy, true
	}
	d := policies.Decide(m.agentRequest(i, r, n))
	mend := n.mended
	if mend == "" {
		mend = fmt.Sprintf("attach AmazonSSMManagedInstanceCore to %s", r)
	}
	if d.Explicit || d.Effect == policy.Denied && len(unknown) == 0 || d.Effect == policy.Undecided {
		f.wants(d, mend, "%s, to %s", n, n.why)
		return
	}
	if len(unknown) > 0 {
		f.doubts("%s, to %s: what is in %s", n, n.why, strings.Join(unknown, ", "))
		return
	}
	f.wants(d, mend, "%s, to %s", n, n.why)
}

// decide returns the role's policies, and the names of those whose content is unknown.
func (r *role) decide() (policy.Policies, []string) {
	var policies policy.Policies
	var unknown []string
	for _, a := range r.policies {
		if a.document == nil {
			unknown = append(unknown, a.name)
			continue
		}
		policies.Identity = append(policies.Identity, a.document)
	}
	return policies, unknown
}

// trusted proves that EC2 may give the role to an instance.
func (m *model) trusted(f *finding, r *role) {
	service := "ec2.amazonaws.com"
	if m.partition == "aws-cn" && slices.ContainsFunc(r.trust.Statements, func(s policy.Statement) bool {
		return s.Principal != nil && slices.Contains(s.Principal.Services, "ec2.amazonaws.com.cn")
	}) {
		service = "ec2.amazonaws.com.cn"
	}
	trust := policy.Policies{Resource: r.trust, ResourceMustAllow: true}
	d := trust.Decide(&policy.Request{Principal: policy.Principal{Service: service}, Action: "sts:AssumeRole", Resource: r.arn})
	f.wants(d, fmt.Sprintf("let the trust policy of %s allow sts:AssumeRole to %s", r, service), "%s takes %s", service, r)
}

// proveOrdered proves that instances were created after all that their agents need.
func (m *model) proveOrdered() []*finding {
	var found []*finding
	for _, i := range m.instances {
		f := claimOf("ordered", i.name, report.Required)
		earlier := m.closure(i.node)
		var late []string
		needed := m.neededBefore(i)
		for _, n := range needed {
			if !earlier[n.urn] {
				late = append(late, n.String())
			}
		}
		if len(late) > 0 {
			f.breaks(fmt.Sprintf("let %s depend on them (dependsOn): an agent that starts earlier sleeps for 5 to 30 minutes", i),
				"%s does not wait for %s", i, strings.Join(late, ", "))
		} else {
			f.holds("%s was created after all %d resources that its agent needs: %s", i, len(needed), names(needed))
		}
		found = append(found, f)
	}
	return found
}

func names(nodes []*node) string {
	var texts []string
	for _, n := range nodes {
		texts = append(texts, n.String())
	}
	return strings.Join(texts, ", ")
}

// neededBefore returns what must be there before an instance boots.
func (m *model) neededBefore(i *instance) []*node {
	needed := map[string]*node{}
	add := func(nodes ...*node) {
		for _, n := range nodes {
			if n != nil {
				needed[n.urn] = n
			}
		}
	}
	groups := toSet(strings.Join(i.groups, " "))
	subnets := map[string]bool{i.subnet: true}
	if s := m.subnets[i.subnet]; s != nil {
		for _, d := range m.doors {
			if d.vpc == s.vpc && d.forSessions() {
				add(d.node)
				for _, id := range d.subnets {
					subnets[id] = true
				}
				for _, id := range d.groups {
					groups[id] = true
				}
			}
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
	m.addAttachedToDoors(add)
	if r, _ := m.roleOf(i); r != nil {
		add(r.node, m.profiles[i.profile])
		for _, a := range r.policies {
			add(a.by)
		}
	}
	add(m.recordTargets()...)
	var nodes []*node
	for _, urn := range slices.Sorted(maps.Keys(needed)) {
		nodes = append(nodes, needed[urn])
	}
	return nodes
}

// addAttachedToDoors adds what hangs routes and policies on endpoints from beside.
func (m *model) addAttachedToDoors(add func(...*node)) {
	add(m.kind(
		"aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
		"aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation",
		"aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
	)...)
}

// forSessions says whether sessions go through an endpoint.
func (d *door) forSessions() bool {
	for _, service := range []string{serviceSSM, serviceMessages, serviceEC2Messages, serviceLogs, serviceKMS} {
		if d.serves(service) && d.kind == "Interface" {
			return true
		}
	}
	return d.serves(serviceS3) && d.kind == "Gateway"
}
