package proof

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// model is the network, the instances and the permissions in a state.
type model struct {
	*state
	vpcs         map[string]*vpc
	subnets      map[string]*subnet
	tables       map[string]*routeTable
	associations map[string]*resource // by subnet id
	groups       map[string]*securityGroup
	endpoints    []*vpcEndpoint
	instances    []*instance
	roles        map[string]*role     // by name
	profiles     map[string]*resource // by name
	documents    map[string]*sessionDocument
	keys         map[string]*key // by ARN
	intent       intent
	// partition, region and account are those of the instances.
	partition, region, account string
}

// instance is an EC2 instance.
type instance struct {
	*resource
	subnet, profile string
	groups          []string
}

// role is an IAM role.
type role struct {
	*resource
	name, arn, uniqueID string
	trust               *policy.Document
	boundary            string
	policies            []rolePolicy
}

// rolePolicy is a policy of a role.
type rolePolicy struct {
	// attachedBy is the resource that attaches the policy.
	attachedBy *resource
	// document is nil if the content is unknown.
	document *policy.Document
	name     string
}

// intent is what a stack of this project is meant for, from the inputs that its components record.
type intent struct {
	// sessionRoleKnown is true if a component records what its session role is for.
	sessionRoleKnown bool
	principals       []string
	requireMFA       bool
	mfaMaxAge        int // in minutes; 0 is any age
	documents        []string
	pushKey          bool
	// organization is the AWS Organizations id that the account is said to be a member of.
	organization string
	// forwardKnown is true if a component records forward.
	forwardKnown bool
	forward      []string
	// os is the operating system of the instances, or "" if no component records it.
	os string
}

// ErrNoInstance is returned for a state without EC2 instances, about which there is nothing to prove.
var ErrNoInstance = errors.New("the state has no EC2 instance, so there is nothing to prove: deploy the stack first")

// newModel reads the model of a state.
func newModel(s *state) (*model, error) {
	m := &model{
		state: s, vpcs: map[string]*vpc{}, subnets: map[string]*subnet{}, tables: map[string]*routeTable{},
		associations: map[string]*resource{}, groups: map[string]*securityGroup{}, roles: map[string]*role{},
		profiles: map[string]*resource{}, documents: map[string]*sessionDocument{}, keys: map[string]*key{},
	}
	m.readNetwork()
	if err := m.readRoles(); err != nil {
		return nil, err
	}
	if err := m.readRecords(); err != nil {
		return nil, err
	}
	m.readInstances()
	if len(m.instances) == 0 {
		return nil, fmt.Errorf("stack %s: %w", s.stack, ErrNoInstance)
	}
	m.readIntent()
	return m, nil
}

// readInstances reads the instances, and where they are.
func (m *model) readInstances() {
	for _, n := range m.ofType("aws:ec2/instance:Instance") {
		i := &instance{resource: n, subnet: n.str("subnetId"), profile: n.str("iamInstanceProfile"), groups: n.strList("vpcSecurityGroupIds")}
		if strings.HasPrefix(i.profile, "arn:") {
			i.profile = i.profile[strings.LastIndex(i.profile, "/")+1:]
		}
		if s := m.subnets[i.subnet]; s != nil && len(i.groups) == 0 && m.vpcs[s.vpc] != nil {
			i.groups = []string{m.vpcs[s.vpc].defaultGroup}
		}
		m.instances = append(m.instances, i)
	}
	if len(m.instances) == 0 {
		return
	}
	if parts := strings.SplitN(m.instances[0].str("arn"), ":", 6); len(parts) == 6 {
		m.partition, m.region, m.account = parts[1], parts[3], parts[4]
	}
}

// readRoles reads roles, their policies and instance profiles.
func (m *model) readRoles() error {
	for _, n := range m.ofType("aws:iam/role:Role") {
		r := &role{resource: n, name: n.str("name"), arn: n.str("arn"), uniqueID: n.str("uniqueId"), boundary: n.str("permissionsBoundary")}
		if r.name == "" {
			r.name = n.id
		}
		trust, err := policy.Parse("the trust policy of "+n.String(), n.str("assumeRolePolicy"))
		if err != nil && !m.encrypted() {
			return err
		}
		r.trust = trust
		if r.trust == nil {
			r.trust = &policy.Document{}
		}
		for _, inline := range n.objects("inlinePolicies") {
			if text := asStr(inline["policy"]); text != "" {
				if err := m.attachInline(r, n, asStr(inline["name"])+" of "+n.String(), text); err != nil {
					return err
				}
			}
		}
		m.roles[r.name] = r
	}
	for _, n := range m.ofType("aws:iam/instanceProfile:InstanceProfile") {
		name := n.str("name")
		if name == "" {
			name = n.id
		}
		m.profiles[name] = n
	}
	for _, n := range m.ofType("aws:iam/rolePolicy:RolePolicy") {
		if r := m.roles[n.str("role")]; r != nil {
			if err := m.attachInline(r, n, n.String(), n.str("policy")); err != nil {
				return err
			}
		}
	}
	return m.readAttachments()
}

// readAttachments reads which managed policies are attached to which roles.
func (m *model) readAttachments() error {
	for _, n := range m.ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if r := m.roles[n.str("role")]; r != nil {
			if err := m.attachManaged(r, n, n.str("policyArn")); err != nil {
				return err
			}
		}
	}
	for _, n := range m.ofType("aws:iam/policyAttachment:PolicyAttachment") {
		for _, name := range n.strList("roles") {
			if r := m.roles[name]; r != nil {
				if err := m.attachManaged(r, n, n.str("policyArn")); err != nil {
					return err
				}
			}
		}
	}
	for _, r := range m.roles {
		for _, arn := range r.strList("managedPolicyArns") {
			if !slices.ContainsFunc(r.policies, func(p rolePolicy) bool { return p.name == arn }) {
				if err := m.attachManaged(r, r.resource, arn); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// attachInline adds an inline policy to a role.
func (m *model) attachInline(r *role, by *resource, name, text string) error {
	document, err := policy.Parse(name, text)
	if err != nil {
		if m.encrypted() {
			return nil
		}
		return err
	}
	r.policies = append(r.policies, rolePolicy{by, document, name})
	return nil
}

// attachManaged adds a managed policy to a role: one of AWS, or one in the state.
func (m *model) attachManaged(r *role, by *resource, arn string) error {
	document, err := m.managedPolicy(arn)
	if err != nil {
		return err
	}
	r.policies = append(r.policies, rolePolicy{by, document, arn})
	return nil
}

// managedPolicy returns the content of a managed policy, or nil if it is unknown.
func (m *model) managedPolicy(arn string) (*policy.Document, error) {
	for _, n := range m.ofType("aws:iam/policy:Policy") {
		if n.str("arn") == arn || n.id == arn {
			return policy.Parse(n.String(), n.str("policy"))
		}
	}
	return awsManaged(arn)
}

// encrypted reports whether a property that a claim depends on is encrypted.
func (m *model) encrypted() bool { return len(m.encryptedProps) > 0 }

// readIntent reads the inputs of this project's components.
func (m *model) readIntent() {
	for _, n := range m.component(contract.SessionRoleType) {
		m.intent.sessionRoleKnown = true
		m.intent.principals = asStrList(n.input(contract.PrincipalsInput))
		m.intent.requireMFA = asBool(n.input(contract.RequireMFAInput), false)
		m.intent.mfaMaxAge = asInt(n.input(contract.MFAMaxAgeInput), 0)
		m.intent.documents = asStrList(n.input(contract.DocumentsInput))
		m.intent.pushKey = m.intent.pushKey || asBool(n.input(contract.PushKeyInput), false)
	}
	for _, n := range m.component(contract.EndpointsType) {
		m.intent.organization = asStr(n.input(contract.OrganizationInput))
	}
	for _, n := range m.component(contract.SecurityGroupsType) {
		m.intent.forwardKnown = true
		m.intent.forward = asStrList(n.input(contract.ForwardInput))
	}
	for _, n := range m.component(contract.InstancesType) {
		m.intent.os = asStr(n.input(contract.OSInput))
	}
}
