package awssim

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

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
