package engine

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/deploytest"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	env "github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// simulatedPackage is the one package whose provider the host has.
const simulatedPackage = "aws"

// host gives the engine the program and the provider of one operation. What it
// does not answer itself, the engine's own test host does.
type host struct {
	plugin.Host
}

// newHost builds the host of an operation of s.
func (s *Stack) newHost(sink, status diag.Sink) plugin.Host {
	running, stop := context.WithCancel(context.Background())
	program := &runtime{
		LanguageRuntime: deploytest.NewLanguageRuntime(nil),
		running:         running,
		stop:            stop,
	}
	inner := deploytest.NewPluginHost(sink, status, program, deploytest.NewProviderLoader(
		simulatedPackage, semver.Version{},
		func() (plugin.Provider, error) { return s.opts.Provider(), nil }))

	run := s.opts.Run
	if run == nil {
		run = func(in Invocation) error { return execute(s.opts.Program, in) }
	}
	program.run = func(ctx context.Context, info plugin.RunInfo) error {
		return run(Invocation{
			RunInfo: info,
			Context: ctx,
			// The engine's log service is the host's. The monitor's address would lose
			// every message, the program's own error among them.
			EngineAddress: inner.ServerAddr(),
			Stdout:        func(line string) { inner.Log(diag.Info, "", line+"\n", 0) },
			Stderr:        func(line string) { inner.Log(diag.Infoerr, "", line+"\n", 0) },
		})
	}
	return host{inner}
}

// Provider implements plugin.Host: the simulated provider serves every version.
func (h host) Provider(
	ctx *plugin.Context, descriptor workspace.PluginDescriptor, e env.Env,
) (plugin.Provider, error) {
	if descriptor.Name != simulatedPackage {
		return nil, fmt.Errorf("package %q: a rehearsal simulates %s alone", descriptor.Name, simulatedPackage)
	}
	descriptor.Version = nil
	return h.Host.Provider(ctx, descriptor, e)
}

// runtime runs the program in place of a language host.
type runtime struct {
	plugin.LanguageRuntime

	run     func(context.Context, plugin.RunInfo) error
	running context.Context // ends at Cancel, whenever that comes
	stop    context.CancelFunc
}

// Cancel implements plugin.LanguageRuntime: the program is interrupted.
func (r *runtime) Cancel(ctx context.Context) error {
	r.stop()
	return r.LanguageRuntime.Cancel(ctx)
}

// Run implements plugin.LanguageRuntime. It returns what the program failed with,
// or true where the program has reported that itself.
func (r *runtime) Run(ctx context.Context, info plugin.RunInfo) (string, bool, error) {
	ctx, done := context.WithCancel(ctx)
	defer done()
	defer context.AfterFunc(r.running, done)()

	err := r.run(ctx, info)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", false, nil
	case ctx.Err() != nil, errors.As(err, &exit) && exit.ExitCode() == exitLogged:
		// A program that was interrupted has nothing to add to that.
		return "", true, nil
	default:
		return err.Error(), false, nil
	}
}

// noStacks answers stack references: a rehearsal knows one stack.
func noStacks() *deploytest.BackendClient {
	refuse := func(name string) (property.Map, error) {
		return property.Map{}, fmt.Errorf("stack reference %q: a rehearsal knows no other stack", name)
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
