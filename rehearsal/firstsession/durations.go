package firstsession

import "time"

// Kind is a kind of thing that AWS does.
type Kind string

// Kinds of things.
const (
	VPC               Kind = "VPC"
	Subnet            Kind = "subnet"
	RouteTable        Kind = "route table"
	Association       Kind = "route table association"
	SecurityGroup     Kind = "security group"
	Rule              Kind = "security group rule"
	GatewayEndpoint   Kind = "gateway endpoint"
	InterfaceEndpoint Kind = "interface endpoint"
	Role              Kind = "role"
	Attachment        Kind = "policy attached to a role"
	Profile           Kind = "instance profile"
	Other             Kind = "anything else"
	ProfileKnown      Kind = "instance profile known to EC2"
	Running           Kind = "instance running"
	AgentStarted      Kind = "agent started after boot"
	WorkerStarted     Kind = "agent's worker started after the first accepted call"
)

// Duration is how long AWS takes to do a thing, and where that is from.
type Duration struct {
	Kind Kind
	Span Span
	// Source is an address, or says that the figure is an estimate, and by what it is bounded.
	Source string
}

// seconds returns the span between two numbers of seconds.
func seconds(from, to float64) Span {
	return Span{time.Duration(from * float64(time.Second)), time.Duration(to * float64(time.Second))}
}

// Durations returns how long things take that take as long as usual.
func Durations() []Duration {
	const (
		measured = "https://github.com/DevopsArtFactory/terraform-provisioning/pull/4, in ap-northeast-2"
		provider = "https://github.com/hashicorp/terraform-provider-aws/"
		network  = "estimate; with a VPC, made and deleted, 22 to 38 s in " + provider + "pull/45379"
		iam      = "estimate; made, read, changed and deleted, 15 to 29 s in the provider's acceptance tests"
	)
	return []Duration{
		{VPC, seconds(21, 22), measured},
		{Subnet, seconds(1, 11), network},
		{RouteTable, seconds(1, 1.5), measured},
		{Association, seconds(0.5, 1.5), "estimate"},
		{SecurityGroup, seconds(2, 4), network},
		{Rule, seconds(0.5, 1.5), "estimate"},
		{GatewayEndpoint, seconds(5, 10), "estimate; with a VPC, made and deleted, 53 s in " + provider + "pull/46800"},
		{
			InterfaceEndpoint, seconds(60, 180),
			"estimate; with a VPC and without subnets 70 s in " + provider + "pull/46800; the provider waits 600 s",
		},
		{Role, seconds(1, 2), iam},
		{Attachment, seconds(0.5, 1.5), iam},
		{Profile, seconds(1, 7), iam},
		{Other, seconds(0.5, 2), "estimate"},
		{ProfileKnown, seconds(10, 30), "estimate; the provider tries for 120 s"},
		{Running, seconds(10, 30), "estimate; with a VPC, made and deleted, 100 to 250 s in " + provider + "pull/32854"},
		{AgentStarted, seconds(10, 40), "estimate"},
		{WorkerStarted, seconds(2, 5), "estimate"},
	}
}
