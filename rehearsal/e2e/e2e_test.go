// Package e2e tests the script that tests a stack on a real AWS account, with fake tools, and the make
// targets and the workflow of the repository.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeTool stands in for the programs that the script runs. It logs its arguments and runs the test's
// script for its name. All tests share one file, because a file that was just written cannot always be
// executed.
const fakeTool = `#!/bin/sh
name=${0##*/}
printf '%s\n' "$name $*" >> "$TEST_DIR/calls"
. "$TEST_DIR/$name"
`

// fakeToolFile is the file of fakeTool.
var fakeToolFile string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		panic(err)
	}
	fakeToolFile = filepath.Join(dir, "fake-tool")
	if err := os.WriteFile(fakeToolFile, []byte(fakeTool), 0o700); err != nil {
		panic(err)
	}
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// testEnv is the environment in which the script runs.
type testEnv struct {
	t       *testing.T
	dir     string
	environ []string
}

// newTestEnv installs tools with which the script succeeds.
func newTestEnv(t *testing.T) *testEnv {
	t.Helper()
	e := &testEnv{t: t, dir: t.TempDir()}
	e.environ = []string{
		"PATH=" + e.dir + "/bin:/usr/bin:/bin", "TEST_DIR=" + e.dir, "HOME=" + e.dir, "TMPDIR=" + e.dir,
		"E2E_CONNECT=" + e.dir + "/bin/connect", "E2E_LOG=" + e.dir + "/log", "E2E_SESSION_DELAY=0", "E2E_YES=1",
	}
	require.NoError(t, os.Mkdir(e.dir+"/bin", 0o700))
	require.NoError(t, os.Mkdir(e.dir+"/.aws", 0o700))
	e.write(".aws/config", "[default]\nregion = eu-west-1\n")
	e.write("calls", "")
	e.tool("pulumi", "")
	e.tool("aws", `case "$1 $2" in "sts get-caller-identity") echo 123456789012 ;; "ec2 describe-vpcs") echo 0 ;; esac`)
	e.tool("connect", `while IFS= read -r line < /dev/stdin; do [ "$line" = exit ] && break; sh -c "$line"; done`)
	e.tool("session-manager-plugin", "")
	e.tool("script", `case "$1" in --version) echo script from util-linux ;; -qec) exec sh -c "$2" ;; esac`)
	return e
}

func (e *testEnv) write(name, text string) {
	e.t.Helper()
	require.NoError(e.t, os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o600))
}

// pulumiScript is the script of the Pulumi CLI. The lines of a test come before it.
const pulumiScript = `case "$*" in
"config get aws:region --stack dev") echo ap-northeast-1 ;;
"config get terminationProtection --stack dev" | "config get sessionDocuments --stack dev") exit 1 ;;
"stack output vpcId --stack dev") [ -f "$TEST_DIR/up" ] || exit 1; echo vpc-01 ;;
"stack output awsProfile --stack dev") printf '[profile web-dev]\nrole_arn = r\nrole_session_name = <your name>\nsource_profile = <your profile>\nmfa_serial = <ARN of your MFA device>\n' ;;
"up "*) : > "$TEST_DIR/up" ;;
esac
`

// tool installs a fake tool that runs a script.
func (e *testEnv) tool(name, script string) {
	e.t.Helper()
	if name == "pulumi" {
		script += "\n" + pulumiScript
	}
	e.write(name, script+"\n")
	if _, err := os.Lstat(e.dir + "/bin/" + name); err != nil {
		require.NoError(e.t, os.Symlink(fakeToolFile, e.dir+"/bin/"+name))
	}
}

// run runs the script and returns its exit status and its output.
func (e *testEnv) run() (int, string) {
	e.t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		e.t.Skip("no bash")
	}
	command := exec.Command(bash, "e2e.sh", "dev")
	command.Env = e.environ
	text, err := command.CombinedOutput()
	if err != nil {
		var exit *exec.ExitError
		require.ErrorAs(e.t, err, &exit)
	}
	return command.ProcessState.ExitCode(), string(text)
}

// calls returns the command lines that deploy, connect, destroy, and look for the VPC, in order.
func (e *testEnv) calls() []string {
	e.t.Helper()
	text, err := os.ReadFile(e.dir + "/calls")
	require.NoError(e.t, err)
	var calls []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		for _, prefix := range []string{"pulumi up", "pulumi preview", "pulumi refresh", "pulumi destroy", "connect", "aws ec2"} {
			if strings.HasPrefix(line, prefix) {
				calls = append(calls, line)
			}
		}
	}
	return calls
}

// allCalls are the calls of a run that succeeds.
var allCalls = []string{
	"pulumi up --yes --skip-preview --stack dev",
	"connect wait --stack dev",
	"connect shell --stack dev",
	"pulumi preview --expect-no-changes --stack dev",
	"pulumi up --yes --skip-preview --expect-no-changes --stack dev",
	"pulumi refresh --yes --skip-preview --expect-no-changes --stack dev",
	"pulumi destroy --yes --skip-preview --stack dev",
	"aws ec2 describe-vpcs --region ap-northeast-1 --filters Name=vpc-id,Values=vpc-01 --query length(Vpcs) --output text",
}

const destroyed = "pulumi destroy --yes --stack dev"

func TestE2E(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t)
	status, text := e.run()
	require.Equal(t, 0, status, text)
	require.Equal(t, allCalls, e.calls())
	require.Contains(t, text, "\nbastionless-42\n")
	require.Contains(t, text, "\n=== all checks passed\n\n=== exit status 0; the log is "+e.dir+"/log\n")
	log, err := os.ReadFile(e.dir + "/log")
	require.NoError(t, err)
	require.Contains(t, string(log), "\n=== all checks passed\n")
	left, err := filepath.Glob(e.dir + "/tmp.*")
	require.NoError(t, err)
	require.Empty(t, left)
}

// If any command fails, the script destroys the stack and fails.
func TestE2E_fails(t *testing.T) {
	t.Parallel()
	fail := func(command string) string { return fmt.Sprintf(`case "$*" in %s) exit 9 ;; esac`, command) }
	for name, test := range map[string]struct {
		tool, script string
		status       int
		calls        []string
		says         string
	}{
		"up":        {"pulumi", fail(`"up --yes --skip-preview --stack"*`), 9, append(allCalls[:1:1], destroyed), ""},
		"wait":      {"connect", fail("wait*"), 9, append(allCalls[:2:2], destroyed), ""},
		"session":   {"connect", fail("shell*"), 1, append(allCalls[:3:3], destroyed), "e2e: the session did not run the command: "},
		"preview":   {"pulumi", fail("preview*"), 9, append(allCalls[:4:4], destroyed), ""},
		"second up": {"pulumi", fail(`*"--skip-preview --expect"*`), 9, append(allCalls[:5:5], destroyed), ""},
		"destroy": {
			"pulumi", fail("destroy*"), 9, append(allCalls[:7:7], destroyed),
			"=== THE STACK IS STILL DEPLOYED and costs money. Destroy it: pulumi destroy --stack dev",
		},
		"leftover VPC": {
			"aws", `case "$1" in ec2) echo 1 ;; sts) echo 123456789012 ;; esac`, 1, allCalls,
			"e2e: the VPC vpc-01 still exists after the destroy: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t)
			e.tool(test.tool, test.script)
			status, text := e.run()
			require.Equal(t, test.status, status, text)
			require.Equal(t, test.calls, e.calls())
			require.Contains(t, text, test.says)
			require.Contains(t, text, fmt.Sprintf("=== exit status %d; the log is ", test.status))
			require.NotContains(t, text, "all checks passed")
		})
	}
}

func TestE2E_keep(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t)
	e.environ = append(e.environ, "E2E_KEEP=1")
	e.tool("connect", "exit 9")
	status, text := e.run()
	require.Equal(t, 9, status)
	require.Equal(t, allCalls[:2], e.calls())
	require.Contains(t, text, "=== the stack is still deployed and costs money. Destroy it: pulumi destroy --stack dev")
}

// The script rejects a run that cannot succeed before it deploys anything.
func TestE2E_refuses(t *testing.T) {
	t.Parallel()
	documents := func(value string) string {
		return `case "$*" in *sessionDocuments*) echo '` + value + `'; exit 0 ;; esac`
	}
	for name, test := range map[string]struct{ tool, script, environ, says string }{
		"termination protection": {
			"pulumi", `case "$*" in *terminationProtection*) echo true; exit 0 ;; esac`, "",
			`stack "dev" has terminationProtection and could not be destroyed: choose another stack, or set it to false`,
		},
		"no shell": {
			"pulumi", documents(`["ssh","port-forwarding"]`), "",
			`sessionDocuments of stack "dev" is without shell, and this opens one: choose another stack, or add shell`,
		},
		"deployed": {
			"pulumi", `case "$*" in *vpcId*) echo vpc-09; exit 0 ;; esac`, "",
			`stack "dev" is already deployed, and this would destroy it: choose another stack`,
		},
		"no stack": {
			"pulumi", `exit 1`, "",
			`stack "dev" does not exist or has no aws:region: choose a stack of "pulumi stack ls"`,
		},
		"no credentials": {"aws", `exit 1`, "", "the AWS CLI has no credentials: sign in"},
		"canceled":       {"pulumi", "", "E2E_YES=0", "canceled"},
		"no connect": {
			"pulumi", "", "E2E_CONNECT=/nowhere",
			`/nowhere does not exist: build it with "make e2e"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t)
			e.tool(test.tool, test.script)
			e.environ = append(e.environ, test.environ)
			status, text := e.run()
			require.Equal(t, 1, status)
			require.Equal(t, "e2e: "+test.says, last(text))
			require.Empty(t, e.calls())
		})
	}
}

func TestE2E_missingTool(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t)
	require.NoError(t, os.Remove(e.dir+"/bin/session-manager-plugin"))
	status, text := e.run()
	require.Equal(t, 1, status)
	require.Equal(t, `e2e: "session-manager-plugin" is not on the PATH: install it`, last(text))
}

// The script accepts a stack whose sessionDocuments include shell.
func TestE2E_documents(t *testing.T) {
	t.Parallel()
	for _, value := range []string{`["shell","ssh"]`, `[]`} {
		e := newTestEnv(t)
		e.tool("pulumi", `case "$*" in *sessionDocuments*) echo '`+value+`'; exit 0 ;; esac`)
		status, text := e.run()
		require.Equal(t, 0, status, text)
		require.Equal(t, allCalls, e.calls())
	}
}

// For the session, the script uses the user's own profile, or adds one with the user's values.
func TestE2E_profile(t *testing.T) {
	t.Parallel()
	const seen = `case "$1" in wait) while IFS= read -r line; do printf '%s\n' "$line"; done < "${AWS_CONFIG_FILE:-$HOME/.aws/config}" > "$TEST_DIR/seen" ;; esac`
	for name, test := range map[string]struct {
		config   string
		environ  []string
		expected string
	}{
		"added": {
			"[default]\n",
			[]string{"E2E_SESSION_NAME=ann", "E2E_SOURCE_PROFILE=me", "E2E_MFA_SERIAL=arn:aws:iam::1:mfa/ann"},
			"[default]\n\n[profile web-dev]\nrole_arn = r\nrole_session_name = ann\nsource_profile = me\nmfa_serial = arn:aws:iam::1:mfa/ann\n",
		},
		"added without MFA": {
			"[default]\n", nil,
			"[default]\n\n[profile web-dev]\nrole_arn = r\nrole_session_name = e2e\nsource_profile = default\n",
		},
		"exists": {"[profile web-dev]\nmine = yes\n", nil, "[profile web-dev]\nmine = yes\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t)
			e.write(".aws/config", test.config)
			e.tool("connect", seen+`; exit 9`)
			e.environ = append(e.environ, test.environ...)
			status, text := e.run()
			require.Equal(t, 9, status, text)
			got, err := os.ReadFile(e.dir + "/seen")
			require.NoError(t, err)
			require.Equal(t, test.expected, string(got))
		})
	}
}

// last returns the last line of a text.
func last(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
