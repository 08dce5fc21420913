package main

import "io"

// proofs returns the required claims about a deployed state, as "pulumi stack export" writes it, that are refuted: a
// line each, with its reasons.
type proofs func(state io.Reader) ([]string, error)

// prove checks a stack's state. Nil where this build has no proofs.
var prove proofs
