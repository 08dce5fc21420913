package outputs

import (
	"bastionless/audit"
	"bastionless/internal/policy"
	"bastionless/internal/preflight"
)

// bucketPolicy returns the statements, as a policy in JSON, that the owner of an existing bucket for session records
// has to allow to the instance role.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-logging-s3.html
func bucketPolicy(plan preflight.Plan, instanceRole string) (string, error) {
	bucket := plan.Env.Bucket(plan.Sessions.Bucket)
	sessions := audit.SessionsArgs{Options: plan.Sessions, Env: plan.Env, NamePrefix: plan.NamePrefix}
	role := &policy.Principal{AWS: []string{plan.Env.IAM(plan.Env.AccountID, "role/"+instanceRole)}}
	return policy.Document{Statements: []policy.Statement{{
		Sid:       "WriteSessionRecords",
		Principal: role,
		Actions:   []string{"s3:PutObject", "s3:PutObjectAcl"},
		Resources: []string{bucket + "/" + sessions.BucketPrefix() + "/*"},
	}, {
		// The agent reads the encryption before it starts a session.
		Sid:       "ReadEncryption",
		Principal: role,
		Actions:   []string{"s3:GetEncryptionConfiguration"},
		Resources: []string{bucket},
	}}}.JSON()
}
