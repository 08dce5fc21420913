package awssim

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
)

// defaultsKey names the inputs that were not given but filled in, so that they keep their values.
const defaultsKey = "__defaults"

// check completes inputs with names and defaults, and returns what the provider finds wrong with them.
func (t *resourceType) check(name string, seed []byte, olds, news values) (values, []plugin.CheckFailure, error) {
	inputs := clone(news)
	var filled []string
	if n := t.name; n != nil && !given(inputs, n.attribute) && (n.unless == "" || !given(inputs, n.unless)) {
		if kept := text(olds, n.attribute); kept != "" && slices.Contains(list(olds, defaultsKey), n.attribute) {
			inputs[n.attribute] = kept
		} else {
			generated, err := n.generate(name, seed)
			if err != nil {
				return nil, nil, err
			}
			inputs[n.attribute] = generated
		}
		filled = append(filled, n.attribute)
	}
	for key, a := range t.inputs {
		if a.fallback != nil && !given(inputs, key) {
			inputs[key] = a.fallback
			filled = append(filled, key)
		}
	}
	slices.Sort(filled)
	inputs[defaultsKey] = anys(filled)

	var failures []plugin.CheckFailure
	for _, reason := range t.reasons(name, inputs) {
		failures = append(failures, plugin.CheckFailure{Reason: reason})
	}
	return inputs, failures, nil
}

// checkNames refuses an input that the simulated AWS does not know, rather than ignore it as the bridge does: what is ignored
// here may matter to AWS.
func (t *resourceType) checkNames(news values) error {
	unknown := func(path string) error {
		return fmt.Errorf("the simulated AWS does not know the input %s of %s", path, t.token)
	}
	for _, key := range slices.Sorted(maps.Keys(news)) {
		a, ok := t.inputs[key]
		switch {
		case ok, strings.HasPrefix(key, "__"), news[key] == nil:
		default:
			return unknown(key)
		}
		object, isObject := news[key].(values)
		if a.fields == nil || !isObject {
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(object)) {
			if _, ok := a.fields[field]; !ok && !strings.HasPrefix(field, "__") && object[field] != nil {
				return unknown(key + "." + field)
			}
		}
	}
	return nil
}

// hexDigits are those of a name that is made up.
const hexDigits = 7

// generate makes up a name: the logical one, and digits that the engine's seed decides on.
func (n *autoname) generate(name string, seed []byte) (string, error) {
	for len(seed) < 4 {
		seed = append(seed, 0)
	}
	if len(name)+1+hexDigits > n.longest {
		return "", fmt.Errorf("name '%s-' plus %d random chars is longer than maximum length %d", name, hexDigits, n.longest)
	}
	generated := n.prefix + name + "-" + hex.EncodeToString(seed[:4])[:hexDigits]
	if n.lower {
		generated = strings.ToLower(generated)
	}
	return generated, nil
}

// reasons returns why the provider would refuse these inputs. Nothing is said of values that are not known.
func (t *resourceType) reasons(name string, in values) []string {
	var reasons []string
	for _, key := range slices.Sorted(maps.Keys(t.inputs)) {
		a := t.inputs[key]
		switch {
		case given(in, key):
			reasons = append(reasons, a.reasons(name, key, snake(key), in[key])...)
		case a.required:
			reasons = append(reasons, fmt.Sprintf("Missing required property '%s'", key))
		}
	}
	for _, group := range t.conflicts {
		reasons = append(reasons, conflict(name, group, in)...)
	}
	for _, group := range t.alternatives {
		reasons = append(reasons, alternative(name, group, in, t.framework)...)
	}
	for _, key := range slices.Sorted(maps.Keys(t.needs)) {
		if !given(in, key) {
			reasons = append(reasons, examine(fmt.Sprintf("Missing required argument. %q: one of `%s` must be specified",
				snake(key), t.needs[key]), name, key))
		}
	}
	if t.examine != nil {
		reasons = append(reasons, t.examine(name, in)...)
	}
	return reasons
}

// reasons checks one value and, in an object, its fields.
func (a attribute) reasons(name, path, words string, value any) []string {
	var reasons []string
	if a.check != nil && !isUnknown(value) {
		for _, reason := range a.check(words, value) {
			reasons = append(reasons, examine(reason, name, path))
		}
	}
	object, ok := value.(values)
	if !ok {
		return reasons
	}
	for _, key := range slices.Sorted(maps.Keys(a.fields)) {
		field := a.fields[key]
		switch {
		case given(object, key):
			reasons = append(reasons, field.reasons(name, path+"."+key, words+".0."+snake(key), object[key])...)
		case field.required:
			reasons = append(reasons, examine(fmt.Sprintf("Missing required argument. The argument %q is required, but no "+
				"definition was found.", snake(key)), name, path+"."+key))
		}
	}
	return reasons
}

// examine ends a reason as the bridge does.
func examine(reason, name, path string) string {
	return reason + ". Examine values at '" + name + "." + path + "'."
}

// conflict is SDKv2's ConflictsWith.
func conflict(name string, group []string, in values) []string {
	var set []string
	for _, key := range group {
		if given(in, key) && !isUnknown(in[key]) {
			set = append(set, key)
		}
	}
	var reasons []string
	for i := 1; i < len(set); i++ {
		reasons = append(reasons, examine(fmt.Sprintf("Conflicting configuration arguments. %q: conflicts with %s",
			snake(set[0]), snake(set[i])), name, set[0]))
	}
	return reasons
}

// alternative is ExactlyOneOf, in the words of either implementation.
func alternative(name string, group []string, in values, framework bool) []string {
	var set, words []string
	unsure := false
	for _, key := range group {
		words = append(words, snake(key))
		switch {
		case !given(in, key):
		case isUnknown(in[key]):
			unsure = true
		default:
			set = append(set, key)
		}
	}
	all := strings.Join(words, ",")
	switch {
	case len(set) == 1 || unsure && (framework || len(set) == 0):
		return nil
	case framework && len(set) == 0:
		return []string{"Missing Attribute Configuration: Exactly one of these attributes must be configured: [" + all + "]"}
	case framework:
		return []string{examine("Invalid Attribute Combination. Exactly one of these attributes must be configured: ["+all+"]",
			name, set[0])}
	case len(set) == 0:
		return []string{examine(fmt.Sprintf("Invalid combination of arguments. %q: one of `%s` must be specified",
			words[0], all), name, group[0])}
	}
	given := make([]string, len(set))
	for i, key := range set {
		given[i] = snake(key)
	}
	return []string{examine(fmt.Sprintf("Invalid combination of arguments. %q: only one of `%s` can be specified, but `%s` were "+
		"specified.", given[0], all, strings.Join(given, ",")), name, set[0])}
}

// snake is a property's name in the provider's own words: cidrBlock is cidr_block.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) || unicode.IsDigit(r) && i > 0 && name[i-1] == 'v' {
			if unicode.IsUpper(r) {
				b.WriteByte('_')
			}
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}
