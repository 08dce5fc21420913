//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolate puts a program that is about to start into a process group of its own, in the foreground of the
// terminal, if there is one. So Ctrl-C goes to the session, and neither to us nor to the make that may have
// started us. After the program has ended, cleanUp kills what it left running and takes the terminal back.
func isolate(command *exec.Cmd, terminal *os.File) (cleanUp func()) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if terminal != nil {
		command.SysProcAttr.Foreground = true
		command.SysProcAttr.Ctty = int(terminal.Fd())
	}
	return func() {
		if command.Process != nil {
			_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		}
		if terminal != nil {
			takeForeground(int(terminal.Fd()))
		}
	}
}

// takeForeground puts our process group into the foreground of the terminal.
func takeForeground(fd int) {
	// The kernel stops a background process that does so, unless it ignores this signal.
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	_ = unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, unix.Getpgrp())
}

// reachesSession reports whether a signal to us also reaches the session by itself: none does, because the
// session has a process group of its own.
func reachesSession(os.Signal) bool { return false }

// passOn sends a signal to the process group of an isolated program.
func passOn(process *os.Process, received os.Signal) error {
	number, ok := received.(syscall.Signal)
	if !ok {
		number = syscall.SIGTERM
	}
	return syscall.Kill(-process.Pid, number)
}

// askToEnd asks a program to end.
func askToEnd(process *os.Process) error { return process.Signal(syscall.SIGTERM) }
