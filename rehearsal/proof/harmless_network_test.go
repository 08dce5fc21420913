package proof_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// harmlessChange is a change that leaves the result of every claim as it was.
type harmlessChange struct {
	name string
	// why says why AWS does the same as before. It is an address, if a page says so.
	why    string
	change func(*peer)
}

// addOtherVPC adds a VPC with a subnet, a route table and an Internet gateway.
func (p *peer) addOtherVPC() {
	p.put("aws:ec2/vpc:Vpc", "other", "vpc-2", props{
		"cidrBlock": "10.9.0.0/16", "enableDnsSupport": false, "enableDnsHostnames": false, "mainRouteTableId": "rtb-main-2", "defaultSecurityGroupId": "sg-default-2",
		"defaultNetworkAclId": "acl-default-2",
	})
	p.put("aws:ec2/subnet:Subnet", "other-public", "subnet-2", props{
		"vpcId": "vpc-2", "cidrBlock": "10.9.1.0/24", "availabilityZone": "eu-west-1b", "mapPublicIpOnLaunch": true,
	}, "other")
	p.put("aws:ec2/internetGateway:InternetGateway", "other-igw", "igw-2", props{"vpcId": "vpc-2"}, "other")
	p.put("aws:ec2/routeTable:RouteTable", "other-table", "rtb-2", props{
		"vpcId": "vpc-2", "routes": list(props{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-2"}),
	}, "other")
	p.put("aws:ec2/routeTableAssociation:RouteTableAssociation", "other-association", "rtbassoc-22",
		props{"routeTableId": "rtb-2", "subnetId": "subnet-2"}, "other-public", "other-table")
}

// inOtherVPC returns a change that adds a resource to another VPC.
func inOtherVPC(kind, id string, properties props) func(*peer) {
	return func(p *peer) {
		p.addOtherVPC()
		p.put(kind, "extra", id, properties, "other", "other-public")
	}
}

// adding returns a change that adds a resource.
func adding(kind, id string, properties props) func(*peer) {
	return func(p *peer) { p.put(kind, "extra", id, properties) }
}

const otherVPC = "what is in another VPC has no effect: https://docs.aws.amazon.com/vpc/latest/userguide/what-is-amazon-vpc.html"

// harmlessNetworkChanges returns changes to the network that are harmless.
func harmlessNetworkChanges() []harmlessChange {
	rule := func(direction string) props {
		return props{"securityGroupId": "sg-2", "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0", "description": direction}
	}
	return []harmlessChange{
		{"another VPC", otherVPC, (*peer).addOtherVPC},
		{"a NAT gateway of another VPC", otherVPC, func(p *peer) {
			p.addOtherVPC()
			p.put("aws:ec2/eip:Eip", "address", "eipalloc-1", props{"domain": "vpc"})
			p.put("aws:ec2/natGateway:NatGateway", "nat", "nat-1", props{"subnetId": "subnet-2", "allocationId": "eipalloc-1", "connectivityType": "public"}, "other-public")
		}},
		{"an Elastic IP address that is not associated", elasticIPs, adding("aws:ec2/eip:Eip", "eipalloc-1", props{"domain": "vpc", "instance": "", "networkInterface": "", "publicIp": "203.0.113.7"})},
		{"an Internet gateway that is not attached", internetGateways, adding("aws:ec2/internetGateway:InternetGateway", "igw-9", props{"vpcId": ""})},
		{"the attachment of an Internet gateway to another VPC", otherVPC, func(p *peer) {
			p.put("aws:ec2/internetGateway:InternetGateway", "igw", "igw-9", props{"vpcId": ""})
			p.put("aws:ec2/internetGatewayAttachment:InternetGatewayAttachment", "attachment", "a", props{"internetGatewayId": "igw-9", "vpcId": "vpc-9"})
		}},
		{"an egress-only gateway of another VPC", otherVPC, inOtherVPC("aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", "eigw-2", props{"vpcId": "vpc-2"})},
		{"an instance route in another VPC's main table", otherVPC, inOtherVPC("aws:ec2/route:Route", "r-2", props{
			"routeTableId": "rtb-main-2", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-2",
		})},
		{"a route table that no subnet uses, of another stack", subnetTables, adding("aws:ec2/route:Route", "r-2", props{
			"routeTableId": "rtb-77", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-77",
		})},
		{"an endpoint of ssm in another VPC", otherVPC, inOtherVPC("aws:ec2/vpcEndpoint:VpcEndpoint", "vpce-2", props{
			"vpcId": "vpc-2", "serviceName": "com.amazonaws.eu-west-1.ssm", "vpcEndpointType": "Interface", "privateDnsEnabled": true, "subnetIds": list("subnet-2"),
			"policy": openEndpointPolicy,
		})},
		{"an endpoint of S3 in another VPC", otherVPC, inOtherVPC("aws:ec2/vpcEndpoint:VpcEndpoint", "vpce-2", props{
			"vpcId": "vpc-2", "serviceName": "com.amazonaws.eu-west-1.s3", "vpcEndpointType": "Gateway", "routeTableIds": list("rtb-2"), "prefixListId": "pl-s3",
			"policy": openEndpointPolicy,
		})},
		{"a network ACL of another VPC", otherVPC, inOtherVPC("aws:ec2/networkAcl:NetworkAcl", "acl-2", props{"vpcId": "vpc-2", "subnetIds": list("subnet-2")})},
		{"a network ACL without subnets", networkACLs, adding("aws:ec2/networkAcl:NetworkAcl", "acl-2", props{"vpcId": "vpc-1", "subnetIds": []any{}})},
		{"a default network ACL that allows all", networkACLs, adding("aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", "acl-default", props{
			"defaultNetworkAclId": "acl-default", "subnetIds": list("subnet-app", "subnet-app-c"),
			"ingress": list(aclEntry(100, "allow", "-1", 0, 0, "0.0.0.0/0")), "egress": list(aclEntry(100, "allow", "-1", 0, 0, "0.0.0.0/0")),
		})},
		{"a network ACL that allows what is needed", ephemeral, func(p *peer) {
			both := list(aclEntry(100, "allow", "6", 443, 443, "0.0.0.0/0"), aclEntry(110, "allow", "tcp", 1024, 65535, "0.0.0.0/0"))
			p.addACL(both, both)
		}},
		{"a network ACL that denies SSH", aclRules, func(p *peer) {
			all := aclEntry(100, "allow", "-1", 0, 0, "0.0.0.0/0")
			p.addACL(list(aclEntry(50, "deny", "6", 22, 22, "0.0.0.0/0"), all), list(all))
		}},
		{"a network ACL rule for IPv6", aclRules, adding("aws:ec2/networkAclRule:NetworkAclRule", "nacl-1", props{
			"networkAclId": "acl-default", "ruleNumber": 50.0, "egress": true, "ruleAction": "deny", "protocol": "-1", "ipv6CidrBlock": "::/0",
		})},
		{"a network ACL rule after the one that allows all", aclRules, adding("aws:ec2/networkAclRule:NetworkAclRule", "nacl-1", props{
			"networkAclId": "acl-default", "ruleNumber": 200.0, "egress": true, "ruleAction": "deny", "protocol": "-1", "cidrBlock": "0.0.0.0/0",
		})},
		{"DHCP options of another VPC", otherVPC, func(p *peer) {
			p.addOtherVPC()
			p.put("aws:ec2/vpcDhcpOptions:VpcDhcpOptions", "dhcp", "dopt-2", props{"domainNameServers": list("10.9.0.9")})
			p.put("aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation", "dhcp-of-vpc", "a", props{"dhcpOptionsId": "dopt-2", "vpcId": "vpc-2"})
		}},
		{"DHCP options with the DNS server of AWS", dhcpOptions, func(p *peer) {
			p.put("aws:ec2/vpcDhcpOptions:VpcDhcpOptions", "dhcp", "dopt-2", props{"domainNameServers": list("AmazonProvidedDNS"), "domainName": "corp.internal"})
			p.put("aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation", "dhcp-of-vpc", "a", props{"dhcpOptionsId": "dopt-2", "vpcId": "vpc-1"})
		}},
		{"a private hosted zone of another name", privateZones, func(p *peer) {
			p.addZone("corp.internal", "vpc-1", props{"name": "db", "type": "A", "records": list("10.0.11.5")})
		}},
		{"a private hosted zone of another VPC", otherVPC, func(p *peer) { p.addZone("ssm.eu-west-1.amazonaws.com", "vpc-2") }},
		{"a public hosted zone", privateZones, adding("aws:route53/zone:Zone", "Z2", props{"name": "amazonaws.com"})},
		{"a rule that forwards names of the company", resolverRules, func(p *peer) {
			p.put("aws:route53/resolverRule:ResolverRule", "rule", "rslvr-rr-1", props{"domainName": "corp.internal", "ruleType": "FORWARD"})
			p.put("aws:route53/resolverRuleAssociation:ResolverRuleAssociation", "rule-of-vpc", "a", props{"resolverRuleId": "rslvr-rr-1", "vpcId": "vpc-1"})
		}},
		{"a rule of another VPC", otherVPC, func(p *peer) {
			p.put("aws:route53/resolverRule:ResolverRule", "rule", "rslvr-rr-1", props{"domainName": ".", "ruleType": "FORWARD"})
			p.put("aws:route53/resolverRuleAssociation:ResolverRuleAssociation", "rule-of-vpc", "a", props{"resolverRuleId": "rslvr-rr-1", "vpcId": "vpc-2"})
		}},
		{"a system rule", resolverRules, func(p *peer) {
			p.put("aws:route53/resolverRule:ResolverRule", "rule", "rslvr-rr-1", props{"domainName": "amazonaws.com", "ruleType": "SYSTEM"})
			p.put("aws:route53/resolverRuleAssociation:ResolverRuleAssociation", "rule-of-vpc", "a", props{"resolverRuleId": "rslvr-rr-1", "vpcId": "vpc-1"})
		}},
		{"a hosted zone in place of private DNS", interfaceDNS, func(p *peer) {
			p.set("ssm", "privateDnsEnabled", false)
			p.addZone("ssm.eu-west-1.amazonaws.com", "vpc-1", props{
				"name": "ssm.eu-west-1.amazonaws.com", "type": "A", "aliases": list(props{"name": "vpce-ssm-abc.ssm.eu-west-1.vpce.amazonaws.com", "zoneId": "Z5"}),
			})
		}},
		{"a hosted zone with the addresses of the endpoint", interfaceDNS, func(p *peer) {
			p.set("ssm", "privateDnsEnabled", false)
			p.addZone("ssm.eu-west-1.amazonaws.com", "vpc-1", props{"name": "", "type": "A", "records": list("10.0.11.20", "10.0.12.20")})
		}},
		{"another endpoint of ssm without private DNS", interfaceDNS, adding("aws:ec2/vpcEndpoint:VpcEndpoint", "vpce-2", props{
			"vpcId": "vpc-2", "serviceName": "com.amazonaws.eu-west-1.ssm", "vpcEndpointType": "Interface", "privateDnsEnabled": false, "policy": openEndpointPolicy,
		})},
		{"an interface endpoint of S3 for inbound resolver endpoints only", s3Interface, func(p *peer) {
			p.addS3Interface(list("sg-endpoint"), props{"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": true})
		}},
		{"an open interface endpoint of S3 beside the gateway endpoint", s3Interface, func(p *peer) {
			p.addS3Interface(list("sg-endpoint"), props{"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": false})
		}},
		{"IPv4 and IPv6 addresses of an endpoint", createInterface, func(p *peer) {
			p.set("ssm", "ipAddressType", "dualstack")
			p.set("ssm", "dnsOptions", props{"dnsRecordIpType": "dualstack", "privateDnsOnlyForInboundResolverEndpoint": false})
		}},
		{"a Gateway Load Balancer endpoint without a route", loadBalancers, adding("aws:ec2/vpcEndpoint:VpcEndpoint", "vpce-2", props{
			"vpcId": "vpc-2", "serviceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-1", "vpcEndpointType": "GatewayLoadBalancer", "policy": openEndpointPolicy,
		})},
		{"another local route", subnetTables, func(p *peer) {
			p.set("app-table", "routes", list(props{"cidrBlock": "10.0.0.0/16", "gatewayId": "local"}))
		}},
		{
			"a second block of the VPC", "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",
			adding("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation", "vpc-cidr-1", props{"vpcId": "vpc-1", "cidrBlock": "10.1.0.0/16"}),
		},
		{"another route table without routes", subnetTables, adding("aws:ec2/routeTable:RouteTable", "rtb-9", props{"vpcId": "vpc-1", "routes": list()})},
		{"a private NAT gateway", natGateways, adding("aws:ec2/natGateway:NatGateway", "nat-9", props{"subnetId": "subnet-app", "connectivityType": "private"})},
		{"a security group that nothing uses", groups, adding("aws:ec2/securityGroup:SecurityGroup", "sg-2", props{
			"vpcId": "vpc-1", "ingress": list(anyTraffic(props{"cidrBlocks": list("0.0.0.0/0")})), "egress": list(anyTraffic(props{"cidrBlocks": list("0.0.0.0/0")})),
		})},
		{"an inbound rule of another group", groups, adding("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "sgr-1", rule("in"))},
		{"an outbound rule of another group", groups, adding("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "sgr-1", rule("out"))},
		{"the default group of another VPC", defaultGroups, inOtherVPC("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "sg-default-2", props{
			"vpcId": "vpc-2", "ingress": list(anyTraffic(props{"self": true})), "egress": list(),
		})},
		{"more inbound rules of the endpoints", groups, func(p *peer) {
			p.set("endpoint-group", "ingress", list(tcp443(props{"cidrBlocks": list("10.0.0.0/16")}), tcp443(props{"cidrBlocks": list("10.7.0.0/16")})))
		}},
		{"the protocol by number", groupRules, func(p *peer) {
			p.set("endpoint-group", "ingress", list(props{"protocol": "6", "fromPort": 0.0, "toPort": 65535.0, "cidrBlocks": list("10.0.0.0/16")}))
		}},
		{"the group of the instances as source", groupRules, func(p *peer) {
			p.set("endpoint-group", "ingress", list(tcp443(props{"securityGroups": list("sg-instance")})))
		}},
		{"a managed prefix list with the subnets as source", prefixLists, func(p *peer) {
			p.put("aws:ec2/managedPrefixList:ManagedPrefixList", "list", "pl-1", props{"entries": list(props{"cidr": "10.0.11.0/24"})})
			p.put("aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry", "entry", "pl-1,10.0.12.0/24", props{"prefixListId": "pl-1", "cidr": "10.0.12.0/24"}, "list")
			p.set("endpoint-group", "ingress", list(tcp443(props{"prefixListIds": list("pl-1")})))
		}},
		{"a prefix list that nothing uses", prefixLists, adding("aws:ec2/managedPrefixList:ManagedPrefixList", "pl-1", props{"entries": list(props{"cidr": "0.0.0.0/0"})})},
		{"a network interface that is not attached", networkInterface, adding("aws:ec2/networkInterface:NetworkInterface", "eni-9", props{
			"subnetId": "subnet-app", "securityGroups": list("sg-2"),
		})},
		{"a group attached to another network interface", networkInterface, func(p *peer) {
			p.put("aws:ec2/networkInterface:NetworkInterface", "interface", "eni-9", props{"subnetId": "subnet-app", "securityGroups": list("sg-2")})
			p.put("aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment", "attachment", "a",
				props{"networkInterfaceId": "eni-9", "securityGroupId": "sg-3"}, "interface")
		}},
		{"a second network interface in the same subnet with the same group", networkInterface, func(p *peer) { p.addInterface("sg-instance") }},
		{"a launch template in the state", launchTemplates, func(p *peer) {
			p.put("aws:ec2/launchTemplate:LaunchTemplate", "template", "lt-1", props{"name": "t", "latestVersion": 1.0, "defaultVersion": 1.0, "imageId": "ami-1"})
			p.set("box", "launchTemplate", props{"id": "lt-1", "version": "1"})
			p.set("box", "ebsBlockDevices", []any{})
			p.depend("box", "template")
		}},
		{"the attachment of another VPC to a transit gateway", otherVPC, inOtherVPC("aws:ec2transitgateway/vpcAttachment:VpcAttachment", "tgw-attach-1", props{
			"vpcId": "vpc-2", "subnetIds": list("subnet-2"), "transitGatewayId": "tgw-1",
		})},
		{"a peering connection between other VPCs", otherVPC, inOtherVPC("aws:ec2/vpcPeeringConnection:VpcPeeringConnection", "pcx-1", props{
			"vpcId": "vpc-2", "peerVpcId": "vpc-3",
		})},
		{"a load balancer in another VPC", otherVPC, inOtherVPC("aws:lb/loadBalancer:LoadBalancer", "lb-1", props{
			"vpcId": "vpc-2", "subnets": list("subnet-2"), "securityGroups": list("sg-default-2"),
		})},
		{"a load balancer with a listener in another VPC", otherVPC, func(p *peer) {
			p.addOtherVPC()
			const arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/x/1"
			p.put("aws:lb/loadBalancer:LoadBalancer", "balancer", arn, props{"arn": arn, "subnets": list("subnet-2")})
			p.put("aws:lb/listener:Listener", "listener", "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/x/1/2", props{"loadBalancerArn": arn})
		}},
		{"a transit gateway without an attachment", transitGateways, adding("aws:ec2transitgateway/transitGateway:TransitGateway", "tgw-1", props{"description": "x"})},
		{"a virtual private gateway of another VPC", otherVPC, inOtherVPC("aws:ec2/vpnGateway:VpnGateway", "vgw-2", props{"vpcId": "vpc-2"})},
		{"a firewall in another VPC", otherVPC, inOtherVPC("aws:networkfirewall/firewall:Firewall", "arn:aws:network-firewall:eu-west-1:123456789012:firewall/f", props{
			"vpcId": "vpc-2", "subnetMappings": list(props{"subnetId": "subnet-2"}),
		})},
		{"metadata defaults of the account", metadataOptions, adding("aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults", "eu-west-1", props{"httpTokens": "optional"})},
		{"no metadata service defaults, and encryption by default", "https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html", func(p *peer) {
			p.put("aws:ebs/encryptionByDefault:EncryptionByDefault", "setting", "terraform-1", props{"enabled": true})
			p.set("box", "rootBlockDevice", nil)
			p.depend("box", "setting")
		}},
		{"an encrypted volume", ebsEncryption, func(p *peer) {
			p.put("aws:ebs/volume:Volume", "volume", "vol-1", props{"encrypted": true, "availabilityZone": "eu-west-1a"})
			p.put("aws:ec2/volumeAttachment:VolumeAttachment", "attachment", "a", props{"instanceId": "i-1", "volumeId": "vol-1", "deviceName": "/dev/sdf"}, "box", "volume")
		}},
		{"stop protection in place of termination protection", "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html", func(p *peer) {
			p.set("box", "disableApiTermination", false)
			p.set("box", "disableApiStop", true)
		}},
		{"an unencrypted volume that is not attached", ebsEncryption, adding("aws:ebs/volume:Volume", "vol-1", props{"encrypted": false, "availabilityZone": "eu-west-1a"})},
	}
}

// everyPeer returns a stack with a resource of almost every type that the claims about the network read.
func everyPeer() *peer {
	p := networkPeer()
	p.addOtherVPC()
	all := aclEntry(100, "allow", "-1", 0, 0, "0.0.0.0/0")
	p.addACL(list(all), list(all))
	p.addZone("ssm.eu-west-1.amazonaws.com", "vpc-1", props{"name": "", "type": "A", "records": list("10.0.11.20", "10.0.12.20")})
	p.set("ssm", "privateDnsEnabled", false)
	p.addRoute(props{"destinationPrefixListId": "pl-1", "networkInterfaceId": "eni-9"})
	p.addInterface("sg-instance")
	p.addS3Interface(list("sg-endpoint"), props{"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": false})
	extras := map[string]props{
		"aws:ec2/managedPrefixList:ManagedPrefixList":                                             {"entries": list(props{"cidr": "192.168.0.0/16"})},
		"aws:ec2/vpcDhcpOptions:VpcDhcpOptions":                                                   {"domainNameServers": list("AmazonProvidedDNS")},
		"aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation":                             {"dhcpOptionsId": "pl-1", "vpcId": "vpc-1"},
		"aws:route53/resolverRule:ResolverRule":                                                   {"domainName": "corp.internal", "ruleType": "FORWARD"},
		"aws:route53/resolverRuleAssociation:ResolverRuleAssociation":                             {"resolverRuleId": "pl-1", "vpcId": "vpc-1"},
		"aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment": {"networkInterfaceId": "eni-9", "securityGroupId": "sg-instance"},
		"aws:vpc/securityGroupRulesExclusive:SecurityGroupRulesExclusive":                         {"securityGroupId": "sg-default", "ingressRuleIds": list("x"), "egressRuleIds": list()},
		"aws:ec2/natGateway:NatGateway":                                                           {"subnetId": "subnet-app", "connectivityType": "private"},
		"aws:ec2/eipAssociation:EipAssociation":                                                   {"allocationId": "pl-1", "networkInterfaceId": "eni-9"},
		"aws:ec2/launchTemplate:LaunchTemplate":                                                   {"name": "t", "latestVersion": 1.0, "defaultVersion": 1.0},
		"aws:ec2/securityGroupRule:SecurityGroupRule":                                             {"type": "ingress", "securityGroupId": "sg-endpoint", "protocol": "tcp", "prefixListIds": list("pl-1")},
	}
	for _, kind := range slices.Sorted(maps.Keys(extras)) {
		p.put(kind, kind, "pl-1", extras[kind])
	}
	p.set("box", "launchTemplate", props{"id": "pl-1", "version": "$Latest"})
	return p
}

// TestHarmlessNetworkChanges checks that harmless changes leave the result of every claim as it was.
func TestHarmlessNetworkChanges(t *testing.T) {
	t.Parallel()
	before := resultsOf(check(t, networkPeer().export(t)))
	changes := harmlessNetworkChanges()
	require.GreaterOrEqual(t, len(changes), 25)
	for _, h := range changes {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, h.why)
			p := networkPeer()
			h.change(p)
			claims := check(t, p.export(t))
			after := resultsOf(claims)
			for _, result := range before {
				_, why := resultOf(t, claims, idOf(result))
				require.Contains(t, after, result, why)
			}
		})
	}
}
