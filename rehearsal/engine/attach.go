package engine

import (
	"context"
	"errors"
	"net"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"bastionless/rehearsal/protocol"
)

// attachedProvider is a provider in this process that the engine is connected to, with the protocol that it uses for a provider
// in another process.
type attachedProvider struct {
	plugin.Provider
	server     *grpc.Server
	connection *grpc.ClientConn
}

// attach serves a provider in memory and connects the engine to it.
func attach(ctx *plugin.Context, engineAddress string, provider pulumirpc.ResourceProviderServer) (plugin.Provider, error) {
	// gRPC keeps a connection of a finished operation for 20 seconds, with a buffer of this size for each direction.
	listener := bufconn.Listen(32 << 10)
	server := protocol.NewServer(provider)
	go func() {
		// It returns when the provider is closed.
		_ = server.Serve(listener)
	}()
	connection, err := grpc.NewClient("passthrough:///provider",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(protocol.MaxMessage)))
	if err != nil {
		server.Stop()
		return nil, err
	}
	attached := &attachedProvider{
		Provider: plugin.NewProviderWithClient(ctx, pulumirpc.NewResourceProviderClient(connection), false),
		server:   server, connection: connection,
	}
	// As for a provider in another process.
	_, err = attached.Handshake(ctx.Request(), plugin.ProviderHandshakeRequest{
		EngineAddress: engineAddress, ConfigureWithUrn: true, InvokeWithPreview: true,
	})
	if err != nil {
		return nil, errors.Join(err, attached.Close())
	}
	return attached, nil
}

// Close implements io.Closer: calls that are under way end, with an error.
func (p *attachedProvider) Close() error {
	err := errors.Join(p.Provider.Close(), p.connection.Close())
	p.server.Stop()
	return err
}
