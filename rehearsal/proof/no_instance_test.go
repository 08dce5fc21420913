package proof_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof"
)

// noInstancePeer returns a state of a stack without instances, in which no instance is a target of its sessions.
func noInstancePeer(targets props, statements ...string) *peer {
	p := foreignPeer()
	p.withoutInstances()
	p.forTargets(targets, statements...)
	return p
}

// withoutInstances removes the instances. The VPC then shows the account and the Region.
func (p *peer) withoutInstances() {
	p.remove("box", "box-c")
	p.set("vpc", "arn", "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1")
	p.external("vpc")
}

// TestNoInstance checks the claims about a stack without instances whose sessions reach no instance. Claims about instances are
// not made, others are checked, and session.start says what is missing.
func TestNoInstance(t *testing.T) {
	t.Parallel()
	tagged := []string{startOn(anyInstanceARN, bothTags), shellStatement}
	listed := props{contract.SessionTargetsInput: contract.TargetsInstances, contract.TargetInstanceIDsInput: list("i-9")}
	creates := func(p *peer) { p.resources["ssm"].External = false }
	for name, test := range map[string]struct {
		targets    props
		statements []string
		change     func(*peer)
		class, fix string
		// others are the results of the other claims, as "id: result".
		others []string
	}{
		"by tag": {
			teamTags(), tagged, func(*peer) {}, proof.Required,
			"ask the owners of the instances to tag them with team=db, env=prod, or change targetTags",
			[]string{"session.mfa: proven", "session.foreign: proven", "session.own: proven", "session.scope: assumed"},
		},
		"by tag, of a stack with endpoints": {
			teamTags(), tagged, creates, proof.Hardening,
			"ask the owners of the instances to tag them with team=db, env=prod, or change targetTags",
			[]string{
				"isolated: assumed", "session.mfa: proven", "session.foreign: proven", "session.own: proven", "session.scope: assumed",
				"endpoint-policy.ssm: refuted", "endpoint-policy.logs: refuted", "endpoint-policy.kms: refuted", "endpoint-policy.s3: refuted",
				"default-sg: undecided", "flow-logs: undecided",
			},
		},
		"by ID": {
			listed,
			[]string{startStatement},
			func(*peer) {}, proof.Required, "",
			[]string{"session.mfa: proven", "session.foreign: proven", "session.own: proven", "session.scope: refuted"},
		},
		"any": {
			props{},
			[]string{strings.ReplaceAll(shellStatement, shellARN, "*")},
			func(*peer) {}, proof.Hardening, "",
			[]string{"session.mfa: proven", "session.foreign: proven", "session.own: proven", "session.scope: refuted"},
		},
	} {
		p := noInstancePeer(test.targets, test.statements...)
		test.change(p)
		var others []string
		starts := 0
		for _, c := range check(t, p.export(t)) {
			if c.ID != "session.start" {
				others = append(others, c.ID+": "+c.Result)
				continue
			}
			starts++
			require.Equal(t, []string{proof.Undecided, test.class}, []string{c.Result, c.Class}, "%s: %s", name, c.Why())
			require.Equal(t, test.fix, strings.TrimSpace(fixesOf(c)), name)
		}
		require.Equal(t, 1, starts, name)
		require.ElementsMatch(t, test.others, others, name)
	}
}

// TestNoInstance_wrongPolicies checks that the policies of a session role are checked without an instance.
func TestNoInstance_wrongPolicies(t *testing.T) {
	t.Parallel()
	unchecked := func(statement string) string {
		return strings.ReplaceAll(statement, `"Condition":{`+accessChecked, `"Condition":{"Bool":{"aws:SecureTransport":"true"}`)
	}
	start := startOn(anyInstanceARN, bothTags)
	for _, test := range []struct{ name, start, scope, recorded string }{
		{"both tags", start, proof.Assumed, proof.Assumed},
		{"one tag", startOn(anyInstanceARN, `"StringEquals":{"ssm:resourceTag/team":"db"}`), proof.Refuted, proof.Assumed},
		{"no access check", unchecked(start), proof.Refuted, proof.Refuted},
	} {
		p := foreignPeer()
		recording(p, "session-logs", "session-logs", "")
		p.withoutInstances()
		p.forTargets(teamTags(), test.start, strings.ReplaceAll(shellStatement, shellARN, "arn:aws:ssm:eu-west-1:123456789012:document/shell"))
		claims := check(t, p.export(t))
		for id, want := range map[string]string{"session.scope": test.scope, "recorded": test.recorded} {
			c := claimNamed(t, claims, id)
			require.Equal(t, want, c.Result, "%s: %s: %s", test.name, id, c.Why())
		}
	}
}

// TestNoInstance_launched checks that session.start names what launches instances.
func TestNoInstance_launched(t *testing.T) {
	t.Parallel()
	p := noInstancePeer(teamTags(), startOn(anyInstanceARN, bothTags), shellStatement)
	p.put("aws:autoscaling/group:Group", "fleet", "fleet-1", props{})
	c := claimNamed(t, check(t, p.export(t)), "session.start")
	require.Equal(t, proof.Undecided, c.Result)
	require.Contains(t, strings.Join(c.Why(), "\n"), `an Auto Scaling group (Group "fleet")`)
}

// TestNoInstance_nothingToProve checks that states without instances are an error, unless they are those of a stack of this
// project that has none of its own. The same is true of Requests.
func TestNoInstance_nothingToProve(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*peer){
		"of another project":      func(p *peer) { p.remove("sessions") },
		"of a stack with its own": func(p *peer) { p.component(contract.InstancesType, "instances", props{}) },
	} {
		p := noInstancePeer(teamTags(), startOn(anyInstanceARN, bothTags), shellStatement)
		change(p)
		deployment, err := proof.Read(bytes.NewReader(p.export(t)))
		require.NoError(t, err)
		_, err = proof.Check(deployment, proof.Options{})
		require.ErrorIs(t, err, proof.ErrNoInstance, name)
		require.ErrorContains(t, err, "deploy the stack first", name)
		_, err = proof.Requests(deployment)
		require.ErrorIs(t, err, proof.ErrNoInstance, name)
	}
}

// TestNoInstance_requests checks the requests of the session role of a stack without instances.
func TestNoInstance_requests(t *testing.T) {
	t.Parallel()
	push := `{"Effect":"Allow","Action":"ec2-instance-connect:SendSSHPublicKey","Resource":"` + anyInstanceARN +
		`","Condition":{"StringEquals":{"ec2:osuser":"ubuntu","aws:ResourceTag/team":"db","aws:ResourceTag/env":"prod"}}}`
	targets := teamTags()
	targets[contract.LoginUserInput] = "ubuntu"
	deployment, err := proof.Read(bytes.NewReader(noInstancePeer(targets, startOn(anyInstanceARN, bothTags), shellStatement, push).export(t)))
	require.NoError(t, err)
	requests, err := proof.Requests(deployment)
	require.NoError(t, err)
	effects := map[string]string{}
	for _, r := range requests {
		effects[r.Action+" "+r.On] = r.Effect
	}
	for request, want := range map[string]string{
		"ec2-instance-connect:SendSSHPublicKey an instance, as ubuntu":                                   "allowed",
		"ec2-instance-connect:SendSSHPublicKey an instance, as root":                                     "denied",
		"ssm:StartSession an instance with the default document, without a check of the document":        "denied",
		"ssm:StartSession the instances of the state in eu-west-1, with " + "SSM-SessionManagerRunShell": "allowed",
		"ssm:SendCommand the instances of the state":                                                     "denied",
	} {
		require.Equal(t, want, effects[request], request)
	}
}
