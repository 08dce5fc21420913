package awssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// policyStatement is one statement, as it was written. Nil lists are absent elements.
type policyStatement struct {
	at                      int
	sid, effect             string
	actions, notActions     []string
	resources, notResources []string
	// principals has the key "*" for everybody.
	principals, notPrincipals map[string][]string
	conditions                map[string]map[string][]string
	// present are the element's names, in order.
	present []string
}

// policyVersion is the document's Version, empty where it has none; readPolicy has found the text sound.
func policyVersion(text string) string {
	var document struct{ Version string }
	if json.Unmarshal([]byte(text), &document) != nil {
		return ""
	}
	return document.Version
}

// readPolicy takes the document apart and finds what is wrong with its form, whatever it hangs on.
func readPolicy(text string) ([]policyStatement, *policyFlaw) {
	root, err := parseJSON(text)
	if err != nil {
		flaw := &policyFlaw{kind: "json", at: len(text)}
		var syntax *json.SyntaxError
		var twice *duplicateKeyError
		switch {
		case errors.As(err, &syntax):
			flaw.at = max(0, int(syntax.Offset)-1)
		case errors.As(err, &twice):
			flaw.at = twice.at
		}
		return nil, flaw
	}
	if root.kind != '{' {
		return nil, &policyFlaw{kind: "json", at: root.at}
	}
	for i, key := range root.keys {
		value := root.items[i]
		_, isText := value.text()
		switch key {
		case "Version", "Id":
			if !isText {
				return nil, &policyFlaw{kind: "syntax", at: value.at}
			}
		case "Statement":
		default:
			return nil, &policyFlaw{kind: "syntax", at: value.at}
		}
	}
	list := root.get("Statement")
	if list == nil {
		return nil, &policyFlaw{kind: "missing", what: "Statement", at: len(text)}
	}
	items := list.items
	switch list.kind {
	case '{':
		items = []*jsonValue{list}
	case '[':
	default:
		return nil, &policyFlaw{kind: "syntax", at: list.at}
	}
	if len(items) == 0 {
		return nil, &policyFlaw{kind: "missing", what: "Statement", at: list.at}
	}
	statements := make([]policyStatement, 0, len(items))
	for _, item := range items {
		s, flaw := readStatement(item)
		if flaw != nil {
			return nil, flaw
		}
		statements = append(statements, s)
	}
	return statements, nil
}

func readStatement(v *jsonValue) (policyStatement, *policyFlaw) {
	s := policyStatement{at: v.at}
	if v.kind != '{' {
		return s, &policyFlaw{kind: "syntax", at: v.at}
	}
	for i, key := range v.keys {
		value, ok := v.items[i], true
		switch key {
		case "Sid":
			s.sid, ok = value.text()
		case "Effect":
			s.effect, ok = value.text()
		case "Action":
			s.actions, ok = readTexts(value)
		case "NotAction":
			s.notActions, ok = readTexts(value)
		case "Resource":
			s.resources, ok = readTexts(value)
		case "NotResource":
			s.notResources, ok = readTexts(value)
		case "Principal":
			s.principals, ok = readPrincipals(value)
		case "NotPrincipal":
			s.notPrincipals, ok = readPrincipals(value)
		case "Condition":
			s.conditions, ok = readConditions(value)
		default:
			ok = false
		}
		if !ok {
			return s, &policyFlaw{kind: "syntax", at: value.at}
		}
		s.present = append(s.present, key)
	}
	if (s.actions != nil && s.notActions != nil) || (s.resources != nil && s.notResources != nil) ||
		(s.principals != nil && s.notPrincipals != nil) {
		return s, &policyFlaw{kind: "syntax", at: s.at}
	}
	return s, nil
}

// readTexts reads a string or a list of strings.
func readTexts(v *jsonValue) ([]string, bool) {
	if s, ok := v.text(); ok {
		return []string{s}, true
	}
	list := []string{}
	for _, item := range v.items {
		s, ok := item.text()
		if !ok {
			return nil, false
		}
		list = append(list, s)
	}
	return list, v.kind == '['
}

func readPrincipals(v *jsonValue) (map[string][]string, bool) {
	if s, ok := v.text(); ok {
		return map[string][]string{"*": {s}}, s == "*"
	}
	if v.kind != '{' {
		return nil, false
	}
	principals := map[string][]string{}
	for i, kind := range v.keys {
		list, ok := readTexts(v.items[i])
		if !ok || !slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, kind) {
			return nil, false
		}
		principals[kind] = list
	}
	return principals, true
}

func readConditions(v *jsonValue) (map[string]map[string][]string, bool) {
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
