package iam

import (
	"slices"
	"strconv"

	"bastionless/internal/policy"
)

// Document is a kind of session.
type Document string

// The values of Document.
const (
	// Shell is a shell in the browser or the terminal.
	Shell Document = "shell"
	// SSH carries an SSH connection.
	SSH Document = "ssh"
	// PortForwarding forwards a port of the instance.
	PortForwarding Document = "port-forwarding"
	// RemotePortForwarding forwards a port of a host that the instance reaches.
	RemotePortForwarding Document = "remote-port-forwarding"
)

// Documents are all kinds of session.
var Documents = []Document{Shell, SSH, PortForwarding, RemotePortForwarding}

// arn is the session document in Systems Manager. AWS's own have no account. A shell uses the stack's own document
// where there is one, and then not the account's default: that would leave a session unrecorded.
func (d Document) arn(a *SessionRoleArgs, own string) string {
	prefix := "arn:" + a.Partition + ":ssm:" + a.Region + ":"
	switch d {
	case SSH:
		return prefix + ":document/AWS-StartSSHSession"
	case PortForwarding:
		return prefix + ":document/AWS-StartPortForwardingSession"
	case RemotePortForwarding:
		return prefix + ":document/AWS-StartPortForwardingSessionToRemoteHost"
	}
	if own == "" {
		own = "SSM-SessionManagerRunShell"
	}
	return prefix + a.AccountID + ":document/" + own
}

// loginUser is the user that Amazon Linux has, whose keys EC2 Instance Connect may push.
const loginUser = "ec2-user"

// trustPolicy says who may assume the session role. MFA is demanded with Bool: BoolIfExists would admit long-term
// access keys, whose requests do not say whether there was MFA.
func (a *SessionRoleArgs) trustPolicy() policy.Document {
	root := func(account string) string { return "arn:" + a.Partition + ":iam::" + account + ":root" }
	var names, sso []string
	onlyUsers := true
	for _, principal := range a.Principals {
		onlyUsers = onlyUsers && principal.IsUser()
		switch {
		case principal.permissionSet != "":
			sso = append(sso, "arn:"+a.Partition+":iam::"+a.AccountID+
				":role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_"+principal.permissionSet+"_*")
		case principal.arn != "":
			names = append(names, principal.arn)
		case principal.account != "":
			names = append(names, root(principal.account))
		default:
			names = append(names, root(a.AccountID))
		}
	}

	var document policy.Document
	admit := func(principals []string, conditions policy.Conditions) {
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
	if len(names) > 0 {
		conditions := policy.Conditions{}
		if onlyUsers {
			// With the session named after the user, a session of Session Manager belongs to one person.
			conditions["StringEquals"] = map[string][]string{"sts:RoleSessionName": {"${aws:username}"}}
		}
		admit(names, conditions)
	}
	if len(sso) > 0 {
		// Identity Center makes the roles anew, with new names, so they are matched and not named.
		admit([]string{root(a.AccountID)}, policy.Conditions{"ArnLike": {"aws:PrincipalArn": sso}})
	}
	return document
}

// sessionPolicy says what the session role may do, on the given instances, with the stack's own document and key where
// there are any.
func (a *SessionRoleArgs) sessionPolicy(instanceIDs []string, ownDocument, keyARN string) policy.Document {
	arn := func(service, resource string) string {
		return "arn:" + a.Partition + ":" + service + ":" + a.Region + ":" + a.AccountID + ":" + resource
	}
	instances := make([]string, len(instanceIDs))
	for i, id := range instanceIDs {
		instances[i] = arn("ec2", "instance/"+id)
	}
	if a.AnyInstance {
		instances = []string{"arn:" + a.Partition + ":ec2:*:*:instance/*"}
	}
	start := slices.Clone(instances)
	for _, document := range a.Documents {
		start = append(start, document.arn(a, ownDocument))
	}

	statements := []policy.Statement{{
		Sid:       "StartSession",
		Actions:   []string{"ssm:StartSession"},
		Resources: start,
		// Without this, a caller who names no document is not checked for the default one.
		Conditions: policy.Conditions{"BoolIfExists": {"ssm:SessionDocumentAccessCheck": {"true"}}},
	}, {
		Sid:       "OwnSessions",
		Actions:   []string{"ssm:ResumeSession", "ssm:TerminateSession"},
		Resources: []string{arn("ssm", "session/*")},
		// The tag that Systems Manager gives a session. Exact, since with a trailing * "jo" would end "john"'s.
		Conditions: policy.Conditions{"StringEquals": {"ssm:resourceTag/aws:ssmmessages:session-id": {"${aws:userid}"}}},
	}, {
		Sid:     "DataChannel",
		Actions: []string{"ssmmessages:OpenDataChannel"},
		// The service knows no resources. The channel needs the token that StartSession gave.
		Resources: []string{"*"},
	}, {
		Sid: "Look",
		Actions: []string{
			"ec2:DescribeInstances", "ssm:DescribeInstanceInformation", "ssm:DescribeInstanceProperties",
			"ssm:DescribeSessions", "ssm:GetConnectionStatus",
		},
		// These list, and AWS lets them be narrowed to no resource. The console needs them.
		Resources: []string{"*"},
	}}
	if a.PushKey {
		statements = append(statements, policy.Statement{
			Sid:        "PushKey",
			Actions:    []string{"ec2-instance-connect:SendSSHPublicKey"},
			Resources:  instances,
			Conditions: policy.Conditions{"StringEquals": {"ec2:osuser": {loginUser}}},
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
