package awssim

import (
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"math/big"
	"strings"
)

const keyPairToken = "aws:ec2/keyPair:KeyPair"

func init() {
	register(&resourceType{
		Token: keyPairToken, SingleCall: true, Taggable: true,
		AutoName: &autoName{attribute: "keyName", unlessSet: "keyNamePrefix", maxLength: 255},
		Inputs: map[string]attribute{
			"publicKey":     {Required: true, ForceNew: true, DiffSuppress: sameTrimmed},
			"keyName":       {ForceNew: true, Computed: true, Validate: lengthBetween(0, 255)},
			"keyNamePrefix": {ForceNew: true, Computed: true, Validate: lengthBetween(0, 229)},
		},
		ConflictsWith: [][]string{{"keyName", "keyNamePrefix"}},
		Outputs:       []string{"arn", "fingerprint", "keyPairId", "keyType"},
		Create:        createKeyPair, Update: updateAny,
		NotFound: func(c *call, id string) error {
			return c.keyPairNotFound("updating EC2 Key Pair ("+id+")", "CreateTags", id)
		},
	})
}

func sameTrimmed(a, b any) bool {
	x, isText := a.(string)
	y, ok := b.(string)
	return isText && ok && strings.TrimSpace(x) == strings.TrimSpace(y)
}

func (c *call) keyPairNotFound(prefix, operation, name string) error {
	return c.ec2Error(prefix, operation, "InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name)
}

// keyPairExists reports whether a key pair exists in the provider's Region or is assumed to exist.
func (c *call) keyPairExists(name string) bool {
	if file := c.file(); c.keyPairTaken(name) || file != nil && file.KeyPairs != nil {
		return c.keyPairTaken(name)
	}
	return c.assume("key pair %q exists in %s", name, c.region)
}

// keyPairTaken reports whether the account is known to have a key pair with this name in the provider's Region.
func (c *call) keyPairTaken(name string) bool {
	return c.get(keyPairToken, name) != nil
}

func createKeyPair(c *call, in values) (string, values, error) {
	name := c.nameOrPrefix(in, "keyName", "keyNamePrefix")
	prefix := "importing EC2 Key Pair (" + name + ")"
	kind, fingerprint := readPublicKey(str(in, "publicKey"))
	if kind == "" {
		return "", nil, c.ec2Error(prefix, "ImportKeyPair", "InvalidKey.Format", "Key is not in valid OpenSSH public key format")
	}
	if c.keyPairTaken(name) {
		return "", nil, c.ec2Error(prefix, "ImportKeyPair", "InvalidKeyPair.Duplicate", "The keypair '%s' already exists.", name)
	}
	maps.Copy(in, values{
		"arn": c.arn("ec2", "key-pair/"+name), "keyPairId": c.newID("key"), "fingerprint": fingerprint, "keyType": kind,
	})
	c.put(keyPairToken, name, in)
	return name, in, nil
}

// readPublicKey returns the type of a key in OpenSSH's format and its fingerprint in EC2's format, or two
// empty strings. EC2 supports RSA and ED25519.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html
func readPublicKey(line string) (kind, fingerprint string) {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return "", ""
	}
	blob, err := base64.StdEncoding.DecodeString(fields[1])
	parts := sshStrings(blob)
	if err != nil || len(parts) < 2 || string(parts[0]) != fields[0] {
		return "", ""
	}
	switch {
	case fields[0] == "ssh-ed25519" && len(parts) == 2 && len(parts[1]) == 32:
		sum := sha256.Sum256(blob)
		return "ed25519", base64.StdEncoding.EncodeToString(sum[:])
	case fields[0] == "ssh-rsa" && len(parts) == 3 && len(parts[1]) <= 4:
		key := rsa.PublicKey{E: int(new(big.Int).SetBytes(parts[1]).Int64()), N: new(big.Int).SetBytes(parts[2])}
		encoded, err := x509.MarshalPKIXPublicKey(&key)
		if err != nil {
			return "", ""
		}
		sum := md5.Sum(encoded)
		return "rsa", colons(hex.EncodeToString(sum[:]))
	}
	return "", ""
}

// sshStrings returns the strings in the encoding of a key, in which each follows its length.
func sshStrings(blob []byte) [][]byte {
	var parts [][]byte
	for len(blob) >= 4 {
		n := int(binary.BigEndian.Uint32(blob))
		if n > len(blob)-4 {
			return nil
		}
		parts, blob = append(parts, blob[4:4+n]), blob[4+n:]
	}
	if len(blob) > 0 {
		return nil
	}
	return parts
}

// colons inserts a colon after every two digits.
func colons(digits string) string {
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && i%2 == 0 {
			b.WriteByte(':')
		}
		b.WriteRune(r)
	}
	return b.String()
}
