package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

const (
	vpcType          = "aws:ec2/vpc:Vpc"
	defaultGroupType = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	subnetType       = "aws:ec2/subnet:Subnet"
	routeTableType   = "aws:ec2/routeTable:RouteTable"
	existingType     = "bastionless:network:ExistingVPC"
	stashType        = "pulumi:index:Stash"
	aclType          = "aws:ec2/networkAcl:NetworkAcl"
	defaultACLType   = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
	routesType       = "aws:ec2/routeTableAssociation:RouteTableAssociation"
	groupType        = "aws:ec2/securityGroup:SecurityGroup"
	ingressType      = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressType       = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
	endpointType     = "aws:ec2/vpcEndpoint:VpcEndpoint"
	roleType         = "aws:iam/role:Role"
	attachmentType   = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	profileType      = "aws:iam/instanceProfile:InstanceProfile"
	rolePolicyType   = "aws:iam/rolePolicy:RolePolicy"
	instanceType     = "aws:ec2/instance:Instance"
	associationType  = "aws:ssm/association:Association"
	documentType     = "aws:ssm/document:Document"
	keyType          = "aws:kms/key:Key"
	logGroupType     = "aws:cloudwatch/logGroup:LogGroup"
	bucketType       = "aws:s3/bucketV2:BucketV2"
	encryptionType   = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
)

type values = pulumitest.Values

var list = pulumitest.Strings

// configured returns the default configuration with some values changed.
func configured(t *testing.T, set values) map[string]string {
	t.Helper()
	return pulumitest.ConfigWith(t, ".", set)
}

// tokyo returns the name of an endpoint service in ap-northeast-1.
func tokyo(code string) string { return "com.amazonaws.ap-northeast-1." + code }

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ann@example.org"

// keys returns the keys of resources, sorted.
func keys(byType map[string][]string) []string {
	var all []string
	for typ, names := range byType {
		for _, name := range names {
			all = append(all, typ+"::"+name)
		}
	}
	slices.Sort(all)
	return all
}

func runStack(t *testing.T, mode pulumitest.Mode, stack string) *pulumitest.Result {
	t.Helper()
	result := pulumitest.Run(t, pulumitest.Setup{
		Mode: mode, Stack: stack, Config: pulumitest.StackConfig(t, ".", stack), Answers: pulumitest.Tokyo().Answers(),
	}, run)
	require.NoError(t, result.Err)
	return result
}

// components are the components that every stack has.
var components = map[string][]string{
	"bastionless:network:VPC":            {"network"},
	"bastionless:network:SecurityGroups": {"security"},
	"bastionless:endpoints:Set":          {"endpoints"},
	"bastionless:iam:InstanceRole":       {"instance-role"},
	"bastionless:iam:SessionRole":        {"session-role"},
	"bastionless:compute:Instances":      {"instances"},
}

// zoneResources returns the resources of zones.
func zoneResources(zones ...string) map[string][]string {
	resources := map[string][]string{}
	for _, zone := range zones {
		for _, typ := range []string{subnetType, routesType} {
			resources[typ] = append(resources[typ], "network-app-"+zone, "network-privatelink-"+zone)
		}
		resources[instanceType] = append(resources[instanceType], "instances-"+zone+"-1")
	}
	return resources
}

// inEveryStack are resources that every stack has.
var inEveryStack = map[string][]string{
	vpcType:          {"network"},
	defaultGroupType: {"network-default-sg"},
	routeTableType:   {"network-app", "network-privatelink"},
	groupType:        {"security-instances", "security-endpoints"},
	roleType:         {"instance-role", "session-role"},
	profileType:      {"instance-role"},
	rolePolicyType:   {"session-role"},
}

// managed are resources of stacks whose instances have the managed policy.
var managed = map[string][]string{attachmentType: {"instance-role-core"}}

// recorded are resources of a stack with minimal permissions, flow logs, and encrypted sessions that are
// recorded in CloudWatch Logs and S3.
var recorded = map[string][]string{
	"bastionless:audit:Sessions":   {"audit"},
	"bastionless:network:FlowLogs": {"flow-logs"},
	documentType:                   {"audit"},
	keyType:                        {"audit"},
	"aws:kms/alias:Alias":          {"audit"},
	logGroupType:                   {"audit", "flow-logs"},
	bucketType:                     {"audit-records"},
	encryptionType:                 {"audit-records"},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":               {"audit-records"},
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":               {"audit-records"},
	"aws:s3/bucketPolicy:BucketPolicy":                                     {"audit-records"},
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                         {"audit-records"},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {"audit-records"},
	endpointType:              {"endpoints-logs", "endpoints-kms"},
	roleType:                  {"flow-logs"},
	rolePolicyType:            {"flow-logs", "instance-role-agent", "instance-role-records"},
	"aws:ec2/flowLog:FlowLog": {"flow-logs"},
}

// restricted are resources of stacks with the default rules and endpoints.
var restricted = map[string][]string{
	ingressType:     {"security-ingress-instances"},
	egressType:      {"security-egress-endpoints", "security-egress-s3-443"},
	endpointType:    {"endpoints-ssm", "endpoints-ssmmessages", "endpoints-s3"},
	associationType: {"instances-agent-update"},
}

// open are resources of the article's stack.
var open = map[string][]string{
	ingressType:  {"security-ingress-vpc"},
	egressType:   {"security-egress-all"},
	endpointType: {"endpoints-ssm", "endpoints-ssmmessages", "endpoints-ec2messages", "endpoints-s3"},
}

// The frozen stacks have exactly these resources. The tests of the components cover their properties;
// those of the article's stack are in TestArticle.
func TestStacks_inventory(t *testing.T) {
	t.Parallel()
	for stack, parts := range map[string][]map[string][]string{
		"article": {components, inEveryStack, managed, open, zoneResources("a")},
		"dev":     {components, inEveryStack, managed, restricted, zoneResources("a")},
		"prod":    {components, inEveryStack, restricted, recorded, zoneResources("a", "c")},
	} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			var want []string
			for _, part := range parts {
				want = append(want, keys(part)...)
			}
			slices.Sort(want)
			pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
				require.Equal(t, want, pulumitest.Inventory(runStack(t, mode, stack).Resources))
			})
		})
	}
}

// An instance depends on exactly what its agent needs when it starts.
func TestStacks_dependenciesOfInstances(t *testing.T) {
	t.Parallel()
	agent := map[string][]string{
		roleType: {"instance-role"}, profileType: {"instance-role"}, groupType: {"security-instances"},
	}
	records := map[string][]string{
		documentType: {"audit"}, keyType: {"audit"}, logGroupType: {"audit"}, bucketType: {"audit-records"},
		encryptionType: {"audit-records"}, endpointType: {"endpoints-logs", "endpoints-kms"},
		rolePolicyType: {"instance-role-agent", "instance-role-records"},
	}
	routes := func(zones ...string) map[string][]string {
		return map[string][]string{routesType: zoneResources(zones...)[routesType]}
	}
	rules := func(of map[string][]string) map[string][]string {
		return map[string][]string{ingressType: of[ingressType], egressType: of[egressType], endpointType: of[endpointType]}
	}
	for stack, test := range map[string]struct {
		zones []string
		parts []map[string][]string
	}{
		"article": {[]string{"a"}, []map[string][]string{agent, managed, rules(open), routes("a")}},
		"dev":     {[]string{"a"}, []map[string][]string{agent, managed, rules(restricted), routes("a")}},
		"prod":    {[]string{"a", "c"}, []map[string][]string{agent, records, rules(restricted), routes("a", "c")}},
	} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
				result := runStack(t, mode, stack)
				for _, zone := range test.zones {
					want := []string{subnetType + "::network-app-" + zone}
					for _, part := range test.parts {
						want = append(want, keys(part)...)
					}
					slices.Sort(want)
					require.Equal(t, want, result.Resource(t, instanceType+"::instances-"+zone+"-1").Dependencies)
				}
			})
		})
	}
}

// The endpoints do not depend on IAM, and IAM does not depend on the VPC, except for policies that name
// the destinations of records. Only resources that refer to the instances depend on them.
func TestStacks_otherDependencies(t *testing.T) {
	t.Parallel()
	result := runStack(t, pulumitest.Update, "prod")
	isIAM := func(key string) bool { return strings.HasPrefix(key, "aws:iam/") }
	var after, across []string
	for _, r := range result.Resources {
		for _, dependency := range r.Dependencies {
			switch {
			case strings.HasPrefix(dependency, instanceType):
				after = append(after, r.Key())
			case r.Type != instanceType && isIAM(r.Type) != isIAM(dependency):
				across = append(across, r.Key()+" depends on "+dependency)
			}
		}
	}
	require.Equal(t, []string{rolePolicyType + "::session-role", associationType + "::instances-agent-update"},
		slices.Compact(after))
	slices.Sort(across)
	require.Equal(t, []string{
		"aws:ec2/flowLog:FlowLog::flow-logs depends on " + roleType + "::flow-logs",
		"aws:ec2/flowLog:FlowLog::flow-logs depends on " + rolePolicyType + "::flow-logs",
		rolePolicyType + "::flow-logs depends on " + logGroupType + "::flow-logs",
		rolePolicyType + "::instance-role-records depends on " + logGroupType + "::audit",
		rolePolicyType + "::instance-role-records depends on " + keyType + "::audit",
		rolePolicyType + "::instance-role-records depends on " + bucketType + "::audit-records",
		rolePolicyType + "::session-role depends on " + keyType + "::audit",
		rolePolicyType + "::session-role depends on " + documentType + "::audit",
	}, across)
	require.Equal(t, []string{routeTableType + "::network-app", vpcType + "::network", bucketType + "::audit-records"},
		result.Resource(t, endpointType+"::endpoints-s3").Dependencies)
	for _, code := range []string{"logs", "kms"} {
		for _, dependency := range result.Resource(t, endpointType+"::endpoints-"+code).Dependencies {
			require.True(t, strings.HasPrefix(dependency, "aws:ec2/"), dependency)
		}
	}
}

// When a stack is destroyed, only the records, their key and the resources that protect them are retained.
func TestStacks_retainRecords(t *testing.T) {
	t.Parallel()
	for stack, want := range map[string][]string{
		"article": {},
		"dev":     {},
		"prod": keys(map[string][]string{
			keyType: {"audit"}, logGroupType: {"audit"}, bucketType: {"audit-records"}, encryptionType: {"audit-records"},
			"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":               {"audit-records"},
			"aws:s3/bucketOwnershipControls:BucketOwnershipControls":               {"audit-records"},
			"aws:s3/bucketPolicy:BucketPolicy":                                     {"audit-records"},
			"aws:s3/bucketVersioningV2:BucketVersioningV2":                         {"audit-records"},
			"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {"audit-records"},
		}),
	} {
		kept := []pulumitest.Resource{}
		for _, r := range runStack(t, pulumitest.Update, stack).Resources {
			if slices.Contains(r.Options, "retainOnDelete: true") {
				kept = append(kept, r)
				// A fixed name would already exist when the stack is deployed again.
				require.NotContains(t, r.Inputs, "name", r.Key())
			}
		}
		require.Equal(t, want, pulumitest.Inventory(kept), stack)
	}
}

// All roles of a stack have the permissions boundary.
func TestStack_permissionsBoundary(t *testing.T) {
	t.Parallel()
	const boundary = "arn:aws:iam::123456789012:policy/limits"
	result := pulumitest.Run(t, pulumitest.Setup{
		Config: configured(t, values{"permissionsBoundary": boundary, "flowLogDays": "30"}), Answers: pulumitest.Tokyo().Answers(),
	}, run)
	require.NoError(t, result.Err)
	var roles []string
	for _, r := range result.Resources {
		if r.Type == roleType {
			roles = append(roles, r.Name)
			require.Equal(t, boundary, r.Inputs["permissionsBoundary"], r.Name)
		}
	}
	require.Equal(t, []string{"flow-logs", "instance-role", "session-role"}, roles)
}

// The key policy allows the log group, whose name is generated from a prefix.
func TestStack_keyPolicyAllowsTheLogGroup(t *testing.T) {
	t.Parallel()
	result := runStack(t, pulumitest.Update, "prod")
	require.Equal(t, "bastionless-prod-sessions-", result.Resource(t, logGroupType+"::audit").Inputs["namePrefix"])
	require.Contains(t, result.Resource(t, keyType+"::audit").Inputs["policy"],
		`"arn:aws:logs:ap-northeast-1:123456789012:log-group:bastionless-prod-sessions-*"`)
}

// Instances do not depend on the endpoints of further services.
func TestStack_furtherServices(t *testing.T) {
	t.Parallel()
	result := pulumitest.Run(t, pulumitest.Setup{
		Config:  configured(t, values{"interfaceEndpoints": list("kms", "ecr.api")}),
		Answers: append(pulumitest.Tokyo().Answers(), pulumitest.Tokyo().Service(tokyo("kms"), "a"), pulumitest.Tokyo().Service(tokyo("ecr.api"), "a")),
	}, run)
	require.NoError(t, result.Err)
	var endpoints []string
	for _, dependency := range result.Resource(t, instanceType+"::instances-a-1").Dependencies {
		if name, ok := strings.CutPrefix(dependency, endpointType+"::"); ok {
			endpoints = append(endpoints, name)
		}
	}
	require.Equal(t, []string{"endpoints-kms", "endpoints-s3", "endpoints-ssm", "endpoints-ssmmessages"}, endpoints)
	require.Equal(t, pulumitest.Map{
		"ecr.api": "endpoints-ecr.api-id", "kms": "endpoints-kms-id", "s3": "endpoints-s3-id", "ssm": "endpoints-ssm-id",
		"ssmmessages": "endpoints-ssmmessages-id",
	}, result.Exports["endpoints"])
}

// wantExports returns the outputs that all stacks have, for these zones.
func wantExports(mode pulumitest.Mode, own pulumitest.Map, zones ...string) pulumitest.Map {
	app, privatelink, instances := pulumitest.Map{}, pulumitest.Map{}, pulumitest.Map{}
	for _, zone := range zones {
		app[zone], privatelink[zone] = "network-app-"+zone+"-id", "network-privatelink-"+zone+"-id"
		name := zone + "-1"
		instances[name] = pulumitest.Map{
			"id": "instances-" + name + "-id", "zone": "ap-northeast-1" + zone, "privateIp": "instances-" + name + "-ip",
		}
	}
	want := pulumitest.Map{
		"vpcId":                   mode.ID("network"),
		"subnetIds":               pulumitest.Map{"app": mode.Computed(app), "privatelink": mode.Computed(privatelink)},
		"routeTableIds":           mode.Computed(pulumitest.Map{"app": "network-app-id", "privatelink": "network-privatelink-id"}),
		"instanceSecurityGroupId": mode.ID("security-instances"),
		"endpointSecurityGroupId": mode.ID("security-endpoints"),
		"sessionRoleArn":          mode.Computed("arn:of:session-role"),
		"instances":               mode.Computed(instances),
		"consoleUrl": "https://ap-northeast-1.console.aws.amazon.com/systems-manager/session-manager/start-session" +
			"?region=ap-northeast-1",
	}
	for name, value := range own {
		want[name] = value
	}
	return want
}

// connection returns the output connection, with changes for a stack.
func connection(mode pulumitest.Mode, profile string, own pulumitest.Map, zones ...string) any {
	instances := pulumitest.Map{}
	for _, zone := range zones {
		name := zone + "-1"
		instances[name] = pulumitest.Map{
			"id": "instances-" + name + "-id", "zone": "ap-northeast-1" + zone, "privateIp": "instances-" + name + "-ip",
		}
	}
	all := pulumitest.Map{
		"region": "ap-northeast-1", "profile": profile, "documents": pulumitest.List{"shell", "ssh"}, "customDocument": "",
		"loginUser": "ec2-user", "pushKey": false, "openEgress": false, "forwardTo": pulumitest.List{}, "instances": instances,
	}
	maps.Copy(all, own)
	return mode.Computed(all)
}

func endpointIDs(codes ...string) pulumitest.Map {
	ids := pulumitest.Map{}
	for _, code := range codes {
		ids[code] = "endpoints-" + code + "-id"
	}
	return ids
}

func TestStacks_exports(t *testing.T) {
	t.Parallel()
	const start = "aws ssm start-session --profile %s --region ap-northeast-1 --target "
	command := func(prefix string) string { return strings.Replace(start, "%s", prefix, 1) }
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		require.Equal(t, wantExports(mode, pulumitest.Map{
			"endpoints":        mode.Computed(endpointIDs("ssm", "ssmmessages", "ec2messages", "s3")),
			"instanceRoleName": "EC2RoleforSSM",
			"startSession":     mode.Computed(pulumitest.Map{"a-1": command("inomaso-dev") + "instances-a-1-id"}),
			"portForward":      mode.Computed(pulumitest.Map{"a-1": pulumitest.Map{}}),
			"sshConfig": mode.Computed("Host inomaso-dev-a-1\n  HostName instances-a-1-id\n  User ec2-user\n" +
				"  IdentityFile ~/.ssh/id_ed25519\n  ProxyCommand " + command("inomaso-dev") +
				"%h --document-name AWS-StartSSHSession --parameters portNumber=%p\n"),
			"awsProfile": mode.Computed("[profile inomaso-dev]\nregion = ap-northeast-1\nrole_arn = arn:of:session-role\n" +
				"role_session_name = <your IAM user name>\nsource_profile = <your profile>\nmfa_serial = <ARN of your MFA device>\n"),
			"connection": connection(mode, "inomaso-dev", pulumitest.Map{"openEgress": true}, "a"),
		}, "a"), runStack(t, mode, "article").Exports, "article")

		require.Equal(t, wantExports(mode, pulumitest.Map{
			"endpoints":        mode.Computed(endpointIDs("ssm", "ssmmessages", "s3")),
			"instanceRoleName": mode.Computed("instance-role-name"),
			"startSession":     mode.Computed(pulumitest.Map{"a-1": command("bastionless-dev") + "instances-a-1-id"}),
			"portForward":      mode.Computed(pulumitest.Map{"a-1": pulumitest.Map{}}),
			"sshConfig": mode.Computed("Host bastionless-dev-a-1\n  HostName instances-a-1-id\n  User ec2-user\n" +
				"  IdentityFile ~/.ssh/id_ed25519\n  ProxyCommand " + command("bastionless-dev") +
				"%h --document-name AWS-StartSSHSession --parameters portNumber=%p\n" +
				"Match originalhost bastionless-dev-a-1 exec \"aws ec2-instance-connect send-ssh-public-key " +
				"--profile bastionless-dev --region ap-northeast-1 --instance-id instances-a-1-id --instance-os-user %r " +
				"--ssh-public-key file://~/.ssh/id_ed25519.pub\"\n"),
			"awsProfile": mode.Computed("[profile bastionless-dev]\nregion = ap-northeast-1\nrole_arn = arn:of:session-role\n" +
				"role_session_name = <your name>\nsource_profile = <your profile>\nmfa_serial = <ARN of your MFA device>\n"),
			"connection": connection(mode, "bastionless-dev", pulumitest.Map{"pushKey": true}, "a"),
		}, "a"), runStack(t, mode, "dev").Exports, "dev")

		require.Equal(t, wantExports(mode, pulumitest.Map{
			"endpoints":        mode.Computed(endpointIDs("ssm", "ssmmessages", "logs", "kms", "s3")),
			"instanceRoleName": mode.Computed("instance-role-name"),
			"sessionRecords": pulumitest.Map{
				"document": mode.Computed("audit-name"), "logGroup": mode.Computed("audit-name"),
				"bucket": mode.Computed("audit-records-bucket"), "keyArn": mode.Computed("arn:of:audit"),
			},
			"startSession": mode.Computed(pulumitest.Map{
				"a-1": command("bastionless-prod") + "instances-a-1-id --document-name audit-name",
				"c-1": command("bastionless-prod") + "instances-c-1-id --document-name audit-name",
			}),
			"portForward": mode.Computed(pulumitest.Map{"a-1": pulumitest.Map{}, "c-1": pulumitest.Map{}}),
			"sshConfig":   mode.Computed(""),
			"awsProfile": mode.Computed("[profile bastionless-prod]\nregion = ap-northeast-1\nrole_arn = arn:of:session-role\n" +
				"role_session_name = <your IAM user name>\nsource_profile = <your profile>\nmfa_serial = <ARN of your MFA device>\n"),
			"connection": connection(mode, "bastionless-prod", pulumitest.Map{
				"documents": pulumitest.List{"shell"}, "customDocument": "audit-name",
			}, "a", "c"),
		}, "a", "c"), runStack(t, mode, "prod").Exports, "prod")
	})
}

func TestStack_sharedSubnets(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{
			Mode: mode, Config: configured(t, values{"subnetLayout": "shared"}), Answers: pulumitest.Tokyo().Answers(),
		}, run)
		require.NoError(t, result.Err)
		require.Equal(t, pulumitest.List{mode.ID("network-app-a")},
			result.Resource(t, endpointType+"::endpoints-ssm").Inputs["subnetIds"])
		require.Equal(t, []string{
			"deleteBeforeReplace: true", "replaceWith: " + subnetType + "::network-app-a", "replacementTrigger: app",
		}, result.Resource(t, endpointType+"::endpoints-ssm").Options)
		require.Equal(t, pulumitest.Map{"app": mode.Computed(pulumitest.Map{"a": "network-app-a-id"}), "privatelink": pulumitest.Map{}},
			result.Exports["subnetIds"])
		require.Equal(t, mode.Computed(pulumitest.Map{"app": "network-app-id"}), result.Exports["routeTableIds"])
		for _, key := range pulumitest.Inventory(result.Resources) {
			require.NotContains(t, key, "privatelink")
		}
	})
}

// A stack in another partition contains no Region, partition or DNS suffix of the partition aws.
func TestStack_otherPartitions(t *testing.T) {
	t.Parallel()
	set := values{
		"ec2messagesEndpoint": "true", "os": "al2", "installLatestAgent": "true", "s3Buckets": list("mine"),
		"sessionPrincipals": list("account", "sso:Admin", "210987654321"), "requireMfa": "false",
		"sessionDocuments": list("shell", "ssh", "port-forwarding", "remote-port-forwarding"), "forwardTo": list("10.0.32.0/24:5432"),
	}
	records := values{
		"sessionLogs": list("cloudwatch", "s3"), "sessionEncryption": "true", "flowLogDays": "30", "instancePolicy": "minimal",
	}
	for name, test := range map[string]struct {
		in      pulumitest.Region
		foreign []string
	}{
		// The service principal of EC2 and the path of Identity Center's roles are the same in GovCloud.
		"GovCloud": {pulumitest.GovCloud(), []string{"arn:aws:", "amazonaws.com.cn", "ap-northeast-1", "us-east-1", "cn-north-1"}},
		"China":    {pulumitest.Beijing(), []string{"arn:aws:", "ap-northeast-1", "us-east-1", "us-gov"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, set := range []values{nil, set, records} {
				answers := append(test.in.Answers(), pulumitest.Parameter("amzn2-ami-hvm-x86_64-gp2", "ami-al2"))
				result := pulumitest.Run(t, pulumitest.Setup{Config: configured(t, set), Answers: answers}, run)
				require.NoError(t, result.Err)
				require.NotEmpty(t, result.Resources)
				var texts []string
				for _, r := range result.Resources {
					texts = collect(texts, r.Inputs)
				}
				for _, invoke := range result.Invokes {
					texts = collect(texts, invoke.Args)
				}
				texts = collect(texts, result.Exports)
				for _, text := range texts {
					for _, foreign := range test.foreign {
						require.NotContains(t, text, foreign)
					}
					if test.in.Partition == "aws-cn" {
						own := strings.ReplaceAll(text, "amazonaws.com.cn", "")
						own = strings.ReplaceAll(own, "vpc-flow-logs.amazonaws.com", "") // the same in every partition
						own = strings.ReplaceAll(own, "role/aws-reserved/sso.amazonaws.com", "")
						require.NotContains(t, own, "amazonaws.com")
					}
				}
			}
		})
	}
}

// collect appends all strings in a value.
func collect(texts []string, value any) []string {
	switch value := value.(type) {
	case string:
		return append(texts, value)
	case pulumitest.List:
		for _, element := range value {
			texts = collect(texts, element)
		}
	case pulumitest.Map:
		for _, element := range value {
			texts = collect(texts, element)
		}
	case pulumitest.Secret:
		return collect(texts, value.Value)
	}
	return texts
}

// The stack dev has the same resources in all partitions.
func TestStack_devInOtherPartitions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		in              pulumitest.Region
		trusts, console string
	}{
		"GovCloud": {pulumitest.GovCloud(), "ec2.amazonaws.com", "https://us-gov-west-1.console.amazonaws-us-gov.com"},
		"China":    {pulumitest.Beijing(), "ec2.amazonaws.com.cn", "https://cn-north-1.console.amazonaws.cn"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := pulumitest.StackConfig(t, ".", "dev")
			config["aws:region"] = test.in.Name
			result := pulumitest.Run(t, pulumitest.Setup{Stack: "dev", Config: config, Answers: test.in.Answers()}, run)
			require.NoError(t, result.Err)
			want := slices.Concat(keys(components), keys(inEveryStack), keys(managed), keys(restricted), keys(zoneResources("a")))
			slices.Sort(want)
			require.Equal(t, want, pulumitest.Inventory(result.Resources))
			require.Equal(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["`+test.trusts+
				`"]},"Action":["sts:AssumeRole"]}]}`, result.Resource(t, roleType+"::instance-role").Inputs["assumeRolePolicy"])
			require.Equal(t, "arn:"+test.in.Partition+":iam::aws:policy/AmazonSSMManagedInstanceCore",
				result.Resource(t, attachmentType+"::instance-role-core").Inputs["policyArn"])
			require.Equal(t, "com.amazonaws."+test.in.Name+".ssm", result.Resource(t, endpointType+"::endpoints-ssm").Inputs["serviceName"])
			require.Equal(t, test.console+"/systems-manager/session-manager/start-session?region="+test.in.Name, result.Exports["consoleUrl"])
		})
	}
}
