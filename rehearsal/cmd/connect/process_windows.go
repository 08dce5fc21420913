package main

import (
	"os"
	"os/exec"
)

// isolate does nothing: programs of one console share it.
func isolate(*exec.Cmd, *os.File) (cleanUp func()) { return func() {} }

// reachesSession reports whether a signal to us also reaches the session by itself: Windows sends Ctrl-C to
// every program of the console, and it is for the shell of the session.
func reachesSession(received os.Signal) bool { return received == os.Interrupt }

// passOn kills a program, because Windows has no signals to pass on.
func passOn(process *os.Process, _ os.Signal) error { return process.Kill() }

// askToEnd kills a program, because Windows has no signal that asks it to end.
func askToEnd(process *os.Process) error { return process.Kill() }
