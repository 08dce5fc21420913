package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/iam"
	"bastionless/internal/pulumitest"
	"bastionless/network"
)

// connect is what people get of a stack with one instance in zone a and one in c.
func connect(edit func(*settings, *place)) connections {
	s := &settings{
		namePrefix: "acme", zones: []network.Zone{{Letter: "a"}, {Letter: "c"}}, instancesPerZone: 1, requireMFA: true,
		sessionDocuments: []iam.Document{iam.Shell, iam.SSH}, sessionPrincipals: []iam.Principal{{}},
	}
	at := &place{partition: "aws", region: "eu-west-1"}
	edit(s, at)
	return connections{settings: s, at: at}
}

func asIs(*settings, *place) {}

var ids = map[string]string{"a-1": "i-0a", "c-1": "i-0c"}

func TestStartSession(t *testing.T) {
	t.Parallel()
	require.Equal(t, "aws ssm start-session --profile acme --region eu-west-1 --target i-0a", connect(asIs).startSession("i-0a"))
}

// The stack's own document is named, and the account's default one never is.
func TestStartShell(t *testing.T) {
	t.Parallel()
	c := connect(asIs)
	require.Equal(t, "aws ssm start-session --profile acme --region eu-west-1 --target i-0a", c.startShell("i-0a"))
	c.document = "audit-1a2b"
	require.Equal(t, "aws ssm start-session --profile acme --region eu-west-1 --target i-0a --document-name audit-1a2b", c.startShell("i-0a"))
}

func TestPortForward(t *testing.T) {
	t.Parallel()
	const (
		port = "aws ssm start-session --profile acme --region eu-west-1 --target i-0a --document-name " +
			"AWS-StartPortForwardingSession --parameters 'portNumber=<port>,localPortNumber=<local port>'"
		remote = "aws ssm start-session --profile acme --region eu-west-1 --target i-0a --document-name " +
			"AWS-StartPortForwardingSessionToRemoteHost --parameters 'host=<host>,portNumber=<port>,localPortNumber=<local port>'"
	)
	for name, test := range map[string]struct {
		documents []iam.Document
		want      map[string]string
	}{
		"neither": {[]iam.Document{iam.Shell, iam.SSH}, map[string]string{}},
		"a port":  {[]iam.Document{iam.PortForwarding}, map[string]string{"port": port}},
		"remote":  {[]iam.Document{iam.RemotePortForwarding}, map[string]string{"remotePort": remote}},
		"both":    {iam.Documents, map[string]string{"port": port, "remotePort": remote}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(func(s *settings, _ *place) { s.sessionDocuments = test.documents })
			require.Equal(t, test.want, c.portForward("i-0a"))
		})
	}
}

func TestSSHConfig(t *testing.T) {
	t.Parallel()
	const (
		session = "aws ssm start-session --profile acme --region eu-west-1 --target %h --document-name AWS-StartSSHSession " +
			"--parameters portNumber=%p"
		withKey = "Host acme-a-1\n  HostName i-0a\n  User ec2-user\n  IdentityFile <private key>\n  ProxyCommand " + session + "\n\n" +
			"Host acme-c-1\n  HostName i-0c\n  User ec2-user\n  IdentityFile <private key>\n  ProxyCommand " + session + "\n"
		push = `sh -c "aws ec2-instance-connect send-ssh-public-key --profile acme --region eu-west-1 --instance-id %h ` +
			"--instance-os-user %r --ssh-public-key file://<private key>.pub > /dev/null && " + session + `"`
		withoutKey = "Host acme-a-1\n  HostName i-0a\n  User ec2-user\n  IdentityFile <private key>\n  ProxyCommand " + push + "\n\n" +
			"Host acme-c-1\n  HostName i-0c\n  User ec2-user\n  IdentityFile <private key>\n  ProxyCommand " + push + "\n"
	)
	for name, test := range map[string]struct {
		edit func(*settings, *place)
		want string
	}{
		"with an existing key pair": {func(s *settings, _ *place) { s.keyName = "laptop" }, withKey},
		"with a public key":         {func(s *settings, _ *place) { s.sshPublicKey = ed25519 }, withKey},
		"without a key pair":        {asIs, withoutKey},
		"without SSH":               {func(s *settings, _ *place) { s.sessionDocuments = []iam.Document{iam.Shell} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, connect(test.edit).sshConfig(ids))
		})
	}
}

func TestAWSProfile(t *testing.T) {
	t.Parallel()
	user, err := iam.ParsePrincipal("aws", "arn:aws:iam::123456789012:user/ann")
	require.NoError(t, err)
	const (
		role = "arn:aws:iam::123456789012:role/people"
		head = "[profile acme]\nregion = eu-west-1\nrole_arn = " + role + "\nrole_session_name = "
		mfa  = "mfa_serial = <ARN of your MFA device>\n"
	)
	for name, test := range map[string]struct {
		edit func(*settings, *place)
		want string
	}{
		"with MFA":    {asIs, head + "<your name>\nsource_profile = <your profile>\n" + mfa},
		"without MFA": {func(s *settings, _ *place) { s.requireMFA = false }, head + "<your name>\nsource_profile = <your profile>\n"},
		"of users alone": {
			func(s *settings, _ *place) { s.sessionPrincipals = []iam.Principal{user} },
			head + "<your IAM user name>\nsource_profile = <your profile>\n" + mfa,
		},
		"of users and others": {
			func(s *settings, _ *place) { s.sessionPrincipals = []iam.Principal{user, {}} },
			head + "<your name>\nsource_profile = <your profile>\n" + mfa,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, connect(test.edit).awsProfile(role))
		})
	}
}

func TestConsoleURL(t *testing.T) {
	t.Parallel()
	for partition, want := range map[string]string{
		"aws":        "https://r-1.console.aws.amazon.com/systems-manager/session-manager/start-session?region=r-1",
		"aws-cn":     "https://r-1.console.amazonaws.cn/systems-manager/session-manager/start-session?region=r-1",
		"aws-us-gov": "https://r-1.console.amazonaws-us-gov.com/systems-manager/session-manager/start-session?region=r-1",
	} {
		c := connect(func(_ *settings, at *place) { at.partition, at.region = partition, "r-1" })
		require.Equal(t, want, c.consoleURL())
	}
}

// A stack whose session role opens no shell exports no command for one.
func TestConnections_exportsOnlyWhatTheRoleAllows(t *testing.T) {
	t.Parallel()
	for documents, want := range map[string]pulumitest.Map{
		"port-forwarding": {
			"startSession": pulumitest.Map{},
			"portForward": pulumitest.Map{"a-1": pulumitest.Map{
				"port": "aws ssm start-session --profile bastionless-test --region ap-northeast-1 --target instances-a-1-id " +
					"--document-name AWS-StartPortForwardingSession --parameters 'portNumber=<port>,localPortNumber=<local port>'",
			}},
		},
		"shell": {
			"startSession": pulumitest.Map{
				"a-1": "aws ssm start-session --profile bastionless-test --region ap-northeast-1 --target instances-a-1-id",
			},
			"portForward": pulumitest.Map{"a-1": pulumitest.Map{}},
		},
	} {
		t.Run(documents, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{
				Config: configured(t, values{"sessionDocuments": list(documents)}), Answers: pulumitest.Tokyo().Answers(),
			}, run)
			require.NoError(t, result.Err)
			require.Equal(t, want["startSession"], result.Exports["startSession"])
			require.Equal(t, want["portForward"], result.Exports["portForward"])
			require.Empty(t, result.Exports["sshConfig"])
		})
	}
}

// Where sessions are limited in time alone, shells name the stack's document, and SSH is as ever.
func TestConnections_ofAStackWithADocument(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{
			Mode: mode, Config: configured(t, values{"sessionMaxMinutes": "60"}), Answers: pulumitest.Tokyo().Answers(),
		}, run)
		require.NoError(t, result.Err)
		const session = "aws ssm start-session --profile bastionless-test --region ap-northeast-1 --target "
		require.Equal(t, mode.Computed(pulumitest.Map{"a-1": session + "instances-a-1-id --document-name audit-name"}),
			result.Exports["startSession"])
		if mode == pulumitest.Update {
			require.Contains(t, result.Exports["sshConfig"], session+"%h --document-name AWS-StartSSHSession ")
		}
	})

	result := pulumitest.Run(t, pulumitest.Setup{
		Config:  configured(t, values{"sessionMaxMinutes": "60", "sessionDocuments": list("ssh")}),
		Answers: pulumitest.Tokyo().Answers(),
	}, run)
	require.NoError(t, result.Err)
	require.Equal(t, pulumitest.Map{}, result.Exports["startSession"])
}
