package awssim

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

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
