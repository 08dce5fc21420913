package main

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWait_online(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, outputsOf(t, connection()))
	require.Equal(t, statusOK, e.run("wait", "--stack", "dev"))
	require.Empty(t, e.stdout.String())
	require.Equal(t, []string{callOutputs, callPing}, e.calls())
	require.Zero(t, e.elapsed)
}

// onlineAfter simulates an instance that comes online: 8 times it is not registered, then AWS is
// unreachable, then the agent has lost its connection.
const onlineAfter = `n=0; [ -f "$TEST_DIR/n" ] && read -r n < "$TEST_DIR/n"; n=$((n+1)); echo $n > "$TEST_DIR/n"
	case $n in
	[1-8]) ` + printNothing + ` ;;
	9) echo 'Could not connect to the endpoint URL: "https://ssm"' >&2; exit 255 ;;
	10) echo '{"InstanceInformationList": [{"PingStatus": "ConnectionLost"}]}' ;;
	*) ` + printOnline + ` ;; esac`

func TestWait_onlineLater(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, outputsOf(t, connection()))
	e.aws(map[string]string{describe: onlineAfter})
	require.Equal(t, statusOK, e.run("wait", "--stack", "dev", "--instance", "i-0a"))
	require.Equal(t, 50*time.Second, e.elapsed)
	require.Len(t, e.calls(), 1+11)
}

// notOnline simulates an instance that does not come online although the stack has no problems.
var notOnline = map[string]string{
	describe:                 printNothing,
	"ec2 describe-instances": `echo '{"Reservations": [{"Instances": [{"State": {"Name": "running"}}]}]}'`,
	"ec2 describe-vpc-endpoints": `echo '{"VpcEndpoints": [
		{"VpcEndpointId": "vpce-01", "State": "available", "VpcEndpointType": "Interface", "PrivateDnsEnabled": true},
		{"VpcEndpointId": "vpce-02", "State": "available", "VpcEndpointType": "Interface", "PrivateDnsEnabled": true},
		{"VpcEndpointId": "vpce-03", "State": "available", "VpcEndpointType": "Gateway", "PrivateDnsEnabled": false}]}'`,
}

// After the timeout it looks for the cause, and opens no session.
func TestWait_timeout(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, outputsOf(t, connection()))
	e.aws(notOnline)
	require.Equal(t, statusFailed, e.run("shell", "--stack", "dev", "--timeout", "12s"))
	require.Equal(t, 12*time.Second, e.elapsed)
	calls := e.calls()
	require.Regexp(t, `^rehearse verify --json \S+ -$`, calls[len(calls)-1])
	require.Equal(t, []string{
		callOutputs, callPing, callPing, callPing, callPing,
		"aws ec2 describe-instances --instance-ids i-0a --region ap-northeast-1 --output json --profile web-dev",
		"aws ec2 describe-vpc-endpoints --region ap-northeast-1 --output json " +
			"--filters Name=vpc-endpoint-id,Values=vpce-03,vpce-01,vpce-02",
		"pulumi stack export --stack dev",
	}, calls[:len(calls)-1])
}

// Without any answer from AWS, the status of the instance is unknown, and there is nothing to diagnose.
func TestWait_noAnswer(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, outputsOf(t, connection()))
	e.aws(map[string]string{describe: stderr("Could not connect to the endpoint URL")})
	require.Equal(t, statusFailed, e.run("wait", "--stack", "dev", "--timeout", "8s"))
	require.Equal(t, []string{callOutputs, callPing, callPing, callPing}, e.calls())
	require.Contains(t, e.stderr.String(), "Could not connect to the endpoint URL")
	require.NotContains(t, e.stderr.String(), pingStatus("").String())
}

// A failure of the last attempts does not hide the last status that AWS reported.
func TestWait_lastAnswer(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, outputsOf(t, connection()))
	tools := maps.Clone(notOnline)
	tools[describe] = `[ -f "$TEST_DIR/again" ] && { ` + stderr("Could not connect to the endpoint URL") + `; }
		: > "$TEST_DIR/again"; echo '{"InstanceInformationList": [{"PingStatus": "ConnectionLost"}]}'`
	e.aws(tools)
	require.Equal(t, statusFailed, e.run("wait", "--stack", "dev", "--timeout", "8s"))
	require.Contains(t, e.stderr.String(), "is not online after 0:08: "+pingStatus("ConnectionLost").String())
}

// A permanent failure ends the wait at once, a transient failure does not.
func TestWait_failure(t *testing.T) {
	t.Parallel()
	for stderr, pings := range map[string]int{
		"An error occurred (ExpiredTokenException) when calling the DescribeInstanceInformation operation": 1,
		"An error occurred (ThrottlingException) when calling the DescribeInstanceInformation operation":   2,
		"Connect timeout on endpoint URL: \"https://ssm\"":                                                 2,
		"an unknown failure": 1,
	} {
		t.Run(stderr, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t, outputsOf(t, connection()))
			e.write("stderr", stderr+"\n")
			e.aws(map[string]string{describe: `[ -f "$TEST_DIR/again" ] && ` + printOnline + ` && exit 0
				: > "$TEST_DIR/again"; read -r text < "$TEST_DIR/stderr"; echo "$text" >&2; exit 254`})
			status := statusFailed
			if pings == 2 {
				status = statusOK
			}
			require.Equal(t, status, e.run("wait", "--stack", "dev"))
			require.Equal(t, []string{callOutputs, callPing, callPing}[:1+pings], e.calls())
		})
	}
}
