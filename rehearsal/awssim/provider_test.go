package awssim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

var background = context.Background()

// Unsupported types and inputs are errors, although the bridge ignores unknown inputs.
func TestProvider_unsupported(t *testing.T) {
	t.Parallel()
	p := newTestCloud(t).provider
	check := func(token string, in values) string {
		_, err := p.Check(background, checkRequest{URN: testURN(token, "x"), News: toProperties(in)})
		require.Error(t, err)
		return err.Error()
	}
	require.Equal(t, "the simulated AWS does not support the resource type aws:ec2/natGateway:NatGateway", check("aws:ec2/natGateway:NatGateway", nil))
	require.Equal(t, "the simulated AWS does not support the input cidrBlok of aws:ec2/vpc:Vpc", check(vpcToken, values{"cidrBlok": "10.0.0.0/16"}))
	require.Equal(t, "the simulated AWS does not support the input metadataOptions.httpToken of aws:ec2/instance:Instance",
		check(instanceToken, values{"metadataOptions": values{"httpToken": "required"}}))
	for _, call := range []func(resource.URN) error{
		func(urn resource.URN) error { _, err := p.Diff(background, diffRequest{URN: urn}); return err },
		func(urn resource.URN) error {
			_, err := p.Create(background, createRequest{URN: urn})
			return err
		},
		func(urn resource.URN) error { _, err := p.Read(background, readRequest{URN: urn}); return err },
		func(urn resource.URN) error {
			_, err := p.Update(background, updateRequest{URN: urn})
			return err
		},
		func(urn resource.URN) error {
			return p.Delete(background, deleteRequest{URN: urn})
		},
	} {
		require.EqualError(t, call(testURN("aws:x:Y", "y")), "the simulated AWS does not support the resource type aws:x:Y")
	}
}

// Assets and archives are errors that name the input. A type that is not supported is reported first.
func TestProvider_assets(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	text, err := asset.FromText("{}")
	require.NoError(t, err)
	files, err := archive.FromAssets(map[string]any{"a": text})
	require.NoError(t, err)
	check := func(token string, in resource.PropertyMap) string {
		_, err := w.provider.Check(background, checkRequest{URN: testURN(token, "x"), News: in})
		require.Error(t, err)
		return err.Error()
	}
	require.Equal(t, "the simulated AWS supports no assets and archives: set the input content of aws:ssm/document:Document to a string",
		check(documentToken, resource.PropertyMap{"content": resource.NewProperty(text)}))
	require.Equal(t, "the simulated AWS supports no assets and archives: set the input content of aws:ssm/document:Document to a string",
		check(documentToken, resource.PropertyMap{"content": resource.MakeSecret(resource.NewProperty(files))}))
	list := resource.NewProperty([]resource.PropertyValue{resource.NewProperty("a"), resource.NewProperty(text)})
	require.Equal(t, "the simulated AWS supports no assets and archives: set the input tags.k[1] of aws:ec2/vpc:Vpc to a string",
		check(vpcToken, resource.PropertyMap{"tags": resource.NewProperty(resource.PropertyMap{"k": list})}))
	require.Equal(t, "the simulated AWS does not support the resource type aws:s3/bucketObject:BucketObject",
		check("aws:s3/bucketObject:BucketObject", resource.PropertyMap{"source": resource.NewProperty(text)}))
	_, err = w.provider.Invoke(background, invokeRequest{Tok: parameterLookup, Args: resource.PropertyMap{"name": resource.NewProperty(text)}})
	require.EqualError(t, err, "the simulated AWS supports no assets and archives: set the argument name of the lookup "+parameterLookup+" to a string")
}

func TestProvider_diff(t *testing.T) {
	t.Parallel()
	p := newTestCloud(t).provider
	diff := func(token string, state, in values) diffResult {
		result, err := p.Diff(background, diffRequest{
			URN: testURN(token, "x"), ID: "x", OldInputs: toProperties(state), OldOutputs: toProperties(state), NewInputs: toProperties(in),
		})
		require.NoError(t, err)
		return result
	}
	kinds := func(result diffResult) map[string]pulumirpc.PropertyDiff_Kind {
		found := map[string]pulumirpc.PropertyDiff_Kind{}
		for path, difference := range result.DetailedDiff {
			require.True(t, difference.GetInputDiff(), path)
			found[path] = difference.GetKind()
		}
		return found
	}
	type kindMap = map[string]pulumirpc.PropertyDiff_Kind

	same := values{"routeTableId": "rtb-1", "subnetId": "subnet-1"}
	require.Equal(t, diffResult{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, StableKeys: keysOf("gatewayId", "subnetId"),
		DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}, diff(associationToken, same, same))

	moved := diff(associationToken, same, values{"routeTableId": "rtb-2", "gatewayId": "igw-1"})
	require.Equal(t, pulumirpc.DiffResponse_DIFF_SOME, moved.Changes)
	require.Equal(t, keysOf("gatewayId", "subnetId"), moved.ReplaceKeys)
	require.Equal(t, keysOf("gatewayId", "routeTableId", "subnetId"), moved.ChangedKeys)
	require.Empty(t, moved.StableKeys)
	require.Equal(t, kindMap{
		"gatewayId": pulumirpc.PropertyDiff_ADD_REPLACE, "subnetId": pulumirpc.PropertyDiff_DELETE_REPLACE,
		"routeTableId": pulumirpc.PropertyDiff_UPDATE,
	}, kinds(moved))

	vpc := values{"cidrBlock": "10.0.0.0/16", "instanceTenancy": "default", "enableDnsSupport": true, "tags": values{"a": "b"}, "tagsAll": values{"a": "b"}}
	require.Equal(t, kindMap{
		"cidrBlock": pulumirpc.PropertyDiff_UPDATE_REPLACE, "tags": pulumirpc.PropertyDiff_DELETE, "tagsAll": pulumirpc.PropertyDiff_UPDATE,
	}, kinds(diff(vpcToken, vpc, values{"cidrBlock": "10.1.0.0/16", "instanceTenancy": "default", "enableDnsSupport": true})))
	require.Equal(t, kindMap{
		"tags": pulumirpc.PropertyDiff_ADD, "tagsAll": pulumirpc.PropertyDiff_ADD,
	}, kinds(diff(vpcToken, with(vpc, values{"tags": nil, "tagsAll": nil}), vpc)))
}

// Unknown values are not validated. In a preview of a creation, the outputs are unknown.
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
		response, err := w.provider.Create(background, createRequest{
			URN: testURN(token, "x"), Properties: toProperties(in), Preview: true,
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
	require.Empty(t, w.cloud.Inventory(), "a preview creates nothing")
}

func TestProvider_previewOfUpdate(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	request := updateRequest{
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

func TestProvider_secrets(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	urn := testURN(vpcToken, "v")
	in := toProperties(values{"cidrBlock": "10.0.0.0/16"})
	in["tags"] = resource.NewProperty(resource.PropertyMap{"a": resource.MakeSecret(resource.NewProperty("b"))})
	checked, err := w.provider.Check(background, checkRequest{URN: urn, News: in})
	require.NoError(t, err)
	require.True(t, checked.Properties["tags"].ContainsSecrets())
	created, err := w.provider.Create(background, createRequest{URN: urn, Properties: checked.Properties})
	require.NoError(t, err)
	read, err := w.provider.Read(background, readRequest{URN: urn, ID: created.ID, Inputs: checked.Properties, State: created.Properties})
	require.NoError(t, err)
	updated, err := w.provider.Update(background, updateRequest{
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
	diff, err := w.provider.Diff(background, diffRequest{
		URN: urn, ID: created.ID, OldInputs: checked.Properties, OldOutputs: created.Properties, NewInputs: checked.Properties,
	})
	require.NoError(t, err)
	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, diff.Changes)
}

// A refresh updates the inputs that are in the state, and adds no others.
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
	require.Equal(t, true, vpc.state()["enableDnsHostnames"], "properties without an input do not change")
}

// A read without inputs is an import and returns all inputs.
func TestProvider_import(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true, "tags": values{"a": "b"}}
	vpc := w.create(vpcToken, "v", in)
	found := &testResource{urn: vpc.urn, id: vpc.id}
	require.True(t, w.read(found))
	require.Equal(t, vpc.outputs, found.outputs)
	require.Empty(t, diffPaths(w.diff(found, in)))
	require.False(t, w.read(&testResource{urn: vpc.urn, id: "vpc-0123456789abcdef0"}))
}

func TestProvider_ignored_diff(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16", "tags": values{"a": "b"}})
	news := w.checkedInputs(vpc.urn, vpc.inputs, values{"cidrBlock": "10.1.0.0/16", "tags": values{"a": "b"}})
	ignored := []string{"cidrBlock", "tags.a", "nothing"}
	diff, err := w.provider.Diff(background, diffRequest{
		URN: vpc.urn, ID: vpc.id, OldInputs: vpc.inputs, OldOutputs: vpc.outputs, NewInputs: news, IgnoreChanges: ignored,
	})
	require.NoError(t, err)
	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, diff.Changes)
	updated, err := w.provider.Update(background, updateRequest{
		URN: vpc.urn, ID: vpc.id, OldInputs: vpc.inputs, OldOutputs: vpc.outputs, NewInputs: news, IgnoreChanges: ignored,
	})
	require.NoError(t, err)
	require.Equal(t, vpc.outputs, updated.Properties)
}

// The bridge wraps the errors of types of the plugin SDK, but not those of the framework.
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
	var unfinished *initError
	require.ErrorAs(t, err, &unfinished)
	require.Regexp(t, `^creating urn:pulumi:dev::test::aws:ec2/vpc:Vpc::w: 1 error occurred:\n\t\* `, unfinished.Reasons[0])

	_, err = w.provider.Check(background, checkRequest{
		URN: testURN(ingressRuleToken, "r"), News: toProperties(values{"securityGroupId": "sg-1", "ipProtocol": "-1"}),
	})
	require.EqualError(t, err, "Missing Attribute Configuration: Exactly one of these attributes must be configured: "+
		"[cidr_ipv4,cidr_ipv6,prefix_list_id,referenced_security_group_id]")
}

func TestProvider_concurrency(t *testing.T) {
	t.Parallel()
	w := newTestCloudWith(t, Options{Path: t.TempDir() + "/cloud.json"}, values{"region": "ap-northeast-1"})
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	var wait sync.WaitGroup
	problems := make([]error, 32)
	for i := range problems {
		wait.Go(func() {
			urn := testURN(subnetToken, fmt.Sprint("s", i))
			in := toProperties(values{"vpcId": string(vpc.id), "cidrBlock": fmt.Sprintf("10.0.%d.0/24", i/2)})
			created, err := w.provider.Create(background, createRequest{URN: urn, Properties: in})
			_, read := w.provider.Read(background, readRequest{URN: urn, ID: created.ID, Inputs: in, State: created.Properties})
			_, looked := w.provider.Invoke(background, invokeRequest{Tok: "aws:index/getRegion:getRegion"})
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
	require.Equal(t, 16, refused, "each block is used once")
	require.Len(t, w.cloud.Inventory(), 17)
}
