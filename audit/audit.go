// Package audit gives sessions a document of the stack's own, which says where they are recorded, how they are
// encrypted and how long they last; and what they are recorded to. The records, and the key that opens them, outlive
// the stack.
package audit

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// sessionsType is recorded in state: a change makes new records and keeps the old ones, unless the old token stays as
// an alias.
const sessionsType = "bastionless:audit:Sessions"

// SessionsArgs describes how sessions are recorded, encrypted and limited in time.
type SessionsArgs struct {
	// Partition is the Region's partition, such as "aws". Required. Plain: ARNs are built from it.
	Partition string
	// Region is the Region of the sessions, such as "eu-west-1". Required. Plain: as Partition.
	Region string
	// DNSSuffix is the partition's, such as "amazonaws.com". Required. Plain: as Partition.
	DNSSuffix string
	// AccountID is the stack's account, 12 digits. Required. Plain: as Partition.
	AccountID string
	// NamePrefix begins the log group's name. Required. Plain: the key's policy is built from it. Another prefix makes
	// another log group and another key, and keeps the old ones.
	NamePrefix string
	// LogGroup records sessions to CloudWatch Logs while they go on. Plain: it decides whether there is a log group.
	LogGroup bool
	// Bucket records sessions to S3 when they end. Plain: it decides whether there is a bucket.
	Bucket bool
	// Encrypted makes a key, which encrypts sessions and their records. Plain: it decides whether there is a key.
	Encrypted bool
	// KeepDays is for how many days records are kept. Required with LogGroup or Bucket, and one of the retention times
	// that CloudWatch Logs knows with LogGroup.
	KeepDays int
	// IdleMinutes ends a session that is idle for so long, 1 to 60. Optional: 0 leaves AWS's default, 20.
	IdleMinutes int
	// MaxMinutes ends every session after so long, 1 to 1440. Optional: 0 sets no limit.
	MaxMinutes int
}

// Sessions is a session document and, where asked for, a log group, a bucket and a key. Destroying the stack leaves
// these three, whose names are generated, so that the next one does not collide with them.
type Sessions struct {
	pulumi.ResourceState

	// DocumentName is the session document, which people name when they start a session.
	DocumentName pulumi.StringOutput `pulumi:"documentName"`
	// LogGroupName is the log group. Empty where there is none.
	LogGroupName pulumi.StringOutput `pulumi:"logGroupName"`
	// LogGroupARN is the log group. Empty where there is none.
	LogGroupARN pulumi.StringOutput `pulumi:"logGroupArn"`
	// BucketName is the bucket. Empty where there is none.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	// KeyARN is the key. Empty where there is none.
	KeyARN pulumi.StringOutput `pulumi:"keyArn"`

	targets []pulumi.Resource
}

// kept keeps records, and what protects and opens them, when the stack or the setting goes.
var kept = pulumi.RetainOnDelete(true)

// NewSessions declares what args describe.
func NewSessions(
	ctx *pulumi.Context, name string, args *SessionsArgs, opts ...pulumi.ResourceOption,
) (*Sessions, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("audit %q: %w", name, err)
	}
	s := &Sessions{}
	if err := ctx.RegisterComponentResourceV2(sessionsType, name, args.inputs(), s, opts...); err != nil {
		return nil, fmt.Errorf("audit %q: %w", name, err)
	}
	// Not before: registering gives every output a value of its own, which waits for the component, and so for itself.
	none := pulumi.String("").ToStringOutput()
	s.LogGroupName, s.LogGroupARN, s.BucketName, s.KeyARN = none, none, none, none
	if err := s.newChildren(ctx, name, args); err != nil {
		return nil, fmt.Errorf("audit %q: %w", name, err)
	}
	if err := ctx.RegisterResourceOutputs(s, pulumi.Map{
		"documentName": s.DocumentName,
		"logGroupName": s.LogGroupName,
		"logGroupArn":  s.LogGroupARN,
		"bucketName":   s.BucketName,
		"keyArn":       s.KeyARN,
	}); err != nil {
		return nil, fmt.Errorf("audit %q: %w", name, err)
	}
	return s, nil
}

func (s *Sessions) newChildren(ctx *pulumi.Context, name string, args *SessionsArgs) error {
	if args.Encrypted {
		if err := s.newKey(ctx, name, args); err != nil {
			return fmt.Errorf("key: %w", err)
		}
	}
	if args.LogGroup {
		if err := s.newLogGroup(ctx, name, args); err != nil {
			return fmt.Errorf("log group: %w", err)
		}
	}
	if args.Bucket {
		if err := s.newBucket(ctx, name+"-records", args); err != nil {
			return fmt.Errorf("bucket: %w", err)
		}
	}
	content := pulumi.All(s.LogGroupName, s.BucketName, s.KeyARN).ApplyT(func(names []any) (string, error) {
		return args.document(names[0].(string), names[1].(string), names[2].(string))
	}).(pulumi.StringOutput)
	// Named by Pulumi. SSM-SessionManagerRunShell would be the default for every session of the account and the
	// Region, and no stack's to make or to delete.
	document, err := ssm.NewDocument(ctx, name, &ssm.DocumentArgs{
		DocumentType:   pulumi.String("Session"),
		DocumentFormat: pulumi.String("JSON"),
		Content:        content,
	}, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("document: %w", err)
	}
	s.DocumentName = document.Name
	s.targets = append(s.targets, document)
	return nil
}

func (s *Sessions) newKey(ctx *pulumi.Context, name string, args *SessionsArgs) error {
	policy, err := args.keyPolicy().JSON()
	if err != nil {
		return err
	}
	key, err := kms.NewKey(ctx, name, &kms.KeyArgs{
		Description:          pulumi.String("Sessions of " + args.NamePrefix + " and their records"),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(30),
		Policy:               pulumi.String(policy),
	}, pulumi.Parent(s), kept,
		// Its policy names log groups by the prefix. With another one it would shut the kept log group's records.
		pulumi.ReplacementTrigger(pulumi.String(args.NamePrefix)),
	)
	if err != nil {
		return err
	}
	if _, err := kms.NewAlias(ctx, name, &kms.AliasArgs{TargetKeyId: key.KeyId}, pulumi.Parent(s)); err != nil {
		return fmt.Errorf("alias: %w", err)
	}
	s.KeyARN = key.Arn
	s.targets = append(s.targets, key)
	return nil
}

func (s *Sessions) newLogGroup(ctx *pulumi.Context, name string, args *SessionsArgs) error {
	group := &cloudwatch.LogGroupArgs{
		NamePrefix:      pulumi.String(args.logGroupPrefix()),
		RetentionInDays: pulumi.Int(args.KeepDays),
	}
	if args.Encrypted {
		group.KmsKeyId = s.KeyARN
	}
	created, err := cloudwatch.NewLogGroup(ctx, name, group, pulumi.Parent(s), kept)
	if err != nil {
		return err
	}
	s.LogGroupName, s.LogGroupARN = created.Name, created.Arn
	s.targets = append(s.targets, created)
	return nil
}

// Targets returns what sessions are recorded to and encrypted with, for DependsOn of instances.
func (s *Sessions) Targets() []pulumi.Resource { return s.targets }

func (a *SessionsArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"namePrefix":  pulumi.String(a.NamePrefix),
		"logGroup":    pulumi.Bool(a.LogGroup),
		"bucket":      pulumi.Bool(a.Bucket),
		"encrypted":   pulumi.Bool(a.Encrypted),
		"keepDays":    pulumi.Int(a.KeepDays),
		"idleMinutes": pulumi.Int(a.IdleMinutes),
		"maxMinutes":  pulumi.Int(a.MaxMinutes),
	}
}

func (a *SessionsArgs) validate() error {
	if a == nil {
		return errors.New("missing args")
	}
	var problems []error
	for _, field := range []struct{ name, value string }{
		{"Partition", a.Partition},
		{"Region", a.Region},
		{"DNSSuffix", a.DNSSuffix},
		{"AccountID", a.AccountID},
		{"NamePrefix", a.NamePrefix},
	} {
		if field.value == "" {
			problems = append(problems, errors.New("missing "+field.name))
		}
	}
	if (a.LogGroup || a.Bucket) && a.KeepDays < 1 {
		problems = append(problems, fmt.Errorf("KeepDays %d: give at least 1", a.KeepDays))
	}
	if a.IdleMinutes < 0 || a.IdleMinutes > 60 {
		problems = append(problems, fmt.Errorf("IdleMinutes %d: give 0 to 60", a.IdleMinutes))
	}
	if a.MaxMinutes < 0 || a.MaxMinutes > 1440 {
		problems = append(problems, fmt.Errorf("MaxMinutes %d: give 0 to 1440", a.MaxMinutes))
	}
	return errors.Join(problems...)
}
