package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWait_onlineAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t, deployed)
	require.Equal(t, succeeded, connect(s.host, []string{"wait", "--stack", "dev"}))
	require.Equal(t, "waiting for a-1 (i-0a) in ap-northeast-1, at most 12:00\n    0:00  online\n", s.stderr.String())
	require.Empty(t, s.stdout.String())
	require.Equal(t, []string{callsOutputs, callsPing}, s.calls())
}

// counts makes a stand-in know in $n how often it was called.
const counts = `n=0; [ -f "$STAGE/n" ] && read -r n < "$STAGE/n"; n=$((n+1)); echo $n > "$STAGE/n"; `

func TestWait_onlineLater(t *testing.T) {
	t.Parallel()
	s := newStage(t, deployed)
	s.tool("aws", counts+fmt.Sprintf(awsWith, `case $n in
	[1-8]) `+answersNothing+` ;;
	9) echo 'Could not connect to the endpoint URL: "https://ssm"' >&2; exit 255 ;;
	10) echo '{"InstanceInformationList": [{"PingStatus": "ConnectionLost"}]}' ;;
	*) `+answersOnline+` ;; esac`))
	require.Equal(t, succeeded, connect(s.host, []string{"wait", "--stack", "dev", "--instance", "i-0a"}))
	require.Equal(t, `waiting for a-1 (i-0a) in ap-northeast-1, at most 12:00
    0:00  Systems Manager does not know it yet
    0:30  Systems Manager does not know it yet
    0:40  aws ssm describe-instance-information: Could not connect to the endpoint URL: "https://ssm"
    0:45  Systems Manager has lost its connection to it
    0:50  online
`, s.stderr.String())
}

func TestWait_never(t *testing.T) {
	t.Parallel()
	s := newStage(t, deployed)
	s.tool("aws", `case "$1 $2" in
	"ssm describe-instance-information") `+answersNothing+` ;;
	"ec2 describe-instances") echo '{"Reservations": [{"Instances": [{"State": {"Name": "running"}}]}]}' ;;
	"ec2 describe-vpc-endpoints") echo '{"VpcEndpoints": [
		{"VpcEndpointId": "vpce-01", "State": "available", "VpcEndpointType": "Interface", "PrivateDnsEnabled": true},
		{"VpcEndpointId": "vpce-02", "State": "available", "VpcEndpointType": "Interface", "PrivateDnsEnabled": true},
		{"VpcEndpointId": "vpce-03", "State": "available", "VpcEndpointType": "Gateway", "PrivateDnsEnabled": false}]}' ;;
	esac`)
	require.Equal(t, failed, connect(s.host, []string{"shell", "--stack", "dev", "--timeout", "12s"}))
	require.Equal(t, `waiting for a-1 (i-0a) in ap-northeast-1, at most 0:12
    0:00  Systems Manager does not know it yet
looking for the reason
connect: a-1 (i-0a) is not online after 0:12: Systems Manager does not know it yet
  nothing that was looked at is wrong. An agent that was denied something sleeps up to 30 minutes, one that
  reached nothing up to 10, and later up to 60. A reboot wakes it; with credentials that may:
    aws ec2 reboot-instances --region ap-northeast-1 --instance-ids i-0a
  or wait longer: --timeout 35m
`, s.stderr.String())
	require.Equal(t, 12*time.Second, s.elapsed)
	require.Equal(t, []string{
		callsOutputs, callsPing, callsPing, callsPing, callsPing,
		"aws ec2 describe-instances --instance-ids i-0a --region ap-northeast-1 --output json --profile web-dev",
		"aws ec2 describe-vpc-endpoints --region ap-northeast-1 --output json " +
			"--filters Name=vpc-endpoint-id,Values=vpce-03,vpce-01,vpce-02",
		"pulumi stack export --stack dev",
	}, s.calls())
}

func TestShell(t *testing.T) {
	t.Parallel()
	s := newStage(t, deployed)
	s.tool("aws", `case "$1 $2" in "ssm start-session") echo a shell; exit 3 ;; *) `+answersOnline+` ;; esac`)
	require.Equal(t, 3, connect(s.host, []string{"shell", "--stack", "dev", "--instance", "c-1"}), "the session's status")
	require.Equal(t, "a shell\n", s.stdout.String())
	calls := s.calls()
	require.Equal(t, "aws ssm start-session --profile web-dev --region ap-northeast-1 --target i-0c "+
		"--document-name web-dev-sessions", calls[len(calls)-1])
}

func TestForward(t *testing.T) {
	t.Parallel()
	const begin = "aws ssm start-session --profile web-dev --region ap-northeast-1 --target i-0a " +
		"--document-name AWS-StartPortForwardingSession"
	for name, test := range map[string]struct {
		args     []string
		expected string
	}{
		"another host": {
			[]string{"--to", "10.0.32.10:5432"},
			begin + "ToRemoteHost --parameters host=10.0.32.10,portNumber=5432,localPortNumber=5432",
		},
		"another local port": {
			[]string{"--to", "db.internal:443", "--local", "8443"},
			begin + "ToRemoteHost --parameters host=db.internal,portNumber=443,localPortNumber=8443",
		},
		"the instance": {
			[]string{"--to", "localhost:8080"},
			begin + " --parameters portNumber=8080,localPortNumber=8080",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, deployed)
			s.tool("aws", answersOnline)
			require.Equal(t, succeeded, connect(s.host, append([]string{"forward", "--stack", "dev"}, test.args...)))
			require.Equal(t, []string{callsOutputs, callsPing, test.expected}, s.calls())
		})
	}
}

func TestSSH(t *testing.T) {
	t.Parallel()
	s := newStage(t, deployed)
	s.tool("ssh", `case "$1" in -G) echo "user ec2-user"; echo "hostname i-0a" ;; esac`)
	require.Equal(t, succeeded, connect(s.host, []string{"ssh", "--stack", "dev"}))
	require.Equal(t, []string{callsOutputs, "ssh -G web-dev-a-1", callsPing, "ssh web-dev-a-1"}, s.calls())
}

// Without the block of the outputs, or with that of an instance that was replaced, ssh leads nowhere.
func TestSSH_notConfigured(t *testing.T) {
	t.Parallel()
	for _, leadsTo := range []string{"web-dev-a-1", "i-0old"} {
		s := newStage(t, deployed)
		s.tool("ssh", `echo "hostname `+leadsTo+`"`)
		require.Equal(t, failed, connect(s.host, []string{"ssh", "--stack", "dev"}))
		require.Equal(t, "connect: your SSH configuration has no host web-dev-a-1 that leads to i-0a. Put what this prints into "+
			"~/.ssh/config, in the place of an older block, and fill in your key: pulumi stack output sshConfig --stack dev\n",
			s.stderr.String())
		require.Equal(t, []string{callsOutputs, "ssh -G web-dev-a-1"}, s.calls())
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for command, expected := range map[string][]string{
		"aws ssm":                      {"aws", "ssm"},
		" a  b ":                       {"a", "b"},
		"a --parameters 'b=<c d>,e=f'": {"a", "--parameters", "b=<c d>,e=f"},
		"a ''":                         {"a", ""},
	} {
		words, err := split(command)
		require.NoError(t, err, command)
		require.Equal(t, expected, words, command)
	}
	for command, expected := range map[string]string{
		"":        "it is empty",
		"a 'b":    `cannot read "a 'b": a single quote that nothing closes`,
		"a; b":    `cannot read "a; b": ';' outside of single quotes`,
		"a $(b)":  `cannot read "a $(b)": '$' outside of single quotes`,
		"a \"b\"": `cannot read "a \"b\"": '"' outside of single quotes`,
	} {
		_, err := split(command)
		require.EqualError(t, err, expected)
	}
}
