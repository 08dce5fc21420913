package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/report"
)

// good is a report of a stack that held.
func good() *report.Report {
	return &report.Report{
		Stack: "dev",
		Steps: []report.Step{
			{Name: "preview", OK: true, Seconds: 0.26, Changes: map[string]int{"create": 3}},
			{Name: "up again", OK: true, Seconds: 0.5, Changes: map[string]int{"same": 2, "update": 1, "read": 1, "delete": 0}},
			{Name: "refresh", OK: true},
		},
		Assumed: []string{`key pair "mine"`},
		Kept:    []string{"a log group"},
	}
}

func TestReport_holds(t *testing.T) {
	t.Parallel()
	r := good()
	r.Conclude(true)
	require.True(t, r.OK)
	var text strings.Builder
	require.NoError(t, r.Text(&text, true))
	require.Equal(t, `Rehearsal of dev
  ok    preview    0.26 s  3 to create
  ok    up again   0.50 s  1 updated, 2 unchanged, 1 read
  ok    refresh    0.00 s  nothing done
Assumed to exist in the account:
  - key pair "mine"
Kept on purpose:
  - a log group

dev: all held, in 0.76 s
`, text.String())
}

func TestReport_doesNotHold(t *testing.T) {
	t.Parallel()
	r := good()
	r.Steps[1].OK, r.Steps[1].Error = false, "one thing\n  another"
	r.Left = []string{"a VPC"}
	r.Problems = []string{"interrupted"}
	r.Conclude(false)
	require.False(t, r.OK)
	var text strings.Builder
	require.NoError(t, r.Text(&text, false))
	require.Equal(t, `Rehearsal of dev
  ok    preview    0.26 s  3 to create
  FAIL  up again   0.50 s  1 updated, 2 unchanged, 1 read
          one thing
            another
  ok    refresh    0.00 s  nothing done
Assumed to exist in the account:
  - key pair "mine"
Kept on purpose:
  - a log group
Left behind:
  - a VPC
Problems:
  - interrupted

dev: did not hold: interrupted (and 2 more above)
`, text.String())
}

func TestReport_claims(t *testing.T) {
	t.Parallel()
	claim := func(class, result string) *report.Report {
		return &report.Report{Claims: []report.Claim{{ID: "egress", Subject: "a-1", Class: class, Result: result}}}
	}
	for _, test := range []struct {
		class, result      string
		ordinarily, strict bool
	}{
		{report.Required, report.Proven, true, true},
		{report.Required, report.Refuted, false, false},
		{report.Required, report.Undecided, false, false},
		{report.Hardening, report.Proven, true, true},
		{report.Hardening, report.Refuted, true, false},
		{report.Hardening, report.Undecided, true, false},
	} {
		r := claim(test.class, test.result)
		r.Conclude(false)
		require.Equal(t, test.ordinarily, r.OK, "%+v", test)
		r.Conclude(true)
		require.Equal(t, test.strict, r.OK, "%+v", test)
	}
	require.Equal(t, []string{"egress (a-1): refuted"}, claim(report.Required, report.Refuted).Failures(false))
}

func TestReport_JSON(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	require.NoError(t, (&report.Report{Stack: "dev"}).JSON(&text))
	require.JSONEq(t, `{"stack": "dev", "ok": false, "steps": [], "claims": [], "assumed": [], "kept": [], "left": []}`,
		text.String())

	text.Reset()
	r := good()
	r.Claims = []report.Claim{{ID: "egress", Subject: "a-1", Class: report.Hardening, Result: report.Proven, Why: []string{"<so>"}}}
	r.Conclude(false)
	require.NoError(t, r.JSON(&text))
	require.JSONEq(t, `{
		"stack": "dev", "ok": true,
		"steps": [
			{"name": "preview", "ok": true, "seconds": 0.26, "changes": {"create": 3}, "error": ""},
			{"name": "up again", "ok": true, "seconds": 0.5, "changes": {"same": 2, "update": 1, "read": 1, "delete": 0}, "error": ""},
			{"name": "refresh", "ok": true, "seconds": 0, "changes": {}, "error": ""}
		],
		"claims": [{"id": "egress", "subject": "a-1", "class": "hardening", "result": "proven", "why": ["<so>"]}],
		"assumed": ["key pair \"mine\""], "kept": ["a log group"], "left": []
	}`, text.String())
	require.Contains(t, text.String(), `"<so>"`)
}

func TestReport_verdictIsOneLine(t *testing.T) {
	t.Parallel()
	r := &report.Report{Stack: "dev", Steps: []report.Step{{Name: "up", Error: strings.Repeat("long\n", 1000)}}}
	verdict := r.Verdict(false)
	require.NotContains(t, verdict, "\n")
	require.Len(t, verdict, len("dev: did not hold: up: ")+300+len(" ..."))
}
