package capture

import (
	"os"

	"github.com/mitchellh/go-ps"
)

// killTree kills a process and its descendants, such as the helper that provides its credentials. They are not in a process
// group of their own, because then the AWS CLI could not ask for an MFA code on the terminal.
func killTree(process *os.Process) error {
	// Without the list, at least the process itself is killed.
	running, _ := ps.Processes()
	children := map[int][]int{}
	for _, p := range running {
		children[p.PPid()] = append(children[p.PPid()], p.Pid())
	}
	// A parent is killed before its children, so that it does not start new ones.
	err := process.Kill()
	for descendants := children[process.Pid]; len(descendants) > 0; {
		pid := descendants[0]
		descendants = append(descendants[1:], children[pid]...)
		if found, err := os.FindProcess(pid); err == nil {
			_ = found.Kill()
		}
	}
	return err
}
