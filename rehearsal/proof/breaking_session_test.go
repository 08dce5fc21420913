package proof_test

import (
	"slices"
	"testing"

	"bastionless/rehearsal/proof"
)

// Addresses of the documentation of AWS.
const (
	evaluation      = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"
	boundaries      = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"
	conditionKeys   = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
	operators       = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
	principals      = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
	resources       = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html"
	notAction       = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html"
	variables       = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"
	mfaConditions   = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"
	assumeRole      = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"
	samlRoles       = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_saml.html"
	externalIDs     = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"
	roleChaining    = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html"
	startSession    = "https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-quickstart.html"
	accessChecks    = "https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-sessiondocumentaccesscheck.html"
	ownSessions     = "https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-examples.html"
	runAsUsers      = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-run-as.html"
	encryptedShells = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-enable-encryption.html"
	sessionActions  = "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html"
	keyStates       = "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"
	keyPolicies     = "https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html"
)

// trustOf returns a statement that allows assuming a role, with conditions.
func trustOf(principal, conditions string) string {
	statement := allowAssume + principal
	if conditions != "" {
		statement += `,"Condition":{` + conditions + `}`
	}
	return statement + "}"
}

// boundary adds a managed policy that allows only Amazon S3, and sets it as the permissions boundary of a role.
func (p *peer) boundary(role string) {
	const arn = "arn:aws:iam::123456789012:policy/limits"
	p.put("aws:iam/policy:Policy", "limits", arn, props{"arn": arn, "policy": document(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)})
	p.set(role, "permissionsBoundary", arn)
	p.depend(role, "limits")
}

// sessionInputs sets the inputs of the session document.
func (p *peer) sessionInputs(sessionType, inputs string) {
	p.set("shell", "content", `{"schemaVersion":"1.0","sessionType":"`+sessionType+`","inputs":{`+inputs+`}}`)
}

const recordedInputs = `"cloudWatchLogGroupName":"session-logs","cloudWatchEncryptionEnabled":true,"s3BucketName":"",` +
	`"kmsKeyId":"arn:aws:kms:eu-west-1:123456789012:key/k-1"`

// breakingStarts keep principals from starting sessions.
func breakingStarts() []breakingChange {
	const claim = "session.start"
	extra := func(statement string) func(*peer) {
		return func(p *peer) { p.sessionPolicies(recordedStart, ownStatement, channelStatement, useKey, statement) }
	}
	return []breakingChange{
		{claim, "a Deny on the instance", evaluation, extra(`{"Effect":"Deny","Action":"ssm:StartSession","Resource":"arn:aws:ec2:*:*:instance/i-1"}`), proof.Refuted},
		{claim, "a Deny on all documents", evaluation, extra(`{"Effect":"Deny","Action":"ssm:Start*","Resource":"arn:aws:ssm:*:*:document/*"}`), proof.Refuted},
		{claim, "no document", startSession, func(p *peer) {
			p.sessionPolicies(`{"Effect":"Allow","Action":"ssm:StartSession","Resource":"arn:aws:ec2:*:*:instance/*"}`, ownStatement, channelStatement, useKey)
		}, proof.Refuted},
		{claim, "no data channel", startSession, func(p *peer) { p.sessionPolicies(recordedStart, ownStatement, useKey) }, proof.Refuted},
		{claim, "no use of the key", encryptedShells, func(p *peer) { p.sessionPolicies(recordedStart, ownStatement, channelStatement) }, proof.Refuted},
		{claim, "a disabled key", keyStates, func(p *peer) { p.set("key", "isEnabled", false) }, proof.Refuted},
		{claim, "a key for signatures", encryptedShells, func(p *peer) { p.set("key", "keyUsage", "SIGN_VERIFY") }, proof.Refuted},
		{claim, "a Deny in the key policy", keyPolicies, func(p *peer) {
			p.set("key", "policy", document(keyOwner, keyLogs, `{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:role/people"},"Action":"kms:GenerateDataKey","Resource":"*"}`))
		}, proof.Refuted},
		{claim, "a Deny in the trust policy", evaluation, trusts(trustStatement, `{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:user/ann"}}`), proof.Refuted},
		{claim, "MFA of a role session", mfaConditions, trusts(trustOf(`"Principal":{"AWS":"arn:aws:iam::123456789012:role/ops"}`, mfaCondition)), proof.Refuted},
		{claim, "a permissions boundary", boundaries, func(p *peer) { p.boundary("people") }, proof.Refuted},
		{claim, "a Deny for the group of a user that the state does not contain", evaluation, func(p *peer) {
			p.set("people", "assumeRolePolicy", document(trustOf(`"Principal":{"AWS":"arn:aws:iam::123456789012:user/ann"}`, mfaCondition)))
			addUser(p, `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`)
			p.remove("ann")
		}, proof.Refuted},
		{claim, "Run As without a user", runAsUsers, func(p *peer) { p.sessionInputs("Standard_Stream", recordedInputs+`,"runAsEnabled":true`) }, proof.Refuted},
		{claim, "a document of another Region", startSession, func(p *peer) {
			p.set("shell", "arn", "arn:aws:ssm:us-east-1:123456789012:document/shell")
		}, proof.Undecided},
		{claim, "a terminated instance", instanceStates, func(p *peer) { p.set("box", "instanceState", "terminated") }, proof.Undecided},
		{claim, "a source address", conditionKeys, trusts(trustOf(rootPrincipal, mfaCondition+`,"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}`)), proof.Undecided},
	}
}

// breakingMFA let principals assume the session role without MFA.
func breakingMFA() []breakingChange {
	const claim = "session.mfa"
	also := func(statement string) func(*peer) { return trusts(trustStatement, statement) }
	byRole := func(trust string) func(*peer) {
		return func(p *peer) {
			trusts(trustStatement, trustOf(`"Principal":{"AWS":"arn:aws:iam::123456789012:role/jump"}`, ""))(p)
			if trust != "" {
				addRole(p, "jump", trust, allowAssume+`"Resource":"arn:aws:iam::123456789012:role/people"}`)
			}
		}
	}
	return []breakingChange{
		{claim, "another statement", evaluation, also(trustOf(rootPrincipal, "")), proof.Refuted},
		{claim, "BoolIfExists", mfaConditions, trusts(trustOf(rootPrincipal, `"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}`)), proof.Refuted},
		{claim, "one user", conditionKeys, also(trustOf(rootPrincipal, `"StringEquals":{"aws:username":"bob"}`)), proof.Refuted},
		{claim, "one session name", conditionKeys, also(trustOf(rootPrincipal, `"StringEquals":{"sts:RoleSessionName":"backdoor"}`)), proof.Refuted},
		{claim, "requests without the age of MFA", operators, also(trustOf(rootPrincipal, `"Null":{"aws:MultiFactorAuthAge":"true"}`)), proof.Refuted},
		{claim, "the value false", mfaConditions, also(trustOf(rootPrincipal, `"Bool":{"aws:MultiFactorAuthPresent":"false"}`)), proof.Refuted},
		{claim, "a service", principals, also(trustOf(`"Principal":{"Service":"lambda.amazonaws.com"}`, "")), proof.Refuted},
		{claim, "a role that users assume without MFA", roleChaining, byRole(trustOf(rootPrincipal, "")), proof.Refuted},
		{claim, "a role that is not in the state", roleChaining, byRole(""), proof.Undecided},
		{claim, "an identity provider", samlRoles, also(
			`{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/x"}}`,
		), proof.Undecided},
		{claim, "a user who needs no role", startSession, func(p *peer) { addUser(p, `{"Effect":"Allow","Action":"ssm:StartSession","Resource":"*"}`) }, proof.Undecided},
	}
}

// breakingForeign let principals of other accounts assume the session role.
func breakingForeign() []breakingChange {
	const claim = "session.foreign"
	also := func(statement string) func(*peer) { return trusts(trustStatement, statement) }
	return []breakingChange{
		{claim, "another account", principals, also(trustOf(otherRoot, mfaCondition)), proof.Refuted},
		{claim, "the id of another account", principals, also(trustOf(`"Principal":{"AWS":"210987654321"}`, mfaCondition)), proof.Refuted},
		{claim, "a user of another account", principals, also(trustOf(`"Principal":{"AWS":"arn:aws:iam::210987654321:user/eve"}`, mfaCondition)), proof.Refuted},
		{claim, "everybody with MFA", principals, also(trustOf(`"Principal":"*"`, mfaCondition)), proof.Refuted},
		{claim, "a list of accounts", conditionKeys, also(trustOf(`"Principal":"*"`, mfaCondition+`,"StringEquals":{"aws:PrincipalAccount":["123456789012","210987654321"]}`)), proof.Refuted},
		{claim, "a role name in any account", operators, also(trustOf(`"Principal":"*"`, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ops"}`)), proof.Refuted},
		{claim, "all except one account", operators, also(trustOf(`"Principal":"*"`, mfaCondition+`,"StringNotEquals":{"aws:PrincipalAccount":"111111111111"}`)), proof.Refuted},
		{claim, "through another role", roleChaining, func(p *peer) {
			trusts(trustStatement, trustOf(`"Principal":{"AWS":"arn:aws:iam::123456789012:role/jump"}`, ""))(p)
			addRole(p, "jump", trustOf(otherRoot, mfaCondition), allowAssume+`"Resource":"arn:aws:iam::123456789012:role/people"}`)
		}, proof.Refuted},
		{claim, "an organization", conditionKeys, also(trustOf(`"Principal":"*"`, mfaCondition+`,"StringEquals":{"aws:PrincipalOrgID":"o-1"}`)), proof.Undecided},
		{claim, "an external id", externalIDs, also(trustOf(`"Principal":"*"`, `"StringEquals":{"sts:ExternalId":"x"}`)), proof.Undecided},
	}
}

// breakingOwn let callers act on the sessions of others, or keep them from acting on their own.
func breakingOwn() []breakingChange {
	const claim = "session.own"
	own := func(statement string) func(*peer) {
		return func(p *peer) { p.sessionPolicies(recordedStart, statement, channelStatement, useKey) }
	}
	both := func(condition string) func(*peer) {
		return own(`{"Effect":"Allow","Action":["ssm:ResumeSession","ssm:TerminateSession"],"Resource":"*"` + condition + `}`)
	}
	return []breakingChange{
		{claim, "no condition", ownSessions, both(""), proof.Refuted},
		{claim, "names that begin with the caller's", ownSessions, both(`,"Condition":{"StringLike":{"ssm:resourceTag/aws:ssmmessages:session-id":"${aws:userid}*"}}`), proof.Refuted},
		{claim, "sessions without an owner", operators, both(`,"Condition":{"StringEqualsIfExists":{"ssm:resourceTag/aws:ssmmessages:session-id":"${aws:userid}"}}`), proof.Refuted},
		{claim, "any owner", operators, both(`,"Condition":{"StringLike":{"ssm:resourceTag/aws:ssmmessages:session-id":"*"}}`), proof.Refuted},
		{claim, "all actions on sessions", ownSessions, func(p *peer) {
			p.sessionPolicies(recordedStart, ownStatement, channelStatement, useKey, `{"Effect":"Allow","Action":"ssm:*Session","Resource":"arn:aws:ssm:*:*:session/*"}`)
		}, proof.Refuted},
		{claim, "no termination", ownSessions, own(`{"Effect":"Allow","Action":"ssm:ResumeSession","Resource":"*",` +
			`"Condition":{"StringEquals":{"ssm:resourceTag/aws:ssmmessages:session-id":"${aws:userid}"}}}`), proof.Refuted},
		{claim, "the user name, which role sessions lack", variables, both(`,"Condition":{"StringEquals":{"ssm:resourceTag/aws:ssmmessages:session-id":"${aws:username}"}}`), proof.Refuted},
		{claim, "session names that an identity provider chooses", samlRoles, trusts(trustStatement,
			`{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/x"}}`), proof.Undecided},
		{claim, "session names that a service chooses", principals, trusts(trustStatement,
			trustOf(`"Principal":{"Service":"rolesanywhere.amazonaws.com"}`, "")), proof.Undecided},
		{claim, "session names of the caller's choice", assumeRole, trusts(trustOf(rootPrincipal, mfaCondition)), proof.Undecided},
	}
}

// breakingScope let the session role do more than to start sessions of the stack.
func breakingScope() []breakingChange {
	const claim = "session.scope"
	extra := func(statement string) func(*peer) {
		return func(p *peer) { p.sessionPolicies(recordedStart, ownStatement, channelStatement, useKey, statement) }
	}
	start := func(resource string) func(*peer) {
		return extra(`{"Effect":"Allow","Action":"ssm:StartSession","Resource":"` + resource + `","Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":"true"}}}`)
	}
	return []breakingChange{
		{claim, "all instances", resources, start("arn:aws:ec2:*:*:instance/*"), proof.Refuted},
		{claim, "an instance of another stack", resources, start("arn:aws:ec2:eu-west-1:123456789012:instance/i-9"), proof.Refuted},
		{claim, "managed nodes of other places", sessionActions, start("arn:aws:ssm:*:*:managed-instance/*"), proof.Refuted},
		{claim, "all documents", resources, start("arn:aws:ssm:*:*:document/*"), proof.Refuted},
		{claim, "commands", sessionActions, extra(`{"Effect":"Allow","Action":"ssm:SendCommand","Resource":"*"}`), proof.Refuted},
		{claim, "other services", sessionActions, extra(`{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/x"}`), proof.Refuted},
		{claim, "NotAction", notAction, extra(`{"Effect":"Allow","NotAction":["iam:*","sts:*"],"Resource":"*"}`), proof.Refuted},
		{claim, "another key", resources, extra(`{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"arn:aws:kms:eu-west-1:123456789012:key/k-9"}`), proof.Refuted},
		{claim, "keys of root", sessionActions, extra(`{"Effect":"Allow","Action":"ec2-instance-connect:SendSSHPublicKey","Resource":"arn:aws:ec2:eu-west-1:123456789012:instance/i-1"}`), proof.Refuted},
		{claim, "no access check", accessChecks, extra(`{"Effect":"Allow","Action":"ssm:StartSession","Resource":"arn:aws:ec2:eu-west-1:123456789012:instance/i-1"}`), proof.Refuted},
		{claim, "AdministratorAccess", principals, func(p *peer) {
			p.put("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "admin", "a", props{"role": "people", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})
		}, proof.Refuted},
		{claim, "a policy of another stack", principals, func(p *peer) {
			p.put("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "more", "a", props{"role": "people", "policyArn": "arn:aws:iam::123456789012:policy/more"})
		}, proof.Undecided},
		{claim, "instances with a tag", conditionKeys, extra(
			`{"Effect":"Allow","Action":"ssm:StartSession","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringEquals":{"ssm:resourceTag/team":"x"}}}`,
		), proof.Undecided},
	}
}

// TestBreakingSessions checks that no claim about sessions is proven after a change that breaks it.
func TestBreakingSessions(t *testing.T) {
	t.Parallel()
	checkBreaking(t, fullPeer, 8, slices.Concat(breakingStarts(), breakingMFA(), breakingForeign(), breakingOwn(), breakingScope()))
}
