package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/proof/policy/generate"
)

// cases generates a request and its policies.
func cases() *rapid.Generator[generate.Case] {
	return rapid.Custom(func(t *rapid.T) generate.Case {
		return generate.New(rapid.Uint64().Draw(t, "seed"))
	})
}

func TestDecide_addingDenyNeverAllows(t *testing.T) {
	t.Parallel()
	deny := parse(t, `"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"`)
	maybe := parse(t, `"Effect": "Deny", "NotAction": "ssm:*", "Resource": "*", "Condition": {"StringLike": {"aws:username": "a*"}}`)
	rapid.Check(t, func(t *rapid.T) {
		one := cases().Draw(t, "case")
		policies, request := one.Read(t)
		before := policies.Decide(request)
		policies.Identity = append(policies.Identity, maybe)
		after := policies.Decide(request)
		if after.Effect > before.Effect {
			t.Fatalf("a Deny statement changed %v to %v", before, after)
		}
		policies.Identity = append(policies.Identity, deny)
		require.Equal(t, policy.Denied, policies.Decide(request).Effect)
	})
}

func TestDecide_addingAllowNeverDenies(t *testing.T) {
	t.Parallel()
	allow := parse(t, `"Effect": "Allow", "Action": "*", "Resource": "*"`)
	rapid.Check(t, func(t *rapid.T) {
		one := cases().Draw(t, "case")
		policies, request := one.Read(t)
		before := policies.Decide(request)
		policies.Identity = append(policies.Identity, allow)
		after := policies.Decide(request)
		if after.Effect < before.Effect {
			t.Fatalf("an Allow statement changed %v to %v", before, after)
		}
	})
}

func TestDecide_boundariesAndEndpointsNeverAllow(t *testing.T) {
	t.Parallel()
	narrow := parse(t, `"Effect": "Allow", "Action": "ssm:Start*", "Resource": "*", "Principal": "*"`)
	rapid.Check(t, func(t *rapid.T) {
		one := cases().Draw(t, "case")
		policies, request := one.Read(t)
		policies.Boundary, policies.Endpoint = nil, nil
		before := policies.Decide(request)
		policies.Boundary = narrow
		bounded := policies.Decide(request)
		policies.Endpoint = narrow
		through := policies.Decide(request)
		if bounded.Effect > before.Effect || through.Effect > bounded.Effect {
			t.Fatalf("%v, with a boundary %v, and through an endpoint %v", before, bounded, through)
		}
	})
}

func TestDecide_unknownKeysNeverChangeTheAnswer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one := cases().Draw(t, "case")
		policies, request := one.Read(t)
		known := policies.Decide(request)
		key := rapid.SampledFrom(generate.Keys).Draw(t, "key")
		request.Context = one.ContextWithUnknown(key)
		if blind := policies.Decide(request); blind.Effect != policy.Undecided && known.Effect != policy.Undecided {
			require.Equal(t, known.Effect, blind.Effect, "the answer did not depend on %s: %s; %s", key, known.Why, blind.Why)
		}
	})
}
