package proof

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// proveEndpointPolicies proves that endpoints allow no requests of other accounts, and none to their buckets.
// It makes no claim about ssmmessages and ec2messages, for which AWS does not document that restrictions
// work.
func (m *model) proveEndpointPolicies() []*finding {
	var found []*finding
	for _, v := range m.checkedVPCs() {
		for _, e := range m.endpoints {
			if e.vpc != v.id || e.serves(serviceMessages) || e.serves(serviceEC2Messages) || !e.isGateway() && e.endpointType != "Interface" {
				continue
			}
			f := newFinding("endpoint-policy."+m.serviceCode(e), e.name, Hardening)
			f.rest(resourcesOf([]*vpcEndpoint{e})...)
			if document, ok := m.endpointPolicy(f, e); ok {
				m.checkForeignRequests(f, e, document)
				if e.serves(serviceS3) {
					m.checkBuckets(f, e, document)
				}
			}
			found = append(found, f)
		}
	}
	return found
}

// isGateway reports whether the endpoint is a gateway endpoint.
func (e *vpcEndpoint) isGateway() bool { return e.endpointType == "Gateway" }

// serviceCode returns the code of an endpoint's service, such as "ecr.api".
func (m *model) serviceCode(e *vpcEndpoint) string {
	if _, code, found := strings.Cut(e.service, "."+cmp.Or(e.region, m.region)+"."); found {
		return code
	}
	return e.service
}

// endpointClass is a class of requests that an endpoint should deny.
type endpointClass struct {
	// kind says what is wrong with the requests.
	kind               string
	principal          policy.Principal
	actions, resources *policy.Class
	context            policy.Context
}

// checkClass checks that an endpoint denies every request of a class.
func (m *model) checkClass(f *finding, e *vpcEndpoint, document *policy.Document, c endpointClass, fix string) {
	policies := policy.Policies{Identity: []*policy.Document{allowAll}, Endpoint: document, Gateway: e.isGateway()}
	if c.principal.Group == nil {
		policies.Identity, policies.Resource = nil, allowAllPrincipals
	}
	request := &policy.Request{
		Principal: c.principal, Actions: c.actions, Resources: c.resources,
		Context: c.context.With("aws:SourceVpce", e.id).With("aws:SourceVpc", e.vpc),
	}
	f.expectNone(policies, request, fix, c.kind+" through "+e.String(), func(w *policy.Request) string {
		return fmt.Sprintf("%s (%s): %s on %s through %s", c.kind, cmp.Or(w.Principal.ARN, "unsigned"), w.Action, w.Resource, e)
	})
}

// foreignGroup returns the principals of other accounts that are not meant to have access, and the context of their
// requests.
func (m *model) foreignGroup(account string) (policy.Group, policy.Context) {
	group, context := policy.Group{Partition: m.partition, NotAccounts: []string{account}}, policy.Context{}
	for _, name := range m.principals {
		if meant := accountOf(name); meant == name || strings.HasSuffix(name, ":root") {
			group.NotAccounts = append(group.NotAccounts, meant)
		} else {
			group.NotARNs = append(group.NotARNs, name)
		}
	}
	if m.intent.organization != "" {
		// The other accounts of the organization are meant to have access.
		context = context.WithOther("aws:PrincipalOrgID", m.intent.organization).Optional("aws:PrincipalOrgID")
	}
	return group, context
}

// checkForeignRequests checks that an endpoint denies the requests of other accounts, except reads of AWS's buckets.
func (m *model) checkForeignRequests(f *finding, e *vpcEndpoint, document *policy.Document) {
	account := cmp.Or(e.account, m.account)
	if account == "" {
		f.unknown("the account of %s is unknown", e)
		return
	}
	fix := e.fix(keyFixes.endpointPolicy, "require StringEquals aws:PrincipalAccount = "+account+" in the policy of "+e.String())
	group, context := m.foreignGroup(account)
	service := strings.SplitN(m.serviceCode(e), ".", 2)[0]
	class := endpointClass{
		kind: "a request of another account", principal: group.Principal(), context: context,
		actions: &policy.Class{Prefix: service + ":"}, resources: &policy.Class{},
	}
	if service == serviceLogs || service == serviceKMS || service == serviceSSM || service == serviceS3 {
		m.checkServiceClass(f, e, document, class, fix)
		return
	}
	// The actions of other services may have a prefix that differs from the name of the service.
	class.actions = &policy.Class{}
	m.checkClass(f, e, document, class, fix)
}

// checkServiceClass checks that an endpoint denies a class of requests. For S3, everybody may read AWS's buckets and
// those that are meant to be public.
func (m *model) checkServiceClass(f *finding, e *vpcEndpoint, document *policy.Document, class endpointClass, fix string) {
	if !e.serves(serviceS3) {
		m.checkClass(f, e, document, class, fix)
		return
	}
	read, write := class, class
	read.resources = &policy.Class{Except: bucketARNs(m.partition, slices.Concat(m.awsBucketNames(e), m.intent.publicBuckets))}
	write.actions = &policy.Class{Prefix: "s3:", Except: s3Reads}
	m.checkClass(f, e, document, read, fix)
	m.checkClass(f, e, document, write, fix)
}

// s3Reads are the actions that read from S3.
var s3Reads = []string{"s3:Get*", "s3:List*"}

// checkBuckets checks that an endpoint of S3 leads to no bucket of another account: neither for the account's own
// principals nor for requests that are not signed. Anybody can register an unused name, so a pattern of names does not
// protect.
func (m *model) checkBuckets(f *finding, e *vpcEndpoint, document *policy.Document) {
	account := cmp.Or(e.account, m.account)
	fix := e.fix(keyFixes.endpointPolicy, "allow only reads of AWS's buckets, and the account's own buckets by name or with the condition "+
		"StringEquals aws:ResourceAccount = "+account+", in the policy of "+e.String())
	aws := m.awsBucketNames(e)
	named := namedBuckets(document, m.partition)
	named = slices.DeleteFunc(named, func(name string) bool { return slices.Contains(aws, name) })
	// The workload may also write to a public bucket.
	named = slices.DeleteFunc(named, func(name string) bool {
		public := slices.Contains(m.intent.publicBuckets, name)
		if public {
			f.assume("everybody may know what is in the bucket %q, which the policy of %s allows everybody to read", name, e)
		}
		return public && !allowsWrites(document, m.partition, name)
	})
	aws = slices.Concat(aws, m.intent.publicBuckets)
	for _, name := range named {
		if m.ofOthers(contract.ExistingBucketInput, name) {
			f.assume("the bucket %q, which the policy of %s allows, belongs to the intended owner of the session records", name, e)
		} else if b := m.bucket(name); b == nil || differ(b.account, account) {
			f.assume("the account owns the bucket %q, which the policy of %s allows and the state does not contain", name, e)
		}
	}
	private := slices.DeleteFunc(slices.Clone(named), func(name string) bool { return slices.Contains(m.intent.publicBuckets, name) })
	own := policy.Group{Partition: m.partition, Account: account}
	context := policy.Context{}.WithOther("aws:ResourceAccount", account)
	for _, class := range []endpointClass{
		{kind: "a read from a bucket of another account", principal: own.Principal(), actions: &policy.Class{Prefix: "s3:"}, resources: &policy.Class{Prefix: "arn:", Except: bucketARNs(m.partition, slices.Concat(aws, named))}},
		{kind: "a write to a bucket of another account", principal: own.Principal(), actions: &policy.Class{Prefix: "s3:", Except: s3Reads}, resources: &policy.Class{Prefix: "arn:", Except: bucketARNs(m.partition, named)}},
		{kind: "an unsigned write to a public bucket", actions: &policy.Class{Prefix: "s3:", Except: s3Reads}, resources: &policy.Class{Prefix: "arn:", Except: bucketARNs(m.partition, private)}},
		{kind: "an unsigned request to a bucket of another account", actions: &policy.Class{Prefix: "s3:"}, resources: &policy.Class{Prefix: "arn:", Except: bucketARNs(m.partition, slices.Concat(aws, named))}},
	} {
		class.context = context
		m.checkClass(f, e, document, class, fix)
	}
}

// allowsWrites reports whether an Allow statement of a policy that lists the full name of a bucket has actions other than
// reads.
func allowsWrites(document *policy.Document, partition, name string) bool {
	isWrite := func(action string) bool {
		return !strings.HasPrefix(action, "s3:Get") && !strings.HasPrefix(action, "s3:List")
	}
	return slices.ContainsFunc(document.Statements, func(s policy.Statement) bool {
		named := namedBuckets(&policy.Document{Statements: []policy.Statement{s}}, partition)
		return slices.Contains(named, name) && (s.NotActions || slices.ContainsFunc(s.Actions, isWrite))
	})
}

// namedBuckets returns the buckets whose full names the Allow statements of a policy list.
func namedBuckets(document *policy.Document, partition string) []string {
	var found []string
	for _, s := range document.Statements {
		if s.Deny || s.NotResources {
			continue
		}
		for _, resource := range s.Resources {
			name, _, _ := strings.Cut(strings.TrimPrefix(resource, "arn:"+partition+":s3:::"), "/")
			if strings.HasPrefix(resource, "arn:"+partition+":s3:::") && !strings.ContainsAny(name, "*?$") && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	return found
}

// bucketARNs returns the ARNs of buckets and of their objects.
func bucketARNs(partition string, names []string) []string {
	var arns []string
	for _, name := range names {
		arn := "arn:" + partition + ":s3:::" + name
		arns = append(arns, arn, arn+"/*")
	}
	return arns
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
		decision := decideAgent(policy.Policies{Identity: []*policy.Document{allowAll}, Endpoint: document, Gateway: e.isGateway()}, request)
		f.expectAllowed(decision, e.ask(fmt.Sprintf("allow %s to %s in the policy of %s", n.action, r, e)), "%s through %s", n, e)
	}
}

// endpointPolicy parses the policy of an endpoint, or returns the default policy if it has none.
func (m *model) endpointPolicy(f *finding, e *vpcEndpoint) (*policy.Document, bool) {
	if e.policy == "" {
		return defaultEndpointPolicy, true
	}
	if document := m.endpointPolicies[e]; document != nil {
		return document, true
	}
	document, err := policy.Parse("the policy of "+e.String(), e.policy)
	if err != nil {
		f.unknown("%v", err)
		return nil, false
	}
	m.endpointPolicies[e] = document
	return document, true
}

// defaultEndpointPolicy is the policy of an endpoint that is created without one.
var defaultEndpointPolicy = mustParse("the default endpoint policy",
	`{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}`)
