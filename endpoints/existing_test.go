package endpoints_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/endpoints"
	"bastionless/internal/pulumitest"
)

// existing returns a resource that the set "vpc-endpoints" reads.
func existing(typ, name, id string) pulumitest.Resource {
	return pulumitest.Resource{Type: typ, Name: "vpc-endpoints-existing-" + name, Parent: setComponent + "::vpc-endpoints", ReadID: id}
}

// Existing endpoints are read together with their security groups, each group once.
func TestSet_existing(t *testing.T) {
	t.Parallel()
	const group = "aws:ec2/securityGroup:SecurityGroup"
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runSet(t, mode, func(a *endpoints.SetArgs) {
			a.Services, a.S3, a.SubnetIDs, a.ReplaceWith, a.SecurityGroupID = nil, nil, nil, nil, nil
			a.SubnetGroup = "existing"
			a.Existing = []endpoints.Existing{
				{Service: "ssm", ID: "vpce-1", SecurityGroupIDs: []string{"sg-2", "sg-3"}},
				{Service: "ecr.api", ID: "vpce-2", SecurityGroupIDs: []string{"sg-3"}},
				{Service: "s3", ID: "vpce-3"},
			}
		})
		want := append(wantSubnets(),
			pulumitest.Resource{Type: setComponent, Name: "vpc-endpoints", Inputs: pulumitest.Map{
				"region": "eu-west-1", "organizationId": "", "services": pulumitest.List{}, "subnetGroup": "existing", "policy": "restricted",
				"s3": false, "existing": pulumitest.List{"ssm", "ecr.api", "s3"},
			}},
			existing(endpointType, "ssm", "vpce-1"), existing(endpointType, "ecr.api", "vpce-2"), existing(endpointType, "s3", "vpce-3"),
			existing(group, "sg-2", "sg-2"), existing(group, "sg-3", "sg-3"))
		result.RequireResources(t, want...)
		require.Equal(t, pulumitest.Map{"ssm": "vpce-1", "ecr.api": "vpce-2", "s3": "vpce-3"}, result.Exports["endpoints"])
	})
}

// If a hub or a NAT gateway provides the services, the set contains nothing and says so.
func TestSet_reachesAll(t *testing.T) {
	t.Parallel()
	result := runSet(t, pulumitest.Update, func(a *endpoints.SetArgs) {
		a.Services, a.S3, a.SubnetIDs, a.ReplaceWith, a.SecurityGroupID = nil, nil, nil, nil, nil
		a.ReachesAll = true
	})
	require.NoError(t, result.Err)
	require.Len(t, result.Resources, 1+len(wantSubnets()))
	require.Equal(t, pulumitest.List{"all"}, result.Resource(t, setComponent+"::vpc-endpoints").Inputs["existing"])
}

// All endpoints of the set have its tags.
func TestSet_tags(t *testing.T) {
	t.Parallel()
	result := runSet(t, pulumitest.Update, func(a *endpoints.SetArgs) { a.Tags = map[string]string{"owner": "me"} })
	require.NoError(t, result.Err)
	count := 0
	for _, r := range result.Resources {
		if r.Type == endpointType {
			require.Equal(t, pulumitest.Map{"owner": "me"}, r.Inputs["tags"], r.Name)
			count++
		}
	}
	require.Equal(t, 7, count)
}
