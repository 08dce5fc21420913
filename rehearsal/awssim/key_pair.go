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
	"slices"
	"strings"
)

const keyPairToken = "aws:ec2/keyPair:KeyPair"

func init() {
	register(&resourceType{
		token: keyPairToken, atomic: true, taggable: true,
		name: &autoname{attribute: "keyName", unless: "keyNamePrefix", longest: 255},
		inputs: map[string]attribute{
			"publicKey":     {required: true, replace: true, same: sameTrimmed},
			"keyName":       {replace: true, computed: true, check: length(0, 255)},
			"keyNamePrefix": {replace: true, computed: true, check: length(0, 229)},
		},
		conflicts: [][]string{{"keyName", "keyNamePrefix"}},
		outputs:   []string{"arn", "fingerprint", "keyPairId", "keyType"},
		create:    createKeyPair, update: merge,
		gone: func(c *call, id string) error { return c.noKeyPair("updating EC2 Key Pair ("+id+")", "CreateTags", id) },
	})
}

func sameTrimmed(a, b any) bool {
	x, isText := a.(string)
	y, ok := b.(string)
	return isText && ok && strings.TrimSpace(x) == strings.TrimSpace(y)
}

func (c *call) noKeyPair(prefix, operation, name string) error {
	return c.ec2(prefix, operation, "InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name)
}

// keyPairExists says whether there is a key pair in the provider's Region, the account's own or an assumed one.
func (c *call) keyPairExists(name string) bool {
	return slices.Contains(c.existing.KeyPairs, name) || c.get(keyPairToken, name) != nil ||
		c.assume("key pair %q exists in %s", name, c.region)
}

func createKeyPair(c *call, in values) (string, values, error) {
	name := c.fillName(in, "keyName", "keyNamePrefix")
	prefix := "importing EC2 Key Pair (" + name + ")"
	kind, fingerprint := readPublicKey(text(in, "publicKey"))
	if kind == "" {
		return "", nil, c.ec2(prefix, "ImportKeyPair", "InvalidKey.Format", "Key is not in valid OpenSSH public key format")
	}
	if slices.Contains(c.existing.KeyPairs, name) || c.get(keyPairToken, name) != nil {
		return "", nil, c.ec2(prefix, "ImportKeyPair", "InvalidKeyPair.Duplicate", "The keypair '%s' already exists.", name)
	}
	maps.Copy(in, values{
		"arn": c.arn("ec2", "key-pair/"+name), "keyPairId": c.newID("key"), "fingerprint": fingerprint, "keyType": kind,
	})
	c.put(keyPairToken, name, in)
	return name, in, nil
}

// readPublicKey returns the kind of a key in OpenSSH's format and its fingerprint as EC2 gives it, or nothing. EC2 knows RSA
// and ED25519 alone. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html
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

// sshStrings are the parts of a key: each follows its length.
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

// colons parts every two digits.
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
