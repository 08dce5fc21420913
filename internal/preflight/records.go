package preflight

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"

	"bastionless/internal/diag"
)

// lookUpLogGroup checks an existing log group for session records.
func (r *resolver) lookUpLogGroup() error {
	name := r.plan.Sessions.LogGroup
	if name == "" || r.plan.Sessions.Validate().Has("sessionLogGroup") {
		return nil
	}
	group, err := cloudwatch.LookupLogGroup(r.ctx, &cloudwatch.LookupLogGroupArgs{Name: name})
	switch {
	case err != nil && contains(err, "couldn't find resource", "empty result", "ResourceNotFoundException"):
		r.diags.Add("sessionLogGroup", diag.NotFound, "%q does not exist in account %s in %s, and the agent creates no log groups: "+
			"use an existing one, or remove sessionLogGroup to create one", name, r.plan.Env.AccountID, r.plan.Env.Region)
		return nil
	case err != nil:
		return fmt.Errorf("look up log group %s: %w", name, err)
	}
	if group.LogGroupClass != "" && group.LogGroupClass != "STANDARD" {
		r.diags.Add("sessionLogGroup", diag.Conflict, "%q has the log class %s, whose log streams cannot be read: use a log group of the "+
			"log class STANDARD", name, group.LogGroupClass)
	}
	r.plan.LogGroupEncrypted = group.KmsKeyId != ""
	return nil
}

// lookUpBucket checks an existing bucket for session records. The deployer may not be allowed to look up a bucket of
// another account.
func (r *resolver) lookUpBucket() error {
	name, region := r.plan.Sessions.Bucket, r.plan.Env.Region
	if name == "" || r.plan.Sessions.Validate().Has("sessionBucket") {
		return nil
	}
	bucket, err := s3.LookupBucket(r.ctx, &s3.LookupBucketArgs{Bucket: name})
	switch {
	case err == nil && bucket.Region == region:
	case err == nil:
		r.diags.Add("sessionBucket", diag.Conflict, "%q is in %s, but the S3 endpoint reaches only buckets in %s: use a bucket "+
			"in %s", name, bucket.Region, region, region)
	case contains(err, "couldn't find resource", "NoSuchBucket", "StatusCode: 404"):
		r.diags.Add("sessionBucket", diag.NotFound, "%q does not exist: use an existing bucket in %s, or remove sessionBucket to "+
			"create one", name, region)
	case contains(err, "StatusCode: 301", "BucketRegionError"):
		r.diags.Add("sessionBucket", diag.Conflict, "%q is in another Region, but the S3 endpoint reaches only buckets in %s: use a "+
			"bucket in %s", name, region, region)
	case contains(err, "StatusCode: 403"):
		r.plan.BucketUnchecked = true
	default:
		return fmt.Errorf("look up bucket %s: %w", name, err)
	}
	return nil
}

// contains reports whether the message of an error contains one of the substrings. Errors of lookups have no codes.
func contains(err error, substrings ...string) bool {
	for _, substring := range substrings {
		if strings.Contains(err.Error(), substring) {
			return true
		}
	}
	return false
}
