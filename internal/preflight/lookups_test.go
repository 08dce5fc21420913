package preflight_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

// In GovCloud, AWS does not return the zones of a service, so they cannot be checked.
func TestResolve_servicesWithoutZones(t *testing.T) {
	t.Parallel()
	in := pulumitest.GovCloud()
	_, diags, result := resolve(t, pulumitest.Update, values{"interfaceEndpoints": list("kms")},
		append(in.Answers(), in.Service("com.amazonaws.us-gov-west-1.kms"))...)
	require.NoError(t, result.Err)
	require.Empty(t, diags)
}

// A lookup that fails for a reason other than the configuration fails the program. Problems with the
// configuration are reported as well.
func TestResolve_failedLookups(t *testing.T) {
	t.Parallel()
	set := values{"amiId": "ami-06098fd00463352b6", "keyName": "aws-ssh-key", "instancesPerZone": "-1", "rootVolumeEncrypted": "false"}
	for _, token := range []string{
		pulumitest.GetPartition, pulumitest.GetRegion, pulumitest.GetCallerIdentity, pulumitest.GetAvailabilityZones,
		pulumitest.GetInstanceTypeOfferings, pulumitest.GetInstanceType, pulumitest.GetAmi, pulumitest.GetKeyPair,
		pulumitest.GetEncryptionByDefault,
		pulumitest.GetVpcEndpointService, pulumitest.GetManagedPrefixList,
	} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			failure := pulumitest.FailedLookup(token, accessDenied)
			pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
				_, diags, result := resolve(t, mode, set, failure)
				require.ErrorIs(t, result.Err, failure.Err)
				require.Empty(t, result.Resources)
				require.True(t, diags.Has("instancesPerZone"))
			})
		})
	}
}

// The lookup for the suggestion of another instance type can fail, too.
func TestResolve_failedSuggestion(t *testing.T) {
	t.Parallel()
	failure := pulumitest.FailedLookup(pulumitest.GetInstanceTypeOfferings, accessDenied)
	failure.Args = pulumitest.Map{"locationType": "region"}
	_, _, result := resolve(t, pulumitest.Update, values{"instanceType": "t9.micro"},
		pulumitest.Tokyo().InstanceType("t9.micro", nil)[0], failure)
	require.ErrorIs(t, result.Err, failure.Err)
}

// Each lookup has exactly these arguments and is made once, in an update and in a preview.
func TestResolve_lookups(t *testing.T) {
	t.Parallel()
	set := values{
		"ec2messagesEndpoint": "true", "interfaceEndpoints": list("kms"), "amiId": "ami-06098fd00463352b6", "keyName": "aws-ssh-key",
		"rootVolumeEncrypted": "false",
	}
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		plan, diags, result := resolve(t, mode, set)
		require.NoError(t, result.Err)
		require.Empty(t, diags)
		require.Equal(t, "ap-northeast-1a", plan.Zones[0].Name)
		require.Equal(t, "x86_64", plan.Architecture)
		require.True(t, plan.EBSOptimized)
		require.Equal(t, "pl-s3", plan.S3PrefixListID)

		service := func(code string) pulumitest.Invoke {
			return pulumitest.Invoke{
				Token: pulumitest.GetVpcEndpointService,
				Args:  pulumitest.Map{"serviceName": tokyo(code), "serviceType": "Interface"},
			}
		}
		filter := func(name, value string) pulumitest.List {
			return pulumitest.List{pulumitest.Map{"name": name, "values": pulumitest.List{value}}}
		}
		require.Equal(t, []pulumitest.Invoke{
			{Token: pulumitest.GetPartition, Args: pulumitest.Map{}},
			{Token: pulumitest.GetRegion, Args: pulumitest.Map{}},
			{Token: pulumitest.GetCallerIdentity, Args: pulumitest.Map{}},
			{Token: pulumitest.GetAvailabilityZones, Args: pulumitest.Map{
				"state": "available", "filters": filter("zone-type", "availability-zone"),
			}},
			{Token: pulumitest.GetInstanceTypeOfferings, Args: pulumitest.Map{
				"locationType": "availability-zone", "filters": filter("instance-type", "t3.micro"),
			}},
			{Token: pulumitest.GetInstanceType, Args: pulumitest.Map{"instanceType": "t3.micro"}},
			{Token: pulumitest.GetAmi, Args: pulumitest.Map{
				"includeDeprecated": true, "filters": filter("image-id", "ami-06098fd00463352b6"),
			}},
			{Token: pulumitest.GetEncryptionByDefault, Args: pulumitest.Map{}},
			{Token: pulumitest.GetKeyPair, Args: pulumitest.Map{"keyName": "aws-ssh-key"}},
			service("ssm"), service("ssmmessages"), service("ec2messages"), service("kms"),
			{Token: pulumitest.GetManagedPrefixList, Args: pulumitest.Map{"name": tokyo("s3")}},
		}, result.Invokes)
	})
}
