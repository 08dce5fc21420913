package audit

import (
	"encoding/json"
	"strconv"

	"bastionless/internal/policy"
)

// bucketPrefix is the folder of the records in the bucket.
const bucketPrefix = "sessions"

// sessionDocument is a document of type Session, for Standard_Stream sessions: shells.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html
type sessionDocument struct {
	SchemaVersion string        `json:"schemaVersion"`
	Description   string        `json:"description"`
	SessionType   string        `json:"sessionType"`
	Inputs        sessionInputs `json:"inputs"`
}

type sessionInputs struct {
	S3BucketName                string `json:"s3BucketName"`
	S3KeyPrefix                 string `json:"s3KeyPrefix"`
	S3EncryptionEnabled         bool   `json:"s3EncryptionEnabled"`
	CloudWatchLogGroupName      string `json:"cloudWatchLogGroupName"`
	CloudWatchEncryptionEnabled bool   `json:"cloudWatchEncryptionEnabled"`
	CloudWatchStreamingEnabled  bool   `json:"cloudWatchStreamingEnabled"`
	KMSKeyID                    string `json:"kmsKeyId"`
	RunAsEnabled                bool   `json:"runAsEnabled"`
	RunAsDefaultUser            string `json:"runAsDefaultUser"`
	IdleSessionTimeout          string `json:"idleSessionTimeout,omitempty"`
	MaxSessionDuration          string `json:"maxSessionDuration,omitempty"`
}

// document is the text of the session document. With encryption the agent refuses a session whose records would not be
// encrypted with it.
func (a *SessionsArgs) document(logGroup, bucket, key string) (string, error) {
	inputs := sessionInputs{
		S3BucketName:                bucket,
		S3EncryptionEnabled:         bucket != "",
		CloudWatchLogGroupName:      logGroup,
		CloudWatchEncryptionEnabled: logGroup != "" && key != "",
		CloudWatchStreamingEnabled:  logGroup != "",
		KMSKeyID:                    key,
		IdleSessionTimeout:          minutes(a.IdleMinutes),
		MaxSessionDuration:          minutes(a.MaxMinutes),
	}
	if bucket != "" {
		inputs.S3KeyPrefix = bucketPrefix
	}
	text, err := json.Marshal(sessionDocument{
		SchemaVersion: "1.0",
		Description:   "Shells on the instances of " + a.NamePrefix,
		SessionType:   "Standard_Stream",
		Inputs:        inputs,
	})
	return string(text), err
}

// minutes writes a number of minutes as the document has it: as text, and not at all for AWS's default.
func minutes(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// logGroupPrefix begins the name of the log group; Pulumi's provider makes up the rest.
func (a *SessionsArgs) logGroupPrefix() string { return a.NamePrefix + "-sessions-" }

// keyPolicy leaves the key to the account's IAM policies, and lets CloudWatch Logs use it for log groups of the stack: also
// where there is none now, since one that was kept must stay readable. It names no role, since the roles name the key.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
func (a *SessionsArgs) keyPolicy() policy.Document {
	group := "arn:" + a.Partition + ":logs:" + a.Region + ":" + a.AccountID + ":log-group:" + a.logGroupPrefix() + "*"
	return policy.Document{Statements: []policy.Statement{{
		Sid:       "Account",
		Principal: &policy.Principal{AWS: []string{"arn:" + a.Partition + ":iam::" + a.AccountID + ":root"}},
		Actions:   []string{"kms:*"},
		// In a key's policy, the key itself.
		Resources: []string{"*"},
	}, {
		Sid:        "Logs",
		Principal:  &policy.Principal{Service: []string{"logs." + a.Region + "." + a.DNSSuffix}},
		Actions:    []string{"kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		Resources:  []string{"*"},
		Conditions: policy.Conditions{"ArnLike": {"kms:EncryptionContext:aws:logs:arn": {group}}},
	}}}
}
