package iam

import (
	"strconv"
	"strings"
	"testing"
)

// Whatever is given, a principal that is taken is written as it was given, and one that is not is named in the error.
func FuzzParsePrincipal(f *testing.F) {
	for _, text := range []string{
		"account", "123456789012", "sso:AdministratorAccess", "arn:aws:iam::123456789012:user/path/ann",
		"arn:aws-cn:iam::123456789012:role/r", "arn:aws:iam::123456789012:root", "sso:", "",
	} {
		f.Add("aws", text)
	}
	f.Fuzz(func(t *testing.T, partition, text string) {
		principal, err := ParsePrincipal(partition, text)
		if err != nil {
			if !strings.Contains(err.Error(), strconv.Quote(text)) {
				t.Fatalf("the error does not name %q: %v", text, err)
			}
			return
		}
		if principal.String() != text || principal.IsUser() && !principal.CarriesMFA() {
			t.Fatalf("%q was taken as %q", text, principal)
		}
	})
}
