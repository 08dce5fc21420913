package main

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"bastionless/rehearsal/engine/enginetest"
)

// halfway is a provider whose creations come to be and then fail.
type halfway struct{ plugin.Provider }

func (halfway) Create(_ context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	return plugin.CreateResponse{ID: "half-1", Properties: r.Properties},
		&plugin.InitError{Reasons: []string{"tags: throttled"}}
}

// serving serves a provider until the test or the returned function ends it.
func serving(t *testing.T, newProvider func() plugin.Provider) (dial func() pulumirpc.ResourceProviderClient, end func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, newProvider) }()
	end = func() {
		cancel()
		select {
		case err := <-ended:
			require.NoError(t, err)
			ended <- nil
		case <-time.After(10 * time.Second):
			require.Fail(t, "serve did not end")
		}
	}
	t.Cleanup(end)
	return func() pulumirpc.ResourceProviderClient {
		connection, err := grpc.NewClient(listener.Addr().String(),
			grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.NoError(t, err)
		t.Cleanup(func() { _ = connection.Close() })
		return pulumirpc.NewResourceProviderClient(connection)
	}, end
}

// create creates a thing over gRPC.
func create(client pulumirpc.ResourceProviderClient, name string) (*pulumirpc.CreateResponse, error) {
	urn := resource.NewURN("dev", "test", "", "aws:test/thing:Thing", name)
	return client.Create(context.Background(), &pulumirpc.CreateRequest{
		Urn: string(urn),
		Properties: &structpb.Struct{Fields: map[string]*structpb.Value{
			"name": structpb.NewStringValue(name),
		}},
	})
}

func TestServe_oneProviderAConnection(t *testing.T) {
	t.Parallel()
	cloud := enginetest.NewCloud()
	dial, _ := serving(t, cloud.NewProvider)
	for _, name := range []string{"first", "second"} {
		client := dial()
		_, err := client.Attach(context.Background(), &pulumirpc.PluginAttach{Address: "127.0.0.1:1"})
		require.NoError(t, err)
		info, err := client.GetPluginInfo(context.Background(), &emptypb.Empty{})
		require.NoError(t, err)
		require.Equal(t, "6.83.2", info.GetVersion())
		created, err := create(client, name)
		require.NoError(t, err)
		require.NotEmpty(t, created.GetId())
		// The CLI cancels every provider at the end of every operation.
		_, err = client.Cancel(context.Background(), &emptypb.Empty{})
		require.NoError(t, err)
	}
	require.Equal(t, 2, cloud.Providers())
	require.Equal(t, []string{"first", "second"}, cloud.Names())
}

// A resource that came to be and then failed must reach the CLI with its id.
func TestServe_keepsHalfCreated(t *testing.T) {
	t.Parallel()
	dial, _ := serving(t, func() plugin.Provider { return halfway{enginetest.NewCloud().NewProvider()} })
	_, err := create(dial(), "first")
	failure, ok := status.FromError(err)
	require.True(t, ok)
	require.Equal(t, codes.Unknown, failure.Code())
	require.Len(t, failure.Details(), 1)
	details, ok := failure.Details()[0].(*pulumirpc.ErrorResourceInitFailed)
	require.True(t, ok)
	require.Equal(t, "half-1", details.GetId())
	require.Equal(t, []string{"tags: throttled"}, details.GetReasons())
	require.Equal(t, "first", details.GetProperties().GetFields()["name"].GetStringValue())
}

func TestServe_endsWithOpenConnections(t *testing.T) {
	t.Parallel()
	dial, end := serving(t, enginetest.NewCloud().NewProvider)
	client := dial()
	_, err := create(client, "first")
	require.NoError(t, err)
	end()
	_, err = create(client, "second")
	require.Equal(t, codes.Unavailable, status.Code(err))
}
