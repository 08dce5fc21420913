package iampolicy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Equivalent reports whether the AWS provider considers two documents equal. It ignores white space, the
// order of keys, statements and list elements, and the difference between a string and a list of one
// string, and between an account ID and the ARN of its root. The principals "*" and {"AWS":"*"} differ for
// the provider, although they mean the same to AWS.
func Equivalent(a, b string) bool {
	if a == b {
		return true
	}
	blank := func(s string) bool { s = strings.TrimSpace(s); return s == "" || s == "{}" }
	if blank(a) && blank(b) {
		return true
	}
	x, okA := canonical(a)
	y, okB := canonical(b)
	return okA && okB && slices.Equal(x, y)
}

// canonical returns sorted lines, which are equal for equivalent documents. It returns false if the
// document is not a policy.
func canonical(document string) ([]string, bool) {
	root, err := parseJSON(document)
	if err != nil || root.kind != '{' || root.get("Statement") == nil {
		return nil, false
	}
	statements := root.get("Statement")
	items := statements.items
	if statements.kind == '{' {
		items = []*jsonValue{statements}
	}
	lines := []string{}
	for _, key := range []string{"Version", "Id"} {
		if v := root.get(key); v != nil {
			lines = append(lines, fmt.Sprintf("%s %v", key, v.scalar))
		}
	}
	for _, item := range items {
		s, found := parseStatement(item)
		if found != nil {
			return nil, false
		}
		lines = append(lines, s.canonical())
	}
	slices.Sort(lines)
	return lines, true
}

func (s statement) canonical() string {
	sorted := func(list []string) []string {
		if list == nil {
			return nil
		}
		list = slices.Clone(list)
		slices.Sort(list)
		return list
	}
	principals := func(kinds map[string][]string) map[string][]string {
		canonical := map[string][]string{}
		for kind, ids := range kinds {
			ids = slices.Clone(ids)
			for i, id := range ids {
				if parts := strings.Split(id, ":"); len(parts) == 6 && parts[2] == "iam" && parts[5] == "root" {
					ids[i] = parts[4]
				}
			}
			if len(ids) > 0 {
				canonical[kind] = slices.Compact(sorted(ids))
			}
		}
		return canonical
	}
	var conditions map[string]map[string][]string
	if s.conditions != nil {
		conditions = map[string]map[string][]string{}
	}
	for operator, block := range s.conditions {
		conditions[operator] = map[string][]string{}
		for key, values := range block {
			conditions[operator][key] = slices.Compact(sorted(values))
		}
	}
	line, err := json.Marshal([]any{
		s.sid, strings.ToLower(s.effect), sorted(s.actions), sorted(s.notActions), sorted(s.resources),
		sorted(s.notResources), principals(s.principals), principals(s.notPrincipals), conditions,
	})
	if err != nil {
		panic(err) // strings, lists and maps of strings always marshal
	}
	return string(line)
}
