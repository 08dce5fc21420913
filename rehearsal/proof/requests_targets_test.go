package proof_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/stacktest"
)

// Instances in the account of the stack "access".
const (
	dbInstance  = "arn:aws:ec2:ap-northeast-1:" + accountID + ":instance/i-0a1b2c3d4e5f70011"
	webInstance = "arn:aws:ec2:ap-northeast-1:" + accountID + ":instance/i-0a1b2c3d4e5f70021"
)

// deployedAccess deploys the stack "access" in its account.
func deployedAccess(t *testing.T, config map[string]string) *engine.Stack {
	t.Helper()
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Account: stacktest.Account(t, "access")})
	require.NoError(t, err)
	stack := stacktest.Open(t, engine.Options{Stack: "access", Config: config, Provider: cloud.NewProvider})
	require.Empty(t, stack.Up(t.Context()).Failure())
	return stack
}

// taggedContext returns the context of a request for a resource that has tags and no others, each as KEY=VALUE. Systems Manager
// and EC2 Instance Connect use different prefixes of the keys.
func taggedContext(tags ...string) policy.Context {
	context := policy.CompleteContext()
	for _, tag := range tags {
		key, value, _ := strings.Cut(tag, "=")
		context = context.With("ssm:resourceTag/"+key, value).With("aws:ResourceTag/"+key, value)
	}
	return context
}

// accessRequest is a request of the session role of the stack "access", with the decisions of each configuration.
type accessRequest struct {
	action, resource    string
	context             policy.Context
	byTag, byTags, byID string
}

func accessRequests() []accessRequest {
	const (
		start, push = "ssm:StartSession", "ec2-instance-connect:SendSSHPublicKey"
		yes, no     = "allowed", "denied"
	)
	var requests []accessRequest
	for _, one := range []struct {
		tags                []string
		instance            string
		byTag, byTags, byID string
	}{
		{[]string{"team=db"}, dbInstance, yes, no, yes},
		{[]string{"team=db", "env=prod"}, dbInstance, yes, yes, yes},
		// The names of condition keys, which contain the keys of tags, are not case-sensitive.
		{[]string{"TEAM=db", "Env=prod"}, dbInstance, yes, yes, yes},
		{[]string{"team=DB", "env=prod"}, dbInstance, no, no, yes},
		{[]string{"team=db", "env=Prod"}, dbInstance, yes, no, yes},
		{[]string{"team=web", "env=prod"}, dbInstance, no, no, yes},
		{[]string{"env=prod"}, dbInstance, no, no, yes},
		{nil, dbInstance, no, no, yes},
		{[]string{"team=db", "env=prod"}, webInstance, yes, yes, no},
		{[]string{"team=web"}, webInstance, no, no, no},
		{[]string{"team=db", "env=prod"}, strings.Replace(dbInstance, accountID, "210987654321", 1), no, no, no},
		{[]string{"team=db", "env=prod"}, strings.Replace(dbInstance, "ap-northeast-1", "us-east-1", 1), no, no, no},
	} {
		context := taggedContext(one.tags...)
		requests = append(
			requests,
			accessRequest{start, one.instance, context.With(accessCheck, "true"), one.byTag, one.byTags, one.byID},
			accessRequest{start, one.instance, context, one.byTag, one.byTags, one.byID},
			accessRequest{start, one.instance, context.With(accessCheck, "false"), no, no, no},
			accessRequest{push, one.instance, context.With("ec2:osuser", "ec2-user"), one.byTag, one.byTags, one.byID},
			accessRequest{push, one.instance, context.With("ec2:osuser", "root"), no, no, no},
			accessRequest{"ssm:SendCommand", one.instance, context, no, no, no},
		)
	}
	// A document does not have the tags, and tags do not open others.
	own := ssmPrefix + accountID + ":document/another"
	for _, tags := range [][]string{nil, {"team=db", "env=prod"}} {
		context := taggedContext(tags...)
		requests = append(
			requests,
			accessRequest{start, shell, context.With(accessCheck, "true"), yes, yes, yes},
			accessRequest{start, sshDocument, context, yes, yes, yes},
			accessRequest{start, own, context, no, no, no},
			accessRequest{start, strings.Replace(shell, accountID, "210987654321", 1), context, no, no, no},
			accessRequest{start, ssmPrefix + ":document/AWS-StartPortForwardingSession", context, no, no, no},
		)
	}
	return requests
}

// TestRequests_targets decides requests of session roles for instances that exist, by tag and by ID, and compares the claims with
// the decisions.
func TestRequests_targets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config       map[string]string
		start, scope string
		want         func(accessRequest) string
	}{
		"by tag": {
			nil, proof.Proven, proof.Assumed, func(r accessRequest) string { return r.byTag },
		},
		"by tags": {
			map[string]string{"targetTags": `["team=db","env=prod"]`},
			proof.Undecided, proof.Assumed,
			func(r accessRequest) string { return r.byTags },
		},
		"by ID": {
			map[string]string{"sessionTargets": "instances", "targetTags": "[]", "targetInstanceIds": `["i-0a1b2c3d4e5f70011"]`},
			proof.Proven, proof.Proven, func(r accessRequest) string { return r.byID },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := read(t, deployedAccess(t, test.config))
			r := sessionRoleOf(t, d)
			for _, request := range accessRequests() {
				require.Equal(t, test.want(request), r.decide(request.action, request.resource, request.context), "%+v", request)
			}
			claims := claimsOf(t, d)
			for id, want := range map[string]string{"session.start": test.start, "session.scope": test.scope} {
				c := claimNamed(t, claims, id)
				require.Equal(t, want, c.Result, "%s: %s", id, c.Why())
			}
		})
	}
}

// The table names the instances that a role for tagged instances does not cover: the role also covers instances that are
// not in the state.
func TestRequests_tagged(t *testing.T) {
	t.Parallel()
	requests, err := proof.Requests(read(t, deployedAccess(t, map[string]string{"targetTags": `["team=db", "env=prod"]`})))
	require.NoError(t, err)
	found := map[string][]string{}
	for _, r := range requests {
		if strings.Contains(r.On, "without the tag") || strings.HasPrefix(r.On, "other instances") {
			found[r.Action] = append(found[r.Action], r.On+": "+r.Effect)
		}
	}
	without := []string{"instances without the tag team=db: denied", "instances without the tag env=prod: denied"}
	require.Equal(t, map[string][]string{"ssm:StartSession": without, "ec2-instance-connect:SendSSHPublicKey": without}, found)
}
