package main

import (
	"fmt"
	"os"
)

// usePrivateHome lets the Pulumi engine look for plug-ins in an empty directory instead of the user's PULUMI_HOME: a
// rehearsal needs none, and an unusable directory would stop it. The returned function removes the directory.
func usePrivateHome() (remove func(), err error) {
	home, err := os.MkdirTemp("", "rehearse-")
	if err != nil {
		return nil, fmt.Errorf("create a temporary directory: %w", err)
	}
	if err := os.Setenv("PULUMI_HOME", home); err != nil {
		return nil, err
	}
	return func() { _ = os.RemoveAll(home) }, nil
}
