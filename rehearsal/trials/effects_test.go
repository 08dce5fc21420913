package trials

import (
	"slices"
	"strings"

	"bastionless/rehearsal/engine"
)

const instanceType = "aws:ec2/instance:Instance"

// label returns the last part of a resource's type and its name, such as "Subnet network-app-a".
func label(token, name string) string {
	return token[strings.LastIndexAny(token, ":/")+1:] + " " + name
}

// effects returns what an operation did to each resource, in order, such as "Subnet network-app-a: remove recreate".
// It leaves out components, which have no object in the cloud.
func effects(result *engine.Result) []string {
	verbs := map[string][]string{}
	for _, step := range result.Changed() {
		if token := string(step.URN.Type()); strings.HasPrefix(token, "aws:") {
			resource := label(token, step.URN.Name())
			verbs[resource] = append(verbs[resource], verb(step)...)
		}
	}
	var lines []string
	for resource, verbs := range verbs {
		lines = append(lines, resource+": "+strings.Join(verbs, " "))
	}
	slices.Sort(lines)
	return lines
}

// instanceEffects returns those effects that concern instances.
func instanceEffects(result *engine.Result) []string {
	var lines []string
	for _, line := range effects(result) {
		if strings.HasPrefix(line, "Instance ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// verb returns what a step does in the cloud, in one word or none. A replacement is "recreate" and "remove"; the engine
// has one more step for it, which does nothing.
func verb(step engine.Step) []string {
	switch step.Op {
	case engine.OpCreateReplacement:
		return []string{"recreate"}
	case engine.OpDeleteReplaced:
		return []string{"remove"}
	case engine.OpReplace:
		return nil
	case engine.OpUpdate:
		// These updates stop and start the instance.
		restarts := slices.Contains(step.Properties, "instanceType") || slices.Contains(step.Properties, "userData")
		if string(step.URN.Type()) == instanceType && restarts {
			return []string{"restart"}
		}
	}
	return []string{step.Op}
}
