package awssim

import (
	"context"
	"net"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// serverCall is a call that has ended in the server.
type serverCall struct {
	method string
	err    error
}

// connection is a gRPC connection to a provider.
type connection struct {
	*grpc.ClientConn
	started, ended chan serverCall // buffered
}

// connect returns the same cloud with another provider, which is called through a connection.
func (w *testCloud) connect(config values) (*testCloud, *connection) {
	w.t.Helper()
	c := &connection{started: make(chan serverCall, 100), ended: make(chan serverCall, 100)}
	record := func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		c.started <- serverCall{info.FullMethod, nil}
		response, err := handler(ctx, req)
		c.ended <- serverCall{info.FullMethod, err}
		return response, err
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(record))
	pulumirpc.RegisterResourceProviderServer(server, w.cloud.NewProvider())
	listener := bufconn.Listen(1 << 20)
	go func() { _ = server.Serve(listener) }()
	w.t.Cleanup(server.Stop)
	dial := func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }
	var err error
	c.ClientConn, err = grpc.NewClient("passthrough:provider", grpc.WithContextDialer(dial),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = c.Close() })
	p := testProvider{pulumirpc.NewResourceProviderClient(c)}
	require.NoError(w.t, p.Configure(background, toProperties(config)))
	return &testCloud{t: w.t, cloud: w.cloud, provider: p}, c
}

// await returns the next call of a method in calls.
func await(calls <-chan serverCall, method string) serverCall {
	for call := range calls {
		if call.method == "/pulumirpc.ResourceProvider/"+method {
			return call
		}
	}
	return serverCall{}
}

var inTokyo = values{"region": "ap-northeast-1"}

func newConnectedCloud(t *testing.T, faults ...Fault) (*testCloud, *connection) {
	t.Helper()
	return newFaultyCloud(t, faults...).connect(inTokyo)
}

// The answers to Handshake and Configure must not differ.
func TestWire_negotiation(t *testing.T) {
	t.Parallel()
	w, _ := newConnectedCloud(t)
	client := w.provider.client
	handshake, err := client.Handshake(background, &pulumirpc.ProviderHandshakeRequest{
		EngineAddress: "127.0.0.1:1", ConfigureWithUrn: true, SupportsViews: true, SupportsRefreshBeforeUpdate: true, InvokeWithPreview: true,
		AcceptsByteString: true,
	})
	require.NoError(t, err)
	require.True(t, proto.Equal(&pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true}, handshake), handshake)
	_, err = client.Attach(background, &pulumirpc.PluginAttach{Address: "127.0.0.1:1"})
	require.NoError(t, err)
	info, err := client.GetPluginInfo(background, &emptypb.Empty{})
	require.NoError(t, err)
	require.Equal(t, providerVersion, info.GetVersion())
	configured, err := client.Configure(background, &pulumirpc.ConfigureRequest{Args: send(toProperties(inTokyo), true)})
	require.NoError(t, err)
	require.True(t, proto.Equal(&pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, configured), configured)
	_, err = client.GetMappings(background, &pulumirpc.GetMappingsRequest{})
	require.Equal(t, codes.Unimplemented, status.Code(err), "engines do without it")
}

// A string in the configuration of a provider may be secret.
func TestWire_secretConfiguration(t *testing.T) {
	t.Parallel()
	w, _ := newConnectedCloud(t)
	secret := resource.PropertyMap{"region": resource.MakeSecret(resource.NewProperty("eu-west-1"))}
	require.NoError(t, w.provider.Configure(background, secret))
	require.Equal(t, "eu-west-1", w.invoke(regionLookup, values{})["name"])
}

func TestWire_preview(t *testing.T) {
	t.Parallel()
	w, _ := newConnectedCloud(t)
	urn := testURN(vpcToken, "v")
	in := resource.PropertyMap{"cidrBlock": resource.MakeSecret(resource.MakeComputed(resource.NewProperty("")))}
	checked, err := w.provider.Check(background, checkRequest{URN: urn, News: in})
	require.NoError(t, err)
	require.Equal(t, in["cidrBlock"], checked.Properties["cidrBlock"])
	created, err := w.provider.Create(background, createRequest{URN: urn, Properties: checked.Properties, Preview: true})
	require.NoError(t, err)
	require.Empty(t, created.ID)
	require.Equal(t, in["cidrBlock"], created.Properties["cidrBlock"])
	require.True(t, created.Properties["arn"].IsComputed())

	vpc := w.create(vpcToken, "w", values{"cidrBlock": "10.0.0.0/16"})
	require.Equal(t, unknown{}, w.previewUpdate(vpc, values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": unknown{}})["enableDnsHostnames"])
	require.Len(t, w.cloud.Inventory(), 1)
}

func TestWire_secrets(t *testing.T) {
	t.Parallel()
	w, _ := newConnectedCloud(t)
	urn := testURN(vpcToken, "v")
	in := toProperties(values{"cidrBlock": "10.0.0.0/16", "tags": values{"a": "b"}})
	in["tags"] = resource.MakeSecret(in["tags"])
	checked, err := w.provider.Check(background, checkRequest{URN: urn, News: in})
	require.NoError(t, err)
	created, err := w.provider.Create(background, createRequest{URN: urn, Properties: checked.Properties})
	require.NoError(t, err)
	updated, err := w.provider.Update(background, updateRequest{
		URN: urn, ID: created.ID, OldInputs: checked.Properties, OldOutputs: created.Properties, NewInputs: checked.Properties,
	})
	require.NoError(t, err)
	read, err := w.provider.Read(background, readRequest{URN: urn, ID: created.ID, Inputs: checked.Properties, State: updated.Properties})
	require.NoError(t, err)
	for _, properties := range []resource.PropertyMap{created.Properties, updated.Properties, read.Outputs} {
		require.Equal(t, in["tags"], properties["tags"])
		require.Equal(t, in["tags"], properties["tagsAll"])
	}
	require.Equal(t, in["tags"], read.Inputs["tags"])
	require.NoError(t, w.provider.Delete(background, deleteRequest{URN: urn, ID: created.ID, Inputs: read.Inputs, Outputs: read.Outputs}))
	require.Empty(t, w.cloud.Inventory())

	answer, err := w.tryInvoke(parameterLookup, values{"name": "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"})
	require.NoError(t, err)
	require.True(t, answer["value"].IsSecret())
	require.False(t, answer["arn"].IsSecret())
}

// A creation that fails partially returns the ID and the properties of the resource.
func TestWire_initFailure(t *testing.T) {
	t.Parallel()
	w, _ := newConnectedCloud(t, Fault{Type: vpcToken, Name: "v", Operation: Create, Kind: PartialCreate})
	urn := testURN(vpcToken, "v")
	in := w.checkedInputs(urn, nil, values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true, "tags": values{"a": "b"}})
	in["tags"] = resource.MakeSecret(in["tags"])
	_, err := w.provider.client.Create(background, &pulumirpc.CreateRequest{Urn: string(urn), Properties: send(in, false)})
	require.Equal(t, codes.Unknown, status.Code(err))
	message := status.Convert(err).Message()
	require.Equal(t, "creating urn:pulumi:dev::test::aws:ec2/vpc:Vpc::v: 1 error occurred:\n\t* "+string(errInjected)+"\n\n", message)
	require.Len(t, status.Convert(err).Details(), 1)
	failed, ok := status.Convert(err).Details()[0].(*pulumirpc.ErrorResourceInitFailed)
	require.True(t, ok)
	require.Equal(t, []string{message}, failed.GetReasons())
	require.Len(t, w.cloud.Inventory(), 1)
	require.Equal(t, w.cloud.Inventory()[0].ID, failed.GetId())
	require.True(t, proto.Equal(send(in, false), failed.GetInputs()))
	properties, err := receive(failed.GetProperties(), false)
	require.NoError(t, err)
	require.Equal(t, resource.NewProperty(false), properties["enableDnsHostnames"])
	require.Equal(t, in["tags"], properties["tags"])

	x := &testResource{urn: urn, id: resource.ID(failed.GetId()), inputs: in, outputs: properties}
	w.update(x, values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true})
	require.Equal(t, true, x.state()["enableDnsHostnames"])
}

// The texts of errors are the same as without a connection.
func TestWire_errors(t *testing.T) {
	t.Parallel()
	attempts := []func(*testCloud) error{
		func(w *testCloud) error {
			_, err := w.tryCreate(subnetToken, "s", values{"vpcId": "vpc-ü%\n\"1\"", "cidrBlock": "10.0.0.0/24"})
			return err
		},
		func(w *testCloud) error {
			_, err := w.tryCreate(ingressRuleToken, "r", values{"securityGroupId": "sg-1", "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/16"})
			return err
		},
		func(w *testCloud) error {
			_, err := w.check("aws:ec2/natGateway:NatGateway", "n", nil)
			return err
		},
		func(w *testCloud) error {
			_, err := w.tryInvoke(serviceLookup, values{"service": "smm"})
			return err
		},
		func(w *testCloud) error {
			return w.provider.Configure(background, toProperties(values{"region": "us-east-1", "defaultTags": "a=b"}))
		},
	}
	direct := newTestCloud(t)
	connected, _ := newConnectedCloud(t)
	for _, attempt := range attempts {
		want := attempt(direct)
		require.Error(t, want)
		require.EqualError(t, attempt(connected), want.Error())
	}
	reasons := connected.checkFailures(vpcToken, "v", values{"cidrBlock": "10.0.0.0/8"})
	require.NotEmpty(t, reasons)
	require.Equal(t, direct.checkFailures(vpcToken, "v", values{"cidrBlock": "10.0.0.0/8"}), reasons)
}

// A resource that does not exist has neither properties nor inputs. Empty ones would mean that it exists.
func TestWire_readWithoutAResource(t *testing.T) {
	t.Parallel()
	w, _ := newConnectedCloud(t)
	response, err := w.provider.client.Read(background, &pulumirpc.ReadRequest{
		Urn: string(testURN(vpcToken, "v")), Id: "vpc-0123456789abcdef0", Properties: &structpb.Struct{},
	})
	require.NoError(t, err)
	require.True(t, proto.Equal(&pulumirpc.ReadResponse{}, response), response)

	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	response, err = w.provider.client.Read(background, &pulumirpc.ReadRequest{Urn: string(vpc.urn), Id: string(vpc.id)})
	require.NoError(t, err)
	require.Equal(t, string(vpc.id), response.GetId())
	require.NotNil(t, response.GetInputs())
	require.True(t, proto.Equal(send(vpc.outputs, false), response.GetProperties()))
}

// Engines that have references to resources send IDs instead. One that sends a reference nevertheless means
// the ID.
func TestWire_reference(t *testing.T) {
	t.Parallel()
	w, _ := newConnectedCloud(t)
	news, err := plugin.MarshalProperties(resource.PropertyMap{
		"vpcId": resource.MakeCustomResourceReference(testURN(vpcToken, "v"), "vpc-1", ""), "cidrBlock": resource.NewProperty("10.0.0.0/24"),
	}, plugin.MarshalOptions{KeepResources: true})
	require.NoError(t, err)
	response, err := w.provider.client.Check(background, &pulumirpc.CheckRequest{Urn: string(testURN(subnetToken, "s")), News: news})
	require.NoError(t, err)
	require.Empty(t, response.GetFailures())
	require.Equal(t, "vpc-1", response.GetInputs().GetFields()["vpcId"].GetStringValue())
}

func TestWire_cancel(t *testing.T) {
	t.Parallel()
	w, c := newConnectedCloud(t)
	holder, err := newSession(w.cloud).begin(background, "")
	require.NoError(t, err)
	result := make(chan error)
	go func() {
		_, err := w.tryCreate(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
		result <- err
	}()
	await(c.started, "Create")
	require.NoError(t, w.provider.Cancel(background))
	require.EqualError(t, <-result, "1 error occurred:\n\t* context canceled\n\n")
	holder.unlock()
	require.Empty(t, w.cloud.Inventory())
	w.withConfig(inTokyo).create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
}

// If the engine ends, its connection does, and with it the calls that wait for the cloud.
func TestWire_connectionEnds(t *testing.T) {
	t.Parallel()
	w, c := newConnectedCloud(t)
	holder, err := newSession(w.cloud).begin(background, "")
	require.NoError(t, err)
	result := make(chan error)
	go func() {
		_, err := w.tryCreate(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
		result <- err
	}()
	await(c.started, "Create")
	require.NoError(t, c.Close())
	require.Error(t, <-result)
	require.EqualError(t, await(c.ended, "Create").err, "1 error occurred:\n\t* context canceled\n\n")
	holder.unlock()
	require.Empty(t, w.cloud.Inventory())
	w.withConfig(inTokyo).create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
}
