package proof_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// TestMutants breaks each stack in every way that a claim is to notice.
func TestMutants(t *testing.T) {
	t.Parallel()
	for _, stack := range stacks {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			base := deployed(t, stack, nil)
			before := claimsOf(t, base)
			caught, harmless := 0, map[string]int{}
			for _, m := range breed(t, base) {
				after, err := proof.Check(m.state, proof.Options{})
				require.NoError(t, err, m.name)
				noticed := worse(before, after)
				switch {
				case m.harmless != "" && len(noticed) > 0:
					t.Errorf("%s: said to be harmless (%s), but noticed by %q", m.name, m.harmless, noticed)
				case m.harmless != "":
					harmless[m.harmless]++
				case !slices.ContainsFunc(noticed, func(id string) bool { return slices.Contains(m.claims, id) }):
					t.Errorf("%s: to be noticed by one of %q, and noticed by %q", m.name, m.claims, noticed)
				default:
					caught++
				}
			}
			t.Logf("%s: %d mutants caught, %d harmless", stack, caught, total(harmless))
			for why, n := range harmless {
				t.Logf("harmless, %d: %s", n, why)
			}
		})
	}
}

func total(counts map[string]int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}
