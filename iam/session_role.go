package iam

import (
	"errors"
	"fmt"
	"slices"

	awsiam "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// sessionRoleType is recorded in state: a change replaces the role unless the old token stays as an alias.
const sessionRoleType = "bastionless:iam:SessionRole"

// SessionRoleArgs describes the role that people assume.
type SessionRoleArgs struct {
	// Partition is the Region's partition, such as "aws". Required. Plain: ARNs are built from it.
	Partition string
	// Region is the Region of the instances, such as "eu-west-1". Required. Plain: as Partition.
	Region string
	// AccountID is the stack's account, 12 digits. Required. Plain: as Partition.
	AccountID string
	// RoleName names the role. Optional: empty, Pulumi generates a name. Plain: it decides whether a property is set.
	RoleName string
	// PermissionsBoundary is the ARN of a policy that limits the role. Optional. Plain: it decides whether a property is
	// set.
	PermissionsBoundary string
	// Principals may assume the role. Required. Plain: the trust policy is built from them.
	Principals []Principal
	// RequireMFA admits only who signed in with MFA. With it, every principal must be able to say so.
	RequireMFA bool
	// MFAMaxAgeMinutes admits, with RequireMFA, only who signed in with MFA so recently. Optional: 0, at any time.
	MFAMaxAgeMinutes int
	// Documents are the kinds of session that the role opens. Required. Plain: the policy is built from them.
	Documents []Document
	// OwnDocument is the stack's session document, which then stands for Shell in place of the account's default one.
	// Optional: nil, shells use the default document.
	OwnDocument pulumi.StringInput
	// KeyARN is the key with which sessions are encrypted. Optional: nil, they are not.
	KeyARN pulumi.StringInput
	// AnyInstance opens sessions on every instance of the account, in every Region, and not on InstanceIDs alone.
	AnyInstance bool
	// InstanceIDs are the instances on which the role opens sessions. Required.
	InstanceIDs pulumi.StringArrayInput
	// PushKey lets the role push an SSH public key for ec2-user with EC2 Instance Connect, for 60 seconds.
	PushKey bool
}

// SessionRole is a role for people. It opens sessions of the given kinds on the given instances, and resumes and ends
// those of the same caller.
type SessionRole struct {
	pulumi.ResourceState

	// ARN is the role to assume.
	ARN pulumi.StringOutput `pulumi:"arn"`
}

// NewSessionRole declares the role that args describe.
func NewSessionRole(
	ctx *pulumi.Context, name string, args *SessionRoleArgs, opts ...pulumi.ResourceOption,
) (*SessionRole, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("session role %q: %w", name, err)
	}
	r := &SessionRole{}
	if err := ctx.RegisterComponentResourceV2(sessionRoleType, name, args.inputs(), r, opts...); err != nil {
		return nil, fmt.Errorf("session role %q: %w", name, err)
	}
	if err := r.newChildren(ctx, name, args); err != nil {
		return nil, fmt.Errorf("session role %q: %w", name, err)
	}
	if err := ctx.RegisterResourceOutputs(r, pulumi.Map{"arn": r.ARN}); err != nil {
		return nil, fmt.Errorf("session role %q: %w", name, err)
	}
	return r, nil
}

func (r *SessionRole) newChildren(ctx *pulumi.Context, name string, args *SessionRoleArgs) error {
	trust, err := args.trustPolicy().JSON()
	if err != nil {
		return fmt.Errorf("trust policy: %w", err)
	}
	role, err := awsiam.NewRole(ctx, name, &awsiam.RoleArgs{
		Name:                optional(args.RoleName),
		AssumeRolePolicy:    pulumi.String(trust),
		PermissionsBoundary: optional(args.PermissionsBoundary),
	}, pulumi.Parent(r), besideTheOld)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	text := pulumi.All(args.InstanceIDs, orEmpty(args.OwnDocument), orEmpty(args.KeyARN)).ApplyT(
		func(names []any) (string, error) {
			return args.sessionPolicy(names[0].([]string), names[1].(string), names[2].(string)).JSON()
		}).(pulumi.StringOutput)
	_, err = awsiam.NewRolePolicy(ctx, name, &awsiam.RolePolicyArgs{
		Name:   pulumi.String("SSMSession_policy"),
		Role:   role.Name,
		Policy: text,
	}, pulumi.Parent(r), besideTheOld)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	r.ARN = role.Arn
	return nil
}

// orEmpty is an input, or the empty text where it is left out.
func orEmpty(input pulumi.StringInput) pulumi.StringInput {
	if input == nil {
		return pulumi.String("")
	}
	return input
}

func (a *SessionRoleArgs) inputs() pulumi.Map {
	principals := make([]string, len(a.Principals))
	for i, principal := range a.Principals {
		principals[i] = principal.String()
	}
	documents := make([]string, len(a.Documents))
	for i, document := range a.Documents {
		documents[i] = string(document)
	}
	return pulumi.Map{
		"roleName":            pulumi.String(a.RoleName),
		"permissionsBoundary": pulumi.String(a.PermissionsBoundary),
		"principals":          pulumi.ToStringArray(principals),
		"requireMfa":          pulumi.Bool(a.RequireMFA),
		"mfaMaxAgeMinutes":    pulumi.Int(a.MFAMaxAgeMinutes),
		"documents":           pulumi.ToStringArray(documents),
		"ownDocument":         pulumi.Bool(a.OwnDocument != nil),
		"encrypted":           pulumi.Bool(a.KeyARN != nil),
		"anyInstance":         pulumi.Bool(a.AnyInstance),
		"pushKey":             pulumi.Bool(a.PushKey),
	}
}

func (a *SessionRoleArgs) validate() error {
	if a == nil {
		return errors.New("missing args")
	}
	var problems []error
	missing := func(field string, is bool) {
		if is {
			problems = append(problems, errors.New("missing "+field))
		}
	}
	missing("Partition", a.Partition == "")
	missing("Region", a.Region == "")
	missing("AccountID", a.AccountID == "")
	missing("Principals: nobody could assume the role", len(a.Principals) == 0)
	missing("Documents: the role could open no session", len(a.Documents) == 0)
	missing("InstanceIDs", a.InstanceIDs == nil)
	if a.MFAMaxAgeMinutes < 0 || a.MFAMaxAgeMinutes > 0 && !a.RequireMFA {
		problems = append(problems, fmt.Errorf("MFAMaxAgeMinutes %d: give 0, or a number above it with RequireMFA", a.MFAMaxAgeMinutes))
	}
	for _, document := range a.Documents {
		if !slices.Contains(Documents, document) {
			problems = append(problems, fmt.Errorf("document %q: give any of %q", document, Documents))
		}
	}
	for _, principal := range a.Principals {
		if a.RequireMFA && !principal.CarriesMFA() {
			problems = append(problems, fmt.Errorf("RequireMFA: principal %q can never say that it signed in with MFA",
				principal))
		}
	}
	return errors.Join(problems...)
}

// MaxTrustPolicy is how many characters AWS allows a trust policy, white space aside, unless the quota was raised.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const MaxTrustPolicy = 2048

// TrustPolicySize is how many characters the role's trust policy has. It has no white space.
func (a *SessionRoleArgs) TrustPolicySize() int {
	text, _ := a.trustPolicy().JSON() // a document of texts always has one
	return len(text)
}
