package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	awsMissing = "the AWS CLI is missing: there is no \"aws\" on the PATH. Install it: " +
		"https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html\n"
	pluginMissing = "the AWS CLI's Session Manager plugin is missing: there is no \"session-manager-plugin\" on the PATH. Install it: " +
		"https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html\n"
	pulumiMissing = "the Pulumi CLI is missing: there is no \"pulumi\" on the PATH. Install it: " +
		"https://www.pulumi.com/docs/iac/download-install/\n"
)

// What is missing is told before anything is asked.
func TestConnect_missingTools(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		command  string
		missing  []string
		expected string
	}{
		"no CLI":            {"wait", []string{"aws"}, awsMissing},
		"no plugin":         {"shell", []string{"session-manager-plugin"}, pluginMissing},
		"no Pulumi":         {"wait", []string{"pulumi"}, pulumiMissing},
		"nothing":           {"shell", []string{"session-manager-plugin", "aws", "pulumi"}, pulumiMissing + awsMissing + pluginMissing},
		"no SSH, for SSH":   {"ssh", []string{"ssh"}, "an SSH client is missing: there is no \"ssh\" on the PATH. Install it: https://www.openssh.com/\n"},
		"plugin, to wait":   {"wait", []string{"session-manager-plugin"}, ""},
		"no SSH, for shell": {"shell", []string{"ssh"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, deployed)
			s.tool("aws", answersOnline)
			for _, tool := range test.missing {
				s.without(tool)
			}
			status := connect(s.host, []string{test.command, "--stack", "dev"})
			if test.expected == "" {
				require.Equal(t, succeeded, status, s.stderr.String())
				return
			}
			require.Equal(t, failed, status)
			require.Equal(t, "connect: "+test.expected, s.stderr.String())
			require.Equal(t, []string{""}, s.calls())
		})
	}
}

// What waiting does not mend ends it at once, and says what does.
func TestWait_refused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ said, expected string }{
		"expired": {
			"An error occurred (ExpiredTokenException) when calling the DescribeInstanceInformation operation: The security token included in the request is expired",
			"your AWS credentials have expired. Sign in again (with IAM Identity Center: aws sso login), or renew those of the source_profile of profile \"web-dev\"",
		},
		"expired sign-in": {
			"Error when retrieving token from sso: Token has expired and refresh failed",
			"your AWS credentials have expired. Sign in again (with IAM Identity Center: aws sso login), or renew those of the source_profile of profile \"web-dev\"",
		},
		"no profile": {
			"The config profile (web-dev) could not be found",
			"the AWS CLI has no profile \"web-dev\". Put what this prints into ~/.aws/config, and fill in what stands in angle brackets: pulumi stack output awsProfile --stack dev",
		},
		"no credentials": {
			"Unable to locate credentials. You can configure credentials by running \"aws configure\".",
			"the AWS CLI has no credentials that AWS takes. Sign in, or look after those of the source_profile of profile \"web-dev\": aws configure list --profile web-dev",
		},
		"not the session role's": {
			"An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/r",
			"you may not assume the session role. Either you are none of the stack's sessionPrincipals; or your own policies do not allow sts:AssumeRole; or profile \"web-dev\" lacks mfa_serial, where requireMfa is on; or its role_session_name is not the name of your IAM user. A role made within the last minute may need another",
		},
		"another role": {
			"An error occurred (AccessDeniedException) when calling the DescribeInstanceInformation operation: User: arn:aws:sts::123456789012:assumed-role/o/ann is not authorized to perform: ssm:DescribeInstanceInformation",
			"AWS denies this to the credentials of profile \"web-dev\". Is it the profile that this prints, with the stack's session role? pulumi stack output awsProfile --stack dev",
		},
		"a wrong code": {
			"An error occurred (AccessDenied) when calling the AssumeRole operation: MultiFactorAuthentication failed with invalid MFA one time pass code.",
			"AWS did not take the MFA code: each is good once, for 30 seconds. Is mfa_serial in profile \"web-dev\" the ARN of your device?",
		},
		"something else": {"a word never heard", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, deployed)
			s.write("said", test.said+"\n")
			s.tool("aws", `read -r words < "$STAGE/said"; echo "$words" >&2; exit 254`)
			require.Equal(t, failed, connect(s.host, []string{"shell", "--stack", "dev"}))
			expected := "aws ssm describe-instance-information: " + test.said
			if test.expected != "" {
				expected = test.expected + "\n(" + expected + ")"
			}
			require.Equal(t, "waiting for a-1 (i-0a) in ap-northeast-1, at most 12:00\nconnect: "+expected+"\n", s.stderr.String())
			require.Equal(t, []string{callsOutputs, callsPing}, s.calls())
		})
	}
}

func TestConnect_noStack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ pulumi, expected string }{
		"unknown": {
			`echo "error: no stack named 'dev' found" >&2; exit 255`,
			`stack "dev": pulumi stack output: error: no stack named 'dev' found. "pulumi stack ls" lists those that exist, "pulumi stack init" makes one`,
		},
		"not signed in": {
			`echo "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions" >&2; exit 255`,
			`stack "dev": pulumi stack output: error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions. Run "pulumi login" with the backend that holds the stack`,
		},
		"no passphrase": {
			`echo "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE" >&2; exit 255`,
			`stack "dev": pulumi stack output: error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE. Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE`,
		},
		"not deployed": {
			`echo '{}'`,
			`stack "dev" has no instances among its outputs: it is not deployed, or its last up did not get that far. Run: pulumi up --stack dev`,
		},
		"of another program": {
			`echo '{"instances": 3}'`,
			`stack "dev": its outputs are not those of this program: json: cannot unmarshal number into Go struct field outputs.instances of type map[string]struct { ID string "json:\"id\""; Zone string "json:\"zone\"" }`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, deployed)
			s.tool("pulumi", test.pulumi)
			require.Equal(t, failed, connect(s.host, []string{"wait", "--stack", "dev"}))
			require.Equal(t, "connect: "+test.expected+"\n", s.stderr.String())
			require.Equal(t, []string{callsOutputs}, s.calls())
		})
	}
}

func TestConnect_unknownInstance(t *testing.T) {
	t.Parallel()
	s := newStage(t, deployed)
	require.Equal(t, failed, connect(s.host, []string{"wait", "--stack", "dev", "--instance", "a-2"}))
	require.Equal(t, "connect: instance \"a-2\": stack \"dev\" has none of that name; it has a-1, c-1\n", s.stderr.String())
}

func TestConnect_notAllowed(t *testing.T) {
	t.Parallel()
	shellAlone := strings.Replace(deployed, `"sshConfig": "Host`, `"sshConfig": "", "was": "Host`, 1)
	for name, test := range map[string]struct {
		outputs  string
		args     []string
		expected string
	}{
		"ssh": {shellAlone, []string{"ssh"}, `stack "dev" allows no ssh: its sessionDocuments lack it. To allow it (where sessions are recorded or encrypted, it is refused):
    pulumi config set --stack dev --path 'sessionDocuments[0]' shell
    pulumi config set --stack dev --path 'sessionDocuments[1]' port-forwarding
    pulumi config set --stack dev --path 'sessionDocuments[2]' remote-port-forwarding
    pulumi config set --stack dev --path 'sessionDocuments[3]' ssh
    pulumi up --stack dev`},
		"port": {deployed, []string{"forward", "--to", "localhost:80", "--local", "8080", "--instance", "c-1"}, `stack "dev" allows no port-forwarding: its sessionDocuments lack it. To allow it (where sessions are recorded or encrypted, it is refused):
    pulumi config set --stack dev --path 'sessionDocuments[0]' shell
    pulumi config set --stack dev --path 'sessionDocuments[1]' ssh
    pulumi config set --stack dev --path 'sessionDocuments[2]' port-forwarding
    pulumi up --stack dev`},
		"port of another host": {deployed, []string{"forward", "--to", "10.0.32.1:5432", "--instance", "c-1"}, `stack "dev" allows no remote-port-forwarding: its sessionDocuments lack it. To allow it (where sessions are recorded or encrypted, it is refused):
    pulumi config set --stack dev --path 'sessionDocuments[0]' shell
    pulumi config set --stack dev --path 'sessionDocuments[1]' ssh
    pulumi config set --stack dev --path 'sessionDocuments[2]' remote-port-forwarding
    pulumi config set --stack dev --path 'forwardTo[0]' <cidr:port that instances may reach>
    pulumi up --stack dev`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, test.outputs)
			require.Equal(t, failed, connect(s.host, append(test.args, "--stack", "dev")))
			require.Equal(t, "connect: "+test.expected+"\n", s.stderr.String())
			require.Equal(t, []string{callsOutputs}, s.calls())
		})
	}
}

// What is wrong is named, and so is what could not be found out.
func TestWait_diagnoses(t *testing.T) {
	t.Parallel()
	s := newStage(t, deployed)
	s.tool("aws", `case "$1 $2" in
	"ssm describe-instance-information") `+answersNothing+` ;;
	"ec2 describe-instances") echo '{"Reservations": [{"Instances": [{"State": {"Name": "stopped"}}]}]}' ;;
	"ec2 describe-vpc-endpoints") echo '{"VpcEndpoints": [
		{"VpcEndpointId": "vpce-01", "State": "failed", "VpcEndpointType": "Interface", "PrivateDnsEnabled": true},
		{"VpcEndpointId": "vpce-02", "State": "available", "VpcEndpointType": "Interface", "PrivateDnsEnabled": false}]}' ;;
	esac`)
	s.prove = func(_ context.Context, state []byte) ([]string, error) {
		require.Equal(t, deployed+"\n", string(state), "what pulumi prints")
		return []string{"reach.ssm (a-1): refuted: no rule"}, nil
	}
	require.Equal(t, failed, connect(s.host, []string{"wait", "--stack", "dev", "--timeout", "0s"}))
	require.Equal(t, `waiting for a-1 (i-0a) in ap-northeast-1, at most 0:00
    0:00  Systems Manager does not know it yet
looking for the reason
connect: a-1 (i-0a) is not online after 0:00: Systems Manager does not know it yet
  wrong: i-0a is stopped. Start it: aws ec2 start-instances --region ap-northeast-1 --instance-ids i-0a
  wrong: endpoint s3 (vpce-03) does not exist. Make it again: pulumi up --refresh --stack dev
  wrong: endpoint ssm (vpce-01) is failed, not available
  wrong: endpoint ssmmessages (vpce-02) is without private DNS names, not available
  wrong: reach.ssm (a-1): refuted: no rule
`, s.stderr.String())
}

func TestWait_diagnosesWhatItCan(t *testing.T) {
	t.Parallel()
	s := newStage(t, strings.Replace(deployed, `"endpoints"`, `"others"`, 1))
	s.tool("aws", `case "$1 $2" in
	"ssm describe-instance-information") `+answersNothing+` ;;
	*) echo "An error occurred (InvalidInstanceID.NotFound): no i-0a" >&2; exit 254 ;;
	esac`)
	s.prove = func(context.Context, []byte) ([]string, error) { return nil, errors.New("no state") }
	require.Equal(t, failed, connect(s.host, []string{"wait", "--stack", "dev", "--timeout", "0s"}))
	require.True(t, strings.HasSuffix(s.stderr.String(), `
  not found out: the endpoints' states: the stack's outputs name no endpoints
  not found out: the proofs: no state
  wrong: i-0a is terminated. Make another: pulumi up --refresh --stack dev
`), s.stderr.String())
}
