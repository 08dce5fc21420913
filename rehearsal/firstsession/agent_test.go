package firstsession

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cell is what 20,000 simulated boots took, in seconds: least, median, most.
type cell [3]float64

// How far a figure may be from another simulation's of the same rules. Least and most of random draws vary more than
// their median does, and all vary more where sleeps of 25 to 30 minutes are drawn.
const (
	medianTolerance  = 2
	extremeTolerance = 4
	deniedTolerance  = 6
)

// The expected figures are those of another simulation, written from the agent's source before this one.
func TestConditions_managed(t *testing.T) {
	t.Parallel()
	late := []time.Duration{0, 30 * time.Second, 60 * time.Second, 120 * time.Second, 300 * time.Second}
	for name, test := range map[string]struct {
		conditions func(late time.Duration) Conditions
		expected   []cell
	}{
		"endpoint drops calls": {
			func(late time.Duration) Conditions { return Conditions{Endpoint: late} },
			[]cell{{12, 27, 42}, {30, 46, 62}, {60, 78, 93}, {120, 135, 150}, {566, 584, 601}},
		},
		"endpoint drops calls, no role": {
			func(late time.Duration) Conditions { return Conditions{Endpoint: late, Role: late} },
			[]cell{{12, 27, 42}, {30, 46, 62}, {60, 78, 93}, {120, 135, 150}, {439, 455, 472}},
		},
		"endpoint refuses calls": {
			func(late time.Duration) Conditions { return Conditions{Endpoint: late, Unreachable: Refused} },
			[]cell{{12, 27, 42}, {30, 33, 330}, {60, 344, 360}, {326, 344, 362}, {327, 344, 361}},
		},
		"endpoint hangs": {
			func(late time.Duration) Conditions { return Conditions{Endpoint: late, Unreachable: Hanging} },
			[]cell{{12, 27, 42}, {30, 76, 92}, {73, 88, 103}, {135, 150, 166}, {320, 336, 353}},
		},
		"no role": {
			func(late time.Duration) Conditions { return Conditions{Role: late} },
			[]cell{{12, 27, 42}, {30, 1576, 1829}, {1512, 1676, 1841}, {1513, 1677, 1841}, {1512, 1678, 1841}},
		},
		"no permission": {
			func(late time.Duration) Conditions { return Conditions{Permission: late} },
			[]cell{{12, 26, 42}, {30, 1573, 1828}, {1513, 1677, 1840}, {1512, 1676, 1841}, {1512, 1677, 1841}},
		},
		"unrecognized credentials": {
			func(late time.Duration) Conditions { return Conditions{Permission: late, Unrecognized: true} },
			[]cell{{12, 27, 42}, {30, 315, 330}, {312, 327, 342}, {312, 327, 342}, {312, 327, 342}},
		},
		"endpoint drops calls, no permission": {
			func(late time.Duration) Conditions { return Conditions{Endpoint: late, Permission: late} },
			[]cell{{12, 26, 42}, {30, 46, 62}, {60, 77, 93}, {120, 135, 150}, {567, 584, 601}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, expected := range test.expected {
				got := simulate(20000, func(r *rand.Rand) time.Duration {
					return test.conditions(late[i]).Managed(bootToAgent.draw(r), r)
				})
				requireCell(t, expected, got, "late by %v", late[i])
			}
		})
	}
}

// Times count from when the agent's worker is there.
func TestConditions_connected(t *testing.T) {
	t.Parallel()
	for late, expected := range map[time.Duration][2]float64{
		30 * time.Second:   {58, 74},
		60 * time.Second:   {93, 133},
		120 * time.Second:  {175, 251},
		300 * time.Second:  {397, 627},
		600 * time.Second:  {798, 1302},
		1800 * time.Second: {2582, 4020},
	} {
		got := simulate(20000, func(r *rand.Rand) time.Duration {
			return Conditions{Channel: late}.Connected(0, r)
		})
		require.InEpsilon(t, expected[0], got[1], 0.04, "median, late by %v", late)
		require.InEpsilon(t, expected[1], got[2], 0.04, "most, late by %v", late)
	}
}

func TestConditions_connectedAtOnce(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	require.Equal(t, time.Minute+goodCall, Conditions{Channel: time.Minute}.Connected(time.Minute, r))
}

// bootToAgent is what the expected figures rest on.
var bootToAgent = Span{10 * time.Second, 40 * time.Second}

func TestUnreachable_sleeps(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for failures := range 20 {
		least, most := 300*time.Second, 300*time.Second
		switch {
		case failures >= 10:
			least, most = 3240*time.Second, 3600*time.Second
		case failures >= 7:
			least, most = 2160*time.Second, 2400*time.Second
		case failures >= 4:
			least, most = 1080*time.Second, 1200*time.Second
		case failures >= 1:
			least, most = 540*time.Second, 600*time.Second
		}
		for range 1000 {
			sleep := unreachable(failures, r)
			require.GreaterOrEqual(t, sleep, least, "failure %d", failures)
			require.LessOrEqual(t, sleep, most, "failure %d", failures)
		}
	}
}

// simulate returns least, median and most of so many draws, in whole seconds.
func simulate(draws int, draw func(*rand.Rand) time.Duration) cell {
	r := rand.New(rand.NewPCG(2, 3))
	times := make([]time.Duration, draws)
	for i := range times {
		times[i] = draw(r)
	}
	slices.Sort(times)
	return cell{whole(times[0]), whole(times[draws/2]), whole(times[draws-1])}
}

func whole(d time.Duration) float64 { return math.Floor(d.Seconds()) }

func requireCell(t *testing.T, expected, got cell, message string, args ...any) {
	t.Helper()
	for i, figure := range []string{"least", "median", "most"} {
		tolerance := float64(extremeTolerance)
		switch {
		case expected[i] > 1500:
			tolerance = deniedTolerance
		case figure == "median":
			tolerance = medianTolerance
		}
		require.InDelta(t, expected[i], got[i], tolerance, append([]any{figure + ", " + message}, args...)...)
	}
}
