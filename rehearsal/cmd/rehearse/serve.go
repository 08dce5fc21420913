package main

import (
	"context"
	"flag"
	"fmt"
	"net"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/protocol"
)

// serveCommand makes the simulated AWS available to the Pulumi CLI until ctx is canceled.
func serveCommand(ctx context.Context, args []string, s streams) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	state := flags.String("state", "", "read the simulated account from `file` if it exists, and save it there")
	operands, status, done := parse(flags, args, "[--state CLOUD.json]", s)
	if done {
		return status
	}
	err := noOperands(operands)
	if err == nil {
		err = checkFile("state", *state)
	}
	if err != nil {
		return s.fail("serve", err)
	}
	cloud, err := awssim.New(awssim.Options{Path: *state, AssumeExisting: true})
	if err != nil {
		return s.fail("serve", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return s.fail("serve", err)
	}
	fmt.Fprintf(s.out, "export PULUMI_DEBUG_PROVIDERS=aws:%d\n", listener.Addr().(*net.TCPAddr).Port)
	// Otherwise the CLI also looks for the real plugin at every operation.
	fmt.Fprintln(s.out, "export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true")
	fmt.Fprintln(s.err, "serving the simulated AWS; press Ctrl-C to stop")

	if err := protocol.Serve(ctx, listener, cloud.NewProvider); err != nil {
		fmt.Fprintf(s.err, "rehearse serve: %v\n", err)
		return exitFailed
	}
	for _, assumed := range cloud.Assumed() {
		fmt.Fprintf(s.err, "assumed: %s\n", assumed)
	}
	return exitOK
}
