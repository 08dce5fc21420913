package network_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
	"bastionless/network"
)

const (
	existingComponent = "bastionless:network:ExistingVPC"
	stashType         = "pulumi:index:Stash"
)

func existingArgs() *network.ExistingVPCArgs {
	return &network.ExistingVPCArgs{
		VPCID: "vpc-1",
		AppSubnets: []network.ExistingSubnet{
			{ID: "subnet-c", Zone: "c", RouteTableID: "rtb-main", MainRouteTable: true, NetworkACLID: "acl-main", DefaultNetworkACL: true},
			{ID: "subnet-a", Zone: "a", RouteTableID: "rtb-a", NetworkACLID: "acl-a"},
		},
		EndpointSubnets: []network.ExistingSubnet{
			{ID: "subnet-a", Zone: "a", RouteTableID: "rtb-a", NetworkACLID: "acl-a"},
			{ID: "subnet-d", Zone: "d", RouteTableID: "rtb-a", NetworkACLID: "acl-a"},
		},
		S3RouteTableIDs: []string{"rtb-s3", "rtb-a"},
		ClientGroupIDs:  []string{"sg-1"},
		// The group of the clients is also one of the instances.
		InstanceGroupIDs: []string{"sg-2", "sg-1"},
	}
}

// read returns a resource that the existing VPC "net" reads.
func read(typ, name, id string) pulumitest.Resource {
	return pulumitest.Resource{Type: typ, Name: name, Parent: existingComponent + "::net", ReadID: id}
}

// stash returns the resource that is replaced when the subnet of a zone is exchanged.
func stash(zone, subnet string) pulumitest.Resource {
	return pulumitest.Resource{
		Type: stashType, Name: "net-endpoints-" + zone, Parent: existingComponent + "::net",
		Inputs: pulumitest.Map{"input": subnet}, Options: []string{"replacementTrigger: " + subnet},
	}
}

// Everything that exists is read, once and under a name of its own, and nothing else is declared.
func TestExistingVPC(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			v, err := network.NewExistingVPC(ctx, "net", existingArgs())
			if err != nil {
				return err
			}
			outputs, endpoints := v.Outputs(), v.EndpointSubnets()
			ctx.Export("vpcId", outputs.VPCID)
			ctx.Export("app", outputs.AppSubnetIDs)
			ctx.Export("privatelink", outputs.PrivatelinkSubnetIDs)
			ctx.Export("routeTables", outputs.RouteTableIDs)
			ctx.Export("endpointSubnets", endpoints.IDs)
			ctx.Export("s3RouteTables", v.S3RouteTableIDs())
			ctx.Export("appSubnets", pulumi.StringMap(v.AppSubnets()))
			ctx.Export("clients", pulumi.StringMap(v.ClientGroupIDs()))
			require.Equal(t, "existing", endpoints.Group)
			require.Len(t, endpoints.ReplaceWith, 2)
			require.Len(t, v.Associations(), 2)
			return nil
		})
		result.RequireResources(t,
			pulumitest.Resource{Type: existingComponent, Name: "net", Inputs: pulumitest.Map{
				"vpcId":             "vpc-1",
				"appSubnetIds":      pulumitest.Map{"a": "subnet-a", "c": "subnet-c"},
				"endpointSubnetIds": pulumitest.Map{"a": "subnet-a", "d": "subnet-d"},
				"s3RouteTableIds":   pulumitest.List{"rtb-s3", "rtb-a"}, "clientGroupIds": pulumitest.List{"sg-1"},
				"instanceGroupIds": pulumitest.List{"sg-2", "sg-1"},
			}},
			read(vpcType, "net-vpc-1", "vpc-1"),
			read(subnetType, "net-subnet-a", "subnet-a"), read(subnetType, "net-subnet-c", "subnet-c"),
			read(subnetType, "net-subnet-d", "subnet-d"),
			read(routeTableType, "net-rtb-a", "rtb-a"), read(routeTableType, "net-rtb-main", "rtb-main"),
			read(routeTableType, "net-rtb-s3", "rtb-s3"),
			read(associationType, "net-subnet-a", "subnet-a/rtb-a"), read(associationType, "net-subnet-d", "subnet-d/rtb-a"),
			read("aws:ec2/networkAcl:NetworkAcl", "net-acl-a", "acl-a"),
			read("aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", "net-acl-main", "acl-main"),
			read(groupType, "net-sg-1", "sg-1"), read(groupType, "net-sg-2", "sg-2"),
			stash("a", "subnet-a"), stash("d", "subnet-d"),
		)
		require.Equal(t, pulumitest.Map{
			"vpcId": "vpc-1", "app": pulumitest.Map{"a": "subnet-a", "c": "subnet-c"},
			"privatelink":     pulumitest.Map{"a": "subnet-a", "d": "subnet-d"},
			"routeTables":     pulumitest.Map{"subnet-a": "rtb-a", "subnet-c": "rtb-main", "subnet-d": "rtb-a"},
			"endpointSubnets": pulumitest.List{"subnet-a", "subnet-d"}, "s3RouteTables": pulumitest.List{"rtb-s3", "rtb-a"},
			"appSubnets": pulumitest.Map{"a": "subnet-a", "c": "subnet-c"}, "clients": pulumitest.Map{"sg-1": "sg-1"},
		}, result.Exports)
	})
}

// Without subnets of their own, the endpoints are in the subnets of the instances.
func TestExistingVPC_sharedSubnets(t *testing.T) {
	t.Parallel()
	args := existingArgs()
	args.EndpointSubnets = nil
	result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
		v, err := network.NewExistingVPC(ctx, "net", args)
		if err != nil {
			return err
		}
		ctx.Export("endpointSubnets", v.EndpointSubnets().IDs)
		ctx.Export("privatelink", v.PrivatelinkSubnetIDs)
		return nil
	})
	require.NoError(t, result.Err)
	require.Equal(t, pulumitest.Map{
		"endpointSubnets": pulumitest.List{"subnet-c", "subnet-a"}, "privatelink": pulumitest.Map{},
	}, result.Exports)
	require.Equal(t, pulumitest.Map{"input": "subnet-c"}, result.Resource(t, stashType+"::net-endpoints-c").Inputs)
}

func TestExistingVPC_usesTheProvider(t *testing.T) {
	t.Parallel()
	result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "other", nil)
		if err != nil {
			return err
		}
		_, err = network.NewExistingVPC(ctx, "net", existingArgs(), pulumi.Provider(provider))
		return err
	})
	result.RequireProvider(t, "pulumi:providers:aws::other")
}

func TestExistingVPC_rejects(t *testing.T) {
	t.Parallel()
	twice := existingArgs()
	twice.AppSubnets[1].Zone = "c"
	for name, test := range map[string]struct {
		args   *network.ExistingVPCArgs
		fields []string
	}{
		"no args":               {nil, []string{"args"}},
		"empty args":            {&network.ExistingVPCArgs{}, []string{"VPCID"}},
		"two subnets in a zone": {twice, []string{`AppSubnets has two subnets in zone "c"`}},
		"a subnet without a zone": {
			&network.ExistingVPCArgs{VPCID: "vpc-1", EndpointSubnets: []network.ExistingSubnet{{ID: "subnet-1"}}},
			[]string{`EndpointSubnets: subnet "subnet-1"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				_, err := network.NewExistingVPC(ctx, "net", test.args)
				return err
			})
			result.RequireRejected(t, test.fields...)
		})
	}
}
