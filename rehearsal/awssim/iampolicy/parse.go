package iampolicy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// statement is a statement of a document. A list that is nil stands for an element that is absent.
type statement struct {
	at                      int // byte offset in the document
	sid, effect             string
	actions, notActions     []string
	resources, notResources []string
	// principals are IDs by their type, such as "AWS". The type of the principal "*" is "*".
	principals, notPrincipals map[string][]string
	conditions                map[string]map[string][]string
	// present are the names of the statement's elements, in order.
	present []string
}

// version returns the Version of a document that was parsed, or "" if it has none.
func version(document string) string {
	var root struct{ Version string }
	if json.Unmarshal([]byte(document), &root) != nil {
		return ""
	}
	return root.Version
}

// parse returns the statements of a document, or the violation of the grammar that all kinds of policies
// share.
func parse(document string) ([]statement, *violation) {
	root, err := parseJSON(document)
	if err != nil {
		found := &violation{rule: "json", at: len(document)}
		var syntax *json.SyntaxError
		var duplicate *duplicateKeyError
		switch {
		case errors.As(err, &syntax):
			found.at = max(0, int(syntax.Offset)-1)
		case errors.As(err, &duplicate):
			found.at = duplicate.at
		}
		return nil, found
	}
	if root.kind != '{' {
		return nil, &violation{rule: "json", at: root.at}
	}
	for i, key := range root.keys {
		value := root.items[i]
		_, isString := value.str()
		switch key {
		case "Version", "Id":
			if !isString {
				return nil, &violation{rule: "syntax", at: value.at}
			}
		case "Statement":
		default:
			return nil, &violation{rule: "syntax", at: value.at}
		}
	}
	list := root.get("Statement")
	if list == nil {
		return nil, &violation{rule: "missing", detail: "Statement", at: len(document)}
	}
	items := list.items
	switch list.kind {
	case '{':
		items = []*jsonValue{list}
	case '[':
	default:
		return nil, &violation{rule: "syntax", at: list.at}
	}
	if len(items) == 0 {
		return nil, &violation{rule: "missing", detail: "Statement", at: list.at}
	}
	statements := make([]statement, 0, len(items))
	for _, item := range items {
		s, found := parseStatement(item)
		if found != nil {
			return nil, found
		}
		statements = append(statements, s)
	}
	return statements, nil
}

func parseStatement(v *jsonValue) (statement, *violation) {
	s := statement{at: v.at}
	if v.kind != '{' {
		return s, &violation{rule: "syntax", at: v.at}
	}
	for i, key := range v.keys {
		value := v.items[i]
		var ok bool
		switch key {
		case "Sid":
			s.sid, ok = value.str()
		case "Effect":
			s.effect, ok = value.str()
		case "Action":
			s.actions, ok = parseStrings(value)
		case "NotAction":
			s.notActions, ok = parseStrings(value)
		case "Resource":
			s.resources, ok = parseStrings(value)
		case "NotResource":
			s.notResources, ok = parseStrings(value)
		case "Principal":
			s.principals, ok = parsePrincipals(value)
		case "NotPrincipal":
			s.notPrincipals, ok = parsePrincipals(value)
		case "Condition":
			s.conditions, ok = parseConditions(value)
		}
		if !ok {
			return s, &violation{rule: "syntax", at: value.at}
		}
		s.present = append(s.present, key)
	}
	if (s.actions != nil && s.notActions != nil) || (s.resources != nil && s.notResources != nil) ||
		(s.principals != nil && s.notPrincipals != nil) {
		return s, &violation{rule: "syntax", at: s.at}
	}
	return s, nil
}

// parseStrings parses a string or a list of strings.
func parseStrings(v *jsonValue) ([]string, bool) {
	if s, ok := v.str(); ok {
		return []string{s}, true
	}
	list := []string{}
	for _, item := range v.items {
		s, ok := item.str()
		if !ok {
			return nil, false
		}
		list = append(list, s)
	}
	return list, v.kind == '['
}

func parsePrincipals(v *jsonValue) (map[string][]string, bool) {
	if s, ok := v.str(); ok {
		return map[string][]string{"*": {s}}, s == "*"
	}
	if v.kind != '{' {
		return nil, false
	}
	principals := map[string][]string{}
	for i, kind := range v.keys {
		list, ok := parseStrings(v.items[i])
		if !ok || !slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, kind) {
			return nil, false
		}
		principals[kind] = list
	}
	return principals, true
}

func parseConditions(v *jsonValue) (map[string]map[string][]string, bool) {
	if v.kind != '{' {
		return nil, false
	}
	conditions := map[string]map[string][]string{}
	for i, operator := range v.keys {
		block := v.items[i]
		if block.kind != '{' {
			return nil, false
		}
		conditions[operator] = map[string][]string{}
		for j, key := range block.keys {
			values := block.items[j]
			if values.kind == 0 {
				values = &jsonValue{kind: '[', items: []*jsonValue{values}}
			}
			list := []string{}
			for _, item := range values.items {
				if item.kind != 0 || item.scalar == nil {
					return nil, false
				}
				list = append(list, fmt.Sprint(item.scalar))
			}
			if values.kind != '[' {
				return nil, false
			}
			conditions[operator][key] = list
		}
	}
	return conditions, true
}
