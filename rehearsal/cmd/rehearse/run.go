package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
)

// runOptions are the flags of the command run.
type runOptions struct {
	stack, dir, program, account, export, json, report string
	verbose, quiet, strict                             bool
}

// runCommand rehearses a stack.
func runCommand(ctx context.Context, args []string, s streams) int {
	var o runOptions
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.StringVar(&o.stack, "stack", "", "rehearse the `stack` that Pulumi.<stack>.yaml configures (required)")
	flags.StringVar(&o.dir, "dir", ".", "read Pulumi.yaml and the stack files from `directory`")
	flags.StringVar(&o.program, "program", "", "run the compiled program at `path` (default DIR/bin/bastionless)")
	flags.StringVar(&o.account, "account", "", "rehearse in the captured account in `file` (default DIR/accounts/STACK.json, "+
		"or STACK.example.json there, or else an empty account)")
	flags.StringVar(&o.export, "export", "", "write the deployed state to `file`, in the format of \"pulumi stack export\"")
	flags.StringVar(&o.json, "json", "", "write the result as JSON to `file`")
	flags.StringVar(&o.report, "report", "", "write a page about the deployed state to `file`")
	flags.BoolVar(&o.verbose, "verbose", false, "show the output of the Pulumi CLI")
	flags.BoolVar(&o.quiet, "quiet", false, "write only the summary")
	flags.BoolVar(&o.strict, "strict", false, "also require the hardening claims")
	const synopsis = "--stack STACK [--dir .] [--program PATH] [--account FILE] [--export STATE.json] [--json RESULT.json] [--report PAGE.html] [--verbose | --quiet] [--strict]"
	operands, status, done := parse(flags, args, synopsis, s)
	if done {
		return status
	}
	err := noOperands(operands)
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return s.fail("run", err)
	}
	var simulated *awssim.Cloud
	options := engine.Options{
		Dir: o.dir, Stack: o.stack, Program: o.program,
		Provider: func() pulumirpc.ResourceProviderServer { return simulated.NewProvider() },
	}
	if o.verbose {
		options.Display = s.out
	}
	stack, err := engine.Open(options)
	if err == nil {
		err = checkRegion(stack.Config()["aws:region"])
	}
	var chosen *chosenAccount
	if err == nil {
		chosen, err = o.chooseAccount(stack.Config())
	}
	if err == nil {
		simulated, err = awssim.New(awssim.Options{Account: chosen.file, AssumeExisting: true})
	}
	if err != nil {
		return s.fail("run", err)
	}
	return o.rehearse(ctx, stack, simulated, chosen, s)
}

// check validates the flags, and sets those with defaults.
func (o *runOptions) check() error {
	if o.stack == "" {
		return errors.New("missing --stack: name the stack to rehearse, such as --stack dev")
	}
	if o.verbose && o.quiet {
		return errors.New("--verbose and --quiet exclude each other: use one of them")
	}
	if _, err := os.Stat(filepath.Join(o.dir, "Pulumi.yaml")); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no Pulumi.yaml in %s: run this in the project's directory, or set --dir", o.dir)
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
		return fmt.Errorf("program %s does not exist: build it with \"make build\"", o.program)
	case err != nil:
		return err
	case info.IsDir() || info.Mode()&0o111 == 0:
		return fmt.Errorf("program %s is not executable", o.program)
	}
	return errors.Join(checkFile("export", o.export), checkFile("json", o.json), checkFile("report", o.report))
}

// rehearse rehearses an open stack, reports the result, and returns the exit status.
func (o *runOptions) rehearse(ctx context.Context, stack *engine.Stack, cloud cloud, chosen *chosenAccount, s streams) int {
	p := progress{w: s.out, verbose: o.verbose, quiet: o.quiet}
	p.begin(stack.Name())
	r := &rehearsal{stack: stack, cloud: cloud, exportPath: o.export, progress: p}
	r.report.Account = chosen.describe()
	r.addWarnings(chosen.warnings(stack.Project(), stack.Name(), stack.Config(), time.Now()))
	result := r.run(ctx)
	result.Strict = o.strict
	result.Conclude()
	if o.verbose || o.quiet {
		if err := result.WriteSteps(s.out); err != nil {
			return s.fail("run", err)
		}
	}
	fmt.Fprintln(s.out)
	if err := result.WriteSummary(s.out); err != nil {
		return s.fail("run", err)
	}
	if o.json != "" {
		if err := writeFile(o.json, result.JSON); err != nil {
			return s.fail("run", err)
		}
	}
	if o.report != "" {
		if err := o.writeReport(result, r.deployed); err != nil {
			return s.fail("run", err)
		}
	}
	return exitStatus(result)
}
