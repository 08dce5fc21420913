package upgrade

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// comparedFields are the fields of a resource in the state that the program determines.
var comparedFields = []string{
	"type", "custom", "inputs", "parent", "dependencies", "propertyDependencies", "protect", "external", "retainOnDelete",
	"ignoreChanges", "additionalSecretOutputs", "deletedWith", "replaceWith", "replacementTrigger", "replaceOnChanges", "aliases",
	"customTimeouts",
}

// randomSuffix matches the end of a name that Pulumi generates.
var randomSuffix = regexp.MustCompile(`-[0-9a-f]{7}\b`)

// readComparable returns the resources of a state by URN, in a form in which those of two deployments are equal: without
// IDs, generated names, reviewed properties, the provider and the stack's outputs.
func readComparable(t *testing.T, content []byte, reviewed map[[2]string]bool) map[string]map[string]any {
	t.Helper()
	var state struct {
		Deployment struct{ Resources []map[string]any }
	}
	require.NoError(t, json.Unmarshal(content, &state))
	var names []string
	for _, r := range state.Deployment.Resources {
		urn := r["urn"].(string)
		if id, ok := r["id"].(string); ok && len(id) > 4 {
			names = append(names, id, "${"+urn+"}")
		}
	}
	placeholders := strings.NewReplacer(names...)
	resources := map[string]map[string]any{}
	for _, r := range state.Deployment.Resources {
		urn := r["urn"].(string)
		if strings.Contains(urn, "pulumi:providers:") {
			continue
		}
		compared := map[string]any{}
		for _, field := range comparedFields {
			if value, ok := r[field]; ok {
				compared[field] = value
			}
		}
		for _, field := range []string{"inputs", "propertyDependencies"} {
			properties, _ := compared[field].(map[string]any)
			for property := range properties {
				if reviewed[[2]string{urn, property}] {
					delete(properties, property)
				}
			}
		}
		resources[urn] = normalized(t, compared, placeholders)
	}
	return resources
}

// normalized returns a copy of a resource with placeholders for IDs and generated names, and with sorted lists of URNs.
func normalized(t *testing.T, resource map[string]any, placeholders *strings.Replacer) map[string]any {
	t.Helper()
	sortLists(resource["dependencies"])
	sortLists(resource["replaceWith"])
	sortLists(resource["propertyDependencies"])
	encoded, err := json.Marshal(resource)
	require.NoError(t, err)
	var result map[string]any
	require.NoError(t, json.Unmarshal([]byte(randomSuffix.ReplaceAllString(placeholders.Replace(string(encoded)), "-RANDOM")), &result))
	return result
}

// sortLists sorts a list of strings, or all lists in a map.
func sortLists(value any) {
	switch value := value.(type) {
	case []any:
		slices.SortFunc(value, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	case map[string]any:
		for _, list := range value {
			sortLists(list)
		}
	}
}
