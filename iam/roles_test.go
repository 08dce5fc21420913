package iam_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	awsec2 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/iam"
	"bastionless/internal/pulumitest"
)

const (
	roleType       = "aws:iam/role:Role"
	attachmentType = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	profileType    = "aws:iam/instanceProfile:InstanceProfile"
	rolePolicyType = "aws:iam/rolePolicy:RolePolicy"
	groupType      = "aws:cloudwatch/logGroup:LogGroup"
	bucketType     = "aws:s3/bucketV2:BucketV2"
	keyType        = "aws:kms/key:Key"
	instanceType   = "aws:ec2/instance:Instance"

	instanceRoleComponent = "bastionless:iam:InstanceRole"
	sessionRoleComponent  = "bastionless:iam:SessionRole"
)

func TestInstanceRole(t *testing.T) {
	t.Parallel()
	const boundary = "arn:aws:iam::123456789012:policy/limits"
	for name, test := range map[string]struct {
		args     iam.InstanceRoleArgs
		trusts   string
		policies map[string]string // of the inline policies, by the end of the resource's name
	}{
		"generated names": {iam.InstanceRoleArgs{Partition: "aws", Policy: iam.ManagedPolicy}, "ec2.amazonaws.com", nil},
		"given names":     {iam.InstanceRoleArgs{Partition: "aws", Policy: iam.ManagedPolicy, RoleName: "Agent"}, "ec2.amazonaws.com", nil},
		"China":           {iam.InstanceRoleArgs{Partition: "aws-cn", Policy: iam.ManagedPolicy}, "ec2.amazonaws.com.cn", nil},
		"GovCloud":        {iam.InstanceRoleArgs{Partition: "aws-us-gov", Policy: iam.ManagedPolicy}, "ec2.amazonaws.com", nil},
		// AWS's policy holds what these two ask for.
		"managed, with associations and ec2messages": {
			iam.InstanceRoleArgs{Partition: "aws", Policy: iam.ManagedPolicy, Associations: true, EC2Messages: true},
			"ec2.amazonaws.com", nil,
		},
		"managed, with a boundary": {
			iam.InstanceRoleArgs{Partition: "aws", Policy: iam.ManagedPolicy, PermissionsBoundary: boundary}, "ec2.amazonaws.com", nil,
		},
		"minimal": {
			iam.InstanceRoleArgs{Partition: "aws", Policy: iam.MinimalPolicy},
			"ec2.amazonaws.com",
			map[string]string{"-agent": agent},
		},
		"minimal, with associations": {
			iam.InstanceRoleArgs{Partition: "aws", Policy: iam.MinimalPolicy, Associations: true},
			"ec2.amazonaws.com",
			map[string]string{"-agent": agent + "," + associations},
		},
		"minimal, with everything": {
			iam.InstanceRoleArgs{
				Partition: "aws", Policy: iam.MinimalPolicy, RoleName: "Agent", PermissionsBoundary: boundary, Associations: true,
				EC2Messages: true,
			},
			"ec2.amazonaws.com",
			map[string]string{"-agent": agent + "," + older + "," + associations},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
				testInstanceRole(t, mode, test.args, test.trusts, test.policies)
			})
		})
	}
}

// The statements of the instances' policies.
const (
	agent = `{"Sid":"Agent","Effect":"Allow","Action":["ssm:UpdateInstanceInformation","ssmmessages:CreateControlChannel",` +
		`"ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":["*"]}`
	older = `{"Sid":"OlderAgents","Effect":"Allow","Action":["ec2messages:AcknowledgeMessage","ec2messages:DeleteMessage",` +
		`"ec2messages:FailMessage","ec2messages:GetEndpoint","ec2messages:GetMessages","ec2messages:SendReply"],"Resource":["*"]}`
	associations = `{"Sid":"Associations","Effect":"Allow","Action":["ssm:DescribeAssociation","ssm:DescribeDocument",` +
		`"ssm:GetDocument","ssm:ListAssociations","ssm:ListInstanceAssociations","ssm:PutComplianceItems",` +
		`"ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus"],"Resource":["*"]}`

	writeLogs = `{"Sid":"WriteLogs","Effect":"Allow","Action":["logs:CreateLogStream","logs:DescribeLogStreams",` +
		`"logs:PutLogEvents"],"Resource":["arn:of:records:*"]},` +
		`{"Sid":"FindLogs","Effect":"Allow","Action":["logs:DescribeLogGroups"],"Resource":["*"]}`
	writeBucket = `{"Sid":"WriteBucket","Effect":"Allow","Action":["s3:PutObject","s3:PutObjectAcl"],` +
		`"Resource":["arn:aws:s3:::records-bucket/*"]},` +
		`{"Sid":"ReadEncryption","Effect":"Allow","Action":["s3:GetEncryptionConfiguration"],"Resource":["arn:aws:s3:::records-bucket"]}`
	decrypt       = `{"Sid":"UseKey","Effect":"Allow","Action":["kms:Decrypt"],"Resource":["arn:of:records"]}`
	decryptAndKey = `{"Sid":"UseKey","Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":["arn:of:records"]}`
)

func document(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

func testInstanceRole(
	t *testing.T, mode pulumitest.Mode, args iam.InstanceRoleArgs, trusts string, policies map[string]string,
) {
	t.Helper()
	managed := args.Policy == iam.ManagedPolicy
	result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
		role, err := iam.NewInstanceRole(ctx, "agent", &args)
		if err != nil {
			return err
		}
		ctx.Export("role", role.RoleName)
		ctx.Export("profile", role.ProfileName)
		require.Len(t, role.Permissions(), 3)
		return nil
	})

	// Where no name is given, what Pulumi generates is known only after.
	roleInputs := pulumitest.Map{
		"assumeRolePolicy": document(`{"Effect":"Allow","Principal":{"Service":["` + trusts + `"]},"Action":["sts:AssumeRole"]}`),
	}
	actual := mode.Computed("agent-name")
	profileInputs := pulumitest.Map{"role": actual}
	if args.RoleName != "" {
		actual = args.RoleName
		roleInputs["name"] = args.RoleName
		profileInputs = pulumitest.Map{"role": actual, "name": actual}
	}
	if args.PermissionsBoundary != "" {
		roleInputs["permissionsBoundary"] = args.PermissionsBoundary
	}
	child := func(typ, name string, inputs pulumitest.Map) pulumitest.Resource {
		return pulumitest.Resource{
			Type: typ, Name: name, Parent: instanceRoleComponent + "::agent", Inputs: inputs,
			Dependencies: []string{roleType + "::agent"}, Options: []string{"deleteBeforeReplace: false"},
		}
	}
	role := child(roleType, "agent", roleInputs)
	role.Dependencies = nil
	want := []pulumitest.Resource{role, child(profileType, "agent", profileInputs), {
		Type: instanceRoleComponent, Name: "agent", Inputs: pulumitest.Map{
			"partition": args.Partition, "roleName": args.RoleName, "permissionsBoundary": args.PermissionsBoundary,
			"policy": string(args.Policy), "associations": args.Associations, "ec2messages": args.EC2Messages,
		},
	}}
	if managed {
		want = append(want, child(attachmentType, "agent-core", pulumitest.Map{
			"role": actual, "policyArn": "arn:" + args.Partition + ":iam::aws:policy/AmazonSSMManagedInstanceCore",
		}))
	}
	for end, statements := range policies {
		want = append(want, child(rolePolicyType, "agent"+end, pulumitest.Map{
			"name": "SSMAgent_policy", "role": actual, "policy": document(statements),
		}))
	}
	result.RequireResources(t, want...)
	require.Equal(t, pulumitest.Map{"role": actual, "profile": actual}, result.Exports)
}

// What an agent may do to record, for each way to record, and with either policy for the rest.
func TestInstanceRole_records(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		records iam.Records
		want    string
	}{
		"a log group":              {iam.Records{LogGroup: true}, writeLogs},
		"a bucket":                 {iam.Records{Bucket: true}, writeBucket},
		"encryption alone":         {iam.Records{Encrypted: true}, decrypt},
		"an encrypted log group":   {iam.Records{LogGroup: true, Encrypted: true}, writeLogs + "," + decrypt},
		"an encrypted bucket":      {iam.Records{Bucket: true, Encrypted: true}, writeBucket + "," + decryptAndKey},
		"both":                     {iam.Records{LogGroup: true, Bucket: true}, writeLogs + "," + writeBucket},
		"both, and both encrypted": {iam.Records{LogGroup: true, Bucket: true, Encrypted: true}, writeLogs + "," + writeBucket + "," + decryptAndKey},
	} {
		for policy, rest := range map[iam.InstancePolicy]string{
			iam.ManagedPolicy: attachmentType + "::agent-core", iam.MinimalPolicy: rolePolicyType + "::agent-agent",
		} {
			t.Run(name+", "+string(policy), func(t *testing.T) {
				t.Parallel()
				pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
					result := runRecordingRole(t, mode, policy, test.records)
					require.NoError(t, result.Err)
					require.Equal(t, pulumitest.Resource{
						Type: rolePolicyType, Name: "agent-records", Parent: instanceRoleComponent + "::agent",
						Inputs: pulumitest.Map{
							"name": "SSMRecords_policy", "role": mode.Computed("agent-name"), "policy": mode.Computed(document(test.want)),
						},
						Dependencies:         []string{groupType + "::records", roleType + "::agent", keyType + "::records", bucketType + "::records"},
						Options:              []string{"deleteBeforeReplace: false"},
						PropertyDependencies: result.Resource(t, rolePolicyType+"::agent-records").PropertyDependencies,
					}, result.Resource(t, rolePolicyType+"::agent-records"))
					require.Equal(t, rest, result.Resource(t, rest).Key())
				})
			})
		}
	}
}

// runRecordingRole declares a log group, a bucket and a key, and a role that records as it is told.
func runRecordingRole(t *testing.T, mode pulumitest.Mode, policy iam.InstancePolicy, records iam.Records) *pulumitest.Result {
	t.Helper()
	return pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
		group, err := cloudwatch.NewLogGroup(ctx, "records", &cloudwatch.LogGroupArgs{})
		if err != nil {
			return err
		}
		bucket, err := s3.NewBucketV2(ctx, "records", &s3.BucketV2Args{})
		if err != nil {
			return err
		}
		key, err := kms.NewKey(ctx, "records", &kms.KeyArgs{})
		if err != nil {
			return err
		}
		records.LogGroupARN, records.BucketName, records.KeyARN = group.Arn, bucket.Bucket, key.Arn
		role, err := iam.NewInstanceRole(ctx, "agent", &iam.InstanceRoleArgs{Partition: "aws", Policy: policy, Records: &records})
		if err != nil {
			return err
		}
		require.Len(t, role.Permissions(), 4)
		return nil
	})
}

func principals(t *testing.T, texts ...string) []iam.Principal {
	t.Helper()
	var all []iam.Principal
	for _, text := range texts {
		principal, err := iam.ParsePrincipal("aws", text)
		require.NoError(t, err)
		all = append(all, principal)
	}
	return all
}

func sessionRoleArgs(t *testing.T) *iam.SessionRoleArgs {
	t.Helper()
	return &iam.SessionRoleArgs{
		Partition:   "aws",
		Region:      "eu-west-1",
		AccountID:   "123456789012",
		Principals:  principals(t, "arn:aws:iam::123456789012:user/ann"),
		RequireMFA:  true,
		Documents:   []iam.Document{iam.Shell},
		InstanceIDs: pulumi.StringArray{pulumi.String("i-1")},
	}
}

const (
	trustAnn = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:user/ann"]},` +
		`"Action":["sts:AssumeRole"],"Condition":{"Bool":{"aws:MultiFactorAuthPresent":["true"]},` +
		`"StringEquals":{"sts:RoleSessionName":["${aws:username}"]}}}]}`
	sessionTail = `"arn:aws:ssm:eu-west-1:123456789012:document/SSM-SessionManagerRunShell"],` +
		`"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":["true"]}}},` +
		`{"Sid":"OwnSessions","Effect":"Allow","Action":["ssm:ResumeSession","ssm:TerminateSession"],` +
		`"Resource":["arn:aws:ssm:eu-west-1:123456789012:session/*"],` +
		`"Condition":{"StringEquals":{"ssm:resourceTag/aws:ssmmessages:session-id":["${aws:userid}"]}}},` +
		`{"Sid":"DataChannel","Effect":"Allow","Action":["ssmmessages:OpenDataChannel"],"Resource":["*"]},` +
		`{"Sid":"Look","Effect":"Allow","Action":["ec2:DescribeInstances","ssm:DescribeInstanceInformation",` +
		`"ssm:DescribeInstanceProperties","ssm:DescribeSessions","ssm:GetConnectionStatus"],"Resource":["*"]}]}`
)

// A policy that names instances is not known before they are.
func TestSessionRole(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			instance, err := awsec2.NewInstance(ctx, "host", &awsec2.InstanceArgs{})
			if err != nil {
				return err
			}
			args := sessionRoleArgs(t)
			args.InstanceIDs = pulumi.StringArray{instance.ID()}
			role, err := iam.NewSessionRole(ctx, "people", args)
			if err != nil {
				return err
			}
			ctx.Export("arn", role.ARN)
			return nil
		})
		parent := sessionRoleComponent + "::people"
		result.RequireResources(t, pulumitest.Resource{Type: instanceType, Name: "host"}, pulumitest.Resource{
			Type: sessionRoleComponent, Name: "people",
			Inputs: pulumitest.Map{
				"roleName": "", "principals": pulumitest.List{"arn:aws:iam::123456789012:user/ann"}, "requireMfa": true,
				"documents": pulumitest.List{"shell"}, "anyInstance": false, "pushKey": false, "permissionsBoundary": "",
				"mfaMaxAgeMinutes": 0, "ownDocument": false, "encrypted": false,
			},
		}, pulumitest.Resource{
			Type: roleType, Name: "people", Parent: parent,
			Inputs: pulumitest.Map{"assumeRolePolicy": trustAnn}, Options: []string{"deleteBeforeReplace: false"},
		}, pulumitest.Resource{
			Type: rolePolicyType, Name: "people", Parent: parent,
			Inputs: pulumitest.Map{
				"name": "SSMSession_policy", "role": mode.Computed("people-name"),
				"policy": mode.Computed(`{"Version":"2012-10-17","Statement":[{"Sid":"StartSession","Effect":"Allow",` +
					`"Action":["ssm:StartSession"],"Resource":["arn:aws:ec2:eu-west-1:123456789012:instance/host-id",` + sessionTail),
			},
			Dependencies: []string{instanceType + "::host", roleType + "::people"}, Options: []string{"deleteBeforeReplace: false"},
		})
		require.Equal(t, pulumitest.Map{"arn": mode.Computed("arn:of:people")}, result.Exports)
	})
}

func TestSessionRole_named(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			args := sessionRoleArgs(t)
			args.RoleName, args.AnyInstance = "People", true
			_, err := iam.NewSessionRole(ctx, "people", args)
			return err
		})
		require.NoError(t, result.Err)
		require.Equal(t, pulumitest.Map{"name": "People", "assumeRolePolicy": trustAnn},
			result.Resource(t, roleType+"::people").Inputs)
		require.Equal(t, pulumitest.Map{
			"name": "SSMSession_policy", "role": "People",
			"policy": `{"Version":"2012-10-17","Statement":[{"Sid":"StartSession","Effect":"Allow",` +
				`"Action":["ssm:StartSession"],"Resource":["arn:aws:ec2:*:*:instance/*",` + sessionTail,
		}, result.Resource(t, rolePolicyType+"::people").Inputs)
	})
}

// With a document and a key of the stack's own, which are known only after, a boundary, and MFA that is recent.
func TestSessionRole_ofARecordedStack(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			own, err := ssm.NewDocument(ctx, "audit", &ssm.DocumentArgs{Content: pulumi.String("{}"), DocumentType: pulumi.String("Session")})
			if err != nil {
				return err
			}
			key, err := kms.NewKey(ctx, "audit", &kms.KeyArgs{})
			if err != nil {
				return err
			}
			args := sessionRoleArgs(t)
			args.OwnDocument, args.KeyARN = own.Name, key.Arn
			args.PermissionsBoundary, args.MFAMaxAgeMinutes = "arn:aws:iam::123456789012:policy/limits", 15
			_, err = iam.NewSessionRole(ctx, "people", args)
			return err
		})
		require.NoError(t, result.Err)
		require.Equal(t, pulumitest.Map{
			"roleName": "", "principals": pulumitest.List{"arn:aws:iam::123456789012:user/ann"}, "requireMfa": true,
			"documents": pulumitest.List{"shell"}, "anyInstance": false, "pushKey": false,
			"permissionsBoundary": "arn:aws:iam::123456789012:policy/limits", "mfaMaxAgeMinutes": 15, "ownDocument": true, "encrypted": true,
		}, result.Resource(t, sessionRoleComponent+"::people").Inputs)
		require.Equal(t, pulumitest.Map{
			"permissionsBoundary": "arn:aws:iam::123456789012:policy/limits",
			"assumeRolePolicy": strings.Replace(trustAnn, `"StringEquals"`,
				`"NumericLessThanEquals":{"aws:MultiFactorAuthAge":["900"]},"StringEquals"`, 1),
		}, result.Resource(t, roleType+"::people").Inputs)
		policy := result.Resource(t, rolePolicyType+"::people")
		require.Equal(t, []string{roleType + "::people", keyType + "::audit", "aws:ssm/document:Document::audit"}, policy.Dependencies)
		require.Equal(t, mode.Computed(`{"Version":"2012-10-17","Statement":[{"Sid":"StartSession","Effect":"Allow",`+
			`"Action":["ssm:StartSession"],"Resource":["arn:aws:ec2:eu-west-1:123456789012:instance/i-1",`+
			strings.TrimSuffix(strings.Replace(sessionTail, "SSM-SessionManagerRunShell", "audit-name", 1), "]}")+
			`,{"Sid":"Encrypt","Effect":"Allow","Action":["kms:GenerateDataKey"],"Resource":["arn:of:audit"]}]}`), policy.Inputs["policy"])
	})
}

// Both components of the package, twice each. That names differ, Run demands.
func TestRoles_coexistOnTheCallersProvider(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			provider, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{})
			if err != nil {
				return err
			}
			for _, name := range []string{"one", "two"} {
				args := &iam.InstanceRoleArgs{Partition: "aws", Policy: iam.MinimalPolicy}
				if _, err := iam.NewInstanceRole(ctx, name, args, pulumi.Provider(provider)); err != nil {
					return err
				}
				if _, err := iam.NewSessionRole(ctx, name+"-people", sessionRoleArgs(t), pulumi.Provider(provider)); err != nil {
					return err
				}
			}
			return nil
		})
		result.RequireProvider(t, "pulumi:providers:aws::other")
		require.Len(t, result.Resources, 1+2*(1+3)+2*(1+2))
	})
}

func TestInstanceRole_rejects(t *testing.T) {
	t.Parallel()
	for want, args := range map[string]*iam.InstanceRoleArgs{
		"missing args": nil,
		"missing Partition\n" + `policy "": give "managed" or "minimal"`: {RoleName: "Agent"},
		`policy "none": give "managed" or "minimal"`:                     {Partition: "aws", Policy: "none"},
	} {
		result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
			_, err := iam.NewInstanceRole(ctx, "agent", args)
			return err
		})
		require.EqualError(t, result.Err, `instance role "agent": `+want)
		require.Empty(t, result.Resources)
	}
}

func TestSessionRole_rejects(t *testing.T) {
	t.Parallel()
	wrong := sessionRoleArgs(t)
	wrong.Documents = []iam.Document{iam.Shell, "telnet"}
	wrong.Principals = principals(t, "sso:Admin", "account", "arn:aws:iam::123456789012:role/ops")
	undemanded, negative := sessionRoleArgs(t), sessionRoleArgs(t)
	undemanded.RequireMFA, undemanded.MFAMaxAgeMinutes = false, 15
	negative.MFAMaxAgeMinutes = -1
	const age = ": give 0, or a number above it with RequireMFA"
	for name, test := range map[string]struct {
		args *iam.SessionRoleArgs
		want string
	}{
		"recent MFA, and none demanded": {undemanded, "MFAMaxAgeMinutes 15" + age},
		"MFA of the future":             {negative, "MFAMaxAgeMinutes -1" + age},
		"no args":                       {nil, "missing args"},
		"empty args": {
			&iam.SessionRoleArgs{},
			"missing Partition\nmissing Region\nmissing AccountID\nmissing Principals: nobody could assume the role\n" +
				"missing Documents: the role could open no session\nmissing InstanceIDs",
		},
		"an unknown document, and MFA where it cannot be": {
			wrong,
			`document "telnet": give any of ["shell" "ssh" "port-forwarding" "remote-port-forwarding"]` + "\n" +
				`RequireMFA: principal "sso:Admin" can never say that it signed in with MFA` + "\n" +
				`RequireMFA: principal "arn:aws:iam::123456789012:role/ops" can never say that it signed in with MFA`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				role, err := iam.NewSessionRole(ctx, "people", test.args)
				require.Nil(t, role)
				return err
			})
			require.EqualError(t, result.Err, `session role "people": `+test.want)
			require.Empty(t, result.Resources)
		})
	}
}
