package proof

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// model is the network, the instances and the permissions in a state.
type model struct {
	*state
	// location is that of the first instance. What is about another instance, or about a role, has its own.
	location
	vpcs         map[string]*vpc
	subnets      map[string]*subnet
	tables       map[string]*routeTable
	associations map[string]*resource // by subnet id
	groups       map[string]*securityGroup
	lists        map[string]*prefixList
	acls         map[string]*networkACL
	aclsOfSubnet map[string][]string
	zones        []*hostedZone
	// unknownZones associate hosted zones that are not in the state, by the id of the VPC.
	unknownZones map[string]*resource
	// here, elsewhere and byID are for isElsewhere, which computes them once.
	here      map[string]bool
	elsewhere map[*resource]bool
	byID      map[string]*resource
	// members are the results of membersOf.
	members   map[[2]string]members
	endpoints []*vpcEndpoint
	instances []*instance
	roles     map[string]*role     // by name
	profiles  map[string]*resource // by name
	// documents are the session documents at the location of the first instance, by name.
	documents map[string]*sessionDocument
	// allDocuments are the session documents of all accounts and Regions, in the order of their URNs.
	allDocuments []*sessionDocument
	keys         []*key
	// used are the results of usedDocuments.
	used map[location][]*sessionDocument
	// recording are the results of recordingNeeds.
	recording map[location][]need
	// agentContexts are the results of agentContext.
	agentContexts map[*instance]policy.Context
	// endpointPolicies and managedPolicies are parsed policies. A managed policy whose content is unknown is nil.
	endpointPolicies map[*vpcEndpoint]*policy.Document
	managedPolicies  map[string]*policy.Document
	// chained are the results of decideChain.
	chained map[[2]*role]policy.Decision
	// inChain are the results of eachInChain for roles whose sessions may assume a session role.
	inChain map[string]*finding
	// tags are the tags that resources of their own add to other resources, by the id of those.
	tags   map[string]map[string]any
	intent intent
	// principals are meant to assume every session role, in addition to those that components record.
	principals []string
	// iamUsers is the result of users.
	iamUsers []*iamUser
}

// instance is an EC2 instance.
type instance struct {
	*resource
	subnet, profile string
	// groups are the security groups of the first network interface, which is the first of interfaces.
	groups     []string
	interfaces []*networkInterface
	// unknownInterfaces say which network interfaces and security groups the state may not contain.
	unknownInterfaces []string
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
	// name is the ARN of a managed policy, or the name of an inline policy for people. If the content is
	// unknown for another reason than that the state does not contain it, it ends with the reason.
	name string
}

// intent is what a stack of this project is meant for, from the inputs that its components record.
type intent struct {
	// organization is the AWS Organizations id that the account is said to be a member of.
	organization string
	// policyARNs are the managed policies that are meant for the workload, and not for the agent.
	policyARNs []string
	// publicBuckets are the buckets that everyone is meant to be able to read through the endpoints of S3.
	publicBuckets []string
	// forwardKnown is true if a component records forward.
	forwardKnown bool
	forward      []string
	// os is the operating system of the instances, or "" if no component records it.
	os string
}

// ErrNoInstance is returned for a state without EC2 instances, about which there is nothing to prove.
var ErrNoInstance = errors.New("the state has no EC2 instance, so there is nothing to prove")

// newModel reads the model of a state.
func newModel(s *state) (*model, error) {
	m := &model{
		state: s, vpcs: map[string]*vpc{}, subnets: map[string]*subnet{}, tables: map[string]*routeTable{},
		associations: map[string]*resource{}, groups: map[string]*securityGroup{}, roles: map[string]*role{},
		profiles: map[string]*resource{}, documents: map[string]*sessionDocument{}, tags: map[string]map[string]any{},
		used: map[location][]*sessionDocument{}, recording: map[location][]need{}, agentContexts: map[*instance]policy.Context{},
		endpointPolicies: map[*vpcEndpoint]*policy.Document{}, managedPolicies: map[string]*policy.Document{},
		chained: map[[2]*role]policy.Decision{}, inChain: map[string]*finding{},
	}
	m.readNetwork()
	m.readTags()
	m.readRoles()
	m.readInstances()
	m.readRecords()
	if len(m.instances) == 0 {
		return nil, fmt.Errorf("stack %s: %w%s", s.stack, ErrNoInstance, m.notJudged())
	}
	m.readIntent()
	return m, nil
}

// instanceLaunchers are types that launch instances or containers, which are in no state, with a name for people.
var instanceLaunchers = map[string]string{
	"aws:autoscaling/group:Group": "an Auto Scaling group", "aws:ec2/fleet:Fleet": "an EC2 Fleet",
	"aws:ec2/spotFleetRequest:SpotFleetRequest": "a Spot Fleet", "aws:ec2/spotInstanceRequest:SpotInstanceRequest": "a Spot request",
	"aws:ecs/service:Service": "an Amazon ECS service", "aws:eks/nodeGroup:NodeGroup": "an Amazon EKS node group",
	"aws:emr/cluster:Cluster": "an Amazon EMR cluster", "aws:batch/computeEnvironment:ComputeEnvironment": "an AWS Batch compute environment",
	"aws:ssm/activation:Activation": "a hybrid activation", "aws-native:ec2:Instance": "an instance of another provider",
}

// notJudged names what the state has instead of instances.
func (m *model) notJudged() string {
	var found []string
	for _, n := range slices.Concat(m.resources, m.uncertain) {
		if launcher := instanceLaunchers[n.typ]; launcher != "" {
			found = append(found, fmt.Sprintf("%s (%s)", launcher, n))
		}
	}
	if len(found) == 0 {
		return ": deploy the stack first"
	}
	return ": not judged: " + strings.Join(found, ", ") + ", because what it launches is not in the state"
}

// readTags reads the tags that resources of their own add.
func (m *model) readTags() {
	for _, n := range m.ofType("aws:ec2/tag:Tag") {
		id := n.str("resourceId")
		if m.tags[id] == nil {
			m.tags[id] = map[string]any{}
		}
		m.tags[id][n.str("key")] = n.str("value")
	}
}

// tagsOf returns all tags of a resource: its own, the default tags of its provider, and those that resources of
// their own add.
func (m *model) tagsOf(r *resource) map[string]any {
	tags := map[string]any{}
	own := r.object("tagsAll")
	if own == nil {
		own = r.object("tags")
	}
	maps.Copy(tags, own)
	maps.Copy(tags, m.tags[r.id])
	return tags
}

// readInstances reads the instances, and where they are.
func (m *model) readInstances() {
	for _, n := range m.ofType("aws:ec2/instance:Instance") {
		i := &instance{resource: n, subnet: n.str("subnetId"), profile: n.str("iamInstanceProfile"), groups: n.strList("vpcSecurityGroupIds")}
		if strings.HasPrefix(i.profile, "arn:") {
			i.profile = i.profile[strings.LastIndex(i.profile, "/")+1:]
		}
		m.readInterfaces(i)
		m.instances = append(m.instances, i)
	}
	if len(m.instances) > 0 {
		m.location = m.instances[0].location
	}
}

// locations returns the accounts and Regions of instances, without repeats.
func (m *model) locations() []location {
	var found []location
	for _, i := range m.instances {
		if !slices.Contains(found, i.location) {
			found = append(found, i.location)
		}
	}
	return found
}

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
	}
	for _, n := range m.ofType("aws:iam/rolePolicy:RolePolicy") {
		if r := m.roles[n.str("role")]; r != nil {
			r.attach(n, n.String(), n.str("policy"))
		}
	}
	m.readAttachments()
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
		if r := m.roles[roleName(n.str("role"))]; r != nil {
			m.attachManaged(r, n, n.str("policyArn"))
		}
	}
	for _, n := range m.ofType("aws:iam/policyAttachment:PolicyAttachment") {
		for _, name := range n.strList("roles") {
			if r := m.roles[roleName(name)]; r != nil {
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

// readIntent reads the inputs of this project's components.
func (m *model) readIntent() {
	for _, n := range m.component(contract.EndpointsType) {
		m.intent.organization = asStr(n.input(contract.OrganizationInput))
		m.intent.publicBuckets = asStrList(n.input(contract.PublicBucketsInput))
	}
	for _, n := range m.component(contract.InstanceRoleType) {
		m.intent.policyARNs = asStrList(n.input(contract.PolicyARNsInput))
	}
	for _, n := range m.component(contract.SecurityGroupsType) {
		m.intent.forwardKnown = true
		m.intent.forward = asStrList(n.input(contract.ForwardInput))
	}
	for _, n := range m.component(contract.InstancesType) {
		m.intent.os = asStr(n.input(contract.OSInput))
	}
}
