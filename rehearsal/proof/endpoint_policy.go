package proof

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// proveEndpointPolicies proves that endpoints allow no requests of other accounts, and none to their buckets.
// It makes no claim about ssmmessages and ec2messages, for which AWS does not document that restrictions
// work.
func (m *model) proveEndpointPolicies() []*finding {
	var found []*finding
	for _, v := range m.instanceVPCs() {
		for _, e := range m.endpoints {
			if e.vpc != v.id || e.serves(serviceMessages) || e.serves(serviceEC2Messages) {
				continue
			}
			f := newFinding("endpoint-policy."+m.serviceCode(e), e.name, Hardening)
			if document, ok := m.endpointPolicy(f, e); ok {
				m.checkEndpointPolicy(f, e, document)
			}
			found = append(found, f)
		}
	}
	return found
}

// serviceCode returns the code of an endpoint's service, such as "ecr.api".
func (m *model) serviceCode(e *vpcEndpoint) string {
	if _, code, found := strings.Cut(e.service, "."+m.region+"."); found {
		return code
	}
	return e.service
}

// endpointRequest is an example request through an endpoint. It is not signed if the principal is the zero
// value.
type endpointRequest struct {
	principal        policy.Principal
	action, resource string
	// kind says what is wrong with the request.
	kind string
}

// checkEndpointPolicy checks that the policy of an endpoint denies requests of other accounts and, for S3,
// requests to their buckets.
func (m *model) checkEndpointPolicy(f *finding, e *vpcEndpoint, document *policy.Document) {
	fix := e.fix(keyFixes.endpointPolicy, "require StringEquals aws:PrincipalAccount = "+m.account+" in the policy of "+e.String())
	requests := m.foreignRequests(e, document)
	if e.serves(serviceS3) {
		fix = e.fix(keyFixes.endpointPolicy,
			"allow only reads of AWS's buckets, and the account's own buckets to its principals, in the policy of "+e.String())
		requests = append(requests, m.foreignBucketRequests(f, document, fix)...)
	}
	reported := map[string]bool{}
	for _, r := range requests {
		policies := policy.Policies{Identity: []*policy.Document{allowAll}, Endpoint: document}
		if r.principal.ARN == "" {
			policies = policy.Policies{Resource: allowAllPrincipals, Endpoint: document}
		}
		context := policy.Context{}.With("aws:SourceVpce", e.id).With("aws:SourceVpc", e.vpc).
			With("aws:ResourceAccount", foreignAccounts(m.account)[0]).With("aws:PrincipalOrgID", "o-foreign").With("aws:ResourceOrgID", "o-foreign")
		decision := policies.Decide(&policy.Request{Principal: r.principal, Action: r.action, Resource: r.resource, Context: context})
		if decision.Effect != policy.Denied && !reported[r.kind] {
			// One example of each kind is enough.
			reported[r.kind] = true
			f.expectDenied(decision, fix, "%s (%s): %s on %s through %s", r.kind, cmp.Or(r.principal.Account(), "unsigned"), r.action, r.resource, e)
		}
	}
	if f.passing() {
		f.pass("%s denies all %d example requests of other accounts and to their buckets, "+
			"including one for each action and resource in its policy", e, len(requests))
	}
}

// foreignRequests returns requests of other accounts: an arbitrary one, and one for each action and resource
// in the policy.
func (m *model) foreignRequests(e *vpcEndpoint, document *policy.Document) []endpointRequest {
	service := strings.SplitN(m.serviceCode(e), ".", 2)[0]
	principals := m.foreignPrincipals(document, m.account)
	var requests []endpointRequest
	add := func(action, resource string) {
		if e.serves(serviceS3) && isS3Read(action) {
			return // everybody can read AWS's buckets
		}
		for _, principal := range principals {
			r := endpointRequest{principal, action, resource, "a request of another account"}
			if !slices.Contains(requests, r) {
				requests = append(requests, r)
			}
		}
	}
	anyAction, anyResource := service+":AnyAction", m.arn(service, "any/thing")
	add(anyAction, anyResource)
	for i := range document.Statements {
		s := &document.Statements[i]
		if s.Deny {
			continue
		}
		actions, resources := s.Actions, s.Resources
		if s.NotActions {
			actions = nil
		}
		if s.NotResources {
			resources = nil
		}
		for _, action := range append([]string{anyAction}, actions...) {
			for _, resource := range append([]string{anyResource}, resources...) {
				add(exampleText(action, anyAction), exampleText(resource, anyResource))
			}
		}
	}
	return requests
}

// exampleText returns a text that a pattern matches. For "*" it returns all.
func exampleText(pattern, all string) string {
	if pattern == "*" {
		return all
	}
	return strings.NewReplacer("*", "x", "?", "x").Replace(pattern)
}

// isS3Read reports whether an action reads from S3.
func isS3Read(action string) bool {
	return slices.Contains([]string{"s3:getobject", "s3:listbucket", "s3:getbucketlocation"}, strings.ToLower(action))
}

// foreignBucketRequests checks that no statement covers buckets of any name, and returns requests to a bucket
// of another account.
func (m *model) foreignBucketRequests(f *finding, document *policy.Document, fix string) []endpointRequest {
	buckets := "arn:" + m.partition + ":s3:::"
	for i := range document.Statements {
		s := &document.Statements[i]
		if s.Deny {
			continue
		}
		for _, resource := range s.Resources {
			name := strings.TrimPrefix(resource, buckets)
			if s.NotResources || strings.HasPrefix(name, "*") || strings.HasPrefix(name, "?") {
				f.fail(fix, "%s covers buckets of other accounts: %s", document.Describe(s), resource)
			}
		}
	}
	own := policy.Session(fmt.Sprintf("arn:%s:iam::%s:role/own", m.partition, m.account), exampleUser)
	object := buckets + "foreign-bucket/x"
	return []endpointRequest{
		{own, "s3:PutObject", object, "a write to a bucket of another account"},
		{policy.Principal{}, "s3:GetObject", object, "a read from a bucket of another account"},
	}
}

// checkEndpointAllowsAgent checks that the policy of an endpoint allows the requests of the agent.
func (m *model) checkEndpointAllowsAgent(f *finding, i *instance, e *vpcEndpoint) {
	document, ok := m.endpointPolicy(f, e)
	if !ok {
		return
	}
	r, missing := m.roleOf(i)
	if r == nil {
		if missing != "" {
			f.unknown("the policy of %s may not allow the requests of the agent: %s", e, missing)
		}
		// The claim "agent" is about instances without a role.
		return
	}
	for _, n := range m.needs(i) {
		if !e.serves(n.service) {
			continue
		}
		request := m.agentRequest(i, r, n)
		request.Context = request.Context.With("aws:SourceVpce", e.id)
		decision := (&policy.Policies{Identity: []*policy.Document{allowAll}, Endpoint: document}).Decide(request)
		f.expectAllowed(decision, fmt.Sprintf("allow %s to %s in the policy of %s", n.action, r, e), "%s through %s", n, e)
	}
}

// endpointPolicy parses the policy of an endpoint, or returns the default policy if it has none.
func (m *model) endpointPolicy(f *finding, e *vpcEndpoint) (*policy.Document, bool) {
	if e.policy == "" {
		return defaultEndpointPolicy, true
	}
	document, err := policy.Parse("the policy of "+e.String(), e.policy)
	if err != nil {
		f.unknown("%v", err)
		return nil, false
	}
	return document, true
}

// defaultEndpointPolicy is the policy of an endpoint that is created without one.
var defaultEndpointPolicy = mustParse("the default endpoint policy",
	`{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}`)
