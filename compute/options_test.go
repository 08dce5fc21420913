package compute

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/diag"
	"bastionless/internal/diag/diagtest"
	"bastionless/internal/osimage"
)

// valid returns valid options with edits applied.
func valid(edits ...func(*Options)) Options {
	options := Options{
		PerZone: 1, InstanceType: "t3.micro", OS: "al2023", RootVolumeGiB: 8, RootVolumeEncrypted: true, IMDS: IMDSv2, IMDSHopLimit: 1,
	}
	for _, edit := range edits {
		edit(&options)
	}
	return options
}

func TestOptions_accepts(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*Options){
		"one instance":             func(*Options) {},
		"no instances":             func(o *Options) { o.PerZone = 0 },
		"many instances":           func(o *Options) { o.PerZone = MaxInstances },
		"many tagged instances":    func(o *Options) { o.PerZone, o.Tags = MaxTaggedInstances, map[string]string{"team": "db"} },
		"a bare metal type":        func(o *Options) { o.InstanceType = "m7i.metal-24xl" },
		"a type with a hyphen":     func(o *Options) { o.InstanceType = "u-6tb1.112xlarge" },
		"an image with 8 digits":   func(o *Options) { o.AMI = "ami-0123abcd" },
		"an image with 17 digits":  func(o *Options) { o.AMI = "ami-0123456789abcdef0" },
		"an existing key pair":     func(o *Options) { o.KeyName = "laptop" },
		"the smallest root volume": func(o *Options) { o.RootVolumeGiB = 8 },
		"the largest root volume":  func(o *Options) { o.RootVolumeGiB = 65536 },
		"a volume key":             func(o *Options) { o.RootVolumeKMSKey = "arn:aws:kms:eu-west-1:123456789012:key/k-1" },
		"the highest hop limit":    func(o *Options) { o.IMDSHopLimit = 64 },
		"no encryption":            func(o *Options) { o.RootVolumeEncrypted = false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, nil, valid(edit).Validate())
		})
	}
}

func TestOptions_rejects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit func(*Options)
		want []diagtest.Want
	}{
		"nothing": {
			func(o *Options) { *o = Options{} },
			[]diagtest.Want{
				diagtest.Problem("instanceType", diag.Malformed, `""`),
				diagtest.Problem("rootVolumeGiB", diag.OutOfRange, "0"),
				diagtest.Problem("imdsHopLimit", diag.OutOfRange, "0"),
			},
		},
		"too many instances": {func(o *Options) { o.PerZone = MaxInstances + 1 }, one("instancesPerZone", diag.OutOfRange, "51", "50")},
		"too many tagged instances": {
			func(o *Options) { o.PerZone, o.Tags = MaxTaggedInstances+1, map[string]string{"team": "db"} },
			one("instancesPerZone", diag.OutOfRange, "1001", "1000"),
		},
		"fewer than no instances": {func(o *Options) { o.PerZone = -1 }, one("instancesPerZone", diag.OutOfRange, "-1")},
		"a type without a size":   {func(o *Options) { o.InstanceType = "t3" }, one("instanceType", diag.Malformed, `"t3"`)},
		"a type without a family": {func(o *Options) { o.InstanceType = ".micro" }, one("instanceType", diag.Malformed, `".micro"`)},
		"a type of three parts":   {func(o *Options) { o.InstanceType = "t3.a.b" }, one("instanceType", diag.Malformed, `"t3.a.b"`)},
		"an uppercase type":       {func(o *Options) { o.InstanceType = "T3.micro" }, one("instanceType", diag.Malformed, `"T3.micro"`)},
		"a type with a space":     {func(o *Options) { o.InstanceType = "t3.micro " }, one("instanceType", diag.Malformed, `"t3.micro "`)},
		"an image with 7 digits":  {func(o *Options) { o.AMI = "ami-0123abc" }, one("amiId", diag.Malformed, `"ami-0123abc"`)},
		"an image with 9 digits":  {func(o *Options) { o.AMI = "ami-0123abcde" }, one("amiId", diag.Malformed, `"ami-0123abcde"`)},
		"an image with 16 digits": {func(o *Options) { o.AMI = "ami-0123456789abcdef" }, one("amiId", diag.Malformed, `"ami-0123456789abcdef"`)},
		"an image with 18 digits": {func(o *Options) { o.AMI = "ami-0123456789abcdef01" }, one("amiId", diag.Malformed, `"ami-0123456789abcdef01"`)},
		"another OS without an AMI": {
			func(o *Options) { o.OS, o.InstallLatestAgent = osimage.Other, true },
			[]diagtest.Want{diagtest.Problem("amiId", diag.NoValue, "other"), diagtest.Problem("installLatestAgent", diag.Conflict, "other")},
		},
		"another OS, without instances": {func(o *Options) { o.OS, o.InstallLatestAgent, o.PerZone = osimage.Other, true, 0 }, nil},
		"an uppercase image":            {func(o *Options) { o.AMI = "ami-0123ABCD" }, one("amiId", diag.Malformed, `"ami-0123ABCD"`)},
		"an image without prefix":       {func(o *Options) { o.AMI = "0123abcd" }, one("amiId", diag.Malformed, `"0123abcd"`)},
		"a volume that is small":        {func(o *Options) { o.RootVolumeGiB = 7 }, one("rootVolumeGiB", diag.OutOfRange, "7", "8", "65536")},
		"a volume that is large":        {func(o *Options) { o.RootVolumeGiB = 65537 }, one("rootVolumeGiB", diag.OutOfRange, "65537")},
		"a hop limit of 0":              {func(o *Options) { o.IMDSHopLimit = 0 }, one("imdsHopLimit", diag.OutOfRange, "0", "64")},
		"a hop limit of 65":             {func(o *Options) { o.IMDSHopLimit = 65 }, one("imdsHopLimit", diag.OutOfRange, "65", "64")},
		"a key without encryption": {
			func(o *Options) { o.RootVolumeEncrypted, o.RootVolumeKMSKey = false, "key" },
			one("rootVolumeKmsKey", diag.Conflict, `"key"`, "rootVolumeEncrypted"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, test.want, valid(test.edit).Validate())
		})
	}
}

func one(key string, code diag.Code, contains ...string) []diagtest.Want {
	return []diagtest.Want{diagtest.Problem(key, code, contains...)}
}

// publicKey returns a line of a public key file that ssh-keygen wrote.
func publicKey(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "keys", name+".pub"))
	require.NoError(t, err)
	return strings.TrimSuffix(string(text), "\n")
}

func TestOptions_acceptsPublicKeys(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ed25519", "rsa", "rsa-1024"} {
		line := publicKey(t, name)
		parts := strings.Fields(line)
		for _, key := range []string{
			line,                                  // with a comment
			parts[0] + " " + parts[1],             // without one
			line + " at work",                     // with a comment of several words
			parts[0] + "  " + parts[1] + "  ann",  // with several spaces
			parts[0] + "\t" + parts[1] + "\tann",  // with tabs
			" " + line + " ",                      // with space around it
			parts[0] + " " + parts[1] + " # \"a,", // with characters that mean something elsewhere in such a file
		} {
			diagtest.Require(t, nil, valid(func(o *Options) { o.PublicKey = key }).Validate())
		}
	}
}

func TestOptions_rejectsPublicKeys(t *testing.T) {
	t.Parallel()
	ed25519, rsa := publicKey(t, "ed25519"), publicKey(t, "rsa")
	encoded := strings.Fields(ed25519)[1]
	for name, key := range map[string]string{
		"dsa":                             publicKey(t, "dsa"),
		"ecdsa":                           publicKey(t, "ecdsa"),
		"a security key with ed25519":     publicKey(t, "sk-ed25519"),
		"a security key with ecdsa":       publicKey(t, "sk-ecdsa"),
		"a certificate":                   publicKey(t, "rsa-cert"),
		"space":                           " ",
		"the type only":                   "ssh-ed25519",
		"no type":                         encoded,
		"the wrong type":                  "ssh-rsa " + encoded,
		"an uppercase type":               "SSH-ED25519 " + encoded,
		"a type that is not encoded":      "ssh-ed25519 " + strings.TrimPrefix(encoded, "AAAAC3NzaC1lZDI1NTE5"),
		"a key that is too short":         "ssh-ed25519 " + encoded[:len(encoded)-4],
		"a key that is too long":          "ssh-ed25519 " + encoded + "AAAA",
		"another encoding of the padding": nonCanonical(publicKey(t, "rsa-1024")),
		"base64 of a URL":                 "ssh-ed25519 " + strings.NewReplacer("/", "_", "+", "-").Replace(encoded),
		"options":                         "restrict " + ed25519,
		"options with a command":          `command="/bin/true",no-pty ` + ed25519,
		"an option like the type":         "ssh-ed25519 " + ed25519,
		"a known host":                    "host.example.org " + ed25519,
		"a comment line":                  "# " + ed25519,
		"two keys":                        ed25519 + "\n" + rsa,
		"the same key twice":              ed25519 + "\n" + ed25519,
		"a key after a comment line":      "# ann\n" + ed25519,
		"a key after a line like a key":   "ssh-ed25519 AAAA\n" + ed25519,
		"a key after an empty line":       "\n" + ed25519,
		"a key before an empty line":      ed25519 + "\n",
		"a key on two lines":              strings.Replace(ed25519, " ", "\n", 1),
		"a key with a line break in it":   ed25519[:40] + "\n" + ed25519[40:],
		"a carriage return":               ed25519 + "\rssh-rsa",
		"RFC 4716":                        "---- BEGIN SSH2 PUBLIC KEY ----\n" + encoded + "\n---- END SSH2 PUBLIC KEY ----",
		"a format directive":              "%d %s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, one("sshPublicKey", diag.Malformed), valid(func(o *Options) { o.PublicKey = key }).Validate())
		})
	}
}

// nonCanonical returns a key whose padding has bits that are not zero. Lenient decoders ignore them.
func nonCanonical(line string) string {
	parts := strings.Split(line, "==")
	end := len(parts[0]) - 1
	return parts[0][:end] + string(parts[0][end]+1) + "==" + parts[1]
}

// The message shows the first 20 characters of a value, so that no private key is written to a log.
func TestOptions_hidesPrivateKeys(t *testing.T) {
	t.Parallel()
	const body = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW"
	for shown, value := range map[string]string{
		`"-----BEGIN OPENSSH P..."`: "-----BEGIN OPENSSH PRIVATE KEY-----\n" + body + "\n-----END OPENSSH PRIVATE KEY-----",
		`"-----BEGIN RSA PRIVA..."`: "-----BEGIN RSA PRIVATE KEY-----\n" + body + "\n-----END RSA PRIVATE KEY-----",
		`"` + body[:20] + `..."`:    body,
		`"` + body[:19] + `n..."`:   body[:19] + "n!",
		`"` + body[:20] + `"`:       body[:20],
	} {
		diags := valid(func(o *Options) { o.PublicKey = value }).Validate()
		diagtest.Require(t, one("sshPublicKey", diag.Malformed, shown), diags)
		require.NotContains(t, diags[0].Message, body[:21])
	}
}

func TestOptions_oneKeyPair(t *testing.T) {
	t.Parallel()
	options := valid(func(o *Options) { o.KeyName, o.PublicKey = "laptop", publicKey(t, "ed25519") })
	diagtest.Require(t, one("keyName", diag.Conflict, `"laptop"`, "sshPublicKey"), options.Validate())
	options.PublicKey = "junk"
	diagtest.Require(t, []diagtest.Want{
		diagtest.Problem("keyName", diag.Conflict, `"laptop"`), diagtest.Problem("sshPublicKey", diag.Malformed, `"junk"`),
	}, options.Validate())
}
