package engine

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/pluginstorage"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/deploytest"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	env "github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// simulatedPackage is the only package for which the host has a provider.
const simulatedPackage = "aws"

// The engine lists the plugins of the user's Pulumi CLI before it runs a program, and fails if it cannot read their
// directory. A rehearsal needs none of them.
func init() { pluginstorage.Instance = withoutPlugins{pluginstorage.Instance} }

// withoutPlugins is a storage in which no plugin is installed.
type withoutPlugins struct{ pluginstorage.Context }

// GetPlugins implements pluginstorage.Context.
func (withoutPlugins) GetPlugins(context.Context) ([]workspace.PluginInfo, error) { return nil, nil }

// host provides the engine with the program and providers for one operation. It embeds the engine's own
// test host.
type host struct {
	plugin.Host
	newProvider func() pulumirpc.ResourceProviderServer

	mu        sync.Mutex
	providers []plugin.Provider
}

// newHost returns the host for one operation of s.
func (s *Stack) newHost(sink, status diag.Sink) plugin.Host {
	program := newRuntime()
	inner := deploytest.NewPluginHost(sink, status, program)

	run := s.opts.Run
	if run == nil {
		run = func(ctx context.Context, in Invocation) error { return execute(ctx, s.opts.Program, in) }
	}
	program.run = func(ctx context.Context, info plugin.RunInfo) error {
		values := make(map[string]string, len(info.Config))
		for key, value := range info.Config {
			values[key.String()] = value
		}
		return run(ctx, Invocation{
			Organization:   info.Organization,
			Project:        info.Project,
			Stack:          info.Stack,
			RootDirectory:  info.Info.RootDirectory(),
			Directory:      info.Pwd,
			Config:         values,
			Args:           info.Args,
			DryRun:         info.DryRun,
			Parallel:       info.Parallel,
			MonitorAddress: info.MonitorAddress,
			// The host serves the engine's log service. Messages sent to the monitor's address would be lost,
			// including the program's own error.
			EngineAddress: inner.ServerAddr(),
			Stdout:        func(line string) { inner.Log(diag.Info, "", line+"\n", 0) },
			Stderr:        func(line string) { inner.Log(diag.Infoerr, "", line+"\n", 0) },
		})
	}
	return &host{Host: inner, newProvider: s.opts.Provider}
}

// Provider implements plugin.Host. The simulated provider serves every version of its package.
func (h *host) Provider(
	ctx *plugin.Context, descriptor workspace.PluginDescriptor, _ env.Env,
) (plugin.Provider, error) {
	if descriptor.Name != simulatedPackage {
		return nil, fmt.Errorf("package %q: a rehearsal simulates only the package %q", descriptor.Name, simulatedPackage)
	}
	provider, err := attach(ctx, h.ServerAddr(), h.newProvider())
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.providers = append(h.providers, provider)
	return provider, nil
}

// SignalCancellation implements plugin.Host: it cancels the calls of the providers and interrupts the program.
func (h *host) SignalCancellation() error {
	err := h.Host.SignalCancellation()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, provider := range h.providers {
		err = errors.Join(err, provider.SignalCancellation(context.Background()))
	}
	return err
}

// Close implements plugin.Host.
func (h *host) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, provider := range h.providers {
		errs = append(errs, provider.Close())
	}
	h.providers = nil
	return errors.Join(append(errs, h.Host.Close())...)
}

// runtime runs the program instead of a language host.
type runtime struct {
	plugin.LanguageRuntime

	run func(context.Context, plugin.RunInfo) error
	// interrupt closes interrupted. The engine may call Cancel before, during and after Run.
	interrupt   func()
	interrupted <-chan struct{}
}

func newRuntime() *runtime {
	interrupted := make(chan struct{})
	return &runtime{
		LanguageRuntime: deploytest.NewLanguageRuntime(nil),
		interrupt:       sync.OnceFunc(func() { close(interrupted) }),
		interrupted:     interrupted,
	}
}

// Cancel implements plugin.LanguageRuntime: it interrupts the program.
func (r *runtime) Cancel(ctx context.Context) error {
	r.interrupt()
	return r.LanguageRuntime.Cancel(ctx)
}

// Run implements plugin.LanguageRuntime. It returns the program's error message, or true if the program has
// reported its error itself.
func (r *runtime) Run(ctx context.Context, info plugin.RunInfo) (string, bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-r.interrupted:
			cancel()
		case <-ctx.Done():
		}
	}()

	err := r.run(ctx, info)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", false, nil
	case ctx.Err() != nil, errors.As(err, &exit) && exit.ExitCode() == exitLogged:
		// The engine reports the cancellation of an interrupted program.
		return "", true, nil
	default:
		return err.Error(), false, nil
	}
}

// noStackReferences is a backend client that rejects stack references, because a rehearsal cannot read
// other stacks.
func noStackReferences() *deploytest.BackendClient {
	refuse := func(name string) (property.Map, error) {
		return property.Map{}, fmt.Errorf("stack reference %q: a rehearsal cannot read other stacks", name)
	}
	return &deploytest.BackendClient{
		GetStackOutputsF: func(_ context.Context, name string, _ func(error) error) (property.Map, error) {
			return refuse(name)
		},
		GetStackResourceOutputsF: func(_ context.Context, name string) (property.Map, error) {
			return refuse(name)
		},
	}
}
