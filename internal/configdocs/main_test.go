package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The page has the table of the current Pulumi.yaml.
func TestConfiguration_isUpToDate(t *testing.T) {
	t.Parallel()
	project, err := os.ReadFile("../../Pulumi.yaml")
	require.NoError(t, err)
	page, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	updated, err := replaceTable(string(page), project)
	require.NoError(t, err)
	// "pulumi new" sorts the keys of Pulumi.yaml.
	require.Equal(t, sortedLines(updated), sortedLines(string(page)), "run go generate ./internal/config")
}

func sortedLines(text string) []string { return slices.Sorted(strings.Lines(text)) }

func TestTable(t *testing.T) {
	t.Parallel()
	rows, err := table([]byte(`
name: x
config:
  zones: {type: array, items: {type: string}, default: [a, b], description: Zone letters.}
  prefix: {type: string, default: "", description: "a | b"}
  days: {type: integer, default: 0, description: Days.}
  pulumi:tags: {value: {pulumi:template: https://example.com}}
`))
	require.NoError(t, err)
	require.Equal(t, "| Key | Type | Default | Meaning |\n|---|---|---|---|\n"+
		"| `zones` | array | `[a, b]` | Zone letters. |\n"+
		"| `prefix` | string |  | a \\| b |\n"+
		"| `days` | integer | `0` | Days. |\n", rows)
}

func TestReplaceTable_refusesAPageWithoutMarkers(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"", begin, end + begin} {
		_, err := replaceTable(page, []byte("config: {}"))
		require.Error(t, err)
	}
}
