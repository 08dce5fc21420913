package proof_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// TestMutants changes the state of each stack in many ways, which claims have to notice.
func TestMutants(t *testing.T) {
	t.Parallel()
	for _, stack := range stacks {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			base := deployed(t, stack, nil)
			before := claimsOf(t, base)
			caught, unexplained, harmless := 0, 0, map[string]int{}
			for _, m := range mutate(t, base) {
				after, err := proof.Check(m.state, proof.Options{})
				require.NoError(t, err, m.name)
				noticed := noticedBy(before, after)
				switch {
				case m.harmless != "" && len(noticed) > 0:
					unexplained++
					t.Errorf("%s: expected to be harmless (%s), but noticed by %q", m.name, m.harmless, noticed)
				case m.harmless != "":
					harmless[m.harmless]++
				case !slices.ContainsFunc(noticed, func(id string) bool { return slices.Contains(m.claims, id) }):
					unexplained++
					t.Errorf("%s: expected to be noticed by one of %q, but noticed by %q", m.name, m.claims, noticed)
				default:
					caught++
				}
			}
			counted(stack, caught, total(harmless), unexplained)
			for why, n := range harmless {
				t.Logf("harmless, %d: %s", n, why)
			}
		})
	}
}

// mutants collects the numbers of all stacks.
var mutants struct {
	sync.Mutex
	lines []string
}

func counted(stack string, caught, harmless, unexplained int) {
	mutants.Lock()
	defer mutants.Unlock()
	mutants.lines = append(mutants.lines, fmt.Sprintf("mutants of %s: %d caught, %d harmless, %d unexplained\n",
		stack, caught, harmless, unexplained))
}

// summarize prints the numbers, and writes them to the file that MUTANTS_SUMMARY names, because go test does
// not show the output of a package that passes.
func summarize() error {
	slices.Sort(mutants.lines)
	summary := strings.Join(mutants.lines, "")
	fmt.Print(summary)
	path := os.Getenv("MUTANTS_SUMMARY")
	if path == "" || summary == "" {
		return nil
	}
	return os.WriteFile(path, []byte(summary), 0o600)
}

func total(counts map[string]int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}
