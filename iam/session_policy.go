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
	// Shell is a shell in the terminal or the browser.
	Shell Document = contract.Shell
	// SSH carries an SSH connection.
	SSH Document = contract.SSH
	// PortForwarding forwards a port of the instance.
	PortForwarding Document = contract.PortForwarding
	// RemotePortForwarding forwards a port of a host that the instance can reach.
	RemotePortForwarding Document = contract.RemotePortForwarding
)

// Documents returns the values of Document.
func Documents() []Document { return []Document{Shell, SSH, PortForwarding, RemotePortForwarding} }

// arn returns the ARN of the session document. Documents of AWS have no account. If the stack has a custom document, shells use
// it instead of the account's default document, whose sessions would not be recorded.
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

// LoginUser is the user that SSH logs in as: the default user of Amazon Linux.
const LoginUser = "ec2-user"

// trustPolicy says who may assume the session role. MFA is required with Bool: BoolIfExists would allow long-term access keys,
// whose requests lack the condition key.
//
// It does not allow sts:TagSession or sts:SetSourceIdentity. A caller who may choose session tags could choose the operating system
// user of a session with the tag SSMSessionRunAs.
func (a *SessionRoleArgs) trustPolicy(env awsenv.Env) policy.Document {
	root := func(account string) string { return env.IAM(account, "root") }
	var arns, sso []string
	onlyUsers := true
	for _, principal := range a.Principals {
		onlyUsers = onlyUsers && principal.IsUser()
		switch {
		case principal.permissionSet != "":
			sso = append(sso, env.IAM(env.AccountID,
				"role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_"+principal.permissionSet+"_*"))
		case principal.arn != "":
			arns = append(arns, principal.arn)
		case principal.account != "":
			arns = append(arns, root(principal.account))
		default:
			arns = append(arns, root(env.AccountID))
		}
	}

	var document policy.Document
	allow := func(principals []string, conditions policy.Conditions) {
		if a.RequireMFA {
			conditions["Bool"] = map[string][]string{"aws:MultiFactorAuthPresent": {"true"}}
			if a.MFAMaxAgeMinutes > 0 {
				// In seconds.
				conditions["NumericLessThanEquals"] = map[string][]string{
					"aws:MultiFactorAuthAge": {strconv.Itoa(60 * a.MFAMaxAgeMinutes)},
				}
			}
		}
		document.Statements = append(document.Statements, policy.Statement{
			Principal:  &policy.Principal{AWS: principals},
			Actions:    []string{"sts:AssumeRole"},
			Conditions: conditions,
		})
	}
	if len(arns) > 0 {
		conditions := policy.Conditions{}
		if onlyUsers {
			// A role session named after the user makes each Session Manager session belong to one person.
			conditions["StringEquals"] = map[string][]string{"sts:RoleSessionName": {"${aws:username}"}}
		}
		allow(arns, conditions)
	}
	if len(sso) > 0 {
		// IAM Identity Center recreates its roles under new names, so the policy matches their names instead of listing their ARNs.
		allow([]string{root(env.AccountID)}, policy.Conditions{"ArnLike": {"aws:PrincipalArn": sso}})
	}
	return document
}

// sessionPolicy says what the session role may do on instances. customDocument and keyARN are empty if the stack has none.
func (a *SessionRoleArgs) sessionPolicy(instanceIDs []string, customDocument, keyARN string) policy.Document {
	instances := make([]string, len(instanceIDs))
	for i, id := range instanceIDs {
		instances[i] = a.Env.ARN("ec2", "instance/"+id)
	}
	if a.AnyInstance {
		instances = []string{"arn:" + a.Env.Partition + ":ec2:*:*:instance/*"}
	}
	start := slices.Clone(instances)
	for _, document := range a.Documents {
		start = append(start, document.arn(a.Env, customDocument))
	}

	statements := []policy.Statement{{
		Sid:       "StartSession",
		Actions:   []string{"ssm:StartSession"},
		Resources: start,
		// Without this condition, AWS does not check the default document if the caller names no document.
		Conditions: policy.Conditions{"BoolIfExists": {"ssm:SessionDocumentAccessCheck": {"true"}}},
	}, {
		Sid:       "OwnSessions",
		Actions:   []string{"ssm:ResumeSession", "ssm:TerminateSession"},
		Resources: []string{a.Env.ARN("ssm", "session/*")},
		// Systems Manager tags each session with its owner. The value must be exact: with a trailing *, "jo" could end the sessions
		// of "john".
		Conditions: policy.Conditions{"StringEquals": {"ssm:resourceTag/aws:ssmmessages:session-id": {"${aws:userid}"}}},
	}, {
		Sid:     "DataChannel",
		Actions: []string{"ssmmessages:OpenDataChannel"},
		// AWS supports no other resource. The channel requires the token that StartSession returned.
		Resources: []string{"*"},
	}, {
		Sid: "Look",
		Actions: []string{
			"ec2:DescribeInstances", "ssm:DescribeInstanceInformation", "ssm:DescribeInstanceProperties",
			"ssm:DescribeSessions", "ssm:GetConnectionStatus",
		},
		// List operations, which the console needs. AWS supports no other resource.
		Resources: []string{"*"},
	}}
	if a.PushKey {
		statements = append(statements, policy.Statement{
			Sid:        "PushKey",
			Actions:    []string{"ec2-instance-connect:SendSSHPublicKey"},
			Resources:  instances,
			Conditions: policy.Conditions{"StringEquals": {"ec2:osuser": {LoginUser}}},
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
