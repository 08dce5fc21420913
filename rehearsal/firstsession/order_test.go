package firstsession

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fixed returns a deployment in which the instance could run at 50 s, the endpoints answer at 150 s and 160 s, and the
// permissions take effect at 5 s.
func fixed() deployment {
	return deployment{
		stack: Typical(),
		done: map[string]time.Duration{
			appSubnet: 23 * time.Second, instanceGroup: 25 * time.Second,
			ssm: 150 * time.Second, ssmmessages: 160 * time.Second, "permission": 5 * time.Second,
		},
		profileKnown: 30 * time.Second,
		ssm:          150 * time.Second, ssmmessages: 160 * time.Second, permission: 5 * time.Second,
		running: 20 * time.Second, agent: 25 * time.Second, worker: 3 * time.Second,
	}
}

// timesOf returns the times of an order in a deployment.
func timesOf(t *testing.T, d deployment, order string) Times {
	t.Helper()
	for _, o := range Orders() {
		if o.Name == order {
			return o.times(d, rand.New(rand.NewPCG(1, 1)))
		}
	}
	require.Fail(t, "no order", order)
	return Times{}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	// The endpoint of ssm answers at 150 s, that of ssmmessages at 160 s.
	require.Equal(t, Times{150300 * time.Millisecond, 160300 * time.Millisecond}, timesOf(t, fixed(), LowerBound))
	// The instance is created at 160 s, runs at 180 s, and its agent's first call is at 206.5 s.
	require.Equal(t, Times{207100 * time.Millisecond, 210400 * time.Millisecond}, timesOf(t, fixed(), ThisStack))
	// The agent's first call is at 76.5 s. The fourth try is the first that is answered.
	for _, order := range []string{Article, Parallel} {
		require.InDelta(t, 176, timesOf(t, fixed(), order).Managed.Seconds(), 2.5, order)
	}
	// The agent restarts at 160 to 165 s, starts within 2 s and calls 1.5 s later.
	restarted := timesOf(t, fixed(), ParallelWithRestart)
	require.InDelta(t, 166.6, restarted.Managed.Seconds(), 2.5)
	require.Equal(t, 3300*time.Millisecond, restarted.Session-restarted.Managed)
}

// If both endpoints answer before the agent starts, it is not restarted.
func TestOrders_noRestart(t *testing.T) {
	t.Parallel()
	d := fixed()
	d.ssm, d.ssmmessages = 70*time.Second, 75*time.Second
	require.Equal(t, timesOf(t, d, Parallel), timesOf(t, d, ParallelWithRestart))
	require.Equal(t, Times{77100 * time.Millisecond, 80400 * time.Millisecond}, timesOf(t, d, ParallelWithRestart))
}

// An agent whose call is denied sleeps for at least 25 minutes in every order. The restart comes before the denied call.
func TestOrders_denied(t *testing.T) {
	t.Parallel()
	d := fixed()
	d.permission = 10 * time.Minute
	for _, order := range []string{ThisStack, Article, Parallel, ParallelWithRestart} {
		require.Greater(t, timesOf(t, d, order).Managed, 25*time.Minute, order)
	}
	require.Equal(t, 600300*time.Millisecond, timesOf(t, d, LowerBound).Managed)
}

// An agent that has tried for 250 s sleeps for five minutes, unless it is restarted.
func TestOrders_sleep(t *testing.T) {
	t.Parallel()
	d := fixed()
	d.ssm, d.ssmmessages = 6*time.Minute, 6*time.Minute
	d.done[ssm], d.done[ssmmessages] = d.ssm, d.ssmmessages
	require.Equal(t, 407100*time.Millisecond, timesOf(t, d, ThisStack).Managed)
	require.InDelta(t, 634, timesOf(t, d, Article).Managed.Seconds(), 5)
	require.InDelta(t, 366.6, timesOf(t, d, ParallelWithRestart).Managed.Seconds(), 2.5)
}

// No order is faster than the lower bound in any deployment.
func TestOrders_lowerBound(t *testing.T) {
	t.Parallel()
	for _, scenario := range Scenarios() {
		for i := range uint64(2000) {
			d := Typical().deploy(scenario.ranges(Variation{}), rand.New(rand.NewPCG(7, i)))
			least := timesOf(t, d, LowerBound)
			for _, order := range Orders() {
				times := timesOf(t, d, order.Name)
				require.GreaterOrEqual(t, times.Managed, least.Managed, "%s, %s", scenario.Name, order.Name)
				require.GreaterOrEqual(t, times.Session, least.Session, "%s, %s", scenario.Name, order.Name)
				require.Greater(t, times.Session, times.Managed, "%s, %s", scenario.Name, order.Name)
			}
		}
	}
}

// An operation comes after those that it names, and each kind has one input.
func TestTypical(t *testing.T) {
	t.Parallel()
	kinds := map[Kind]bool{}
	for _, d := range Inputs() {
		require.LessOrEqual(t, d.Range.Min, d.Range.Max, d.Kind)
		require.NotEmpty(t, d.Source, d.Kind)
		require.False(t, kinds[d.Kind], "%s twice", d.Kind)
		kinds[d.Kind] = true
	}
	seen := map[string]bool{}
	for _, o := range Typical().operations {
		require.True(t, kinds[o.kind], o.name)
		for _, name := range o.after {
			require.True(t, seen[name], "%s comes before %s", o.name, name)
		}
		seen[o.name] = true
	}
}
