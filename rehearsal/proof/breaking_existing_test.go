package proof_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof"
)

// breakingExisting is a change of what others own.
type breakingExisting struct {
	stack       func() *peer
	claim, name string
	change      func(*peer)
	want        string
	// fix is a part of a fix of the claim: who has to do what.
	fix string
}

func setExternal(name, property string, value any) func(*peer) {
	return func(p *peer) {
		p.set(name, property, value)
		p.external(name)
	}
}

func allOf(changes ...func(*peer)) func(*peer) {
	return func(p *peer) {
		for _, change := range changes {
			change(p)
		}
	}
}

// addGroup adds an existing security group to the first instance. The state lacks its rules if they are nil.
func (p *peer) addGroup(ingress, egress []any) {
	outputs := props{"vpcId": "vpc-1", "arn": "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-app"}
	for direction, rules := range map[string][]any{"ingress": ingress, "egress": egress} {
		if rules != nil {
			outputs[direction] = rules
		}
	}
	p.put("aws:ec2/securityGroup:SecurityGroup", "app-group", "sg-app", outputs)
	p.external("app-group")
	p.set("box", "vpcSecurityGroupIds", list("sg-instance", "sg-app"))
	p.depend("box", "app-group")
}

// TestExisting_instanceGroups checks that the rules of existing security groups count like those of the stack's own.
func TestExisting_instanceGroups(t *testing.T) {
	t.Parallel()
	results := func(egress ...any) []string {
		p := existingPeer()
		p.addGroup(list(), egress)
		p.set("instance-group", "egress", list())
		p.remove("box-c") // which has the stack's group alone
		claims := check(t, p.export(t))
		var results []string
		for _, id := range []string{"reach.ssm", "reach.ssmmessages", "no-inbound"} {
			results = append(results, claimNamed(t, claims, id).Result)
		}
		return results
	}
	require.Equal(t, []string{proof.Proven, proof.Proven, proof.Proven}, results(tcp443(props{"cidrBlocks": list("10.0.0.0/16")})))
	require.Equal(t, []string{proof.Refuted, proof.Refuted, proof.Proven}, results(tcp443(props{"cidrBlocks": list("10.9.0.0/16")})))
}

// TestExisting_breaking checks that claims about existing networks and instances are refuted or undecided after each change, with
// a fix that names the hop, and its owner if the stack does not manage it.
func TestExisting_breaking(t *testing.T) {
	t.Parallel()
	hubPeer := func() *peer { p := existingPeer(); p.hub(); return p }
	denied := func(direction, protocol string, from, to float64) func(*peer) {
		return setExternal("acl", direction, list(aclEntry(90, "deny", protocol, from, to, "0.0.0.0/0"), aclEntry(100, "allow", "-1", 0, 0, "0.0.0.0/0")))
	}
	natRoute := setExternal("app-table", "routes", list(props{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-9"}))
	openGroup := func(p *peer) { p.set("instance-group", "egress", list(tcp443(props{"cidrBlocks": list("0.0.0.0/0")}))) }
	withGroup := func(ingress, egress []any) func(*peer) { return func(p *peer) { p.addGroup(ingress, egress) } }
	server := list(tcp443(props{"cidrBlocks": list("10.0.0.0/8")}))
	for _, b := range slices.Concat([]breakingExisting{
		{existingPeer, "no-inbound", "an existing group has an inbound rule", withGroup(server, list()), proof.Refuted, `ask the owner of SecurityGroup "app-group" to remove the rule for tcp 443 from 10.0.0.0/8`},
		{func() *peer {
			p := existingPeer()
			p.resources["box"].URN = resource.URN("urn:pulumi:peer::peer::" + contract.InstancesType + "$aws:ec2/instance:Instance::box")
			return p
		}, "no-inbound", "a listed group has an inbound rule", withGroup(server, list()), proof.Refuted, `remove sg-app from instanceSecurityGroupIds, or ask the owner of SecurityGroup "app-group" to`},
		{existingPeer, "no-inbound", "the rules of an existing group are not read", withGroup(nil, list()), proof.Undecided, ""},
		{existingPeer, "no-inbound", "an existing group is not read", allOf(withGroup(list(), list()), func(p *peer) { p.remove("app-group") }), proof.Undecided, ""},
		{existingPeer, "egress", "an existing group allows all outbound traffic", withGroup(list(), list(anyTraffic(props{"cidrBlocks": list("0.0.0.0/0")}))), proof.Refuted, `ask the owner of SecurityGroup "app-group" to replace`},
		{existingPeer, "reach.ssm", "neither group allows the agent's outbound traffic", allOf(withGroup(list(), list()), func(p *peer) { p.set("instance-group", "egress", list()) }), proof.Refuted, `allow outbound TCP 443 from SecurityGroup "instance-group" and SecurityGroup "app-group"`},
		{existingPeer, "reach.ssm", "the rules of an existing group are not read, and the stack's group has no outbound rules", allOf(withGroup(list(), nil), func(p *peer) { p.set("instance-group", "egress", list()) }), proof.Undecided, ""},
		{existingPeer, "reach.ssm", "no way out of the stack's group", func(p *peer) { p.set("instance-group", "egress", list()) }, proof.Refuted, `allow outbound TCP 443 from SecurityGroup "instance-group"`},
		{foreignPeer, "reach.ssm", "no way out of the group of an existing instance", setExternal("instance-group", "egress", list()), proof.Refuted, `ask the owner of SecurityGroup "instance-group" to allow outbound TCP 443`},
		{foreignPeer, "reach.s3", "no way to S3 out of the group of an existing instance", func(p *peer) {
			setExternal("instance-group", "egress", list(tcp443(props{"securityGroups": list("sg-endpoint")})))(p)
			p.set("box", "userDataBase64", "")
			p.put("aws:ssm/association:Association", "agent-update", "association-1", props{"name": "AWS-UpdateSSMAgent", "targets": list(props{"key": "InstanceIds", "values": list("i-1")})})
		}, proof.Refuted, `ask the owner of SecurityGroup "instance-group" to allow outbound TCP 443`},
		{existingPeer, "reach.ssm", "the network ACL denies requests", denied("egress", "tcp", 443, 443), proof.Refuted, `ask the owner of DefaultNetworkAcl "acl" to allow outbound TCP 443`},
		{existingPeer, "reach.ssm", "the network ACL denies responses", denied("ingress", "tcp", 1024, 65535), proof.Refuted, `ask the owner of DefaultNetworkAcl "acl" to allow inbound TCP`},
		{existingPeer, "reach.ssm", "the network ACL is not read", func(p *peer) { p.remove("acl") }, proof.Undecided, ""},
		{existingPeer, "reach.ssm", "the default network ACL is not that of the subnets", setExternal("acl", "subnetIds", list()), proof.Undecided, ""},
		{foreignPeer, "reach.ssm", "the endpoints' group does not let clients in", setExternal("endpoint-group", "ingress", list(tcp443(props{"cidrBlocks": list("10.0.99.0/24")}))), proof.Refuted, `ask the owner of SecurityGroup "endpoint-group" to allow inbound TCP 443`},
		{foreignPeer, "reach.ssm", "the endpoints are in the default group, which is not read", allOf(
			setExternal("ssm", "securityGroupIds", list("sg-default")), setExternal("instance-group", "egress", list(tcp443(props{"cidrBlocks": list("10.0.0.0/16")}))),
			func(p *peer) {
				p.resources["vpc"].URN = resource.URN("urn:pulumi:peer::peer::" + contract.ExistingVPCType + "$aws:ec2/vpc:Vpc::vpc")
			},
		), proof.Undecided, `run "pulumi up", which reads the security groups`},
		{func() *peer {
			p := foreignPeer()
			p.resources["endpoint-group"].External, p.resources["ssm"].External = false, false
			p.resources["ssm"].URN = resource.URN("urn:pulumi:peer::peer::" + contract.EndpointsType + "$aws:ec2/vpcEndpoint:VpcEndpoint::ssm")
			return p
		}, "reach.ssm", "the stack's endpoints do not let an existing instance in", func(p *peer) { p.set("endpoint-group", "ingress", list()) }, proof.Refuted, "add sg-instance to clientSecurityGroupIds"},
		{existingPeer, "reach.ssm", "the VPC has no DNS host names", setExternal("vpc", "enableDnsHostnames", false), proof.Refuted, `ask the owner of Vpc "vpc" to set enableDnsHostnames to true`},
		{foreignPeer, "reach.ssm", "the endpoint has no private DNS", setExternal("ssm", "privateDnsEnabled", false), proof.Refuted, `ask the owner of VpcEndpoint "ssm" to set privateDnsEnabled to true`},
		{foreignPeer, "reach.ssm", "the endpoint's policy denies the agent", setExternal("ssm", "policy", document(`{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}`)), proof.Refuted, `ask the owner of VpcEndpoint "ssm" to allow ssm:UpdateInstanceInformation`},
		{existingPeer, "reach.ssm", "no endpoint, and no route out", func(p *peer) { p.remove("ssm") }, proof.Refuted, "create an interface endpoint of com.amazonaws.eu-west-1.ssm"},
		{existingPeer, "reach.ssm", "a NAT gateway in place of the endpoint", allOf(natRoute, openGroup, func(p *peer) { p.remove("ssm") }), proof.Undecided, ""},
		{existingPeer, "reach.ssm", "a NAT gateway that the group does not let out to", allOf(natRoute, func(p *peer) { p.remove("ssm") }), proof.Refuted, `allow outbound TCP 443 from SecurityGroup "instance-group"`},
		{foreignPeer, "isolated", "a NAT gateway", natRoute, proof.Refuted, `ask the owner of RouteTable "app-table" to remove the route`},
		{foreignPeer, "no-inbound", "a server", setExternal("instance-group", "ingress", list(tcp443(props{"cidrBlocks": list("10.0.0.0/8")}))), proof.Refuted, `ask the owner of SecurityGroup "instance-group"`},
		{foreignPeer, "egress", "a group that allows all outbound traffic", setExternal("instance-group", "egress", list(anyTraffic(props{"cidrBlocks": list("0.0.0.0/0")}))), proof.Refuted, "ask the owner of SecurityGroup \"instance-group\" to replace"},
		{foreignPeer, "protected", "no protection", setExternal("box", "disableApiTermination", false), proof.Refuted, `ask the owner of Instance "box" to set disableApiTermination to true`},
		{foreignPeer, "protected", "protection that is not read", setExternal("box", "disableApiTermination", nil), proof.Undecided, `ask the owner of Instance "box" to set disableApiTermination to true`},
		{foreignPeer, "reach.ssm", "a stopped instance", setExternal("box", "instanceState", "stopped"), proof.Undecided, `ask the owner of Instance "box" to start`},
		{foreignPeer, "agent", "no instance profile", setExternal("box", "iamInstanceProfile", ""), proof.Refuted, `ask the owner of Instance "box" to give it an instance profile`},
		{foreignPeer, "agent", "an instance profile without a role", setExternal("profile", "role", ""), proof.Refuted, `ask the owner of InstanceProfile "profile" to add a role`},
		{foreignPeer, "agent", "a role that is not read", func(p *peer) { p.remove("instance-role", "core") }, proof.Undecided, `add instance-role to agentRoleNames`},
		{existingPeer, "default-sg", "", func(*peer) {}, proof.Undecided, `ask the owner of Vpc "vpc"`},
		{existingPeer, "flow-logs", "", func(*peer) {}, proof.Undecided, `ask the owner of Vpc "vpc" to add a FlowLog`},
		{foreignPeer, "endpoint-policy.ssm", "", func(*peer) {}, proof.Refuted, `ask the owner of VpcEndpoint "ssm"`},
	}, []breakingExisting{
		{existingPeer, "reach.s3", "the route table does not lead to S3", func(p *peer) {
			p.set("s3", "routeTableIds", list("rtb-other"))
			p.external("s3")
		}, proof.Refuted, `ask the owner of VpcEndpoint "s3" to add the route table of Subnet "app"`},
		{existingPeer, "reach.s3", "a NAT gateway in place of the S3 endpoint", allOf(natRoute, openGroup, func(p *peer) { p.remove("s3") }), proof.Undecided, ""},
		{hubPeer, "reach.ssm", "the route table has no route out", setExternal("app-table", "routes", list()), proof.Refuted, `ask the owner of RouteTable "app-table" to add a route`},
		{hubPeer, "reach.ssm", "the route out is a blackhole", setExternal("app-table", "routes", list(props{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-9", "state": "blackhole"})), proof.Refuted, `ask the owner of RouteTable "app-table" to add a route`},
		{hubPeer, "reach.s3", "the route table has no route out", setExternal("app-table", "routes", list()), proof.Refuted, `ask the owner of RouteTable "app-table" to add a route`},
		{hubPeer, "reach.ssm", "the group does not let out", func(p *peer) {
			p.set("instance-group", "egress", list(tcp443(props{"cidrBlocks": list("10.0.0.0/16")}), tcp443(props{"securityGroups": list("sg-endpoint")})))
		}, proof.Refuted, `allow outbound TCP 443 from SecurityGroup "instance-group"`},
		{hubPeer, "reach.ssm", "the network ACL denies requests", denied("egress", "tcp", 443, 443), proof.Refuted, `ask the owner of DefaultNetworkAcl "acl" to allow outbound TCP 443`},
		{hubPeer, "reach.ssm", "the network ACL allows the VPC only", setExternal("acl", "egress", list(aclEntry(100, "allow", "-1", 0, 0, "10.0.0.0/16"))), proof.Refuted, `ask the owner of DefaultNetworkAcl "acl" to allow outbound TCP 443`},
		{hubPeer, "reach.ssm", "the network ACL denies responses", setExternal("acl", "ingress", list(aclEntry(100, "allow", "-1", 0, 0, "10.0.0.0/16"))), proof.Refuted, `ask the owner of DefaultNetworkAcl "acl" to allow inbound TCP 32768 to 65535`},
	}) {
		t.Run(b.claim+": "+b.name, func(t *testing.T) {
			t.Parallel()
			p := b.stack()
			b.change(p)
			c := claimNamed(t, check(t, p.export(t)), b.claim)
			require.Equal(t, b.want, c.Result, c.Why())
			require.Contains(t, fixesOf(c), b.fix)
		})
	}
}
