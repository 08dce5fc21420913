// Package proof examines the state of a deployed stack, and proves or refutes claims about it: sessions can
// be started, and nothing else can reach the instances.
//
// It reads every stack that is written with the aws package, in the format of "pulumi stack export". A claim
// that depends on something in the state that this package does not model is undecided, and its reasons name
// it.
package proof

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Options are options of Check.
type Options struct {
	// Principals are ARNs and ids of other accounts that are meant to assume session roles, in addition to
	// those that a stack of this project lists in sessionPrincipals. Optional.
	Principals []string
}

// prover proves one family of claims.
type prover struct {
	// scope says which resources of types that are not modeled make the claims undecided.
	scope scope
	prove func(*model) []*finding
}

// provers returns the provers in the order of their claims.
func provers() []prover {
	return []prover{
		{scopeNetwork, (*model).proveReach},
		{scopeNetwork, (*model).proveIsolated},
		{scopeNetwork, (*model).proveNoInbound},
		{scopeIdentity, (*model).proveAgent},
		{scopeNone, (*model).proveOrdered},
		{scopeIdentity, (*model).proveSessionStart},
		{scopeIdentity, (*model).proveSessionMFA},
		{scopeIdentity, (*model).proveSessionForeign},
		{scopeIdentity, (*model).proveSessionOwn},
		{scopeIdentity, (*model).proveSessionScope},
		{scopeIdentity, (*model).proveRecorded},
		{scopeNetwork, (*model).proveEndpointPolicies},
		{scopeNetwork, (*model).proveEgress},
		{scopeNetwork, (*model).proveDefaultGroup},
		{scopeNone, (*model).proveIMDSv2},
		{scopeNone, (*model).proveEncrypted},
		{scopeNone, (*model).proveFlowLogs},
		{scopeNone, (*model).proveMultiZone},
		{scopeNone, (*model).proveProtected},
	}
}

// Check makes all claims about a deployment. It returns an error, such as ErrNoInstance, if the deployment
// does not allow any claim.
func Check(deployment *apitype.DeploymentV3, options Options) ([]Claim, error) {
	s, err := readState(deployment)
	if err != nil {
		return nil, err
	}
	m, err := newModel(s)
	if err != nil {
		return nil, err
	}
	m.principals = options.Principals
	var claims []Claim
	for _, p := range provers() {
		unmodeled, uncertain := m.unmodeled(p.scope), m.uncertainIn(p.scope)
		creators := m.creators()
		for _, f := range p.prove(m) {
			if len(unmodeled) > 0 && f.passing() {
				f.unknown("resources of types that the proofs do not model: %s", strings.Join(unmodeled, ", "))
			}
			if len(creators) > 0 && f.has(Fail) && !f.certain {
				f.unknown("resources that may have created what is missing: %s", strings.Join(creators, ", "))
				f.softened = true
			}
			for _, one := range uncertain {
				f.unknown("resources that may exist: %s", one)
				f.softened = true
			}
			m.addStateReasons(f, p.scope)
			claims = append(claims, f.conclude())
		}
	}
	return claims, nil
}

// addStateReasons adds the unknowns about the resources that a claim rests on, and the premise about those of them that
// the stack only reads. A prover that does not say which these are rests on all resources in its scope.
func (m *model) addStateReasons(f *finding, in scope) {
	rested := f.rested
	if rested == nil {
		for _, r := range m.resources {
			if _, listed := inputTables[r.typ]; listed && scopeOf(r.typ)&in != 0 {
				rested = append(rested, r)
			}
		}
	}
	f.addUnknowns(rested)
	f.presumeUnchanged(rested)
}
