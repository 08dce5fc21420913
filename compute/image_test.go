package compute_test

import (
	"errors"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/compute"
	"bastionless/internal/pulumitest"
)

func TestParameter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		os                 compute.OS
		architecture, want string
	}{
		{compute.AmazonLinux2023, "x86_64", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"},
		{compute.AmazonLinux2023, "arm64", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"},
		{compute.AmazonLinux2, "x86_64", "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"},
		{compute.AmazonLinux2, "arm64", "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-arm64-gp2"},
	} {
		require.Equal(t, test.want, compute.Parameter(test.os, test.architecture))
	}
}

func TestLatestAgent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ region, suffix, architecture, want string }{
		{
			"ap-northeast-1", "amazonaws.com", "x86_64", "#!/bin/bash\nyum install -y https://s3.ap-northeast-1.amazonaws.com/" +
				"amazon-ssm-ap-northeast-1/latest/linux_amd64/amazon-ssm-agent.rpm\n",
		},
		{
			"cn-north-1", "amazonaws.com.cn", "arm64", "#!/bin/bash\nyum install -y https://s3.cn-north-1.amazonaws.com.cn/" +
				"amazon-ssm-cn-north-1/latest/linux_arm64/amazon-ssm-agent.rpm\n",
		},
	} {
		require.Equal(t, test.want, compute.LatestAgent(test.region, test.suffix, test.architecture))
	}
}

// The lookup goes to the provider that it is given, in a preview as well, and its answer is no secret, though the
// parameter has a property that is one.
func TestNewestImage(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		setup := pulumitest.Setup{Mode: mode, Answers: []pulumitest.Answer{
			pulumitest.Parameter("al2023-ami-kernel-default-arm64", "ami-1"),
		}}
		result := pulumitest.Run(t, setup, func(ctx *pulumi.Context) error {
			provider, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{})
			if err != nil {
				return err
			}
			image := compute.NewestImage(ctx, compute.AmazonLinux2023, "arm64", pulumi.Provider(provider))
			ctx.Export("image", image.ID)
			return nil
		})
		result.RequireProvider(t, "pulumi:providers:aws::other")
		require.Len(t, result.Invokes, 1)
		require.Equal(t, pulumitest.Map{"image": "ami-1"}, result.Exports)
	})
}

// A lookup whose answer nobody uses would fail in silence; the instances use it.
func TestNewestImage_failsTheInstances(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		setup := pulumitest.Setup{Mode: mode, Answers: []pulumitest.Answer{
			{Token: pulumitest.GetParameter, Err: errors.New("AccessDeniedException: not authorized to perform: ssm:GetParameter")},
		}}
		result := pulumitest.Run(t, setup, func(ctx *pulumi.Context) error {
			args := instancesArgs()
			args.Image = compute.NewestImage(ctx, compute.AmazonLinux2023, "x86_64")
			_, err := compute.NewInstances(ctx, "hosts", args)
			return err
		})
		require.ErrorContains(t, result.Err, "AccessDeniedException: not authorized to perform: ssm:GetParameter")
		require.Equal(t, []string{instancesComponent + "::hosts"}, pulumitest.Inventory(result.Resources))
	})
}
