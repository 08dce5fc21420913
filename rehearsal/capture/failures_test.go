package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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

// An answer that is not JSON ends the capture.
func TestCapture_answerIsCutOff(t *testing.T) {
	s := newStandIn(t, 1)
	require.NoError(t, os.Remove(s.dir+"/bin/aws"))
	require.NoError(t, os.WriteFile(s.dir+"/bin/aws", []byte("#!/bin/sh\necho '{\"Account\":'\n"), 0o700))
	_, _, err := s.capture(nil)
	require.ErrorContains(t, err, "aws sts get-caller-identity: unexpected end of JSON input")
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
