package config

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"bastionless/internal/diag"
)

// originalProject is the project's name before "pulumi new" changes it.
const originalProject = "bastionless"

// checkKeys reports keys that the program does not read, because Pulumi accepts them silently. encoded is
// the value of the environment variable in which Pulumi passes the configuration: a JSON object with all
// keys, including their namespaces.
func (r *reader) checkKeys(project, encoded string) {
	var all map[string]json.RawMessage
	if encoded == "" || json.Unmarshal([]byte(encoded), &all) != nil {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		namespace, name, _ := strings.Cut(key, ":")
		switch {
		case namespace == project && !r.knownKeys[name]:
			r.diags.Add(name, diag.UnknownKey, "unknown key: Pulumi.yaml lists all keys%s",
				diag.DidYouMean(name, slices.Sorted(maps.Keys(r.knownKeys))))
		case namespace == originalProject && namespace != project:
			r.diags.Add(key, diag.UnknownKey, "the name of this project is %s, so Pulumi does not pass the key to it: "+
				"rename the key to %s:%s, or write %s without a namespace", project, project, name, name)
		}
	}
}
