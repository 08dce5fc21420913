package diagram_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/diagram"
	"bastionless/rehearsal/proof"
)

func block(text string) netip.Prefix { return netip.MustParsePrefix(text) }

// openTopology returns a VPC with Internet access and open security groups.
func openTopology() *proof.Topology {
	anywhere := block("0.0.0.0/0")
	internet := proof.Gateway{Kind: "Internet gateway", Name: "igw"}
	return &proof.Topology{
		Account: "123456789012",
		VPCs:    []proof.VPC{{ID: "v", Blocks: []netip.Prefix{block("10.0.0.0/16")}, Gateways: []proof.Gateway{internet}}},
		Subnets: []proof.Subnet{{
			ID: "s", Name: "public-subnet", VPC: "v", Block: block("10.0.0.0/24"), Table: "t", Routes: []proof.Route{
				{Block: anywhere, Target: internet}, {Target: proof.Gateway{Kind: "transit gateway"}},
			},
		}},
		Endpoints: []proof.Endpoint{
			{VPC: "v", Service: "vpce-partner", Subnets: []string{"s"}, Groups: []string{"endpoint-group"}},
			{VPC: "v", Service: "ssm", Subnets: []string{"s"}, Groups: []string{"endpoint-group"}, Addresses: map[string]netip.Addr{"s": netip.MustParseAddr("10.0.0.9")}},
		},
		Instances: []proof.Instance{
			{Name: `a"<b>#1`, Subnet: "s", Groups: []string{"web"}, Address: netip.MustParseAddr("10.0.0.4"), Public: true},
			{Name: "far", Subnet: "elsewhere"},
			{Name: "x", Subnet: "s", Groups: []string{"db"}},
			{Name: "y", Subnet: "s", Groups: []string{"db"}},
		},
		Groups: map[string]proof.Group{
			"web": {
				Ingress: []proof.Rule{{Protocol: "tcp", From: 22, To: 22, Block: anywhere}, {Protocol: "icmp", From: -1, To: -1, Block: anywhere}},
				Egress:  []proof.Rule{{Protocol: "-1", From: -1, To: -1, Group: "db"}, {Protocol: "tcp", From: 443, To: 443, List: "l"}},
			},
			"db": {
				Ingress: []proof.Rule{
					{Protocol: "tcp", From: 5432, To: 5433, Group: "web"},
					{Protocol: "udp", From: 0, To: 65535, Block: block("10.0.0.4/32")},
					{Protocol: "tcp", From: 1, To: 10, Group: "db"},
				},
				Egress: []proof.Rule{{Protocol: "tcp", From: 5, To: 20, Group: "db"}},
			},
			"endpoint-group": {
				Ingress: []proof.Rule{{Protocol: "tcp", From: 443, To: 443, Block: anywhere}},
				Egress:  []proof.Rule{{Protocol: "-1", From: -1, To: -1, Block: anywhere}},
			},
		},
		Roles:     []proof.SessionRole{{Name: "ops", Principals: []proof.Principal{{Listed: "*", ARN: "arn:aws:iam::999999999999:user/ann", Conditional: true}}}},
		Unmodeled: []string{"aws:lb/loadBalancer:LoadBalancer\nfront"},
	}
}

func TestDraw_openNetwork(t *testing.T) {
	t.Parallel()
	require.Equal(t, `flowchart LR
  people["anybody on AWS"]
  role_ops["ops role"]
  subgraph vpc["VPC 10.0.0.0/16"]
    subgraph subnet_public_subnet["public subnet 10.0.0.0/24"]
      instances_public_subnet["instance<br/>a#quot;#lt;b#gt;#35;1<br/>on the Internet"]
      instances_public_subnet_2["instances<br/>x, y"]
      endpoints_public_subnet["interface endpoints<br/>ssm, vpce-partner"]
    end
    block_10_0_0_4_32["10.0.0.4/32"]
  end
  block_0_0_0_0_0["0.0.0.0/0"]
  list["prefix list"]
  internet_gateway_igw["Internet gateway igw"]
  transit_gateway["transit gateway"]
  service_systems_manager["Systems Manager"]
  service_vpce_partner["vpce-partner"]
  instance_far["instance<br/>far<br/>in a subnet of another stack"]
  people -->|"may assume, on conditions"| role_ops
  instances_public_subnet -->|"tcp 5432 to 5433, udp"| instances_public_subnet_2
  block_0_0_0_0_0 -->|"icmp, tcp 22"| instances_public_subnet
  instances_public_subnet -->|"tcp 443"| list
  instances_public_subnet_2 -->|"tcp 5 to 10"| instances_public_subnet_2
  block_10_0_0_4_32 -->|"udp"| instances_public_subnet_2
  block_0_0_0_0_0 -->|"tcp 443"| endpoints_public_subnet
  vpc --- internet_gateway_igw
  subnet_public_subnet -.->|"main route table: 0.0.0.0/0"| internet_gateway_igw
  subnet_public_subnet -.->|"main route table: a prefix list"| transit_gateway
  endpoints_public_subnet --- service_systems_manager
  endpoints_public_subnet --- service_vpce_partner
  %% not drawn, because the proofs do not model their types: aws:lb/loadBalancer:LoadBalancer front
`, diagram.Draw(openTopology()))
}

func TestDraw_principals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		principal proof.Principal
		expected  string
	}{
		"the account":        {proof.Principal{Listed: "arn:aws:iam::123456789012:root", ARN: "arn:aws:iam::123456789012:user/ann"}, "users and roles of this account"},
		"with MFA":           {proof.Principal{Listed: "123456789012", ARN: "arn:aws:iam::123456789012:user/ann", MFA: true}, "users of this account"},
		"another account":    {proof.Principal{Listed: "210987654321", ARN: "arn:aws:iam::210987654321:user/ann", MFA: true}, "users of account 210987654321"},
		"a user":             {proof.Principal{Listed: "arn:aws:iam::123456789012:user/ops/bob", ARN: "arn:aws:iam::123456789012:user/ops/bob"}, "IAM user bob"},
		"a role":             {proof.Principal{Listed: "arn:aws:iam::210987654321:role/ci", ARN: "arn:aws:iam::210987654321:role/ci"}, "IAM role ci of account 210987654321"},
		"roles by a pattern": {proof.Principal{Listed: "arn:aws:iam::123456789012:root", ARN: "arn:aws:iam::123456789012:role/example"}, "some roles of this account"},
		"a permission set": {
			proof.Principal{Listed: "arn:aws:iam::123456789012:root", ARN: "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/exampleAWSReservedSSO_My_Ops_example"},
			"permission set My_Ops",
		},
		"anybody": {proof.Principal{Listed: "*", ARN: "arn:aws:iam::999999999999:user/ann"}, "anybody on AWS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			how := "may assume"
			if test.principal.MFA {
				how += ", with MFA"
			}
			require.Equal(t, `flowchart LR
  people["`+test.expected+`"]
  role_session_role["session role"]
  service_systems_manager["Systems Manager"]
  people -->|"`+how+`"| role_session_role
  role_session_role -->|"opens ssh"| service_systems_manager
`, diagram.Draw(&proof.Topology{
				Account: "123456789012",
				Roles:   []proof.SessionRole{{Name: "session-role", Kinds: []string{"ssh"}, Principals: []proof.Principal{test.principal}}},
			}))
		})
	}
}

// No edge connects two VPCs with the same names and blocks.
func TestDraw_twoVPCs(t *testing.T) {
	t.Parallel()
	all := []proof.Rule{{Protocol: "-1", From: -1, To: -1, Block: block("10.0.0.0/24")}}
	topology := &proof.Topology{Groups: map[string]proof.Group{"g": {Ingress: all, Egress: all}}}
	for _, id := range []string{"1", "2"} {
		topology.VPCs = append(topology.VPCs, proof.VPC{ID: id})
		topology.Subnets = append(topology.Subnets, proof.Subnet{ID: id, Name: "app", VPC: id, Block: block("10.0.0.0/24")})
		topology.Instances = append(topology.Instances, proof.Instance{Name: "box", Subnet: id, Groups: []string{"g"}})
	}
	require.Equal(t, `flowchart LR
  subgraph vpc["VPC"]
    subgraph subnet_app["app subnet 10.0.0.0/24"]
      instances_app["instance<br/>box"]
    end
  end
  block_10_0_0_0_24["10.0.0.0/24<br/>no route leads there"]
  subgraph vpc_2["VPC"]
    subgraph subnet_app_2["app subnet 10.0.0.0/24"]
      instances_app_2["instance<br/>box"]
    end
  end
  instances_app -->|"everything"| block_10_0_0_0_24
  block_10_0_0_0_24 -->|"everything"| instances_app
  instances_app_2 -->|"everything"| block_10_0_0_0_24
  block_10_0_0_0_24 -->|"everything"| instances_app_2
`, diagram.Draw(topology))
}
