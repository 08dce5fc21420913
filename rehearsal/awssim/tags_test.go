package awssim

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A resource's own tags override the provider's default tags, and both count for the limits.
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

func configured(cloud *Cloud, config values) error {
	return directProvider(cloud.NewProvider()).Configure(context.Background(), toProperties(config))
}
