package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"bastionless/internal/contract"
)

// outputs are the stack outputs that connect reads. Their names are those of contract.ConnectionOutput and
// contract.EndpointsOutput.
type outputs struct {
	Connection *contract.Connection `json:"connection"`
	// Endpoints maps the code of each service to the ID of its VPC endpoint.
	Endpoints map[string]string `json:"endpoints"`
	// Instances distinguishes a stack that was deployed before the output connection existed from one
	// that is not deployed.
	Instances json.RawMessage `json:"instances"`
}

// readOutputs reads the outputs of a stack with the Pulumi CLI.
func (e *env) readOutputs(ctx context.Context, stack string) (outputs, error) {
	var o outputs
	printed, err := e.output(ctx, "pulumi", "stack", "output", "--json", "--stack", stack)
	if err != nil {
		return o, fmt.Errorf("stack %q: %w", stack, explainPulumiError(err))
	}
	if err := json.Unmarshal(printed, &o); err != nil {
		return o, fmt.Errorf("stack %q: its output %q was written by another program or another version of this one. Check "+
			"the stack's name, or deploy the stack again: pulumi up --stack %s", stack, contract.ConnectionOutput, stack)
	}
	switch {
	case o.Connection != nil && (len(o.Connection.Instances) > 0 || o.Connection.Targets != nil):
		return o, nil
	case o.Connection == nil && o.Instances != nil:
		return o, fmt.Errorf("stack %q was deployed by an older version of the program and has no output %q. Update the "+
			"stack once: pulumi up --stack %s", stack, contract.ConnectionOutput, stack)
	}
	return o, fmt.Errorf("stack %q has no instances: it is not deployed, or its last update failed. "+
		"Deploy it: pulumi up --stack %s", stack, stack)
}

// explainPulumiError adds a remedy to an error of the Pulumi CLI.
func explainPulumiError(err error) error {
	var failure *toolError
	if !errors.As(err, &failure) {
		return err
	}
	says := func(text string) bool { return strings.Contains(failure.stderr, text) }
	switch {
	case says("no stack named"):
		return fmt.Errorf("%w. List your stacks with \"pulumi stack ls\", or create this one with \"pulumi stack init\"", err)
	case says("no Pulumi.yaml project file found"):
		return fmt.Errorf("%w. Run connect in the directory of Pulumi.yaml", err)
	case says("PULUMI_ACCESS_TOKEN") || says("pulumi login"):
		return fmt.Errorf("%w. Log in to the backend of the stack with \"pulumi login\"", err)
	case says("passphrase"):
		return fmt.Errorf("%w. Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE", err)
	}
	return err
}

// session is a session on an instance of a deployed stack.
type session struct {
	*env
	options
	connection contract.Connection
	// endpoints maps the code of each service to the ID of its VPC endpoint.
	endpoints map[string]string
	// name is the name of the instance in the stack's outputs, such as a-1, or its ID.
	name     string
	instance contract.Instance
	// foreign says that the stack's outputs do not contain the instance.
	foreign bool
}

// aws runs an AWS CLI command with the credentials of the session role.
func (s *session) aws(ctx context.Context, format string, args ...string) ([]byte, error) {
	args = append(args, "--region", s.connection.Region, "--output", format, "--profile", s.connection.Profile)
	return s.output(ctx, "aws", args...)
}
