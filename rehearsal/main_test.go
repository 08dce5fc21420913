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

// call runs a command line and returns its exit status and what it wrote.
func call(args ...string) (status int, stdout, stderr string) {
	var out, errors strings.Builder
	status = rehearse(context.Background(), args, &out, &errors)
	return status, out.String(), errors.String()
}

func TestRehearse_usage(t *testing.T) {
	t.Parallel()
	const usage = `Rehearse a stack on the real Pulumi engine and a simulated AWS.

Usage:

    rehearse run      deploy a stack on a simulated AWS, check it, destroy it
    rehearse serve    offer the simulated AWS to the ordinary Pulumi CLI

"rehearse COMMAND -h" tells a command's flags. Exit status: 0, all that was required held;
1, something did not, and the last line says what; 2, wrong usage or unusable input.
`
	for _, test := range []struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		{nil, unusable, "", usage},
		{[]string{"help"}, held, usage, ""},
		{[]string{"--help"}, held, usage, ""},
		{[]string{"rnu"}, unusable, "", usage + "\nrehearse: there is no command \"rnu\"\n"},
	} {
		status, stdout, stderr := call(test.args...)
		require.Equal(t, test.status, status, test.args)
		require.Equal(t, test.stdout, stdout, test.args)
		require.Equal(t, test.stderr, stderr, test.args)
	}
}

func TestRehearse_tellsFlags(t *testing.T) {
	t.Parallel()
	for command, flags := range map[string][]string{
		"run":   {"-stack", "-dir", "-program", "-export", "-json", "-quiet", "-strict"},
		"serve": {"-state"},
	} {
		status, stdout, stderr := call(command, "-h")
		require.Equal(t, held, status)
		require.Empty(t, stderr)
		require.True(t, strings.HasPrefix(stdout, "Usage:\n\n    rehearse "+command+" "), stdout)
		for _, flag := range flags {
			require.Contains(t, stdout, "\n  "+flag)
		}
	}
}

// Whatever is wrong with a command line, the last line says so and names the command.
func TestRehearse_refuses(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := enginetest.Directory(t, "name: test\nruntime: go\n", "")
	text := filepath.Join(dir, "Pulumi.yaml")

	for name, test := range map[string]struct {
		args     []string
		expected string
	}{
		"an unknown flag":          {[]string{"run", "--stakc", "dev"}, "rehearse run: flag provided but not defined: -stakc"},
		"an argument":              {[]string{"run", "--stack", "dev", "prod"}, `rehearse run: unexpected argument "prod"`},
		"no stack":                 {[]string{"run"}, "rehearse run: no stack: give --stack, such as --stack dev"},
		"an unknown flag of serve": {[]string{"serve", "--stack", "dev"}, "rehearse serve: flag provided but not defined: -stack"},
		"no program": {
			[]string{"run", "--stack", "dev", "--dir", dir},
			"rehearse run: no program " + filepath.Join(dir, "bin", "bastionless") + `: "make build" compiles it`,
		},
		"a program that is none": {
			[]string{"run", "--stack", "dev", "--dir", dir, "--program", text},
			"rehearse run: program " + text + " cannot be executed",
		},
		"an unknown stack": {
			[]string{"run", "--stack", "prod", "--dir", dir, "--program", self},
			`rehearse run: stack "prod": no Pulumi.prod.yaml in ` + dir + "; the stacks there are dev",
		},
		"no place for the state": {
			[]string{"run", "--stack", "dev", "--dir", dir, "--program", self, "--export", dir + "/no/state.json"},
			"rehearse run: " + dir + "/no/state.json: there is no directory " + dir + "/no to write it to",
		},
		"no place for the result": {
			[]string{"run", "--stack", "dev", "--dir", dir, "--program", self, "--json", dir + "/no/result.json"},
			"rehearse run: " + dir + "/no/result.json: there is no directory " + dir + "/no to write it to",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := call(test.args...)
			require.Equal(t, unusable, status)
			require.Empty(t, stdout)
			lines := strings.Split(strings.TrimRight(stderr, "\n"), "\n")
			require.Equal(t, test.expected, lines[len(lines)-1])
		})
	}
}
