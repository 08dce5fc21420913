package network

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// Network is a VPC with subnets: a VPC that the stack creates, or an ExistingVPC.
type Network interface {
	// Outputs returns the IDs that the stack exports.
	Outputs() Outputs
	// AppSubnets returns the subnets for instances, by zone letter.
	AppSubnets() map[string]pulumi.StringInput
	// EndpointSubnets returns the subnets for interface endpoints.
	EndpointSubnets() EndpointSubnets
	// S3RouteTableIDs returns the route tables that get a route to the S3 endpoint.
	S3RouteTableIDs() pulumi.StringArray
	// Associations returns the route table associations of the subnets, for DependsOn of resources that must
	// not use the VPC's main route table.
	Associations() []pulumi.Resource
	// ClientGroupIDs returns the existing security groups whose members can reach the endpoints, by their IDs.
	ClientGroupIDs() map[string]pulumi.StringInput
}

// Outputs are the IDs of a VPC and of what the stack uses in it.
type Outputs struct {
	// VPCID is the VPC's ID.
	VPCID pulumi.IDOutput
	// AppSubnetIDs maps a zone's letter to its subnet for instances.
	AppSubnetIDs pulumi.StringMapOutput
	// PrivatelinkSubnetIDs maps a zone's letter to its subnet for endpoints. Empty if they are in the app
	// subnets.
	PrivatelinkSubnetIDs pulumi.StringMapOutput
	// RouteTableIDs maps subnet groups, or subnets, to their route tables.
	RouteTableIDs pulumi.StringMapOutput
}

// EndpointSubnets are the subnets for interface endpoints, in the order of the zones.
type EndpointSubnets struct {
	// IDs are the IDs of the subnets.
	IDs pulumi.StringArray
	// ReplaceWith are resources that are replaced when the subnet of a zone is exchanged for another one.
	ReplaceWith []pulumi.Resource
	// Group is the name of the subnet group.
	Group string
}
