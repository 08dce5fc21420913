package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bastionless/internal/contract"
)

var update = flag.Bool("update", false, "write testdata/messages.txt")

// message is a run of connect whose output users see.
type message struct {
	name string
	args string
	// connection is the stack's connection. Nil selects the default, connection().
	connection func(*contract.Connection)
	// prepare changes the tools. It may be nil.
	prepare func(*testEnv)
}

// stderr returns a script that fails with a text.
func stderr(text string) string {
	return `echo "` + strings.ReplaceAll(text, `"`, `\"`) + `" >&2; exit 254`
}

// aws returns a preparation of the fake AWS CLI.
func aws(scripts map[string]string) func(*testEnv) { return func(e *testEnv) { e.aws(scripts) } }

// pulumi returns a preparation of the fake Pulumi CLI.
func pulumi(script string) func(*testEnv) { return func(e *testEnv) { e.tool("pulumi", script) } }

// documents returns the change to a stack with these kinds of session.
func documents(documents ...string) func(*contract.Connection) {
	return func(c *contract.Connection) { c.Documents = documents }
}

// awsFails is an AWS CLI that fails with a text.
func awsFails(text string) func(*testEnv) { return aws(map[string]string{describe: stderr(text)}) }

func usageMessages() []message {
	return []message{
		{name: "no command", args: ""},
		{name: "help", args: "help"},
		{name: "unknown command", args: "shel"},
		{name: "help of wait", args: "wait -h"},
		{name: "help of forward", args: "forward --help"},
		{name: "no stack", args: "wait"},
		{name: "an argument without a flag", args: "wait dev"},
		{name: "a flag of another command", args: "wait --stack dev --to a:1"},
		{name: "negative timeout", args: "shell --stack dev --timeout -1s"},
		{name: "invalid timeout", args: "wait --stack dev --timeout soon"},
		{name: "no target", args: "forward --stack dev"},
		{name: "target without a port", args: "forward --stack dev --to db"},
		{name: "target with an invalid port", args: "forward --stack dev --to db:0"},
		{name: "target with an invalid host", args: "forward --stack dev --to a,b=c:1"},
		{name: "invalid local port", args: "forward --stack dev --to a:1 --local 65536"},
	}
}

func stackMessages() []message {
	noneFound := aws(map[string]string{describeInstances: foundNone})
	teamDB := func(c *contract.Connection) {
		c.Instances = nil
		c.Targets = &contract.Targets{Mode: contract.TargetsTagged, Tags: map[string]string{"team": "db", "env": "prod"}}
	}
	const noStack = "error: no stack named 'dev' found"
	const noToken = "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions"
	const noPassphrase = "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE"
	const noProject = "error: no Pulumi.yaml project file found"
	uninstall := func(names ...string) func(*testEnv) { return func(e *testEnv) { e.uninstall(names...) } }
	return []message{
		{name: "no tools", args: "ssh --stack dev", prepare: uninstall("pulumi", "aws", "session-manager-plugin", "ssh")},
		{name: "unknown stack", args: "wait --stack dev", prepare: pulumi(stderr(noStack))},
		{name: "not logged in", args: "wait --stack dev", prepare: pulumi(stderr(noToken))},
		{name: "no passphrase", args: "wait --stack dev", prepare: pulumi(stderr(noPassphrase))},
		{name: "another directory", args: "wait --stack dev", prepare: pulumi(stderr(noProject))},
		{name: "not deployed", args: "wait --stack dev", prepare: pulumi("echo '{}'")},
		{
			name: "deployed by an older version", args: "wait --stack dev",
			prepare: pulumi(`echo '{"instances": {"a-1": {"id": "i-0a"}}, "startSession": {"a-1": "aws ssm start-session"}}'`),
		},
		{name: "outputs of another program", args: "wait --stack dev", prepare: pulumi(`echo '{"connection": 3}'`)},
		{name: "unknown instance", args: "wait --stack dev --instance a-2"},
		{name: "no instance with the ID", args: "wait --stack dev --instance i-0123abcd", connection: teamDB, prepare: noneFound},
		{name: "no instance with the name", args: "wait --stack dev --instance Name=db-1", connection: teamDB, prepare: noneFound},
		{name: "no instance with the tags", args: "wait --stack dev", connection: teamDB, prepare: noneFound},
	}
}

func sessionMessages() []message {
	recorded := func(c *contract.Connection) {
		c.Documents, c.CustomDocument = []string{contract.Shell}, "web-dev-sessions"
	}
	notConfigured := func(e *testEnv) { e.tool("ssh", `echo "hostname web-dev-a-1"`) }
	return []message{
		{name: "no shell", args: "shell --stack dev", connection: documents(contract.SSH)},
		{name: "no SSH", args: "ssh --stack dev", connection: documents(contract.Shell, contract.PortForwarding)},
		{name: "no port forwarding", args: "forward --stack dev --to localhost:80", connection: documents(contract.Shell)},
		{name: "recorded sessions", args: "ssh --stack dev", connection: recorded},
		{name: "neither remote port forwarding nor target", args: "forward --stack dev --to 10.0.40.1:6379", connection: documents(contract.Shell)},
		{name: "target not allowed", args: "forward --stack dev --to 10.0.40.1:6379"},
		{name: "IPv6 target", args: "forward --stack dev --to [fd00::1]:6379"},
		{name: "host name with another port", args: "forward --stack dev --to db.internal:443 --local 8443"},
		{name: "no SSH configuration", args: "ssh --stack dev", prepare: notConfigured},
	}
}

func waitMessages() []message {
	const dev = "wait --stack dev"
	return []message{
		{name: "online", args: dev},
		{name: "online later", args: dev, prepare: aws(map[string]string{describe: onlineAfter})},
		{name: "not online, cause unknown", args: dev + " --timeout 12s", prepare: aws(notOnline)},
		{name: "not online, cause known", args: dev + " --timeout 0s", prepare: func(e *testEnv) {
			e.aws(map[string]string{
				describe:                 printNothing,
				"ec2 describe-instances": `echo '{"Reservations": [{"Instances": [{"State": {"Name": "stopped"}}]}]}'`,
				"ec2 describe-vpc-endpoints": `echo '{"VpcEndpoints": [
					{"VpcEndpointId": "vpce-01", "State": "failed", "VpcEndpointType": "Interface", "PrivateDnsEnabled": true},
					{"VpcEndpointId": "vpce-02", "State": "available", "VpcEndpointType": "Interface", "PrivateDnsEnabled": false}]}'`,
			})
			e.write("result", verifyResult+"\n")
			e.tool("rehearse", `while IFS= read -r line; do printf '%s\n' "$line"; done < "$TEST_DIR/result" > "$3"; exit 1`)
		}},
		{name: "not online, causes not checked", args: dev + " --timeout 0s", prepare: func(e *testEnv) {
			e.aws(map[string]string{
				describe:                     printNothing,
				"ec2 describe-instances":     stderr("An error occurred (InvalidInstanceID.NotFound): no i-0a"),
				"ec2 describe-vpc-endpoints": stderr("An error occurred (UnauthorizedOperation): not yours"),
			})
			e.uninstall("rehearse")
		}},
		{name: "expired token", args: dev, prepare: awsFails("An error occurred (ExpiredTokenException) when calling the " +
			"DescribeInstanceInformation operation: The security token included in the request is expired")},
		{name: "expired sign-in", args: dev, prepare: awsFails("Error when retrieving token from sso: Token has expired and refresh failed")},
		{name: "no profile", args: dev, prepare: awsFails("The config profile (web-dev) could not be found")},
		{name: "no credentials", args: dev, prepare: awsFails("Unable to locate credentials.")},
		{name: "role not assumed", args: dev, prepare: awsFails("An error occurred (AccessDenied) when calling the AssumeRole " +
			"operation: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sts:AssumeRole on resource: r")},
		{name: "session tags", args: dev, prepare: awsFails("An error occurred (AccessDenied) when calling the AssumeRole " +
			"operation: User: arn:aws:sts::123456789012:assumed-role/ops/ann is not authorized to perform: sts:TagSession on resource: r")},
		{name: "a source identity", args: dev, prepare: awsFails("An error occurred (AccessDenied) when calling the AssumeRole " +
			"operation: User: arn:aws:sts::123456789012:assumed-role/ops/ann is not authorized to perform: sts:SetSourceIdentity on resource: r")},
		{name: "another role", args: dev, prepare: awsFails("An error occurred (AccessDeniedException) when calling the " +
			"DescribeInstanceInformation operation: User: ann is not authorized to perform: ssm:DescribeInstanceInformation")},
		{name: "wrong MFA code", args: dev, prepare: awsFails("An error occurred (AccessDenied) when calling the AssumeRole " +
			"operation: MultiFactorAuthentication failed with invalid MFA one time pass code.")},
		{name: "unknown failure", args: dev, prepare: awsFails("an unknown failure")},
	}
}

// interruptMessages are printed after signals.
func interruptMessages(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	e := newTestEnv(t, outputsOf(t, connection()))
	e.tool("pulumi", hang)
	e.grace = 50 * time.Millisecond
	status := e.interrupt("pulumi", 1, "wait", "--stack", "dev")
	text.WriteString(transcript("interrupted while waiting", "wait --stack dev", e, status))
	for _, name := range []string{"closed", "left", "unknown"} {
		e := newTestEnv(t, outputsOf(t, connection()))
		status := e.interruptSessionNamed(name)
		text.WriteString(transcript("interrupted, session "+name, "shell --stack dev", e, status))
	}
	return text.String()
}

// transcript returns what a user sees of a run of connect.
func transcript(name, args string, e *testEnv, status int) string {
	text := fmt.Sprintf("# %s\n$ %s\n%s%s[exit status %d]\n\n", name, strings.TrimSpace("connect "+args), &e.stdout, &e.stderr, status)
	return strings.ReplaceAll(text, e.dir, "DIR")
}

// TestMessages compares everything that users read with a golden file. No other test compares wording.
// Run it with -update to write the file.
func TestMessages(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, group := range [][]message{usageMessages(), stackMessages(), sessionMessages(), waitMessages()} {
		for _, m := range group {
			c := connection()
			if m.connection != nil {
				m.connection(&c)
			}
			e := newTestEnv(t, outputsOf(t, c))
			if m.prepare != nil {
				m.prepare(e)
			}
			status := e.run(strings.Fields(m.args)...)
			text.WriteString(transcript(m.name, m.args, e, status))
		}
	}
	text.WriteString(interruptMessages(t))
	const file = "testdata/messages.txt"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	}
	golden, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(golden), text.String())
}
