package proof_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"bastionless/internal/contract"
	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/stacktest"
)

// deployedInAccount deploys the stack "existing" in its account, after a change of the account.
func deployedInAccount(t *testing.T, config map[string]string, change func(*account.File)) *engine.Stack {
	t.Helper()
	file := stacktest.Account(t, "existing")
	if change != nil {
		change(file)
	}
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Account: file})
	require.NoError(t, err)
	stack := stacktest.Open(t, engine.Options{Stack: "existing", Config: config, Provider: cloud.NewProvider})
	require.Empty(t, stack.Up(t.Context()).Failure())
	return stack
}

// TestExisting_deployed checks claims about the stack "existing", with external resources as the simulated AWS returns them.
func TestExisting_deployed(t *testing.T) {
	t.Parallel()
	denyHTTPS := func(egress bool) func(*account.File) {
		return func(f *account.File) {
			for i := range f.NetworkAcls {
				f.NetworkAcls[i].Entries = append(f.NetworkAcls[i].Entries, account.NetworkAclEntry{
					RuleNumber: 1, Egress: egress, Protocol: "-1", RuleAction: "deny", CidrBlock: "0.0.0.0/0",
				})
			}
		}
	}
	for name, test := range map[string]struct {
		config       map[string]string
		change       func(*account.File)
		ssm, s3, fix string
	}{
		"as shipped":              {nil, nil, proof.Proven, proof.Proven, ""},
		"a NAT gateway":           {map[string]string{"existingEndpoints": `["all"]`, "endpointIngress": "instances"}, nil, proof.Assumed, proof.Assumed, ""},
		"an ACL that denies":      {nil, denyHTTPS(true), proof.Refuted, proof.Refuted, `ask the owner of DefaultNetworkAcl "existing-network-`},
		"an ACL that allows none": {nil, denyHTTPS(false), proof.Refuted, proof.Refuted, `ask the owner of DefaultNetworkAcl "existing-network-`},
		"a NAT gateway, and an ACL that denies": {
			map[string]string{"existingEndpoints": `["all"]`, "endpointIngress": "instances"},
			denyHTTPS(true),
			proof.Refuted, proof.Refuted, `ask the owner of DefaultNetworkAcl "existing-network-`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stack := deployedInAccount(t, test.config, test.change)
			for range 2 {
				claims := claimsOf(t, read(t, stack))
				for id, want := range map[string]string{"reach.ssm": test.ssm, "reach.s3": test.s3} {
					c := claimNamed(t, claims, id)
					require.Equal(t, want, c.Result, c.Why())
					require.Contains(t, fixesOf(c), test.fix)
				}
				require.Empty(t, stack.Refresh(t.Context()).Failure())
			}
		})
	}
}

// An existing endpoint has addresses in zones without instances. The stack reads their subnets, too.
func TestExisting_endpointInOtherZone(t *testing.T) {
	t.Parallel()
	stack := deployedInAccount(t, map[string]string{
		"appSubnetIds": `["subnet-0a1b2c3d4e5f6000a"]`, "existingEndpoints": `["s3", "kms"]`, "sessionEncryption": "true",
	}, nil)
	c := claimNamed(t, claimsOf(t, read(t, stack)), "reach.kms")
	require.Equal(t, proof.Proven, c.Result, c.Why())
	require.Contains(t, c.Reads, `Subnet "existing-network-subnet-0a1b2c3d4e5f6000c"`)
}

// external turns resources into ones that the stack reads. Their inputs are empty, as those of the program.
func (p *peer) external(names ...string) {
	for _, name := range names {
		p.resources[name].External = true
		p.resources[name].Inputs = props{}
	}
}

// existingNetwork are the resources of the network that a stack in an existing VPC reads.
var existingNetwork = []string{"vpc", "app", "app-c", "app-table", "app-association", "app-association-c", "acl"}

// existingPeer returns a stack in an existing VPC. It creates endpoints and instances.
func existingPeer() *peer {
	p := networkPeer()
	p.remove("default-group")
	p.put("aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", "acl", "acl-default", props{
		"vpcId": "vpc-1", "defaultNetworkAclId": "acl-default", "subnetIds": list("subnet-app", "subnet-app-c"),
		"ingress": list(aclEntry(100, "allow", "-1", 0, 0, "0.0.0.0/0")), "egress": list(aclEntry(100, "allow", "-1", 0, 0, "0.0.0.0/0")),
	})
	p.external(existingNetwork...)
	return p
}

// foreignPeer returns an access-only stack in an existing VPC, whose endpoints, groups and instances belong to others, too.
// A role of another stack manages the session role.
func foreignPeer() *peer {
	p := existingPeer()
	p.remove("agent-update")
	p.set("box", "tags", props{"team": "db", "env": "prod"})
	p.set("box-c", "tags", props{"team": "db", "env": "prod"})
	p.external("endpoint-group", "instance-group", "ssm", "ssmmessages", "ec2messages", "logs", "kms", "s3", "profile", "box", "box-c")
	return p
}

// hub removes the endpoints, adds a NAT gateway, and records that it provides all services.
func (p *peer) hub() {
	p.remove("ssm", "ssmmessages", "ec2messages", "logs", "kms", "s3")
	p.set("app-table", "routes", list(props{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-9"}))
	p.set("instance-group", "egress", list(tcp443(props{"cidrBlocks": list("0.0.0.0/0")})))
	p.external("app-table")
	p.component(contract.EndpointsType, "endpoints", props{contract.ExistingEndpointsInput: list(contract.AllServices)})
}

// component adds a component of this project.
func (p *peer) component(kind, name string, inputs props) {
	p.put(kind, name, "", props{})
	p.resources[name].Custom = false
	p.resources[name].Inputs, p.resources[name].Outputs = inputs, props{}
}

// claimNamed returns the first claim with an ID that does not pass, or else the first one.
func claimNamed(t *testing.T, claims []proof.Claim, id string) proof.Claim {
	t.Helper()
	named := slices.DeleteFunc(slices.Clone(claims), func(c proof.Claim) bool { return c.ID != id })
	require.NotEmpty(t, named, "no claim %s", id)
	if at := slices.IndexFunc(named, func(c proof.Claim) bool { return !c.Passes() }); at >= 0 {
		return named[at]
	}
	return named[0]
}

// fixesOf returns the fixes of a claim, one in each line.
func fixesOf(c proof.Claim) string {
	var fixes []string
	for _, r := range c.Reasons {
		fixes = append(fixes, r.Fix)
	}
	return strings.Join(fixes, "\n")
}

// TestExisting checks the claims about a stack in an existing VPC: what the stack reads decides like what it manages, and
// each claim that rests on it says so in one premise.
func TestExisting(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stack   func() *peer
		failing []string
		class   map[string]string
		reads   map[string][]string
	}{
		"existing VPC": {existingPeer, []string{
			"isolated: assumed", "endpoint-policy.kms: refuted", "endpoint-policy.logs: refuted", "endpoint-policy.s3: refuted",
			"endpoint-policy.ssm: refuted", "default-sg: undecided", "flow-logs: undecided",
		}, map[string]string{"isolated": proof.Hardening, "reach.ssm": proof.Required, "reach.s3": proof.Required, "no-inbound": proof.Required}, map[string][]string{
			"reach.ssm": {
				`DefaultNetworkAcl "acl"`, `RouteTable "app-table"`, `RouteTableAssociation "app-association"`,
				`RouteTableAssociation "app-association-c"`, `Subnet "app"`, `Subnet "app-c"`, `Vpc "vpc"`,
			},
			"agent": nil, "session.start": nil, "imdsv2": nil,
		}},
		"existing instances": {foreignPeer, []string{
			"isolated: assumed", "ordered: assumed", "endpoint-policy.kms: refuted", "endpoint-policy.logs: refuted",
			"endpoint-policy.s3: refuted", "endpoint-policy.ssm: refuted", "default-sg: undecided", "flow-logs: undecided",
		}, map[string]string{"no-inbound": proof.Hardening, "reach.ssm": proof.Required, "agent": proof.Required}, map[string][]string{
			"agent": {`Instance "box"`, `InstanceProfile "profile"`}, "session.start": {`Instance "box"`, `Instance "box-c"`}, "imdsv2": {`Instance "box"`},
		}},
	} {
		claims := check(t, test.stack().export(t))
		var found []string
		for _, f := range failing(claims, "") {
			if !slices.Contains(found, f) {
				found = append(found, f)
			}
		}
		require.ElementsMatch(t, test.failing, found, name)
		for id, class := range test.class {
			require.Equal(t, class, claimNamed(t, claims, id).Class, "%s: %s", name, id)
		}
		for id, reads := range test.reads {
			c := claimNamed(t, claims, id)
			require.Equal(t, reads, c.Reads, "%s: %s", name, id)
			premises := slices.DeleteFunc(slices.Clone(c.Reasons), func(r proof.Reason) bool {
				return r.Kind != proof.Premise || !strings.Contains(r.Text, "has not changed") && !strings.Contains(r.Text, "have not changed")
			})
			require.Len(t, premises, min(1, len(reads)), "%s: %s", name, id)
		}
	}
}

// TestAssumptions checks that a summary has one line about everything that the stack only reads, and names five.
func TestAssumptions(t *testing.T) {
	t.Parallel()
	texts := proof.Assumptions(check(t, existingPeer().export(t)))
	last := texts[len(texts)-1]
	require.Equal(t, `DefaultNetworkAcl "acl", RouteTable "app-table", RouteTableAssociation "app-association", RouteTableAssociation "app-association-c", `+
		`Subnet "app", and 2 more resources, which the stack reads and does not manage, have not changed since the last refresh`, last)
	require.NotContains(t, strings.Join(texts[:len(texts)-1], "\n"), "since the last refresh")
	require.NotContains(t, strings.Join(proof.Assumptions(check(t, networkPeer().export(t))), "\n"), "since the last refresh")
}

// TestExisting_isolated checks that a refutation because of an existing route table names the route table.
func TestExisting_isolated(t *testing.T) {
	t.Parallel()
	p := existingPeer()
	setExternal("app-table", "routes", list(props{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-9"}))(p)
	c := claimNamed(t, check(t, p.export(t)), "isolated")
	require.Equal(t, proof.Refuted, c.Result)
	require.Contains(t, c.Reads, `RouteTable "app-table"`)
	require.Contains(t, fixesOf(c), "appSubnetIds")
	p.external("box", "box-c")
	require.NotContains(t, fixesOf(claimNamed(t, check(t, p.export(t)), "isolated")), "appSubnetIds", "existing instances")
	p.resources["app-table"].InitErrors = []string{"timed out"}
	require.Equal(t, proof.Undecided, claimNamed(t, check(t, p.export(t)), "isolated").Result)
}

// TestExisting_hub checks that a hub or a NAT gateway makes reachability an assumption, if the stack says that it provides all
// services.
func TestExisting_hub(t *testing.T) {
	t.Parallel()
	for name, route := range map[string]props{
		"NAT gateway":     {"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-9"},
		"transit gateway": {"cidrBlock": "10.9.0.0/16", "transitGatewayId": "tgw-9"},
		"peering":         {"cidrBlock": "10.9.0.0/16", "vpcPeeringConnectionId": "pcx-9"},
	} {
		p := existingPeer()
		p.hub()
		p.set("app-table", "routes", list(route))
		p.external("app-table")
		claims := check(t, p.export(t))
		for _, id := range []string{"reach.ssm", "reach.ssmmessages", "reach.s3"} {
			c := claimNamed(t, claims, id)
			require.Equal(t, proof.Assumed, c.Result, "%s: %s: %s", name, id, c.Why())
		}
		assumed := slices.DeleteFunc(proof.Assumptions(claims), func(text string) bool { return !strings.Contains(text, "as existingEndpoints says") })
		require.Len(t, assumed, 3, name)
	}
}

// TestExisting_hubOfOwnVPC checks that only an existing VPC can have a hub.
func TestExisting_hubOfOwnVPC(t *testing.T) {
	t.Parallel()
	p := networkPeer()
	p.hub()
	p.resources["app-table"].External = false
	require.Equal(t, proof.Undecided, claimNamed(t, check(t, p.export(t)), "reach.ssm").Result)
}

// TestExisting_otherSubnets checks that the path to existing endpoints in subnets that the stack does not read is an assumption,
// and that the groups still decide.
func TestExisting_otherSubnets(t *testing.T) {
	t.Parallel()
	elsewhere := func() *peer {
		p := foreignPeer()
		for _, service := range []string{"ssm", "ssmmessages"} {
			p.set(service, "subnetIds", list("subnet-hidden"))
			p.set(service, "subnetConfigurations", list(props{"subnetId": "subnet-hidden", "ipv4": "10.0.77.5"}))
			p.external(service)
		}
		return p
	}
	result := func(p *peer) string { return claimNamed(t, check(t, p.export(t)), "reach.ssm").Result }
	require.Equal(t, proof.Assumed, result(elsewhere()))
	p := elsewhere()
	p.resources["ssm"].External = false
	require.Equal(t, proof.Undecided, result(p))
	p = elsewhere()
	setExternal("endpoint-group", "ingress", list())(p)
	require.Equal(t, proof.Refuted, result(p))
	p = elsewhere()
	setExternal("app-table", "routes", list(props{"cidrBlock": "10.0.77.0/24", "natGatewayId": "nat-9"}))(p)
	require.Equal(t, proof.Undecided, result(p))
}

// TestExisting_secondaryBlock checks subnets in a CIDR block of the VPC that the state does not contain.
func TestExisting_secondaryBlock(t *testing.T) {
	t.Parallel()
	secondary := func(routes ...any) *peer {
		p := existingPeer()
		text := strings.NewReplacer("10.0.11.", "100.64.11.", "10.0.12.", "100.64.12.")
		for _, name := range p.order {
			replaceIn(p.resources[name], text)
		}
		p.set("endpoint-group", "ingress", list(tcp443(props{"securityGroups": list("sg-instance")})))
		setExternal("app-table", "routes", routes)(p)
		return p
	}
	result := func(p *peer) string { return claimNamed(t, check(t, p.export(t)), "reach.ssm").Result }
	require.Equal(t, proof.Proven, result(secondary()))
	require.Equal(t, proof.Proven, result(secondary(props{"cidrBlock": "100.0.0.0/8", "transitGatewayId": "tgw-9"})))
	require.Equal(t, proof.Undecided, result(secondary(props{"cidrBlock": "100.64.0.0/17", "transitGatewayId": "tgw-9"})))
	p := secondary()
	p.resources["vpc"].External = false
	require.Equal(t, proof.Undecided, result(p))
}

// replaceIn replaces texts in the properties of a resource.
func replaceIn(r *apitype.ResourceV3, text *strings.Replacer) {
	var replace func(any) any
	replace = func(value any) any {
		switch value := value.(type) {
		case string:
			return text.Replace(value)
		case []any:
			replaced := make([]any, len(value))
			for i, v := range value {
				replaced[i] = replace(v)
			}
			return replaced
		case map[string]any:
			replaced := props{}
			for key, v := range value {
				replaced[key] = replace(v)
			}
			return replaced
		}
		return value
	}
	r.Outputs, _ = replace(r.Outputs).(props)
	if len(r.Inputs) > 0 {
		r.Inputs = r.Outputs
	}
}

// TestExisting_unreadSubnet checks paths to an existing endpoint that has an address in a subnet which the stack does not read.
// Rules of the instance's security group must allow any address of the VPC.
func TestExisting_unreadSubnet(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		to        props
		secondary string // another block of the VPC
		want      string
	}{
		"any address":              {props{"cidrBlocks": list("0.0.0.0/0")}, "", proof.Assumed},
		"the VPC's addresses":      {props{"cidrBlocks": list("10.0.0.0/16")}, "", proof.Assumed},
		"some addresses":           {props{"cidrBlocks": list("10.0.0.0/17")}, "", proof.Undecided},
		"one of the VPC's blocks":  {props{"cidrBlocks": list("10.0.0.0/16")}, "10.1.0.0/16", proof.Undecided},
		"both of the VPC's blocks": {props{"cidrBlocks": list("10.0.0.0/8")}, "10.1.0.0/16", proof.Assumed},
		"IPv6 addresses":           {props{"ipv6CidrBlocks": list("::/0")}, "", proof.Refuted},
		"the endpoint's group":     {props{"securityGroups": list("sg-endpoint")}, "", proof.Assumed},
	} {
		p := foreignPeer()
		p.set("instance-group", "egress", list(tcp443(test.to)))
		p.set("ssm", "subnetIds", list("subnet-app", "subnet-unread"))
		p.external("instance-group", "ssm")
		if test.secondary != "" {
			p.put("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation", "secondary", "vpc-cidr-assoc-1", props{
				"vpcId": "vpc-1", "cidrBlock": test.secondary,
			})
		}
		c := claimNamed(t, check(t, p.export(t)), "reach.ssm")
		require.Equal(t, test.want, c.Result, "%s: %s", name, c.Why())
	}
}
