package iam

import (
	"fmt"
	"strings"
	"testing"

	"bastionless/internal/diag"
	"bastionless/internal/diag/diagtest"
)

func TestInstanceRoleOptions_policyFiles(t *testing.T) {
	t.Parallel()
	const key = "instancePolicyFiles"
	policy := func(statement string) string { return `{"Version": "2012-10-17", "Statement": ` + statement + `}` }
	statement := func(resource string) string {
		return `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "` + resource + `"}`
	}
	fill := func(characters int) string {
		empty := len(strings.ReplaceAll(policy(statement("")), ": ", ":")) - strings.Count(policy(statement("")), ", ")
		return policy(statement(strings.Repeat("r", characters-empty)))
	}
	for name, test := range map[string]struct {
		files []PolicyFile
		want  []diagtest.Want
	}{
		"none":             {nil, nil},
		"one statement":    {[]PolicyFile{{"a.json", policy(statement("*"))}}, nil},
		"a list":           {[]PolicyFile{{"policies/a.json", policy("[" + statement("*") + "]")}}, nil},
		"8,192 characters": {[]PolicyFile{{"a.json", fill(4096)}, {"b.json", "\n" + fill(4096)}}, nil},
		"8,193 characters": {
			[]PolicyFile{{"a.json", fill(4096)}, {"b.json", fill(4097)}},
			[]diagtest.Want{diagtest.Problem(key, diag.TooMany, "8193", "8192")},
		},
		"not JSON":     {[]PolicyFile{{"a.json", "{"}}, []diagtest.Want{diagtest.Problem(key, diag.Malformed, `"a.json"`)}},
		"a list only":  {[]PolicyFile{{"a.json", "[]"}}, []diagtest.Want{diagtest.Problem(key, diag.Malformed, "Statement")}},
		"no statement": {[]PolicyFile{{"a.json", "{}"}}, []diagtest.Want{diagtest.Problem(key, diag.Malformed, "Statement")}},
		"no version": {
			[]PolicyFile{{"a.json", `{"Statement": []}`}}, []diagtest.Want{diagtest.Problem(key, diag.Malformed, "Version", `""`)},
		},
		"a principal": {
			[]PolicyFile{{"a.json", policy(`{"Effect": "Allow", "Principal": "*"}`)}},
			[]diagtest.Want{diagtest.Problem(key, diag.Malformed, "Principal")},
		},
		"a principal in a list": {
			[]PolicyFile{{"a.json", policy(`[{"Effect": "Allow", "NotPrincipal": "*"}]`)}},
			[]diagtest.Want{diagtest.Problem(key, diag.Malformed, "Principal")},
		},
		"a name that IAM does not allow": {
			[]PolicyFile{{"my app.json", policy(statement("*"))}}, []diagtest.Want{diagtest.Problem(key, diag.Malformed, `"my app.json"`)},
		},
		"the same name twice": {
			[]PolicyFile{{"a/x.json", policy(statement("*"))}, {"b/x.json", policy(statement("*"))}},
			[]diagtest.Want{diagtest.Problem(key, diag.Conflict, `"a/x.json"`, `"b/x.json"`)},
		},
		"the same name in another case": {
			[]PolicyFile{{"app.json", policy(statement("*"))}, {"App.json", policy(statement("*"))}},
			[]diagtest.Want{diagtest.Problem(key, diag.Conflict, `"app.json"`, `"App.json"`)},
		},
		"Latin-1": {[]PolicyFile{{"a.json", policy(statement("ÿ"))}}, nil},
		"a character beyond Latin-1": {
			[]PolicyFile{{"a.json", policy(statement("日本"))}}, []diagtest.Want{diagtest.Problem(key, diag.Malformed, `"a.json"`, "U+00FF")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, test.want, InstanceRoleOptions{Files: test.files}.Validate())
		})
	}
}

func TestInstanceRoleOptions_policyARNs(t *testing.T) {
	t.Parallel()
	const (
		key  = "instancePolicyArns"
		core = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
	)
	arns := func(n int) []string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("arn:aws:iam::123456789012:policy/p%d", i))
		}
		return all
	}
	for name, test := range map[string]struct {
		policy InstancePolicy
		arns   []string
		want   []diagtest.Want
	}{
		"none":                      {ManagedPolicy, nil, nil},
		"nine":                      {ManagedPolicy, arns(9), nil},
		"ten":                       {ManagedPolicy, arns(10), []diagtest.Want{diagtest.Problem(key, diag.TooMany, "10", "9")}},
		"with a path":               {ManagedPolicy, []string{"arn:aws-cn:iam::aws:policy/service-role/X"}, nil},
		"a name":                    {ManagedPolicy, []string{"X"}, []diagtest.Want{diagtest.Problem(key, diag.Malformed, `"X"`)}},
		"a role":                    {ManagedPolicy, []string{"arn:aws:iam::123456789012:role/X"}, []diagtest.Want{diagtest.Problem(key, diag.Malformed, "role/X")}},
		"the agent's policy":        {MinimalPolicy, []string{core}, []diagtest.Want{diagtest.Problem(key, diag.Conflict, core, "instancePolicy")}},
		"the agent's policy, twice": {ManagedPolicy, []string{core}, []diagtest.Want{diagtest.Problem(key, diag.Conflict, core)}},
		"the same name twice": {
			ManagedPolicy,
			[]string{"arn:aws:iam::aws:policy/X", "arn:aws:iam::aws:policy/job-function/X"},
			[]diagtest.Want{diagtest.Problem(key, diag.Conflict, "policy/X", "job-function/X")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, test.want, InstanceRoleOptions{Policy: test.policy, ARNs: test.arns}.Validate())
		})
	}
}
