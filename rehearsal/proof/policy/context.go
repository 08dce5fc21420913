package policy

import (
	"slices"
	"strings"
)

// Context holds what is known about condition keys. In the zero value all of them are unknown, so that every
// condition makes the answer undecided.
type Context struct {
	// last is what was said last. It overrides what was said before about the same key.
	last *entry
	// prefixes are prefixes of keys that the request does not have unless an entry says otherwise.
	prefixes []string
	complete bool
}

// entry says what is known about a key, given in lower case.
type entry struct {
	key   string
	value known
	// forgotten is true if nothing is known.
	forgotten bool
	before    *entry
}

// known is what is known about a condition key.
type known struct {
	// has says whether the request has the key.
	has Answer
	// values are the values if exact is true. Otherwise the key has one value, about which the other fields
	// say more.
	values []string
	exact  bool
	// oneOf are the possible values. Empty: any.
	oneOf []string
	// not are values that the key does not have.
	not []string
	// notKey is a key whose value differs from that of this key.
	notKey string
	// above is a number that the value is greater than, if aboveKnown is true.
	above      float64
	aboveKnown bool
	// group are the principals whose ARNs are possible.
	group *Group
}

// CompleteContext returns a context without any keys except those that With adds.
func CompleteContext() Context { return Context{complete: true} }

// With returns the context with a key and its values. Without values the key exists and is empty.
func (c Context) With(key string, values ...string) Context {
	return c.set(key, known{has: Yes, values: values, exact: true})
}

// Without returns the context without the key.
func (c Context) Without(key string) Context { return c.set(key, known{has: No}) }

// WithUnknown returns the context in which it is unknown whether the request has the key, and with which value.
func (c Context) WithUnknown(key string) Context { return c.set(key, known{has: Unknown}) }

// WithSome returns the context in which the request has the key, with one unknown value.
func (c Context) WithSome(key string) Context { return c.set(key, known{has: Yes}) }

// WithOneOf returns the context in which the key has one of the values.
func (c Context) WithOneOf(key string, values ...string) Context {
	return c.set(key, known{has: Yes, oneOf: values})
}

// WithOther returns the context in which the key has one value that is none of the values.
func (c Context) WithOther(key string, values ...string) Context {
	return c.set(key, known{has: Yes, not: values})
}

// WithOtherThan returns the context in which the key has one value, which differs from that of another key.
func (c Context) WithOtherThan(key, other string) Context {
	return c.set(key, known{has: Yes, notKey: strings.ToLower(other)})
}

// WithAbove returns the context in which the key is a number greater than n.
func (c Context) WithAbove(key string, n int) Context {
	return c.set(key, known{has: Yes, above: float64(n), aboveKnown: true})
}

// Optional returns the context in which the request may also lack the key.
func (c Context) Optional(key string) Context {
	value, _ := c.get(strings.ToLower(key))
	value.has = Unknown
	return c.set(key, value)
}

// Forget returns the context without anything about a key except what follows from the principal.
func (c Context) Forget(key string) Context {
	c.last = &entry{key: strings.ToLower(key), forgotten: true, before: c.last}
	return c
}

// Knows reports whether the context says anything about a key.
func (c Context) Knows(key string) bool {
	_, ok := c.get(strings.ToLower(key))
	return ok
}

// Value returns the only value of a key, or "" if it has none or it is not known.
func (c Context) Value(key string) string {
	if k, _ := c.get(strings.ToLower(key)); k.exact && len(k.values) == 1 {
		return k.values[0]
	}
	return ""
}

// WithoutAny returns the context without any key that has the prefix, except those that With adds.
func (c Context) WithoutAny(prefix string) Context {
	c.prefixes = append(slices.Clone(c.prefixes), strings.ToLower(prefix))
	return c
}

// set returns the context with what is known about a key.
func (c Context) set(key string, value known) Context {
	c.last = &entry{key: strings.ToLower(key), value: value, before: c.last}
	return c
}

// get returns what the context says about a key, given in lower case.
func (c Context) get(key string) (known, bool) {
	for e := c.last; e != nil; e = e.before {
		if e.key == key {
			return e.value, !e.forgotten
		}
	}
	return known{}, false
}

// keys returns everything that the context says, by key.
func (c Context) keys() map[string]known {
	found, seen := map[string]known{}, map[string]bool{}
	for e := c.last; e != nil; e = e.before {
		if !seen[e.key] && !e.forgotten {
			found[e.key] = e.value
		}
		seen[e.key] = true
	}
	return found
}

// lookUp returns what is known about a key.
func (r *Request) lookUp(key string) known {
	key = strings.ToLower(key)
	if value, ok := r.Context.get(key); ok {
		return value
	}
	if value, ok := r.Principal.key(key); ok {
		return value
	}
	absent := func(prefix string) bool { return strings.HasPrefix(key, prefix) }
	if r.Context.complete || slices.ContainsFunc(r.Context.prefixes, absent) {
		return known{has: No}
	}
	return known{has: Unknown}
}

// alternatives returns the cases that a condition has to be evaluated for: without the key, and with each
// of its possible values.
func (k known) alternatives() []known {
	var cases []known
	if k.has != Yes || k.exact && len(k.values) == 0 {
		cases = append(cases, known{has: No})
	}
	if k.has == No || k.exact && len(k.values) == 0 {
		return cases
	}
	k.has = Yes
	if len(k.oneOf) == 0 {
		return append(cases, k)
	}
	for _, value := range k.oneOf {
		cases = append(cases, known{has: Yes, values: []string{value}, exact: true})
	}
	return cases
}
