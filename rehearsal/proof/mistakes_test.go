package proof_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
)

// mistake is what users of similar stacks suffered from.
type mistake struct {
	// name is the state's in testdata.
	name string
	// source is where it was made or is told of: an issue, else a file or a page.
	source string
	// make makes it of a stack in which all holds that is required.
	make func(p *peer)
	// claim is the one that it breaks; others are those that it breaks, too.
	claim  string
	others []string
	// why is the line that tells where it breaks, and mend the next.
	why, mend string
}

// mistakes are those of the project's regression corpus.
func mistakes() []mistake {
	return slices.Concat(networkMistakes(), agentMistakes(), sessionMistakes(), recordMistakes())
}

// networkMistakes keep instances from reaching what they need, or let others reach them.
func networkMistakes() []mistake {
	return []mistake{
		{
			name: "no-ssmmessages-endpoint", source: "awsdocs/aws-systems-manager-user-guide#91",
			make:  func(p *peer) { p.remove("ssmmessages") },
			claim: "reach.ssmmessages",
			why:   `Vpc "vpc" has no endpoint of ssmmessages, so ssmmessages.eu-west-1.amazonaws.com resolves to AWS's public addresses`,
			mend:  `create an interface endpoint of com.amazonaws.eu-west-1.ssmmessages in Vpc "vpc", with privateDnsEnabled`,
		},
		{
			name: "endpoint-group-without-443", source: "aws/aws-cdk#4937",
			make:  func(p *peer) { p.set("endpoint-group", "ingress", list()) },
			claim: "reach.ssm", others: []string{"reach.ssmmessages"},
			why:  `no rule of SecurityGroup "endpoint-group" admits Instance "box" (10.0.11.10/32) to VpcEndpoint "ssm", TCP 443`,
			mend: `allow TCP 443 into SecurityGroup "endpoint-group" from SecurityGroup "instance-group"`,
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
			why:   `no rule of DefaultSecurityGroup "default" admits Instance "box" (10.0.11.10/32) to VpcEndpoint "ssm", TCP 443`,
			mend:  `allow TCP 443 into DefaultSecurityGroup "default" from SecurityGroup "instance-group"`,
		},
		{
			name: "private-dns-off", source: "ibm-cloud-architecture/terraform-openshift4-aws#39",
			make:  func(p *peer) { p.set("ssm", "privateDnsEnabled", false) },
			claim: "reach.ssm",
			why:   `VpcEndpoint "ssm" has no private DNS, so ssm.eu-west-1.amazonaws.com resolves to AWS's public addresses`,
			mend:  `set privateDnsEnabled to true on VpcEndpoint "ssm"`,
		},
		{
			name: "vpc-without-dns-hostnames", source: "govuk-paas/paas-bootstrap#553",
			make:  func(p *peer) { p.set("vpc", "enableDnsHostnames", false) },
			claim: "reach.ssm", others: []string{"reach.ssmmessages"},
			why:  `Vpc "vpc" does not answer for private names, ssm.eu-west-1.amazonaws.com among them: enableDnsHostnames is false`,
			mend: `set enableDnsHostnames to true on Vpc "vpc"`,
		},
		{
			name: "endpoints-without-subnets", source: "bridgecrewio/terraform-aws-session-manager#14",
			make:  func(p *peer) { p.set("ssm", "subnetIds", list()) },
			claim: "reach.ssm",
			why:   `VpcEndpoint "ssm" has no subnet, and so no address`,
			mend:  `give VpcEndpoint "ssm" a subnet in each zone`,
		},
		{
			name: "restricted-egress-without-s3-prefix-list", source: "ministryofjustice/modernisation-platform#1553",
			make: func(p *peer) {
				p.set("instance-group", "egress", list(tcp443(props{"cidrBlocks": list("10.0.0.0/16")})))
			},
			claim: "reach.s3",
			why:   `no rule of SecurityGroup "instance-group" lets TCP 443 through to S3's addresses, prefix list "pl-s3"`,
			mend:  `allow TCP 443 from SecurityGroup "instance-group" to the prefix list of S3, pl-s3`,
		},
		{
			name: "gateway-endpoint-on-another-route-table", source: "pulumi/pulumi-awsx#1373",
			make:  func(p *peer) { p.set("s3", "routeTableIds", list("rtb-main")) },
			claim: "reach.s3",
			why:   `VpcEndpoint "s3" is not on the route table "rtb-app" that Subnet "app" uses by RouteTableAssociation "app-association"`,
			mend:  `add the route table of Subnet "app" to VpcEndpoint "s3"`,
		},
		{
			name: "endpoint-policy-that-only-denies", source: "terraform-aws-modules/terraform-aws-vpc#979",
			make: func(p *peer) {
				p.set("ssm", "policy", document(`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",`+
					`"Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}}`))
			},
			claim: "reach.ssm",
			why: `ssm:UpdateInstanceInformation on arn:aws:ec2:eu-west-1:123456789012:instance/i-1 through VpcEndpoint "ssm": denied: ` +
				`no statement of the endpoint policy allows it`,
			mend: `let the policy of VpcEndpoint "ssm" allow ssm:UpdateInstanceInformation to Role "instance-role"`,
		},
		{
			name: "endpoint-policy-of-another-account", source: "aws/amazon-ssm-agent#374",
			make: func(p *peer) {
				p.set("ssmmessages", "policy", document(`{"Sid":"Ours","Effect":"Allow","Principal":"*","Action":"*","Resource":"*",`+
					`"Condition":{"StringEquals":{"aws:PrincipalAccount":"210987654321"}}}`))
			},
			claim: "reach.ssmmessages",
			why: `ssmmessages:CreateControlChannel through VpcEndpoint "ssmmessages": denied: no statement of the endpoint policy allows it ` +
				`(the policy of VpcEndpoint "ssmmessages", Ours, has a condition that does not hold: StringEquals aws:PrincipalAccount ["210987654321"])`,
			mend: `let the policy of VpcEndpoint "ssmmessages" allow ssmmessages:CreateControlChannel to Role "instance-role"`,
		},
		{
			name: "s3-endpoint-policy-with-a-principal-condition", source: "awslabs/landing-zone-accelerator-on-aws#277",
			make: func(p *peer) {
				p.set("s3", "policy", document(`{"Sid":"Ours","Effect":"Allow","Principal":"*","Action":"*","Resource":"*",`+
					`"Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}`))
			},
			claim: "reach.s3",
			why: `s3:GetObject on arn:aws:s3:::amazon-ssm-eu-west-1/ssm-agent-manifest.json, by anybody, not signed, since Association "agent-update" ` +
				`reads the agent's bucket, through VpcEndpoint "s3": denied: no statement of the endpoint policy allows it ` +
				`(the policy of VpcEndpoint "s3", Ours, has a condition that does not hold: StringEquals aws:PrincipalAccount ["123456789012"])`,
			mend: `let the policy of VpcEndpoint "s3" allow s3:GetObject on arn:aws:s3:::amazon-ssm-eu-west-1/ssm-agent-manifest.json`,
		},
		{
			name: "ssh-from-everywhere", source: "cloudposse/terraform-aws-ec2-bastion-server, variables.tf",
			make: func(p *peer) {
				p.set("instance-group", "ingress", list(props{"protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrBlocks": list("0.0.0.0/0")}))
			},
			claim: "no-inbound",
			why:   `a rule of SecurityGroup "instance-group" admits tcp 22 with 0.0.0.0/0 to Instance "box"`,
			mend:  `remove a rule of SecurityGroup "instance-group"`,
		},
		{
			name: "internet-gateway-always", source: "jen20/pulumi-aws-vpc#2",
			make: func(p *peer) {
				p.put("aws:ec2/internetGateway:InternetGateway", "gateway", "igw-1", props{"vpcId": "vpc-1"}, "vpc")
			},
			claim: "isolated",
			why:   `InternetGateway "gateway" connects Vpc "vpc" to the Internet`,
			mend:  `remove InternetGateway "gateway"`,
		},
	}
}

// agentMistakes keep agents from coming online.
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
			why:   `Instance "box" does not wait for VpcEndpoint "ssm", VpcEndpoint "ssmmessages"`,
			mend:  `let Instance "box" depend on them (dependsOn): an agent that starts earlier sleeps for 5 to 30 minutes`,
		},
		{
			name: "policy-after-the-instance", source: "hashicorp/packer-plugin-amazon#503",
			make: func(p *peer) {
				p.reorder("box", "app", "instance-group", "profile", "ssm", "ssmmessages", "s3", "app-association")
			},
			claim: "ordered",
			why:   `Instance "box" does not wait for RolePolicyAttachment "core"`,
			mend:  `let Instance "box" depend on them (dependsOn): an agent that starts earlier sleeps for 5 to 30 minutes`,
		},
		{
			name: "role-without-policy", source: "aws-samples/aws-genomics-workflows#120",
			make:  func(p *peer) { p.remove("core") },
			claim: "agent",
			why: `ssm:UpdateInstanceInformation on arn:aws:ec2:eu-west-1:123456789012:instance/i-1, to register and stay online: denied: ` +
				`no statement of the principal's policies allows it`,
			mend: `attach AmazonSSMManagedInstanceCore to Role "instance-role"`,
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
			why:   `ssmmessages:CreateControlChannel, to open its channels: denied: no statement of the principal's policies allows it`,
			mend:  `attach AmazonSSMManagedInstanceCore to Role "instance-role"`,
		},
		{
			name: "instance-without-profile", source: "ministryofjustice/modernisation-platform-environments#507",
			make:  func(p *peer) { p.set("box", "iamInstanceProfile", "") },
			claim: "agent",
			why:   `Instance "box" has no role: its instance profile is "", and no role is in it`,
			mend:  `give Instance "box" an instance profile with a role that has AmazonSSMManagedInstanceCore`,
		},
	}
}

// sessionMistakes keep people out, or let others in.
func sessionMistakes() []mistake {
	return []mistake{
		{
			name: "bool-if-exists-for-mfa", source: "terraform-aws-modules/terraform-aws-iam#516",
			make: func(p *peer) {
				p.set("people", "assumeRolePolicy", document(strings.Replace(trustStatement, `"Bool"`, `"BoolIfExists"`, 1)))
			},
			claim: "session.mfa",
			why: `arn:aws:iam::123456789012:user/ann assumes Role "people" with long-term keys: allowed: ` +
				`trust policy of Role "people", statement 1, allows it`,
			mend: `put Bool aws:MultiFactorAuthPresent = true on the statement of the trust policy of Role "people"; not BoolIfExists, which admits long-term keys`,
		},
		{
			name: "mfa-demanded-of-a-role", source: "Noovolari/leapp#262",
			make: func(p *peer) {
				p.set("people", "assumeRolePolicy", document(`{"Sid":"SSO","Effect":"Allow","Action":"sts:AssumeRole",`+
					`"Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},`+
					`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Ops_*"}}}`))
			},
			claim: "session.start",
			why: `arn:aws:sts::123456789012:assumed-role/exampleAWSReservedSSO_Ops_example/ann assumes Role "people", as a role's session, ` +
				`which cannot say that there was MFA: denied: no statement of the policy of the resource allows it ` +
				`(trust policy of Role "people", SSO, has a condition that does not hold: Bool aws:MultiFactorAuthPresent ["true"])`,
			mend: `let the trust policy of Role "people" admit arn:aws:iam::123456789012:root`,
		},
		{
			name: "tag-condition-on-documents", source: "awslabs/awsome-distributed-ai#1137",
			make: func(p *peer) {
				p.set("box", "tagsAll", props{"team": "ops"})
				p.set("people-policy", "policy", document(channelStatement, ownStatement, `{"Sid":"Start","Effect":"Allow","Action":"ssm:StartSession",`+
					`"Resource":["arn:aws:ec2:*:*:instance/*","arn:aws:ssm:*:*:document/*"],"Condition":{"StringEquals":{"ssm:resourceTag/team":"ops"}}}`))
			},
			claim: "session.start",
			why:   `Role "people" opens sessions with no document`,
			mend:  `allow ssm:StartSession on arn:aws:ssm:eu-west-1:123456789012:document/SSM-SessionManagerRunShell`,
		},
		{
			name: "port-forwarding-document-missing", source: "basti-app/basti#56",
			make: func(p *peer) {
				p.set("people-policy", "policy", document(channelStatement, ownStatement,
					`{"Effect":"Allow","Action":"ssm:StartSession","Resource":"arn:aws:ec2:*:*:instance/*"}`))
			},
			claim: "session.start",
			why:   `Role "people" opens sessions with no document`,
			mend:  `allow ssm:StartSession on arn:aws:ssm:eu-west-1:123456789012:document/SSM-SessionManagerRunShell`,
		},
		{
			name: "any-principal", source: "duo-labs/cloudmapper#182",
			make: func(p *peer) {
				p.set("people", "assumeRolePolicy", document(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`))
			},
			claim: "session.foreign",
			why: `arn:aws:iam::999999999999:user/ann, of another account, assumes Role "people": allowed: ` +
				`trust policy of Role "people", statement 1, allows it`,
			mend: `list in the trust policy of Role "people" who is meant to assume it, and nobody else`,
		},
		{
			name: "trailing-asterisk-on-own-sessions", source: "https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-examples.html",
			make: func(p *peer) {
				own := strings.NewReplacer("StringEquals", "StringLike", "${aws:userid}", "${aws:userid}*").Replace(ownStatement)
				p.set("people-policy", "policy", document(startStatement, channelStatement, own))
			},
			claim: "session.own",
			why:   `ssm:ResumeSession on the session of AROAPEOPLE:anna: allowed: RolePolicy "people-policy", statement 3, allows it`,
			mend:  `allow ssm:ResumeSession and ssm:TerminateSession where StringEquals ssm:resourceTag/aws:ssmmessages:session-id = ${aws:userid}, and only there`,
		},
	}
}

// recordMistakes keep sessions from being recorded, or from opening since they are to be.
func recordMistakes() []mistake {
	return []mistake{
		{
			name: "log-group-named-otherwise", source: "awslabs/landing-zone-accelerator-on-aws#934",
			make:  func(p *peer) { recording(p, "sessions", "session-logs", "") },
			claim: "agent", others: []string{"recorded: undecided"},
			why: `logs:CreateLogStream on arn:aws:logs:eu-west-1:123456789012:log-group:sessions:log-stream:ann-0123456789abcdef0, to record for ` +
				`Document "shell": denied: no statement of the principal's policies allows it (RolePolicy "logging", statement 1, is about ` +
				`arn:aws:logs:eu-west-1:123456789012:log-group:session-logs:*, and not about arn:aws:logs:eu-west-1:123456789012:log-group:sessions:log-stream:ann-0123456789abcdef0)`,
			mend: `give the instance's role a policy that allows logs:CreateLogStream on the log group's streams`,
		},
		{
			name: "no-logs-endpoint", source: "aws/amazon-ssm-agent#639",
			make: func(p *peer) {
				recording(p, "session-logs", "session-logs", "")
				p.remove("logs")
			},
			claim: "reach.logs",
			why:   `Vpc "vpc" has no endpoint of logs, so logs.eu-west-1.amazonaws.com resolves to AWS's public addresses`,
			mend:  `create an interface endpoint of com.amazonaws.eu-west-1.logs in Vpc "vpc", with privateDnsEnabled`,
		},
		{
			name: "default-document-beside-the-recorded-one", source: "masterpointio/terraform-aws-ssm-agent#85",
			make: func(p *peer) {
				recording(p, "session-logs", "session-logs", `"arn:aws:ssm:eu-west-1:123456789012:document/SSM-SessionManagerRunShell",`)
			},
			claim: "recorded",
			why:   `Role "people" opens sessions with SSM-SessionManagerRunShell, which the state does not say to record`,
			mend:  `take the document out of the role's policy`,
		},
		{
			name: "ssh-is-not-recorded", source: "aws/amazon-ssm-agent#194",
			make: func(p *peer) {
				recording(p, "session-logs", "session-logs", `"arn:aws:ssm:eu-west-1::document/AWS-StartSSHSession",`)
			},
			claim: "recorded",
			why:   `Role "people" opens sessions with AWS-StartSSHSession, which AWS never records`,
			mend:  `take the document out of the role's policy`,
		},
		{
			name: "encryption-demanded-of-a-plain-log-group", source: "bridgecrewio/terraform-aws-session-manager#9",
			make: func(p *peer) {
				recording(p, "session-logs", "session-logs", "")
				p.set("group", "kmsKeyId", "")
			},
			claim: "recorded",
			why:   `LogGroup "group" is not encrypted with a key of the account`,
			mend:  `give LogGroup "group" a kmsKeyId`,
		},
		{
			name: "key-that-the-instance-may-not-use", source: "department-of-veterans-affairs/va.gov-team#54885",
			make: func(p *peer) {
				recording(p, "session-logs", "session-logs", "")
				p.set("decrypt", "policy", document(`{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"*"}`))
			},
			claim: "agent",
			why: `kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/k-1, to decrypt the session of Document "shell": denied: ` +
				`no statement of the principal's policies allows it`,
			mend: `give the instance's role a policy that allows kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/k-1`,
		},
	}
}

// TestMistakes reads the states in testdata. With -update it writes them first.
func TestMistakes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range mistakes() {
		seen[m.name+".json"] = true
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", m.name+".json")
			p := goodPeer()
			m.make(p)
			if *update {
				require.NoError(t, os.WriteFile(path, p.export(t), 0o644))
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.JSONEq(t, string(p.export(t)), string(text), "run the test with -update")
			m.check(t, check(t, text))
		})
	}
	files, err := os.ReadDir("testdata")
	require.NoError(t, err)
	for _, file := range files {
		require.True(t, seen[file.Name()], "%s is no known mistake's", file.Name())
	}
}

// check says whether the mistake was found, for the right reason, and nothing else.
func (m *mistake) check(t *testing.T, claims []proof.Claim) {
	t.Helper()
	for _, claim := range claims {
		if claim.ID != m.claim {
			continue
		}
		require.Equal(t, report.Refuted, claim.Result)
		for i, line := range claim.Why {
			if strings.HasPrefix(line, proof.Broken) {
				require.Equal(t, proof.Broken+m.why, line)
				require.Equal(t, proof.Mend+m.mend, claim.Why[i+1])
				break
			}
		}
		expected := map[string]bool{m.claim + ": refuted": true}
		for _, other := range m.others {
			if !strings.Contains(other, ": ") {
				other += ": refuted"
			}
			expected[other] = true
		}
		for _, failure := range failing(claims, report.Required) {
			require.True(t, expected[failure], "%s was not expected", failure)
		}
		return
	}
	require.Fail(t, "no claim "+m.claim)
}
