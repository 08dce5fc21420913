package trials

// This file contains the changes of instances and of access. changes_table_test.go combines the tables.

func instanceChanges() []change {
	replaced := lines(instanceReferences, instanceReplaced)
	return []change{
		{
			key: "instancesPerZone", to: config{"instancesPerZone": "3"},
			want: lines(instanceReferences, "Instance instances-a-2: create", "Instance instances-a-3: create"),
		},
		{
			key: "instancesPerZone", name: "fewer", from: config{"instancesPerZone": "3"}, to: config{"instancesPerZone": "1"},
			want: lines(instanceReferences, "Instance instances-a-2: delete", "Instance instances-a-3: delete"),
		},
		{key: "instanceType", to: config{"instanceType": "t3.small"}, want: []string{instanceRestarted}},
		{key: "instanceType", name: "with another architecture", to: config{"instanceType": "t4g.micro"}, want: replaced},
		{key: "instanceType", name: "without EBS optimization", to: config{"instanceType": "t2.micro"}, want: replaced},
		{
			key: "os", to: config{"os": "al2"},
			want:  lines(replaced, "SecurityGroupEgressRule security-egress-s3-80: create", "VpcEndpoint endpoints-s3: update"),
			order: [][]string{{"recreate Instance instances-a-1", "update RolePolicy session-role", "remove Instance instances-a-1"}},
		},
		{
			key: "os", name: "with a pinned image", from: config{"amiId": pinnedImage}, to: config{"os": "al2"},
			want: []string{"SecurityGroupEgressRule security-egress-s3-80: create", "VpcEndpoint endpoints-s3: update"},
		},
		{
			key: "os", name: "another Linux", to: config{"os": "other", "amiId": pinnedImage, "loginUser": "ubuntu"},
			want:  lines(replaced, "VpcEndpoint endpoints-s3: update"),
			order: [][]string{{"recreate Instance instances-a-1", "update RolePolicy session-role", "remove Instance instances-a-1"}},
		},
		{
			key: "os", name: "another Linux, with a pinned image", from: config{"amiId": pinnedImage}, to: config{"os": "other", "loginUser": "ubuntu"},
			want: []string{"RolePolicy session-role: update", "VpcEndpoint endpoints-s3: update"},
		},
		{
			key: "os", name: "back to Amazon Linux", from: config{"os": "other", "amiId": pinnedImage, "loginUser": "ubuntu"},
			to: config{"os": "al2023", "amiId": "", "loginUser": ""}, want: lines(replaced, "VpcEndpoint endpoints-s3: update"),
		},
		{key: "amiId", to: config{"amiId": pinnedImage}, want: replaced},
		{key: "amiId", name: "to the latest image", from: config{"amiId": pinnedImage}, to: config{"amiId": ""}, want: replaced},
		{key: "keyName", to: config{"keyName": "ops"}, want: replaced},
		{key: "keyName", name: "none", from: config{"keyName": "ops"}, to: config{"keyName": ""}, want: replaced},
		{key: "sshPublicKey", to: config{"sshPublicKey": firstPublicKey}, want: lines(replaced, "KeyPair instances: create")},
		{
			key: "sshPublicKey", name: "another", from: config{"sshPublicKey": firstPublicKey}, to: config{"sshPublicKey": secondPublicKey},
			want: lines(replaced, "KeyPair instances: recreate remove"),
		},
		{
			key: "sshPublicKey", name: "none", from: config{"sshPublicKey": firstPublicKey}, to: config{"sshPublicKey": ""},
			want: lines(replaced, "KeyPair instances: delete"),
		},
		{key: "rootVolumeGiB", to: config{"rootVolumeGiB": "20"}, want: []string{instanceUpdated}},
		{key: "rootVolumeEncrypted", to: config{"rootVolumeEncrypted": "false"}, want: replaced},
		{key: "rootVolumeKmsKey", to: config{"rootVolumeKmsKey": volumeKeyARN}, want: replaced},
		{key: "rootVolumeKmsKey", name: "to the account's default key", from: config{"rootVolumeKmsKey": volumeKeyARN}, to: config{"rootVolumeKmsKey": ""}, want: replaced},
		{key: "imds", to: config{"imds": "optional"}, want: []string{instanceUpdated}},
		{key: "imdsHopLimit", to: config{"imdsHopLimit": "2"}, want: []string{instanceUpdated}},
		{key: "installLatestAgent", to: config{"installLatestAgent": "true"}, want: []string{instanceRestarted}},
		{key: "installLatestAgent", name: "off", from: config{"installLatestAgent": "true"}, to: config{"installLatestAgent": "false"}},
		{key: "userDataFile", to: config{"userDataFile": "user-data.sh"}, want: []string{instanceRestarted}},
		{key: "userDataFile", name: "none", from: config{"userDataFile": "user-data.sh"}, to: config{"userDataFile": ""}},
		{key: "agentAutoUpdate", to: config{"agentAutoUpdate": "false"}, want: []string{"Association instances-agent-update: delete"}},
		{
			key: "agentAutoUpdate", name: "on", from: config{"agentAutoUpdate": "false"}, to: config{"agentAutoUpdate": "true"},
			want: []string{"Association instances-agent-update: create"},
		},
		{key: "terminationProtection", to: config{"terminationProtection": "true"}, want: []string{instanceUpdated}},
		{
			key: "terminationProtection", name: "off", stack: "prod", to: config{"terminationProtection": "false"},
			want: []string{instanceUpdated, "Instance instances-c-1: update"},
		},
	}
}

func accessChanges() []change {
	instanceRole := []string{
		instanceUpdated, "InstanceProfile instance-role: recreate remove", "Role instance-role: recreate remove",
		"RolePolicyAttachment instance-role-core: recreate remove",
	}
	order := [][]string{
		{
			"recreate Role instance-role", "recreate RolePolicyAttachment instance-role-core", "update Instance instances-a-1",
			"remove RolePolicyAttachment instance-role-core", "remove Role instance-role",
		},
		{"recreate InstanceProfile instance-role", "update Instance instances-a-1", "remove InstanceProfile instance-role"},
	}
	sessionRole := []string{"Role session-role: recreate remove", "RolePolicy session-role: recreate remove"}
	return []change{
		{key: "instanceRoleName", to: config{"instanceRoleName": "shell"}, want: instanceRole, order: order},
		{
			key: "instanceRoleName", name: "another", from: config{"instanceRoleName": "shell"},
			to: config{"instanceRoleName": "prompt"}, want: instanceRole, order: order,
		},
		{
			key: "instanceRoleName", name: "generated", from: config{"instanceRoleName": "shell"},
			to: config{"instanceRoleName": ""}, want: instanceRole, order: order,
		},
		{
			key: "instancePolicy", to: config{"instancePolicy": "minimal"},
			want:  []string{"RolePolicy instance-role-agent: create", "RolePolicyAttachment instance-role-core: delete"},
			order: [][]string{{"create RolePolicy instance-role-agent", "delete RolePolicyAttachment instance-role-core"}},
		},
		{
			key: "instancePolicy", name: "managed", from: config{"instancePolicy": "minimal"}, to: config{"instancePolicy": "managed"},
			want:  []string{"RolePolicy instance-role-agent: delete", "RolePolicyAttachment instance-role-core: create"},
			order: [][]string{{"create RolePolicyAttachment instance-role-core", "delete RolePolicy instance-role-agent"}},
		},
		{
			key: "instancePolicyFiles", to: config{"instancePolicyFiles": `["policies/app.json"]`},
			want: []string{"RolePolicy instance-role-policy-app: create"},
		},
		{
			key: "instancePolicyArns", to: config{"instancePolicyArns": `["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]`},
			want: []string{"RolePolicyAttachment instance-role-attached-CloudWatchAgentServerPolicy: create"},
		},
		{
			key: "permissionsBoundary", to: config{"permissionsBoundary": boundaryPolicyARN},
			want: []string{"Role instance-role: update", "Role session-role: update"},
		},
		{key: "sessionRoleName", to: config{"sessionRoleName": "operators"}, want: sessionRole},
		{
			key: "sessionRoleName", name: "another", from: config{"sessionRoleName": "operators"}, to: config{"sessionRoleName": "engineers"},
			want: sessionRole, order: [][]string{{"recreate RolePolicy session-role", "remove RolePolicy session-role", "remove Role session-role"}},
		},
		{
			key: "sessionPrincipals", to: config{"sessionPrincipals": `["arn:aws:iam::123456789012:user/ann"]`},
			want: []string{"Role session-role: update"},
		},
		{key: "mfaMaxAgeMinutes", to: config{"mfaMaxAgeMinutes": "60"}, want: []string{"Role session-role: update"}},
		{key: "requireMfa", to: config{"requireMfa": "false"}, want: []string{"Role session-role: update"}},
		{key: "sessionTargets", to: config{"sessionTargets": "any"}, want: []string{"RolePolicy session-role: update"}},
		{
			key: "sessionTargets", name: "by tag", to: config{"sessionTargets": "tagged", "targetTags": `["team=db"]`},
			want: lines(instanceReferences, instanceUpdated),
		},
		{
			key: "sessionTargets", name: "back to the stack's", from: config{"sessionTargets": "tagged", "targetTags": `["team=db"]`},
			to:   config{"sessionTargets": "stack", "targetTags": "[]"},
			want: lines(instanceReferences, instanceUpdated),
		},
		{
			key: "targetTags", from: config{"sessionTargets": "tagged", "targetTags": `["team=db"]`}, to: config{"targetTags": `["team=web","env=prod"]`},
			want: []string{instanceUpdated, "RolePolicy session-role: update"},
		},
		{
			key: "instancesPerZone", name: "by tag", from: config{"sessionTargets": "tagged", "targetTags": `["team=db"]`},
			to: config{"instancesPerZone": "2"}, want: []string{"Instance instances-a-2: create"},
		},
		{key: "loginUser", to: config{"loginUser": "ubuntu"}, want: []string{"RolePolicy session-role: update"}},
		{key: "sessionDocuments", to: config{"sessionDocuments": `["shell"]`}, want: []string{"RolePolicy session-role: update"}},
		{
			key: "aws:defaultTags", to: config{"aws:defaultTags": `{"tags":{"owner":"ann"}}`},
			want: lines(append(each(securityGroupRules, "update"), endpointsUpdated...), instanceUpdated, "Association instances-agent-update: update",
				"DefaultSecurityGroup network-default-sg: update", "InstanceProfile instance-role: update", "Role instance-role: update",
				"Role session-role: update", "RouteTable network-app: update", "RouteTable network-privatelink: update",
				"SecurityGroup security-endpoints: update", "SecurityGroup security-instances: update", "Subnet network-app-a: update",
				"Subnet network-privatelink-a: update", "Vpc network: update", "VpcEndpoint endpoints-s3: update"),
		},
	}
}
