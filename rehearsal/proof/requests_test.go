package proof_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof/policy"
)

const (
	accountID   = "123456789012"
	ssmPrefix   = "arn:aws:ssm:ap-northeast-1:"
	accessCheck = "ssm:SessionDocumentAccessCheck"
	sessionTag  = "ssm:resourceTag/aws:ssmmessages:session-id"
	shell       = ssmPrefix + accountID + ":document/SSM-SessionManagerRunShell"
	sshDocument = ssmPrefix + ":document/AWS-StartSSHSession"
)

// sessionRole is the session role of a deployed stack. Its policies are read here and not by package proof,
// so that they are tested independently.
type sessionRole struct {
	t         testing.TB
	arn, id   string
	trust     *policy.Document
	identity  []*policy.Document
	instances []string
	key       string
	// own is the name of the stack's session document, or empty.
	own string
}

// sessionRoleOf returns the session role of a deployment.
func sessionRoleOf(t testing.TB, d *apitype.DeploymentV3) *sessionRole {
	t.Helper()
	r := &sessionRole{t: t}
	text := func(one apitype.ResourceV3, key string) string {
		value, _ := one.Outputs[key].(string)
		return value
	}
	parse := func(text string) *policy.Document {
		document, err := policy.Parse("p", text)
		require.NoError(t, err)
		return document
	}
	var name string
	for _, one := range d.Resources {
		switch {
		case kindOf(&one) == "Role" && one.URN.Name() == "session-role":
			r.arn, r.id, name = text(one, "arn"), text(one, "uniqueId"), string(one.ID)
			r.trust = parse(text(one, "assumeRolePolicy"))
		case kindOf(&one) == "Instance":
			r.instances = append(r.instances, "arn:aws:ec2:ap-northeast-1:"+accountID+":instance/"+string(one.ID))
		case kindOf(&one) == "Key":
			r.key = text(one, "arn")
		case kindOf(&one) == "Document":
			r.own = ssmPrefix + accountID + ":document/" + text(one, "name")
		}
	}
	for _, one := range d.Resources {
		if kindOf(&one) == "RolePolicy" && text(one, "role") == name {
			r.identity = append(r.identity, parse(text(one, "policy")))
		}
	}
	require.NotEmpty(t, r.identity)
	return r
}

// decide decides a request of a session of ann.
func (r *sessionRole) decide(action, resource string, context policy.Context) string {
	policies := policy.Policies{Identity: r.identity}
	return policies.Decide(&policy.Request{
		Principal: policy.Session(r.arn, "ann"), Action: action, Resource: resource,
		Context: context.With("aws:userid", r.id+":ann"),
	}).Effect.String()
}

// start decides whether a session can start on an instance with a document.
func (r *sessionRole) start(instance, document string, context policy.Context) string {
	on, with := r.decide("ssm:StartSession", instance, context), r.decide("ssm:StartSession", document, context)
	if on != "allowed" {
		return on
	}
	return with
}

// assume decides whether a user can assume the role.
func (r *sessionRole) assume(who, session string, context policy.Context) string {
	all, err := policy.Parse("all", `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)
	require.NoError(r.t, err)
	policies := policy.Policies{Identity: []*policy.Document{all}, Resource: r.trust, ResourceAccount: accountID, ResourceMustAllow: true}
	return policies.Decide(&policy.Request{
		Principal: policy.User(who), Action: "sts:AssumeRole", Resource: r.arn, Context: context.With("sts:RoleSessionName", session),
	}).Effect.String()
}

// effect returns "allowed" or "denied".
func effect(is bool) string {
	if is {
		return "allowed"
	}
	return "denied"
}

// purpose is what a stack is configured for.
type purpose struct {
	stack     string
	overrides map[string]string
	// shell, ssh, forward and remote are kinds of sessions. any is true if sessions on all instances are
	// allowed.
	shell, ssh, forward, remote, any bool
	// user is a user who can assume the role.
	user string
	// own is true if the stack has its own session document.
	own bool
	// free is true if MFA is not required.
	free bool
}

// TestRequests decides requests that the session role is for, and requests that it is not for.
func TestRequests(t *testing.T) {
	t.Parallel()
	const ann = "arn:aws:iam::123456789012:user/ann"
	for name, p := range map[string]purpose{
		"article": {stack: "article", shell: true, ssh: true, any: true, user: "arn:aws:iam::123456789012:user/hogehoge"},
		"dev":     {stack: "dev", shell: true, ssh: true, user: ann},
		"prod":    {stack: "prod", shell: true, own: true, user: ann},
		"forwarding only": {
			stack: "dev", overrides: map[string]string{"sessionDocuments": `["port-forwarding", "remote-port-forwarding"]`},
			forward: true, remote: true, user: ann,
		},
		"without MFA": {stack: "dev", overrides: map[string]string{"requireMfa": "false"}, shell: true, ssh: true, user: ann, free: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sessionRoleOf(t, deployed(t, p.stack, p.overrides))
			require.NotEmpty(t, r.instances)
			r.sessions(t, p)
			r.others(t, p)
			r.assumed(t, p)
		})
	}
}

// sessions decides requests to start sessions.
func (r *sessionRole) sessions(t *testing.T, p purpose) {
	t.Helper()
	none := policy.CompleteContext()
	foreign := "arn:aws:ec2:ap-northeast-1:" + accountID + ":instance/i-0123456789abcdef0"
	require.Equal(t, p.own, r.own != "")
	for _, instance := range r.instances {
		// If the stack has its own document, the role does not allow the default one, which may not record.
		require.Equal(t, effect(p.shell && !p.own), r.start(instance, shell, none.With(accessCheck, "true")))
		if p.own {
			require.Equal(t, effect(p.shell), r.start(instance, r.own, none))
			require.Equal(t, "denied", r.start(foreign, r.own, none))
		}
		require.Equal(t, "denied", r.start(instance, shell, none.With(accessCheck, "false")))
		require.Equal(t, effect(p.ssh), r.start(instance, sshDocument, none))
		require.Equal(t, "denied", r.start(instance, strings.Replace(sshDocument, "::", ":"+accountID+":", 1), none))
		require.Equal(t, effect(p.forward), r.start(instance, ssmPrefix+":document/AWS-StartPortForwardingSession", none))
		require.Equal(t, effect(p.remote), r.start(instance, ssmPrefix+":document/AWS-StartPortForwardingSessionToRemoteHost", none))
	}
	require.Equal(t, effect(p.any && p.shell), r.start(foreign, shell, none.With(accessCheck, "true")))
	require.Equal(t, effect(p.any && p.ssh), r.start(foreign, sshDocument, none))
	require.Equal(t, "allowed", r.decide("ssmmessages:OpenDataChannel", "*", none))
}

// others decides other requests.
func (r *sessionRole) others(t *testing.T, p purpose) {
	t.Helper()
	none := policy.CompleteContext()
	for _, action := range []string{"ssm:ResumeSession", "ssm:TerminateSession"} {
		for tag, want := range map[string]string{
			r.id + ":ann": "allowed", r.id + ":anna": "denied", r.id + ":an": "denied", r.id + ":bob": "denied", "": "denied",
		} {
			context := none
			if tag != "" {
				context = none.With(sessionTag, tag)
			}
			require.Equal(t, want, r.decide(action, ssmPrefix+accountID+":session/ann-0123456789abcdef0", context), "%s %s", action, tag)
		}
	}
	for action, resource := range map[string]string{
		"ssm:SendCommand": r.instances[0], "ssm:CreateDocument": ssmPrefix + accountID + ":document/x", "ssm:UpdateDocument": shell,
		"ssm:DeleteDocument": shell, "ssm:PutParameter": ssmPrefix + accountID + ":parameter/x", "iam:PassRole": r.arn,
		"ec2:RunInstances": r.instances[0], "ssm:GetParameter": ssmPrefix + accountID + ":parameter/x",
	} {
		require.Equal(t, "denied", r.decide(action, resource, none), action)
	}
	require.Equal(t, "denied", r.decide("kms:GenerateDataKey", "arn:aws:kms:ap-northeast-1:123456789012:key/another", none))
	if r.key != "" {
		require.Equal(t, "allowed", r.decide("kms:GenerateDataKey", r.key, none))
	}
}

// assumed decides requests to assume the role.
func (r *sessionRole) assumed(t *testing.T, p purpose) {
	t.Helper()
	const key, age = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
	none, name := policy.CompleteContext(), p.user[strings.LastIndex(p.user, "/")+1:]
	recent := none.With(key, "true").With(age, "60")
	require.Equal(t, "allowed", r.assume(p.user, name, recent))
	require.Equal(t, effect(p.stack != "prod"), r.assume(p.user, name, none.With(key, "true").With(age, "3601")))
	require.Equal(t, effect(p.free), r.assume(p.user, name, none.With(key, "false")))
	require.Equal(t, effect(p.free), r.assume(p.user, name, none))
	require.Equal(t, "denied", r.assume("arn:aws:iam::210987654321:user/"+name, name, recent))
	pinned := p.stack != "dev"
	require.Equal(t, effect(!pinned), r.assume(p.user, "bob", recent))
	bobToo := p.stack != "article" // prod lists him
	require.Equal(t, effect(bobToo), r.assume("arn:aws:iam::123456789012:user/bob", "bob", recent))
}
