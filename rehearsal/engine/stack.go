// Package engine runs a Pulumi program on the real Pulumi deployment engine, in
// this process, against a provider that the caller supplies.
//
// A [Stack] is what `pulumi` knows as a stack: a project, its configuration and
// its state. [Stack.Preview], [Stack.Up], [Stack.Refresh] and [Stack.Destroy] do
// what the commands of those names do. No Pulumi CLI, plugin or network is
// needed, and nothing is written outside [Options.StatePath].
package engine

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// PulumiVersion is the version of Pulumi that this engine is. Exported states
// carry it, and the project's requiredPulumiVersion is held against it.
const PulumiVersion = "v3.259.0"

// defaultParallel is how many resources are worked on at once: what the CLI
// takes on a machine of four cores.
const defaultParallel = 16

// The engine stamps every state with this variable, which only the CLI's build
// sets. Without it the manifest of a state has neither version nor magic.
func init() { version.Version = PulumiVersion }

// Options says which stack to open and with what.
type Options struct {
	// Dir holds Pulumi.yaml. Empty: the working directory.
	Dir string
	// Stack is the stack's name. Required.
	Stack string
	// StackFile holds the stack's configuration. Empty: Pulumi.<Stack>.yaml in Dir.
	StackFile string
	// Config overrides values of the stack file. A key without a namespace is the
	// project's. A value that is a JSON array or object is taken as one.
	Config map[string]string
	// Program is the compiled Pulumi program. Required unless Run is given.
	Program string
	// Run stands in for Program: it is called in this process. See [InProcess].
	Run func(Invocation) error
	// Provider returns a new provider of the package aws. It is called at least
	// once for every operation that needs one. Required.
	Provider func() plugin.Provider
	// StatePath is a file that receives the state whenever it changes, replaced in
	// one step, so that it can be read at any moment. Where it exists, the stack
	// starts from it. Empty: the state is held in memory alone.
	StatePath string
	// Display receives what `pulumi` would show. A terminal gets colours and moving
	// rows. Nil: nothing is shown.
	Display io.Writer
	// Parallel is the most resources that are worked on at once. Zero: 16.
	Parallel int32
}

// Stack is a stack of a project. Its methods must not be called concurrently;
// different stacks are independent.
type Stack struct {
	opts     Options
	name     tokens.StackName
	project  *workspace.Project
	config   config.Map
	warnings []string

	// state is the truth between operations, as a file would hold it. Every
	// operation gets a snapshot of its own from it, since the engine changes what
	// it is given; view is for readers.
	state *apitype.UntypedDeployment
	view  *deploy.Snapshot
}

// Open reads the project, the stack's configuration and, where StatePath exists,
// the stack's state. It reports everything about them that `pulumi up` would
// refuse before it runs the program.
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
		return nil, errors.New("no provider: Options.Provider is required")
	}
	if o.Program == "" && o.Run == nil {
		return nil, errors.New("no program: Options.Program or Options.Run is required")
	}

	s := &Stack{opts: o}
	if s.name, err = tokens.ParseStackName(o.Stack); err != nil {
		return nil, fmt.Errorf("stack %q: %w", o.Stack, err)
	}
	if s.project, err = loadProject(o.Dir); err != nil {
		return nil, err
	}
	if err := s.Configure(o.Config); err != nil {
		return nil, err
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// Name returns the stack's name.
func (s *Stack) Name() string { return s.name.String() }

// Project returns the project's name.
func (s *Stack) Project() string { return s.project.Name.String() }

// Warnings returns what is legal and odd about the stack's configuration.
func (s *Stack) Warnings() []string { return s.warnings }

// Config returns the configuration as the program receives it, by full key.
func (s *Stack) Config() map[string]string {
	values := make(map[string]string, len(s.config))
	for key, value := range s.config {
		// Nothing here is encrypted: Configure refuses that.
		text, err := value.Value(config.NopDecrypter)
		if err == nil {
			values[key.String()] = text
		}
	}
	return values
}

// Snapshot returns the stack's state, for reading. It is never nil.
func (s *Stack) Snapshot() *deploy.Snapshot { return s.view }
