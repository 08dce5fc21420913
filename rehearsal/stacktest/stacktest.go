// Package stacktest deploys the project's stacks in tests: the compiled program, the project's Pulumi.yaml and frozen copies of
// the stack files, so that no test depends on what a user puts into a stack file.
//
// A package that uses it calls [Main] from its TestMain.
package stacktest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
)

// ProgramVariable names an environment variable with the path of a program that was compiled already. A test that starts
// itself as a child process sets it, so that the child does not compile again.
const ProgramVariable = "STACKTEST_PROGRAM"

// Stacks are the names of the frozen stacks.
func Stacks() []string { return []string{"article", "dev", "prod"} }

// T is what the package needs of a testing.TB. A rapid.T is one, too.
type T interface {
	require.TestingT
	Helper()
}

// Main runs a package's tests, removes what this package made for them, and returns the exit status.
func Main(m interface{ Run() int }) int {
	defer func() {
		for _, dir := range []*temporary{&compiled, &project} {
			_ = os.RemoveAll(dir.path)
		}
	}()
	return m.Run()
}

// temporary is a directory that is made once for the process.
type temporary struct {
	once sync.Once
	path string
	err  error
}

func (d *temporary) get(fill func(path string) error) (string, error) {
	d.once.Do(func() {
		if d.path, d.err = os.MkdirTemp("", "stacktest-*"); d.err == nil {
			d.err = fill(d.path)
		}
	})
	return d.path, d.err
}

var compiled, project temporary

// Program compiles the stacks' program as "make build" does, once, and returns its path.
func Program(t T) string {
	t.Helper()
	if path := os.Getenv(ProgramVariable); path != "" {
		return path
	}
	dir, err := compiled.get(func(path string) error {
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-w -s", "-o", filepath.Join(path, "program"), ".")
		build.Dir = Root()
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("compile the program: %w\n%s", err, output)
		}
		return nil
	})
	require.NoError(t, err)
	return filepath.Join(dir, "program")
}

// Root returns the repository's root directory: the one with go.mod at or above the working directory.
func Root() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, err = os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir, err = parent, nil
		}
	}
	panic(fmt.Sprintf("stacktest: no go.mod above the working directory: %v", err))
}

// projectName is the line of Pulumi.yaml that "pulumi new" rewrites.
var projectName = regexp.MustCompile(`(?m)^name: .*$`)

// Dir returns a directory with the project's Pulumi.yaml, under the project's original name, and the frozen stack files.
func Dir(t T) string {
	t.Helper()
	root := Root()
	dir, err := project.get(func(path string) error {
		declared, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
		if err != nil {
			return err
		}
		declared = projectName.ReplaceAll(declared, []byte("name: bastionless"))
		if err := os.WriteFile(filepath.Join(path, "Pulumi.yaml"), declared, 0o600); err != nil {
			return err
		}
		return os.CopyFS(path, os.DirFS(filepath.Join(root, "testdata", "stacks")))
	})
	require.NoError(t, err)
	return dir
}

// Open opens one of the frozen stacks. Dir and Program of the options may be empty.
func Open(t T, o engine.Options) *engine.Stack {
	t.Helper()
	stack, err := TryOpen(t, o)
	require.NoError(t, err)
	return stack
}

// TryOpen is Open for configurations that the engine may refuse.
func TryOpen(t T, o engine.Options) (*engine.Stack, error) {
	t.Helper()
	if o.Dir == "" {
		o.Dir = Dir(t)
	}
	if o.Program == "" && o.Run == nil {
		o.Program = Program(t)
	}
	return engine.Open(o)
}

// Deploy deploys a frozen stack, with a few values of its configuration changed, in an empty simulated account.
func Deploy(t T, stack string, config map[string]string) *engine.Stack {
	t.Helper()
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
	require.NoError(t, err)
	opened := Open(t, engine.Options{Stack: stack, Config: config, Provider: cloud.NewProvider})
	require.Empty(t, opened.Up(context.Background()).Failure())
	return opened
}

// Export returns a stack's state in the format of "pulumi stack export".
func Export(t T, stack *engine.Stack) *bytes.Buffer {
	t.Helper()
	var state bytes.Buffer
	require.NoError(t, stack.Export(&state))
	return &state
}
