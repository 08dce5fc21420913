package proof_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"

	"bastionless/rehearsal/stacktest"
)

// TestStacks checks that the required claims about each stack are proven, and the hardening claims except
// those in the table of docs/proofs.md.
func TestStacks(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(stacktest.Root(), "docs", "proofs.md"))
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "| Stack | Hardening claims that are not proven |\n|---|---|\n")
	require.True(t, found, "docs/proofs.md has no table")
	for i, stack := range append(slices.Clone(stacks), "existing") {
		row := strings.Split(strings.Split(table, "\n")[i], "|")
		require.Equal(t, " `"+stack+"` ", row[1])
		listed := regexp.MustCompile("`([^`]+)`").FindAllString(row[2], -1)
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			var claims []proof.Claim
			if stack == "existing" {
				claims = claimsOf(t, read(t, deployedInAccount(t, nil, nil)))
			} else {
				claims = claimsOf(t, deployed(t, stack, nil))
			}
			require.Empty(t, failing(claims, proof.Required))
			var unproven []string
			for _, claim := range failing(claims, proof.Hardening) {
				id, _, _ := strings.Cut(claim, ":")
				if id = "`" + id + "`"; !slices.Contains(unproven, id) {
					unproven = append(unproven, id)
				}
			}
			require.ElementsMatch(t, listed, unproven)
		})
	}
}

// TestStacks_refreshed checks that the results are the same after a refresh, which adds properties to the state, such as the
// rules of a security group that are resources of their own.
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

// TestStacks_ordered checks that the order of claims does not depend on the deployment.
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

// TestStacks_fixes checks the fixes for the hardening claims that are not proven: they name configuration keys.
func TestStacks_fixes(t *testing.T) {
	t.Parallel()
	for stack, want := range map[string]map[string]string{
		"article": {
			"egress": "set instanceEgress to restricted", "encrypted": "set rootVolumeEncrypted to true",
			"endpoint-policy.s3": "set endpointPolicy to restricted", "endpoint-policy.ssm": "set endpointPolicy to restricted",
			"flow-logs": "set flowLogDays, for example to 365", "imdsv2": "set imds to v2", "multi-zone": "add a zone to zones",
			"protected": "set terminationProtection to true", "session.scope": "set sessionTargets to stack",
		},
		"dev": {
			"flow-logs": "set flowLogDays, for example to 365", "multi-zone": "add a zone to zones",
			"protected": "set terminationProtection to true", "session.own": "list the ARNs of IAM users in sessionPrincipals",
		},
		"prod": {},
	} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			got := map[string]string{}
			for _, claim := range claimsOf(t, deployed(t, stack, nil)) {
				for _, reason := range claim.Reasons {
					if reason.Fix != "" {
						require.Contains(t, []string{"", reason.Fix}, got[claim.ID], "two fixes for %s", claim.ID)
						got[claim.ID] = reason.Fix
					}
				}
			}
			require.Equal(t, want, got)
		})
	}
}

// TestStacks_summary checks the summary of dev against a golden file.
func TestStacks_summary(t *testing.T) {
	t.Parallel()
	r := &report.Report{Stack: "dev", Claims: claimsOf(t, deployed(t, "dev", nil))}
	var text strings.Builder
	require.NoError(t, r.WriteSummary(&text))
	path := filepath.Join("testdata", "summary-of-dev.txt")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), text.String(), "if this is right: go test -trimpath ./rehearsal/proof -run TestStacks_summary -update")
	// With the steps, a rehearsal of dev prints less than 40 lines.
	require.Less(t, strings.Count(text.String(), "\n"), 33)
}

// TestStacks_updated checks that an instance that is older than what its agent needs is assumed to have connected again.
func TestStacks_updated(t *testing.T) {
	t.Parallel()
	deployment := deployed(t, "dev", nil)
	for i := range deployment.Resources {
		if r := &deployment.Resources[i]; r.URN.Name() == "endpoints-ssm" {
			later := r.Created.Add(time.Hour)
			r.Created = &later
		}
	}
	claims, err := proof.Check(deployment, proof.Options{})
	require.NoError(t, err)
	result, _ := resultOf(t, claims, "ordered")
	require.Equal(t, proof.Assumed, result)
}
