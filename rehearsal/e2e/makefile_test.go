package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dryRun returns the last command that make would run, and whether make accepts the goal.
func dryRun(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	program, err := exec.LookPath("make")
	if err != nil {
		t.Skip("no make")
	}
	command := exec.Command(program, append([]string{"--no-print-directory", "-n", "-C", "../.."}, args...)...)
	// Leave out the flags of the make that runs the tests.
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); name == "PATH" || name == "HOME" {
			command.Env = append(command.Env, variable)
		}
	}
	printed, err := command.CombinedOutput()
	return strings.Join(strings.Fields(last(string(printed))), " "), err == nil
}

func TestMake_commands(t *testing.T) {
	t.Parallel()
	for args, expected := range map[string]string{
		"connect":                            "bin/connect shell --stack dev",
		"connect STACK=prod INSTANCE=c-1":    "bin/connect shell --stack prod --instance 'c-1'",
		"wait TIMEOUT=35m":                   "bin/connect wait --stack dev --timeout 35m",
		"ssh":                                "bin/connect ssh --stack dev",
		"forward TO=10.0.32.10:5432":         `bin/connect forward --stack dev --to "10.0.32.10:5432"`,
		"forward TO=localhost:80 LOCAL=8080": `bin/connect forward --stack dev --to "localhost:80" --local 8080`,
		"e2e STACK=prod":                     "rehearsal/e2e/e2e.sh prod",
		"capture":                            "bin/rehearse capture --stack dev",
		"capture STACK=prod REDACT=1 TAGS=1": "bin/rehearse capture --stack prod --redact --tags",
	} {
		command, ok := dryRun(t, strings.Fields(args)...)
		require.True(t, ok, command)
		require.Equal(t, expected, command, args)
	}
}

// Without TO, make says how to set it, and builds nothing.
func TestMake_forwardWithoutTO(t *testing.T) {
	t.Parallel()
	printed, ok := dryRun(t, "forward", "STACK=prod")
	require.False(t, ok)
	require.Contains(t, printed, "make forward STACK=prod TO=10.0.32.10:5432")
	require.NotContains(t, printed, "--to")
}
