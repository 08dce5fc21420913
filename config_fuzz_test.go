package main

import "testing"

// Whatever the configuration holds, unknown keys are named and nothing panics.
func FuzzUnknownKeys(f *testing.F) {
	for _, text := range []string{`{"bastionless:zone":"[\"a\"]"}`, `{"aws:region":"eu-west-1"}`, `{`, `{"bastionless:":""}`, `[]`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var found problems
		r := &reader{found: &found, known: map[string]bool{"zones": true, "vpcCidr": true}}
		r.unknown("bastionless", text)
		for _, problem := range found.all {
			if problem.Error() == "" {
				t.Fatal("a problem without words")
			}
		}
	})
}

// Whatever is given as a public key, nothing panics, and what is taken is one line that says its type.
func FuzzPublicKey(f *testing.F) {
	for _, text := range []string{
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl", "ssh-rsa AAAA", "ssh-ed25519 //////////8=", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if isPublicKey(text) && len(text) < len("ssh-rsa AAAAB3NzaC1yc2E=") {
			t.Fatalf("%q was taken", text)
		}
	})
}
