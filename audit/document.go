package audit

import (
	"encoding/json"
	"strconv"
	"strings"

	"bastionless/internal/policy"
)

// bucketPrefix is the prefix of the records' keys in the bucket.
const bucketPrefix = "sessions"

// BucketPrefix returns the prefix of the records' keys in the bucket, without a trailing slash. Several stacks and
// accounts may share an existing bucket, so there the prefix contains the account ID and NamePrefix.
func (a *SessionsArgs) BucketPrefix() string {
	if a.Bucket == "" {
		return bucketPrefix
	}
	return bucketPrefix + "/" + a.Env.AccountID + "/" + a.NamePrefix
}

// sessionDocument is a document of type Session for sessions of type Standard_Stream, which are shells.
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
	// ShellProfile contains the commands that shells run first. Nil: none.
	ShellProfile *shellProfile `json:"shellProfile,omitempty"`
}

type shellProfile struct {
	Linux string `json:"linux"`
}

// document returns the session document as JSON. With s3EncryptionEnabled and cloudWatchEncryptionEnabled,
// the agent refuses to start a session whose records would not be encrypted.
func (a *SessionsArgs) document(logGroup, bucket, key string) (string, error) {
	inputs := sessionInputs{
		S3BucketName:                bucket,
		S3EncryptionEnabled:         bucket != "",
		CloudWatchLogGroupName:      logGroup,
		CloudWatchEncryptionEnabled: logGroup != "" && a.logGroupEncrypted(key),
		CloudWatchStreamingEnabled:  logGroup != "",
		KMSKeyID:                    key,
		IdleSessionTimeout:          minutes(a.IdleMinutes),
		MaxSessionDuration:          minutes(a.MaxMinutes),
		RunAsEnabled:                a.RunAs != "",
	}
	if a.RunAs != RunAsTag {
		// With RunAsTag, a session without the session tag must fail.
		inputs.RunAsDefaultUser = a.RunAs
	}
	if a.Shell != "" {
		inputs.ShellProfile = &shellProfile{Linux: a.Shell}
	}
	if bucket != "" {
		inputs.S3KeyPrefix = a.BucketPrefix()
	}
	content := sessionDocument{
		SchemaVersion: "1.0",
		Description:   "Shells on the instances of " + a.NamePrefix,
		SessionType:   "Standard_Stream",
		Inputs:        inputs,
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // commands contain & and >
	err := encoder.Encode(content)
	return strings.TrimSuffix(text.String(), "\n"), err
}

// logGroupEncrypted reports whether the log group is encrypted with a KMS key. key is the stack's, or "".
func (a *SessionsArgs) logGroupEncrypted(key string) bool {
	if a.LogGroup != "" {
		return a.LogGroupEncrypted
	}
	return key != ""
}

// minutes returns a number of minutes as a string, as session documents require, and 0 as "", which leaves
// out the property.
func minutes(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// logGroupPrefix returns the prefix of the log group's name. The provider generates the rest.
func (a *SessionsArgs) logGroupPrefix() string { return a.NamePrefix + "-sessions-" }

// keyPolicy returns the policy of the key. It allows the account's IAM policies to grant access to the
// key, and CloudWatch Logs to use it for log groups of the stack, including those that were kept. The
// roles are not in it: their own policies name the key.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
func (a *SessionsArgs) keyPolicy() policy.Document {
	group := a.Env.ARN("logs", "log-group:"+a.logGroupPrefix()+"*")
	return policy.Document{Statements: []policy.Statement{{
		Sid:       "Account",
		Principal: &policy.Principal{AWS: []string{a.Env.IAM(a.Env.AccountID, "root")}},
		Actions:   []string{"kms:*"},
		// In a key policy, * is the key itself.
		Resources: []string{"*"},
	}, {
		Sid:        "Logs",
		Principal:  &policy.Principal{Service: []string{"logs." + a.Env.Region + "." + a.Env.DNSSuffix}},
		Actions:    []string{"kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		Resources:  []string{"*"},
		Conditions: policy.Conditions{"ArnLike": {"kms:EncryptionContext:aws:logs:arn": {group}}},
	}}}
}
