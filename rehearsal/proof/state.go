package proof

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Read reads a state in the format of "pulumi stack export".
func Read(r io.Reader) (*apitype.DeploymentV3, error) {
	var untyped apitype.UntypedDeployment
	if err := json.NewDecoder(r).Decode(&untyped); err != nil {
		return nil, fmt.Errorf("not a state as \"pulumi stack export\" writes it: %w", err)
	}
	if len(untyped.Deployment) == 0 || string(untyped.Deployment) == "null" {
		return nil, errEmpty
	}
	deployment, err := stack.UnmarshalUntypedDeployment(context.Background(), &untyped)
	if err != nil {
		return nil, fmt.Errorf("a state of version %d, which cannot be read: %w", untyped.Version, err)
	}
	return deployment, nil
}

var errEmpty = errors.New("the state is empty: deploy the stack first")

// What Pulumi writes for secrets.
const (
	signatureKey    = "4dabf18193072939515e22adb298388d"
	secretSignature = "1b47061264138c4ac30d75fd1eb44270"
)

// node is one resource of a state.
type node struct {
	urn, kind, name, id string
	inputs, outputs     map[string]any
	// after are the URNs of all that it was created after.
	after []string
	// trigger is the value whose change replaces it.
	trigger any
	// retained says that it stays when the stack is destroyed.
	retained bool
	state    *state
}

// String names the resource as people know it.
func (n *node) String() string {
	kind := n.kind[strings.LastIndex(n.kind, ":")+1:]
	return fmt.Sprintf("%s %q", kind, n.name)
}

// state is a deployment's resources.
type state struct {
	stack      string
	nodes      []*node // those of providers
	components []*node
	byURN      map[string]*node
	// sealed are the properties that a claim needs and that are encrypted.
	sealed map[string]bool
}

// readState reads a deployment. It refuses one that does not say what exists.
func readState(deployment *apitype.DeploymentV3) (*state, error) {
	if deployment == nil || len(deployment.Resources) == 0 {
		return nil, errEmpty
	}
	if n := len(deployment.PendingOperations); n > 0 {
		op := deployment.PendingOperations[0]
		return nil, fmt.Errorf("the state has %d interrupted operations (%s %s), so what exists is not known: "+
			"run \"pulumi refresh\", then try again", n, op.Type, op.Resource.URN.Name())
	}
	s := &state{byURN: map[string]*node{}, sealed: map[string]bool{}}
	for _, r := range deployment.Resources {
		if r.Delete {
			return nil, fmt.Errorf("the state still holds %s %q that was replaced and not yet deleted: "+
				"run \"pulumi up\", then try again", r.Type, r.URN.Name())
		}
		s.add(r)
	}
	// The engine writes resources in the order in which they came to be, which differs from
	// time to time; claims and reasons do not.
	for _, list := range [][]*node{s.nodes, s.components} {
		slices.SortStableFunc(list, func(a, b *node) int { return strings.Compare(a.urn, b.urn) })
	}
	return s, nil
}

// add adds one resource.
func (s *state) add(r apitype.ResourceV3) {
	n := &node{
		urn: string(r.URN), kind: string(r.Type), name: r.URN.Name(), id: string(r.ID),
		inputs: r.Inputs, outputs: r.Outputs, trigger: r.ReplacementTrigger,
		retained: r.RetainOnDelete || r.Protect, state: s,
	}
	for _, urn := range r.Dependencies {
		n.after = append(n.after, string(urn))
	}
	for _, key := range slices.Sorted(maps.Keys(r.PropertyDependencies)) {
		for _, urn := range r.PropertyDependencies[key] {
			n.after = append(n.after, string(urn))
		}
	}
	if r.Parent != "" {
		n.after = append(n.after, string(r.Parent))
	}
	s.stack = string(r.URN.Stack())
	s.byURN[n.urn] = n
	switch {
	case r.Custom:
		s.nodes = append(s.nodes, n)
	case r.Type != tokens.Type("pulumi:pulumi:Stack"):
		s.components = append(s.components, n)
	}
}

// value returns a property as it is deployed, or as it was asked for where the
// provider does not say.
func (n *node) value(key string) any {
	value, ok := n.outputs[key]
	if !ok || value == nil {
		value = n.inputs[key]
	}
	return n.open(key, value)
}

// input returns a property as the program gave it.
func (n *node) input(key string) any { return n.open(key, n.inputs[key]) }

// open takes values out of their secrets. What is encrypted is noted.
func (n *node) open(key string, value any) any {
	switch value := value.(type) {
	case []any:
		opened := make([]any, len(value))
		for i := range value {
			opened[i] = n.open(key, value[i])
		}
		return opened
	case map[string]any:
		if value[signatureKey] != secretSignature {
			opened := make(map[string]any, len(value))
			for k, v := range value {
				opened[k] = n.open(key, v)
			}
			return opened
		}
		if text, ok := value["plaintext"].(string); ok {
			var plain any
			if json.Unmarshal([]byte(text), &plain) == nil {
				return n.open(key, plain)
			}
		}
		n.state.sealed[fmt.Sprintf("%s of %s", key, n)] = true
		return nil
	}
	return value
}

// text returns a property that is a text, or "".
func (n *node) text(key string) string { return asText(n.value(key)) }

// flag returns a property that is true or false, or what AWS takes where it is absent.
func (n *node) flag(key string, absent bool) bool { return asFlag(n.value(key), absent) }

// texts returns a property that is a list of texts.
func (n *node) texts(key string) []string { return asTexts(n.value(key)) }

// objects returns a property that is a list of objects.
func (n *node) objects(key string) []map[string]any {
	list, _ := n.value(key).([]any)
	var objects []map[string]any
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

// object returns a property that is an object, or nil.
func (n *node) object(key string) map[string]any {
	object, _ := n.value(key).(map[string]any)
	return object
}

// asText reads a text; a number becomes one.
func asText(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case float64:
		return fmt.Sprint(value)
	}
	return ""
}

// asFlag reads a truth value, which documents may write as a text.
func asFlag(value any, absent bool) bool {
	switch value := value.(type) {
	case bool:
		return value
	case string:
		return strings.EqualFold(value, "true")
	}
	return absent
}

// asTexts reads a list of texts.
func asTexts(value any) []string {
	list, _ := value.([]any)
	var texts []string
	for _, item := range list {
		texts = append(texts, asText(item))
	}
	return texts
}

// asNumber reads a whole number, or what AWS takes where it is absent.
func asNumber(value any, absent int) int {
	if number, ok := value.(float64); ok {
		return int(number)
	}
	return absent
}

// kind returns the resources of a type.
func (s *state) kind(kinds ...string) []*node {
	var found []*node
	for _, n := range s.nodes {
		if slices.Contains(kinds, n.kind) {
			found = append(found, n)
		}
	}
	return found
}

// component returns the components of a type.
func (s *state) component(kind string) []*node {
	var found []*node
	for _, n := range s.components {
		if n.kind == kind {
			found = append(found, n)
		}
	}
	return found
}

// closure returns the URNs of all that a resource was created after, directly or not.
func (s *state) closure(n *node) map[string]bool {
	seen := map[string]bool{}
	queue := slices.Clone(n.after)
	for len(queue) > 0 {
		urn := queue[0]
		queue = queue[1:]
		if seen[urn] {
			continue
		}
		seen[urn] = true
		if next := s.byURN[urn]; next != nil {
			queue = append(queue, next.after...)
		}
	}
	return seen
}
