package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

// effect is a property that a configuration key changes.
type effect struct {
	set      values
	resource string
	property string // dotted, for properties of properties
	want     any
}

const (
	instance     = instanceType + "::instances-a-1"
	endpointSet  = "bastionless:endpoints:Set::endpoints"
	sessionRole  = "bastionless:iam:SessionRole::session-role"
	instanceRole = "bastionless:iam:InstanceRole::instance-role"
	sessions     = "bastionless:audit:Sessions::audit"
	limits       = "arn:aws:iam::123456789012:policy/limits"
	instances    = "bastionless:compute:Instances::instances"
	// userData is the content of testdata/stacks/user-data.sh.
	userData = "#!/bin/bash\nset -e\ndnf install -y docker\nsystemctl enable --now docker\n"
)

// inVPC returns the configuration of a stack in the existing VPC of the tests, with some values changed.
func inVPC(set values) values {
	all := values{
		"vpcId": pulumitest.VPC, "appSubnetIds": list(pulumitest.SubnetA), "endpointIngress": "vpc", "s3Endpoint": "true",
	}
	maps.Copy(all, set)
	return all
}

// target is the ID of an existing instance in the existing VPC of the tests, which has the tag team=db.
const target = "i-11111111"

// tagged returns the configuration of a stack whose instances are found by tags, with some values changed.
func tagged(set values) values {
	all := values{"sessionTargets": "tagged", "targetTags": list("team=db")}
	maps.Copy(all, set)
	return all
}

// accessOnly returns the configuration of a stack without instances in the existing VPC of the tests, with some values
// changed.
func accessOnly(set values) values {
	all := tagged(values{"vpcId": pulumitest.VPC, "instancesPerZone": "0", "existingEndpoints": list("all")})
	maps.Copy(all, set)
	return all
}

// targetAnswers returns the answers to the lookups of the instance target.
func targetAnswers() []pulumitest.Answer {
	instance := pulumitest.Target{
		ID: target, Subnet: pulumitest.SubnetA, State: "running", Profile: "web", Trusts: "ec2.amazonaws.com", Tags: pulumitest.Map{"team": "db"},
	}
	return append(instance.Answers(), pulumitest.TaggedInstances("team", "db", "bastionless/test/123456789012", nil, target)...)
}

// effects lists at least one effect of each key. The tests of the components cover the others.
var effects = []effect{
	{values{"namePrefix": "acme"}, vpcType + "::network", "tags.Name", "acme-vpc"},
	{values{"namePrefix": "acme"}, groupType + "::security-endpoints", "name", "acme-ssm-sg"},
	{values{"namePrefix": "acme"}, instance, "tags.Name", "acme-ec2"},
	{values{"vpcCidr": "10.1.0.0/16"}, vpcType + "::network", "cidrBlock", "10.1.0.0/16"},
	{values{"vpcCidr": "10.1.0.0/16"}, subnetType + "::network-app-a", "cidrBlock", "10.1.11.0/24"},
	{
		values{"vpcCidr": "10.1.0.0/16", "endpointIngress": "vpc"},
		ingressType + "::security-ingress-vpc", "cidrIpv4", "10.1.0.0/16",
	},
	{values{"zones": list("c")}, subnetType + "::network-app-c", "availabilityZone", "ap-northeast-1c"},
	{values{"zones": list("c")}, instanceType + "::instances-c-1", "subnetId", "network-app-c-id"},
	{values{"appSubnetCidrs": list("10.0.99.0/24")}, subnetType + "::network-app-a", "cidrBlock", "10.0.99.0/24"},
	{values{"privatelinkSubnetCidrs": list("10.0.99.0/24")}, subnetType + "::network-privatelink-a", "cidrBlock", "10.0.99.0/24"},
	{inVPC(nil), instance, "subnetId", pulumitest.SubnetA},
	{inVPC(nil), groupType + "::security-instances", "vpcId", pulumitest.VPC},
	{inVPC(nil), ingressType + "::security-ingress-vpc-100.64.0.0-16", "cidrIpv4", "100.64.0.0/16"},
	{inVPC(nil), endpointType + "::endpoints-s3", "routeTableIds", pulumitest.List{pulumitest.TableA}},
	{inVPC(nil), endpointType + "::endpoints-ssm", "tags.bastionless:owner", "bastionless/test/123456789012"},
	{
		inVPC(values{"endpointSubnetIds": list(pulumitest.SubnetC)}),
		endpointType + "::endpoints-ssm", "subnetIds",
		pulumitest.List{pulumitest.SubnetC},
	},
	{
		inVPC(values{"routeTableIds": list(pulumitest.MainTable, pulumitest.TableA)}),
		endpointType + "::endpoints-s3", "routeTableIds",
		pulumitest.List{pulumitest.MainTable, pulumitest.TableA},
	},
	{
		inVPC(values{"clientSecurityGroupIds": list(pulumitest.Clients), "endpointIngress": "instances"}),
		ingressType + "::security-ingress-" + pulumitest.Clients, "referencedSecurityGroupId", pulumitest.Clients,
	},
	{
		inVPC(values{"instanceSecurityGroupIds": list(pulumitest.Clients, pulumitest.AppGroup)}),
		instance, "vpcSecurityGroupIds",
		pulumitest.List{"security-instances-id", pulumitest.Clients, pulumitest.AppGroup},
	},
	{inVPC(values{"existingEndpoints": list("all")}), egressType + "::security-egress-https", "cidrIpv4", "0.0.0.0/0"},
	{values{"flowLogDays": "30"}, logGroupType + "::flow-logs", "retentionInDays", 30},
	{values{"subnetLayout": "shared"}, endpointType + "::endpoints-ssm", "subnetIds", pulumitest.List{"network-app-a-id"}},
	{values{"ec2messagesEndpoint": "true"}, endpointType + "::endpoints-ec2messages", "serviceName", tokyo("ec2messages")},
	{values{"s3Endpoint": "false", "agentAutoUpdate": "false"}, endpointSet, "s3", false},
	{
		values{"s3Endpoint": "false", "agentAutoUpdate": "false"},
		"bastionless:network:SecurityGroups::security", "s3PrefixListId", "",
	},
	{values{"interfaceEndpoints": list("kms")}, endpointType + "::endpoints-kms", "serviceName", tokyo("kms")},
	{values{"endpointPolicy": "full"}, endpointType + "::endpoints-ssmmessages", "policy", articlePolicy},
	{values{"organizationId": "o-exampleorgid"}, endpointSet, "organizationId", "o-exampleorgid"},
	{values{"s3Buckets": list("mine")}, endpointSet, "s3Buckets", pulumitest.List{"mine"}},
	{values{"publicBuckets": list("mirror")}, endpointSet, "publicBuckets", pulumitest.List{"mirror"}},
	{values{"endpointIngress": "vpc"}, ingressType + "::security-ingress-vpc", "cidrIpv4", "10.0.0.0/16"},
	{values{"ruleDescriptions": "false"}, ingressType + "::security-ingress-instances", "description", nil},
	{values{"instancesPerZone": "2"}, instanceType + "::instances-a-2", "tags.Name", "bastionless-test-ec2-a-2"},
	{values{"instanceType": "a1.large"}, instance, "instanceType", "a1.large"},
	{values{"instanceType": "a1.large"}, instance, "ebsOptimized", false},
	{values{"instanceType": "a1.large"}, instance, "ami", "ami-al2023-arm"},
	{values{"os": "al2"}, instance, "ami", "ami-al2-x86"},
	{values{"os": "al2"}, egressType + "::security-egress-s3-80", "fromPort", 80},
	{values{"os": "other", "amiId": "ami-06098fd00463352b6", "loginUser": "ubuntu"}, instances, "os", "other"},
	{values{"os": "other", "amiId": "ami-06098fd00463352b6", "loginUser": "ubuntu"}, instance, "ami", "ami-06098fd00463352b6"},
	{values{"amiId": "ami-06098fd00463352b6"}, instance, "ami", "ami-06098fd00463352b6"},
	{values{"keyName": "aws-ssh-key"}, instance, "keyName", "aws-ssh-key"},
	{values{"keyName": "aws-ssh-key"}, sessionRole, "pushKey", false},
	{values{"sshPublicKey": ed25519 + "\n"}, "aws:ec2/keyPair:KeyPair::instances", "publicKey", ed25519},
	{values{"sshPublicKey": ed25519 + "\n"}, instance, "keyName", "instances-key"},
	{values{"sshPublicKey": ed25519 + "\n"}, sessionRole, "pushKey", false},
	{values{"rootVolumeGiB": "20"}, instance, "rootBlockDevice.volumeSize", 20},
	{values{"rootVolumeEncrypted": "false"}, instance, "rootBlockDevice.encrypted", false},
	{
		values{"rootVolumeKmsKey": "arn:aws:kms:ap-northeast-1:123456789012:key/k-1"},
		instance, "rootBlockDevice.kmsKeyId", "arn:aws:kms:ap-northeast-1:123456789012:key/k-1",
	},
	{values{"detailedMonitoring": "true"}, instance, "monitoring", true},
	{values{"imds": "optional"}, instance, "metadataOptions.httpTokens", "optional"},
	{values{"imdsHopLimit": "2"}, instance, "metadataOptions.httpPutResponseHopLimit", 2},
	{
		values{"installLatestAgent": "true", "instanceType": "a1.large"},
		instance, "userData",
		"#!/bin/bash\nyum install -y https://s3.ap-northeast-1.amazonaws.com/amazon-ssm-ap-northeast-1/latest/linux_arm64/" +
			"amazon-ssm-agent.rpm\n",
	},
	{values{"userDataFile": "user-data.sh"}, instance, "userData", userData},
	{values{"agentAutoUpdate": "false"}, instances, "agentAutoUpdate", false},
	{values{"instanceEgress": "open"}, egressType + "::security-egress-all", "cidrIpv4", "0.0.0.0/0"},
	{
		values{"forwardTo": list("10.0.32.0/24:5432")},
		egressType + "::security-egress-10.0.32.0-24-5432", "cidrIpv4", "10.0.32.0/24",
	},
	{values{"terminationProtection": "true"}, instance, "disableApiTermination", true},
	{values{"instanceRoleName": "Agent"}, roleType + "::instance-role", "name", "Agent"},
	{values{"instancePolicy": "minimal"}, instanceRole, "policy", "minimal"},
	{
		values{"instancePolicyFiles": list("policies/app.json")},
		rolePolicyType + "::instance-role-policy-app", "name", "Workload-app",
	},
	{
		values{"instancePolicyArns": list("arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy")},
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment::instance-role-attached-CloudWatchAgentServerPolicy",
		"policyArn", "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
	},
	{values{"agentAutoUpdate": "false"}, instanceRole, "associations", false},
	{values{"ec2messagesEndpoint": "true"}, instanceRole, "ec2messages", true},
	{values{"permissionsBoundary": limits}, roleType + "::instance-role", "permissionsBoundary", limits},
	{values{"permissionsBoundary": limits}, roleType + "::session-role", "permissionsBoundary", limits},
	{values{"sessionRoleName": "People"}, roleType + "::session-role", "name", "People"},
	{values{"sessionPrincipals": list("210987654321")}, sessionRole, "principals", pulumitest.List{"210987654321"}},
	{values{"requireMfa": "false"}, sessionRole, "requireMfa", false},
	{values{"mfaMaxAgeMinutes": "60"}, sessionRole, "mfaMaxAgeMinutes", 60},
	{values{"sessionTargets": "any"}, sessionRole, "anyInstance", true},
	{tagged(nil), sessionRole, "sessionTargets", "tagged"},
	{tagged(nil), sessionRole, "targetTags", pulumitest.List{"team=db"}},
	{tagged(nil), instance, "tags.team", "db"},
	{
		tagged(nil), associationType + "::instances-agent-update", "targets",
		pulumitest.List{pulumitest.Map{"key": "tag:bastionless:owner", "values": pulumitest.List{"bastionless/test/123456789012"}}},
	},
	{accessOnly(values{"targetInstanceIds": list(target)}), sessionRole, "targetInstanceIds", pulumitest.List{target}},
	{values{"agentRoleNames": list("web")}, rolePolicyType + "::agent-policies-web", "role", "web"},
	{values{"loginUser": "ubuntu"}, sessionRole, "loginUser", "ubuntu"},
	{
		values{"sessionDocuments": list("shell", "port-forwarding")},
		sessionRole, "documents",
		pulumitest.List{"shell", "port-forwarding"},
	},
	{values{"sessionLogs": list("cloudwatch")}, sessions, "logGroup", true},
	{values{"sessionLogs": list("cloudwatch")}, sessionRole, "documents", pulumitest.List{"shell"}},
	{values{"sessionLogs": list("cloudwatch")}, sessionRole, "pushKey", false},
	{values{"sessionLogs": list("cloudwatch")}, endpointType + "::endpoints-logs", "serviceName", tokyo("logs")},
	{values{"sessionLogs": list("s3")}, sessions, "bucket", true},
	{values{"sessionLogs": list("s3"), "sessionLogDays": "20"}, sessions, "keepDays", 20},
	{values{"sessionLogs": list("cloudwatch"), "sessionLogDays": "30"}, logGroupType + "::audit", "retentionInDays", 30},
	{values{"sessionLogs": list("cloudwatch"), "sessionLogGroup": "/central"}, sessions, "existingLogGroup", "/central"},
	{values{"sessionLogs": list("s3"), "sessionBucket": "central"}, sessions, "existingBucket", "central"},
	{values{"sessionEncryption": "true"}, sessions, "encrypted", true},
	{values{"sessionEncryption": "true"}, sessionRole, "encrypted", true},
	{values{"sessionEncryption": "true"}, endpointType + "::endpoints-kms", "serviceName", tokyo("kms")},
	{values{"sessionIdleMinutes": "15"}, sessions, "idleMinutes", 15},
	{values{"sessionIdleMinutes": "15"}, sessionRole, "customDocument", true},
	{values{"sessionMaxMinutes": "480"}, sessions, "maxMinutes", 480},
	{values{"sessionRunAs": "ec2-user"}, documentType + "::audit", "content", shellDocument(`"runAsEnabled":true,"runAsDefaultUser":"ec2-user"`)},
	{values{"sessionRunAs": "ec2-user"}, sessionRole, "customDocument", true},
	{
		values{"sessionRunAs": "tag", "sessionPrincipals": list("arn:aws:iam::123456789012:user/ann")},
		sessionRole, "userTag", true,
	},
	{
		values{"sessionShell": "exec bash -l\n"},
		documentType + "::audit", "content",
		shellDocument(`"runAsEnabled":false,"runAsDefaultUser":"","shellProfile":{"linux":"exec bash -l"}`),
	},
}

// shellDocument returns the session document of a stack that records nothing, with its inputs about shells.
func shellDocument(inputs string) string {
	return `{"schemaVersion":"1.0","description":"Shells on the instances of bastionless-test","sessionType":"Standard_Stream",` +
		`"inputs":{"s3BucketName":"","s3KeyPrefix":"","s3EncryptionEnabled":false,"cloudWatchLogGroupName":"",` +
		`"cloudWatchEncryptionEnabled":false,"cloudWatchStreamingEnabled":false,"kmsKeyId":"",` + inputs + `}}`
}

// property returns the value of a property, or nil if there is no such resource or property.
func property(result *pulumitest.Result, key, path string) any {
	for _, r := range result.Resources {
		if r.Key() != key {
			continue
		}
		var value any = r.Inputs
		for _, name := range strings.Split(path, ".") {
			properties, _ := value.(pulumitest.Map)
			value = properties[name]
		}
		return value
	}
	return nil
}

func TestKeys_effects(t *testing.T) {
	t.Parallel()
	in := pulumitest.Tokyo()
	answers := append(in.Answers(), in.Service(tokyo("kms"), in.Zones...),
		pulumitest.LogGroup("/central", "STANDARD", ""), pulumitest.Bucket("central", "ap-northeast-1"),
		pulumitest.Parameter("al2023-ami-kernel-default-arm64", "ami-al2023-arm"),
		pulumitest.Parameter("amzn2-ami-hvm-x86_64-gp2", "ami-al2-x86"))
	graviton := in.InstanceType("a1.large", []string{"arm64"}, in.Zones...)
	graviton[1].Result["ebsOptimizedSupport"] = "unsupported" // not so on AWS
	answers = append(append(append(answers, graviton...), in.ExistingVPC()...), targetAnswers()...)
	runWith := func(t *testing.T, set values) *pulumitest.Result {
		t.Helper()
		result := pulumitest.Run(t, pulumitest.Setup{Config: configured(t, set), Answers: answers}, run)
		require.NoError(t, result.Err)
		return result
	}
	defaults := runWith(t, nil)
	seen := map[string]bool{}
	for _, test := range effects {
		for key := range test.set {
			seen[key] = true
		}
		require.NotEqual(t, test.want, property(defaults, test.resource, test.property), "%v has the effect of the defaults", test)
		require.Equal(t, test.want, property(runWith(t, test.set), test.resource, test.property), test)
	}
	require.Equal(t, slices.Sorted(maps.Keys(pulumitest.LoadProject(t, ".").Config)), slices.Sorted(maps.Keys(seen)))
}

// The stacks that the trials deploy set every key.
func TestKeys_setByStacks(t *testing.T) {
	t.Parallel()
	set := map[string]bool{}
	for _, stack := range []string{"sessions", "workload", "existing-all"} {
		for _, key := range pulumitest.StackKeys(t, ".", stack) {
			set[key] = true
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(pulumitest.LoadProject(t, ".").Config)), slices.Sorted(maps.Keys(set)))
}

// workloadPolicies are the resources with the workload's permissions.
var workloadPolicies = []string{
	rolePolicyType + "::instance-role-policy-app",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment::instance-role-attached-ReadOnlyAccess",
}

// A key adds exactly the resources that belong to it, and the instances depend on those that their agents need.
func TestKeys_addResources(t *testing.T) {
	t.Parallel()
	const records = rolePolicyType + "::instance-role-records"
	document := documentType + "::audit"
	for name, test := range map[string]struct {
		set       values
		adds      []string
		dependsOn []string // those of them on which instances depend
	}{
		"recording to CloudWatch Logs": {
			values{"sessionLogs": list("cloudwatch")},
			[]string{sessions, document, logGroupType + "::audit", endpointType + "::endpoints-logs", records},
			[]string{document, logGroupType + "::audit", endpointType + "::endpoints-logs", records},
		},
		"recording to S3": {
			values{"sessionLogs": list("s3")},
			append(recordsBucket(), sessions, document, records),
			[]string{document, bucketType + "::audit-records", encryptionType + "::audit-records", records},
		},
		"encryption": {
			values{"sessionEncryption": "true"},
			[]string{sessions, document, keyType + "::audit", "aws:kms/alias:Alias::audit", endpointType + "::endpoints-kms", records},
			[]string{document, keyType + "::audit", endpointType + "::endpoints-kms", records},
		},
		"permissions of the workload": {
			values{
				"instancePolicyFiles": list("policies/app.json"), "instancePolicyArns": list("arn:aws:iam::aws:policy/ReadOnlyAccess"),
			},
			workloadPolicies, workloadPolicies,
		},
		"a limit": {values{"sessionMaxMinutes": "60"}, []string{sessions, document}, []string{document}},
		"a user":  {values{"sessionRunAs": "ec2-user"}, []string{sessions, document}, []string{document}},
		"a shell": {values{"sessionShell": "exec bash -l"}, []string{sessions, document}, []string{document}},
		"flow logs": {
			values{"flowLogDays": "30"},
			[]string{
				"bastionless:network:FlowLogs::flow-logs", logGroupType + "::flow-logs", roleType + "::flow-logs",
				rolePolicyType + "::flow-logs", "aws:ec2/flowLog:FlowLog::flow-logs",
			},
			nil,
		},
		// These keys add no resources.
		"days alone": {values{"sessionLogDays": "7"}, nil, nil},
		"a boundary, an organization, monitoring": {
			values{"permissionsBoundary": limits, "organizationId": "o-exampleorgid", "detailedMonitoring": "true", "mfaMaxAgeMinutes": "5"},
			nil, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			without := pulumitest.Run(t, pulumitest.Setup{Config: configured(t, nil), Answers: pulumitest.Tokyo().Answers()}, run)
			with := pulumitest.Run(t, pulumitest.Setup{Config: configured(t, test.set), Answers: pulumitest.Tokyo().Answers()}, run)
			require.NoError(t, with.Err)
			require.ElementsMatch(t, append(pulumitest.Inventory(without.Resources), test.adds...), pulumitest.Inventory(with.Resources))
			require.ElementsMatch(t, append(without.Resource(t, instance).Dependencies, test.dependsOn...),
				with.Resource(t, instance).Dependencies)
		})
	}
}

// recordsBucket returns the keys of the records bucket and of the resources that protect it.
func recordsBucket() []string {
	var all []string
	for typ, names := range recorded {
		for _, name := range names {
			if name == "audit-records" {
				all = append(all, typ+"::"+name)
			}
		}
	}
	return all
}

// The restricted policy of the S3 endpoint allows the records bucket.
func TestKeys_recordsBucketInTheS3Policy(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]bool{"restricted": true, "full": false} {
		result := pulumitest.Run(t, pulumitest.Setup{
			Config:  configured(t, values{"sessionLogs": list("s3"), "endpointPolicy": policy}),
			Answers: pulumitest.Tokyo().Answers(),
		}, run)
		require.NoError(t, result.Err)
		text := property(result, endpointType+"::endpoints-s3", "policy").(string)
		require.Equal(t, want, strings.Contains(text, `"Resource":["arn:aws:s3:::audit-records-bucket","arn:aws:s3:::audit-records-bucket/*"]`))
		require.Equal(t, !want, text == articlePolicy)
	}
}

// The restricted policy of the S3 endpoint allows the repositories of the operating system and the
// buckets of the workload.
func TestKeys_s3Policy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		set            values
		allows, denies string
	}{
		{nil, "arn:aws:s3:::al2023-repos-ap-northeast-1-de612dc2/*", "arn:aws:s3:::amazonlinux-2-repos-ap-northeast-1/*"},
		{
			values{"os": "al2"},
			"arn:aws:s3:::amazonlinux-2-repos-ap-northeast-1/*",
			"arn:aws:s3:::al2023-repos-ap-northeast-1-de612dc2/*",
		},
		{values{"s3Buckets": list("mine")}, "arn:aws:s3:::mine/*", "arn:aws:s3:::yours/*"},
		{values{"publicBuckets": list("mirror")}, "arn:aws:s3:::mirror/*", "arn:aws:s3:::yours/*"},
		{
			values{"interfaceEndpoints": list("ecr.dkr")},
			"arn:aws:s3:::prod-ap-northeast-1-starport-layer-bucket/*", "arn:aws:s3:::prod-ap-northeast-1-starport-layer-bucket",
		},
		{
			values{"interfaceEndpoints": list("ecr.api")},
			"arn:aws:s3:::amazon-ssm-ap-northeast-1/*", "arn:aws:s3:::prod-ap-northeast-1-starport-layer-bucket/*",
		},
	} {
		in := pulumitest.Tokyo()
		answers := append(in.Answers(), pulumitest.Parameter("amzn2-ami-hvm-x86_64-gp2", "ami-al2-x86"),
			in.Service(tokyo("ecr.dkr"), in.Zones...), in.Service(tokyo("ecr.api"), in.Zones...))
		result := pulumitest.Run(t, pulumitest.Setup{Config: configured(t, test.set), Answers: answers}, run)
		require.NoError(t, result.Err)
		policy := property(result, endpointType+"::endpoints-s3", "policy")
		require.Contains(t, policy, `"`+test.allows+`"`)
		require.NotContains(t, policy, `"`+test.denies+`"`)
	}
}
