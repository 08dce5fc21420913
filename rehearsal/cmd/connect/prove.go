package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// proofs returns the required claims about a deployed state, as "pulumi stack export" writes it, that are refuted: each
// with where it breaks and what to change.
type proofs func(ctx context.Context, state []byte) ([]string, error)

// beside returns the file of a program that make builds beside this one.
func beside(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}

// verifier returns the proofs that "rehearse verify" makes. They are not linked into this program, since Pulumi's packages
// ask the terminal for its colors as soon as a program starts, and take what was typed for the session.
func verifier(rehearse string) proofs {
	return func(ctx context.Context, state []byte) ([]string, error) {
		if _, err := os.Stat(rehearse); err != nil {
			return nil, fmt.Errorf("there is no %s: \"make build\" makes it", rehearse)
		}
		result, err := os.CreateTemp("", "connect-*.json")
		if err != nil {
			return nil, err
		}
		defer os.Remove(result.Name())
		if err := result.Close(); err != nil {
			return nil, err
		}
		command := exec.CommandContext(ctx, rehearse, "verify", "--json", result.Name(), "-")
		command.Stdin = bytes.NewReader(state)
		var words bytes.Buffer
		command.Stderr = &words
		err = command.Run()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != failed) {
			return nil, fmt.Errorf("rehearse verify: %w: %s", err, strings.TrimSpace(words.String()))
		}
		text, err := os.ReadFile(result.Name())
		if err != nil {
			return nil, err
		}
		var found struct{ Claims []claim }
		if err := json.Unmarshal(text, &found); err != nil {
			return nil, fmt.Errorf("rehearse verify: its result: %w", err)
		}
		return refuted(found.Claims), nil
	}
}

// claim is what this program reads of a claim in the result of verify.
type claim struct {
	ID, Subject, Class, Result string
	Reasons                    []struct{ Kind, Text, Fix string }
}

// refuted returns the required claims that are refuted, with what fails and how to fix it.
func refuted(claims []claim) []string {
	var told []string
	for _, claim := range claims {
		if claim.Class != "required" || claim.Result != "refuted" {
			continue
		}
		text := fmt.Sprintf("%s (%s)", claim.ID, claim.Subject)
		for _, reason := range claim.Reasons {
			if reason.Kind != "fail" {
				continue
			}
			text += "\n    " + reason.Text
			if reason.Fix != "" {
				text += "\n    fix: " + reason.Fix
			}
		}
		told = append(told, text)
	}
	return told
}
