package firstsession

import (
	"maps"
	"slices"
)

// Kind is a kind of operation or delay of AWS.
type Kind string

// The kinds.
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
	Other             Kind = "any other resource"
	NameDelay         Kind = "private DNS name resolves, after the endpoint is available"
	PermissionDelay   Kind = "policy takes effect, after it was attached"
	ProfileDelay      Kind = "instance profile is known to EC2, after it was created"
	Running           Kind = "instance runs, after it was launched"
	AgentStarted      Kind = "agent starts, after the boot"
	WorkerStarted     Kind = "agent's worker starts, after the first accepted call"
)

// Input is how long AWS takes for a kind of operation.
type Input struct {
	Kind  Kind
	Range Range
	// Source is the address of a measurement, or says that the range is an estimate and what limits it.
	Source string
}

// Inputs returns the usual durations.
func Inputs() []Input {
	const (
		measured = "https://github.com/DevopsArtFactory/terraform-provisioning/pull/4, in ap-northeast-2"
		provider = "https://github.com/hashicorp/terraform-provider-aws/"
		network  = "estimate; creating and deleting it together with a VPC took 22 to 38 s in " + provider + "pull/45379"
		iam      = "estimate; creating, reading, changing and deleting it took 15 to 29 s in the provider's acceptance tests"
	)
	return []Input{
		{VPC, seconds(21, 22), measured},
		{Subnet, seconds(1, 11), network},
		{RouteTable, seconds(1, 1.5), measured},
		{Association, seconds(0.5, 1.5), "estimate"},
		{SecurityGroup, seconds(2, 4), network},
		{Rule, seconds(0.5, 1.5), "estimate"},
		{
			GatewayEndpoint, seconds(5, 10),
			"estimate; creating and deleting it together with a VPC took 53 s in " + provider + "pull/46800",
		},
		{
			InterfaceEndpoint, seconds(60, 180),
			"estimate; without subnets, and together with a VPC, it took 70 s in " + provider + "pull/46800; the provider gives up after 600 s",
		},
		{Role, seconds(1, 2), iam},
		{Attachment, seconds(0.5, 1.5), iam},
		{Profile, seconds(1, 7), iam},
		{Other, seconds(0.5, 2), "estimate"},
		{NameDelay, seconds(0, 0), "estimate"},
		{PermissionDelay, seconds(0, 0), "estimate"},
		{ProfileDelay, seconds(10, 30), "estimate; the provider retries for 120 s"},
		{
			Running, seconds(10, 30),
			"estimate; creating and deleting it together with a VPC took 100 to 250 s in " + provider + "pull/32854",
		},
		{AgentStarted, seconds(10, 40), "estimate"},
		{WorkerStarted, seconds(2, 5), "estimate"},
	}
}

// Scenario is a set of inputs that differ from the usual ones.
type Scenario struct {
	Name string
	// Ranges replace those of Inputs.
	Ranges map[Kind]Range
}

// Scenarios returns the scenarios. The usual one is the first.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "usual"},
		{Name: "slow endpoints", Ranges: map[Kind]Range{InterfaceEndpoint: seconds(180, 600)}},
		{Name: "late permissions", Ranges: map[Kind]Range{PermissionDelay: seconds(0, 60)}},
		{Name: "late names", Ranges: map[Kind]Range{NameDelay: seconds(0, 180)}},
	}
}

// Variation multiplies some inputs of every scenario by a factor.
type Variation struct {
	Kinds  []Kind
	Factor float64
}

// Variations returns the variations under which the ranking of the orders is compared: each input alone, and all inputs
// together, halved and doubled.
func Variations() []Variation {
	var all []Kind
	for _, input := range Inputs() {
		all = append(all, input.Kind)
	}
	var variations []Variation
	for _, factor := range []float64{0.5, 2} {
		variations = append(variations, Variation{all, factor})
		for _, kind := range all {
			variations = append(variations, Variation{[]Kind{kind}, factor})
		}
	}
	return variations
}

// ranges returns the inputs of a scenario under a variation.
func (s Scenario) ranges(v Variation) map[Kind]Range {
	ranges := map[Kind]Range{}
	for _, input := range Inputs() {
		ranges[input.Kind] = input.Range
	}
	maps.Copy(ranges, s.Ranges)
	for kind, r := range ranges {
		if slices.Contains(v.Kinds, kind) {
			ranges[kind] = r.scale(v.Factor)
		}
	}
	return ranges
}
