package awssim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// policyMode says what a policy document hangs on. That decides its rules, and which service's words refuse it.
type policyMode int

const (
	identityPolicy policyMode = iota
	trustPolicy
	endpointPolicy
	gatewayEndpointPolicy
	keyPolicy
	bucketPolicy
)

// policyScope is what a policy document is judged against. The zero value of a field skips its rule.
type policyScope struct {
	partition, account string
	// principal tells whether an IAM user or role exists. Nil: every one does.
	principal func(arn string) bool
	// bucket is the name of the bucket that a bucket policy is put on.
	bucket string
	// caller is the ARN of who puts a key policy; KMS refuses a policy that would lock the caller out.
	caller string
	// bypassLockout is the caller's wish to be locked out.
	bypassLockout bool
}

// policyFlaw is what is wrong with a document: one of the kinds in policyWords, the place, and up to two details.
type policyFlaw struct {
	kind  string
	at    int
	what  string
	where string
}

// Limits that count characters.
const (
	maxTrustPolicy    = 2048
	maxInlinePolicies = 10240
	maxEndpointPolicy = 20480
	maxBucketPolicy   = 20480
	maxKeyPolicy      = 32768
)

// policyCodes are the error codes of the services that take policies.
var policyCodes = map[policyMode]string{
	identityPolicy:        "MalformedPolicyDocument",
	trustPolicy:           "MalformedPolicyDocument",
	endpointPolicy:        "InvalidPolicyDocument",
	gatewayEndpointPolicy: "InvalidPolicyDocument",
	keyPolicy:             "MalformedPolicyDocumentException",
	bucketPolicy:          "MalformedPolicy",
}

const endpointSyntax = "The Policy Document is not valid. Syntax error at position %p"

// policyWords are AWS's sentences by kind of flaw: %a and %b are the flaw's details, %p its place. A flaw without a
// sentence of its own takes that of its kind's first word, and else that of "syntax". KMS's "syntax" and the sentences
// about sizes are not established: no public record of them was found.
var policyWords = map[policyMode]map[string]string{
	identityPolicy: {
		"syntax":             "Syntax errors in policy.",
		"version":            "Policy document must be version 2012-10-17 or greater.",
		"legacy":             "The policy failed legacy parsing",
		"sid":                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
		"sid twice":          "Statement IDs (SID) in a single policy must be unique.",
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
	trustPolicy: {
		"json":             "This policy contains invalid Json",
		"syntax":           "Syntax errors in policy.",
		"version":          "Policy document must be version 2012-10-17 or greater.",
		"legacy":           "The policy failed legacy parsing",
		"sid":              "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
		"sid twice":        "Statement IDs (SID) in a single policy must be unique.",
		"missing":          "Missing required field %a",
		"prohibited":       "Has prohibited field %a",
		"action":           "AssumeRole policy may only specify STS AssumeRole actions.",
		"condition prefix": "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
		"principal":        `Invalid principal in policy: "%a":"%b"`,
		"size":             "Cannot exceed quota for ACLSizePerRole: 2048",
	},
	endpointPolicy: {
		"syntax": endpointSyntax,
		"size":   "The Policy Document is not valid. It is longer than 20480 characters",
	},
	gatewayEndpointPolicy: {
		"syntax": endpointSyntax,
		"size":   "The Policy Document is not valid. It is longer than 20480 characters",
	},
	keyPolicy: {
		"syntax":    "The policy document is not valid.",
		"principal": "Policy contains a statement with one or more invalid principals.",
		"lockout":   "The new key policy will not allow you to update the key policy in the future.",
		"size":      "The policy document is longer than 32768 bytes.",
	},
	bucketPolicy: {
		"syntax":           "Policies must be valid JSON and the first byte must be '{'",
		"version":          "The policy must contain a valid version string",
		"missing":          "Missing required field %a",
		"effect":           "Invalid effect: %a",
		"action":           "Policy has invalid action",
		"resource":         "Policy has invalid resource",
		"principal":        "Invalid principal in policy",
		"condition":        "Policy has an invalid condition key",
		"sid twice":        "Statement IDs (SID) in a single policy must be unique.",
		"action resource":  "Action does not apply to any resource(s) in statement",
		"size":             "Policy exceeds the maximum allowed document size.",
		"condition prefix": "Policy has an invalid condition key",
	},
}

// policyProblem returns the code and the sentence with which AWS refuses the document, or two empty strings.
func policyProblem(mode policyMode, text string, scope policyScope) (code, message string) {
	flaw := policySize(mode, text)
	if flaw == nil {
		var statements []policyStatement
		if statements, flaw = readPolicy(text); flaw == nil {
			flaw = judgePolicy(mode, statements, policyVersion(text), scope)
		}
	}
	if flaw == nil {
		return "", ""
	}
	code = policyCodes[mode]
	switch {
	case flaw.kind == "size" && mode == trustPolicy:
		code = "LimitExceeded"
	case flaw.kind == "size" && mode == keyPolicy:
		code = "LimitExceededException"
	}
	return code, flaw.words(mode, text)
}

func (f *policyFlaw) words(mode policyMode, text string) string {
	first, _, _ := strings.Cut(f.kind, " ")
	for _, kind := range []string{f.kind + " " + f.what, f.kind, first, "syntax"} {
		if words, ok := policyWords[mode][kind]; ok {
			return strings.NewReplacer("%a", f.what, "%b", f.where, "%p", textPosition(text, f.at)).Replace(words)
		}
	}
	return ""
}

// textPosition writes the place as EC2 does: line and column, from one.
func textPosition(text string, at int) string {
	before := text[:min(at, len(text))]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
	return fmt.Sprintf("(%d,%d)", line, column)
}

func policySize(mode policyMode, text string) *policyFlaw {
	long := false
	switch mode {
	case identityPolicy:
		// The limit is the sum of a role's inline policies, so that the role counts.
	case trustPolicy:
		long = policyLength(text) > maxTrustPolicy
	case endpointPolicy, gatewayEndpointPolicy:
		long = utf8.RuneCountInString(text) > maxEndpointPolicy // white space counts here
	case keyPolicy:
		long = len(text) > maxKeyPolicy
	case bucketPolicy:
		long = len(text) > maxBucketPolicy
	}
	if long {
		return &policyFlaw{kind: "size"}
	}
	return nil
}

// policyLength counts as IAM does: characters without the white space between JSON's elements.
func policyLength(text string) int {
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return utf8.RuneCountInString(text)
	}
	return utf8.RuneCount(compact.Bytes())
}

// samePolicy tells whether the provider sees no difference between two documents: the order of keys, statements and
// list members, white space, a string against a list of one, and an account id against its root ARN. The principals
// "*" and {"AWS":"*"} do differ for the provider, although they mean the same to AWS.
func samePolicy(a, b string) bool {
	if a == b {
		return true
	}
	blank := func(s string) bool { s = strings.TrimSpace(s); return s == "" || s == "{}" }
	if blank(a) && blank(b) {
		return true
	}
	x, okA := canonicalPolicy(a)
	y, okB := canonicalPolicy(b)
	return okA && okB && slices.Equal(x, y)
}

// canonicalPolicy writes a document as sorted lines, which are equal where documents are equivalent.
func canonicalPolicy(text string) ([]string, bool) {
	root, err := parseJSON(text)
	if err != nil || root.kind != '{' || root.get("Statement") == nil {
		return nil, false
	}
	statements := root.get("Statement")
	items := statements.items
	if statements.kind == '{' {
		items = []*jsonValue{statements}
	}
	lines := []string{}
	for _, key := range []string{"Version", "Id"} {
		if v := root.get(key); v != nil {
			lines = append(lines, fmt.Sprintf("%s %v", key, v.scalar))
		}
	}
	for _, item := range items {
		s, flaw := readStatement(item)
		if flaw != nil {
			return nil, false
		}
		lines = append(lines, s.canonical())
	}
	slices.Sort(lines)
	return lines, true
}

func (s policyStatement) canonical() string {
	sorted := func(list []string) []string {
		if list == nil {
			return nil
		}
		list = slices.Clone(list)
		slices.Sort(list)
		return list
	}
	principals := func(kinds map[string][]string) map[string][]string {
		canonical := map[string][]string{}
		for kind, ids := range kinds {
			ids = slices.Clone(ids)
			for i, id := range ids {
				if parts := strings.Split(id, ":"); len(parts) == 6 && parts[2] == "iam" && parts[5] == "root" {
					ids[i] = parts[4]
				}
			}
			if len(ids) > 0 {
				canonical[kind] = slices.Compact(sorted(ids))
			}
		}
		return canonical
	}
	var conditions map[string]map[string][]string
	if s.conditions != nil {
		conditions = map[string]map[string][]string{}
	}
	for operator, block := range s.conditions {
		conditions[operator] = map[string][]string{}
		for key, values := range block {
			conditions[operator][key] = slices.Compact(sorted(values))
		}
	}
	line, err := json.Marshal([]any{
		s.sid, strings.ToLower(s.effect), sorted(s.actions), sorted(s.notActions), sorted(s.resources),
		sorted(s.notResources), principals(s.principals), principals(s.notPrincipals), conditions,
	})
	if err != nil {
		panic(err) // strings, lists and maps of strings always marshal
	}
	return string(line)
}

// policyJSONProblem is the provider's check of a policy at preview time, which knows JSON and nothing of policies. It
// returns an empty string where the text passes.
func policyJSONProblem(attribute, text string) string {
	invalid := func(why string) string { return fmt.Sprintf("%q contains an invalid JSON policy: %s", attribute, why) }
	if text == "" {
		return fmt.Sprintf("%q is an empty string, which is not a valid JSON value", attribute)
	}
	switch text[0] {
	case '{':
	case ' ', '\t', '\r', '\n':
		return invalid("leading space characters are not allowed")
	case '"':
		var content string
		hint := ""
		if json.Unmarshal([]byte(text), &content) == nil {
			switch {
			case strings.HasSuffix(content, ".json"):
				hint = " (have you passed a JSON-encoded filename instead of the content of that file?)"
			case json.Valid([]byte(content)):
				hint = " (have you double-encoded your JSON data?)"
			}
		}
		return invalid("contains a JSON-encoded string, not a JSON-encoded object" + hint)
	case '[':
		return invalid("contains a JSON array, not a JSON object")
	default:
		return invalid("not a JSON object")
	}
	_, err := parseJSON(text)
	var syntax *json.SyntaxError
	var twice *duplicateKeyError
	switch {
	case errors.As(err, &syntax):
		return invalid(fmt.Sprintf("%s, at byte offset %d", err, syntax.Offset))
	case errors.As(err, &twice):
		return fmt.Sprintf("%q contains duplicate JSON keys: %s", attribute, err)
	case err != nil:
		return invalid(err.Error())
	}
	return ""
}
