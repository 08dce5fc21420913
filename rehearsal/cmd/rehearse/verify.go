package main

import (
	"context"
	"flag"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
)

// verifyCommand checks claims about the state of a deployed stack.
func verifyCommand(_ context.Context, args []string, s streams) int {
	var jsonPath string
	var strict bool
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.StringVar(&jsonPath, "json", "", "write the result to `file`")
	flags.BoolVar(&strict, "strict", false, "require hardening claims, too")
	operands, status, done := parse(flags, args, "[--json RESULT.json] [--strict] STATE.json | -", s)
	if done {
		return status
	}
	if err := checkParent("json", jsonPath); err != nil {
		return s.fail("verify", err)
	}
	deployment, err := readStateOperand(operands, s.in)
	if err != nil {
		return s.fail("verify", err)
	}
	claims, err := proof.Check(deployment, proof.Options{})
	if err != nil {
		return s.fail("verify", err)
	}
	r := &report.Report{Stack: string(deployment.Resources[0].URN.Stack()), Strict: strict, Claims: claims}
	r.Conclude()
	if jsonPath != "" {
		if err := writeFile(jsonPath, r.JSON); err != nil {
			return s.fail("verify", err)
		}
	}
	if err := r.WriteSummary(s.out); err != nil {
		return s.fail("verify", err)
	}
	return exitStatus(r)
}

// exitStatus returns the exit status for a report.
func exitStatus(r *report.Report) int {
	if r.OK {
		return exitOK
	}
	return exitFailed
}
