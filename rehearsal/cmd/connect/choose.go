package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"bastionless/internal/contract"
)

var instanceID = regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)

// newSession selects the instance: one of the stack's outputs by name or ID, or one that AWS finds by its ID or a tag.
func (e *env) newSession(ctx context.Context, opts options, out outputs) (*session, error) {
	s := &session{env: e, options: opts, connection: *out.Connection, endpoints: out.Endpoints}
	names := slices.Sorted(maps.Keys(s.connection.Instances))
	for _, name := range names {
		instance := s.connection.Instances[name]
		if opts.nameOrID == "" || opts.nameOrID == name || opts.nameOrID == instance.ID {
			s.name, s.instance = name, instance
			return s, nil
		}
	}
	unknown := fmt.Errorf("stack %q has no instance %q. Use one of: %s", opts.stack, opts.nameOrID, strings.Join(names, ", "))
	isTag := strings.Contains(opts.nameOrID, "=")
	targets := s.connection.Targets
	if targets == nil && (isTag || instanceID.MatchString(opts.nameOrID)) && s.allowsAny(ctx) {
		targets = &contract.Targets{Mode: contract.TargetsAny}
	}
	switch {
	case targets == nil && !isTag:
		return nil, unknown
	case targets != nil && !isTag && opts.nameOrID != "" && !instanceID.MatchString(opts.nameOrID):
		return nil, fmt.Errorf("%q is not an instance of stack %q: use an ID such as i-0123456789abcdef0, or a tag such as Name=web-1",
			opts.nameOrID, opts.stack)
	case targets != nil && opts.nameOrID == "" && targets.Mode == contract.TargetsAny:
		return nil, fmt.Errorf("stack %q allows sessions on any instance: choose one with --instance ID or --instance KEY=VALUE (make: "+
			"INSTANCE=ID or INSTANCE=KEY=VALUE)", opts.stack)
	}
	return s, s.chooseFound(ctx, targets)
}

// allowsAny reports whether sessionTargets is any. Older outputs do not say it.
func (s *session) allowsAny(ctx context.Context) bool {
	printed, err := s.output(ctx, "pulumi", "config", "get", "sessionTargets", "--stack", s.stack)
	return err == nil && strings.TrimSpace(string(printed)) == contract.TargetsAny
}

// chooseFound selects the only instance that AWS finds. targets are nil if it must be one of the stack's outputs.
func (s *session) chooseFound(ctx context.Context, targets *contract.Targets) error {
	instances, err := s.findInstances(ctx, targets)
	if err != nil {
		return s.explain(err)
	}
	switch {
	case len(instances) == 1:
		s.instance = contract.Instance{ID: instances[0].InstanceID, Zone: instances[0].Placement.AvailabilityZone, PrivateIP: instances[0].PrivateIPAddress}
		s.name, s.foreign = s.instance.ID, true
		for name, own := range s.connection.Instances {
			if own.ID == s.instance.ID {
				s.name, s.foreign = name, false
			}
		}
		return nil
	case len(instances) > 1:
		var lines []string
		for _, instance := range instances {
			lines = append(lines, fmt.Sprintf("\n    %s  %s  %s", instance.InstanceID, instance.State.Name, instance.tag("Name")))
		}
		return fmt.Errorf("there are several instances with %s. Choose one with --instance ID (make: INSTANCE=ID):%s",
			s.wanted(targets), strings.Join(lines, ""))
	}
	text := fmt.Sprintf("there is no instance with %s in %s", s.wanted(targets), s.connection.Region)
	if targets == nil || len(targets.Tags) == 0 {
		return errors.New(text)
	}
	if s.nameOrID == "" {
		return errors.New(text + ". The session role of this stack requires the tags: ask the owners of the instances to set them")
	}
	return fmt.Errorf("%s. Check %s. If it is correct, the instance lacks tags that the session role of this stack requires: ask its owner to set %s",
		text, s.nameOrID, tagTexts(targets.Tags))
}

// wanted describes the instances that findInstances looks for.
func (s *session) wanted(targets *contract.Targets) string {
	var parts []string
	switch {
	case strings.Contains(s.nameOrID, "="):
		parts = append(parts, s.nameOrID)
	case s.nameOrID != "":
		parts = append(parts, "the ID "+s.nameOrID)
	}
	if targets != nil && len(targets.Tags) > 0 {
		parts = append(parts, tagTexts(targets.Tags))
	}
	return strings.Join(parts, " and ")
}

// tagTexts returns the texts of tags as one, sorted by their keys.
func tagTexts(tags map[string]string) string {
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		texts = append(texts, key+"="+tags[key])
	}
	return strings.Join(texts, " and ")
}

// foundInstance is an instance as the AWS CLI prints it.
type foundInstance struct {
	InstanceID       string `json:"InstanceId"`
	PrivateIPAddress string `json:"PrivateIpAddress"`
	Placement        struct{ AvailabilityZone string }
	State            struct{ Name string }
	Tags             []struct{ Key, Value string }
}

func (i foundInstance) tag(key string) string {
	for _, tag := range i.Tags {
		if tag.Key == key {
			return tag.Value
		}
	}
	return ""
}

// findInstances returns the instances that exist and that the user may mean, sorted by Name tag and ID.
func (s *session) findInstances(ctx context.Context, targets *contract.Targets) ([]foundInstance, error) {
	filters := []filter{{"instance-state-name", []string{"pending", "running", "stopping", "stopped"}}}
	if key, value, isTag := strings.Cut(s.nameOrID, "="); isTag {
		filters = append(filters, tagFilter(key, value))
	} else if s.nameOrID != "" {
		filters = append(filters, filter{"instance-id", []string{s.nameOrID}})
	}
	if targets == nil {
		var ids []string
		for _, instance := range s.connection.Instances {
			ids = append(ids, instance.ID)
		}
		slices.Sort(ids)
		filters = append(filters, filter{"instance-id", ids})
	} else {
		for _, key := range slices.Sorted(maps.Keys(targets.Tags)) {
			filters = append(filters, tagFilter(key, targets.Tags[key]))
		}
	}
	encoded, err := json.Marshal(filters)
	if err != nil {
		return nil, err
	}
	printed, err := s.aws(ctx, "json", "ec2", "describe-instances", "--filters", string(encoded))
	if err != nil {
		return nil, err
	}
	var answer struct {
		Reservations []struct{ Instances []foundInstance }
	}
	if err := json.Unmarshal(printed, &answer); err != nil {
		return nil, fmt.Errorf("aws ec2 describe-instances: %w", err)
	}
	var found []foundInstance
	for _, reservation := range answer.Reservations {
		found = append(found, reservation.Instances...)
	}
	slices.SortFunc(found, func(a, b foundInstance) int {
		return cmp.Or(strings.Compare(a.tag("Name"), b.tag("Name")), strings.Compare(a.InstanceID, b.InstanceID))
	})
	return found, nil
}

// filter is a filter of a list operation of EC2.
type filter struct {
	Name   string
	Values []string
}

// tagFilter returns a filter for a tag. The values of filters may contain wildcards.
func tagFilter(key, value string) filter {
	return filter{"tag:" + key, []string{strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(value)}}
}
