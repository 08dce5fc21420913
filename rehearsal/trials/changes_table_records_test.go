package trials

// The part of the table in changes_table_test.go that is about records. What is deleted of them stays in the account:
// switches_test.go counts it.

// bucket is what a stack has for records in S3.
var bucket = []string{
	"BucketLifecycleConfigurationV2 audit-records", "BucketOwnershipControls audit-records", "BucketPolicy audit-records",
	"BucketPublicAccessBlock audit-records", "BucketServerSideEncryptionConfigurationV2 audit-records", "BucketV2 audit-records",
	"BucketVersioningV2 audit-records",
}

// flowLogs are what records the VPC's traffic.
var flowLogs = []string{"FlowLog flow-logs", "LogGroup flow-logs", "Role flow-logs", "RolePolicy flow-logs"}

func recordChanges() []change {
	logs, bothLogs := settings{"sessionLogs": `["cloudwatch"]`}, settings{"sessionLogs": both}
	own := func(verb string, more ...string) []string {
		return lines(each(append(more, "Document audit"), verb), "RolePolicy session-role: update")
	}
	return []change{
		{key: "flowLogDays", to: settings{"flowLogDays": "30"}, want: each(flowLogs, "create")},
		{
			key: "flowLogDays", name: "more", from: settings{"flowLogDays": "30"}, to: settings{"flowLogDays": "60"},
			want: []string{"LogGroup flow-logs: update"},
		},
		{
			key: "flowLogDays", name: "none", from: settings{"flowLogDays": "30"}, to: settings{"flowLogDays": "0"},
			want: each(flowLogs, "delete"), order: [][]string{{"delete FlowLog flow-logs", "delete LogGroup flow-logs"}},
		},
		{
			key: "sessionLogs", to: logs,
			want:  own("create", "LogGroup audit", "RolePolicy instance-role-records", "VpcEndpoint endpoints-logs"),
			order: [][]string{{"create LogGroup audit", "create Document audit"}},
		},
		{
			key: "sessionLogs", name: "S3 instead", from: logs, to: settings{"sessionLogs": `["s3"]`},
			want: lines(each(bucket, "create"), "Document audit: update", "LogGroup audit: delete",
				"RolePolicy instance-role-records: update", "VpcEndpoint endpoints-logs: delete", "VpcEndpoint endpoints-s3: update"),
			order: [][]string{{"create BucketV2 audit-records", "update Document audit", "delete LogGroup audit"}},
		},
		{
			key: "sessionLogs", name: "none", from: logs, to: settings{"sessionLogs": "[]"},
			want: own("delete", "LogGroup audit", "RolePolicy instance-role-records", "VpcEndpoint endpoints-logs"),
		},
		{
			key: "sessionEncryption", to: settings{"sessionEncryption": "true"},
			want: own("create", "Alias audit", "Key audit", "RolePolicy instance-role-records", "VpcEndpoint endpoints-kms"),
		},
		{
			key: "sessionEncryption", name: "none", from: settings{"sessionEncryption": "true"}, to: settings{"sessionEncryption": "false"},
			want: own("delete", "Alias audit", "Key audit", "RolePolicy instance-role-records", "VpcEndpoint endpoints-kms"),
		},
		{
			key: "sessionLogDays", from: bothLogs, to: settings{"sessionLogDays": "30"},
			want: []string{"BucketLifecycleConfigurationV2 audit-records: update", "LogGroup audit: update"},
		},
		{key: "sessionIdleMinutes", to: settings{"sessionIdleMinutes": "15"}, want: own("create")},
		{
			key: "sessionMaxMinutes", from: settings{"sessionIdleMinutes": "15"}, to: settings{"sessionMaxMinutes": "60"},
			want: []string{"Document audit: update"},
		},
		{
			key: "namePrefix", name: "of records", to: settings{"namePrefix": "other"},
			from: with(bothLogs, settings{"sessionEncryption": "true"}),
			want: lines(append(each(rules, "recreate remove"), reached...), updated, "Association instances-agent-update: update",
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
