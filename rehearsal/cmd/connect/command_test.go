package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Wrong usage and missing tools are reported before any program runs.
func TestConnect_checksFirst(t *testing.T) {
	t.Parallel()
	for _, m := range usageMessages() {
		e := newTestEnv(t, outputsOf(t, connection()))
		status := e.run(strings.Fields(m.args)...)
		if isHelp := strings.Contains(m.args, "-h") || m.args == "help"; isHelp {
			require.Equal(t, statusOK, status, m.args)
			require.Empty(t, e.stderr.String())
		} else {
			require.Equal(t, statusUsage, status, m.args)
			require.Empty(t, e.stdout.String())
		}
		require.Empty(t, e.calls(), m.args)
	}
}

func TestConnect_tools(t *testing.T) {
	t.Parallel()
	for command, required := range map[string][]string{
		"wait":                     {"pulumi", "aws"},
		"shell":                    {"pulumi", "aws", "session-manager-plugin"},
		"ssh":                      {"pulumi", "aws", "session-manager-plugin", "ssh"},
		"forward --to localhost:1": {"pulumi", "aws", "session-manager-plugin"},
	} {
		for _, tool := range []string{"pulumi", "aws", "session-manager-plugin", "ssh"} {
			e := newTestEnv(t, outputsOf(t, connection()))
			e.uninstall(tool)
			status := e.run(strings.Fields(command + " --stack dev")...)
			if !slices.Contains(required, tool) {
				require.Equal(t, statusOK, status, "%s without %s", command, tool)
				continue
			}
			require.Equal(t, statusFailed, status, "%s without %s", command, tool)
			require.Contains(t, e.stderr.String(), `"`+tool+`"`)
			require.Empty(t, e.calls())
		}
	}
}

// connect distinguishes a stack that was deployed before the output connection existed from one that is
// not deployed.
func TestConnect_outputs(t *testing.T) {
	t.Parallel()
	messages := map[string]bool{}
	for _, outputs := range []string{
		`{}`,
		`{"instances": {"a-1": {"id": "i-0a"}}, "startSession": {}}`,
		`{"connection": {"instances": "none"}}`,
	} {
		e := newTestEnv(t, outputs)
		require.Equal(t, statusFailed, e.run("wait", "--stack", "dev"))
		require.Equal(t, []string{callOutputs}, e.calls())
		require.Contains(t, e.stderr.String(), "pulumi up --stack dev")
		messages[e.stderr.String()] = true
	}
	require.Len(t, messages, 3)
}

func TestConnect_selectsInstance(t *testing.T) {
	t.Parallel()
	for nameOrID, id := range map[string]string{"": "i-0a", "a-1": "i-0a", "c-1": "i-0c", "i-0c": "i-0c"} {
		e := newTestEnv(t, outputsOf(t, connection()))
		require.Equal(t, statusOK, e.run("shell", "--stack", "dev", "--instance", nameOrID))
		calls := e.calls()
		require.Equal(t, strings.Replace(callSession, "i-0a", id, 1), calls[len(calls)-1])
	}
	e := newTestEnv(t, outputsOf(t, connection()))
	require.Equal(t, statusFailed, e.run("shell", "--stack", "dev", "--instance", "a-2"))
	require.Equal(t, []string{callOutputs}, e.calls())
}
