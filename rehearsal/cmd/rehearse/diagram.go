package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"bastionless/rehearsal/diagram"
	"bastionless/rehearsal/proof"
)

// diagramCommand prints the topology of a deployed stack, rehearsed or real.
func diagramCommand(_ context.Context, args []string, stdout, stderr io.Writer) int {
	return draw(args, os.Stdin, stdout, stderr)
}

// draw is diagramCommand with the standard input given.
func draw(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("diagram", flag.ContinueOnError)
	args, path := separate(args)
	if status, over := parse(flags, args, "STATE.json | -", stdout, stderr); over {
		return status
	}
	if len(path) != 1 {
		return refuse(stderr, "diagram", fmt.Errorf("%d states to read: give one file of \"pulumi stack export\", or - for the standard input", len(path)))
	}
	topology, err := readTopology(path[0], stdin)
	if err != nil {
		return refuse(stderr, "diagram", fmt.Errorf("%s: %w", path[0], err))
	}
	if _, err := io.WriteString(stdout, diagram.Draw(topology)); err != nil {
		return refuse(stderr, "diagram", err)
	}
	return held
}

// readTopology reads a state's topology.
func readTopology(path string, stdin io.Reader) (*proof.Topology, error) {
	deployment, err := readState(path, stdin)
	if err != nil {
		return nil, err
	}
	topology, err := proof.ReadTopology(deployment)
	if errors.Is(err, proof.ErrNoInstance) {
		return nil, errors.New("the state has no EC2 instance, so there is nothing to draw: deploy the stack first")
	}
	return topology, err
}
