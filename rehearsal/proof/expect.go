package proof

import "bastionless/rehearsal/proof/policy"

// expectNone adds whether AWS denies all requests of a class. If it does not, a request that it allows refutes the
// claim. class describes the class, and describe one of its requests.
func (f *finding) expectNone(policies policy.Policies, request *policy.Request, fix, class string, describe func(*policy.Request) string) {
	d := decideClass(policies, request)
	if d.Effect == policy.Denied {
		f.pass("%s: %s: %s", class, d.Effect, d.Why)
		return
	}
	if witness, allowed, ok := policies.Witness(request); ok {
		f.fail(fix, "%s: %s: %s", describe(witness), allowed.Effect, allowed.Why)
		return
	}
	f.unknownUntil(fix, "%s may be allowed: %s", class, d.Why)
}
