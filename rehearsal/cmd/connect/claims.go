package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// claim is what connect reads of a claim in the result of "rehearse verify --json".
type claim struct {
	ID      string
	Subject string
	// Class is required or hardening.
	Class string
	// Result is proven, refuted or undecided.
	Result  string
	Reasons []struct {
		// Kind is pass, fail, unknown or assumed.
		Kind string
		Text string
		// Fix says what to change. It may be empty.
		Fix string
	}
}

// refutedClaims returns the required claims that the deployed state refutes, with their reasons and fixes.
func (s *session) refutedClaims(ctx context.Context) ([]string, error) {
	state, err := s.output(ctx, "pulumi", "stack", "export", "--stack", s.stack)
	if err != nil {
		return nil, explainPulumiError(err)
	}
	claims, err := s.verify(ctx, state)
	if err != nil {
		return nil, err
	}
	var refuted []string
	for _, c := range claims {
		if c.Class != "required" || c.Result != "refuted" {
			continue
		}
		text := fmt.Sprintf("%s (%s) is refuted", c.ID, c.Subject)
		for _, reason := range c.Reasons {
			if reason.Kind != "fail" {
				continue
			}
			text += "\n    " + reason.Text
			if reason.Fix != "" {
				text += "\n    fix: " + reason.Fix
			}
		}
		refuted = append(refuted, text)
	}
	return refuted, nil
}

// verify returns the claims about a state that "pulumi stack export" printed. It runs the rehearse
// program instead of importing its packages, because Pulumi's packages query the terminal for its colors
// when a program starts, and would consume input that was typed for the session.
func (s *session) verify(ctx context.Context, state []byte) ([]claim, error) {
	if _, err := os.Stat(s.rehearse); err != nil {
		return nil, fmt.Errorf("there is no %s. Build it with \"make build\"", s.rehearse)
	}
	file, err := os.CreateTemp("", "connect-*.json")
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	if err := file.Close(); err != nil {
		return nil, err
	}
	_, err = s.run(ctx, bytes.NewReader(state), s.rehearse, "verify", "--json", file.Name(), "-")
	// Status 1 means that a claim failed.
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return nil, err
	}
	written, err := os.ReadFile(file.Name())
	if err != nil {
		return nil, err
	}
	var result struct{ Claims []claim }
	if err := json.Unmarshal(written, &result); err != nil {
		return nil, fmt.Errorf("rehearse verify --json: %w", err)
	}
	return result.Claims, nil
}
