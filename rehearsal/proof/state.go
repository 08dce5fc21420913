package proof

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
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
	// declaredType is the type as the state names it, and typ the name that version 6 of pulumi-aws has for it.
	declaredType    string
	inputs, outputs map[string]any
	// location is where the resource is. Its fields are empty if the state does not show them.
	location
	// provider is the reference to the provider that manages the resource.
	provider string
	// health lists reasons why the resource may not exist, or may not be as its outputs say. It is empty for
	// a resource whose last operation succeeded.
	health []string
	// created is when the resource was added to the state, or zero if that is unknown.
	created time.Time
	// dependencies are the URNs of the resources that existed before this one was created: its parent and
	// what it depends on.
	dependencies []string
	// retain is true if destroying the stack does not delete the resource.
	retain bool
	// external is true if the stack reads the resource and does not manage it.
	external bool
	// fromProject is true if a component of this project's program declares the resource.
	fromProject bool
	// encrypted are the properties that were read and are encrypted.
	encrypted map[string]bool
	// cachedUnknowns is the result of unknowns, which is computed once.
	cachedUnknowns *[]string
	state          *state
}

// String returns the resource for people, such as `VpcEndpoint "endpoints-ssm"`.
func (r *resource) String() string {
	typ := r.declaredType[strings.LastIndex(r.declaredType, ":")+1:]
	return fmt.Sprintf("%s %q", typ, r.name)
}

// state is the resources of a deployment.
type state struct {
	stack string
	// resources are those of providers, and components the others. Both are sorted by URN.
	resources, components []*resource
	byURN                 map[string]*resource
	byType                map[string][]*resource
	// uncertain are resources that may exist beside those in resources: copies that a replacement has not
	// deleted yet, and resources whose creation was interrupted. Their health says which.
	uncertain []*resource
}

// readState reads a deployment. It returns an error if the deployment has no resources.
func readState(deployment *apitype.DeploymentV3) (*state, error) {
	if deployment == nil || len(deployment.Resources) == 0 {
		return nil, errEmpty
	}
	s := &state{byURN: map[string]*resource{}, byType: map[string][]*resource{}}
	for _, r := range deployment.Resources {
		s.add(r)
	}
	for _, op := range deployment.PendingOperations {
		s.addPending(op)
	}
	// The engine writes resources in the order in which they were created, which varies. The order of claims
	// and reasons should not.
	for _, list := range [][]*resource{s.resources, s.components, s.uncertain} {
		slices.SortStableFunc(list, func(a, b *resource) int { return strings.Compare(a.urn, b.urn) })
	}
	for _, r := range s.resources {
		s.byType[r.typ] = append(s.byType[r.typ], r)
	}
	s.locate()
	return s, nil
}

// componentTypes are the types of this project's components.
var componentTypes = toSet(strings.Join([]string{
	contract.VPCType, contract.ExistingVPCType, contract.SecurityGroupsType, contract.FlowLogsType, contract.EndpointsType, contract.InstanceRoleType,
	contract.SessionRoleType, contract.InstancesType, contract.SessionsType, contract.AgentPoliciesType, contract.TargetsType,
}, " "))

// urnParts returns the stack, the qualified type and the name in a URN, which need not be valid.
func urnParts(text urn.URN) (stack, qualifiedType, name string) {
	parts := strings.SplitN(strings.TrimPrefix(string(text), urn.Prefix), "::", 4)
	if len(parts) < 4 {
		return "", "", string(text)
	}
	return parts[0], parts[2], parts[3]
}

// newResource reads one resource.
func (s *state) newResource(r apitype.ResourceV3) *resource {
	_, qualifiedType, name := urnParts(r.URN)
	n := &resource{
		urn: string(r.URN), typ: version6Type(string(r.Type)), declaredType: string(r.Type), name: name, id: string(r.ID), inputs: r.Inputs, outputs: r.Outputs,
		provider: r.Provider, retain: r.RetainOnDelete || r.Protect,
		external: r.External, state: s,
	}
	if r.Created != nil {
		n.created = *r.Created
	}
	for _, typ := range strings.Split(qualifiedType, "$") {
		n.fromProject = n.fromProject || componentTypes[typ]
	}
	for _, dependency := range r.Dependencies {
		n.dependencies = append(n.dependencies, string(dependency))
	}
	for _, key := range slices.Sorted(maps.Keys(r.PropertyDependencies)) {
		for _, dependency := range r.PropertyDependencies[key] {
			n.dependencies = append(n.dependencies, string(dependency))
		}
	}
	if r.Parent != "" {
		n.dependencies = append(n.dependencies, string(r.Parent))
	}
	n.health = healthOf(r)
	return n
}

// add adds one resource.
func (s *state) add(r apitype.ResourceV3) {
	n := s.newResource(r)
	if stack, _, _ := urnParts(r.URN); s.stack == "" {
		s.stack = stack
	}
	switch {
	case r.Delete:
		n.health = append(n.health, "a replacement has not deleted this copy yet (run \"pulumi up\")")
		s.uncertain = append(s.uncertain, n)
		return
	case r.Custom:
		s.resources = append(s.resources, n)
	case r.Type != tokens.Type("pulumi:pulumi:Stack"):
		s.components = append(s.components, n)
	}
	if s.byURN[n.urn] != nil {
		n.health = append(n.health, "the state has two resources with this URN")
	}
	s.byURN[n.urn] = n
}

// addPending adds an operation that was interrupted.
func (s *state) addPending(op apitype.OperationV2) {
	why := fmt.Sprintf("its operation %q was interrupted (run \"pulumi refresh\")", op.Type)
	if n := s.byURN[string(op.Resource.URN)]; n != nil && op.Type != apitype.OperationTypeCreating {
		n.health = append(n.health, why)
		return
	}
	n := s.newResource(op.Resource)
	n.health = append(n.health, why)
	s.uncertain = append(s.uncertain, n)
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
		if r.encrypted == nil {
			r.encrypted = map[string]bool{}
		}
		r.encrypted[key] = true
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
func (r *resource) objects(key string) []map[string]any { return toObjects(r.value(key)) }

// toObjects converts a list of objects.
func toObjects(value any) []map[string]any {
	list, _ := value.([]any)
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
	if len(types) == 1 {
		return slices.Clone(s.byType[types[0]])
	}
	var found []*resource
	for _, typ := range types {
		found = append(found, s.byType[typ]...)
	}
	slices.SortStableFunc(found, func(a, b *resource) int { return strings.Compare(a.urn, b.urn) })
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
		first := queue[0]
		queue = queue[1:]
		if seen[first] {
			continue
		}
		seen[first] = true
		if next := s.byURN[first]; next != nil {
			queue = append(queue, next.dependencies...)
		}
	}
	return seen
}
