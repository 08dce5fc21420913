package trials

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
)

// change is a change of the configuration of a deployed stack.
type change struct {
	// key is the configuration key under test. The other keys in to are those that it requires.
	key string
	// name distinguishes changes of the same key. Optional.
	name string
	// stack is the stack's name. Optional: "dev".
	stack string
	// from is the configuration of the deployed stack, and to is what changes.
	from, to config
	// want lists the effects on each resource, as effects returns them.
	want []string
	// order lists sequences of effects. Each effect must have ended before the next one in its sequence starts.
	order [][]string
}

func (c change) title() string {
	return strings.TrimSpace(c.key + " " + c.name)
}

// After every change of the configuration, the stack is stable and proven, and can be destroyed.
func TestChanges(t *testing.T) {
	t.Parallel()
	for _, c := range changes() {
		t.Run(c.title(), func(t *testing.T) {
			t.Parallel()
			counts.changes.Add(1)
			e := deployed(t, cmp.Or(c.stack, "dev"), c.from)
			e.configure(c.to)
			result := e.up()
			require.Equal(t, c.want, effects(result))
			for _, sequence := range c.order {
				requireOrder(t, result, sequence)
			}
			e.requireLifecycle()
		})
	}
}

// A key without a row in changes replaces, restarts, creates and deletes nothing, whatever its legal value.
func TestChanges_otherKeys(t *testing.T) {
	t.Parallel()
	rows := changedKeys()
	tested := 0
	for _, key := range sortedKeys(values) {
		if rows[key] {
			continue
		}
		for _, value := range values[key].legal {
			tested++
			t.Run(key+" "+value, func(t *testing.T) {
				t.Parallel()
				counts.changes.Add(1)
				e := deployed(t, "dev", nil)
				e.configure(config{key: value})
				for _, effect := range effects(e.up()) {
					require.Regexp(t, ": update$", effect, "add a row to changes")
				}
				e.requireLifecycle()
			})
		}
	}
	require.Positive(t, tested)
}

// requireOrder requires that each effect in a sequence has ended before the next one starts.
func requireOrder(t *testing.T, result *engine.Result, sequence []string) {
	t.Helper()
	end := -1
	for _, effect := range sequence {
		step := findStep(t, result, effect)
		require.Less(t, end, step.Start, "%s starts too early: %q", effect, sequence)
		end = step.End
	}
}

// findStep returns the step of an effect, such as "remove Subnet network-app-a".
func findStep(t *testing.T, result *engine.Result, effect string) engine.Step {
	t.Helper()
	name := func(step engine.Step) string {
		return strings.Join(verb(step), " ") + " " + label(string(step.URN.Type()), step.URN.Name())
	}
	steps := result.Changed()
	i := slices.IndexFunc(steps, func(step engine.Step) bool { return name(step) == effect })
	require.GreaterOrEqual(t, i, 0, "no step %q in %q", effect, effects(result))
	return steps[i]
}
