package trials

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"bastionless/rehearsal/stacktest"
)

// stacks are those that people deploy.
var stacks = []string{"dev", "prod"}

// ran counts the cases of each kind.
var ran struct{ faults, kills, changes, drifts, random, neighbours atomic.Int64 }

func TestMain(m *testing.M) {
	if os.Getenv(victimVariable) != "" {
		beVictim()
		return
	}
	// The command line and the environment win. A failure names its seed, which repeats it: no file is needed.
	for name, value := range map[string]string{"rapid.checks": cmp.Or(os.Getenv("RAPID_CHECKS"), shardsChecks), "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	status := stacktest.Main(m)
	summary := fmt.Sprintf("trials: %d faults, %d kills, %d changes, %d drifts, %d random stacks, %d neighbours\n",
		ran.faults.Load(), ran.kills.Load(), ran.changes.Load(), ran.drifts.Load(), ran.random.Load(), ran.neighbours.Load())
	fmt.Print(summary)
	// go test shows what a package prints only where it failed, or asked to.
	if path := os.Getenv("TRIALS_SUMMARY"); path != "" {
		if err := os.WriteFile(path, []byte(summary), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}
