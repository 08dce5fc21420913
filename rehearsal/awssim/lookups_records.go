package awssim

import (
	"fmt"
	"maps"
	"slices"
)

func init() {
	maps.Copy(lookups, map[string]lookup{
		"aws:cloudwatch/getLogGroup:getLogGroup": {[]string{"name", "tags"}, nil, nil, getLogGroup},
		"aws:s3/getBucket:getBucket":             {[]string{"bucket"}, nil, nil, getBucket},
	})
}

// getLogGroup looks up a log group of the provider's account and Region.
func getLogGroup(c *call, args values) (values, error) {
	name := str(args, "name")
	answer := values{
		"id": name, "name": name, "arn": c.arn("logs", "log-group:"+name), "kmsKeyId": "", "logGroupClass": "STANDARD",
		"retentionInDays": 0.0, "creationTime": 1767225600000.0, "tags": values{},
	}
	file := c.file()
	group := c.get(logGroupToken, name)
	switch {
	case group != nil:
		answer["kmsKeyId"], answer["logGroupClass"] = str(group.State, "kmsKeyId"), str(group.State, "logGroupClass")
		answer["retentionInDays"], answer["tags"] = group.State["retentionInDays"], group.providerTags()
	case file != nil && slices.Contains(file.LogGroups, name):
		c.assume("log group %q in %s has the class STANDARD and no KMS key: they were not captured", name, c.region)
	case file != nil && file.LogGroups != nil || !c.assume("log group %q exists in %s, with the class STANDARD and without a KMS key", name, c.region):
		return nil, fmt.Errorf("reading CloudWatch Logs Log Group (%s): couldn't find resource", name)
	}
	return answer, nil
}

// getBucket looks up a bucket. Those of other accounts are assumed to exist, in the provider's Region.
func getBucket(c *call, args values) (values, error) {
	name, region := str(args, "bucket"), c.region
	switch bucket := c.get(bucketToken, name); {
	case bucket != nil:
		region = str(bucket.State, bucketRegionOutput)
	case slices.Contains(takenBuckets, name):
		return nil, c.s3Error("reading S3 Bucket ("+name+")", "HeadBucket", 403, "Forbidden", "Forbidden")
	case !c.assume("bucket %q exists in %s", name, c.region):
		return nil, fmt.Errorf("reading S3 Bucket (%s): couldn't find resource", name)
	}
	return values{
		"id": name, "bucket": name, "arn": "arn:" + c.partition + ":s3:::" + name, "region": region,
		"bucketDomainName":         name + ".s3." + c.dnsSuffix,
		"bucketRegionalDomainName": name + ".s3." + region + "." + c.dnsSuffix, "hostedZoneId": "", "websiteDomain": "", "websiteEndpoint": "",
	}, nil
}
