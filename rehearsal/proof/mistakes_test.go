package proof_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// mistake is a mistake that users of similar stacks made.
type mistake struct {
	// name is the name of the state in testdata.
	name string
	// source is where the mistake is reported or was made: an issue, or else a file or page.
	source string
	// make makes the mistake in a stack whose required claims are proven.
	make func(p *peer)
	// claim is the claim that the mistake refutes. others are further claims that it affects.
	claim  string
	others []string
}

// mistakes returns all known mistakes.
func mistakes() []mistake {
	return slices.Concat(networkMistakes(), agentMistakes(), sessionMistakes(), recordMistakes())
}

// networkMistakes keep instances from reaching services, or let others reach instances.
func networkMistakes() []mistake {
	return []mistake{
		{
			name: "no-ssmmessages-endpoint", source: "awsdocs/aws-systems-manager-user-guide#91",
			make:  func(p *peer) { p.remove("ssmmessages") },
			claim: "reach.ssmmessages",
		},
		{
			name: "endpoint-group-without-443", source: "aws/aws-cdk#4937",
			make:  func(p *peer) { p.set("endpoint-group", "ingress", list()) },
			claim: "reach.ssm", others: []string{"reach.ssmmessages"},
		},
		{
			name: "endpoint-with-restricted-default-group", source: "gchq/sleeper#6564",
			make: func(p *peer) {
				p.put("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default", "sg-default",
					props{"vpcId": "vpc-1", "ingress": list(), "egress": list()}, "vpc")
				p.set("ssm", "securityGroupIds", list("sg-default"))
				p.set("instance-group", "egress", list(props{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "cidrBlocks": list("0.0.0.0/0")}))
			},
			claim: "reach.ssm",
		},
		{
			name: "private-dns-off", source: "ibm-cloud-architecture/terraform-openshift4-aws#39",
			make:  func(p *peer) { p.set("ssm", "privateDnsEnabled", false) },
			claim: "reach.ssm",
		},
		{
			name: "vpc-without-dns-hostnames", source: "govuk-paas/paas-bootstrap#553",
			make:  func(p *peer) { p.set("vpc", "enableDnsHostnames", false) },
			claim: "reach.ssm", others: []string{"reach.ssmmessages"},
		},
		{
			name: "endpoints-without-subnets", source: "bridgecrewio/terraform-aws-session-manager#14",
			make:  func(p *peer) { p.set("ssm", "subnetIds", list()) },
			claim: "reach.ssm",
		},
		{
			name: "restricted-egress-without-s3-prefix-list", source: "ministryofjustice/modernisation-platform#1553",
			make: func(p *peer) {
				p.set("instance-group", "egress", list(tcp443(props{"cidrBlocks": list("10.0.0.0/16")})))
			},
			claim: "reach.s3",
		},
		{
			name: "gateway-endpoint-on-another-route-table", source: "pulumi/pulumi-awsx#1373",
			make:  func(p *peer) { p.set("s3", "routeTableIds", list("rtb-main")) },
			claim: "reach.s3",
		},
		{
			name: "endpoint-policy-that-only-denies", source: "terraform-aws-modules/terraform-aws-vpc#979",
			make: func(p *peer) {
				p.set("ssm", "policy", document(`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",`+
					`"Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}}`))
			},
			claim: "reach.ssm",
		},
		{
			name: "endpoint-policy-of-another-account", source: "aws/amazon-ssm-agent#374",
			make: func(p *peer) {
				p.set("ssmmessages", "policy", document(`{"Sid":"Ours","Effect":"Allow","Principal":"*","Action":"*","Resource":"*",`+
					`"Condition":{"StringEquals":{"aws:PrincipalAccount":"210987654321"}}}`))
			},
			claim: "reach.ssmmessages",
		},
		{
			name: "s3-endpoint-policy-with-a-principal-condition", source: "awslabs/landing-zone-accelerator-on-aws#277",
			make: func(p *peer) {
				p.set("s3", "policy", document(`{"Sid":"Ours","Effect":"Allow","Principal":"*","Action":"*","Resource":"*",`+
					`"Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}`))
			},
			claim: "reach.s3",
		},
		{
			name: "ssh-from-everywhere", source: "cloudposse/terraform-aws-ec2-bastion-server, variables.tf",
			make: func(p *peer) {
				p.set("instance-group", "ingress", list(props{"protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrBlocks": list("0.0.0.0/0")}))
			},
			claim: "no-inbound",
		},
		{
			name: "internet-gateway-always", source: "jen20/pulumi-aws-vpc#2",
			make: func(p *peer) {
				p.put("aws:ec2/internetGateway:InternetGateway", "gateway", "igw-1", props{"vpcId": "vpc-1"}, "vpc")
			},
			claim: "isolated",
		},
	}
}

// agentMistakes keep agents offline.
func agentMistakes() []mistake {
	return []mistake{
		{
			name: "endpoints-after-the-instance", source: "ExtensionEngine/infra-code-blocks, src/components/database/ec2-ssm-connect.ts",
			make: func(p *peer) {
				p.reorder("box", "app", "instance-group", "profile", "core", "app-association", "s3")
				p.resources["ssm"].Dependencies = append(p.resources["ssm"].Dependencies, p.resources["box"].URN)
				p.resources["ssmmessages"].Dependencies = append(p.resources["ssmmessages"].Dependencies, p.resources["box"].URN)
			},
			claim: "ordered",
		},
		{
			name: "policy-after-the-instance", source: "hashicorp/packer-plugin-amazon#503",
			make: func(p *peer) {
				p.reorder("box", "app", "instance-group", "profile", "ssm", "ssmmessages", "s3", "app-association")
			},
			claim: "ordered",
		},
		{
			name: "role-without-policy", source: "aws-samples/aws-genomics-workflows#120",
			make:  func(p *peer) { p.remove("core") },
			claim: "agent",
		},
		{
			name: "too-small-an-instance-policy", source: "aws/aws-cdk#30834",
			make: func(p *peer) {
				p.remove("core")
				p.put("aws:iam/rolePolicy:RolePolicy", "small", "instance-role:small", props{
					"role": "instance-role", "name": "small",
					"policy": document(`{"Effect":"Allow","Action":["ssm:*","ssmmessages:CreateDataChannel","ssmmessages:OpenDataChannel"],"Resource":"*"}`),
				}, "instance-role")
				p.resources["box"].Dependencies = append(p.resources["box"].Dependencies, p.resources["small"].URN)
			},
			claim: "agent",
		},
		{
			name: "instance-without-profile", source: "ministryofjustice/modernisation-platform-environments#507",
			make:  func(p *peer) { p.set("box", "iamInstanceProfile", "") },
			claim: "agent",
		},
	}
}

// sessionMistakes keep principals from starting sessions, or let others start them.
func sessionMistakes() []mistake {
	return []mistake{
		{
			name: "bool-if-exists-for-mfa", source: "terraform-aws-modules/terraform-aws-iam#516",
			make: func(p *peer) {
				p.set("people", "assumeRolePolicy", document(strings.Replace(trustStatement, `"Bool"`, `"BoolIfExists"`, 1)))
			},
			claim: "session.mfa",
		},
		{
			name: "mfa-demanded-of-a-role", source: "Noovolari/leapp#262",
			make: func(p *peer) {
				p.set("people", "assumeRolePolicy", document(`{"Sid":"SSO","Effect":"Allow","Action":"sts:AssumeRole",`+
					`"Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},`+
					`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Ops_*"}}}`))
			},
			claim: "session.start",
		},
		{
			name: "tag-condition-on-documents", source: "awslabs/awsome-distributed-ai#1137",
			make: func(p *peer) {
				p.set("box", "tagsAll", props{"team": "ops"})
				p.set("people-policy", "policy", document(channelStatement, ownStatement, `{"Sid":"Start","Effect":"Allow","Action":"ssm:StartSession",`+
					`"Resource":["arn:aws:ec2:*:*:instance/*","arn:aws:ssm:*:*:document/*"],"Condition":{"StringEquals":{"ssm:resourceTag/team":"ops"}}}`))
			},
			claim: "session.start",
		},
		{
			name: "port-forwarding-document-missing", source: "basti-app/basti#56",
			make: func(p *peer) {
				p.set("people-policy", "policy", document(channelStatement, ownStatement,
					`{"Effect":"Allow","Action":"ssm:StartSession","Resource":"arn:aws:ec2:*:*:instance/*"}`))
			},
			claim: "session.start",
		},
		{
			name: "any-principal", source: "duo-labs/cloudmapper#182",
			make: func(p *peer) {
				p.set("people", "assumeRolePolicy", document(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`))
			},
			claim: "session.foreign",
		},
		{
			name: "trailing-asterisk-on-own-sessions", source: "https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-examples.html",
			make: func(p *peer) {
				own := strings.NewReplacer("StringEquals", "StringLike", "${aws:userid}", "${aws:userid}*").Replace(ownStatement)
				p.set("people-policy", "policy", document(startStatement, channelStatement, own))
			},
			claim: "session.own",
		},
	}
}

// recordMistakes keep sessions from being recorded, or from starting because they have to be recorded.
func recordMistakes() []mistake {
	return []mistake{
		{
			name: "log-group-named-otherwise", source: "awslabs/landing-zone-accelerator-on-aws#934",
			make:  func(p *peer) { recording(p, "sessions", "session-logs", "") },
			claim: "agent", others: []string{"recorded: undecided"},
		},
		{
			name: "no-logs-endpoint", source: "aws/amazon-ssm-agent#639",
			make: func(p *peer) {
				recording(p, "session-logs", "session-logs", "")
				p.remove("logs")
			},
			claim: "reach.logs",
		},
		{
			name: "default-document-beside-the-recorded-one", source: "masterpointio/terraform-aws-ssm-agent#85",
			make: func(p *peer) {
				recording(p, "session-logs", "session-logs", `"arn:aws:ssm:eu-west-1:123456789012:document/SSM-SessionManagerRunShell",`)
				// The preferences of the account, which do not record.
				p.put("aws:ssm/document:Document", "preferences", "SSM-SessionManagerRunShell", props{
					"name": "SSM-SessionManagerRunShell", "documentType": "Session", "content": `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{}}`,
				})
			},
			claim: "recorded",
		},
		{
			name: "ssh-is-not-recorded", source: "aws/amazon-ssm-agent#194",
			make: func(p *peer) {
				recording(p, "session-logs", "session-logs", `"arn:aws:ssm:eu-west-1::document/AWS-StartSSHSession",`)
			},
			claim: "recorded",
		},
		{
			name: "encryption-demanded-of-a-plain-log-group", source: "bridgecrewio/terraform-aws-session-manager#9",
			make: func(p *peer) {
				recording(p, "session-logs", "session-logs", "")
				p.set("group", "kmsKeyId", "")
			},
			claim: "recorded",
		},
		{
			name: "key-that-the-instance-may-not-use", source: "department-of-veterans-affairs/va.gov-team#54885",
			make: func(p *peer) {
				recording(p, "session-logs", "session-logs", "")
				p.set("decrypt", "policy", document(`{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"*"}`))
			},
			claim: "agent",
		},
	}
}

// TestMistakes checks the states in testdata, and that testdata/mistakes.txt has the first reason that
// refutes the claim. With -update it writes both.
func TestMistakes(t *testing.T) {
	t.Parallel()
	var golden strings.Builder
	for _, m := range mistakes() {
		path := filepath.Join("testdata", m.name+".json")
		p := goodPeer()
		m.make(p)
		if *update {
			require.NoError(t, os.WriteFile(path, p.export(t), 0o600))
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.JSONEq(t, string(p.export(t)), string(text), "run the test with -update")
		reason := m.check(t, check(t, text))
		fmt.Fprintf(&golden, "%s\n  %s: %s\n  Fix: %s\n", m.name, m.claim, reason.Text, reason.Fix)
	}
	path := filepath.Join("testdata", "mistakes.txt")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(golden.String()), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), golden.String(), "run the test with -update")
}

// TestMistakes_states checks that every state in testdata belongs to a mistake.
func TestMistakes_states(t *testing.T) {
	t.Parallel()
	var want []string
	for _, m := range mistakes() {
		want = append(want, filepath.Join("testdata", m.name+".json"))
	}
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.ElementsMatch(t, want, files)
}

// check checks that the mistake refutes its claims and no others, and returns the first reason.
func (m *mistake) check(t *testing.T, claims []proof.Claim) proof.Reason {
	t.Helper()
	expected := map[string]bool{m.claim + ": refuted": true}
	for _, other := range m.others {
		if !strings.Contains(other, ": ") {
			other += ": refuted"
		}
		expected[other] = true
	}
	for _, failure := range failing(claims, proof.Required) {
		require.True(t, expected[failure], "%s: %s was not expected", m.name, failure)
	}
	at := slices.IndexFunc(claims, func(c proof.Claim) bool { return c.ID == m.claim })
	require.GreaterOrEqual(t, at, 0, "%s: no claim %s", m.name, m.claim)
	require.Equal(t, proof.Refuted, claims[at].Result, m.name)
	first := slices.IndexFunc(claims[at].Reasons, func(r proof.Reason) bool { return r.Kind == proof.Fail })
	return claims[at].Reasons[first]
}
