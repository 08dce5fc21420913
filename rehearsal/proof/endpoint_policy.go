package proof

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/report"
)

// proveEndpointPolicies proves that endpoints carry nothing for other accounts, and
// nothing to strangers' buckets. ssmmessages and ec2messages are left out: that they
// take a restriction well is not established.
func (m *model) proveEndpointPolicies() []*finding {
	var found []*finding
	for _, v := range m.instanceVPCs() {
		for _, d := range m.doors {
			if d.vpc != v.id || d.serves(serviceMessages) || d.serves(serviceEC2Messages) {
				continue
			}
			f := claimOf("endpoint-policy."+m.code(d), d.name, report.Hardening)
			if document, ok := m.endpointPolicy(f, d); ok {
				m.narrow(f, d, document)
			}
			found = append(found, f)
		}
	}
	return found
}

// code is the code of an endpoint's service, such as "ecr.api".
func (m *model) code(d *door) string {
	if _, code, found := strings.Cut(d.service, "."+m.region+"."); found {
		return code
	}
	return d.service
}

// carried is a request that an endpoint's policy is tried with.
type carried struct {
	who              policy.Principal
	action, resource string
	what             string
}

// narrow proves that an endpoint's policy refuses strangers and, for S3, what they own.
func (m *model) narrow(f *finding, d *door, document *policy.Document) {
	mend := "let the policy of " + d.String() + " demand StringEquals aws:PrincipalAccount = " + m.account
	requests := m.strangersRequests(d, document)
	if d.serves(serviceS3) {
		mend = "let the policy of " + d.String() + " allow what is read from AWS's buckets, and the account's principals the buckets of its own"
		requests = append(requests, m.strangeBuckets(f, d, document, mend)...)
	}
	told := map[string]bool{}
	for _, c := range requests {
		policies := policy.Policies{Identity: []*policy.Document{everything}, Endpoint: document}
		if c.who.ARN == "" {
			policies = policy.Policies{Resource: everybody, Endpoint: document}
		}
		context := policy.Context{}.With("aws:SourceVpce", d.id).With("aws:SourceVpc", d.vpc).
			With("aws:ResourceAccount", strangeAccounts(m.account)[0]).With("aws:PrincipalOrgID", "o-stranger").With("aws:ResourceOrgID", "o-stranger")
		decision := policies.Decide(&policy.Request{Principal: c.who, Action: c.action, Resource: c.resource, Context: context})
		if decision.Effect != policy.Denied && !told[c.what] {
			// One of a kind tells enough.
			told[c.what] = true
			f.refuses(decision, mend, "%s (%s): %s on %s through %s", c.what, cmp.Or(c.who.Account(), "nobody's"), c.action, c.resource, d)
		}
	}
	if f.whole() {
		f.holds("%s refuses all %d requests of strangers and for strangers' buckets that were tried, "+
			"among them one for each action and resource that its policy is about", d, len(requests))
	}
}

// strangersRequests are what a stranger might ask for: something, and all that a
// statement of the policy is about.
func (m *model) strangersRequests(d *door, document *policy.Document) []carried {
	service := strings.SplitN(m.code(d), ".", 2)[0]
	strangers := m.strangersTo(document, m.account)
	var requests []carried
	add := func(action, resource string) {
		if d.serves(serviceS3) && isRead(action) {
			return // AWS's buckets are everybody's to read
		}
		for _, stranger := range strangers {
			c := carried{stranger, action, resource, "with another account's keys"}
			if !slices.Contains(requests, c) {
				requests = append(requests, c)
			}
		}
	}
	any := m.arn(service, "any/thing")
	add(service+":AnyAction", any)
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
		for _, action := range append([]string{service + ":AnyAction"}, actions...) {
			for _, resource := range append([]string{any}, resources...) {
				add(example(action, service+":AnyAction"), example(resource, any))
			}
		}
	}
	return requests
}

// example is a text that a pattern matches.
func example(pattern, whole string) string {
	if pattern == "*" {
		return whole
	}
	return strings.NewReplacer("*", "x", "?", "x").Replace(pattern)
}

// isRead says whether an action of S3 reads.
func isRead(action string) bool {
	return slices.Contains([]string{"s3:getobject", "s3:listbucket", "s3:getbucketlocation"}, strings.ToLower(action))
}

// strangeBuckets proves that no statement is about any bucket, and returns requests on a
// stranger's.
func (m *model) strangeBuckets(f *finding, d *door, document *policy.Document, mend string) []carried {
	buckets := "arn:" + m.partition + ":s3:::"
	for _, s := range document.Statements {
		if s.Deny {
			continue
		}
		for _, resource := range s.Resources {
			name := strings.TrimPrefix(resource, buckets)
			if s.NotResources || strings.HasPrefix(name, "*") || strings.HasPrefix(name, "?") {
				f.breaks(mend, "%s, %s, is about buckets that anybody may own: %s", document.Name, s.Sid, resource)
			}
		}
	}
	own := policy.Session(fmt.Sprintf("arn:%s:iam::%s:role/own", m.partition, m.account), person)
	object := buckets + "a-strangers-bucket/x"
	return []carried{
		{own, "s3:PutObject", object, "data leaves for a stranger's bucket"},
		{policy.Principal{}, "s3:GetObject", object, "anybody reads a stranger's bucket"},
	}
}

// admitted proves that an endpoint's policy lets the agent's requests through.
func (m *model) admitted(f *finding, i *instance, d *door) {
	document, ok := m.endpointPolicy(f, d)
	if !ok {
		return
	}
	r, lacks := m.roleOf(i)
	if r == nil {
		if lacks != "" {
			f.doubts("%s, so whom the policy of %s is to admit", lacks, d)
		}
		// An instance without a role is the business of the claim "agent".
		return
	}
	for _, n := range m.needs(i) {
		if !d.serves(n.service) {
			continue
		}
		request := m.agentRequest(i, r, n)
		request.Context = request.Context.With("aws:SourceVpce", d.id)
		decision := (&policy.Policies{Identity: []*policy.Document{everything}, Endpoint: document}).Decide(request)
		f.wants(decision, fmt.Sprintf("let the policy of %s allow %s to %s", d, n.action, r), "%s through %s", n, d)
	}
}

// endpointPolicy reads an endpoint's policy, which may be AWS's default.
func (m *model) endpointPolicy(f *finding, d *door) (*policy.Document, bool) {
	if d.policy == "" {
		return fullAccess, true
	}
	document, err := policy.Parse("the policy of "+d.String(), d.policy)
	if err != nil {
		f.doubts("%v", err)
		return nil, false
	}
	return document, true
}

// fullAccess is what AWS gives an endpoint without a policy.
var fullAccess = mustParse("AWS's default endpoint policy",
	`{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}`)
