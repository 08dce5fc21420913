package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine/enginetest"
)

// TestMain makes this test's binary a Pulumi program where the engine runs it as one.
func TestMain(m *testing.M) {
	if os.Getenv(pulumi.EnvMonitor) != "" {
		pulumi.Run(compiled)
		return
	}
	os.Exit(m.Run())
}

// compiled is the program that this test's binary is: a VPC, or nothing that AWS takes.
func compiled(ctx *pulumi.Context) error {
	block, _ := ctx.GetConfig("test:block")
	return ctx.RegisterResource("aws:ec2/vpc:Vpc", "network", pulumi.Map{"cidrBlock": pulumi.String(block)},
		&enginetest.Resource{}, pulumi.Version("6.83.2"))
}

// call runs a command line and returns its exit status and what it wrote.
func call(args ...string) (status int, stdout, stderr string) {
	var out, errors strings.Builder
	status = rehearse(context.Background(), args, &out, &errors)
	return status, out.String(), errors.String()
}

func TestRehearse_usage(t *testing.T) {
	t.Parallel()
	var written strings.Builder
	usage(&written)
	text := written.String()
	require.True(t, strings.HasPrefix(text, "Rehearse a stack on the real Pulumi engine and a simulated AWS.\n\nUsage:\n\n"), text)
	for _, c := range commands() {
		require.Contains(t, text, fmt.Sprintf("\n    rehearse %-8s %s\n", c.name, c.summary))
	}
	require.True(t, strings.HasSuffix(text, `
"rehearse COMMAND -h" tells a command's flags. Exit status: 0, all that was required held;
1, something did not, and the last line says what; 2, wrong usage or unusable input.
`), text)

	for _, test := range []struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		{nil, unusable, "", text},
		{[]string{"help"}, held, text, ""},
		{[]string{"--help"}, held, text, ""},
		{[]string{"rnu"}, unusable, "", text + "\nrehearse: there is no command \"rnu\"\n"},
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

// The whole command, with a compiled program and the simulated AWS.
func TestRun_wholly(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	for block, expected := range map[string]struct {
		status int
		last   string
	}{
		"10.0.0.0/16": {held, "dev: all held, in "},
		"10.0.0.0/8":  {didNotHold, "dev: did not hold: preview: "},
	} {
		t.Run(block, func(t *testing.T) {
			t.Parallel()
			dir := enginetest.Directory(t, "name: test\nruntime: go\n",
				"config:\n  aws:region: ap-northeast-1\n  block: "+block+"\n")
			result, state := filepath.Join(dir, "result.json"), filepath.Join(dir, "state.json")
			status, stdout, stderr := call("run", "--stack", "dev", "--dir", dir, "--program", self,
				"--json", result, "--export", state)
			require.Empty(t, stderr)
			require.Equal(t, expected.status, status, stdout)
			require.True(t, strings.HasPrefix(last(stdout), expected.last), stdout)
			require.Contains(t, stdout, "\n--- preview: what an up would do\nPreviewing update (dev):\n")
			require.FileExists(t, result)
			if status == held {
				require.FileExists(t, state)
				require.Contains(t, stdout, "\n    - 2 deleted\n")
			}
		})
	}
}
