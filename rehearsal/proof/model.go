package proof

import (
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
	// location is that of the first instance. Without instances, it is that of the VPC, or of the first resource whose
	// account is known. Other instances, and roles, have locations of their own.
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
	roles     map[string]*role // by name
	// otherRoles are the roles of instance profiles that the stack reads, without those in roles, by name.
	otherRoles map[string]*role
	profiles   map[string]*resource // by name
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
	// tags are the tags that separate resources add to a resource, by its id.
	tags   map[string]map[string]any
	intent intent
	// principals may assume every session role, in addition to the principals that components record.
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
	// missing is true if the state does not contain the role, but only its name and policies that this stack adds.
	// The resource is then the instance profile.
	missing bool
}

// rolePolicy is a policy of a role.
type rolePolicy struct {
	// attachedBy is the resource that attaches the policy.
	attachedBy *resource
	// document is nil if the content is unknown.
	document *policy.Document
	// name is the ARN of a managed policy, or a description of an inline policy. If the state contains the policy but its
	// content is unknown, name ends with the reason.
	name string
}

// intent is the purpose of a stack of this project, from the inputs that its components record.
type intent struct {
	// organization is the AWS Organizations id that the account is said to be a member of.
	organization string
	// policyARNs are the managed policies that are meant for the workload, and not for the agent.
	policyARNs []string
	// publicBuckets are the buckets that everyone is meant to be able to read through the endpoints of S3.
	publicBuckets []string
	// reachesAll is true if a hub or a NAT gateway is said to provide the services that have no endpoint in an
	// existing VPC.
	reachesAll bool
	// agentRoles are roles of existing instances. When the program looked them up, they allowed what agents need.
	agentRoles []string
	// denyingRoles are roles of existing instances whose policies denied what agents need when the program looked them
	// up, and trustPolicies are the trust policies of those that it could look up, by name.
	denyingRoles  []string
	trustPolicies map[string]*policy.Document
	// forwardKnown is true if a component records forward.
	forwardKnown bool
	forward      []string
	// records is true if a component says that sessions are recorded.
	records bool
	// os is the operating system of the instances, or "" if no component records it.
	os string
}

// ErrNoInstance is returned for a state without EC2 instances, about which there is nothing to prove, unless it is that of a
// stack of this project that has none of its own.
var ErrNoInstance = errors.New("the state has no EC2 instance, so there is nothing to prove")

// newModel reads the model of a state. The error may be ErrNoInstance.
func newModel(s *state) (*model, error) {
	m := readModel(s)
	if len(m.instances) == 0 && !m.servesOthersOnly() {
		return nil, fmt.Errorf("stack %s: %w%s", s.stack, ErrNoInstance, m.notChecked())
	}
	return m, nil
}

// readModel reads the model of a state that need not have instances.
func readModel(s *state) *model {
	m := &model{
		state: s, vpcs: map[string]*vpc{}, subnets: map[string]*subnet{}, tables: map[string]*routeTable{},
		associations: map[string]*resource{}, groups: map[string]*securityGroup{}, roles: map[string]*role{},
		profiles: map[string]*resource{}, documents: map[string]*sessionDocument{}, tags: map[string]map[string]any{},
		used: map[location][]*sessionDocument{}, recording: map[location][]need{}, agentContexts: map[*instance]policy.Context{},
		endpointPolicies: map[*vpcEndpoint]*policy.Document{}, managedPolicies: map[string]*policy.Document{},
		chained: map[[2]*role]policy.Decision{}, inChain: map[string]*finding{}, otherRoles: map[string]*role{},
	}
	m.readNetwork()
	m.readTags()
	m.readRoles()
	m.readInstances()
	m.readRecords()
	m.readIntent()
	return m
}

// instanceLaunchers maps types that launch instances or containers, which no state contains, to their usual names.
var instanceLaunchers = map[string]string{
	"aws:autoscaling/group:Group": "an Auto Scaling group", "aws:ec2/fleet:Fleet": "an EC2 Fleet",
	"aws:ec2/spotFleetRequest:SpotFleetRequest": "a Spot Fleet", "aws:ec2/spotInstanceRequest:SpotInstanceRequest": "a Spot request",
	"aws:ecs/service:Service": "an Amazon ECS service", "aws:eks/nodeGroup:NodeGroup": "an Amazon EKS node group",
	"aws:emr/cluster:Cluster": "an Amazon EMR cluster", "aws:batch/computeEnvironment:ComputeEnvironment": "an AWS Batch compute environment",
	"aws:ssm/activation:Activation": "a hybrid activation", "aws-native:ec2:Instance": "an instance of another provider",
}

// servesOthersOnly reports whether the stack is one of this project that has no instances of its own: it creates endpoints,
// or allows sessions on existing instances.
func (m *model) servesOthersOnly() bool {
	return len(m.component(contract.SessionRoleType)) > 0 && len(m.component(contract.InstancesType)) == 0
}

// notChecked names what the state has instead of instances.
func (m *model) notChecked() string {
	if found := m.launchers(); len(found) > 0 {
		return ": not checked: " + strings.Join(found, ", ") + ", because what it launches is not in the state"
	}
	return ": deploy the stack first"
}

// launchers returns what launches instances or containers that are not in the state.
func (m *model) launchers() []string {
	var found []string
	for _, n := range slices.Concat(m.resources, m.uncertain) {
		if launcher := instanceLaunchers[n.typ]; launcher != "" {
			found = append(found, fmt.Sprintf("%s (%s)", launcher, n))
		}
	}
	return found
}

// readTags reads the tags that separate resources add to other resources.
func (m *model) readTags() {
	for _, n := range m.ofType("aws:ec2/tag:Tag") {
		id := n.str("resourceId")
		if m.tags[id] == nil {
			m.tags[id] = map[string]any{}
		}
		m.tags[id][n.str("key")] = n.str("value")
	}
}

// tagsOf returns all tags of a resource: its own, the default tags of its provider, and those that separate resources
// add.
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
	} else if vpcs := m.ofType("aws:ec2/vpc:Vpc"); len(vpcs) > 0 {
		m.location = vpcs[0].location
	} else if i := slices.IndexFunc(m.resources, func(r *resource) bool { return r.account != "" }); i >= 0 {
		m.location = m.resources[i].location
	}
}

// readTrustPolicies reads the trust policies of roles of existing instances, which a component records.
func (m *model) readTrustPolicies(component *resource) {
	m.intent.trustPolicies = map[string]*policy.Document{}
	recorded, _ := component.input(contract.TrustPoliciesInput).(map[string]any)
	for name, text := range recorded {
		title := "the trust policy of the role " + name + ", which the program looked up"
		document, err := policy.Parse(title, asStr(text))
		if err != nil {
			document = policy.Unreadable(title, "its content, which cannot be read: "+err.Error())
		}
		m.intent.trustPolicies[name] = document
	}
}

// locations returns the accounts and Regions of instances, without repeats. Without instances, it returns those of the VPC.
func (m *model) locations() []location {
	if len(m.instances) == 0 {
		return []location{m.location}
	}
	var found []location
	for _, i := range m.instances {
		if !slices.Contains(found, i.location) {
			found = append(found, i.location)
		}
	}
	return found
}

// readIntent reads the inputs of this project's components.
func (m *model) readIntent() {
	for _, n := range m.component(contract.EndpointsType) {
		m.intent.organization = asStr(n.input(contract.OrganizationInput))
		m.intent.reachesAll = slices.Contains(asStrList(n.input(contract.ExistingEndpointsInput)), contract.AllServices)
		m.intent.publicBuckets = asStrList(n.input(contract.PublicBucketsInput))
	}
	for _, n := range m.component(contract.InstanceRoleType) {
		m.intent.policyARNs = asStrList(n.input(contract.PolicyARNsInput))
	}
	for _, n := range m.component(contract.SecurityGroupsType) {
		m.intent.forwardKnown = true
		m.intent.forward = asStrList(n.input(contract.ForwardInput))
	}
	for _, n := range m.component(contract.TargetsType) {
		m.intent.agentRoles = append(m.intent.agentRoles, asStrList(n.input(contract.AgentRolesInput))...)
		m.intent.denyingRoles = append(m.intent.denyingRoles, asStrList(n.input(contract.DenyingRolesInput))...)
		m.readTrustPolicies(n)
	}
	for _, n := range m.component(contract.SessionsType) {
		m.intent.records = m.intent.records || asBool(n.input(contract.LogGroupInput), false) || asBool(n.input(contract.BucketInput), false)
	}
	for _, n := range m.component(contract.InstancesType) {
		m.intent.os = asStr(n.input(contract.OSInput))
	}
}
