package audit

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/policy"
)

// newBucket declares the bucket and the resources that protect it. All of them are kept: without its
// policy, encryption and versioning, the bucket would keep unprotected records.
func (s *Sessions) newBucket(ctx *pulumi.Context, name string, args *SessionsArgs) error {
	bucket, err := s3.NewBucketV2(ctx, name, &s3.BucketV2Args{}, pulumi.Parent(s), retain)
	if err != nil {
		return err
	}
	s.BucketName = bucket.Bucket
	s.targets = append(s.targets, bucket)
	options := []pulumi.ResourceOption{pulumi.Parent(s), retain}

	if err := s.newBucketPrivacy(ctx, name, bucket, options); err != nil {
		return err
	}
	encryption := s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
		SseAlgorithm: pulumi.String("AES256"),
	}
	if args.Encrypted {
		encryption.SseAlgorithm = pulumi.String("aws:kms")
		encryption.KmsMasterKeyId = s.KeyARN
	}
	encrypted, err := s3.NewBucketServerSideEncryptionConfigurationV2(ctx, name,
		&s3.BucketServerSideEncryptionConfigurationV2Args{
			Bucket: bucket.ID(),
			Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{
				s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
					ApplyServerSideEncryptionByDefault: encryption,
					BucketKeyEnabled:                   pulumi.Bool(args.Encrypted),
				},
			},
		}, options...)
	if err != nil {
		return fmt.Errorf("encryption: %w", err)
	}
	// The agent reads the bucket's encryption before it starts a session.
	s.targets = append(s.targets, encrypted)

	return s.newBucketRetention(ctx, name, bucket, args, options)
}

// newBucketRetention declares the rules that keep records, and their earlier versions, for RetentionDays.
func (s *Sessions) newBucketRetention(
	ctx *pulumi.Context, name string, bucket *s3.BucketV2, args *SessionsArgs, options []pulumi.ResourceOption,
) error {
	versions, err := s3.NewBucketVersioningV2(ctx, name, &s3.BucketVersioningV2Args{
		Bucket: bucket.ID(),
		VersioningConfiguration: s3.BucketVersioningV2VersioningConfigurationArgs{
			Status: pulumi.String("Enabled"),
		},
	}, options...)
	if err != nil {
		return fmt.Errorf("versioning: %w", err)
	}
	_, err = s3.NewBucketLifecycleConfigurationV2(ctx, name, &s3.BucketLifecycleConfigurationV2Args{
		Bucket: bucket.ID(),
		Rules: s3.BucketLifecycleConfigurationV2RuleArray{s3.BucketLifecycleConfigurationV2RuleArgs{
			Id:         pulumi.String("expire"),
			Status:     pulumi.String("Enabled"),
			Filter:     s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")},
			Expiration: s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(args.RetentionDays)},
			NoncurrentVersionExpiration: s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				// Records that somebody overwrites or deletes are kept for the same time.
				NoncurrentDays: pulumi.Int(args.RetentionDays),
			},
			AbortIncompleteMultipartUpload: s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(7),
			},
		}},
	}, append(options, pulumi.DependsOn([]pulumi.Resource{versions}))...)
	if err != nil {
		return fmt.Errorf("lifecycle: %w", err)
	}
	return nil
}

// newBucketPrivacy declares the resources that block public access and deny requests without TLS.
func (s *Sessions) newBucketPrivacy(
	ctx *pulumi.Context, name string, bucket *s3.BucketV2, options []pulumi.ResourceOption,
) error {
	private, err := s3.NewBucketPublicAccessBlock(ctx, name, &s3.BucketPublicAccessBlockArgs{
		Bucket:                bucket.ID(),
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, options...)
	if err != nil {
		return fmt.Errorf("public access block: %w", err)
	}
	// The agent sends the ACL bucket-owner-full-control with each record. A bucket with
	// BucketOwnerEnforced accepts and ignores it, so no policy may deny requests with that header.
	_, err = s3.NewBucketOwnershipControls(ctx, name, &s3.BucketOwnershipControlsArgs{
		Bucket: bucket.ID(),
		Rule:   s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, options...)
	if err != nil {
		return fmt.Errorf("ownership: %w", err)
	}
	_, err = s3.NewBucketPolicy(ctx, name, &s3.BucketPolicyArgs{
		Bucket: bucket.ID(),
		Policy: bucket.Arn.ApplyT(tlsOnly).(pulumi.StringOutput),
	}, append(options, pulumi.DependsOn([]pulumi.Resource{private}))...)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return nil
}

// tlsOnly returns a bucket policy that denies requests without TLS.
func tlsOnly(bucketARN string) (string, error) {
	return policy.Document{Statements: []policy.Statement{{
		Sid:        "TLSOnly",
		Deny:       true,
		Principal:  policy.Anyone(),
		Actions:    []string{"s3:*"},
		Resources:  []string{bucketARN, bucketARN + "/*"},
		Conditions: policy.Conditions{"Bool": {"aws:SecureTransport": {"false"}}},
	}}}.JSON()
}
