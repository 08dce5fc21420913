package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

// runExisting runs the program in the existing VPC of the tests, with some values and answers changed.
func runExisting(t *testing.T, mode pulumitest.Mode, set values, answers ...pulumitest.Answer) *pulumitest.Result {
	t.Helper()
	in := pulumitest.Tokyo()
	result := pulumitest.Run(t, pulumitest.Setup{
		Mode: mode, Config: configured(t, inVPC(set)), Answers: append(append(in.Answers(), in.ExistingVPC()...), answers...),
	}, run)
	require.NoError(t, result.Err)
	return result
}

// inExistingVPC are the resources of a stack in an existing VPC with one subnet, besides those that have the same names in every stack.
func inExistingVPC() []string {
	network := "existing-network-"
	return []string{
		existingType + "::existing-network", vpcType + "::" + network + pulumitest.VPC, subnetType + "::" + network + pulumitest.SubnetA,
		routeTableType + "::" + network + pulumitest.TableA, routesType + "::" + network + pulumitest.SubnetA,
		defaultACLType + "::" + network + pulumitest.DefaultACL, stashType + "::" + network + "endpoints-a",
	}
}

// ownResources are those that a stack creates in any VPC.
func ownResources() []string {
	return []string{
		"bastionless:network:SecurityGroups::security", "bastionless:endpoints:Set::endpoints", instanceRole, instances, sessionRole,
		groupType + "::security-instances", roleType + "::instance-role", roleType + "::session-role", profileType + "::instance-role",
		rolePolicyType + "::session-role", attachmentType + "::instance-role-core", associationType + "::instances-agent-update",
		instanceType + "::instances-a-1", egressType + "::security-egress-s3-443",
	}
}

// A stack in an existing VPC reads what exists, and creates groups, endpoints, roles and instances.
func TestExisting_inventory(t *testing.T) {
	t.Parallel()
	want := append(append(inExistingVPC(), ownResources()...), groupType+"::security-endpoints", ingressType+"::security-ingress-vpc",
		ingressType+"::security-ingress-vpc-100.64.0.0-16", egressType+"::security-egress-endpoints", endpointType+"::endpoints-ssm",
		endpointType+"::endpoints-ssmmessages", endpointType+"::endpoints-s3")
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runExisting(t, mode, nil)
		require.ElementsMatch(t, want, pulumitest.Inventory(result.Resources))
		for _, r := range result.Resources {
			reads := r.Parent == existingType+"::existing-network" && r.Type != stashType
			require.Equal(t, reads, r.ReadID != "", r.Key())
		}
		endpoint := result.Resource(t, endpointType+"::endpoints-ssm")
		require.Contains(t, endpoint.Options, "replaceWith: "+stashType+"::existing-network-endpoints-a")
		require.Contains(t, endpoint.Options, "replacementTrigger: existing")
		require.Contains(t, result.Exports, "endpointSecurityGroupId")
	})
}

// With endpoints that exist, the stack creates none, and no group for them. The instances can reach the endpoints' group.
func TestExisting_existingEndpoints(t *testing.T) {
	t.Parallel()
	endpoint := func(service, kind, id string) pulumitest.Answer {
		groups := pulumitest.List{}
		if kind == "Interface" {
			groups = pulumitest.List{pulumitest.EndpointGroup}
		}
		return pulumitest.EndpointLookup{Service: tokyo(service), Type: kind}.Answer(pulumitest.Map{
			"id": id, "state": "available", "privateDnsEnabled": true, "securityGroupIds": groups,
		})
	}
	answers := append(pulumitest.GroupRules(pulumitest.EndpointGroup, pulumitest.Map{"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}),
		endpoint("ssm", "Interface", "vpce-1"), endpoint("ssmmessages", "Interface", "vpce-2"), endpoint("s3", "Gateway", "vpce-3"),
		pulumitest.TablesWithS3(pulumitest.TableA), pulumitest.Answer{
			Token: pulumitest.GetSecurityGroup, Args: pulumitest.Map{"name": "bastionless-test-ec2-sg", "vpcId": pulumitest.VPC},
			Result: pulumitest.Map{"id": "sg-99999999"},
		})
	set := values{"existingEndpoints": list("ssm", "ssmmessages", "s3"), "s3Endpoint": "", "endpointIngress": "instances"}
	want := append(append(inExistingVPC(), ownResources()...), endpointType+"::endpoints-existing-ssm",
		endpointType+"::endpoints-existing-ssmmessages", endpointType+"::endpoints-existing-s3",
		groupType+"::endpoints-existing-"+pulumitest.EndpointGroup, egressType+"::security-egress-"+pulumitest.EndpointGroup)
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runExisting(t, mode, set, answers...)
		require.ElementsMatch(t, want, pulumitest.Inventory(result.Resources))
		require.Empty(t, result.Warnings)
		require.Equal(t, pulumitest.EndpointGroup,
			property(result, egressType+"::security-egress-"+pulumitest.EndpointGroup, "referencedSecurityGroupId"))
		require.Equal(t, pulumitest.List{"ssm", "ssmmessages", "s3"}, property(result, endpointSet, "existing"))
		require.Equal(t, pulumitest.Map{"ssm": "vpce-1", "ssmmessages": "vpce-2", "s3": "vpce-3"}, result.Exports["endpoints"])
		require.NotContains(t, result.Exports, "endpointSecurityGroupId")
	})
}

// Without vpcId, no resource has the inputs that describe an existing VPC.
func TestExisting_onlyWithVPCID(t *testing.T) {
	t.Parallel()
	result := pulumitest.Run(t, pulumitest.Setup{Config: configured(t, nil), Answers: pulumitest.Tokyo().Answers()}, run)
	require.NoError(t, result.Err)
	for _, r := range result.Resources {
		require.Empty(t, r.ReadID, r.Key())
		require.NotEqual(t, stashType, r.Type)
		require.NotContains(t, r.Inputs, "existing", r.Key())
		require.NotContains(t, r.Inputs, "clients", r.Key())
		if r.Type == endpointType {
			require.NotContains(t, r.Inputs, "tags", r.Key())
		}
	}
}
