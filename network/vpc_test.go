package network_test

import (
	"net/netip"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
	"bastionless/network"
)

func block(text string) netip.Prefix { return netip.MustParsePrefix(text) }

func vpcArgs() *network.VPCArgs {
	return &network.VPCArgs{
		NamePrefix: "acme",
		CIDRBlock:  block("10.0.0.0/16"),
		Zones: []network.Zone{
			{Letter: "c", Name: "eu-west-1c", App: block("10.0.13.0/24"), Privatelink: block("10.0.3.0/24")},
			{Letter: "a", Name: "eu-west-1a", App: block("10.0.11.0/24"), Privatelink: block("10.0.1.0/24")},
		},
	}
}

const (
	vpcType         = "aws:ec2/vpc:Vpc"
	subnetType      = "aws:ec2/subnet:Subnet"
	routeTableType  = "aws:ec2/routeTable:RouteTable"
	associationType = "aws:ec2/routeTableAssociation:RouteTableAssociation"
	vpcComponent    = "bastionless:network:VPC"
)

// wantVPC returns the component with this name, its VPC and the VPC's default security group.
func wantVPC(mode pulumitest.Mode, name string, inputs pulumitest.Map) []pulumitest.Resource {
	return []pulumitest.Resource{{
		Type: vpcComponent, Name: name, Inputs: inputs,
	}, {
		Type: vpcType, Name: name, Parent: vpcComponent + "::" + name,
		Inputs: pulumitest.Map{
			"cidrBlock": "10.0.0.0/16", "instanceTenancy": "default", "enableDnsSupport": true, "enableDnsHostnames": true,
			"tags": pulumitest.Map{"Name": "acme-vpc"},
		},
	}, {
		Type: "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", Name: name + "-default-sg", Parent: vpcComponent + "::" + name,
		Inputs: pulumitest.Map{
			"vpcId": mode.ID(name), "ingress": pulumitest.List{}, "egress": pulumitest.List{},
		},
		Dependencies: []string{vpcType + "::" + name},
	}}
}

// wantSubnetGroup returns the route table of a subnet group, and a subnet with its association for each zone
// letter.
func wantSubnetGroup(mode pulumitest.Mode, name, group string, blocks map[string]string) []pulumitest.Resource {
	parent, vpc, table := vpcComponent+"::"+name, vpcType+"::"+name, name+"-"+group
	want := []pulumitest.Resource{{
		Type: routeTableType, Name: table, Parent: parent,
		Inputs:       pulumitest.Map{"vpcId": mode.ID(name), "tags": pulumitest.Map{"Name": "acme-" + group + "-rtb"}},
		Dependencies: []string{vpc},
	}}
	for letter, cidr := range blocks {
		subnet := table + "-" + letter
		want = append(want, pulumitest.Resource{
			Type: subnetType, Name: subnet, Parent: parent,
			Inputs: pulumitest.Map{
				"vpcId": mode.ID(name), "cidrBlock": cidr, "availabilityZone": "eu-west-1" + letter,
				"mapPublicIpOnLaunch": false, "tags": pulumitest.Map{"Name": "acme-" + group + "-subnet-" + letter},
			},
			Dependencies: []string{vpc},
			Options:      []string{"deleteBeforeReplace: true"},
		}, pulumitest.Resource{
			Type: associationType, Name: subnet, Parent: parent,
			Inputs:       pulumitest.Map{"routeTableId": mode.ID(table), "subnetId": mode.ID(subnet)},
			Dependencies: []string{routeTableType + "::" + table, subnetType + "::" + subnet},
		})
	}
	return want
}

func TestVPC(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			v, err := network.NewVPC(ctx, "net", vpcArgs())
			if err != nil {
				return err
			}
			ctx.Export("vpcId", v.VPCID)
			ctx.Export("app", v.AppSubnetIDs)
			ctx.Export("privatelink", v.PrivatelinkSubnetIDs)
			ctx.Export("routeTables", v.RouteTableIDs)
			require.Len(t, v.S3RouteTableIDs(), 1)
			ctx.Export("appRouteTable", v.S3RouteTableIDs()[0])
			subnets := v.EndpointSubnets()
			ctx.Export("endpointSubnets", subnets.IDs)
			ctx.Export("endpointSubnetGroup", pulumi.String(subnets.Group))
			ctx.Export("appSubnets", pulumi.StringMap{"a": v.AppSubnets()["a"], "c": v.AppSubnets()["c"]})
			require.Len(t, subnets.IDs, 2)
			require.Len(t, subnets.ReplaceWith, 2)
			require.Empty(t, v.ClientGroupIDs())
			require.Len(t, v.AppSubnets(), 2)
			require.Len(t, v.Associations(), 4)
			return nil
		})

		want := wantVPC(mode, "net", pulumitest.Map{
			"namePrefix": "acme", "cidrBlock": "10.0.0.0/16",
			"zones": pulumitest.Map{
				"eu-west-1a": pulumitest.Map{"app": "10.0.11.0/24", "privatelink": "10.0.1.0/24"},
				"eu-west-1c": pulumitest.Map{"app": "10.0.13.0/24", "privatelink": "10.0.3.0/24"},
			},
		})
		want = append(want, wantSubnetGroup(mode, "net", "app", map[string]string{"a": "10.0.11.0/24", "c": "10.0.13.0/24"})...)
		want = append(want, wantSubnetGroup(mode, "net", "privatelink", map[string]string{"a": "10.0.1.0/24", "c": "10.0.3.0/24"})...)
		result.RequireResources(t, want...)
		ids := func(a, c string) any { return mode.Computed(pulumitest.Map{"a": a, "c": c}) }
		require.Equal(t, pulumitest.Map{
			"vpcId":       mode.ID("net"),
			"app":         ids("net-app-a-id", "net-app-c-id"),
			"privatelink": ids("net-privatelink-a-id", "net-privatelink-c-id"),
			"routeTables": mode.Computed(pulumitest.Map{
				"app": "net-app-id", "privatelink": "net-privatelink-id",
			}),
			"appRouteTable":       mode.ID("net-app"),
			"endpointSubnets":     pulumitest.List{mode.ID("net-privatelink-c"), mode.ID("net-privatelink-a")},
			"endpointSubnetGroup": "privatelink",
			"appSubnets":          pulumitest.Map{"a": mode.ID("net-app-a"), "c": mode.ID("net-app-c")},
		}, result.Exports)
	})
}

func TestVPC_sharesSubnets(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			v, err := network.NewVPC(ctx, "net", &network.VPCArgs{
				NamePrefix: "acme",
				CIDRBlock:  block("10.0.0.0/16"),
				Zones:      []network.Zone{{Letter: "a", Name: "eu-west-1a", App: block("10.0.11.0/24")}},
			})
			if err != nil {
				return err
			}
			ctx.Export("privatelink", v.PrivatelinkSubnetIDs)
			ctx.Export("routeTables", v.RouteTableIDs)
			subnets := v.EndpointSubnets()
			require.Len(t, subnets.IDs, 1)
			ctx.Export("endpointSubnet", subnets.IDs[0])
			ctx.Export("endpointSubnetGroup", pulumi.String(subnets.Group))
			require.Len(t, v.Associations(), 1)
			return nil
		})

		want := wantVPC(mode, "net", pulumitest.Map{
			"namePrefix": "acme", "cidrBlock": "10.0.0.0/16",
			"zones": pulumitest.Map{"eu-west-1a": pulumitest.Map{"app": "10.0.11.0/24"}},
		})
		want = append(want, wantSubnetGroup(mode, "net", "app", map[string]string{"a": "10.0.11.0/24"})...)
		result.RequireResources(t, want...)
		require.Equal(t, pulumitest.Map{
			"privatelink":         pulumitest.Map{},
			"routeTables":         mode.Computed(pulumitest.Map{"app": "net-app-id"}),
			"endpointSubnet":      mode.ID("net-app-a"),
			"endpointSubnetGroup": "app",
		}, result.Exports)
	})
}

// Two VPCs and two pairs of groups, with a provider that the caller passes. Run fails the test if two resources
// have the same name.
func TestComponents_coexistOnTheCallersProvider(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			provider, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{})
			if err != nil {
				return err
			}
			for _, name := range []string{"one", "two"} {
				v, err := network.NewVPC(ctx, name, vpcArgs(), pulumi.Provider(provider))
				if err != nil {
					return err
				}
				args := groupArgs()
				args.VPCID = v.VPCID
				if _, err := network.NewSecurityGroups(ctx, name+"-groups", args, pulumi.Provider(provider)); err != nil {
					return err
				}
			}
			return nil
		})
		result.RequireProvider(t, "pulumi:providers:aws::other")
		require.Len(t, result.Resources, 1+2*(1+12)+2*(1+2+7))
	})
}

func TestVPC_rejects(t *testing.T) {
	t.Parallel()
	change := func(edit func(*network.VPCArgs)) *network.VPCArgs {
		args := vpcArgs()
		edit(args)
		return args
	}
	for name, test := range map[string]struct {
		args   *network.VPCArgs
		fields []string
	}{
		"no args":    {nil, []string{"args"}},
		"empty args": {&network.VPCArgs{}, []string{"NamePrefix", "CIDRBlock", "Zones"}},
		"a zone without a letter": {
			change(func(a *network.VPCArgs) { a.Zones[0].Letter = "" }), []string{`zone "" with name "eu-west-1c"`},
		},
		"a zone without a name": {
			change(func(a *network.VPCArgs) { a.Zones[0].Name = "" }), []string{`zone "c" with name ""`},
		},
		"a zone twice": {
			change(func(a *network.VPCArgs) { a.Zones[1].Letter = "c" }), []string{`zone "c" is listed twice`},
		},
		"a zone without an app subnet": {
			change(func(a *network.VPCArgs) { a.Zones[1].App = netip.Prefix{} }), []string{`zone "a": missing App`},
		},
		"a privatelink subnet in one of two zones": {
			change(func(a *network.VPCArgs) { a.Zones[1].Privatelink = netip.Prefix{} }), []string{`zone "a": Privatelink`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				v, err := network.NewVPC(ctx, "net", test.args)
				require.Nil(t, v)
				return err
			})
			require.ErrorContains(t, result.Err, `network "net": `)
			result.RequireRejected(t, test.fields...)
		})
	}
}
