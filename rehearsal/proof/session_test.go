package proof_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

const (
	rootPrincipal = `"Principal":{"AWS":"arn:aws:iam::123456789012:root"}`
	allowAssume   = `{"Effect":"Allow","Action":"sts:AssumeRole",`
	mfaCondition  = `"Bool":{"aws:MultiFactorAuthPresent":"true"}`
)

// trusts sets the trust policy of the session role.
func trusts(statements ...string) func(*peer) {
	return func(p *peer) { p.set("people", "assumeRolePolicy", document(statements...)) }
}

// addRole adds a role with a trust policy and one inline policy.
func addRole(p *peer, name, trust, policyStatement string) {
	p.put("aws:iam/role:Role", name, name, props{
		"name": name, "arn": "arn:aws:iam::123456789012:role/" + name, "uniqueId": "AROA" + strings.ToUpper(name), "assumeRolePolicy": document(trust),
	})
	p.put("aws:iam/rolePolicy:RolePolicy", name+"-policy", name+":p", props{"role": name, "name": "p", "policy": document(policyStatement)}, name)
}

// addUser adds the IAM user ann with an inline policy of a group.
func addUser(p *peer, groupStatement string) {
	p.put("aws:iam/user:User", "ann", "ann", props{"name": "ann", "arn": "arn:aws:iam::123456789012:user/ann"})
	p.put("aws:iam/group:Group", "staff", "staff", props{"name": "staff", "arn": "arn:aws:iam::123456789012:group/staff"})
	p.put("aws:iam/userGroupMembership:UserGroupMembership", "membership", "m", props{"user": "ann", "groups": list("staff")}, "ann", "staff")
	p.put("aws:iam/groupPolicy:GroupPolicy", "staff-policy", "staff:p", props{"group": "staff", "policy": document(groupStatement)}, "staff")
}

// runAs gives the stack a session document with inputs, and the session role permission for it.
func runAs(p *peer, inputs string) {
	p.put("aws:ssm/document:Document", "shell", "shell", props{
		"name": "shell", "documentType": "Session", "arn": "arn:aws:ssm:eu-west-1:123456789012:document/shell",
		"content": `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{` + inputs + `}}`,
	})
	p.set("people-policy", "policy", document(strings.Replace(startStatement, "SSM-SessionManagerRunShell", "shell", 1), ownStatement, channelStatement))
}

// tagOwnName allows the IAM user ann to set the session tag SSMSessionRunAs to their own name.
const tagOwnName = `{"Effect":"Allow","Action":"sts:TagSession","Principal":{"AWS":"arn:aws:iam::123456789012:user/ann"},"Condition":{` +
	`"StringEquals":{"aws:RequestTag/SSMSessionRunAs":"${aws:username}"},"ForAllValues:StringEquals":{"aws:TagKeys":"SSMSessionRunAs"}}}`

// TestCheck_sessions changes who can assume the session role, and what it allows.
func TestCheck_sessions(t *testing.T) {
	t.Parallel()
	assumeMe := allowAssume + `"Resource":"arn:aws:iam::123456789012:role/people"}`
	byRole := allowAssume + `"Principal":{"AWS":"arn:aws:iam::123456789012:role/jump"}}`
	condition := func(principal, conditions string) string {
		return allowAssume + principal + `,"Condition":{` + conditions + `}}`
	}
	for name, test := range map[string]struct {
		change func(*peer)
		claim  string
		result string
		// because is part of a reason why the claim is not proven.
		because string
	}{
		// Callers choose the names of sessions:
		// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
		"a session name without MFA": {
			trusts(condition(rootPrincipal, mfaCondition), condition(rootPrincipal, `"StringEquals":{"sts:RoleSessionName":"emergency"}`)),
			"session.mfa", proof.Refuted, `with long-term access keys, with the session name "emergency"`,
		},
		"a user name without MFA": {
			trusts(condition(rootPrincipal, mfaCondition), condition(rootPrincipal, `"StringLike":{"aws:username":"b?b"}`)),
			"session.mfa", proof.Refuted, "user/bxb assumes",
		},
		"an account in a list without MFA": {
			trusts(condition(rootPrincipal, mfaCondition), condition(`"Principal":"*"`, `"StringEquals":{"aws:PrincipalAccount":["123456789012"]}`)),
			"session.mfa", proof.Refuted, "user/ann assumes",
		},
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html: credentials of a
		// role have no information about MFA.
		"a role that is not in the state": {trusts(byRole), "session.mfa", proof.Undecided, "whether these roles require MFA"},
		"a role that requires MFA": {
			func(p *peer) {
				addRole(p, "jump", condition(rootPrincipal, mfaCondition), assumeMe)
				trusts(byRole)(p)
			}, "session.mfa", proof.Proven, "",
		},
		"a role that does not require MFA": {
			func(p *peer) {
				addRole(p, "jump", allowAssume+rootPrincipal+`}`, assumeMe)
				trusts(byRole)(p)
			}, "session.mfa", proof.Refuted, `user/ann assumes Role "jump" with long-term access keys`,
		},
		"three roles, of which the last does not require MFA": {
			func(p *peer) {
				addRole(p, "first", allowAssume+rootPrincipal+`}`, allowAssume+`"Resource":"arn:aws:iam::123456789012:role/jump"}`)
				addRole(p, "jump", strings.Replace(byRole, "role/jump", "role/first", 1), assumeMe)
				trusts(byRole)(p)
			}, "session.mfa", proof.Refuted, `user/ann assumes Role "first" with long-term access keys`,
		},
		"two roles that can assume each other": {
			func(p *peer) {
				addRole(p, "jump", condition(rootPrincipal, mfaCondition)+`,`+strings.Replace(byRole, "role/jump", "role/people", 1), assumeMe)
				trusts(byRole)(p)
				p.set("people-policy", "policy", document(startStatement, ownStatement, channelStatement, allowAssume+`"Resource":"*"}`))
			}, "session.mfa", proof.Proven, "",
		},
		"a role that may not require MFA, of which the policies are unknown": {
			func(p *peer) {
				addRole(p, "jump", allowAssume+rootPrincipal+`}`, channelStatement)
				p.put("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "unknown", "u", props{"role": "jump", "policyArn": "arn:aws:iam::123456789012:policy/unknown"})
				trusts(condition(rootPrincipal, mfaCondition), condition(rootPrincipal, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/j*"}`))(p)
			}, "session.mfa", proof.Undecided, "arn:aws:iam::123456789012:policy/unknown allows it",
		},
		"a role of a service that cannot assume the session role": {
			func(p *peer) { addRole(p, "batch", ec2Trust, channelStatement) }, "session.mfa", proof.Proven, "",
		},
		"a denial of requests without MFA": {
			trusts(allowAssume+rootPrincipal+`}`, `{"Effect":"Deny","Action":"*","Principal":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`),
			"session.mfa", proof.Proven, "",
		},
		"a denial that long-term access keys pass": {
			trusts(allowAssume+rootPrincipal+`}`, `{"Effect":"Deny","Action":"*","Principal":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}`),
			"session.mfa", proof.Refuted, "with long-term access keys",
		},
		"a user of the state who starts sessions without the role": {
			func(p *peer) { addUser(p, `{"Effect":"Allow","Action":"ssm:*","Resource":"*"}`) },
			"session.mfa", proof.Undecided, `User "ann" may start sessions without the session role`,
		},
		"a user of the state who starts sessions with MFA": {
			func(p *peer) {
				addUser(p, `{"Effect":"Allow","Action":"ssm:*","Resource":"*","Condition":{`+mfaCondition+`}}`)
			}, "session.mfa", proof.Proven, "",
		},

		"two accounts in a list": {
			trusts(condition(`"Principal":"*"`, mfaCondition+`,"StringEquals":{"aws:PrincipalAccount":["123456789012","222222222222"]}`)),
			"session.foreign", proof.Refuted, "arn:aws:iam::222222222222:user/ann of another account assumes",
		},
		"a role that another account can assume": {
			func(p *peer) {
				addRole(p, "jump", allowAssume+`"Principal":{"AWS":"222222222222"}}`, assumeMe)
				trusts(byRole)(p)
			}, "session.foreign", proof.Refuted, `of another account assumes Role "jump"`,
		},
		"a role that another account can assume and that cannot assume the session role": {
			func(p *peer) { addRole(p, "jump", allowAssume+`"Principal":{"AWS":"222222222222"}}`, channelStatement) },
			"session.foreign", proof.Proven, "",
		},
		"all principals but those of other accounts": {
			trusts(condition(`"Principal":"*"`, mfaCondition), `{"Effect":"Deny","Action":"*","Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"123456789012"}}}`),
			"session.foreign", proof.Proven, "",
		},

		"an assumed role that has to show MFA": {
			trusts(condition(`"Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/admin/ann"}`, mfaCondition)),
			"session.start", proof.Refuted, "a role session, whose requests do not show MFA",
		},
		"two user names": {
			trusts(condition(rootPrincipal, mfaCondition+`,"StringEquals":{"aws:username":["carol","dave"]}`)), "session.start", proof.Proven, "",
		},
		"a source address for the role": {
			trusts(condition(rootPrincipal, mfaCondition+`,"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`)), "session.start", proof.Undecided, "aws:SourceIp",
		},
		"an ARN without a user name": {
			trusts(condition(rootPrincipal, mfaCondition+`,"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:user/"}`)),
			"session.start", proof.Undecided, "",
		},
		"a source address for sessions": {
			func(p *peer) {
				start := strings.Replace(startStatement, `"Condition":{`, `"Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},`, 1)
				p.set("people-policy", "policy", document(start, ownStatement, channelStatement))
			}, "session.start", proof.Undecided, "aws:SourceIp",
		},
		"a tag of the principal": {
			func(p *peer) {
				start := strings.Replace(startStatement, `"Condition":{`, `"Condition":{"StringEquals":{"aws:PrincipalTag/team":"ops"},`, 1)
				p.set("people-policy", "policy", document(start, ownStatement, channelStatement))
			}, "session.start", proof.Undecided, "aws:PrincipalTag/team",
		},
		"a user id": {
			func(p *peer) {
				start := strings.Replace(startStatement, `"Condition":{`, `"Condition":{"StringLike":{"aws:userid":"*:carol"},`, 1)
				p.set("people-policy", "policy", document(start, ownStatement, channelStatement))
			}, "session.start", proof.Undecided, "aws:userid",
		},
		"the Region": {
			func(p *peer) {
				start := strings.Replace(startStatement, `"Condition":{`, `"Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"},`, 1)
				p.set("people-policy", "policy", document(start, ownStatement, channelStatement))
			}, "session.start", proof.Proven, "",
		},
		// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
		"a federated user": {
			trusts(allowAssume + `"Principal":{"AWS":"arn:aws:sts::123456789012:federated-user/ann"}}`), "session.start", proof.Refuted, "federated users cannot call AWS STS",
		},
		"TLS": {
			func(p *peer) {
				start := strings.Replace(startStatement, `"Condition":{`, `"Condition":{"Bool":{"aws:SecureTransport":"true"},`, 1)
				p.set("people-policy", "policy", document(start, ownStatement, channelStatement))
			}, "session.start", proof.Proven, "",
		},
		"a group whose members cannot assume roles": {
			func(p *peer) { addUser(p, `{"Effect":"Deny","Action":"sts:*","Resource":"*"}`) }, "session.start", proof.Refuted, `statement 1 of GroupPolicy "staff-policy" denies it`,
		},
		"a document in another Region": {
			func(p *peer) {
				runAs(p, "")
				p.set("shell", "arn", "arn:aws:ssm:us-east-1:123456789012:document/shell")
			}, "session.start", proof.Undecided, `document "shell" in eu-west-1 is not in the state`,
		},
		"a terminated instance": {
			func(p *peer) { p.set("box", "instanceState", "terminated") }, "session.start", proof.Undecided, `its instanceState is "terminated"`,
		},
		// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-run-as.html
		"Run As without a user": {
			func(p *peer) { runAs(p, `"runAsEnabled":true,"runAsDefaultUser":""`) }, "session.start", proof.Refuted, "Run As is on",
		},
		"Run As with a user": {func(p *peer) { runAs(p, `"runAsEnabled":true,"runAsDefaultUser":"ec2-user"`) }, "session.start", proof.Assumed, ""},
		"Run As with a tag of the role": {
			func(p *peer) {
				runAs(p, `"runAsEnabled":true`)
				p.set("people", "tagsAll", props{"SSMSessionRunAs": "ops"})
			}, "session.start", proof.Assumed, "",
		},
		"Run As with tags that callers choose": {
			func(p *peer) {
				runAs(p, `"runAsEnabled":true,"runAsDefaultUser":"ec2-user"`)
				trusts(strings.Replace(trustStatement, `"sts:AssumeRole"`, `["sts:AssumeRole","sts:TagSession"]`, 1))(p)
			}, "session.start", proof.Undecided, "which callers choose",
		},

		"Run As with the names of IAM users": {
			func(p *peer) {
				runAs(p, `"runAsEnabled":true,"runAsDefaultUser":""`)
				trusts(trustStatement, tagOwnName)(p)
			}, "session.start", proof.Assumed, "",
		},
		"Run As with names in a prefix": {
			func(p *peer) {
				runAs(p, `"runAsEnabled":true,"runAsDefaultUser":""`)
				trusts(trustStatement, strings.Replace(strings.Replace(tagOwnName, "StringEquals", "StringLike", 1), "${aws:username}", "${aws:username}*", 1))(p)
			}, "session.start", proof.Undecided, "which callers choose",
		},
		"Run As with names that roles choose": {
			func(p *peer) {
				runAs(p, `"runAsEnabled":true,"runAsDefaultUser":""`)
				trusts(trustStatement, tagOwnName, strings.Replace(trustOf(`"Principal":{"AWS":"arn:aws:iam::123456789012:role/ops"}`, ""), "sts:AssumeRole", "sts:TagSession", 1))(p)
			}, "session.start", proof.Undecided, "which callers choose",
		},
		"the sessions of a named user": {
			func(p *peer) {
				p.set("people-policy", "policy", document(startStatement, ownStatement, channelStatement,
					`{"Effect":"Allow","Action":"ssm:TerminateSession","Resource":"*","Condition":{"StringLike":{"ssm:resourceTag/aws:ssmmessages:session-id":"*:bob"}}}`))
			}, "session.own", proof.Refuted, "ssm:TerminateSession on the session of AROAPEOPLE:bob",
		},
		"sessions at night": {
			func(p *peer) {
				p.set("people-policy", "policy", document(startStatement, ownStatement, channelStatement,
					`{"Effect":"Allow","Action":"ssm:TerminateSession","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}}`))
			}, "session.own", proof.Undecided, "may allow it on sessions of others",
		},
		"documents by a pattern": {
			func(p *peer) {
				p.set("people-policy", "policy", document(strings.Replace(startStatement, "document/SSM-", "document/ops-*\",\"arn:aws:ssm:eu-west-1:123456789012:document/SSM-", 1),
					ownStatement, channelStatement))
			}, "session.scope", proof.Refuted, "document/ops-*",
		},
		"an action that another statement denies": {
			func(p *peer) {
				p.set("people-policy", "policy", document(startStatement, ownStatement, channelStatement,
					`{"Effect":"Allow","Action":"ssm:SendCommand","Resource":"*"}`, `{"Effect":"Deny","Action":"ssm:Send*","Resource":"*"}`))
			}, "session.scope", proof.Proven, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := goodPeer()
			test.change(p)
			result, why := resultOf(t, check(t, p.export(t)), test.claim)
			require.Equal(t, test.result, result, why)
			require.Contains(t, why, test.because)
		})
	}
}

// TestCheck_sessionRoles checks each of two session roles.
func TestCheck_sessionRoles(t *testing.T) {
	t.Parallel()
	p := goodPeer()
	addRole(p, "others", allowAssume+`"Principal":{"AWS":"222222222222"}}`, startStatement)
	results := map[string]string{}
	for _, claim := range check(t, p.export(t)) {
		if claim.ID == "session.mfa" || claim.ID == "session.foreign" {
			results[claim.ID+" "+claim.Subject] = claim.Result
		}
	}
	require.Equal(t, map[string]string{
		"session.mfa people": proof.Proven, "session.foreign people": proof.Proven,
		"session.mfa others": proof.Refuted, "session.foreign others": proof.Refuted,
	}, results)
}

// TestCheck_identityCenter assumes that IAM Identity Center requires MFA of its users.
func TestCheck_identityCenter(t *testing.T) {
	t.Parallel()
	p := goodPeer()
	trusts(allowAssume + rootPrincipal + `,"Condition":{"ArnLike":{"aws:PrincipalArn":` +
		`"arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Ops_*"}}}`)(p)
	assumed := 0
	for _, claim := range check(t, p.export(t)) {
		if claim.ID != "session.mfa" {
			continue
		}
		require.Equal(t, proof.Assumed, claim.Result)
		for _, reason := range claim.Reasons {
			if reason.Kind == proof.Assumption {
				assumed++
				require.Equal(t, `IAM Identity Center requires MFA of its users, whose roles can assume Role "people"`, reason.Text)
			}
		}
	}
	require.Equal(t, 1, assumed)
}

// TestCheck_meantPrincipals proves session.foreign for the principals that are meant to have access and for no others.
func TestCheck_meantPrincipals(t *testing.T) {
	t.Parallel()
	const ops, dev = "arn:aws:iam::222222222222:role/ops", "arn:aws:iam::222222222222:role/dev"
	for _, test := range []struct {
		listed, principals []string
		result             string
	}{
		{[]string{ops}, nil, proof.Refuted},
		{[]string{ops}, []string{ops}, proof.Proven},
		{[]string{ops, dev}, []string{ops}, proof.Refuted},
		{[]string{ops, dev}, []string{dev, ops}, proof.Proven},
		{[]string{ops, dev}, []string{"222222222222"}, proof.Proven},
		{[]string{ops, dev}, []string{"arn:aws:iam::222222222222:root"}, proof.Proven},
	} {
		p := goodPeer()
		trusts(allowAssume + `"Principal":{"AWS":["` + strings.Join(test.listed, `","`) + `"]}}`)(p)
		deployment, err := proof.Read(bytes.NewReader(p.export(t)))
		require.NoError(t, err)
		claims, err := proof.Check(deployment, proof.Options{Principals: test.principals})
		require.NoError(t, err)
		result, why := resultOf(t, claims, "session.foreign")
		require.Equal(t, test.result, result, "%v: %s", test, why)
	}
}
