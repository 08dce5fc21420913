package proof_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// breakingChange is a change after which AWS no longer does what a claim says.
type breakingChange struct {
	claim, name string
	// source is the address of the documentation that says so.
	source string
	change func(*peer)
	// want is the result of the claim: Refuted, or Undecided if the state does not show what AWS does.
	want string
}

// networkPeer returns a stack in two zones, for which all claims about the network and the instances are proven.
func networkPeer() *peer {
	p := goodPeer()
	p.set("vpc", "defaultNetworkAclId", "acl-default")
	p.set("vpc", "dhcpOptionsId", "dopt-aws")
	p.set("app", "ipv6CidrBlock", "")
	p.put("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default-group", "sg-default",
		props{"vpcId": "vpc-1", "ingress": list(), "egress": list()}, "vpc")
	p.put("aws:ec2/subnet:Subnet", "app-c", "subnet-app-c", props{
		"vpcId": "vpc-1", "cidrBlock": "10.0.12.0/24", "availabilityZone": "eu-west-1c", "mapPublicIpOnLaunch": false, "ipv6CidrBlock": "",
	}, "vpc")
	p.put("aws:ec2/routeTableAssociation:RouteTableAssociation", "app-association-c", "rtbassoc-2",
		props{"routeTableId": "rtb-app", "subnetId": "subnet-app-c"}, "app-c", "app-table")
	for _, service := range []string{"ssm", "ssmmessages"} {
		p.set(service, "subnetIds", list("subnet-app", "subnet-app-c"))
		p.set(service, "subnetConfigurations", list(
			props{"subnetId": "subnet-app", "ipv4": "10.0.11.20"}, props{"subnetId": "subnet-app-c", "ipv4": "10.0.12.20"},
		))
		p.set(service, "dnsEntries", list(props{"dnsName": "vpce-" + service + "-abc." + service + ".eu-west-1.vpce.amazonaws.com"}))
		p.set(service, "ipAddressType", "ipv4")
		p.set(service, "dnsOptions", props{"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": false})
		p.set(service, "state", "available")
		p.depend(service, "app-c")
	}
	for _, service := range []string{"ec2messages", "logs", "kms"} {
		p.addEndpoint(service)
	}
	p.set("s3", "state", "available")
	p.set("box", "instanceState", "running")
	p.set("box", "primaryNetworkInterfaceId", "eni-1")
	p.set("box", "ipv6Addresses", []any{})
	second := props{}
	for key, value := range p.resources["box"].Outputs {
		second[key] = value
	}
	for key, value := range (props{
		"arn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-2", "subnetId": "subnet-app-c", "availabilityZone": "eu-west-1c",
		"privateIp": "10.0.12.10", "primaryNetworkInterfaceId": "eni-2",
	}) {
		second[key] = value
	}
	p.put("aws:ec2/instance:Instance", "box-c", "i-2", second)
	p.resources["box-c"].Dependencies = slices.Clone(p.resources["box"].Dependencies)
	for _, instance := range []string{"box", "box-c"} {
		p.depend(instance, "app-association-c", "app-association", "app-c", "ec2messages", "logs", "kms")
	}
	p.set("people-policy", "policy", document(
		`{"Effect":"Allow","Action":"ssm:StartSession","Resource":["arn:aws:ec2:eu-west-1:123456789012:instance/i-1",`+
			`"arn:aws:ec2:eu-west-1:123456789012:instance/i-2","arn:aws:ssm:eu-west-1:123456789012:document/SSM-SessionManagerRunShell"],`+
			`"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":"true"}}}`, ownStatement, channelStatement))
	p.depend("people-policy", "box-c")
	return p
}

// addEndpoint adds an interface endpoint like that of ssm.
func (p *peer) addEndpoint(service string) {
	properties := props{}
	for key, value := range p.resources["ssm"].Outputs {
		properties[key] = value
	}
	properties["serviceName"] = "com.amazonaws.eu-west-1." + service
	properties["dnsEntries"] = list(props{"dnsName": "vpce-" + service + "-abc." + service + ".eu-west-1.vpce.amazonaws.com"})
	p.put("aws:ec2/vpcEndpoint:VpcEndpoint", service, "vpce-"+service, properties, "app", "app-c", "endpoint-group")
}

// depend adds dependencies to a resource.
func (p *peer) depend(name string, on ...string) {
	for _, other := range on {
		p.resources[name].Dependencies = append(p.resources[name].Dependencies, p.resources[other].URN)
	}
}

// anyTraffic returns an inline rule of a security group for all protocols.
func anyTraffic(peer props) props {
	rule := props{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "self": false}
	for key, value := range peer {
		rule[key] = value
	}
	return rule
}

// aclEntry returns an inline rule of a network ACL.
func aclEntry(number float64, action, protocol string, from, to float64, block string) props {
	return props{"ruleNo": number, "action": action, "protocol": protocol, "fromPort": from, "toPort": to, "cidrBlock": block}
}

// addACL adds a network ACL of the second subnet.
func (p *peer) addACL(ingress, egress []any) {
	p.put("aws:ec2/networkAcl:NetworkAcl", "acl", "acl-1", props{
		"vpcId": "vpc-1", "subnetIds": list("subnet-app-c"), "ingress": ingress, "egress": egress,
	}, "app-c")
}

// addZone adds a private hosted zone of the VPC, with records.
func (p *peer) addZone(name, vpc string, records ...props) {
	p.put("aws:route53/zone:Zone", "zone", "Z1", props{"name": name, "zoneId": "Z1", "vpcs": list(props{"vpcId": vpc})}, "vpc")
	for i, record := range records {
		record["zoneId"] = "Z1"
		p.put("aws:route53/record:Record", "record-"+string(rune('a'+i)), "Z1_"+string(rune('a'+i)), record, "zone")
	}
}

// addRoute adds a route to the table of the instances.
func (p *peer) addRoute(properties props) {
	properties["routeTableId"] = "rtb-app"
	p.put("aws:ec2/route:Route", "route", "r-1", properties, "app-table")
}

// addInterface attaches a second network interface to the first instance.
func (p *peer) addInterface(groups ...any) {
	p.put("aws:ec2/networkInterface:NetworkInterface", "interface", "eni-9", props{
		"subnetId": "subnet-app", "securityGroups": groups, "ipv6Addresses": list(),
		"attachments": list(props{"instance": "i-1", "deviceIndex": 1.0}),
	}, "app", "box")
}

// addS3Interface adds an interface endpoint of S3 with private DNS.
func (p *peer) addS3Interface(groups []any, dnsOptions props) {
	p.put("aws:ec2/vpcEndpoint:VpcEndpoint", "s3-interface", "vpce-s3i", props{
		"vpcId": "vpc-1", "serviceName": "com.amazonaws.eu-west-1.s3", "vpcEndpointType": "Interface", "privateDnsEnabled": true,
		"subnetIds": list("subnet-app"), "securityGroupIds": groups, "policy": openEndpointPolicy, "state": "available", "ipAddressType": "ipv4",
		"dnsOptions": dnsOptions,
	}, "app", "endpoint-group")
}

// setBoth sets a property of the endpoints of ssm and ssmmessages.
func (p *peer) setBoth(property string, value any) {
	p.set("ssm", property, value)
	p.set("ssmmessages", property, value)
}

// breakingNetworkChanges returns the changes that break claims about the network and the instances.
func breakingNetworkChanges() []breakingChange {
	return slices.Concat(
		breakingNames(), breakingEndpoints(), breakingOptionalEndpoints(), breakingRoutes(), breakingACLs(), breakingGroups(), breakingInterfaces(), breakingS3(), breakingIsolation(),
		breakingInbound(), breakingEgress(), breakingDefaultGroup(), breakingZones(), breakingInstances(),
	)
}

// TestBreakingNetworkChanges checks that no claim is proven after a change that breaks it, and that it is refuted
// where the state shows that.
func TestBreakingNetworkChanges(t *testing.T) {
	t.Parallel()
	changes := breakingNetworkChanges()
	checkBreaking(t, networkPeer, 6, changes)
	for _, claim := range []string{
		"reach.ssm", "reach.ssmmessages", "reach.ec2messages", "reach.logs", "reach.kms", "reach.s3", "isolated", "no-inbound", "egress", "default-sg", "multi-zone", "imdsv2", "encrypted", "protected",
	} {
		require.True(t, slices.ContainsFunc(changes, func(b breakingChange) bool { return b.claim == claim }), "no change for %s", claim)
	}
}

// checkBreaking checks that the claims are proven for a stack, and have the wanted results after each change. There have to
// be a number of changes for each claim.
func checkBreaking(t *testing.T, stack func() *peer, atLeast int, changes []breakingChange) {
	t.Helper()
	base := check(t, stack().export(t))
	rows := map[string]int{}
	for _, b := range changes {
		rows[b.claim]++
		t.Run(b.claim+": "+b.name, func(t *testing.T) {
			t.Parallel()
			require.Regexp(t, `^https://(docs\.aws\.amazon\.com|www\.pulumi\.com)/`, b.source)
			before, why := resultOf(t, base, b.claim)
			require.Equal(t, proof.Proven, before, why)
			p := stack()
			b.change(p)
			result, why := resultOf(t, check(t, p.export(t)), b.claim)
			require.Equal(t, b.want, result, why)
		})
	}
	for claim, n := range rows {
		require.GreaterOrEqual(t, n, atLeast, "the table has too few changes for %s", claim)
	}
}

// Addresses of AWS's documentation.
const (
	vpcDNS           = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html"
	dhcpOptions      = "https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html"
	privateZones     = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html"
	resolverRules    = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-overview-forward-vpc-to-network-domain-name-matches.html"
	interfaceDNS     = "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html"
	createInterface  = "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html"
	endpointAccess   = "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"
	endpointStates   = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html"
	s3Gateway        = "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html"
	s3Interface      = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html"
	loadBalancers    = "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html"
	routePriority    = "https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html"
	subnetTables     = "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html"
	middleboxes      = "https://docs.aws.amazon.com/vpc/latest/userguide/intra-vpc-route.html"
	networkACLs      = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html"
	aclRules         = "https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html"
	ephemeral        = "https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html"
	groupRules       = "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html"
	groups           = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html"
	defaultGroups    = "https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html"
	prefixLists      = "https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html"
	networkInterface = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html"
	launchTemplates  = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-launch-templates.html"
	internetGateways = "https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html"
	egressOnly       = "https://docs.aws.amazon.com/vpc/latest/userguide/egress-only-internet-gateway.html"
	natGateways      = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html"
	elasticIPs       = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-eips.html"
	addressing       = "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-public-ip.html"
	carrierGateways  = "https://docs.aws.amazon.com/wavelength/latest/developerguide/how-wavelengths-work.html"
	peering          = "https://docs.aws.amazon.com/vpc/latest/peering/what-is-vpc-peering.html"
	transitGateways  = "https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html"
	propagation      = "https://docs.aws.amazon.com/vpn/latest/s2svpn/vpn-route-priority.html"
	metadataOptions  = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html"
	ebsEncryption    = "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html"
	termination      = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html"
	instanceStates   = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"
	spotInstances    = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-interruptions.html"
	zonesOfEndpoints = "https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html"
	regions          = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html"
	pendingDeletes   = "https://www.pulumi.com/docs/iac/concepts/options/deletebeforereplace/"
)

// breakingNames keep the VPC from resolving the names of services to endpoints.
func breakingNames() []breakingChange {
	return []breakingChange{
		{"reach.ssm", "the VPC has no DNS support", vpcDNS, func(p *peer) { p.set("vpc", "enableDnsSupport", false) }, proof.Refuted},
		{"reach.ssmmessages", "the VPC has no DNS host names", vpcDNS, func(p *peer) { p.set("vpc", "enableDnsHostnames", false) }, proof.Refuted},
		{"reach.ssm", "the endpoint has no private DNS", interfaceDNS, func(p *peer) { p.set("ssm", "privateDnsEnabled", false) }, proof.Refuted},
		{"reach.ssmmessages", "another resource turns private DNS off", interfaceDNS, func(p *peer) {
			p.put("aws:vpc/endpointPrivateDns:EndpointPrivateDns", "dns", "vpce-ssmmessages",
				props{"vpcEndpointId": "vpce-ssmmessages", "privateDnsEnabled": false}, "ssmmessages")
		}, proof.Refuted},
		{"reach.ssm", "the VPC uses DNS servers of its own", dhcpOptions, func(p *peer) {
			p.put("aws:ec2/vpcDhcpOptions:VpcDhcpOptions", "dhcp", "dopt-1", props{"domainNameServers": list("10.1.0.2")})
			p.put("aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation", "dhcp-of-vpc", "a", props{"dhcpOptionsId": "dopt-1", "vpcId": "vpc-1"})
		}, proof.Undecided},
		{"reach.ssmmessages", "DHCP options of another stack", dhcpOptions, func(p *peer) {
			p.put("aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation", "dhcp-of-vpc", "a", props{"dhcpOptionsId": "dopt-9", "vpcId": "vpc-1"})
		}, proof.Undecided},
		{"reach.ssm", "a private hosted zone has the same name", privateZones, func(p *peer) { p.addZone("ssm.eu-west-1.amazonaws.com", "vpc-1") }, proof.Undecided},
		{"reach.ssm", "a hosted zone without records instead of private DNS", privateZones, func(p *peer) {
			p.set("ssm", "privateDnsEnabled", false)
			p.addZone("ssm.eu-west-1.amazonaws.com", "vpc-1")
		}, proof.Undecided},
		{"reach.ssm", "a hosted zone resolves the name elsewhere", privateZones, func(p *peer) {
			p.set("ssm", "privateDnsEnabled", false)
			p.addZone("ssm.eu-west-1.amazonaws.com", "vpc-1", props{"name": "ssm.eu-west-1.amazonaws.com", "type": "A", "records": list("10.0.11.99")})
		}, proof.Undecided},
		{"reach.ssm", "a rule forwards the name", resolverRules, func(p *peer) {
			p.put("aws:route53/resolverRule:ResolverRule", "rule", "rslvr-rr-1", props{"domainName": "ssm.eu-west-1.amazonaws.com.", "ruleType": "FORWARD"})
			p.put("aws:route53/resolverRuleAssociation:ResolverRuleAssociation", "rule-of-vpc", "a", props{"resolverRuleId": "rslvr-rr-1", "vpcId": "vpc-1"})
		}, proof.Undecided},
		{"reach.s3", "a rule forwards all names", resolverRules, func(p *peer) {
			p.put("aws:route53/resolverRule:ResolverRule", "rule", "rslvr-rr-1", props{"domainName": ".", "ruleType": "FORWARD"})
			p.put("aws:route53/resolverRuleAssociation:ResolverRuleAssociation", "rule-of-vpc", "a", props{"resolverRuleId": "rslvr-rr-1", "vpcId": "vpc-1"})
		}, proof.Undecided},
		{"reach.ssmmessages", "the rule of another stack", resolverRules, func(p *peer) {
			p.put("aws:route53/resolverRuleAssociation:ResolverRuleAssociation", "rule-of-vpc", "a", props{"resolverRuleId": "rslvr-rr-9", "vpcId": "vpc-1"})
		}, proof.Undecided},
		{"reach.ssm", "no endpoint, and a CloudFormation stack that may have created one", interfaceDNS, func(p *peer) {
			p.remove("ssm")
			p.put("aws:cloudformation/stack:Stack", "other", "stack-1", props{})
		}, proof.Undecided},
		{"reach.ssm", "no endpoint, and a route out that the group does not allow", natGateways, func(p *peer) {
			p.remove("ssm")
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-9"})
		}, proof.Refuted},
		{"reach.ssm", "no endpoint, and a way out", natGateways, func(p *peer) {
			p.remove("ssm")
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-9"})
			p.set("instance-group", "egress", list(tcp443(props{"cidrBlocks": list("0.0.0.0/0")})))
		}, proof.Undecided},
		{"reach.s3", "a private hosted zone has the name of S3", privateZones, func(p *peer) { p.addZone("s3.eu-west-1.amazonaws.com", "vpc-1") }, proof.Undecided},
		{"reach.s3", "a private hosted zone has the name of a bucket", privateZones, func(p *peer) {
			p.addZone("amazon-ssm-eu-west-1.s3.eu-west-1.amazonaws.com", "vpc-1")
		}, proof.Undecided},
		{"reach.s3", "a private hosted zone has a parent name of S3", privateZones, func(p *peer) { p.addZone("amazonaws.com", "vpc-1") }, proof.Undecided},
	}
}

// breakingEndpoints are endpoints that do not lead to a service.
func breakingEndpoints() []breakingChange {
	return []breakingChange{
		{"reach.ssm", "the endpoint has IPv6 names only", createInterface, func(p *peer) {
			p.set("ssm", "ipAddressType", "dualstack")
			p.set("ssm", "dnsOptions", props{"dnsRecordIpType": "ipv6", "privateDnsOnlyForInboundResolverEndpoint": false})
		}, proof.Refuted},
		{"reach.ssm", "the endpoint has IPv6 addresses only", createInterface, func(p *peer) { p.set("ssm", "ipAddressType", "ipv6") }, proof.Refuted},
		{"reach.ssm", "an IPv6 name, and an instance with IPv6", createInterface, func(p *peer) {
			p.set("ssm", "ipAddressType", "ipv6")
			p.set("box", "ipv6Addresses", list("fd00::1"))
		}, proof.Refuted}, // the second instance has no IPv6 address
		{"reach.ssmmessages", "the service decides about addresses", createInterface, func(p *peer) {
			p.set("ssmmessages", "dnsOptions", props{"dnsRecordIpType": "service-defined"})
		}, proof.Undecided},
		{"reach.ssm", "a gateway endpoint", endpointStates, func(p *peer) { p.set("ssm", "vpcEndpointType", "Gateway") }, proof.Refuted},
		{"reach.ssm", "a Gateway Load Balancer endpoint", loadBalancers, func(p *peer) { p.set("ssm", "vpcEndpointType", "GatewayLoadBalancer") }, proof.Refuted},
		{"reach.ssmmessages", "a resource endpoint", endpointStates, func(p *peer) { p.set("ssmmessages", "vpcEndpointType", "Resource") }, proof.Refuted},
		{"reach.ssm", "an endpoint of another VPC", interfaceDNS, func(p *peer) { p.set("ssm", "vpcId", "vpc-2") }, proof.Refuted},
		{"reach.ssm", "an endpoint of another Region", regions, func(p *peer) { p.set("ssm", "serviceName", "com.amazonaws.us-east-1.ssm") }, proof.Refuted},
		{"reach.ssmmessages", "a service of another Region", regions, func(p *peer) { p.set("ssmmessages", "serviceRegion", "us-east-1") }, proof.Refuted},
		{"reach.ssm", "an endpoint of the FIPS service", regions, func(p *peer) { p.set("ssm", "serviceName", "com.amazonaws.eu-west-1.ssm-fips") }, proof.Refuted},
		{"reach.ssmmessages", "the endpoint was rejected", endpointStates, func(p *peer) { p.set("ssmmessages", "state", "rejected") }, proof.Refuted},
		{"reach.ssm", "the endpoint has no subnet", createInterface, func(p *peer) { p.set("ssm", "subnetIds", []any{}) }, proof.Refuted},
		{"reach.ssm", "a subnet of another stack", createInterface, func(p *peer) { p.set("ssm", "subnetIds", list("subnet-app", "subnet-9")) }, proof.Undecided},
		{"reach.ssm", "a replacement has deleted the endpoint", pendingDeletes, func(p *peer) { p.resources["ssm"].PendingReplacement = true }, proof.Undecided},
		{"reach.ssmmessages", "a replacement has deleted a subnet", pendingDeletes, func(p *peer) { p.resources["app-c"].PendingReplacement = true }, proof.Undecided},
		{"reach.ssm", "the policy denies all", endpointAccess, func(p *peer) {
			p.put("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy", "policy", "vpce-ssm", props{
				"vpcEndpointId": "vpce-ssm", "policy": document(`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`),
			}, "ssm")
		}, proof.Refuted},
	}
}

// breakingOptionalEndpoints are endpoints of services that not all sessions need.
func breakingOptionalEndpoints() []breakingChange {
	var changes []breakingChange
	for _, service := range []string{"ec2messages", "logs", "kms"} {
		claim := "reach." + service
		changes = append(
			changes,
			breakingChange{claim, "no private DNS", interfaceDNS, func(p *peer) { p.set(service, "privateDnsEnabled", false) }, proof.Refuted},
			breakingChange{claim, "not accepted", endpointStates, func(p *peer) { p.set(service, "state", "pendingAcceptance") }, proof.Refuted},
			breakingChange{claim, "IPv6 addresses only", createInterface, func(p *peer) { p.set(service, "ipAddressType", "ipv6") }, proof.Refuted},
			breakingChange{claim, "the group of the instances", groups, func(p *peer) { p.set(service, "securityGroupIds", list("sg-instance")) }, proof.Refuted},
			breakingChange{claim, "a private hosted zone with the same name", privateZones, func(p *peer) { p.addZone(service+".eu-west-1.amazonaws.com", "vpc-1") }, proof.Undecided},
			breakingChange{claim, "no DNS host names", vpcDNS, func(p *peer) { p.set("vpc", "enableDnsHostnames", false) }, proof.Refuted},
		)
	}
	return changes
}

// breakingRoutes lead traffic to endpoints elsewhere.
func breakingRoutes() []breakingChange {
	return []breakingChange{
		{"reach.ssm", "an appliance inspects traffic to a subnet", middleboxes, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "10.0.12.0/24", "networkInterfaceId": "eni-9"})
		}, proof.Undecided},
		{"reach.ssm", "a firewall inspects traffic to a subnet", loadBalancers, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "10.0.12.0/24", "vpcEndpointId": "vpce-firewall"})
		}, proof.Undecided},
		{"reach.ssmmessages", "a route leads a part of a subnet elsewhere", routePriority, func(p *peer) {
			p.setBoth("subnetConfigurations", list())
			p.addRoute(props{"destinationCidrBlock": "10.0.12.0/28", "networkInterfaceId": "eni-9"})
		}, proof.Undecided},
		{"reach.ssmmessages", "a route to what does not exist anymore", subnetTables, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "10.0.12.0/24", "networkInterfaceId": "eni-9", "state": "blackhole"})
		}, proof.Refuted},
		{"reach.ssm", "the local route leads elsewhere", subnetTables, func(p *peer) {
			p.set("app-table", "routes", list(props{"cidrBlock": "10.0.0.0/16", "vpcPeeringConnectionId": "pcx-1"}))
		}, proof.Refuted},
		{"reach.ssm", "a route with an unknown target", subnetTables, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "10.0.12.0/24"})
		}, proof.Undecided},
		{"reach.ssm", "a route with an unknown destination", subnetTables, func(p *peer) { p.addRoute(props{"networkInterfaceId": "eni-9"}) }, proof.Undecided},
		{"reach.ssm", "a route to a prefix list of another stack", prefixLists, func(p *peer) {
			p.addRoute(props{"destinationPrefixListId": "pl-9", "networkInterfaceId": "eni-9"})
		}, proof.Undecided},
		{"reach.ssmmessages", "a route to a prefix list with a subnet", prefixLists, func(p *peer) {
			p.put("aws:ec2/managedPrefixList:ManagedPrefixList", "list", "pl-1", props{"entries": list(props{"cidr": "10.0.12.0/24"})})
			p.addRoute(props{"destinationPrefixListId": "pl-1", "vpcPeeringConnectionId": "pcx-1"})
		}, proof.Refuted},
		{"reach.ssm", "the route table of another stack", subnetTables, func(p *peer) { p.set("app-association", "routeTableId", "rtb-9") }, proof.Undecided},
		{"reach.ssm", "two route tables of a subnet", subnetTables, func(p *peer) {
			p.put("aws:ec2/routeTableAssociation:RouteTableAssociation", "again", "rtbassoc-9",
				props{"routeTableId": "rtb-9", "subnetId": "subnet-app"}, "app")
		}, proof.Undecided},
		{"reach.ssm", "the main route table of another stack", subnetTables, func(p *peer) {
			p.remove("app-association")
			p.put("aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation", "main", "rtbassoc-9", props{"vpcId": "vpc-1", "routeTableId": "rtb-9"}, "vpc")
		}, proof.Undecided},
	}
}

// breakingACLs deny connections to endpoints.
func breakingACLs() []breakingChange {
	all := func(action string) props { return aclEntry(100, action, "-1", 0, 0, "0.0.0.0/0") }
	return []breakingChange{
		{"reach.ssm", "a network ACL without rules", networkACLs, func(p *peer) { p.addACL(list(), list()) }, proof.Refuted},
		{"reach.ssm", "a network ACL that denies the port", aclRules, func(p *peer) {
			p.addACL(list(aclEntry(90, "deny", "6", 443, 443, "10.0.0.0/16"), all("allow")), list(all("allow")))
		}, proof.Refuted},
		{"reach.ssmmessages", "a network ACL that denies responses", ephemeral, func(p *peer) {
			p.addACL(list(all("allow")), list(aclEntry(100, "allow", "tcp", 443, 443, "0.0.0.0/0")))
		}, proof.Refuted},
		{"reach.ssm", "a network ACL for another protocol", aclRules, func(p *peer) {
			p.addACL(list(aclEntry(100, "allow", "udp", 0, 65535, "0.0.0.0/0")), list(all("allow")))
		}, proof.Refuted},
		{"reach.ssmmessages", "a network ACL that allows some ephemeral ports", ephemeral, func(p *peer) {
			p.addACL(list(all("allow")), list(aclEntry(100, "allow", "6", 443, 443, "0.0.0.0/0"), aclEntry(110, "allow", "6", 32768, 50000, "0.0.0.0/0")))
		}, proof.Undecided},
		{"reach.ssm", "the network ACL of another stack", networkACLs, func(p *peer) {
			p.put("aws:ec2/networkAclAssociation:NetworkAclAssociation", "acl", "a", props{"networkAclId": "acl-9", "subnetId": "subnet-app-c"}, "app-c")
		}, proof.Undecided},
		{"reach.ssm", "a rule in the default network ACL", aclRules, func(p *peer) {
			p.put("aws:ec2/networkAclRule:NetworkAclRule", "rule", "nacl-1", props{
				"networkAclId": "acl-default", "ruleNumber": 50.0, "egress": false, "ruleAction": "deny", "protocol": "tcp", "fromPort": 443.0, "toPort": 443.0,
				"cidrBlock": "10.0.0.0/16",
			})
		}, proof.Refuted},
		{"reach.ssm", "a default network ACL without rules", networkACLs, func(p *peer) {
			p.put("aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", "acl", "acl-default", props{
				"defaultNetworkAclId": "acl-default", "ingress": list(), "egress": list(), "subnetIds": list("subnet-app", "subnet-app-c"),
			}, "vpc")
		}, proof.Refuted},
		{"reach.s3", "a network ACL that denies the addresses of S3", s3Gateway, func(p *peer) {
			p.addACL(list(all("allow")), list(aclEntry(90, "deny", "-1", 0, 0, "3.5.72.0/23"), all("allow")))
		}, proof.Refuted},
		{"reach.s3", "a network ACL that denies something, and unknown addresses of S3", s3Gateway, func(p *peer) {
			p.set("s3", "cidrBlocks", []any{})
			p.addACL(list(all("allow")), list(aclEntry(90, "deny", "-1", 0, 0, "3.5.72.0/23"), all("allow")))
		}, proof.Undecided},
		{"reach.s3", "a network ACL for the VPC only", s3Gateway, func(p *peer) {
			inside := aclEntry(100, "allow", "-1", 0, 0, "10.0.0.0/16")
			p.addACL(list(inside), list(inside))
		}, proof.Refuted},
	}
}

// breakingGroups do not allow connections to endpoints.
func breakingGroups() []breakingChange {
	ingress := func(rules ...any) func(*peer) {
		return func(p *peer) { p.set("endpoint-group", "ingress", list(rules...)) }
	}
	egress := func(rules ...any) func(*peer) {
		return func(p *peer) { p.set("instance-group", "egress", list(rules...)) }
	}
	return []breakingChange{
		{"reach.ssm", "no inbound rule of the endpoint", groups, ingress(), proof.Refuted},
		{"reach.ssm", "another port", groupRules, ingress(props{"protocol": "tcp", "fromPort": 80.0, "toPort": 442.0, "cidrBlocks": list("10.0.0.0/16")}), proof.Refuted},
		{"reach.ssm", "IPv6 only", groupRules, ingress(tcp443(props{"ipv6CidrBlocks": list("::/0")})), proof.Refuted},
		{"reach.ssmmessages", "UDP by number", groupRules, ingress(props{"protocol": "17", "fromPort": 443.0, "toPort": 443.0, "cidrBlocks": list("10.0.0.0/16")}), proof.Refuted},
		{"reach.ssmmessages", "ICMP", groupRules, ingress(props{"protocol": "icmp", "fromPort": -1.0, "toPort": -1.0, "cidrBlocks": list("10.0.0.0/16")}), proof.Refuted},
		{"reach.ssm", "the group of a peered VPC", groupRules, ingress(tcp443(props{"securityGroups": list("210987654321/sg-9")})), proof.Refuted},
		{"reach.ssm", "the endpoint's group itself", groupRules, ingress(tcp443(props{"self": true})), proof.Refuted},
		{"reach.ssm", "a prefix list of another stack", prefixLists, ingress(tcp443(props{"prefixListIds": list("pl-9")})), proof.Undecided},
		{"reach.ssmmessages", "a prefix list without the instances", prefixLists, func(p *peer) {
			p.put("aws:ec2/managedPrefixList:ManagedPrefixList", "list", "pl-1", props{"entries": list(props{"cidr": "10.9.0.0/16"})})
			ingress(tcp443(props{"prefixListIds": list("pl-1")}))(p)
		}, proof.Refuted},
		{"reach.ssm", "a rule with an unknown source", groupRules, ingress(tcp443(props{})), proof.Undecided},
		{"reach.ssm", "a rule with unknown ports", groupRules, ingress(props{"protocol": "tcp", "cidrBlocks": list("10.0.0.0/16")}), proof.Undecided},
		{"reach.ssm", "the group of another stack", groups, func(p *peer) {
			p.setBoth("securityGroupIds", list("sg-9"))
			egress(tcp443(props{"cidrBlocks": list("10.0.0.0/16")}))(p)
		}, proof.Undecided},
		{"reach.ssm", "an emptied default group", defaultGroups, func(p *peer) { p.setBoth("securityGroupIds", list()) }, proof.Refuted},
		{"reach.ssmmessages", "no outbound rule of the instance", groups, egress(tcp443(props{"prefixListIds": list("pl-s3")})), proof.Refuted},
		{"reach.ssm", "outbound to one of the subnets", groupRules, egress(tcp443(props{"cidrBlocks": list("10.0.11.0/24")})), proof.Refuted},
		{"reach.s3", "no outbound rule for S3", s3Gateway, egress(tcp443(props{"securityGroups": list("sg-endpoint")})), proof.Refuted},
		{"reach.s3", "outbound IPv6 only", groupRules, egress(tcp443(props{"securityGroups": list("sg-endpoint")}), anyTraffic(props{"ipv6CidrBlocks": list("::/0")})), proof.Refuted},
		{"reach.s3", "a part of the addresses of S3", s3Gateway, egress(tcp443(props{"securityGroups": list("sg-endpoint"), "cidrBlocks": list("3.5.72.0/23")})), proof.Refuted},
		{"reach.s3", "a managed prefix list with a part of the addresses", prefixLists, func(p *peer) {
			p.put("aws:ec2/managedPrefixList:ManagedPrefixList", "list", "pl-1", props{"entries": list(props{"cidr": "52.92.0.0/17"})})
			egress(tcp443(props{"securityGroups": list("sg-endpoint"), "prefixListIds": list("pl-1")}))(p)
		}, proof.Refuted},
		{"reach.s3", "outbound to S3 by UDP", groupRules, egress(tcp443(props{"securityGroups": list("sg-endpoint")}),
			props{"protocol": "udp", "fromPort": 443.0, "toPort": 443.0, "prefixListIds": list("pl-s3")}), proof.Refuted},
		{"reach.ssm", "a replacement has deleted the rule", pendingDeletes, func(p *peer) {
			ingress()(p)
			p.put("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "rule", "sgr-1", props{
				"securityGroupId": "sg-endpoint", "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrIpv4": "10.0.0.0/16",
			}, "endpoint-group")
			p.resources["rule"].PendingReplacement = true
			p.depend("box", "rule")
		}, proof.Undecided},
		{"reach.ssm", "the rule is not in the list of all rules", groupRules, func(p *peer) {
			p.put("aws:vpc/securityGroupRulesExclusive:SecurityGroupRulesExclusive", "exclusive", "sg-endpoint", props{
				"securityGroupId": "sg-endpoint", "ingressRuleIds": list(), "egressRuleIds": list(),
			}, "endpoint-group")
			ingress()(p)
		}, proof.Refuted},
	}
}

// breakingInterfaces let the agent connect from another network interface.
func breakingInterfaces() []breakingChange {
	return []breakingChange{
		{"reach.ssm", "another network interface with other groups", networkInterface, func(p *peer) { p.addInterface("sg-endpoint") }, proof.Undecided},
		{"reach.ssm", "a network interface of another stack", networkInterface, func(p *peer) {
			p.set("box", "networkInterfaces", list(props{"networkInterfaceId": "eni-9", "deviceIndex": 1.0}))
		}, proof.Undecided},
		{"reach.ssmmessages", "a launch template of another stack", launchTemplates, func(p *peer) {
			p.set("box", "launchTemplate", props{"id": "lt-9", "version": "1"})
		}, proof.Undecided},
		{"reach.ssm", "an instance in a subnet of another stack", subnetTables, func(p *peer) { p.set("box", "subnetId", "subnet-9") }, proof.Undecided},
		{"reach.ssm", "a terminated instance", instanceStates, func(p *peer) { p.set("box", "instanceState", "terminated") }, proof.Undecided},
	}
}

// breakingS3 keep instances from S3.
func breakingS3() []breakingChange {
	closed := func(p *peer) {
		p.put("aws:ec2/securityGroup:SecurityGroup", "closed", "sg-closed", props{"vpcId": "vpc-1", "ingress": list(), "egress": list()}, "vpc")
	}
	return []breakingChange{
		{"reach.s3", "no gateway endpoint", s3Gateway, func(p *peer) { p.remove("s3") }, proof.Refuted},
		{"reach.s3", "a gateway endpoint on another route table", s3Gateway, func(p *peer) { p.set("s3", "routeTableIds", list("rtb-main")) }, proof.Refuted},
		{"reach.s3", "a gateway endpoint of another Region", s3Gateway, func(p *peer) { p.set("s3", "serviceName", "com.amazonaws.us-east-1.s3") }, proof.Refuted},
		{"reach.s3", "the gateway endpoint failed", endpointStates, func(p *peer) { p.set("s3", "state", "failed") }, proof.Refuted},
		{"reach.s3", "a more specific route", routePriority, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "52.92.0.0/20", "networkInterfaceId": "eni-9"})
		}, proof.Undecided},
		{"reach.s3", "a route to the same block, which is not there", routePriority, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "52.92.0.0/17", "natGatewayId": "nat-9", "state": "blackhole"})
		}, proof.Refuted},
		{"reach.s3", "routes from a virtual private gateway", propagation, func(p *peer) {
			p.put("aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation", "propagation", "vgw-1_rtb-app", props{"vpnGatewayId": "vgw-1", "routeTableId": "rtb-app"})
		}, proof.Undecided},
		{"reach.s3", "an interface endpoint that lets nobody in", s3Interface, func(p *peer) {
			closed(p)
			p.addS3Interface(list("sg-closed"), props{"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": false})
		}, proof.Refuted},
		{"reach.s3", "an interface endpoint whose private DNS is unknown", s3Interface, func(p *peer) {
			closed(p)
			p.addS3Interface(list("sg-closed"), props{"dnsRecordIpType": "ipv4"})
		}, proof.Undecided},
		{"reach.s3", "an interface endpoint without private DNS only", s3Interface, func(p *peer) {
			p.remove("s3")
			p.addS3Interface(list("sg-endpoint"), props{})
			p.set("s3-interface", "privateDnsEnabled", false)
		}, proof.Refuted},
		{"reach.s3", "an account as principal of the gateway's policy", endpointAccess, func(p *peer) {
			p.set("s3", "policy", document(`{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}`))
		}, proof.Refuted},
		{"reach.s3", "a condition on the account, which unsigned requests do not meet", endpointAccess, func(p *peer) {
			p.set("s3", "policy", document(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}`))
		}, proof.Refuted},
		{"reach.s3", "the VPC has no DNS support", vpcDNS, func(p *peer) { p.set("vpc", "enableDnsSupport", false) }, proof.Refuted},
	}
}

// breakingIsolation connect the VPC to the Internet or to other networks.
func breakingIsolation() []breakingChange {
	return []breakingChange{
		{"isolated", "an Internet gateway", internetGateways, func(p *peer) {
			p.put("aws:ec2/internetGateway:InternetGateway", "igw", "igw-1", props{"vpcId": "vpc-1"}, "vpc")
		}, proof.Refuted},
		{"isolated", "an Internet gateway, and a CloudFormation stack", internetGateways, func(p *peer) {
			p.put("aws:ec2/internetGateway:InternetGateway", "igw", "igw-1", props{"vpcId": "vpc-1"}, "vpc")
			p.put("aws:cloudformation/stack:Stack", "other", "stack-1", props{})
		}, proof.Refuted},
		{"isolated", "an Internet gateway that a replacement has deleted", pendingDeletes, func(p *peer) {
			p.put("aws:ec2/internetGateway:InternetGateway", "igw", "igw-1", props{"vpcId": "vpc-1"}, "vpc")
			p.resources["igw"].PendingReplacement = true
		}, proof.Undecided},
		{"isolated", "an attached Internet gateway", internetGateways, func(p *peer) {
			p.put("aws:ec2/internetGateway:InternetGateway", "igw", "igw-1", props{"vpcId": ""})
			p.put("aws:ec2/internetGatewayAttachment:InternetGatewayAttachment", "attachment", "igw-1:vpc-1", props{"internetGatewayId": "igw-1", "vpcId": "vpc-1"})
		}, proof.Refuted},
		{"isolated", "an egress-only Internet gateway", egressOnly, func(p *peer) {
			p.put("aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", "eigw", "eigw-1", props{"vpcId": "vpc-1"})
		}, proof.Refuted},
		{"isolated", "a NAT gateway", natGateways, func(p *peer) {
			p.put("aws:ec2/natGateway:NatGateway", "nat", "nat-1", props{"subnetId": "subnet-app", "connectivityType": "public"}, "app")
		}, proof.Refuted},
		{"isolated", "a NAT gateway in a subnet of another stack", natGateways, func(p *peer) {
			p.put("aws:ec2/natGateway:NatGateway", "nat", "nat-1", props{"subnetId": "subnet-9", "connectivityType": "public"})
		}, proof.Undecided},
		{"isolated", "a route to an Internet gateway", internetGateways, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-9"})
		}, proof.Refuted},
		{"isolated", "an IPv6 route out", egressOnly, func(p *peer) {
			p.set("app-table", "routes", list(props{"ipv6CidrBlock": "::/0", "egressOnlyGatewayId": "eigw-9"}))
		}, proof.Refuted},
		{"isolated", "a route to a carrier gateway", carrierGateways, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "carrierGatewayId": "cagw-9"})
		}, proof.Refuted},
		{"isolated", "a route of the main route table", subnetTables, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-9"})
			p.set("route", "routeTableId", "rtb-main")
		}, proof.Refuted},
		{"isolated", "a default route to a Gateway Load Balancer endpoint", loadBalancers, func(p *peer) {
			p.put("aws:ec2/vpcEndpoint:VpcEndpoint", "firewall", "vpce-firewall", props{
				"vpcId": "vpc-1", "serviceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-1", "vpcEndpointType": "GatewayLoadBalancer", "subnetIds": list("subnet-app"),
			}, "app")
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "vpcEndpointId": "vpce-firewall"})
		}, proof.Undecided},
		{"isolated", "a route to an instance", middleboxes, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "networkInterfaceId": "eni-9", "instanceId": "i-9"})
		}, proof.Undecided},
		{"isolated", "a route to a transit gateway", transitGateways, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "transitGatewayId": "tgw-9"})
		}, proof.Undecided},
		{"isolated", "a route to a core network", transitGateways, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "coreNetworkArn": "arn:aws:networkmanager::123456789012:core-network/x"})
		}, proof.Undecided},
		{"isolated", "a route to a peered VPC", peering, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "10.9.0.0/16", "vpcPeeringConnectionId": "pcx-9"})
		}, proof.Undecided},
		{"isolated", "a route to a virtual private gateway", propagation, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "vgw-9"})
		}, proof.Undecided},
		{"isolated", "a route to a local gateway", subnetTables, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "localGatewayId": "lgw-9"})
		}, proof.Undecided},
		{"isolated", "a route with an unknown target", subnetTables, func(p *peer) { p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0"}) }, proof.Undecided},
		{"isolated", "a route to an Internet gateway that is detached", subnetTables, func(p *peer) {
			p.addRoute(props{"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-9", "state": "blackhole"})
		}, proof.Undecided},
		{"isolated", "the attachment of a transit gateway", transitGateways, func(p *peer) {
			p.put("aws:ec2transitgateway/vpcAttachment:VpcAttachment", "attachment", "tgw-attach-1", props{"vpcId": "vpc-1", "subnetIds": list("subnet-app")})
		}, proof.Undecided},
		{"isolated", "a public address of the instance", addressing, func(p *peer) { p.set("box", "publicIp", "203.0.113.7") }, proof.Refuted},
		{"isolated", "a requested public address", addressing, func(p *peer) { p.set("box", "associatePublicIpAddress", true) }, proof.Refuted},
		{"isolated", "a subnet that assigns addresses", addressing, func(p *peer) { p.set("app-c", "mapPublicIpOnLaunch", true) }, proof.Refuted},
		{"isolated", "a subnet that assigns IPv6 addresses", addressing, func(p *peer) {
			p.set("app", "ipv6CidrBlock", "2600:1f14:1::/64")
			p.set("app", "assignIpv6AddressOnCreation", true)
		}, proof.Refuted},
		{"isolated", "an IPv6 address of the instance", addressing, func(p *peer) { p.set("box", "ipv6Addresses", list("2600:1f14:1::7")) }, proof.Refuted},
		{"isolated", "an Elastic IP address of the instance", elasticIPs, func(p *peer) {
			p.put("aws:ec2/eip:Eip", "address", "eipalloc-1", props{"instance": "i-1", "publicIp": "203.0.113.7"}, "box")
		}, proof.Refuted},
		{"isolated", "an Elastic IP address of a network interface", elasticIPs, func(p *peer) {
			p.addInterface("sg-instance")
			p.put("aws:ec2/eip:Eip", "address", "eipalloc-1", props{"networkInterface": "eni-9", "publicIp": "203.0.113.7"}, "interface")
		}, proof.Refuted},
		{"isolated", "an association of an Elastic IP address", elasticIPs, func(p *peer) {
			p.put("aws:ec2/eip:Eip", "address", "eipalloc-1", props{"instance": "", "networkInterface": "", "publicIp": "203.0.113.7"})
			p.put("aws:ec2/eipAssociation:EipAssociation", "association", "eipassoc-1", props{"allocationId": "eipalloc-1", "networkInterfaceId": "eni-2"}, "address")
		}, proof.Refuted},
		{"isolated", "an Elastic IP address of a network interface of another stack", elasticIPs, func(p *peer) {
			p.put("aws:ec2/eip:Eip", "address", "eipalloc-1", props{"networkInterface": "eni-77", "publicIp": "203.0.113.7"})
		}, proof.Undecided},
		{"isolated", "a network interface of another stack", networkInterface, func(p *peer) {
			p.set("box", "networkInterfaces", list(props{"networkInterfaceId": "eni-77", "deviceIndex": 1.0}))
		}, proof.Undecided},
	}
}

// breakingInbound allow inbound connections to instances.
func breakingInbound() []breakingChange {
	const ingressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	return []breakingChange{
		{"no-inbound", "an inline rule", groups, func(p *peer) { p.set("instance-group", "ingress", list(anyTraffic(props{"self": true}))) }, proof.Refuted},
		{"no-inbound", "an IPv6 rule", groupRules, func(p *peer) {
			p.put(ingressRule, "rule", "sgr-1", props{"securityGroupId": "sg-instance", "ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrIpv6": "::/0"})
		}, proof.Refuted},
		{"no-inbound", "an ICMP rule", groupRules, func(p *peer) {
			p.put(ingressRule, "rule", "sgr-1", props{"securityGroupId": "sg-instance", "ipProtocol": "icmp", "fromPort": 8.0, "toPort": -1.0, "cidrIpv4": "10.0.0.0/8"})
		}, proof.Refuted},
		{"no-inbound", "a rule with an unknown source", groupRules, func(p *peer) {
			p.put("aws:ec2/securityGroupRule:SecurityGroupRule", "rule", "sgrule-1", props{
				"type": "ingress", "securityGroupId": "sg-instance", "protocol": "tcp", "fromPort": 22.0, "toPort": 22.0,
			})
		}, proof.Refuted},
		{"no-inbound", "a list of rules with one that is not in the state", groupRules, func(p *peer) {
			p.put("aws:vpc/securityGroupRulesExclusive:SecurityGroupRulesExclusive", "exclusive", "sg-instance", props{
				"securityGroupId": "sg-instance", "ingressRuleIds": list("sgr-9"),
			}, "instance-group")
		}, proof.Undecided},
		{"no-inbound", "a rule of an unknown group", groupRules, func(p *peer) {
			p.put(ingressRule, "rule", "sgr-1", props{"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"})
		}, proof.Undecided},
		{"no-inbound", "a group of another network interface", networkInterface, func(p *peer) { p.addInterface("sg-endpoint") }, proof.Refuted},
		{"no-inbound", "an attached group", networkInterface, func(p *peer) {
			p.put("aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment", "attachment", "a",
				props{"networkInterfaceId": "eni-1", "securityGroupId": "sg-endpoint"})
		}, proof.Refuted},
		{"no-inbound", "an attached group of another stack", networkInterface, func(p *peer) {
			p.put("aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment", "attachment", "a",
				props{"networkInterfaceId": "eni-1", "securityGroupId": "sg-9"})
		}, proof.Undecided},
		{"no-inbound", "a group of another stack", groups, func(p *peer) { p.set("box", "vpcSecurityGroupIds", list("sg-instance", "sg-9")) }, proof.Undecided},
		{"no-inbound", "the default group of AWS", defaultGroups, func(p *peer) {
			p.remove("default-group")
			p.set("box", "vpcSecurityGroupIds", list())
		}, proof.Refuted},
		{"no-inbound", "a network interface of another stack", networkInterface, func(p *peer) {
			p.put("aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment", "attachment", "a", props{"instanceId": "i-1", "networkInterfaceId": "eni-9", "deviceIndex": 1.0})
		}, proof.Undecided},
		{"no-inbound", "a launch template of another stack", launchTemplates, func(p *peer) { p.set("box", "launchTemplate", props{"id": "lt-9"}) }, proof.Undecided},
	}
}

// breakingEgress allow more outbound connections than are needed.
func breakingEgress() []breakingChange {
	egress := func(rules ...any) func(*peer) {
		return func(p *peer) {
			p.set("instance-group", "egress", append(list(tcp443(props{"securityGroups": list("sg-endpoint")}), tcp443(props{"prefixListIds": list("pl-s3")})), rules...))
		}
	}
	return []breakingChange{
		{"egress", "all traffic", groupRules, egress(anyTraffic(props{"cidrBlocks": list("0.0.0.0/0")})), proof.Refuted},
		{"egress", "IPv6", groupRules, egress(tcp443(props{"ipv6CidrBlocks": list("::/0")})), proof.Refuted},
		{"egress", "several ports", groupRules, egress(props{"protocol": "tcp", "fromPort": 443.0, "toPort": 444.0, "securityGroups": list("sg-endpoint")}), proof.Refuted},
		{"egress", "UDP", groupRules, egress(props{"protocol": "udp", "fromPort": 53.0, "toPort": 53.0, "cidrBlocks": list("10.0.0.2/32")}), proof.Refuted},
		{"egress", "addresses outside of the VPC", groupRules, egress(tcp443(props{"cidrBlocks": list("192.168.0.0/24")})), proof.Refuted},
		{"egress", "the group of the instances", groupRules, egress(tcp443(props{"self": true})), proof.Refuted},
		{"egress", "a managed prefix list with other addresses", prefixLists, func(p *peer) {
			p.put("aws:ec2/managedPrefixList:ManagedPrefixList", "list", "pl-1", props{"entries": list(props{"cidr": "10.0.1.0/24"}, props{"cidr": "198.51.100.0/24"})})
			egress(tcp443(props{"prefixListIds": list("pl-1")}))(p)
		}, proof.Refuted},
		{"egress", "another port of S3", groupRules, egress(props{"protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "prefixListIds": list("pl-s3")}), proof.Refuted},
		{"egress", "a prefix list of another stack", prefixLists, egress(tcp443(props{"prefixListIds": list("pl-9")})), proof.Undecided},
		{"egress", "a group of another stack", groupRules, egress(tcp443(props{"securityGroups": list("sg-9")})), proof.Undecided},
		{"egress", "a rule with an unknown peer", groupRules, egress(tcp443(props{})), proof.Undecided},
		{"egress", "a load balancer in the group of the endpoints", groups, func(p *peer) {
			p.put("aws:rds/instance:Instance", "database", "db-1", props{"vpcSecurityGroupIds": list("sg-endpoint")})
		}, proof.Undecided},
		{"egress", "a network interface of another stack", networkInterface, func(p *peer) {
			p.set("box", "networkInterfaces", list(props{"networkInterfaceId": "eni-9", "deviceIndex": 1.0}))
		}, proof.Undecided},
		{"egress", "a group of another network interface", networkInterface, func(p *peer) {
			p.put("aws:ec2/securityGroup:SecurityGroup", "open", "sg-open", props{
				"vpcId": "vpc-1", "ingress": list(), "egress": list(anyTraffic(props{"cidrBlocks": list("0.0.0.0/0")})),
			})
			p.addInterface("sg-open")
		}, proof.Refuted},
		{"egress", "the default group of AWS", defaultGroups, func(p *peer) {
			p.remove("default-group")
			p.set("box", "vpcSecurityGroupIds", list())
		}, proof.Refuted},
	}
}

// breakingDefaultGroup add rules to the default group.
func breakingDefaultGroup() []breakingChange {
	return []breakingChange{
		{"default-sg", "the rules of AWS", defaultGroups, func(p *peer) { p.remove("default-group") }, proof.Refuted},
		{"default-sg", "an inbound rule", defaultGroups, func(p *peer) { p.set("default-group", "ingress", list(anyTraffic(props{"self": true}))) }, proof.Refuted},
		{"default-sg", "an outbound rule", defaultGroups, func(p *peer) {
			p.set("default-group", "egress", list(anyTraffic(props{"cidrBlocks": list("0.0.0.0/0")})))
		}, proof.Refuted},
		{"default-sg", "a rule of its own", groupRules, func(p *peer) {
			p.put("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "rule", "sgr-1", props{"securityGroupId": "sg-default", "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/16"})
		}, proof.Refuted},
		{"default-sg", "an outbound SecurityGroupRule", groupRules, func(p *peer) {
			p.put("aws:ec2/securityGroupRule:SecurityGroupRule", "rule", "sgrule-1", props{
				"type": "egress", "securityGroupId": "sg-default", "protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "cidrBlocks": list("0.0.0.0/0"),
			})
		}, proof.Refuted},
		{"default-sg", "the default group of another VPC", defaultGroups, func(p *peer) {
			p.remove("default-group")
			p.put("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default-group", "sg-other", props{"vpcId": "vpc-2", "ingress": list(), "egress": list()})
		}, proof.Refuted},
		{"default-sg", "a default group that the state does not show", defaultGroups, func(p *peer) { p.set("vpc", "defaultSecurityGroupId", "") }, proof.Undecided},
		{"default-sg", "a replacement of the default group", pendingDeletes, func(p *peer) { p.resources["default-group"].PendingReplacement = true }, proof.Undecided},
	}
}

// breakingZones leave instances or endpoints in one zone.
func breakingZones() []breakingChange {
	return []breakingChange{
		{"multi-zone", "all instances in one zone", regions, func(p *peer) { p.set("app-c", "availabilityZone", "eu-west-1a") }, proof.Refuted},
		{"multi-zone", "one instance", regions, func(p *peer) { p.remove("box-c") }, proof.Refuted},
		{"multi-zone", "a terminated instance", instanceStates, func(p *peer) { p.set("box-c", "instanceState", "terminated") }, proof.Refuted},
		{"multi-zone", "a stopped instance", instanceStates, func(p *peer) { p.set("box-c", "instanceState", "stopped") }, proof.Undecided},
		{"multi-zone", "an endpoint in one zone", zonesOfEndpoints, func(p *peer) { p.set("ssmmessages", "subnetIds", list("subnet-app")) }, proof.Refuted},
		{"multi-zone", "an endpoint in a subnet of another stack", zonesOfEndpoints, func(p *peer) {
			p.set("ssmmessages", "subnetIds", list("subnet-app", "subnet-9"))
		}, proof.Undecided},
		{"multi-zone", "no sessions on the second instance", regions, func(p *peer) {
			p.set("people-policy", "policy", document(startStatement, ownStatement, channelStatement))
		}, proof.Refuted},
		{"multi-zone", "an instance in a subnet of another stack", regions, func(p *peer) { p.set("box-c", "subnetId", "subnet-9") }, proof.Refuted},
		{"multi-zone", "no endpoints", zonesOfEndpoints, func(p *peer) { p.remove("ssm", "ssmmessages", "ec2messages", "logs", "kms") }, proof.Undecided},
	}
}

// breakingInstances weaken the protection of instances.
func breakingInstances() []breakingChange {
	metadata := func(options props) func(*peer) { return func(p *peer) { p.set("box", "metadataOptions", options) } }
	return []breakingChange{
		{"imdsv2", "tokens are optional", metadataOptions, metadata(props{"httpEndpoint": "enabled", "httpTokens": "optional", "httpPutResponseHopLimit": 1.0}), proof.Refuted},
		{"imdsv2", "tokens travel two hops", metadataOptions, metadata(props{"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 2.0}), proof.Refuted},
		{"imdsv2", "an unknown number of hops", metadataOptions, metadata(props{"httpEndpoint": "enabled", "httpTokens": "required"}), proof.Undecided},
		{"imdsv2", "unknown tokens", metadataOptions, metadata(props{"httpEndpoint": "enabled", "httpPutResponseHopLimit": 1.0}), proof.Undecided},
		{"imdsv2", "the defaults of the account", metadataOptions, metadata(nil), proof.Undecided},
		{"imdsv2", "the options of a launch template", launchTemplates, func(p *peer) {
			p.set("box", "metadataOptions", nil)
			p.set("box", "launchTemplate", props{"id": "lt-9"})
		}, proof.Undecided},
		{"imdsv2", "a replacement has deleted the instance", pendingDeletes, func(p *peer) { p.resources["box"].PendingReplacement = true }, proof.Undecided},

		{"encrypted", "the root volume", ebsEncryption, func(p *peer) { p.set("box", "rootBlockDevice", props{"encrypted": false}) }, proof.Refuted},
		{"encrypted", "an unknown root volume", ebsEncryption, func(p *peer) { p.set("box", "rootBlockDevice", nil) }, proof.Undecided},
		{"encrypted", "a root volume of unknown encryption", ebsEncryption, func(p *peer) { p.set("box", "rootBlockDevice", props{"volumeSize": 8.0}) }, proof.Undecided},
		{"encrypted", "another volume", ebsEncryption, func(p *peer) {
			p.set("box", "ebsBlockDevices", list(props{"deviceName": "/dev/sdf", "encrypted": false}))
		}, proof.Refuted},
		{"encrypted", "an attached volume", ebsEncryption, func(p *peer) {
			p.put("aws:ebs/volume:Volume", "volume", "vol-1", props{"encrypted": false, "availabilityZone": "eu-west-1a"})
			p.put("aws:ec2/volumeAttachment:VolumeAttachment", "attachment", "a", props{"instanceId": "i-1", "volumeId": "vol-1", "deviceName": "/dev/sdf"}, "box", "volume")
		}, proof.Refuted},
		{"encrypted", "a volume of another stack", ebsEncryption, func(p *peer) {
			p.put("aws:ec2/volumeAttachment:VolumeAttachment", "attachment", "a", props{"instanceId": "i-1", "volumeId": "vol-9", "deviceName": "/dev/sdf"}, "box")
		}, proof.Undecided},
		{"encrypted", "an instance store", "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/data-protection.html", func(p *peer) {
			p.set("box", "ephemeralBlockDevices", list(props{"deviceName": "/dev/sdb", "virtualName": "ephemeral0"}))
		}, proof.Undecided},
		{"encrypted", "encryption by default after the launch", "https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html", func(p *peer) {
			p.put("aws:ebs/encryptionByDefault:EncryptionByDefault", "setting", "terraform-1", props{"enabled": true})
			p.set("box", "rootBlockDevice", nil)
		}, proof.Undecided},

		{"protected", "no termination protection", termination, func(p *peer) { p.set("box", "disableApiTermination", false) }, proof.Refuted},
		{"protected", "no termination protection of the second instance", termination, func(p *peer) { p.set("box-c", "disableApiTermination", nil) }, proof.Refuted},
		{"protected", "a shutdown terminates it", termination, func(p *peer) { p.set("box", "instanceInitiatedShutdownBehavior", "terminate") }, proof.Refuted},
		{"protected", "a Spot Instance", spotInstances, func(p *peer) { p.set("box", "instanceMarketOptions", props{"marketType": "spot"}) }, proof.Refuted},
		{"protected", "the lifecycle of a Spot Instance", spotInstances, func(p *peer) { p.set("box", "instanceLifecycle", "spot") }, proof.Refuted},
		{"protected", "the setting of a launch template", launchTemplates, func(p *peer) {
			p.set("box", "disableApiTermination", nil)
			p.set("box", "launchTemplate", props{"id": "lt-9"})
		}, proof.Undecided},
		{"protected", "a terminated instance", instanceStates, func(p *peer) { p.set("box", "instanceState", "terminated") }, proof.Undecided},
	}
}

// resultsOf returns the result of each claim, as "id subject: result".
func resultsOf(claims []proof.Claim) []string {
	var results []string
	for _, c := range claims {
		results = append(results, c.ID+" "+c.Subject+": "+c.Result)
	}
	slices.SortFunc(results, cmp.Compare[string])
	return results
}

// idOf returns the id of the claim in a result of resultsOf.
func idOf(result string) string {
	id, _, _ := strings.Cut(result, " ")
	return id
}
