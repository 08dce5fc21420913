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

// mutant is a deployed stack with one thing wrong.
type mutant struct {
	// name is "type name: what is wrong".
	name string
	// claims are those of which at least one is to notice. None: it is harmless.
	claims []string
	// harmless says why no claim is to notice.
	harmless string
	// state is the mutant's.
	state *apitype.DeploymentV3
}

// clone copies a deployment as far as mutants change it: whole properties, and what was
// created after what.
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

// kindOf is the last part of a type.
func kindOf(r *apitype.ResourceV3) string {
	return string(r.Type[strings.LastIndex(string(r.Type), ":")+1:])
}

// breeder makes the mutants of a stack.
type breeder struct {
	t       testing.TB
	base    *apitype.DeploymentV3
	mutants []mutant
}

// add adds a mutant that change makes of the resource at an index.
func (b *breeder) add(i int, what string, change func(d *apitype.DeploymentV3, r *apitype.ResourceV3), claims ...string) {
	d := clone(b.base)
	r := &d.Resources[i]
	m := mutant{name: fmt.Sprintf("%s %s: %s", kindOf(r), r.URN.Name(), what), claims: claims, state: d}
	if len(claims) == 1 && strings.HasPrefix(claims[0], "harmless: ") {
		m.claims, m.harmless = nil, strings.TrimPrefix(claims[0], "harmless: ")
	}
	change(d, r)
	b.mutants = append(b.mutants, m)
}

// set changes a property of what is deployed.
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

// drop drops a resource, and every mention of it among what others were created after.
func drop(d *apitype.DeploymentV3, r *apitype.ResourceV3) {
	gone := r.URN
	is := func(u resource.URN) bool { return u == gone }
	d.Resources = slices.DeleteFunc(d.Resources, func(r apitype.ResourceV3) bool { return r.URN == gone })
	for i := range d.Resources {
		one := &d.Resources[i]
		one.Dependencies = slices.DeleteFunc(one.Dependencies, is)
		for key := range one.PropertyDependencies {
			one.PropertyDependencies[key] = slices.DeleteFunc(one.PropertyDependencies[key], is)
		}
	}
}

// insert adds a resource to a deployment.
func insert(kind, name, id string, properties props) func(*apitype.DeploymentV3, *apitype.ResourceV3) {
	return func(d *apitype.DeploymentV3, r *apitype.ResourceV3) {
		d.Resources = append(d.Resources, apitype.ResourceV3{
			URN: resource.NewURN(r.URN.Stack(), r.URN.Project(), "", tokens.Type(kind), name), Type: tokens.Type(kind), Custom: true,
			ID: resource.ID(id), Inputs: properties, Outputs: properties,
		})
	}
}

// find returns the resource of a kind whose name ends so.
func (b *breeder) find(kind, suffix string) *apitype.ResourceV3 {
	for i := range b.base.Resources {
		r := &b.base.Resources[i]
		if kindOf(r) == kind && strings.HasSuffix(r.URN.Name(), suffix) {
			return r
		}
	}
	return nil
}

// id is a resource's, or "none" where there is none.
func (b *breeder) id(kind, suffix string) string {
	if r := b.find(kind, suffix); r != nil {
		return string(r.ID)
	}
	return "none"
}

// breed makes all mutants of a stack.
func breed(t testing.TB, base *apitype.DeploymentV3) []mutant {
	b := &breeder{t: t, base: base}
	for i := range base.Resources {
		if base.Resources[i].Custom {
			b.resource(i, &base.Resources[i])
		}
	}
	b.additions()
	b.dependencies()
	return b.mutants
}

// resource makes the mutants of one resource.
func (b *breeder) resource(i int, r *apitype.ResourceV3) {
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
		b.add(i, "gone", drop, "default-sg")
		b.add(i, "admits all", set("ingress", list(props{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "self": true})), "default-sg")
		b.add(i, "lets all out", set("egress", list(props{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "cidrBlocks": list("0.0.0.0/0")})), "default-sg")
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
		b.add(i, "gone", drop, "agent")
		b.add(i, "no role in it", set("role", ""), "agent")
		b.add(i, "another role in it", set("role", "another"), "agent")
	case "RolePolicyAttachment":
		b.add(i, "gone", drop, "agent")
		b.add(i, "another policy", set("policyArn", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"), "agent")
		b.add(i, "another role", set("role", "another"), "agent")
	case "RolePolicy":
		b.rolePolicy(i, r)
	case "Association":
		const why = "harmless: the agent is not updated, and sessions open all the same; that S3 is reached for it is no longer required"
		b.add(i, "gone", drop, why)
		b.add(i, "another document", set("name", "AWS-RunPatchBaseline"), why)
	case "FlowLog":
		b.add(i, "gone", drop, "flow-logs")
		b.add(i, "of some traffic", set("trafficType", "REJECT"), "flow-logs")
		b.add(i, "of another VPC", set("vpcId", "vpc-other"), "flow-logs")
		b.add(i, "by another role", set("iamRoleArn", "arn:aws:iam::123456789012:role/another"), "flow-logs")
		b.add(i, "to another group", set("logDestination", "arn:aws:logs:ap-northeast-1:123456789012:log-group:another"), "flow-logs")
	case "aws", "KeyPair":
	default:
		b.record(i, r)
	}
}

// worse names the claims of which less came out: a lesser result, or the same for one
// reason more.
func worse(before, after []proof.Claim) []string {
	rank := map[string]int{proof.Proven: 2, proof.Undecided: 1, proof.Refuted: 0}
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
			return (r.Kind == proof.Fail || r.Kind == proof.Unknown) && !slices.Contains(old.Reasons, r)
		}):
			found[c.ID] = true
		}
	}
	for _, c := range then {
		found[c.ID] = true // it is claimed no longer
	}
	return slices.Sorted(maps.Keys(found))
}
