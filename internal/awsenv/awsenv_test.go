package awsenv_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/awsenv"
)

func TestEnv_arns(t *testing.T) {
	t.Parallel()
	env := awsenv.Env{Partition: "aws-cn", DNSSuffix: "amazonaws.com.cn", Region: "cn-north-1", AccountID: "123456789012"}
	require.Equal(t, "arn:aws-cn:ec2:cn-north-1:123456789012:instance/i-1", env.ARN("ec2", "instance/i-1"))
	require.Equal(t, "arn:aws-cn:iam::210987654321:root", env.IAM("210987654321", "root"))
	require.Equal(t, "arn:aws-cn:iam::aws:policy/P", env.IAM("aws", "policy/P"))
	require.Equal(t, "arn:aws-cn:s3:::records", env.Bucket("records"))
}

func TestEnv_Validate(t *testing.T) {
	t.Parallel()
	complete := awsenv.Env{Partition: "aws", DNSSuffix: "amazonaws.com", Region: "eu-west-1", AccountID: "123456789012"}
	require.NoError(t, complete.Validate())
	for field, clear := range map[string]func(*awsenv.Env){
		"Env.Partition": func(e *awsenv.Env) { e.Partition = "" },
		"Env.DNSSuffix": func(e *awsenv.Env) { e.DNSSuffix = "" },
		"Env.Region":    func(e *awsenv.Env) { e.Region = "" },
		"Env.AccountID": func(e *awsenv.Env) { e.AccountID = "" },
	} {
		env := complete
		clear(&env)
		require.EqualError(t, env.Validate(), "missing "+field)
	}
	require.EqualError(t, awsenv.Env{}.Validate(),
		"missing Env.Partition\nmissing Env.DNSSuffix\nmissing Env.Region\nmissing Env.AccountID")
}
