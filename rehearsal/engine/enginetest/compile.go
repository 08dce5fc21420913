package enginetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Compile compiles the Pulumi program in a directory as `make build` does, for
// engine.Options.Program. The caller removes it.
func Compile(dir string) (program string, remove func(), err error) {
	temporary, err := os.MkdirTemp("", "program")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(temporary) }
	program = filepath.Join(temporary, "program")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-w -s", "-o", program, ".")
	build.Dir = dir
	if output, err := build.CombinedOutput(); err != nil {
		remove()
		return "", nil, fmt.Errorf("compile the program in %s: %w\n%s", dir, err, output)
	}
	return program, remove, nil
}
