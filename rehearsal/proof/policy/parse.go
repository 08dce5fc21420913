package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// variableVersion is the policy version that supports variables.
const variableVersion = "2012-10-17"

// maxSize is the number of bytes, without white space, of the largest policy that AWS allows: a key policy. The limits of
// other policies are lower, such as 20 KiB for bucket and endpoint policies, and 10 KiB for the inline policies of a role.
//
//   - https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
//   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxSize = 32 << 10

// Parse parses a policy. It returns an error for what AWS would reject. An element that AWS accepts and this
// package does not support makes decisions that depend on it undecided.
func Parse(name, text string) (*Document, error) {
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(text)) == nil && compact.Len() > maxSize {
		return nil, fmt.Errorf("policy %s: it has %d bytes without white space, which is more than AWS allows: at most %d", name, compact.Len(), maxSize)
	}
	var raw struct {
		Version   string
		ID        json.RawMessage `json:"Id"`
		Statement json.RawMessage
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&raw); err != nil {
		return nil, fmt.Errorf("policy %s: not an IAM policy: %w", name, err)
	}
	if decoder.More() {
		return nil, fmt.Errorf("policy %s: not an IAM policy: there is more text after it", name)
	}
	if raw.Version != "" && raw.Version != variableVersion && raw.Version != "2008-10-17" {
		return nil, fmt.Errorf("policy %s: version %q: the versions are 2012-10-17 and 2008-10-17", name, raw.Version)
	}
	list, err := oneOrMore[json.RawMessage](raw.Statement)
	if err != nil || len(list) == 0 {
		return nil, fmt.Errorf("policy %s: no statements: a policy needs at least one", name)
	}
	document := &Document{Name: name, variables: raw.Version == variableVersion}
	for i, item := range list {
		statement, err := parseStatement(item)
		if err != nil {
			return nil, fmt.Errorf("policy %s: statement %d: %w", name, i+1, err)
		}
		if statement.Sid == "" {
			statement.Sid = positional + strconv.Itoa(i+1)
		}
		document.Statements = append(document.Statements, statement)
	}
	return document, nil
}

// parseStatement parses one statement.
func parseStatement(text json.RawMessage) (Statement, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return Statement{}, fmt.Errorf("not an object: %w", err)
	}
	var s Statement
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if err := s.field(name, fields[name]); err != nil {
			return Statement{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	if s.Principal != nil && s.NotPrincipal != nil {
		return Statement{}, errors.New("both Principal and NotPrincipal: set one")
	}
	if fields["Effect"] == nil {
		return Statement{}, errors.New("no Effect: set it to Allow or Deny")
	}
	if fields["Action"] == nil == (fields["NotAction"] == nil) {
		return Statement{}, errors.New("set either Action or NotAction")
	}
	return s, nil
}

// field parses one element of a statement.
func (s *Statement) field(name string, text json.RawMessage) (err error) {
	switch name {
	case "Sid":
		return json.Unmarshal(text, &s.Sid)
	case "Effect":
		var effect string
		if err := json.Unmarshal(text, &effect); err != nil {
			return err
		}
		if effect != "Allow" && effect != "Deny" {
			return fmt.Errorf("%q: it is Allow or Deny", effect)
		}
		s.Deny = effect == "Deny"
	case "Action", "NotAction":
		s.NotActions = name == "NotAction"
		s.Actions, err = oneOrMore[string](text)
		for _, action := range s.Actions {
			s.actions = append(s.actions, pattern(nil).add(strings.ToLower(action), true))
		}
	case "Resource", "NotResource":
		if s.Resources != nil {
			return errors.New("both Resource and NotResource: set one")
		}
		s.NotResources = name == "NotResource"
		s.Resources, err = oneOrMore[string](text)
		s.literals = map[string]bool{}
		for _, resource := range s.Resources {
			if strings.ContainsAny(resource, "*?$") || strings.Count(resource, ":") < arnParts-1 {
				s.others = append(s.others, resource)
			} else {
				s.literals[resource] = true
			}
		}
	case "Principal":
		s.Principal, err = parsePrincipals(text)
	case "NotPrincipal":
		s.NotPrincipal, err = parsePrincipals(text)
	case "Condition":
		s.Conditions, err = parseConditions(text)
	default:
		s.Unsupported = "its element " + name + ", which is not supported"
	}
	return err
}

// parsePrincipals parses the element Principal.
func parsePrincipals(text json.RawMessage) (*Principals, error) {
	if bytes.Equal(bytes.TrimSpace(text), []byte(`"*"`)) {
		return &Principals{Anyone: true}, nil
	}
	var kinds map[string]json.RawMessage
	if err := json.Unmarshal(text, &kinds); err != nil {
		return nil, fmt.Errorf(`neither "*" nor an object: %w`, err)
	}
	p := &Principals{}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		names, err := oneOrMore[string](kinds[kind])
		if err != nil {
			return nil, err
		}
		switch kind {
		case "AWS":
			p.Anyone = slices.Contains(names, "*")
			p.AWS = slices.DeleteFunc(names, func(name string) bool { return name == "*" })
		case "Service":
			p.Services = names
		case "Federated", "CanonicalUser":
			p.Federated = append(p.Federated, names...)
		default:
			return nil, fmt.Errorf("%q: the types of principals are AWS, Service, Federated and CanonicalUser", kind)
		}
	}
	return p, nil
}

// parseConditions parses the element Condition.
func parseConditions(text json.RawMessage) ([]Condition, error) {
	var operators map[string]map[string]json.RawMessage
	if err := json.Unmarshal(text, &operators); err != nil {
		return nil, err
	}
	conditions := []Condition{}
	for _, operator := range slices.Sorted(maps.Keys(operators)) {
		for _, key := range slices.Sorted(maps.Keys(operators[operator])) {
			values, err := scalars(operators[operator][key])
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", operator, key, err)
			}
			conditions = append(conditions, Condition{Operator: operator, Key: key, Values: values})
		}
	}
	return conditions, nil
}

// scalars parses one value or a list of values. IAM treats true and 5 as "true" and "5".
func scalars(text json.RawMessage) ([]string, error) {
	items, err := oneOrMore[json.RawMessage](text)
	if err != nil {
		return nil, err
	}
	var values []string
	for _, item := range items {
		var value any
		decoder := json.NewDecoder(bytes.NewReader(item))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		switch value := value.(type) {
		case string:
			values = append(values, value)
		case bool:
			values = append(values, strconv.FormatBool(value))
		case json.Number:
			values = append(values, value.String())
		default:
			return nil, fmt.Errorf("%s: values are strings, numbers or booleans", item)
		}
	}
	return values, nil
}

// oneOrMore parses an item or a list of items.
func oneOrMore[T any](text json.RawMessage) ([]T, error) {
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '[' {
		list := []T{}
		err := json.Unmarshal(text, &list)
		return list, err
	}
	if len(text) == 0 {
		return nil, nil
	}
	var one T
	if err := json.Unmarshal(text, &one); err != nil {
		return nil, err
	}
	return []T{one}, nil
}
