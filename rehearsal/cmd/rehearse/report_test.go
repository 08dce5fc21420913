package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine/enginetest"
)

func TestReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	state, page, summary := filepath.Join(dir, "state.json"), filepath.Join(dir, "page.html"), filepath.Join(dir, "summary.md")
	require.NoError(t, os.WriteFile(state, []byte(mistake(t)), 0o600))

	// The page is written whatever its verdict is.
	status, stdout, stderr := call(mistake(t), "report", "-")
	require.Equal(t, exitOK, status)
	require.Empty(t, stderr)
	require.True(t, strings.HasPrefix(stdout, "<!DOCTYPE html>\n"), stdout[:100])

	status, stdout, stderr = call("", "report", state, "--compare", state, "--output", page, "--markdown", summary)
	require.Equal(t, exitOK, status)
	require.Empty(t, stdout)
	require.Empty(t, stderr)
	written, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(written), `<section id="comparison">`)
	written, err = os.ReadFile(summary)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(written), "## ❌ `peer`\n"), string(written))
	require.Contains(t, string(written), "\nNothing differs.\n")
}

func TestReport_invalid(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing", "page.html")
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no state":     {nil, `got 0 arguments: name one file that "pulumi stack export --file" wrote, or - for standard input`},
		"no directory": {[]string{"-", "--output", missing}, "--output " + missing + ": directory " + filepath.Dir(missing) + " does not exist"},
		"no earlier state": {
			[]string{"-", "--compare", missing}, "open " + missing + ": no such file or directory",
		},
		"not a principal": {
			[]string{"-", "--principal", "ann"}, `invalid value "ann" for flag -principal: neither an IAM ARN nor a 12-digit account ID`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := call(mistake(t), append([]string{"report"}, test.args...)...)
			require.Equal(t, exitUsage, status)
			require.Empty(t, stdout)
			require.True(t, strings.HasSuffix(stderr, "rehearse report: "+test.want+"\n"), stderr)
		})
	}
}

// A rehearsal writes a page, and one that fails before the stack is deployed writes one without a network.
func TestRun_report(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "page.html")
	rehearseProgram(t.Context(), t, runOptions{report: page}, enginetest.NewCloud(), instance)
	written, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(written), `<section id="steps">`)
	require.Contains(t, string(written), "simulated, in a rehearsal")

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	rehearseProgram(canceled, t, runOptions{report: page}, enginetest.NewCloud(), instance)
	written, err = os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(written), "1 check failed: interrupted.")
	require.Contains(t, string(written), "There is no network to draw")
}
