//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolate makes a program start in its own process group and, on a terminal, in the foreground. Ctrl-C
// then goes to the session, but not to this process or to make. After the program has ended, cleanUp
// kills the processes that it left running and takes the terminal back.
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

// takeForeground moves this process's group to the foreground of the terminal.
func takeForeground(fd int) {
	// The kernel stops a background process that does so, unless it ignores this signal.
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	_ = unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, unix.Getpgrp())
}

// reachesSession reports whether a signal to this process also reaches the session. No signal does,
// because the session has its own process group.
func reachesSession(os.Signal) bool { return false }

// passOn sends a signal to the process group of an isolated program.
func passOn(process *os.Process, received os.Signal) error {
	number, ok := received.(syscall.Signal)
	if !ok {
		number = syscall.SIGTERM
	}
	return syscall.Kill(-process.Pid, number)
}

// askToEnd asks a program to exit.
func askToEnd(process *os.Process) error { return process.Signal(syscall.SIGTERM) }
