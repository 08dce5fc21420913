package pulumitest

import "strings"

// Tokens of the lookups of an existing VPC.
const (
	GetVPC                = "aws:ec2/getVpc:getVpc"
	GetSubnet             = "aws:ec2/getSubnet:getSubnet"
	GetRouteTable         = "aws:ec2/getRouteTable:getRouteTable"
	GetRouteTables        = "aws:ec2/getRouteTables:getRouteTables"
	GetNetworkACLs        = "aws:ec2/getNetworkAcls:getNetworkAcls"
	GetSecurityGroup      = "aws:ec2/getSecurityGroup:getSecurityGroup"
	GetSecurityGroupRules = "aws:vpc/getSecurityGroupRules:getSecurityGroupRules"
	GetSecurityGroupRule  = "aws:vpc/getSecurityGroupRule:getSecurityGroupRule"
	GetVPCEndpoint        = "aws:ec2/getVpcEndpoint:getVpcEndpoint"
	GetInstance           = "aws:ec2/getInstance:getInstance"
	GetInstances          = "aws:ec2/getInstances:getInstances"
	GetInstanceProfile    = "aws:iam/getInstanceProfile:getInstanceProfile"
	GetRole               = "aws:iam/getRole:getRole"
	SimulatePolicy        = "aws:iam/getPrincipalPolicySimulation:getPrincipalPolicySimulation"
)

// IDs in the existing VPC that Region.ExistingVPC describes.
const (
	VPC = "vpc-11111111"
	// SubnetA is in zone a and has the route table TableA.
	SubnetA = "subnet-aaaaaaaa"
	// SubnetA2 is in zone a and has the route table TableA, too.
	SubnetA2 = "subnet-aaaaaaa2"
	// SubnetC is in zone c and has no explicit route table. Its network ACL is not the default one.
	SubnetC = "subnet-cccccccc"
	TableA  = "rtb-aaaaaaaa"
	// MainTable is the VPC's main route table.
	MainTable  = "rtb-11111111"
	DefaultACL = "acl-11111111"
	ACLC       = "acl-cccccccc"
	// Existing security groups: Clients is that of clients of the endpoints, AppGroup has no inbound rule, and EndpointGroup
	// is that of existing endpoints.
	Clients       = "sg-cccccccc"
	AppGroup      = "sg-aaaaaaaa"
	EndpointGroup = "sg-eeeeeeee"
)

// ExistingVPC returns the answers to lookups of a VPC without endpoints.
func (r Region) ExistingVPC() []Answer {
	answers := []Answer{
		VPCAnswer(true, true),
		{Token: GetNetworkACLs, Args: Map{"vpcId": VPC, "filters": filters("default", "true")}, Result: ids(DefaultACL)},
		{Token: GetRouteTable, Args: Map{"routeTableId": TableA}, Result: table(TableA)},
		{Token: GetRouteTable, Args: Map{"routeTableId": MainTable}, Result: table(MainTable)},
		{Token: GetSecurityGroup, Args: Map{"id": Clients}, Result: Map{"id": Clients, "vpcId": VPC}},
		{Token: GetSecurityGroup, Args: Map{"id": AppGroup}, Result: Map{"id": AppGroup, "vpcId": VPC}},
		TablesWithS3(),
		FailedLookup(GetVPCEndpoint, "no matching EC2 VPC Endpoint found"),
	}
	answers = append(answers, GroupRules(Clients)...)
	answers = append(answers, GroupRules(AppGroup, Map{"ipProtocol": "-1", "isEgress": true, "cidrIpv4": "0.0.0.0/0"})...)
	for id, subnet := range map[string]struct{ zone, block, table, acl string }{
		SubnetA: {"a", "10.9.1.0/24", TableA, DefaultACL}, SubnetA2: {"a", "10.9.2.0/24", TableA, DefaultACL},
		SubnetC: {"c", "10.9.3.0/24", "", ACLC},
	} {
		answers = append(answers, r.Subnet(id, VPC, subnet.zone, subnet.block, 200),
			Answer{Token: GetNetworkACLs, Args: Map{"filters": filters("association.subnet-id", id)}, Result: ids(subnet.acl)})
		routes := Answer{Token: GetRouteTable, Args: Map{"subnetId": id}, Result: table(subnet.table)}
		if subnet.table == "" {
			routes.Err = FailedLookup(GetRouteTable, "no matching Route Table found").Err
		}
		answers = append(answers, routes)
	}
	return answers
}

// VPCAnswer returns the answer to the lookup of the existing VPC, which has two CIDR blocks.
func VPCAnswer(dnsSupport, dnsHostnames bool) Answer {
	association := func(block, state string) Map { return Map{"cidrBlock": block, "state": state} }
	return Answer{Token: GetVPC, Args: Map{"id": VPC}, Result: Map{
		"id": VPC, "cidrBlock": "10.9.0.0/16", "mainRouteTableId": MainTable,
		"enableDnsSupport": dnsSupport, "enableDnsHostnames": dnsHostnames,
		"cidrBlockAssociations": List{
			association("100.64.0.0/16", "associated"), association("10.9.0.0/16", "associated"), association("10.8.0.0/16", "failed"),
		},
	}}
}

// Subnet returns the answer to the lookup of a subnet in the zone with this letter.
func (r Region) Subnet(id, vpc, zone, block string, free int) Answer {
	return Answer{Token: GetSubnet, Args: Map{"id": id}, Result: Map{
		"id": id, "vpcId": vpc, "availabilityZone": r.Name + zone, "cidrBlock": block, "availableIpAddressCount": free,
	}}
}

// TablesWithS3 returns the answer to the lookup of the route tables of the existing VPC that lead to S3.
func TablesWithS3(tables ...string) Answer {
	return Answer{
		Token: GetRouteTables, Args: Map{"vpcId": VPC, "filters": filters("route.destination-prefix-list-id", "pl-s3")},
		Result: ids(tables...),
	}
}

// EndpointLookup describes a lookup of an endpoint of the existing VPC. Owner and State are optional.
type EndpointLookup struct{ Service, Type, Owner, State string }

// Answer returns an answer to the lookup.
func (l EndpointLookup) Answer(result Map) Answer {
	args := Map{"vpcId": VPC, "serviceName": l.Service, "filters": filters("vpc-endpoint-type", l.Type)}
	if l.Owner != "" {
		args["tags"] = Map{"bastionless:owner": l.Owner}
	}
	if l.State != "" {
		args["state"] = l.State
	}
	return Answer{Token: GetVPCEndpoint, Args: args, Result: result}
}

// Several returns the answer that the lookup matches several endpoints.
func (l EndpointLookup) Several() Answer {
	answer := l.Answer(nil)
	answer.Err = FailedLookup(GetVPCEndpoint,
		"multiple EC2 VPC Endpoints matched; use additional constraints to reduce matches to a single EC2 VPC Endpoint").Err
	return answer
}

// GroupRules returns the answers to lookups of the rules of a security group.
func GroupRules(group string, rules ...Map) []Answer {
	var all []string
	var answers []Answer
	for i, rule := range rules {
		id := "sgr-" + strings.TrimPrefix(group, "sg-") + string(rune('a'+i))
		all = append(all, id)
		answers = append(answers, Answer{Token: GetSecurityGroupRule, Args: Map{"securityGroupRuleId": id}, Result: rule})
	}
	return append(answers, Answer{Token: GetSecurityGroupRules, Args: Map{"filters": filters("group-id", group)}, Result: ids(all...)})
}

func filters(name, value string) List { return List{Map{"name": name, "values": List{value}}} }

func ids(all ...string) Map {
	list := List{}
	for _, id := range all {
		list = append(list, id)
	}
	return Map{"ids": list}
}

// PublicTable returns the answer to the lookup of the route table of SubnetA, with a route to an Internet gateway.
func PublicTable() Answer {
	result := table(TableA)
	result["routes"] = List{Map{"cidrBlock": "10.9.0.0/16", "gatewayId": "local"}, Map{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}}
	return Answer{Token: GetRouteTable, Args: Map{"subnetId": SubnetA}, Result: result}
}

func table(id string) Map { return Map{"id": id, "routeTableId": id, "vpcId": VPC} }
