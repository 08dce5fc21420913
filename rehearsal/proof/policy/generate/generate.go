// Package generate generates random policies and requests. Tests check properties of the evaluator with them,
// and compare it with another evaluator.
package generate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

const (
	account    = "123456789012"
	other      = "210987654321"
	user       = "arn:aws:iam::123456789012:user/ann"
	roleARN    = "arn:aws:iam::123456789012:role/people"
	foreigner  = "arn:aws:iam::210987654321:user/mallory"
	sessionTag = "ssm:resourceTag/aws:ssmmessages:session-id"

	sessionNameKey = "sts:RoleSessionName"
)

// Keys are the condition keys that generated policies and requests use.
var Keys = []string{
	"aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:userid", "aws:username",
	"aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalTag/team", "aws:CurrentTime", sessionNameKey, sessionTag,
}

// Case is a request and the policies that AWS would evaluate for it. compare.mjs reads its JSON.
type Case struct {
	Principal         string            `json:"principal"`
	Action            string            `json:"action"`
	Resource          string            `json:"resource"`
	ResourceAccount   string            `json:"resourceAccount"`
	Context           map[string]any    `json:"context"`
	Identity          []json.RawMessage `json:"identity"`
	Boundary          json.RawMessage   `json:"boundary,omitempty"`
	ResourcePolicy    json.RawMessage   `json:"resourcePolicy,omitempty"`
	Endpoint          json.RawMessage   `json:"endpoint,omitempty"`
	ResourceMustAllow bool              `json:"resourceMustAllow"`
}

// operation is an action, its resource, and resources that policies may name.
type operation struct {
	action, resource  string
	resources         []string
	resourceMustAllow bool
	// sessionTag and sessionName are true if requests have the tag of the session, or its name.
	sessionTag, sessionName bool
}

// crossing are resources with asterisks that end a part of the ARN and match colons.
var crossing = []string{
	"arn:aws:logs:*:log-group:app:*", "arn:aws:logs:eu-*:log-stream:ann", "arn:aws:logs:*:123456789012:*:ann",
	"arn:aws:logs:eu-west-1:*:app:*", "arn:aws:logs:*:log-group:b*:*",
}

// operations are the operations that sessions need.
var operations = []operation{
	{action: "ssm:StartSession", resource: "arn:aws:ec2:eu-west-1:123456789012:instance/i-0aa", resources: []string{
		"arn:aws:ec2:eu-west-1:123456789012:instance/i-0aa", "arn:aws:ec2:eu-west-1:123456789012:instance/i-0bb",
		"arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:eu-west-?:123456789012:instance/i-0a*", "arn:aws:ec2:*:210987654321:instance/*",
	}},
	{action: "ssm:StartSession", resource: "arn:aws:ssm:eu-west-1:123456789012:document/AWS-StartSSHSession", resources: []string{
		"arn:aws:ssm:eu-west-1::document/AWS-StartSSHSession", "arn:aws:ssm:*::document/AWS-*",
		"arn:aws:ssm:eu-west-1:123456789012:document/AWS-StartSSHSession", "arn:aws:ssm:*:*:document/*",
	}},
	{action: "ssm:TerminateSession", resource: "arn:aws:ssm:eu-west-1:123456789012:session/ann-0c1", sessionTag: true, resources: []string{
		"arn:aws:ssm:*:*:session/${aws:username}-*", "arn:aws:ssm:eu-west-1:123456789012:session/*",
		"arn:aws:ssm:*:*:session/${aws:userid}-*", "arn:aws:ssm:*:*:session/ann-???",
	}},
	{action: "ssm:UpdateInstanceInformation", resource: "arn:aws:ec2:eu-west-1:123456789012:instance/i-0aa", resources: []string{
		"arn:aws:ec2:*:123456789012:*", "arn:aws:ec2:*:*:instance/i-0bb",
	}},
	{action: "ssmmessages:OpenDataChannel", resource: "*", resources: []string{"arn:aws:ssm:*:*:session/*"}},
	{action: "logs:PutLogEvents", resource: "arn:aws:logs:eu-west-1:123456789012:log-group:app:log-stream:ann", resources: append([]string{
		"arn:aws:logs:*:*:log-group:*:log-stream:*", "arn:aws:logs:eu-west-1:123456789012:log-group:a*n", "arn:aws:logs:eu-west-1:*:log-group:app:*",
	}, crossing...)},
	{action: "kms:Decrypt", resource: "arn:aws:kms:eu-west-1:123456789012:key/0d1", resourceMustAllow: true, resources: []string{
		"arn:aws:kms:eu-west-1:123456789012:key/0d1", "arn:aws:kms:*:*:key/*", "arn:aws:kms:eu-west-1:123456789012:key/0d2",
	}},
	{action: "sts:AssumeRole", resource: "arn:aws:iam::123456789012:role/target", resourceMustAllow: true, sessionName: true, resources: []string{
		"arn:aws:iam::123456789012:role/target", "arn:aws:iam::*:role/*", "arn:aws:iam::123456789012:role/other",
	}},
	{action: "secretsmanager:GetSecretValue", resource: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:s-1", resources: []string{
		"arn:aws:secretsmanager:*:123456789012:secret:s-?", "arn:aws:secretsmanager:eu-west-1:*:secret:*",
	}},
}

// principals are the principals that resource policies name.
var principals = []any{
	"*",
	map[string]any{"AWS": "*"},
	map[string]any{"AWS": "arn:aws:iam::123456789012:root"},
	map[string]any{"AWS": user},
	map[string]any{"AWS": roleARN},
	map[string]any{"AWS": sessionARN()},
	map[string]any{"AWS": []string{account, foreigner}},
	map[string]any{"AWS": []string{"arn:aws:iam::210987654321:root", roleARN}},
	map[string]any{"AWS": []string{"arn:aws:iam::123456789012:user/bob", "arn:aws:iam::123456789012:role/other"}},
	map[string]any{"Service": "ec2.amazonaws.com"},
}

// New returns the case of a seed.
func New(seed uint64) Case {
	g := generator{rand.New(rand.NewPCG(seed, 0))}
	op := pick(g, operations)
	c := Case{
		Principal: pick(g, []string{user, user, sessionARN(), sessionARN(), foreigner}),
		Action:    op.action, Resource: op.resource, ResourceAccount: account, ResourceMustAllow: op.resourceMustAllow,
		Context: map[string]any{},
	}
	g.context(&c, op)
	for range 1 + g.IntN(2) {
		c.Identity = append(c.Identity, g.document(op, nil))
	}
	if g.IntN(4) == 0 {
		c.Boundary = g.document(op, nil)
	}
	if op.resourceMustAllow || op.action == "secretsmanager:GetSecretValue" && g.IntN(2) == 0 {
		c.ResourcePolicy = g.document(op, principals)
	}
	if g.IntN(3) == 0 {
		c.Endpoint = g.document(op, []any{"*"})
	}
	return c
}

func sessionARN() string { return policy.Session(roleARN, "ann").ARN }

// generator chooses at random.
type generator struct{ *rand.Rand }

func pick[T any](g generator, of []T) T { return of[g.IntN(len(of))] }

// context generates the context of a request. It always has the keys that follow from the principal.
func (g generator) context(c *Case, op operation) {
	set := func(key string, values ...any) {
		if g.IntN(3) > 0 {
			c.Context[key] = pick(g, values)
		}
	}
	switch c.Principal {
	case sessionARN():
		c.Context["aws:PrincipalArn"], c.Context["aws:userid"] = roleARN, "AROAEXAMPLE:ann"
	default:
		c.Context["aws:PrincipalArn"], c.Context["aws:userid"] = c.Principal, "AIDAEXAMPLE"
		c.Context["aws:username"] = "ann"
		if c.Principal == foreigner {
			c.Context["aws:username"] = "mallory"
		}
	}
	c.Context["aws:PrincipalAccount"] = account
	if c.Principal == foreigner {
		c.Context["aws:PrincipalAccount"] = other
	}
	set("aws:MultiFactorAuthPresent", "true", "false")
	set("aws:MultiFactorAuthAge", "60", "3600")
	set("aws:PrincipalTag/team", "ops", "Ops", "dev", "a*")
	set("aws:CurrentTime", "2026-01-02T03:04:05Z", "2026-06-01T00:00:00Z")
	if op.sessionName {
		set(sessionNameKey, "ann", "emergency", "mallory")
	}
	if op.sessionTag {
		set(sessionTag, "AROAEXAMPLE:ann", "AROAEXAMPLE:anna", "AIDAEXAMPLE")
	}
}

// document generates a policy.
func (g generator) document(op operation, principals []any) json.RawMessage {
	statements := []map[string]any{}
	for i := range 1 + g.IntN(5) {
		s := g.statement(op, principals)
		s["Sid"] = fmt.Sprintf("S%d", i)
		statements = append(statements, s)
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // strings and lists of strings can always be encoded
	}
	return text
}

// statement generates a statement that is likely to apply.
func (g generator) statement(op operation, principals []any) map[string]any {
	service, _, _ := strings.Cut(op.action, ":")
	s := map[string]any{"Effect": pick(g, []string{"Allow", "Allow", "Allow", "Deny"})}
	actions := []string{op.action, service + ":*", "*", op.action[:len(op.action)-3] + "*", "ec2:Describe*", service + ":Get*"}
	key := pick(g, []string{"Action", "Action", "Action", "NotAction"})
	s[key] = pick(g, actions)
	if key == "NotAction" {
		s[key] = pick(g, []string{"ec2:*", service + ":Get*", op.action})
	}
	s[pick(g, []string{"Resource", "Resource", "Resource", "NotResource"})] = pick(g, append([]string{"*"}, op.resources...))
	if s["NotResource"] == "*" {
		s["NotResource"] = op.resources[0]
	}
	if principals != nil {
		s["Principal"] = pick(g, principals)
	}
	if conditions := g.conditions(op); len(conditions) > 0 {
		s["Condition"] = conditions
	}
	return s
}

// conditions generates conditions on keys of the request.
func (g generator) conditions(op operation) map[string]map[string]any {
	conditions := map[string]map[string]any{}
	for range g.IntN(3) {
		operator, key, value := g.condition(op)
		if conditions[operator] == nil {
			conditions[operator] = map[string]any{}
		}
		conditions[operator][key] = value
	}
	return conditions
}

func (g generator) condition(op operation) (operator, key string, value any) {
	ifExists := pick(g, []string{"", "", "IfExists"})
	switch g.IntN(10) {
	case 8:
		return pick(g, []string{"StringEquals", "StringNotEquals", "StringLike"}) + ifExists, "aws:username",
			pick(g, []any{"ann", "bob", []string{"bob", "mallory"}, "a*", "?nn"})
	case 9:
		if op.sessionName {
			return pick(g, []string{"StringEquals", "StringLike", "StringNotEquals"}) + ifExists, sessionNameKey,
				pick(g, []any{"${aws:username}", "emergency", "${aws:username}*", []string{"ann", "emergency"}, "*"})
		}
		return pick(g, []string{"StringEquals", "StringLike"}) + ifExists, "aws:userid", pick(g, []any{"AROAEXAMPLE:ann", "AROAEXAMPLE:*", "AIDAEXAMPLE"})
	case 0:
		return "Bool" + ifExists, "aws:MultiFactorAuthPresent", pick(g, []string{"true", "false"})
	case 1:
		return pick(g, []string{"NumericLessThan", "NumericEquals", "NumericGreaterThanEquals", "NumericNotEquals"}) + ifExists,
			"aws:MultiFactorAuthAge", pick(g, []string{"60", "3600", "1000"})
	case 2:
		return pick(g, []string{"DateLessThan", "DateGreaterThan", "DateLessThanEquals"}) + ifExists,
			"aws:CurrentTime", pick(g, []string{"2026-01-02T03:04:05Z", "2026-03-01T00:00:00Z"})
	case 3:
		return "Null", pick(g, Keys[:8]), pick(g, []string{"true", "false"})
	case 4:
		return pick(g, []string{"ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"}) + ifExists, "aws:PrincipalArn",
			pick(g, []any{"arn:aws:iam::123456789012:role/*", "arn:aws:iam::*:user/a?n", []string{user, roleARN}, "arn:aws:iam::210987654321:*"})
	case 5:
		return pick(g, []string{"StringEquals", "StringNotEquals"}) + ifExists, "aws:PrincipalAccount", pick(g, []any{account, other, []string{other, account}})
	case 6:
		if op.sessionTag {
			return pick(g, []string{"StringEquals", "StringLike"}) + ifExists, sessionTag,
				pick(g, []string{"${aws:userid}", "${aws:userid}*", "AROAEXAMPLE:ann", "${aws:username}"})
		}
	}
	return pick(g, []string{
			"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
			"ForAnyValue:StringEquals", "ForAllValues:StringEquals", "ForAllValues:StringLike", "ForAnyValue:StringLike",
		}) + ifExists, "aws:PrincipalTag/team",
		pick(g, []any{"ops", "OPS", "o*", "a${*}", "*", []string{"dev", "ops"}, "${aws:username, 'ops'}", "d?v"})
}

// WithinParts returns the case without resources whose asterisks match colons.
func (c Case) WithinParts() Case {
	without := func(text json.RawMessage) json.RawMessage {
		if text == nil {
			return nil
		}
		replaced := string(text)
		for _, resource := range crossing {
			replaced = strings.ReplaceAll(replaced, `"`+resource+`"`, `"arn:aws:logs:none:none:none"`)
		}
		return json.RawMessage(replaced)
	}
	identity := make([]json.RawMessage, len(c.Identity))
	for i, text := range c.Identity {
		identity[i] = without(text)
	}
	c.Identity, c.Boundary, c.ResourcePolicy, c.Endpoint = identity, without(c.Boundary), without(c.ResourcePolicy), without(c.Endpoint)
	return c
}

// Fataler is a test, or a program that can end.
type Fataler interface{ Fatal(args ...any) }

// Read returns the policies and the request for the evaluator. It calls t.Fatal if a policy cannot be parsed.
func (c *Case) Read(t Fataler) (*policy.Policies, *policy.Request) {
	read := func(name string, text json.RawMessage) *policy.Document {
		if text == nil {
			return nil
		}
		document, err := policy.Parse(name, string(text))
		if err != nil {
			t.Fatal(err)
		}
		return document
	}
	policies := &policy.Policies{
		Boundary: read("boundary", c.Boundary), Resource: read("resource", c.ResourcePolicy),
		Endpoint: read("endpoint", c.Endpoint), ResourceAccount: c.ResourceAccount, ResourceMustAllow: c.ResourceMustAllow,
	}
	for i, text := range c.Identity {
		policies.Identity = append(policies.Identity, read(fmt.Sprintf("identity %d", i+1), text))
	}
	principal := policy.User(c.Principal)
	if c.Principal == sessionARN() {
		principal = policy.Session(roleARN, "ann")
	}
	return policies, &policy.Request{Principal: principal, Action: c.Action, Resource: c.Resource, Context: c.context()}
}

func (c *Case) context() policy.Context {
	context := policy.CompleteContext()
	for key, value := range c.Context {
		context = context.With(key, value.(string))
	}
	return context
}

// ContextWithUnknown returns the context of the request with one key whose value is unknown.
func (c *Case) ContextWithUnknown(key string) policy.Context { return c.context().WithUnknown(key) }
