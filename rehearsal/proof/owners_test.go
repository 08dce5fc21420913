package proof_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// askedFor returns a claim that fails for reasons with these fixes.
func askedFor(id, subject, class string, fixes ...string) proof.Claim {
	c := proof.Claim{ID: id, Subject: subject, Class: class, Result: proof.Refuted}
	for _, fix := range fixes {
		c.Reasons = append(c.Reasons, proof.Reason{Kind: proof.Fail, Fix: fix})
	}
	return c
}

func TestOwnerFixes(t *testing.T) {
	t.Parallel()
	passing := askedFor("reach.s3", "a", proof.Required, `ask the owner of Instance "passing" to start it`)
	passing.Result = proof.Assumed
	claims := []proof.Claim{
		passing,
		askedFor("reach.ssm", "a", proof.Required, `ask the owner of Instance "a" to start it`, `ask the owner of SecurityGroup "g" to allow outbound TCP 443`),
		askedFor("agent", "a", proof.Required, `ask the owner of Instance "a" to start it`, `add r to agentRoleNames, or ask the owner of Role "r" to attach it to "x", or y`),
		askedFor("session.start", "role", proof.Required, `ask the owner of Instance "a" to tag it with team=db, or change targetTags`,
			"ask the owners of the instances to tag them with team=db, or change targetTags", "set zones", "ask the owner of nothing", `ask the owner of Instance "a`),
		askedFor("imdsv2", "a", proof.Hardening, `ask the owner of Instance "a \"b\" to c" to set metadataOptions.httpTokens to required`),
	}
	require.Equal(t, []proof.OwnerFix{
		{Kind: "Instance", Name: "a", Change: "start it", Claim: "reach.ssm"},
		{Kind: "Instance", Name: "a", Change: "tag it with team=db", Claim: "session.start"},
		{Kind: "SecurityGroup", Name: "g", Change: "allow outbound TCP 443", Claim: "reach.ssm"},
		{Kind: "Role", Name: "r", Change: `attach it to "x", or y`, Claim: "agent"},
		{Change: "tag them with team=db", Claim: "session.start"},
	}, proof.OwnerFixes(claims, proof.Required))
	require.Equal(t, []proof.OwnerFix{
		{Kind: "Instance", Name: `a "b" to c`, Change: "set metadataOptions.httpTokens to required", Claim: "imdsv2"},
	}, proof.OwnerFixes(claims, proof.Hardening))
}

func TestWaitingAgents(t *testing.T) {
	t.Parallel()
	assumed := askedFor("ordered", "c", proof.Required)
	assumed.Result = proof.Assumed
	proven := askedFor("ordered", "d", proof.Required)
	proven.Result = proof.Proven
	require.Equal(t, []string{"b", "c"}, proof.WaitingAgents([]proof.Claim{
		askedFor("reach.ssm", "a", proof.Required, `ask the owner of Instance "a" to start it`),
		askedFor("agent", "b", proof.Required, `ask the owner of Instance "b" to give it a role`), assumed, proven,
		askedFor("ordered", "b", proof.Required), askedFor("no-inbound", "e", proof.Required),
	}))
}
