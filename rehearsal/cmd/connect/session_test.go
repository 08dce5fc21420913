package main

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sessionWithChild is a session that starts a process of its own. ON is what it does on a signal.
const sessionWithChild = `trap 'ON' INT TERM
	/bin/sleep 1000 2>/dev/null &
	echo open
	while :; do wait; done`

// interruptSession opens a shell, sends it SIGTERM, and waits until none of its processes is left: each of them
// holds the standard output open.
func (e *testEnv) interruptSession() (status int) {
	e.t.Helper()
	reader, writer, err := os.Pipe()
	require.NoError(e.t, err)
	defer reader.Close()
	e.env.stdout = writer
	ended := make(chan int, 1)
	go func() {
		ended <- e.connect(e.t.Context(), []string{"shell", "--stack", "dev"})
		_ = writer.Close()
	}()
	first := make([]byte, len("open\n"))
	_, err = io.ReadFull(reader, first)
	require.NoError(e.t, err, "%s", &e.stderr)
	require.Equal(e.t, "open\n", string(first))
	e.signals <- syscall.SIGTERM
	status = <-ended
	rest, err := io.ReadAll(reader)
	require.NoError(e.t, err)
	require.Empty(e.t, string(rest))
	return status
}

// interruptedSessions are sessions that are interrupted, by what becomes of them.
var interruptedSessions = map[string]struct {
	onSignal string
	grace    time.Duration
	// sessions is how the AWS CLI lists the active sessions.
	sessions string
	// calls is the number of calls after the session.
	calls int
}{
	"closed":  {"exit 1", time.Minute, `echo None`, 2},
	"left":    {"exit 1", time.Minute, `echo "2026-09-01T12:00:09+00:00	ann-0b"; echo "2026-09-01T12:00:01+00:00	ann-0a"`, 3},
	"killed":  {"", 2 * time.Second, ``, 2},
	"unknown": {"exit 1", time.Minute, `exit 1`, 2},
}

// interruptSessionNamed interrupts one of interruptedSessions.
func (e *testEnv) interruptSessionNamed(name string) int {
	e.t.Helper()
	test := interruptedSessions[name]
	e.grace = test.grace
	e.aws(map[string]string{
		"ssm start-session":       strings.Replace(sessionWithChild, "ON", test.onSignal, 1),
		"sts get-caller-identity": `echo arn:aws:sts::123456789012:assumed-role/r/ann`,
		"ssm describe-sessions":   test.sessions,
		"ssm terminate-session":   `echo ann-0a`,
	})
	return e.interruptSession()
}

// The first session since the start is ours: it is terminated, and no other.
func TestShell_interrupted(t *testing.T) {
	t.Parallel()
	for name, test := range interruptedSessions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t, outputsOf(t, connection()))
			require.Equal(t, statusSignal+int(syscall.SIGTERM), e.interruptSessionNamed(name))
			const flags = " --region ap-northeast-1 --output text --profile web-dev"
			require.Equal(t, []string{
				"aws sts get-caller-identity --query Arn" + flags,
				"aws ssm describe-sessions --state Active --filters key=Target,value=i-0a " +
					"key=Owner,value=arn:aws:sts::123456789012:assumed-role/r/ann key=InvokedAfter,value=2026-09-01T11:59:55Z" +
					" --query Sessions[].[StartDate,SessionId]" + flags,
				"aws ssm terminate-session --session-id ann-0a --query SessionId" + flags,
			}[:test.calls], e.calls()[3:])
		})
	}
}

// What a session leaves running when it ends is killed.
func TestRunSession_leavesNothingRunning(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, outputsOf(t, connection()))
	e.tool("aws", `/bin/sleep 1000 2>/dev/null & exit 5`)
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	e.env.stdout, e.env.stderr = writer, writer
	status, err := e.runSession(t.Context(), []string{"aws", "ssm", "start-session"})
	require.NoError(t, err)
	require.Equal(t, 5, status)
	require.NoError(t, writer.Close())
	_, err = io.ReadAll(reader)
	require.NoError(t, err)
}

func TestRunSession_endedBySignal(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, outputsOf(t, connection()))
	e.tool("aws", `kill -KILL $$`)
	status, err := e.runSession(t.Context(), []string{"aws"})
	require.NoError(t, err)
	require.Equal(t, statusSignal+int(syscall.SIGKILL), status)
}

// On a terminal the session reads what is typed, and returns the terminal when it ends.
func TestShell_onTerminal(t *testing.T) {
	t.Parallel()
	script, err := exec.LookPath("script")
	if err != nil {
		t.Skip("no script(1), which makes a terminal")
	}
	if out, err := exec.Command(script, "--version").Output(); err != nil || !strings.Contains(string(out), "util-linux") {
		t.Skip("not the script(1) of util-linux")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	e := newTestEnv(t, outputsOf(t, connection()))
	e.aws(map[string]string{"ssm start-session": `read -r line < /dev/tty; echo "got <$line>"`})
	command := exec.Command(script, "-qec", self+` shell --stack dev && read -r line < /dev/tty && echo "then <$line>"`, "/dev/null")
	command.Env = append(e.environ[1:], "PATH="+e.dir+"/bin:/usr/bin:/bin", "SHELL=/bin/sh", runMain+"=1")
	command.Stdin = strings.NewReader("one\ntwo\n")
	printed, err := command.CombinedOutput()
	require.NoError(t, err, string(printed))
	require.Contains(t, string(printed), "got <one>\r\n")
	require.Contains(t, string(printed), "then <two>\r\n")
}
