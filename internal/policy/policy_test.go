package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/policy"
)

func TestDocument_JSON(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		statement policy.Statement
		want      string
	}{
		"an identity policy": {
			policy.Statement{
				Sid: "Read", Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::a/*", "arn:aws:s3:::b/*"},
			},
			`{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::a/*","arn:aws:s3:::b/*"]}`,
		},
		"a trust policy, without resources": {
			policy.Statement{
				Principal: &policy.Principal{Service: []string{"ec2.amazonaws.com"}}, Actions: []string{"sts:AssumeRole"},
			},
			`{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"]},"Action":["sts:AssumeRole"]}`,
		},
		"anyone": {
			policy.Statement{Principal: policy.Anyone(), Actions: []string{"*"}, Resources: []string{"*"}},
			`{"Effect":"Allow","Principal":"*","Action":["*"],"Resource":["*"]}`,
		},
		"any AWS principal": {
			policy.Statement{Principal: &policy.Principal{AWS: []string{"*"}}, Actions: []string{"*"}, Resources: []string{"*"}},
			`{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["*"],"Resource":["*"]}`,
		},
		"conditions, sorted by operator and key": {
			policy.Statement{Actions: []string{"a:B"}, Resources: []string{"*"}, Conditions: policy.Conditions{
				"StringEquals": {"z:key": {"2", "1"}, "a:key": {"${aws:username}"}},
				"Bool":         {"aws:MultiFactorAuthPresent": {"true"}},
			}},
			`{"Effect":"Allow","Action":["a:B"],"Resource":["*"],"Condition":{"Bool":{"aws:MultiFactorAuthPresent":["true"]},` +
				`"StringEquals":{"a:key":["${aws:username}"],"z:key":["2","1"]}}}`,
		},
		"a statement that denies": {
			policy.Statement{Sid: "Never", Deny: true, Principal: policy.Anyone(), Actions: []string{"a:*"}, Resources: []string{"*"}},
			`{"Sid":"Never","Effect":"Deny","Principal":"*","Action":["a:*"],"Resource":["*"]}`,
		},
		"characters that HTML would escape": {
			policy.Statement{Actions: []string{"a:B"}, Resources: []string{"arn:aws:iam::1:role/<&>"}},
			`{"Effect":"Allow","Action":["a:B"],"Resource":["arn:aws:iam::1:role/<&>"]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := policy.Document{Statements: []policy.Statement{test.statement}}.JSON()
			require.NoError(t, err)
			require.Equal(t, `{"Version":"2012-10-17","Statement":[`+test.want+`]}`, text)
		})
	}
}

func TestDocument_JSON_keepsTheOrderOfStatements(t *testing.T) {
	t.Parallel()
	document := policy.Document{Statements: []policy.Statement{
		{Sid: "B", Actions: []string{"a:B"}, Resources: []string{"*"}},
		{Sid: "A", Actions: []string{"a:A"}, Resources: []string{"*"}},
	}}
	text, err := document.JSON()
	require.NoError(t, err)
	require.Equal(t, `{"Version":"2012-10-17","Statement":[`+
		`{"Sid":"B","Effect":"Allow","Action":["a:B"],"Resource":["*"]},`+
		`{"Sid":"A","Effect":"Allow","Action":["a:A"],"Resource":["*"]}]}`, text)
}
