package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine/enginetest"
)

// TestMain runs the test binary as a Pulumi program if the engine started it.
func TestMain(m *testing.M) {
	if os.Getenv(pulumi.EnvMonitor) != "" {
		pulumi.Run(testProgram)
		return
	}
	os.Exit(m.Run())
}

// testProgram is the Pulumi program of the test binary. It declares a VPC, and logs a warning.
func testProgram(ctx *pulumi.Context) error {
	block, _ := ctx.GetConfig("test:block")
	if err := ctx.Log.Warn("a warning of the program", nil); err != nil {
		return err
	}
	return ctx.RegisterResource("aws:ec2/vpc:Vpc", "network", pulumi.Map{"cidrBlock": pulumi.String(block)},
		&enginetest.Resource{}, pulumi.Version("6.83.2"))
}

// call runs a command line with this standard input, and returns the exit status and the output.
func call(stdin string, args ...string) (status int, stdout, stderr string) {
	var out, errors strings.Builder
	status = execute(context.Background(), args, streams{strings.NewReader(stdin), &out, &errors})
	return status, out.String(), errors.String()
}

func TestExecute_usage(t *testing.T) {
	t.Parallel()
	var written strings.Builder
	usage(&written)
	text := written.String()
	for _, c := range commands() {
		require.Contains(t, text, "\n    rehearse "+c.name+" ")
	}
	for _, test := range []struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		{nil, exitUsage, "", text},
		{[]string{"help"}, exitOK, text, ""},
		{[]string{"--help"}, exitOK, text, ""},
		{[]string{"rnu"}, exitUsage, "", text + "\nrehearse: unknown command \"rnu\"\n"},
	} {
		status, stdout, stderr := call("", test.args...)
		require.Equal(t, test.status, status, test.args)
		require.Equal(t, test.stdout, stdout, test.args)
		require.Equal(t, test.stderr, stderr, test.args)
	}
}

func TestExecute_version(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := call("", "--version")
	require.Equal(t, exitOK, status)
	require.Empty(t, stderr)
	require.Regexp(t, `^rehearse .*go1\.\d+.*\n$`, stdout)

	built := &debug.BuildInfo{GoVersion: "go1.26", Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	require.Equal(t, "(devel) commit abc of 2026-01-02T03:04:05Z, modified, go1.26", describeBuild(built))
	built.Main.Version, built.Settings = "v1.2.3", nil
	require.Equal(t, "v1.2.3, go1.26", describeBuild(built))
}

func TestExecute_flags(t *testing.T) {
	t.Parallel()
	for command, flags := range map[string][]string{
		"run":     {"-stack", "-dir", "-program", "-account", "-export", "-json", "-report", "-verbose", "-quiet", "-strict"},
		"capture": {"-stack", "-dir", "-region", "-profile", "-out", "-tags", "-redact"},
		"verify":  {"-json", "-principal", "-strict"},
		"report":  {"-compare", "-markdown", "-output", "-principal", "-strict"},
		"diagram": nil,
		"serve":   {"-state"},
	} {
		status, stdout, stderr := call("", command, "-h")
		require.Equal(t, exitOK, status)
		require.Empty(t, stderr)
		require.True(t, strings.HasPrefix(stdout, "Usage:\n\n    rehearse "+command+" "), stdout)
		var found []string
		for _, match := range regexp.MustCompile(`(?m)^  (-[a-z]+)`).FindAllStringSubmatch(stdout, -1) {
			found = append(found, match[1])
		}
		require.ElementsMatch(t, flags, found)
	}
}

// The last line names the command and the problem with the command line.
func TestExecute_invalid(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := enginetest.Directory(t, "name: test\nruntime: go\n", "")
	text := filepath.Join(dir, "Pulumi.yaml")
	unknownRegion := enginetest.Directory(t, "name: test\nruntime: go\n", "config: {aws:region: eu-wset-1}\n")

	for name, test := range map[string]struct {
		args     []string
		expected string
	}{
		"an unknown flag": {[]string{"run", "--stakc", "dev"}, "rehearse run: flag provided but not defined: -stakc"},
		"an argument":     {[]string{"run", "--stack", "dev", "prod"}, `rehearse run: unexpected argument "prod"`},
		"verbose and quiet": {
			[]string{"run", "--stack", "dev", "--verbose", "--quiet"}, "rehearse run: --verbose and --quiet exclude each other: use one of them",
		},
		"an unknown Region": {
			[]string{"run", "--stack", "dev", "--dir", unknownRegion, "--program", self},
			`rehearse run: aws:region: unknown Region "eu-wset-1": did you mean "eu-west-1"?`,
		},
		"no Region": {
			[]string{"run", "--stack", "dev", "--dir", dir, "--program", self},
			"rehearse run: aws:region is not set: set it with `pulumi config set aws:region REGION`",
		},
		"no stack":                 {[]string{"run"}, "rehearse run: missing --stack: name the stack to rehearse, such as --stack dev"},
		"an unknown flag of serve": {[]string{"serve", "--stack", "dev"}, "rehearse serve: flag provided but not defined: -stack"},
		"no program": {
			[]string{"run", "--stack", "dev", "--dir", dir},
			"rehearse run: program " + filepath.Join(dir, "bin", "bastionless") + ` does not exist: build it with "make build"`,
		},
		"a program that is not executable": {
			[]string{"run", "--stack", "dev", "--dir", dir, "--program", text},
			"rehearse run: program " + text + " is not executable",
		},
		"an unknown stack": {
			[]string{"run", "--stack", "prod", "--dir", dir, "--program", self},
			`rehearse run: stack "prod": no Pulumi.prod.yaml in ` + dir + "; existing stacks: dev",
		},
		"no project": {
			[]string{"run", "--stack", "dev", "--dir", dir + "/no"},
			"rehearse run: there is no Pulumi.yaml in " + dir + "/no: run this in the project's directory, or set --dir",
		},
		"a directory for the result": {
			[]string{"run", "--stack", "dev", "--dir", dir, "--program", self, "--json", dir},
			"rehearse run: --json " + dir + ": this is a directory: name a file",
		},
		"no directory for the state": {
			[]string{"run", "--stack", "dev", "--dir", dir, "--program", self, "--export", dir + "/no/state.json"},
			"rehearse run: --export " + dir + "/no/state.json: directory " + dir + "/no does not exist",
		},
		"no directory for the result": {
			[]string{"run", "--stack", "dev", "--dir", dir, "--program", self, "--json", dir + "/no/result.json"},
			"rehearse run: --json " + dir + "/no/result.json: directory " + dir + "/no does not exist",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := call("", test.args...)
			require.Equal(t, exitUsage, status)
			require.Empty(t, stdout)
			lines := strings.Split(strings.TrimRight(stderr, "\n"), "\n")
			require.Equal(t, test.expected, lines[len(lines)-1])
		})
	}
}

// TestRun_command runs the whole command with a compiled program and the simulated AWS.
func TestRun_command(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	for name, test := range map[string]struct {
		block, flag string
		status      int
		first, last string
	}{
		"by default": {"10.0.0.0/16", "", exitOK, "Rehearsing dev with a simulated AWS:\n  preview ", "dev: all checks passed in "},
		"verbose": {
			"10.0.0.0/16", "--verbose", exitOK,
			"Rehearsing dev with a simulated AWS:\n\n--- preview: predicts an update\nPreviewing update (dev):\n", "dev: all checks passed in ",
		},
		"quiet":     {"10.0.0.0/16", "--quiet", exitOK, "  preview ", "dev: all checks passed in "},
		"a failure": {"10.0.0.0/8", "--quiet", exitFailed, "  preview ", "dev: 1 check failed: preview"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := enginetest.Directory(t, "name: test\nruntime: go\n",
				"config:\n  aws:region: ap-northeast-1\n  block: "+test.block+"\n")
			result, state := filepath.Join(dir, "result.json"), filepath.Join(dir, "state.json")
			args := []string{"run", "--stack", "dev", "--dir", dir, "--program", self, "--json", result, "--export", state}
			if test.flag != "" {
				args = append(args, test.flag)
			}
			status, stdout, stderr := call("", args...)
			require.Empty(t, stderr)
			require.Equal(t, test.status, status, stdout)
			require.True(t, strings.HasPrefix(stdout, test.first), stdout)
			require.True(t, strings.HasPrefix(last(stdout), test.last), stdout)
			require.Equal(t, 1, strings.Count(stdout, "  - a warning of the program\n"), stdout)
			require.FileExists(t, result)
			if status == exitOK {
				require.FileExists(t, state)
			}
		})
	}
}
