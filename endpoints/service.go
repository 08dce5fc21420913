package endpoints

import "slices"

// Services that Session Manager uses, by code.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html
const (
	// SSM serves the Systems Manager API, with which an agent registers.
	SSM = "ssm"
	// SSMMessages carries the sessions themselves.
	SSMMessages = "ssmmessages"
	// EC2Messages carries commands to agents before 3.3.40.0. Sessions never use it.
	EC2Messages = "ec2messages"
	// Logs takes session records, as CloudWatch Logs.
	Logs = "logs"
	// KMS decrypts the data keys of encrypted sessions.
	KMS = "kms"
	// S3 serves the agent's updates, package repositories and session records.
	S3 = "s3"
)

// sessionServices are the services that the agent uses. Instances are created after their endpoints.
var sessionServices = []string{SSM, SSMMessages, EC2Messages, Logs, KMS}

// otherPrefixes are the services whose endpoint service names do not begin with com.amazonaws, by partition.
// https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts
var otherPrefixes = map[string]struct {
	prefix   string
	services []string
}{
	"aws-cn": {"cn.com.amazonaws", []string{
		"autoscaling", "cloudformation", "ebs", "ec2", "ecr.api", "ecr.dkr", "execute-api", "lambda", "monitoring", "rds",
		"sqs", "states", "sts", "xray",
	}},
	"aws-eusc": {"eu.amazonaws", []string{"ecr.api", "ecr.dkr", "execute-api", "securityhub"}},
}

// ServiceName returns the name of a service's endpoint service in a Region, such as "com.amazonaws.eu-west-1.ssm" for the code
// "ssm". For S3 it is that of the gateway endpoint.
func ServiceName(partition, region, code string) string {
	prefix := "com.amazonaws"
	if other := otherPrefixes[partition]; slices.Contains(other.services, code) {
		prefix = other.prefix
	}
	return prefix + "." + region + "." + code
}
