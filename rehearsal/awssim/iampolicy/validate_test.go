package iampolicy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const testAccount = "123456789012"

// allow are the elements of a statement that is valid for most kinds of policies.
const allow = `"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs-1/*"`

// document returns a document of the current version with these statements.
func document(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

func identity(rest string) string { return document(`{"Effect":"Allow",` + rest + `}`) }

func trust(principal string) string {
	return document(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `}`)
}

func resourcePolicy(rest string) string {
	return document(`{"Effect":"Allow","Principal":"*",` + rest + `}`)
}

// validation is a document and the error that AWS returns for it. Without a code the document is valid.
type validation struct{ name, document, code, message string }

func testValidate(t *testing.T, kind Kind, tests []validation) {
	t.Helper()
	context := Context{
		Partition: "aws", Account: testAccount, Bucket: "logs-1", Caller: "arn:aws:iam::" + testAccount + ":user/ann",
		PrincipalExists: func(arn string) bool {
			return arn == "arn:aws:iam::"+testAccount+":user/ann" || arn == "arn:aws:iam::"+testAccount+":role/ops"
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := Validate(kind, test.document, context)
			if test.code == "" {
				require.Nil(t, got)
				return
			}
			require.Equal(t, &Error{Code: test.code, Message: test.message}, got)
		})
	}
}

// padded appends white space up to a size.
func padded(text string, size int) string { return text + strings.Repeat(" ", size-len(text)) }

func TestValidate_partitions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		partition, service string
		ok                 bool
	}{
		{"aws", "ec2.amazonaws.com", true},
		{"aws", "logs.ap-northeast-1.amazonaws.com", true},
		{"aws", "ec2.amazonaws.com.cn", false},
		{"aws-us-gov", "ec2.amazonaws.com", true},
		{"aws-cn", "ec2.amazonaws.com.cn", true},
		{"aws-cn", "ec2.amazonaws.com", false},
		{"aws-cn", "ssm.amazonaws.com", true},
		{"aws-cn", "logs.cn-north-1.amazonaws.com.cn", true},
		{"aws-cn", "logs.cn-north-1.amazonaws.com", false},
	} {
		t.Run(test.partition+" "+test.service, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.ok, Validate(Trust, trust(`{"Service":"`+test.service+`"}`), Context{Partition: test.partition}) == nil)
		})
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	require.Equal(t, 2, Size(" {\n} "))
	require.Equal(t, 9, Size(`{"a": "é"}`), "characters, not bytes")
	require.Equal(t, 3, Size("{ é"), "invalid JSON as it is")
}
