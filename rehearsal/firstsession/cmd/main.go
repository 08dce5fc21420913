// Command cmd prints how long the first session of a stack takes, for several orders in which it can be created.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"bastionless/rehearsal/firstsession"
)

func main() {
	draws := flag.Int("draws", 10000, "how `often` each scenario is drawn")
	seed := flag.Uint64("seed", 1, "the `number` that the draws follow from")
	state := flag.String("state", "", "compute for the stack of this `file` of \"pulumi stack export\" or of "+
		"\"rehearse run --export\" (default a stack of one zone)")
	flag.Parse()
	if *draws < 1 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "firstsession: give no arguments, and at least one draw")
		os.Exit(2)
	}
	stack, err := read(*state)
	if err == nil {
		err = show(os.Stdout, stack, *draws, *seed)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "firstsession:", err)
		os.Exit(1)
	}
}

// read returns the stack of a file, or a typical one.
func read(name string) (firstsession.Stack, error) {
	if name == "" {
		return firstsession.Typical(), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return firstsession.Stack{}, err
	}
	defer file.Close()
	stack, err := firstsession.Read(file)
	if err != nil {
		return firstsession.Stack{}, fmt.Errorf("%s: %w", name, err)
	}
	return stack, nil
}

// show prints the durations, and what follows from them.
func show(w io.Writer, stack firstsession.Stack, draws int, seed uint64) error {
	fmt.Fprint(w, "How long AWS takes, each duration as likely as any other:\n\n")
	if err := firstsession.WriteDurations(w); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nFrom the start of an up, %d draws, seed %d; in parentheses, times the lower bound:\n\n", draws, seed)
	if err := firstsession.Write(w, firstsession.Compute(stack, draws, seed)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nThe permissions of %s may count %.0f s late before its agent is refused.\n",
		firstsession.ThisStack, firstsession.Slack(stack, draws, seed).Seconds())
	return err
}
