package trials

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/stacktest"
)

// The stack with an application is stable and proven, and can be destroyed.
func TestWorkload(t *testing.T) {
	t.Parallel()
	deployed(t, "workload", nil).requireLifecycle()
}

// docs/workload.md shows the files of the stack that TestWorkload deploys.
func TestWorkload_documented(t *testing.T) {
	t.Parallel()
	read := func(elements ...string) string {
		content, err := os.ReadFile(filepath.Join(append([]string{stacktest.Root()}, elements...)...))
		require.NoError(t, err)
		return string(content)
	}
	page := read("docs", "workload.md")
	_, stack, _ := strings.Cut(read("testdata", "stacks", "Pulumi.workload.yaml"), "\n")
	for language, text := range map[string]string{
		"yaml": stack,
		"json": read("testdata", "stacks", "policies", "app.json"),
		"bash": read("testdata", "stacks", "user-data.sh"),
	} {
		require.Contains(t, page, "```"+language+"\n"+text+"```")
	}
}
