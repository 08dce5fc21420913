package iam

import (
	"errors"
	"fmt"
	"slices"

	awsiam "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/awsenv"
	"bastionless/internal/contract"
	"bastionless/internal/diag"
)

// SessionRoleOptions describe who may open sessions, which kinds of session, and on which instances.
type SessionRoleOptions struct {
	// RoleName is the name of the role. Empty: it is generated. Key: sessionRoleName.
	RoleName string
	// Principals may assume the role. Key: sessionPrincipals.
	Principals []Principal
	// RequireMFA allows only callers who signed in with MFA. Key: requireMfa.
	RequireMFA bool
	// MFAMaxAgeMinutes allows only callers who signed in with MFA at most this number of minutes ago. It
	// has no effect without RequireMFA. 0: no limit. Key: mfaMaxAgeMinutes.
	MFAMaxAgeMinutes int
	// Documents are the kinds of session that the role allows. Key: sessionDocuments.
	Documents []Document
	// Targets says on which instances the role allows sessions. Empty: TargetsStack. Key: sessionTargets.
	Targets Targets
	// TargetInstanceIDs are the instances of TargetsInstances. With TargetsTagged, they are instances that are
	// expected to have the tags; the policy does not contain them. Key: targetInstanceIds.
	TargetInstanceIDs []string
	// TargetTags are the tags that an instance of TargetsTagged must have, all of them. Key: targetTags.
	TargetTags []Tag
	// LoginUser is the operating system user that SSH logs in as. Empty: DefaultLoginUser. Key: loginUser.
	LoginUser string
}

// maxMFAAgeMinutes is the longest duration of a session that an IAM user opens with MFA.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
const maxMFAAgeMinutes = 36 * 60

// Validate returns the problems with the options.
func (o SessionRoleOptions) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	checkRoleName(&diags, "sessionRoleName", o.RoleName)
	if o.MFAMaxAgeMinutes < 0 || o.MFAMaxAgeMinutes > maxMFAAgeMinutes {
		diags.Add("mfaMaxAgeMinutes", diag.OutOfRange, "%d is out of range: use 1 to %d minutes, the longest session with "+
			"MFA, or 0 for no limit", o.MFAMaxAgeMinutes, maxMFAAgeMinutes)
	}
	o.checkTargets(&diags)
	o.checkLoginUser(&diags)
	for _, principal := range o.Principals {
		if o.RequireMFA && !principal.SupportsMFA() {
			diags.Add("sessionPrincipals", diag.Conflict, "%q is a role, and requests by roles, including those of IAM "+
				"Identity Center, never show MFA: set requireMfa to false, and require MFA where people sign in", principal)
		}
	}
	return diags
}

// OnlyUsers reports whether all principals are IAM users. In that case the trust policy requires each user
// to choose their own name as the name of the role session.
func (o SessionRoleOptions) OnlyUsers() bool {
	return !slices.ContainsFunc(o.Principals, func(p Principal) bool { return !p.IsUser() })
}

// maxTrustPolicy is the number of characters that AWS allows in a trust policy by default, without white
// space.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxTrustPolicy = 2048

// ValidateIn returns the problems with the options that depend on the account and Region.
func (o SessionRoleOptions) ValidateIn(env awsenv.Env) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, principal := range o.Principals {
		if err := principal.checkPartition(env.Partition); err != nil {
			diags.Add("sessionPrincipals", diag.Conflict, "%v", err)
		}
	}
	text, err := o.trustPolicy(env).JSON()
	if err == nil && len(text) > maxTrustPolicy {
		diags.Add("sessionPrincipals", diag.TooMany, "%d principals result in a trust policy of %d characters, but AWS "+
			"allows %d: list fewer, such as account, or a role that people share", len(o.Principals), len(text), maxTrustPolicy)
	}
	return diags
}

// SessionRoleArgs describes the session role.
type SessionRoleArgs struct {
	SessionRoleOptions
	// Env is the account and Region of the instances. Required. Plain: ARNs are built from it.
	Env awsenv.Env
	// PermissionsBoundary is the ARN of the role's permissions boundary. Optional. Plain: it decides
	// whether a property is set.
	PermissionsBoundary string
	// CustomDocument is the name of the stack's own session document, which shells use instead of the
	// account's default document. Optional: nil if there is none.
	CustomDocument pulumi.StringInput
	// KeyARN is the ARN of the KMS key that encrypts sessions. Optional: nil if there is none.
	KeyARN pulumi.StringInput
	// InstanceIDs are the instances of TargetsStack. Required for TargetsStack, and otherwise ignored.
	InstanceIDs pulumi.StringArrayInput
	// PushKey allows sending an SSH public key to an instance with EC2 Instance Connect. The key is valid
	// for the login user, for 60 seconds.
	PushKey bool
}

// SessionRole is a role that users assume to open sessions on instances, and to resume and end their own
// sessions.
type SessionRole struct {
	pulumi.ResourceState

	// ARN is the ARN of the role.
	ARN pulumi.StringOutput `pulumi:"arn"`
}

// NewSessionRole declares the session role.
func NewSessionRole(
	ctx *pulumi.Context, name string, args *SessionRoleArgs, opts ...pulumi.ResourceOption,
) (*SessionRole, error) {
	if err := args.validateArgs(); err != nil {
		return nil, fmt.Errorf("session role %q: %w", name, err)
	}
	r := &SessionRole{}
	if err := ctx.RegisterComponentResourceV2(contract.SessionRoleType, name, args.inputs(), r, opts...); err != nil {
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
	trust, err := args.trustPolicy(args.Env).JSON()
	if err != nil {
		return fmt.Errorf("trust policy: %w", err)
	}
	role, err := awsiam.NewRole(ctx, name, &awsiam.RoleArgs{
		Name:                optional(args.RoleName),
		AssumeRolePolicy:    pulumi.String(trust),
		PermissionsBoundary: optional(args.PermissionsBoundary),
	}, pulumi.Parent(r), createBeforeDelete)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	instanceIDs := args.InstanceIDs
	switch args.target() {
	case TargetsInstances:
		instanceIDs = pulumi.ToStringArray(args.TargetInstanceIDs)
	case TargetsTagged:
		instanceIDs = pulumi.StringArray{}
	case TargetsAny:
		// The policy does not contain IDs, but older states say that it depends on the instances.
		if instanceIDs == nil {
			instanceIDs = pulumi.StringArray{}
		}
	}
	text := pulumi.All(instanceIDs, orEmpty(args.CustomDocument), orEmpty(args.KeyARN)).ApplyT(
		func(names []any) (string, error) {
			return args.sessionPolicy(names[0].([]string), names[1].(string), names[2].(string)).JSON()
		}).(pulumi.StringOutput)
	_, err = awsiam.NewRolePolicy(ctx, name, &awsiam.RolePolicyArgs{
		Name:   pulumi.String("SSMSession_policy"),
		Role:   role.Name,
		Policy: text,
	}, pulumi.Parent(r), createBeforeDelete)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	r.ARN = role.Arn
	return nil
}

// orEmpty returns the empty string for an input that is nil.
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
	inputs := pulumi.Map{
		"roleName":                pulumi.String(a.RoleName),
		"permissionsBoundary":     pulumi.String(a.PermissionsBoundary),
		contract.PrincipalsInput:  pulumi.ToStringArray(principals),
		contract.RequireMFAInput:  pulumi.Bool(a.RequireMFA),
		contract.MFAMaxAgeInput:   pulumi.Int(a.MFAMaxAgeMinutes),
		contract.DocumentsInput:   pulumi.ToStringArray(documents),
		"customDocument":          pulumi.Bool(a.CustomDocument != nil),
		"encrypted":               pulumi.Bool(a.KeyARN != nil),
		contract.AnyInstanceInput: pulumi.Bool(a.target() == TargetsAny),
		contract.PushKeyInput:     pulumi.Bool(a.PushKey),
	}
	// Older states do not have these inputs.
	if target := a.target(); target == TargetsInstances || target == TargetsTagged {
		inputs[contract.SessionTargetsInput] = pulumi.String(string(target))
		inputs[contract.TargetInstanceIDsInput] = pulumi.ToStringArray(a.TargetInstanceIDs)
		inputs[contract.TargetTagsInput] = pulumi.ToStringArray(tagTexts(a.TargetTags))
	}
	if a.LoginUser != "" && a.LoginUser != DefaultLoginUser {
		inputs[contract.LoginUserInput] = pulumi.String(a.LoginUser)
	}
	return inputs
}

func (a *SessionRoleArgs) validateArgs() error {
	if a == nil {
		return errors.New("missing args")
	}
	errs := []error{a.Env.Validate(), a.Validate().Err("invalid options:")}
	missing := func(field string, is bool) {
		if is {
			errs = append(errs, errors.New("missing "+field))
		}
	}
	missing("Principals: nobody could assume the role", len(a.Principals) == 0)
	missing("Documents: the role would allow no session", len(a.Documents) == 0)
	missing("InstanceIDs", a.target() == TargetsStack && a.InstanceIDs == nil)
	missing("TargetInstanceIDs", a.target() == TargetsInstances && len(a.TargetInstanceIDs) == 0)
	missing("TargetTags: the role would allow sessions on all instances", a.target() == TargetsTagged && len(a.TargetTags) == 0)
	if !slices.Contains(AllTargets(), a.target()) {
		errs = append(errs, fmt.Errorf("field Targets is %q, not one of %q", a.Targets, AllTargets()))
	}
	for _, document := range a.Documents {
		if !slices.Contains(Documents(), document) {
			errs = append(errs, fmt.Errorf("field Documents contains %q, which is not one of %q", document, Documents()))
		}
	}
	return errors.Join(errs...)
}
