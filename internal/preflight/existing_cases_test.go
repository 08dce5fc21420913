package preflight_test

import (
	"fmt"
	"maps"

	"bastionless/internal/pulumitest"
)

// owner is the value of the tag of the test stack's endpoints.
const owner = "bastionless/test/123456789012"

// inVPC returns a configuration of a stack in the existing VPC, with some values changed.
func inVPC(set values) values {
	all := values{
		"vpcId": pulumitest.VPC, "appSubnetIds": list(pulumitest.SubnetA, pulumitest.SubnetC), "endpointIngress": "vpc", "s3Endpoint": "true",
	}
	maps.Copy(all, set)
	return all
}

// vpcWith returns the answers to lookups of the existing VPC, some of them replaced.
func vpcWith(replaced ...pulumitest.Answer) []pulumitest.Answer {
	return append(pulumitest.Tokyo().ExistingVPC(), replaced...)
}

func interfaceOf(code string) pulumitest.EndpointLookup {
	return pulumitest.EndpointLookup{Service: tokyo(code), Type: "Interface"}
}

func ownInterface(code string) pulumitest.EndpointLookup {
	return pulumitest.EndpointLookup{Service: tokyo(code), Type: "Interface", Owner: owner}
}

func ownAvailable(code string) pulumitest.EndpointLookup {
	return pulumitest.EndpointLookup{Service: tokyo(code), Type: "Interface", Owner: owner, State: "available"}
}

func availableInterface(code string) pulumitest.EndpointLookup {
	return pulumitest.EndpointLookup{Service: tokyo(code), Type: "Interface", State: "available"}
}

var (
	gateway    = pulumitest.EndpointLookup{Service: tokyo("s3"), Type: "Gateway"}
	ownGateway = pulumitest.EndpointLookup{Service: tokyo("s3"), Type: "Gateway", Owner: owner}
)

// endpoint returns an available endpoint of somebody else with private DNS, with some properties changed.
func endpoint(id string, changed pulumitest.Map) pulumitest.Map {
	all := pulumitest.Map{
		"id": id, "state": "available", "privateDnsEnabled": true, "securityGroupIds": pulumitest.List{pulumitest.EndpointGroup},
	}
	maps.Copy(all, changed)
	return all
}

// owned returns an endpoint with the tag of the test stack.
func owned(id string, changed pulumitest.Map) pulumitest.Map {
	all := endpoint(id, pulumitest.Map{"tags": pulumitest.Map{"bastionless:owner": owner}})
	maps.Copy(all, changed)
	return all
}

// https returns a rule that allows TCP port 443 from a source.
func https(source, value string) pulumitest.Map {
	return pulumitest.Map{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, source: value}
}

// noInstanceGroup is the answer that the security group of the stack's instances does not exist yet.
func noInstanceGroup() pulumitest.Answer {
	answer := pulumitest.FailedLookup(pulumitest.GetSecurityGroup, "no matching EC2 Security Group found")
	answer.Args = pulumitest.Map{"name": "bastionless-test-ec2-sg", "vpcId": pulumitest.VPC}
	return answer
}

// groupIDs returns the IDs of n security groups.
func groupIDs(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("sg-%08x", i))
	}
	return ids
}

// existingKeyCases are combinations of keys that need no lookup.
func existingKeyCases() map[string]badCase {
	return map[string]badCase{
		"keys without vpcId": {
			set: values{
				"appSubnetIds": list(pulumitest.SubnetA), "endpointSubnetIds": list(pulumitest.SubnetA), "routeTableIds": list(pulumitest.TableA),
				"clientSecurityGroupIds": list(pulumitest.Clients), "existingEndpoints": list("ssm"),
				"instanceSecurityGroupIds": list(pulumitest.AppGroup),
			},
			want: []string{
				"appSubnetIds conflict", "endpointSubnetIds conflict", "routeTableIds conflict", "existingEndpoints conflict",
				"clientSecurityGroupIds conflict", "instanceSecurityGroupIds conflict",
			},
		},
		"vpcId with keys of a new VPC": {
			set: inVPC(values{
				"vpcCidr": "10.1.0.0/16", "zones": list("a", "c"), "appSubnetCidrs": list("10.1.1.0/24"),
				"privatelinkSubnetCidrs": list("10.1.2.0/24"), "subnetLayout": "shared",
			}),
			answers: vpcWith(),
			want: []string{
				"vpcCidr conflict", "zones conflict", "appSubnetCidrs conflict", "privatelinkSubnetCidrs conflict", "subnetLayout conflict",
			},
		},
		"only vpcId": {
			set: values{"vpcId": pulumitest.VPC}, answers: vpcWith(),
			want: []string{"appSubnetIds no-value", "s3Endpoint no-value", "endpointIngress conflict"},
		},
		"IDs that are malformed": {
			set: inVPC(values{
				"vpcId": "vpc-1", "appSubnetIds": list("subnet-a", "10.0.0.0/24"), "endpointSubnetIds": list(pulumitest.VPC),
				"routeTableIds": list("rtb-AAAAAAAA"), "clientSecurityGroupIds": list("default"),
				"instanceSecurityGroupIds": list("app"),
			}),
			want: []string{
				"vpcId malformed", "appSubnetIds malformed", "appSubnetIds malformed", "endpointSubnetIds malformed",
				"routeTableIds malformed", "clientSecurityGroupIds malformed", "instanceSecurityGroupIds malformed",
			},
		},
		"existing services that are malformed": {
			set:     inVPC(values{"existingEndpoints": list("com.amazonaws.x.Kms")}),
			answers: vpcWith(), want: []string{"existingEndpoints malformed"},
		},
		"all and another existing service": {
			set: inVPC(values{"existingEndpoints": list("all", "ssm")}), answers: vpcWith(), want: []string{"existingEndpoints conflict"},
		},
		"a service that exists and is to be created": {
			set: inVPC(values{"existingEndpoints": list("kms"), "interfaceEndpoints": list("kms")}),
			answers: vpcWith(append(pulumitest.GroupRules(pulumitest.EndpointGroup, https("cidrIpv4", "0.0.0.0/0")), noInstanceGroup(),
				interfaceOf("kms").Answer(endpoint("vpce-1", nil)))...),
			want: []string{"interfaceEndpoints conflict"},
		},
		"keys that need an endpoint of the stack": {
			set: inVPC(values{
				"existingEndpoints": list("all"), "endpointSubnetIds": list(pulumitest.SubnetA), "clientSecurityGroupIds": list(pulumitest.Clients),
				"routeTableIds": list(pulumitest.TableA),
			}),
			answers: vpcWith(),
			want:    []string{"routeTableIds conflict", "endpointSubnetIds conflict", "clientSecurityGroupIds conflict"},
		},
		"S3 is off and does not exist": {
			set: inVPC(values{"s3Endpoint": "false"}), answers: vpcWith(), want: []string{"s3Endpoint conflict"},
		},
	}
}

// existingNetworkCases are existing things that do not fit.
func existingNetworkCases() map[string]badCase {
	in := pulumitest.Tokyo()
	none := func(token, object string, args pulumitest.Map) pulumitest.Answer {
		answer := pulumitest.FailedLookup(token, "no matching "+object+" found")
		answer.Args = args
		return answer
	}
	return map[string]badCase{
		"a VPC that does not exist": {
			set: inVPC(nil), answers: vpcWith(none(pulumitest.GetVPC, "EC2 VPC", nil)), want: []string{"vpcId not-found"},
		},
		"a VPC without DNS": {
			set: inVPC(nil), answers: vpcWith(pulumitest.VPCAnswer(false, false)), want: []string{"vpcId conflict", "vpcId conflict"},
		},
		"a VPC without DNS names": {
			set: inVPC(nil), answers: vpcWith(pulumitest.VPCAnswer(true, false)), want: []string{"vpcId conflict"},
		},
		"a subnet that does not exist": {
			set:     inVPC(nil),
			answers: vpcWith(none(pulumitest.GetSubnet, "EC2 Subnet", pulumitest.Map{"id": pulumitest.SubnetC})),
			want:    []string{"appSubnetIds not-found"},
		},
		"a subnet of another VPC": {
			set:     inVPC(values{"endpointSubnetIds": list(pulumitest.SubnetC)}),
			answers: vpcWith(in.Subnet(pulumitest.SubnetC, "vpc-22222222", "c", "10.9.3.0/24", 200)),
			want:    []string{"appSubnetIds conflict"}, // and not again for endpointSubnetIds
		},
		"a subnet in a Local Zone": {
			set:     inVPC(nil),
			answers: vpcWith(in.Subnet(pulumitest.SubnetC, pulumitest.VPC, "-tpe-1a", "10.9.3.0/24", 200)),
			want:    []string{"appSubnetIds not-offered"},
		},
		"a subnet without IPv4": {
			set:     inVPC(nil),
			answers: vpcWith(in.Subnet(pulumitest.SubnetC, pulumitest.VPC, "c", "", 0)), want: []string{"appSubnetIds conflict"},
		},
		"two subnets in one zone": {
			set: inVPC(values{
				"appSubnetIds":      list(pulumitest.SubnetA, pulumitest.SubnetA2),
				"endpointSubnetIds": list(pulumitest.SubnetC, pulumitest.SubnetA2, pulumitest.SubnetA),
			}),
			answers: vpcWith(), want: []string{"appSubnetIds conflict", "endpointSubnetIds conflict"},
		},
		"too few addresses for the new endpoints": {
			set:     inVPC(nil),
			answers: vpcWith(in.Subnet(pulumitest.SubnetC, pulumitest.VPC, "c", "10.9.3.0/28", 1)), want: []string{"appSubnetIds too-many"},
		},
		"a zone that a service lacks": {
			set:     inVPC(values{"endpointSubnetIds": list(pulumitest.SubnetC), "appSubnetIds": list(pulumitest.SubnetA)}),
			answers: vpcWith(in.Service(tokyo("ssm"), "a", "d")), want: []string{"endpointSubnetIds not-offered"},
		},
		"a zone that the type lacks": {
			set:     inVPC(nil),
			answers: vpcWith(in.InstanceType("t3.micro", []string{"x86_64"}, "a")...), want: []string{"instanceType not-offered"},
		},
		"a route table that does not exist, and one of another VPC": {
			set: inVPC(values{"routeTableIds": list(pulumitest.TableA, "rtb-22222222", "rtb-33333333")}),
			answers: vpcWith(none(pulumitest.GetRouteTable, "Route Table", pulumitest.Map{"routeTableId": "rtb-22222222"}),
				pulumitest.Answer{
					Token: pulumitest.GetRouteTable, Args: pulumitest.Map{"routeTableId": "rtb-33333333"},
					Result: pulumitest.Map{"routeTableId": "rtb-33333333", "vpcId": "vpc-22222222"},
				}),
			// The instances in zone c use the main route table, which is not listed.
			want: []string{"routeTableIds not-found", "routeTableIds conflict", "routeTableIds conflict"},
		},
		"clients that do not exist, or are in another VPC": {
			set: inVPC(values{"clientSecurityGroupIds": list("sg-22222222", "sg-33333333")}),
			answers: vpcWith(none(pulumitest.GetSecurityGroup, "EC2 Security Group", pulumitest.Map{"id": "sg-22222222"}),
				pulumitest.Answer{
					Token: pulumitest.GetSecurityGroup, Args: pulumitest.Map{"id": "sg-33333333"},
					Result: pulumitest.Map{"id": "sg-33333333", "vpcId": "vpc-22222222"},
				}),
			want: []string{"clientSecurityGroupIds not-found", "clientSecurityGroupIds conflict"},
		},
		"instance security groups that do not exist, or are in another VPC": {
			set: inVPC(values{"instanceSecurityGroupIds": list("sg-22222222", pulumitest.AppGroup, "sg-33333333")}),
			answers: vpcWith(none(pulumitest.GetSecurityGroup, "EC2 Security Group", pulumitest.Map{"id": "sg-22222222"}),
				pulumitest.Answer{
					Token: pulumitest.GetSecurityGroup, Args: pulumitest.Map{"id": "sg-33333333"},
					Result: pulumitest.Map{"id": "sg-33333333", "vpcId": "vpc-22222222"},
				}),
			want: []string{"instanceSecurityGroupIds not-found", "instanceSecurityGroupIds conflict"},
		},
		"an instance security group that is listed twice": {
			set:     inVPC(values{"instanceSecurityGroupIds": list(pulumitest.AppGroup, pulumitest.AppGroup)}),
			answers: vpcWith(), want: []string{"instanceSecurityGroupIds duplicate"},
		},
		"too many instance security groups": {
			set: inVPC(values{"instanceSecurityGroupIds": list(groupIDs(16)...)}), answers: vpcWith(),
			want: []string{"instanceSecurityGroupIds too-many"},
		},
	}
}

// existingEndpointCases are endpoints in the VPC that conflict with those of the stack.
func existingEndpointCases() map[string]badCase {
	changed := func(changed pulumitest.Map) pulumitest.Map { return endpoint("vpce-1", changed) }
	ssm := interfaceOf("ssm")
	return map[string]badCase{
		"an endpoint that exists": {
			set: inVPC(nil), answers: vpcWith(ssm.Answer(changed(nil))), want: []string{"existingEndpoints conflict"},
		},
		"all endpoints exist": {
			set:     withoutInstances(values{"existingEndpoints": "[]"}),
			answers: append(accountWith(nil), ssm.Answer(changed(nil)), interfaceOf("ssmmessages").Answer(endpoint("vpce-2", nil))),
			want:    []string{"existingEndpoints conflict", "existingEndpoints conflict"},
		},
		"one of the endpoints exists": {
			set:     withoutInstances(values{"existingEndpoints": "[]"}),
			answers: append(accountWith(nil), ssm.Answer(changed(nil))),
			want:    []string{"existingEndpoints conflict", "endpointSubnetIds no-value", "endpointIngress conflict"},
		},
		"an endpoint that another key asks for exists": {
			set: inVPC(values{"sessionEncryption": "true"}), answers: vpcWith(interfaceOf("kms").Answer(changed(nil))),
			want: []string{"existingEndpoints conflict"},
		},
		"an endpoint of another stack": {
			set: inVPC(nil),
			answers: vpcWith(ssm.Answer(changed(pulumitest.Map{
				"tags": pulumitest.Map{"bastionless:owner": "bastionless/other/123456789012"},
			}))),
			want: []string{"existingEndpoints conflict"},
		},
		"an endpoint that is being deleted": {
			set: inVPC(nil), answers: vpcWith(ssm.Answer(changed(pulumitest.Map{"state": "deleting"}))),
			want: []string{"existingEndpoints conflict"},
		},
		"several endpoints": {
			set: inVPC(nil), answers: vpcWith(ssm.Several(), availableInterface("ssm").Several()), want: []string{"existingEndpoints conflict"},
		},
		"several endpoints, one of them available": {
			set: inVPC(nil), answers: vpcWith(ssm.Several(), availableInterface("ssm").Answer(changed(nil))),
			want: []string{"existingEndpoints conflict"},
		},
		"several endpoints of this stack": {
			set: inVPC(nil), answers: vpcWith(ssm.Several(), ownInterface("ssm").Several()), want: []string{"vpcId conflict"},
		},
		"an endpoint of this stack that is pending": {
			set: inVPC(nil), answers: vpcWith(ssm.Answer(owned("vpce-1", pulumitest.Map{"state": "pending"}))), want: []string{"vpcId conflict"},
		},
		"an endpoint of this stack that is being deleted, and another one": {
			set: inVPC(nil),
			answers: vpcWith(ssm.Several(),
				ownInterface("ssm").Answer(owned("vpce-1", pulumitest.Map{"state": "deleting"}))),
			want: []string{"vpcId conflict"},
		},
		"a route table with a route to S3": {
			set: inVPC(nil), answers: vpcWith(pulumitest.TablesWithS3(pulumitest.MainTable)), want: []string{"s3Endpoint conflict"},
		},
		"a route table with a route to S3, without a value for s3Endpoint": {
			set: inVPC(values{"s3Endpoint": ""}), answers: vpcWith(pulumitest.TablesWithS3(pulumitest.MainTable)),
			want: []string{"s3Endpoint no-value"},
		},
		"a route table with a route to S3 besides the stack's": {
			set: inVPC(nil),
			answers: vpcWith(pulumitest.TablesWithS3(pulumitest.MainTable, pulumitest.TableA),
				ownGateway.Answer(owned("vpce-1", pulumitest.Map{"routeTableIds": pulumitest.List{pulumitest.TableA}}))),
			want: []string{"s3Endpoint conflict"},
		},
		"an S3 endpoint of this stack that is pending": {
			set: inVPC(nil), answers: vpcWith(ownGateway.Answer(owned("vpce-1", pulumitest.Map{"state": "pending"}))),
			want: []string{"vpcId conflict"},
		},
		"several S3 endpoints of this stack": {set: inVPC(nil), answers: vpcWith(ownGateway.Several()), want: []string{"vpcId conflict"}},
	}
}

// declaredEndpointCases are endpoints that existingEndpoints lists and that the stack cannot use.
func declaredEndpointCases() map[string]badCase {
	changed := func(changed pulumitest.Map) pulumitest.Map { return endpoint("vpce-1", changed) }
	declared := func(services ...string) values { return inVPC(values{"existingEndpoints": list(services...)}) }
	ssm := interfaceOf("ssm")
	rules := func(rules ...pulumitest.Map) []pulumitest.Answer {
		return append(vpcWith(ssm.Answer(changed(nil)), noInstanceGroup()), pulumitest.GroupRules(pulumitest.EndpointGroup, rules...)...)
	}
	return map[string]badCase{
		"a declared endpoint that does not exist": {
			set: declared("ssm"), answers: vpcWith(), want: []string{"existingEndpoints not-found"},
		},
		"a declared endpoint of this stack": {
			set: declared("ssm"), answers: vpcWith(ssm.Answer(owned("vpce-1", nil))), want: []string{"existingEndpoints conflict"},
		},
		"a declared endpoint that is pending": {
			set: declared("ssm"), answers: vpcWith(ssm.Answer(changed(pulumitest.Map{"state": "pending"}))),
			want: []string{"existingEndpoints conflict"},
		},
		"a declared endpoint without private DNS": {
			set: declared("ssm"), answers: vpcWith(ssm.Answer(changed(pulumitest.Map{"privateDnsEnabled": false}))),
			want: []string{"existingEndpoints conflict"},
		},
		"a declared endpoint of which there are several": {
			set: declared("ssm"), answers: vpcWith(ssm.Several(), availableInterface("ssm").Several()),
			want: []string{"existingEndpoints conflict"},
		},
		"a declared endpoint whose security groups allow nobody": {
			set: declared("ssm"), answers: rules(), want: []string{"existingEndpoints conflict"},
		},
		"a declared endpoint whose security groups allow only others": {
			set: declared("ssm"),
			answers: rules(https("cidrIpv4", "10.9.3.0/24"), https("cidrIpv4", "10.9.1.0/25"), https("referencedSecurityGroupId", pulumitest.Clients),
				pulumitest.Map{"ipProtocol": "tcp", "fromPort": 80, "toPort": 80, "cidrIpv4": "0.0.0.0/0"},
				pulumitest.Map{"ipProtocol": "udp", "fromPort": 443, "toPort": 443, "cidrIpv4": "0.0.0.0/0"},
				pulumitest.Map{"ipProtocol": "-1", "isEgress": true, "cidrIpv4": "0.0.0.0/0"}),
			want: []string{"existingEndpoints conflict"},
		},
		"a declared S3 endpoint that does not exist": {
			set: declared("s3"), answers: vpcWith(), want: []string{"existingEndpoints not-found"},
		},
		"a declared S3 endpoint of this stack": {
			set: declared("s3"), answers: vpcWith(gateway.Answer(owned("vpce-1", nil))), want: []string{"existingEndpoints conflict"},
		},
		"a declared S3 endpoint without the instances' route tables": {
			set: declared("s3"), answers: vpcWith(gateway.Answer(changed(nil)), pulumitest.TablesWithS3(pulumitest.MainTable)),
			want: []string{"existingEndpoints conflict"},
		},
	}
}
