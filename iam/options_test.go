package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/awsenv"
	"bastionless/internal/diag"
	"bastionless/internal/diag/diagtest"
)

// parse parses principals.
func parse(t *testing.T, texts ...string) []Principal {
	t.Helper()
	var principals []Principal
	for _, text := range texts {
		principal, err := ParsePrincipal(text)
		require.NoError(t, err)
		principals = append(principals, principal)
	}
	return principals
}

func TestOptions_roleNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "a", "_", "Agent+=,.@-_9", strings.Repeat("n", 64)} {
		diagtest.Require(t, nil, InstanceRoleOptions{RoleName: name}.Validate())
		diagtest.Require(t, nil, SessionRoleOptions{RoleName: name}.Validate())
	}
	for _, name := range []string{" ", "a b", "a/b", "a:b", "a*", "ä", "a\n", "%d", strings.Repeat("n", 65)} {
		quoted := fmt.Sprintf("%q", name)
		diagtest.Require(t, []diagtest.Want{diagtest.Problem("instanceRoleName", diag.Malformed, quoted)},
			InstanceRoleOptions{RoleName: name}.Validate())
		diagtest.Require(t, []diagtest.Want{diagtest.Problem("sessionRoleName", diag.Malformed, quoted)},
			SessionRoleOptions{RoleName: name}.Validate())
	}
}

func TestSessionRoleOptions_Validate(t *testing.T) {
	t.Parallel()
	const (
		user = "arn:aws:iam::123456789012:user/ann"
		role = "arn:aws:iam::123456789012:role/ops"
	)
	for name, test := range map[string]struct {
		options SessionRoleOptions
		want    []diagtest.Want
	}{
		"nothing":                  {SessionRoleOptions{}, nil},
		"MFA of any age":           {SessionRoleOptions{RequireMFA: true}, nil},
		"MFA of the last minute":   {SessionRoleOptions{RequireMFA: true, MFAMaxAgeMinutes: 1}, nil},
		"MFA of the last 36 hours": {SessionRoleOptions{RequireMFA: true, MFAMaxAgeMinutes: 2160}, nil},
		"MFA that is older than a session with MFA can be": {
			SessionRoleOptions{RequireMFA: true, MFAMaxAgeMinutes: 2161},
			[]diagtest.Want{diagtest.Problem("mfaMaxAgeMinutes", diag.OutOfRange, "2161", "2160")},
		},
		"a negative age": {
			SessionRoleOptions{RequireMFA: true, MFAMaxAgeMinutes: -1},
			[]diagtest.Want{diagtest.Problem("mfaMaxAgeMinutes", diag.OutOfRange, "-1")},
		},
		"a negative age of MFA that is not required": {
			SessionRoleOptions{MFAMaxAgeMinutes: -1},
			[]diagtest.Want{diagtest.Problem("mfaMaxAgeMinutes", diag.OutOfRange, "-1")},
		},
		"an age of MFA that is not required": {SessionRoleOptions{MFAMaxAgeMinutes: 1}, nil},
		"an age that is too high, of MFA that is not required": {
			SessionRoleOptions{MFAMaxAgeMinutes: 2161},
			[]diagtest.Want{diagtest.Problem("mfaMaxAgeMinutes", diag.OutOfRange, "2161")},
		},
		"MFA of accounts and users": {
			SessionRoleOptions{RequireMFA: true, Principals: parse(t, "account", "210987654321", user)}, nil,
		},
		"MFA of roles": {
			SessionRoleOptions{RequireMFA: true, Principals: parse(t, user, role, "sso:Admin")},
			[]diagtest.Want{
				diagtest.Problem("sessionPrincipals", diag.Conflict, `"`+role+`"`, "requireMfa"),
				diagtest.Problem("sessionPrincipals", diag.Conflict, `"sso:Admin"`, "requireMfa"),
			},
		},
		"roles without MFA": {SessionRoleOptions{Principals: parse(t, role, "sso:Admin")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, test.want, test.options.Validate())
		})
	}
}

func TestSessionRoleOptions_OnlyUsers(t *testing.T) {
	t.Parallel()
	const user = "arn:aws:iam::123456789012:user/"
	for _, principals := range [][]string{{user + "ann"}, {user + "ann", user + "staff/bob"}} {
		require.True(t, SessionRoleOptions{Principals: parse(t, principals...)}.OnlyUsers(), principals)
	}
	for _, other := range []string{"account", "210987654321", "sso:Admin", "arn:aws:iam::123456789012:role/ops"} {
		require.False(t, SessionRoleOptions{Principals: parse(t, other)}.OnlyUsers(), other)
		require.False(t, SessionRoleOptions{Principals: parse(t, user+"ann", other)}.OnlyUsers(), other)
		require.False(t, SessionRoleOptions{Principals: parse(t, other, user+"ann")}.OnlyUsers(), other)
	}
}

func TestSessionRoleOptions_ValidateIn_partition(t *testing.T) {
	t.Parallel()
	const (
		standard = "arn:aws:iam::123456789012:user/ann"
		china    = "arn:aws-cn:iam::123456789012:role/ops"
	)
	options := SessionRoleOptions{Principals: parse(t, "account", "210987654321", standard, "sso:Admin", china)}
	diagtest.Require(t, []diagtest.Want{diagtest.Problem("sessionPrincipals", diag.Conflict, `"`+china+`"`, "aws-cn")},
		options.ValidateIn(tokyo))
	beijing := awsenv.Env{Partition: "aws-cn", DNSSuffix: "amazonaws.com.cn", Region: "cn-north-1", AccountID: "123456789012"}
	diagtest.Require(t, []diagtest.Want{diagtest.Problem("sessionPrincipals", diag.Conflict, `"`+standard+`"`, "aws-cn")},
		options.ValidateIn(beijing))
}

// AWS allows 2,048 characters in a trust policy by default.
func TestSessionRoleOptions_ValidateIn_trustPolicySize(t *testing.T) {
	t.Parallel()
	largest := SessionRoleOptions{Principals: parse(t, rolesOfTrustPolicy(t, 2048)...)}
	diagtest.Require(t, nil, largest.ValidateIn(tokyo))

	tooLarge := SessionRoleOptions{Principals: parse(t, rolesOfTrustPolicy(t, 2049)...)}
	diagtest.Require(t, []diagtest.Want{diagtest.Problem("sessionPrincipals", diag.TooMany, "20 ", "2049", "2048")},
		tooLarge.ValidateIn(tokyo))
	tooLarge.Principals = append(tooLarge.Principals, parse(t, "arn:aws-cn:iam::123456789012:role/ops")...)
	diagtest.Require(t, []diagtest.Want{
		diagtest.Problem("sessionPrincipals", diag.Conflict), diagtest.Problem("sessionPrincipals", diag.TooMany, "21 ", "2048"),
	}, tooLarge.ValidateIn(tokyo))
}

// rolesOfTrustPolicy returns 20 roles whose trust policy has this size.
func rolesOfTrustPolicy(t *testing.T, size int) []string {
	t.Helper()
	const prefix = "arn:aws:iam::123456789012:role/"
	trust := func(arns []string) string {
		return `{"Effect":"Allow","Principal":{"AWS":["` + strings.Join(arns, `","`) + `"]},"Action":["sts:AssumeRole"]}`
	}
	arns := make([]string, 20)
	for i := range arns[1:] {
		arns[i] = fmt.Sprintf("%s%064d", prefix, i)
	}
	arns[19] = prefix
	missing := size - len(`{"Version":"2012-10-17","Statement":[]}`) - len(trust(arns))
	arns[19] += strings.Repeat("r", missing)
	requireJSON(t, trust(arns), SessionRoleOptions{Principals: parse(t, arns...)}.trustPolicy(tokyo))
	return arns
}
