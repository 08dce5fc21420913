package main

import (
	"context"
	"errors"
	"flag"
	"io"

	"bastionless/rehearsal/diagram"
	"bastionless/rehearsal/proof"
)

// diagramCommand draws the state of a deployed stack.
func diagramCommand(_ context.Context, args []string, s streams) int {
	flags := flag.NewFlagSet("diagram", flag.ContinueOnError)
	operands, status, done := parse(flags, args, "STATE.json | -", s)
	if done {
		return status
	}
	deployment, err := readStateOperand(operands, s.in)
	if err != nil {
		return s.fail("diagram", err)
	}
	topology, err := proof.ReadTopology(deployment)
	if err == nil {
		// A stack may have endpoints for others and no instances of its own.
		_, err = proof.Check(deployment, proof.Options{})
	}
	if errors.Is(err, proof.ErrNoInstance) {
		err = errors.New("the state has no EC2 instance, so there is nothing to draw: deploy the stack first")
	}
	if err != nil {
		return s.fail("diagram", err)
	}
	if _, err := io.WriteString(s.out, diagram.Draw(topology)); err != nil {
		return s.fail("diagram", err)
	}
	return exitOK
}
