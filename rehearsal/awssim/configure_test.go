package awssim

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

func TestProvider_configuration(t *testing.T) {
	t.Parallel()
	p := newTestCloud(t).provider
	check := func(in values) []checkFailure {
		response, err := p.CheckConfig(background, checkRequest{
			URN: testURN("pulumi:providers:aws", "default"), News: toProperties(in),
		})
		require.NoError(t, err)
		return response.Failures
	}
	require.Empty(t, check(values{"region": "us-east-1"}))
	require.Empty(t, check(values{"region": unknown{}}))
	inputs := toProperties(values{"region": unknown{}, "profile": "p"})
	checked, err := p.CheckConfig(background, checkRequest{URN: testURN("pulumi:providers:aws", "mine"), News: inputs})
	require.NoError(t, err)
	require.Equal(t, checkResponse{Properties: inputs}, checked)
	require.Equal(t, []checkFailure{{Reason: "unable to validate AWS credentials.\nDetails: no AWS Region: Make sure you have set your " +
		"AWS region, e.g. `pulumi config set aws:region us-west-2`."}}, check(nil))
	require.Equal(t, []checkFailure{{Reason: "invalid AWS Region: mars-1"}}, check(values{"region": "mars-1"}))
	diff, err := p.DiffConfig(background, diffRequest{
		URN:       testURN("pulumi:providers:aws", "default"),
		OldInputs: toProperties(values{"region": "us-east-1"}), NewInputs: toProperties(values{"region": "us-west-2"}),
	})
	require.NoError(t, err)
	require.Equal(t, []resource.PropertyKey{"region"}, diff.ReplaceKeys)
	for _, tags := range []any{values{"tags": values{"a": "b"}}, `{"tags":{"a":"b"}}`} {
		w := newTestCloudWith(t, Options{}, values{"region": "us-east-1", "defaultTags": tags})
		require.Equal(t, values{"a": "b"}, w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"}).state()["tagsAll"])
	}
	err = p.Configure(background, toProperties(values{"region": "us-east-1", "defaultTags": "a=b"}))
	require.EqualError(t, err, `aws:defaultTags is not an object: set it to {"tags": {"KEY": "VALUE"}}`)
}

// The engine compares the inputs of a provider, not its outputs.
func TestProvider_configurationDiff(t *testing.T) {
	t.Parallel()
	p := newTestCloud(t).provider
	inputs := toProperties(values{"region": "us-east-1", "profile": "p"})
	for _, test := range []struct {
		news     values
		changes  pulumirpc.DiffResponse_DiffChanges
		replaces []resource.PropertyKey
	}{
		{values{"region": "us-east-1", "profile": "p"}, pulumirpc.DiffResponse_DIFF_NONE, nil},
		{values{"region": "us-east-1", "profile": "q"}, pulumirpc.DiffResponse_DIFF_SOME, nil},
		{values{"region": "us-west-2", "profile": "p"}, pulumirpc.DiffResponse_DIFF_SOME, keysOf("region")},
		{values{"region": unknown{}, "profile": "p"}, pulumirpc.DiffResponse_DIFF_SOME, keysOf("region")},
	} {
		diff, err := p.DiffConfig(background, diffRequest{
			URN: testURN("pulumi:providers:aws", "default"), OldInputs: inputs,
			OldOutputs: toProperties(values{"region": "eu-west-1"}), NewInputs: toProperties(test.news),
		})
		require.NoError(t, err)
		require.Equal(t, diffResult{Changes: test.changes, ReplaceKeys: test.replaces}, diff)
	}
}

// The error for an unknown key differs between the default provider and an explicit one.
func TestProvider_configurationKeys(t *testing.T) {
	t.Parallel()
	p := newTestCloud(t).provider
	check := func(name string, in values) []string {
		response, err := p.CheckConfig(background, checkRequest{
			URN: testURN("pulumi:providers:aws", name), News: toProperties(with(values{"region": "us-east-1"}, in)),
		})
		require.NoError(t, err)
		reasons := []string{}
		for _, failure := range response.Failures {
			reasons = append(reasons, failure.Reason)
		}
		return reasons
	}
	const advice = " is not a valid configuration key for the aws provider. If the referenced key is not intended for the provider, " +
		"please choose a different namespace from `aws:`."
	for path, in := range map[string]values{
		"regoin":               {"regoin": "us-east-1"},
		"defaultTags.project":  {"defaultTags": `{"project":"x","tags":{"a":"b"}}`},
		"defaultTags.tag":      {"defaultTags": values{"tag": values{"a": "b"}}},
		"ignoreTags.key":       {"ignoreTags": `{"key":["a"]}`},
		"assumeRole.roleAnr":   {"assumeRole": values{"roleAnr": "arn"}},
		"sharedCredentialFile": {"sharedCredentialFile": "x"},
	} {
		require.Equal(t, []string{"`aws:" + path + "`" + advice}, check("default_6_83_2", in))
		require.Equal(t, []string{"could not validate provider configuration: Invalid or unknown key. Examine values at 'mine." + path + "'."}, check("mine", in))
	}
	require.Equal(t, []string{"`aws:a`" + advice, "`aws:b`" + advice}, check("default", values{"b": "", "a": ""}))
	require.Equal(t, []string{"could not validate provider configuration: Conflicting configuration arguments. \"allowed_account_ids\": conflicts " +
		"with forbidden_account_ids. Check `pulumi config get aws:allowedAccountIds`."},
		check("default", values{"allowedAccountIds": `["1"]`, "forbiddenAccountIds": `["2"]`}))
	require.Empty(t, check("default", values{
		"version": "6.83.2", "__internal": values{}, "profile": "p", "endpoints": `[{"ec2":"x"}]`, "skipRegionValidation": "true",
		"defaultTags": `{"tags":{"a":"b"}}`, "ignoreTags": values{"keys": []any{"a"}, "keyPrefixes": unknown{}}, "assumeRole": unknown{},
	}))
}

// Providers with different Regions and default tags use the same account.
func TestProvider_regions(t *testing.T) {
	t.Parallel()
	tokyo := newTestCloud(t)
	other := tokyo.withConfig(values{"region": "cn-north-1", "defaultTags": values{"tags": values{"a": "b"}}})
	in := values{"cidrBlock": "10.0.0.0/16"}
	here, there := tokyo.create(vpcToken, "v", in), other.create(vpcToken, "v", in)
	require.Equal(t, "arn:aws-cn:ec2:cn-north-1:123456789012:vpc/"+string(there.id), there.state()["arn"])
	require.Equal(t, values{"a": "b"}, there.state()["tagsAll"])
	require.False(t, tokyo.read(&testResource{urn: there.urn, id: there.id, inputs: there.inputs, outputs: there.outputs}))
	require.Contains(t, other.createError(subnetToken, "s", values{"vpcId": string(here.id), "cidrBlock": "10.0.1.0/24"}), "InvalidVpcID.NotFound")
	tokyo.requireNoDiff(here, in)
	other.requireNoDiff(there, in)
	require.Equal(t, []string{"tagsAll"}, diffPaths(tokyo.withConfig(values{
		"region": "ap-northeast-1", "defaultTags": values{"tags": values{"c": "d"}},
	}).diff(here, in)), "a change of the default tags updates every resource")
	tokyo.delete(here)
	require.Len(t, tokyo.cloud.Inventory(), 1)
	other.delete(there)
	require.Empty(t, tokyo.cloud.Inventory())
}

// The account is the one that the configuration allows.
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
