package trials

import "slices"

// sessionPolicyUpdated is the effect of changes of the instances that the session role allows sessions on.
var sessionPolicyUpdated = []string{"RolePolicy session-role: update"}

// ownInstance adds the first instance to the stack "access".
var ownInstance = config{"instancesPerZone": "1", "appSubnetIds": list([]string{accessA})}

// firstInstance are the resources that the first instance adds to a stack, except the rules that allow traffic to endpoints.
var firstInstance = []string{
	"Association instances-agent-update", "Instance instances-a-1", "InstanceProfile instance-role", "Role instance-role",
	"RolePolicyAttachment instance-role-core", "SecurityGroup security-instances", "SecurityGroupEgressRule security-egress-s3-443",
}

// targetChanges are changes of the existing instances to which a stack gives access. Resources that the stack no longer reads
// are discarded: they are removed from the state.
func targetChanges() []change {
	byID := config{"sessionTargets": "instances", "targetTags": "[]", "targetInstanceIds": list([]string{db1})}
	byTag := config{"sessionTargets": "tagged", "targetTags": `["team=db"]`, "targetInstanceIds": "[]"}
	web := config{"targetTags": `["team=web"]`, "agentRoleNames": `["acme-web"]`}
	withOwn := append(slices.Clone(firstInstance), "SecurityGroupEgressRule security-egress-sg-0a1b2c3d4e5f7000e")
	withEndpoints := append(slices.Clone(firstInstance), "SecurityGroupEgressRule security-egress-endpoints")
	return []change{
		{
			key: "targetTags", name: "of another team", stack: accessStack, to: config{"targetTags": `["team=web"]`},
			want: lines(sessionPolicyUpdated, "Instance targets-"+db1+": discard", "Instance targets-"+db2+": discard",
				"InstanceProfile targets-acme-db: discard", "SecurityGroup targets-sg-0a1b2c3d4e5f700d1: discard"),
		},
		{
			key: "targetTags", name: "with a second tag", stack: accessStack, from: config{"targetTags": `["Name=db-1"]`},
			to: config{"targetTags": `["Name=db-1","team=db"]`}, want: sessionPolicyUpdated,
		},
		{
			key: "targetInstanceIds", stack: accessStack, from: byID, to: config{"targetInstanceIds": list([]string{db2, web1})},
			want: lines(sessionPolicyUpdated, "Instance targets-"+db1+": discard"),
		},
		{key: "targetInstanceIds", name: "that have the tags", stack: accessStack, to: config{"targetInstanceIds": list([]string{db1, db2})}},
		{
			key: "sessionTargets", name: "by ID instead of by tag", stack: accessStack, to: byID,
			want: lines(sessionPolicyUpdated, "Instance targets-"+db2+": discard"),
		},
		{
			key: "sessionTargets", name: "by tag instead of by ID", stack: accessStack, from: byID, to: byTag,
			want: sessionPolicyUpdated,
		},
		{
			key: "sessionTargets", name: "any instead of by ID", stack: accessStack, from: byID,
			to: config{"sessionTargets": "any", "targetInstanceIds": "[]"},
			want: lines(sessionPolicyUpdated, "Instance targets-"+db1+": discard", "InstanceProfile targets-acme-db: discard",
				"SecurityGroup targets-sg-0a1b2c3d4e5f700d1: discard"),
		},
		{
			key: "agentRoleNames", stack: accessStack, to: config{"agentRoleNames": `["acme-db","acme-web"]`},
			want: []string{"RolePolicy agent-policies-acme-web: create"},
		},
		{
			key: "agentRoleNames", name: "removed", stack: accessStack, from: web, to: config{"agentRoleNames": "[]"},
			want: []string{"RolePolicy agent-policies-acme-web: delete"},
		},
		{
			key: "agentRoleNames", name: "with another role instead", stack: accessStack, from: config{"agentRoleNames": `["acme-db","acme-batch"]`},
			to:   config{"agentRoleNames": `["acme-web","acme-db"]`},
			want: []string{"RolePolicy agent-policies-acme-batch: delete", "RolePolicy agent-policies-acme-web: create"},
		},
		{
			key: "instancesPerZone", name: "with the first instance", stack: accessStack, to: ownInstance,
			want: lines(each(withOwn, "create")),
		},
		{
			key: "instancesPerZone", name: "without instances", stack: accessStack, from: ownInstance,
			to:   config{"instancesPerZone": "0", "appSubnetIds": "[]"},
			want: lines(each(withOwn, "delete")),
		},
		{
			key: "instancesPerZone", name: "without instances, in a new VPC", from: merge(byTag, config{"endpointIngress": "vpc"}),
			to: config{"instancesPerZone": "0"}, want: lines(each(withEndpoints, "delete")),
			order: [][]string{{"delete Instance instances-a-1", "delete SecurityGroup security-instances"}},
		},
	}
}
