package catalog

import "strings"

// This file contains the facts about AWS that recorded.json.gz does not contain, each with its source.

// partitions are the partitions by name.
// https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
var partitions = map[string]Partition{
	"aws":        {Name: "aws", DNSSuffix: "amazonaws.com", ReverseDNSPrefix: "com.amazonaws"},
	"aws-cn":     {Name: "aws-cn", DNSSuffix: "amazonaws.com.cn", ReverseDNSPrefix: "cn.com.amazonaws"},
	"aws-us-gov": {Name: govCloud, DNSSuffix: "amazonaws.com", ReverseDNSPrefix: "com.amazonaws"},
}

// govCloud is the partition in which DescribeVpcEndpointServices returns only the names of services: neither
// zones nor policy support.
// https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_endpoint_service_data_source.go
const govCloud = "aws-us-gov"

// unlistedServices are the codes of interface endpoint services that no recorded list contains.
var unlistedServices = []string{
	"scheduler", // https://dev.classmethod.jp/articles/eventbridge-scheduler-privatelink-support
}

// missingServices are the Regions that do not have an interface endpoint service, by its code.
var missingServices = map[string][]string{
	// Regions launched in 2024 or later.
	// https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-setting-up-messageAPIs.html
	"ec2messages": {"ap-east-2", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "mx-central-1"},
}

// withoutPolicies are the codes of services that do not support endpoint policies. That ec2messages is among
// them is the stricter interpretation: https://github.com/aws-samples/data-perimeter-policy-examples/issues/20 says
// that a policy had an effect.
var withoutPolicies = []string{"appmesh-envoy-management", "ec2messages", "ecs-agent", "ecs-telemetry"}

// prefixListIDs are the IDs of the prefix lists of S3 and DynamoDB by Region, which DescribePrefixLists returned to
// the author of https://github.com/sharadchhetri/aws. The IDs in other Regions are made up.
var prefixListIDs = map[string]map[string]string{
	"ap-northeast-1": {"s3": "pl-61a54008", "dynamodb": "pl-78a54011"},
	"ap-northeast-2": {"s3": "pl-78a54011", "dynamodb": "pl-48a54021"},
	"ap-south-1":     {"s3": "pl-78a54011", "dynamodb": "pl-66a7420f"},
	"ap-southeast-1": {"s3": "pl-6fa54006", "dynamodb": "pl-67a5400e"},
	"ap-southeast-2": {"s3": "pl-6ca54005", "dynamodb": "pl-62a5400b"},
	"ca-central-1":   {"s3": "pl-7da54014", "dynamodb": "pl-4ea54027"},
	"eu-central-1":   {"s3": "pl-6ea54007", "dynamodb": "pl-66a5400f"},
	"eu-west-1":      {"s3": "pl-6da54004", "dynamodb": "pl-6fa54006"},
	"eu-west-2":      {"s3": "pl-7ca54015", "dynamodb": "pl-b3a742da"},
	"eu-west-3":      {"s3": "pl-23ad484a", "dynamodb": "pl-abb451c2"},
	"sa-east-1":      {"s3": "pl-6aa54003", "dynamodb": "pl-60a54009"},
	"us-east-1":      {"s3": "pl-63a5400a", "dynamodb": "pl-02cd2c6b"},
	"us-east-2":      {"s3": "pl-7ba54012", "dynamodb": "pl-4ca54025"},
	"us-west-1":      {"s3": "pl-6ba54002", "dynamodb": "pl-6ea54007"},
	"us-west-2":      {"s3": "pl-68a54001", "dynamodb": "pl-00a54069"},
}

// olderImages are images that no public parameter contains any more, by Region.
var olderImages = map[string][]Image{
	// The article in docs/article.md. Amazon Linux 2 images are deprecated two years after their release.
	"ap-northeast-1": {{ID: "ami-06098fd00463352b6", Name: "amzn2-ami-hvm-2.0.20210326.0-x86_64-gp2", Architecture: "x86_64", Deprecated: true}},
}

// describeAmazonLinux sets the properties of an image of Amazon Linux that follow from its name: its root volume
// and whether instances require IMDSv2. That minimal images, which are smaller, have a root volume of 8 GiB is the
// stricter interpretation.
// https://github.com/namecheap/ec2-github-runner/issues/44
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-new-instances.html
func describeAmazonLinux(image *Image) {
	image.RootGiB, image.RootVolumeType = 8, "standard"
	if strings.HasSuffix(image.Name, "-gp2") {
		image.RootVolumeType = "gp2"
	}
	if strings.HasPrefix(image.Name, "al2023-") {
		image.RootVolumeType, image.IMDSv2 = "gp3", true
	}
}
