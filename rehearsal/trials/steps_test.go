package trials

import (
	"cmp"
	"slices"
	"strings"

	"bastionless/rehearsal/engine"
)

// label names a resource in a few words: the last part of its type, and its name.
func label(token, name string) string {
	return token[strings.LastIndexAny(token, ":/")+1:] + " " + name
}

// changed says what an operation did to each resource, in order: "Subnet network-app-a: delete create". A component's
// steps are left out, since nothing is done to it.
func changed(result *engine.Result) []string {
	done := map[string][]string{}
	for _, step := range result.Changed() {
		if token := string(step.URN.Type()); strings.HasPrefix(token, "aws:") {
			name := label(token, step.URN.Name())
			done[name] = append(done[name], verb(step)...)
		}
	}
	var lines []string
	for name, verbs := range done {
		lines = append(lines, name+": "+strings.Join(verbs, " "))
	}
	slices.SortFunc(lines, cmp.Compare[string])
	return lines
}

// verb is what a step does to the cloud. A replacement is a creation and a deletion, and the engine's own step between them.
func verb(step engine.Step) []string {
	switch step.Op {
	case engine.OpCreateReplacement:
		return []string{"recreate"}
	case engine.OpDeleteReplaced:
		return []string{"remove"}
	case engine.OpReplace:
		return nil
	case engine.OpUpdate:
		for _, line := range step.Diff {
			path, _, _ := strings.Cut(line, ":")
			if string(step.URN.Type()) == instanceType && (path == "instanceType" || path == "userData") {
				return []string{"restart"} // both take a stop and a start
			}
		}
	}
	return []string{step.Op}
}

const instanceType = "aws:ec2/instance:Instance"
