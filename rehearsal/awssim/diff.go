package awssim

import (
	"bastionless/rehearsal/awssim/iampolicy"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// differences are the paths that differ, and whether each replaces the resource.
type differences map[string]bool

// diff compares state with inputs, as the provider plans.
func (t *resourceType) diff(c *call, state, in values) differences {
	found := differences{}
	for key, a := range t.inputs {
		a.diff(found, key, state[key], in[key], given(in, key))
	}
	if t.adjust != nil {
		t.adjust(found, state, in)
	}
	if t.taggable && !isUnknown(in["tags"]) && !equal(state["tagsAll"], c.allTags(in)) {
		found["tagsAll"] = false
	}
	return found
}

// diff compares one value.
func (a attribute) diff(found differences, path string, old, new any, given bool) {
	if !given {
		if a.computed {
			return
		}
		new = a.fallback
	}
	object, isObject := new.(values)
	if a.fields != nil && isObject {
		was, _ := old.(values)
		for key, field := range a.fields {
			value, ok := object[key]
			field.diff(found, path+"."+key, was[key], value, ok && value != nil)
		}
		return
	}
	if isUnknown(new) || !a.equal(old, new) {
		found[path] = a.replace
	}
}

func (a attribute) equal(old, new any) bool {
	if a.policy {
		was, isText := old.(string)
		is, ok := new.(string)
		if isText && ok {
			return was == is || iampolicy.Equivalent(was, is)
		}
	}
	if a.unordered {
		old, new = sorted(old), sorted(new)
	}
	return equal(old, new) || a.same != nil && a.same(old, new)
}

// equal compares values. To the provider nothing, an empty text, false, 0 and an empty list or map are one.
func equal(a, b any) bool {
	return reflect.DeepEqual(a, b) || empty(a) && empty(b)
}

func empty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case bool:
		return !value
	case float64:
		return value == 0
	case []any:
		return len(value) == 0
	case values:
		return len(value) == 0
	}
	return false
}

// sorted orders a list by the text of its elements.
func sorted(value any) any {
	items, ok := value.([]any)
	if !ok {
		return value
	}
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b any) int {
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		return slices.Compare(x, y)
	})
	return items
}

// result is the differences as the bridge reports them.
func (d differences) result(t *resourceType, state, in values) plugin.DiffResult {
	result := plugin.DiffResult{Changes: plugin.DiffNone, DetailedDiff: map[string]plugin.PropertyDiff{}}
	replaces := false
	for _, path := range slices.Sorted(maps.Keys(d)) {
		key := resource.PropertyKey(topLevel(path))
		result.Changes = plugin.DiffSome
		kind := plugin.DiffUpdate
		switch {
		case at(state, path) == nil:
			kind = plugin.DiffAdd
		case at(in, path) == nil && key != "tagsAll":
			kind = plugin.DiffDelete
		}
		if d[path] {
			kind, replaces = kind.AsReplace(), true
			if !slices.Contains(result.ReplaceKeys, key) {
				result.ReplaceKeys = append(result.ReplaceKeys, key)
			}
		}
		if !slices.Contains(result.ChangedKeys, key) {
			result.ChangedKeys = append(result.ChangedKeys, key)
		}
		result.DetailedDiff[path] = plugin.PropertyDiff{Kind: kind, InputDiff: true}
	}
	for _, key := range slices.Sorted(maps.Keys(t.inputs)) {
		if key := resource.PropertyKey(key); t.inputs[string(key)].replace && !slices.Contains(result.ReplaceKeys, key) {
			result.StableKeys = append(result.StableKeys, key)
		}
	}
	result.DeleteBeforeReplace = replaces && (t.deleteFirst || t.namedByHand(in))
	return result
}

func topLevel(path string) string {
	for i, r := range path {
		if r == '.' || r == '[' {
			return path[:i]
		}
	}
	return path
}

// namedByHand says whether the user gave a name that Pulumi would have made up. Then the bridge deletes before it
// replaces, whether or not the name stays the same. It does so in types of the older SDK alone.
func (t *resourceType) namedByHand(in values) bool {
	return t.name != nil && !t.framework && given(in, t.name.attribute) && !slices.Contains(list(in, defaultsKey), t.name.attribute)
}

// inputsOf is what a refresh says that the user would have had to write for the cloud to be as it is: the inputs that
// were given, with the values that they have.
func (t *resourceType) inputsOf(inputs, state values) values {
	now := values{}
	for key, was := range inputs {
		a, ok := t.inputs[key]
		if !ok {
			now[key] = was
			continue
		}
		found := differences{}
		a.diff(found, key, state[key], was, true)
		if len(found) == 0 {
			now[key] = was
		} else if is, ok := state[key]; ok && is != nil {
			now[key] = cloneValue(is)
		}
	}
	return now
}

// importable are the inputs of a resource that comes into a stack from the cloud: all that it has.
func (t *resourceType) importable(state values) values {
	inputs := values{}
	for key := range t.inputs {
		if !empty(state[key]) {
			inputs[key] = cloneValue(state[key])
		}
	}
	return inputs
}

// String lists the paths, for errors.
func (d differences) String() string { return fmt.Sprint(slices.Sorted(maps.Keys(d))) }
