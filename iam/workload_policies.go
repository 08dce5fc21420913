package iam

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"strings"

	"bastionless/internal/diag"
)

// PolicyFile is a JSON file with an identity policy.
type PolicyFile struct {
	// Path is the file's path, such as "policies/app.json". The policy is named after the file, without .json.
	Path string
	// Content is the policy.
	Content string
}

// Limits of the policies of a role. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	// maxPolicyFileCharacters is the maximum size of all files together, without white space. It leaves room for the stack's
	// own inline policies: IAM allows 10,240 characters for a role.
	maxPolicyFileCharacters = 8192
	// maxPolicyARNs leaves room for AmazonSSMManagedInstanceCore: IAM allows 10 managed policies for a role.
	maxPolicyARNs = 9
)

// corePolicy is the name of the policy that ManagedPolicy attaches.
const corePolicy = "AmazonSSMManagedInstanceCore"

var (
	policyFileName = regexp.MustCompile(`^[\w+=,.@-]{1,100}$`)
	// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
	policyCharacters = regexp.MustCompile(`^[\x20-\x{FF}]*$`)
	policyARN        = regexp.MustCompile(`^arn:[a-z-]+:iam::(?:[0-9]{12}|aws):policy/(?:[\x21-\x7e]+/)*[\w+=,.@-]{1,128}$`)
)

// name returns the last part of the path, without .json.
func (f PolicyFile) name() string { return strings.TrimSuffix(path.Base(f.Path), ".json") }

// compact returns the policy without white space, so that a change of only the file's layout updates nothing.
func (f PolicyFile) compact() (string, error) {
	var text bytes.Buffer
	err := json.Compact(&text, []byte(f.Content))
	return text.String(), err
}

// policyName returns the last part of the ARN of a managed policy.
func policyName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// checkPolicies reports policies of the workload that IAM does not accept.
func (o InstanceRoleOptions) checkPolicies(diags *diag.Diagnostics) {
	o.checkPolicyFiles(diags)
	o.checkPolicyARNs(diags)
}

func (o InstanceRoleOptions) checkPolicyFiles(diags *diag.Diagnostics) {
	const key = "instancePolicyFiles"
	paths, size := map[string]string{}, 0
	for _, file := range o.Files {
		name := file.name()
		// The names in IAM are case-insensitive.
		folded := strings.ToLower(name)
		other, taken := paths[folded]
		switch {
		case !policyFileName.MatchString(name):
			diags.Add(key, diag.Malformed, "the name of %q cannot be a policy name: use 1 to 100 letters, digits and characters "+
				"of +=,.@-_", file.Path)
		case taken:
			diags.Add(key, diag.Conflict, "%q and %q have the same file name, which is also the policy name: rename one of "+
				"them", other, file.Path)
		}
		paths[folded] = file.Path
		size += file.check(key, diags)
	}
	if size > maxPolicyFileCharacters {
		diags.Add(key, diag.TooMany, "the files have %d characters without white space, but the instance role has room for "+
			"%d: shorten them, or use managed policies in instancePolicyArns", size, maxPolicyFileCharacters)
	}
}

// check reports a file that is not an identity policy. It returns the number of its characters without white space.
func (f PolicyFile) check(key string, diags *diag.Diagnostics) int {
	text, err := f.compact()
	if err != nil {
		diags.Add(key, diag.Malformed, "%q is not valid JSON (%v): write an IAM policy", f.Path, err)
		return 0
	}
	if !policyCharacters.MatchString(text) {
		diags.Add(key, diag.Malformed, "%q contains a character that IAM does not allow in policies: use only characters up to "+
			"U+00FF, such as those of ASCII", f.Path)
	}
	var document struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil || len(document.Statement) == 0 {
		diags.Add(key, diag.Malformed, "%q is not an IAM policy: write an object with Version and Statement", f.Path)
		return 0
	}
	if document.Version != "2012-10-17" {
		diags.Add(key, diag.Malformed, "%q has the version %q: set Version to 2012-10-17", f.Path, document.Version)
	}
	if hasPrincipal(document.Statement) {
		diags.Add(key, diag.Malformed, "%q has a statement with Principal, but the principal is the instance role: remove "+
			"Principal", f.Path)
	}
	return len([]rune(text))
}

// hasPrincipal reports whether one of the statements of a policy, which may be a list, names principals.
func hasPrincipal(statements json.RawMessage) bool {
	var list []map[string]json.RawMessage
	if json.Unmarshal(statements, &list) != nil {
		list = make([]map[string]json.RawMessage, 1)
		if json.Unmarshal(statements, &list[0]) != nil {
			return false // the rehearsal and AWS reject it
		}
	}
	for _, statement := range list {
		if statement["Principal"] != nil || statement["NotPrincipal"] != nil {
			return true
		}
	}
	return false
}

func (o InstanceRoleOptions) checkPolicyARNs(diags *diag.Diagnostics) {
	const key = "instancePolicyArns"
	arns := map[string]string{}
	for _, arn := range o.ARNs {
		name := policyName(arn)
		other, taken := arns[name]
		switch {
		case !policyARN.MatchString(arn):
			diags.Add(key, diag.Malformed, "%q is not the ARN of a managed policy: use an ARN such as "+
				"arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy", arn)
		case name == corePolicy && strings.Contains(arn, ":iam::aws:") && o.Policy == ManagedPolicy:
			diags.Add(key, diag.Conflict, "%q is already attached, because instancePolicy is managed: remove it", arn)
		case name == corePolicy && strings.Contains(arn, ":iam::aws:"):
			// Two resources for one attachment would not survive a change of instancePolicy: AWS detaches the policy
			// when the old one is deleted.
			diags.Add(key, diag.Conflict, "instancePolicy attaches %q: remove it, and set instancePolicy to managed", arn)
		case taken:
			diags.Add(key, diag.Conflict, "%q and %q have the same name: copy one of them to a file in "+
				"instancePolicyFiles", other, arn)
		}
		arns[name] = arn
	}
	if len(o.ARNs) > maxPolicyARNs {
		diags.Add(key, diag.TooMany, "the list has %d policies, but the instance role has room for %d: list fewer, or use "+
			"instancePolicyFiles", len(o.ARNs), maxPolicyARNs)
	}
}
