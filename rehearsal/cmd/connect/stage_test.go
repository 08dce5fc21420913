package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// standIn is what stands in for the tools of others. It notes its arguments and does what the test's own directory holds
// for its name. There is one file for all tests, since one that was just written cannot always be executed.
const standIn = `#!/bin/sh
name=${0##*/}
printf '%s\n' "$name $*" >> "$STAGE/calls"
. "$STAGE/$name"
`

// standInFile is where the stand-in is.
var standInFile string

// runMain makes this test's binary the program itself.
const runMain = "CONNECT_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
	}
	dir, err := os.MkdirTemp("", "connect")
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

// What the stand-ins do by default.
const (
	answersOnline  = `echo '{"InstanceInformationList": [{"InstanceId": "i-0a", "PingStatus": "Online"}]}'`
	answersNothing = `echo '{"InstanceInformationList": []}'`
	printsOutputs  = `while IFS= read -r line; do printf '%s\n' "$line"; done < "$STAGE/outputs"`
	// awsWith answers a question about the instance with what stands in its place.
	awsWith = `case "$1 $2" in "ssm describe-instance-information") %s ;; *) echo "unexpected: $*" >&2; exit 99 ;; esac`
)

// deployed are the outputs of a stack with two instances that allows all kinds of session.
const deployed = `{
  "endpoints": {"s3": "vpce-03", "ssm": "vpce-01", "ssmmessages": "vpce-02"},
  "instances": {
    "a-1": {"id": "i-0a", "privateIp": "10.0.11.10", "zone": "ap-northeast-1a"},
    "c-1": {"id": "i-0c", "privateIp": "10.0.13.10", "zone": "ap-northeast-1c"}
  },
  "portForward": {
    "a-1": {
      "port": "aws ssm start-session --profile web-dev --region ap-northeast-1 --target i-0a --document-name AWS-StartPortForwardingSession --parameters 'portNumber=<port>,localPortNumber=<local port>'",
      "remotePort": "aws ssm start-session --profile web-dev --region ap-northeast-1 --target i-0a --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters 'host=<host>,portNumber=<port>,localPortNumber=<local port>'"
    },
    "c-1": {}
  },
  "sshConfig": "Host web-dev-a-1\n  HostName i-0a\n  User ec2-user\n\nHost web-dev-c-1\n  HostName i-0c\n  User ec2-user\n",
  "startSession": {
    "a-1": "aws ssm start-session --profile web-dev --region ap-northeast-1 --target i-0a",
    "c-1": "aws ssm start-session --profile web-dev --region ap-northeast-1 --target i-0c --document-name web-dev-sessions"
  },
  "vpcId": "vpc-01"
}`

// stage is a host whose tools are stand-ins and whose clock is the test's.
type stage struct {
	*host
	t              *testing.T
	dir            string
	signals        chan os.Signal
	stdout, stderr bytes.Buffer
	elapsed        time.Duration
}

// newStage prepares the stand-ins of all tools, for a stack with these outputs.
func newStage(t *testing.T, outputs string) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir(), signals: make(chan os.Signal, 4)}
	s.host = &host{
		environment: []string{"PATH=" + s.dir + "/bin", "STAGE=" + s.dir, "HOME=" + s.dir},
		stdout:      &s.stdout, stderr: &s.stderr, signals: s.signals,
		now:      func() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC).Add(s.elapsed) },
		sleep:    func(_ context.Context, d time.Duration) { s.elapsed += d },
		interval: 5 * time.Second, grace: time.Minute,
		prove: func(context.Context, []byte) ([]string, error) { return nil, nil },
	}
	require.NoError(t, os.Mkdir(s.dir+"/bin", 0o700))
	s.write("outputs", outputs+"\n")
	s.write("calls", "")
	s.tool("pulumi", printsOutputs)
	s.tool("aws", fmt.Sprintf(awsWith, answersOnline))
	s.tool("session-manager-plugin", "")
	s.tool("ssh", "")
	return s
}

func (s *stage) write(name, text string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
}

// tool makes a tool do this.
func (s *stage) tool(name, script string) {
	s.t.Helper()
	s.write(name, script+"\n")
	if _, err := os.Lstat(s.dir + "/bin/" + name); err != nil {
		require.NoError(s.t, os.Symlink(standInFile, s.dir+"/bin/"+name))
	}
}

// without removes a tool.
func (s *stage) without(name string) {
	s.t.Helper()
	require.NoError(s.t, os.Remove(s.dir+"/bin/"+name))
}

// calls returns what tools were called with.
func (s *stage) calls() []string {
	s.t.Helper()
	text, err := os.ReadFile(s.dir + "/calls")
	require.NoError(s.t, err)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// What tools are called with.
const (
	callsOutputs = "pulumi stack output --json --stack dev"
	callsPing    = "aws ssm describe-instance-information --filters Key=InstanceIds,Values=i-0a " +
		"--region ap-northeast-1 --output json --profile web-dev"
)
