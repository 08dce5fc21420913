package iam_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/iam"
	"bastionless/internal/pulumitest"
)

// instanceRoleArgs describes an instance role in eu-west-1 that has a policy.
func instanceRoleArgs(policy iam.InstancePolicy, edits ...func(*iam.InstanceRoleArgs)) *iam.InstanceRoleArgs {
	args := &iam.InstanceRoleArgs{InstanceRoleOptions: iam.InstanceRoleOptions{Policy: policy}, Env: ireland}
	for _, edit := range edits {
		edit(args)
	}
	return args
}

func in(partition string) func(*iam.InstanceRoleArgs) {
	return func(a *iam.InstanceRoleArgs) { a.Env.Partition = partition }
}

func TestInstanceRole(t *testing.T) {
	t.Parallel()
	named := func(a *iam.InstanceRoleArgs) { a.RoleName = "Agent" }
	limited := func(a *iam.InstanceRoleArgs) { a.PermissionsBoundary = "arn:aws:iam::123456789012:policy/limits" }
	withAssociations := func(a *iam.InstanceRoleArgs) { a.Associations = true }
	withEC2Messages := func(a *iam.InstanceRoleArgs) { a.EC2Messages = true }
	for name, test := range map[string]struct {
		args     *iam.InstanceRoleArgs
		trusts   string
		policies map[string]string // the statements of inline policies, by the end of the resource's name
	}{
		"generated names": {instanceRoleArgs(iam.ManagedPolicy), "ec2.amazonaws.com", nil},
		"configured name": {instanceRoleArgs(iam.ManagedPolicy, named), "ec2.amazonaws.com", nil},
		"China":           {instanceRoleArgs(iam.ManagedPolicy, in("aws-cn")), "ec2.amazonaws.com.cn", nil},
		"GovCloud":        {instanceRoleArgs(iam.ManagedPolicy, in("aws-us-gov")), "ec2.amazonaws.com", nil},
		// The managed policy allows both.
		"managed, with associations and ec2messages": {
			instanceRoleArgs(iam.ManagedPolicy, withAssociations, withEC2Messages), "ec2.amazonaws.com", nil,
		},
		"managed, with a boundary": {instanceRoleArgs(iam.ManagedPolicy, limited), "ec2.amazonaws.com", nil},
		"minimal": {
			instanceRoleArgs(iam.MinimalPolicy), "ec2.amazonaws.com", map[string]string{"-agent": agent},
		},
		"minimal, with associations": {
			instanceRoleArgs(iam.MinimalPolicy, withAssociations),
			"ec2.amazonaws.com",
			map[string]string{"-agent": agent + "," + associations},
		},
		"minimal, with everything": {
			instanceRoleArgs(iam.MinimalPolicy, named, limited, withAssociations, withEC2Messages),
			"ec2.amazonaws.com",
			map[string]string{"-agent": agent + "," + older + "," + associations},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
				testInstanceRole(t, mode, test.args, test.trusts, test.policies)
			})
		})
	}
}

// The statements of the instance role's policies.
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

func testInstanceRole(
	t *testing.T, mode pulumitest.Mode, args *iam.InstanceRoleArgs, trusts string, policies map[string]string,
) {
	t.Helper()
	managed := args.Policy == iam.ManagedPolicy
	result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
		role, err := iam.NewInstanceRole(ctx, "agent", args)
		if err != nil {
			return err
		}
		ctx.Export("role", role.RoleName)
		ctx.Export("profile", role.ProfileName)
		require.Len(t, role.Permissions(), 3)
		return nil
	})

	// A preview does not know a name that Pulumi generates.
	roleInputs := pulumitest.Map{
		"assumeRolePolicy": document(`{"Effect":"Allow","Principal":{"Service":["` + trusts + `"]},"Action":["sts:AssumeRole"]}`),
	}
	roleName := mode.Computed("agent-name")
	profileInputs := pulumitest.Map{"role": roleName}
	if args.RoleName != "" {
		roleName = args.RoleName
		roleInputs["name"] = args.RoleName
		profileInputs = pulumitest.Map{"role": roleName, "name": roleName}
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
			"partition": args.Env.Partition, "roleName": args.RoleName, "permissionsBoundary": args.PermissionsBoundary,
			"policy": string(args.Policy), "associations": args.Associations, "ec2messages": args.EC2Messages,
		},
	}}
	if managed {
		want = append(want, child(attachmentType, "agent-core", pulumitest.Map{
			"role": roleName, "policyArn": "arn:" + args.Env.Partition + ":iam::aws:policy/AmazonSSMManagedInstanceCore",
		}))
	}
	for end, statements := range policies {
		want = append(want, child(rolePolicyType, "agent"+end, pulumitest.Map{
			"name": "SSMAgent_policy", "role": roleName, "policy": document(statements),
		}))
	}
	result.RequireResources(t, want...)
	require.Equal(t, pulumitest.Map{"role": roleName, "profile": roleName}, result.Exports)
}

// The policy for records, with each destination and with either policy of the agent.
func TestInstanceRole_records(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		records iam.Records
		want    string
	}{
		"a log group": {iam.Records{LogGroup: true}, writeLogs},
		"a bucket":    {iam.Records{Bucket: true}, writeBucket},
		"a prefix in a bucket": {
			iam.Records{Bucket: true, BucketPrefix: "sessions/acme"},
			strings.Replace(writeBucket, `/*"`, `/sessions/acme/*"`, 1),
		},
		"encryption only":        {iam.Records{Encrypted: true}, decrypt},
		"an encrypted log group": {iam.Records{LogGroup: true, Encrypted: true}, writeLogs + "," + decrypt},
		"an encrypted bucket":    {iam.Records{Bucket: true, Encrypted: true}, writeBucket + "," + decryptAndKey},
		"both":                   {iam.Records{LogGroup: true, Bucket: true}, writeLogs + "," + writeBucket},
		"both, encrypted":        {iam.Records{LogGroup: true, Bucket: true, Encrypted: true}, writeLogs + "," + writeBucket + "," + decryptAndKey},
	} {
		for policy, other := range map[iam.InstancePolicy]string{
			iam.ManagedPolicy: attachmentType + "::agent-core", iam.MinimalPolicy: rolePolicyType + "::agent-agent",
		} {
			t.Run(name+", "+string(policy), func(t *testing.T) {
				t.Parallel()
				pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
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
					require.Equal(t, other, result.Resource(t, other).Key())
				})
			})
		}
	}
}

// runRecordingRole declares a log group, a bucket and a key, and a role whose agent uses those that
// records selects.
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
		role, err := iam.NewInstanceRole(ctx, "agent", instanceRoleArgs(policy, func(a *iam.InstanceRoleArgs) { a.Records = &records }))
		if err != nil {
			return err
		}
		require.Len(t, role.Permissions(), 4)
		return nil
	})
}

func TestInstanceRole_rejects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args   *iam.InstanceRoleArgs
		fields []string
	}{
		"no args": {nil, []string{"args"}},
		"empty args": {
			&iam.InstanceRoleArgs{},
			[]string{"Env.Partition", "Env.DNSSuffix", "Env.Region", "Env.AccountID", `Policy is ""`},
		},
		"an unknown policy": {instanceRoleArgs("none"), []string{`Policy is "none"`}},
		"a malformed name": {
			instanceRoleArgs(iam.ManagedPolicy, func(a *iam.InstanceRoleArgs) { a.RoleName = "a b" }),
			[]string{"invalid options", "instanceRoleName"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				role, err := iam.NewInstanceRole(ctx, "agent", test.args)
				require.Nil(t, role)
				return err
			})
			require.ErrorContains(t, result.Err, `instance role "agent": `)
			result.RequireRejected(t, test.fields...)
		})
	}
}
