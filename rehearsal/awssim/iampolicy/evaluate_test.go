package iampolicy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAllowsService(t *testing.T) {
	t.Parallel()
	const group = "arn:aws:logs:ap-northeast-1:123456789012:log-group:/bastionless/dev"
	policy := func(condition string) string {
		return document(`{"Effect":"Allow","Principal":{"Service":"logs.ap-northeast-1.amazonaws.com"},` +
			`"Action":["kms:Encrypt*","kms:Decrypt*"],"Resource":"*"` + condition + `}`)
	}
	like := func(pattern string) string {
		return policy(`,"Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":"` + pattern + `"}}`)
	}
	request := map[string]string{"kms:EncryptionContext:aws:logs:arn": group}
	for _, test := range []struct {
		name, document, action string
		allowed                bool
	}{
		{"no condition", policy(""), "kms:Encrypt", true},
		{"another action", policy(""), "kms:GenerateDataKey", false},
		{"its log group", like(group), "kms:Decrypt", true},
		{"a pattern for its log group", like("arn:aws:logs:*:123456789012:log-group:/bastionless/*"), "kms:Decrypt", true},
		{"another log group", like("arn:aws:logs:*:123456789012:log-group:/other/*"), "kms:Decrypt", false},
		{"a condition key that the request does not have", policy(`,"Condition":{"StringEquals":{"aws:x":"y"}}`), "kms:Decrypt", false},
		{
			"a deny", strings.Replace(policy(""), `}]}`,
				`},{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}]}`, 1), "kms:Decrypt", false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.allowed, AllowsService(test.document, "logs.ap-northeast-1.amazonaws.com", test.action, request))
		})
	}
}

func TestIsPublic(t *testing.T) {
	t.Parallel()
	policy := func(principal, condition string) string {
		return document(`{"Effect":"Allow","Principal":` + principal +
			`,"Action":"s3:*","Resource":"arn:aws:s3:::b"` + condition + `}`)
	}
	for _, test := range []struct {
		name, document string
		public         bool
	}{
		{"all principals", policy(`"*"`, ""), true},
		{"all principals, the other form", policy(`{"AWS":"*"}`, ""), true},
		{"an account", policy(`{"AWS":"123456789012"}`, ""), false},
		{"an account by condition", policy(`"*"`, `,"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}`), false},
		{"any account by condition", policy(`"*"`, `,"Condition":{"StringLike":{"aws:SourceAccount":"*"}}`), true},
		{"only TLS required", policy(`"*"`, `,"Condition":{"Bool":{"aws:SecureTransport":"true"}}`), true},
		{
			"a deny", document(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b"}`), false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.public, IsPublic(test.document))
		})
	}
}

func TestMatchWildcard(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, s string
		matches    bool
	}{
		{"ssm:Start*", "ssm:StartSession", true},
		{"ssm:Start*", "ssm:Start", true},
		{"ssm:Start*", "ssm:StopSession", false},
		{"*Session", "ssm:StartSession", true},
		{"*s*n", "session", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"", "", true},
		{"", "a", false},
	} {
		require.Equal(t, test.matches, MatchWildcard(test.pattern, test.s), "%q %q", test.pattern, test.s)
	}
}
