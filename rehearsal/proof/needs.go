package proof

import (
	"fmt"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// need is a request that the SSM Agent of an instance has to be allowed to make.
type need struct {
	// service is the code of the endpoint that the request passes, such as "ssmmessages", or "" if it passes
	// none.
	service  string
	action   string
	resource string
	// owner is the account of the resource, or "aws" for resources of AWS. Empty: the account of the instance.
	owner string
	// policy is the policy of the resource, or nil if it has none. If mustAllow is true, the policy has to allow
	// the request: that of a key.
	policy    *policy.Document
	mustAllow bool
	// via is the service that makes the request for the role, such as "s3", or "" if the agent makes it.
	via string
	// rests are the resources, other than the role, that the decision depends on.
	rests []*resource
	// unknown is the reason why the state does not decide the request, and broken the reason why it always fails. Both are
	// empty otherwise.
	unknown, broken string
	// assumption says what is assumed about the request, or is empty.
	assumption string
	// why says what the agent makes the request for, as "to WHY".
	why string
	// grant is what a policy has to allow. It is empty if AmazonSSMManagedInstanceCore allows the request.
	grant string
}

// String returns the action and the resource.
func (n need) String() string {
	if n.resource == "*" {
		return n.action
	}
	return n.action + " on " + n.resource
}

// Codes of the services that sessions use.
const (
	serviceSSM         = "ssm"
	serviceMessages    = "ssmmessages"
	serviceEC2Messages = "ec2messages"
	serviceLogs        = "logs"
	serviceKMS         = "kms"
	serviceS3          = "s3"
)

// needs returns the requests of the agent of an instance.
func (m *model) needs(i *instance) []need {
	self := i.arn("ec2", "instance/"+i.id)
	needs := []need{{service: serviceSSM, action: "ssm:UpdateInstanceInformation", resource: self, why: "register the instance and keep it online"}}
	for _, action := range []string{"CreateControlChannel", "OpenControlChannel", "CreateDataChannel", "OpenDataChannel"} {
		needs = append(needs, need{service: serviceMessages, action: "ssmmessages:" + action, resource: "*", why: "open its channels"})
	}
	if m.endpointOf(i, serviceEC2Messages) != nil {
		for _, action := range []string{"GetMessages", "AcknowledgeMessage", "SendReply", "FailMessage"} {
			needs = append(needs, need{service: serviceEC2Messages, action: "ec2messages:" + action, resource: "*", why: "receive commands"})
		}
	}
	for n, association := range m.associationsOf(i) {
		if n == 0 {
			// The agent makes this request in any case. Without associations it does not need the answer.
			needs = append(needs, need{service: serviceSSM, action: "ssm:ListInstanceAssociations", resource: self, why: "list its associations"})
		}
		document := association.str("name")
		owner := "aws"
		arn := fmt.Sprintf("arn:%s:ssm:%s::document/%s", i.partition, i.region, document)
		if !strings.HasPrefix(document, "AWS") {
			owner, arn = i.account, i.arn("ssm", "document/"+document)
		}
		needs = append(needs,
			need{service: serviceSSM, action: "ssm:GetDocument", resource: arn, owner: owner, why: "run " + association.String()},
			need{service: serviceSSM, action: "ssm:UpdateInstanceAssociationStatus", resource: self, why: "report the status of " + association.String()})
	}
	return append(needs, m.recordingNeeds(i.location)...)
}

// recordingNeeds returns the requests of an agent at a location for recording and encrypting sessions.
func (m *model) recordingNeeds(at location) []need {
	if needs, ok := m.recording[at]; ok {
		return needs
	}
	var needs []need
	for _, d := range m.usedDocuments(at) {
		for _, n := range slices.Concat(m.logNeeds(d, at), m.bucketNeeds(d, at), m.sessionKeyNeeds(d, at)) {
			same := func(o need) bool { return o.action == n.action && o.resource == n.resource }
			if !slices.ContainsFunc(needs, same) {
				needs = append(needs, n)
			}
		}
	}
	m.recording[at] = needs
	return needs
}

// logNeeds returns the requests for recording to the log group of a document.
func (m *model) logNeeds(d *sessionDocument, at location) []need {
	if d.logGroup == "" {
		return nil
	}
	group := "log-group:" + d.logGroup + ":log-stream:"
	stream := at.arn("logs", group+"ann-0123456789abcdef0")
	why := "record sessions of " + d.String()
	return []need{
		{service: serviceLogs, action: "logs:CreateLogStream", resource: stream, why: why, grant: "logs:CreateLogStream on the streams of the log group"},
		{service: serviceLogs, action: "logs:PutLogEvents", resource: stream, why: why, grant: "logs:PutLogEvents on the streams of the log group"},
		{service: serviceLogs, action: "logs:DescribeLogStreams", resource: at.arn("logs", group), why: why, grant: "logs:DescribeLogStreams on the log group"},
		{service: serviceLogs, action: "logs:DescribeLogGroups", resource: at.arn("logs", "log-group::log-stream:"), why: why, grant: "logs:DescribeLogGroups on *"},
	}
}

// bucketNeeds returns the requests for recording to the bucket of a document.
func (m *model) bucketNeeds(d *sessionDocument, at location) []need {
	if d.bucket == "" {
		return nil
	}
	bucket := "arn:" + at.partition + ":s3:::" + d.bucket
	object := bucket + "/" + strings.TrimPrefix(d.prefix+"/ann-0123456789abcdef0.log", "/")
	base := need{service: serviceS3, why: "record sessions of " + d.String()}
	match := m.bucketNamed(d.bucket)
	keyName := ""
	switch b := match.found; {
	case match.unknown != "":
		base.unknown = match.unknown
	case b == nil && m.ofOthers(contract.ExistingBucketInput, d.bucket):
		base.policy = allowAllPrincipals
		base.assumption = fmt.Sprintf("the policy of bucket %q, and that of its KMS key if it has one, allow the agents to write records", d.bucket)
	case b == nil:
		base.policy = policy.Unreadable("the policy of bucket "+d.bucket, "its content, which is not in the state")
	default:
		document, by := m.bucketPolicy(b)
		base.policy, base.owner, base.rests = document, b.account, []*resource{b, by}
		name, encryption := m.bucketEncryption(b)
		keyName, base.rests = name, append(base.rests, encryption)
	}
	put, get := base, base
	put.action, put.resource, put.grant = "s3:PutObject", object, "s3:PutObject on the objects of the bucket"
	needs := []need{put}
	if d.bucketEncrypted {
		get.action, get.resource, get.grant = "s3:GetEncryptionConfiguration", bucket, "s3:GetEncryptionConfiguration on the bucket"
		needs = append(needs, get)
	}
	if keyName != "" {
		// S3 makes this request for the role, so it passes no endpoint.
		needs = append(needs, m.keyNeed(keyName, at, need{action: "kms:GenerateDataKey", via: serviceS3, why: base.why}))
	}
	return needs
}

// sessionKeyNeeds returns the request for decrypting sessions of a document.
func (m *model) sessionKeyNeeds(d *sessionDocument, at location) []need {
	if d.kms == "" {
		return nil
	}
	return []need{m.keyNeed(d.kms, at, need{service: serviceKMS, action: "kms:Decrypt", why: "decrypt sessions of " + d.String()})}
}

// keyNeed completes a request that uses the key with a name.
func (m *model) keyNeed(name string, at location, n need) need {
	match := m.keyAt(name, at)
	n.mustAllow = true
	switch k := match.found; {
	case match.unknown != "":
		n.resource, n.unknown = name, match.unknown
	case k == nil:
		n.resource = name
		if !strings.HasPrefix(name, "arn:") || strings.Contains(name, ":alias/") {
			n.unknown = fmt.Sprintf("key %q is not in the state", name)
		}
		n.policy = policy.Unreadable("the policy of key "+name, "its content, which is not in the state")
	default:
		n.resource, n.policy, n.owner, n.rests = k.arn, k.policy, k.account, []*resource{k.resource}
		if k.unusable != "" {
			n.broken = fmt.Sprintf("%s: %s", k, k.unusable)
		}
	}
	n.grant = n.action + " on " + n.resource
	return n
}

// associationsOf returns the State Manager associations that may run on an instance.
func (m *model) associationsOf(i *instance) []*resource {
	var found []*resource
	for _, n := range m.ofType("aws:ssm/association:Association") {
		targeted := n.str("instanceId") == i.id
		for _, target := range n.objects("targets") {
			values := asStrList(target["values"])
			key := asStr(target["key"])
			tagKey, byTag := strings.CutPrefix(key, "tag:")
			switch {
			case key == "InstanceIds":
				targeted = targeted || slices.Contains(values, i.id) || slices.Contains(values, "*")
			case byTag:
				targeted = targeted || slices.Contains(values, asStr(m.tagsOf(i.resource)[tagKey]))
			default:
				targeted = true // the state does not show which instances belong to a group
			}
		}
		if targeted {
			found = append(found, n)
		}
	}
	return found
}

// allowAll is the policy of a principal whose own policies are assumed to allow the request.
var allowAll = assumedPolicy(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)

// allowAllPrincipals is the policy of a resource that is assumed to allow the request.
var allowAllPrincipals = assumedPolicy(`{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}`)

func assumedPolicy(text string) *policy.Document {
	document := mustParse("assumed", text)
	document.Assumed = true
	return document
}

func mustParse(name, text string) *policy.Document {
	document, err := policy.Parse(name, text)
	if err != nil {
		panic(err)
	}
	return document
}

// agentRequest returns a need as a request of the role of the instance. Condition keys whose values the state does not
// show are unknown.
func (m *model) agentRequest(i *instance, r *role, n need) *policy.Request {
	owner := n.owner
	if owner == "" {
		owner = i.account
	}
	context := m.agentContext(i, r).With("aws:ResourceAccount", owner)
	if strings.HasPrefix(n.action, "kms:") {
		context = context.With("kms:CallerAccount", i.account)
	}
	if n.via != "" {
		// Requests that a service makes for the caller do not have the keys of the caller's network.
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
		service := n.via + "." + i.region + "." + i.dnsSuffix()
		context = context.With("aws:ViaAWSService", "true").With("kms:ViaService", service).Without("aws:SourceVpc").Without("aws:SourceVpce")
	} else {
		context = context.With("aws:ViaAWSService", "false").Without("kms:ViaService").Without("aws:CalledVia")
		if s := m.subnets[i.subnet]; s != nil && n.service != serviceS3 {
			context = context.With("aws:SourceVpc", s.vpc)
		}
		if e := m.endpointOf(i, n.service); e != nil {
			context = context.With("aws:SourceVpce", e.id)
		}
	}
	principal := policy.Session(r.arn, i.id)
	if r.missing {
		// The path of the role is unknown, and therefore its ARN.
		principal = policy.Group{Kind: policy.RoleKind, Partition: i.partition, Account: i.account}.Principal()
	}
	return &policy.Request{Principal: principal, Action: n.action, Resource: n.resource, Context: context}
}

// decideAgent decides a request of an agent: of its role, or of any role of the account if the state does not contain it.
func decideAgent(policies policy.Policies, request *policy.Request) policy.Decision {
	if request.Principal.Group != nil {
		return decideClass(policies, request)
	}
	return policies.Decide(request)
}

// agentContext returns the condition keys of all requests of an agent.
func (m *model) agentContext(i *instance, r *role) policy.Context {
	if context, ok := m.agentContexts[i]; ok {
		return context
	}
	context := policy.Context{}.WithSome("aws:userid")
	if !r.missing {
		context = context.With("aws:userid", r.uniqueID+":"+i.id)
	}
	context = context.
		With("aws:SecureTransport", "true").With("aws:RequestedRegion", i.region).
		With("ec2:SourceInstanceARN", i.arn("ec2", "instance/"+i.id)).
		Without("aws:MultiFactorAuthPresent").Without("aws:MultiFactorAuthAge")
	if m.intent.organization != "" {
		context = context.With("aws:PrincipalOrgID", m.intent.organization)
	}
	m.agentContexts[i] = context
	return context
}
