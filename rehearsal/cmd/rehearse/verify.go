package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
)

// verifyCommand proves claims about a deployed stack, rehearsed or real.
func verifyCommand(_ context.Context, args []string, stdout, stderr io.Writer) int {
	return verify(args, os.Stdin, stdout, stderr)
}

// verify is verifyCommand with the standard input given.
func verify(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var result string
	var strict bool
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.StringVar(&result, "json", "", "write the result to `file`")
	flags.BoolVar(&strict, "strict", false, "require hardening claims, too, and that all are decided")
	const synopsis = "[--json RESULT.json] [--strict] STATE.json | -"
	args, path := separate(args)
	if status, over := parse(flags, args, synopsis, stdout, stderr); over {
		return status
	}
	if len(path) != 1 {
		return refuse(stderr, "verify", fmt.Errorf("%d states to read: give one file of \"pulumi stack export\", or - for the standard input", len(path)))
	}
	deployment, err := readState(path[0], stdin)
	if err != nil {
		return refuse(stderr, "verify", fmt.Errorf("%s: %w", path[0], err))
	}
	claims, err := proof.Check(deployment, proof.Options{})
	if err != nil {
		return refuse(stderr, "verify", fmt.Errorf("%s: %w", path[0], err))
	}
	r := &report.Report{Stack: stackOf(deployment), Claims: claims}
	r.Conclude(strict)
	if result != "" {
		if err := writeFile(result, r.JSON); err != nil {
			return refuse(stderr, "verify", err)
		}
	}
	if err := r.VerifiedText(stdout, strict); err != nil {
		return refuse(stderr, "verify", err)
	}
	if !r.OK {
		return didNotHold
	}
	return held
}

// separate takes the state out of the arguments, so that flags may stand on either side
// of it.
func separate(args []string) (flags, states []string) {
	valued := false
	for _, arg := range args {
		switch {
		case valued || strings.HasPrefix(arg, "-") && arg != "-":
			flags = append(flags, arg)
			valued = !valued && slices.Contains([]string{"-json", "--json"}, arg)
		default:
			states = append(states, arg)
		}
	}
	return flags, states
}

// readState reads a state from a file or, for "-", from the standard input.
func readState(path string, stdin io.Reader) (*apitype.DeploymentV3, error) {
	if path == "-" {
		return proof.Read(stdin)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return proof.Read(file)
}

// stackOf is the name of a deployment's stack.
func stackOf(deployment *apitype.DeploymentV3) string {
	return string(deployment.Resources[0].URN.Stack())
}
