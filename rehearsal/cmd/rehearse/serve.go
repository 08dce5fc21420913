package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"bastionless/rehearsal/awssim"
)

// maxMessage is the size of the largest message that Pulumi sends to a provider, in bytes.
const maxMessage = 400 << 20

// serveCommand serves the simulated AWS to the Pulumi CLI until ctx is canceled.
func serveCommand(ctx context.Context, args []string, s streams) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	state := flags.String("state", "", "keep the account in `file`, which may exist already")
	operands, status, done := parse(flags, args, "[--state CLOUD.json]", s)
	if done {
		return status
	}
	err := noOperands(operands)
	if err == nil {
		err = checkParent("state", *state)
	}
	if err != nil {
		return s.fail("serve", err)
	}
	cloud, err := awssim.New(awssim.Options{Path: *state, AssumeExisting: true})
	if err != nil {
		return s.fail("serve", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return s.fail("serve", err)
	}
	fmt.Fprintf(s.out, "export PULUMI_DEBUG_PROVIDERS=aws:%d\n", listener.Addr().(*net.TCPAddr).Port)
	// Otherwise the CLI also looks for the real plugin at every operation.
	fmt.Fprintln(s.out, "export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true")
	fmt.Fprintln(s.err, "serving the simulated AWS; interrupt to stop")

	if err := serve(ctx, listener, cloud.NewProvider); err != nil {
		fmt.Fprintf(s.err, "rehearse serve: %v\n", err)
		return exitFailed
	}
	for _, assumed := range cloud.Assumed() {
		fmt.Fprintf(s.err, "assumed to exist in the account: %s\n", assumed)
	}
	return exitOK
}

// serve serves a new provider to each connection until ctx is canceled. The CLI opens one connection for each
// provider of a program, and configures each provider.
func serve(ctx context.Context, listener net.Listener, newProvider func() plugin.Provider) error {
	var mu sync.Mutex
	var running sync.WaitGroup
	servers := map[*grpc.Server]bool{}
	defer running.Wait()
	defer func() {
		mu.Lock()
		defer mu.Unlock()
		for server := range servers {
			server.Stop()
		}
	}()
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()

	for {
		connection, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage))
		pulumirpc.RegisterResourceProviderServer(server, plugin.NewProviderServer(grpcProvider{newProvider()}))
		mu.Lock()
		servers[server] = true
		mu.Unlock()
		running.Go(func() {
			// Serve always returns an error, because its listener closes.
			_ = server.Serve(newSingleListener(connection))
			mu.Lock()
			defer mu.Unlock()
			delete(servers, server)
		})
	}
}

// singleListener is a listener that accepts one connection, and closes with it.
type singleListener struct {
	connection net.Conn
	accepted   sync.Once
	closed     chan struct{}
	closing    sync.Once
}

// newSingleListener returns a listener that accepts connection.
func newSingleListener(connection net.Conn) *singleListener {
	return &singleListener{connection: connection, closed: make(chan struct{})}
}

// Accept implements net.Listener.
func (l *singleListener) Accept() (net.Conn, error) {
	var accepted net.Conn
	l.accepted.Do(func() { accepted = singleConn{l.connection, l} })
	if accepted != nil {
		return accepted, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (l *singleListener) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *singleListener) Addr() net.Addr { return l.connection.LocalAddr() }

// singleConn is the connection of a singleListener.
type singleConn struct {
	net.Conn
	listener *singleListener
}

// Close implements net.Conn.
func (c singleConn) Close() error { return errors.Join(c.Conn.Close(), c.listener.Close()) }

// grpcProvider adds what the CLI needs from a provider over gRPC.
type grpcProvider struct{ plugin.Provider }

var _ plugin.GrpcProvider = grpcProvider{}

// Attach implements plugin.GrpcProvider. The CLI calls it for providers that it did not start.
func (p grpcProvider) Attach(address string) error {
	if attachable, ok := p.Provider.(plugin.GrpcProvider); ok {
		return attachable.Attach(address)
	}
	return nil
}

// Create implements plugin.Provider.
func (p grpcProvider) Create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	response, err := p.Provider.Create(ctx, r)
	return response, encodeInitError(err, response.ID, nil, response.Properties)
}

// Update implements plugin.Provider.
func (p grpcProvider) Update(ctx context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	response, err := p.Provider.Update(ctx, r)
	return response, encodeInitError(err, r.ID, nil, response.Properties)
}

// Read implements plugin.Provider.
func (p grpcProvider) Read(ctx context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	response, err := p.Provider.Read(ctx, r)
	return response, encodeInitError(err, response.ID, response.Inputs, response.Outputs)
}

// encodeInitError encodes the error of a resource that was created, but not completely, so that its id and
// properties reach the CLI over gRPC.
func encodeInitError(err error, id resource.ID, inputs, outputs resource.PropertyMap) error {
	var initial *plugin.InitError
	if !errors.As(err, &initial) {
		return err
	}
	options := plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true}
	properties, failure := plugin.MarshalProperties(outputs, options)
	if failure != nil {
		return errors.Join(err, failure)
	}
	marshaled, failure := plugin.MarshalProperties(inputs, options)
	if failure != nil {
		return errors.Join(err, failure)
	}
	return rpcerror.WithDetails(
		rpcerror.New(codes.Unknown, initial.Error()),
		&pulumirpc.ErrorResourceInitFailed{
			Id: string(id), Properties: properties, Inputs: marshaled, Reasons: initial.Reasons,
		})
}
