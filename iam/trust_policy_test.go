package iam

import (
	"strings"
	"testing"

	"bastionless/internal/awsenv"
)

func TestTrustPolicy(t *testing.T) {
	t.Parallel()
	var (
		ann  = Principal{arn: "arn:aws:iam::123456789012:user/ann", user: true}
		bob  = Principal{arn: "arn:aws:iam::123456789012:user/bob", user: true}
		ops  = Principal{arn: "arn:aws:iam::210987654321:role/ops"}
		far  = Principal{account: "210987654321"}
		sso  = Principal{permissionSet: "Admin"}
		sso2 = Principal{permissionSet: "ReadOnly"}
	)
	const (
		mfa   = `"Bool":{"aws:MultiFactorAuthPresent":["true"]}`
		named = `"StringEquals":{"sts:RoleSessionName":["${aws:username}"]}`
		role  = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_"
	)
	allows := func(conditions string, arns ...string) string {
		text := `{"Effect":"Allow","Principal":{"AWS":["` + strings.Join(arns, `","`) + `"]},"Action":["sts:AssumeRole"]`
		if conditions != "" {
			text += `,"Condition":{` + conditions + `}`
		}
		return text + `}`
	}
	root := "arn:aws:iam::123456789012:root"
	for name, test := range map[string]struct {
		principals []Principal
		mfa        bool
		want       string
	}{
		"the account, with MFA":  {[]Principal{{}}, true, allows(mfa, root)},
		"the account":            {[]Principal{{}}, false, allows("", root)},
		"another account":        {[]Principal{far}, true, allows(mfa, "arn:aws:iam::210987654321:root")},
		"a user, with MFA":       {[]Principal{ann}, true, allows(mfa+","+named, ann.arn)},
		"users":                  {[]Principal{ann, bob}, false, allows(named, ann.arn, bob.arn)},
		"a role":                 {[]Principal{ops}, false, allows("", ops.arn)},
		"a user and a role":      {[]Principal{ann, ops}, false, allows("", ann.arn, ops.arn)},
		"a user and the account": {[]Principal{ann, {}}, true, allows(mfa, ann.arn, root)},
		"permission sets": {
			[]Principal{sso, sso2},
			false,
			allows(`"ArnLike":{"aws:PrincipalArn":["`+role+`Admin_????????????????","`+role+`ReadOnly_????????????????"]}`, root),
		},
		"a user and a permission set": {
			[]Principal{ann, sso},
			false,
			allows("", ann.arn) + "," + allows(`"ArnLike":{"aws:PrincipalArn":["`+role+`Admin_????????????????"]}`, root),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := SessionRoleOptions{Principals: test.principals, RequireMFA: test.mfa}
			requireJSON(t, test.want, options.trustPolicy(tokyo))
		})
	}
}

// The age of the MFA sign-in is limited in seconds, and only if MFA is required.
func TestTrustPolicy_withRecentMFA(t *testing.T) {
	t.Parallel()
	options := SessionRoleOptions{
		Principals: []Principal{{arn: "arn:aws:iam::123456789012:user/ann", user: true}}, RequireMFA: true, MFAMaxAgeMinutes: 60,
	}
	requireJSON(t, `{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:user/ann"]},"Action":["sts:AssumeRole"],`+
		`"Condition":{"Bool":{"aws:MultiFactorAuthPresent":["true"]},`+
		`"NumericLessThanEquals":{"aws:MultiFactorAuthAge":["3600"]},`+
		`"StringEquals":{"sts:RoleSessionName":["${aws:username}"]}}}`, options.trustPolicy(tokyo))

	options.Principals, options.MFAMaxAgeMinutes = []Principal{{}}, 1
	requireJSON(t, `{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":["sts:AssumeRole"],`+
		`"Condition":{"Bool":{"aws:MultiFactorAuthPresent":["true"]},`+
		`"NumericLessThanEquals":{"aws:MultiFactorAuthAge":["60"]}}}`, options.trustPolicy(tokyo))

	options.RequireMFA = false
	requireJSON(t, `{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":["sts:AssumeRole"]}`,
		options.trustPolicy(tokyo))
}

// Users may set one session tag, to their own name.
func TestTrustPolicy_withUserTags(t *testing.T) {
	t.Parallel()
	options := SessionRoleOptions{
		Principals: []Principal{
			{arn: "arn:aws:iam::123456789012:user/ann", user: true}, {arn: "arn:aws:iam::123456789012:user/bob", user: true},
		},
		UserTag: true,
	}
	users := `"Principal":{"AWS":["arn:aws:iam::123456789012:user/ann","arn:aws:iam::123456789012:user/bob"]}`
	requireJSON(t, `{"Effect":"Allow",`+users+`,"Action":["sts:AssumeRole"],`+
		`"Condition":{"StringEquals":{"sts:RoleSessionName":["${aws:username}"]}}},`+
		`{"Effect":"Allow",`+users+`,"Action":["sts:TagSession"],`+
		`"Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["SSMSessionRunAs"]},`+
		`"StringEquals":{"aws:RequestTag/SSMSessionRunAs":["${aws:username}"]}}}`, options.trustPolicy(tokyo))
}

func TestTrustPolicy_inOtherPartitions(t *testing.T) {
	t.Parallel()
	env := awsenv.Env{Partition: "aws-us-gov", Region: "us-gov-west-1", AccountID: "123456789012"}
	options := SessionRoleOptions{Principals: []Principal{{}, {account: "210987654321"}, {permissionSet: "Admin"}}}
	requireJSON(t, `{"Effect":"Allow","Principal":{"AWS":["arn:aws-us-gov:iam::123456789012:root",`+
		`"arn:aws-us-gov:iam::210987654321:root"]},"Action":["sts:AssumeRole"]},`+
		`{"Effect":"Allow","Principal":{"AWS":["arn:aws-us-gov:iam::123456789012:root"]},"Action":["sts:AssumeRole"],`+
		`"Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws-us-gov:iam::123456789012:role/aws-reserved/sso.amazonaws.com/`+
		`*AWSReservedSSO_Admin_????????????????"]}}}`, options.trustPolicy(env))
}
