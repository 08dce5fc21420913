package proof_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bastionless/rehearsal/proof"
)

// listReplacers lists functions that replace the values in a value.
func listReplacers(value any, replace func(any), found *[]func(any)) {
	*found = append(*found, replace)
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			listReplacers(value[key], func(v any) { value[key] = v }, found)
		}
	case []any:
		for i := range value {
			listReplacers(value[i], func(v any) { value[i] = v }, found)
		}
	case string:
		// Policies and documents are JSON in JSON.
		var inner any
		if strings.HasPrefix(value, "{") && json.Unmarshal([]byte(value), &inner) == nil {
			var within []func(any)
			listReplacers(inner, func(v any) { inner = v }, &within)
			for _, change := range within {
				*found = append(*found, func(v any) {
					change(v)
					text, _ := json.Marshal(inner)
					replace(string(text))
				})
			}
		}
	}
}

// TestCheck_randomStates checks that states with random values result in claims or an error.
func TestCheck_randomStates(t *testing.T) {
	t.Parallel()
	p := goodPeer()
	recording(p, "session-logs", "session-logs", "")
	bases := []string{string(p.export(t))}
	p = goodPeer()
	bucketRecording(p)
	bases = append(bases, string(p.export(t)))
	bases = append(bases, string(everyPeer().export(t)))
	rapid.Check(t, func(t *rapid.T) {
		var state map[string]any
		if err := json.Unmarshal([]byte(bases[rapid.IntRange(0, len(bases)-1).Draw(t, "state")]), &state); err != nil {
			t.Fatal(err)
		}
		deployment := state["deployment"].(map[string]any)
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			var found []func(any)
			resources := deployment["resources"].([]any)
			at := rapid.IntRange(1, len(resources)-1).Draw(t, "resource")
			one := resources[at].(map[string]any)
			for _, side := range []string{"outputs", "inputs"} {
				listReplacers(one[side], func(v any) { one[side] = v }, &found)
			}
			replacement := rapid.SampledFrom([]any{
				nil, "", "x", "*", "arn:", ":::::", "${", "10.0.0.0/33", "2600::/8", true, -1.0, 1e300, []any{}, []any{nil, 1.0}, []any{"*"}, map[string]any{}, map[string]any{"x": nil},
			}).Draw(t, "replacement")
			rapid.SampledFrom(found).Draw(t, "value")(replacement)
			for _, side := range []string{"outputs", "inputs"} {
				if _, ok := one[side].(map[string]any); !ok {
					one[side] = map[string]any{}
				}
			}
		}
		text, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		read, err := proof.Read(strings.NewReader(string(text)))
		if err != nil {
			return
		}
		claims, err := proof.Check(read, proof.Options{})
		if err != nil {
			return
		}
		for _, claim := range claims {
			require.Contains(t, []string{proof.Proven, proof.Assumed, proof.Refuted, proof.Undecided}, claim.Result)
			require.NotEmpty(t, claim.Reasons, claim.ID)
		}
	})
}
