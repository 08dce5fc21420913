package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/report"
)

// claimed is a report with claims of every kind.
func claimed() *report.Report {
	return &report.Report{Stack: "dev", Claims: []report.Claim{
		{ID: "reach.ssm", Subject: "a-1", Class: report.Required, Result: report.Proven, Why: []string{"a hop"}},
		{ID: "reach.ssm", Subject: "c-1", Class: report.Required, Result: report.Proven},
		{ID: "agent", Subject: "a-1", Class: report.Required, Result: report.Refuted, Why: []string{
			"a hop", "broken: this", "to mend: do so", "broken: that", "to mend: do so",
		}},
		{ID: "agent", Subject: "c-1", Class: report.Required, Result: report.Refuted, Why: []string{"broken: the like"}},
		{ID: "imdsv2", Subject: "a-1", Class: report.Hardening, Result: report.Proven},
		{ID: "session.own", Subject: "people", Class: report.Hardening, Result: report.Undecided, Why: []string{"assumed: it", "not known: whose"}},
	}}
}

func TestReport_verifiedText(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	require.NoError(t, claimed().VerifiedText(&text, true))
	require.Equal(t, `State of dev
Claims, required: 2 of 4 proven
  ok    reach.ssm    a-1, c-1
  FAIL  agent        a-1, c-1
          a-1, and the others likewise:
          broken: this
          broken: that
          to mend: do so
Claims, hardening: 1 of 2 proven
  ok    imdsv2       a-1
  ?     session.own  people
          not known: whose

dev: did not hold: agent (a-1): refuted (and 2 more above)
`, text.String())
}

func TestReport_verifiedTextOfWhatHolds(t *testing.T) {
	t.Parallel()
	r := claimed()
	r.Claims = r.Claims[:1]
	for range 5 {
		r.Claims = append(r.Claims, r.Claims[0])
	}
	var text strings.Builder
	require.NoError(t, r.VerifiedText(&text, true))
	require.Equal(t, `State of dev
Claims, required: 6 of 6 proven
  ok    reach.ssm  a-1, a-1, a-1, a-1 and 2 more

dev: all held
`, text.String())
}

// Claims stand between the steps and what was assumed.
func TestReport_textWithClaims(t *testing.T) {
	t.Parallel()
	r := good()
	r.Claims = claimed().Claims[:1]
	var text strings.Builder
	require.NoError(t, r.Text(&text, false))
	require.Contains(t, text.String(), "  nothing done\nClaims, required: 1 of 1 proven\n  ok    reach.ssm  a-1\nAssumed to exist")
}
