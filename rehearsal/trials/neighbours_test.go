package trials

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
)

// Stacks live side by side in one account, two in one Region and one twice in two Regions, and go one by one. None sees
// anything of the other.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]engine.Options{
		"two stacks in a Region": {{Stack: "dev"}, {Stack: "prod"}},
		"a stack in two Regions": {{Stack: "dev"}, {Stack: "dev", Config: settings{"aws:region": "eu-west-1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ran.neighbours.Add(1)
			cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
			require.NoError(t, err)
			var both [2]*world
			for i, o := range pair {
				both[i] = open(t, cloud, o)
				both[i].up()
			}
			for _, w := range both {
				require.Empty(t, changed(w.up()))
				require.Empty(t, changed(w.refresh()))
				w.proven()
			}
			all := append(both[0].owns(), both[1].owns()...)
			slices.Sort(all)
			require.Equal(t, both[0].holds(), all)

			both[0].unprotect()
			both[0].destroy()
			require.Equal(t, both[1].owns(), both[1].holds())
			require.Empty(t, changed(both[1].refresh()))
			both[1].goes()
		})
	}
}
