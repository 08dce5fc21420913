package awssim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
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

// policyStatement is one statement, as it was written. Nil lists are absent elements.
type policyStatement struct {
	at                      int
	sid, effect             string
	actions, notActions     []string
	resources, notResources []string
	// principals has the key "*" for everybody.
	principals, notPrincipals map[string][]string
	conditions                map[string]map[string][]string
	// present are the element's names, in order.
	present []string
}

// policyVersion is the document's Version, empty where it has none; readPolicy has found the text sound.
func policyVersion(text string) string {
	var document struct{ Version string }
	if json.Unmarshal([]byte(text), &document) != nil {
		return ""
	}
	return document.Version
}

// readPolicy takes the document apart and finds what is wrong with its form, whatever it hangs on.
func readPolicy(text string) ([]policyStatement, *policyFlaw) {
	root, err := parseJSON(text)
	if err != nil {
		flaw := &policyFlaw{kind: "json", at: len(text)}
		var syntax *json.SyntaxError
		var twice *duplicateKeyError
		switch {
		case errors.As(err, &syntax):
			flaw.at = max(0, int(syntax.Offset)-1)
		case errors.As(err, &twice):
			flaw.at = twice.at
		}
		return nil, flaw
	}
	if root.kind != '{' {
		return nil, &policyFlaw{kind: "json", at: root.at}
	}
	for i, key := range root.keys {
		value := root.items[i]
		_, isText := value.text()
		switch key {
		case "Version", "Id":
			if !isText {
				return nil, &policyFlaw{kind: "syntax", at: value.at}
			}
		case "Statement":
		default:
			return nil, &policyFlaw{kind: "syntax", at: value.at}
		}
	}
	list := root.get("Statement")
	if list == nil {
		return nil, &policyFlaw{kind: "missing", what: "Statement", at: len(text)}
	}
	items := list.items
	switch list.kind {
	case '{':
		items = []*jsonValue{list}
	case '[':
	default:
		return nil, &policyFlaw{kind: "syntax", at: list.at}
	}
	if len(items) == 0 {
		return nil, &policyFlaw{kind: "missing", what: "Statement", at: list.at}
	}
	statements := make([]policyStatement, 0, len(items))
	for _, item := range items {
		s, flaw := readStatement(item)
		if flaw != nil {
			return nil, flaw
		}
		statements = append(statements, s)
	}
	return statements, nil
}

func readStatement(v *jsonValue) (policyStatement, *policyFlaw) {
	s := policyStatement{at: v.at}
	if v.kind != '{' {
		return s, &policyFlaw{kind: "syntax", at: v.at}
	}
	for i, key := range v.keys {
		value, ok := v.items[i], true
		switch key {
		case "Sid":
			s.sid, ok = value.text()
		case "Effect":
			s.effect, ok = value.text()
		case "Action":
			s.actions, ok = readTexts(value)
		case "NotAction":
			s.notActions, ok = readTexts(value)
		case "Resource":
			s.resources, ok = readTexts(value)
		case "NotResource":
			s.notResources, ok = readTexts(value)
		case "Principal":
			s.principals, ok = readPrincipals(value)
		case "NotPrincipal":
			s.notPrincipals, ok = readPrincipals(value)
		case "Condition":
			s.conditions, ok = readConditions(value)
		default:
			ok = false
		}
		if !ok {
			return s, &policyFlaw{kind: "syntax", at: value.at}
		}
		s.present = append(s.present, key)
	}
	if (s.actions != nil && s.notActions != nil) || (s.resources != nil && s.notResources != nil) ||
		(s.principals != nil && s.notPrincipals != nil) {
		return s, &policyFlaw{kind: "syntax", at: s.at}
	}
	return s, nil
}

// readTexts reads a string or a list of strings.
func readTexts(v *jsonValue) ([]string, bool) {
	if s, ok := v.text(); ok {
		return []string{s}, true
	}
	list := []string{}
	for _, item := range v.items {
		s, ok := item.text()
		if !ok {
			return nil, false
		}
		list = append(list, s)
	}
	return list, v.kind == '['
}

func readPrincipals(v *jsonValue) (map[string][]string, bool) {
	if s, ok := v.text(); ok {
		return map[string][]string{"*": {s}}, s == "*"
	}
	if v.kind != '{' {
		return nil, false
	}
	principals := map[string][]string{}
	for i, kind := range v.keys {
		list, ok := readTexts(v.items[i])
		if !ok || !slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, kind) {
			return nil, false
		}
		principals[kind] = list
	}
	return principals, true
}

func readConditions(v *jsonValue) (map[string]map[string][]string, bool) {
	if v.kind != '{' {
		return nil, false
	}
	conditions := map[string]map[string][]string{}
	for i, operator := range v.keys {
		block := v.items[i]
		if block.kind != '{' {
			return nil, false
		}
		conditions[operator] = map[string][]string{}
		for j, key := range block.keys {
			values := block.items[j]
			if values.kind == 0 {
				values = &jsonValue{kind: '[', items: []*jsonValue{values}}
			}
			list := []string{}
			for _, item := range values.items {
				if item.kind != 0 || item.scalar == nil {
					return nil, false
				}
				list = append(list, fmt.Sprint(item.scalar))
			}
			if values.kind != '[' {
				return nil, false
			}
			conditions[operator][key] = list
		}
	}
	return conditions, true
}

// judgePolicy holds the statements against the rules of what they hang on.
func judgePolicy(mode policyMode, statements []policyStatement, version string, scope policyScope) *policyFlaw {
	iam := mode == identityPolicy || mode == trustPolicy
	switch version {
	case "2012-10-17", "2008-10-17":
	case "":
		// The services that own resources take a missing version as 2008-10-17, and EC2's own default endpoint policy
		// has none. IAM's answer for inline policies is not on record; the stricter reading refuses.
		if iam {
			return &policyFlaw{kind: "version"}
		}
	default:
		return &policyFlaw{kind: "version"}
	}
	seen := map[string]bool{}
	for _, s := range statements {
		switch {
		case iam && strings.Trim(s.sid, alphanumeric) != "":
			return &policyFlaw{kind: "sid", at: s.at}
		case s.sid != "" && seen[s.sid]:
			return &policyFlaw{kind: "sid twice", at: s.at}
		}
		seen[s.sid] = true
	}
	for _, judge := range []func(policyMode, policyStatement, policyScope) *policyFlaw{
		judgeElements, judgeActions, judgeResources, judgePrincipals, judgeConditions,
	} {
		for _, s := range statements {
			if flaw := judge(mode, s, scope); flaw != nil {
				return flaw
			}
		}
	}
	switch {
	case mode == bucketPolicy:
		return judgeActionsOnResources(statements)
	case mode == keyPolicy && !scope.bypassLockout && !mayPutKeyPolicy(statements, scope):
		return &policyFlaw{kind: "lockout"}
	}
	return nil
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func judgeElements(mode policyMode, s policyStatement, _ policyScope) *policyFlaw {
	prohibited := map[policyMode][]string{
		identityPolicy:        {"Principal", "NotPrincipal"},
		trustPolicy:           {"Resource", "NotResource", "NotPrincipal", "NotAction"},
		endpointPolicy:        {"NotPrincipal"},
		gatewayEndpointPolicy: {"NotPrincipal"},
	}[mode]
	for _, element := range s.present {
		if slices.Contains(prohibited, element) {
			return &policyFlaw{kind: "prohibited", what: element, at: s.at}
		}
	}
	missing := func(what string) *policyFlaw { return &policyFlaw{kind: "missing", what: what, at: s.at} }
	switch {
	case s.effect == "":
		return missing("Effect")
	case s.effect != "Allow" && s.effect != "Deny":
		if strings.EqualFold(s.effect, "Allow") || strings.EqualFold(s.effect, "Deny") {
			return &policyFlaw{kind: "legacy", at: s.at}
		}
		return &policyFlaw{kind: "effect", what: s.effect, at: s.at}
	case len(s.actions)+len(s.notActions) == 0:
		return missing("Action")
	case mode != trustPolicy && len(s.resources)+len(s.notResources) == 0:
		return missing("Resource")
	case mode != identityPolicy && principalCount(s.principals)+principalCount(s.notPrincipals) == 0:
		return missing("Principal")
	}
	return nil
}

func principalCount(principals map[string][]string) int {
	n := 0
	for _, list := range principals {
		n += len(list)
	}
	return n
}

var (
	vendorForm = regexp.MustCompile(`^[a-zA-Z0-9.-]+$`)
	// assumeActions are the actions that a trust policy may hold. Wildcards are refused: the stricter reading.
	assumeActions = []string{
		"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity",
		"sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession",
	}
)

func judgeActions(mode policyMode, s policyStatement, _ policyScope) *policyFlaw {
	for _, action := range slices.Concat(s.actions, s.notActions) {
		flaw := &policyFlaw{what: action, at: s.at}
		vendor, name, prefixed := strings.Cut(action, ":")
		switch {
		case mode == trustPolicy:
			if !slices.ContainsFunc(assumeActions, func(a string) bool { return strings.EqualFold(a, action) }) {
				flaw.kind = "action"
				return flaw
			}
			continue
		case action == "*":
			continue
		case !prefixed || name == "":
			flaw.kind = "action prefix"
		case strings.Contains(name, ":"):
			flaw.kind = "action colons"
		case !vendorForm.MatchString(vendor):
			flaw.kind, flaw.what = "action vendor", vendor
		case mode == bucketPolicy && !strings.EqualFold(vendor, "s3"):
			flaw.kind = "action"
		case mode == keyPolicy && !strings.EqualFold(vendor, "kms"):
			flaw.kind = "action"
		default:
			continue
		}
		return flaw
	}
	return nil
}

// partitions are those that exist; a resource of another than one's own is refused.
var partitions = []string{"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b"}

func judgeResources(mode policyMode, s policyStatement, scope policyScope) *policyFlaw {
	for _, resource := range slices.Concat(s.resources, s.notResources) {
		flaw := &policyFlaw{kind: "resource", what: resource, at: s.at}
		parts := strings.SplitN(resource, ":", 6)
		switch {
		case mode == bucketPolicy:
			arn := "arn:" + scope.partition + ":s3:::" + scope.bucket
			if resource != arn && !strings.HasPrefix(resource, arn+"/") {
				return flaw
			}
		case resource == "*":
		case parts[0] != "arn":
			return flaw
		case len(parts) < 6 || parts[2] == "" || parts[5] == "":
			flaw.kind = "legacy"
			return flaw
		case parts[1] != scope.partition && scope.partition != "" && slices.Contains(partitions, parts[1]):
			flaw.kind, flaw.what, flaw.where = "resource partition", parts[1], resource
			return flaw
		}
	}
	return nil
}

func judgePrincipals(mode policyMode, s policyStatement, scope policyScope) *policyFlaw {
	for _, principals := range []map[string][]string{s.principals, s.notPrincipals} {
		for _, kind := range slices.Sorted(maps.Keys(principals)) {
			for _, id := range principals[kind] {
				if !validPrincipal(mode, kind, id, scope) {
					name := kind
					if kind != "AWS" {
						name = strings.ToUpper(kind)
					}
					return &policyFlaw{kind: "principal", what: name, where: id, at: s.at}
				}
			}
		}
	}
	return nil
}

var (
	accountForm   = regexp.MustCompile(`^[0-9]{12}$`)
	canonicalForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func validPrincipal(mode policyMode, kind, id string, scope policyScope) bool {
	if mode == gatewayEndpointPolicy {
		return id == "*" && (kind == "*" || kind == "AWS")
	}
	switch kind {
	case "*":
		return true
	case "AWS":
		return validAWSPrincipal(id, scope)
	case "Service":
		return validService(id, scope.partition)
	case "CanonicalUser":
		return mode == bucketPolicy && canonicalForm.MatchString(id)
	}
	// Federated: a provider of this account, which none of the simulated types declares, or a public one.
	return slices.Contains([]string{
		"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com",
	}, id)
}

func validAWSPrincipal(id string, scope policyScope) bool {
	if id == "*" || accountForm.MatchString(id) {
		return true
	}
	parts := strings.Split(id, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[3] != "" || !accountForm.MatchString(parts[4]) ||
		(scope.partition != "" && parts[1] != scope.partition) || strings.ContainsAny(id, "*?") {
		return false
	}
	kind, name, named := strings.Cut(parts[5], "/")
	switch parts[2] + ":" + kind {
	case "iam:root":
		return !named
	case "iam:user", "iam:role":
		return name != "" && (scope.principal == nil || scope.principal(id))
	case "sts:assumed-role":
		role, session, ok := strings.Cut(name, "/")
		return ok && session != "" && (scope.principal == nil ||
			scope.principal("arn:"+parts[1]+":iam::"+parts[4]+":role/"+role))
	case "sts:federated-user":
		return name != ""
	}
	return false
}

// serviceNames are the services that appear as principals next to what this project deploys.
var serviceNames = []string{
	"apigateway", "autoscaling", "backup", "billingconsole", "cloudformation", "cloudfront", "cloudtrail", "codebuild",
	"codedeploy", "codepipeline", "config", "delivery.logs", "dlm", "dynamodb", "ec2", "ecs", "ecs-tasks", "eks",
	"elasticloadbalancing", "events", "firehose", "kms", "lambda", "logdelivery.elasticloadbalancing", "logging.s3",
	"logs", "monitoring", "rds", "s3", "scheduler", "secretsmanager", "sns", "spotfleet", "sqs", "ssm", "sso", "states",
	"vpc-flow-logs",
}

var regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)

// validService knows a service by its name, with or without a Region. China writes EC2, and what carries a Region,
// with its own suffix, and accepts both for the rest; no other partition knows that suffix.
func validService(id, partition string) bool {
	name, chinese := strings.CutSuffix(id, ".amazonaws.com.cn")
	if !chinese {
		var ok bool
		if name, ok = strings.CutSuffix(id, ".amazonaws.com"); !ok {
			return false
		}
	}
	known := slices.Contains(serviceNames, name)
	regional := false
	if i := strings.LastIndex(name, "."); !known && i > 0 {
		regional = regionForm.MatchString(name[i+1:])
		known = regional && slices.Contains(serviceNames, name[:i])
	}
	if partition == "aws-cn" {
		return known && (chinese || (name != "ec2" && !regional))
	}
	return known && !chinese
}

// conditionOperators are IAM's, without the set prefixes and the IfExists ending.
var conditionOperators = []string{
	"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "BinaryEquals", "Bool", "DateEquals", "DateGreaterThan",
	"DateGreaterThanEquals", "DateLessThan", "DateLessThanEquals", "DateNotEquals", "IpAddress", "NotIpAddress", "Null",
	"NumericEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "NumericLessThan", "NumericLessThanEquals",
	"NumericNotEquals", "StringEquals", "StringEqualsIgnoreCase", "StringLike", "StringNotEquals",
	"StringNotEqualsIgnoreCase", "StringNotLike",
}

// conditionOperator takes the prefix and the ending off.
func conditionOperator(operator string) (plain, set string, ifExists bool) {
	plain = operator
	for _, prefix := range []string{"ForAllValues:", "ForAnyValue:"} {
		if rest, ok := strings.CutPrefix(operator, prefix); ok {
			plain, set = rest, prefix
		}
	}
	plain, ifExists = strings.CutSuffix(plain, "IfExists")
	return plain, set, ifExists
}

func judgeConditions(_ policyMode, s policyStatement, _ policyScope) *policyFlaw {
	for _, operator := range slices.Sorted(maps.Keys(s.conditions)) {
		plain, _, ifExists := conditionOperator(operator)
		if !slices.Contains(conditionOperators, plain) || (plain == "Null" && ifExists) {
			return &policyFlaw{kind: "condition", what: operator, at: s.at}
		}
		for _, key := range slices.Sorted(maps.Keys(s.conditions[operator])) {
			if vendor, name, ok := strings.Cut(key, ":"); !ok || name == "" || !vendorForm.MatchString(vendor) {
				return &policyFlaw{kind: "condition prefix", what: key, at: s.at}
			}
		}
	}
	return nil
}

// objectAction matches the S3 actions that act on objects; all others act on buckets.
var objectAction = regexp.MustCompile(`(?i)^s3:((Get|Put|Delete|Restore)Object[A-Za-z]*|Replicate[A-Za-z]+|` +
	`AbortMultipartUpload|BypassGovernanceRetention|InitiateReplication|ListMultipartUploadParts|` +
	`ObjectOwnerOverrideToBucketOwner)$`)

// judgeActionsOnResources refuses an action none of whose statement's resources it can act on: objects have a key,
// buckets have none. An action with a wildcard always finds one.
func judgeActionsOnResources(statements []policyStatement) *policyFlaw {
	for _, s := range statements {
		for _, action := range s.actions {
			if strings.ContainsAny(action, "*?") || len(s.resources) == 0 {
				continue
			}
			object := objectAction.MatchString(action)
			if !slices.ContainsFunc(s.resources, func(r string) bool { return strings.Contains(r, "/") == object }) {
				return &policyFlaw{kind: "action resource", what: action, at: s.at}
			}
		}
	}
	return nil
}

// mayPutKeyPolicy tells whether the caller can still change the policy. An allowance under a condition does not count:
// the stricter reading.
func mayPutKeyPolicy(statements []policyStatement, scope policyScope) bool {
	may := false
	for _, s := range statements {
		if !s.coversAction("kms:PutKeyPolicy") || !s.coversCaller(scope) || len(s.conditions) > 0 {
			continue
		}
		if s.effect == "Deny" {
			return false
		}
		may = true
	}
	return may
}

func (s policyStatement) coversAction(action string) bool {
	matches := func(pattern string) bool { return wildcardMatch(strings.ToLower(pattern), strings.ToLower(action)) }
	if s.notActions != nil {
		return !slices.ContainsFunc(s.notActions, matches)
	}
	return slices.ContainsFunc(s.actions, matches)
}

// coversCaller tells whether the statement's principals hold the caller, or the account that the caller belongs to.
func (s policyStatement) coversCaller(scope policyScope) bool {
	covers := func(id string) bool {
		return id == "*" || id == scope.account || id == "arn:"+scope.partition+":iam::"+scope.account+":root" ||
			(id == scope.caller && id != "")
	}
	if s.notPrincipals != nil {
		return !slices.ContainsFunc(slices.Concat(s.notPrincipals["*"], s.notPrincipals["AWS"]), covers)
	}
	return slices.ContainsFunc(slices.Concat(s.principals["*"], s.principals["AWS"]), covers)
}

// serviceMay tells whether a policy lets a service act, given the condition keys of the request. Keys that the request
// lacks fail their condition, as in AWS, unless it ends in IfExists.
func serviceMay(text, service, action string, request map[string]string) bool {
	statements, flaw := readPolicy(text)
	if flaw != nil {
		return false
	}
	may := false
	for _, s := range statements {
		named := slices.Contains(s.principals["Service"], service) || len(s.principals["*"]) > 0 ||
			slices.Contains(s.principals["AWS"], "*")
		if !named || !s.coversAction(action) || !conditionsHold(s.conditions, request) {
			continue
		}
		if s.effect == "Deny" {
			return false
		}
		may = true
	}
	return may
}

// conditionsHold evaluates the operators on strings and ARNs; another one fails its condition.
func conditionsHold(conditions map[string]map[string][]string, request map[string]string) bool {
	for operator, block := range conditions {
		plain, _, ifExists := conditionOperator(operator)
		for key, wanted := range block {
			got, exists := requestValue(request, key)
			if !exists {
				if ifExists || strings.Contains(plain, "Not") {
					continue
				}
				return false
			}
			var matches func(pattern string) bool
			switch strings.Replace(plain, "Not", "", 1) {
			case "StringEquals":
				matches = func(pattern string) bool { return pattern == got }
			case "StringEqualsIgnoreCase":
				matches = func(pattern string) bool { return strings.EqualFold(pattern, got) }
			case "StringLike", "ArnLike", "ArnEquals":
				matches = func(pattern string) bool { return wildcardMatch(pattern, got) }
			default:
				return false
			}
			if slices.ContainsFunc(wanted, matches) == strings.Contains(plain, "Not") {
				return false
			}
		}
	}
	return true
}

func requestValue(request map[string]string, key string) (string, bool) {
	for k, v := range request {
		if strings.EqualFold(k, key) {
			return v, true
		}
	}
	return "", false
}

// wildcardMatch knows "*" and "?", as policies write them.
func wildcardMatch(pattern, s string) bool {
	star, resume, i, j := -1, 0, 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, resume = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i, j = i+1, j+1
		case star >= 0:
			resume++
			i, j = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}

// narrowingKeys make a statement for everybody private when they have fixed values.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
var narrowingKeys = []string{
	"aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceAccount",
	"aws:SourceArn", "aws:SourceIp", "aws:SourceOwner", "aws:SourceVpc", "aws:SourceVpce", "aws:userid",
	"s3:DataAccessPointAccount", "s3:DataAccessPointArn", "s3:x-amz-server-side-encryption-aws-kms-key-id",
}

// publicPolicy tells whether S3 calls a bucket policy public.
func publicPolicy(text string) bool {
	statements, flaw := readPolicy(text)
	if flaw != nil {
		return false
	}
	for _, s := range statements {
		everybody := s.notPrincipals != nil || len(s.principals["*"]) > 0 || slices.Contains(s.principals["AWS"], "*")
		if s.effect == "Allow" && everybody && !narrowed(s.conditions) {
			return true
		}
	}
	return false
}

func narrowed(conditions map[string]map[string][]string) bool {
	fixed := func(value string) bool { return !strings.ContainsAny(value, "*?$") && !strings.HasSuffix(value, "/0") }
	for operator, block := range conditions {
		plain, set, ifExists := conditionOperator(operator)
		if ifExists || set == "ForAllValues:" || strings.Contains(plain, "Not") {
			continue
		}
		for key, values := range block {
			known := slices.ContainsFunc(narrowingKeys, func(k string) bool { return strings.EqualFold(k, key) })
			if known && len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !fixed(v) }) {
				return true
			}
		}
	}
	return false
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
