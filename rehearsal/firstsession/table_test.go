package firstsession

import (
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// typicalRows are the rows that the document tells, computed once.
var typicalRows = sync.OnceValue(func() []Row { return Compute(Typical(), 10000, 1) })

// What the document tells is what the command prints.
func TestDocument(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/first-session.md")
	require.NoError(t, err)
	var durations, table strings.Builder
	rows := typicalRows()
	require.NoError(t, WriteDurations(&durations))
	require.NoError(t, Write(&table, rows))
	require.Contains(t, string(document), durations.String(), "run: go run ./firstsession/cmd")
	require.Contains(t, string(document), "\n\n"+table.String()+"\n", "run: go run ./firstsession/cmd")
	require.Contains(t, string(document), fmt.Sprintf("\n  %.0f seconds after", math.Floor(Slack(Typical(), 10000, 1).Seconds())))

	least := map[string]Row{}
	p99, median, managed := 0.0, 0.0, 0.0
	for _, row := range rows {
		bound := least[row.Scenario]
		switch row.Order {
		case LowerBound:
			least[row.Scenario] = row
		case ThisStack:
			p99 = max(p99, row.Session.P99.Seconds()/bound.Session.P99.Seconds())
			if row.Scenario == "usual" {
				median = row.Session.Median.Seconds() / bound.Session.Median.Seconds()
				managed = row.Managed.Median.Seconds() / bound.Managed.Median.Seconds()
			}
		}
	}
	require.Contains(t, string(document), fmt.Sprintf("within %.2f times what 99 of 100 need", p99))
	require.Contains(t, string(document), fmt.Sprintf("half of them within %.2f times", median))
	require.Contains(t, string(document), fmt.Sprintf("usual median is %.2f times", managed))
}

// The goal: where all is as usual, half of the first sessions come within 1.4 times the lower bound, and in no scenario
// is there a cliff: 99 in 100 come within 1.4 times what 99 in 100 need at least.
func TestCompute_goal(t *testing.T) {
	t.Parallel()
	least := map[string]Row{}
	found := 0
	for _, row := range typicalRows() {
		switch row.Order {
		case LowerBound:
			least[row.Scenario] = row
		case ThisStack:
			found++
			bound := least[row.Scenario]
			require.LessOrEqual(t, row.Session.P99.Seconds(), 1.4*bound.Session.P99.Seconds(), row.Scenario)
			require.LessOrEqual(t, row.Managed.P99.Seconds(), 1.4*bound.Managed.P99.Seconds(), row.Scenario)
			if row.Scenario == "usual" {
				require.LessOrEqual(t, row.Session.Median.Seconds(), 1.4*bound.Session.Median.Seconds())
			}
		}
	}
	require.Equal(t, len(Scenarios()), found)
}

func TestCompute_followsTheSeed(t *testing.T) {
	t.Parallel()
	require.Equal(t, Compute(Typical(), 100, 5), Compute(Typical(), 100, 5))
	require.NotEqual(t, Compute(Typical(), 100, 5), Compute(Typical(), 100, 6))
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for i := range 200 {
		times = append(times, time.Duration(200-i))
	}
	require.Equal(t, Summary{100, 198, 200}, summarize(times))
	require.Equal(t, Summary{3, 3, 3}, summarize([]time.Duration{3}))
}
