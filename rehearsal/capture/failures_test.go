package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
)

// After these errors, no further call is made.
func TestCapture_fails(t *testing.T) {
	for name, test := range map[string]struct {
		command string
		failure failure
		remedy  string
	}{
		"no credentials":      {"sts get-caller-identity", failure{Message: "Unable to locate credentials. You can configure credentials by running \"aws configure\"."}, "aws sso login"},
		"an unknown profile":  {"sts get-caller-identity", failure{Message: "The config profile (ops) could not be found"}, "aws:profile"},
		"a role is denied":    {"sts get-caller-identity", failure{Code: "AccessDenied", Operation: "AssumeRole"}, "AssumeRole"},
		"expired credentials": {"ec2 describe-subnets", failure{Code: "RequestExpired", Message: "Request has expired."}, "aws sso login"},
		"an expired role":     {"ec2 describe-subnets", failure{Code: "AccessDenied", Operation: "AssumeRole"}, "AssumeRole"},
		"no connection":       {"ec2 describe-subnets", failure{Message: `Could not connect to the endpoint URL: "https://ec2"`}, "network"},
		"a bug of the CLI":    {"ec2 describe-subnets", failure{Message: "list index out of range"}, "list index out of range"},
	} {
		for version := 1; version <= 2; version++ {
			s := newStandIn(t, version)
			s.fail(map[string]failure{test.command: test.failure})
			file, _, err := s.capture(nil)
			require.ErrorContains(t, err, test.remedy, name)
			require.ErrorContains(t, err, "aws "+test.command+": ", name)
			require.NotContains(t, err.Error(), "[ERROR]", name)
			require.NotContains(t, err.Error(), ".: ", name)
			require.Nil(t, file, name)
			calls := s.calls()
			require.True(t, strings.HasPrefix(calls[len(calls)-1], test.command), name)
		}
	}
}

func TestOpen_notInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Open(t.Context(), Options{Region: "cn-north-1", Progress: io.Discard})
	require.ErrorContains(t, err, "the AWS CLI is not installed")
}

// answer makes the stand-in answer one command with a text. It answers the others as usual.
func (s *standIn) answer(command, text string) {
	s.t.Helper()
	s.replaceAnswer(command, "printf '%s' '"+text+"'")
}

// replaceAnswer makes a shell script answer one command.
func (s *standIn) replaceAnswer(command, script string) {
	s.t.Helper()
	self, err := os.Executable()
	require.NoError(s.t, err)
	require.NoError(s.t, os.MkdirAll(s.dir+"/other", 0o700))
	if _, err := os.Lstat(s.dir + "/other/aws"); err != nil {
		require.NoError(s.t, os.Symlink(self, s.dir+"/other/aws"))
	}
	script = "#!/bin/sh\nPATH=/usr/bin:/bin\nif [ \"$1 $2\" != '" + command + "' ]; then exec \"" + s.dir + "/other/aws\" \"$@\"; fi\n" + script + "\n"
	require.NoError(s.t, os.Remove(s.dir+"/bin/aws"))
	require.NoError(s.t, os.WriteFile(s.dir+"/bin/aws", []byte(script), 0o700))
}

// An answer that the AWS CLI would not print for any account ends the capture. Otherwise the file would say that the account
// is empty.
func TestCapture_rejectsAnswers(t *testing.T) {
	s := newStandIn(t, 1)
	requireRejected := func(call Call, answer string) {
		t.Helper()
		s.answer(call.Command, answer)
		c, err := newCLI("cn-north-1", "ops")
		require.NoError(t, err)
		r := &reader{cli: c, progress: io.Discard, file: &account.File{}}
		_, ok := read[any](t.Context(), r, call)
		require.False(t, ok, answer)
		require.ErrorContains(t, r.err, "aws "+call.Command+": the answer ", answer)
		require.ErrorContains(t, r.err, ": check that "+s.dir+"/bin/aws is the AWS CLI, and update it", answer)
		require.NotContains(t, r.err.Error(), "\n", answer)
	}
	for _, call := range Calls()[1:] {
		requireRejected(call, "{}")
	}
	for _, answer := range []string{``, `null`, `[]`, `{"NextToken": "t"}`, `{"Vpcs": null}`, `{"Vpcs": [`} {
		requireRejected(describeVpcs, answer)
	}
	for _, answer := range []string{``, `null`, `{}`, `[]`, `{"Account": "111122223333"}`} {
		s.answer(getCaller.Command, answer)
		_, _, err := s.capture(nil)
		require.ErrorContains(t, err, "aws sts get-caller-identity: the answer ", answer)
	}
	for command, answers := range map[string][]string{
		"ec2 describe-vpcs":          {`{"Vpcs": [], "NextToken": "t"}`, `{"Vpcs": {}}`},
		"logs describe-log-groups":   {`{"logGroups": [], "nextToken": "t"}`},
		"ec2 describe-vpc-attribute": {`{"EnableDnsSupport": {}}`},
		"ec2 describe-instances":     {`{"Reservations": [{}]}`, `{"Reservations": [null]}`},
		"ssm get-service-setting":    {`{"ServiceSetting": {}}`},
	} {
		for _, answer := range answers {
			s := newStandIn(t, 1)
			s.answer(command, answer)
			_, _, err := s.capture(nil)
			require.ErrorContains(t, err, "aws "+command+": ", answer)
		}
	}
}

// A file that a rehearsal would refuse is not written either. An empty token means that there are no more pages.
func TestCapture_checksAnswers(t *testing.T) {
	s := newStandIn(t, 1)
	for answer, problem := range map[string]string{
		`{"Subnets": [], "NextToken": ""}`:   "",
		`{"Subnets": [], "NextToken": null}`: "",
		`{"Subnets": [{}]}`:                  "subnets: element 1 has no SubnetId",
		`{"Subnets": [null]}`:                "subnets: element 1 has no SubnetId",
	} {
		s.answer("ec2 describe-subnets", answer)
		file, _, err := s.capture(nil)
		if problem == "" {
			require.NoError(t, err, answer)
			require.Empty(t, file.Subnets)
			continue
		}
		require.ErrorContains(t, err, problem, answer)
		require.ErrorContains(t, err, "capture the account again", answer)
		require.Nil(t, file)
	}
}

// A program that neither answers nor ends is killed, with all processes that it started.
func TestCapture_endsCalls(t *testing.T) {
	for name, test := range map[string]struct{ script, problem string }{
		"it hangs":               {`sleep 1000 & echo $! >> "$CAPTURE_TEST_DIR/pids"; echo $$ >> "$CAPTURE_TEST_DIR/pids"; wait`, "no complete answer within 2s"},
		"it ignores signals":     {`trap "" TERM INT HUP; echo $$ >> "$CAPTURE_TEST_DIR/pids"; while :; do sleep 1000; done`, "no complete answer within 2s"},
		"it only prints":         {`yes & echo $! >> "$CAPTURE_TEST_DIR/pids"; wait`, "the answer has more than 65536 bytes"},
		"it only prints errors":  {`yes >&2 & echo $! >> "$CAPTURE_TEST_DIR/pids"; wait`, "no complete answer within 2s"},
		"a grandchild continues": {`sh -c 'sleep 1000 & echo $! >> "$CAPTURE_TEST_DIR/pids"; wait' & wait`, "no complete answer within 2s"},
	} {
		s := newStandIn(t, 1)
		s.replaceAnswer("ec2 describe-subnets", test.script)
		c, err := newCLI("cn-north-1", "ops")
		require.NoError(t, err)
		c.maxDuration, c.maxSize = 2*time.Second, 1<<16
		start := time.Now()
		_, err = c.run(t.Context(), describeSubnets)
		require.ErrorContains(t, err, "aws ec2 describe-subnets: "+test.problem, name)
		var failed *callError
		require.ErrorAs(t, err, &failed, name)
		require.False(t, failed.omittable(), name)
		require.NotContains(t, err.Error(), "\n", name)
		require.Less(t, time.Since(start), time.Minute, name)
		pids, err := os.ReadFile(s.dir + "/pids")
		require.NoError(t, err, name)
		for _, pid := range strings.Fields(string(pids)) {
			number, err := strconv.Atoi(pid)
			require.NoError(t, err)
			require.Eventually(t, func() bool { return !runs(number) }, 10*time.Second, 10*time.Millisecond, name)
		}
	}
}

// runs reports whether a process exists and is not a zombie.
func runs(pid int) bool {
	state, err := exec.Command("/bin/ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(state)), "Z")
}

// Every retry that the user permits adds time.
func TestNewCLI_maxDuration(t *testing.T) {
	newStandIn(t, 1)
	for value, want := range map[string]time.Duration{
		"": 2*time.Minute + 200*time.Second, "30": 2*time.Minute + 600*time.Second, "many": 2*time.Minute + 200*time.Second,
		"0": 2*time.Minute + 200*time.Second,
	} {
		t.Setenv("AWS_MAX_ATTEMPTS", value)
		c, err := newCLI("cn-north-1", "")
		require.NoError(t, err)
		require.Equal(t, want, c.maxDuration, value)
	}
}

// A long error message is shortened.
func TestCapture_longMessage(t *testing.T) {
	s := newStandIn(t, 1)
	s.replaceAnswer("ec2 describe-subnets", `i=0; while [ $i -lt 2000 ]; do echo a line of a traceback >&2; i=$((i+1)); done; exit 1`)
	_, _, err := s.capture(nil)
	require.ErrorContains(t, err, "aws ec2 describe-subnets: a line of a traceback")
	require.Less(t, len(err.Error()), 5000)
}

// An interrupt ends the running call and the capture.
func TestCapture_interrupted(t *testing.T) {
	s := newStandIn(t, 2)
	_, _, err := s.capture(nil)
	require.NoError(t, err)
	interrupted := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	var progress cancelAt
	progress.section, progress.cancel = "subnets", func() { cancel(interrupted) }
	opened, err := Open(ctx, Options{Region: "cn-north-1", Profile: "ops", Progress: &progress})
	require.NoError(t, err)
	s.calls()
	file, err := opened.Capture(ctx)
	require.ErrorIs(t, err, interrupted)
	require.Nil(t, file)
	calls := s.calls()
	require.Equal(t, "ec2 describe-subnets", calls[len(calls)-1])
}

// cancelAt cancels when a section is reported.
type cancelAt struct {
	section string
	cancel  func()
}

func (c *cancelAt) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(c.section)) {
		c.cancel()
	}
	return len(line), nil
}
