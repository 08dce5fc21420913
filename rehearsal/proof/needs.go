package proof

import (
	"fmt"
	"slices"
	"strings"

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
	// key is the KMS key whose policy has to allow the request, if the request uses one.
	key *key
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
	self := m.arn("ec2", "instance/"+i.id)
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
		arn := fmt.Sprintf("arn:%s:ssm:%s::document/%s", m.partition, m.region, document)
		if !strings.HasPrefix(document, "AWS") {
			owner, arn = m.account, m.arn("ssm", "document/"+document)
		}
		needs = append(needs,
			need{service: serviceSSM, action: "ssm:GetDocument", resource: arn, owner: owner, why: "run " + association.String()},
			need{service: serviceSSM, action: "ssm:UpdateInstanceAssociationStatus", resource: self, why: "report the status of " + association.String()})
	}
	return append(needs, m.recordingNeeds()...)
}

// recordingNeeds returns the requests of the agent for recording and encrypting sessions.
func (m *model) recordingNeeds() []need {
	var needs []need
	for _, d := range m.sessionDocuments() {
		for _, n := range slices.Concat(m.logNeeds(d), m.bucketNeeds(d), m.keyNeeds(d)) {
			same := func(o need) bool { return o.action == n.action && o.resource == n.resource }
			if !slices.ContainsFunc(needs, same) {
				needs = append(needs, n)
			}
		}
	}
	return needs
}

// logNeeds returns the requests for recording to the log group of a document.
func (m *model) logNeeds(d *sessionDocument) []need {
	if d.logGroup == "" {
		return nil
	}
	group := "log-group:" + d.logGroup + ":log-stream:"
	stream := m.arn("logs", group+"ann-0123456789abcdef0")
	why := "record sessions of " + d.String()
	return []need{
		{service: serviceLogs, action: "logs:CreateLogStream", resource: stream, why: why, grant: "logs:CreateLogStream on the streams of the log group"},
		{service: serviceLogs, action: "logs:PutLogEvents", resource: stream, why: why, grant: "logs:PutLogEvents on the streams of the log group"},
		{service: serviceLogs, action: "logs:DescribeLogStreams", resource: m.arn("logs", group), why: why, grant: "logs:DescribeLogStreams on the log group"},
		{service: serviceLogs, action: "logs:DescribeLogGroups", resource: m.arn("logs", "log-group::log-stream:"), why: why, grant: "logs:DescribeLogGroups on *"},
	}
}

// bucketNeeds returns the requests for recording to the bucket of a document.
func (m *model) bucketNeeds(d *sessionDocument) []need {
	if d.bucket == "" {
		return nil
	}
	bucket := "arn:" + m.partition + ":s3:::" + d.bucket
	object := bucket + "/" + strings.TrimPrefix(d.prefix+"/ann-0123456789abcdef0.log", "/")
	why := "record sessions of " + d.String()
	needs := []need{{service: serviceS3, action: "s3:PutObject", resource: object, why: why, grant: "s3:PutObject on the objects of the bucket"}}
	if d.bucketEncrypted {
		needs = append(needs, need{
			service: serviceS3, action: "s3:GetEncryptionConfiguration", resource: bucket, why: why, grant: "s3:GetEncryptionConfiguration on the bucket",
		})
	}
	if k := m.key(m.bucketKey(d.bucket)); k != nil {
		// S3 makes this request for the role, so it passes no endpoint.
		needs = append(needs, need{action: "kms:GenerateDataKey", resource: k.arn, key: k, why: why, grant: "kms:GenerateDataKey on " + k.arn})
	}
	return needs
}

// keyNeeds returns the request for decrypting sessions of a document.
func (m *model) keyNeeds(d *sessionDocument) []need {
	k := m.key(d.kms)
	if k == nil {
		return nil
	}
	return []need{{
		service: serviceKMS, action: "kms:Decrypt", resource: k.arn, key: k, why: "decrypt sessions of " + d.String(), grant: "kms:Decrypt on " + k.arn,
	}}
}

// associationsOf returns the State Manager associations that may run on an instance.
func (m *model) associationsOf(i *instance) []*resource {
	var found []*resource
	for _, n := range m.ofType("aws:ssm/association:Association") {
		targeted := n.str("instanceId") == i.id
		for _, target := range n.objects("targets") {
			values := asStrList(target["values"])
			switch asStr(target["key"]) {
			case "InstanceIds":
				targeted = targeted || slices.Contains(values, i.id) || slices.Contains(values, "*")
			default:
				targeted = true // the state does not show which instances have a tag or belong to a group
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

// agentRequest returns a need as a request of the role of the instance.
func (m *model) agentRequest(i *instance, r *role, n need) *policy.Request {
	owner := n.owner
	if owner == "" {
		owner = m.account
	}
	context := policy.Context{}.
		With("aws:userid", r.uniqueID+":"+i.id).
		With("aws:ResourceAccount", owner).
		Without("aws:MultiFactorAuthPresent").Without("aws:MultiFactorAuthAge")
	if m.intent.organization != "" {
		context = context.With("aws:PrincipalOrgID", m.intent.organization)
	}
	if s := m.subnets[i.subnet]; s != nil {
		context = context.With("aws:SourceVpc", s.vpc)
	}
	return &policy.Request{
		Principal: policy.Session(r.arn, i.id), Action: n.action, Resource: n.resource, Context: context,
	}
}

// roleOf returns the role of an instance. It returns nil if the instance has none, and the text says what the
// state does not contain, if anything.
func (m *model) roleOf(i *instance) (*role, string) {
	if i.profile == "" {
		return nil, ""
	}
	profile := m.profiles[i.profile]
	if profile == nil {
		return nil, fmt.Sprintf("instance profile %q of %s is not in the state", i.profile, i)
	}
	name := profile.str("role")
	if name == "" {
		return nil, ""
	}
	if r := m.roles[name]; r != nil {
		return r, ""
	}
	return nil, fmt.Sprintf("role %q of %s is not in the state", name, profile)
}
