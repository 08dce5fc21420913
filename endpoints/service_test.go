package endpoints

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServiceName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ partition, region, code, want string }{
		{"aws", "eu-west-1", "ssm", "com.amazonaws.eu-west-1.ssm"},
		{"aws", "eu-west-1", "ec2", "com.amazonaws.eu-west-1.ec2"},
		{"aws", "eu-west-1", "ecr.api", "com.amazonaws.eu-west-1.ecr.api"},
		{"aws-us-gov", "us-gov-west-1", "ssmmessages", "com.amazonaws.us-gov-west-1.ssmmessages"},
		{"aws-us-gov", "us-gov-west-1", "ec2", "com.amazonaws.us-gov-west-1.ec2"},
		{"aws-us-gov", "us-gov-west-1", "s3", "com.amazonaws.us-gov-west-1.s3"},
		{"aws-cn", "cn-north-1", "ssm", "com.amazonaws.cn-north-1.ssm"},
		{"aws-cn", "cn-north-1", "ssmmessages", "com.amazonaws.cn-north-1.ssmmessages"},
		{"aws-cn", "cn-north-1", "ec2messages", "com.amazonaws.cn-north-1.ec2messages"},
		{"aws-cn", "cn-north-1", "kms", "com.amazonaws.cn-north-1.kms"},
		{"aws-cn", "cn-north-1", "logs", "com.amazonaws.cn-north-1.logs"},
		{"aws-cn", "cn-north-1", "s3", "com.amazonaws.cn-north-1.s3"},
		{"aws-cn", "cn-north-1", "ec2", "cn.com.amazonaws.cn-north-1.ec2"},
		{"aws-cn", "cn-northwest-1", "ecr.dkr", "cn.com.amazonaws.cn-northwest-1.ecr.dkr"},
		{"aws-cn", "cn-north-1", "sts", "cn.com.amazonaws.cn-north-1.sts"},
		{"aws-cn", "cn-north-1", "execute-api", "cn.com.amazonaws.cn-north-1.execute-api"},
		{"aws-cn", "cn-north-1", "athena", "cn.com.amazonaws.cn-north-1.athena"},
		{"aws-cn", "cn-north-1", "transcribe", "cn.com.amazonaws.cn-north-1.transcribe.cn"},
		{"aws", "eu-west-1", "transcribe", "com.amazonaws.eu-west-1.transcribe"},
		{"aws-eusc", "eusc-de-east-1", "ssm", "com.amazonaws.eusc-de-east-1.ssm"},
		{"aws-eusc", "eusc-de-east-1", "ec2", "com.amazonaws.eusc-de-east-1.ec2"},
		{"aws-eusc", "eusc-de-east-1", "ecr.api", "eu.amazonaws.eusc-de-east-1.ecr.api"},
	} {
		require.Equal(t, test.want, ServiceName(test.partition, test.region, test.code))
	}
}
