package proof_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/report"
	"bastionless/rehearsal/stacktest"
)

// TestStacks holds each stack to its claims: all that is required, and of the hardening claims all but those that the
// README tells.
func TestStacks(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(stacktest.Root(), "README.md"))
	require.NoError(t, err)
	_, table, found := strings.Cut(string(readme), "| Stack | Hardening claims that are not proven |\n|---|---|\n")
	require.True(t, found, "the README has the table")
	for i, stack := range stacks {
		row := strings.Split(strings.Split(table, "\n")[i], "|")
		require.Equal(t, " `"+stack+"` ", row[1])
		open := regexp.MustCompile("`([^`]+)`").FindAllString(row[2], -1)
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			claims := claimsOf(t, deployed(t, stack, nil))
			require.Empty(t, failing(claims, report.Required))
			var unproven []string
			for _, claim := range failing(claims, report.Hardening) {
				id, _, _ := strings.Cut(claim, ":")
				unproven = append(unproven, "`"+id+"`")
			}
			require.ElementsMatch(t, open, unproven)
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
			again := stacktest.Deploy(t, stack, nil)
			require.Empty(t, again.Refresh(t.Context()).Failure())
			require.Equal(t, failing(before, ""), failing(claimsOf(t, read(t, again)), ""))
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
