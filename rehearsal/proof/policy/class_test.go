package policy_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/proof/policy/generate"
)

// generalize replaces parts of a request by classes that contain them.
func generalize(g *rand.Rand, c *generate.Case, r *policy.Request) *policy.Request {
	class := *r
	if g.IntN(2) == 0 {
		class.Principal = generalizePrincipal(g, r.Principal)
	}
	service, _, _ := strings.Cut(r.Action, ":")
	if g.IntN(3) == 0 {
		class.Action, class.Actions = "", &policy.Class{
			Prefix: []string{"", service + ":", r.Action[:len(r.Action)-2]}[g.IntN(3)],
			Except: [][]string{nil, {service + ":Put*", "s3:GetObject"}, {r.Action + "Batch", "ec2:*"}}[g.IntN(3)],
		}
		if !class.Actions.Contains(r.Action) {
			class.Actions.Except = nil
		}
	}
	if g.IntN(3) == 0 && r.Resource != "*" {
		class.Resource, class.Resources = "", &policy.Class{
			Prefix: []string{"arn:aws:", r.Resource[:len(r.Resource)-g.IntN(8)]}[g.IntN(2)],
			Except: [][]string{nil, {"arn:aws:s3:::*", "arn:aws:ec2:eu-west-1:123456789012:instance/i-0bb"}, {r.Resource + "x*"}}[g.IntN(3)],
		}
	}
	for key, value := range c.Context {
		class.Context = generalizeKey(g, class.Context, key, value.(string))
	}
	return &class
}

func generalizePrincipal(g *rand.Rand, p policy.Principal) policy.Principal {
	group := policy.Group{Kind: policy.UserKind}
	if p.IsSession() {
		group.Kind = policy.RoleKind
	}
	if g.IntN(3) == 0 {
		group.Kind = policy.AnyKind
	}
	switch g.IntN(4) {
	case 0:
		group.Account = p.Account()
	case 1:
		group.NotAccounts = []string{"111111111111", map[string]string{"123456789012": "210987654321", "210987654321": "123456789012"}[p.Account()]}
	}
	if g.IntN(3) == 0 {
		group.NotARNs = []string{"arn:aws:iam::123456789012:user/bob", "arn:aws:iam::123456789012:role/other"}
	}
	if g.IntN(3) == 0 {
		group.NotPaths = []string{"role/aws-reserved/", "user/b"}
	}
	return group.Principal()
}

// principalKeys follow from the principal, so that a class of principals must not know their exact values.
const principalKeys = "aws:PrincipalArn aws:userid aws:username aws:PrincipalAccount"

func generalizeKey(g *rand.Rand, c policy.Context, key, value string) policy.Context {
	if strings.Contains(principalKeys, key) {
		return c
	}
	switch g.IntN(8) {
	case 0:
		c = c.WithSome(key)
	case 1:
		c = c.WithOneOf(key, "x", value)
	case 2:
		c = c.WithOther(key, value+"x", "ops"+value, "emergency!")
	case 3:
		return c.WithUnknown(key)
	case 4:
		if key != "aws:MultiFactorAuthAge" {
			return c
		}
		c = c.WithAbove(key, 50)
	default:
		return c
	}
	if g.IntN(3) == 0 {
		c = c.Optional(key)
	}
	return c
}

// TestDecide_classes checks that the answer to a class of requests is that to each of its requests.
func TestDecide_classes(t *testing.T) {
	t.Parallel()
	const seed, pairs = 20, 12000
	g := rand.New(rand.NewPCG(seed, 0))
	count := map[policy.Effect]int{}
	for i := range uint64(pairs) {
		one := generate.New(seed<<32 + i)
		policies, request := one.Read(t)
		member := *request
		class := generalize(g, &one, request)
		if class.Principal.Group != nil {
			// The keys of a member follow from its principal.
			class.Context = unknownPrincipal(class.Context)
		}
		decision := policies.DecideClass(class)
		count[decision.Effect]++
		if decision.Effect == policy.Undecided {
			continue
		}
		concrete := policies.Decide(&member)
		if concrete.Effect != policy.Undecided {
			require.Equal(t, decision.Effect, concrete.Effect, "seed %d, case %d: class %s; member %s", seed, i, decision.Why, concrete.Why)
		}
	}
	t.Logf("seed %d, %d pairs: %v", seed, pairs, count)
	require.Greater(t, count[policy.Denied], pairs/4)
	require.Greater(t, count[policy.Allowed], pairs/100)
}

// unknownPrincipal removes the values of keys that follow from the principal.
func unknownPrincipal(c policy.Context) policy.Context {
	for key := range strings.FieldsSeq(principalKeys) {
		c = c.Forget(key)
	}
	return c.WithSome("aws:userid")
}

// TestWitness_isAllowedMember checks that a witness is a request of the class, and that AWS allows it.
func TestWitness_isAllowedMember(t *testing.T) {
	t.Parallel()
	const seed, pairs = 21, 500
	g := rand.New(rand.NewPCG(seed, 0))
	found := 0
	for i := range uint64(pairs) {
		one := generate.New(seed<<32 + i)
		policies, request := one.Read(t)
		class := generalize(g, &one, request)
		if class.Principal.Group != nil {
			class.Context = unknownPrincipal(class.Context)
		}
		witness, decision, ok := policies.Witness(class)
		if !ok {
			continue
		}
		found++
		require.Equal(t, policy.Allowed, decision.Effect)
		require.Equal(t, decision, policies.Decide(witness))
		require.NotEqual(t, policy.Denied, policies.Decide(class).Effect, "seed %d, case %d: a class with the witness %+v is denied", seed, i, witness)
		if group := class.Principal.Group; group != nil {
			require.True(t, group.Contains(witness.Principal), "%+v does not contain %+v", group, witness.Principal)
		}
		require.True(t, class.Actions == nil || class.Actions.Contains(witness.Action))
		require.True(t, class.Resources == nil || class.Resources.Contains(witness.Resource))
	}
	require.Greater(t, found, pairs/20)
}

// assume decides whether the members of a class can assume a role with a trust policy.
func assume(t *testing.T, trust string, group policy.Group, context policy.Context) (policy.Policies, *policy.Request) {
	t.Helper()
	allow := parse(t, `"Effect": "Allow", "Action": "*", "Resource": "*"`)
	return policy.Policies{
		Identity: []*policy.Document{allow}, Resource: parseAll(t, `{"Version": "2012-10-17", "Statement": [`+trust+`]}`),
		ResourceAccount: account, ResourceMustAllow: true,
	}, &policy.Request{Principal: group.Principal(), Action: "sts:AssumeRole", Resource: roleARN, Context: context}
}

func TestDecide_classesOfPrincipals(t *testing.T) {
	t.Parallel()
	const allow = `{"Effect": "Allow", "Action": "sts:AssumeRole", `
	const mfa = `"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}`
	const root = `"Principal": {"AWS": "arn:aws:iam::123456789012:root"}, `
	noMFA := policy.Context{}.WithOneOf("aws:MultiFactorAuthPresent", "false").Optional("aws:MultiFactorAuthPresent").Without("aws:MultiFactorAuthAge")
	everybody, foreign := policy.Group{}, policy.Group{NotAccounts: []string{account}}
	for name, test := range map[string]struct {
		trust   string
		group   policy.Group
		context policy.Context
		want    policy.Effect
		witness string
	}{
		"MFA for all":       {allow + root + mfa, everybody, noMFA, policy.Denied, ""},
		"MFA if it is said": {allow + root + strings.Replace(mfa, "Bool", "BoolIfExists", 1), everybody, noMFA, policy.Undecided, "arn:aws:iam::123456789012:user/ann"},
		"a session name without MFA": {
			allow + root + mfa + `, ` + allow + root + `"Condition": {"StringEquals": {"sts:RoleSessionName": "emergency"}}}`,
			everybody, noMFA, policy.Undecided, "arn:aws:iam::123456789012:user/ann",
		},
		"a user name without MFA": {
			allow + root + mfa + `, ` + allow + root + `"Condition": {"StringEquals": {"aws:username": "bob"}}}`,
			everybody, noMFA, policy.Undecided, "arn:aws:iam::123456789012:user/bob",
		},
		"a role without MFA": {
			allow + root + mfa + `, ` + allow + `"Principal": {"AWS": "arn:aws:iam::123456789012:role/dev"}}`,
			policy.Group{Kind: policy.RoleKind},
			noMFA, policy.Undecided, "arn:aws:sts::123456789012:assumed-role/dev/ann",
		},
		"a role without MFA is no user": {
			allow + root + mfa + `, ` + allow + `"Principal": {"AWS": "arn:aws:iam::123456789012:role/dev"}}`,
			policy.Group{Kind: policy.UserKind},
			noMFA, policy.Denied, "",
		},
		"sessions of roles have no MFA": {allow + root + mfa, policy.Group{Kind: policy.RoleKind}, policy.Context{}, policy.Denied, ""},
		"a second account in a condition": {
			allow + `"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": ["123456789012", "222222222222"]}}}`,
			foreign,
			policy.Context{},
			policy.Undecided, "arn:aws:iam::222222222222:user/ann",
		},
		"a second account in a condition that is meant": {
			allow + `"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": ["123456789012", "222222222222"]}}}`,
			policy.Group{NotAccounts: []string{account, "222222222222"}},
			policy.Context{},
			policy.Denied, "",
		},
		"roles by pattern": {
			allow + `"Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/dev-*"}}}`,
			foreign,
			policy.Context{},
			policy.Denied, "",
		},
		"roles by a pattern for texts": {
			allow + `"Principal": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/dev-*"}}}`,
			foreign,
			policy.Context{},
			policy.Undecided, "arn:aws:sts::123456789010:assumed-role/dev-any/ann",
		},
		"a source address": {
			allow + `"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}`,
			foreign,
			policy.Context{},
			policy.Undecided, "",
		},
		"a denial of the others": {
			allow + `"Principal": "*"}, {"Effect": "Deny", "Action": "*", "Principal": "*", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}}`,
			foreign,
			policy.Context{},
			policy.Denied, "",
		},
		"a denial of all but one": {
			allow + `"Principal": "*"}, {"Effect": "Deny", "Action": "*", "NotPrincipal": {"AWS": ["arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/ann"]}}`,
			foreign,
			policy.Context{},
			policy.Denied, "",
		},
		"session names other than the user's": {
			allow + root + `"Condition": {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}}`,
			policy.Group{Kind: policy.UserKind},
			policy.Context{}.WithOtherThan("sts:RoleSessionName", "aws:username"), policy.Denied, "",
		},
		"session names that begin with the user's": {
			allow + root + `"Condition": {"StringLike": {"sts:RoleSessionName": "${aws:username}*"}}}`,
			policy.Group{Kind: policy.UserKind},
			policy.Context{}.WithOtherThan("sts:RoleSessionName", "aws:username"), policy.Undecided, "arn:aws:iam::123456789012:user/ann",
		},
		"MFA of two hours ago": {
			allow + root + `"Condition": {"NumericLessThanEquals": {"aws:MultiFactorAuthAge": "3600"}}}`,
			everybody, policy.Context{}.With("aws:MultiFactorAuthPresent", "true").WithAbove("aws:MultiFactorAuthAge", 3600), policy.Denied, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policies, class := assume(t, test.trust, test.group, test.context)
			d := policies.Decide(class)
			require.Equal(t, test.want, d.Effect, d.Why)
			witness, _, ok := policies.Witness(class)
			require.Equal(t, test.witness != "", ok)
			if ok {
				require.Equal(t, test.witness, witness.Principal.ARN)
			}
		})
	}
}

func TestDecide_resourcesAcrossColons(t *testing.T) {
	t.Parallel()
	const stream = "arn:aws:logs:eu-west-1:123456789012:log-group:app:log-stream:ann"
	for resource, want := range map[string]policy.Effect{
		"arn:aws:logs:*:log-group:app:*":                             policy.Allowed,
		"arn:aws:logs:eu-west-1:123456789012:log-group:app:*":        policy.Allowed,
		"arn:aws:logs:eu-west-1:123456789012:log-group:a*n":          policy.Allowed,
		"arn:aws:logs:eu-west-1:123456789012:*":                      policy.Allowed,
		"arn:aws:logs:*":                                             policy.Undecided,
		"arn:aws:logs:e*1:log-group:app:log-stream:ann":              policy.Denied,
		"arn:aws:logs:e*2:log-group:app:log-stream:ann":              policy.Undecided,
		"arn:aws:logs:eu-west-1?123456789012:log-group:app:*:ann":    policy.Undecided,
		"arn:aws:logs:*:log-group:other:*":                           policy.Denied,
		"arn:aws:logs:eu-west-1:123456789012:log-group:app:log-str?": policy.Denied,
	} {
		r := policy.Request{Principal: session, Action: "logs:PutLogEvents", Resource: stream}
		got := decide(parse(t, fmt.Sprintf(`"Effect": "Allow", "Action": "*", "Resource": %q`, resource)), r)
		require.Equal(t, want, got.Effect, "%s: %s", resource, got.Why)
	}
}

func TestDecide_patternsAreFast(t *testing.T) {
	t.Parallel()
	const stars = 12
	document := parse(t, `"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::`+strings.Repeat("a*", stars)+`b",
		"Condition": {"StringLike": {"k": "`+strings.Repeat("a*", stars)+`b"}}`)
	text := strings.Repeat("a", 2000)
	start := time.Now()
	r := policy.Request{Principal: ann, Action: "s3:GetObject", Resource: "arn:aws:s3:::" + text, Context: policy.CompleteContext().With("k", text)}
	require.Equal(t, policy.Denied, decide(document, r).Effect)
	require.Less(t, time.Since(start), time.Second)
}

func TestDecide_gatewayEndpoints(t *testing.T) {
	t.Parallel()
	// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
	yes := parse(t, `"Effect": "Allow", "Action": "*", "Resource": "*"`)
	for principal, want := range map[string][2]policy.Effect{
		`"*"`:                     {policy.Allowed, policy.Allowed},
		`{"AWS": "*"}`:            {policy.Allowed, policy.Allowed},
		`{"AWS": "123456789012"}`: {policy.Denied, policy.Allowed},
		`{"AWS": "arn:aws:iam::123456789012:root"}`: {policy.Denied, policy.Allowed},
		`{"AWS": "` + roleARN + `"}`:                {policy.Undecided, policy.Allowed},
	} {
		policies := policy.Policies{
			Identity: []*policy.Document{yes}, Endpoint: parse(t, `"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": `+principal),
		}
		r := policy.Request{Principal: session, Action: "s3:PutObject", Resource: "arn:aws:s3:::b/k"}
		for i, gateway := range []bool{true, false} {
			policies.Gateway = gateway
			require.Equal(t, want[i], policies.Decide(&r).Effect, "%s, gateway %v", principal, gateway)
		}
	}
}

func TestDecide_malformedARNs(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{"", "arn", "arn:aws:iam::123456789012:user/", "arn:aws:iam::123456789012:", "::::::", "arn:aws:sts::1:assumed-role", "arn:aws:iam::123456789012:role/"} {
		for _, p := range []policy.Principal{policy.User(arn), policy.Session(arn, ""), {Group: &policy.Group{NotARNs: []string{arn}}}} {
			document := parse(t, fmt.Sprintf(`"Effect": "Allow", "Action": "*", "Resource": %q, "Principal": {"AWS": %q},
				"Condition": {"ArnLike": {"aws:PrincipalArn": %[1]q}, "StringLike": {"aws:username": "*"}}`, arn, arn))
			policies := policy.Policies{Resource: document, Endpoint: document, ResourceMustAllow: true}
			r := policy.Request{Principal: p, Action: "sts:AssumeRole", Resource: arn}
			policies.Decide(&r)
			policies.Witness(&r)
		}
	}
}

// FuzzDecide checks that no policy makes the evaluator panic, and that a class is not denied if it has a witness.
func FuzzDecide(f *testing.F) {
	for _, seed := range []string{
		`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Principal": "*", "Resource": "arn:aws:iam::1:user/"}}`,
		`{"Statement": [{"Effect": "Allow", "NotAction": "a?*", "NotPrincipal": {"AWS": ["arn:aws:iam::123456789012:root"]}, "NotResource": "*:*:*"}]}`,
		`{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "sts:*", "Principal": {"AWS": "1"}, "Condition": {"StringLike": {"aws:PrincipalArn": "${aws:username}*"}}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		document, err := policy.Parse("p", text)
		if err != nil {
			return
		}
		policies := policy.Policies{Identity: []*policy.Document{document}, Resource: document, Endpoint: document, ResourceAccount: account, ResourceMustAllow: true}
		class := &policy.Request{
			Principal: policy.Group{NotAccounts: []string{account}}.Principal(),
			Actions:   &policy.Class{Prefix: "sts:", Except: []string{"sts:Get*"}}, Resources: &policy.Class{Prefix: "arn:"},
			Context: policy.Context{}.WithOneOf("aws:MultiFactorAuthPresent", "false").Optional("aws:MultiFactorAuthPresent"),
		}
		if witness, _, ok := policies.Witness(class); ok && policies.DecideClass(class).Effect == policy.Denied {
			t.Fatalf("a denied class has the witness %+v", witness)
		}
	})
}
