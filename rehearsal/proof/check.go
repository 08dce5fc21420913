// Package proof makes claims about a deployed stack from its state alone: that
// sessions can open, and that nothing else can. Each is proven, refuted or undecided,
// with its reasons.
//
// It reads any stack written with the aws package, in the format of "pulumi stack
// export". What it does not know of a state it names, and a claim that would rest on
// that is undecided.
package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Options are the caller's wishes.
type Options struct {
	// Principals are ARNs and accounts that are meant to assume session roles from
	// other accounts. Those that a stack of this project lists itself need not be here.
	Principals []string
}

// prover proves one family of claims.
type prover struct {
	// rests names what the claims rest on, for resources of unknown types.
	rests family
	prove func(*model) []*finding
}

// provers are in the order in which claims are told.
func provers() []prover {
	return []prover{
		{network, (*model).proveReach},
		{network, (*model).proveIsolated},
		{network, (*model).proveNoInbound},
		{identity, (*model).proveAgent},
		{nothing, (*model).proveOrdered},
		{identity, (*model).proveSessionStart},
		{identity, (*model).proveSessionMFA},
		{identity, (*model).proveSessionForeign},
		{identity, (*model).proveSessionOwn},
		{identity, (*model).proveSessionScope},
		{identity, (*model).proveRecorded},
		{network, (*model).proveEndpointPolicies},
		{network, (*model).proveEgress},
		{network, (*model).proveDefaultGroup},
		{nothing, (*model).proveIMDSv2},
		{nothing, (*model).proveEncrypted},
		{nothing, (*model).proveFlowLogs},
		{nothing, (*model).proveMultiZone},
		{nothing, (*model).proveProtected},
	}
}

// Check makes all claims about a deployment. An error says why nothing can be claimed.
func Check(deployment *apitype.DeploymentV3, options Options) ([]Claim, error) {
	s, err := readState(deployment)
	if err != nil {
		return nil, err
	}
	m, err := newModel(s)
	if err != nil {
		return nil, err
	}
	m.intent.principals = append(m.intent.principals, options.Principals...)
	strangers := m.strangers()
	var claims []Claim
	for _, p := range provers() {
		for _, f := range p.prove(m) {
			if names := strangers[p.rests]; len(names) > 0 && f.whole() {
				f.doubts("what these do to it, whose types are unknown here: %s", strings.Join(names, ", "))
			}
			claims = append(claims, f.conclude())
		}
	}
	if err := m.unsealed(); err != nil {
		return nil, err
	}
	return claims, nil
}

// unsealed is an error where a property that was read turned out to be encrypted.
func (m *model) unsealed() error {
	if len(m.sealed) == 0 {
		return nil
	}
	return fmt.Errorf("the state holds encrypted secrets where claims need the value: %s: "+
		"export it with \"pulumi stack export --show-secrets\"",
		strings.Join(slices.Sorted(maps.Keys(m.sealed)), ", "))
}
