package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastionless/rehearsal/htmlreport"
	"bastionless/rehearsal/report"
)

// reportOptions are the flags of the command report.
type reportOptions struct {
	compare, output, markdown string
	in                        htmlreport.Input
}

// reportCommand writes a page about the state of a deployed stack.
func reportCommand(_ context.Context, args []string, s streams) int {
	var o reportOptions
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.StringVar(&o.compare, "compare", "", "also show what changed since the state in `file`")
	flags.StringVar(&o.output, "output", "", "write the page to `file` (default standard output)")
	flags.StringVar(&o.markdown, "markdown", "", "write a short form as Markdown to `file`")
	flags.BoolVar(&o.in.Strict, "strict", false, "also require the hardening claims")
	flags.Func("principal", principalUsage, addPrincipal(&o.in.Options))
	const synopsis = "[--compare OTHER.json] [--output PAGE.html] [--markdown SUMMARY.md] [--principal ARN]... [--strict] STATE.json | -"
	operands, status, done := parse(flags, args, synopsis, s)
	if done {
		return status
	}
	if err := errors.Join(checkFile("output", o.output), checkFile("markdown", o.markdown)); err != nil {
		return s.fail("report", err)
	}
	deployment, err := readStateOperand(operands, s.in)
	if err != nil {
		return s.fail("report", err)
	}
	o.in.State = deployment
	if err := o.write(s.out); err != nil {
		return s.fail("report", err)
	}
	return exitOK
}

// write makes the report and writes it.
func (o *reportOptions) write(stdout io.Writer) error {
	if o.compare != "" {
		earlier, err := readStateOperand([]string{o.compare}, os.Stdin)
		if err != nil {
			return err
		}
		o.in.Earlier, o.in.EarlierName = earlier, o.compare
	}
	r, err := htmlreport.New(o.in)
	if err != nil {
		return err
	}
	if o.markdown != "" {
		if err := writeFile(o.markdown, r.WriteMarkdown); err != nil {
			return err
		}
	}
	if o.output == "" {
		return r.WriteHTML(stdout)
	}
	return writeFile(o.output, r.WriteHTML)
}

// writeReport writes a page about the result of a rehearsal.
func (o *runOptions) writeReport(result *report.Report, deployed *apitype.DeploymentV3) error {
	r, err := htmlreport.New(htmlreport.Input{Result: result, State: deployed})
	if err != nil {
		return err
	}
	return writeFile(o.report, r.WriteHTML)
}
