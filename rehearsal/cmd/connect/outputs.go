package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// outputs are those of a stack that connecting needs.
type outputs struct {
	Instances map[string]struct {
		ID   string `json:"id"`
		Zone string `json:"zone"`
	} `json:"instances"`
	StartSession map[string]string            `json:"startSession"`
	PortForward  map[string]map[string]string `json:"portForward"`
	SSHConfig    string                       `json:"sshConfig"`
	Endpoints    map[string]string            `json:"endpoints"`
}

// readOutputs asks Pulumi for a stack's outputs.
func (h *host) readOutputs(ctx context.Context, stack string) (outputs, error) {
	var found outputs
	text, err := h.ask(ctx, "pulumi", "stack", "output", "--json", "--stack", stack)
	if err != nil {
		return found, fmt.Errorf("stack %q: %w", stack, explainPulumi(err))
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return found, fmt.Errorf("stack %q: its outputs are not those of this program: %w", stack, err)
	}
	if len(found.Instances) == 0 || len(found.StartSession) == 0 {
		return found, fmt.Errorf("stack %q has no instances among its outputs: it is not deployed, or its last up did not "+
			"get that far. Run: pulumi up --stack %s", stack, stack)
	}
	return found, nil
}

// explainPulumi adds to what Pulumi says what to do about it.
func explainPulumi(err error) error {
	var said *toolError
	switch {
	case !errors.As(err, &said):
		return err
	case strings.Contains(said.words, "no stack named"):
		return fmt.Errorf("%w. \"pulumi stack ls\" lists those that exist, \"pulumi stack init\" makes one", err)
	case strings.Contains(said.words, "PULUMI_ACCESS_TOKEN") || strings.Contains(said.words, "pulumi login"):
		return fmt.Errorf("%w. Run \"pulumi login\" with the backend that holds the stack", err)
	case strings.Contains(said.words, "passphrase"):
		return fmt.Errorf("%w. Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE", err)
	}
	return err
}

// visit is one use of a stack's outputs.
type visit struct {
	*host
	options
	outputs
	// name and id are the instance's.
	name, id string
	// profile and region are those of the session's command.
	profile, region string
}

// newVisit chooses the instance.
func (h *host) newVisit(o options, found outputs) (*visit, error) {
	v := &visit{host: h, options: o, outputs: found}
	names := slices.Sorted(maps.Keys(found.Instances))
	for _, name := range names {
		id := found.Instances[name].ID
		if v.name == "" && (o.instance == "" || o.instance == name || o.instance == id) {
			v.name, v.id = name, id
		}
	}
	if v.name == "" {
		return nil, fmt.Errorf("instance %q: stack %q has none of that name; it has %s",
			o.instance, o.stack, strings.Join(names, ", "))
	}
	words, err := split(found.StartSession[v.name])
	if err != nil {
		return nil, fmt.Errorf("stack %q: output startSession of %s: %w", o.stack, v.name, err)
	}
	v.profile, v.region = flagValue(words, "--profile"), flagValue(words, "--region")
	if v.region == "" {
		return nil, fmt.Errorf("stack %q: output startSession of %s names no Region: %q",
			o.stack, v.name, found.StartSession[v.name])
	}
	return v, nil
}

// aws completes the arguments of a question that the session's credentials ask.
func (v *visit) aws(output string, args ...string) []string {
	args = append(args, "--region", v.region, "--output", output)
	if v.profile != "" {
		args = append(args, "--profile", v.profile)
	}
	return args
}

// flagValue returns what follows a flag.
func flagValue(words []string, flag string) string {
	if i := slices.Index(words, flag); i >= 0 && i+1 < len(words) {
		return words[i+1]
	}
	return ""
}

// split takes a command apart as a shell does, as far as the outputs go: words, some of them in single quotes.
func split(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	quoted, begun := false, false
	for _, r := range command {
		switch {
		case r == '\'':
			quoted, begun = !quoted, true
		case quoted:
			word.WriteRune(r)
		case r == ' ':
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
		case strings.ContainsRune("\"\\$`;&|<>()*?\n\t", r):
			return nil, fmt.Errorf("cannot read %q: %q outside of single quotes", command, r)
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("cannot read %q: a single quote that nothing closes", command)
	}
	if begun {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, errors.New("it is empty")
	}
	return words, nil
}
