package iam

import "bastionless/internal/policy"

// InstancePolicy says what the SSM Agent may do.
type InstancePolicy string

// The values of InstancePolicy.
const (
	// ManagedPolicy is AWS's AmazonSSMManagedInstanceCore: sessions, commands, inventory, patching. It also reads every
	// parameter of the account.
	ManagedPolicy InstancePolicy = "managed"
	// MinimalPolicy is sessions and commands alone, and associations where asked for.
	MinimalPolicy InstancePolicy = "minimal"
)

// agentPolicy is MinimalPolicy. The agent's calls know no resources that could be named before the instance is.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
func (a *InstanceRoleArgs) agentPolicy() policy.Document {
	document := policy.Document{Statements: []policy.Statement{{
		Sid: "Agent",
		Actions: []string{
			"ssm:UpdateInstanceInformation",
			"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
			"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
		},
		Resources: []string{"*"},
	}}}
	if a.Associations {
		document.Statements = append(document.Statements, policy.Statement{
			Sid: "Associations",
			Actions: []string{
				"ssm:DescribeAssociation", "ssm:DescribeDocument", "ssm:GetDocument", "ssm:ListAssociations",
				"ssm:ListInstanceAssociations", "ssm:PutComplianceItems", "ssm:UpdateAssociationStatus",
				"ssm:UpdateInstanceAssociationStatus",
			},
			Resources: []string{"*"},
		})
	}
	return document
}

// recordsPolicy lets the agent record sessions and decrypt them.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
func (a *InstanceRoleArgs) recordsPolicy(logGroupARN, bucket, keyARN string) policy.Document {
	var document policy.Document
	allow := func(sid string, resources []string, actions ...string) {
		document.Statements = append(document.Statements, policy.Statement{Sid: sid, Actions: actions, Resources: resources})
	}
	if a.Records.LogGroup {
		allow("WriteLogs", []string{logGroupARN + ":*"}, "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
		// The agent lists groups to find its own, and to see whether it is encrypted.
		allow("FindLogs", []string{"*"}, "logs:DescribeLogGroups")
	}
	if a.Records.Bucket {
		arn := "arn:" + a.Partition + ":s3:::" + bucket
		allow("WriteBucket", []string{arn + "/*"}, "s3:PutObject")
		allow("ReadEncryption", []string{arn}, "s3:GetEncryptionConfiguration")
	}
	if a.Records.Encrypted {
		actions := []string{"kms:Decrypt"}
		if a.Records.Bucket {
			// S3 encrypts each record with a data key.
			actions = append(actions, "kms:GenerateDataKey")
		}
		allow("UseKey", []string{keyARN}, actions...)
	}
	return document
}
