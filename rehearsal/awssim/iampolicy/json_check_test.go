package iampolicy

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValidateJSON(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ document, want string }{
		{`{}`, ""},
		{`{"a":["1","2"]}`, ""},
		{``, `"policy" is an empty string, which is not a valid JSON value`},
		{` {}`, `"policy" contains an invalid JSON policy: leading space characters are not allowed`},
		{
			`"a"`,
			`"policy" contains an invalid JSON policy: contains a JSON-encoded string, not a JSON-encoded object`,
		},
		{
			`"policy.json"`, `"policy" contains an invalid JSON policy: contains a JSON-encoded string, not a ` +
				`JSON-encoded object (have you passed a JSON-encoded filename instead of the content of that file?)`,
		},
		{
			`"{}"`, `"policy" contains an invalid JSON policy: contains a JSON-encoded string, not a ` +
				`JSON-encoded object (have you double-encoded your JSON data?)`,
		},
		{`[{}]`, `"policy" contains an invalid JSON policy: contains a JSON array, not a JSON object`},
		{`policy`, `"policy" contains an invalid JSON policy: not a JSON object`},
		{
			`{0:"1"}`, `"policy" contains an invalid JSON policy: invalid character '0' looking for beginning of ` +
				`object key string, at byte offset 2`,
		},
		{
			`{"a":}`, `"policy" contains an invalid JSON policy: invalid character '}' looking for beginning of ` +
				`value, at byte offset 6`,
		},
		{`{"a":1,"a":2}`, `"policy" contains duplicate JSON keys: duplicate key "a"`},
	} {
		t.Run(test.document, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, ValidateJSON("policy", test.document))
		})
	}
}
