package outputs

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/audit"
	"bastionless/internal/policy"
	"bastionless/internal/preflight"
)

// exportBucketPolicy exports what the owner of an existing bucket for session records has to allow to the roles whose
// permissions the stack declares.
func exportBucketPolicy(ctx *pulumi.Context, plan preflight.Plan, s Stack) {
	roles := pulumi.StringArray{}
	if s.InstanceRole != nil {
		roles = append(roles, s.InstanceRole.RoleName)
	}
	for _, name := range plan.AgentPolicies.RoleNames {
		roles = append(roles, pulumi.String(name))
	}
	ctx.Export("sessionBucketPolicy", roles.ToStringArrayOutput().ApplyT(func(roles []string) (string, error) {
		return bucketPolicy(plan, roles)
	}).(pulumi.StringOutput))
}

// bucketPolicy returns the statements, as a policy in JSON, that the policy of an existing bucket for session records
// has to contain for these roles. It is empty if there are none.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-logging-s3.html
func bucketPolicy(plan preflight.Plan, roleNames []string) (string, error) {
	if len(roleNames) == 0 {
		return "", nil
	}
	bucket := plan.Env.Bucket(plan.Sessions.Bucket)
	sessions := audit.SessionsArgs{Options: plan.Sessions, Env: plan.Env, NamePrefix: plan.NamePrefix}
	roles := &policy.Principal{}
	for _, name := range roleNames {
		roles.AWS = append(roles.AWS, plan.Env.IAM(plan.Env.AccountID, "role/"+name))
	}
	return policy.Document{Statements: []policy.Statement{{
		Sid:       "WriteSessionRecords",
		Principal: roles,
		Actions:   []string{"s3:PutObject", "s3:PutObjectAcl"},
		Resources: []string{bucket + "/" + sessions.BucketPrefix() + "/*"},
	}, {
		// The agent reads the encryption before it starts a session.
		Sid:       "ReadEncryption",
		Principal: roles,
		Actions:   []string{"s3:GetEncryptionConfiguration"},
		Resources: []string{bucket},
	}}}.JSON()
}
