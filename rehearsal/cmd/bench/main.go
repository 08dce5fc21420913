// Command bench prints how the time and the memory of a rehearsal grow with the number of instances, and fails if they
// grow faster than the stack. With -builds, it also prints how long the program and the rehearsal take to compile.
//
// Times are CPU times, but compare only the ratios of one run: times of two runs or two machines are not comparable.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime/pprof"
	"strconv"
)

// sizes are the numbers of instances, all in one zone. Costs per instance are compared with those of the middle one.
var sizes = [3]int{1, 50, 1000}

func main() {
	root := flag.String("root", ".", "the repository's root `directory`, with the compiled program in bin/")
	runs := flag.Int("runs", 3, "`number` of rehearsals of each size; the median is reported")
	builds := flag.Bool("builds", false, "time the builds instead, which takes minutes")
	instances := flag.Int("instances", 0, "rehearse once with this `number` of instances, and print the costs as JSON")
	profile := flag.String("cpuprofile", "", "with -instances: write a CPU profile to `file`")
	flag.Parse()

	var err error
	switch {
	case *runs < 1:
		err = fmt.Errorf("-runs is %d: use at least 1", *runs)
	case *instances > 0:
		err = printCosts(*root, *instances, *profile)
	case *builds:
		err = timeBuilds(*root)
	default:
		err = compareSizes(*root, *runs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// compareSizes prints a table of the costs of all sizes. It returns an error if they grow faster than the stack.
func compareSizes(root string, runs int) error {
	var costs [len(sizes)]cost
	for i, size := range sizes {
		var all []cost
		for range runs {
			c, err := runAlone(root, size)
			if err != nil {
				return fmt.Errorf("%d instances: %w", size, err)
			}
			all = append(all, c)
		}
		costs[i] = median(all)
	}
	fmt.Printf("A rehearsal of a stack whose session targets are tagged: CPU time and memory, median of %d\n\n", runs)
	if err := printTable(os.Stdout, costs); err != nil {
		return err
	}
	return exceeded(costs)
}

// runAlone rehearses in a process of its own, because the memory of a process never shrinks.
func runAlone(root string, instances int) (c cost, err error) {
	self, err := os.Executable()
	if err != nil {
		return c, err
	}
	output, err := exec.Command(self, "-root", root, "-instances", strconv.Itoa(instances)).Output() //nolint:gosec // itself
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return c, fmt.Errorf("%w: %s", err, failed.Stderr)
	}
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(output, &c)
}

// printCosts rehearses once, and prints what it cost as JSON.
func printCosts(root string, instances int, profile string) error {
	if profile != "" {
		file, err := os.Create(profile) //nolint:gosec // the user chooses it
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	c, err := rehearse(root, instances)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(c)
}
