// Package proof examines the state of a deployed stack, and proves or refutes claims about it: sessions can
// be started, and nothing else can reach the instances.
//
// It reads every stack that is written with the aws package, in the format of "pulumi stack export". A claim
// that depends on something in the state that this package does not model is undecided, and its reasons name
// it.
package proof

import (
	"fmt"
	"maps"
	"slices"
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
	m.intent.principals = append(m.intent.principals, options.Principals...)
	unmodeled := m.unmodeledTypes()
	var claims []Claim
	for _, p := range provers() {
		for _, f := range p.prove(m) {
			if names := unmodeled[p.scope]; len(names) > 0 && f.passing() {
				f.unknown("resources of types that the proofs do not model: %s", strings.Join(names, ", "))
			}
			claims = append(claims, f.conclude())
		}
	}
	if err := m.encryptedPropsError(); err != nil {
		return nil, err
	}
	return claims, nil
}

// encryptedPropsError returns an error if a property that was read is encrypted.
func (m *model) encryptedPropsError() error {
	if len(m.encryptedProps) == 0 {
		return nil
	}
	return fmt.Errorf("the state encrypts properties that claims depend on: %s: "+
		"export it with \"pulumi stack export --show-secrets\"",
		strings.Join(slices.Sorted(maps.Keys(m.encryptedProps)), ", "))
}
