package awssim

// updateAny is the Update function of types for which every value is valid.
func updateAny(c *call, _ string, old, in values) (values, error) { return c.applyInputs(old, in), nil }

// applyInputs returns the state after an update: inputs that are no longer set are removed unless they are
// computed, and a policy that is equivalent to the old one does not change.
func (c *call) applyInputs(old, in values) values {
	return applyInputs(resourceTypes[c.token].Inputs, old, in)
}

func applyInputs(attributes map[string]attribute, old, in values) values {
	for name, a := range attributes {
		oldObject, _ := old[name].(values)
		object, isObject := in[name].(values)
		switch {
		case a.Elem != nil && isObject && oldObject != nil:
			old[name] = applyInputs(a.Elem, clone(oldObject), object)
		case isSet(in, name):
			if !a.IsPolicy || !a.equal(old[name], in[name]) {
				old[name] = in[name]
			}
		case !a.Computed:
			delete(old, name)
		}
	}
	return old
}
