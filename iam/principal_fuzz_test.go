package iam

import (
	"strconv"
	"strings"
	"testing"
)

// String returns the text that was parsed. For a text that is not a principal, the error contains the text.
func FuzzParsePrincipal(f *testing.F) {
	for _, text := range []string{
		"account", "123456789012", "sso:AdministratorAccess", "arn:aws:iam::123456789012:user/path/ann",
		"arn:aws-cn:iam::123456789012:role/r", "arn:aws:iam::123456789012:root", "sso:", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		principal, err := ParsePrincipal(text)
		if err != nil {
			if principal != (Principal{}) || !strings.Contains(err.Error(), strconv.Quote(text)) {
				t.Fatalf("%q results in %+v and an error that does not name it: %v", text, principal, err)
			}
			return
		}
		if principal.String() != text {
			t.Fatalf("%q was parsed as %q", text, principal)
		}
		parts := strings.SplitN(text, ":", 6)
		isUser := len(parts) == 6 && strings.HasPrefix(parts[5], "user/")
		if principal.IsUser() != isUser || isUser && !principal.SupportsMFA() {
			t.Fatalf("%q was parsed as %+v", text, principal)
		}
	})
}
