package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWait_interrupted(t *testing.T) {
	t.Parallel()
	s := newStage(t, deployed)
	s.tool("aws", answersNothing)
	s.sleep = func(ctx context.Context, _ time.Duration) {
		s.signals <- os.Interrupt
		<-ctx.Done()
	}
	require.Equal(t, onSignal+int(syscall.SIGINT), connect(s.host, []string{"shell", "--stack", "dev"}))
	require.Equal(t, "waiting for a-1 (i-0a) in ap-northeast-1, at most 12:00\n"+
		"    0:00  Systems Manager does not know it yet\nconnect: interrupted; nothing was opened\n", s.stderr.String())
	require.Equal(t, []string{callsOutputs, callsPing}, s.calls())
}

// A question that hangs ends with a signal, too.
func TestWait_interruptedInAQuestion(t *testing.T) {
	t.Parallel()
	s := newStage(t, deployed)
	s.tool("pulumi", `exec /bin/sleep 1000`)
	s.signals <- syscall.SIGTERM
	require.Equal(t, onSignal+int(syscall.SIGTERM), connect(s.host, []string{"wait", "--stack", "dev"}))
	require.Equal(t, "connect: interrupted; nothing was opened\n", s.stderr.String())
}

// openSession is a session that has processes of its own, and says so. It does on an interrupt what stands in its place.
const openSession = `"ssm start-session")
	trap 'ON' INT TERM
	/bin/sleep 1000 2>/dev/null &
	echo open
	while :; do wait; done ;;`

// interruptedSession opens a shell, sends it a signal, and waits until none of its processes is left: all of them hold
// the standard output.
func interruptedSession(t *testing.T, s *stage, sent os.Signal) (status int) {
	t.Helper()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	s.stdout.Reset()
	s.host.stdout = writer
	ended := make(chan int, 1)
	go func() {
		ended <- connect(s.host, []string{"shell", "--stack", "dev"})
		_ = writer.Close()
	}()
	begin := make([]byte, len("open\n"))
	_, err = io.ReadFull(reader, begin)
	require.NoError(t, err, "%s", &s.stderr)
	require.Equal(t, "open\n", string(begin))
	s.signals <- sent
	status = <-ended
	rest, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Empty(t, string(rest))
	return status
}

func TestShell_interrupted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		on       string
		grace    time.Duration
		sessions string
		expected string
		calls    int
	}{
		"its session is over": {"exit 1", time.Minute, `echo None`, "no session is left", 2},
		"its session is left": {
			"exit 1", time.Minute, `echo "2026-09-01T12:00:09+00:00	ann-0b"; echo "2026-09-01T12:00:01+00:00	ann-0a"`,
			"session ann-0a is ended", 3,
		},
		"it does not end": {"", time.Millisecond, ``, "no session is left", 2},
		"AWS is silent":   {"exit 1", time.Minute, `exit 1`, "Systems Manager ends what is left of it after the idle time-out", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, deployed)
			s.grace = test.grace
			s.tool("aws", `case "$1 $2" in `+strings.Replace(openSession, "ON", test.on, 1)+`
				"sts get-caller-identity") echo arn:aws:sts::123456789012:assumed-role/r/ann ;;
				"ssm describe-sessions") `+test.sessions+` ;;
				"ssm terminate-session") echo ann-0a ;;
				*) `+answersOnline+` ;; esac`)
			require.Equal(t, onSignal+int(syscall.SIGTERM), interruptedSession(t, s, syscall.SIGTERM))
			require.True(t, strings.HasSuffix(s.stderr.String(), "\nconnect: interrupted; "+test.expected+"\n"), s.stderr.String())
			const flags = " --region ap-northeast-1 --output text --profile web-dev --query "
			require.Equal(t, []string{
				"aws sts get-caller-identity" + flags + "Arn",
				"aws ssm describe-sessions --state Active --filters key=Target,value=i-0a " +
					"key=Owner,value=arn:aws:sts::123456789012:assumed-role/r/ann key=InvokedAfter,value=2026-09-01T11:59:55Z" +
					flags + "Sessions[].[StartDate,SessionId]",
				"aws ssm terminate-session --session-id ann-0a" + flags + "SessionId",
			}[:test.calls], s.calls()[3:])
		})
	}
}

// What a session leaves running when it ends by itself goes with it.
func TestSession_leavesNothingRunning(t *testing.T) {
	t.Parallel()
	s := newStage(t, deployed)
	s.tool("aws", `/bin/sleep 1000 2>/dev/null & exit 5`)
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	s.host.stdout, s.host.stderr = writer, writer
	status, err := s.session([]string{"aws", "ssm", "start-session"})
	require.NoError(t, err)
	require.Equal(t, 5, status)
	require.NoError(t, writer.Close())
	_, err = io.ReadAll(reader)
	require.NoError(t, err)
}

func TestSession_endedBySignal(t *testing.T) {
	t.Parallel()
	s := newStage(t, deployed)
	s.tool("aws", `kill -KILL $$`)
	status, err := s.session([]string{"aws"})
	require.NoError(t, err)
	require.Equal(t, onSignal+int(syscall.SIGKILL), status)
}

// On a terminal the session gets what is typed, and afterwards the terminal is ours again.
func TestShell_onATerminal(t *testing.T) {
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
	s := newStage(t, deployed)
	s.tool("aws", `case "$1 $2" in "ssm start-session") read -r line < /dev/tty; echo "got <$line>" ;; *) `+answersOnline+` ;; esac`)
	command := exec.Command(script, "-qec", self+` shell --stack dev && read -r line < /dev/tty && echo "then <$line>"`, "/dev/null")
	command.Env = append(s.environment[1:], "PATH="+s.dir+"/bin:/usr/bin:/bin", "SHELL=/bin/sh", runMain+"=1")
	command.Stdin = strings.NewReader("one\ntwo\n")
	text, err := command.CombinedOutput()
	require.NoError(t, err, string(text))
	require.Contains(t, string(text), "got <one>\r\n")
	require.Contains(t, string(text), "then <two>\r\n")
}
