package firstsession

import (
	"math/rand/v2"
	"time"
)

// operation is the creation of one resource.
type operation struct {
	name  string
	kind  Kind
	after []string
}

// Stack is what is created besides an instance, and what the instance comes after.
type Stack struct {
	// operations come after those that they name.
	operations []operation
	// instance names the operations that the instance comes after.
	instance []string
}

// Operations by name, where an order or a condition needs them.
const (
	appSubnet     = "app subnet"
	instanceGroup = "instance group"
	ssm           = "ssm"
	ssmmessages   = "ssmmessages"
	role          = "role"
	profile       = "profile"
)

// Typical returns a stack of this program with one zone: every operation after those that its inputs name, and the
// instance after all.
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
		s.instance = append(s.instance, o.name)
	}
	return s
}

// of returns the names of the operations of a kind.
func (s Stack) of(kind Kind) []string {
	var names []string
	for _, o := range s.operations {
		if o.kind == kind {
			names = append(names, o.name)
		}
	}
	return names
}

// Scenario is how AWS behaves.
type Scenario struct {
	Name string
	// Endpoints is how long an interface endpoint takes.
	Endpoints Span
	// NamesLate is how long after that its private names lead to it.
	NamesLate Span
	// PermissionsLate is how long after its call returned an attached policy counts.
	PermissionsLate Span
}

// Scenarios returns how AWS may behave.
func Scenarios() []Scenario {
	usual := seconds(60, 180)
	return []Scenario{
		{Name: "usual", Endpoints: usual},
		{Name: "slow endpoints", Endpoints: seconds(180, 600)},
		{Name: "late permissions", Endpoints: usual, PermissionsLate: seconds(0, 60)},
		{Name: "late names", Endpoints: usual, NamesLate: seconds(0, 180)},
	}
}

// world is one draw: when each thing stands, whatever the order of the instance.
type world struct {
	stack Stack
	// done is when each operation returned.
	done map[string]time.Duration
	// attached is when the permissions of the instance's role were attached.
	attached time.Duration
	// profileKnown is when EC2 takes the profile.
	profileKnown time.Duration
	// ssm, ssmmessages and permission are when the agent could use them.
	ssm, ssmmessages, permission time.Duration
	// running, agent and worker are how long the instance takes to run, its agent and then the agent's worker to start.
	running, agent, worker time.Duration
}

// draw draws a world for a stack.
func (s Scenario) draw(stack Stack, r *rand.Rand) world {
	spans := map[Kind]Span{}
	for _, d := range Durations() {
		spans[d.Kind] = d.Span
	}
	spans[InterfaceEndpoint] = s.Endpoints
	w := world{stack: stack, done: map[string]time.Duration{}}
	for _, o := range stack.operations {
		w.done[o.name] = w.after(o.after) + spans[o.kind].draw(r)
	}
	w.profileKnown = w.done[profile] + spans[ProfileKnown].draw(r)
	path := w.after(stack.of(Rule))
	w.ssm = max(path, w.done[ssm]+s.NamesLate.draw(r))
	w.ssmmessages = max(path, w.done[ssmmessages]+s.NamesLate.draw(r))
	w.attached = w.after(stack.of(Attachment))
	w.permission = w.attached + s.PermissionsLate.draw(r)
	w.running = spans[Running].draw(r)
	w.agent = spans[AgentStarted].draw(r)
	w.worker = spans[WorkerStarted].draw(r)
	return w
}

// after returns when all of these operations are done.
func (w world) after(names []string) time.Duration {
	var last time.Duration
	for _, name := range names {
		last = max(last, w.done[name])
	}
	return last
}

// boot returns when an instance boots that is created after these operations. Without its profile none is.
func (w world) boot(after []string) time.Duration {
	return max(w.after(after), w.profileKnown) + w.running
}
