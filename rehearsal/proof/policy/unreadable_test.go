package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof/policy"
)

// TestUnreadable checks that a policy whose content is unknown decides nothing, in any place.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	unknown := policy.Unreadable("x", "its content, which is encrypted")
	allow, err := policy.Parse("allow", `{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}`)
	require.NoError(t, err)
	request := &policy.Request{Principal: policy.User("arn:aws:iam::123456789012:user/ann"), Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
	for name, policies := range map[string]policy.Policies{
		"alone":               {Identity: []*policy.Document{unknown}},
		"beside an allow":     {Identity: []*policy.Document{allow, unknown}},
		"of the resource":     {Identity: []*policy.Document{allow}, Resource: unknown},
		"of a key":            {Resource: unknown, ResourceMustAllow: true},
		"boundary":            {Identity: []*policy.Document{allow}, Boundary: unknown},
		"of an endpoint":      {Identity: []*policy.Document{allow}, Endpoint: unknown},
		"of a foreign bucket": {Identity: []*policy.Document{allow}, Resource: unknown, ResourceAccount: "210987654321"},
	} {
		d := policies.Decide(request)
		require.Equal(t, policy.Undecided, d.Effect, name)
		require.Contains(t, d.Why, "its content, which is encrypted", name)
	}
}
