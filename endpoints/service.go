package endpoints

import "slices"

// Services that Session Manager uses, by code.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html
const (
	// SSM is the Systems Manager API, with which agents register.
	SSM = "ssm"
	// SSMMessages transfers the input and output of sessions.
	SSMMessages = "ssmmessages"
	// EC2Messages sends commands to agents before 3.3.40.0. Sessions do not use it.
	EC2Messages = "ec2messages"
	// Logs is CloudWatch Logs, which stores session records.
	Logs = "logs"
	// KMS decrypts the data keys of encrypted sessions.
	KMS = "kms"
	// S3 stores the agent's updates, package repositories and session records.
	S3 = "s3"
	// ECR is the API of Amazon ECR, which issues the tokens for docker login.
	ECR = "ecr.api"
	// ECRDocker is the registry of Amazon ECR. Docker downloads image layers from S3.
	ECRDocker = "ecr.dkr"
)

// agentServices are the services that the agent uses. Instances are created after their endpoints.
var agentServices = []string{SSM, SSMMessages, EC2Messages, Logs, KMS}

// otherPrefixes lists the endpoint services whose names do not begin with com.amazonaws, by partition. S3 is not listed:
// the name of its gateway endpoint begins with com.amazonaws.
// https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts
var otherPrefixes = map[string]struct {
	prefix   string
	services []string
}{
	"aws-cn": {"cn.com.amazonaws", []string{
		"account", "application-autoscaling", "appmesh-envoy-management", "athena", "autoscaling",
		"awsconnector", "backup", "batch", "cassandra", "cloudcontrolapi", "cloudformation",
		"codedeploy-commands-secure", "databrew", "dms", "ebs", "ec2", "ecr.api", "ecr.dkr", "eks",
		"elasticache", "elasticbeanstalk", "elasticfilesystem", "elasticfilesystem-fips", "emr-containers",
		"execute-api", "fsx", "imagebuilder", "iot.data", "iotsitewise.api", "iotsitewise.data",
		"kinesis-streams", "lambda", "license-manager", "monitoring", "polly", "rds", "redshift",
		"redshift-data", "sagemaker.api", "sagemaker.featurestore-runtime", "sagemaker.runtime", "securityhub",
		"servicecatalog", "sms", "sqs", "states", "sts", "sync-states", "synthetics", "transcribestreaming",
		"transfer", "workspaces", "xray",
	}},
	"aws-eusc": {"eu.amazonaws", []string{"ecr.api", "ecr.dkr", "execute-api", "securityhub"}},
}

// ServiceName returns the name of the endpoint service that has a code, such as
// "com.amazonaws.eu-west-1.ssm" for "ssm". For S3 it is the service of gateway endpoints.
func ServiceName(partition, region, code string) string {
	prefix := "com.amazonaws"
	if partition == "aws-cn" && code == "transcribe" {
		return "cn.com.amazonaws." + region + ".transcribe.cn"
	}
	if other := otherPrefixes[partition]; slices.Contains(other.services, code) {
		prefix = other.prefix
	}
	return prefix + "." + region + "." + code
}
