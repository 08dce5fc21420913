package trials

// A second half, of what the table in changes_table_test.go puts together.

func instanceChanges() []change {
	replaced := lines(named, recreated)
	return []change{
		{
			key: "instancesPerZone", to: settings{"instancesPerZone": "3"},
			want: lines(named, "Instance instances-a-2: create", "Instance instances-a-3: create"),
		},
		{
			key: "instancesPerZone", name: "fewer", from: settings{"instancesPerZone": "3"}, to: settings{"instancesPerZone": "1"},
			want: lines(named, "Instance instances-a-2: delete", "Instance instances-a-3: delete"),
		},
		{key: "instanceType", to: settings{"instanceType": "t3.small"}, want: []string{restarted}},
		{key: "instanceType", name: "of another architecture", to: settings{"instanceType": "t4g.micro"}, want: replaced},
		{key: "instanceType", name: "without EBS optimisation", to: settings{"instanceType": "t2.micro"}, want: replaced},
		{
			key: "os", to: settings{"os": "al2"},
			want:  lines(replaced, "SecurityGroupEgressRule security-egress-s3-80: create", "VpcEndpoint endpoints-s3: update"),
			order: [][]string{{"recreate Instance instances-a-1", "update RolePolicy session-role", "remove Instance instances-a-1"}},
		},
		{
			key: "os", name: "of a pinned image", from: settings{"amiId": pinned}, to: settings{"os": "al2"},
			want: []string{"SecurityGroupEgressRule security-egress-s3-80: create", "VpcEndpoint endpoints-s3: update"},
		},
		{key: "amiId", to: settings{"amiId": pinned}, want: replaced},
		{key: "amiId", name: "the newest", from: settings{"amiId": pinned}, to: settings{"amiId": ""}, want: replaced},
		{key: "keyName", to: settings{"keyName": "ops"}, want: replaced},
		{key: "keyName", name: "none", from: settings{"keyName": "ops"}, to: settings{"keyName": ""}, want: replaced},
		{key: "sshPublicKey", to: settings{"sshPublicKey": annsKey}, want: lines(replaced, "KeyPair instances: create")},
		{
			key: "sshPublicKey", name: "another", from: settings{"sshPublicKey": annsKey}, to: settings{"sshPublicKey": bobsKey},
			want: lines(replaced, "KeyPair instances: recreate remove"),
		},
		{
			key: "sshPublicKey", name: "none", from: settings{"sshPublicKey": annsKey}, to: settings{"sshPublicKey": ""},
			want: lines(replaced, "KeyPair instances: delete"),
		},
		{key: "rootVolumeGiB", to: settings{"rootVolumeGiB": "20"}, want: []string{updated}},
		{key: "rootVolumeEncrypted", to: settings{"rootVolumeEncrypted": "false"}, want: replaced},
		{key: "rootVolumeKmsKey", to: settings{"rootVolumeKmsKey": volumeKey}, want: replaced},
		{key: "rootVolumeKmsKey", name: "the account's", from: settings{"rootVolumeKmsKey": volumeKey}, to: settings{"rootVolumeKmsKey": ""}, want: replaced},
		{key: "detailedMonitoring", to: settings{"detailedMonitoring": "true"}, want: []string{updated}},
		{key: "imds", to: settings{"imds": "optional"}, want: []string{updated}},
		{key: "installLatestAgent", to: settings{"installLatestAgent": "true"}, want: []string{restarted}},
		{key: "installLatestAgent", name: "off", from: settings{"installLatestAgent": "true"}, to: settings{"installLatestAgent": "false"}},
		{key: "agentAutoUpdate", to: settings{"agentAutoUpdate": "false"}, want: []string{"Association instances-agent-update: delete"}},
		{
			key: "agentAutoUpdate", name: "on", from: settings{"agentAutoUpdate": "false"}, to: settings{"agentAutoUpdate": "true"},
			want: []string{"Association instances-agent-update: create"},
		},
		{key: "terminationProtection", to: settings{"terminationProtection": "true"}, want: []string{updated}},
		{
			key: "terminationProtection", name: "off", stack: "prod", to: settings{"terminationProtection": "false"},
			want: []string{updated, "Instance instances-c-1: update"},
		},
	}
}

func accessChanges() []change {
	role := []string{
		updated, "InstanceProfile instance-role: recreate remove", "Role instance-role: recreate remove",
		"RolePolicyAttachment instance-role-core: recreate remove",
	}
	inOrder := [][]string{
		{
			"recreate Role instance-role", "recreate RolePolicyAttachment instance-role-core", "update Instance instances-a-1",
			"remove RolePolicyAttachment instance-role-core", "remove Role instance-role",
		},
		{"recreate InstanceProfile instance-role", "update Instance instances-a-1", "remove InstanceProfile instance-role"},
	}
	people := []string{"Role session-role: recreate remove", "RolePolicy session-role: recreate remove"}
	return []change{
		{key: "instanceRoleName", to: settings{"instanceRoleName": "shell"}, want: role, order: inOrder},
		{
			key: "instanceRoleName", name: "another", from: settings{"instanceRoleName": "shell"},
			to: settings{"instanceRoleName": "prompt"}, want: role, order: inOrder,
		},
		{
			key: "instanceRoleName", name: "generated", from: settings{"instanceRoleName": "shell"},
			to: settings{"instanceRoleName": ""}, want: role, order: inOrder,
		},
		{
			key: "instancePolicy", to: settings{"instancePolicy": "minimal"},
			want:  []string{"RolePolicy instance-role-agent: create", "RolePolicyAttachment instance-role-core: delete"},
			order: [][]string{{"create RolePolicy instance-role-agent", "delete RolePolicyAttachment instance-role-core"}},
		},
		{
			key: "instancePolicy", name: "managed", from: settings{"instancePolicy": "minimal"}, to: settings{"instancePolicy": "managed"},
			want:  []string{"RolePolicy instance-role-agent: delete", "RolePolicyAttachment instance-role-core: create"},
			order: [][]string{{"create RolePolicyAttachment instance-role-core", "delete RolePolicy instance-role-agent"}},
		},
		{
			key: "permissionsBoundary", to: settings{"permissionsBoundary": boundary},
			want: []string{"Role instance-role: update", "Role session-role: update"},
		},
		{key: "sessionRoleName", to: settings{"sessionRoleName": "people"}, want: people},
		{
			key: "sessionRoleName", name: "another", from: settings{"sessionRoleName": "people"}, to: settings{"sessionRoleName": "folk"},
			want: people, order: [][]string{{"recreate RolePolicy session-role", "remove RolePolicy session-role", "remove Role session-role"}},
		},
		{
			key: "sessionPrincipals", to: settings{"sessionPrincipals": `["arn:aws:iam::123456789012:user/ann"]`},
			want: []string{"Role session-role: update"},
		},
		{key: "mfaMaxAgeMinutes", to: settings{"mfaMaxAgeMinutes": "60"}, want: []string{"Role session-role: update"}},
		{key: "requireMfa", to: settings{"requireMfa": "false"}, want: []string{"Role session-role: update"}},
		{key: "sessionTargets", to: settings{"sessionTargets": "any"}, want: []string{"RolePolicy session-role: update"}},
		{key: "sessionDocuments", to: settings{"sessionDocuments": `["shell"]`}, want: []string{"RolePolicy session-role: update"}},
		{
			key: "aws:defaultTags", to: settings{"aws:defaultTags": `{"tags":{"owner":"ann"}}`},
			want: lines(append(each(rules, "update"), reached...), updated, "Association instances-agent-update: update",
				"DefaultSecurityGroup network-default-sg: update", "InstanceProfile instance-role: update", "Role instance-role: update",
				"Role session-role: update", "RouteTable network-app: update", "RouteTable network-privatelink: update",
				"SecurityGroup security-endpoints: update", "SecurityGroup security-instances: update", "Subnet network-app-a: update",
				"Subnet network-privatelink-a: update", "Vpc network: update", "VpcEndpoint endpoints-s3: update"),
		},
	}
}
