package trials

// This file contains the changes of records. "delete" means that the object leaves the state;
// toggles_test.go checks which objects stay in the account. changes_table_test.go combines the tables.

// bucket are the resources for records in S3.
var bucket = []string{
	"BucketLifecycleConfigurationV2 audit-records", "BucketOwnershipControls audit-records", "BucketPolicy audit-records",
	"BucketPublicAccessBlock audit-records", "BucketServerSideEncryptionConfigurationV2 audit-records", "BucketV2 audit-records",
	"BucketVersioningV2 audit-records",
}

// flowLogs are the resources for VPC Flow Logs.
var flowLogs = []string{"FlowLog flow-logs", "LogGroup flow-logs", "Role flow-logs", "RolePolicy flow-logs"}

func recordChanges() []change {
	logs, bothLogs := config{"sessionLogs": `["cloudwatch"]`}, config{"sessionLogs": bothTargets}
	users := config{"sessionPrincipals": `["arn:aws:iam::123456789012:user/ann"]`}
	document := func(verb string, more ...string) []string {
		return lines(each(append(more, "Document audit"), verb), "RolePolicy session-role: update")
	}
	return []change{
		{key: "flowLogDays", to: config{"flowLogDays": "30"}, want: each(flowLogs, "create")},
		{
			key: "flowLogDays", name: "longer", from: config{"flowLogDays": "30"}, to: config{"flowLogDays": "60"},
			want: []string{"LogGroup flow-logs: update"},
		},
		{
			key: "flowLogDays", name: "none", from: config{"flowLogDays": "30"}, to: config{"flowLogDays": "0"},
			want: each(flowLogs, "delete"), order: [][]string{{"delete FlowLog flow-logs", "delete LogGroup flow-logs"}},
		},
		{
			key: "sessionLogs", to: logs,
			want:  document("create", "LogGroup audit", "RolePolicy instance-role-records", "VpcEndpoint endpoints-logs"),
			order: [][]string{{"create LogGroup audit", "create Document audit"}},
		},
		{
			key: "sessionLogs", name: "S3 instead", from: logs, to: config{"sessionLogs": `["s3"]`},
			want: lines(each(bucket, "create"), "Document audit: update", "LogGroup audit: delete",
				"RolePolicy instance-role-records: update", "VpcEndpoint endpoints-logs: delete", "VpcEndpoint endpoints-s3: update"),
			order: [][]string{{"create BucketV2 audit-records", "update Document audit", "delete LogGroup audit"}},
		},
		{
			key: "sessionLogs", name: "none", from: logs, to: config{"sessionLogs": "[]"},
			want: document("delete", "LogGroup audit", "RolePolicy instance-role-records", "VpcEndpoint endpoints-logs"),
		},
		{
			key: "sessionEncryption", to: config{"sessionEncryption": "true"},
			want: document("create", "Alias audit", "Key audit", "RolePolicy instance-role-records", "VpcEndpoint endpoints-kms"),
		},
		{
			key: "sessionEncryption", name: "none", from: config{"sessionEncryption": "true"}, to: config{"sessionEncryption": "false"},
			want: document("delete", "Alias audit", "Key audit", "RolePolicy instance-role-records", "VpcEndpoint endpoints-kms"),
		},
		{
			key: "sessionLogDays", from: bothLogs, to: config{"sessionLogDays": "30"},
			want: []string{"BucketLifecycleConfigurationV2 audit-records: update", "LogGroup audit: update"},
		},
		{key: "sessionIdleMinutes", to: config{"sessionIdleMinutes": "15"}, want: document("create")},
		{
			key: "sessionMaxMinutes", from: config{"sessionIdleMinutes": "15"}, to: config{"sessionMaxMinutes": "60"},
			want: []string{"Document audit: update"},
		},
		{
			key: "sessionLogGroup", from: logs, to: config{"sessionLogGroup": "/central/sessions"},
			want:  []string{"Document audit: update", "LogGroup audit: delete", "RolePolicy instance-role-records: update"},
			order: [][]string{{"update Document audit", "delete LogGroup audit"}},
		},
		{
			key: "sessionBucket", from: config{"sessionLogs": `["s3"]`}, to: config{"sessionBucket": "central-session-records"},
			want: lines(each(bucket, "delete"), "Document audit: update", "RolePolicy instance-role-records: update", "VpcEndpoint endpoints-s3: update"),
		},
		{key: "sessionRunAs", to: config{"sessionRunAs": "ec2-user"}, want: document("create")},
		{
			key: "sessionRunAs", name: "by tag", from: merge(config{"sessionRunAs": "ec2-user"}, users), to: config{"sessionRunAs": "tag"},
			want: []string{"Document audit: update", "Role session-role: update"},
		},
		{key: "sessionRunAs", name: "none", from: config{"sessionRunAs": "ec2-user"}, to: config{"sessionRunAs": ""}, want: document("delete")},
		{key: "sessionShell", to: config{"sessionShell": "exec bash -l"}, want: document("create")},
		{
			key: "namePrefix", name: "with records", to: config{"namePrefix": "other"},
			from: merge(bothLogs, config{"sessionEncryption": "true"}),
			want: lines(append(each(securityGroupRules, "recreate remove"), endpointsUpdated...), instanceUpdated, "Association instances-agent-update: update",
				"RouteTable network-app: update", "RouteTable network-privatelink: update", "Subnet network-app-a: update",
				"Subnet network-privatelink-a: update", "Vpc network: update", "SecurityGroup security-instances: recreate remove",
				"SecurityGroup security-endpoints: recreate remove", "VpcEndpoint endpoints-kms: update",
				"VpcEndpoint endpoints-logs: update", "Alias audit: update", "Document audit: update", "Key audit: recreate remove",
				"LogGroup audit: recreate remove", "BucketServerSideEncryptionConfigurationV2 audit-records: update",
				"RolePolicy instance-role-records: update", "RolePolicy session-role: update"),
			order: [][]string{{"recreate LogGroup audit", "update Document audit", "remove LogGroup audit"}},
		},
	}
}
