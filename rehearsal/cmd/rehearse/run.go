package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
)

// runOptions are the flags of the command run.
type runOptions struct {
	stack, dir, program, export, json string
	quiet, strict                     bool
}

// runCommand rehearses a stack.
func runCommand(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o runOptions
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.StringVar(&o.stack, "stack", "", "the `stack` to rehearse: Pulumi.<stack>.yaml configures it; required")
	flags.StringVar(&o.dir, "dir", ".", "the `directory` of Pulumi.yaml and the stack files")
	flags.StringVar(&o.program, "program", "", "the compiled program (default DIR/bin/bastionless)")
	flags.StringVar(&o.export, "export", "", "write the deployed state to `file`, as \"pulumi stack export\" would")
	flags.StringVar(&o.json, "json", "", "write the result to `file`")
	flags.BoolVar(&o.quiet, "quiet", false, "show the summary alone")
	flags.BoolVar(&o.strict, "strict", false, "require hardening claims, too")
	const synopsis = "--stack STACK [--dir .] [--program PATH] [--export STATE.json] [--json RESULT.json] [--quiet] [--strict]"
	if status, over := parse(flags, args, synopsis, stdout, stderr); over {
		return status
	}
	if err := o.check(); err != nil {
		return refuse(stderr, "run", err)
	}

	cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
	if err != nil {
		return refuse(stderr, "run", err)
	}
	progress := stdout
	if o.quiet {
		progress = nil
	}
	stack, err := engine.Open(engine.Options{
		Dir: o.dir, Stack: o.stack, Program: o.program, Provider: cloud.NewProvider, Display: progress,
	})
	if err != nil {
		return refuse(stderr, "run", err)
	}
	for _, warning := range stack.Warnings() {
		fmt.Fprintf(stderr, "warning: %s\n", warning)
	}
	return o.rehearse(ctx, stack, cloud, progress, stdout, stderr)
}

// check refuses flags that cannot be obeyed before anything is done, and completes
// those that were left out.
func (o *runOptions) check() error {
	if o.stack == "" {
		return errors.New("no stack: give --stack, such as --stack dev")
	}
	if o.program == "" {
		o.program = filepath.Join(o.dir, "bin", "bastionless")
	}
	program, err := filepath.Abs(o.program)
	if err != nil {
		return err
	}
	o.program = program
	switch info, err := os.Stat(o.program); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("no program %s: \"make build\" compiles it", o.program)
	case err != nil:
		return err
	case info.IsDir() || info.Mode()&0o111 == 0:
		return fmt.Errorf("program %s cannot be executed", o.program)
	}
	for _, path := range []string{o.export, o.json} {
		if path == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return fmt.Errorf("%s: there is no directory %s to write it to", path, filepath.Dir(path))
		}
	}
	return nil
}

// rehearse rehearses an open stack, tells what came of it and returns the exit status.
func (o *runOptions) rehearse(
	ctx context.Context, stack *engine.Stack, account account, progress, stdout, stderr io.Writer,
) int {
	r := newRehearsal(stack, account, progress)
	r.export = o.export
	r.run(ctx)
	r.report.Conclude(o.strict)

	if o.json != "" {
		if err := writeFile(o.json, r.report.JSON); err != nil {
			return refuse(stderr, "run", err)
		}
	}
	if progress != nil {
		fmt.Fprintln(progress)
	}
	if err := r.report.Text(stdout, o.strict); err != nil {
		return refuse(stderr, "run", err)
	}
	if !r.report.OK {
		return didNotHold
	}
	return held
}

// writeFile writes a file by a function.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
