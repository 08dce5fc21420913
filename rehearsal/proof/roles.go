package proof

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// readRoles reads roles, their policies and instance profiles.
func (m *model) readRoles() {
	for _, n := range m.ofType("aws:iam/role:Role") {
		r := &role{resource: n, name: n.str("name"), arn: n.str("arn"), uniqueID: n.str("uniqueId"), boundary: n.str("permissionsBoundary")}
		if r.name == "" {
			r.name = n.id
		}
		r.trust = n.policy("assumeRolePolicy", "the trust policy of "+n.String())
		for _, inline := range n.objects("inlinePolicies") {
			if text := asStr(inline["policy"]); text != "" {
				r.attach(n, asStr(inline["name"])+" of "+n.String(), text)
			}
		}
		if other := m.roles[r.name]; other != nil {
			n.health = append(n.health, fmt.Sprintf("%s has the same name", other.resource))
			other.health = append(other.health, fmt.Sprintf("%s has the same name", n))
		}
		m.roles[r.name] = r
	}
	for _, n := range m.ofType("aws:iam/instanceProfile:InstanceProfile") {
		m.profiles[cmp.Or(n.str("name"), n.id)] = n
		if name := n.str("role"); n.external && name != "" && m.roles[name] == nil {
			m.otherRoles[name] = &role{resource: n, name: name, missing: true}
		}
	}
	for _, n := range m.ofType("aws:iam/rolePolicy:RolePolicy") {
		if r := m.roleNamed(n.str("role")); r != nil {
			r.attach(n, n.String(), n.str("policy"))
		}
	}
	m.readAttachments()
}

// roleNamed returns the role with a name, which may be missing in the state, or nil.
func (m *model) roleNamed(name string) *role {
	if r := m.roles[name]; r != nil {
		return r
	}
	return m.otherRoles[name]
}

// policy parses a property that contains a policy. If it cannot be read, decisions that depend on it are undecided.
func (r *resource) policy(key, name string) *policy.Document {
	text := r.str(key)
	if r.encrypted[key] {
		return policy.Unreadable(name, "its content, which is encrypted")
	}
	document, err := policy.Parse(name, text)
	if err != nil {
		return policy.Unreadable(name, "its content, which cannot be read: "+err.Error())
	}
	return document
}

// readAttachments reads which managed policies are attached to which roles.
func (m *model) readAttachments() {
	for _, n := range m.ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if r := m.roleNamed(roleName(n.str("role"))); r != nil {
			m.attachManaged(r, n, n.str("policyArn"))
		}
	}
	for _, n := range m.ofType("aws:iam/policyAttachment:PolicyAttachment") {
		for _, name := range n.strList("roles") {
			if r := m.roleNamed(roleName(name)); r != nil {
				m.attachManaged(r, n, n.str("policyArn"))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.roles)) {
		r := m.roles[name]
		for _, arn := range r.strList("managedPolicyArns") {
			if !r.has(arn) {
				m.attachManaged(r, r.resource, arn)
			}
		}
	}
	m.readExclusive()
}

// readExclusive reads the resources that attach the policies that they list, and detach all others.
func (m *model) readExclusive() {
	for _, n := range m.ofType("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive") {
		r := m.roles[n.str("roleName")]
		if r == nil {
			continue
		}
		listed := n.strList("policyArns")
		for _, p := range r.policies {
			if strings.HasPrefix(p.name, "arn:") && !slices.Contains(listed, p.name) {
				r.health = append(r.health, fmt.Sprintf("%s detaches %s, which %s attaches", n, p.name, p.attachedBy))
			}
		}
		for _, arn := range listed {
			if !r.has(arn) {
				m.attachManaged(r, n, arn)
			}
		}
	}
	for _, n := range m.ofType("aws:iam/rolePoliciesExclusive:RolePoliciesExclusive") {
		r := m.roles[n.str("roleName")]
		if r == nil {
			continue
		}
		for _, p := range r.policies {
			if p.attachedBy.typ == "aws:iam/rolePolicy:RolePolicy" && !slices.Contains(n.strList("policyNames"), p.attachedBy.str("name")) {
				r.health = append(r.health, fmt.Sprintf("%s removes %s", n, p.attachedBy))
			}
		}
	}
}

// has reports whether a managed policy is attached to the role.
func (r *role) has(arn string) bool {
	return slices.ContainsFunc(r.policies, func(p rolePolicy) bool { return p.name == arn })
}

// roleName returns the name in the ARN of a role. Other text is a name already.
func roleName(text string) string {
	if strings.HasPrefix(text, "arn:") {
		return text[strings.LastIndex(text, "/")+1:]
	}
	return text
}

// attach adds an inline policy to a role.
func (r *role) attach(by *resource, name, text string) {
	document, err := policy.Parse(name, text)
	if err != nil {
		document, name = nil, name+", which cannot be read"
	}
	r.policies = append(r.policies, rolePolicy{by, document, name})
}

// attachManaged adds a managed policy to a role: one of AWS, or one in the state.
func (m *model) attachManaged(r *role, by *resource, arn string) {
	document, err := m.managedPolicy(arn)
	name := arn
	if err != nil {
		name += ", which cannot be read"
	}
	r.policies = append(r.policies, rolePolicy{by, document, name})
}

// managedPolicy returns the content of a managed policy, or nil if it is unknown.
func (m *model) managedPolicy(arn string) (*policy.Document, error) {
	if document, ok := m.managedPolicies[arn]; ok {
		return document, nil
	}
	document, err := m.readManagedPolicy(arn)
	if err == nil {
		m.managedPolicies[arn] = document
	}
	return document, err
}

func (m *model) readManagedPolicy(arn string) (*policy.Document, error) {
	for _, n := range m.ofType("aws:iam/policy:Policy") {
		if n.str("arn") == arn || n.id == arn {
			return policy.Parse(n.String(), n.str("policy"))
		}
	}
	return awsManaged(arn)
}

// roleOf returns the role of an instance, which may be missing in the state. It returns nil if the instance has none, and
// the text says what the state does not contain, if anything.
func (m *model) roleOf(i *instance) (*role, string) {
	if i.profile == "" {
		return nil, ""
	}
	profile := m.profiles[i.profile]
	if profile == nil {
		return nil, fmt.Sprintf("instance profile %q of %s is not in the state", i.profile, i)
	}
	name := profile.str("role")
	if name == "" {
		return nil, ""
	}
	if r := m.roleNamed(name); r != nil {
		return r, ""
	}
	return nil, fmt.Sprintf("role %q of %s is not in the state", name, profile)
}
