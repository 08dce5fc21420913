package compute

import (
	"regexp"
	"strings"

	"golang.org/x/crypto/ssh"

	"bastionless/internal/diag"
	"bastionless/internal/osimage"
)

// IMDS is the set of versions of the instance metadata service that an instance supports.
type IMDS string

// The values of IMDS.
const (
	// IMDSv2 requires a session token. A server-side request forgery cannot get one.
	IMDSv2 IMDS = "v2"
	// IMDSOptional also answers requests without a token, as version 1 does.
	IMDSOptional IMDS = "optional"
)

// IMDSVersions returns the values of IMDS.
func IMDSVersions() []IMDS { return []IMDS{IMDSv2, IMDSOptional} }

// Options describe the instances.
type Options struct {
	// PerZone is the number of instances in each zone. 0: the stack has no instances. Key: instancesPerZone.
	PerZone int
	// Tags are tags of the instances by which the session policy finds them. Empty: it lists their IDs. Key:
	// targetTags.
	Tags map[string]string
	// InstanceType is the instance type, such as "t3.micro". Key: instanceType.
	InstanceType string
	// OS is the operating system of the image. Key: os.
	OS osimage.OS
	// AMI is the ID of an image. Empty: the newest image of OS. Required with osimage.Other. Key: amiId.
	AMI string
	// KeyName is the name of an existing key pair. Optional, and not together with PublicKey. A change
	// replaces the instances. Key: keyName.
	KeyName string
	// PublicKey is a line with an SSH public key in OpenSSH format, from which the stack creates a key pair.
	// Optional. A change replaces the instances. Key: sshPublicKey.
	PublicKey string
	// RootVolumeGiB is the size of the root volume. It can be increased, and not reduced. Key: rootVolumeGiB.
	RootVolumeGiB int
	// RootVolumeEncrypted encrypts the root volume. A change replaces the instances. Key:
	// rootVolumeEncrypted.
	RootVolumeEncrypted bool
	// RootVolumeKMSKey is the ARN of the KMS key that encrypts the root volume. Empty: the account's
	// default key for EBS. A change replaces the instances. Key: rootVolumeKmsKey.
	RootVolumeKMSKey string
	// DetailedMonitoring publishes metrics every minute instead of every five minutes. AWS charges for it.
	// Key: detailedMonitoring.
	DetailedMonitoring bool
	// IMDS is the set of versions of the instance metadata service that the instances support. Key: imds.
	IMDS IMDS
	// IMDSHopLimit is the number of network hops that responses of the instance metadata service can travel, from
	// 1 to 64. With 1, responses do not reach containers on a bridge network. Key: imdsHopLimit.
	IMDSHopLimit int
	// TerminationProtection makes EC2 refuse to terminate the instances. The stack cannot replace or
	// destroy them either. Key: terminationProtection.
	TerminationProtection bool
	// WorkloadUserData is a script or cloud-config that cloud-init runs as root on the first boot. Optional. A
	// change restarts the instances without running the new user data. Key: userDataFile.
	WorkloadUserData string
	// InstallLatestAgent installs the newest SSM Agent on the first boot. Not allowed with osimage.Other. Key:
	// installLatestAgent.
	InstallLatestAgent bool
	// AgentAutoUpdate updates the SSM Agent every Sunday at 02:00 UTC. Key: agentAutoUpdate.
	AgentAutoUpdate bool
}

const (
	// MaxInstances is the number of instance IDs that fit into the session policy, which has at most
	// 10,240 characters, and into one target of a State Manager association.
	MaxInstances = 50
	// MaxTaggedInstances is the number of instances that a stack can have if the session policy finds them by tags.
	MaxTaggedInstances = 1000
	// MinRootVolumeGiB is the size of the root volume in images of Amazon Linux.
	MinRootVolumeGiB = 8
	// maxRootVolumeGiB is the largest size of a gp3 volume.
	// https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
	maxRootVolumeGiB = 65536
	// maxIMDSHopLimit is the largest hop limit that EC2 allows.
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsRequest.html
	maxIMDSHopLimit = 64
)

var (
	imageID      = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
	instanceType = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+$`)
)

// Max returns the number of instances that a stack can have.
func (o Options) Max() int {
	if len(o.Tags) > 0 {
		return MaxTaggedInstances
	}
	return MaxInstances
}

// Validate returns the problems with the options.
func (o Options) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case o.PerZone >= 0 && o.PerZone <= o.Max():
	case len(o.Tags) > 0:
		diags.Add("instancesPerZone", diag.OutOfRange, "%d is out of range: use 0 to %d, or several stacks", o.PerZone, o.Max())
	default:
		diags.Add("instancesPerZone", diag.OutOfRange, "%d is out of range: use 0 to %d, for which the session policy has room, or "+
			"set sessionTargets to tagged", o.PerZone, o.Max())
	}
	if !instanceType.MatchString(o.InstanceType) {
		diags.Add("instanceType", diag.Malformed, "%q is not an instance type: use a type such as t3.micro", o.InstanceType)
	}
	if o.AMI != "" && !imageID.MatchString(o.AMI) {
		diags.Add("amiId", diag.Malformed, "%q is not an AMI ID: use ami- followed by 17 hexadecimal digits", o.AMI)
	}
	o.checkOtherOS(&diags)
	if o.KeyName != "" && o.PublicKey != "" {
		diags.Add("keyName", diag.Conflict, "%q is set together with sshPublicKey, but an instance can have only one key "+
			"pair: remove one of the two keys",
			o.KeyName)
	}
	if o.PublicKey != "" && !isPublicKey(o.PublicKey) {
		diags.Add("sshPublicKey", diag.Malformed, "%q is not a public key that EC2 supports: use one line in OpenSSH "+
			"format that begins "+
			"with ssh-ed25519 or ssh-rsa", abbreviate(o.PublicKey))
	}
	if o.RootVolumeGiB < MinRootVolumeGiB || o.RootVolumeGiB > maxRootVolumeGiB {
		diags.Add("rootVolumeGiB", diag.OutOfRange, "%d GiB is out of range: use %d, the size of Amazon Linux AMIs, to "+
			"%d, the largest gp3 volume",
			o.RootVolumeGiB, MinRootVolumeGiB, maxRootVolumeGiB)
	}
	if o.RootVolumeKMSKey != "" && !o.RootVolumeEncrypted {
		diags.Add("rootVolumeKmsKey", diag.Conflict, "%q has no effect while rootVolumeEncrypted is false: set "+
			"rootVolumeEncrypted to true, "+
			"or remove rootVolumeKmsKey", o.RootVolumeKMSKey)
	}
	o.checkUserData(&diags)
	if o.IMDSHopLimit < 1 || o.IMDSHopLimit > maxIMDSHopLimit {
		diags.Add("imdsHopLimit", diag.OutOfRange, "%d is out of range: use 1 to %d, such as 2 for containers on a bridge "+
			"network", o.IMDSHopLimit, maxIMDSHopLimit)
	}
	return diags
}

// checkOtherOS reports problems with an operating system for which the stack knows neither the newest AMI nor the
// package manager.
func (o Options) checkOtherOS(diags *diag.Diagnostics) {
	if o.OS != osimage.Other || o.PerZone == 0 {
		return
	}
	if o.AMI == "" {
		diags.Add("amiId", diag.NoValue, "no value, but os is %s, which has no default AMI: set amiId to a Linux AMI that has the "+
			"SSM Agent", o.OS)
	}
	if o.InstallLatestAgent {
		diags.Add("installLatestAgent", diag.Conflict, "true, but the script supports only Amazon Linux, and os is %s: set "+
			"installLatestAgent to false, and use an AMI that has the SSM Agent, or install the agent in userDataFile", o.OS)
	}
}

// isPublicKey reports whether a text is one line with a public key in OpenSSH format, of a type that EC2
// supports and without options.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html
func isPublicKey(text string) bool {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil || key.Type() != ssh.KeyAlgoED25519 && key.Type() != ssh.KeyAlgoRSA {
		return false
	}
	// The parser skips lines that are not keys, and accepts options and more than one encoding of a key.
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })
	encoded := strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n")
	return !strings.ContainsAny(text, "\r\n") && fields[0]+" "+fields[1] == encoded
}

// abbreviate shortens a value that may be a private key, which must not appear in logs.
func abbreviate(value string) string {
	if len(value) > 20 {
		return value[:20] + "..."
	}
	return value
}
