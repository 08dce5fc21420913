package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/capture"
	"bastionless/rehearsal/engine/enginetest"
)

// fakeAWS logs all calls, and prints a file for each of them.
const fakeAWS = `#!/bin/sh
echo "$*" >> "$TEST_DIR/calls"
case "$1 $2" in
"iam list-users") [ ! -e "$TEST_DIR/deny" ] || { echo "An error occurred (AccessDenied) when calling the ListUsers operation: no" >&2; exit 254; } ;;
"ec2 describe-images") [ ! -e "$TEST_DIR/break" ] || { echo "Could not connect to the endpoint URL" >&2; exit 255; } ;;
esac
cat "$TEST_DIR/answers/$1 $2"
`

// captureEnv is a project with a fake AWS CLI.
type captureEnv struct {
	t   *testing.T
	dir string
}

func newCaptureEnv(t *testing.T, stackFile string) *captureEnv {
	t.Helper()
	e := &captureEnv{t, enginetest.Directory(t, "name: test\nruntime: go\n", stackFile)}
	require.NoError(t, os.Mkdir(e.dir+"/bin", 0o700))
	require.NoError(t, os.WriteFile(e.dir+"/bin/aws", []byte(fakeAWS), 0o700))
	t.Setenv("PATH", e.dir+"/bin:"+os.Getenv("PATH"))
	t.Setenv("TEST_DIR", e.dir)
	require.NoError(t, os.Mkdir(e.dir+"/answers", 0o700))
	for _, call := range capture.Calls() {
		e.answer(call.Command, `{"`+call.Key+`": []}`)
	}
	e.answer("sts get-caller-identity", `{"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/ann"}`)
	e.answer("iam get-account-summary", `{"SummaryMap": {}}`)
	e.answer("ec2 get-ebs-encryption-by-default", `{"EbsEncryptionByDefault": false}`)
	e.answer("ssm get-service-setting", `{"ServiceSetting": {"SettingValue": "$None"}}`)
	return e
}

// answer sets the answer to a call.
func (e *captureEnv) answer(command, text string) {
	e.t.Helper()
	require.NoError(e.t, os.WriteFile(filepath.Join(e.dir, "answers", command), []byte(text), 0o600))
}

func (e *captureEnv) capture(flags ...string) (status int, stdout, stderr string) {
	return call("", append([]string{"capture", "--stack", "dev", "--dir", e.dir}, flags...)...)
}

func (e *captureEnv) touch(name string) {
	e.t.Helper()
	require.NoError(e.t, os.WriteFile(filepath.Join(e.dir, name), nil, 0o600))
}

// The Region, the profile and the image come from the stack file.
func TestCapture(t *testing.T) {
	e := newCaptureEnv(t, "config:\n  aws:region: eu-west-1\n  aws:profile: ops\n  test:amiId: ami-0a\n  aws:allowedAccountIds: [\"111122223333\"]\n")
	status, stdout, stderr := e.capture()
	require.Equal(t, exitOK, status, stderr)
	path := filepath.Join(e.dir, "accounts", "dev.json")
	require.Equal(t, path+": account 111122223333 in eu-west-1\n", stdout)
	require.True(t, strings.HasPrefix(stderr, "Capturing account 111122223333 in eu-west-1:\n  zones "), stderr)
	calls, err := os.ReadFile(e.dir + "/calls")
	require.NoError(t, err)
	for line := range strings.Lines(string(calls)) {
		require.Contains(t, line, " --region eu-west-1 --output json --profile ops\n")
	}
	require.Contains(t, string(calls), "Name=image-id,Values=ami-0a ")

	status, _, stderr = e.capture("--profile", "other", "--redact", "--out", e.dir+"/other.json")
	require.Equal(t, exitOK, status, stderr)
	written, err := os.ReadFile(e.dir + "/other.json")
	require.NoError(t, err)
	var file struct {
		AccountID string
		Redacted  bool
	}
	require.NoError(t, json.Unmarshal(written, &file))
	require.Equal(t, "123456789012", file.AccountID)
	require.True(t, file.Redacted)
	calls, err = os.ReadFile(e.dir + "/calls")
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(calls), " --profile other\n"))
}

// The values of the tags that decide about access are kept.
func TestCapture_targetTags(t *testing.T) {
	e := newCaptureEnv(t, "config:\n  aws:region: eu-west-1\n  test:targetTags: [team=db]\n")
	e.answer("ec2 describe-key-pairs", `{"KeyPairs": [{"KeyName": "ann", "KeyPairId": "key-1", "Tags": [{"Key": "Team", "Value": "db"}, {"Key": "Name", "Value": "x"}]}]}`)
	status, _, stderr := e.capture()
	require.Equal(t, exitOK, status, stderr)
	opened, err := os.Open(filepath.Join(e.dir, "accounts", "dev.json"))
	require.NoError(t, err)
	defer opened.Close()
	file, err := account.Read(opened)
	require.NoError(t, err)
	require.Equal(t, []account.Tag{{Key: "Name"}, {Key: "Team", Value: "db"}}, file.KeyPairs[0].Tags)
	require.Equal(t, []string{"Name"}, file.RemovedTagValues)
}

func TestCapture_omitted(t *testing.T) {
	e := newCaptureEnv(t, "config: {aws:region: eu-west-1}\n")
	e.touch("deny")
	status, stdout, _ := e.capture()
	require.Equal(t, exitOK, status)
	require.Contains(t, stdout, "\nAbsent or incomplete: users.")
}

// If the answers of the AWS CLI lack the lists, the account is not captured as an empty one.
func TestCapture_answersLackLists(t *testing.T) {
	e := newCaptureEnv(t, "config: {aws:region: eu-west-1}\n")
	for _, answer := range []string{"", "null", "{}", `{"NextToken": "t"}`} {
		e.answer("ec2 describe-vpcs", answer)
		status, stdout, stderr := e.capture()
		require.Equal(t, exitFailed, status)
		require.Empty(t, stdout)
		require.True(t, strings.HasPrefix(last(stderr), "rehearse capture: aws ec2 describe-vpcs: the answer "), stderr)
		require.NoDirExists(t, e.dir+"/accounts")
	}
}

// A capture that fails leaves the previous file as it was.
func TestCapture_fails(t *testing.T) {
	e := newCaptureEnv(t, "config: {aws:region: eu-west-1, test:amiId: ami-0a}\n")
	e.touch("break")
	require.NoError(t, os.Mkdir(e.dir+"/accounts", 0o700))
	e.touch("accounts/dev.json")
	status, stdout, stderr := e.capture()
	require.Equal(t, exitFailed, status)
	require.Empty(t, stdout)
	require.True(t, strings.HasPrefix(last(stderr), "rehearse capture: aws ec2 describe-images: Could not connect"), stderr)
	entries, err := os.ReadDir(e.dir + "/accounts")
	require.NoError(t, err)
	require.Len(t, entries, 1)
	info, err := entries[0].Info()
	require.NoError(t, err)
	require.Zero(t, info.Size())
}

func TestCapture_invalid(t *testing.T) {
	for name, test := range map[string]struct {
		stackFile string
		flags     []string
		expected  string
	}{
		"another account": {
			"config: {aws:region: eu-west-1, aws:allowedAccountIds: [\"444455556666\"]}\n", nil,
			"your credentials belong to account 111122223333, which aws:allowedAccountIds (444455556666) does not allow: " +
				"use credentials of another account, such as with --profile",
		},
		"a forbidden account": {
			"config: {aws:region: eu-west-1, aws:forbiddenAccountIds: [\"111122223333\"]}\n", nil,
			"your credentials belong to account 111122223333, which aws:forbiddenAccountIds forbids: use credentials of another account, such as with --profile",
		},
		"another Region": {
			"config: {aws:region: eu-west-1}\n",
			[]string{"--region", "eu-west-2"},
			`--region eu-west-2: aws:region of stack "dev" is eu-west-1, and a rehearsal needs the account in that Region: leave --region out`,
		},
		"no Region":           {"config: {}\n", nil, "aws:region is not set: set it with `pulumi config set aws:region REGION`"},
		"a misspelled Region": {"config: {aws:region: eu-wset-1}\n", nil, `aws:region: unknown Region "eu-wset-1": did you mean "eu-west-1"?`},
		"no directory":        {"config: {aws:region: eu-west-1}\n", []string{"--out", "no/x.json"}, "--out no/x.json: directory no does not exist"},
		"an argument":         {"config: {aws:region: eu-west-1}\n", []string{"prod"}, `unexpected argument "prod"`},
	} {
		e := newCaptureEnv(t, test.stackFile)
		status, stdout, stderr := e.capture(test.flags...)
		require.Equal(t, exitUsage, status, name)
		require.Empty(t, stdout, name)
		require.Equal(t, "rehearse capture: "+test.expected, last(stderr), name)
		require.NoFileExists(t, e.dir+"/accounts/dev.json", name)
	}
	status, _, stderr := call("", "capture")
	require.Equal(t, exitUsage, status)
	require.Equal(t, "rehearse capture: missing --stack: name the stack whose account to capture, such as --stack dev", last(stderr))
}

func TestCapture_interrupted(t *testing.T) {
	e := newCaptureEnv(t, "config: {aws:region: eu-west-1}\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr strings.Builder
	status := execute(ctx, []string{"capture", "--stack", "dev", "--dir", e.dir}, streams{strings.NewReader(""), &stdout, &stderr})
	require.Equal(t, exitFailed, status)
	require.Equal(t, "rehearse capture: interrupted ("+e.dir+"/accounts/dev.json was not written)\n", stderr.String())
	require.NoDirExists(t, e.dir+"/accounts")
}
