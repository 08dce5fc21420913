package iampolicy

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// check returns the first rule of this kind of policy that the statements violate, or nil.
func check(kind Kind, statements []statement, version string, context Context) *violation {
	iam := kind == Identity || kind == Trust
	switch version {
	case "2012-10-17", "2008-10-17":
	case "":
		// The services with resource policies treat a missing version as 2008-10-17; EC2's default endpoint
		// policy has none. How IAM treats it in an inline policy is not documented: rejecting it is the
		// stricter interpretation.
		if iam {
			return &violation{rule: "version"}
		}
	default:
		return &violation{rule: "version"}
	}
	seen := map[string]bool{}
	for _, s := range statements {
		switch {
		case iam && strings.Trim(s.sid, alphanumeric) != "":
			return &violation{rule: "sid", at: s.at}
		case s.sid != "" && seen[s.sid]:
			return &violation{rule: "sid duplicate", at: s.at}
		}
		seen[s.sid] = true
	}
	for _, rule := range []func(Kind, statement, Context) *violation{
		checkElements, checkActions, checkResources, checkPrincipals, checkConditions,
	} {
		for _, s := range statements {
			if found := rule(kind, s, context); found != nil {
				return found
			}
		}
	}
	switch {
	case kind == Bucket:
		return checkActionsOnResources(statements)
	case kind == Key && !context.BypassLockoutCheck && !allowsPutKeyPolicy(statements, context):
		return &violation{rule: "lockout"}
	}
	return nil
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func checkElements(kind Kind, s statement, _ Context) *violation {
	prohibited := map[Kind][]string{
		Identity:        {"Principal", "NotPrincipal"},
		Trust:           {"Resource", "NotResource", "NotPrincipal", "NotAction"},
		Endpoint:        {"NotPrincipal"},
		GatewayEndpoint: {"NotPrincipal"},
	}[kind]
	for _, element := range s.present {
		if slices.Contains(prohibited, element) {
			return &violation{rule: "prohibited", detail: element, at: s.at}
		}
	}
	missing := func(element string) *violation { return &violation{rule: "missing", detail: element, at: s.at} }
	switch {
	case s.effect == "":
		return missing("Effect")
	case s.effect != "Allow" && s.effect != "Deny":
		if strings.EqualFold(s.effect, "Allow") || strings.EqualFold(s.effect, "Deny") {
			return &violation{rule: "legacy", at: s.at}
		}
		return &violation{rule: "effect", detail: s.effect, at: s.at}
	case len(s.actions)+len(s.notActions) == 0:
		return missing("Action")
	case kind != Trust && len(s.resources)+len(s.notResources) == 0:
		return missing("Resource")
	case kind != Identity && principalCount(s.principals)+principalCount(s.notPrincipals) == 0:
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
	vendorPattern = regexp.MustCompile(`^[a-zA-Z0-9.-]+$`)
	// trustActions are the actions that a trust policy may contain. Rejecting wildcards is the stricter
	// interpretation.
	trustActions = []string{
		"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity",
		"sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession",
	}
)

func checkActions(kind Kind, s statement, _ Context) *violation {
	for _, action := range slices.Concat(s.actions, s.notActions) {
		found := &violation{detail: action, at: s.at}
		vendor, name, prefixed := strings.Cut(action, ":")
		switch {
		case kind == Trust:
			if !slices.ContainsFunc(trustActions, func(a string) bool { return strings.EqualFold(a, action) }) {
				found.rule = "action"
				return found
			}
			continue
		case action == "*":
			continue
		case !prefixed || name == "":
			found.rule = "action prefix"
		case strings.Contains(name, ":"):
			found.rule = "action colons"
		case !vendorPattern.MatchString(vendor):
			found.rule, found.detail = "action vendor", vendor
		case kind == Bucket && !strings.EqualFold(vendor, "s3"):
			found.rule = "action"
		case kind == Key && !strings.EqualFold(vendor, "kms"):
			found.rule = "action"
		default:
			continue
		}
		return found
	}
	return nil
}

// partitions are AWS's partitions. A resource of another partition than the account's is rejected.
var partitions = []string{"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b"}

func checkResources(kind Kind, s statement, context Context) *violation {
	for _, resource := range slices.Concat(s.resources, s.notResources) {
		found := &violation{rule: "resource", detail: resource, at: s.at}
		parts := strings.SplitN(resource, ":", 6)
		switch {
		case kind == Bucket:
			arn := "arn:" + context.Partition + ":s3:::" + context.Bucket
			if resource != arn && !strings.HasPrefix(resource, arn+"/") {
				return found
			}
		case resource == "*":
		case parts[0] != "arn":
			return found
		case len(parts) < 6 || parts[2] == "" || parts[5] == "":
			found.rule = "legacy"
			return found
		case parts[1] != context.Partition && context.Partition != "" && slices.Contains(partitions, parts[1]):
			found.rule, found.detail, found.subject = "resource partition", parts[1], resource
			return found
		}
	}
	return nil
}

// conditionOperators are IAM's, without the prefix for sets and the suffix IfExists.
var conditionOperators = []string{
	"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "BinaryEquals", "Bool", "DateEquals", "DateGreaterThan",
	"DateGreaterThanEquals", "DateLessThan", "DateLessThanEquals", "DateNotEquals", "IpAddress", "NotIpAddress", "Null",
	"NumericEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "NumericLessThan", "NumericLessThanEquals",
	"NumericNotEquals", "StringEquals", "StringEqualsIgnoreCase", "StringLike", "StringNotEquals",
	"StringNotEqualsIgnoreCase", "StringNotLike",
}

// splitOperator removes the prefix for sets and the suffix IfExists from an operator.
func splitOperator(operator string) (plain, set string, ifExists bool) {
	plain = operator
	for _, prefix := range []string{"ForAllValues:", "ForAnyValue:"} {
		if rest, ok := strings.CutPrefix(operator, prefix); ok {
			plain, set = rest, prefix
		}
	}
	plain, ifExists = strings.CutSuffix(plain, "IfExists")
	return plain, set, ifExists
}

func checkConditions(_ Kind, s statement, _ Context) *violation {
	for _, operator := range slices.Sorted(maps.Keys(s.conditions)) {
		plain, _, ifExists := splitOperator(operator)
		if !slices.Contains(conditionOperators, plain) || (plain == "Null" && ifExists) {
			return &violation{rule: "condition", detail: operator, at: s.at}
		}
		for _, key := range slices.Sorted(maps.Keys(s.conditions[operator])) {
			if vendor, name, ok := strings.Cut(key, ":"); !ok || name == "" || !vendorPattern.MatchString(vendor) {
				return &violation{rule: "condition prefix", detail: key, at: s.at}
			}
		}
	}
	return nil
}

// objectActions matches the S3 actions on objects. All other S3 actions are on buckets.
var objectActions = regexp.MustCompile(`(?i)^s3:((Get|Put|Delete|Restore)Object[A-Za-z]*|Replicate[A-Za-z]+|` +
	`AbortMultipartUpload|BypassGovernanceRetention|InitiateReplication|ListMultipartUploadParts|` +
	`ObjectOwnerOverrideToBucketOwner)$`)

// checkActionsOnResources rejects an action that does not apply to any resource of its statement: the ARN
// of an object contains a slash, the ARN of a bucket does not. Actions with wildcards are not checked.
func checkActionsOnResources(statements []statement) *violation {
	for _, s := range statements {
		for _, action := range s.actions {
			if strings.ContainsAny(action, "*?") || len(s.resources) == 0 {
				continue
			}
			object := objectActions.MatchString(action)
			if !slices.ContainsFunc(s.resources, func(r string) bool { return strings.Contains(r, "/") == object }) {
				return &violation{rule: "action resource", detail: action, at: s.at}
			}
		}
	}
	return nil
}
