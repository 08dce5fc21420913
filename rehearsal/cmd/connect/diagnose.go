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

// diagnosis is what is wrong with a stack, and what could not be found out, a line each.
type diagnosis struct{ wrong, unknown []string }

// diagnoseTime ends each question of a diagnosis.
const diagnoseTime = time.Minute

// diagnose looks for what keeps the instance from coming online.
func (v *visit) diagnose(ctx context.Context) diagnosis {
	var d diagnosis
	for _, look := range []struct {
		at   string
		with func(context.Context) ([]string, error)
	}{
		{"the instance's state", v.instanceState},
		{"the endpoints' states", v.endpointStates},
		{"the proofs", v.refuted},
	} {
		limited, cancel := context.WithTimeout(ctx, diagnoseTime)
		wrong, err := look.with(limited)
		cancel()
		d.wrong = append(d.wrong, wrong...)
		if err != nil {
			d.unknown = append(d.unknown, look.at+": "+err.Error())
		}
	}
	return d
}

// instanceState says what is wrong with the instance itself.
func (v *visit) instanceState(ctx context.Context) ([]string, error) {
	text, err := v.ask(ctx, "aws", v.aws("json", "ec2", "describe-instances", "--instance-ids", v.id)...)
	if gone(err) {
		text, err = []byte("{}"), nil
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
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	for _, reservation := range answer.Reservations {
		for _, instance := range reservation.Instances {
			switch instance.State.Name {
			case "running", "pending":
				return nil, nil
			case "stopped", "stopping":
				return []string{fmt.Sprintf("%s is %s. Start it: aws ec2 start-instances --region %s --instance-ids %s",
					v.id, instance.State.Name, v.region, v.id)}, nil
			}
		}
	}
	return []string{fmt.Sprintf("%s is terminated. Make another: pulumi up --refresh --stack %s", v.id, v.stack)}, nil
}

// endpointStates says what is wrong with the endpoints. The session role may not ask for them, so the user's own
// credentials do.
func (v *visit) endpointStates(ctx context.Context) ([]string, error) {
	services := slices.Sorted(maps.Keys(v.Endpoints))
	if len(services) == 0 {
		return nil, errors.New("the stack's outputs name no endpoints")
	}
	// By filter, and not by id: a missing endpoint is then no failure.
	ids := make([]string, len(services))
	for i, service := range services {
		ids[i] = v.Endpoints[service]
	}
	text, err := v.ask(ctx, "aws", "ec2", "describe-vpc-endpoints", "--region", v.region, "--output", "json",
		"--filters", "Name=vpc-endpoint-id,Values="+strings.Join(ids, ","))
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
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	state := map[string]string{}
	for _, endpoint := range answer.VpcEndpoints {
		state[endpoint.VpcEndpointID] = endpoint.State
		if endpoint.VpcEndpointType == "Interface" && !endpoint.PrivateDNSEnabled {
			state[endpoint.VpcEndpointID] = "without private DNS names"
		}
	}
	var wrong []string
	for i, service := range services {
		switch strings.ToLower(state[ids[i]]) {
		case "available":
		case "":
			wrong = append(wrong, fmt.Sprintf("endpoint %s (%s) does not exist. Make it again: pulumi up --refresh --stack %s",
				service, ids[i], v.stack))
		default:
			wrong = append(wrong, fmt.Sprintf("endpoint %s (%s) is %s, not available", service, ids[i], state[ids[i]]))
		}
	}
	return wrong, nil
}

// refuted returns the claims that the stack's state refutes.
func (v *visit) refuted(ctx context.Context) ([]string, error) {
	state, err := v.ask(ctx, "pulumi", "stack", "export", "--stack", v.stack)
	if err != nil {
		return nil, err
	}
	return v.prove(ctx, state)
}

// gone says that AWS does not know what it was asked for.
func gone(err error) bool {
	var said *toolError
	return errors.As(err, &said) && strings.Contains(said.words, ".NotFound")
}
