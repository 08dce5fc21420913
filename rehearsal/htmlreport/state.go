package htmlreport

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// state is the resources of a deployment.
type state struct {
	// resources are those of providers other than Pulumi's own, sorted by type and name.
	resources []*stateResource
	byURN     map[string]*stateResource
	byID      map[string]*stateResource
	byName    map[string][]*stateResource
	byType    map[string][]*stateResource
	providers []*stateResource
	engine    string
	// time is when the state was written.
	time string
}

// stateResource is a resource in a state.
type stateResource struct {
	urn, typ, name, id        string
	outputs, inputs           map[string]any
	retain, protect, external bool
	// namesItself is true if no other resource has the same ID, which is a name.
	namesItself bool
	// anchor identifies the resource in the page.
	anchor string
}

// kind returns the last part of the type, such as "VpcEndpoint".
func (r *stateResource) kind() string { return r.typ[strings.LastIndex(r.typ, ":")+1:] }

// newState reads a deployment.
func newState(d *apitype.DeploymentV3) *state {
	s := &state{
		byURN: map[string]*stateResource{}, byID: map[string]*stateResource{},
		byName: map[string][]*stateResource{}, byType: map[string][]*stateResource{},
	}
	if d == nil {
		return s
	}
	s.engine = d.Manifest.Version
	if !d.Manifest.Time.IsZero() {
		s.time = d.Manifest.Time.UTC().Format("2006-01-02 15:04 UTC")
	}
	for _, one := range d.Resources {
		r := &stateResource{
			urn: string(one.URN), typ: string(one.Type), id: string(one.ID), outputs: one.Outputs, inputs: one.Inputs,
			retain: one.RetainOnDelete, protect: one.Protect, external: one.External,
		}
		parts := strings.SplitN(r.urn, "::", 4)
		r.name = parts[len(parts)-1]
		switch {
		case strings.HasPrefix(r.typ, "pulumi:providers:"):
			s.providers = append(s.providers, r)
		case one.Custom && !one.Delete:
			s.resources = append(s.resources, r)
			s.byURN[r.urn] = r
			if other := s.byID[r.id]; other != nil {
				other.namesItself = false
			} else if r.id != "" {
				r.namesItself = true
				s.byID[r.id] = r
			}
		}
	}
	slices.SortStableFunc(s.resources, func(a, b *stateResource) int {
		return cmp.Or(cmp.Compare(a.typ, b.typ), compareNames(a.name, b.name), cmp.Compare(a.urn, b.urn))
	})
	for i, r := range s.resources {
		r.anchor = fmt.Sprintf("r%d", i+1)
		s.byName[r.name] = append(s.byName[r.name], r)
		s.byType[r.typ] = append(s.byType[r.typ], r)
	}
	return s
}

// compareNames sorts a-2 before a-10.
func compareNames(a, b string) int {
	const digits = "0123456789"
	return cmp.Or(cmp.Compare(strings.TrimRight(a, digits), strings.TrimRight(b, digits)), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// isExternal reports whether the stack reads the resource with a URN and does not manage it.
func (s *state) isExternal(urn string) bool {
	r := s.byURN[urn]
	return r != nil && r.external
}

// ofType returns the resources of a type.
func (s *state) ofType(typ string) []*stateResource { return s.byType[typ] }

// value returns the property at a path such as "metadataOptions.httpTokens", or nil. It goes into the first element of a
// list.
func (r *stateResource) value(path string) any {
	properties := r.outputs
	if properties == nil {
		properties = r.inputs
	}
	var value any = properties
	for _, key := range strings.Split(path, ".") {
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
		object, ok := value.(map[string]any)
		if !ok || isSecret(object) {
			return nil
		}
		value = object[key]
	}
	return value
}

// str returns a property as a text.
func (r *stateResource) str(path string) string { return format(r.value(path)) }

// is reports whether a property is true.
func (r *stateResource) is(path string) bool { return r.value(path) == true }

// isSecret reports whether a value is a secret. Its text must not be shown, even if the state contains it.
func isSecret(object map[string]any) bool {
	_, found := object[resource.SigKey]
	return found
}

const secretText = "[secret]"

// format returns a value for people.
func format(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case bool:
		return map[bool]string{true: "yes", false: "no"}[value]
	case []any:
		texts := make([]string, len(value))
		for i, v := range value {
			texts[i] = format(v)
		}
		return strings.Join(texts, ", ")
	case map[string]any:
		if isSecret(value) {
			return secretText
		}
		var texts []string
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if text := format(value[key]); text != "" {
				texts = append(texts, key+" "+text)
			}
		}
		return strings.Join(texts, "; ")
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
