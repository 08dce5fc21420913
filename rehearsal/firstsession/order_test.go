package firstsession

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fixed is a world in which the instance could run at 50 s, the endpoints answer at 150 and 160 s and the permissions
// count at 5 s.
func fixed() world {
	return world{
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

// in returns the times of an order in a world.
func in(t *testing.T, w world, order string) Times {
	t.Helper()
	for _, o := range Orders() {
		if o.Name == order {
			return o.times(w, rand.New(rand.NewPCG(1, 1)))
		}
	}
	require.Fail(t, "no order", order)
	return Times{}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	// The endpoint of ssm answers at 150 s, that of ssmmessages at 160 s.
	require.Equal(t, Times{150300 * time.Millisecond, 160300 * time.Millisecond}, in(t, fixed(), LowerBound))
	// The instance is created at 160 s, runs at 180 s, and its agent's first call is at 206.5 s.
	require.Equal(t, Times{207100 * time.Millisecond, 210400 * time.Millisecond}, in(t, fixed(), ThisStack))
	// The agent's first call is at 76.5 s. The fourth try is the first that is answered.
	for _, order := range []string{Article, Beside} {
		require.InDelta(t, 176, in(t, fixed(), order).Managed.Seconds(), 2.5, order)
	}
	// The agent restarts at 160 to 165 s, starts within 2 s and calls 1.5 s later.
	restarted := in(t, fixed(), BesideRestarts)
	require.InDelta(t, 166.6, restarted.Managed.Seconds(), 2.5)
	require.Equal(t, 3300*time.Millisecond, restarted.Session-restarted.Managed)
}

// Endpoints that stand need no restart.
func TestOrders_restartingInTime(t *testing.T) {
	t.Parallel()
	w := fixed()
	w.ssm, w.ssmmessages = 70*time.Second, 75*time.Second
	require.Equal(t, in(t, w, Beside), in(t, w, BesideRestarts))
	require.Equal(t, Times{77100 * time.Millisecond, 80400 * time.Millisecond}, in(t, w, BesideRestarts))
}

// An agent that was refused sleeps, whatever the order. A restart comes before it, and not again.
func TestOrders_denied(t *testing.T) {
	t.Parallel()
	w := fixed()
	w.permission = 10 * time.Minute
	for _, order := range []string{ThisStack, Article, Beside, BesideRestarts} {
		require.Greater(t, in(t, w, order).Managed, 25*time.Minute, order)
	}
	require.Equal(t, 600300*time.Millisecond, in(t, w, LowerBound).Managed)
}

// An agent whose window of some 250 s is over sleeps five minutes; one that restarts does not.
func TestOrders_missedWindow(t *testing.T) {
	t.Parallel()
	w := fixed()
	w.ssm, w.ssmmessages = 6*time.Minute, 6*time.Minute
	w.done[ssm], w.done[ssmmessages] = w.ssm, w.ssmmessages
	require.Equal(t, 407100*time.Millisecond, in(t, w, ThisStack).Managed)
	require.InDelta(t, 634, in(t, w, Article).Managed.Seconds(), 5)
	require.InDelta(t, 366.6, in(t, w, BesideRestarts).Managed.Seconds(), 2.5)
}

// No order is faster than the lower bound, draw by draw.
func TestOrders_notBelowTheLowerBound(t *testing.T) {
	t.Parallel()
	for _, scenario := range Scenarios() {
		for i := range uint64(2000) {
			w := scenario.draw(Typical(), rand.New(rand.NewPCG(7, i)))
			least := in(t, w, LowerBound)
			for _, order := range Orders() {
				times := in(t, w, order.Name)
				require.GreaterOrEqual(t, times.Managed, least.Managed, "%s, %s", scenario.Name, order.Name)
				require.GreaterOrEqual(t, times.Session, least.Session, "%s, %s", scenario.Name, order.Name)
				require.Greater(t, times.Session, times.Managed, "%s, %s", scenario.Name, order.Name)
			}
		}
	}
}

// An operation comes after all that it names, and each kind has a duration.
func TestOperations(t *testing.T) {
	t.Parallel()
	kinds := map[Kind]bool{}
	for _, d := range Durations() {
		require.LessOrEqual(t, d.Span.From, d.Span.To, d.Kind)
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
