package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDiagram(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := call(mistake(t), "diagram", "-")
	require.Equal(t, exitOK, status)
	require.Empty(t, stderr)
	require.True(t, strings.HasPrefix(stdout, "flowchart LR\n  people[\"IAM user ann\"]\n"), stdout)
	require.Contains(t, stdout, `["interface endpoint<br/>ssm"]`)

	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(path, []byte(mistake(t)), 0o600))
	status, same, stderr := call("", "diagram", path)
	require.Equal(t, exitOK, status)
	require.Empty(t, stderr)
	require.Equal(t, stdout, same)
}

// TestVerify_invalidInput checks the other errors of diagram.
func TestDiagram_invalidInput(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"no instances": {
			strings.ReplaceAll(mistake(t), "aws:ec2/instance:Instance", "aws:ec2/keyPair:KeyPair"),
			"the state has no EC2 instance, so there is nothing to draw: deploy the stack first",
		},
		"encrypted secrets": {
			strings.Replace(mistake(t), `"cidrBlock": "10.0.0.0/16"`,
				`"cidrBlock": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}`, 2),
			`the state encrypts properties that claims depend on: cidrBlock of Vpc "vpc": export it with "pulumi stack export --show-secrets"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := call(test.text, "diagram", "-")
			require.Equal(t, exitUsage, status)
			require.Empty(t, stdout)
			require.Equal(t, "rehearse diagram: "+test.want+"\n", stderr)
		})
	}
}
