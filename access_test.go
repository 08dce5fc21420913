package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

// runAccessOnly runs the program without instances in the existing VPC of the tests, with some values changed.
func runAccessOnly(t *testing.T, mode pulumitest.Mode, set values) *pulumitest.Result {
	t.Helper()
	in := pulumitest.Tokyo()
	result := pulumitest.Run(t, pulumitest.Setup{
		Mode: mode, Config: configured(t, accessOnly(set)), Answers: append(append(in.Answers(), in.ExistingVPC()...), targetAnswers()...),
	}, run)
	require.NoError(t, result.Err)
	return result
}

const targetsComponent = "bastionless:compute:Targets"

// accessResources are the resources of an access-only stack that creates no endpoints.
func accessResources() []string {
	network := "existing-network-"
	return []string{
		existingType + "::existing-network", vpcType + "::" + network + pulumitest.VPC, subnetType + "::" + network + pulumitest.SubnetA,
		routeTableType + "::" + network + pulumitest.TableA, routesType + "::" + network + pulumitest.SubnetA,
		defaultACLType + "::" + network + pulumitest.DefaultACL, endpointSet,
		targetsComponent + "::targets", instanceType + "::targets-" + target, profileType + "::targets-web",
		groupType + "::targets-" + pulumitest.Clients, sessionRole, roleType + "::session-role", rolePolicyType + "::session-role",
	}
}

// An access-only stack creates the session role, and reads everything else. It looks up neither images nor instance types,
// and exports nothing about instances of its own.
func TestAccessOnly_inventory(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runAccessOnly(t, mode, nil)
		require.ElementsMatch(t, accessResources(), pulumitest.Inventory(result.Resources))
		for _, r := range result.Resources {
			reads := r.Parent == existingType+"::existing-network" || r.Parent == targetsComponent+"::targets"
			require.Equal(t, reads, r.ReadID != "", r.Key())
		}
		require.Empty(t, result.Warnings)
		for _, key := range []string{"instanceSecurityGroupId", "endpointSecurityGroupId", "instanceRoleName"} {
			require.NotContains(t, result.Exports, key)
		}
		require.Equal(t, pulumitest.Map{}, result.Exports["instances"])
		connection := result.Exports["connection"].(pulumitest.Map)
		require.Equal(t, pulumitest.Map{"mode": "tagged", "tags": pulumitest.Map{"team": "db"}}, connection["targets"])
		require.Equal(t, pulumitest.Map{
			"otherInstance": "aws ssm start-session --profile bastionless-test --region ap-northeast-1 --target '<instance ID>'",
		}, result.Exports["startSession"])
	})
}

// A stack that creates endpoints has a security group for them, and none for instances.
func TestAccessOnly_endpoints(t *testing.T) {
	t.Parallel()
	set := values{"existingEndpoints": "[]", "endpointSubnetIds": list(pulumitest.SubnetA), "endpointIngress": "vpc"}
	want := append(accessResources(), "bastionless:network:SecurityGroups::security", groupType+"::security-endpoints",
		ingressType+"::security-ingress-vpc", ingressType+"::security-ingress-vpc-100.64.0.0-16", endpointType+"::endpoints-ssm",
		endpointType+"::endpoints-ssmmessages", stashType+"::existing-network-endpoints-a")
	result := runAccessOnly(t, pulumitest.Update, set)
	require.ElementsMatch(t, want, pulumitest.Inventory(result.Resources))
	require.Contains(t, result.Exports, "endpointSecurityGroupId")
	require.NotContains(t, result.Exports, "instanceSecurityGroupId")
}

// Instances that the configuration lists have commands of their own.
func TestAccessOnly_instances(t *testing.T) {
	t.Parallel()
	set := values{"sessionTargets": "instances", "targetInstanceIds": list(target), "targetTags": "[]", "loginUser": "ubuntu", "agentRoleNames": list("web")}
	result := runAccessOnly(t, pulumitest.Update, set)
	require.ElementsMatch(t, append(accessResources(), "bastionless:iam:AgentPolicies::agent-policies", rolePolicyType+"::agent-policies-web"),
		pulumitest.Inventory(result.Resources))
	connection := result.Exports["connection"].(pulumitest.Map)
	require.NotContains(t, connection, "targets")
	require.Equal(t, "ubuntu", connection["loginUser"])
	require.Equal(t, pulumitest.Map{target: pulumitest.Map{"id": target, "zone": "ap-northeast-1a", "privateIp": "10.9.1.10"}}, connection["instances"])
	require.Contains(t, result.Exports["startSession"], target)
	require.Contains(t, result.Exports["sshConfig"], "Host bastionless-test-"+target+"\n  HostName "+target+"\n  User ubuntu\n")
}

// Without the keys of access to other instances, no resource has their inputs.
func TestAccessOnly_onlyWithItsKeys(t *testing.T) {
	t.Parallel()
	for _, set := range []values{nil, {"sessionTargets": "any"}} {
		result := pulumitest.Run(t, pulumitest.Setup{Config: configured(t, set), Answers: pulumitest.Tokyo().Answers()}, run)
		require.NoError(t, result.Err)
		for _, r := range result.Resources {
			for _, input := range []string{"sessionTargets", "targetInstanceIds", "targetTags", "loginUser", "withoutInstances", "otherSubnetIds"} {
				require.NotContains(t, r.Inputs, input, r.Key())
			}
		}
		require.Equal(t, pulumitest.Map{"Name": "bastionless-test-ec2"}, property(result, instance, "tags"))
		require.NotContains(t, result.Exports["connection"], "targets")
		require.NotContains(t, result.Exports["startSession"], "otherInstance")
	}
}

// With tags, a stack can have more than 50 instances, and the session role's policy and the association do not grow.
func TestAccess_manyInstances(t *testing.T) {
	t.Parallel()
	policy, target := rolePolicyType+"::session-role", associationType+"::instances-agent-update"
	var policies, targets []any
	for _, perZone := range []string{"1", "200"} {
		result := pulumitest.Run(t, pulumitest.Setup{
			Config: configured(t, tagged(values{"instancesPerZone": perZone})), Answers: pulumitest.Tokyo().Answers(),
		}, run)
		require.NoError(t, result.Err)
		policies, targets = append(policies, property(result, policy, "policy")), append(targets, property(result, target, "targets"))
		if perZone == "200" {
			require.Contains(t, pulumitest.Inventory(result.Resources), instanceType+"::instances-a-200")
		}
	}
	require.NotEmpty(t, policies[0])
	require.Equal(t, policies[0], policies[1])
	require.Equal(t, targets[0], targets[1])
}
