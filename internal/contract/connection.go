package contract

import (
	"slices"
	"strings"
)

// Connection is the stack output "connection": everything that is needed to open a session on an instance
// of the stack.
type Connection struct {
	// Region is the Region of the instances.
	Region string `json:"region"`
	// Profile is the AWS CLI profile that assumes the session role. The stack output "awsProfile" defines it.
	Profile string `json:"profile"`
	// Documents are the kinds of session that the session role allows, in the order of Shell, SSH,
	// PortForwarding and RemotePortForwarding.
	Documents []string `json:"documents"`
	// CustomDocument is the name of the stack's own session document. Empty: shells use the account's
	// default document.
	CustomDocument string `json:"customDocument"`
	// LoginUser is the user that SSH logs in as. It may be empty if SSH is not allowed.
	LoginUser string `json:"loginUser"`
	// PushKey says that the instances have no key pair, so SSH pushes a public key before each connection.
	PushKey bool `json:"pushKey"`
	// OpenEgress says that the security group of the instances allows connections to every address and port.
	OpenEgress bool `json:"openEgress"`
	// ForwardTo are the targets, such as "10.0.32.0/24:5432", that the security group of the instances
	// allows unless OpenEgress is true.
	ForwardTo []string `json:"forwardTo"`
	// Instances are the stack's instances, by name, such as "a-1", and the instances of TargetsInstances, by ID.
	Instances map[string]Instance `json:"instances"`
	// Targets says on which further instances the session role allows sessions. Nil: on none, or on any in a stack that
	// has instances.
	Targets *Targets `json:"targets,omitempty"`
}

// Targets describes instances that the stack does not own and that the output Connection does not list.
type Targets struct {
	// Mode is TargetsTagged or TargetsAny.
	Mode string `json:"mode"`
	// Tags are the tags that all instances of TargetsTagged have.
	Tags map[string]string `json:"tags,omitempty"`
}

// Instance is an EC2 instance of a Connection.
type Instance struct {
	// ID is the instance's ID.
	ID string `json:"id"`
	// Zone is the name of its Availability Zone.
	Zone string `json:"zone"`
	// PrivateIP is its private IPv4 address. It may be out of date if the stack does not own the instance.
	PrivateIP string `json:"privateIp"`
}

// Allows reports whether the session role allows a kind of session.
func (c Connection) Allows(document string) bool { return slices.Contains(c.Documents, document) }

// SSHHost returns the host name of an instance in the stack output "sshConfig". An instance that Instances does
// not contain has its ID as its name.
func (c Connection) SSHHost(name string) string {
	if _, ok := c.Instances[name]; !ok {
		return name
	}
	return c.Profile + "-" + name
}

// AnyHost matches the host names of instances that Instances does not contain: their IDs.
const AnyHost = "i-*"

// privateKey is the file that ssh-keygen writes by default. Users with another key edit the block.
const privateKey = "~/.ssh/id_ed25519"

// SSHBlock returns a block for ~/.ssh/config: a host for the instance with an ID, or "%h" for AnyHost.
//
// The block uses no shell features, so it also works with OpenSSH on Windows. Without a key pair, "Match
// exec" pushes the user's public key with EC2 Instance Connect before each connection, which needs no VPC
// endpoint.
func (c Connection) SSHBlock(host, id string) string {
	block := "Host " + host + "\n" +
		"  HostName " + id + "\n" +
		"  User " + c.LoginUser + "\n" +
		"  IdentityFile " + privateKey + "\n" +
		"  ProxyCommand " + strings.Join(c.SSHCommand("%h", "%p"), " ") + "\n"
	if c.PushKey {
		push := strings.Join(c.PushKeyCommand(id, "%r", privateKey+".pub"), " ")
		block += "Match originalhost " + host + " exec \"" + push + "\"\n"
	}
	return block
}

// ShellCommand returns the AWS CLI command that opens a shell on an instance. It names a document only if
// the stack has its own, because the account's default document does not exist until somebody saves
// preferences in the console.
func (c Connection) ShellCommand(instanceID string) []string {
	if c.CustomDocument == "" {
		return c.startSession(instanceID)
	}
	return c.startSession(instanceID, "--document-name", c.CustomDocument)
}

// ForwardCommand returns the AWS CLI command that forwards a local port to a port of an instance.
func (c Connection) ForwardCommand(instanceID, port, localPort string) []string {
	return c.startSession(instanceID, "--document-name", "AWS-StartPortForwardingSession",
		"--parameters", "portNumber="+port+",localPortNumber="+localPort)
}

// RemoteForwardCommand returns the AWS CLI command that forwards a local port to a port of a host that an
// instance can reach.
func (c Connection) RemoteForwardCommand(instanceID, host, port, localPort string) []string {
	return c.startSession(instanceID, "--document-name", "AWS-StartPortForwardingSessionToRemoteHost",
		"--parameters", "host="+host+",portNumber="+port+",localPortNumber="+localPort)
}

// SSHCommand returns the AWS CLI command that tunnels an SSH connection to a port of an instance.
func (c Connection) SSHCommand(instanceID, port string) []string {
	return c.startSession(instanceID, "--document-name", "AWS-StartSSHSession", "--parameters", "portNumber="+port)
}

// PushKeyCommand returns the AWS CLI command that puts a public key on an instance for 60 seconds, with
// EC2 Instance Connect.
func (c Connection) PushKeyCommand(instanceID, user, publicKeyFile string) []string {
	return append(c.aws("ec2-instance-connect", "send-ssh-public-key"),
		"--instance-id", instanceID, "--instance-os-user", user, "--ssh-public-key", "file://"+publicKeyFile)
}

func (c Connection) startSession(instanceID string, args ...string) []string {
	return append(append(c.aws("ssm", "start-session"), "--target", instanceID), args...)
}

func (c Connection) aws(service, operation string) []string {
	return []string{"aws", service, operation, "--profile", c.Profile, "--region", c.Region}
}
