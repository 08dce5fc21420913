package firstsession

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What the document tells is what the command prints.
func TestDocument(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/first-session.md")
	require.NoError(t, err)
	var durations, rows strings.Builder
	require.NoError(t, WriteDurations(&durations))
	require.NoError(t, Write(&rows, Compute(10000, 1)))
	require.Contains(t, string(document), durations.String(), "run: go run ./firstsession/cmd")
	require.Contains(t, string(document), "\n\n"+rows.String()+"\n", "run: go run ./firstsession/cmd")
	require.Equal(t, 109, int(Slack(10000, 1).Seconds()), "the document says 109 seconds")
}

// The goal: where all is as usual, half of the first sessions come within 1.4 times the lower bound, and in no scenario
// is there a cliff: 99 in 100 come within 1.4 times what 99 in 100 need at least.
func TestCompute_goal(t *testing.T) {
	t.Parallel()
	least := map[string]Row{}
	found := 0
	for _, row := range Compute(10000, 1) {
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
	require.Equal(t, Compute(100, 5), Compute(100, 5))
	require.NotEqual(t, Compute(100, 5), Compute(100, 6))
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
