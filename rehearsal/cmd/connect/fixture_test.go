package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bastionless/internal/contract"
)

// fakeTool stands in for the programs that connect runs. It logs its arguments and runs the test's script for its
// name. All tests share one file, because a file that was just written cannot always be executed.
const fakeTool = `#!/bin/sh
name=${0##*/}
printf '%s\n' "$name $*" >> "$TEST_DIR/calls"
. "$TEST_DIR/$name"
`

// fakeToolFile is the file of fakeTool.
var fakeToolFile string

// runMain makes the test binary run main.
const runMain = "CONNECT_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
	}
	dir, err := os.MkdirTemp("", "connect")
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

// Parts of scripts of the fake AWS CLI.
const (
	printOnline  = `echo '{"InstanceInformationList": [{"InstanceId": "i-0a", "PingStatus": "Online"}]}'`
	printNothing = `echo '{"InstanceInformationList": []}'`
)

// connection is the output of a stack that allows all kinds of session.
func connection() contract.Connection {
	return contract.Connection{
		Region: "ap-northeast-1", Profile: "web-dev", LoginUser: "ec2-user", PushKey: true,
		Documents: []string{contract.Shell, contract.SSH, contract.PortForwarding, contract.RemotePortForwarding},
		ForwardTo: []string{"10.0.32.0/24:5432", "10.0.33.7/32:22"},
		Instances: map[string]contract.Instance{
			"a-1": {ID: "i-0a", Zone: "ap-northeast-1a", PrivateIP: "10.0.11.10"},
			"c-1": {ID: "i-0c", Zone: "ap-northeast-1c", PrivateIP: "10.0.13.10"},
		},
	}
}

// outputsOf returns what "pulumi stack output --json" prints for a stack.
func outputsOf(t *testing.T, c contract.Connection) string {
	t.Helper()
	printed, err := json.Marshal(map[string]any{
		contract.ConnectionOutput: c,
		contract.EndpointsOutput:  map[string]string{"s3": "vpce-03", "ssm": "vpce-01", "ssmmessages": "vpce-02"},
		"vpcId":                   "vpc-01",
	})
	require.NoError(t, err)
	return string(printed)
}

// testEnv is an env whose tools are fake and whose clock is the test's.
type testEnv struct {
	*env
	t              *testing.T
	dir            string
	signals        chan os.Signal
	stdout, stderr bytes.Buffer
	elapsed        time.Duration
}

// newTestEnv installs all tools. The Pulumi CLI prints these outputs, and the instance is online.
func newTestEnv(t *testing.T, outputs string) *testEnv {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the fake tools are shell scripts")
	}
	e := &testEnv{t: t, dir: t.TempDir(), signals: make(chan os.Signal, 4)}
	e.env = &env{
		environ:  []string{"PATH=" + e.dir + "/bin", "TEST_DIR=" + e.dir, "HOME=" + e.dir},
		lookPath: func(name string) (string, error) { return exec.LookPath(e.dir + "/bin/" + name) },
		rehearse: e.dir + "/bin/rehearse",
		stdout:   &e.stdout, stderr: &e.stderr, signals: e.signals,
		now:      func() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC).Add(e.elapsed) },
		sleep:    func(_ context.Context, d time.Duration) { e.elapsed += d },
		interval: 5 * time.Second, grace: time.Minute,
	}
	require.NoError(t, os.Mkdir(e.dir+"/bin", 0o700))
	e.write("outputs", outputs+"\n")
	e.write("calls", "")
	e.tool("pulumi", `while IFS= read -r line; do printf '%s\n' "$line"; done < "$TEST_DIR/outputs"`)
	e.aws(nil)
	e.tool("session-manager-plugin", "")
	e.tool("ssh", `case "$1" in -G) echo "user ec2-user"; echo "hostname i-0a" ;; esac`)
	e.tool("rehearse", `echo '{"claims": []}' > "$3"`)
	return e
}

func (e *testEnv) write(name, text string) {
	e.t.Helper()
	require.NoError(e.t, os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o600))
}

// tool installs a fake tool that runs a script.
func (e *testEnv) tool(name, script string) {
	e.t.Helper()
	e.write(name, script+"\n")
	if _, err := os.Lstat(e.dir + "/bin/" + name); err != nil {
		require.NoError(e.t, os.Symlink(fakeToolFile, e.dir+"/bin/"+name))
	}
}

// aws installs a fake AWS CLI, which runs the script for its first two arguments, such as "ssm start-session". By
// default the instance is online, a session ends at once, and everything else fails.
func (e *testEnv) aws(scripts map[string]string) {
	e.t.Helper()
	all := map[string]string{describe: printOnline, "ssm start-session": ""}
	maps.Copy(all, scripts)
	script := `case "$1 $2" in` + "\n"
	for _, command := range slices.Sorted(maps.Keys(all)) {
		script += `"` + command + `") ` + all[command] + " ;;\n"
	}
	e.tool("aws", script+`*) echo "unexpected: $*" >&2; exit 99 ;; esac`)
}

const describe = "ssm describe-instance-information"

// uninstall removes tools.
func (e *testEnv) uninstall(names ...string) {
	e.t.Helper()
	for _, name := range names {
		require.NoError(e.t, os.Remove(e.dir+"/bin/"+name))
	}
}

// run runs connect and returns the exit status.
func (e *testEnv) run(args ...string) int {
	e.t.Helper()
	return e.connect(e.t.Context(), args)
}

// calls returns the command lines of all tools, in order.
func (e *testEnv) calls() []string {
	e.t.Helper()
	log, err := os.ReadFile(e.dir + "/calls")
	require.NoError(e.t, err)
	return strings.FieldsFunc(string(log), func(r rune) bool { return r == '\n' })
}

// Calls of every command.
const (
	callOutputs = "pulumi stack output --json --stack dev"
	callPing    = "aws ssm describe-instance-information --filters Key=InstanceIds,Values=i-0a " +
		"--region ap-northeast-1 --output json --profile web-dev"
	callSession = "aws ssm start-session --profile web-dev --region ap-northeast-1 --target i-0a"
)
