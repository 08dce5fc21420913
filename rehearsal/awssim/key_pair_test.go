package awssim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	keyED25519         = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ann"
	ed25519Fingerprint = "ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA="

	keyRSA = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDFBR+UwcG7/W7ZC2NAIJWGnaWoS5EPjepA02WaA2LeFLmCnWg7KvF/i7dQZgCKgC1Fgk8lnfGQhEYr" +
		"W8KwGSSq0mOLtiGD3Gl+IaWh4sCGcBiNw7kOkho0gWNDVmkmdpTbyngFo850fLvWof/8RM72uXkK0Ipu40YGy6pZlIjfhw=="
	rsaFingerprint = "85:ea:f2:7f:f1:ee:07:19:28:91:d5:b9:59:0c:13:9f"

	keyECDSA = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAAAA"
)

func TestKeyPair(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"publicKey": keyED25519 + "\n"}
	pair := w.create(keyPairToken, "dev", in)
	require.Equal(t, "dev-0102030", string(pair.id))
	require.Regexp(t, `^key-0[0-9a-f]{16}$`, pair.state()["keyPairId"])
	require.Equal(t, "ed25519", pair.state()["keyType"])
	require.Equal(t, "arn:aws:ec2:ap-northeast-1:123456789012:key-pair/dev-0102030", pair.state()["arn"])
	require.Regexp(t, `^[A-Za-z0-9+/]{43}=$`, pair.state()["fingerprint"])
	w.requireNoDiff(pair, in)
	require.Empty(t, diffPaths(w.diff(pair, values{"publicKey": keyED25519})), "trailing white space is ignored")
	w.delete(pair)
	require.False(t, w.read(pair))
	w.delete(pair)
	require.Equal(t, "updating EC2 Key Pair (dev-0102030): operation error EC2: CreateTags, https response error StatusCode: 400, api error "+
		"InvalidKeyPair.NotFound: The key pair 'dev-0102030' does not exist", awsError(t, w.tryUpdate(pair, with(in, values{"tags": values{"a": "b"}}))))
}

// The types and fingerprints are those that ssh-keygen and openssl print.
func TestReadPublicKey(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, line, kind, fingerprint string }{
		{"ed25519", keyED25519, "ed25519", ed25519Fingerprint},
		{"rsa", keyRSA, "rsa", rsaFingerprint},
		{"ecdsa, which EC2 does not support", keyECDSA, "", ""},
		{"a type that does not match the key", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", "", ""},
		{"an incomplete key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgME", "", ""},
		{"not base64", "ssh-ed25519 ###", "", ""},
		{"one word", "ssh-ed25519", "", ""},
		{"nothing", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			kind, fingerprint := readPublicKey(test.line)
			require.Equal(t, test.kind, kind)
			require.Equal(t, test.fingerprint, fingerprint)
		})
	}
}

func TestKeyPair_diff(t *testing.T) {
	t.Parallel()
	testChanges(t, keyPairToken, nil, values{"keyName": "k", "publicKey": keyED25519}, []inputChange{
		{"nothing", nil, nil, nil},
		{"name", values{"keyName": "l"}, keysOf("keyName"), nil},
		{"a prefix for the name", values{"keyName": nil, "keyNamePrefix": "l"}, keysOf("keyNamePrefix"), nil},
		{"key", values{"publicKey": keyRSA}, keysOf("publicKey"), nil},
		{"tags", values{"tags": values{"a": "b"}}, nil, []string{"tags", "tagsAll"}},
	})
	w := newTestCloud(t)
	require.Equal(t, []string{"Missing required property 'publicKey'"}, w.checkFailures(keyPairToken, "k", nil))
	require.Equal(t, []string{`Conflicting configuration arguments. "key_name": conflicts with key_name_prefix. Examine values at 'k.keyName'.`},
		w.checkFailures(keyPairToken, "k", values{"publicKey": keyED25519, "keyName": "a", "keyNamePrefix": "b"}))
	prefixed := values{"publicKey": keyED25519, "keyNamePrefix": "b-"}
	pair := w.create(keyPairToken, "k", prefixed)
	require.Regexp(t, `^b-[0-9]{26}$`, string(pair.id))
	w.requireNoDiff(pair, prefixed)
}

// Names are unique in a Region.
func TestKeyPair_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	api := func(code, message string) string {
		return "importing EC2 Key Pair (k): operation error EC2: ImportKeyPair, https response error StatusCode: 400, api error " + code + ": " + message
	}
	in := values{"keyName": "k", "publicKey": keyED25519}
	w.create(keyPairToken, "k", in)
	require.Equal(t, api("InvalidKeyPair.Duplicate", "The keypair 'k' already exists."), w.createError(keyPairToken, "l", in))
	require.Equal(t, api("InvalidKey.Format", "Key is not in valid OpenSSH public key format"),
		w.createError(keyPairToken, "l", with(in, values{"publicKey": keyECDSA})))
	w.withConfig(values{"region": "us-east-1"}).create(keyPairToken, "k", in)
}
