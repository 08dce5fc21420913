// Command bench prints how long the steps of a rehearsal take for stacks of several sizes, and how long
// the program and the rehearsal take to compile with an empty and with a full build cache. Compare only
// the ratios of one run: times of two runs or two machines are not comparable.
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

// sizes are the numbers of instances, all in one zone.
var sizes = []int{1, 5, 50}

func main() {
	root := flag.String("root", ".", "the repository's root `directory`, with the compiled program in bin/")
	runs := flag.Int("runs", 9, "`number` of runs; the median is reported")
	builds := flag.Bool("builds", true, "also time the builds, which takes minutes")
	flag.Parse()
	err := timeRehearsals(*root, *runs)
	if err == nil && *builds {
		err = timeBuilds(*root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// step is a step of a rehearsal.
type step struct {
	name string
	run  func(*engine.Stack, context.Context) *engine.Result
}

var steps = []step{
	{"preview", (*engine.Stack).Preview},
	{"up", (*engine.Stack).Up},
	{"up again", (*engine.Stack).Up},
	{"refresh", (*engine.Stack).Refresh},
	{"destroy", (*engine.Stack).Destroy},
}

// timeRehearsals prints a row for each step, with its time for each size and the ratio to the smallest
// stack. If that ratio is below the ratio of the numbers of resources, the step's time grows more slowly
// than the stack.
func timeRehearsals(root string, runs int) error {
	dir, err := projectDir(root)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := filepath.Abs(filepath.Join(root, "bin", "bastionless"))
	if err != nil {
		return err
	}

	medians := map[int][]time.Duration{}
	resources := map[int]int{}
	for _, size := range sizes {
		durations := make([][]time.Duration, len(steps))
		for range runs {
			took, count, err := rehearse(dir, program, size)
			if err != nil {
				return fmt.Errorf("%d instances: %w", size, err)
			}
			resources[size] = count
			for i, duration := range took {
				durations[i] = append(durations[i], duration)
			}
		}
		for _, d := range durations {
			slices.Sort(d)
			medians[size] = append(medians[size], d[len(d)/2])
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
	for i, s := range steps {
		row(s.name, "ms", func(size int) float64 { return float64(medians[size][i].Microseconds()) / 1000 })
	}
	return table.Flush()
}

// projectDir returns a temporary directory with the repository's Pulumi.yaml and the frozen stack files,
// which do not depend on what a user configures.
func projectDir(root string) (string, error) {
	content, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), content, 0o600)
	}
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(filepath.Join(root, "testdata", "stacks")))
	}
	return dir, err
}

// rehearse runs all steps for the stack dev with a number of instances. It returns how long each step
// took, and the number of resources in the cloud after the up.
func rehearse(dir, program string, instances int) (took []time.Duration, resources int, err error) {
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
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
	for _, s := range steps {
		result := s.run(stack, context.Background())
		if result.Err != nil {
			return nil, 0, fmt.Errorf("%s: %s", s.name, result.Failure())
		}
		took = append(took, result.Duration)
		if s.name == "up" {
			resources = len(cloud.Inventory())
		}
	}
	return took, resources, nil
}

// timeBuilds compiles the program and the rehearsal with an empty build cache, and then again.
func timeBuilds(root string) error {
	cache, err := os.MkdirTemp("", "gocache-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(cache)
	var took []float64
	for range 2 {
		command := exec.Command("go", "build", "-trimpath", "-ldflags", "-w -s", "-o", cache+"/", ".", "./rehearsal/cmd/rehearse")
		command.Dir = root
		command.Env = append(os.Environ(), "GOCACHE="+cache)
		command.Stderr = os.Stderr
		start := time.Now()
		if err := command.Run(); err != nil {
			return fmt.Errorf("build: %w", err)
		}
		took = append(took, time.Since(start).Seconds())
	}
	fmt.Printf("build of program and rehearsal: %.0f s with an empty cache, %.0f s with a full one (%.0f : 1)\n",
		took[0], took[1], took[0]/took[1])
	return nil
}
