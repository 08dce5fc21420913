package diagram_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/diagram"
	"bastionless/rehearsal/proof"
)

// The lines of a flowchart.
var (
	nodeLine = regexp.MustCompile(`^(?:subgraph )?([a-z0-9_]+)\["[^"<>]*(?:<br/>[^"<>]*)*"\]$`)
	edgeLine = regexp.MustCompile(`^([a-z0-9_]+) (?:-->|-\.->|---)(?:\|"[^"<>]+"\|)? ([a-z0-9_]+)$`)
)

// reserved are words that Mermaid does not accept as IDs.
var reserved = []string{"end", "graph", "flowchart", "subgraph", "style", "click", "class", "default", "direction"}

// requireWellFormed checks that Mermaid can parse a flowchart: every ID is declared once, every subgraph
// ends, and edges connect declared IDs.
func requireWellFormed(t *testing.T, text string) {
	t.Helper()
	require.True(t, strings.HasPrefix(text, "flowchart LR\n"), text)
	declared := map[string]bool{}
	depth := 0
	for _, line := range lines(text)[1:] {
		switch node, edge := nodeLine.FindStringSubmatch(line), edgeLine.FindStringSubmatch(line); {
		case line == "" || strings.HasPrefix(line, "%% "):
		case line == "end":
			depth--
			require.GreaterOrEqual(t, depth, 0, text)
		case node != nil:
			require.False(t, declared[node[1]], "%s is declared twice:\n%s", node[1], text)
			require.NotContains(t, reserved, node[1])
			declared[node[1]] = true
			if strings.HasPrefix(line, "subgraph ") {
				depth++
			}
		case edge != nil:
			require.True(t, declared[edge[1]] && declared[edge[2]], "%s connects a node that is not declared:\n%s", line, text)
		default:
			require.Fail(t, "unexpected line", line)
		}
	}
	require.Zero(t, depth, text)
}

// Stacks that this project does not declare can be drawn, too.
func TestDraw_otherStacks(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../proof/testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			file, err := os.Open(path)
			require.NoError(t, err)
			defer file.Close()
			deployment, err := proof.Read(file)
			require.NoError(t, err)
			requireWellFormed(t, drawn(t, deployment))
		})
	}
}

// For every value of every property, a state is drawn or rejected with an error.
func TestDraw_anyProperty(t *testing.T) {
	t.Parallel()
	requireWellFormed(t, diagram.Draw(openTopology()))
	requireWellFormed(t, diagram.Draw(&proof.Topology{}))
	whole := deployed(t, "dev", nil)
	text, err := json.Marshal(whole)
	require.NoError(t, err)
	tried := 0
	for i, r := range whole.Resources {
		for _, key := range slices.Sorted(maps.Keys(r.Outputs)) {
			for _, value := range []any{nil, "", `"]; end`, -1.0, true, []any{}, []any{nil, map[string]any{}}, map[string]any{"a": "b"}} {
				var changed apitype.DeploymentV3
				require.NoError(t, json.Unmarshal(text, &changed))
				changed.Resources[i].Outputs[key] = value
				delete(changed.Resources[i].Inputs, key)
				what := fmt.Sprintf("%s: %s = %v", r.URN, key, value)
				topology, err := proof.ReadTopology(&changed)
				if err != nil {
					require.NotEmpty(t, err.Error(), what)
					continue
				}
				requireWellFormed(t, diagram.Draw(topology))
				tried++
			}
		}
	}
	require.Greater(t, tried, 1000)
}
