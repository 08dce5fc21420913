package proof

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"bastionless/internal/contract"
)

// Pulumi's encoding of secrets.
const (
	signatureKey    = "4dabf18193072939515e22adb298388d"
	secretSignature = "1b47061264138c4ac30d75fd1eb44270"
)

// resource is a resource in a state.
type resource struct {
	urn, typ, name, id string
	inputs, outputs    map[string]any
	// dependencies are the URNs of the resources that existed before this one was created: its parent and
	// what it depends on.
	dependencies []string
	// retain is true if destroying the stack does not delete the resource.
	retain bool
	// fromProject is true if a component of this project's program declares the resource.
	fromProject bool
	state       *state
}

// String returns the resource for people, such as `VpcEndpoint "endpoints-ssm"`.
func (r *resource) String() string {
	typ := r.typ[strings.LastIndex(r.typ, ":")+1:]
	return fmt.Sprintf("%s %q", typ, r.name)
}

// state is the resources of a deployment.
type state struct {
	stack string
	// resources are those of providers, and components the others. Both are sorted by URN.
	resources, components []*resource
	byURN                 map[string]*resource
	// encryptedProps are the properties that a claim depends on and that are encrypted.
	encryptedProps map[string]bool
}

// readState reads a deployment. It returns an error if the deployment does not show which resources exist.
func readState(deployment *apitype.DeploymentV3) (*state, error) {
	if deployment == nil || len(deployment.Resources) == 0 {
		return nil, errEmpty
	}
	if n := len(deployment.PendingOperations); n > 0 {
		op := deployment.PendingOperations[0]
		return nil, fmt.Errorf("the state has %d pending operations (%s %s), so it does not show which resources exist: "+
			"run \"pulumi refresh\" and try again", n, op.Type, op.Resource.URN.Name())
	}
	s := &state{byURN: map[string]*resource{}, encryptedProps: map[string]bool{}}
	for _, r := range deployment.Resources {
		if r.Delete {
			return nil, fmt.Errorf("the state contains %s %q, which was replaced and is not deleted yet: "+
				"run \"pulumi up\" and try again", r.Type, r.URN.Name())
		}
		s.add(r)
	}
	// The engine writes resources in the order in which they were created, which varies. The order of claims
	// and reasons should not.
	for _, list := range [][]*resource{s.resources, s.components} {
		slices.SortStableFunc(list, func(a, b *resource) int { return strings.Compare(a.urn, b.urn) })
	}
	return s, nil
}

// componentTypes are the types of this project's components.
var componentTypes = toSet(strings.Join([]string{
	contract.VPCType, contract.SecurityGroupsType, contract.FlowLogsType, contract.EndpointsType, contract.InstanceRoleType,
	contract.SessionRoleType, contract.InstancesType, contract.SessionsType,
}, " "))

// add adds one resource.
func (s *state) add(r apitype.ResourceV3) {
	n := &resource{
		urn: string(r.URN), typ: string(r.Type), name: r.URN.Name(), id: string(r.ID),
		inputs: r.Inputs, outputs: r.Outputs, retain: r.RetainOnDelete || r.Protect, state: s,
	}
	for _, typ := range strings.Split(string(r.URN.QualifiedType()), "$") {
		n.fromProject = n.fromProject || componentTypes[typ]
	}
	for _, urn := range r.Dependencies {
		n.dependencies = append(n.dependencies, string(urn))
	}
	for _, key := range slices.Sorted(maps.Keys(r.PropertyDependencies)) {
		for _, urn := range r.PropertyDependencies[key] {
			n.dependencies = append(n.dependencies, string(urn))
		}
	}
	if r.Parent != "" {
		n.dependencies = append(n.dependencies, string(r.Parent))
	}
	s.stack = string(r.URN.Stack())
	s.byURN[n.urn] = n
	switch {
	case r.Custom:
		s.resources = append(s.resources, n)
	case r.Type != tokens.Type("pulumi:pulumi:Stack"):
		s.components = append(s.components, n)
	}
}

// value returns a property as it is deployed. If the provider does not report the property, it returns the
// input.
func (r *resource) value(key string) any {
	value, ok := r.outputs[key]
	if !ok || value == nil {
		value = r.inputs[key]
	}
	return r.unwrapSecret(key, value)
}

// input returns a property as the program set it.
func (r *resource) input(key string) any { return r.unwrapSecret(key, r.inputs[key]) }

// unwrapSecret replaces secrets by their values. It records a secret that is encrypted, and replaces it by nil.
func (r *resource) unwrapSecret(key string, value any) any {
	switch value := value.(type) {
	case []any:
		unwrapped := make([]any, len(value))
		for i := range value {
			unwrapped[i] = r.unwrapSecret(key, value[i])
		}
		return unwrapped
	case map[string]any:
		if value[signatureKey] != secretSignature {
			unwrapped := make(map[string]any, len(value))
			for k, v := range value {
				unwrapped[k] = r.unwrapSecret(key, v)
			}
			return unwrapped
		}
		if text, ok := value["plaintext"].(string); ok {
			var plain any
			if json.Unmarshal([]byte(text), &plain) == nil {
				return r.unwrapSecret(key, plain)
			}
		}
		r.state.encryptedProps[fmt.Sprintf("%s of %s", key, r)] = true
		return nil
	}
	return value
}

// str returns a string property, or "" if it is absent.
func (r *resource) str(key string) string { return asStr(r.value(key)) }

// boolean returns a boolean property, or absent if it is absent.
func (r *resource) boolean(key string, absent bool) bool { return asBool(r.value(key), absent) }

// strList returns a property that is a list of strings.
func (r *resource) strList(key string) []string { return asStrList(r.value(key)) }

// objects returns a property that is a list of objects.
func (r *resource) objects(key string) []map[string]any {
	list, _ := r.value(key).([]any)
	var objects []map[string]any
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

// object returns a property that is an object, or nil if it is absent.
func (r *resource) object(key string) map[string]any {
	object, _ := r.value(key).(map[string]any)
	return object
}

// asStr converts a string or a number.
func asStr(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case float64:
		return fmt.Sprint(value)
	}
	return ""
}

// asBool converts a boolean, which session documents can contain as a string.
func asBool(value any, absent bool) bool {
	switch value := value.(type) {
	case bool:
		return value
	case string:
		return strings.EqualFold(value, "true")
	}
	return absent
}

// asStrList converts a list of strings.
func asStrList(value any) []string {
	list, _ := value.([]any)
	var texts []string
	for _, item := range list {
		texts = append(texts, asStr(item))
	}
	return texts
}

// asInt converts an integer.
func asInt(value any, absent int) int {
	if number, ok := value.(float64); ok {
		return int(number)
	}
	return absent
}

// ofType returns the resources of the types.
func (s *state) ofType(types ...string) []*resource {
	var found []*resource
	for _, n := range s.resources {
		if slices.Contains(types, n.typ) {
			found = append(found, n)
		}
	}
	return found
}

// component returns the components of a type.
func (s *state) component(typ string) []*resource {
	var found []*resource
	for _, n := range s.components {
		if n.typ == typ {
			found = append(found, n)
		}
	}
	return found
}

// createdBefore returns the URNs of the resources that are certain to have existed before r was created: its
// direct and indirect dependencies.
func (s *state) createdBefore(r *resource) map[string]bool {
	seen := map[string]bool{}
	queue := slices.Clone(r.dependencies)
	for len(queue) > 0 {
		urn := queue[0]
		queue = queue[1:]
		if seen[urn] {
			continue
		}
		seen[urn] = true
		if next := s.byURN[urn]; next != nil {
			queue = append(queue, next.dependencies...)
		}
	}
	return seen
}
