// Command cmd prints how long it takes until the first session of a stack, for several orders in which the stack can be
// created.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"bastionless/rehearsal/firstsession"
)

func main() {
	draws := flag.Int("draws", firstsession.DefaultDraws, "`number` of random deployments in each scenario")
	seed := flag.Uint64("seed", firstsession.DefaultSeed, "`seed` of the random deployments")
	state := flag.String("state", "", "`file` with the state of a stack, as \"pulumi stack export\" or "+
		"\"rehearse run --export\" writes it (default: a stack with one zone)")
	flag.Parse()
	if *draws < 1 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "firstsession: -draws must be at least 1, and there are no arguments")
		os.Exit(2)
	}
	stack, err := readStack(*state)
	if err == nil {
		err = write(os.Stdout, stack, *draws, *seed)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "firstsession:", err)
		os.Exit(1)
	}
}

// readStack reads the stack in a state file. Without a file it returns a typical stack.
func readStack(path string) (firstsession.Stack, error) {
	if path == "" {
		return firstsession.Typical(), nil
	}
	file, err := os.Open(path)
	if err != nil {
		return firstsession.Stack{}, err
	}
	defer file.Close()
	stack, err := firstsession.Read(file)
	if err != nil {
		return firstsession.Stack{}, fmt.Errorf("%s: %w", path, err)
	}
	return stack, nil
}

// write writes every generated section with a heading.
func write(w io.Writer, stack firstsession.Stack, draws int, seed uint64) error {
	for _, section := range firstsession.Sections(stack, draws, seed) {
		fmt.Fprintf(w, "%s:\n\n", section.Title)
		if err := section.Write(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	return nil
}
