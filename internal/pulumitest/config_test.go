package pulumitest_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

// The tests pass in a project that "pulumi new" created from this repository.
func TestLoadProject_afterPulumiNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte(`name: mine
runtime: go
config:
  zones: {type: array, items: {type: string}, default: [a]}
  pulumi:tags: {value: {pulumi:template: https://example.com}}
`), 0o600))
	project := pulumitest.LoadProject(t, dir)
	require.EqualValues(t, pulumitest.Project, project.Name)
	require.Equal(t, []string{"zones"}, slices.Collect(maps.Keys(project.Config)))
	require.Equal(t, map[string]string{pulumitest.Project + ":zones": `["a"]`}, pulumitest.Defaults(t, dir))
}
