package htmlreport

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// compareResources returns the resources that were added, removed or changed.
func compareResources(before, after *state) []Change {
	old := map[string]*stateResource{}
	for _, r := range before.resources {
		old[r.key()] = r
	}
	beforeIDs, afterIDs := before.idReplacer(), after.idReplacer()
	var changes []Change
	for _, r := range after.resources {
		was := old[r.key()]
		delete(old, r.key())
		if was == nil {
			changes = append(changes, Change{Added, r.label()})
		} else if found := changedInputs(was, r, beforeIDs, afterIDs); len(found) > 0 {
			changes = append(changes, Change{Changed, r.label() + ": " + strings.Join(found, ", ")})
		}
	}
	for _, r := range before.resources {
		if old[r.key()] == r {
			changes = append(changes, Change{Removed, r.label()})
		}
	}
	return changes
}

// label returns the kind and the name of a resource.
func (r *stateResource) label() string { return r.kind() + " " + name(r.name) }

// key identifies a resource in the states of a program: its type with those of its parents, and its name.
func (r *stateResource) key() string {
	parts := strings.SplitN(r.urn, "::", 3)
	return parts[len(parts)-1]
}

// idReplacer returns a replacer that replaces the IDs and ARNs of resources, which differ between deployments, by names.
func (s *state) idReplacer() *strings.Replacer {
	names := map[string]string{}
	for _, r := range s.resources {
		for _, id := range []string{r.id, r.str("arn"), r.str("uniqueId")} {
			if len(id) > len("sg-1234") {
				names[id] = r.name
			}
		}
	}
	var pairs []string
	for _, id := range slices.SortedFunc(maps.Keys(names), func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) }) {
		pairs = append(pairs, id, names[id])
	}
	return strings.NewReplacer(pairs...)
}

// changedInputs returns the inputs that differ. An input that refers to another resource does not differ if only the ID of
// that resource does. Only the most important properties are shown with their values.
func changedInputs(before, after *stateResource, beforeIDs, afterIDs *strings.Replacer) []string {
	keys := map[string]bool{}
	for key := range before.inputs {
		keys[key] = true
	}
	for key := range after.inputs {
		keys[key] = true
	}
	important := importantProperties(after.typ)
	var found []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		old, now := format(before.inputs[key]), format(after.inputs[key])
		// A name that the program chose is also the ID of the resource, and differs nevertheless.
		named := (key == "name" || key == "bucket") && old == before.id && now == after.id && before.namesItself && after.namesItself
		generated := slices.Contains(before.defaults(), key) && slices.Contains(after.defaults(), key)
		if strings.HasPrefix(key, "__") || generated || old == now || !named && beforeIDs.Replace(old) == afterIDs.Replace(now) {
			continue
		}
		text := visible(key)
		if slices.Contains(important, key) {
			text += fmt.Sprintf(" from %q to %q", name(beforeIDs.Replace(old)), name(afterIDs.Replace(now)))
		}
		found = append(found, text)
	}
	return found
}

// defaults returns the inputs that the provider chose, such as generated names.
func (r *stateResource) defaults() []string {
	list, _ := r.inputs["__defaults"].([]any)
	var found []string
	for _, key := range list {
		found = append(found, format(key))
	}
	return found
}
