package main

import (
	"bytes"
	"errors"

	"bastionless/rehearsal/proof"
)

// prove makes the claims about the deployed stack. It reads the state as it is exported,
// so that what it finds is what verify would find.
func (r *rehearsal) prove() {
	var state bytes.Buffer
	err := r.stack.Export(&state)
	if err == nil {
		err = r.check(&state)
	}
	if err != nil {
		r.report.Problems = append(r.report.Problems, "claims: "+err.Error())
	}
}

// check makes the claims about a state. Of one without instances there are none.
func (r *rehearsal) check(state *bytes.Buffer) error {
	deployment, err := proof.Read(state)
	if err != nil {
		return err
	}
	claims, err := proof.Check(deployment, proof.Options{})
	if errors.Is(err, proof.ErrNoInstance) {
		return nil
	}
	r.report.Claims = claims
	return err
}
