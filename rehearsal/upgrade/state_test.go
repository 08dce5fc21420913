package upgrade

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// compared are the fields of a resource that the program decides on.
var compared = []string{
	"type", "custom", "inputs", "parent", "dependencies", "propertyDependencies", "protect", "external", "retainOnDelete",
	"ignoreChanges", "additionalSecretOutputs", "deletedWith", "replaceWith", "replacementTrigger", "replaceOnChanges", "aliases",
	"customTimeouts",
}

// random are the ends of names that Pulumi generates, and the version of the provider's schema.
var random = regexp.MustCompile(`-[0-9a-f]{7}\b`)

// readComparable reads a state's resources by URN, with the same text for every id and generated name, and without properties that
// were reviewed. The stack's own outputs and the provider are left out.
func readComparable(t *testing.T, text []byte, reviewed map[[2]string]bool) map[string]map[string]any {
	t.Helper()
	var state struct {
		Deployment struct{ Resources []map[string]any }
	}
	require.NoError(t, json.Unmarshal(text, &state))
	var names []string
	for _, r := range state.Deployment.Resources {
		urn := r["urn"].(string)
		if id, ok := r["id"].(string); ok && len(id) > 4 {
			names = append(names, id, "${"+urn+"}")
		}
	}
	same := strings.NewReplacer(names...)
	resources := map[string]map[string]any{}
	for _, r := range state.Deployment.Resources {
		urn := r["urn"].(string)
		if strings.Contains(urn, "pulumi:providers:") {
			continue
		}
		kept := map[string]any{}
		for _, field := range compared {
			if value, ok := r[field]; ok {
				kept[field] = value
			}
		}
		for _, field := range []string{"inputs", "propertyDependencies"} {
			properties, _ := kept[field].(map[string]any)
			for property := range properties {
				if reviewed[[2]string{urn, property}] {
					delete(properties, property)
				}
			}
		}
		resources[urn] = normalized(t, kept, same)
	}
	return resources
}

// normalized is a resource whose ids and generated names are replaced and whose lists of URNs are sorted.
func normalized(t *testing.T, resource map[string]any, same *strings.Replacer) map[string]any {
	t.Helper()
	sortLists(resource["dependencies"])
	sortLists(resource["replaceWith"])
	sortLists(resource["propertyDependencies"])
	text, err := json.Marshal(resource)
	require.NoError(t, err)
	var result map[string]any
	require.NoError(t, json.Unmarshal([]byte(random.ReplaceAllString(same.Replace(string(text)), "-RANDOM")), &result))
	return result
}

// sortLists sorts a list of texts, or those that a map holds.
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
