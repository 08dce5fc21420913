package main

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hang is a script that does not end by itself or by SIGTERM.
const hang = `trap '' TERM; exec /bin/sleep 1000`

// ceiling is far longer than any number of grace periods in these tests, and far shorter than hang.
const ceiling = time.Minute

// interrupt runs connect, sends SIGTERM a number of times after a call with this prefix has begun, and
// returns the status.
func (e *testEnv) interrupt(prefix string, times int, args ...string) int {
	e.t.Helper()
	ended := make(chan int, 1)
	go func() { ended <- e.connect(e.t.Context(), args) }()
	e.waitForCall(prefix)
	for range times {
		e.signals <- syscall.SIGTERM
	}
	select {
	case status := <-ended:
		return status
	case <-time.After(ceiling):
		require.Fail(e.t, "connect does not end after a signal")
		return 0
	}
}

// waitForCall waits until a call with this prefix has begun.
func (e *testEnv) waitForCall(prefix string) {
	e.t.Helper()
	begun := func() bool { return strings.Contains("\n"+strings.Join(e.calls(), "\n"), "\n"+prefix) }
	require.Eventually(e.t, begun, ceiling, time.Millisecond, prefix)
}

// Any program that hangs is killed after a signal and the grace period, and no other program starts.
func TestConnect_interruptedInCall(t *testing.T) {
	t.Parallel()
	for hangs, args := range map[string][]string{
		"pulumi stack output":            {"wait"},
		"ssh -G":                         {"ssh"},
		"aws " + describe:                {"wait"},
		"aws ec2 describe-instances":     {"wait", "--timeout", "0s"},
		"aws ec2 describe-vpc-endpoints": {"wait", "--timeout", "0s"},
		"pulumi stack export":            {"wait", "--timeout", "0s"},
		"rehearse verify":                {"wait", "--timeout", "0s"},
	} {
		t.Run(hangs, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t, outputsOf(t, connection()))
			e.grace = 50 * time.Millisecond
			e.aws(notOnline)
			// The script of the hanging program comes after this line.
			tool, command, _ := strings.Cut(hangs, " ")
			script, err := os.ReadFile(e.dir + "/" + tool)
			require.NoError(t, err)
			e.tool(tool, `case "$*" in "`+command+`"*) `+hang+" ;; esac\n"+string(script))
			require.Equal(t, statusSignal+int(syscall.SIGTERM), e.interrupt(hangs, 1, append(args, "--stack", "dev")...))
			calls := e.calls()
			require.True(t, strings.HasPrefix(calls[len(calls)-1], hangs), calls)
		})
	}
}

func TestWait_interruptedBetweenCalls(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, outputsOf(t, connection()))
	e.aws(map[string]string{describe: printNothing})
	e.sleep = func(ctx context.Context, _ time.Duration) {
		e.signals <- os.Interrupt
		<-ctx.Done()
	}
	require.Equal(t, statusSignal+int(syscall.SIGINT), e.run("shell", "--stack", "dev"))
	require.Equal(t, []string{callOutputs, callPing}, e.calls())
}

// After a session was interrupted, a call that hangs is killed, and the next signal ends it at once.
func TestShell_interruptedThenHangs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		grace   time.Duration
		signals int
	}{
		"the time runs out": {50 * time.Millisecond, 1},
		"a second signal":   {ceiling, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t, outputsOf(t, connection()))
			e.grace = test.grace
			e.aws(map[string]string{
				"ssm start-session":       `trap 'exit 0' TERM; while :; do /bin/sleep 0.01; done`,
				"sts get-caller-identity": `exec /bin/sleep 1000`,
			})
			if test.signals == 2 {
				go func() {
					e.waitForCall("aws sts")
					e.signals <- syscall.SIGTERM
				}()
			}
			status := e.interrupt("aws ssm start-session", 1, "shell", "--stack", "dev")
			require.Equal(t, statusSignal+int(syscall.SIGTERM), status)
			calls := e.calls()
			require.True(t, strings.HasPrefix(calls[len(calls)-1], "aws sts get-caller-identity "), calls)
		})
	}
}

// A signal that arrives twice, as under make, does not end the clean-up.
func TestShell_interruptedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, outputsOf(t, connection()))
	e.aws(map[string]string{
		"ssm start-session":       `trap '/bin/sleep 0.2; exit 0' TERM; while :; do /bin/sleep 0.01; done`,
		"sts get-caller-identity": `echo arn:aws:sts::123456789012:assumed-role/r/ann`,
		"ssm describe-sessions":   `echo "2026-09-01T12:00:01+00:00	ann-0a"`,
		"ssm terminate-session":   `echo ann-0a`,
	})
	require.Equal(t, statusSignal+int(syscall.SIGTERM), e.interrupt("aws ssm start-session", 2, "shell", "--stack", "dev"))
	calls := e.calls()
	require.True(t, strings.HasPrefix(calls[len(calls)-1], "aws ssm terminate-session --session-id ann-0a "), calls)
}
