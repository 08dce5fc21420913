// Package audit provides a session document, which says where sessions are recorded, how they are
// encrypted and how long they last, and the log group, the bucket and the key for the records. These three
// are kept when the stack is destroyed. An existing log group and bucket can be used instead.
package audit

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/awsenv"
	"bastionless/internal/contract"
)

// SessionsArgs describes how sessions are recorded, encrypted and limited in time.
type SessionsArgs struct {
	Options
	// Env is the account and Region of the sessions. Required. Plain: ARNs are built from it.
	Env awsenv.Env
	// NamePrefix is the prefix of the log group's name. Required. Plain: the key's policy is built from
	// it. A change creates another log group and another key, and keeps the old ones.
	NamePrefix string
	// LogGroupEncrypted says whether the existing log group in Options is encrypted with a KMS key. Plain.
	LogGroupEncrypted bool
}

// Sessions is a session document and, if enabled, a log group, a bucket and a KMS key. These three are
// kept when the stack is destroyed. Their names are generated, so that the names of the next deployment do
// not collide with theirs.
type Sessions struct {
	pulumi.ResourceState

	// DocumentName is the name of the session document, which users specify when they start a session.
	DocumentName pulumi.StringOutput `pulumi:"documentName"`
	// LogGroupName is the name of the log group. Empty if there is none.
	LogGroupName pulumi.StringOutput `pulumi:"logGroupName"`
	// LogGroupARN is the ARN of the log group. Empty if there is none.
	LogGroupARN pulumi.StringOutput `pulumi:"logGroupArn"`
	// BucketName is the name of the bucket. Empty if there is none.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	// KeyARN is the ARN of the key. Empty if there is none.
	KeyARN pulumi.StringOutput `pulumi:"keyArn"`

	targets []pulumi.Resource
}

// retain keeps the records, and the resources that protect and decrypt them, when the stack is destroyed
// or recording is turned off.
var retain = pulumi.RetainOnDelete(true)

// NewSessions declares a session document, and the log group, the bucket and the key for the records.
func NewSessions(
	ctx *pulumi.Context, name string, args *SessionsArgs, opts ...pulumi.ResourceOption,
) (*Sessions, error) {
	if err := args.validateArgs(); err != nil {
		return nil, fmt.Errorf("audit %q: %w", name, err)
	}
	s := &Sessions{}
	if err := ctx.RegisterComponentResourceV2(contract.SessionsType, name, args.inputs(), s, opts...); err != nil {
		return nil, fmt.Errorf("audit %q: %w", name, err)
	}
	// Set these after the registration: it overwrites them with outputs that wait until the component is
	// complete, and the component would wait for them.
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
	switch {
	case !args.LogsTo(CloudWatchLogs):
	case args.LogGroup != "":
		s.LogGroupName = pulumi.String(args.LogGroup).ToStringOutput()
		s.LogGroupARN = pulumi.String(args.Env.ARN("logs", "log-group:"+args.LogGroup)).ToStringOutput()
	default:
		if err := s.newLogGroup(ctx, name, args); err != nil {
			return fmt.Errorf("log group: %w", err)
		}
	}
	switch {
	case !args.LogsTo(S3):
	case args.Bucket != "":
		s.BucketName = pulumi.String(args.Bucket).ToStringOutput()
	default:
		if err := s.newBucket(ctx, name+"-records", args); err != nil {
			return fmt.Errorf("bucket: %w", err)
		}
	}
	content := pulumi.All(s.LogGroupName, s.BucketName, s.KeyARN).ApplyT(func(names []any) (string, error) {
		return args.document(names[0].(string), names[1].(string), names[2].(string))
	}).(pulumi.StringOutput)
	// The name is generated. A document named SSM-SessionManagerRunShell would be the default for all
	// sessions of the account and Region, which do not belong to one stack.
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
	}, pulumi.Parent(s), retain,
		// The policy names log groups by their prefix. If it changed to another prefix, CloudWatch Logs
		// could not decrypt the old log group.
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
		RetentionInDays: pulumi.Int(args.RetentionDays),
	}
	if args.Encrypted {
		group.KmsKeyId = s.KeyARN
	}
	created, err := cloudwatch.NewLogGroup(ctx, name, group, pulumi.Parent(s), retain)
	if err != nil {
		return err
	}
	s.LogGroupName, s.LogGroupARN = created.Name, created.Arn
	s.targets = append(s.targets, created)
	return nil
}

// Targets returns those of the key, the log group, the bucket with its encryption and the document that the
// component declares, for DependsOn of instances.
func (s *Sessions) Targets() []pulumi.Resource { return s.targets }

func (a *SessionsArgs) inputs() pulumi.Map {
	inputs := pulumi.Map{
		"namePrefix":           pulumi.String(a.NamePrefix),
		contract.LogGroupInput: pulumi.Bool(a.LogsTo(CloudWatchLogs)),
		contract.BucketInput:   pulumi.Bool(a.LogsTo(S3)),
		"encrypted":            pulumi.Bool(a.Encrypted),
		"keepDays":             pulumi.Int(a.RetentionDays),
		"idleMinutes":          pulumi.Int(a.IdleMinutes),
		"maxMinutes":           pulumi.Int(a.MaxMinutes),
	}
	if a.LogGroup != "" {
		inputs[contract.ExistingLogGroupInput] = pulumi.String(a.LogGroup)
	}
	if a.Bucket != "" {
		inputs[contract.ExistingBucketInput] = pulumi.String(a.Bucket)
	}
	return inputs
}

func (a *SessionsArgs) validateArgs() error {
	if a == nil {
		return errors.New("missing args")
	}
	errs := []error{a.Env.Validate(), a.Validate().Err("invalid options:")}
	if a.NamePrefix == "" {
		errs = append(errs, errors.New("missing NamePrefix"))
	}
	for _, destination := range a.Logs {
		if !slices.Contains(Destinations(), destination) {
			errs = append(errs, fmt.Errorf("field Logs contains %q, which is not one of %q", destination, Destinations()))
		}
	}
	return errors.Join(errs...)
}
