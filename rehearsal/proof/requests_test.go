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

// sessionRole is the session role of a deployed stack. It reads the state by itself, so
// that it tests what is deployed and not how claims read it.
type sessionRole struct {
	t         testing.TB
	arn, id   string
	trust     *policy.Document
	identity  []*policy.Document
	instances []string
	key       string
	// own is the session document of the stack's own, if there is one.
	own string
}

// sessionRoleOf reads a deployment's session role.
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
	require.NotEmpty(t, r.instances)
	return r
}

// ask decides a request of ann's session.
func (r *sessionRole) ask(action, resource string, context policy.Context) string {
	policies := policy.Policies{Identity: r.identity}
	return policies.Decide(&policy.Request{
		Principal: policy.Session(r.arn, "ann"), Action: action, Resource: resource,
		Context: context.With("aws:userid", r.id+":ann"),
	}).Effect.String()
}

// start asks for a session: on an instance, and with a document.
func (r *sessionRole) start(instance, document string, context policy.Context) string {
	on, with := r.ask("ssm:StartSession", instance, context), r.ask("ssm:StartSession", document, context)
	if on != "allowed" {
		return on
	}
	return with
}

// assume asks for the role.
func (r *sessionRole) assume(who, session string, context policy.Context) string {
	all, err := policy.Parse("all", `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)
	require.NoError(r.t, err)
	policies := policy.Policies{Identity: []*policy.Document{all}, Resource: r.trust, ResourceAccount: accountID, ResourceMustAllow: true}
	return policies.Decide(&policy.Request{
		Principal: policy.User(who), Action: "sts:AssumeRole", Resource: r.arn, Context: context.With("sts:RoleSessionName", session),
	}).Effect.String()
}

// may is "allowed" or "denied".
func may(is bool) string {
	if is {
		return "allowed"
	}
	return "denied"
}

// purpose is what a stack's configuration asks for.
type purpose struct {
	stack     string
	overrides map[string]string
	// shell, ssh, forward and remote are the documents; any, all instances.
	shell, ssh, forward, remote, any bool
	// user is who is listed.
	user string
	// own says that shells go by a document of the stack's own.
	own bool
	// free says that MFA is not demanded.
	free bool
}

// TestRequests tries every request that the session role is for, and those that it is not.
func TestRequests(t *testing.T) {
	t.Parallel()
	const ann = "arn:aws:iam::123456789012:user/ann"
	for name, p := range map[string]purpose{
		"article": {stack: "article", shell: true, ssh: true, any: true, user: "arn:aws:iam::123456789012:user/hogehoge"},
		"dev":     {stack: "dev", shell: true, ssh: true, user: ann},
		"prod":    {stack: "prod", shell: true, own: true, user: ann},
		"forwarding alone": {
			stack: "dev", overrides: map[string]string{"sessionDocuments": `["port-forwarding", "remote-port-forwarding"]`},
			forward: true, remote: true, user: ann,
		},
		"without MFA": {stack: "dev", overrides: map[string]string{"requireMfa": "false"}, shell: true, ssh: true, user: ann, free: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sessionRoleOf(t, deployed(t, p.stack, p.overrides))
			r.sessions(t, p)
			r.others(t, p)
			r.assumed(t, p)
		})
	}
}

// sessions tries to open them.
func (r *sessionRole) sessions(t *testing.T, p purpose) {
	t.Helper()
	none := policy.CompleteContext()
	strange := "arn:aws:ec2:ap-northeast-1:" + accountID + ":instance/i-0123456789abcdef0"
	require.Equal(t, p.own, r.own != "")
	for _, instance := range r.instances {
		// With a document of the stack's own nobody opens a shell by the default one, which may not record.
		require.Equal(t, may(p.shell && !p.own), r.start(instance, shell, none.With(accessCheck, "true")))
		if p.own {
			require.Equal(t, may(p.shell), r.start(instance, r.own, none))
			require.Equal(t, "denied", r.start(strange, r.own, none))
		}
		require.Equal(t, "denied", r.start(instance, shell, none.With(accessCheck, "false")))
		require.Equal(t, may(p.ssh), r.start(instance, sshDocument, none))
		require.Equal(t, "denied", r.start(instance, strings.Replace(sshDocument, "::", ":"+accountID+":", 1), none))
		require.Equal(t, may(p.forward), r.start(instance, ssmPrefix+":document/AWS-StartPortForwardingSession", none))
		require.Equal(t, may(p.remote), r.start(instance, ssmPrefix+":document/AWS-StartPortForwardingSessionToRemoteHost", none))
	}
	require.Equal(t, may(p.any && p.shell), r.start(strange, shell, none.With(accessCheck, "true")))
	require.Equal(t, may(p.any && p.ssh), r.start(strange, sshDocument, none))
	require.Equal(t, "allowed", r.ask("ssmmessages:OpenDataChannel", "*", none))
}

// others tries what is not for opening sessions.
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
			require.Equal(t, want, r.ask(action, ssmPrefix+accountID+":session/ann-0123456789abcdef0", context), "%s %s", action, tag)
		}
	}
	for action, resource := range map[string]string{
		"ssm:SendCommand": r.instances[0], "ssm:CreateDocument": ssmPrefix + accountID + ":document/x", "ssm:UpdateDocument": shell,
		"ssm:DeleteDocument": shell, "ssm:PutParameter": ssmPrefix + accountID + ":parameter/x", "iam:PassRole": r.arn,
		"ec2:RunInstances": r.instances[0], "ssm:GetParameter": ssmPrefix + accountID + ":parameter/x",
	} {
		require.Equal(t, "denied", r.ask(action, resource, none), action)
	}
	require.Equal(t, "denied", r.ask("kms:GenerateDataKey", "arn:aws:kms:ap-northeast-1:123456789012:key/another", none))
	if r.key != "" {
		require.Equal(t, "allowed", r.ask("kms:GenerateDataKey", r.key, none))
	}
}

// assumed tries to assume the role.
func (r *sessionRole) assumed(t *testing.T, p purpose) {
	t.Helper()
	const key, age = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
	none, name := policy.CompleteContext(), p.user[strings.LastIndex(p.user, "/")+1:]
	recent := none.With(key, "true").With(age, "60")
	require.Equal(t, "allowed", r.assume(p.user, name, recent))
	require.Equal(t, may(p.stack != "prod"), r.assume(p.user, name, none.With(key, "true").With(age, "3601")))
	require.Equal(t, may(p.free), r.assume(p.user, name, none.With(key, "false")))
	require.Equal(t, may(p.free), r.assume(p.user, name, none))
	require.Equal(t, "denied", r.assume("arn:aws:iam::210987654321:user/"+name, name, recent))
	pinned := p.stack != "dev"
	require.Equal(t, may(!pinned), r.assume(p.user, "bob", recent))
	bobToo := p.stack != "article" // prod lists him
	require.Equal(t, may(bobToo), r.assume("arn:aws:iam::123456789012:user/bob", "bob", recent))
}
