package proof_test

import (
	"encoding/json"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"
)

// harmlessPolicy says why a mutant of a statement is harmless, or returns "".
type harmlessPolicy func(sid, what string) string

// statements returns the statements of a policy, with lists of actions and resources.
func statements(text string) (whole map[string]any, list []map[string]any) {
	if json.Unmarshal([]byte(text), &whole) != nil {
		return nil, nil
	}
	items, ok := whole["Statement"].([]any)
	if !ok {
		items = []any{whole["Statement"]}
	}
	for _, item := range items {
		s := item.(map[string]any)
		for _, key := range []string{"Action", "Resource"} {
			if one, ok := s[key].(string); ok {
				s[key] = []any{one}
			}
		}
		list = append(list, s)
	}
	return whole, list
}

// policy creates the mutants of a policy in a property: every statement, action, resource, principal and
// condition is removed or changed.
func (b *mutator) policy(i int, property string, claims []string, harmless harmlessPolicy) {
	text, _ := b.base.Resources[i].Outputs[property].(string)
	_, list := statements(text)
	for n := range list {
		name, _ := list[n]["Sid"].(string)
		for _, m := range statementMutants(list[n]) {
			what := strings.TrimSpace(name + " " + m.what)
			expected := claims
			if why := harmless(name, m.what); why != "" {
				expected = []string{"harmless: " + why}
			}
			b.add(i, property+": "+what, func(d *apitype.DeploymentV3, r *apitype.ResourceV3) {
				whole, changed := statements(text)
				m.change(changed[n])
				kept := []any{}
				for k := range changed {
					if len(changed[k]) > 0 {
						kept = append(kept, changed[k])
					}
				}
				if len(kept) == 0 {
					kept = append(kept, map[string]any{"Effect": "Deny", "Action": "none:None", "Resource": "*", "Principal": "*"})
				}
				whole["Statement"] = kept
				mutated, err := json.Marshal(whole)
				require.NoError(b.t, err)
				set(property, string(mutated))(d, r)
			}, expected...)
		}
	}
}

// statementMutant changes one statement.
type statementMutant struct {
	what   string
	change func(s map[string]any)
}

// statementMutants returns the changes of a statement.
func statementMutants(s map[string]any) []statementMutant {
	mutants := []statementMutant{
		{what: "removed", change: func(s map[string]any) { clear(s) }},
		{what: "denies", change: func(s map[string]any) { s["Effect"] = "Deny" }},
	}
	add := func(what string, change func(s map[string]any)) {
		mutants = append(mutants, statementMutant{what: what, change: change})
	}
	for _, key := range []string{"Action", "Resource"} {
		list, _ := s[key].([]any)
		for n, one := range list {
			if len(list) > 1 {
				add("without "+strings.ToLower(key)+" "+one.(string), func(s map[string]any) { s[key] = without(s[key].([]any), n) })
			}
		}
		if len(list) > 0 && list[0] != "*" {
			add(strings.ToLower(key)+" *", func(s map[string]any) { s[key] = "*" })
		}
		if len(list) > 0 {
			other := map[string]string{"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:123456789012:q"}[key]
			add("another "+strings.ToLower(key), func(s map[string]any) { s[key] = other })
		}
	}
	return append(append(mutants, principalMutants(s)...), conditionMutants(s)...)
}

// principalMutants returns the changes of the Principal element.
func principalMutants(s map[string]any) []statementMutant {
	if s["Principal"] == nil {
		return nil
	}
	mutants := []statementMutant{
		{what: "principal of another account", change: func(s map[string]any) {
			s["Principal"] = map[string]any{"AWS": "arn:aws:iam::210987654321:root"}
		}},
		{what: "another service", change: func(s map[string]any) {
			s["Principal"] = map[string]any{"Service": "lambda.amazonaws.com"}
		}},
	}
	if list, ok := s["Principal"].(map[string]any); ok && list["AWS"] != nil && !strings.Contains(string(must(json.Marshal(list["AWS"]))), "*") {
		mutants = append(mutants,
			statementMutant{what: "principal *", change: func(s map[string]any) { s["Principal"] = "*" }},
			statementMutant{what: "another account, too", change: func(s map[string]any) {
				principals, _ := s["Principal"].(map[string]any)["AWS"].([]any)
				if one, ok := s["Principal"].(map[string]any)["AWS"].(string); ok {
					principals = []any{one}
				}
				s["Principal"] = map[string]any{"AWS": append(principals, "arn:aws:iam::210987654321:root")}
			}},
			statementMutant{what: "a deleted principal", change: func(s map[string]any) {
				s["Principal"] = map[string]any{"AWS": "AIDAJQABLZS4A3QDU576Q"}
			}},
		)
	}
	return mutants
}

func must(text []byte, _ error) []byte { return text }

// conditionMutants returns the changes of conditions.
func conditionMutants(s map[string]any) []statementMutant {
	conditions, _ := s["Condition"].(map[string]any)
	var mutants []statementMutant
	add := func(what string, change func(s map[string]any)) {
		mutants = append(mutants, statementMutant{what: what, change: change})
	}
	for operator, value := range conditions {
		for key := range value.(map[string]any) {
			add("condition "+key+" removed", func(s map[string]any) { s["Condition"] = edit(s, operator, key, "", nil) })
			add("condition "+key+" with another value", func(s map[string]any) {
				other := "nobody"
				if strings.HasPrefix(operator, "Bool") {
					other = "false"
				}
				s["Condition"] = edit(s, operator, key, operator, other)
			})
			add("condition "+key+" by an unknown operator", func(s map[string]any) { s["Condition"] = edit(s, operator, key, "BinaryEquals", "eA==") })
			switch {
			case operator == "Bool":
				add("condition "+key+" by BoolIfExists", func(s map[string]any) { s["Condition"] = edit(s, operator, key, "BoolIfExists", "true") })
			case operator == "StringEquals" && !strings.HasPrefix(key, "ec2:"):
				add("condition "+key+" with a trailing *", func(s map[string]any) {
					old := s["Condition"].(map[string]any)[operator].(map[string]any)[key]
					if list, ok := old.([]any); ok {
						old = list[0]
					}
					s["Condition"] = edit(s, operator, key, "StringLike", old.(string)[:len(old.(string))/2]+"*")
					if strings.HasPrefix(old.(string), "${") {
						s["Condition"] = edit(s, operator, key, "StringLike", old.(string)+"*")
					}
				})
			}
		}
	}
	return mutants
}

// edit returns the conditions of a statement with one of them replaced, or removed if newOperator is empty.
func edit(s map[string]any, operator, key, newOperator string, value any) map[string]any {
	edited := map[string]any{}
	for o, keys := range s["Condition"].(map[string]any) {
		for k, v := range keys.(map[string]any) {
			if o == operator && k == key {
				continue
			}
			if edited[o] == nil {
				edited[o] = map[string]any{}
			}
			edited[o].(map[string]any)[k] = v
		}
	}
	if newOperator != "" {
		if edited[newOperator] == nil {
			edited[newOperator] = map[string]any{}
		}
		edited[newOperator].(map[string]any)[key] = value
	}
	return edited
}

func without(list []any, n int) []any {
	kept := []any{}
	for i, one := range list {
		if i != n {
			kept = append(kept, one)
		}
	}
	return kept
}
