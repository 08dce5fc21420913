package iampolicy

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

func checkPrincipals(kind Kind, s statement, context Context) *violation {
	for _, principals := range []map[string][]string{s.principals, s.notPrincipals} {
		for _, principalType := range slices.Sorted(maps.Keys(principals)) {
			for _, id := range principals[principalType] {
				if !validPrincipal(kind, principalType, id, context) {
					name := principalType
					if principalType != "AWS" {
						name = strings.ToUpper(principalType)
					}
					return &violation{rule: "principal", detail: name, subject: id, at: s.at}
				}
			}
		}
	}
	return nil
}

var (
	accountPattern       = regexp.MustCompile(`^[0-9]{12}$`)
	canonicalUserPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func validPrincipal(kind Kind, principalType, id string, context Context) bool {
	if kind == GatewayEndpoint {
		return id == "*" && (principalType == "*" || principalType == "AWS")
	}
	switch principalType {
	case "*":
		return true
	case "AWS":
		return validAWSPrincipal(id, context)
	case "Service":
		return validService(id, context.Partition)
	case "CanonicalUser":
		return kind == Bucket && canonicalUserPattern.MatchString(id)
	}
	// Federated: only the public identity providers, since the simulated AWS has no resource type for an
	// account's own.
	return slices.Contains([]string{
		"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com",
	}, id)
}

func validAWSPrincipal(id string, context Context) bool {
	if id == "*" || accountPattern.MatchString(id) {
		return true
	}
	parts := strings.Split(id, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[3] != "" || !accountPattern.MatchString(parts[4]) ||
		(context.Partition != "" && parts[1] != context.Partition) || strings.ContainsAny(id, "*?") {
		return false
	}
	principalType, name, named := strings.Cut(parts[5], "/")
	switch parts[2] + ":" + principalType {
	case "iam:root":
		return !named
	case "iam:user", "iam:role":
		return name != "" && (context.PrincipalExists == nil || context.PrincipalExists(id))
	case "sts:assumed-role":
		role, session, ok := strings.Cut(name, "/")
		return ok && session != "" && (context.PrincipalExists == nil ||
			context.PrincipalExists("arn:"+parts[1]+":iam::"+parts[4]+":role/"+role))
	case "sts:federated-user":
		return name != ""
	}
	return false
}

// serviceNames are the service principals that the package knows, without their suffix.
var serviceNames = []string{
	"apigateway", "autoscaling", "backup", "billingconsole", "cloudformation", "cloudfront", "cloudtrail", "codebuild",
	"codedeploy", "codepipeline", "config", "delivery.logs", "dlm", "dynamodb", "ec2", "ecs", "ecs-tasks", "eks",
	"elasticloadbalancing", "events", "firehose", "kms", "lambda", "logdelivery.elasticloadbalancing", "logging.s3",
	"logs", "monitoring", "rds", "s3", "scheduler", "secretsmanager", "sns", "spotfleet", "sqs", "ssm", "sso", "states",
	"vpc-flow-logs",
}

var regionPattern = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)

// validService reports whether ID is a known service principal, with or without a Region. In China, EC2 and
// principals with a Region require the suffix amazonaws.com.cn, and other services accept both suffixes.
// Other partitions do not accept that suffix.
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
		regional = regionPattern.MatchString(name[i+1:])
		known = regional && slices.Contains(serviceNames, name[:i])
	}
	if partition == "aws-cn" {
		return known && (chinese || (name != "ec2" && !regional))
	}
	return known && !chinese
}
