package network_test

import (
	"net/netip"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
	"bastionless/network"
)

// Clients of an existing VPC can reach the endpoints: all blocks of the VPC, and groups.
func TestSecurityGroups_clients(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		args := groupArgs()
		args.EndpointIngress, args.Forward, args.S3PrefixListID = network.FromVPC, nil, ""
		args.VPCBlocks = []netip.Prefix{block("10.0.0.0/16"), block("100.64.0.0/16")}
		args.Clients, args.ClientGroupIDs = []string{"sg-11111111"}, map[string]pulumi.StringInput{"sg-11111111": pulumi.String("sg-11111111")}
		args.ExistingEndpointGroups = []string{"sg-2", "sg-3"}
		requireGroups(t, mode, args, pulumitest.Map{
			"namePrefix": "acme", "vpcBlock": "10.0.0.0/16", "endpointIngress": "vpc", "instanceEgress": "restricted",
			"s3PrefixListId": "", "s3OverHttp": true, "forward": pulumitest.List{}, "clients": pulumitest.List{"sg-11111111"},
		},
			rule(mode, ingressType, "sg-ingress-vpc", "", tcp(443, "cidrIpv4", "10.0.0.0/16")),
			rule(mode, ingressType, "sg-ingress-vpc-100.64.0.0-16", "", tcp(443, "cidrIpv4", "100.64.0.0/16")),
			rule(mode, ingressType, "sg-ingress-sg-11111111", "", tcp(443, "referencedSecurityGroupId", "sg-11111111")),
			rule(mode, egressType, "sg-egress-endpoints", "sg-endpoints", tcp(443)),
			rule(mode, egressType, "sg-egress-sg-2", "", tcp(443, "referencedSecurityGroupId", "sg-2")),
			rule(mode, egressType, "sg-egress-sg-3", "", tcp(443, "referencedSecurityGroupId", "sg-3")),
		)
	})
}

// Without endpoints of the stack, there is only the group of the instances.
func TestSecurityGroups_withoutEndpoints(t *testing.T) {
	t.Parallel()
	args := groupArgs()
	args.WithoutEndpoints, args.HTTPSEverywhere, args.Forward, args.S3PrefixListID = true, true, nil, ""
	result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
		_, err := network.NewSecurityGroups(ctx, "sg", args)
		return err
	})
	require.NoError(t, result.Err)
	require.Equal(t, []string{
		groupType + "::sg-instances", egressType + "::sg-egress-https", groupsComponent + "::sg",
	}, pulumitest.Inventory(result.Resources))
	require.Equal(t, "0.0.0.0/0", result.Resource(t, egressType+"::sg-egress-https").Inputs["cidrIpv4"])
}

func TestSecurityGroups_rejectsUnknownClients(t *testing.T) {
	t.Parallel()
	args := groupArgs()
	args.Clients = []string{"sg-11111111"} // without its ID in ClientGroupIDs
	result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
		_, err := network.NewSecurityGroups(ctx, "sg", args)
		return err
	})
	result.RequireRejected(t, `ClientGroupIDs["sg-11111111"]`)
}
