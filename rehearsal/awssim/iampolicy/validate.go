// Package iampolicy validates policy documents as AWS does when a request sets them: inline policies and
// trust policies of IAM roles, and policies of VPC endpoints, KMS keys and S3 buckets. It also compares
// documents as the AWS provider does, and answers two questions about a document: whether it allows a
// service an action, and whether S3 considers it public.
//
// Where AWS's documentation leaves a question open, the package takes the stricter interpretation, and a
// comment says so.
package iampolicy

import (
	"bytes"
	"encoding/json"
	"regexp"
	"unicode/utf8"
)

// Kind is the kind of a policy. It decides which rules apply, and which service's error messages are
// returned.
type Kind int

// The kinds of policies.
const (
	Identity        Kind = iota // an inline policy of a role
	Trust                       // the trust policy of a role
	Endpoint                    // of an interface endpoint
	GatewayEndpoint             // of a gateway endpoint
	Key                         // of a KMS key
	Bucket                      // of an S3 bucket
)

// Context is what a document is validated against. The rule for a field whose value is zero is skipped.
type Context struct {
	// Partition is the account's partition, such as "aws", and Account its 12-digit ID.
	Partition, Account string
	// PrincipalExists reports whether the IAM user or role with this ARN exists. Nil: all exist.
	PrincipalExists func(arn string) bool
	// Bucket is the name of the bucket that a bucket policy is attached to.
	Bucket string
	// Caller is the ARN of the principal that sets a key policy. KMS rejects a policy that would lock it
	// out.
	Caller string
	// BypassLockoutCheck skips that check, as the parameter BypassPolicyLockoutSafetyCheck does.
	BypassLockoutCheck bool
}

// Error is AWS's reason to reject a document.
type Error struct {
	// Code is the API's error code, such as "MalformedPolicyDocument".
	Code string
	// Message is the API's error message.
	Message string
}

// Size limits, in characters.
const (
	// MaxInlineSize is the limit for the sum of all inline policies of a role. Validate does not know a
	// role's other policies and leaves this limit to its caller: see Size.
	MaxInlineSize = 10240

	maxTrust    = 2048
	maxEndpoint = 20480
	maxBucket   = 20480
	maxKey      = 32768
)

// iamCharacters matches the documents whose characters IAM allows.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
var iamCharacters = regexp.MustCompile(`^[\t\n\r\x20-\x{FF}]*$`)

// Validate returns the error with which AWS rejects the document, or nil if AWS accepts it.
func Validate(kind Kind, document string, context Context) *Error {
	found := checkSize(kind, document)
	if found == nil && (kind == Identity || kind == Trust) && !iamCharacters.MatchString(document) {
		found = &violation{rule: "characters"}
	}
	if found == nil {
		var statements []statement
		if statements, found = parse(document); found == nil {
			found = check(kind, statements, version(document), context)
		}
	}
	if found == nil {
		return nil
	}
	code := errorCodes[kind]
	switch {
	case found.rule == "size" && kind == Trust:
		code = "LimitExceeded"
	case found.rule == "characters":
		code = "ValidationError"
	case found.rule == "size" && kind == Key:
		code = "LimitExceededException"
	}
	return &Error{Code: code, Message: found.message(kind, document)}
}

func checkSize(kind Kind, document string) *violation {
	exceeded := false
	switch kind {
	case Identity:
		// The caller checks the sum of the role's inline policies.
	case Trust:
		exceeded = Size(document) > maxTrust
	case Endpoint, GatewayEndpoint:
		exceeded = utf8.RuneCountInString(document) > maxEndpoint // white space counts here
	case Key:
		exceeded = len(document) > maxKey
	case Bucket:
		exceeded = len(document) > maxBucket
	}
	if exceeded {
		return &violation{rule: "size"}
	}
	return nil
}

// Size returns the size of a document as IAM counts it: in characters, without white space between JSON
// tokens.
func Size(document string) int {
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(document)); err != nil {
		return utf8.RuneCountInString(document)
	}
	return utf8.RuneCount(compact.Bytes())
}
