package main

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/contract"
)

const (
	callForward       = callSession + " --document-name AWS-StartPortForwardingSession --parameters "
	callRemoteForward = callSession + " --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters "
)

// Every subset of the kinds of session allows the command wait and exactly its own kinds. Other kinds are
// refused before waiting.
func TestConnect_documents(t *testing.T) {
	t.Parallel()
	all := connection().Documents
	for subset := 1; subset < 1<<len(all); subset++ {
		var documents []string
		for i, document := range all {
			if subset&(1<<i) != 0 {
				documents = append(documents, document)
			}
		}
		c := connection()
		c.Documents = documents
		for _, test := range []struct {
			document string
			args     []string
			before   []string
			session  string
		}{
			{"", []string{"wait"}, nil, ""},
			{contract.Shell, []string{"shell"}, nil, callSession},
			{contract.SSH, []string{"ssh"}, []string{"ssh -G web-dev-a-1"}, "ssh web-dev-a-1"},
			{
				contract.PortForwarding,
				[]string{"forward", "--to", "localhost:80"},
				nil,
				callForward + "portNumber=80,localPortNumber=80",
			},
			{
				contract.RemotePortForwarding,
				[]string{"forward", "--to", "10.0.32.10:5432"},
				nil,
				callRemoteForward + "host=10.0.32.10,portNumber=5432,localPortNumber=5432",
			},
		} {
			e := newTestEnv(t, outputsOf(t, c))
			status := e.run(append(test.args, "--stack", "dev")...)
			calls := []string{callOutputs}
			if allowed := test.document == "" || slices.Contains(documents, test.document); allowed {
				require.Equal(t, statusOK, status, "%v %v: %s", documents, test.args, &e.stderr)
				calls = append(append(calls, test.before...), callPing)
				if test.session != "" {
					calls = append(calls, test.session)
				}
			} else {
				require.Equal(t, statusFailed, status, "%v %v", documents, test.args)
			}
			require.Equal(t, calls, e.calls(), "%v %v", documents, test.args)
		}
	}
}

func TestShell(t *testing.T) {
	t.Parallel()
	c := connection()
	c.CustomDocument = "web-dev-sessions"
	e := newTestEnv(t, outputsOf(t, c))
	e.aws(map[string]string{"ssm start-session": "echo a shell; exit 3"})
	require.Equal(t, 3, e.run("shell", "--stack", "dev", "--instance", "c-1"), "the status of the session")
	require.Equal(t, "a shell\n", e.stdout.String())
	calls := e.calls()
	require.Equal(t, "aws ssm start-session --profile web-dev --region ap-northeast-1 --target i-0c "+
		"--document-name web-dev-sessions", calls[len(calls)-1])
}

func TestForward_parameters(t *testing.T) {
	t.Parallel()
	for expected, args := range map[string][]string{
		callRemoteForward + "host=10.0.32.10,portNumber=5432,localPortNumber=5432": {"--to", "10.0.32.10:5432"},
		callRemoteForward + "host=db.internal,portNumber=22,localPortNumber=8022":  {"--to", "db.internal:22", "--local", "8022"},
		callForward + "portNumber=8080,localPortNumber=8080":                       {"--to", "LOCALHOST:8080"},
		callForward + "portNumber=8080,localPortNumber=8081":                       {"--to", "[::1]:8080", "--local", "8081"},
	} {
		e := newTestEnv(t, outputsOf(t, connection()))
		require.Equal(t, statusOK, e.run(append([]string{"forward", "--stack", "dev"}, args...)...), &e.stderr)
		require.Equal(t, []string{callOutputs, callPing, expected}, e.calls())
		require.NotContains(t, e.stderr.String(), "note:")
	}
}

// A target that the security group blocks is refused before waiting.
func TestForward_egress(t *testing.T) {
	t.Parallel()
	allowedBy := func(change func(*contract.Connection), to string) bool {
		c := connection()
		change(&c)
		e := newTestEnv(t, outputsOf(t, c))
		status := e.run("forward", "--stack", "dev", "--to", to)
		if status == statusFailed {
			require.Equal(t, []string{callOutputs}, e.calls())
			return false
		}
		require.Equal(t, statusOK, status)
		require.Len(t, e.calls(), 3)
		return true
	}
	restricted := func(*contract.Connection) {}
	for to, allowed := range map[string]bool{
		"10.0.32.0:5432":          true,
		"10.0.32.255:5432":        true,
		"[::ffff:10.0.32.1]:5432": true,
		"10.0.32.10:5433":         false,
		"10.0.32.10:22":           false,
		"10.0.33.0:5432":          false,
		"10.0.33.7:22":            true,
		"10.0.33.8:22":            false,
		"[fd00::1]:5432":          false,
		// A host name may have any address.
		"db.internal:5432": true,
		"db.internal:443":  true,
		// An address may be that of a VPC endpoint, which listens on port 443.
		"10.0.1.5:443":  true,
		"[fd00::1]:443": false,
		// Security groups do not filter these: the instance itself and link-local addresses.
		"localhost:80":       true,
		"127.0.0.2:80":       true,
		"10.0.11.10:80":      true,
		"169.254.169.253:53": true,
		// The other instance.
		"10.0.13.10:80": false,
	} {
		require.Equal(t, allowed, allowedBy(restricted, to), to)
	}
	require.True(t, allowedBy(func(c *contract.Connection) { c.OpenEgress = true }, "10.0.33.0:5432"))
	require.False(t, allowedBy(func(c *contract.Connection) { c.ForwardTo = nil }, "10.0.32.1:5432"))
	require.True(t, allowedBy(func(c *contract.Connection) { c.ForwardTo = []string{"0.0.0.0/0:5432"} }, "10.0.33.0:5432"))
}

// The commands in the refusal allow the target.
func TestForward_remedy(t *testing.T) {
	t.Parallel()
	s := &session{options: options{stack: "dev"}, connection: connection()}
	to := target{"10.0.40.1", 6379}
	change := s.missingForwardTo(to)
	require.Equal(t, []string{`pulumi config set --stack dev --path "forwardTo[2]" 10.0.40.1/32:6379`}, change.commands)
	s.connection.ForwardTo = append(s.connection.ForwardTo, "10.0.40.1/32:6379")
	require.Nil(t, s.missingForwardTo(to))
	require.False(t, s.reaches(netip.MustParseAddr("10.0.40.2"), "6379"))
}

// The commands in the refusal set the current kinds and the missing one.
func TestMissingDocument_remedy(t *testing.T) {
	t.Parallel()
	s := &session{options: options{stack: "dev"}, connection: connection()}
	s.connection.Documents = []string{contract.SSH, contract.PortForwarding}
	require.Equal(t, []string{
		`pulumi config set --stack dev --path "sessionDocuments[0]" ssh`,
		`pulumi config set --stack dev --path "sessionDocuments[1]" port-forwarding`,
		`pulumi config set --stack dev --path "sessionDocuments[2]" shell`,
	}, s.missingDocument(contract.Shell).commands)
	require.Nil(t, s.missingDocument(contract.SSH))
}

// Without the block of the stack output, or with the block of an instance that was replaced, SSH does not reach
// the instance.
func TestSSH_notConfigured(t *testing.T) {
	t.Parallel()
	for _, hostName := range []string{"web-dev-a-1", "i-0old"} {
		e := newTestEnv(t, outputsOf(t, connection()))
		e.tool("ssh", `echo "hostname `+hostName+`"`)
		require.Equal(t, statusFailed, e.run("ssh", "--stack", "dev"))
		require.Equal(t, []string{callOutputs, "ssh -G web-dev-a-1"}, e.calls())
	}
}

// Text that looks like an IPv4 address and is none is not taken for a host name.
func TestParseTarget_malformedAddress(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"10.0.32.300:1", "010.0.0.1:80", "10.0.0:80", "1:80"} {
		_, err := parseTarget(text)
		require.Error(t, err, text)
	}
	for text, want := range map[string]target{"10.0.0.1:80": {"10.0.0.1", 80}, "1.db.internal:80": {"1.db.internal", 80}} {
		got, err := parseTarget(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}
