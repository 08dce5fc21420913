package controls

// Met returns the controls that the prod stack meets.
func Met() []Row {
	const (
		defaultGroup = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
		instance     = "aws:ec2/instance:Instance"
		ingressRule  = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
		accessBlock  = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
		public       = "S3.2, S3.3, S3.8, CIS 2.1.4"
	)
	return []Row{
		{"EC2.2, CIS 5.5", "default security group without rules", defaultGroup, "ingress", `[]`, "default-sg"},
		{"EC2.2, CIS 5.5", "default security group without rules", defaultGroup, "egress", `[]`, "default-sg"},
		{"EC2.3, CIS 5.1.1", "encrypted volumes", instance, "rootBlockDevice.encrypted", `true`, "encrypted"},
		{"EC2.6, CIS 3.7", "VPC flow logs", "aws:ec2/flowLog:FlowLog", "trafficType", `"ALL"`, "flow-logs"},
		{"EC2.8, CIS 5.7", "IMDSv2", instance, "metadataOptions.httpTokens", `"required"`, "imdsv2"},
		{"EC2.9", "no public IPv4 address", instance, "associatePublicIpAddress", `false`, "isolated"},
		{"EC2.15", "subnets that assign no public address", "aws:ec2/subnet:Subnet", "mapPublicIpOnLaunch", `false`, "isolated"},
		{"EC2.17", "one network interface", instance, "networkInterfaces", Absent, ""},
		{"EC2.18, EC2.19, EC2.53, CIS 5.3", "no inbound rule for all addresses", ingressRule, "cidrIpv4", Absent, "no-inbound"},
		{"EC2.18, EC2.19, EC2.54, CIS 5.4", "no inbound rule for all addresses", ingressRule, "cidrIpv6", Absent, "no-inbound"},
		{"EC2.57", "an endpoint for Systems Manager", "aws:ec2/vpcEndpoint:VpcEndpoint", "state", `"available"`, "reach.ssm"},
		{"EC2.180", "source/destination check", instance, "sourceDestCheck", `true`, ""},
		{"CIS 1.17", "an instance role", instance, "iamInstanceProfile", Present, "agent"},
		{"SSM.1", "instances managed by Systems Manager", instance, "instanceState", `"running"`, "agent"},
		{"SSM.4", "documents that are not public", "aws:ssm/document:Document", "permissions", Absent, ""},
		{"KMS.4, CIS 3.6", "key rotation", "aws:kms/key:Key", "enableKeyRotation", `true`, "recorded"},
		{public, "blocked public access", accessBlock, "blockPublicAcls", `true`, "recorded"},
		{public, "blocked public access", accessBlock, "blockPublicPolicy", `true`, "recorded"},
		{public, "blocked public access", accessBlock, "ignorePublicAcls", `true`, "recorded"},
		{public, "blocked public access", accessBlock, "restrictPublicBuckets", `true`, "recorded"},
		{"S3.5, CIS 2.1.1", "requests with TLS only", "aws:s3/bucketPolicy:BucketPolicy", "policy", Present, "recorded"},
		{"S3.12", "no ACLs", "aws:s3/bucketOwnershipControls:BucketOwnershipControls", "rule.objectOwnership", `"BucketOwnerEnforced"`, "recorded"},
		{"S3.13", "a lifecycle", "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "rules[0].status", `"Enabled"`, "recorded"},
		{"S3.14", "versioning", "aws:s3/bucketVersioningV2:BucketVersioningV2", "versioningConfiguration.status", `"Enabled"`, "recorded"},
		{
			"S3.17", "encryption with KMS", "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
			"rules[0].applyServerSideEncryptionByDefault.sseAlgorithm", `"aws:kms"`, "recorded",
		},
		{"CloudWatch.16", "log retention for a year", "aws:cloudwatch/logGroup:LogGroup", "retentionInDays", `365`, "recorded"},
	}
}

// NotMet returns the controls that the prod stack does not meet.
func NotMet() []Exception {
	return []Exception{
		{"EC2.10", "an endpoint for the EC2 API", "nothing in the stack uses it. Add `ec2` to `interfaceEndpoints`"},
		{
			"EC2.21, CIS 5.2", "a default network ACL that does not allow ports 22 and 3389 from all addresses",
			"no address outside the VPC can reach instances without an Internet gateway. A narrower ACL blocks responses of S3, " +
				"because an ACL cannot refer to the S3 prefix list",
		},
		{
			"EC2.55, EC2.56, EC2.58, EC2.60", "endpoints for ECR, SSM Contacts and SSM Incidents",
			"nothing in the stack uses these services, and each endpoint costs as much as one for Session Manager. " +
				"Add them to `interfaceEndpoints`, or suppress the finding",
		},
		{"S3.9", "server access logging", "it requires a second bucket, and CloudTrail data events show more about access to the records"},
		{"S3.15", "object lock", "it cannot be turned off again, so the stack leaves the decision to you"},
		{"S3.20", "MFA delete", "only the root user can turn it on"},
		{"SSM.2, SSM.3", "patch and association compliance", "the stack updates only the SSM Agent. A patch baseline depends on the workload"},
		{"EC2.4", "no stopped instances", "the stack stops no instance"},
	}
}
