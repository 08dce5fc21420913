package osimage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/awsenv"
	"bastionless/internal/osimage"
)

var (
	tokyo   = awsenv.Env{Partition: "aws", DNSSuffix: "amazonaws.com", Region: "ap-northeast-1", AccountID: "123456789012"}
	beijing = awsenv.Env{Partition: "aws-cn", DNSSuffix: "amazonaws.com.cn", Region: "cn-north-1", AccountID: "123456789012"}
)

// The strings are values of the configuration key os, and states record them.
func TestAll(t *testing.T) {
	t.Parallel()
	require.Equal(t, []osimage.OS{"al2023", "al2", "other"}, osimage.All())
	require.Equal(t, []osimage.OS{osimage.AmazonLinux2023, osimage.AmazonLinux2, osimage.Other}, osimage.All())
}

func TestOS_Parameter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		os                 osimage.OS
		architecture, want string
	}{
		{osimage.AmazonLinux2023, "x86_64", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"},
		{osimage.AmazonLinux2023, "arm64", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"},
		{osimage.AmazonLinux2, "x86_64", "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"},
		{osimage.AmazonLinux2, "arm64", "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-arm64-gp2"},
	} {
		require.Equal(t, test.want, test.os.Parameter(test.architecture))
	}
}

// A typo in one of these names would be noticed only on a real instance.
func TestOS_RepositoryBuckets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		os   osimage.OS
		env  awsenv.Env
		want []string
	}{
		{osimage.AmazonLinux2023, tokyo, []string{"al2023-repos-ap-northeast-1-de612dc2", "al2023-ap-northeast-1"}},
		{osimage.AmazonLinux2, tokyo, []string{"amazonlinux.ap-northeast-1.amazonaws.com", "amazonlinux-2-repos-ap-northeast-1"}},
		{osimage.AmazonLinux2023, beijing, []string{"al2023-repos-cn-north-1-de612dc2", "al2023-cn-north-1"}},
		{osimage.AmazonLinux2, beijing, []string{"amazonlinux.cn-north-1.amazonaws.com.cn", "amazonlinux-2-repos-cn-north-1"}},
		{osimage.Other, tokyo, nil},
	} {
		require.Equal(t, test.want, test.os.RepositoryBuckets(test.env))
	}
}

func TestOS_RepositoriesUseHTTP(t *testing.T) {
	t.Parallel()
	require.False(t, osimage.AmazonLinux2023.RepositoriesUseHTTP())
	require.True(t, osimage.AmazonLinux2.RepositoriesUseHTTP())
	require.False(t, osimage.Other.RepositoriesUseHTTP())
}

func TestInstallLatestAgent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env                awsenv.Env
		architecture, want string
	}{
		{
			tokyo, "x86_64", "#!/bin/bash\nyum install -y https://s3.ap-northeast-1.amazonaws.com/" +
				"amazon-ssm-ap-northeast-1/latest/linux_amd64/amazon-ssm-agent.rpm\n",
		},
		{
			beijing, "arm64", "#!/bin/bash\nyum install -y https://s3.cn-north-1.amazonaws.com.cn/" +
				"amazon-ssm-cn-north-1/latest/linux_arm64/amazon-ssm-agent.rpm\n",
		},
	} {
		require.Equal(t, test.want, osimage.InstallLatestAgent(test.env, test.architecture))
	}
}
