package trials

import "slices"

// Public keys whose private keys were discarded.
const (
	firstPublicKey  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBt5XNFvIFgpPyVRb8OXfWrLyxrm7VS8oJWnBz7ChZCA ann"
	secondPublicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM3oLZ8UpVMN0pIFiBqSV5SIxSGLxLJqvFqCVSSVx7Rk bob"
)

// pinnedImage is an AMI that is not the newest one of any operating system.
const pinnedImage = "ami-06098fd00463352b6"

// volumeKeyARN is a key that is assumed to exist.
const volumeKeyARN = "arn:aws:kms:ap-northeast-1:123456789012:key/11111111-2222-3333-4444-555555555555"

// Effects on the instance of dev.
const (
	instanceRestarted           = "Instance instances-a-1: restart"
	instanceReplaced            = "Instance instances-a-1: recreate remove"
	instanceReplacedDeleteFirst = "Instance instances-a-1: remove recreate"
)

// instanceReferences are the effects on the resources that refer to the instances by ID.
var instanceReferences = []string{"Association instances-agent-update: update", "RolePolicy session-role: update"}

// endpointsReplaced are the effects on dev's interface endpoints when they are replaced. The old ones are
// deleted first, because two endpoints cannot have the same private DNS name.
var endpointsReplaced = []string{"VpcEndpoint endpoints-ssm: remove recreate", "VpcEndpoint endpoints-ssmmessages: remove recreate"}

// endpointsUpdated are the effects on dev's interface endpoints when their subnets or tags change.
var endpointsUpdated = []string{"VpcEndpoint endpoints-ssm: update", "VpcEndpoint endpoints-ssmmessages: update"}

// prodEndpointsUpdated are the same effects on prod's interface endpoints.
var prodEndpointsUpdated = append([]string{"VpcEndpoint endpoints-kms: update", "VpcEndpoint endpoints-logs: update"}, endpointsUpdated...)

// securityGroupRules are the rules of dev's security groups.
var securityGroupRules = []string{
	"SecurityGroupEgressRule security-egress-endpoints", "SecurityGroupEgressRule security-egress-s3-443",
	"SecurityGroupIngressRule security-ingress-instances",
}

// lines returns the lines of all lists, sorted.
func lines(first []string, more ...string) []string {
	return slices.Sorted(slices.Values(append(slices.Clone(first), more...)))
}

// each returns the same effect on several resources.
func each(resources []string, verbs string) []string {
	effects := make([]string, len(resources))
	for i, resource := range resources {
		effects[i] = resource + ": " + verbs
	}
	return effects
}

// zoneEffects returns the effects on the resources of a zone.
func zoneEffects(letter, verb string) []string {
	return each([]string{
		"Instance instances-" + letter + "-1", "Subnet network-app-" + letter, "Subnet network-privatelink-" + letter,
		"RouteTableAssociation network-app-" + letter, "RouteTableAssociation network-privatelink-" + letter,
	}, verb)
}

// changes returns all changes under test.
func changes() []change {
	return slices.Concat(networkChanges(), existingChanges(), endpointChanges(), instanceChanges(), accessChanges(), targetChanges(), recordChanges())
}

func networkChanges() []change {
	return []change{
		{
			key: "namePrefix", to: config{"namePrefix": "other"},
			want: lines(append(each(securityGroupRules, "recreate remove"), endpointsUpdated...), instanceUpdated, "Association instances-agent-update: update",
				"RouteTable network-app: update", "RouteTable network-privatelink: update", "Subnet network-app-a: update",
				"Subnet network-privatelink-a: update", "Vpc network: update", "SecurityGroup security-instances: recreate remove",
				"SecurityGroup security-endpoints: recreate remove"),
			order: [][]string{
				{
					"recreate SecurityGroup security-instances", "recreate SecurityGroupEgressRule security-egress-endpoints",
					"update Instance instances-a-1", "remove SecurityGroupEgressRule security-egress-endpoints",
					"remove SecurityGroup security-instances",
				},
				{
					"recreate SecurityGroup security-endpoints", "update VpcEndpoint endpoints-ssm",
					"remove SecurityGroup security-endpoints",
				},
			},
		},
		{
			key: "vpcCidr", to: config{"vpcCidr": "10.1.0.0/16"},
			want: lines(slices.Concat(instanceReferences, endpointsReplaced, each(securityGroupRules, "recreate remove")), instanceReplacedDeleteFirst,
				"Vpc network: recreate remove", "DefaultSecurityGroup network-default-sg: recreate remove",
				"RouteTable network-app: recreate remove", "RouteTable network-privatelink: recreate remove",
				"RouteTableAssociation network-app-a: remove recreate", "RouteTableAssociation network-privatelink-a: remove recreate",
				"Subnet network-app-a: remove recreate", "Subnet network-privatelink-a: remove recreate",
				"SecurityGroup security-instances: recreate remove", "SecurityGroup security-endpoints: recreate remove",
				"VpcEndpoint endpoints-s3: remove recreate"),
			order: [][]string{
				{"remove Instance instances-a-1", "remove Subnet network-app-a", "recreate Subnet network-app-a", "recreate Instance instances-a-1"},
				{"recreate Vpc network", "recreate Subnet network-app-a", "remove Vpc network"},
				{"remove VpcEndpoint endpoints-ssm", "recreate VpcEndpoint endpoints-ssm", "recreate Instance instances-a-1"},
			},
		},
		{
			key: "zones", name: "with a second zone", to: config{"zones": `["a","c"]`},
			want: lines(slices.Concat(instanceReferences, endpointsUpdated, zoneEffects("c", "create"))),
			order: [][]string{
				{"create Subnet network-privatelink-c", "update VpcEndpoint endpoints-ssm", "create Instance instances-c-1"},
			},
		},
		{
			key: "zones", name: "with a third zone", stack: "prod", to: config{"zones": `["a","c","d"]`},
			want: lines(slices.Concat(instanceReferences, prodEndpointsUpdated, zoneEffects("d", "create"))),
		},
		{
			key: "zones", name: "without the last zone", stack: "prod", from: config{"terminationProtection": "false"}, to: config{"zones": `["a"]`},
			want: lines(slices.Concat(instanceReferences, prodEndpointsUpdated, zoneEffects("c", "delete"))),
			order: [][]string{
				{"update VpcEndpoint endpoints-ssm", "delete Subnet network-privatelink-c"},
				{"delete Instance instances-c-1", "delete Subnet network-app-c"},
			},
		},
		{
			key: "zones", name: "without the first zone", stack: "prod", from: config{"terminationProtection": "false"}, to: config{"zones": `["c"]`},
			want: lines(slices.Concat(instanceReferences, prodEndpointsUpdated, zoneEffects("a", "delete"))),
		},
		{
			key: "zones", name: "with another zone instead", to: config{"zones": `["c"]`},
			want: lines(slices.Concat(instanceReferences, endpointsUpdated, zoneEffects("a", "delete"), zoneEffects("c", "create"))),
		},
		{key: "zones", name: "in a different order", stack: "prod", to: config{"zones": `["c","a"]`}},
		{
			key: "appSubnetCidrs", to: config{"appSubnetCidrs": `["10.0.40.0/24"]`},
			want: lines(instanceReferences, instanceReplacedDeleteFirst, "RouteTableAssociation network-app-a: remove recreate", "Subnet network-app-a: remove recreate"),
			order: [][]string{{
				"remove Instance instances-a-1", "remove Subnet network-app-a", "recreate Subnet network-app-a",
				"recreate RouteTableAssociation network-app-a", "recreate Instance instances-a-1",
			}},
		},
		{
			key: "appSubnetCidrs", name: "in one zone", stack: "prod", from: config{"terminationProtection": "false"},
			to:   config{"appSubnetCidrs": `["10.0.11.0/24","10.0.40.0/24"]`},
			want: lines(instanceReferences, "Instance instances-c-1: remove recreate", "RouteTableAssociation network-app-c: remove recreate", "Subnet network-app-c: remove recreate"),
		},
		{
			key: "appSubnetCidrs", name: "in the shared layout", from: config{"subnetLayout": "shared"}, to: config{"appSubnetCidrs": `["10.0.40.0/24"]`},
			want: lines(append(endpointsReplaced, instanceReferences...), instanceReplacedDeleteFirst, "RouteTableAssociation network-app-a: remove recreate", "Subnet network-app-a: remove recreate"),
			order: [][]string{{
				"remove VpcEndpoint endpoints-ssm", "remove Subnet network-app-a", "recreate Subnet network-app-a",
				"recreate VpcEndpoint endpoints-ssm", "recreate Instance instances-a-1",
			}},
		},
		{
			key: "privatelinkSubnetCidrs", to: config{"privatelinkSubnetCidrs": `["10.0.41.0/24"]`},
			want: lines(endpointsReplaced, "RouteTableAssociation network-privatelink-a: remove recreate", "Subnet network-privatelink-a: remove recreate"),
			order: [][]string{{
				"remove VpcEndpoint endpoints-ssm", "remove Subnet network-privatelink-a", "recreate Subnet network-privatelink-a",
				"recreate VpcEndpoint endpoints-ssm",
			}},
		},
		{
			key: "subnetLayout", to: config{"subnetLayout": "shared"},
			want: lines(endpointsReplaced, "RouteTable network-privatelink: delete", "RouteTableAssociation network-privatelink-a: delete",
				"Subnet network-privatelink-a: delete"),
			order: [][]string{{"remove VpcEndpoint endpoints-ssm", "recreate VpcEndpoint endpoints-ssm", "delete Subnet network-privatelink-a"}},
		},
		{
			key: "subnetLayout", name: "to separate", from: config{"subnetLayout": "shared"}, to: config{"subnetLayout": "separate"},
			want: lines(endpointsReplaced, "RouteTable network-privatelink: create", "RouteTableAssociation network-privatelink-a: create",
				"Subnet network-privatelink-a: create"),
			order: [][]string{{"create Subnet network-privatelink-a", "recreate VpcEndpoint endpoints-ssm"}},
		},
	}
}

func endpointChanges() []change {
	noAgentUpdate := config{"agentAutoUpdate": "false"}
	return []change{
		{key: "ec2messagesEndpoint", to: config{"ec2messagesEndpoint": "true"}, want: []string{"VpcEndpoint endpoints-ec2messages: create"}},
		{
			key: "ec2messagesEndpoint", name: "off", from: config{"ec2messagesEndpoint": "true"}, to: config{"ec2messagesEndpoint": "false"},
			want: []string{"VpcEndpoint endpoints-ec2messages: delete"},
		},
		{
			key: "s3Endpoint", from: noAgentUpdate, to: config{"s3Endpoint": "false"},
			want: []string{"SecurityGroupEgressRule security-egress-s3-443: delete", "VpcEndpoint endpoints-s3: delete"},
		},
		{
			key: "s3Endpoint", name: "on", from: merge(noAgentUpdate, config{"s3Endpoint": "false"}), to: config{"s3Endpoint": "true"},
			want: []string{"SecurityGroupEgressRule security-egress-s3-443: create", "VpcEndpoint endpoints-s3: create"},
		},
		{
			key: "interfaceEndpoints", to: config{"interfaceEndpoints": `["ecr.api","sts"]`},
			want: []string{"VpcEndpoint endpoints-ecr.api: create", "VpcEndpoint endpoints-sts: create"},
		},
		{
			key: "interfaceEndpoints", name: "with another service instead", from: config{"interfaceEndpoints": `["ecr.api","sts"]`},
			to:   config{"interfaceEndpoints": `["sts","secretsmanager"]`},
			want: []string{"VpcEndpoint endpoints-ecr.api: delete", "VpcEndpoint endpoints-secretsmanager: create"},
		},
		{key: "endpointPolicy", to: config{"endpointPolicy": "full"}, want: lines(endpointsUpdated, "VpcEndpoint endpoints-s3: update")},
		{
			key: "endpointPolicy", name: "restricted", from: config{"endpointPolicy": "full"}, to: config{"endpointPolicy": "restricted"},
			want: []string{"VpcEndpoint endpoints-s3: update", "VpcEndpoint endpoints-ssm: update"},
		},
		{key: "organizationId", to: config{"organizationId": "o-exampleorgid"}, want: []string{"VpcEndpoint endpoints-ssm: update"}},
		{key: "s3Buckets", to: config{"s3Buckets": `["my-bucket"]`}, want: []string{"VpcEndpoint endpoints-s3: update"}},
		{
			key: "endpointIngress", to: config{"endpointIngress": "vpc"},
			want: []string{
				"SecurityGroupIngressRule security-ingress-instances: delete", "SecurityGroupIngressRule security-ingress-vpc: create",
			},
			order: [][]string{{
				"create SecurityGroupIngressRule security-ingress-vpc", "delete SecurityGroupIngressRule security-ingress-instances",
			}},
		},
		{
			key: "endpointIngress", name: "instances", from: config{"endpointIngress": "vpc"}, to: config{"endpointIngress": "instances"},
			want: []string{
				"SecurityGroupIngressRule security-ingress-instances: create", "SecurityGroupIngressRule security-ingress-vpc: delete",
			},
		},
		{
			key: "instanceEgress", to: config{"instanceEgress": "open"},
			want: []string{
				"SecurityGroupEgressRule security-egress-all: create", "SecurityGroupEgressRule security-egress-endpoints: delete",
				"SecurityGroupEgressRule security-egress-s3-443: delete",
			},
			order: [][]string{{"create SecurityGroupEgressRule security-egress-all", "delete SecurityGroupEgressRule security-egress-endpoints"}},
		},
		{
			key: "instanceEgress", name: "restricted", from: config{"instanceEgress": "open"}, to: config{"instanceEgress": "restricted"},
			want: []string{
				"SecurityGroupEgressRule security-egress-all: delete", "SecurityGroupEgressRule security-egress-endpoints: create",
				"SecurityGroupEgressRule security-egress-s3-443: create",
			},
			order: [][]string{{"create SecurityGroupEgressRule security-egress-endpoints", "delete SecurityGroupEgressRule security-egress-all"}},
		},
		{
			key: "forwardTo", to: config{"forwardTo": `["10.0.32.0/24:5432"]`},
			want: []string{"SecurityGroupEgressRule security-egress-10.0.32.0-24-5432: create"},
		},
		{
			key: "forwardTo", name: "with another target instead", from: config{"forwardTo": `["10.0.32.0/24:5432","10.0.32.0/24:6379"]`},
			to: config{"forwardTo": `["10.0.32.0/24:6379","10.0.32.7/32:22"]`},
			want: []string{
				"SecurityGroupEgressRule security-egress-10.0.32.0-24-5432: delete",
				"SecurityGroupEgressRule security-egress-10.0.32.7-32-22: create",
			},
		},
	}
}
