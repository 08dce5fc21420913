package diagram_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/stacktest"
)

// The lines before and after the diagram in the READMEs.
const (
	beforeDiagram = "<!-- diagram of dev: go test -trimpath ./rehearsal/diagram -update -->\n```mermaid\n"
	afterDiagram  = "```\n<!-- end of the diagram -->\n"
)

// The READMEs contain the diagram of the frozen stack dev.
func TestREADME_diagram(t *testing.T) {
	t.Parallel()
	diagram := drawn(t, deployed(t, "dev", nil))
	for _, name := range []string{"README.md", "README.ja.md"} {
		path := filepath.Join(stacktest.Root(), name)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		before, rest, found := strings.Cut(string(text), beforeDiagram)
		require.True(t, found, name)
		_, after, found := strings.Cut(rest, afterDiagram)
		require.True(t, found, name)
		requireFile(t, path, before+beforeDiagram+diagram+afterDiagram+after)
	}
}
