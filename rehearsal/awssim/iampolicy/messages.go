package iampolicy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// violation is a rule that a document violates.
type violation struct {
	rule    string // a key of messages, or a word that begins one
	detail  string // such as the invalid action
	subject string // such as the ARN that has an invalid partition
	at      int    // byte offset in the document
}

// errorCodes are the services' error codes for an invalid document.
var errorCodes = map[Kind]string{
	Identity:        "MalformedPolicyDocument",
	Trust:           "MalformedPolicyDocument",
	Endpoint:        "InvalidPolicyDocument",
	GatewayEndpoint: "InvalidPolicyDocument",
	Key:             "MalformedPolicyDocumentException",
	Bucket:          "MalformedPolicy",
}

const endpointSyntax = "The Policy Document is not valid. Syntax error at position %p"

// messages are AWS's error messages by rule; %a stands for the violation's detail, %b for its subject and
// %p for its position. A rule without an entry uses the entry of its first word, or else that of "syntax".
// The messages about sizes and characters, and KMS's for "syntax", are not confirmed: no public record of them was found.
var messages = map[Kind]map[string]string{
	Identity: {
		"characters":         "The specified value for policyDocument is invalid. It must contain only printable ASCII characters.",
		"syntax":             "Syntax errors in policy.",
		"version":            "Policy document must be version 2012-10-17 or greater.",
		"legacy":             "The policy failed legacy parsing",
		"sid":                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
		"sid duplicate":      "Statement IDs (SID) in a single policy must be unique.",
		"missing Action":     "Policy statement must contain actions.",
		"missing Resource":   "Policy statement must contain resources.",
		"action prefix":      "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
		"action colons":      "Actions/Condition can contain only one colon.",
		"action vendor":      "Vendor %a is not valid",
		"condition prefix":   "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
		"resource":           `Resource %a must be in ARN format or "*".`,
		"resource partition": `Partition "%a" is not valid for resource "%b".`,
		"prohibited":         "Policy document should not specify a principal.",
	},
	Trust: {
		"characters":       "The specified value for assumeRolePolicyDocument is invalid. It must contain only printable ASCII characters.",
		"json":             "This policy contains invalid Json",
		"syntax":           "Syntax errors in policy.",
		"version":          "Policy document must be version 2012-10-17 or greater.",
		"legacy":           "The policy failed legacy parsing",
		"sid":              "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
		"sid duplicate":    "Statement IDs (SID) in a single policy must be unique.",
		"missing":          "Missing required field %a",
		"prohibited":       "Has prohibited field %a",
		"action":           "AssumeRole policy may only specify STS AssumeRole actions.",
		"condition prefix": "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
		"principal":        `Invalid principal in policy: "%a":"%b"`,
		"size":             "Cannot exceed quota for ACLSizePerRole: 2048",
	},
	Endpoint: {
		"syntax": endpointSyntax,
		"size":   "The Policy Document is not valid. It is longer than 20480 characters",
	},
	GatewayEndpoint: {
		"syntax": endpointSyntax,
		"size":   "The Policy Document is not valid. It is longer than 20480 characters",
	},
	Key: {
		"syntax":    "The policy document is not valid.",
		"principal": "Policy contains a statement with one or more invalid principals.",
		"lockout":   "The new key policy will not allow you to update the key policy in the future.",
		"size":      "The policy document is longer than 32768 bytes.",
	},
	Bucket: {
		"syntax":           "Policies must be valid JSON and the first byte must be '{'",
		"version":          "The policy must contain a valid version string",
		"missing":          "Missing required field %a",
		"effect":           "Invalid effect: %a",
		"action":           "Policy has invalid action",
		"resource":         "Policy has invalid resource",
		"principal":        "Invalid principal in policy",
		"condition":        "Policy has an invalid condition key",
		"sid duplicate":    "Statement IDs (SID) in a single policy must be unique.",
		"action resource":  "Action does not apply to any resource(s) in statement",
		"size":             "Policy exceeds the maximum allowed document size.",
		"condition prefix": "Policy has an invalid condition key",
	},
}

func (v *violation) message(kind Kind, document string) string {
	first, _, _ := strings.Cut(v.rule, " ")
	for _, rule := range []string{v.rule + " " + v.detail, v.rule, first, "syntax"} {
		if message, ok := messages[kind][rule]; ok {
			return strings.NewReplacer("%a", v.detail, "%b", v.subject, "%p", position(document, v.at)).Replace(message)
		}
	}
	return ""
}

// position returns the line and column of a byte offset, both from one, in EC2's form.
func position(document string, at int) string {
	before := document[:min(at, len(document))]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
	return fmt.Sprintf("(%d,%d)", line, column)
}
