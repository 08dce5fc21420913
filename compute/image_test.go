package compute_test

import (
	"errors"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/compute"
	"bastionless/internal/osimage"
	"bastionless/internal/pulumitest"
)

// The lookup uses the caller's provider, also in a preview. The AMI ID is not secret, although another
// property of the parameter is.
func TestNewestImage(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		setup := pulumitest.Setup{Mode: mode, Answers: []pulumitest.Answer{
			pulumitest.Parameter("al2023-ami-kernel-default-arm64", "ami-1"),
		}}
		result := pulumitest.Run(t, setup, func(ctx *pulumi.Context) error {
			provider, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{})
			if err != nil {
				return err
			}
			image := compute.NewestImage(ctx, osimage.AmazonLinux2023, "arm64", pulumi.Provider(provider))
			ctx.Export("image", image.ID)
			return nil
		})
		result.RequireProvider(t, "pulumi:providers:aws::other")
		require.Len(t, result.Invokes, 1)
		require.Equal(t, pulumitest.Map{"image": "ami-1"}, result.Exports)
	})
}

// A failed lookup fails the program, because the instances use its result.
func TestNewestImage_failsTheInstances(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		setup := pulumitest.Setup{Mode: mode, Answers: []pulumitest.Answer{
			{Token: pulumitest.GetParameter, Err: errors.New("AccessDeniedException: not authorized to perform: ssm:GetParameter")},
		}}
		result := pulumitest.Run(t, setup, func(ctx *pulumi.Context) error {
			args := instancesArgs()
			args.Image = compute.NewestImage(ctx, osimage.AmazonLinux2023, "x86_64")
			_, err := compute.NewInstances(ctx, "instances", args)
			return err
		})
		require.ErrorContains(t, result.Err, "AccessDeniedException: not authorized to perform: ssm:GetParameter")
		require.Equal(t, []string{instancesComponent + "::instances"}, pulumitest.Inventory(result.Resources))
	})
}
