package trials

import "slices"

// Keys of nobody.
const (
	annsKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBt5XNFvIFgpPyVRb8OXfWrLyxrm7VS8oJWnBz7ChZCA ann"
	bobsKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM3oLZ8UpVMN0pIFiBqSV5SIxSGLxLJqvFqCVSSVx7Rk bob"
)

// pinned is an image that is not the newest of any OS.
const pinned = "ami-06098fd00463352b6"

// volumeKey is a key that is assumed to exist.
const volumeKey = "arn:aws:kms:ap-northeast-1:123456789012:key/11111111-2222-3333-4444-555555555555"

// What touches an instance, in dev.
const (
	restarted = "Instance instances-a-1: restart"
	recreated = "Instance instances-a-1: recreate remove" // the new one stands before the old one goes
	makesWay  = "Instance instances-a-1: remove recreate"
)

// named are what names the instances, and follows them.
var named = []string{"Association instances-agent-update: update", "RolePolicy session-role: update"}

// endpoints are dev's interface endpoints, replaced: two cannot hold one private DNS name.
var endpoints = []string{"VpcEndpoint endpoints-ssm: remove recreate", "VpcEndpoint endpoints-ssmmessages: remove recreate"}

// reached are dev's interface endpoints where a zone comes or goes.
var reached = []string{"VpcEndpoint endpoints-ssm: update", "VpcEndpoint endpoints-ssmmessages: update"}

// reachedInProd are prod's, which records and encrypts.
var reachedInProd = append([]string{"VpcEndpoint endpoints-kms: update", "VpcEndpoint endpoints-logs: update"}, reached...)

// rules are dev's.
var rules = []string{
	"SecurityGroupEgressRule security-egress-endpoints", "SecurityGroupEgressRule security-egress-s3-443",
	"SecurityGroupIngressRule security-ingress-instances",
}

// lines puts lines together, in order.
func lines(some []string, more ...string) []string {
	return slices.Sorted(slices.Values(append(slices.Clone(some), more...)))
}

// each says the same of several resources.
func each(names []string, verbs string) []string {
	said := make([]string, len(names))
	for i, name := range names {
		said[i] = name + ": " + verbs
	}
	return said
}

// zone is what comes or goes with a zone.
func zone(letter, verb string) []string {
	return each([]string{
		"Instance instances-" + letter + "-1", "Subnet network-app-" + letter, "Subnet network-privatelink-" + letter,
		"RouteTableAssociation network-app-" + letter, "RouteTableAssociation network-privatelink-" + letter,
	}, verb)
}

// changes are all changes that are tried, by what they belong to.
func changes() []change {
	return slices.Concat(networkChanges(), endpointChanges(), instanceChanges(), accessChanges(), recordChanges())
}

func networkChanges() []change {
	return []change{
		{
			key: "namePrefix", to: settings{"namePrefix": "other"},
			want: lines(append(each(rules, "recreate remove"), reached...), updated, "Association instances-agent-update: update",
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
			key: "vpcCidr", to: settings{"vpcCidr": "10.1.0.0/16"},
			want: lines(slices.Concat(named, endpoints, each(rules, "recreate remove")), makesWay,
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
			key: "zones", name: "one more", to: settings{"zones": `["a","c"]`},
			want: lines(slices.Concat(named, reached, zone("c", "create"))),
			order: [][]string{
				{"create Subnet network-privatelink-c", "update VpcEndpoint endpoints-ssm", "create Instance instances-c-1"},
			},
		},
		{
			key: "zones", name: "a third", stack: "prod", to: settings{"zones": `["a","c","d"]`},
			want: lines(slices.Concat(named, reachedInProd, zone("d", "create"))),
		},
		{
			key: "zones", name: "the last goes", stack: "prod", from: settings{"terminationProtection": "false"}, to: settings{"zones": `["a"]`},
			want: lines(slices.Concat(named, reachedInProd, zone("c", "delete"))),
			order: [][]string{
				{"update VpcEndpoint endpoints-ssm", "delete Subnet network-privatelink-c"},
				{"delete Instance instances-c-1", "delete Subnet network-app-c"},
			},
		},
		{
			key: "zones", name: "the first goes", stack: "prod", from: settings{"terminationProtection": "false"}, to: settings{"zones": `["c"]`},
			want: lines(slices.Concat(named, reachedInProd, zone("a", "delete"))),
		},
		{
			key: "zones", name: "one for another", to: settings{"zones": `["c"]`},
			want: lines(slices.Concat(named, reached, zone("a", "delete"), zone("c", "create"))),
		},
		{key: "zones", name: "in another order", stack: "prod", to: settings{"zones": `["c","a"]`}},
		{
			key: "appSubnetCidrs", to: settings{"appSubnetCidrs": `["10.0.40.0/24"]`},
			want: lines(named, makesWay, "RouteTableAssociation network-app-a: remove recreate", "Subnet network-app-a: remove recreate"),
			order: [][]string{{
				"remove Instance instances-a-1", "remove Subnet network-app-a", "recreate Subnet network-app-a",
				"recreate RouteTableAssociation network-app-a", "recreate Instance instances-a-1",
			}},
		},
		{
			key: "appSubnetCidrs", name: "of one zone", stack: "prod", from: settings{"terminationProtection": "false"},
			to:   settings{"appSubnetCidrs": `["10.0.11.0/24","10.0.40.0/24"]`},
			want: lines(named, "Instance instances-c-1: remove recreate", "RouteTableAssociation network-app-c: remove recreate", "Subnet network-app-c: remove recreate"),
		},
		{
			key: "appSubnetCidrs", name: "in the shared layout", from: settings{"subnetLayout": "shared"}, to: settings{"appSubnetCidrs": `["10.0.40.0/24"]`},
			want: lines(append(endpoints, named...), makesWay, "RouteTableAssociation network-app-a: remove recreate", "Subnet network-app-a: remove recreate"),
			order: [][]string{{
				"remove VpcEndpoint endpoints-ssm", "remove Subnet network-app-a", "recreate Subnet network-app-a",
				"recreate VpcEndpoint endpoints-ssm", "recreate Instance instances-a-1",
			}},
		},
		{
			key: "privatelinkSubnetCidrs", to: settings{"privatelinkSubnetCidrs": `["10.0.41.0/24"]`},
			want: lines(endpoints, "RouteTableAssociation network-privatelink-a: remove recreate", "Subnet network-privatelink-a: remove recreate"),
			order: [][]string{{
				"remove VpcEndpoint endpoints-ssm", "remove Subnet network-privatelink-a", "recreate Subnet network-privatelink-a",
				"recreate VpcEndpoint endpoints-ssm",
			}},
		},
		{
			key: "subnetLayout", to: settings{"subnetLayout": "shared"},
			want: lines(endpoints, "RouteTable network-privatelink: delete", "RouteTableAssociation network-privatelink-a: delete",
				"Subnet network-privatelink-a: delete"),
			order: [][]string{{"remove VpcEndpoint endpoints-ssm", "recreate VpcEndpoint endpoints-ssm", "delete Subnet network-privatelink-a"}},
		},
		{
			key: "subnetLayout", name: "back", from: settings{"subnetLayout": "shared"}, to: settings{"subnetLayout": "separate"},
			want: lines(endpoints, "RouteTable network-privatelink: create", "RouteTableAssociation network-privatelink-a: create",
				"Subnet network-privatelink-a: create"),
			order: [][]string{{"create Subnet network-privatelink-a", "recreate VpcEndpoint endpoints-ssm"}},
		},
	}
}

func endpointChanges() []change {
	noUpdate := settings{"agentAutoUpdate": "false"}
	return []change{
		{key: "ec2messagesEndpoint", to: settings{"ec2messagesEndpoint": "true"}, want: []string{"VpcEndpoint endpoints-ec2messages: create"}},
		{
			key: "ec2messagesEndpoint", name: "off", from: settings{"ec2messagesEndpoint": "true"}, to: settings{"ec2messagesEndpoint": "false"},
			want: []string{"VpcEndpoint endpoints-ec2messages: delete"},
		},
		{
			key: "s3Endpoint", from: noUpdate, to: settings{"s3Endpoint": "false"},
			want: []string{"SecurityGroupEgressRule security-egress-s3-443: delete", "VpcEndpoint endpoints-s3: delete"},
		},
		{
			key: "s3Endpoint", name: "on", from: with(noUpdate, settings{"s3Endpoint": "false"}), to: settings{"s3Endpoint": "true"},
			want: []string{"SecurityGroupEgressRule security-egress-s3-443: create", "VpcEndpoint endpoints-s3: create"},
		},
		{
			key: "interfaceEndpoints", to: settings{"interfaceEndpoints": `["ecr.api","sts"]`},
			want: []string{"VpcEndpoint endpoints-ecr.api: create", "VpcEndpoint endpoints-sts: create"},
		},
		{
			key: "interfaceEndpoints", name: "one for another", from: settings{"interfaceEndpoints": `["ecr.api","sts"]`},
			to:   settings{"interfaceEndpoints": `["sts","secretsmanager"]`},
			want: []string{"VpcEndpoint endpoints-ecr.api: delete", "VpcEndpoint endpoints-secretsmanager: create"},
		},
		{key: "endpointPolicy", to: settings{"endpointPolicy": "full"}, want: lines(reached, "VpcEndpoint endpoints-s3: update")},
		{
			key: "endpointPolicy", name: "restricted", from: settings{"endpointPolicy": "full"}, to: settings{"endpointPolicy": "restricted"},
			want: []string{"VpcEndpoint endpoints-s3: update", "VpcEndpoint endpoints-ssm: update"},
		},
		{key: "organizationId", to: settings{"organizationId": "o-exampleorgid"}, want: []string{"VpcEndpoint endpoints-ssm: update"}},
		{key: "s3Buckets", to: settings{"s3Buckets": `["my-bucket"]`}, want: []string{"VpcEndpoint endpoints-s3: update"}},
		{
			key: "endpointIngress", to: settings{"endpointIngress": "vpc"},
			want: []string{
				"SecurityGroupIngressRule security-ingress-instances: delete", "SecurityGroupIngressRule security-ingress-vpc: create",
			},
			order: [][]string{{
				"create SecurityGroupIngressRule security-ingress-vpc", "delete SecurityGroupIngressRule security-ingress-instances",
			}},
		},
		{
			key: "endpointIngress", name: "instances", from: settings{"endpointIngress": "vpc"}, to: settings{"endpointIngress": "instances"},
			want: []string{
				"SecurityGroupIngressRule security-ingress-instances: create", "SecurityGroupIngressRule security-ingress-vpc: delete",
			},
		},
		{
			key: "instanceEgress", to: settings{"instanceEgress": "open"},
			want: []string{
				"SecurityGroupEgressRule security-egress-all: create", "SecurityGroupEgressRule security-egress-endpoints: delete",
				"SecurityGroupEgressRule security-egress-s3-443: delete",
			},
			order: [][]string{{"create SecurityGroupEgressRule security-egress-all", "delete SecurityGroupEgressRule security-egress-endpoints"}},
		},
		{
			key: "instanceEgress", name: "restricted", from: settings{"instanceEgress": "open"}, to: settings{"instanceEgress": "restricted"},
			want: []string{
				"SecurityGroupEgressRule security-egress-all: delete", "SecurityGroupEgressRule security-egress-endpoints: create",
				"SecurityGroupEgressRule security-egress-s3-443: create",
			},
			order: [][]string{{"create SecurityGroupEgressRule security-egress-endpoints", "delete SecurityGroupEgressRule security-egress-all"}},
		},
		{
			key: "forwardTo", to: settings{"forwardTo": `["10.0.32.0/24:5432"]`},
			want: []string{"SecurityGroupEgressRule security-egress-10.0.32.0-24-5432: create"},
		},
		{
			key: "forwardTo", name: "one for another", from: settings{"forwardTo": `["10.0.32.0/24:5432","10.0.32.0/24:6379"]`},
			to: settings{"forwardTo": `["10.0.32.0/24:6379","10.0.32.7/32:22"]`},
			want: []string{
				"SecurityGroupEgressRule security-egress-10.0.32.0-24-5432: delete",
				"SecurityGroupEgressRule security-egress-10.0.32.7-32-22: create",
			},
		},
	}
}
