// Package stacktest deploys the repository's stacks in tests. It uses the compiled program, the
// repository's Pulumi.yaml and frozen copies of the stack files, so that users can edit their stack files
// without breaking a test.
//
// A package that uses it must call [Main] in its TestMain.
package stacktest

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
)

// ProgramVariable is the name of an environment variable that contains the path of the compiled program.
// "make test" sets it, so that packages do not compile the program again.
const ProgramVariable = "STACKTEST_PROGRAM"

// Stacks returns the names of the frozen stacks.
func Stacks() []string { return []string{"article", "dev", "prod"} }

// T is the part of testing.TB that this package needs. Both *testing.T and *rapid.T implement it.
type T interface {
	require.TestingT
	Helper()
}

// Main runs a package's tests, deletes the temporary directories that this package created, and returns
// the exit status.
func Main(m interface{ Run() int }) int {
	status := m.Run()
	for _, dir := range []*tempDir{&programDir, &projectDir} {
		_ = os.RemoveAll(dir.path)
	}
	return status
}

// tempDir is a temporary directory that is created and filled once in each process.
type tempDir struct {
	once sync.Once
	path string
	err  error
}

func (d *tempDir) get(fill func(path string) error) (string, error) {
	d.once.Do(func() {
		if d.path, d.err = os.MkdirTemp("", "stacktest-*"); d.err == nil {
			d.err = fill(d.path)
		}
	})
	return d.path, d.err
}

var programDir, projectDir tempDir

// Program returns the path of the compiled program. Unless the environment variable [ProgramVariable] is
// set, the first call compiles the program as "make build" does.
func Program(t T) string {
	t.Helper()
	if path := os.Getenv(ProgramVariable); path != "" {
		return path
	}
	dir, err := programDir.get(func(path string) error {
		if err := readSources(); err != nil {
			return err
		}
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

// readSources looks at each source file that the program may be compiled from. "go test" notes which files a test looks at, and runs
// the test again when they change. It does not see what the compiler reads.
func readSources() error {
	return filepath.WalkDir(Root(), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && (strings.HasSuffix(path, ".go") || entry.Name() == "go.mod" || entry.Name() == "go.sum") {
			_, err = os.Stat(path)
		}
		return err
	})
}

// Root returns the repository's root: the nearest directory with a go.mod, at or above the working directory.
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

// projectName matches the line of Pulumi.yaml that "pulumi new" changes.
var projectName = regexp.MustCompile(`(?m)^name: .*$`)

// Dir returns a directory with the repository's Pulumi.yaml, in which the project has its original name,
// and the frozen stack files.
func Dir(t T) string {
	t.Helper()
	root := Root()
	dir, err := projectDir.get(func(path string) error {
		content, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
		if err != nil {
			return err
		}
		content = projectName.ReplaceAll(content, []byte("name: bastionless"))
		if err := os.WriteFile(filepath.Join(path, "Pulumi.yaml"), content, 0o600); err != nil {
			return err
		}
		return os.CopyFS(path, os.DirFS(filepath.Join(root, "testdata", "stacks")))
	})
	require.NoError(t, err)
	return dir
}

// Open opens a stack. Dir defaults to that of the frozen stacks, and Program to the compiled program.
func Open(t T, o engine.Options) *engine.Stack {
	t.Helper()
	stack, err := TryOpen(t, o)
	require.NoError(t, err)
	return stack
}

// TryOpen is like Open, but returns the error if the engine rejects the configuration.
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

// Account returns the frozen account of a stack. It fails the test if the stack has none.
func Account(t T, stack string) *account.File {
	t.Helper()
	file, err := os.Open(filepath.Join(Root(), "testdata", "accounts", stack+".json"))
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	read, err := account.Read(file)
	require.NoError(t, err)
	return read
}

// Deploy deploys a frozen stack in an empty simulated account. config overrides values of the stack file.
func Deploy(t T, stack string, config map[string]string) *engine.Stack {
	t.Helper()
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
	require.NoError(t, err)
	deployed := Open(t, engine.Options{Stack: stack, Config: config, Provider: cloud.NewProvider})
	require.Empty(t, deployed.Up(context.Background()).Failure())
	return deployed
}

// Export returns the state of a stack, as "pulumi stack export" writes it.
func Export(t T, stack *engine.Stack) *bytes.Buffer {
	t.Helper()
	var state bytes.Buffer
	require.NoError(t, stack.Export(&state))
	return &state
}
