package network_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
	"bastionless/network"
)

const (
	groupType       = "aws:ec2/securityGroup:SecurityGroup"
	ingressType     = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressType      = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
	groupsComponent = "bastionless:network:SecurityGroups"
)

// groupArgs are restricted in both directions, and use all that restriction offers.
func groupArgs() *network.SecurityGroupsArgs {
	return &network.SecurityGroupsArgs{
		NamePrefix:      "acme",
		VPCID:           pulumi.String("vpc-1"),
		VPCBlock:        block("10.0.0.0/16"),
		EndpointIngress: network.FromInstances,
		InstanceEgress:  network.RestrictedEgress,
		S3PrefixListID:  "pl-s3",
		S3OverHTTP:      true,
		Forward: []network.Target{
			{Block: block("10.0.32.0/24"), Port: 5432}, {Block: block("10.0.32.0/24"), Port: 6379}, {Block: block("10.0.33.7/32"), Port: 22},
		},
	}
}

// wantGroups are the component and its two groups, with all that a group has: no rule in the one direction, and in the
// other nothing that would take away the rules that are resources of their own.
func wantGroups(name string, inputs pulumitest.Map) []pulumitest.Resource {
	group := func(name, parent, groupName, without string) pulumitest.Resource {
		return pulumitest.Resource{
			Type: groupType, Name: name, Parent: parent,
			Inputs: pulumitest.Map{
				"name": groupName, "description": groupName, "vpcId": "vpc-1", "tags": pulumitest.Map{"Name": groupName},
				without: pulumitest.List{},
			},
			Options: []string{"deleteBeforeReplace: false"},
		}
	}
	return []pulumitest.Resource{
		{Type: groupsComponent, Name: name, Inputs: inputs},
		group(name+"-instances", groupsComponent+"::"+name, "acme-ec2-sg", "ingress"),
		group(name+"-endpoints", groupsComponent+"::"+name, "acme-ssm-sg", "egress"),
	}
}

// rule is a rule of the groups "sg". Its own group is what a rule of its kind belongs to; other is a group that it
// names, where it does.
func rule(mode pulumitest.Mode, typ, name, other string, inputs pulumitest.Map) pulumitest.Resource {
	own := "sg-instances"
	if typ == ingressType {
		own = "sg-endpoints"
	}
	inputs["securityGroupId"] = mode.ID(own)
	dependencies := []string{groupType + "::" + own}
	if other != "" {
		inputs["referencedSecurityGroupId"] = mode.ID(other)
		dependencies = append(dependencies, groupType+"::"+other)
	}
	return pulumitest.Resource{
		Type: typ, Name: name, Parent: groupsComponent + "::sg", Inputs: inputs, Dependencies: dependencies,
	}
}

func tcp(port int, more ...any) pulumitest.Map {
	inputs := pulumitest.Map{"ipProtocol": "tcp", "fromPort": port, "toPort": port}
	for i := 0; i < len(more); i += 2 {
		inputs[more[i].(string)] = more[i+1]
	}
	return inputs
}

// requireGroups declares the groups "sg", and demands exactly them, their component's inputs, and these rules.
func requireGroups(
	t *testing.T, mode pulumitest.Mode, args *network.SecurityGroupsArgs, inputs pulumitest.Map, rules ...pulumitest.Resource,
) {
	t.Helper()
	result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
		groups, err := network.NewSecurityGroups(ctx, "sg", args)
		if err != nil {
			return err
		}
		require.Len(t, groups.Rules(), len(rules))
		ctx.Export("instances", groups.InstanceID)
		ctx.Export("endpoints", groups.EndpointID)
		return nil
	})
	result.RequireResources(t, append(wantGroups("sg", inputs), rules...)...)
	require.Equal(t, pulumitest.Map{"instances": mode.ID("sg-instances"), "endpoints": mode.ID("sg-endpoints")}, result.Exports)
}

func TestSecurityGroups_restricted(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		requireGroups(t, mode, groupArgs(), pulumitest.Map{
			"namePrefix": "acme", "vpcBlock": "10.0.0.0/16", "endpointIngress": "instances", "instanceEgress": "restricted",
			"s3PrefixListId": "pl-s3", "s3OverHttp": true,
			"forward": pulumitest.List{"10.0.32.0/24:5432", "10.0.32.0/24:6379", "10.0.33.7/32:22"},
		},
			rule(mode, ingressType, "sg-ingress-instances", "sg-instances", tcp(443)),
			rule(mode, egressType, "sg-egress-endpoints", "sg-endpoints", tcp(443)),
			rule(mode, egressType, "sg-egress-s3-443", "", tcp(443, "prefixListId", "pl-s3")),
			rule(mode, egressType, "sg-egress-s3-80", "", tcp(80, "prefixListId", "pl-s3")),
			rule(mode, egressType, "sg-egress-10.0.32.0-24-5432", "", tcp(5432, "cidrIpv4", "10.0.32.0/24")),
			rule(mode, egressType, "sg-egress-10.0.32.0-24-6379", "", tcp(6379, "cidrIpv4", "10.0.32.0/24")),
			rule(mode, egressType, "sg-egress-10.0.33.7-32-22", "", tcp(22, "cidrIpv4", "10.0.33.7/32")),
		)
	})
}

func TestSecurityGroups_restrictedToHTTPS(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		args := groupArgs()
		args.S3OverHTTP, args.Forward = false, nil
		requireGroups(t, mode, args, pulumitest.Map{
			"namePrefix": "acme", "vpcBlock": "10.0.0.0/16", "endpointIngress": "instances", "instanceEgress": "restricted",
			"s3PrefixListId": "pl-s3", "s3OverHttp": false, "forward": pulumitest.List{},
		},
			rule(mode, ingressType, "sg-ingress-instances", "sg-instances", tcp(443)),
			rule(mode, egressType, "sg-egress-endpoints", "sg-endpoints", tcp(443)),
			rule(mode, egressType, "sg-egress-s3-443", "", tcp(443, "prefixListId", "pl-s3")),
		)
	})
}

func TestSecurityGroups_restrictedWithoutS3(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		args := groupArgs()
		args.S3PrefixListID, args.Forward = "", nil
		requireGroups(t, mode, args, pulumitest.Map{
			"namePrefix": "acme", "vpcBlock": "10.0.0.0/16", "endpointIngress": "instances", "instanceEgress": "restricted",
			"s3PrefixListId": "", "s3OverHttp": true, "forward": pulumitest.List{},
		},
			rule(mode, ingressType, "sg-ingress-instances", "sg-instances", tcp(443)),
			rule(mode, egressType, "sg-egress-endpoints", "sg-endpoints", tcp(443)),
		)
	})
}

func TestSecurityGroups_open(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		args := groupArgs()
		args.EndpointIngress, args.InstanceEgress = network.FromVPC, network.OpenEgress
		requireGroups(t, mode, args, pulumitest.Map{
			"namePrefix": "acme", "vpcBlock": "10.0.0.0/16", "endpointIngress": "vpc", "instanceEgress": "open",
			"s3PrefixListId": "pl-s3", "s3OverHttp": true,
			"forward": pulumitest.List{"10.0.32.0/24:5432", "10.0.32.0/24:6379", "10.0.33.7/32:22"},
		},
			rule(mode, ingressType, "sg-ingress-vpc", "", tcp(443, "cidrIpv4", "10.0.0.0/16")),
			rule(mode, egressType, "sg-egress-all", "", pulumitest.Map{"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}),
		)
	})
}

func TestSecurityGroups_rejects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args *network.SecurityGroupsArgs
		want string
	}{
		"no args": {nil, "missing args"},
		"empty args": {&network.SecurityGroupsArgs{}, "missing NamePrefix\n" +
			"missing VPCID: without it AWS takes the account's default VPC\n" +
			"missing VPCBlock\n" +
			`EndpointIngress "": give "instances" or "vpc"` + "\n" +
			`InstanceEgress "": give "restricted" or "open"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				groups, err := network.NewSecurityGroups(ctx, "sg", test.args)
				require.Nil(t, groups)
				return err
			})
			require.EqualError(t, result.Err, `security groups "sg": `+test.want)
			require.Empty(t, result.Resources)
		})
	}
}
