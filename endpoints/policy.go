package endpoints

import (
	"slices"

	"bastionless/internal/policy"
)

// Policy is what the endpoints allow.
type Policy string

// The values of Policy.
const (
	// Restricted allows principals of the stack's account, or of its organization if one is set, and
	// everybody to read the S3 buckets from which AWS distributes the SSM Agent and packages. The
	// endpoints for ssmmessages and ec2messages keep AWS's default policy: AWS does not document that
	// these services support another one.
	Restricted Policy = "restricted"
	// Full allows all principals and all actions, as AWS does by default.
	Full Policy = "full"
)

// Policies returns the values of Policy.
func Policies() []Policy { return []Policy{Restricted, Full} }

func fullPolicy() policy.Document {
	return policy.Document{Statements: []policy.Statement{{
		Principal: &policy.Principal{AWS: []string{"*"}},
		Actions:   []string{"*"},
		Resources: []string{"*"},
	}}}
}

// servicePolicy returns the policy of an interface endpoint, or false if the endpoint keeps AWS's default
// policy.
//
// The condition is on the principal only. A condition on the resource's account would prevent the agent
// from reading documents and parameters that belong to AWS.
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
	return policy.Conditions{"StringEquals": {"aws:PrincipalAccount": {a.Env.AccountID}}}
}

// s3Policy returns the policy of the S3 endpoint. recordsBucket is the bucket of the session records, or
// "" if there is none. The only principal that a gateway endpoint supports is "*".
func (a *SetArgs) s3Policy(recordsBucket string) policy.Document {
	if a.Policy == Full {
		return fullPolicy()
	}
	// These requests are anonymous or, during patching, signed by AWS, so a condition on the principal
	// would deny them. To find out a bucket's Region, the agent sends HeadBucket requests, which need
	// s3:ListBucket.
	document := policy.Document{Statements: []policy.Statement{{
		Sid:       "AgentAndPackages",
		Principal: policy.Anyone(),
		Actions:   []string{"s3:GetObject", "s3:ListBucket"},
		Resources: a.bucketARNs(a.awsBuckets()),
	}}}
	if slices.Contains(a.Services, ECRDocker) || slices.Contains(a.existingServices(), ECRDocker) {
		// Docker downloads layers from URLs that ECR signs.
		// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
		document.Statements = append(document.Statements, policy.Statement{
			Sid:       "ImageLayers",
			Principal: policy.Anyone(),
			Actions:   []string{"s3:GetObject"},
			Resources: []string{a.Env.Bucket("prod-"+a.Env.Region+"-starport-layer-bucket") + "/*"},
		})
	}
	if len(a.S3.PublicBuckets) > 0 {
		document.Statements = append(document.Statements, policy.Statement{
			Sid:       "PublicBuckets",
			Principal: policy.Anyone(),
			Actions:   []string{"s3:GetObject", "s3:ListBucket"},
			Resources: a.bucketARNs(a.S3.PublicBuckets),
		})
	}
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
	if recordsBucket != "" {
		document.Statements = append(document.Statements, policy.Statement{
			Sid:        "Records",
			Principal:  policy.Anyone(),
			Actions:    []string{"s3:GetEncryptionConfiguration", "s3:ListBucket", "s3:PutObject", "s3:PutObjectAcl"},
			Resources:  a.bucketARNs([]string{recordsBucket}),
			Conditions: a.ownPrincipals(),
		})
	}
	return document
}

// awsBuckets returns the buckets of AWS that the agent and the package manager read. All names are complete:
// anybody can create a bucket with an unused name, so a pattern would allow other people's buckets.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html
func (a *SetArgs) awsBuckets() []string {
	region := a.Env.Region
	buckets := append([]string{
		"amazon-ssm-" + region,
		"aws-ssm-" + region,
		"amazon-ssm-packages-" + region,
		"aws-ssm-document-attachments-" + region,
		region + "-birdwatcher-prod",
	}, patchBuckets(region)...)
	return append(buckets, a.S3.OS.RepositoryBuckets(a.Env)...)
}

func (a *SetArgs) bucketARNs(buckets []string) []string {
	var arns []string
	for _, bucket := range buckets {
		arn := a.Env.Bucket(bucket)
		arns = append(arns, arn, arn+"/*")
	}
	return arns
}
