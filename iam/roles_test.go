package iam_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/iam"
	"bastionless/internal/awsenv"
	"bastionless/internal/pulumitest"
)

const (
	roleType       = "aws:iam/role:Role"
	attachmentType = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	profileType    = "aws:iam/instanceProfile:InstanceProfile"
	rolePolicyType = "aws:iam/rolePolicy:RolePolicy"
	groupType      = "aws:cloudwatch/logGroup:LogGroup"
	bucketType     = "aws:s3/bucketV2:BucketV2"
	keyType        = "aws:kms/key:Key"
	instanceType   = "aws:ec2/instance:Instance"

	instanceRoleComponent = "bastionless:iam:InstanceRole"
	sessionRoleComponent  = "bastionless:iam:SessionRole"
)

var ireland = awsenv.Env{
	Partition: "aws", DNSSuffix: "amazonaws.com", Region: "eu-west-1", AccountID: "123456789012",
}

func document(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

// Two roles of each kind, with a provider that the caller passes. Run fails the test if two resources have
// the same name.
func TestRoles_coexistOnTheCallersProvider(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			provider, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{})
			if err != nil {
				return err
			}
			for _, name := range []string{"one", "two"} {
				args := instanceRoleArgs(iam.MinimalPolicy)
				if _, err := iam.NewInstanceRole(ctx, name, args, pulumi.Provider(provider)); err != nil {
					return err
				}
				if _, err := iam.NewSessionRole(ctx, name+"-session", sessionRoleArgs(t), pulumi.Provider(provider)); err != nil {
					return err
				}
			}
			return nil
		})
		result.RequireProvider(t, "pulumi:providers:aws::other")
		require.Len(t, result.Resources, 1+2*(1+3)+2*(1+2))
	})
}
