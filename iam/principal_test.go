package iam

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParsePrincipal(t *testing.T) {
	t.Parallel()
	long := "arn:aws:iam::123456789012:user/" + strings.Repeat("n", 64)
	for _, test := range []struct {
		partition, text string
		want            Principal
		mfa             bool
	}{
		{"aws", "account", Principal{}, true},
		{"aws", "210987654321", Principal{account: "210987654321"}, true},
		{
			"aws", "arn:aws:iam::123456789012:user/ann",
			Principal{arn: "arn:aws:iam::123456789012:user/ann", user: true},
			true,
		},
		{
			"aws", "arn:aws:iam::123456789012:user/staff/eu/ann+b=c,d.e@f-g_h",
			Principal{arn: "arn:aws:iam::123456789012:user/staff/eu/ann+b=c,d.e@f-g_h", user: true},
			true,
		},
		{"aws", long, Principal{arn: long, user: true}, true},
		{
			"aws", "arn:aws:iam::123456789012:role/ops",
			Principal{arn: "arn:aws:iam::123456789012:role/ops"},
			false,
		},
		{
			"aws-cn", "arn:aws-cn:iam::123456789012:user/ann",
			Principal{arn: "arn:aws-cn:iam::123456789012:user/ann", user: true},
			true,
		},
		{
			"aws-us-gov", "arn:aws-us-gov:iam::123456789012:user/ann",
			Principal{arn: "arn:aws-us-gov:iam::123456789012:user/ann", user: true},
			true,
		},
		// Before the partition is known, any will do.
		{
			"", "arn:aws-cn:iam::123456789012:user/ann",
			Principal{arn: "arn:aws-cn:iam::123456789012:user/ann", user: true},
			true,
		},
		{"aws", "sso:AdministratorAccess", Principal{permissionSet: "AdministratorAccess"}, false},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			got, err := ParsePrincipal(test.partition, test.text)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			require.Equal(t, test.mfa, got.CarriesMFA(), "carries MFA")
			require.Equal(t, test.want.user, got.IsUser(), "is a user")
			require.Equal(t, test.text, got.String())
		})
	}
}

func TestParsePrincipal_rejects(t *testing.T) {
	t.Parallel()
	none := func(text string) string {
		return `"` + text + `" is not a principal: give account, a 12-digit account id, the ARN of an IAM user or role ` +
			"(arn:PARTITION:iam::ACCOUNT:user/NAME), or sso:PERMISSION_SET"
	}
	set := func(text string) string {
		return `"` + text + `" names no permission set: write sso: and a name of 1 to 32 letters, digits and any of +=,.@-_, ` +
			"such as sso:AdministratorAccess"
	}
	other := func(text, is, want string) string {
		return `"` + text + `" is in partition ` + is + ", and the stack is in " + want + ": give a principal of " + want
	}
	tooLong := "arn:aws:iam::123456789012:user/" + strings.Repeat("n", 65)
	for _, test := range []struct{ partition, text, want string }{
		{"aws", "", none("")},
		{"aws", "*", none("*")},
		{"aws", "ann", none("ann")},
		{"aws", "Account", none("Account")},
		{"aws", "12345678901", none("12345678901")},
		{"aws", "1234567890123", none("1234567890123")},
		{"aws", "arn:aws:iam::1234567890:user/hogehoge", none("arn:aws:iam::1234567890:user/hogehoge")},
		{"aws", "arn:aws:iam::123456789012:root", none("arn:aws:iam::123456789012:root")},
		{"aws", "arn:aws:iam::123456789012:group/ops", none("arn:aws:iam::123456789012:group/ops")},
		{"aws", "arn:aws:iam::123456789012:user/", none("arn:aws:iam::123456789012:user/")},
		{"aws", "arn:aws:iam::123456789012:user/a*", none("arn:aws:iam::123456789012:user/a*")},
		{"aws", "arn:aws:sts::123456789012:assumed-role/ops/ann", none("arn:aws:sts::123456789012:assumed-role/ops/ann")},
		{"aws", "arn:aws:iam:eu-west-1:123456789012:user/a", none("arn:aws:iam:eu-west-1:123456789012:user/a")},
		{"aws", " arn:aws:iam::123456789012:user/a", none(" arn:aws:iam::123456789012:user/a")},
		{"aws", tooLong, none(tooLong)},
		{"aws", "sso:", set("sso:")},
		{"aws", "sso:a b", set("sso:a b")},
		{"aws", "sso:*", set("sso:*")},
		{"aws", "sso:" + strings.Repeat("s", 33), set("sso:" + strings.Repeat("s", 33))},
		{
			"aws-cn", "arn:aws:iam::123456789012:user/a",
			other("arn:aws:iam::123456789012:user/a", "aws", "aws-cn"),
		},
		{
			"aws", "arn:aws-us-gov:iam::123456789012:role/a",
			other("arn:aws-us-gov:iam::123456789012:role/a", "aws-us-gov", "aws"),
		},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			got, err := ParsePrincipal(test.partition, test.text)
			require.EqualError(t, err, test.want)
			require.Equal(t, Principal{}, got)
		})
	}
}
