// Package clitest deploys the repository's stacks with the ordinary Pulumi CLI to the simulated AWS, once with the oldest and once with
// the newest version of the CLI that can be compiled from Go modules. "make test-cli" compiles them.
package clitest

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/stacktest"
)

func TestMain(m *testing.M) { os.Exit(stacktest.Main(m)) }

// cli is a Pulumi CLI with a backend and a simulated AWS of its own.
type cli struct {
	t         *testing.T
	path, dir string
	environ   []string
}

// newCLI starts a simulated AWS for the CLI at path.
func newCLI(t *testing.T, path, tools string) *cli {
	t.Helper()
	c := &cli{t: t, path: path, dir: t.TempDir()}
	require.NoError(t, os.CopyFS(c.dir, os.DirFS(stacktest.Dir(t))))
	home := t.TempDir()
	c.environ = []string{
		"PATH=" + tools + ":" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + os.TempDir(),
		"PULUMI_HOME=" + home, "PULUMI_BACKEND_URL=file://" + home, "PULUMI_CONFIG_PASSPHRASE=",
		"PULUMI_SKIP_UPDATE_CHECK=true", "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK=true", stacktest.ProgramVariable + "=" + stacktest.Program(t),
	}
	server := exec.Command(filepath.Join(tools, "rehearse"), "serve", "--state", filepath.Join(home, "cloud.json"))
	server.Stderr = os.Stderr
	stdout, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	})
	lines := bufio.NewScanner(stdout)
	for range 2 {
		require.True(t, lines.Scan())
		c.environ = append(c.environ, strings.TrimPrefix(lines.Text(), "export "))
	}
	return c
}

// run runs the CLI and returns its standard output.
func (c *cli) run(args ...string) string {
	c.t.Helper()
	command := exec.Command(c.path, append(args, "--non-interactive")...)
	command.Dir, command.Env = c.dir, c.environ
	output, err := command.Output()
	require.NoError(c.t, err, "pulumi %s\n%s", strings.Join(args, " "), output)
	return string(output)
}

// tools compiles the programs that the CLI needs, and returns their directory.
func tools(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, path := range map[string]string{
		"rehearse": "./rehearsal/cmd/rehearse", "pulumi-language-go": "./rehearsal/clitest/languagehost",
	} {
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-w -s", "-o", filepath.Join(dir, name), path)
		build.Dir = stacktest.Root()
		output, err := build.CombinedOutput()
		require.NoError(t, err, string(output))
	}
	return dir
}

func TestCLI(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join(stacktest.Root(), "bin", "pulumi-*"))
	require.NoError(t, err)
	if len(found) == 0 {
		t.Skip(`no bin/pulumi-*: "make test-cli" compiles Pulumi CLIs and runs this test`)
	}
	dir := tools(t)
	for _, path := range found {
		for _, stack := range stacktest.Stacks() {
			t.Run(filepath.Base(path)+" "+stack, func(t *testing.T) {
				t.Parallel()
				newCLI(t, path, dir).requireLifecycle(stack)
			})
		}
	}
}

// requireLifecycle deploys a stack, requires that a second update and a refresh change nothing, that all required claims about the
// exported state are proven, and destroys the stack.
func (c *cli) requireLifecycle(stack string) {
	c.t.Helper()
	c.run("stack", "init", stack)
	c.run("preview", "--stack", stack)
	c.run("up", "--yes", "--skip-preview", "--stack", stack)
	c.run("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", stack)
	c.run("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", stack)

	deployment, err := proof.Read(strings.NewReader(c.run("stack", "export", "--stack", stack)))
	require.NoError(c.t, err)
	claims, err := proof.Check(deployment, proof.Options{})
	require.NoError(c.t, err)
	for _, claim := range claims {
		require.False(c.t, claim.Class == proof.Required && !claim.Passes(), "%s %s: %v", claim.ID, claim.Subject, claim.Why())
	}

	if strings.TrimSpace(c.run("config", "get", "terminationProtection", "--stack", stack)) == "true" {
		c.run("config", "set", "terminationProtection", "false", "--stack", stack)
		c.run("up", "--yes", "--skip-preview", "--stack", stack)
	}
	c.run("destroy", "--yes", "--skip-preview", "--stack", stack)
	var left struct{ Deployment struct{ Resources []any } }
	require.NoError(c.t, json.Unmarshal([]byte(c.run("stack", "export", "--stack", stack)), &left))
	require.Empty(c.t, left.Deployment.Resources)
}
