package outputs

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/iam"
	"bastionless/internal/awsenv"
	"bastionless/internal/contract"
	"bastionless/internal/preflight"
)

// connection is the connection of a stack with one instance in zone a and one in zone c.
func connection(edit func(*contract.Connection)) contract.Connection {
	c := contract.Connection{
		Region: "eu-west-1", Profile: "acme", Documents: []string{contract.Shell, contract.SSH}, LoginUser: "ec2-user",
		Instances: map[string]contract.Instance{"a-1": {ID: "i-0a", Zone: "eu-west-1a"}, "c-1": {ID: "i-0c", Zone: "eu-west-1c"}},
	}
	if edit != nil {
		edit(&c)
	}
	return c
}

const session = "aws ssm start-session --profile acme --region eu-west-1 --target "

// The command names the stack's own document, and never the account's default document.
func TestStartSession(t *testing.T) {
	t.Parallel()
	commands, err := startSession(connection(nil))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a-1": session + "i-0a", "c-1": session + "i-0c"}, commands)

	commands, err = startSession(connection(func(c *contract.Connection) { c.CustomDocument = "audit-1a2b" }))
	require.NoError(t, err)
	require.Equal(t, session+"i-0a --document-name audit-1a2b", commands["a-1"])

	commands, err = startSession(connection(func(c *contract.Connection) { c.Documents = []string{contract.SSH} }))
	require.NoError(t, err)
	require.Equal(t, map[string]string{}, commands)
}

func TestPortForward(t *testing.T) {
	t.Parallel()
	const (
		port = session + "i-0a --document-name AWS-StartPortForwardingSession " +
			"--parameters 'portNumber=<port>,localPortNumber=<local port>'"
		remote = session + "i-0a --document-name AWS-StartPortForwardingSessionToRemoteHost " +
			"--parameters 'host=<host>,portNumber=<port>,localPortNumber=<local port>'"
	)
	for name, test := range map[string]struct {
		documents []string
		want      map[string]string
	}{
		"neither": {[]string{contract.Shell, contract.SSH}, map[string]string{}},
		"a port":  {[]string{contract.PortForwarding}, map[string]string{"port": port}},
		"remote":  {[]string{contract.RemotePortForwarding}, map[string]string{"remotePort": remote}},
		"both":    {[]string{contract.PortForwarding, contract.RemotePortForwarding}, map[string]string{"port": port, "remotePort": remote}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			commands, err := portForward(connection(func(c *contract.Connection) { c.Documents = test.documents }))
			require.NoError(t, err)
			require.Equal(t, test.want, commands["a-1"])
		})
	}
}

func TestSSHConfig(t *testing.T) {
	t.Parallel()
	host := func(name, id, push string) string {
		return "Host acme-" + name + "\n  HostName " + id + "\n  User ec2-user\n  IdentityFile ~/.ssh/id_ed25519\n  ProxyCommand " + session +
			"%h --document-name AWS-StartSSHSession --parameters portNumber=%p\n" + push
	}
	push := func(name, id string) string {
		return "Match originalhost acme-" + name + " exec \"aws ec2-instance-connect send-ssh-public-key --profile acme " +
			"--region eu-west-1 --instance-id " + id + " --instance-os-user %r --ssh-public-key file://~/.ssh/id_ed25519.pub\"\n"
	}
	for name, test := range map[string]struct {
		edit func(*contract.Connection)
		want string
	}{
		"with a key pair": {nil, host("a-1", "i-0a", "") + "\n" + host("c-1", "i-0c", "")},
		"without a key pair": {
			func(c *contract.Connection) { c.PushKey = true },
			host("a-1", "i-0a", push("a-1", "i-0a")) + "\n" + host("c-1", "i-0c", push("c-1", "i-0c")),
		},
		"without SSH": {func(c *contract.Connection) { c.Documents = []string{contract.Shell} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := sshConfig(connection(test.edit))
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

// OpenSSH reads the block, runs the command that pushes the key, and applies every setting.
func TestSSHConfig_openSSH(t *testing.T) {
	t.Parallel()
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("no ssh on the PATH")
	}
	text, err := sshConfig(connection(func(c *contract.Connection) { c.PushKey = true }))
	require.NoError(t, err)
	dir := t.TempDir()
	text = strings.ReplaceAll(text, "~/.ssh/id_ed25519", dir+"/key")
	// This fake AWS CLI records its arguments.
	writeExecutable(t, dir+"/aws", "#!/bin/sh\necho \"$@\" >> "+dir+"/calls\n")
	writeFile(t, dir+"/config", text)
	command := exec.Command(ssh, "-F", dir+"/config", "-G", "acme-c-1")
	command.Env = []string{"PATH=" + dir + ":/usr/bin:/bin", "HOME=" + dir, "SHELL=/bin/sh"}
	output, err := command.CombinedOutput()
	require.NoError(t, err, string(output))
	for _, line := range []string{
		"hostname i-0c", "user ec2-user", "identityfile " + dir + "/key",
		"proxycommand " + session + "%h --document-name AWS-StartSSHSession --parameters portNumber=%p",
	} {
		require.Contains(t, "\n"+string(output), "\n"+line+"\n")
	}
	require.Equal(t, "ec2-instance-connect send-ssh-public-key --profile acme --region eu-west-1 --instance-id i-0c "+
		"--instance-os-user ec2-user --ssh-public-key file://"+dir+"/key.pub\n", readFile(t, dir+"/calls"))
}

func TestAWSProfile(t *testing.T) {
	t.Parallel()
	user, err := iam.ParsePrincipal("arn:aws:iam::123456789012:user/ann")
	require.NoError(t, err)
	const (
		role = "arn:aws:iam::123456789012:role/people"
		head = "[profile acme]\nregion = eu-west-1\nrole_arn = " + role + "\nrole_session_name = "
		mfa  = "mfa_serial = <ARN of your MFA device>\n"
	)
	for name, test := range map[string]struct {
		requireMFA bool
		principals []iam.Principal
		want       string
	}{
		"with MFA":         {true, []iam.Principal{{}}, head + "<your name>\nsource_profile = <your profile>\n" + mfa},
		"without MFA":      {false, []iam.Principal{{}}, head + "<your name>\nsource_profile = <your profile>\n"},
		"users":            {true, []iam.Principal{user}, head + "<your IAM user name>\nsource_profile = <your profile>\n" + mfa},
		"users and others": {true, []iam.Principal{user, {}}, head + "<your name>\nsource_profile = <your profile>\n" + mfa},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := preflight.Plan{Env: awsenv.Env{Region: "eu-west-1"}}
			plan.NamePrefix, plan.SessionRole.RequireMFA, plan.SessionRole.Principals = "acme", test.requireMFA, test.principals
			require.Equal(t, test.want, awsProfile(plan, role))
		})
	}
}

// A profile of the AWS CLI cannot set session tags, so a command assumes the role.
func TestAWSProfile_withUserTags(t *testing.T) {
	t.Parallel()
	user, err := iam.ParsePrincipal("arn:aws:iam::123456789012:user/ann")
	require.NoError(t, err)
	plan := preflight.Plan{Env: awsenv.Env{Region: "eu-west-1"}}
	plan.NamePrefix, plan.SessionRole.Principals, plan.SessionRole.UserTag = "acme", []iam.Principal{user}, true
	require.Equal(t, "[profile acme]\nregion = eu-west-1\ncredential_process = aws sts assume-role --profile \"<your profile>\" "+
		"--role-arn arn:aws:iam::123456789012:role/people --role-session-name \"<your IAM user name>\" "+
		"--tags \"Key=SSMSessionRunAs,Value=<your IAM user name>\" --output json --query \"Credentials.{Version:`1`,"+
		"AccessKeyId:AccessKeyId,SecretAccessKey:SecretAccessKey,SessionToken:SessionToken,Expiration:Expiration}\"\n",
		awsProfile(plan, "arn:aws:iam::123456789012:role/people"))
}

func TestBucketPolicy(t *testing.T) {
	t.Parallel()
	plan := preflight.Plan{Env: awsenv.Env{Partition: "aws", Region: "eu-west-1", AccountID: "123456789012"}}
	plan.NamePrefix, plan.Sessions.Bucket = "acme", "central"
	text, err := bucketPolicy(plan, []string{"agent-1a2b", "web"})
	require.NoError(t, err)
	const role = `"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:role/agent-1a2b","arn:aws:iam::123456789012:role/web"]},`
	require.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Sid":"WriteSessionRecords",`+role+`"Action":["s3:PutObject","s3:PutObjectAcl"],`+
		`"Resource":["arn:aws:s3:::central/sessions/123456789012/acme/*"]},{"Sid":"ReadEncryption",`+role+
		`"Action":["s3:GetEncryptionConfiguration"],"Resource":["arn:aws:s3:::central"]}]}`, text)

	text, err = bucketPolicy(plan, nil)
	require.NoError(t, err)
	require.Empty(t, text)
}

func TestConsoleURL(t *testing.T) {
	t.Parallel()
	for partition, host := range map[string]string{
		"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com",
	} {
		require.Equal(t, "https://r-1."+host+"/systems-manager/session-manager/start-session?region=r-1",
			consoleURL(awsenv.Env{Partition: partition, Region: "r-1"}))
	}
}
