package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/proof"
)

// operations are the operations of a rehearsal.
var operations = []struct {
	name string
	run  func(*engine.Stack, context.Context) *engine.Result
}{
	{"preview", (*engine.Stack).Preview},
	{"up", (*engine.Stack).Up},
	{"up again", (*engine.Stack).Up},
	{"refresh", (*engine.Stack).Refresh},
	{"destroy", (*engine.Stack).Destroy},
}

// rehearse rehearses the stack dev with a number of instances, on which sessions are allowed by a tag.
func rehearse(root string, instances int) (c cost, err error) {
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
	if err != nil {
		return c, err
	}
	dir, err := projectDir(root)
	if err != nil {
		return c, err
	}
	defer os.RemoveAll(dir)
	stack, err := open(root, dir, instances, cloud)
	if err != nil {
		return c, err
	}
	for _, operation := range operations {
		own, children := cpuSeconds(syscall.RUSAGE_SELF), cpuSeconds(syscall.RUSAGE_CHILDREN)
		result := operation.run(stack, context.Background())
		if result.Err != nil {
			return c, fmt.Errorf("%s: %s", operation.name, result.Failure())
		}
		c.Program += cpuSeconds(syscall.RUSAGE_CHILDREN) - children
		switch took := cpuSeconds(syscall.RUSAGE_SELF) - own; operation.name {
		case "destroy":
			c.Destroy = took
		default:
			c.Engine += took
		}
		if operation.name == "up" {
			c.Resources = len(cloud.Inventory())
			if c.Proofs, err = prove(stack); err != nil {
				return c, err
			}
		}
	}
	c.Memory, c.ProgramMemory = maxMiB(syscall.RUSAGE_SELF), maxMiB(syscall.RUSAGE_CHILDREN)
	return c, nil
}

// open opens the stack, which runs the compiled program.
func open(root, dir string, instances int, cloud *awssim.Cloud) (*engine.Stack, error) {
	program, err := filepath.Abs(filepath.Join(root, "bin", "bastionless"))
	if err != nil {
		return nil, err
	}
	return engine.Open(engine.Options{
		Dir: dir, Stack: "dev", Program: program, Provider: cloud.NewProvider,
		Config: map[string]string{
			"instancesPerZone": strconv.Itoa(instances),
			"sessionTargets":   "tagged",
			"targetTags":       `["team=bench"]`,
			// The default subnet has room for 251 instances.
			"appSubnetCidrs": `["10.0.16.0/20"]`,
		},
	})
}

// prove checks the claims about the exported state of the stack, and returns the time in seconds.
func prove(stack *engine.Stack) (float64, error) {
	start := cpuSeconds(syscall.RUSAGE_SELF)
	var state bytes.Buffer
	if err := stack.Export(&state); err != nil {
		return 0, err
	}
	deployment, err := proof.Read(&state)
	if err != nil {
		return 0, err
	}
	_, err = proof.Check(deployment, proof.Options{})
	return cpuSeconds(syscall.RUSAGE_SELF) - start, err
}

// projectDir returns a temporary directory with the repository's Pulumi.yaml and the frozen stack files,
// which do not depend on what a user configures.
func projectDir(root string) (string, error) {
	content, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), content, 0o600)
	}
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(filepath.Join(root, "testdata", "stacks")))
	}
	return dir, err
}

// cpuSeconds returns the CPU time of this process, or of its children that have exited.
func cpuSeconds(who int) float64 {
	usage := usageOf(who)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// maxMiB returns the largest resident set of this process, or of any of its children that have exited.
func maxMiB(who int) float64 {
	unit := 1 << 10 // Linux counts in KiB
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return float64(usageOf(who).Maxrss) * float64(unit) / (1 << 20)
}

func usageOf(who int) (usage syscall.Rusage) {
	if err := syscall.Getrusage(who, &usage); err != nil {
		panic(err) // it fails only if who is neither this process nor its children
	}
	return usage
}
