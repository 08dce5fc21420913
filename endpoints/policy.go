package endpoints

import "bastionless/internal/policy"

// Policy says what the endpoints let through.
type Policy string

// The values of Policy.
const (
	// Restricted admits principals of the stack's account, or of its organisation where one is given, and, to S3,
	// anybody's reads of the buckets from which AWS serves its agent and its packages. It leaves ssmmessages and
	// ec2messages alone, since no public source says that they take a policy well.
	Restricted Policy = "restricted"
	// Full admits everybody to everything, as AWS does without a policy.
	Full Policy = "full"
)

// OS is the operating system whose package repositories S3 must serve.
type OS string

// The values of OS.
const (
	// AmazonLinux2023 is Amazon Linux 2023.
	AmazonLinux2023 OS = "al2023"
	// AmazonLinux2 is Amazon Linux 2.
	AmazonLinux2 OS = "al2"
)

func fullPolicy() policy.Document {
	return policy.Document{Statements: []policy.Statement{{
		Principal: &policy.Principal{AWS: []string{"*"}},
		Actions:   []string{"*"},
		Resources: []string{"*"},
	}}}
}

// servicePolicy returns what an interface endpoint admits, or false where AWS's default is to stay.
//
// The condition is on the principal alone: one on the resource's account would shut out the documents and parameters
// that AWS owns, which the agent reads.
func (a *SetArgs) servicePolicy(service string) (policy.Document, bool) {
	switch {
	case a.Policy == Full:
		return fullPolicy(), true
	case service == SSMMessages || service == EC2Messages:
		return policy.Document{}, false
	}
	return policy.Document{Statements: []policy.Statement{{
		Sid:        "OwnPrincipals",
		Principal:  &policy.Principal{AWS: []string{"*"}},
		Actions:    []string{"*"},
		Resources:  []string{"*"},
		Conditions: a.ownPrincipals(),
	}}}, true
}

func (a *SetArgs) ownPrincipals() policy.Conditions {
	if a.OrganizationID != "" {
		return policy.Conditions{"StringEquals": {"aws:PrincipalOrgID": {a.OrganizationID}}}
	}
	return policy.Conditions{"StringEquals": {"aws:PrincipalAccount": {a.AccountID}}}
}

// s3Policy returns what the S3 endpoint admits, with the bucket of the session records or "". A gateway endpoint takes
// no principal but "*".
func (a *SetArgs) s3Policy(records string) policy.Document {
	if a.Policy == Full {
		return fullPolicy()
	}
	// These reads are anonymous, or signed by AWS in patching, so a condition on the principal would refuse them. The
	// agent asks for a bucket's Region with HeadBucket, which is s3:ListBucket.
	document := policy.Document{Statements: []policy.Statement{{
		Sid:       "AgentAndPackages",
		Principal: policy.Anyone(),
		Actions:   []string{"s3:GetObject", "s3:ListBucket"},
		Resources: a.bucketARNs(a.awsBuckets()),
	}}}
	if len(a.S3.Buckets) > 0 {
		document.Statements = append(document.Statements, policy.Statement{
			Sid:       "Workload",
			Principal: policy.Anyone(),
			Actions: []string{
				"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject",
				"s3:ListBucket", "s3:ListMultipartUploadParts", "s3:PutObject",
			},
			Resources:  a.bucketARNs(a.S3.Buckets),
			Conditions: a.ownPrincipals(),
		})
	}
	if records != "" {
		document.Statements = append(document.Statements, policy.Statement{
			Sid:        "Records",
			Principal:  policy.Anyone(),
			Actions:    []string{"s3:GetEncryptionConfiguration", "s3:ListBucket", "s3:PutObject", "s3:PutObjectAcl"},
			Resources:  a.bucketARNs([]string{records}),
			Conditions: a.ownPrincipals(),
		})
	}
	return document
}

// awsBuckets are the buckets of AWS that the agent and the package manager read.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html
// https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-operations-s3-buckets.html
// https://docs.aws.amazon.com/emr/latest/ManagementGuide/private-subnet-iampolicy.html
func (a *SetArgs) awsBuckets() []string {
	buckets := []string{
		"amazon-ssm-" + a.Region,
		"aws-ssm-" + a.Region,
		"amazon-ssm-packages-" + a.Region,
		"aws-ssm-document-attachments-" + a.Region,
		// Some Regions append a suffix of their own.
		"patch-baseline-snapshot-" + a.Region + "*",
		"aws-patch-manager-" + a.Region + "-*",
		a.Region + "-birdwatcher-prod",
	}
	if a.S3.OS == AmazonLinux2 {
		return append(buckets, "amazonlinux."+a.Region+"."+a.DNSSuffix, "amazonlinux-2-repos-"+a.Region)
	}
	return append(buckets, "al2023-repos-"+a.Region+"-de612dc2", "al2023-"+a.Region)
}

func (a *SetArgs) bucketARNs(buckets []string) []string {
	var arns []string
	for _, bucket := range buckets {
		arn := "arn:" + a.Partition + ":s3:::" + bucket
		arns = append(arns, arn, arn+"/*")
	}
	return arns
}
