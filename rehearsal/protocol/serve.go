package protocol

import (
	"context"
	"errors"
	"net"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// MaxMessage is the size of the largest message between engines and providers, in bytes. Pulumi uses the same limit.
const MaxMessage = 400 << 20

// NewServer returns a server for one provider.
func NewServer(provider pulumirpc.ResourceProviderServer) *grpc.Server {
	server := grpc.NewServer(grpc.MaxRecvMsgSize(MaxMessage))
	pulumirpc.RegisterResourceProviderServer(server, provider)
	return server
}

// Serve serves a new provider to each connection until ctx is canceled. The Pulumi CLI opens one connection for each provider of
// a program, and configures each provider.
func Serve(ctx context.Context, listener net.Listener, newProvider func() pulumirpc.ResourceProviderServer) error {
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
		server := NewServer(newProvider())
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
