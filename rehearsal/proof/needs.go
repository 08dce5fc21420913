package proof

import (
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// need is a request that the agent of an instance makes.
type need struct {
	// service is the endpoint's, such as "ssmmessages".
	service  string
	action   string
	resource string
	// owner is the account of the resource, or "aws" for AWS's own.
	owner string
	// key is the key whose policy is asked, too.
	key *key
	// why says what it is for.
	why string
	// mended says what would allow it, where AmazonSSMManagedInstanceCore would not.
	mended string
}

// String is the request as a sentence has it.
func (n need) String() string {
	if n.resource == "*" {
		return n.action
	}
	return n.action + " on " + n.resource
}

// Services that sessions go through.
const (
	serviceSSM         = "ssm"
	serviceMessages    = "ssmmessages"
	serviceEC2Messages = "ec2messages"
	serviceLogs        = "logs"
	serviceKMS         = "kms"
	serviceS3          = "s3"
)

// arn makes an ARN in the instances' Region and account.
func (m *model) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", m.partition, service, m.region, m.account, resource)
}

// needs returns what the agent of an instance asks for.
func (m *model) needs(i *instance) []need {
	self := m.arn("ec2", "instance/"+i.id)
	needs := []need{{service: serviceSSM, action: "ssm:UpdateInstanceInformation", resource: self, why: "register and stay online"}}
	for _, action := range []string{"CreateControlChannel", "OpenControlChannel", "CreateDataChannel", "OpenDataChannel"} {
		needs = append(needs, need{service: serviceMessages, action: "ssmmessages:" + action, resource: "*", why: "open its channels"})
	}
	if m.doorOf(i, serviceEC2Messages) != nil {
		for _, action := range []string{"GetMessages", "AcknowledgeMessage", "SendReply", "FailMessage"} {
			needs = append(needs, need{service: serviceEC2Messages, action: "ec2messages:" + action, resource: "*", why: "take commands"})
		}
	}
	for n, association := range m.associationsOf(i) {
		if n == 0 {
			// It asks in any case. Where there is none, it goes on without an answer.
			needs = append(needs, need{service: serviceSSM, action: "ssm:ListInstanceAssociations", resource: self, why: "learn its associations"})
		}
		document := association.text("name")
		owner := "aws"
		arn := fmt.Sprintf("arn:%s:ssm:%s::document/%s", m.partition, m.region, document)
		if !strings.HasPrefix(document, "AWS") {
			owner, arn = m.account, m.arn("ssm", "document/"+document)
		}
		needs = append(needs,
			need{service: serviceSSM, action: "ssm:GetDocument", resource: arn, owner: owner, why: "run " + association.String()},
			need{service: serviceSSM, action: "ssm:UpdateInstanceAssociationStatus", resource: self, why: "report on " + association.String()})
	}
	return append(needs, m.recordingNeeds()...)
}

// recordingNeeds returns what recording and encrypting a session asks of the agent.
func (m *model) recordingNeeds() []need {
	var needs []need
	for _, d := range m.sessionDocuments() {
		for _, n := range slices.Concat(m.logNeeds(d), m.bucketWrites(d), m.keyNeeds(d)) {
			same := func(o need) bool { return o.action == n.action && o.resource == n.resource }
			if !slices.ContainsFunc(needs, same) {
				n.mended = "give the instance's role a policy that allows " + n.mended
				needs = append(needs, n)
			}
		}
	}
	return needs
}

// logNeeds returns what it takes to record to a document's log group.
func (m *model) logNeeds(d *sessionDocument) []need {
	if d.logGroup == "" {
		return nil
	}
	group := "log-group:" + d.logGroup + ":log-stream:"
	stream := m.arn("logs", group+"ann-0123456789abcdef0")
	why := "record for " + d.String()
	return []need{
		{service: serviceLogs, action: "logs:CreateLogStream", resource: stream, why: why, mended: "logs:CreateLogStream on the log group's streams"},
		{service: serviceLogs, action: "logs:PutLogEvents", resource: stream, why: why, mended: "logs:PutLogEvents on the log group's streams"},
		{service: serviceLogs, action: "logs:DescribeLogStreams", resource: m.arn("logs", group), why: why, mended: "logs:DescribeLogStreams on the log group"},
		{service: serviceLogs, action: "logs:DescribeLogGroups", resource: m.arn("logs", "log-group::log-stream:"), why: why, mended: "logs:DescribeLogGroups on *"},
	}
}

// bucketWrites returns what it takes to record to a document's bucket.
func (m *model) bucketWrites(d *sessionDocument) []need {
	if d.bucket == "" {
		return nil
	}
	bucket := "arn:" + m.partition + ":s3:::" + d.bucket
	object := bucket + "/" + strings.TrimPrefix(d.prefix+"/ann-0123456789abcdef0.log", "/")
	why := "record for " + d.String()
	needs := []need{{service: serviceS3, action: "s3:PutObject", resource: object, why: why, mended: "s3:PutObject on the bucket's objects"}}
	if d.bucketEncrypted {
		needs = append(needs, need{
			service: serviceS3, action: "s3:GetEncryptionConfiguration", resource: bucket, why: why, mended: "s3:GetEncryptionConfiguration on the bucket",
		})
	}
	if k := m.key(m.bucketKey(d.bucket)); k != nil {
		// S3 asks the key in the role's name, so no endpoint is on the way.
		needs = append(needs, need{action: "kms:GenerateDataKey", resource: k.arn, key: k, why: why, mended: "kms:GenerateDataKey on " + k.arn})
	}
	return needs
}

// keyNeeds returns what it takes to decrypt a document's sessions.
func (m *model) keyNeeds(d *sessionDocument) []need {
	k := m.key(d.kms)
	if k == nil {
		return nil
	}
	return []need{{
		service: serviceKMS, action: "kms:Decrypt", resource: k.arn, key: k, why: "decrypt the session of " + d.String(), mended: "kms:Decrypt on " + k.arn,
	}}
}

// associationsOf returns the associations that run on an instance.
func (m *model) associationsOf(i *instance) []*node {
	var found []*node
	for _, n := range m.kind("aws:ssm/association:Association") {
		targeted := n.text("instanceId") == i.id
		for _, target := range n.objects("targets") {
			values := asTexts(target["values"])
			switch asText(target["key"]) {
			case "InstanceIds":
				targeted = targeted || slices.Contains(values, i.id) || slices.Contains(values, "*")
			default:
				targeted = true // by tag or by group: taken for one that does
			}
		}
		if targeted {
			found = append(found, n)
		}
	}
	return found
}

// everything is the policy of somebody whose own policies are not the question.
var everything = assumedPolicy(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)

// everybody is the policy of a resource that is not the question.
var everybody = assumedPolicy(`{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}`)

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

// agentRequest is a need as the instance's role asks for it.
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

// roleOf returns the role that an instance has, or nil and what the state lacks.
func (m *model) roleOf(i *instance) (*role, string) {
	if i.profile == "" {
		return nil, ""
	}
	profile := m.profiles[i.profile]
	if profile == nil {
		return nil, fmt.Sprintf("instance profile %q, which is not in the state", i.profile)
	}
	name := profile.text("role")
	if name == "" {
		return nil, ""
	}
	if r := m.roles[name]; r != nil {
		return r, ""
	}
	return nil, fmt.Sprintf("role %q of %s, which is not in the state", name, profile)
}
