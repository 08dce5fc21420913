package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// checkTimeout is the time limit of each check.
const checkTimeout = time.Minute

// diagnose looks for the reason why the instance does not come online. It returns the timeout error with
// its findings, or the interrupt.
func (s *session) diagnose(ctx context.Context, timeout *timeoutError) error {
	fmt.Fprintln(s.stderr, "looking for the cause")
	var problems, unchecked []string
	for _, check := range []struct {
		subject string
		run     func(context.Context) ([]string, error)
	}{
		{"the instance's state", s.instanceProblems},
		{"the endpoints' states", s.endpointProblems},
		{"the claims about the deployed state", s.refutedClaims},
	} {
		limited, cancel := context.WithTimeoutCause(ctx, checkTimeout, fmt.Errorf("no answer within %v", checkTimeout))
		found, err := check.run(limited)
		cancel()
		problems = append(problems, found...)
		if err != nil {
			unchecked = append(unchecked, check.subject+": "+err.Error())
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var text strings.Builder
	text.WriteString(timeout.Error())
	for _, line := range unchecked {
		text.WriteString("\n  not checked: " + line)
	}
	for _, line := range problems {
		text.WriteString("\n  problem: " + line)
	}
	if len(problems) == 0 {
		fmt.Fprintf(&text, `
  No problem found. An agent whose request AWS denied waits up to 30 minutes before it tries again. One that
  reached no endpoint waits up to 10 minutes at first, and up to 60 minutes later. To restart the agent, reboot
  the instance with credentials that allow ec2:RebootInstances:
    aws ec2 reboot-instances --region %s --instance-ids %s
  Or wait longer, with --timeout 35m (make: TIMEOUT=35m).`, s.connection.Region, s.instance.ID)
	}
	return errors.New(text.String())
}

// instanceProblems returns problems with the instance itself.
func (s *session) instanceProblems(ctx context.Context) ([]string, error) {
	id := s.instance.ID
	printed, err := s.aws(ctx, "json", "ec2", "describe-instances", "--instance-ids", id)
	if isNotFound(err) {
		printed, err = []byte("{}"), nil
	}
	if err != nil {
		return nil, err
	}
	var answer struct {
		Reservations []struct {
			Instances []struct {
				State struct{ Name string }
			}
		}
	}
	if err := json.Unmarshal(printed, &answer); err != nil {
		return nil, fmt.Errorf("aws ec2 describe-instances: %w", err)
	}
	for _, reservation := range answer.Reservations {
		for _, instance := range reservation.Instances {
			switch state := instance.State.Name; state {
			case "running", "pending":
				return nil, nil
			case "stopped", "stopping":
				return []string{fmt.Sprintf("%s is %s. Start it: aws ec2 start-instances --region %s --instance-ids %s",
					id, state, s.connection.Region, id)}, nil
			}
		}
	}
	if s.foreign || strings.HasPrefix(s.name, "i-") {
		return []string{id + " is terminated. Ask its owner for another one"}, nil
	}
	return []string{fmt.Sprintf("%s is terminated. Create a new one: pulumi up --refresh --stack %s", id, s.stack)}, nil
}

// endpointProblems returns problems with the VPC endpoints. It uses the user's own credentials, because
// the session role does not allow ec2:DescribeVpcEndpoints.
func (s *session) endpointProblems(ctx context.Context) ([]string, error) {
	if len(s.endpoints) == 0 {
		return nil, errors.New("the stack has no output \"endpoints\"")
	}
	services := slices.Sorted(maps.Keys(s.endpoints))
	ids := make([]string, len(services))
	for i, service := range services {
		ids[i] = s.endpoints[service]
	}
	states, err := s.endpointStates(ctx, ids)
	if err != nil {
		return nil, err
	}
	var problems []string
	for i, service := range services {
		switch state := states[ids[i]]; strings.ToLower(state) {
		case "available":
		case "":
			problems = append(problems, fmt.Sprintf("the endpoint for %s (%s) does not exist. Create it again: "+
				"pulumi up --refresh --stack %s", service, ids[i], s.stack))
		default:
			problems = append(problems, fmt.Sprintf("the endpoint for %s (%s) is in state %s. See what differs from the program: "+
				"pulumi preview --refresh --diff --stack %s", service, ids[i], state, s.stack))
		}
	}
	return problems, nil
}

// endpointStates returns the states of the endpoints that exist, by ID.
func (s *session) endpointStates(ctx context.Context, ids []string) (map[string]string, error) {
	// With --filters instead of --vpc-endpoint-IDs, a missing endpoint is no error.
	printed, err := s.output(ctx, "aws", "ec2", "describe-vpc-endpoints", "--region", s.connection.Region,
		"--output", "json", "--filters", "Name=vpc-endpoint-id,Values="+strings.Join(ids, ","))
	if err != nil {
		return nil, err
	}
	var answer struct {
		VpcEndpoints []struct {
			VpcEndpointID     string `json:"VpcEndpointId"`
			State             string
			VpcEndpointType   string
			PrivateDNSEnabled bool `json:"PrivateDnsEnabled"`
		}
	}
	if err := json.Unmarshal(printed, &answer); err != nil {
		return nil, fmt.Errorf("aws ec2 describe-vpc-endpoints: %w", err)
	}
	states := map[string]string{}
	for _, endpoint := range answer.VpcEndpoints {
		states[endpoint.VpcEndpointID] = endpoint.State
		if endpoint.VpcEndpointType == "Interface" && !endpoint.PrivateDNSEnabled {
			states[endpoint.VpcEndpointID] = "available, without private DNS names"
		}
	}
	return states, nil
}

// isNotFound reports whether err is an AWS error which says that the resource does not exist.
func isNotFound(err error) bool {
	var failure *toolError
	return errors.As(err, &failure) && strings.Contains(failure.stderr, ".NotFound")
}
