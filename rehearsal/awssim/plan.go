package awssim

import (
	"fmt"
	"maps"
)

// check adds generated names and defaults to the inputs of the resource with this name, and returns them
// with the provider's errors.
func check(token, name string, seed []byte, olds, news values) (inputs values, failures []string, err error) {
	t, err := lookupType(token)
	if err != nil {
		return nil, nil, err
	}
	if err := t.checkSupported(news); err != nil {
		return nil, nil, err
	}
	return t.check(name, seed, olds, news)
}

// diff compares a resource's state with new inputs.
func (s *session) diff(urn, token string, state, in values) (differences, error) {
	t, err := lookupType(token)
	if err != nil {
		return nil, err
	}
	d, err := t.diff(s.newCall(token), state, in)
	if err != nil {
		return nil, fmt.Errorf("diffing %s: %w", urn, t.wrapError("", "", err))
	}
	return d, nil
}

// planCreate returns the state that a preview shows for a new resource: the inputs, and unknown outputs.
func planCreate(token string, in values) (values, error) {
	t, err := lookupType(token)
	if err != nil {
		return nil, err
	}
	state := clone(in)
	for _, output := range t.Outputs {
		state[output] = unknown{}
	}
	for key, a := range t.Inputs {
		if a.Computed && !isSet(state, key) {
			state[key] = unknown{}
		}
	}
	return state, nil
}

// planUpdate returns the state that a preview shows for a resource that is updated in place.
func (s *session) planUpdate(token string, old, in values) (values, error) {
	t, err := lookupType(token)
	if err != nil {
		return nil, err
	}
	c := s.newCall(token)
	d, err := t.diff(c, old, in)
	if err != nil {
		return nil, t.wrapError("", "", err)
	}
	state := clone(old)
	for path := range d {
		for _, output := range t.SetNewComputed[topLevel(path)] {
			state[output] = unknown{}
		}
	}
	maps.Copy(state, clone(in))
	if t.Taggable && !isUnknown(in["tags"]) {
		state["tagsAll"] = c.allTags(in)
	}
	return state, nil
}
