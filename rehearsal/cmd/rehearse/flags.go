package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastionless/rehearsal/proof"
)

// parse parses the flags of a command and returns its other arguments. Flags may come before and after
// them. If the command must not run, parse returns the exit status and true.
func parse(flags *flag.FlagSet, args []string, synopsis string, s streams) (operands []string, status int, done bool) {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	for err == nil && flags.NArg() > 0 {
		operands = append(operands, flags.Arg(0))
		err = flags.Parse(flags.Args()[1:])
	}
	if err == nil {
		return operands, exitOK, false
	}
	describe := func(w io.Writer) {
		fmt.Fprintf(w, "Usage:\n\n    rehearse %s %s\n", flags.Name(), synopsis)
		hasFlags := false
		flags.VisitAll(func(*flag.Flag) { hasFlags = true })
		if hasFlags {
			fmt.Fprint(w, "\nFlags:\n\n")
			flags.SetOutput(w)
			flags.PrintDefaults()
		}
	}
	if errors.Is(err, flag.ErrHelp) {
		describe(s.out)
		return nil, exitOK, true
	}
	describe(s.err)
	return nil, s.fail(flags.Name(), err), true
}

// noOperands returns an error if a command has arguments other than flags.
func noOperands(operands []string) error {
	if len(operands) > 0 {
		return fmt.Errorf("unexpected argument %q", operands[0])
	}
	return nil
}

// readStateOperand reads the state from the file that the only operand of a command names, or from
// standard input if the operand is "-".
func readStateOperand(operands []string, stdin io.Reader) (*apitype.DeploymentV3, error) {
	if len(operands) != 1 {
		return nil, fmt.Errorf("got %d arguments: name one file that \"pulumi stack export --file\" wrote, or - for standard input", len(operands))
	}
	path := operands[0]
	if path == "-" {
		deployment, err := proof.Read(stdin)
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		return deployment, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	deployment, err := proof.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return deployment, nil
}

// checkFile returns an error if the file that a flag names is a directory, or is in a directory that does not exist. An empty path
// is valid.
func checkFile(flagName, path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("--%s %s: this is a directory: name a file", flagName, path)
	}
	dir := filepath.Dir(path)
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--%s %s: directory %s does not exist", flagName, path, dir)
	case err != nil:
		return fmt.Errorf("--%s %s: %w", flagName, path, err)
	case !info.IsDir():
		return fmt.Errorf("--%s %s: %s is not a directory", flagName, path, dir)
	}
	return nil
}

// writeFile creates a file and calls a function to write it.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
