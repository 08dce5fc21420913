// Command connect waits until an instance of a deployed stack is online, and opens a session on it with the
// user's own AWS CLI.
package main

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	e := &env{
		environ: os.Environ(), lookPath: exec.LookPath, rehearse: siblingProgram("rehearse"),
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, signals: signals,
		now: time.Now, sleep: sleep, interval: 5 * time.Second, grace: 5 * time.Second,
	}
	os.Exit(e.connect(context.Background(), os.Args[1:]))
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
