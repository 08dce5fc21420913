// Package engine runs a Pulumi program on the real Pulumi deployment engine, in this process, with a
// provider that the caller supplies.
//
// A [Stack] is a Pulumi stack: a project, its configuration and its state. [Stack.Preview], [Stack.Up],
// [Stack.Refresh] and [Stack.Destroy] do what the Pulumi commands of the same names do. The package needs
// no Pulumi CLI, plugin or network, and writes nothing but [Options.StatePath].
package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// PulumiVersion is the version of the Pulumi engine that this package runs. Exported states carry it, and the
// project's requiredPulumiVersion is checked against it.
const PulumiVersion = "v3.276.0"

// defaultParallel is the CLI's default on a machine with four cores.
const defaultParallel = 16

// The engine writes this variable to every state, but only the build of the CLI sets it. Without it, the
// manifest of a state has neither a version nor a magic number.
func init() { version.Version = PulumiVersion }

// Options selects a stack and says how to run it.
type Options struct {
	// Dir is the directory of Pulumi.yaml and Pulumi.<Stack>.yaml. Optional: the working directory.
	Dir string
	// Stack is the stack's name, such as "dev". Required.
	Stack string
	// Config overrides values of the stack file. A key without a namespace belongs to the project. A value that
	// is a JSON array or object is read as one. Optional.
	Config map[string]string
	// Program is the path of the compiled Pulumi program. Required unless Run is set.
	Program string
	// Run runs the program in this process, in place of Program. [InProcess] converts a Pulumi function
	// to it. ctx is canceled when the operation is canceled. Optional.
	Run func(ctx context.Context, in Invocation) error
	// Provider returns a new provider for the package "aws". Every operation that needs a provider calls it at
	// least once. Required.
	Provider func() pulumirpc.ResourceProviderServer
	// StatePath is a file that receives the state, in the format of "pulumi stack export", each time it
	// changes. Every write replaces the file atomically. If the file exists when the stack is opened, the
	// stack starts from it. Optional: the state is kept in memory.
	StatePath string
	// Display receives what the Pulumi CLI would print, with colors and live rows if it is a terminal.
	// Optional: nothing is displayed.
	Display io.Writer
	// Parallel is the maximum number of resource operations that run at once. Optional: 16.
	Parallel int32
}

// Stack is a stack of a Pulumi project. Do not call its methods concurrently; different stacks are independent
// of each other.
type Stack struct {
	opts     Options
	name     tokens.StackName
	project  *workspace.Project
	config   config.Map
	warnings []string

	// state is the serialized state. The engine modifies the snapshot that it receives, so each operation
	// deserializes its own. deployment is for readers.
	state      *apitype.UntypedDeployment
	deployment *apitype.DeploymentV3
}

// Open reads the project, the stack's configuration and, if StatePath exists, the stack's state. It
// returns an error if "pulumi up" would reject one of them before it runs the program.
func Open(o Options) (*Stack, error) {
	if o.Dir == "" {
		o.Dir = "."
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	o.Dir = dir
	if o.Parallel == 0 {
		o.Parallel = defaultParallel
	}
	if o.Provider == nil {
		return nil, errors.New("missing provider: set Options.Provider")
	}
	if o.Program == "" && o.Run == nil {
		return nil, errors.New("missing program: set Options.Program or Options.Run")
	}

	s := &Stack{opts: o}
	if err := s.configure(); err != nil {
		return nil, err
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// configure reads the project and the stack's configuration.
func (s *Stack) configure() (err error) {
	if s.name, err = tokens.ParseStackName(s.opts.Stack); err != nil {
		return fmt.Errorf("stack %q: %w", s.opts.Stack, err)
	}
	if s.project, err = loadProject(s.opts.Dir); err != nil {
		return err
	}
	return s.Configure(s.opts.Config)
}

// ReadConfig returns the configuration of a stack as [Stack.Config] does, without a program or a provider. dir is the
// directory of Pulumi.yaml.
func ReadConfig(dir, stack string) (map[string]string, error) {
	s := &Stack{opts: Options{Dir: dir, Stack: stack}}
	if err := s.configure(); err != nil {
		return nil, err
	}
	return s.Config(), nil
}

// Project returns the name of the project.
func (s *Stack) Project() string { return s.project.Name.String() }

// Name returns the stack's name.
func (s *Stack) Name() string { return s.name.String() }

// Warnings returns warnings about the stack's configuration, about values that Pulumi accepts but that
// are probably mistakes.
func (s *Stack) Warnings() []string { return s.warnings }

// Config returns the configuration that the program receives, by full key, such as "aws:region".
func (s *Stack) Config() map[string]string {
	values := make(map[string]string, len(s.config))
	for key, value := range s.config {
		// Configure refuses encrypted values, so there is nothing to decrypt.
		if plain, err := value.Value(config.NopDecrypter); err == nil {
			values[key.String()] = plain
		}
	}
	return values
}

// State returns the stack's current state, as "pulumi stack export" writes it. Callers must not modify
// it. It is never nil.
func (s *Stack) State() *apitype.DeploymentV3 { return s.deployment }
