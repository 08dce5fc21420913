package iam

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParsePrincipal(t *testing.T) {
	t.Parallel()
	long := "arn:aws:iam::123456789012:user/" + strings.Repeat("n", 64)
	for _, test := range []struct {
		text string
		want Principal
		mfa  bool
	}{
		{"account", Principal{}, true},
		{"210987654321", Principal{account: "210987654321"}, true},
		{
			"arn:aws:iam::123456789012:user/ann",
			Principal{arn: "arn:aws:iam::123456789012:user/ann", user: true},
			true,
		},
		{
			"arn:aws:iam::123456789012:user/staff/eu/ann+b=c,d.e@f-g_h",
			Principal{arn: "arn:aws:iam::123456789012:user/staff/eu/ann+b=c,d.e@f-g_h", user: true},
			true,
		},
		{long, Principal{arn: long, user: true}, true},
		{
			"arn:aws:iam::123456789012:role/ops",
			Principal{arn: "arn:aws:iam::123456789012:role/ops"},
			false,
		},
		{
			"arn:aws-cn:iam::123456789012:user/ann",
			Principal{arn: "arn:aws-cn:iam::123456789012:user/ann", user: true},
			true,
		},
		{
			"arn:aws-us-gov:iam::123456789012:user/ann",
			Principal{arn: "arn:aws-us-gov:iam::123456789012:user/ann", user: true},
			true,
		},
		{"sso:AdministratorAccess", Principal{permissionSet: "AdministratorAccess"}, false},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			got, err := ParsePrincipal(test.text)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			require.Equal(t, test.mfa, got.SupportsMFA(), "SupportsMFA")
			require.Equal(t, test.want.user, got.IsUser(), "IsUser")
			require.Equal(t, test.text, got.String())
		})
	}
}

// The error contains the text and the allowed forms.
func TestParsePrincipal_rejects(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"",
		"*",
		"ann",
		"Account",
		"12345678901",
		"1234567890123",
		"arn:aws:iam::1234567890:user/hogehoge",
		"arn:aws:iam::123456789012:root",
		"arn:aws:iam::123456789012:group/ops",
		"arn:aws:iam::123456789012:user/",
		"arn:aws:iam::123456789012:user/a*",
		"arn:aws:sts::123456789012:assumed-role/ops/ann",
		"arn:aws:iam:eu-west-1:123456789012:user/a",
		" arn:aws:iam::123456789012:user/a",
		"arn:aws:iam::123456789012:user/a\n",
		"arn:AWS:iam::123456789012:user/a",
		"arn:aws:iam::123456789012:user/" + strings.Repeat("n", 65),
	} {
		requireNoPrincipal(t, text, "sso:PERMISSION_SET")
	}
	for _, text := range []string{"sso:", "sso:a b", "sso:*", "sso:a/b", "sso:" + strings.Repeat("s", 33)} {
		requireNoPrincipal(t, text, "sso:AdministratorAccess")
	}
}

// requireNoPrincipal requires that the error names a text and contains a remedy.
func requireNoPrincipal(t *testing.T, text, remedy string) {
	t.Helper()
	got, err := ParsePrincipal(text)
	require.ErrorContains(t, err, strconv.Quote(text))
	require.ErrorContains(t, err, remedy)
	require.Equal(t, Principal{}, got)
}

func TestPrincipal_checkPartition(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"account", "210987654321", "sso:AdministratorAccess", "arn:aws-cn:iam::123456789012:user/ann",
		"arn:aws-cn:iam::123456789012:role/path/ops",
	} {
		principal, err := ParsePrincipal(text)
		require.NoError(t, err)
		require.NoError(t, principal.checkPartition("aws-cn"))
	}
	for _, test := range []struct{ partition, text, other string }{
		{"aws-cn", "arn:aws:iam::123456789012:user/a", "aws"},
		{"aws", "arn:aws-us-gov:iam::123456789012:role/a", "aws-us-gov"},
	} {
		principal, err := ParsePrincipal(test.text)
		require.NoError(t, err)
		err = principal.checkPartition(test.partition)
		require.ErrorContains(t, err, `"`+test.text+`"`)
		require.ErrorContains(t, err, "partition "+test.other+",")
		require.ErrorContains(t, err, "use a principal in partition "+test.partition)
	}
}
