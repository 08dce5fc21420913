package proof

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// model is what a state says of a network, its instances and its permissions.
type model struct {
	*state
	vpcs         map[string]*vpc
	subnets      map[string]*subnet
	tables       map[string]*table
	associations map[string]*node // by subnet
	groups       map[string]*group
	doors        []*door
	instances    []*instance
	roles        map[string]*role // by name
	profiles     map[string]*node // by name
	documents    map[string]*sessionDocument
	keys         map[string]*key // by ARN
	intent       intent
	// partition, region and account are where the instances are.
	partition, region, account string
}

// instance is an EC2 instance.
type instance struct {
	*node
	subnet, profile string
	groups          []string
}

// role is an IAM role.
type role struct {
	*node
	name, arn, uniqueID string
	trust               *policy.Document
	boundary            string
	policies            []attached
}

// attached is a policy of a role.
type attached struct {
	by *node
	// document is nil where the content is not known.
	document *policy.Document
	name     string
}

// intent is what a stack of this project says of its own purpose, in the inputs of its
// components.
type intent struct {
	known       bool
	principals  []string
	requireMFA  bool
	mfaMaxAge   int // in minutes; 0: any
	documents   []string
	anyInstance bool
	// organization is what the account is said to belong to.
	organization string
	forward      []string
	groupsKnown  bool
}

// ErrNoInstance is the error where there is nothing to claim anything about.
var ErrNoInstance = errors.New("the state has no EC2 instance, so there is nothing to prove: deploy the stack first")

// newModel reads the model of a state.
func newModel(s *state) (*model, error) {
	m := &model{
		state: s, vpcs: map[string]*vpc{}, subnets: map[string]*subnet{}, tables: map[string]*table{},
		associations: map[string]*node{}, groups: map[string]*group{}, roles: map[string]*role{},
		profiles: map[string]*node{}, documents: map[string]*sessionDocument{}, keys: map[string]*key{},
	}
	m.network()
	if err := m.identities(); err != nil {
		return nil, err
	}
	if err := m.records(); err != nil {
		return nil, err
	}
	for _, n := range m.kind("aws:ec2/instance:Instance") {
		i := &instance{node: n, subnet: n.text("subnetId"), profile: n.text("iamInstanceProfile"), groups: n.texts("vpcSecurityGroupIds")}
		if strings.HasPrefix(i.profile, "arn:") {
			i.profile = i.profile[strings.LastIndex(i.profile, "/")+1:]
		}
		if s := m.subnets[i.subnet]; s != nil && len(i.groups) == 0 && m.vpcs[s.vpc] != nil {
			i.groups = []string{m.vpcs[s.vpc].defaultGroup}
		}
		m.instances = append(m.instances, i)
	}
	if len(m.instances) == 0 {
		return nil, fmt.Errorf("stack %s: %w", s.stack, ErrNoInstance)
	}
	m.place()
	m.readIntent()
	return m, nil
}

// place finds out where the instances are.
func (m *model) place() {
	parts := strings.SplitN(m.instances[0].text("arn"), ":", 6)
	if len(parts) == 6 {
		m.partition, m.region, m.account = parts[1], parts[3], parts[4]
	}
}

// identities reads roles, their policies and their profiles.
func (m *model) identities() error {
	for _, n := range m.kind("aws:iam/role:Role") {
		r := &role{node: n, name: n.text("name"), arn: n.text("arn"), uniqueID: n.text("uniqueId"), boundary: n.text("permissionsBoundary")}
		if r.name == "" {
			r.name = n.id
		}
		trust, err := policy.Parse("trust policy of "+n.String(), n.text("assumeRolePolicy"))
		if err != nil && !m.encrypted() {
			return err
		}
		r.trust = trust
		if r.trust == nil {
			r.trust = &policy.Document{}
		}
		for _, inline := range n.objects("inlinePolicies") {
			if text := asText(inline["policy"]); text != "" {
				if err := m.attach(r, n, asText(inline["name"])+" of "+n.String(), text); err != nil {
					return err
				}
			}
		}
		m.roles[r.name] = r
	}
	for _, n := range m.kind("aws:iam/instanceProfile:InstanceProfile") {
		name := n.text("name")
		if name == "" {
			name = n.id
		}
		m.profiles[name] = n
	}
	for _, n := range m.kind("aws:iam/rolePolicy:RolePolicy") {
		if r := m.roles[n.text("role")]; r != nil {
			if err := m.attach(r, n, n.String(), n.text("policy")); err != nil {
				return err
			}
		}
	}
	return m.attachments()
}

// attachments reads which managed policies hang on which roles.
func (m *model) attachments() error {
	for _, n := range m.kind("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if r := m.roles[n.text("role")]; r != nil {
			if err := m.attachManaged(r, n, n.text("policyArn")); err != nil {
				return err
			}
		}
	}
	for _, n := range m.kind("aws:iam/policyAttachment:PolicyAttachment") {
		for _, name := range n.texts("roles") {
			if r := m.roles[name]; r != nil {
				if err := m.attachManaged(r, n, n.text("policyArn")); err != nil {
					return err
				}
			}
		}
	}
	for _, r := range m.roles {
		for _, arn := range r.texts("managedPolicyArns") {
			if !slices.ContainsFunc(r.policies, func(a attached) bool { return a.name == arn }) {
				if err := m.attachManaged(r, r.node, arn); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// attach gives a role a policy.
func (m *model) attach(r *role, by *node, name, text string) error {
	document, err := policy.Parse(name, text)
	if err != nil {
		if m.encrypted() {
			return nil
		}
		return err
	}
	r.policies = append(r.policies, attached{by, document, name})
	return nil
}

// attachManaged gives a role a managed policy: one of AWS, or one in the state.
func (m *model) attachManaged(r *role, by *node, arn string) error {
	document, err := m.managed(arn)
	if err != nil {
		return err
	}
	r.policies = append(r.policies, attached{by, document, arn})
	return nil
}

// managed returns a managed policy's content, or nil where it is not known.
func (m *model) managed(arn string) (*policy.Document, error) {
	for _, n := range m.kind("aws:iam/policy:Policy") {
		if n.text("arn") == arn || n.id == arn {
			return policy.Parse(n.String(), n.text("policy"))
		}
	}
	return awsManaged(arn)
}

// encrypted says whether a property that a claim needs turned out to be encrypted.
func (m *model) encrypted() bool { return len(m.sealed) > 0 }

// readIntent reads what the components of this project's program were given.
func (m *model) readIntent() {
	for _, n := range m.component("bastionless:iam:SessionRole") {
		m.intent.known = true
		m.intent.principals = asTexts(n.input("principals"))
		m.intent.requireMFA = asFlag(n.input("requireMfa"), false)
		m.intent.mfaMaxAge = asNumber(n.input("mfaMaxAgeMinutes"), 0)
		m.intent.documents = asTexts(n.input("documents"))
		m.intent.anyInstance = asFlag(n.input("anyInstance"), false)
	}
	for _, n := range m.component("bastionless:endpoints:Set") {
		m.intent.organization = asText(n.input("organizationId"))
	}
	for _, n := range m.component("bastionless:network:SecurityGroups") {
		m.intent.groupsKnown = true
		m.intent.forward = asTexts(n.input("forward"))
	}
}
