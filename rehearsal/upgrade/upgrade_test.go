package upgrade

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/stacktest"
)

func TestMain(m *testing.M) { os.Exit(stacktest.Main(m)) }

// change is a reviewed change of a property.
type change struct {
	URN      string `json:"urn"`
	Property string `json:"property"`
	// Why is the reason why the next update may make it.
	Why string `json:"why"`
}

// The next update of a stack that an earlier version deployed makes exactly the reviewed changes.
func TestUpgrade_preview(t *testing.T) {
	t.Parallel()
	reviewed := readReviewed(t)
	seen := map[[2]string]bool{}
	for _, name := range stacktest.Stacks() {
		for _, step := range previewUpgrade(t, name).Changed() {
			require.Equal(t, engine.OpUpdate, step.Op, "%s: %s", name, step)
			require.NotEmpty(t, step.Properties, "%s: %s", name, step)
			for _, property := range step.Properties {
				changed := [2]string{string(step.URN), property}
				require.Contains(t, reviewed, changed, "%s: %s", name, step)
				seen[changed] = true
			}
		}
	}
	for changed := range reviewed {
		require.Contains(t, seen, changed, "reviewed.json lists a change that does not happen")
	}
}

// readReviewed returns the reviewed changes by URN and property.
func readReviewed(t *testing.T) map[[2]string]bool {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "reviewed.json"))
	require.NoError(t, err)
	var changes []change
	require.NoError(t, json.Unmarshal(content, &changes))
	reviewed := map[[2]string]bool{}
	for _, c := range changes {
		require.NotEmpty(t, c.Why, "%+v", c)
		reviewed[[2]string{c.URN, c.Property}] = true
	}
	return reviewed
}

// previewUpgrade previews the program on the earlier state of a stack.
func previewUpgrade(t *testing.T, name string) *engine.Result {
	t.Helper()
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
	require.NoError(t, err)
	stack := stacktest.Open(t, engine.Options{Stack: name, Provider: cloud.NewProvider})
	require.NoError(t, stack.Import(bytes.NewReader(earlierState(t, name))))
	result := stack.Preview(t.Context())
	require.Empty(t, result.Failure())
	require.Equal(t, len(stack.State().Resources)-1, result.Changes[engine.OpSame]+result.Changes[engine.OpUpdate],
		"the preview must cover every resource but the provider")
	return result
}

// earlierState returns the earlier state of a stack.
func earlierState(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	return content
}

// A new deployment has the same resources as the earlier one, with the same inputs, dependencies and
// options, except for the reviewed changes.
func TestUpgrade_deployed(t *testing.T) {
	t.Parallel()
	reviewed := readReviewed(t)
	for _, name := range stacktest.Stacks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := readComparable(t, earlierState(t, name), reviewed)
			after := readComparable(t, stacktest.Export(t, stacktest.Deploy(t, name, nil)).Bytes(), reviewed)
			require.Equal(t, slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
			for urn, resource := range before {
				require.Equal(t, resource, after[urn], urn)
			}
		})
	}
}
