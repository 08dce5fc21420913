package proof_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/report"
)

// TestStacks holds each stack to its claims: all that is required, and the openness of
// each that the README tells.
func TestStacks(t *testing.T) {
	t.Parallel()
	for stack, open := range map[string][]string{
		"article": {
			"session.scope: refuted", "endpoint-policy.s3: refuted", "endpoint-policy.ssm: refuted", "egress: refuted",
			"imdsv2: refuted", "encrypted: refuted", "flow-logs: refuted", "multi-zone: refuted", "protected: refuted",
		},
		"dev":  {"session.own: undecided", "flow-logs: refuted", "multi-zone: refuted", "protected: refuted"},
		"prod": {"session.own: undecided", "flow-logs: refuted"},
	} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			claims := claimsOf(t, deployed(t, stack, nil))
			require.Empty(t, failing(claims, report.Required))
			require.ElementsMatch(t, open, failing(claims, report.Hardening))
		})
	}
}

// TestStacks_refreshed finds the same after a refresh, which fills in what AWS tells, such as
// a security group's rules that are resources of their own.
func TestStacks_refreshed(t *testing.T) {
	t.Parallel()
	for _, stack := range stacks {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			before := claimsOf(t, deployed(t, stack, nil))
			refreshed, err := deployAnd(stack, nil, true)
			require.NoError(t, err)
			require.Equal(t, failing(before, ""), failing(claimsOf(t, refreshed), ""))
		})
	}
}

// TestStacks_ordered finds the same in the same order whenever a stack is deployed, but for
// what AWS names.
func TestStacks_ordered(t *testing.T) {
	t.Parallel()
	var first []string
	for range 3 {
		var lines []string
		for _, claim := range claimsOf(t, deployed(t, "prod", nil)) {
			lines = append(lines, claim.ID+" "+claim.Subject+" "+claim.Result)
		}
		if first == nil {
			first = lines
		}
		require.Equal(t, first, lines)
	}
}
