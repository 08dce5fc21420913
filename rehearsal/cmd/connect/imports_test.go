package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The program imports neither Pulumi's packages, which query the terminal for its colors when a program
// starts, nor other packages of the rehearsal. It builds for every operating system that its users have.
func TestImports(t *testing.T) {
	t.Parallel()
	for system, expected := range map[string][]string{
		"linux":   {"bastionless/internal/contract", "golang.org/x/sys/unix", "golang.org/x/term"},
		"darwin":  {"bastionless/internal/contract", "golang.org/x/sys/unix", "golang.org/x/term"},
		"windows": {"bastionless/internal/contract", "golang.org/x/sys/windows", "golang.org/x/term"},
	} {
		list := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
		list.Env = append(os.Environ(), "GOOS="+system)
		printed, err := list.CombinedOutput()
		require.NoError(t, err, string(printed))
		require.Equal(t, append(expected, "bastionless/rehearsal/cmd/connect"), strings.Fields(string(printed)), system)
	}
}
