package proof_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof"
)

const (
	anyInstanceARN = "arn:aws:ec2:eu-west-1:123456789012:instance/*"
	shellARN       = "arn:aws:ssm:eu-west-1:123456789012:document/SSM-SessionManagerRunShell"
	accessChecked  = `"BoolIfExists":{"ssm:SessionDocumentAccessCheck":"true"}`
	shellStatement = `{"Effect":"Allow","Action":"ssm:StartSession","Resource":"` + shellARN + `","Condition":{` + accessChecked + `}}`
)

// startOn returns a statement that allows sessions on instances with a condition.
func startOn(instances, condition string) string {
	return `{"Effect":"Allow","Action":"ssm:StartSession","Resource":"` + instances + `","Condition":{` + accessChecked + `,` + condition + `}}`
}

// forTargets makes the session role that of a component of this project, which records the targets of sessions.
func (p *peer) forTargets(inputs props, statements ...string) {
	inputs[contract.PrincipalsInput] = list("arn:aws:iam::123456789012:user/ann")
	inputs[contract.RequireMFAInput] = true
	inputs[contract.DocumentsInput] = list(contract.Shell)
	p.component(contract.SessionRoleType, "sessions", inputs)
	for _, name := range []string{"people", "people-policy"} {
		r := p.resources[name]
		r.Parent = p.resources["sessions"].URN
		r.URN = resource.URN(fmt.Sprintf("urn:pulumi:peer::peer::%s$%s::%s", contract.SessionRoleType, r.Type, name))
	}
	p.sessionPolicies(append(statements, ownStatement, channelStatement)...)
}

// teamTags are the recorded tags of the targets of a team.
func teamTags() props {
	return props{contract.SessionTargetsInput: contract.TargetsTagged, contract.TargetTagsInput: list("team=db", "env=prod")}
}

const bothTags = `"StringEquals":{"ssm:resourceTag/team":"db","ssm:resourceTag/env":"prod"}`

// taggedPeer returns an access-only stack whose sessions are for instances with two tags.
func taggedPeer(statements ...string) *peer {
	p := foreignPeer()
	p.forTargets(teamTags(), statements...)
	return p
}

// TestTargets_tagged checks session.start and session.scope for policies of sessions on instances with two tags.
func TestTargets_tagged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		statements   []string
		start, scope string
		fix          string
	}{
		"both tags":           {[]string{startOn(anyInstanceARN, bothTags), shellStatement}, proof.Proven, proof.Assumed, ""},
		"tags of the AWS key": {[]string{startOn(anyInstanceARN, strings.ReplaceAll(bothTags, "ssm:resourceTag", "aws:ResourceTag")), shellStatement}, proof.Proven, proof.Assumed, ""},
		// The names of condition keys are not case-sensitive, with the keys of tags in them.
		"keys in upper case": {[]string{startOn(anyInstanceARN, `"StringEquals":{"SSM:ResourceTag/TEAM":"db","ssm:resourceTag/Env":"prod"}`), shellStatement}, proof.Proven, proof.Assumed, ""},
		"values in upper case": {
			[]string{startOn(anyInstanceARN, strings.ReplaceAll(bothTags, `"db"`, `"DB"`)), shellStatement},
			proof.Refuted, proof.Refuted,
			"require StringEquals ssm:resourceTag/team = db",
		},
		"one tag":          {[]string{startOn(anyInstanceARN, `"StringEquals":{"ssm:resourceTag/team":"db"}`), shellStatement}, proof.Proven, proof.Refuted, "require StringEquals ssm:resourceTag/env = prod"},
		"no tag":           {[]string{startOn(anyInstanceARN, `"StringLike":{"ssm:resourceTag/team":"*"}`), shellStatement}, proof.Proven, proof.Refuted, "require StringEquals ssm:resourceTag/team = db"},
		"one of two teams": {[]string{startOn(anyInstanceARN, strings.ReplaceAll(bothTags, `"db"`, `["db","web"]`)), shellStatement}, proof.Proven, proof.Refuted, "require StringEquals ssm:resourceTag/team = db"},
		"if the tag exists": {
			[]string{startOn(anyInstanceARN, strings.ReplaceAll(bothTags, "StringEquals", "StringEqualsIfExists")), shellStatement},
			proof.Proven, proof.Refuted,
			"require StringEquals ssm:resourceTag/team = db",
		},
		"an instance besides": {
			[]string{startOn(anyInstanceARN, bothTags), shellStatement, startStatement}, proof.Proven, proof.Refuted, "require StringEquals ssm:resourceTag/team = db",
		},
		"every Region": {
			[]string{startOn("arn:aws:ec2:*:*:instance/*", bothTags), shellStatement}, proof.Proven, proof.Refuted, "remove arn:aws:ec2:*:*:instance/* from",
		},
		// The document does not have the tags, so AWS denies the request for it.
		"the condition on the document, too": {[]string{startOn("*", bothTags)}, proof.Refuted, proof.Refuted, "allow ssm:StartSession on " + shellARN},
		"all documents": {
			[]string{startOn(anyInstanceARN, bothTags), strings.ReplaceAll(shellStatement, shellARN, "arn:aws:ssm:eu-west-1:123456789012:document/*")}, proof.Proven, proof.Refuted, "remove",
		},
	} {
		claims := check(t, taggedPeer(test.statements...).export(t))
		start, scope := claimNamed(t, claims, "session.start"), claimNamed(t, claims, "session.scope")
		require.Equal(t, test.start, start.Result, "%s: %s", name, start.Why())
		require.Equal(t, test.scope, scope.Result, "%s: %s", name, scope.Why())
		require.Contains(t, fixesOf(start)+fixesOf(scope), test.fix, name)
	}
}

// TestTargets_tags checks which tags of instances allow sessions.
func TestTargets_tags(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tags props
		want string
		fix  string
	}{
		"both":                             {props{"team": "db", "env": "prod", "Name": "x"}, proof.Proven, ""},
		"another team":                     {props{"team": "web", "env": "prod"}, proof.Refuted, `ask the owner of Instance "box" to tag it with team=db`},
		"no tags":                          {props{}, proof.Refuted, `ask the owner of Instance "box" to tag it with team=db, env=prod`},
		"a value in upper case":            {props{"team": "DB", "env": "prod"}, proof.Refuted, `ask the owner of Instance "box" to tag it with team=db`},
		"a key in upper case, no other":    {props{"Team": "db"}, proof.Refuted, `ask the owner of Instance "box" to tag it with env=prod, or change targetTags`},
		"a key in upper case":              {props{"Team": "db", "env": "prod"}, proof.Proven, ""},
		"keys that differ in case only":    {props{"team": "db", "Team": "web", "env": "prod"}, proof.Undecided, ""},
		"keys in two cases with one value": {props{"team": "db", "Team": "db", "env": "prod"}, proof.Proven, ""},
	} {
		p := taggedPeer(startOn(anyInstanceARN, bothTags), shellStatement)
		p.set("box", "tags", test.tags)
		p.external("box")
		c := claimNamed(t, check(t, p.export(t)), "session.start")
		require.Equal(t, test.want, c.Result, "%s: %s", name, c.Why())
		require.Contains(t, fixesOf(c), test.fix, name)
	}
}

// TestTargets_teams checks that the role of one team does not start sessions on the instances of another one.
func TestTargets_teams(t *testing.T) {
	t.Parallel()
	for _, team := range []string{"db", "web"} {
		p := taggedPeer(startOn(anyInstanceARN, strings.ReplaceAll(bothTags, `"db"`, `"`+team+`"`)), shellStatement)
		c := claimNamed(t, check(t, p.export(t)), "session.start")
		require.Equal(t, team == "db", c.Passes(), "%s: %s", team, c.Why())
	}
}

// TestTargets_pushKey checks that SSH keys reach tagged instances only.
func TestTargets_pushKey(t *testing.T) {
	t.Parallel()
	push := func(condition string) string {
		return `{"Effect":"Allow","Action":"ec2-instance-connect:SendSSHPublicKey","Resource":"` + anyInstanceARN + `","Condition":{` + condition + `}}`
	}
	for condition, want := range map[string]string{
		`"StringEquals":{"ec2:osuser":"ec2-user","aws:ResourceTag/team":"db","aws:ResourceTag/env":"prod"}`: proof.Assumed,
		`"StringEquals":{"ec2:osuser":"ec2-user","ec2:ResourceTag/team":"db","ec2:ResourceTag/env":"prod"}`: proof.Assumed,
		`"StringEquals":{"ec2:osuser":"ec2-user","aws:ResourceTag/team":"db"}`:                              proof.Refuted,
		`"StringEquals":{"ec2:osuser":"ec2-user"}`:                                                          proof.Refuted,
		`"StringEquals":{"aws:ResourceTag/team":"db","aws:ResourceTag/env":"prod"}`:                         proof.Refuted,
	} {
		p := taggedPeer(startOn(anyInstanceARN, bothTags), shellStatement, push(condition))
		c := claimNamed(t, check(t, p.export(t)), "session.scope")
		require.Equal(t, want, c.Result, "%s: %s", condition, c.Why())
	}
}

// TestTargets_instances checks session.start and session.scope for sessions on certain instances.
func TestTargets_instances(t *testing.T) {
	t.Parallel()
	instance := func(id string) string { return strings.TrimSuffix(anyInstanceARN, "*") + id }
	start := func(ids ...string) string {
		arns := []string{shellARN}
		for _, id := range ids {
			arns = append(arns, instance(id))
		}
		return `{"Effect":"Allow","Action":"ssm:StartSession","Resource":["` + strings.Join(arns, `","`) + `"],"Condition":{` + accessChecked + `}}`
	}
	for name, test := range map[string]struct {
		listed, allowed []string
		start, scope    string
	}{
		"both":                      {[]string{"i-1", "i-2"}, []string{"i-1", "i-2"}, proof.Proven, proof.Proven},
		"one of two":                {[]string{"i-1"}, []string{"i-1"}, proof.Proven, proof.Proven},
		"one that is not listed":    {[]string{"i-1"}, []string{"i-1", "i-2"}, proof.Proven, proof.Refuted},
		"one that is not allowed":   {[]string{"i-1", "i-2"}, []string{"i-1"}, proof.Refuted, proof.Proven},
		"one that is not read":      {[]string{"i-1", "i-9"}, []string{"i-1", "i-9"}, proof.Undecided, proof.Refuted},
		"none that the state shows": {[]string{"i-9"}, []string{"i-9"}, proof.Undecided, proof.Refuted},
	} {
		p := foreignPeer()
		var ids []any
		for _, id := range test.listed {
			ids = append(ids, id)
		}
		p.forTargets(props{contract.SessionTargetsInput: contract.TargetsInstances, contract.TargetInstanceIDsInput: ids}, start(test.allowed...))
		claims := check(t, p.export(t))
		for id, want := range map[string]string{"session.start": test.start, "session.scope": test.scope} {
			c := claimNamed(t, claims, id)
			require.Equal(t, want, c.Result, "%s: %s: %s", name, id, c.Why())
		}
	}
}

// TestTargets_stack checks that sessions are for the stack's own instances if the role records that, and not for those that it
// reads.
func TestTargets_stack(t *testing.T) {
	t.Parallel()
	p := foreignPeer()
	p.resources["box"].External = false
	p.forTargets(props{contract.SessionTargetsInput: contract.TargetsStack}, startStatement)
	claims := check(t, p.export(t))
	require.Equal(t, proof.Proven, claimNamed(t, claims, "session.start").Result)
	require.Equal(t, proof.Proven, claimNamed(t, claims, "session.scope").Result)
	p.sessionPolicies(strings.Replace(startStatement, `instance/i-1"`, `instance/i-1","arn:aws:ec2:eu-west-1:123456789012:instance/i-2"`, 1), ownStatement, channelStatement)
	p.resources["people-policy"].URN = "urn:pulumi:peer::peer::bastionless:iam:SessionRole$aws:iam/rolePolicy:RolePolicy::people-policy"
	require.Equal(t, proof.Refuted, claimNamed(t, check(t, p.export(t)), "session.scope").Result)
}
