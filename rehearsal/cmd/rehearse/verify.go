package main

import (
	"context"
	"errors"
	"flag"
	"regexp"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
)

// principalPattern matches what the flag --principal accepts.
var principalPattern = regexp.MustCompile(`^(\d{12}|arn:aws[a-z-]*:iam::\d{12}:.+)$`)

const principalUsage = "`ARN` or account ID of a principal that is meant to assume session roles; repeatable"

// addPrincipal returns a function that adds the value of the flag --principal to options.
func addPrincipal(options *proof.Options) func(string) error {
	return func(value string) error {
		if !principalPattern.MatchString(value) {
			return errors.New("neither an IAM ARN nor a 12-digit account ID")
		}
		options.Principals = append(options.Principals, value)
		return nil
	}
}

// verifyCommand checks claims about the state of a deployed stack.
func verifyCommand(_ context.Context, args []string, s streams) int {
	var jsonPath string
	var strict bool
	var options proof.Options
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.StringVar(&jsonPath, "json", "", "write the result as JSON to `file`")
	flags.BoolVar(&strict, "strict", false, "also require the hardening claims")
	flags.Func("principal", principalUsage, addPrincipal(&options))
	operands, status, done := parse(flags, args, "[--json RESULT.json] [--principal ARN]... [--strict] STATE.json | -", s)
	if done {
		return status
	}
	if err := checkFile("json", jsonPath); err != nil {
		return s.fail("verify", err)
	}
	deployment, err := readStateOperand(operands, s.in)
	if err != nil {
		return s.fail("verify", err)
	}
	claims, err := proof.Check(deployment, options)
	if err != nil {
		return s.fail("verify", err)
	}
	r := &report.Report{Stack: proof.StackName(deployment), Strict: strict, Claims: claims}
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
