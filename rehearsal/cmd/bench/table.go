package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// maxGrowth is the largest ratio of a cost per instance with the most instances to that with 50. It is below 1 as long as
// the costs that do not depend on the number of instances dominate, about 1 if the cost is linear, and 20 if it is quadratic.
const maxGrowth = 1.5

// cost is what one rehearsal cost.
type cost struct {
	// Resources is the number of resources in the account after the deployment.
	Resources int
	// Program, Engine, Destroy and Proofs are CPU times in seconds: of the program in all operations, of the engine and the
	// simulated AWS in all operations but destroy, of destroy, which does not run the program, and of the proofs.
	Program, Engine, Destroy, Proofs float64
	// Memory and ProgramMemory are the largest resident sets of the rehearsal and of the program, in MiB.
	Memory, ProgramMemory float64
}

// kinds are the kinds of costs.
var kinds = []struct {
	name, unit string
	of         func(*cost) *float64
}{
	{"program", "s", func(c *cost) *float64 { return &c.Program }},
	{"engine", "s", func(c *cost) *float64 { return &c.Engine }},
	{"destroy", "s", func(c *cost) *float64 { return &c.Destroy }},
	{"proofs", "s", func(c *cost) *float64 { return &c.Proofs }},
	{"memory", "MiB", func(c *cost) *float64 { return &c.Memory }},
	{"memory of the program", "MiB", func(c *cost) *float64 { return &c.ProgramMemory }},
}

// median returns the median of each kind of cost.
func median(all []cost) cost {
	result := all[0]
	for _, kind := range kinds {
		var values []float64
		for i := range all {
			values = append(values, *kind.of(&all[i]))
		}
		slices.Sort(values)
		*kind.of(&result) = values[len(values)/2]
	}
	return result
}

// growth returns the cost per instance with sizes[i] instances, relative to that with sizes[1].
func growth(costs [len(sizes)]cost, i int, of func(*cost) *float64) float64 {
	return *of(&costs[i]) / float64(sizes[i]) / (*of(&costs[1]) / float64(sizes[1]))
}

// printTable prints a row for each kind of cost: its value for each size, and then the growth.
func printTable(w io.Writer, costs [len(sizes)]cost) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "\t\t\t\tper instance:\t\t\n")
	fmt.Fprintf(table, "instances\t%d\t%d\t%d\t%[1]d : %[2]d\t%[3]d : %[2]d\t\n", sizes[0], sizes[1], sizes[2])
	fmt.Fprintf(table, "resources\t%d\t%d\t%d\t\t\t\n", costs[0].Resources, costs[1].Resources, costs[2].Resources)
	for _, kind := range kinds {
		fmt.Fprintf(table, "%s\t", kind.name)
		for i := range costs {
			decimals := 2
			if kind.unit == "MiB" {
				decimals = 0
			}
			fmt.Fprintf(table, "%.*f %s\t", decimals, *kind.of(&costs[i]), kind.unit)
		}
		fmt.Fprintf(table, "%.1f\t%.1f\t\n", growth(costs, 0, kind.of), growth(costs, 2, kind.of))
	}
	return table.Flush()
}

// exceeded returns an error for each kind of cost that grows faster than maxGrowth allows.
func exceeded(costs [len(sizes)]cost) error {
	var errs []error
	for _, kind := range kinds {
		if ratio := growth(costs, 2, kind.of); ratio > maxGrowth {
			errs = append(errs, fmt.Errorf("%s: %.1f times as much per instance with %d instances as with %d, but at most %.1f "+
				"times is expected: profile it with -instances and -cpuprofile", kind.name, ratio, sizes[2], sizes[1], maxGrowth))
		}
	}
	return errors.Join(errs...)
}
