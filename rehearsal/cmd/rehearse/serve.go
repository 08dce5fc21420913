package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
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

// maxMessage is the largest message that Pulumi sends a provider.
const maxMessage = 400 << 20

// serveCommand offers the simulated AWS to the ordinary Pulumi CLI until it is
// interrupted.
func serveCommand(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	state := flags.String("state", "", "keep the account in `file`, and start from it where it exists")
	if status, over := parse(flags, args, "[--state CLOUD.json]", stdout, stderr); over {
		return status
	}
	cloud, err := awssim.New(awssim.Options{Path: *state, AssumeExisting: true})
	if err != nil {
		return refuse(stderr, "serve", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return refuse(stderr, "serve", err)
	}
	fmt.Fprintf(stdout, "export PULUMI_DEBUG_PROVIDERS=aws:%d\n", listener.Addr().(*net.TCPAddr).Port)
	// Without this the CLI looks for the real plugin, too, at every operation.
	fmt.Fprintln(stdout, "export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true")
	fmt.Fprintln(stderr, "serving the simulated AWS; interrupt to end")

	if err := serve(ctx, listener, cloud.NewProvider); err != nil {
		fmt.Fprintf(stderr, "rehearse serve: %v\n", err)
		return didNotHold
	}
	for _, assumed := range cloud.Assumed() {
		fmt.Fprintf(stderr, "assumed to exist in the account: %s\n", assumed)
	}
	return held
}

// serve gives each connection a provider of its own, until ctx ends. The CLI
// connects once for each provider of a program, and each has its configuration.
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
		pulumirpc.RegisterResourceProviderServer(server, plugin.NewProviderServer(served{newProvider()}))
		mu.Lock()
		servers[server] = true
		mu.Unlock()
		running.Go(func() {
			// Serve ends with an error in any case: its listener does.
			_ = server.Serve(newSingle(connection))
			mu.Lock()
			defer mu.Unlock()
			delete(servers, server)
		})
	}
}

// single is a listener that accepts one connection and ends with it.
type single struct {
	connection net.Conn
	accepted   sync.Once
	closed     chan struct{}
	closing    sync.Once
}

// newSingle returns a listener that accepts connection.
func newSingle(connection net.Conn) *single {
	return &single{connection: connection, closed: make(chan struct{})}
}

// Accept implements net.Listener.
func (s *single) Accept() (net.Conn, error) {
	var accepted net.Conn
	s.accepted.Do(func() { accepted = singleConn{s.connection, s} })
	if accepted != nil {
		return accepted, nil
	}
	<-s.closed
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (s *single) Close() error {
	s.closing.Do(func() { close(s.closed) })
	return nil
}

// Addr implements net.Listener.
func (s *single) Addr() net.Addr { return s.connection.LocalAddr() }

// singleConn is the connection of a single, which ends with it.
type singleConn struct {
	net.Conn
	listener *single
}

// Close implements net.Conn.
func (c singleConn) Close() error { return errors.Join(c.Conn.Close(), c.listener.Close()) }

// served is a provider as the CLI needs it over gRPC.
type served struct{ plugin.Provider }

var _ plugin.GrpcProvider = served{}

// Attach implements plugin.GrpcProvider. The CLI insists on it of a provider that
// it did not start itself.
func (s served) Attach(address string) error {
	if attachable, ok := s.Provider.(plugin.GrpcProvider); ok {
		return attachable.Attach(address)
	}
	return nil
}

// Create implements plugin.Provider.
func (s served) Create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	response, err := s.Provider.Create(ctx, r)
	return response, partly(err, response.ID, nil, response.Properties)
}

// Update implements plugin.Provider.
func (s served) Update(ctx context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	response, err := s.Provider.Update(ctx, r)
	return response, partly(err, r.ID, nil, response.Properties)
}

// Read implements plugin.Provider.
func (s served) Read(ctx context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	response, err := s.Provider.Read(ctx, r)
	return response, partly(err, response.ID, response.Inputs, response.Outputs)
}

// partly makes an error of what failed after it came to be in a form that survives
// the wire. In a plain error the id would be lost, and the resource with it.
func partly(err error, id resource.ID, inputs, outputs resource.PropertyMap) error {
	var initial *plugin.InitError
	if !errors.As(err, &initial) {
		return err
	}
	options := plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true}
	properties, failure := plugin.MarshalProperties(outputs, options)
	if failure != nil {
		return errors.Join(err, failure)
	}
	marshalled, failure := plugin.MarshalProperties(inputs, options)
	if failure != nil {
		return errors.Join(err, failure)
	}
	return rpcerror.WithDetails(
		rpcerror.New(codes.Unknown, initial.Error()),
		&pulumirpc.ErrorResourceInitFailed{
			Id: string(id), Properties: properties, Inputs: marshalled, Reasons: initial.Reasons,
		})
}
