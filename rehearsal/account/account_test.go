package account_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
)

const header = `"format": "bastionless AWS account", "version": 1`

func TestRead_invalid(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		``:                                 "not a captured account: unexpected end of JSON input: capture it again",
		`{` + header + `, "vpcs": [`:       "not a captured account: unexpected end of JSON input: capture it again",
		`{"version": 3, "deployment": {}}`: `not a captured account: its format is "" instead of "bastionless AWS account": name a file that "rehearse capture" wrote`,
		`{"format": "bastionless AWS account", "version": 2}`:         "it has version 2, and this program reads up to version 1: update the program or capture the account again",
		`{"format": "bastionless AWS account"}`:                       "not a captured account: its version is 0: capture it again",
		`{` + header + `, "vpcz": []}`:                                `not a captured account: json: unknown field "vpcz"`,
		`{` + header + `, "accountId": "12", "region": "eu-west-1"}`:  `not a captured account: accountId is "12" instead of 12 digits`,
		`{` + header + `, "accountId": "123456789012", "region": ""}`: `not a captured account: region is missing`,
	} {
		_, err := account.Read(strings.NewReader(content))
		require.EqualError(t, err, want, content)
	}
}

// An absent section is unknown, and an empty one contains nothing.
func TestRead_sections(t *testing.T) {
	t.Parallel()
	f, err := account.Read(strings.NewReader(`{` + header + `, "accountId": "123456789012", "region": "eu-west-1", "vpcs": []}`))
	require.NoError(t, err)
	require.NotNil(t, f.Vpcs)
	require.Nil(t, f.Subnets)
	var text strings.Builder
	require.NoError(t, f.Write(&text))
	again, err := account.Read(strings.NewReader(text.String()))
	require.NoError(t, err)
	require.Equal(t, f, again)
}

func TestFile_withID(t *testing.T) {
	t.Parallel()
	f := &account.File{AccountID: account.RedactedID, Redacted: true}
	f.Roles = []account.Role{{RoleName: "a", PermissionsBoundary: &account.Boundary{PermissionsBoundaryArn: "arn:aws:iam::123456789012:policy/p"}}}
	restored, err := f.WithID("111122223333")
	require.NoError(t, err)
	require.Equal(t, "111122223333", restored.AccountID)
	require.Equal(t, "arn:aws:iam::111122223333:policy/p", restored.Roles[0].PermissionsBoundary.PermissionsBoundaryArn)
	require.False(t, restored.Redacted)
	f.Redacted = false
	same, err := f.WithID("111122223333")
	require.NoError(t, err)
	require.Same(t, f, same)
}
