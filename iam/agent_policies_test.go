package iam_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/iam"
	"bastionless/internal/pulumitest"
)

const agentPoliciesComponent = "bastionless:iam:AgentPolicies"

// Each role gets one policy with a generated name, with what agents and records need. The roles are not read.
func TestAgentPolicies(t *testing.T) {
	t.Parallel()
	records := &iam.Records{
		LogGroup: true, Encrypted: true, LogGroupARN: pulumi.String("arn:log").ToStringOutput(), BucketName: pulumi.String("").ToStringOutput(),
		KeyARN: pulumi.String("arn:key").ToStringOutput(),
	}
	const recordStatements = `,{"Sid":"WriteLogs","Effect":"Allow","Action":["logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],` +
		`"Resource":["arn:log:*"]},{"Sid":"FindLogs","Effect":"Allow","Action":["logs:DescribeLogGroups"],"Resource":["*"]},` +
		`{"Sid":"UseKey","Effect":"Allow","Action":["kms:Decrypt"],"Resource":["arn:key"]}`
	for name, test := range map[string]struct {
		ec2messages bool
		records     *iam.Records
		want        string
	}{
		"sessions": {false, nil, agent}, "ec2messages": {true, nil, agent + "," + older}, "records": {false, records, agent + recordStatements},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
				result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
					_, err := iam.NewAgentPolicies(ctx, "agents", &iam.AgentPoliciesArgs{
						AgentPolicyOptions: iam.AgentPolicyOptions{RoleNames: []string{"web", "db"}},
						Env:                ireland, EC2Messages: test.ec2messages, Records: test.records,
					})
					return err
				})
				of := func(role string) pulumitest.Resource {
					return pulumitest.Resource{
						Type: rolePolicyType, Name: "agents-" + role, Parent: agentPoliciesComponent + "::agents",
						Inputs: pulumitest.Map{"role": role, "policy": `{"Version":"2012-10-17","Statement":[` + test.want + `]}`},
					}
				}
				result.RequireResources(t, pulumitest.Resource{
					Type: agentPoliciesComponent, Name: "agents",
					Inputs: pulumitest.Map{"roleNames": pulumitest.List{"web", "db"}, "ec2messages": test.ec2messages},
				}, of("web"), of("db"))
			})
		})
	}
}

func TestAgentPolicies_rejects(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]*iam.AgentPoliciesArgs{
		"args": nil, "RoleNames": {Env: ireland}, "agentRoleNames": {Env: ireland, AgentPolicyOptions: iam.AgentPolicyOptions{RoleNames: []string{"a/b"}}},
	} {
		result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
			_, err := iam.NewAgentPolicies(ctx, "agents", args)
			return err
		})
		require.ErrorContains(t, result.Err, `agent policies "agents": `)
		require.ErrorContains(t, result.Err, name)
	}
}
