package proof_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// ownPrincipals is the policy of an endpoint that allows only principals of the account.
var ownPrincipals = document(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}`)

// fullPeer returns a stack for which all claims are proven: it records sessions to a log group, and has flow logs.
func fullPeer() *peer {
	p := networkPeer()
	recording(p, "session-logs", "session-logs", "")
	for _, service := range []string{"logs", "kms"} {
		p.addEndpoint(service)
	}
	for _, service := range []string{"ssm", "logs", "kms"} {
		p.set(service, "policy", ownPrincipals)
	}
	p.set("s3", "policy", document(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::amazon-ssm-eu-west-1/*"}`))
	p.set("shell", "arn", "arn:aws:ssm:eu-west-1:123456789012:document/shell")
	p.set("group", "arn", "arn:aws:logs:eu-west-1:123456789012:log-group:session-logs")
	p.depend("box-c", "key", "group", "logging", "decrypt")
	p.sessionPolicies(recordedStart, ownStatement, channelStatement, useKey)
	p.addFlowLog()
	return p
}

const (
	recordedStart = `{"Effect":"Allow","Action":"ssm:StartSession","Resource":["arn:aws:ec2:eu-west-1:123456789012:instance/i-1",` +
		`"arn:aws:ec2:eu-west-1:123456789012:instance/i-2","arn:aws:ssm:eu-west-1:123456789012:document/shell"],` +
		`"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":"true"}}}`
	useKey    = `{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"arn:aws:kms:eu-west-1:123456789012:key/k-1"}`
	keyOwner  = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}`
	keyLogs   = `{"Effect":"Allow","Principal":{"Service":"logs.eu-west-1.amazonaws.com"},"Action":["kms:Decrypt*","kms:GenerateDataKey*"],"Resource":"*"}`
	flowTrust = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"vpc-flow-logs.amazonaws.com"}}`
	otherRoot = `"Principal":{"AWS":"arn:aws:iam::210987654321:root"}`
)

// sessionPolicies sets the policy of the session role.
func (p *peer) sessionPolicies(statements ...string) {
	p.set("people-policy", "policy", document(statements...))
}

// addFlowLog adds a flow log of the VPC with its role and log group.
func (p *peer) addFlowLog() {
	const group = "arn:aws:logs:eu-west-1:123456789012:log-group:flow"
	p.put("aws:cloudwatch/logGroup:LogGroup", "flow-group", "flow", props{"name": "flow", "arn": group})
	p.put("aws:iam/role:Role", "flow-role", "flow-role", props{
		"name": "flow-role", "arn": "arn:aws:iam::123456789012:role/flow-role", "uniqueId": "AROAFLOW", "assumeRolePolicy": document(flowTrust),
	})
	p.put("aws:iam/rolePolicy:RolePolicy", "flow-policy", "flow-role:p", props{"role": "flow-role", "name": "p", "policy": document(
		`{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents","logs:DescribeLogStreams"],"Resource":"`+group+`:*"}`,
		`{"Effect":"Allow","Action":"logs:DescribeLogGroups","Resource":"*"}`,
	)}, "flow-role")
	p.put("aws:ec2/flowLog:FlowLog", "flow-log", "fl-1", props{
		"vpcId": "vpc-1", "trafficType": "ALL", "logDestinationType": "cloud-watch-logs", "logDestination": group,
		"iamRoleArn": "arn:aws:iam::123456789012:role/flow-role", "arn": "arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/fl-1",
	}, "vpc", "flow-role", "flow-group")
}

// TestCheck_fullPeer checks that all claims are proven.
func TestCheck_fullPeer(t *testing.T) {
	t.Parallel()
	claims := check(t, fullPeer().export(t))
	require.Empty(t, failing(claims, ""), unmet(claims))
}

// unmet returns why claims are not proven.
func unmet(claims []proof.Claim) string {
	var why []string
	for _, claim := range claims {
		for _, reason := range claim.Reasons {
			if reason.Kind == proof.Fail || reason.Kind == proof.Unknown {
				why = append(why, claim.ID+": "+reason.Text)
			}
		}
	}
	return strings.Join(why, "\n")
}
