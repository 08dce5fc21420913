package awssim

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/stretchr/testify/require"
)

// The provider's default tags give way to a resource's own, and both count for the limits.
func TestTags(t *testing.T) {
	t.Parallel()
	w := newTestCloudWith(t, Options{}, values{
		"region": "ap-northeast-1", "defaultTags": `{"tags":{"owner":"ann","Name":"all"}}`,
	})
	in := values{"cidrBlock": "10.0.0.0/16", "tags": values{"Name": "mine"}}
	vpc := w.create(vpcToken, "v", in)
	require.Equal(t, values{"Name": "mine", "owner": "ann"}, vpc.state()["tagsAll"])
	require.Equal(t, values{"Name": "mine"}, vpc.state()["tags"])
	w.requireNoDiff(vpc, in)

	many := func(n int) values {
		tags := values{}
		for i := range n {
			tags[fmt.Sprint("k", i)] = "v"
		}
		return tags
	}
	for _, test := range []struct {
		tags          values
		code, message string
	}{
		{values{"aws:x": "y"}, "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use"},
		{values{strings.Repeat("é", 129): "y"}, "InvalidParameterValue", "Tag key exceeds the maximum length of 128 characters"},
		{values{"x": strings.Repeat("é", 257)}, "InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters"},
		{many(49), "TagLimitExceeded", "The maximum number of Tags for a resource has been reached."},
	} {
		want := ec2Error("tagging", "CreateTags", test.code, test.message)
		require.Equal(t, want, w.createError(vpcToken, "x", with(in, values{"tags": test.tags})))
		require.Equal(t, want, awsError(t, w.tryUpdate(vpc, with(in, values{"tags": test.tags}))))
	}
	w.create(vpcToken, "x", with(in, values{"tags": with(many(47), values{strings.Repeat("k", 128): strings.Repeat("v", 256)}), "cidrBlock": "10.0.0.0/16"}))
}

// An account that the configuration does not allow is refused, and the one that it allows is the simulated one. Law 1.3.
func TestProvider_account(t *testing.T) {
	t.Parallel()
	for _, config := range []values{
		{"region": "us-east-1", "allowedAccountIds": `["210987654321","310987654321"]`},
		{"region": "us-east-1", "allowedAccountIds": `["<your account>"]`},
		{"region": "us-east-1", "forbiddenAccountIds": []any{"123456789012"}},
	} {
		cloud, err := New(Options{})
		require.NoError(t, err)
		require.EqualError(t, configured(cloud, config), "AWS account ID not allowed: 123456789012")
	}
	cloud, err := New(Options{})
	require.NoError(t, err)
	require.EqualError(t, configured(cloud, values{"region": "us-east-1", "allowedAccountIds": "210987654321"}),
		`aws:allowedAccountIds is not a list: set it to a list such as ["123456789012"]`)
	for allowed, want := range map[string]string{
		`[]`: "123456789012", `["210987654321","123456789012"]`: "123456789012", `["210987654321"]`: "210987654321", `[210987654321]`: "210987654321",
	} {
		w := newTestCloudWith(t, Options{}, values{"region": "us-east-1", "allowedAccountIds": allowed, "forbiddenAccountIds": `["1"]`})
		require.Equal(t, want, w.invoke("aws:index/getCallerIdentity:getCallerIdentity", values{})["accountId"])
		vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"}).state()
		require.Equal(t, want, vpc["ownerId"])
		require.Contains(t, vpc["arn"], "arn:aws:ec2:us-east-1:"+want+":vpc/")
	}
}

// A permissions boundary of the allowed account is one of the simulated account.
func TestProvider_accountBoundary(t *testing.T) {
	t.Parallel()
	const boundary = "arn:aws:iam::210987654321:policy/bound"
	w := newTestCloudWith(t, Options{AssumeExisting: true}, values{"region": "us-east-1", "allowedAccountIds": `["210987654321"]`})
	role := w.create(roleToken, "r", values{"assumeRolePolicy": ec2Trust, "permissionsBoundary": boundary})
	require.Contains(t, role.state()["arn"], "arn:aws:iam::210987654321:role/")
	require.Equal(t, []string{"IAM policy " + boundary + " exists"}, w.cloud.Assumed())
	w = newTestCloudWith(t, Options{AssumeExisting: true}, values{"region": "us-east-1"})
	require.NotEmpty(t, w.createError(roleToken, "r", values{"assumeRolePolicy": ec2Trust, "permissionsBoundary": boundary}))
}

func configured(cloud *Cloud, config values) error {
	_, err := cloud.NewProvider().Configure(context.Background(), plugin.ConfigureRequest{Inputs: toProperties(config)})
	return err
}
