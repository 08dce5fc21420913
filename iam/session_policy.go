package iam

import (
	"cmp"
	"slices"
	"strconv"

	"bastionless/internal/awsenv"
	"bastionless/internal/contract"
	"bastionless/internal/policy"
)

// Document is a kind of session.
type Document string

// The values of Document.
const (
	// Shell is a shell, in a terminal or in the console.
	Shell Document = contract.Shell
	// SSH tunnels an SSH connection.
	SSH Document = contract.SSH
	// PortForwarding forwards a port of the instance.
	PortForwarding Document = contract.PortForwarding
	// RemotePortForwarding forwards a port of a host that the instance can reach.
	RemotePortForwarding Document = contract.RemotePortForwarding
)

// Documents returns the values of Document.
func Documents() []Document { return []Document{Shell, SSH, PortForwarding, RemotePortForwarding} }

// arn returns the ARN of the session document. The ARN of a document of AWS has no account. custom is the
// name of the stack's own document, or "" if there is none: shells use it instead of the account's default
// document, whose sessions the stack does not record.
func (d Document) arn(env awsenv.Env, custom string) string {
	prefix := "arn:" + env.Partition + ":ssm:" + env.Region + ":"
	switch d {
	case SSH:
		return prefix + ":document/AWS-StartSSHSession"
	case PortForwarding:
		return prefix + ":document/AWS-StartPortForwardingSession"
	case RemotePortForwarding:
		return prefix + ":document/AWS-StartPortForwardingSessionToRemoteHost"
	}
	return env.ARN("ssm", "document/"+cmp.Or(custom, "SSM-SessionManagerRunShell"))
}

// permissionSetSuffix matches the 16 random characters that end the name of a role of IAM Identity Center. A "*" would
// also match the roles of permission sets whose names continue with an underscore.
const permissionSetSuffix = "????????????????"

// RunAsTagKey is the key of the session tag that names the operating system user of a session.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-run-as.html
const RunAsTagKey = "SSMSessionRunAs"

// trustPolicy returns the policy that says who may assume the session role.
//
// A caller who may choose session tags could choose the operating system user of a session with the tag
// SSMSessionRunAs. So the policy allows sts:TagSession only with UserTag, only for this tag, and only with the
// name of the caller's IAM user. It does not allow sts:SetSourceIdentity, because no part of the stack reads
// the source identity.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-run-as.html
func (o SessionRoleOptions) trustPolicy(env awsenv.Env) policy.Document {
	root := func(account string) string { return env.IAM(account, "root") }
	var arns, sso []string
	for _, principal := range o.Principals {
		switch {
		case principal.permissionSet != "":
			sso = append(sso, env.IAM(env.AccountID,
				"role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_"+principal.permissionSet+"_"+permissionSetSuffix))
		case principal.arn != "":
			arns = append(arns, principal.arn)
		case principal.account != "":
			arns = append(arns, root(principal.account))
		default:
			arns = append(arns, root(env.AccountID))
		}
	}

	var document policy.Document
	if len(arns) > 0 {
		conditions := o.mfaConditions()
		if o.OnlyUsers() {
			// With the user's name as the name of the role session, Session Manager shows who opened a
			// session.
			conditions["StringEquals"] = map[string][]string{"sts:RoleSessionName": {"${aws:username}"}}
		}
		document.Statements = append(document.Statements, assumeRole(arns, conditions))
	}
	if o.UserTag {
		document.Statements = append(document.Statements, policy.Statement{
			Principal: &policy.Principal{AWS: arns},
			Actions:   []string{"sts:TagSession"},
			Conditions: policy.Conditions{
				"StringEquals":              {"aws:RequestTag/" + RunAsTagKey: {"${aws:username}"}},
				"ForAllValues:StringEquals": {"aws:TagKeys": {RunAsTagKey}},
			},
		})
	}
	if len(sso) > 0 {
		// The last characters of these names change when IAM Identity Center creates a role again.
		conditions := o.mfaConditions()
		conditions["ArnLike"] = map[string][]string{"aws:PrincipalArn": sso}
		document.Statements = append(document.Statements, assumeRole([]string{root(env.AccountID)}, conditions))
	}
	return document
}

func assumeRole(principals []string, conditions policy.Conditions) policy.Statement {
	return policy.Statement{
		Principal:  &policy.Principal{AWS: principals},
		Actions:    []string{"sts:AssumeRole"},
		Conditions: conditions,
	}
}

// mfaConditions requires MFA with Bool. BoolIfExists would also allow long-term access keys, whose
// requests do not have the condition key.
func (o SessionRoleOptions) mfaConditions() policy.Conditions {
	conditions := policy.Conditions{}
	if o.RequireMFA {
		conditions["Bool"] = map[string][]string{"aws:MultiFactorAuthPresent": {"true"}}
		if o.MFAMaxAgeMinutes > 0 {
			seconds := strconv.Itoa(60 * o.MFAMaxAgeMinutes)
			conditions["NumericLessThanEquals"] = map[string][]string{"aws:MultiFactorAuthAge": {seconds}}
		}
	}
	return conditions
}

// instanceARNs returns the ARNs of the instances on which the role allows sessions. With TargetsTagged, conditions
// restrict them.
func (a *SessionRoleArgs) instanceARNs(instanceIDs []string) []string {
	switch a.target() {
	case TargetsAny:
		return []string{"arn:" + a.Env.Partition + ":ec2:*:*:instance/*"}
	case TargetsTagged:
		return []string{a.Env.ARN("ec2", "instance/*")}
	}
	arns := make([]string, len(instanceIDs))
	for i, id := range instanceIDs {
		arns[i] = a.Env.ARN("ec2", "instance/"+id)
	}
	return arns
}

// startStatements returns the statements that allow starting sessions. AWS checks both the instance and the document
// of a session. Conditions on tags are for instances: a document does not have the tags, so it needs a statement
// without them.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-examples.html
func (a *SessionRoleArgs) startStatements(instances []string, customDocument string) []policy.Statement {
	var documents []string
	for _, document := range a.Documents {
		documents = append(documents, document.arn(a.Env, customDocument))
	}
	start := func(sid string, resources []string) policy.Statement {
		return policy.Statement{
			Sid:       sid,
			Actions:   []string{"ssm:StartSession"},
			Resources: resources,
			// Without this condition, a caller who names no document could open a session with the default
			// document, even if the policy does not list it.
			Conditions: policy.Conditions{"BoolIfExists": {"ssm:SessionDocumentAccessCheck": {"true"}}},
		}
	}
	if a.target() != TargetsTagged {
		return []policy.Statement{start("StartSession", slices.Concat(instances, documents))}
	}
	onInstances := start("StartSession", instances)
	onInstances.Conditions["StringEquals"] = a.tagConditions("ssm:resourceTag/")
	return []policy.Statement{onInstances, start("SessionDocuments", documents)}
}

// tagConditions returns the conditions on the tags of an instance, which are empty unless tags select instances. The
// prefix is that of the condition keys.
func (a *SessionRoleArgs) tagConditions(prefix string) map[string][]string {
	conditions := map[string][]string{}
	if a.target() == TargetsTagged {
		for _, tag := range a.TargetTags {
			conditions[prefix+tag.Key] = []string{tag.Value}
		}
	}
	return conditions
}

// sessionPolicy returns the policy of the session role. customDocument and keyARN are empty if the stack
// has none.
func (a *SessionRoleArgs) sessionPolicy(instanceIDs []string, customDocument, keyARN string) policy.Document {
	instances := a.instanceARNs(instanceIDs)
	statements := append(a.startStatements(instances, customDocument), policy.Statement{
		Sid:       "OwnSessions",
		Actions:   []string{"ssm:ResumeSession", "ssm:TerminateSession"},
		Resources: []string{a.Env.ARN("ssm", "session/*")},
		// Systems Manager tags each session with the user ID of its owner. The value must be exact: with a
		// trailing *, "jo" could end sessions of "john".
		Conditions: policy.Conditions{"StringEquals": {"ssm:resourceTag/aws:ssmmessages:session-id": {"${aws:userid}"}}},
	}, policy.Statement{
		Sid:     "DataChannel",
		Actions: []string{"ssmmessages:OpenDataChannel"},
		// AWS supports no other resource. Opening the channel requires the token that StartSession returned.
		Resources: []string{"*"},
	}, policy.Statement{
		Sid: "Look",
		Actions: []string{
			"ec2:DescribeInstances", "ssm:DescribeInstanceInformation", "ssm:DescribeInstanceProperties",
			"ssm:DescribeSessions", "ssm:GetConnectionStatus",
		},
		// The console needs these list operations. AWS supports no other resource for them.
		Resources: []string{"*"},
	})
	if a.PushKey {
		equal := a.tagConditions("aws:ResourceTag/")
		equal["ec2:osuser"] = []string{cmp.Or(a.LoginUser, DefaultLoginUser)}
		statements = append(statements, policy.Statement{
			Sid:        "PushKey",
			Actions:    []string{"ec2-instance-connect:SendSSHPublicKey"},
			Resources:  instances,
			Conditions: policy.Conditions{"StringEquals": equal},
		})
	}
	if keyARN != "" {
		statements = append(statements, policy.Statement{
			Sid:       "Encrypt",
			Actions:   []string{"kms:GenerateDataKey"},
			Resources: []string{keyARN},
		})
	}
	return policy.Document{Statements: statements}
}
