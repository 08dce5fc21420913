package trials

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"testing"

	"bastionless/rehearsal/stacktest"
)

// stacks are the frozen stacks that the tests deploy.
var stacks = []string{"dev", "prod", existingStack, accessStack}

// Stacks that use existing resources of their accounts.
const (
	// existingStack has instances in an existing VPC.
	existingStack = "existing"
	// accessStack has no instances, and gives access to existing ones.
	accessStack = "access"
)

// interrupted are the configurations that failures and kills interrupt, by stack. As shipped, the stack "access" has only
// three resources.
var interrupted = map[string]config{accessStack: recordedAccess}

// counts are the numbers of cases that ran, by kind.
var counts struct{ failures, kills, changes, drifts, random, shared atomic.Int64 }

// seed selects the random cases: the value of RAPID_SEED, which rapid also reads, or a random number.
var seed uint64

func TestMain(m *testing.M) {
	if os.Getenv(killPlanVariable) != "" {
		runChild()
		return
	}
	if err := configureRandom(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := stacktest.Main(m)
	summary := fmt.Sprintf("trials: %d failures, %d kills, %d changes, %d drifts, %d random stacks, %d shared accounts (seed %d)\n",
		counts.failures.Load(), counts.kills.Load(), counts.changes.Load(), counts.drifts.Load(), counts.random.Load(),
		counts.shared.Load(), seed)
	fmt.Print(summary)
	// Without -v, go test hides the output of packages that pass.
	if path := os.Getenv("TRIALS_SUMMARY"); path != "" {
		if err := os.WriteFile(path, []byte(summary), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

// configureRandom sets the seed and the number of random stacks.
func configureRandom() error {
	seed = rand.Uint64()
	if value := os.Getenv("RAPID_SEED"); value != "" {
		var err error
		if seed, err = strconv.ParseUint(value, 10, 64); err != nil {
			return fmt.Errorf("RAPID_SEED: %w", err)
		}
	}
	for name, value := range map[string]string{
		"rapid.seed":       strconv.FormatUint(seed, 10),
		"rapid.checks":     cmp.Or(os.Getenv("RAPID_CHECKS"), strconv.Itoa(randomStacks)),
		"rapid.nofailfile": "true", // the seed repeats a failure
	} {
		if err := flag.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}

// newRandom returns a source of random numbers that RAPID_SEED determines.
func newRandom() *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
