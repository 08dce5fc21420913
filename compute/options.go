package compute

import (
	"regexp"
	"strings"

	"golang.org/x/crypto/ssh"

	"bastionless/internal/diag"
	"bastionless/internal/osimage"
)

// IMDS says which versions of the instance metadata service an instance supports.
type IMDS string

// The values of IMDS.
const (
	// IMDSv2 requires a session token, which a forged request cannot have.
	IMDSv2 IMDS = "v2"
	// IMDSOptional also answers requests without a token.
	IMDSOptional IMDS = "optional"
)

// IMDSVersions returns the values of IMDS.
func IMDSVersions() []IMDS { return []IMDS{IMDSv2, IMDSOptional} }

// Options say what the instances are.
type Options struct {
	// PerZone is the number of instances in each zone, at least 1. Key: instancesPerZone.
	PerZone int
	// InstanceType is the instance type, such as "t3.micro". Key: instanceType.
	InstanceType string
	// OS is the operating system of the image. Key: os.
	OS osimage.OS
	// AMI is the id of an image. Empty: the newest of OS. Key: amiId.
	AMI string
	// KeyName is an existing key pair. Optional, not together with PublicKey. A change replaces the instances. Key: keyName.
	KeyName string
	// PublicKey is an SSH public key in OpenSSH's format, of which a key pair is created. Optional. A change replaces the
	// instances. Key: sshPublicKey.
	PublicKey string
	// RootVolumeGiB is the size of the root volume. It can grow, and cannot shrink. Key: rootVolumeGiB.
	RootVolumeGiB int
	// RootVolumeEncrypted encrypts the root volume. A change replaces the instances. Key: rootVolumeEncrypted.
	RootVolumeEncrypted bool
	// RootVolumeKMSKey is the ARN of the KMS key that encrypts the root volume. Empty: the account's default key for EBS.
	// A change replaces the instances. Key: rootVolumeKmsKey.
	RootVolumeKMSKey string
	// DetailedMonitoring publishes metrics every minute instead of every five minutes. AWS charges for it.
	// Key: detailedMonitoring.
	DetailedMonitoring bool
	// IMDS says which versions of the instance metadata service are supported. Key: imds.
	IMDS IMDS
	// TerminationProtection makes EC2 refuse to terminate the instances, also to replace or destroy them.
	// Key: terminationProtection.
	TerminationProtection bool
	// InstallLatestAgent installs the newest SSM Agent on the first boot. Key: installLatestAgent.
	InstallLatestAgent bool
	// AgentAutoUpdate updates the SSM Agent every Sunday. Key: agentAutoUpdate.
	AgentAutoUpdate bool
}

const (
	// MaxInstances is the number of instance ids that fit into a session policy (10,240 characters) and into one target of a
	// State Manager association.
	MaxInstances = 50
	// MinRootVolumeGiB is the size of Amazon Linux images.
	MinRootVolumeGiB = 8
	// maxRootVolumeGiB is the largest size of a gp3 volume.
	// https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
	maxRootVolumeGiB = 65536
)

var (
	imageID      = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
	instanceType = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+$`)
)

// Validate returns the problems with the options.
func (o Options) Validate() diag.Diagnostics {
	var problems diag.Diagnostics
	if o.PerZone < 1 {
		problems.Add("instancesPerZone", diag.OutOfRange, "%d: at least 1 is required", o.PerZone)
	}
	if !instanceType.MatchString(o.InstanceType) {
		problems.Add("instanceType", diag.Malformed, "%q is not an instance type: write it like t3.micro", o.InstanceType)
	}
	if o.AMI != "" && !imageID.MatchString(o.AMI) {
		problems.Add("amiId", diag.Malformed, "%q is not an image id: write ami- and 17 hexadecimal digits", o.AMI)
	}
	if o.KeyName != "" && o.PublicKey != "" {
		problems.Add("keyName", diag.Conflict, "%q is set together with sshPublicKey, and an instance has one key pair: remove one of the two",
			o.KeyName)
	}
	if o.PublicKey != "" && !isPublicKey(o.PublicKey) {
		problems.Add("sshPublicKey", diag.Malformed, "%q is not a public key that EC2 supports: use one line in OpenSSH format that begins "+
			"with ssh-ed25519 or ssh-rsa", abbreviate(o.PublicKey))
	}
	if o.RootVolumeGiB < MinRootVolumeGiB || o.RootVolumeGiB > maxRootVolumeGiB {
		problems.Add("rootVolumeGiB", diag.OutOfRange, "%d is not between %d GiB, the size of Amazon Linux images, and %d GiB, the largest gp3 volume",
			o.RootVolumeGiB, MinRootVolumeGiB, maxRootVolumeGiB)
	}
	if o.RootVolumeKMSKey != "" && !o.RootVolumeEncrypted {
		problems.Add("rootVolumeKmsKey", diag.Conflict, "%q has no effect while rootVolumeEncrypted is false: set rootVolumeEncrypted to true, "+
			"or remove rootVolumeKmsKey", o.RootVolumeKMSKey)
	}
	return problems
}

// isPublicKey reports whether a line is a public key in OpenSSH format, of a type that EC2 supports and without options.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html
func isPublicKey(line string) bool {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	return err == nil && len(options) == 0 && len(rest) == 0 && strings.HasPrefix(line, key.Type()+" ") &&
		(key.Type() == ssh.KeyAlgoED25519 || key.Type() == ssh.KeyAlgoRSA)
}

// abbreviate shortens a value that may be a private key, which must not appear in a log.
func abbreviate(value string) string {
	if len(value) > 20 {
		return value[:20] + "..."
	}
	return value
}
