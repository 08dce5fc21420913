package iampolicy

import (
	"slices"
	"strings"
)

// nonPublicKeys are the condition keys that make a statement for all principals non-public if their values
// are fixed.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
var nonPublicKeys = []string{
	"aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceAccount",
	"aws:SourceArn", "aws:SourceIp", "aws:SourceOwner", "aws:SourceVpc", "aws:SourceVpce", "aws:userid",
	"s3:DataAccessPointAccount", "s3:DataAccessPointArn", "s3:x-amz-server-side-encryption-aws-kms-key-id",
}

// IsPublic reports whether S3 considers a bucket policy public.
func IsPublic(document string) bool {
	statements, found := parse(document)
	if found != nil {
		return false
	}
	for _, s := range statements {
		everyone := s.notPrincipals != nil || len(s.principals["*"]) > 0 || slices.Contains(s.principals["AWS"], "*")
		if s.effect == "Allow" && everyone && !hasFixedCondition(s.conditions) {
			return true
		}
	}
	return false
}

// hasFixedCondition reports whether a condition limits the statement to fixed values of a key in
// nonPublicKeys.
func hasFixedCondition(conditions map[string]map[string][]string) bool {
	fixed := func(value string) bool { return !strings.ContainsAny(value, "*?$") && !strings.HasSuffix(value, "/0") }
	for operator, block := range conditions {
		plain, set, ifExists := splitOperator(operator)
		if ifExists || set == "ForAllValues:" || strings.Contains(plain, "Not") {
			continue
		}
		for key, values := range block {
			known := slices.ContainsFunc(nonPublicKeys, func(k string) bool { return strings.EqualFold(k, key) })
			if known && len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !fixed(v) }) {
				return true
			}
		}
	}
	return false
}
