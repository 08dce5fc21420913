// Command bench prints how long the parts of a rehearsal take for stacks of several sizes, and how long the builds
// take with an empty cache and with a warm one. Figures of two machines do not compare; the ratios do.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
)

// sizes are how many instances the stacks have, in one zone.
var sizes = []int{1, 5, 50}

func main() {
	dir := flag.String("dir", ".", "the `directory` of Pulumi.yaml and bin/")
	runs := flag.Int("runs", 9, "how `often` each part is timed; the median counts")
	builds := flag.Bool("builds", true, "time the builds, too: minutes")
	flag.Parse()
	err := benchmark(*dir, *runs)
	if err == nil && *builds {
		err = timeBuilds(*dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// part is one step of a rehearsal.
type part struct {
	name string
	run  func(*engine.Stack, context.Context) *engine.Result
}

var parts = []part{
	{"preview", (*engine.Stack).Preview},
	{"up", (*engine.Stack).Up},
	{"up again", (*engine.Stack).Up},
	{"refresh", (*engine.Stack).Refresh},
	{"destroy", (*engine.Stack).Destroy},
}

// benchmark prints a line for each part. The last columns are the ratio to the smallest stack; below the ratio of the
// resources, a part grows no faster than the stack.
func benchmark(dir string, runs int) error {
	medians := map[int][]time.Duration{}
	resources := map[int]int{}
	for _, size := range sizes {
		all := make([][]time.Duration, len(parts))
		for range runs {
			took, count, err := rehearse(dir, size)
			if err != nil {
				return fmt.Errorf("%d instances: %w", size, err)
			}
			resources[size] = count
			for i, duration := range took {
				all[i] = append(all[i], duration)
			}
		}
		for _, durations := range all {
			slices.Sort(durations)
			medians[size] = append(medians[size], durations[len(durations)/2])
		}
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "instances\t1\t5\t50\t5 : 1\t50 : 1\t\n")
	row := func(name, unit string, value func(size int) float64) {
		fmt.Fprintf(table, "%s\t", name)
		for _, size := range sizes {
			fmt.Fprintf(table, "%.0f %s\t", value(size), unit)
		}
		fmt.Fprintf(table, "%.1f\t%.1f\t\n", value(5)/value(1), value(50)/value(1))
	}
	row("resources", "", func(size int) float64 { return float64(resources[size]) })
	for i, part := range parts {
		row(part.name, "ms", func(size int) float64 { return float64(medians[size][i].Microseconds()) / 1000 })
	}
	return table.Flush()
}

// rehearse takes the stack dev with so many instances through its life.
func rehearse(dir string, instances int) (took []time.Duration, resources int, err error) {
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
	if err != nil {
		return nil, 0, err
	}
	program, err := filepath.Abs(filepath.Join(dir, "bin", "bastionless"))
	if err != nil {
		return nil, 0, err
	}
	stack, err := engine.Open(engine.Options{
		Dir: dir, Stack: "dev", Program: program, Provider: cloud.NewProvider,
		Config: map[string]string{"instancesPerZone": strconv.Itoa(instances)},
	})
	if err != nil {
		return nil, 0, err
	}
	for _, part := range parts {
		result := part.run(stack, context.Background())
		if result.Err != nil {
			return nil, 0, fmt.Errorf("%s: %s", part.name, result.Failure())
		}
		took = append(took, result.Duration)
		if part.name == "up" {
			resources = len(cloud.Inventory())
		}
	}
	return took, resources, nil
}

// timeBuilds builds the program and the rehearsal together, first with an empty cache.
func timeBuilds(dir string) error {
	cache, err := os.MkdirTemp("", "gocache-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(cache)
	for _, state := range []string{"cold", "warm"} {
		command := exec.Command("go", "build", "-trimpath", "-ldflags", "-w -s", "-o", cache+"/", ".", "./rehearsal/cmd/rehearse")
		command.Dir = dir
		command.Env = append(os.Environ(), "GOCACHE="+cache)
		command.Stderr = os.Stderr
		began := time.Now()
		if err := command.Run(); err != nil {
			return fmt.Errorf("build: %w", err)
		}
		fmt.Printf("%s build of program and rehearsal: %.0f s\n", state, time.Since(began).Seconds())
	}
	return nil
}
