package proof_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// Everybody may read a public bucket. Only the account may write to it, if the workload does.
func TestPublicBuckets_writes(t *testing.T) {
	t.Parallel()
	const own = `,"Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}`
	state := deployed(t, "dev", map[string]string{"publicBuckets": `["mirror"]`})
	for name, test := range map[string]struct{ condition, result, because string }{
		"of the account": {own, proof.Assumed, ""},
		"of everybody":   {"", proof.Refuted, "an unsigned write to a public bucket"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := *state
			changed.Resources = slices.Clone(state.Resources)
			for i, r := range changed.Resources {
				if text, ok := r.Outputs["policy"].(string); ok && r.URN.Name() == "endpoints-s3" {
					r.Outputs = maps.Clone(r.Outputs)
					r.Outputs["policy"] = strings.TrimSuffix(text, "]}") +
						`,{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::mirror/*"` + test.condition + `}]}`
					r.Inputs = maps.Clone(r.Inputs)
					r.Inputs["policy"] = r.Outputs["policy"]
					changed.Resources[i] = r
				}
			}
			claims := claimsOf(t, &changed)
			i := slices.IndexFunc(claims, func(c proof.Claim) bool { return c.ID == "endpoint-policy.s3" })
			require.Equal(t, test.result, claims[i].Result, claims[i].Why())
			require.Contains(t, strings.Join(claims[i].Why(), "\n"), test.because)
		})
	}
}

// TestCheck_endpointPolicies changes the policies of endpoints.
func TestCheck_endpointPolicies(t *testing.T) {
	t.Parallel()
	const (
		own    = `"Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}`
		reads  = `{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::amazon-ssm-eu-west-1","arn:aws:s3:::amazon-ssm-eu-west-1/*"]}`
		writes = `{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:PutObject"],"Resource":`
	)
	ssm := func(statements ...string) func(*peer) {
		return func(p *peer) { p.set("ssm", "policy", document(statements...)) }
	}
	s3 := func(statements ...string) func(*peer) {
		return func(p *peer) { p.set("s3", "policy", document(statements...)) }
	}
	for name, test := range map[string]struct {
		change        func(*peer)
		claim, result string
		because       string
		assumed       string
	}{
		"the account as a condition": {
			ssm(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",` + own + `}`), "endpoint-policy.ssm", proof.Proven, "", "",
		},
		"the account as the principal": {
			ssm(`{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}`), "endpoint-policy.ssm", proof.Proven, "", "",
		},
		"another account as a principal": {
			ssm(`{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root","arn:aws:iam::222222222222:root"]},"Action":"*","Resource":"*"}`),
			"endpoint-policy.ssm", proof.Refuted, "a request of another account (arn:aws:iam::222222222222:user/ann)", "",
		},
		"a denial of other accounts": {
			ssm(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`,
				`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"123456789012"}}}`),
			"endpoint-policy.ssm", proof.Proven, "", "",
		},
		"an organization that nobody knows": {
			ssm(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}`),
			"endpoint-policy.ssm", proof.Undecided, "aws:PrincipalOrgID", "",
		},
		"reads of AWS's buckets": {s3(reads), "endpoint-policy.s3", proof.Proven, "", ""},
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html: everybody can create a bucket with a
		// name that nobody uses.
		"a pattern of names for the account's principals": {
			s3(reads, writes+`["arn:aws:s3:::corp-*","arn:aws:s3:::corp-*/*"],`+own+`}`), "endpoint-policy.s3", proof.Refuted,
			"a read from a bucket of another account", "",
		},
		"a pattern of names of AWS": {
			s3(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::aws-patch-manager-eu-west-1-*/*"}`), "endpoint-policy.s3", proof.Refuted,
			"of another account", "",
		},
		"a pattern of names, of buckets of the account": {
			s3(reads, writes+`["arn:aws:s3:::corp-*","arn:aws:s3:::corp-*/*"],"Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012","aws:ResourceAccount":"123456789012"}}}`),
			"endpoint-policy.s3", proof.Proven, "", "",
		},
		"a named bucket": {
			s3(reads, writes+`"arn:aws:s3:::corp-data/*",`+own+`}`), "endpoint-policy.s3", proof.Assumed, "", `the account owns the bucket "corp-data"`,
		},
		"a named bucket for everybody": {
			s3(reads, writes+`"arn:aws:s3:::corp-data/*"}`), "endpoint-policy.s3", proof.Refuted, "a request of another account", "",
		},
		"writes to a bucket of AWS": {
			s3(writes + `"arn:aws:s3:::amazon-ssm-eu-west-1/*",` + own + `}`), "endpoint-policy.s3", proof.Refuted, "a write to a bucket of another account", "",
		},
		// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html: in the policy of a gateway endpoint, an
		// account stands for its root user.
		"the account as the principal of a gateway endpoint": {
			s3(`{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}`), "reach.s3", proof.Refuted,
			"no statement of the endpoint policy allows it", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := goodPeer()
			test.change(p)
			claims := check(t, p.export(t))
			result, why := resultOf(t, claims, test.claim)
			require.Equal(t, test.result, result, why)
			require.Contains(t, why, test.because)
			assumed := ""
			for _, claim := range claims {
				for _, reason := range claim.Reasons {
					if claim.ID == test.claim && reason.Kind == proof.Assumption {
						assumed += reason.Text
					}
				}
			}
			require.Contains(t, assumed, test.assumed)
		})
	}
}
