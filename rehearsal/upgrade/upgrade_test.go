package upgrade

import (
	"bytes"
	"encoding/json"
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

// change is an update that was reviewed.
type change struct {
	URN      string `json:"urn"`
	Property string `json:"property"`
	// Why says why it may be made, or why nobody notices.
	Why string `json:"why"`
}

// The next up of a stack that was deployed before changes what was reviewed, and nothing else.
func TestUpgrade_preview(t *testing.T) {
	t.Parallel()
	reviewed := readReviewed(t)
	seen := map[[2]string]bool{}
	for _, name := range stacktest.Stacks() {
		for _, step := range previewOf(t, name).Changed() {
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
		require.Contains(t, seen, changed, "reviewed.json lists a change that no stack makes")
	}
}

// readReviewed reads the reviewed changes.
func readReviewed(t *testing.T) map[[2]string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "reviewed.json"))
	require.NoError(t, err)
	var changes []change
	require.NoError(t, json.Unmarshal(text, &changes))
	reviewed := map[[2]string]bool{}
	for _, c := range changes {
		require.NotEmpty(t, c.Why, "%+v", c)
		reviewed[[2]string{c.URN, c.Property}] = true
	}
	return reviewed
}

// previewOf previews the program on the earlier state of a stack.
func previewOf(t *testing.T, name string) *engine.Result {
	t.Helper()
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
	require.NoError(t, err)
	stack := stacktest.Open(t, engine.Options{Stack: name, Provider: cloud.NewProvider})
	require.NoError(t, stack.Import(bytes.NewReader(exported(t, name))))
	result := stack.Preview(t.Context())
	require.Empty(t, result.Failure())
	require.Equal(t, len(stack.Snapshot().Resources)-1, result.Changes[engine.OpSame]+result.Changes[engine.OpUpdate],
		"every resource but the provider is considered")
	return result
}

// exported is the earlier state of a stack.
func exported(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	return text
}

// A stack that is deployed anew has the resources of one that was deployed before: inputs, dependencies and options alike, but
// for what was reviewed.
func TestUpgrade_deployed(t *testing.T) {
	t.Parallel()
	reviewed := readReviewed(t)
	for _, name := range stacktest.Stacks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := readComparable(t, exported(t, name), reviewed)
			after := readComparable(t, stacktest.Export(t, stacktest.Deploy(t, name, nil)).Bytes(), reviewed)
			require.Equal(t, urns(before), urns(after))
			for urn, resource := range before {
				require.Equal(t, resource, after[urn], urn)
			}
		})
	}
}

func urns(resources map[string]map[string]any) []string {
	var all []string
	for urn := range resources {
		all = append(all, urn)
	}
	slices.Sort(all)
	return all
}
