package compute

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// An accepted text is one line with a key, and the parser reads the same type and bytes that the line
// contains. If the type or a byte of the encoded type changes, the text is rejected.
func FuzzPublicKey(f *testing.F) {
	for _, name := range []string{"ed25519", "rsa", "rsa-1024", "dsa", "ecdsa", "sk-ed25519", "sk-ecdsa", "rsa-cert"} {
		line := publicKey(f, name)
		f.Add(line)
		f.Add("no-pty " + line)
		f.Add(line + "\n" + line)
		f.Add("ssh-rsa AAAA\n" + line)
		f.Add(line + "\r" + line)
	}
	for _, text := range []string{
		"", "ssh-rsa AAAA", "ssh-ed25519 //////////8=", nonCanonical(publicKey(f, "rsa-1024")),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !isPublicKey(text) {
			return
		}
		fields := strings.Fields(text)
		if strings.ContainsAny(text, "\r\n") || len(fields) < 2 || fields[0] != "ssh-ed25519" && fields[0] != "ssh-rsa" {
			t.Fatalf("%q was accepted", text)
		}
		key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(text))
		if err != nil || key.Type() != fields[0] || len(options) > 0 || len(rest) > 0 {
			t.Fatalf("%q was accepted, and parsed as %v with options %q, rest %q and error %v", text, key, options, rest, err)
		}
		if encoded := base64.StdEncoding.EncodeToString(key.Marshal()); encoded != fields[1] {
			t.Fatalf("%q was accepted as a key that is encoded as %q", text, encoded)
		}
		requireTypePrefix(t, fields[0], key.Marshal())
	})
}

// requireTypePrefix requires that the encoded key begins with its type, and that it is rejected if the
// length or a letter of the type changes.
func requireTypePrefix(t *testing.T, typ string, key []byte) {
	t.Helper()
	prefix := append(binary.BigEndian.AppendUint32(nil, uint32(len(typ))), typ...)
	if !bytes.HasPrefix(key, prefix) {
		t.Fatalf("%x was accepted as a key of type %s", key, typ)
	}
	for i := range prefix {
		for _, change := range []byte{1, 0x20, 0x80} {
			mutant := bytes.Clone(key)
			mutant[i] ^= change
			line := typ + " " + base64.StdEncoding.EncodeToString(mutant)
			if isPublicKey(line) {
				t.Fatalf("%q was accepted", line)
			}
		}
	}
	for _, other := range []string{"ssh-ed25519", "ssh-rsa", "ssh-dss", strings.ToUpper(typ), ""} {
		if line := other + " " + base64.StdEncoding.EncodeToString(key); other != typ && isPublicKey(line) {
			t.Fatalf("%q was accepted", line)
		}
	}
}
