package pulumitest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

// failing is a test that is expected to fail. It records errors.
type failing struct {
	testing.TB
	errors []string
}

func (f *failing) Helper() {}

func (f *failing) Error(args ...any) { f.errors = append(f.errors, fmt.Sprint(args...)) }

// A lookup without an answer fails the test, even if the program ignores the error.
func TestRun_failsWhenALookupHasNoAnswer(t *testing.T) {
	t.Parallel()
	program := func(ctx *pulumi.Context) error {
		_, err := ec2.LookupKeyPair(ctx, &ec2.LookupKeyPairArgs{KeyName: pulumi.StringRef("laptop")})
		if err == nil {
			return errors.New("the lookup found something")
		}
		return nil
	}
	for name, answers := range map[string][]pulumitest.Answer{
		"none":            nil,
		"another token":   {{Token: pulumitest.GetAmi}},
		"other arguments": {{Token: pulumitest.GetKeyPair, Args: pulumitest.Map{"keyName": "desktop"}}},
	} {
		test := &failing{TB: t}
		result := pulumitest.Run(test, pulumitest.Setup{Answers: answers}, program)
		require.NoError(t, result.Err, name)
		require.Equal(t, []string{"no answer to aws:ec2/getKeyPair:getKeyPair with map[keyName:laptop]"}, test.errors, name)
	}
}

func TestRun_failsWhenAResourceIsRegisteredTwice(t *testing.T) {
	t.Parallel()
	test := &failing{TB: t}
	pulumitest.Run(test, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
		for range 2 {
			if _, err := ec2.NewVpc(ctx, "net", &ec2.VpcArgs{}); err != nil {
				return err
			}
		}
		return nil
	})
	require.Equal(t, []string{"registered twice: aws:ec2/vpc:Vpc::net"}, test.errors)
}

// The record of a resource contains unknown and secret values, the dependencies of properties, and all options.
func TestRun_records(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			provider, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{})
			if err != nil {
				return err
			}
			vpc, err := ec2.NewVpc(ctx, "net", &ec2.VpcArgs{}, pulumi.Provider(provider))
			if err != nil {
				return err
			}
			subnet, err := ec2.NewSubnet(ctx, "sub", &ec2.SubnetArgs{
				VpcId: vpc.ID(), CidrBlock: pulumi.ToSecret(pulumi.String("10.0.0.0/24")).(pulumi.StringOutput),
			},
				pulumi.Parent(vpc), pulumi.DeleteBeforeReplace(false), pulumi.IgnoreChanges([]string{"a", "b"}), pulumi.Protect(true),
				pulumi.RetainOnDelete(true), pulumi.ReplaceWith([]pulumi.Resource{vpc}), pulumi.DeletedWith(vpc),
				pulumi.ReplacementTrigger(pulumi.String("kind")), pulumi.ReplaceOnChanges([]string{"c"}),
				pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "1m"}), pulumi.Import(pulumi.ID("subnet-1")),
				pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String("old")}}),
			)
			if err != nil {
				return err
			}
			ctx.Export("id", subnet.ID())
			return ctx.Log.Warn("careful", nil)
		})
		require.NoError(t, result.Err)
		require.Equal(t, []string{"careful"}, result.Warnings)
		require.Equal(t, pulumitest.Map{"id": mode.ID("sub")}, result.Exports)
		got := result.Resource(t, "aws:ec2/subnet:Subnet::sub")
		require.Regexp(t, `^aliases: .*old`, got.Options[0])
		require.Equal(t, "customTimeouts: 1m, , ", got.Options[1])
		got.Options = got.Options[2:]
		require.Equal(t, pulumitest.Resource{
			Type: "aws:ec2/subnet:Subnet", Name: "sub", Parent: "aws:ec2/vpc:Vpc::net", Provider: "pulumi:providers:aws::other",
			Inputs:       pulumitest.Map{"vpcId": mode.ID("net"), "cidrBlock": pulumitest.Secret{Value: "10.0.0.0/24"}},
			Dependencies: []string{"aws:ec2/vpc:Vpc::net"},
			Options: []string{
				"deleteBeforeReplace: false", "deletedWith: aws:ec2/vpc:Vpc::net", "ignoreChanges: a, b", "import: subnet-1",
				"protect: true", "replaceOnChanges: c", "replaceWith: aws:ec2/vpc:Vpc::net", "replacementTrigger: kind",
				"retainOnDelete: true",
			},
			PropertyDependencies: map[string][]string{"vpcId": {"aws:ec2/vpc:Vpc::net"}},
		}, got)
	})
}

// If several answers match, the last one is used, so that tests can override the answers of a Region.
func TestRun_takesTheLastAnswer(t *testing.T) {
	t.Parallel()
	answers := append(pulumitest.Tokyo().Answers(),
		pulumitest.Answer{Token: pulumitest.GetRegion, Result: pulumitest.Map{"name": "there"}})
	var region string
	result := pulumitest.Run(t, pulumitest.Setup{Answers: answers}, func(ctx *pulumi.Context) error {
		found, err := aws.GetRegion(ctx, &aws.GetRegionArgs{})
		if err == nil {
			region = found.Name
		}
		return err
	})
	require.NoError(t, result.Err)
	require.Equal(t, "there", region)
	require.Equal(t, []pulumitest.Invoke{{Token: pulumitest.GetRegion, Args: pulumitest.Map{}}}, result.Invokes)
}
