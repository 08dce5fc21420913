package iam

import "bastionless/internal/policy"

// InstancePolicy is what the SSM Agent may do.
type InstancePolicy string

// The values of InstancePolicy.
const (
	// ManagedPolicy is the AWS managed policy AmazonSSMManagedInstanceCore. It allows sessions, commands,
	// inventory and patching, and also to read all parameters of the account.
	ManagedPolicy InstancePolicy = "managed"
	// MinimalPolicy allows sessions and, if enabled, associations and ec2messages.
	MinimalPolicy InstancePolicy = "minimal"
)

// InstancePolicies returns the values of InstancePolicy.
func InstancePolicies() []InstancePolicy { return []InstancePolicy{ManagedPolicy, MinimalPolicy} }

// agentPolicy returns MinimalPolicy. Its resources are *: the only resource that AWS supports for these
// actions is the instance, which does not exist yet.
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
	if a.EC2Messages {
		document.Statements = append(document.Statements, policy.Statement{
			Sid: "OlderAgents",
			Actions: []string{
				"ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage",
				"ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply",
			},
			Resources: []string{"*"},
		})
	}
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

// recordsPolicy returns the policy that allows the agent to record sessions and to decrypt them.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
func (a *InstanceRoleArgs) recordsPolicy(logGroupARN, bucket, keyARN string) policy.Document {
	var document policy.Document
	allow := func(sid string, resources []string, actions ...string) {
		document.Statements = append(document.Statements, policy.Statement{Sid: sid, Actions: actions, Resources: resources})
	}
	if a.Records.LogGroup {
		allow("WriteLogs", []string{logGroupARN + ":*"}, "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
		// The agent lists the log groups to find out whether that of the records is encrypted.
		allow("FindLogs", []string{"*"}, "logs:DescribeLogGroups")
	}
	if a.Records.Bucket {
		arn := a.Env.Bucket(bucket)
		// The agent sets an ACL on each record. The bucket ignores it, but S3 requires the permission.
		records := arn + "/*"
		if a.Records.BucketPrefix != "" {
			records = arn + "/" + a.Records.BucketPrefix + "/*"
		}
		allow("WriteBucket", []string{records}, "s3:PutObject", "s3:PutObjectAcl")
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
