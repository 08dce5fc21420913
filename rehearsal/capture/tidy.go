package capture

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"bastionless/rehearsal/account"
)

// eachList calls a function for every list in a file, inner lists first. It skips policy documents.
func eachList(file *account.File, visit func(reflect.Value)) {
	eachListIn(reflect.ValueOf(file), visit)
}

func eachListIn(v reflect.Value, visit func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachListIn(v.Elem(), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				eachListIn(v.Field(i), visit)
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			eachListIn(v.MapIndex(key), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachListIn(v.Index(i), visit)
		}
		visit(v)
	}
}

// sortLists sorts every list by the JSON of its elements, which begins with their ID or name.
func sortLists(file *account.File) {
	eachList(file, func(list reflect.Value) {
		type element struct {
			json  []byte
			value reflect.Value
		}
		elements := make([]element, list.Len())
		for i := range elements {
			value := reflect.New(list.Type().Elem()).Elem()
			value.Set(list.Index(i))
			// Every element came from JSON, so it can be converted back.
			encoded, _ := json.Marshal(value.Interface())
			elements[i] = element{encoded, value}
		}
		slices.SortStableFunc(elements, func(a, b element) int { return bytes.Compare(a.json, b.json) })
		for i, e := range elements {
			list.Index(i).Set(e.value)
		}
	})
}

// removeTagValues empties the values of all tags except those with the given keys, and records the keys of the others.
func removeTagValues(file *account.File, kept []string) {
	removed := map[string]bool{}
	eachList(file, func(list reflect.Value) {
		tags, _ := list.Interface().([]account.Tag)
		for i, tag := range tags {
			isKept := slices.ContainsFunc(kept, func(key string) bool { return strings.EqualFold(key, tag.Key) })
			if tag.Value != "" && !isKept {
				tags[i].Value, removed[tag.Key] = "", true
			}
		}
	})
	file.RemovedTagValues = slices.Sorted(maps.Keys(removed))
}

// redact replaces the account ID in the whole file, also within names, ARNs and policy documents.
func redact(file *account.File) error {
	encoded, err := json.Marshal(file)
	if err != nil {
		return err
	}
	encoded = bytes.ReplaceAll(encoded, []byte(file.AccountID), []byte(account.RedactedID))
	var redacted account.File
	if err := json.Unmarshal(encoded, &redacted); err != nil {
		return err
	}
	redacted.Redacted = true
	*file = redacted
	return nil
}
