package proof_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"bastionless/rehearsal/proof"
)

// mutant is the state of a deployed stack with one change.
type mutant struct {
	// name is "type name: change".
	name string
	// claims lists claims, at least one of which has to notice the change. It is empty if the change is
	// harmless.
	claims []string
	// harmless says why no claim has to notice the change.
	harmless string
	state    *apitype.DeploymentV3
}

// clone copies the parts of a deployment that mutants change: properties and dependencies.
func clone(d *apitype.DeploymentV3) *apitype.DeploymentV3 {
	copied := *d
	copied.Resources = slices.Clone(d.Resources)
	for i := range copied.Resources {
		r := &copied.Resources[i]
		r.Inputs, r.Outputs = maps.Clone(r.Inputs), maps.Clone(r.Outputs)
		r.Dependencies = slices.Clone(r.Dependencies)
		r.PropertyDependencies = maps.Clone(r.PropertyDependencies)
		for key, urns := range r.PropertyDependencies {
			r.PropertyDependencies[key] = slices.Clone(urns)
		}
	}
	return &copied
}

// kindOf returns the last part of a type.
func kindOf(r *apitype.ResourceV3) string {
	return string(r.Type[strings.LastIndex(string(r.Type), ":")+1:])
}

// mutator creates the mutants of a stack.
type mutator struct {
	t       testing.TB
	base    *apitype.DeploymentV3
	mutants []mutant
}

// add adds a mutant: change changes the resource at an index. A single claim "harmless: REASON" stands for no
// claim.
func (b *mutator) add(i int, what string, change func(d *apitype.DeploymentV3, r *apitype.ResourceV3), claims ...string) {
	d := clone(b.base)
	r := &d.Resources[i]
	m := mutant{name: fmt.Sprintf("%s %s: %s", kindOf(r), r.URN.Name(), what), claims: claims, state: d}
	if len(claims) == 1 && strings.HasPrefix(claims[0], "harmless: ") {
		m.claims, m.harmless = nil, strings.TrimPrefix(claims[0], "harmless: ")
	}
	change(d, r)
	b.mutants = append(b.mutants, m)
}

// set returns a change that sets a property.
func set(property string, value any) func(*apitype.DeploymentV3, *apitype.ResourceV3) {
	return func(_ *apitype.DeploymentV3, r *apitype.ResourceV3) {
		if r.Outputs == nil {
			r.Outputs = map[string]any{}
		}
		r.Outputs[property] = value
		if r.Inputs == nil {
			r.Inputs = map[string]any{}
		}
		r.Inputs[property] = value
	}
}

// drop removes a resource and the dependencies on it.
func drop(d *apitype.DeploymentV3, r *apitype.ResourceV3) {
	removed := r.URN
	is := func(u resource.URN) bool { return u == removed }
	d.Resources = slices.DeleteFunc(d.Resources, func(r apitype.ResourceV3) bool { return r.URN == removed })
	for i := range d.Resources {
		one := &d.Resources[i]
		one.Dependencies = slices.DeleteFunc(one.Dependencies, is)
		for key := range one.PropertyDependencies {
			one.PropertyDependencies[key] = slices.DeleteFunc(one.PropertyDependencies[key], is)
		}
	}
}

// insert returns a change that adds a resource.
func insert(kind, name, id string, properties props) func(*apitype.DeploymentV3, *apitype.ResourceV3) {
	return func(d *apitype.DeploymentV3, r *apitype.ResourceV3) {
		d.Resources = append(d.Resources, apitype.ResourceV3{
			URN: resource.NewURN(r.URN.Stack(), r.URN.Project(), "", tokens.Type(kind), name), Type: tokens.Type(kind), Custom: true,
			ID: resource.ID(id), Inputs: properties, Outputs: properties,
		})
	}
}

// find returns the resource of a kind whose name has a suffix, or nil.
func (b *mutator) find(kind, suffix string) *apitype.ResourceV3 {
	for i := range b.base.Resources {
		r := &b.base.Resources[i]
		if kindOf(r) == kind && strings.HasSuffix(r.URN.Name(), suffix) {
			return r
		}
	}
	return nil
}

// id returns the id of the resource of a kind whose name has a suffix, or "none".
func (b *mutator) id(kind, suffix string) string {
	if r := b.find(kind, suffix); r != nil {
		return string(r.ID)
	}
	return "none"
}

// mutate returns all mutants of a stack.
func mutate(t testing.TB, base *apitype.DeploymentV3) []mutant {
	b := &mutator{t: t, base: base}
	for i := range base.Resources {
		if base.Resources[i].Custom {
			b.resource(i, &base.Resources[i])
		}
	}
	b.additions()
	b.dependencies()
	return b.mutants
}

// resource creates the mutants of one resource.
func (b *mutator) resource(i int, r *apitype.ResourceV3) {
	switch kindOf(r) {
	case "Vpc":
		b.vpc(i)
	case "Subnet":
		b.subnet(i)
	case "RouteTable":
		b.routeTable(i)
	case "RouteTableAssociation":
		b.association(i, r)
	case "SecurityGroup":
		b.group(i, r)
	case "DefaultSecurityGroup":
		b.add(i, "removed", drop, "default-sg")
		b.add(i, "allows all inbound traffic", set("ingress", list(props{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "self": true})), "default-sg")
		b.add(i, "allows all outbound traffic", set("egress", list(props{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "cidrBlocks": list("0.0.0.0/0")})), "default-sg")
	case "SecurityGroupIngressRule":
		b.rule(i, []string{"reach.ssm"})
	case "SecurityGroupEgressRule":
		b.egress(i, r)
	case "VpcEndpoint":
		b.endpoint(i, r)
	case "Instance":
		b.instance(i)
	case "Role":
		b.role(i, r)
	case "InstanceProfile":
		b.add(i, "removed", drop, "agent")
		b.add(i, "no role", set("role", ""), "agent")
		b.add(i, "another role", set("role", "another"), "agent")
	case "RolePolicyAttachment":
		b.add(i, "removed", drop, "agent")
		b.add(i, "another policy", set("policyArn", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"), "agent")
		b.add(i, "another role", set("role", "another"), "agent")
	case "RolePolicy":
		b.rolePolicy(i, r)
	case "Association":
		const why = "harmless: the agent is not updated, but sessions start, and need S3 no longer"
		b.add(i, "removed", drop, why)
		b.add(i, "another document", set("name", "AWS-RunPatchBaseline"), why)
	case "FlowLog":
		b.add(i, "removed", drop, "flow-logs")
		b.add(i, "of some traffic", set("trafficType", "REJECT"), "flow-logs")
		b.add(i, "of another VPC", set("vpcId", "vpc-other"), "flow-logs")
		b.add(i, "by another role", set("iamRoleArn", "arn:aws:iam::123456789012:role/another"), "flow-logs")
		b.add(i, "to another group", set("logDestination", "arn:aws:logs:ap-northeast-1:123456789012:log-group:another"), "flow-logs")
	case "aws", "KeyPair":
	default:
		b.record(i, r)
	}
}

// noticedBy returns the ids of the claims whose result is worse after a change, or is the same for another
// reason.
func noticedBy(before, after []proof.Claim) []string {
	rank := map[string]int{proof.Proven: 3, proof.Assumed: 2, proof.Undecided: 1, proof.Refuted: 0}
	then := map[string]proof.Claim{}
	for _, c := range before {
		then[c.ID+" "+c.Subject] = c
	}
	found := map[string]bool{}
	for _, c := range after {
		old, was := then[c.ID+" "+c.Subject]
		delete(then, c.ID+" "+c.Subject)
		switch {
		case !was && c.Result != proof.Proven, was && rank[c.Result] < rank[old.Result]:
			found[c.ID] = true
		case was && slices.ContainsFunc(c.Reasons, func(r proof.Reason) bool {
			same := func(o proof.Reason) bool { return o.Kind == r.Kind && o.Text == r.Text && o.Fix == r.Fix }
			return (r.Kind == proof.Fail || r.Kind == proof.Unknown) && !slices.ContainsFunc(old.Reasons, same)
		}):
			found[c.ID] = true
		}
	}
	for _, c := range then {
		found[c.ID] = true // the claim is not made anymore
	}
	return slices.Sorted(maps.Keys(found))
}
