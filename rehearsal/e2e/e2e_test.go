// Package e2e holds the run against a real AWS account, which is a script, and what can be tested of it without one.
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

// standIn stands in for the tools of others: it notes its arguments and does what the test's directory holds for its
// name. There is one file for all tests, since one that was just written cannot always be executed.
const standIn = `#!/bin/sh
name=${0##*/}
printf '%s\n' "$name $*" >> "$STAGE/calls"
. "$STAGE/$name"
`

var standInFile string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		panic(err)
	}
	standInFile = filepath.Join(dir, "stand-in")
	if err := os.WriteFile(standInFile, []byte(standIn), 0o700); err != nil {
		panic(err)
	}
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// stage is where the script meets stand-ins.
type stage struct {
	t           *testing.T
	dir         string
	environment []string
}

// newStage prepares stand-ins for a run in which all holds.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir()}
	s.environment = []string{
		"PATH=" + s.dir + "/bin:/usr/bin:/bin", "STAGE=" + s.dir, "HOME=" + s.dir, "TMPDIR=" + s.dir,
		"E2E_CONNECT=" + s.dir + "/bin/connect", "E2E_LOG=" + s.dir + "/log", "E2E_SETTLE=0", "E2E_YES=1",
	}
	require.NoError(t, os.Mkdir(s.dir+"/bin", 0o700))
	require.NoError(t, os.Mkdir(s.dir+"/.aws", 0o700))
	s.write(".aws/config", "[default]\nregion = eu-west-1\n")
	s.write("calls", "")
	s.tool("pulumi", "")
	s.tool("aws", `case "$1 $2" in "sts get-caller-identity") echo 123456789012 ;; "ec2 describe-vpcs") echo 0 ;; esac`)
	s.tool("connect", `while IFS= read -r line < /dev/stdin; do [ "$line" = exit ] && break; sh -c "$line"; done`)
	s.tool("session-manager-plugin", "")
	s.tool("script", `case "$1" in --version) echo script from util-linux ;; -qec) exec sh -c "$2" ;; esac`)
	return s
}

func (s *stage) write(name, text string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
}

// pulumiFirst is what the Pulumi CLI does, unless a test's own lines come first.
const pulumiFirst = `case "$*" in
"config get aws:region --stack dev") echo ap-northeast-1 ;;
"config get terminationProtection --stack dev") exit 1 ;;
"stack output vpcId --stack dev") [ -f "$STAGE/up" ] || exit 1; echo vpc-01 ;;
"stack output awsProfile --stack dev") printf '[profile web-dev]\nrole_arn = r\nrole_session_name = <your name>\nsource_profile = <your profile>\nmfa_serial = <ARN of your MFA device>\n' ;;
"up "*) : > "$STAGE/up" ;;
esac
`

// tool makes a tool do this.
func (s *stage) tool(name, script string) {
	s.t.Helper()
	if name == "pulumi" {
		script += "\n" + pulumiFirst
	}
	s.write(name, script+"\n")
	if _, err := os.Lstat(s.dir + "/bin/" + name); err != nil {
		require.NoError(s.t, os.Symlink(standInFile, s.dir+"/bin/"+name))
	}
}

// run runs the script and returns its exit status and what it printed.
func (s *stage) run() (int, string) {
	s.t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		s.t.Skip("no bash")
	}
	command := exec.Command(bash, "e2e.sh", "dev")
	command.Env = s.environment
	text, err := command.CombinedOutput()
	if err != nil {
		var exit *exec.ExitError
		require.ErrorAs(s.t, err, &exit)
	}
	return command.ProcessState.ExitCode(), string(text)
}

// calls returns what pulumi and connect were called with, and the question for what is left.
func (s *stage) calls() []string {
	s.t.Helper()
	text, err := os.ReadFile(s.dir + "/calls")
	require.NoError(s.t, err)
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

// What a whole run does.
var whole = []string{
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
	s := newStage(t)
	status, text := s.run()
	require.Equal(t, 0, status, text)
	require.Equal(t, whole, s.calls())
	require.Contains(t, text, "\nbastionless-42\n")
	require.Contains(t, text, "\n=== all of it held\n\n=== status 0; the log is "+s.dir+"/log\n")
	log, err := os.ReadFile(s.dir + "/log")
	require.NoError(t, err)
	require.Contains(t, string(log), "\n=== all of it held\n")
	left, err := filepath.Glob(s.dir + "/tmp.*")
	require.NoError(t, err)
	require.Empty(t, left)
}

// Whatever fails, what was deployed is destroyed, and the status tells.
func TestE2E_fails(t *testing.T) {
	t.Parallel()
	fail := func(command string) string { return fmt.Sprintf(`case "$*" in %s) exit 9 ;; esac`, command) }
	for name, test := range map[string]struct {
		tool, script string
		status       int
		calls        []string
		says         string
	}{
		"up":        {"pulumi", fail(`"up --yes --skip-preview --stack"*`), 9, append(whole[:1:1], destroyed), ""},
		"wait":      {"connect", fail("wait*"), 9, append(whole[:2:2], destroyed), ""},
		"session":   {"connect", fail("shell*"), 1, append(whole[:3:3], destroyed), "e2e: the session did not run the command"},
		"preview":   {"pulumi", fail("preview*"), 9, append(whole[:4:4], destroyed), ""},
		"second up": {"pulumi", fail(`*"--skip-preview --expect"*`), 9, append(whole[:5:5], destroyed), ""},
		"destroy": {
			"pulumi", fail("destroy*"), 9, append(whole[:7:7], destroyed),
			"=== STILL DEPLOYED, and costing money: pulumi destroy --stack dev",
		},
		"something is left": {
			"aws", `case "$1" in ec2) echo 1 ;; sts) echo 123456789012 ;; esac`, 1, whole,
			"e2e: the VPC vpc-01 is still there after destroy",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.tool(test.tool, test.script)
			status, text := s.run()
			require.Equal(t, test.status, status, text)
			require.Equal(t, test.calls, s.calls())
			require.Contains(t, text, test.says)
			require.Contains(t, text, fmt.Sprintf("=== status %d; the log is ", test.status))
			require.NotContains(t, text, "all of it held")
		})
	}
}

func TestE2E_keeps(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.environment = append(s.environment, "E2E_KEEP=1")
	s.tool("connect", "exit 9")
	status, text := s.run()
	require.Equal(t, 9, status)
	require.Equal(t, whole[:2], s.calls())
	require.Contains(t, text, "=== kept, and costing money: pulumi destroy --stack dev")
}

// Where it cannot end well it does not begin.
func TestE2E_refuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ tool, script, environment, says string }{
		"protection":    {"pulumi", `case "$*" in *terminationProtection*) echo true; exit 0 ;; esac`, "", `stack "dev" has terminationProtection on, and could not be destroyed: turn it off`},
		"deployed":      {"pulumi", `case "$*" in *vpcId*) echo vpc-09; exit 0 ;; esac`, "", `stack "dev" is deployed already, and this would destroy it: take another`},
		"no stack":      {"pulumi", `exit 1`, "", `stack "dev" names no aws:region; is it there?`},
		"no account":    {"aws", `exit 1`, "", "no AWS credentials"},
		"nobody agrees": {"pulumi", "", "E2E_YES=0", "nothing done"},
		"no connect":    {"pulumi", "", "E2E_CONNECT=/nowhere", "there is no /nowhere: \"make e2e\" builds it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.tool(test.tool, test.script)
			s.environment = append(s.environment, test.environment)
			status, text := s.run()
			require.Equal(t, 1, status)
			require.Equal(t, "e2e: "+test.says, last(text))
			require.Empty(t, s.calls())
		})
	}
}

func TestE2E_missingTool(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, os.Remove(s.dir+"/bin/session-manager-plugin"))
	status, text := s.run()
	require.Equal(t, 1, status)
	require.Equal(t, `e2e: there is no "session-manager-plugin" on the PATH`, last(text))
}

// The session's profile is the user's own, or is made with what the user gives.
func TestE2E_profile(t *testing.T) {
	t.Parallel()
	const seen = `case "$1" in wait) while IFS= read -r line; do printf '%s\n' "$line"; done < "${AWS_CONFIG_FILE:-$HOME/.aws/config}" > "$STAGE/seen" ;; esac`
	for name, test := range map[string]struct {
		config      string
		environment []string
		expected    string
	}{
		"made": {
			"[default]\n",
			[]string{"E2E_SESSION_NAME=ann", "E2E_SOURCE_PROFILE=me", "E2E_MFA_SERIAL=arn:aws:iam::1:mfa/ann"},
			"[default]\n\n[profile web-dev]\nrole_arn = r\nrole_session_name = ann\nsource_profile = me\nmfa_serial = arn:aws:iam::1:mfa/ann\n",
		},
		"made without MFA": {
			"[default]\n", nil,
			"[default]\n\n[profile web-dev]\nrole_arn = r\nrole_session_name = e2e\nsource_profile = default\n",
		},
		"there": {"[profile web-dev]\nmine = yes\n", nil, "[profile web-dev]\nmine = yes\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.write(".aws/config", test.config)
			s.tool("connect", seen+`; exit 9`)
			s.environment = append(s.environment, test.environment...)
			status, text := s.run()
			require.Equal(t, 9, status, text)
			got, err := os.ReadFile(s.dir + "/seen")
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
