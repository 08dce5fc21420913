package trials

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/stacktest"
)

// Users choose the project's name when they run "pulumi new". Every shipped stack works in a renamed project, with all of
// its configuration.
func TestRenamedProject(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(stacktest.Dir(t))))
	path := filepath.Join(dir, "Pulumi.yaml")
	original, err := os.ReadFile(path)
	require.NoError(t, err)
	renamed := strings.Replace(string(original), "name: bastionless\n", "name: other\n", 1)
	require.NotEqual(t, string(original), renamed)
	require.NoError(t, os.WriteFile(path, []byte(renamed), 0o600))

	files, err := filepath.Glob(filepath.Join(dir, "Pulumi.*.yaml"))
	require.NoError(t, err)
	require.Greater(t, len(files), len(stacktest.Stacks()))
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotRegexp(t, `(?m)^\s+bastionless:\w+:`, string(text), "Pulumi does not pass these keys to a renamed project")
	}

	for _, stack := range stacktest.Stacks() {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
			require.NoError(t, err)
			e := open(t, cloud, engine.Options{Dir: dir, Stack: stack})
			usual := open(t, cloud, engine.Options{Stack: stack})
			for key, value := range usual.stack.Config() {
				if name, ok := strings.CutPrefix(key, "bastionless:"); ok {
					key = "other:" + name
				}
				require.Equal(t, value, e.stack.Config()[key], key)
			}

			e.up()
			require.Len(t, e.stack.State().Resources, len(deployed(t, stack, nil).stack.State().Resources))
			e.requireLifecycle()
		})
	}
}
