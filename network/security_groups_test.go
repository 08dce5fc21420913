package network_test

import (
	"net/netip"
	"regexp"
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

// groupArgs describes groups that are restricted in both directions, with every rule that this allows.
func groupArgs() *network.SecurityGroupsArgs {
	return &network.SecurityGroupsArgs{
		SecurityGroupOptions: network.SecurityGroupOptions{
			EndpointIngress: network.FromInstances,
			InstanceEgress:  network.RestrictedEgress,
			Forward: []network.Target{
				{Block: block("10.0.32.0/24"), Port: 5432},
				{Block: block("10.0.32.0/24"), Port: 6379},
				{Block: block("10.0.33.7/32"), Port: 22},
			},
		},
		NamePrefix:     "acme",
		VPCID:          pulumi.String("vpc-1"),
		VPCBlocks:      []netip.Prefix{block("10.0.0.0/16")},
		S3PrefixListID: "pl-s3",
		S3OverHTTP:     true,
	}
}

// wantGroups returns the component and its two groups. Each group has an empty list of rules in one
// direction. In the other it has no list, which would remove the rules that are separate resources.
func wantGroups(name string, inputs pulumitest.Map) []pulumitest.Resource {
	group := func(name, parent, groupName, emptyList string) pulumitest.Resource {
		return pulumitest.Resource{
			Type: groupType, Name: name, Parent: parent,
			Inputs: pulumitest.Map{
				"name": groupName, "description": groupName, "vpcId": "vpc-1", "tags": pulumitest.Map{"Name": groupName},
				emptyList: pulumitest.List{},
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

// rule returns a rule of the groups "sg": of the endpoints' group if it is an ingress rule, otherwise of the
// instances' group. It refers to the group other, unless that is empty.
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

// tcp returns the inputs of a rule for a TCP port, and further inputs as keys and values.
func tcp(port int, more ...any) pulumitest.Map {
	inputs := pulumitest.Map{"ipProtocol": "tcp", "fromPort": port, "toPort": port}
	for i := 0; i < len(more); i += 2 {
		inputs[more[i].(string)] = more[i+1]
	}
	return inputs
}

// requireGroups declares the groups "sg". It requires exactly these groups, inputs of the component and
// rules.
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
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
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
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
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
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
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
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
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
	tooMany := groupArgs()
	tooMany.Forward = make([]network.Target, 51)
	for name, test := range map[string]struct {
		args   *network.SecurityGroupsArgs
		fields []string
	}{
		"no args": {nil, []string{"args"}},
		"empty args": {
			&network.SecurityGroupsArgs{},
			[]string{"NamePrefix", "VPCID", "VPCBlock", `EndpointIngress is ""`, `InstanceEgress is ""`},
		},
		"too many targets": {tooMany, []string{"invalid options", "forwardTo"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				groups, err := network.NewSecurityGroups(ctx, "sg", test.args)
				require.Nil(t, groups)
				return err
			})
			require.ErrorContains(t, result.Err, `security groups "sg": `)
			result.RequireRejected(t, test.fields...)
		})
	}
}

// With Descriptions, each rule has a description that EC2 accepts.
func TestSecurityGroups_descriptions(t *testing.T) {
	t.Parallel()
	allowed := regexp.MustCompile(`^[a-zA-Z0-9. _:/()#,@\[\]+=&;{}!$*-]{1,255}$`)
	restricted, open := groupArgs(), groupArgs()
	restricted.ExistingEndpointGroups, restricted.HTTPSEverywhere = []string{"sg-2"}, true
	restricted.Clients = []string{"sg-11111111"}
	restricted.ClientGroupIDs = map[string]pulumi.StringInput{"sg-11111111": pulumi.String("sg-11111111")}
	open.InstanceEgress, open.EndpointIngress = network.OpenEgress, network.FromVPC
	for rules, args := range map[int]*network.SecurityGroupsArgs{10: restricted, 2: open} {
		args.Descriptions = true
		result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
			_, err := network.NewSecurityGroups(ctx, "sg", args)
			return err
		})
		require.NoError(t, result.Err)
		described := 0
		for _, r := range result.Resources {
			if r.Type == ingressType || r.Type == egressType {
				require.Regexp(t, allowed, r.Inputs["description"], r.Name)
				described++
			}
		}
		require.Equal(t, rules, described)
	}
}
