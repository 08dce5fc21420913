package proof_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// A reason lists the resources that its text names.
func TestReason_resources(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`\b[A-Z][A-Za-z0-9]+ "([^"]+)"`)
	listed := 0
	for _, c := range claimsOf(t, deployed(t, "prod", nil)) {
		for _, r := range c.Reasons {
			names := map[string]bool{}
			for _, match := range named.FindAllStringSubmatch(r.Text, -1) {
				names[match[1]] = true
			}
			for _, urn := range r.Resources {
				require.True(t, names[resource.URN(urn).Name()], "%s: %s", urn, r.Text)
				listed++
			}
		}
		if c.ID == "reach.ssm" && c.Subject == "instances-a-1" {
			var first []string
			for _, urn := range c.Reasons[0].Resources {
				first = append(first, resource.URN(urn).Name())
			}
			require.Equal(t, []string{"instances-a-1", "network-app-a", "network"}, first)
		}
	}
	require.Greater(t, listed, 100)
}

// The table of requests agrees with the claims about the same requests.
func TestRequests_table(t *testing.T) {
	t.Parallel()
	for stack, want := range map[string]map[string]string{
		"article": {
			"IAM users without MFA": "denied", "other instances, or with other documents": "allowed", "sessions of others": "denied", "anything": "denied",
		},
		"prod": {
			"IAM users without MFA": "denied", "other instances, or with other documents": "denied", "sessions of others": "denied", "anything": "denied",
			"key audit": "allowed", "other keys": "denied",
		},
	} {
		requests, err := proof.Requests(deployed(t, stack, nil))
		require.NoError(t, err)
		found := map[string]string{}
		for _, r := range requests {
			require.Equal(t, "session-role", r.Role)
			require.NotEmpty(t, r.Why)
			for _, key := range []string{r.Who, r.On} {
				if want[key] != "" {
					found[key] = r.Effect
				}
			}
		}
		require.Equal(t, want, found, stack)
	}
}

// The table contains the user that SSH is meant for.
func TestRequests_loginUser(t *testing.T) {
	t.Parallel()
	requests, err := proof.Requests(deployed(t, "dev", map[string]string{"loginUser": "ubuntu"}))
	require.NoError(t, err)
	found := map[string]string{}
	for _, r := range requests {
		if strings.HasPrefix(r.On, "instance a-1, as ") {
			found[r.On] = r.Effect
		}
	}
	require.Equal(t, map[string]string{"instance a-1, as ubuntu": "allowed", "instance a-1, as root": "denied"}, found)
}
