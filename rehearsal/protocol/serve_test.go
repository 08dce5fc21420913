package protocol_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

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
	"bastionless/rehearsal/protocol"
)

// partialProvider is a provider that creates resources and then fails.
type partialProvider struct {
	pulumirpc.ResourceProviderServer
}

func (partialProvider) Create(_ context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	return nil, protocol.InitFailed("half-1", req.GetProperties(), req.GetProperties(), errors.New("tags: throttled"))
}

// startServer serves a provider until the test ends or calls the returned function.
func startServer(t *testing.T, newProvider func() pulumirpc.ResourceProviderServer) (dial func() pulumirpc.ResourceProviderClient, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- protocol.Serve(ctx, listener, newProvider) }()
	stop = func() {
		cancel()
		select {
		case err := <-ended:
			require.NoError(t, err)
			ended <- nil
		case <-time.After(10 * time.Second):
			require.Fail(t, "Serve did not return")
		}
	}
	t.Cleanup(stop)
	return func() pulumirpc.ResourceProviderClient {
		connection, err := grpc.NewClient(listener.Addr().String(),
			grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.NoError(t, err)
		t.Cleanup(func() { _ = connection.Close() })
		return pulumirpc.NewResourceProviderClient(connection)
	}, stop
}

// create creates a resource over gRPC.
func create(client pulumirpc.ResourceProviderClient, name string) (*pulumirpc.CreateResponse, error) {
	urn := resource.NewURN("dev", "test", "", "aws:test/thing:Thing", name)
	return client.Create(context.Background(), &pulumirpc.CreateRequest{
		Urn: string(urn),
		Properties: &structpb.Struct{Fields: map[string]*structpb.Value{
			"name": structpb.NewStringValue(name),
		}},
	})
}

func TestServe_oneProviderPerConnection(t *testing.T) {
	t.Parallel()
	cloud := enginetest.NewCloud()
	dial, _ := startServer(t, cloud.NewProvider)
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

// A resource that was created incompletely reaches the CLI with its ID.
func TestServe_initError(t *testing.T) {
	t.Parallel()
	dial, _ := startServer(t, func() pulumirpc.ResourceProviderServer { return partialProvider{enginetest.NewCloud().NewProvider()} })
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

func TestServe_stopsWithOpenConnections(t *testing.T) {
	t.Parallel()
	dial, stop := startServer(t, enginetest.NewCloud().NewProvider)
	client := dial()
	_, err := create(client, "first")
	require.NoError(t, err)
	stop()
	_, err = create(client, "second")
	require.Equal(t, codes.Unavailable, status.Code(err))
}
