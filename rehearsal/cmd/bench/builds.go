package main

import (
	"fmt"
	"os"
	"os/exec"
	"time"
)

// timeBuilds compiles the program and the rehearsal with an empty build cache, and then again.
func timeBuilds(root string) error {
	cache, err := os.MkdirTemp("", "gocache-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(cache)
	var took []float64
	for range 2 {
		command := exec.Command("go", "build", "-trimpath", "-ldflags", "-w -s", "-o", cache+"/", ".", "./rehearsal/cmd/rehearse")
		command.Dir = root
		command.Env = append(os.Environ(), "GOCACHE="+cache)
		command.Stderr = os.Stderr
		start := time.Now()
		if err := command.Run(); err != nil {
			return fmt.Errorf("build: %w", err)
		}
		took = append(took, time.Since(start).Seconds())
	}
	fmt.Printf("build of program and rehearsal: %.0f s with an empty cache, %.0f s with a full one (%.0f : 1)\n",
		took[0], took[1], took[0]/took[1])
	return nil
}
