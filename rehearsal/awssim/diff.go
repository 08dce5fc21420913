package awssim

import (
	"encoding/json"
	"reflect"
	"slices"

	"bastionless/rehearsal/awssim/iampolicy"
)

// differences are the paths that differ. The value is true if the difference replaces the resource.
type differences map[string]bool

// diff compares a resource's state with new inputs, as the provider's plan does.
func (t *resourceType) diff(c *call, state, in values) (differences, error) {
	d := differences{}
	for key, a := range t.Inputs {
		a.diff(d, key, state[key], in[key], isSet(in, key))
	}
	if t.CustomizeDiff != nil {
		if err := t.CustomizeDiff(d, state, in); err != nil {
			return nil, err
		}
	}
	if t.Taggable && !isUnknown(in["tags"]) && !equal(state["tagsAll"], c.allTags(in)) {
		d["tagsAll"] = false
	}
	return d, nil
}

// diff compares a value with a new one, which may not be set, and adds the differences to d.
func (a attribute) diff(d differences, path string, before, after any, set bool) {
	if !set {
		if a.Computed {
			return
		}
		after = a.Default
	}
	object, isObject := after.(values)
	if a.Elem != nil && isObject {
		was, _ := before.(values)
		for key, field := range a.Elem {
			value, ok := object[key]
			field.diff(d, path+"."+key, was[key], value, ok && value != nil)
		}
		return
	}
	if isUnknown(after) || !a.equal(before, after) {
		d[path] = a.ForceNew
	}
}

func (a attribute) equal(before, after any) bool {
	if a.IsPolicy {
		was, isText := before.(string)
		is, ok := after.(string)
		if isText && ok {
			return was == is || iampolicy.Equivalent(was, is)
		}
	}
	if a.Set {
		before, after = sortedList(before), sortedList(after)
	}
	return equal(before, after) || a.DiffSuppress != nil && a.DiffSuppress(before, after)
}

// equal reports whether values are equal to the provider. It does not distinguish between nil and zero
// values.
func equal(a, b any) bool {
	return reflect.DeepEqual(a, b) || isZero(a) && isZero(b)
}

func isZero(value any) bool {
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

// sortedList returns a list sorted by the JSON of its elements. It returns other values unchanged.
func sortedList(value any) any {
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

// topLevel returns the name of the property at the root of a path.
func topLevel(path string) string {
	for i, r := range path {
		if r == '.' || r == '[' {
			return path[:i]
		}
	}
	return path
}

// hasExplicitName reports whether the user has set the name that Pulumi would generate. If so, the bridge
// deletes the resource before it creates the replacement, even if the name changes. It does not do so for
// types of the framework.
func (t *resourceType) hasExplicitName(in values) bool {
	return t.AutoName != nil && !t.Framework && isSet(in, t.AutoName.attribute) && !slices.Contains(strList(in, defaultsKey), t.AutoName.attribute)
}

// readInputs returns the inputs that a refresh writes to Pulumi's state: the recorded inputs, with their
// values in the cloud where these differ.
func (t *resourceType) readInputs(recorded, state values) values {
	inputs := values{}
	for key, value := range recorded {
		a, ok := t.Inputs[key]
		if !ok {
			inputs[key] = value
			continue
		}
		d := differences{}
		a.diff(d, key, state[key], value, true)
		if len(d) == 0 {
			inputs[key] = value
		} else if isSet(state, key) {
			inputs[key] = cloneValue(state[key])
		}
	}
	return inputs
}

// importInputs returns the inputs of a resource that is imported: all that are not zero.
func (t *resourceType) importInputs(state values) values {
	inputs := values{}
	for key := range t.Inputs {
		if !isZero(state[key]) {
			inputs[key] = cloneValue(state[key])
		}
	}
	return inputs
}
