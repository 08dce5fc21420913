package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof/policy"
)

const (
	account  = "123456789012"
	other    = "210987654321"
	instance = "arn:aws:ec2:eu-west-1:123456789012:instance/i-1"
	roleARN  = "arn:aws:iam::123456789012:role/people"
)

var (
	ann     = policy.User("arn:aws:iam::123456789012:user/ann")
	mallory = policy.User("arn:aws:iam::210987654321:user/mallory")
	session = policy.Session(roleARN, "ann")
)

// parse reads a policy of one statement, given its elements.
func parse(t testing.TB, elements string) *policy.Document {
	t.Helper()
	return parseAll(t, `{"Version": "2012-10-17", "Statement": {`+elements+`}}`)
}

func parseAll(t testing.TB, text string) *policy.Document {
	t.Helper()
	document, err := policy.Parse("p", text)
	require.NoError(t, err)
	return document
}

// decide asks one identity policy.
func decide(document *policy.Document, r policy.Request) policy.Decision {
	return (&policy.Policies{Identity: []*policy.Document{document}}).Decide(&r)
}

func start(principal policy.Principal, context policy.Context) policy.Request {
	return policy.Request{Principal: principal, Action: "ssm:StartSession", Resource: instance, Context: context}
}

func TestDecide_elements(t *testing.T) {
	t.Parallel()
	allow := func(rest string) string { return `"Effect": "Allow", ` + rest }
	for name, test := range map[string]struct {
		elements string
		want     policy.Decision
	}{
		"same action and resource": {
			allow(`"Action": "ssm:StartSession", "Resource": "` + instance + `"`),
			policy.Decision{Effect: policy.Allowed, Why: "statement 1 of p allows it"},
		},
		"actions are case-insensitive": {
			allow(`"Action": "SSM:startsession", "Resource": "*"`),
			policy.Decision{Effect: policy.Allowed, Why: "statement 1 of p allows it"},
		},
		"wildcards in actions": {
			allow(`"Action": "s?m:Start*", "Resource": "*"`),
			policy.Decision{Effect: policy.Allowed, Why: "statement 1 of p allows it"},
		},
		"another action": {
			allow(`"Action": ["ssm:Get*", "ssm:StartSessions"], "Resource": "*"`),
			policy.Decision{Effect: policy.Denied, Why: "no statement of the principal's policies allows it"},
		},
		"NotAction of other actions": {
			allow(`"NotAction": "iam:*", "Resource": "*"`),
			policy.Decision{Effect: policy.Allowed, Why: "statement 1 of p allows it"},
		},
		"NotAction of this action": {
			allow(`"NotAction": "ssm:*", "Resource": "*"`),
			policy.Decision{Effect: policy.Denied, Why: "no statement of the principal's policies allows it"},
		},
		"wildcards in resources": {
			allow(`"Action": "*", "Resource": "arn:aws:ec2:*:*:instance/?-*"`),
			policy.Decision{Effect: policy.Allowed, Why: "statement 1 of p allows it"},
		},
		"resources are case-sensitive": {
			allow(`"Action": "*", "Resource": "arn:aws:ec2:*:*:Instance/*"`),
			policy.Decision{Effect: policy.Denied, Why: "no statement of the principal's policies allows it " +
				"(statement 1 of p covers arn:aws:ec2:*:*:Instance/*, not " + instance + ")"},
		},
		"a wildcard matches within a part of the ARN": {
			allow(`"Action": "*", "Resource": "arn:aws:ec2:*:instance/*:x"`),
			policy.Decision{Effect: policy.Denied, Why: "no statement of the principal's policies allows it " +
				"(statement 1 of p covers arn:aws:ec2:*:instance/*:x, not " + instance + ")"},
		},
		"NotResource of another resource": {
			allow(`"Action": "*", "NotResource": "arn:aws:ec2:*:*:instance/i-2"`),
			policy.Decision{Effect: policy.Allowed, Why: "statement 1 of p allows it"},
		},
		"a short ARN": {
			allow(`"Action": "*", "Resource": "arn:aws:ec2*"`),
			policy.Decision{Effect: policy.Undecided, Why: `statement 1 of p depends on its resource "arn:aws:ec2*", which is neither an ARN nor *`},
		},
		"an unsupported element": {
			allow(`"Action": "*", "Resource": "*", "NotPrincipal": {"AWS": "x"}`),
			policy.Decision{Effect: policy.Undecided, Why: "statement 1 of p depends on its element NotPrincipal, which is not supported"},
		},
		"a Sid": {
			allow(`"Sid": "Mine", "Action": "*", "Resource": "*"`),
			policy.Decision{Effect: policy.Allowed, Why: `statement "Mine" of p allows it`},
		},
		"a denial": {
			`"Effect": "Deny", "Action": "*", "Resource": "*"`,
			policy.Decision{Effect: policy.Denied, Explicit: true, Why: "statement 1 of p denies it"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, decide(parse(t, test.elements), start(ann, policy.CompleteContext())))
		})
	}
}

func TestDecide_conditions(t *testing.T) {
	t.Parallel()
	one := policy.CompleteContext().With("k", "Blue")
	number, moment := policy.CompleteContext().With("k", "5"), policy.CompleteContext().With("k", "2026-03-01T12:00:00Z")
	truth, nothing := policy.CompleteContext().With("k", "TRUE"), policy.CompleteContext()
	several, empty := policy.CompleteContext().With("k", "a", "b"), policy.CompleteContext().With("k")
	arn, address := policy.CompleteContext().With("k", instance), policy.CompleteContext().With("k", "10.0.0.7")
	for _, test := range []struct {
		operator string
		values   string
		context  policy.Context
		want     policy.Effect
	}{
		{"StringEquals", `"Blue"`, one, policy.Allowed},
		{"StringEquals", `["Red", "Blue"]`, one, policy.Allowed},
		{"StringEquals", `"blue"`, one, policy.Denied},
		{"StringEquals", `"B*"`, one, policy.Denied},
		{"StringEquals", `"Blue"`, nothing, policy.Denied},
		{"StringEqualsIfExists", `"Blue"`, nothing, policy.Allowed},
		{"StringEqualsIfExists", `"Red"`, one, policy.Denied},
		{"StringNotEquals", `"Blue"`, one, policy.Denied},
		{"StringNotEquals", `["Red", "Blue"]`, one, policy.Denied},
		{"StringNotEquals", `"Red"`, one, policy.Allowed},
		{"StringNotEquals", `"Red"`, nothing, policy.Allowed},
		{"StringEqualsIgnoreCase", `"bLUE"`, one, policy.Allowed},
		{"StringNotEqualsIgnoreCase", `"bLUE"`, one, policy.Denied},
		{"StringLike", `"B?u*"`, one, policy.Allowed},
		{"StringLike", `"B${*}"`, one, policy.Denied},
		{"StringLike", `"b*"`, one, policy.Denied},
		{"StringNotLike", `"B*"`, one, policy.Denied},
		{"ArnEquals", `"arn:aws:ec2:*:123456789012:instance/*"`, arn, policy.Allowed},
		{"ArnLike", `"arn:aws:ec2:eu-*:*:instance/i-?"`, arn, policy.Allowed},
		{"ArnLike", `"arn:aws:ec2:*:instance/*"`, arn, policy.Undecided},
		{"ArnNotLike", `"arn:aws:s3:*:*:*"`, arn, policy.Allowed},
		{"ArnNotEquals", `"arn:aws:ec2:*:*:*"`, arn, policy.Denied},
		{"Bool", `"true"`, truth, policy.Allowed},
		{"Bool", `true`, truth, policy.Allowed},
		{"Bool", `"false"`, truth, policy.Denied},
		{"Bool", `"true"`, nothing, policy.Denied},
		{"BoolIfExists", `"true"`, nothing, policy.Allowed},
		{"NumericEquals", `5`, number, policy.Allowed},
		{"NumericEquals", `"5.0"`, number, policy.Allowed},
		{"NumericNotEquals", `"5"`, number, policy.Denied},
		{"NumericLessThan", `"5"`, number, policy.Denied},
		{"NumericLessThanEquals", `"5"`, number, policy.Allowed},
		{"NumericGreaterThan", `"4"`, number, policy.Allowed},
		{"NumericGreaterThanEquals", `"6"`, number, policy.Denied},
		{"NumericLessThan", `"many"`, number, policy.Undecided},
		{"NumericLessThan", `"5"`, nothing, policy.Denied},
		{"DateLessThan", `"2026-03-01T12:00:01Z"`, moment, policy.Allowed},
		{"DateLessThanEquals", `"2026-03-01T12:00:00Z"`, moment, policy.Allowed},
		{"DateGreaterThan", `"2026-03-01"`, moment, policy.Allowed},
		{"DateGreaterThanEquals", `"2026-03-02"`, moment, policy.Denied},
		{"DateEquals", `"1772366400"`, moment, policy.Allowed},
		{"DateNotEquals", `"1772366400"`, moment, policy.Denied},
		{"DateEquals", `"soon"`, moment, policy.Undecided},
		{"Null", `"true"`, nothing, policy.Allowed},
		{"Null", `"true"`, empty, policy.Allowed},
		{"Null", `"true"`, one, policy.Denied},
		{"Null", `"false"`, one, policy.Allowed},
		{"Null", `["true", "false"]`, one, policy.Undecided},
		{"StringEquals", `"a"`, several, policy.Undecided},
		{"ForAnyValue:StringEquals", `"a"`, several, policy.Allowed},
		{"ForAnyValue:StringEquals", `"c"`, several, policy.Denied},
		{"ForAnyValue:StringEquals", `"a"`, nothing, policy.Denied},
		{"ForAnyValue:StringEquals", `"a"`, empty, policy.Denied},
		{"ForAnyValue:StringEqualsIfExists", `"a"`, nothing, policy.Undecided},
		{"ForAllValues:StringEqualsIfExists", `"a"`, nothing, policy.Allowed},
		{"ForAnyValue:StringNotEquals", `"a"`, several, policy.Allowed},
		{"ForAnyValue:StringNotEquals", `["a", "b"]`, several, policy.Denied},
		{"ForAnyValue:StringNotEquals", `"a"`, nothing, policy.Denied},
		{"ForAllValues:StringEquals", `["a", "b", "c"]`, several, policy.Allowed},
		{"ForAllValues:StringEquals", `"a"`, several, policy.Denied},
		{"ForAllValues:StringEquals", `"a"`, nothing, policy.Allowed},
		{"ForAllValues:StringNotEquals", `"a"`, several, policy.Denied},
		{"ForAllValues:StringLike", `"?"`, several, policy.Allowed},
		{"IpAddress", `"10.0.0.0/8"`, one, policy.Undecided},
		{"IpAddress", `["192.0.2.1", "10.0.0.0/8"]`, address, policy.Allowed},
		{"IpAddress", `"10.1.0.0/16"`, address, policy.Denied},
		{"IpAddress", `"10.0.0.7"`, address, policy.Allowed},
		{"IpAddress", `"10.0.0.0/8"`, nothing, policy.Denied},
		{"NotIpAddress", `"10.0.0.0/8"`, address, policy.Denied},
		{"NotIpAddress", `"192.0.2.0/24"`, address, policy.Allowed},
		{"BinaryEquals", `"QUFB"`, one, policy.Undecided},
		{"ForSomeValues:StringEquals", `"a"`, one, policy.Undecided},
		{"StringEquals", `"Blue"`, policy.Context{}, policy.Undecided},
		{"StringEquals", `"Blue"`, policy.Context{}.Without("K"), policy.Denied},
		{"StringEquals", `"Blue"`, policy.Context{}.With("K", "Blue"), policy.Allowed},
	} {
		document := parse(t, fmt.Sprintf(`"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {%q: {"k": %s}}`,
			test.operator, test.values))
		got := decide(document, start(ann, test.context))
		require.Equal(t, test.want, got.Effect, "%s %s: %s", test.operator, test.values, got.Why)
	}
}

func TestDecide_requiresAllConditions(t *testing.T) {
	t.Parallel()
	document := parse(t, `"Effect": "Allow", "Action": "*", "Resource": "*",
		"Condition": {"StringEquals": {"a": "1", "b": "2"}, "Bool": {"c": "true"}}`)
	both := policy.CompleteContext().With("a", "1").With("b", "2")
	require.Equal(t, policy.Decision{Effect: policy.Allowed, Why: "statement 1 of p allows it"},
		decide(document, start(ann, both.With("c", "true"))))
	require.Equal(t, policy.Decision{Effect: policy.Denied, Why: "no statement of the principal's policies allows it " +
		`(statement 1 of p has a condition that is not met: Bool c ["true"])`}, decide(document, start(ann, both)))
}

func TestDecide_variables(t *testing.T) {
	t.Parallel()
	const tag = "ssm:resourceTag/aws:ssmmessages:session-id"
	own := policy.CompleteContext().With("aws:userid", "AROA:ann")
	for _, test := range []struct {
		operator, value string
		context         policy.Context
		want            policy.Effect
	}{
		{"StringEquals", "${aws:userid}", own.With(tag, "AROA:ann"), policy.Allowed},
		{"StringEquals", "${aws:userid}", own.With(tag, "AROA:anna"), policy.Denied},
		{"StringLike", "${aws:userid}*", own.With(tag, "AROA:anna"), policy.Allowed},
		{"StringEquals", "${aws:userid}", own, policy.Denied},
		{"StringEquals", "${ AWS:UserId }", own.With(tag, "AROA:ann"), policy.Allowed},
		{"StringEquals", "${aws:PrincipalTag/t}", own.With(tag, "x"), policy.Denied},
		{"StringNotEquals", "${aws:PrincipalTag/t}", own.With(tag, "x"), policy.Undecided},
		{"StringEquals", "${aws:PrincipalTag/t, 'x'}", own.With(tag, "x"), policy.Allowed},
		{"StringEquals", "${aws:PrincipalTag/t, x}", own.With(tag, "x"), policy.Undecided},
		{"StringLike", "a${*}b${?}c${$}*", own.With(tag, "a*b?c$d"), policy.Allowed},
		{"StringLike", "a${*}", own.With(tag, "ab"), policy.Denied},
		{"StringEquals", "${aws:userid", own.With(tag, "x"), policy.Undecided},
		{"StringEquals", "${aws:PrincipalTag/t}", policy.Context{}.With(tag, "x"), policy.Undecided},
	} {
		document := parse(t, fmt.Sprintf(
			`"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {%q: {%q: %q}}`, test.operator, tag, test.value))
		got := decide(document, start(session, test.context))
		require.Equal(t, test.want, got.Effect, "%s %s: %s", test.operator, test.value, got.Why)
	}

	old := parseAll(t, `{"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*",
		"Condition": {"StringEquals": {"k": "${aws:userid}"}}}]}`)
	require.Equal(t, policy.Denied, decide(old, start(session, own.With("k", "AROA:ann"))).Effect)
	require.Equal(t, policy.Allowed, decide(old, start(session, own.With("k", "${aws:userid}"))).Effect)

	resource := parse(t, `"Effect": "Allow", "Action": "*", "Resource": "arn:aws:ssm:*:*:session/${aws:username}-*"`)
	r := policy.Request{Principal: ann, Action: "ssm:ResumeSession", Resource: "arn:aws:ssm:r:1:session/ann-1", Context: policy.CompleteContext()}
	require.Equal(t, policy.Allowed, decide(resource, r).Effect)
	r.Principal = session
	require.Equal(t, policy.Denied, decide(resource, r).Effect)
}

func TestDecide_trust(t *testing.T) {
	t.Parallel()
	assume := parse(t, `"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"`)
	decide := func(trust string, who policy.Principal, identity ...*policy.Document) policy.Decision {
		policies := policy.Policies{
			Identity: identity, Resource: parse(t, trust), ResourceAccount: account, ResourceMustAllow: true,
		}
		return policies.Decide(&policy.Request{Principal: who, Action: "sts:AssumeRole", Resource: roleARN, Context: policy.CompleteContext()})
	}
	trusting := func(principal string) string {
		return `"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": ` + principal
	}
	root := trusting(`{"AWS": "arn:aws:iam::123456789012:root"}`)
	require.Equal(t, policy.Allowed, decide(root, ann, assume).Effect)
	require.Equal(t, policy.Denied, decide(root, ann).Effect, "the account delegates to the user's policies")
	require.Equal(t, policy.Denied, decide(root, mallory, assume).Effect)
	require.Equal(t, policy.Allowed, decide(trusting(`{"AWS": "123456789012"}`), ann, assume).Effect)
	require.Equal(t, policy.Allowed, decide(trusting(`{"AWS": ["arn:aws:iam::123456789012:user/ann"]}`), ann).Effect)
	require.Equal(t, policy.Decision{Effect: policy.Denied, Why: "no statement of the resource policy allows it " +
		"(statement 1 of p names other principals: arn:aws:iam::123456789012:user/bob)"},
		decide(trusting(`{"AWS": "arn:aws:iam::123456789012:user/bob"}`), ann, assume))
	require.Equal(t, policy.Allowed, decide(trusting(`"*"`), mallory, assume).Effect)
	require.Equal(t, policy.Denied, decide(trusting(`"*"`), mallory).Effect)
	require.Equal(t, policy.Allowed, decide(trusting(`{"AWS": "*"}`), mallory, assume).Effect)
	require.Equal(t, policy.Allowed, decide(trusting(`{"AWS": "`+roleARN+`"}`), session).Effect)
	require.Equal(t, policy.Allowed, decide(trusting(`{"AWS": "`+session.ARN+`"}`), session).Effect)
	require.Equal(t, policy.Denied, decide(trusting(`{"Federated": "arn:aws:iam::123456789012:saml-provider/x"}`), ann, assume).Effect)
	require.Equal(t, policy.Undecided, decide(trusting(`{"AWS": "AIDAJQABLZS4A3QDU576Q"}`), ann, assume).Effect)
	require.Equal(t, policy.Undecided, decide(trusting(`{"AWS": "arn:aws:iam::123456789012:*"}`), ann, assume).Effect)
	require.Equal(t, policy.Decision{Effect: policy.Denied, Why: "no statement of the resource policy allows it " +
		"(statement 1 of p has a condition that is not met: Bool aws:MultiFactorAuthPresent [\"true\"])"},
		decide(trusting(`{"AWS": "arn:aws:iam::123456789012:*"}, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}`), ann, assume))

	ec2 := policy.Principal{Service: "ec2.amazonaws.com"}
	require.Equal(t, policy.Allowed, decide(trusting(`{"Service": "ec2.amazonaws.com"}`), ec2).Effect)
	require.Equal(t, policy.Denied, decide(trusting(`{"Service": "ecs.amazonaws.com"}`), ec2).Effect)
	require.Equal(t, policy.Denied, decide(root, ec2).Effect)
}

func TestDecide_combination(t *testing.T) {
	t.Parallel()
	yes := parse(t, `"Effect": "Allow", "Action": "ssm:*", "Resource": "*"`)
	no := parse(t, `"Effect": "Deny", "Action": "ssm:*", "Resource": "*", "Principal": "*"`)
	elsewhere := parse(t, `"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"`)
	maybe := parse(t, `"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*", "Condition": {"BinaryEquals": {"k": "1"}}`)
	maybeNot := parse(t, `"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*", "Condition": {"BinaryEquals": {"k": "1"}}`)
	everybody := parse(t, `"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"`)
	list := func(documents ...*policy.Document) []*policy.Document { return documents }
	for name, test := range map[string]struct {
		policies policy.Policies
		want     policy.Effect
	}{
		"nothing":            {policy.Policies{}, policy.Denied},
		"one allows":         {policy.Policies{Identity: list(elsewhere, yes)}, policy.Allowed},
		"a denial overrides": {policy.Policies{Identity: list(yes, no)}, policy.Denied},
		"a possible denial":  {policy.Policies{Identity: list(yes, maybeNot)}, policy.Undecided},
		"a possible denial of what nothing allows":       {policy.Policies{Identity: list(elsewhere, maybeNot)}, policy.Denied},
		"a possible allow":                               {policy.Policies{Identity: list(maybe)}, policy.Undecided},
		"a possible allow and an allow":                  {policy.Policies{Identity: list(maybe, yes)}, policy.Allowed},
		"a denial overrides a possible allow":            {policy.Policies{Identity: list(maybe, no)}, policy.Denied},
		"the endpoint allows":                            {policy.Policies{Identity: list(yes), Endpoint: everybody}, policy.Allowed},
		"the endpoint allows something else":             {policy.Policies{Identity: list(yes), Endpoint: elsewhere}, policy.Denied},
		"the endpoint denies":                            {policy.Policies{Identity: list(yes), Endpoint: no}, policy.Denied},
		"the endpoint may allow":                         {policy.Policies{Identity: list(yes), Endpoint: maybe}, policy.Undecided},
		"the boundary allows":                            {policy.Policies{Identity: list(yes), Boundary: yes}, policy.Allowed},
		"the boundary allows something else":             {policy.Policies{Identity: list(yes), Boundary: elsewhere}, policy.Denied},
		"a boundary alone allows nothing":                {policy.Policies{Boundary: yes}, policy.Denied},
		"the resource allows":                            {policy.Policies{Resource: everybody}, policy.Allowed},
		"the resource does not mention it":               {policy.Policies{Identity: list(yes), Resource: elsewhere}, policy.Allowed},
		"the resource denies":                            {policy.Policies{Identity: list(yes), Resource: no}, policy.Denied},
		"another account's resource":                     {policy.Policies{Identity: list(yes), ResourceAccount: other}, policy.Denied},
		"another account's resource allows":              {policy.Policies{Identity: list(yes), Resource: everybody, ResourceAccount: other}, policy.Allowed},
		"only another account's resource allows":         {policy.Policies{Resource: everybody, ResourceAccount: other}, policy.Denied},
		"a resource that must allow does not mention it": {policy.Policies{Identity: list(yes), Resource: elsewhere, ResourceMustAllow: true}, policy.Denied},
		"a boundary and a resource that allows":          {policy.Policies{Resource: everybody, Boundary: elsewhere}, policy.Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(ann, policy.CompleteContext())
			got := test.policies.Decide(&r)
			require.Equal(t, test.want, got.Effect, got.Why)
		})
	}
}

func TestParse_rejects(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                   "policy p: not an IAM policy: EOF",
		`{"Statements": []}`: `policy p: not an IAM policy: json: unknown field "Statements"`,
		`{"Version": "2020-01-01", "Statement": {}}`:          `policy p: version "2020-01-01": the versions are 2012-10-17 and 2008-10-17`,
		`{"Statement": []}`:                                   "policy p: no statements: a policy needs at least one",
		`{"Statement": [{"Action": "*"}]}`:                    "policy p: statement 1: no Effect: set it to Allow or Deny",
		`{"Statement": [{"Effect": "allow", "Action": "*"}]}`: `policy p: statement 1: Effect: "allow": it is Allow or Deny`,
		`{"Statement": [{"Effect": "Allow"}]}`:                "policy p: statement 1: set either Action or NotAction",
		`{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"}]}`: "policy p: statement 1: Resource: both Resource and NotResource: set one",
		`{"Statement": [{"Effect": "Allow", "Action": "*", "Principal": {"Robot": "x"}}]}`:         `policy p: statement 1: Principal: "Robot": the types of principals are AWS, Service, Federated and CanonicalUser`,
		`{"Statement": [{"Effect": "Allow", "Action": "*", "Condition": {"Bool": {"k": {}}}}]}`:    "policy p: statement 1: Condition: Bool k: {}: values are strings, numbers or booleans",
	} {
		_, err := policy.Parse("p", text)
		require.EqualError(t, err, want)
	}
}

func TestEffect_String(t *testing.T) {
	t.Parallel()
	require.Equal(t, "denied undecided allowed", strings.Join([]string{
		policy.Denied.String(), policy.Undecided.String(), policy.Allowed.String(),
	}, " "))
	require.Equal(t, "no unknown yes", fmt.Sprint(policy.No, policy.Unknown, policy.Yes))
}
