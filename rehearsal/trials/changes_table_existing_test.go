package trials

import "slices"

// appGroup is the security group of the instance that exists.
const appGroup = "sg-0a1b2c3d4e5f6000a"

// Existing route tables: that of the public subnet, and one without a subnet.
const (
	publicTable = "rtb-0a1b2c3d4e5f6000f"
	unusedTable = "rtb-0a1b2c3d4e5f60010"
)

// ownVPC changes the stack "existing" into one that creates its VPC.
var ownVPC = config{"vpcId": "", "appSubnetIds": "[]", "existingEndpoints": "[]", "endpointIngress": "instances"}

// inExistingVPC is the opposite change.
var inExistingVPC = config{
	"vpcId": existingVPC, "appSubnetIds": list([]string{privateA}), "existingEndpoints": `["s3"]`, "endpointIngress": "vpc",
}

// clientsOnly lets only the stack's instances and those of appGroup use the endpoints.
var clientsOnly = config{"clientSecurityGroupIds": list([]string{appGroup}), "endpointIngress": "instances"}

// ownS3 is a stack with an S3 endpoint, in a subnet whose route table has no route to another one.
var ownS3 = config{
	"existingEndpoints": "[]", "s3Endpoint": "true", "appSubnetIds": list([]string{publicA}), "routeTableIds": list([]string{publicTable}),
}

// Effects of a change to another VPC, and of changes to an existing VPC and back.
var (
	otherVPC = lines(slices.Concat(instanceReferences, endpointsReplaced), instanceReplaced,
		"SecurityGroup security-endpoints: recreate remove", "SecurityGroup security-instances: recreate remove",
		"SecurityGroupEgressRule security-egress-endpoints: recreate remove",
		"SecurityGroupEgressRule security-egress-s3-443: recreate remove")
	s3Updated = []string{"VpcEndpoint endpoints-s3: update"}
	newVPC    = []string{
		"DefaultSecurityGroup network-default-sg", "RouteTable network-app", "RouteTable network-privatelink",
		"RouteTableAssociation network-app-a", "RouteTableAssociation network-privatelink-a", "Subnet network-app-a",
		"Subnet network-privatelink-a", "SecurityGroupIngressRule security-ingress-instances", "Vpc network", "VpcEndpoint endpoints-s3",
	}
	existingBlocks = []string{
		"SecurityGroupIngressRule security-ingress-vpc", "SecurityGroupIngressRule security-ingress-vpc-100.64.0.0-16",
	}
	twoInstances = []string{"Instance instances-a-1", "Instance instances-c-1"}
	readSubnetA  = []string{
		"RouteTable existing-network-rtb-0a1b2c3d4e5f6000a", "RouteTableAssociation existing-network-" + privateA,
		"Subnet existing-network-" + privateA,
	}
)

// existingChanges are changes of what a stack uses in an existing VPC. A resource that the stack no longer reads is
// discarded: it leaves the state.
func existingChanges() []change {
	oneSubnet := config{"appSubnetIds": list([]string{privateA})}
	inSubnetA := config{"endpointSubnetIds": list([]string{privateA})}
	endpointsFirst := []string{
		"remove VpcEndpoint endpoints-ssm", "recreate VpcEndpoint endpoints-ssm", "recreate Instance instances-a-1",
		"remove Instance instances-a-1",
	}
	return []change{
		{
			key: "vpcId", stack: existingStack, from: ownVPC, to: inExistingVPC,
			want:  lines(slices.Concat(otherVPC, each(newVPC, "delete"), each(existingBlocks, "create"))),
			order: [][]string{append(slices.Clone(endpointsFirst), "delete Subnet network-app-a", "delete Vpc network")},
		},
		{
			key: "vpcId", name: "removed", stack: existingStack, from: inExistingVPC, to: ownVPC,
			want: lines(slices.Concat(otherVPC, each(newVPC, "create"), each(existingBlocks, "delete"), each(readSubnetA, "discard")),
				"DefaultNetworkAcl existing-network-acl-0a1b2c3d4e5f60001: discard", "Vpc existing-network-"+existingVPC+": discard",
				"VpcEndpoint endpoints-existing-s3: discard"),
			order: [][]string{endpointsFirst},
		},
		{
			key: "appSubnetIds", name: "with a second zone", stack: existingStack, from: oneSubnet,
			to:   config{"appSubnetIds": list([]string{privateA, privateC})},
			want: lines(slices.Concat(instanceReferences, endpointsUpdated), "Instance instances-c-1: create"),
		},
		{
			key: "appSubnetIds", name: "without the first zone", stack: existingStack, to: config{"appSubnetIds": list([]string{privateC})},
			want: lines(slices.Concat(instanceReferences, endpointsUpdated, each(readSubnetA, "discard")), "Instance instances-a-1: delete"),
		},
		{
			// Without S3, to which the route table of the other subnet does not lead. The update association is off, too.
			key: "appSubnetIds", name: "with another subnet in the zone", stack: existingStack,
			from:  merge(oneSubnet, config{"existingEndpoints": "[]", "s3Endpoint": "false", "agentAutoUpdate": "false"}),
			to:    config{"appSubnetIds": list([]string{publicA})},
			want:  lines(slices.Concat(endpointsReplaced, each(readSubnetA, "discard")), instanceReplaced, "RolePolicy session-role: update"),
			order: [][]string{endpointsFirst},
		},
		{
			key: "endpointSubnetIds", stack: existingStack, from: inSubnetA, to: config{"endpointSubnetIds": list([]string{publicA})},
			want: endpointsReplaced,
		},
		{
			key: "endpointSubnetIds", name: "with a second zone", stack: existingStack, from: inSubnetA,
			to:   config{"endpointSubnetIds": list([]string{privateA, privateC})},
			want: endpointsUpdated,
		},
		{
			key: "endpointSubnetIds", name: "without the second zone", stack: existingStack, to: inSubnetA,
			want: endpointsUpdated,
		},
		{
			key: "existingEndpoints", stack: existingStack, to: config{"existingEndpoints": `["s3","kms"]`},
			want: []string{"SecurityGroupEgressRule security-egress-sg-0a1b2c3d4e5f6000e: create"},
		},
		{
			key: "existingEndpoints", name: "all", stack: existingStack,
			to: config{"existingEndpoints": `["all"]`, "endpointIngress": "instances"},
			want: lines(each(existingBlocks, "delete"), "SecurityGroup security-endpoints: delete",
				"SecurityGroupEgressRule security-egress-endpoints: delete", "SecurityGroupEgressRule security-egress-https: create",
				"VpcEndpoint endpoints-existing-s3: discard", "VpcEndpoint endpoints-ssm: delete", "VpcEndpoint endpoints-ssmmessages: delete"),
		},
		{
			key: "routeTableIds", stack: existingStack, from: ownS3, to: config{"routeTableIds": list([]string{publicTable, unusedTable})},
			want: s3Updated,
		},
		{
			key: "routeTableIds", name: "removed", stack: existingStack,
			from: merge(ownS3, config{"routeTableIds": list([]string{publicTable, unusedTable})}), to: config{"routeTableIds": "[]"},
			want: lines(s3Updated, "RouteTable existing-network-"+unusedTable+": discard"),
		},
		{
			key: "instanceSecurityGroupIds", stack: existingStack, to: config{"instanceSecurityGroupIds": list([]string{appGroup})},
			want: each(twoInstances, "update"),
		},
		{
			key: "instanceSecurityGroupIds", name: "removed", stack: existingStack,
			from: config{"instanceSecurityGroupIds": list([]string{appGroup})}, to: config{"instanceSecurityGroupIds": "[]"},
			want: lines(each(twoInstances, "update"), "SecurityGroup existing-network-"+appGroup+": discard"),
		},
		{
			key: "clientSecurityGroupIds", stack: existingStack, to: clientsOnly,
			want: lines(each(existingBlocks, "delete"), "SecurityGroupIngressRule security-ingress-instances: create",
				"SecurityGroupIngressRule security-ingress-"+appGroup+": create"),
		},
		{
			key: "clientSecurityGroupIds", name: "removed", stack: existingStack, from: clientsOnly,
			to: config{"clientSecurityGroupIds": "[]", "endpointIngress": "vpc"},
			want: lines(each(existingBlocks, "create"), "SecurityGroup existing-network-"+appGroup+": discard",
				"SecurityGroupIngressRule security-ingress-instances: delete", "SecurityGroupIngressRule security-ingress-"+appGroup+": delete"),
		},
	}
}
