package proof_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// resultOf returns the worst result of a claim, and why it is not proven.
func resultOf(t *testing.T, claims []proof.Claim, id string) (result, why string) {
	t.Helper()
	rank := []string{proof.Proven, proof.Assumed, proof.Undecided, proof.Refuted}
	worst := -1
	for _, claim := range claims {
		if claim.ID != id {
			continue
		}
		for _, reason := range claim.Reasons {
			if reason.Kind == proof.Fail || reason.Kind == proof.Unknown {
				why += reason.Text + "\n"
			}
		}
		for i, r := range rank {
			if r == claim.Result && i > worst {
				worst = i
			}
		}
	}
	require.GreaterOrEqual(t, worst, 0, "no claim %s", id)
	return rank[worst], why
}

// TestCheck_doesNotProveWhatIsFalse checks states that are almost right.
func TestCheck_doesNotProveWhatIsFalse(t *testing.T) {
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
		// because is part of a reason why the claim is not proven.
		because string
	}{
		"a condition on another user name": {
			trust(`{` + root + `,"Condition":{"StringEquals":{"aws:username":"bob"}}}`), "session.mfa", proof.Refuted,
			"user/bob assumes Role \"people\" with long-term access keys: allowed",
		},
		"MFA for some": {
			trust(trustStatement + `,{` + root + `}`), "session.mfa", proof.Refuted, "user/ann assumes Role \"people\" with long-term access keys: allowed",
		},
		"a service and the users": {
			trust(trustStatement + `,` + ec2Trust), "session.mfa", proof.Refuted, "ec2.amazonaws.com can assume Role \"people\"",
		},
		"an identity provider": {
			trust(trustStatement + `,{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/x"}}`),
			"session.foreign", proof.Undecided, "users of arn:aws:iam::123456789012:saml-provider/x can assume",
		},
		"a user name in any account": {
			trust(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/bob"}}}`),
			"session.foreign", proof.Refuted, "user/bob of another account assumes",
		},
		"an external id": {
			trust(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}`),
			"session.foreign", proof.Undecided, "sts:ExternalId, whose value is unknown",
		},
		"NotPrincipal": {
			trust(`{"Effect":"Allow","Action":"sts:AssumeRole","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/x"}}`),
			"session.foreign", proof.Undecided, "its element NotPrincipal",
		},
		"an account pattern": {
			trust(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringLike":{"aws:PrincipalAccount":"12345678901*"}}}`),
			"session.foreign", proof.Refuted, "123456789010:user/ann of another account assumes",
		},
		"an organization": {
			trust(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}`),
			"session.foreign", proof.Undecided, "aws:PrincipalOrgID, whose value is unknown",
		},
		"own sessions and those of another user": {
			policies(startStatement, channelStatement, strings.Replace(ownStatement, `"${aws:userid}"`, `["${aws:userid}","AROAPEOPLE:mallory"]`, 1)),
			"session.own", proof.Undecided, "may allow it on sessions of others",
		},
		"a pattern of session names": {
			trust(strings.Replace(strings.Replace(trustStatement, `"StringEquals"`, `"StringLike"`, 1), "${aws:username}", "${aws:username}*", 1)),
			"session.own", proof.Undecided, `can use the session name "annany"`,
		},
		"NotAction": {
			policies(startStatement, ownStatement, `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`), "session.scope", proof.Refuted, "allows all actions except iam:*",
		},
		"NotResource": {
			policies(channelStatement, ownStatement, `{"Effect":"Allow","Action":"ssm:StartSession","NotResource":"arn:aws:ssm:*:*:document/x"}`),
			"session.scope", proof.Refuted, "covers all resources except",
		},
		"a key that is not the stack's": {
			policies(startStatement, ownStatement, channelStatement, `{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"arn:aws:kms:eu-west-1:123456789012:key/k-9"}`),
			"session.scope", proof.Refuted, "allows kms:GenerateDataKey on",
		},
		"instances by tag": {
			policies(channelStatement, ownStatement, strings.Replace(startStatement, `instance/i-1"`, `instance/*"`, 1),
				`{"Effect":"Deny","Action":"ssm:StartSession","Resource":"*","Condition":{"StringNotEquals":{"ssm:resourceTag/team":"ops"}}}`),
			"session.scope", proof.Undecided, "allows sessions on arn:aws:ec2:eu-west-1:123456789012:instance/*",
		},
		"a role with an unknown policy": {
			func(p *peer) {
				p.put("aws:iam/role:Role", "ops", "ops", props{
					"name": "ops", "arn": "arn:aws:iam::123456789012:role/ops", "assumeRolePolicy": document(`{` + root + `}`),
					"managedPolicyArns": list("arn:aws:iam::123456789012:policy/unknown"),
				})
			}, "session.mfa", proof.Undecided, "Role \"ops\" may allow sessions",
		},
		"an endpoint policy that allows one action to everybody": {
			func(p *peer) {
				p.set("ssm", "policy", document(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}`,
					`{"Effect":"Allow","Principal":"*","Action":"ssm:PutParameter","Resource":"arn:aws:ssm:*:*:parameter/leak"}`))
			}, "endpoint-policy.ssm", proof.Refuted, "ssm:PutParameter on arn:aws:ssm:any:any:parameter/leak",
		},
		"an endpoint policy that allows a role name in any account": {
			func(p *peer) {
				p.set("ssm", "policy", document(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/instance-role"}}}`))
			}, "endpoint-policy.ssm", proof.Refuted, "a request of another account",
		},
		"writes to buckets of AWS": {
			func(p *peer) {
				p.set("s3", "policy", document(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::amazon-ssm-eu-west-1/*"}`))
			}, "endpoint-policy.s3", proof.Refuted, "a request of another account",
		},
		"a route table of another stack": {
			func(p *peer) { p.set("app-association", "routeTableId", "rtb-elsewhere") }, "reach.ssm", proof.Undecided, `route table "rtb-elsewhere"`,
		},
		"inbound from the part of the subnet with the instance": {
			func(p *peer) {
				p.set("endpoint-group", "ingress", list(tcp443(props{"cidrBlocks": list("10.0.11.0/28")})))
			},
			"reach.ssm", proof.Proven, "",
		},
		"inbound from the other part of the subnet": {
			func(p *peer) {
				p.set("endpoint-group", "ingress", list(tcp443(props{"cidrBlocks": list("10.0.11.128/25")})))
			},
			"reach.ssm", proof.Refuted, "no rule of SecurityGroup \"endpoint-group\" allows",
		},
		"outbound to a part of the endpoint's subnet": {
			func(p *peer) {
				p.set("instance-group", "egress", list(tcp443(props{"cidrBlocks": list("10.0.11.0/25")})))
			},
			"reach.ssm", proof.Undecided, "a rule of SecurityGroup \"instance-group\" may allow",
		},
		"an unknown prefix list": {
			func(p *peer) {
				p.set("instance-group", "egress", list(tcp443(props{"prefixListIds": list("pl-other")})))
			},
			"reach.ssm", proof.Undecided, "a rule of SecurityGroup \"instance-group\" may allow",
		},
		"a part of S3's addresses": {
			func(p *peer) {
				p.set("instance-group", "egress", list(tcp443(props{"securityGroups": list("sg-endpoint")}), tcp443(props{"cidrBlocks": list("52.92.0.0/17")})))
			}, "reach.s3", proof.Refuted, "no rule of SecurityGroup \"instance-group\" allows TCP 443 to S3",
		},
		// An appliance may inspect the traffic and send it on: https://docs.aws.amazon.com/vpc/latest/userguide/intra-vpc-route.html
		"a route to a network interface": {
			func(p *peer) {
				p.set("app-table", "routes", list(props{"cidrBlock": "10.0.11.0/24", "networkInterfaceId": "eni-1"}))
			}, "reach.ssm", proof.Undecided, "which may inspect the traffic and send it on",
		},
		"a route to a peering connection": {
			func(p *peer) {
				p.set("app-table", "routes", list(props{"cidrBlock": "10.0.11.0/24", "vpcPeeringConnectionId": "pcx-1"}))
			}, "reach.ssm", proof.Refuted, "instead of within the VPC",
		},
		"a VPC peering connection": {
			extra("aws:ec2/vpcPeeringConnection:VpcPeeringConnection", props{}), "isolated", proof.Undecided, "aws:ec2/vpcPeeringConnection",
		},
		"a CloudFormation stack": {extra("aws:cloudformation/stack:Stack", props{}), "isolated", proof.Undecided, "aws:cloudformation/stack"},
		"another provider":       {extra("aws-native:ec2:InternetGateway", props{}), "isolated", proof.Undecided, "aws-native:ec2:InternetGateway"},
		"a command":              {extra("command:local:Command", props{}), "session.foreign", proof.Undecided, "command:local:Command"},
		"a password":             {extra("random:index/randomPassword:RandomPassword", props{}), "isolated", proof.Proven, ""},
		"security groups attached by another resource": {extra("aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment", props{}), "no-inbound", proof.Undecided, "networkInterfaceSecurityGroupAttachment"},
		"a volume of another stack": {
			extra("aws:ec2/volumeAttachment:VolumeAttachment", props{"instanceId": "i-1", "volumeId": "vol-1"}), "encrypted", proof.Undecided, `volume "vol-1"`,
		},
		"any document and the one that records": {
			func(p *peer) {
				recording(p, "session-logs", "session-logs", `"arn:aws:ssm:*:*:document/*",`)
			}, "recorded", proof.Refuted, "a session with any other document",
		},
		"another document and the one that records": {
			func(p *peer) {
				recording(p, "session-logs", "session-logs", `"arn:aws:ssm:eu-west-1:123456789012:document/quiet",`)
			}, "recorded", proof.Undecided, "allows sessions with quiet, and the state does not show whether it records",
		},
		"a log group that is deleted with the stack": {
			func(p *peer) {
				recording(p, "session-logs", "session-logs", "")
				p.resources["group"].RetainOnDelete = false
			}, "recorded", proof.Refuted, "destroying the stack deletes LogGroup",
		},
		"no access check of the default document": {
			func(p *peer) {
				recording(p, "session-logs", "session-logs", "")
				policyText, _ := p.resources["people-policy"].Outputs["policy"].(string)
				p.set("people-policy", "policy", strings.Replace(policyText, `,"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":"true"}}`, "", 1))
			}, "recorded", proof.Refuted, "with the default document without an access check",
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

// TestCheck_principals proves session.foreign if the other account is meant to assume the role.
func TestCheck_principals(t *testing.T) {
	t.Parallel()
	p := goodPeer()
	p.set("people", "assumeRolePolicy", document(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::210987654321:root"}}`))
	deployment, err := proof.Read(strings.NewReader(string(p.export(t))))
	require.NoError(t, err)
	for _, test := range []struct {
		principals []string
		result     string
	}{{nil, proof.Refuted}, {[]string{"210987654321"}, proof.Proven}} {
		claims, err := proof.Check(deployment, proof.Options{Principals: test.principals})
		require.NoError(t, err)
		result, why := resultOf(t, claims, "session.foreign")
		require.Equal(t, test.result, result, why)
	}
}
