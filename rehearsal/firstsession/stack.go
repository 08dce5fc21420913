package firstsession

import (
	"math/rand/v2"
	"time"
)

// operation is the creation of a resource.
type operation struct {
	name  string
	kind  Kind
	after []string
}

// Stack is what is created before the first instance.
type Stack struct {
	// operations are in an order in which each comes after those that it names.
	operations []operation
	// instanceAfter names the operations after which the instance is created.
	instanceAfter []string
}

// Names of the operations that orders or conditions refer to.
const (
	appSubnet     = "app subnet"
	instanceGroup = "instance group"
	ssm           = "ssm"
	ssmmessages   = "ssmmessages"
	role          = "role"
	profile       = "profile"
)

// Typical returns a stack of this program with one zone. Each operation comes after those that its inputs refer to, and
// the instance after all of them.
func Typical() Stack {
	s := Stack{operations: []operation{
		{"vpc", VPC, nil},
		{appSubnet, Subnet, []string{"vpc"}},
		{"privatelink subnet", Subnet, []string{"vpc"}},
		{"app routes", RouteTable, []string{"vpc"}},
		{"privatelink routes", RouteTable, []string{"vpc"}},
		{"app association", Association, []string{appSubnet, "app routes"}},
		{"privatelink association", Association, []string{"privatelink subnet", "privatelink routes"}},
		{instanceGroup, SecurityGroup, []string{"vpc"}},
		{"endpoint group", SecurityGroup, []string{"vpc"}},
		{"endpoint ingress", Rule, []string{instanceGroup, "endpoint group"}},
		{"instance egress", Rule, []string{instanceGroup, "endpoint group"}},
		{"s3 egress", Rule, []string{instanceGroup}},
		{ssm, InterfaceEndpoint, []string{"privatelink subnet", "endpoint group"}},
		{ssmmessages, InterfaceEndpoint, []string{"privatelink subnet", "endpoint group"}},
		{"s3", GatewayEndpoint, []string{"app routes"}},
		{role, Role, nil},
		{"permission", Attachment, []string{role}},
		{profile, Profile, []string{role}},
	}}
	for _, o := range s.operations {
		s.instanceAfter = append(s.instanceAfter, o.name)
	}
	return s
}

// ofKind returns the names of the operations of a kind.
func (s Stack) ofKind(kind Kind) []string {
	var names []string
	for _, o := range s.operations {
		if o.kind == kind {
			names = append(names, o.name)
		}
	}
	return names
}

// deployment is one random deployment of a stack, except for the instance, whose creation depends on the order. Times
// count from the start of the up.
type deployment struct {
	stack Stack
	// done is when each operation ended.
	done map[string]time.Duration
	// attached is when the permissions of the instance's role were attached.
	attached time.Duration
	// profileKnown is when EC2 accepts the instance profile.
	profileKnown time.Duration
	// ssm, ssmmessages and permission are when the agent can use these.
	ssm, ssmmessages, permission time.Duration
	// running, agent and worker are how long the instance, then its agent and then the agent's worker take to start.
	running, agent, worker time.Duration
}

// deploy draws a deployment.
func (s Stack) deploy(ranges map[Kind]Range, random *rand.Rand) deployment {
	d := deployment{stack: s, done: make(map[string]time.Duration, len(s.operations))}
	for _, o := range s.operations {
		d.done[o.name] = d.after(o.after) + ranges[o.kind].draw(random)
	}
	d.profileKnown = d.done[profile] + ranges[ProfileDelay].draw(random)
	path := d.after(s.ofKind(Rule))
	d.ssm = max(path, d.done[ssm]+ranges[NameDelay].draw(random))
	d.ssmmessages = max(path, d.done[ssmmessages]+ranges[NameDelay].draw(random))
	d.attached = d.after(s.ofKind(Attachment))
	d.permission = d.attached + ranges[PermissionDelay].draw(random)
	d.running = ranges[Running].draw(random)
	d.agent = ranges[AgentStarted].draw(random)
	d.worker = ranges[WorkerStarted].draw(random)
	return d
}

// after returns when all of these operations have ended.
func (d deployment) after(names []string) time.Duration {
	var last time.Duration
	for _, name := range names {
		last = max(last, d.done[name])
	}
	return last
}

// boot returns when an instance boots that is created after these operations, and after its profile is known.
func (d deployment) boot(after []string) time.Duration {
	return max(d.after(after), d.profileKnown) + d.running
}
