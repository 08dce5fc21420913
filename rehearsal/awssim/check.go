package awssim

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// defaultsKey is the input in which the bridge lists the names of the inputs that it has set itself.
const defaultsKey = "__defaults"

// check adds generated names and defaults to the inputs, and returns them with the provider's errors. olds
// are the inputs in Pulumi's state; a generated name in them is kept.
func (t *resourceType) check(name string, seed []byte, olds, news values) (inputs values, failures []string, err error) {
	inputs = clone(news)
	var defaults []string
	if n := t.AutoName; n != nil && !isSet(inputs, n.attribute) && (n.unlessSet == "" || !isSet(inputs, n.unlessSet)) {
		if old := str(olds, n.attribute); old != "" && slices.Contains(strList(olds, defaultsKey), n.attribute) {
			inputs[n.attribute] = old
		} else if inputs[n.attribute], err = n.generate(name, seed); err != nil {
			return nil, nil, err
		}
		defaults = append(defaults, n.attribute)
	}
	for key, a := range t.Inputs {
		if a.Default != nil && !isSet(inputs, key) {
			inputs[key] = a.Default
			defaults = append(defaults, key)
		}
	}
	slices.Sort(defaults)
	inputs[defaultsKey] = toList(defaults)

	failures = t.validate(name, inputs)
	for _, failure := range failures {
		// The bridge returns a framework's error that names no attribute as an error of the whole call.
		if t.Framework && strings.HasPrefix(failure, "Missing Attribute") {
			return nil, nil, errors.New(failure)
		}
	}
	return inputs, failures, nil
}

// checkSupported returns an error for an input that the simulated AWS does not support. The bridge ignores
// inputs with unknown names, but AWS may not.
func (t *resourceType) checkSupported(news values) error {
	unknown := func(path string) error {
		return fmt.Errorf("the simulated AWS does not support the input %s of %s", path, t.Token)
	}
	for _, key := range slices.Sorted(maps.Keys(news)) {
		a, ok := t.Inputs[key]
		switch {
		case ok, strings.HasPrefix(key, "__"), news[key] == nil:
		default:
			return unknown(key)
		}
		if path := findAsset(key, news[key]); path != "" {
			return fmt.Errorf("the simulated AWS supports no assets and archives: set the input %s of %s to a string", path, t.Token)
		}
		object, isObject := news[key].(values)
		if a.Elem == nil || !isObject {
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(object)) {
			if _, ok := a.Elem[field]; !ok && !strings.HasPrefix(field, "__") && object[field] != nil {
				return unknown(key + "." + field)
			}
		}
	}
	return nil
}

// nameDigits is the number of hexadecimal digits in a generated name.
const nameDigits = 7

// generate returns a name: the logical name, and digits that depend on the engine's seed.
func (n *autoName) generate(name string, seed []byte) (string, error) {
	for len(seed) < 4 {
		seed = append(seed, 0)
	}
	if len(name)+1+nameDigits > n.maxLength {
		return "", fmt.Errorf("name '%s-' plus %d random chars is longer than maximum length %d", name, nameDigits, n.maxLength)
	}
	generated := n.prefix + name + "-" + hex.EncodeToString(seed[:4])[:nameDigits]
	if n.lowerCase {
		generated = strings.ToLower(generated)
	}
	return generated, nil
}

// validate returns the provider's errors for the inputs. Unknown values are not validated.
func (t *resourceType) validate(name string, in values) []string {
	var reasons []string
	for _, key := range slices.Sorted(maps.Keys(t.Inputs)) {
		a := t.Inputs[key]
		switch {
		case isSet(in, key):
			reasons = append(reasons, a.validate(name, key, snake(key), in[key])...)
		case a.Required:
			reasons = append(reasons, fmt.Sprintf("Missing required property '%s'", key))
		}
	}
	for _, group := range t.ConflictsWith {
		reasons = append(reasons, conflictsWith(name, group, in)...)
	}
	for _, group := range t.ExactlyOneOf {
		reasons = append(reasons, exactlyOneOf(name, group, in, t.Framework)...)
	}
	for _, key := range slices.Sorted(maps.Keys(t.AtLeastOneOf)) {
		if !isSet(in, key) {
			reasons = append(reasons, withPath(fmt.Sprintf("Missing required argument. %q: one of `%s` must be specified",
				snake(key), t.AtLeastOneOf[key]), name, key))
		}
	}
	if t.Validate != nil {
		reasons = append(reasons, t.Validate(name, in)...)
	}
	return reasons
}

// validate returns the provider's errors for a value and the attributes in it. path is its Pulumi name, and
// tfPath its name in Terraform.
func (a attribute) validate(name, path, tfPath string, value any) []string {
	var reasons []string
	if a.Validate != nil && !isUnknown(value) {
		for _, reason := range a.Validate(tfPath, value) {
			reasons = append(reasons, withPath(reason, name, path))
		}
	}
	object, ok := value.(values)
	if !ok {
		return reasons
	}
	for _, key := range slices.Sorted(maps.Keys(a.Elem)) {
		field := a.Elem[key]
		switch {
		case isSet(object, key):
			reasons = append(reasons, field.validate(name, path+"."+key, tfPath+".0."+snake(key), object[key])...)
		case field.Required:
			reasons = append(reasons, withPath(fmt.Sprintf("Missing required argument. The argument %q is required, but no "+
				"definition was found.", snake(key)), name, path+"."+key))
		}
	}
	return reasons
}

// withPath adds the path of the property to an error, as the bridge does.
func withPath(reason, name, path string) string {
	return reason + ". Examine values at '" + name + "." + path + "'."
}

// conflictsWith returns the plugin SDK's errors for inputs of a group in ConflictsWith.
func conflictsWith(name string, group []string, in values) []string {
	var set []string
	for _, key := range group {
		if isSet(in, key) && !isUnknown(in[key]) {
			set = append(set, key)
		}
	}
	var reasons []string
	for i := 1; i < len(set); i++ {
		reasons = append(reasons, withPath(fmt.Sprintf("Conflicting configuration arguments. %q: conflicts with %s",
			snake(set[0]), snake(set[i])), name, set[0]))
	}
	return reasons
}

// exactlyOneOf returns the error of the plugin SDK, or of the framework, for a group in ExactlyOneOf.
func exactlyOneOf(name string, group []string, in values, framework bool) []string {
	var set, names []string
	hasUnknown := false
	for _, key := range group {
		names = append(names, snake(key))
		switch {
		case !isSet(in, key):
		case isUnknown(in[key]):
			hasUnknown = true
		default:
			set = append(set, key)
		}
	}
	all := strings.Join(names, ",")
	switch {
	case len(set) == 1 || hasUnknown && (framework || len(set) == 0):
		return nil
	case framework && len(set) == 0:
		return []string{"Missing Attribute Configuration: Exactly one of these attributes must be configured: [" + all + "]"}
	case framework:
		return []string{withPath("Invalid Attribute Combination. Exactly one of these attributes must be configured: ["+all+"]",
			name, set[0])}
	case len(set) == 0:
		return []string{withPath(fmt.Sprintf("Invalid combination of arguments. %q: one of `%s` must be specified",
			names[0], all), name, group[0])}
	}
	tfSet := make([]string, len(set))
	for i, key := range set {
		tfSet[i] = snake(key)
	}
	return []string{withPath(fmt.Sprintf("Invalid combination of arguments. %q: only one of `%s` can be specified, but `%s` were "+
		"specified.", tfSet[0], all, strings.Join(tfSet, ",")), name, set[0])}
}

// snake returns a property's name in Terraform, such as cidr_block for cidrBlock.
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
