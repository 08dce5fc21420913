package trials

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// Without an instance that has the tags, session.start is undecided. It is required unless the stack has another purpose.
func TestAccess_noInstance(t *testing.T) {
	t.Parallel()
	const remedy = "ask the owners of the instances to tag them with team=db, env=prod, or change targetTags"
	noneHasBoth := config{"targetTags": `["team=db","env=prod"]`, "agentRoleNames": "[]"}
	for name, test := range map[string]struct {
		config     config
		class, fix string
	}{
		"by tag":                 {noneHasBoth, proof.Required, remedy},
		"by tag, with endpoints": {merge(recordedAccess, noneHasBoth), proof.Hardening, remedy},
		"any":                    {config{"sessionTargets": "any", "targetTags": "[]"}, proof.Hardening, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newAccess(t, "access", test.config, nil)
			e.up()
			started := 0
			for _, claim := range e.claims() {
				if claim.ID == "session.start" {
					started++
					require.Equal(t, []string{test.class, proof.Undecided}, []string{claim.Class, claim.Result})
					require.Contains(t, fixesOf(claim), test.fix)
				} else if claim.Class == proof.Required {
					require.True(t, claim.Passes(), "%s: %s", claim.ID, claim.Why())
				}
			}
			require.Equal(t, 1, started)
			e.tearDown()
		})
	}
}

// fixesOf returns the fixes of a claim.
func fixesOf(claim proof.Claim) []string {
	fixes := []string{}
	for _, reason := range claim.Reasons {
		fixes = append(fixes, reason.Fix)
	}
	return fixes
}

// agentClaims returns the results of the claims about agents and records, by ID and subject, and the fixes of those that do
// not pass.
func (e *env) agentClaims() (results map[string]string, fixes string) {
	e.t.Helper()
	results = map[string]string{}
	for _, claim := range e.claims() {
		if claim.ID == "agent" || claim.ID == "recorded" {
			results[claim.ID+" "+claim.Subject] = claim.Result
			if !claim.Passes() {
				fixes += strings.Join(fixesOf(claim), "\n")
			}
		}
	}
	return results, fixes
}

// The stack adds what agents need, including for records and encryption, to the roles in agentRoleNames. If somebody removes
// that policy, the claims no longer pass, because the state does not contain the other policies of the role.
func TestAccess_agentRoleNames(t *testing.T) {
	t.Parallel()
	const policies = "RolePolicy agent-policies-acme-db"
	e := deployed(t, accessStack, recordedAccess)
	requireResults := func(want string) {
		t.Helper()
		results, fixes := e.agentClaims()
		require.Equal(t, map[string]string{"agent targets-" + db1: want, "agent targets-" + db2: want, "recorded session-role": want}, results)
		require.Equal(t, want != proof.Assumed, strings.Contains(fixes, "add acme-db to agentRoleNames"), fixes)
	}
	requireResults(proof.Assumed)
	e.console().remove(policies)
	require.Equal(t, []string{policies + ": delete"}, effects(e.refresh()))
	requireResults(proof.Undecided)
	require.Equal(t, []string{policies + ": create"}, effects(e.up()))
	requireResults(proof.Assumed)
	e.tearDown()
}

// A role that has the agent's permissions without the stack is enough for sessions: the program looks up the role, and records
// its permissions in the state. It is not enough for records and encryption.
func TestAccess_agentRoleLookedUp(t *testing.T) {
	t.Parallel()
	web := config{"targetTags": `["team=web"]`, "agentRoleNames": "[]"}
	for name, test := range map[string]struct {
		config config
		want   string
	}{
		"sessions":                     {web, proof.Assumed},
		"records":                      {merge(recordedAccess, web), proof.Undecided},
		"records, in agentRoleNames":   {merge(merge(recordedAccess, web), config{"agentRoleNames": `["acme-web"]`}), proof.Assumed},
		"sessions, without permission": {config{"agentRoleNames": "[]"}, proof.Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newAccess(t, "access", test.config, nil)
			e.up()
			results, fixes := e.agentClaims()
			require.NotEmpty(t, results)
			for claim, result := range results {
				require.Equal(t, test.want, result, claim)
			}
			require.Equal(t, test.want == proof.Undecided, strings.Contains(fixes, " to agentRoleNames"), fixes)
			e.tearDown()
		})
	}
}
