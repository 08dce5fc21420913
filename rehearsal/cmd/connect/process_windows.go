package main

import (
	"os"
	"os/exec"
)

// isolate does nothing, because all programs of a console share it.
func isolate(*exec.Cmd, *os.File) (cleanUp func()) { return func() {} }

// reachesSession reports whether a signal to this process also reaches the session. Windows sends Ctrl-C
// to every program of the console, and it is meant for the shell of the session.
func reachesSession(received os.Signal) bool { return received == os.Interrupt }

// passOn kills a program, because Windows has no signals to pass on.
func passOn(process *os.Process, _ os.Signal) error { return process.Kill() }

// askToEnd kills a program, because Windows has no signal that asks a program to exit.
func askToEnd(process *os.Process) error { return process.Kill() }
