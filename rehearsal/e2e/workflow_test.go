package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func readWorkflow(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../.github/workflows/rehearse.yml")
	require.NoError(t, err)
	return string(text)
}

// The workflow rehearses every stack file.
func TestWorkflow_stacks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../Pulumi.*.yaml")
	require.NoError(t, err)
	var stacks []string
	for _, file := range files {
		stacks = append(stacks, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml"))
	}
	require.Contains(t, readWorkflow(t), "\n        stack: ["+strings.Join(stacks, ", ")+"]\n")
}

// A tag can be moved to other code; a commit cannot.
func TestWorkflow_pinsActions(t *testing.T) {
	t.Parallel()
	uses := regexp.MustCompile(`(?m)uses: (.*)$`).FindAllStringSubmatch(readWorkflow(t), -1)
	require.Len(t, uses, 2)
	for _, use := range uses {
		require.Regexp(t, `^actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`, use[1])
	}
}

func TestWorkflow_permissions(t *testing.T) {
	t.Parallel()
	text := readWorkflow(t)
	require.Equal(t, 1, strings.Count(text, "permissions:"))
	require.Contains(t, text, "\npermissions:\n  contents: read\n\n")
	for _, dangerous := range []string{"pull_request_target", "secrets."} {
		require.NotContains(t, text, dangerous)
	}
}

func TestWorkflow_summary(t *testing.T) {
	t.Parallel()
	jq, err := exec.LookPath("jq")
	if err != nil {
		t.Skip("no jq")
	}
	command := exec.Command(jq, "-r", "-f", "../../.github/workflows/summary.jq")
	command.Stdin = strings.NewReader(`{
		"stack": "dev", "ok": false,
		"steps": [
			{"name": "up", "ok": true, "seconds": 0.2, "changes": {"create": 30, "same": 1}, "error": ""},
			{"name": "up again", "ok": false, "seconds": 0.1, "changes": {}, "error": "changed: a | b\nchanged: c"}
		],
		"claims": [
			{"id": "reach.ssm", "subject": "a-1", "class": "required", "result": "proven", "why": []},
			{"id": "session.own", "subject": "r", "class": "hardening", "result": "undecided", "why": ["x", "y"]}
		],
		"assumed": ["key pair k"], "kept": [], "left": ["VPC v"]
	}`)
	text, err := command.CombinedOutput()
	require.NoError(t, err, string(text))
	require.Equal(t, `## ❌ dev

| Step | | Seconds | Changes | |
|---|---|---|---|---|
| up | ✅ | 0.2 | 30 create, 1 same |  |
| up again | ❌ | 0.1 |  | changed: a \| b changed: c |

Claims: 1 proven, 0 refuted, 1 undecided.

Not proven:

- **session.own** (r, hardening): undecided. x; y

Assumed to exist in the account:

- key pair k

Left behind:

- VPC v
`, string(text))
}
