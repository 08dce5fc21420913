package awssim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"
)

var background = context.Background()

// Law 1.3: a provider must know its Region.
func TestProvider_configuration(t *testing.T) {
	t.Parallel()
	p := newTestCloud(t).provider
	check := func(in values) []plugin.CheckFailure {
		response, err := p.CheckConfig(background, plugin.CheckConfigRequest{
			URN: testURN("pulumi:providers:aws", "default"), News: resource.FromResourcePropertyMap(toProperties(in)),
		})
		require.NoError(t, err)
		return response.Failures
	}
	require.Empty(t, check(values{"region": "us-east-1"}))
	require.Empty(t, check(values{"region": unknown{}}))
	require.Equal(t, []plugin.CheckFailure{{Reason: "unable to validate AWS credentials.\nDetails: no AWS Region: Make sure you have set your " +
		"AWS region, e.g. `pulumi config set aws:region us-west-2`."}}, check(nil))
	require.Equal(t, []plugin.CheckFailure{{Reason: "invalid AWS Region: mars-1"}}, check(values{"region": "mars-1"}))
	diff, err := p.DiffConfig(background, plugin.DiffConfigRequest{
		OldInputs: toProperties(values{"region": "us-east-1"}), NewInputs: toProperties(values{"region": "us-west-2"}),
	})
	require.NoError(t, err)
	require.Equal(t, []resource.PropertyKey{"region"}, diff.ReplaceKeys)
	for _, tags := range []any{values{"tags": values{"a": "b"}}, `{"tags":{"a":"b"}}`} {
		w := newTestCloudWith(t, Options{}, values{"region": "us-east-1", "defaultTags": tags})
		require.Equal(t, values{"a": "b"}, w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"}).state()["tagsAll"])
	}
	_, err = p.Configure(background, plugin.ConfigureRequest{Inputs: toProperties(values{"region": "us-east-1", "defaultTags": "a=b"})})
	require.EqualError(t, err, `aws:defaultTags is not an object: set it to {"tags": {"KEY": "VALUE"}}`)
}

// What the provider does not know it refuses, in the words for configuration or for a provider of the program's own.
func TestProvider_configurationKeys(t *testing.T) {
	t.Parallel()
	p := newTestCloud(t).provider
	check := func(name string, in values) []string {
		response, err := p.CheckConfig(background, plugin.CheckConfigRequest{
			URN: testURN("pulumi:providers:aws", name), News: resource.FromResourcePropertyMap(toProperties(with(values{"region": "us-east-1"}, in))),
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

// Providers of two Regions and other tags work on one account side by side.
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
	}).diff(here, in)), "other default tags are an update of every resource")
	tokyo.delete(here)
	require.Len(t, tokyo.cloud.Inventory(), 1)
	other.delete(there)
	require.Empty(t, tokyo.cloud.Inventory())
}

// What the simulated AWS does not know it refuses, rather than accept it as the provider does.
func TestProvider_unknown(t *testing.T) {
	t.Parallel()
	p := newTestCloud(t).provider
	check := func(token string, in values) string {
		_, err := p.Check(background, plugin.CheckRequest{URN: testURN(token, "x"), News: toProperties(in)})
		require.Error(t, err)
		return err.Error()
	}
	require.Equal(t, "the simulated AWS does not support the resource type aws:ec2/natGateway:NatGateway", check("aws:ec2/natGateway:NatGateway", nil))
	require.Equal(t, "the simulated AWS does not support the input cidrBlok of aws:ec2/vpc:Vpc", check(vpcToken, values{"cidrBlok": "10.0.0.0/16"}))
	require.Equal(t, "the simulated AWS does not support the input metadataOptions.httpToken of aws:ec2/instance:Instance",
		check(instanceToken, values{"metadataOptions": values{"httpToken": "required"}}))
	for _, call := range []func(resource.URN) error{
		func(urn resource.URN) error { _, err := p.Diff(background, plugin.DiffRequest{URN: urn}); return err },
		func(urn resource.URN) error {
			_, err := p.Create(background, plugin.CreateRequest{URN: urn})
			return err
		},
		func(urn resource.URN) error { _, err := p.Read(background, plugin.ReadRequest{URN: urn}); return err },
		func(urn resource.URN) error {
			_, err := p.Update(background, plugin.UpdateRequest{URN: urn})
			return err
		},
		func(urn resource.URN) error {
			_, err := p.Delete(background, plugin.DeleteRequest{URN: urn})
			return err
		},
	} {
		require.EqualError(t, call(testURN("aws:x:Y", "y")), "the simulated AWS does not support the resource type aws:x:Y")
	}
}

// Law 1.4: names that Pulumi makes up, their longest forms, and that they stay.
func TestProvider_names(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	for _, test := range []struct {
		token, input, unless string
		longest              int
		in                   values
		want                 string
	}{
		{roleToken, "name", "namePrefix", 64, values{"assumeRolePolicy": "{}"}, "Logical-0102030"},
		{profileToken, "name", "namePrefix", 255, nil, "Logical-0102030"},
		{rolePolicyToken, "name", "namePrefix", 255, values{"role": "r", "policy": "{}"}, "Logical-0102030"},
		{keyPairToken, "keyName", "keyNamePrefix", 255, values{"publicKey": "k"}, "Logical-0102030"},
		{securityGroupToken, "name", "namePrefix", 255, nil, "Logical-0102030"},
		{logGroupToken, "name", "namePrefix", 255, nil, "Logical-0102030"},
		{documentToken, "name", "", 255, values{"content": "{}", "documentType": "Session"}, "Logical-0102030"},
		{aliasToken, "name", "namePrefix", 238, values{"targetKeyId": "k"}, "alias/Logical-0102030"},
		{bucketToken, "bucket", "bucketPrefix", 63, nil, "logical-0102030"},
	} {
		named := w.checkedInputs(testURN(test.token, "Logical"), nil, test.in)
		require.Equal(t, test.want, named[resourceKey(test.input)].StringValue(), test.token)
		require.Contains(t, strList(fromProperties(named), defaultsKey), test.input)

		again, err := w.provider.Check(background, plugin.CheckRequest{
			URN: testURN(test.token, "Logical"), Olds: named, News: toProperties(test.in), RandomSeed: []byte{9, 9, 9, 9},
		})
		require.NoError(t, err)
		require.Equal(t, test.want, again.Properties[resourceKey(test.input)].StringValue(), "%s keeps its name", test.token)

		logical := strings.Repeat("n", test.longest-8)
		for _, name := range []string{logical, logical + "n"} {
			_, err = w.provider.Check(background, plugin.CheckRequest{
				URN: testURN(test.token, name), News: toProperties(test.in), RandomSeed: []byte{1, 2, 3, 4},
			})
			if name == logical {
				require.NoError(t, err, test.token)
			} else {
				require.EqualError(t, err, fmt.Sprintf("name '%s-' plus 7 random chars is longer than maximum length %d", name, test.longest))
			}
		}
		if test.unless != "" {
			prefixed := w.checkedInputs(testURN(test.token, "Logical"), nil, with(test.in, values{test.unless: prefixFor(test.token)}))
			require.NotContains(t, prefixed, resourceKey(test.input), test.token)
		}
	}
	require.NotContains(t, w.checkedInputs(testURN(vpcToken, "Logical"), nil, values{"cidrBlock": "10.0.0.0/16"}), resourceKey("name"))
}

func prefixFor(token string) string {
	if token == aliasToken {
		return "alias/a"
	}
	return "a"
}

// Law 1.4 and the bridge: a replacement of what has a name of its own deletes first, one of a made-up name does not.
func TestProvider_delete_before_replace(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	for _, test := range []struct {
		name  string
		given any
		first bool
	}{{"made up", nil, false}, {"given", "app", true}} {
		in := with(values{"vpcId": string(vpc.id), "description": "a"}, values{"name": test.given})
		group := w.create(securityGroupToken, "g", in)
		diff := w.diff(group, with(in, values{"description": "b"}))
		require.Equal(t, keysOf("description"), diff.ReplaceKeys, test.name)
		require.Equal(t, test.first, diff.DeleteBeforeReplace, test.name)
		require.False(t, w.diff(group, with(in, values{"tags": values{"a": "b"}})).DeleteBeforeReplace, "an update deletes nothing")
	}
	require.False(t, w.diff(vpc, values{"cidrBlock": "10.1.0.0/16"}).DeleteBeforeReplace, "no name, no reason")
}

// Law 1.6: values that are not known are not checked, and a preview of a create knows the inputs alone.
func TestProvider_preview(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	require.Empty(t, w.checkFailures(subnetToken, "s", values{"vpcId": unknown{}, "cidrBlock": unknown{}}))
	for token, kind := range resourceTypes {
		in := values{}
		for key, a := range kind.Inputs {
			if a.Required {
				in[key] = unknown{}
			}
		}
		response, err := w.provider.Create(background, plugin.CreateRequest{
			URN: testURN(token, "x"), Type: tokens.Type(token), Properties: toProperties(in), Preview: true,
		})
		require.NoError(t, err)
		require.Empty(t, response.ID)
		for _, output := range kind.Outputs {
			require.True(t, response.Properties[resourceKey(output)].IsComputed(), "%s of %s", output, token)
		}
		for key, a := range kind.Inputs {
			require.Equal(t, a.Required || a.Computed, response.Properties[resourceKey(key)].IsComputed(), "%s of %s", key, token)
		}
	}
	require.Empty(t, w.cloud.Inventory(), "a preview makes nothing")
}

// A preview of an update keeps what stays, and does nothing.
func TestProvider_preview_of_an_update(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	request := plugin.UpdateRequest{
		URN: vpc.urn, ID: vpc.id, OldInputs: vpc.inputs, OldOutputs: vpc.outputs, Preview: true,
		NewInputs: toProperties(values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true, "tags": values{"a": "b"}}),
	}
	response, err := w.provider.Update(background, request)
	require.NoError(t, err)
	require.Equal(t, with(vpc.state(), values{"enableDnsHostnames": true, "tags": values{"a": "b"}, "tagsAll": values{"a": "b"}}),
		fromProperties(response.Properties))
	require.True(t, w.read(vpc))
	require.Equal(t, false, vpc.state()["enableDnsHostnames"])
}

// Secrets stay secrets in what is checked, made, read and changed.
func TestProvider_secrets(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	urn := testURN(vpcToken, "v")
	in := toProperties(values{"cidrBlock": "10.0.0.0/16"})
	in["tags"] = resource.NewProperty(resource.PropertyMap{"a": resource.MakeSecret(resource.NewProperty("b"))})
	checked, err := w.provider.Check(background, plugin.CheckRequest{URN: urn, News: in})
	require.NoError(t, err)
	require.True(t, checked.Properties["tags"].ContainsSecrets())
	created, err := w.provider.Create(background, plugin.CreateRequest{URN: urn, Properties: checked.Properties})
	require.NoError(t, err)
	read, err := w.provider.Read(background, plugin.ReadRequest{URN: urn, ID: created.ID, Inputs: checked.Properties, State: created.Properties})
	require.NoError(t, err)
	updated, err := w.provider.Update(background, plugin.UpdateRequest{
		URN: urn, ID: created.ID, OldOutputs: created.Properties, NewInputs: checked.Properties,
	})
	require.NoError(t, err)
	for _, properties := range []resource.PropertyMap{created.Properties, read.Outputs, updated.Properties} {
		for _, key := range []resource.PropertyKey{"tags", "tagsAll"} {
			require.True(t, properties[key].ContainsSecrets(), key)
		}
		require.False(t, properties["cidrBlock"].ContainsSecrets())
	}
	require.True(t, read.Inputs["tags"].ContainsSecrets())
	diff, err := w.provider.Diff(background, plugin.DiffRequest{
		URN: urn, ID: created.ID, OldInputs: checked.Properties, OldOutputs: created.Properties, NewInputs: checked.Properties,
	})
	require.NoError(t, err)
	require.Equal(t, plugin.DiffNone, diff.Changes)
}

// A refresh tells of what was set and is otherwise now, and brings in nothing else.
func TestProvider_drift(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"cidrBlock": "10.0.0.0/16", "tags": values{"a": "b"}}
	vpc := w.create(vpcToken, "v", in)
	state := w.cloud.Objects[objectKey(vpcToken, "ap-northeast-1", string(vpc.id))].State
	state["tags"], state["tagsAll"] = values{"a": "x"}, values{"a": "x"}
	state["enableDnsHostnames"] = true // computed, and not among the inputs
	state["enableDnsSupport"] = false  // a default
	require.True(t, w.read(vpc))
	require.Equal(t, values{"cidrBlock": "10.0.0.0/16", "tags": values{"a": "x"}, "instanceTenancy": "default", "enableDnsSupport": false},
		clone(fromProperties(vpc.inputs)))
	require.Equal(t, []string{"enableDnsSupport", "tags", "tagsAll"}, diffPaths(w.diff(vpc, in)))
	w.update(vpc, in)
	w.requireNoDiff(vpc, in)
	require.Equal(t, true, vpc.state()["enableDnsHostnames"], "what nobody asks for stays as it is")
}

// Without inputs a read is an import, and takes all that there is.
func TestProvider_import(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true, "tags": values{"a": "b"}}
	vpc := w.create(vpcToken, "v", in)
	found := &testResource{urn: vpc.urn, id: vpc.id}
	require.True(t, w.read(found))
	require.Equal(t, vpc.outputs, found.outputs)
	require.Empty(t, diffPaths(w.diff(found, in)))
	require.False(t, w.read(&testResource{urn: vpc.urn, id: "vpc-1"}))
}

// Inputs that are to be ignored stay as they are.
func TestProvider_ignored_changes(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16", "tags": values{"a": "b"}})
	news := w.checkedInputs(vpc.urn, vpc.inputs, values{"cidrBlock": "10.1.0.0/16", "tags": values{"a": "b"}})
	ignored := []string{"cidrBlock", "tags.a", "nothing"}
	diff, err := w.provider.Diff(background, plugin.DiffRequest{
		URN: vpc.urn, ID: vpc.id, OldInputs: vpc.inputs, OldOutputs: vpc.outputs, NewInputs: news, IgnoreChanges: ignored,
	})
	require.NoError(t, err)
	require.Equal(t, plugin.DiffNone, diff.Changes)
	updated, err := w.provider.Update(background, plugin.UpdateRequest{
		URN: vpc.urn, ID: vpc.id, OldInputs: vpc.inputs, OldOutputs: vpc.outputs, NewInputs: news, IgnoreChanges: ignored,
	})
	require.NoError(t, err)
	require.Equal(t, vpc.outputs, updated.Properties)
}

// Law 1.8: what the bridge puts around errors, and what it does not where a type is of the newer framework.
func TestProvider_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	_, err := w.tryCreate(subnetToken, "s", values{"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24"})
	require.Regexp(t, `^1 error occurred:\n\t\* creating EC2 Subnet: operation error EC2: CreateSubnet, https response error StatusCode: 400, `+
		`RequestID: [0-9a-f-]{36}, api error InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist\n\n$`, err)
	_, err = w.tryCreate(ingressRuleToken, "r", values{"securityGroupId": "sg-1", "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/16"})
	require.Regexp(t, `^creating VPC Security Group Rule: operation error EC2: AuthorizeSecurityGroupIngress, https response error StatusCode: `+
		`400, RequestID: [0-9a-f-]{36}, api error InvalidGroup.NotFound: The security group 'sg-1' does not exist$`, err)
	_, err = w.tryCreate(rolePolicyToken, "p", values{"role": "r", "policy": somePolicy})
	require.Regexp(t, `^1 error occurred:\n\t\* putting IAM Role \(r\) Policy \(p-0102030\): operation error IAM: PutRolePolicy, https response `+
		`error StatusCode: 404, RequestID: [0-9a-f-]{36}, NoSuchEntity: The role with name r cannot be found.\n\n$`, err)

	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	w.create(subnetToken, "s", values{"vpcId": string(vpc.id), "cidrBlock": "10.0.0.0/24"})
	require.Regexp(t, `^deleting urn:pulumi:dev::test::aws:ec2/vpc:Vpc::v: 1 error occurred:\n\t\* deleting EC2 VPC \(vpc-`, w.tryDelete(vpc))
	require.Regexp(t, `^updating urn:pulumi:dev::test::aws:ec2/vpc:Vpc::v: 1 error occurred:\n\t\* updating EC2 VPC \(vpc-`,
		w.tryUpdate(vpc, values{"cidrBlock": "10.0.0.0/16", "enableDnsSupport": false, "enableDnsHostnames": true}))
	late, err := w.tryCreate(vpcToken, "w", values{"cidrBlock": "10.0.0.0/16", "enableDnsSupport": false, "enableDnsHostnames": true})
	require.NotNil(t, late)
	var unfinished *plugin.InitError
	require.ErrorAs(t, err, &unfinished)
	require.Regexp(t, `^creating urn:pulumi:dev::test::aws:ec2/vpc:Vpc::w: 1 error occurred:\n\t\* `, unfinished.Reasons[0])

	_, err = w.provider.Check(background, plugin.CheckRequest{
		URN: testURN(ingressRuleToken, "r"), News: toProperties(values{"securityGroupId": "sg-1", "ipProtocol": "-1"}),
	})
	require.EqualError(t, err, "Missing Attribute Configuration: Exactly one of these attributes must be configured: "+
		"[cidr_ipv4,cidr_ipv6,prefix_list_id,referenced_security_group_id]")
}

// Many calls at once get what each would get alone.
func TestProvider_at_once(t *testing.T) {
	t.Parallel()
	w := newTestCloudWith(t, Options{Path: t.TempDir() + "/cloud.json"}, values{"region": "ap-northeast-1"})
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	var wait sync.WaitGroup
	problems := make([]error, 32)
	for i := range problems {
		wait.Go(func() {
			urn := testURN(subnetToken, fmt.Sprint("s", i))
			in := toProperties(values{"vpcId": string(vpc.id), "cidrBlock": fmt.Sprintf("10.0.%d.0/24", i/2)})
			created, err := w.provider.Create(background, plugin.CreateRequest{URN: urn, Properties: in})
			_, read := w.provider.Read(background, plugin.ReadRequest{URN: urn, ID: created.ID, Inputs: in, State: created.Properties})
			_, looked := w.provider.Invoke(background, plugin.InvokeRequest{Tok: "aws:index/getRegion:getRegion"})
			problems[i] = errors.Join(err, read, looked)
		})
	}
	wait.Wait()
	refused := 0
	for _, err := range problems {
		if err != nil {
			require.ErrorContains(t, err, "InvalidSubnet.Conflict")
			refused++
		}
	}
	require.Equal(t, 16, refused, "each block goes to one")
	require.Len(t, w.cloud.Inventory(), 17)
}
