package proof_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
)

// resultOf returns the worst result of a claim, and all its reasons.
func resultOf(t *testing.T, claims []proof.Claim, id string) (result, why string) {
	t.Helper()
	rank := []string{report.Proven, report.Undecided, report.Refuted}
	worst := -1
	for _, claim := range claims {
		if claim.ID != id {
			continue
		}
		why += strings.Join(claim.Why, "\n") + "\n"
		for i, r := range rank {
			if r == claim.Result && i > worst {
				worst = i
			}
		}
	}
	require.GreaterOrEqual(t, worst, 0, "no claim %s", id)
	return rank[worst], why
}

// TestCheck_provesNothingThatIsNotSo tries states that are built to be taken for good.
func TestCheck_provesNothingThatIsNotSo(t *testing.T) {
	t.Parallel()
	trust := func(statement string) func(*peer) {
		return func(p *peer) { p.set("people", "assumeRolePolicy", document(statement)) }
	}
	policies := func(statements ...string) func(*peer) {
		return func(p *peer) { p.set("people-policy", "policy", document(statements...)) }
	}
	extra := func(kind string, properties props) func(*peer) {
		return func(p *peer) { p.put(kind, "extra", "extra-1", properties) }
	}
	const root = `"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:root"}`
	for name, test := range map[string]struct {
		make   func(*peer)
		claim  string
		result string
		// because is a part of the reasons.
		because string
	}{
		"a user whom the example is not": {
			trust(`{` + root + `,"Condition":{"StringEquals":{"aws:username":"bob"}}}`), "session.mfa", report.Undecided,
			"whether anybody else of arn:aws:iam::123456789012:root assumes",
		},
		"MFA for some": {
			trust(trustStatement + `,{` + root + `}`), "session.mfa", report.Refuted, "user/ann assumes Role \"people\" with long-term keys: allowed",
		},
		"a service beside the users": {
			trust(trustStatement + `,` + ec2Trust), "session.mfa", report.Refuted, "ec2.amazonaws.com gets Role \"people\"",
		},
		"a provider of identities": {
			trust(trustStatement + `,{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/x"}}`),
			"session.foreign", report.Undecided, "who the users of arn:aws:iam::123456789012:saml-provider/x are",
		},
		"anybody of that name": {
			trust(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/bob"}}}`),
			"session.foreign", report.Refuted, "user/bob, of another account, assumes",
		},
		"anybody with a secret name": {
			trust(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}`),
			"session.foreign", report.Undecided, "sts:ExternalId, which is not known",
		},
		"anybody but some": {
			trust(`{"Effect":"Allow","Action":"sts:AssumeRole","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/x"}}`),
			"session.foreign", report.Undecided, "its element NotPrincipal",
		},
		"an account that looks alike": {
			trust(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringLike":{"aws:PrincipalAccount":"12345678901*"}}}`),
			"session.foreign", report.Refuted, "123456789010:user/ann, of another account, assumes",
		},
		"an organization": {
			trust(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}`),
			"session.foreign", report.Undecided, "aws:PrincipalOrgID, which is not known",
		},
		"one's own sessions and another's": {
			policies(startStatement, channelStatement, strings.Replace(ownStatement, `"${aws:userid}"`, `["${aws:userid}","AROAPEOPLE:mallory"]`, 1)),
			"session.own", report.Undecided, "on whose sessions else",
		},
		"a session named after the beginning of a name": {
			trust(strings.Replace(strings.Replace(trustStatement, `"StringEquals"`, `"StringLike"`, 1), "${aws:username}", "${aws:username}*", 1)),
			"session.own", report.Undecided, `may name its session "anna"`,
		},
		"every action but some": {
			policies(startStatement, ownStatement, `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`), "session.scope", report.Refuted, "allows all but iam:*",
		},
		"every document but one": {
			policies(channelStatement, ownStatement, `{"Effect":"Allow","Action":"ssm:StartSession","NotResource":"arn:aws:ssm:*:*:document/x"}`),
			"session.scope", report.Refuted, "is about all but",
		},
		"a key of somebody else": {
			policies(startStatement, ownStatement, channelStatement, `{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"arn:aws:kms:eu-west-1:123456789012:key/k-9"}`),
			"session.scope", report.Refuted, "makes data keys with",
		},
		"instances by tag": {
			policies(channelStatement, ownStatement, strings.Replace(startStatement, `instance/i-1"`, `instance/*"`, 1),
				`{"Effect":"Deny","Action":"ssm:StartSession","Resource":"*","Condition":{"StringNotEquals":{"ssm:resourceTag/team":"ops"}}}`),
			"session.scope", report.Refuted, "opens sessions on arn:aws:ec2:eu-west-1:123456789012:instance/*",
		},
		"a role of which nothing is known": {
			func(p *peer) {
				p.put("aws:iam/role:Role", "ops", "ops", props{
					"name": "ops", "arn": "arn:aws:iam::123456789012:role/ops", "assumeRolePolicy": document(`{` + root + `}`),
					"managedPolicyArns": list("arn:aws:iam::123456789012:policy/unknown"),
				})
			}, "session.mfa", report.Undecided, "whether Role \"ops\" opens sessions",
		},
		"an action of an endpoint's policy for everybody": {
			func(p *peer) {
				p.set("ssm", "policy", document(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}`,
					`{"Effect":"Allow","Principal":"*","Action":"ssm:PutParameter","Resource":"arn:aws:ssm:*:*:parameter/leak"}`))
			}, "endpoint-policy.ssm", report.Refuted, "ssm:PutParameter on arn:aws:ssm:x:x:parameter/leak",
		},
		"roles of that name in an endpoint's policy": {
			func(p *peer) {
				p.set("ssm", "policy", document(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/instance-role"}}}`))
			}, "endpoint-policy.ssm", report.Refuted, "another account's keys",
		},
		"writing to buckets of AWS": {
			func(p *peer) {
				p.set("s3", "policy", document(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::amazon-ssm-eu-west-1/*"}`))
			}, "endpoint-policy.s3", report.Refuted, "another account's keys",
		},
		"a table of somebody else": {
			func(p *peer) { p.set("app-association", "routeTableId", "rtb-elsewhere") }, "reach.ssm", report.Undecided, `route table "rtb-elsewhere"`,
		},
		"half of the endpoint's addresses": {
			func(p *peer) {
				p.set("endpoint-group", "ingress", list(tcp443(props{"cidrBlocks": list("10.0.11.0/28")})))
			},
			"reach.ssm", report.Proven, "",
		},
		"the other half": {
			func(p *peer) {
				p.set("endpoint-group", "ingress", list(tcp443(props{"cidrBlocks": list("10.0.11.128/25")})))
			},
			"reach.ssm", report.Refuted, "admits Instance",
		},
		"some of the endpoint's subnet": {
			func(p *peer) {
				p.set("instance-group", "egress", list(tcp443(props{"cidrBlocks": list("10.0.11.0/25")})))
			},
			"reach.ssm", report.Undecided, "whether a rule of SecurityGroup",
		},
		"a list that nobody knows": {
			func(p *peer) {
				p.set("instance-group", "egress", list(tcp443(props{"prefixListIds": list("pl-other")})))
			},
			"reach.ssm", report.Undecided, "whether a rule of SecurityGroup",
		},
		"half of S3": {
			func(p *peer) {
				p.set("instance-group", "egress", list(tcp443(props{"securityGroups": list("sg-endpoint")}), tcp443(props{"cidrBlocks": list("52.92.0.0/17")})))
			}, "reach.s3", report.Refuted, "lets TCP 443 through to S3's addresses",
		},
		"a route to a middlebox": {
			func(p *peer) {
				p.set("app-table", "routes", list(props{"cidrBlock": "10.0.11.0/24", "networkInterfaceId": "eni-1"}))
			}, "reach.ssm", report.Refuted, "and not to its place in the VPC",
		},
		"a gateway for a peer": {
			extra("aws:ec2/vpcPeeringConnection:VpcPeeringConnection", props{}), "isolated", report.Undecided, "aws:ec2/vpcPeeringConnection",
		},
		"a stack within the stack":  {extra("aws:cloudformation/stack:Stack", props{}), "isolated", report.Undecided, "aws:cloudformation/stack"},
		"another provider":          {extra("aws-native:ec2:InternetGateway", props{}), "isolated", report.Undecided, "aws-native:ec2:InternetGateway"},
		"a command":                 {extra("command:local:Command", props{}), "session.foreign", report.Undecided, "command:local:Command"},
		"a password":                {extra("random:index/randomPassword:RandomPassword", props{}), "isolated", report.Proven, ""},
		"groups attached elsewhere": {extra("aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment", props{}), "no-inbound", report.Undecided, "networkInterfaceSecurityGroupAttachment"},
		"a volume from elsewhere": {
			extra("aws:ec2/volumeAttachment:VolumeAttachment", props{"instanceId": "i-1", "volumeId": "vol-1"}), "encrypted", report.Undecided, `volume "vol-1"`,
		},
		"any document, beside the one that records": {
			func(p *peer) {
				recording(p, "session-logs", "session-logs", `"arn:aws:ssm:*:*:document/*",`)
			}, "recorded", report.Refuted, "opens sessions with any other document",
		},
		"another document of the account, beside the one that records": {
			func(p *peer) {
				recording(p, "session-logs", "session-logs", `"arn:aws:ssm:eu-west-1:123456789012:document/quiet",`)
			}, "recorded", report.Refuted, "opens sessions with quiet",
		},
		"a log group that goes with the stack": {
			func(p *peer) {
				recording(p, "session-logs", "session-logs", "")
				p.resources["group"].RetainOnDelete = false
			}, "recorded", report.Refuted, "deleted with the stack",
		},
		"no check of the default document": {
			func(p *peer) {
				recording(p, "session-logs", "session-logs", "")
				policyText, _ := p.resources["people-policy"].Outputs["policy"].(string)
				p.set("people-policy", "policy", strings.Replace(policyText, `,"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":"true"}}`, "", 1))
			}, "recorded", report.Refuted, "opens sessions with the default document, unchecked",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := goodPeer()
			test.make(p)
			result, why := resultOf(t, check(t, p.export(t)), test.claim)
			require.Equal(t, test.result, result, why)
			require.Contains(t, why, test.because)
		})
	}
}

// TestCheck_meansOtherAccounts admits those who are named to it.
func TestCheck_meansOtherAccounts(t *testing.T) {
	t.Parallel()
	p := goodPeer()
	p.set("people", "assumeRolePolicy", document(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::210987654321:root"}}`))
	deployment, err := proof.Read(strings.NewReader(string(p.export(t))))
	require.NoError(t, err)
	for _, test := range []struct {
		principals []string
		result     string
	}{{nil, report.Refuted}, {[]string{"210987654321"}, report.Proven}} {
		claims, err := proof.Check(deployment, proof.Options{Principals: test.principals})
		require.NoError(t, err)
		result, why := resultOf(t, claims, "session.foreign")
		require.Equal(t, test.result, result, why)
	}
}
