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

// IAM allows fewer characters than EC2, and the keys of a role's tags are case-insensitive.
func TestTags_ofRoles(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"name": "app", "assumeRolePolicy": ec2Trust}
	const (
		characters = "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must satisfy regular expression " +
			`pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`
		duplicate = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
	)
	iamError := func(prefix, operation, code, message string) string {
		return strings.NewReplacer("operation error EC2", "operation error IAM", "api error ", "").Replace(ec2Error(prefix, operation, code, message))
	}
	for _, test := range []struct {
		tags          values
		code, message string
	}{
		{values{"r&d": "x"}, "ValidationError", characters},
		{values{"x": "(y)"}, "ValidationError", characters},
		{values{"Team": "a", "team": "b"}, "InvalidInput", duplicate},
	} {
		require.Equal(t, iamError("creating IAM Role (app)", "CreateRole", test.code, test.message),
			w.createError(roleToken, "app", with(in, values{"tags": test.tags})))
	}
	role := w.create(roleToken, "app", with(in, values{"tags": values{"Team": "a"}}))
	require.Equal(t, iamError("updating tags for IAM Role (app)", "TagRole", "ValidationError", characters),
		awsError(t, w.tryUpdate(role, with(in, values{"tags": values{"r&d": "x"}}))))
	w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16", "tags": values{"r&d": "(x)", "Team": "a", "team": "b"}})
}

func configured(cloud *Cloud, config values) error {
	return directProvider(cloud.NewProvider()).Configure(context.Background(), toProperties(config))
}
