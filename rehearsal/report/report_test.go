package report_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
)

var update = flag.Bool("update", false, "write the golden files")

// passing returns the report of a stack whose checks all pass.
func passing() *report.Report {
	return &report.Report{
		Stack: "dev",
		Steps: []report.Step{
			{Name: "preview", OK: true, Seconds: 0.26, Changes: map[string]int{"create": 3}},
			{Name: "up again", OK: true, Seconds: 0.5, Changes: map[string]int{"same": 2, "update": 1, "read": 1, "delete": 0}},
			{Name: "refresh", OK: true},
		},
		Claims: []proof.Claim{
			claim("reach.ssm", "a-1", proof.Required, proof.Proven, proof.Reason{Kind: proof.Premise, Text: "an assumption"}),
			claim("imdsv2", "a-1", proof.Hardening, proof.Proven),
		},
		Warnings: []string{"a warning"},
		Assumed:  []string{`key pair "mine"`},
		Kept:     []string{"a log group"},
	}
}

// failing returns the report of a stack with failures of every kind.
func failing() *report.Report {
	r := passing()
	r.Steps[1].OK, r.Steps[1].Error = false, "one reason\n  another"
	r.Problems, r.Left, r.Changed = []string{"interrupted"}, []string{"a VPC"}, []string{"a role"}
	r.Account = &report.Account{
		File: "accounts/dev.json", ID: "111122223333", Region: "eu-west-1", CapturedAt: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC),
	}
	fail := func(text, fix string) proof.Reason { return proof.Reason{Kind: proof.Fail, Text: text, Fix: fix} }
	unknown := func(text, fix string) proof.Reason { return proof.Reason{Kind: proof.Unknown, Text: text, Fix: fix} }
	pass := proof.Reason{Kind: proof.Pass, Text: "passes"}
	r.Claims = append(
		r.Claims,
		claim("agent", "a-1", proof.Required, proof.Refuted, pass, fail("this", "do so"), fail("that", "do so"), unknown("these", "")),
		claim("agent", "c-1", proof.Required, proof.Refuted, fail("similar", "do so")),
		claim("session.start", "role", proof.Required, proof.Undecided, unknown("the policy", "")),
		claim("reach.ssm", "d-1", proof.Required, proof.Undecided, unknown("stopped", `ask the owner of Instance "d-1" to start it`)),
		claim("egress", "d-1", proof.Hardening, proof.Refuted, fail("open", `ask the owner of SecurityGroup "app" to close it`)),
		claim("session.mfa", "role", proof.Required, proof.Assumed, pass, proof.Reason{Kind: proof.Assumption, Text: "users have MFA"}),
		claim("imdsv2", "c-1", proof.Hardening, proof.Refuted, fail("no tokens", "set imds to v2"), fail("hops", "set imds to v2")),
		claim("session.own", "role", proof.Hardening, proof.Undecided, unknown("whose", "set sessionPrincipals")),
		claim("multi-zone", "dev", proof.Hardening, proof.Undecided, unknown("no zones", "")),
	)
	for _, subject := range []string{"1", "2", "3", "4", "5", "6"} {
		r.Claims = append(r.Claims, claim("ordered", subject, proof.Required, proof.Proven))
	}
	return r
}

func claim(id, subject, class, result string, reasons ...proof.Reason) proof.Claim {
	return proof.Claim{ID: id, Subject: subject, Class: class, Result: result, Reasons: reasons}
}

// TestReport_text checks the text for people against golden files.
func TestReport_text(t *testing.T) {
	t.Parallel()
	strict := failing()
	strict.Strict = true
	verified := passing()
	verified.Steps = nil
	one := passing()
	one.Left = []string{"a VPC"}
	for name, r := range map[string]*report.Report{
		"passing": passing(), "failing": failing(), "strict": strict, "verified": verified, "one-failure": one,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var text strings.Builder
			require.NoError(t, r.WriteSteps(&text))
			require.NoError(t, r.WriteSummary(&text))
			path := "testdata/" + name + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), text.String(), "if this is right: go test -trimpath ./rehearsal/report -update")
		})
	}
}

// TestReport_fixes checks that a summary lists the fixes of all claims in a row, and not only of the first one.
func TestReport_fixes(t *testing.T) {
	t.Parallel()
	r := passing()
	for i := range 10 {
		fix := fmt.Sprintf("attach a profile to i-%d", i)
		r.Claims = append(r.Claims, claim("agent", fmt.Sprint(i), proof.Required, proof.Refuted, proof.Reason{Kind: proof.Fail, Text: "none", Fix: fix}))
	}
	var text strings.Builder
	require.NoError(t, r.WriteSummary(&text))
	for i := range 10 {
		require.Equal(t, i < 8, strings.Contains(text.String(), fmt.Sprintf("fix: attach a profile to i-%d\n", i)), i)
	}
	require.Contains(t, text.String(), "and 2 more fixes\n")
}

func TestReport_conclude(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		class, result string
		ok, strictOK  bool
	}{
		{proof.Required, proof.Proven, true, true},
		{proof.Required, proof.Assumed, true, true},
		{proof.Required, proof.Refuted, false, false},
		{proof.Required, proof.Undecided, false, false},
		{proof.Hardening, proof.Proven, true, true},
		{proof.Hardening, proof.Assumed, true, true},
		{proof.Hardening, proof.Refuted, true, false},
		{proof.Hardening, proof.Undecided, true, false},
	} {
		r := &report.Report{Claims: []proof.Claim{claim("egress", "a-1", test.class, test.result)}}
		r.Conclude()
		require.Equal(t, test.ok, r.OK, "%+v", test)
		r.Strict = true
		r.Conclude()
		require.Equal(t, test.strictOK, r.OK, "%+v", test)
	}
	for name, r := range map[string]*report.Report{
		"a step":    {Steps: []report.Step{{Name: "up", Error: "no"}}},
		"left":      {Left: []string{"a VPC"}},
		"changed":   {Changed: []string{"a role"}},
		"a problem": {Problems: []string{"interrupted"}},
	} {
		r.Conclude()
		require.False(t, r.OK, name)
	}
}

func TestReport_JSON(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	require.NoError(t, (&report.Report{Stack: "dev"}).JSON(&text))
	require.JSONEq(t, `{"stack": "dev", "ok": false, "steps": [], "claims": [], "warnings": [], "assumed": [], "kept": [], "left": [],
		"changed": []}`,
		text.String())

	text.Reset()
	r := passing()
	r.Claims = append(r.Claims, claim("egress", "a-1", proof.Hardening, proof.Refuted,
		proof.Reason{Kind: proof.Pass, Text: "<so>"}, proof.Reason{Kind: proof.Fail, Text: "open", Fix: "close it"}))
	r.Conclude()
	require.NoError(t, r.JSON(&text))
	require.JSONEq(t, `{
		"stack": "dev", "ok": true,
		"steps": [
			{"name": "preview", "ok": true, "seconds": 0.26, "changes": {"create": 3}, "error": ""},
			{"name": "up again", "ok": true, "seconds": 0.5, "changes": {"same": 2, "update": 1, "read": 1, "delete": 0}, "error": ""},
			{"name": "refresh", "ok": true, "seconds": 0, "changes": {}, "error": ""}
		],
		"claims": [
			{"id": "reach.ssm", "subject": "a-1", "class": "required", "result": "proven", "why": ["an assumption"],
				"reasons": [{"kind": "premise", "text": "an assumption", "fix": ""}]},
			{"id": "imdsv2", "subject": "a-1", "class": "hardening", "result": "proven", "why": [], "reasons": []},
			{"id": "egress", "subject": "a-1", "class": "hardening", "result": "refuted", "why": ["<so>", "open"],
				"reasons": [{"kind": "pass", "text": "<so>", "fix": ""}, {"kind": "fail", "text": "open", "fix": "close it"}]}
		],
		"warnings": ["a warning"], "assumed": ["key pair \"mine\""], "kept": ["a log group"], "left": [], "changed": []
	}`, text.String())
	require.Contains(t, text.String(), `"<so>"`)
}

// The verdict is a single short line. It only names a step with a long error.
func TestReport_lastLine(t *testing.T) {
	t.Parallel()
	r := &report.Report{Stack: "dev", Steps: []report.Step{{Name: "up", Error: strings.Repeat("long\n", 1000)}}}
	var text strings.Builder
	require.NoError(t, r.WriteSummary(&text))
	require.Equal(t, "\ndev: 1 check failed: up\n", text.String())
	require.Equal(t, []string{"up: " + strings.Repeat("long ", 60) + " ..."}, r.Failures())

	text.Reset()
	r.Steps[0].Error, r.Problems = "one\ntwo", []string{strings.Repeat("long\n", 1000)}
	require.NoError(t, r.WriteSummary(&text))
	require.True(t, strings.HasSuffix(text.String(), "\ndev: 2 checks failed: "+strings.Repeat("long ", 20)+" ..., up: one two\n"), text.String())
}
