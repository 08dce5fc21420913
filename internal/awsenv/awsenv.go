// Package awsenv describes the account and Region that a stack is deployed to.
package awsenv

import "errors"

// Env is an AWS account and a Region, and the partition that contains both.
type Env struct {
	// Partition is the Region's partition, such as "aws" or "aws-cn".
	Partition string
	// DNSSuffix is the partition's DNS suffix, such as "amazonaws.com".
	DNSSuffix string
	// Region is the Region's code, such as "eu-west-1".
	Region string
	// AccountID is the account's 12-digit ID.
	AccountID string
}

// ARN returns the ARN of a resource in this account and Region, such as ARN("ec2", "instance/i-1").
func (e Env) ARN(service, resource string) string {
	return "arn:" + e.Partition + ":" + service + ":" + e.Region + ":" + e.AccountID + ":" + resource
}

// IAM returns the ARN of an IAM resource of an account, such as IAM("123456789012", "root"). The account of
// the policies that AWS manages is "aws".
func (e Env) IAM(accountID, resource string) string {
	return "arn:" + e.Partition + ":iam::" + accountID + ":" + resource
}

// Bucket returns the ARN of an S3 bucket.
func (e Env) Bucket(name string) string { return "arn:" + e.Partition + ":s3:::" + name }

// Validate returns an error that lists the empty fields, one on each line, or nil if there are none.
func (e Env) Validate() error {
	var errs []error
	for _, field := range []struct{ name, value string }{
		{"Partition", e.Partition}, {"DNSSuffix", e.DNSSuffix}, {"Region", e.Region}, {"AccountID", e.AccountID},
	} {
		if field.value == "" {
			errs = append(errs, errors.New("missing Env."+field.name))
		}
	}
	return errors.Join(errs...)
}
