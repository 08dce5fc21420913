package iampolicy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEquivalent(t *testing.T) {
	t.Parallel()
	base := `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":"123456789012"},` +
		`"Action":["s3:GetObject"],"Resource":["x","y"],"Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`
	for _, test := range []struct {
		name, old, new string
		equivalent     bool
	}{
		{"identical", base, base, true},
		{
			"order of keys and elements, a statement or string instead of a list, a bool instead of a string",
			base, `{"Statement": {"Resource":["y","x"],"Action":"s3:GetObject","Sid":"a","Effect":"allow",
			"Principal":{"AWS":["123456789012"]},"Condition":{"Bool":{"aws:SecureTransport":true}}},
			"Version":"2012-10-17"}`, true,
		},
		{
			"an account ID and its root ARN", base,
			strings.Replace(base, `"123456789012"`, `"arn:aws:iam::123456789012:root"`, 1), true,
		},
		{"another action", base, strings.Replace(base, "GetObject", "PutObject", 1), false},
		{"an action in lower case", base, strings.Replace(base, "GetObject", "getobject", 1), false},
		{"another Sid", base, strings.Replace(base, `"a"`, `"b"`, 1), false},
		{"another version", base, strings.Replace(base, "2012", "2008", 1), false},
		{"another condition", base, strings.Replace(base, "true", "false", 1), false},
		{"both forms of all principals", document(`{"Principal":"*"}`), document(`{"Principal":{"AWS":"*"}}`), false},
		{"order of statements", document(`{"Sid":"a"},{"Sid":"b"}`), document(`{"Sid":"b"},{"Sid":"a"}`), true},
		{"an additional statement", document(`{"Sid":"a"}`), document(`{"Sid":"a"},{"Sid":"a"}`), false},
		{"an empty string and an empty object", "", "{}", true},
		{"invalid JSON", base, "{", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.equivalent, Equivalent(test.old, test.new))
			require.Equal(t, test.equivalent, Equivalent(test.new, test.old))
		})
	}
}
