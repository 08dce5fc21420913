package endpoints_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/endpoints"
	"bastionless/internal/pulumitest"
)

func TestSet_rejects(t *testing.T) {
	t.Parallel()
	edited := func(edit func(*endpoints.SetArgs)) *endpoints.SetArgs {
		args := setArgs(nil)
		args.SubnetIDs, args.ReplaceWith = pulumi.StringArray{pulumi.String("subnet-1")}, make([]pulumi.Resource, 1)
		edit(args)
		return args
	}
	for name, test := range map[string]struct {
		args   *endpoints.SetArgs
		fields []string
	}{
		"no args": {nil, []string{"args"}},
		"empty args": {
			&endpoints.SetArgs{S3: &endpoints.S3Args{}},
			[]string{
				"Env.Partition", "Env.DNSSuffix", "Env.Region", "Env.AccountID", "Services", "VPCID", "SubnetGroup", "S3.RouteTableIDs", `S3.OS is ""`, `Policy is ""`,
			},
		},
		"services without subnets": {
			edited(func(a *endpoints.SetArgs) { a.SubnetIDs, a.ReplaceWith, a.SecurityGroupID = nil, nil, nil }),
			[]string{"SubnetIDs", "ReplaceWith", "SecurityGroupID"},
		},
		"a service twice": {
			edited(func(a *endpoints.SetArgs) { a.Services = []string{"ssm", "kms", "ssm"} }), []string{`Services lists "ssm" twice`},
		},
		"an unknown policy": {edited(func(a *endpoints.SetArgs) { a.Policy = "none" }), []string{`Policy is "none"`}},
		"an unknown OS":     {edited(func(a *endpoints.SetArgs) { a.S3.OS = "bsd" }), []string{`S3.OS is "bsd"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				set, err := endpoints.NewSet(ctx, "vpc-endpoints", test.args)
				require.Nil(t, set)
				return err
			})
			require.ErrorContains(t, result.Err, `endpoints "vpc-endpoints": `)
			result.RequireRejected(t, test.fields...)
		})
	}
}
