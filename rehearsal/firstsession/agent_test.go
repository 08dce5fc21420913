package firstsession

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// times are the minimum, the median and the maximum of 20,000 simulated boots, in seconds.
type times [3]float64

// The largest differences, in seconds, between this simulation and the independent one. Extremes vary more than medians,
// and figures that include sleeps of 25 to 30 minutes vary most.
const (
	medianTolerance  = 2
	extremeTolerance = 4
	deniedTolerance  = 6
)

// The expected figures are those of an independent simulation of the agent's source code, which was written first.
func TestConditions_managed(t *testing.T) {
	t.Parallel()
	late := []time.Duration{0, 30 * time.Second, 60 * time.Second, 120 * time.Second, 300 * time.Second}
	for name, test := range map[string]struct {
		conditions func(late time.Duration) Conditions
		expected   []times
	}{
		"endpoint drops calls": {
			func(late time.Duration) Conditions { return Conditions{Endpoint: late} },
			[]times{{12, 27, 42}, {30, 46, 62}, {60, 78, 93}, {120, 135, 150}, {566, 584, 601}},
		},
		"endpoint drops calls, no role": {
			func(late time.Duration) Conditions { return Conditions{Endpoint: late, Role: late} },
			[]times{{12, 27, 42}, {30, 46, 62}, {60, 78, 93}, {120, 135, 150}, {439, 455, 472}},
		},
		"endpoint refuses calls": {
			func(late time.Duration) Conditions { return Conditions{Endpoint: late, Unreachable: Refused} },
			[]times{{12, 27, 42}, {30, 33, 330}, {60, 344, 360}, {326, 344, 362}, {327, 344, 361}},
		},
		"endpoint hangs": {
			func(late time.Duration) Conditions { return Conditions{Endpoint: late, Unreachable: Hanging} },
			[]times{{12, 27, 42}, {30, 76, 92}, {73, 88, 103}, {135, 150, 166}, {320, 336, 353}},
		},
		"no role": {
			func(late time.Duration) Conditions { return Conditions{Role: late} },
			[]times{{12, 27, 42}, {30, 1576, 1829}, {1512, 1676, 1841}, {1513, 1677, 1841}, {1512, 1678, 1841}},
		},
		"no permission": {
			func(late time.Duration) Conditions { return Conditions{Permission: late} },
			[]times{{12, 26, 42}, {30, 1573, 1828}, {1513, 1677, 1840}, {1512, 1676, 1841}, {1512, 1677, 1841}},
		},
		"unrecognized credentials": {
			func(late time.Duration) Conditions { return Conditions{Permission: late, Unrecognized: true} },
			[]times{{12, 27, 42}, {30, 315, 330}, {312, 327, 342}, {312, 327, 342}, {312, 327, 342}},
		},
		"endpoint drops calls, no permission": {
			func(late time.Duration) Conditions { return Conditions{Endpoint: late, Permission: late} },
			[]times{{12, 26, 42}, {30, 46, 62}, {60, 77, 93}, {120, 135, 150}, {567, 584, 601}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, expected := range test.expected {
				got := simulate(20000, func(r *rand.Rand) time.Duration {
					return test.conditions(late[i]).Managed(bootToAgent.draw(r), r)
				})
				requireTimes(t, expected, got, "late by %v", late[i])
			}
		})
	}
}

// Times count from the start of the agent's worker.
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
		require.InEpsilon(t, expected[1], got[2], 0.04, "maximum, late by %v", late)
	}
}

func TestConditions_connectedImmediately(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	require.Equal(t, time.Minute+callTime, Conditions{Channel: time.Minute}.Connected(time.Minute, r))
}

// bootToAgent is the input with which the independent simulation computed the expected figures.
var bootToAgent = Range{10 * time.Second, 40 * time.Second}

func TestSleepAfterFailure(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for failures := range 20 {
		shortest, longest := 300*time.Second, 300*time.Second
		switch {
		case failures >= 10:
			shortest, longest = 3240*time.Second, 3600*time.Second
		case failures >= 7:
			shortest, longest = 2160*time.Second, 2400*time.Second
		case failures >= 4:
			shortest, longest = 1080*time.Second, 1200*time.Second
		case failures >= 1:
			shortest, longest = 540*time.Second, 600*time.Second
		}
		for range 1000 {
			sleep := sleepAfterFailure(failures, r)
			require.GreaterOrEqual(t, sleep, shortest, "failure %d", failures)
			require.LessOrEqual(t, sleep, longest, "failure %d", failures)
		}
	}
}

// simulate returns the minimum, the median and the maximum of a number of draws, in whole seconds.
func simulate(draws int, draw func(*rand.Rand) time.Duration) times {
	r := rand.New(rand.NewPCG(2, 3))
	drawn := make([]time.Duration, draws)
	for i := range drawn {
		drawn[i] = draw(r)
	}
	slices.Sort(drawn)
	return times{whole(drawn[0]), whole(drawn[draws/2]), whole(drawn[draws-1])}
}

func whole(d time.Duration) float64 { return math.Floor(d.Seconds()) }

func requireTimes(t *testing.T, expected, got times, message string, args ...any) {
	t.Helper()
	for i, figure := range []string{"minimum", "median", "maximum"} {
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
