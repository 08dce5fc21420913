package awssim

import (
	"slices"
	"strings"
)

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
