package proof

import (
	"strings"

	"bastionless/internal/contract"
)

// s3Need is a request to S3 that an instance makes.
type s3Need struct {
	action, resource string
	// why says what makes the request.
	why  string
	port int
	// anonymous requests are not signed, so they meet no condition on a principal.
	anonymous bool
	// required is false for requests that sessions do not depend on.
	required bool
	// bucket is the name of the account's bucket, or "" for buckets of AWS in the Region of the instance.
	bucket string
	// dualStack is true if the name of the host is one for IPv4 and IPv6.
	dualStack bool
}

// s3Needs returns the requests to S3 of an instance.
func (m *model) s3Needs(i *instance) []s3Need {
	var needs []s3Need
	object := func(bucket string) string { return "arn:" + i.partition + ":s3:::" + bucket + "/" }
	for _, association := range m.associationsOf(i) {
		if association.str("name") == "AWS-UpdateSSMAgent" {
			needs = append(needs, s3Need{
				action: "s3:GetObject", resource: object("amazon-ssm-"+i.region) + "ssm-agent-manifest.json",
				why: association.String(), port: httpsPort, anonymous: true, required: true,
			})
		}
	}
	if m.downloadsAgent(i) {
		needs = append(needs, s3Need{
			action: "s3:GetObject", resource: object("amazon-ssm-"+i.region) + "latest/amazon-ssm-agent.rpm",
			why: "its user data", port: httpsPort, anonymous: true, required: true,
		})
	}
	for _, n := range m.recordingNeeds(i.location) {
		if n.service == serviceS3 {
			needs = append(needs, s3Need{
				action: n.action, resource: n.resource, why: "the agent, to " + n.why, port: httpsPort, required: true,
				bucket: bucketName(n.resource),
			})
		}
	}
	switch m.intent.os {
	case contract.AmazonLinux2023:
		needs = append(needs, s3Need{
			action: "s3:GetObject", resource: object("al2023-repos-"+i.region+"-de612dc2") + "core/mirrors/latest/x86_64/mirror.list",
			why: "the package manager", port: httpsPort, anonymous: true, dualStack: true,
		})
	case contract.AmazonLinux2:
		needs = append(needs, s3Need{
			action: "s3:GetObject", resource: object("amazonlinux-2-repos-"+i.region) + "2/core/latest/x86_64/mirror.list",
			why: "the package manager, by HTTP", port: httpPort, anonymous: true,
		})
	}
	return needs
}

// bucketName returns the bucket in the ARN of a bucket or an object.
func bucketName(arn string) string {
	name, _, _ := strings.Cut(arn[strings.LastIndex(arn, ":")+1:], "/")
	return name
}
