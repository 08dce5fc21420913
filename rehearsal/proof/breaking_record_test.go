package proof_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof"
)

// Addresses of the documentation of AWS.
const (
	sessionLogging  = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-logging.html"
	logClasses      = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html"
	logKeys         = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"
	subscriptions   = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html"
	logActions      = "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html"
	grants          = "https://docs.aws.amazon.com/kms/latest/developerguide/grants.html"
	publicAccess    = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"
	bucketPolicies  = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html"
	replication     = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html"
	emptyingBuckets = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/empty-bucket.html"
	agentPolicies   = "https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-instance-permissions.html"
	agentStarts     = "https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html"
	instanceRoles   = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html"
	flowLogTypes    = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html"
	flowLogRoles    = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html"
	perimeters      = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html"
	bucketNames     = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"
	patchBuckets    = "https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-operations-s3-buckets.html"
)

// breakingRecords keep sessions from being recorded, or show the records to others.
func breakingRecords() []breakingChange {
	const claim = "recorded"
	extra := func(statement string) func(*peer) {
		return func(p *peer) { p.sessionPolicies(recordedStart, ownStatement, channelStatement, useKey, statement) }
	}
	key := func(statements ...string) func(*peer) {
		return func(p *peer) { p.set("key", "policy", document(statements...)) }
	}
	return []breakingChange{
		{claim, "another document without a target", sessionLogging, func(p *peer) {
			p.put("aws:ssm/document:Document", "quiet", "quiet", props{
				"name": "quiet", "documentType": "Session", "content": `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{}}`,
			})
			extra(`{"Effect":"Allow","Action":"ssm:StartSession","Resource":"arn:aws:ssm:eu-west-1:123456789012:document/quiet"}`)(p)
		}, proof.Refuted},
		{claim, "port forwarding", sessionLogging, func(p *peer) { p.sessionInputs("Port", recordedInputs) }, proof.Refuted},
		{claim, "SSH", sessionLogging, extra(`{"Effect":"Allow","Action":"ssm:StartSession","Resource":"arn:aws:ssm:eu-west-1::document/AWS-StartSSHSession"}`), proof.Refuted},
		{claim, "any document", resources, extra(`{"Effect":"Allow","Action":"ssm:StartSession","Resource":"arn:aws:ssm:*:*:document/*"}`), proof.Refuted},
		{claim, "no access check", accessChecks, extra(`{"Effect":"Allow","Action":"ssm:StartSession","Resource":"arn:aws:ec2:eu-west-1:123456789012:instance/i-1"}`), proof.Refuted},
		{claim, "a log group that is deleted", logActions, func(p *peer) { p.resources["group"].RetainOnDelete = false }, proof.Refuted},
		{claim, "deletion of the records by the caller", logActions, extra(`{"Effect":"Allow","Action":"logs:DeleteLogGroup","Resource":"*"}`), proof.Refuted},
		{claim, "unencrypted records by the caller", logActions, extra(`{"Effect":"Allow","Action":"logs:DisassociateKmsKey","Resource":"*"}`), proof.Refuted},
		{claim, "deletion of the key by the caller", keyStates, extra(`{"Effect":"Allow","Action":"kms:ScheduleKeyDeletion","Resource":"*"}`), proof.Refuted},
		{claim, "a document that no longer records", sessionLogging, func(p *peer) {
			p.component(contract.SessionsType, "audit", props{contract.LogGroupInput: true})
			p.sessionInputs("Standard_Stream", "")
		}, proof.Refuted},
		{claim, "changes of the document by the caller", sessionActions, extra(`{"Effect":"Allow","Action":"ssm:UpdateDocument","Resource":"*"}`), proof.Refuted},
		{claim, "a key that another account decrypts with", keyPolicies, key(keyOwner, keyLogs, `{"Effect":"Allow",`+otherRoot+`,"Action":"kms:Decrypt","Resource":"*"}`), proof.Refuted},
		{claim, "grants by everybody", grants, key(keyOwner, keyLogs, `{"Effect":"Allow","Principal":"*","Action":"kms:CreateGrant","Resource":"*"}`), proof.Refuted},
		{claim, "a key that CloudWatch Logs may not use", logKeys, key(keyOwner), proof.Refuted},
		{claim, "a disabled key", keyStates, func(p *peer) { p.set("key", "isEnabled", false) }, proof.Refuted},
		{claim, "an unencrypted log group", logKeys, func(p *peer) { p.set("group", "kmsKeyId", "") }, proof.Refuted},
		{claim, "a class that keeps two days", logClasses, func(p *peer) { p.set("group", "logGroupClass", "DELIVERY") }, proof.Undecided},
		{claim, "a copy of the records", subscriptions, func(p *peer) {
			p.put("aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter", "copy", "copy", props{
				"logGroup": "session-logs", "destinationArn": "arn:aws:lambda:eu-west-1:210987654321:function:f", "filterPattern": "",
			})
		}, proof.Undecided},
	}
}

// bucketPeer returns a stack that records sessions to a bucket.
func bucketPeer() *peer {
	p := goodPeer()
	bucketRecording(p)
	return p
}

// breakingBuckets show the records in a bucket to others, or delete them.
func breakingBuckets() []breakingChange {
	const claim = "recorded"
	bucketPolicy := func(statement string) func(*peer) {
		return func(p *peer) {
			p.put("aws:s3/bucketPolicy:BucketPolicy", "bucket-policy", "session-records", props{"bucket": "session-records", "policy": document(statement)}, "bucket")
		}
	}
	return []breakingChange{
		{claim, "a bucket policy for another account", bucketPolicies, bucketPolicy(`{"Effect":"Allow",` + otherRoot + `,"Action":"s3:GetObject","Resource":"arn:aws:s3:::session-records/*"}`), proof.Refuted},
		{claim, "a bucket that another account encrypts with its own key", bucketPolicies, bucketPolicy(`{"Effect":"Allow",` + otherRoot + `,"Action":"s3:PutEncryptionConfiguration","Resource":"arn:aws:s3:::session-records"}`), proof.Refuted},
		{claim, "a bucket that is emptied", emptyingBuckets, func(p *peer) { p.set("bucket", "forceDestroy", true) }, proof.Refuted},
		{claim, "public policies", publicAccess, func(p *peer) { p.set("block", "restrictPublicBuckets", false) }, proof.Refuted},
		{claim, "public ACLs", publicAccess, func(p *peer) { p.set("block", "ignorePublicAcls", false) }, proof.Refuted},
		{claim, "a key for another account", keyPolicies, func(p *peer) {
			p.set("key", "policy", document(keyOwner, `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:Decrypt","Resource":"*"}`))
		}, proof.Refuted},
		{claim, "a copy in another bucket", replication, func(p *peer) {
			p.put("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "copy", "session-records", props{"bucket": "session-records"}, "bucket")
		}, proof.Undecided},
		{claim, "a Deny of the upload", bucketPolicies, bucketPolicy(`{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::session-records/*"}`), proof.Undecided},
	}
}

// breakingAgents take permissions from agents.
func breakingAgents() []breakingChange {
	const claim = "agent"
	deny := func(rest string) func(*peer) {
		return func(p *peer) {
			p.put("aws:iam/rolePolicy:RolePolicy", "deny", "instance-role:deny", props{"role": "instance-role", "name": "deny", "policy": document(`{"Effect":"Deny",` + rest + `}`)}, "instance-role")
		}
	}
	return []breakingChange{
		{claim, "no policy", agentPolicies, func(p *peer) { p.remove("core") }, proof.Refuted},
		{claim, "a Deny", evaluation, deny(`"Action":"ssmmessages:*","Resource":"*"`), proof.Refuted},
		{claim, "a Deny of other VPCs", conditionKeys, deny(`"Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-9"}}`), proof.Refuted},
		{claim, "MFA", mfaConditions, deny(`"NotAction":"s3:*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"},"Null":{"aws:MultiFactorAuthPresent":"true"}}`), proof.Refuted},
		{claim, "a role for another service", instanceRoles, func(p *peer) {
			p.set("instance-role", "assumeRolePolicy", document(strings.Replace(ec2Trust, "ec2.", "ecs.", 1)))
		}, proof.Refuted},
		{claim, "no metadata service", metadataOptions, func(p *peer) { p.set("box", "metadataOptions", props{"httpEndpoint": "disabled"}) }, proof.Refuted},
		{claim, "a permissions boundary", boundaries, func(p *peer) { p.boundary("instance-role") }, proof.Refuted},
		{claim, "no instance profile", instanceRoles, func(p *peer) { p.set("box", "iamInstanceProfile", "") }, proof.Refuted},
		{claim, "a profile without a role", instanceRoles, func(p *peer) { p.set("profile", "role", "") }, proof.Refuted},
		{claim, "a Deny in the key policy", keyPolicies, func(p *peer) {
			p.set("key", "policy", document(keyOwner, keyLogs, `{"Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/instance-role"}}}`))
		}, proof.Refuted},
		{claim, "a disabled key", keyStates, func(p *peer) { p.set("key", "isEnabled", false) }, proof.Refuted},
		{claim, "no permission for the log group", sessionLogging, func(p *peer) { p.remove("logging") }, proof.Refuted},
		{claim, "a profile of another stack", instanceRoles, func(p *peer) { p.set("box", "iamInstanceProfile", "other") }, proof.Undecided},
	}
}

// breakingOrders let instances start before something that their agents need.
func breakingOrders() []breakingChange {
	var changes []breakingChange
	for _, name := range []string{"ssm", "ssmmessages", "kms", "app-association", "core", "profile", "logging", "key", "s3"} {
		changes = append(changes, breakingChange{"ordered", "no dependency on " + name, agentStarts, func(p *peer) {
			gone := p.resources[name].URN
			for _, r := range p.resources {
				r.Dependencies = slices.DeleteFunc(r.Dependencies, func(u resource.URN) bool { return u == gone })
			}
		}, proof.Refuted})
	}
	return append(changes, breakingChange{"ordered", "a rule without a dependency", agentStarts, func(p *peer) {
		p.put("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "late-rule", "sgr-1", props{
			"securityGroupId": "sg-endpoint", "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrIpv4": "10.0.0.0/16",
		}, "endpoint-group")
	}, proof.Refuted}, breakingChange{"ordered", "an endpoint that is replaced", pendingDeletes, func(p *peer) { p.resources["ssm"].PendingReplacement = true }, proof.Undecided})
}

// breakingEndpointPolicies let principals of other accounts, or requests to their buckets, through endpoints.
func breakingEndpointPolicies() []breakingChange {
	allow := func(principal, action, conditions string) string {
		statement := `{"Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `","Resource":"*"`
		if conditions != "" {
			statement += `,"Condition":{` + conditions + `}`
		}
		return statement + "}"
	}
	var changes []breakingChange
	for _, service := range []string{"ssm", "logs", "kms", "s3"} {
		add := func(name, source, policy, want string) {
			changes = append(changes, breakingChange{"endpoint-policy." + service, name, source, func(p *peer) { p.set(service, "policy", policy) }, want})
		}
		add("no policy", endpointAccess, "", proof.Refuted)
		add("everybody", endpointAccess, openEndpointPolicy, proof.Refuted)
		add("a list of accounts", perimeters, document(allow(`"*"`, "*", `"StringEquals":{"aws:PrincipalAccount":["123456789012","210987654321"]}`)), proof.Refuted)
		add("a role name in any account", operators, document(allow(`"*"`, "*", `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/instance-role"}`)), proof.Refuted)
		add("one more statement", evaluation, document(allow(`"*"`, "*", `"StringEquals":{"aws:PrincipalAccount":"123456789012"}`), allow(`"*"`, service+":Put*", "")), proof.Refuted)
		add("a condition that requests may lack", operators, document(allow(`"*"`, "*", `"StringNotEquals":{"aws:PrincipalAccount":"111111111111"}`)), proof.Refuted)
		add("an organization", perimeters, document(allow(`"*"`, "*", `"StringEquals":{"aws:PrincipalOrgID":"o-1"}`)), proof.Undecided)
	}
	for _, service := range []string{"ssm", "logs", "kms"} {
		changes = append(changes, breakingChange{"endpoint-policy." + service, "the users of another account", endpointAccess, func(p *peer) {
			p.set(service, "policy", document(allow(`{"AWS":["123456789012","210987654321"]}`, "*", "")))
		}, proof.Refuted})
	}
	bucket := func(name, source, action, arn, conditions string) {
		changes = append(changes, breakingChange{"endpoint-policy.s3", name, source, func(p *peer) {
			p.set("s3", "policy", document(`{"Effect":"Allow","Principal":"*","Action":"`+action+`","Resource":"`+arn+`"`+conditions+`}`))
		}, proof.Refuted})
	}
	bucket("buckets whose names begin alike", bucketNames, "s3:GetObject", "arn:aws:s3:::corp-*", "")
	bucket("a pattern of the names of AWS", patchBuckets, "s3:GetObject", "arn:aws:s3:::aws-patch-manager-eu-west-1-*", "")
	bucket("writes to the buckets of AWS", s3Gateway, "s3:*", "arn:aws:s3:::amazon-ssm-eu-west-1/*", "")
	bucket("all buckets for the account", perimeters, "s3:*", "*", `,"Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}`)
	return changes
}

// breakingFlowLogs keep traffic from being logged.
func breakingFlowLogs() []breakingChange {
	const claim = "flow-logs"
	return []breakingChange{
		{claim, "no flow log", flowLogTypes, func(p *peer) { p.remove("flow-log") }, proof.Refuted},
		{claim, "rejected traffic only", flowLogTypes, func(p *peer) { p.set("flow-log", "trafficType", "REJECT") }, proof.Refuted},
		{claim, "another VPC", flowLogTypes, func(p *peer) { p.set("flow-log", "vpcId", "vpc-9") }, proof.Refuted},
		{claim, "one subnet of two", flowLogTypes, func(p *peer) {
			p.set("flow-log", "vpcId", "")
			p.set("flow-log", "subnetId", "subnet-app")
		}, proof.Refuted},
		{claim, "a role for another service", flowLogRoles, func(p *peer) { p.set("flow-role", "assumeRolePolicy", document(ec2Trust)) }, proof.Refuted},
		{claim, "a role without permissions", flowLogRoles, func(p *peer) { p.remove("flow-policy") }, proof.Refuted},
		{claim, "a Deny for the role", evaluation, func(p *peer) {
			p.set("flow-policy", "policy", document(`{"Effect":"Allow","Action":"logs:*","Resource":"*"}`, `{"Effect":"Deny","Action":"logs:PutLogEvents","Resource":"*"}`))
		}, proof.Refuted},
		{claim, "a log group with a disabled key", keyStates, func(p *peer) {
			p.set("flow-group", "kmsKeyId", "arn:aws:kms:eu-west-1:123456789012:key/k-1")
			p.set("key", "isEnabled", false)
		}, proof.Refuted},
		{claim, "a log group of another stack", flowLogTypes, func(p *peer) { p.remove("flow-group") }, proof.Undecided},
	}
}

// TestBreakingRecords checks that no claim about agents, records and policies of endpoints is proven after a change that
// breaks it.
func TestBreakingRecords(t *testing.T) {
	t.Parallel()
	checkBreaking(t, fullPeer, 7, slices.Concat(breakingRecords(), breakingAgents(), breakingOrders(), breakingEndpointPolicies(), breakingFlowLogs()))
}

// TestBreakingBuckets does the same for records in a bucket.
func TestBreakingBuckets(t *testing.T) {
	t.Parallel()
	checkBreaking(t, bucketPeer, 7, breakingBuckets())
}
