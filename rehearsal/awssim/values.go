package awssim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// values are the properties of a resource. A value is nil, bool, float64, string, []any, values or, in a
// preview, unknown. An assetValue occurs only in inputs, and check rejects it.
type values = map[string]any

// unknown is a value that is not known in a preview.
type unknown struct{}

// assetValue is an asset or an archive. The simulated AWS does not support them.
type assetValue struct{}

// findAsset returns the path of an asset in the value at a path, or "".
func findAsset(path string, value any) string {
	switch value := value.(type) {
	case assetValue:
		return path
	case values:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if found := findAsset(path+"."+name, value[name]); found != "" {
				return found
			}
		}
	case []any:
		for i, item := range value {
			if found := findAsset(fmt.Sprintf("%s[%d]", path, i), item); found != "" {
				return found
			}
		}
	}
	return ""
}

// str returns the string at a path of names separated by dots, or "".
func str(v values, path string) string {
	s, _ := valueAt(v, path).(string)
	return s
}

// boolean returns the bool at a path, or false.
func boolean(v values, path string) bool {
	b, _ := valueAt(v, path).(bool)
	return b
}

// integer returns the number at a path, or 0.
func integer(v values, path string) int {
	n, _ := valueAt(v, path).(float64)
	return int(n)
}

// strList returns the strings of the list at a path.
func strList(v values, path string) []string {
	items, _ := valueAt(v, path).([]any)
	var list []string
	for _, item := range items {
		if s, ok := item.(string); ok {
			list = append(list, s)
		}
	}
	return list
}

// objectList returns the objects of the list with this name.
func objectList(v values, name string) []values {
	items, _ := v[name].([]any)
	var list []values
	for _, item := range items {
		if object, ok := item.(values); ok {
			list = append(list, object)
		}
	}
	return list
}

// valueAt returns the value at a path, or nil.
func valueAt(v values, path string) any {
	for {
		name, rest, more := strings.Cut(path, ".")
		if !more {
			return v[name]
		}
		inner, ok := v[name].(values)
		if !ok {
			return nil
		}
		v, path = inner, rest
	}
}

// isSet reports whether a property has a value, known or not.
func isSet(v values, name string) bool {
	value, ok := v[name]
	return ok && value != nil
}

// isUnknown reports whether a value, or anything in it, is unknown.
func isUnknown(value any) bool {
	switch value := value.(type) {
	case unknown:
		return true
	case values:
		for _, inner := range value {
			if isUnknown(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(value, isUnknown)
	}
	return false
}

// clone returns a deep copy without the properties that Pulumi adds, whose names begin with "__".
func clone(v values) values {
	copied := values{}
	for key, value := range v {
		if !strings.HasPrefix(key, "__") {
			copied[key] = cloneValue(value)
		}
	}
	return copied
}

func cloneValue(value any) any {
	switch value := value.(type) {
	case values:
		return clone(value)
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = cloneValue(item)
		}
		return items
	}
	return value
}

// toList converts strings to a list of values.
func toList(strs []string) []any {
	items := make([]any, len(strs))
	for i, s := range strs {
		items[i] = s
	}
	return items
}
