package compute_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/compute"
	"bastionless/internal/awsenv"
	"bastionless/internal/pulumitest"
)

const targetsComponent = "bastionless:compute:Targets"

// Everything is read, and nothing is declared.
func TestTargets(t *testing.T) {
	t.Parallel()
	setting := "arn:aws-cn:ssm:cn-north-1:123456789012:servicesetting/ssm/managed-instance/default-ec2-instance-management-role"
	read := func(typ, id string) pulumitest.Resource {
		return pulumitest.Resource{Type: typ, Name: "targets-" + id, Parent: targetsComponent + "::targets", ReadID: id}
	}
	hostManagement := read("aws:ssm/serviceSetting:ServiceSetting", setting)
	hostManagement.Name = "targets-host-management"
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			_, err := compute.NewTargets(ctx, "targets", &compute.TargetsArgs{
				Env:         awsenv.Env{Partition: "aws-cn", DNSSuffix: "amazonaws.com.cn", Region: "cn-north-1", AccountID: "123456789012"},
				InstanceIDs: []string{"i-1", "i-2"}, ProfileNames: []string{"web"}, AgentRoles: []string{"role"},
				TrustPolicies: map[string]string{"role": "{}"}, SecurityGroupIDs: []string{"sg-1"}, ReadHostManagement: true,
			})
			return err
		})
		result.RequireResources(t, pulumitest.Resource{
			Type: targetsComponent, Name: "targets", Inputs: pulumitest.Map{
				"instanceIds": pulumitest.List{"i-1", "i-2"}, "agentRoles": pulumitest.List{"role"},
				"trustPolicies": pulumitest.Map{"role": "{}"},
			},
		}, read(instanceType, "i-1"), read(instanceType, "i-2"), read("aws:iam/instanceProfile:InstanceProfile", "web"),
			read("aws:ec2/securityGroup:SecurityGroup", "sg-1"), hostManagement)
	})
}

func TestTargets_rejects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args   *compute.TargetsArgs
		fields []string
	}{
		"no args": {nil, []string{"args"}}, "empty args": {&compute.TargetsArgs{}, []string{"Partition", "InstanceIDs"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				_, err := compute.NewTargets(ctx, "targets", test.args)
				return err
			})
			require.ErrorContains(t, result.Err, `targets "targets": `)
			for _, field := range test.fields {
				require.ErrorContains(t, result.Err, field)
			}
		})
	}
}

// Instances with tags carry them and the owner's tag, but their volumes do not. The association finds them by the owner's tag.
func TestInstances_tagged(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runInstances(t, pulumitest.Setup{Mode: mode}, func(_ *pulumi.Context, args *compute.InstancesArgs) error {
			args.Tags, args.Owner, args.AgentAutoUpdate = map[string]string{"team": "db"}, "p/s/1", true
			return nil
		})
		require.NoError(t, result.Err)
		instance := result.Resource(t, instanceType+"::instances-c-1")
		require.Equal(t, pulumitest.Map{"Name": "acme-ec2-c-1", "team": "db", "bastionless:owner": "p/s/1"}, instance.Inputs["tags"])
		require.Equal(t, pulumitest.Map{"Name": "acme-ec2-c-1"}, instance.Inputs["rootBlockDevice"].(pulumitest.Map)["tags"])
		require.Equal(t, pulumitest.List{pulumitest.Map{"key": "tag:bastionless:owner", "values": pulumitest.List{"p/s/1"}}},
			result.Resource(t, associationType+"::instances-agent-update").Inputs["targets"])
	})
}
