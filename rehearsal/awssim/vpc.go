package awssim

import (
	"fmt"
	"maps"
	"net/netip"
	"strings"
)

// Tokens of types that others look for.
const (
	vpcToken                  = "aws:ec2/vpc:Vpc"
	subnetToken               = "aws:ec2/subnet:Subnet"
	routeTableToken           = "aws:ec2/routeTable:RouteTable"
	associationToken          = "aws:ec2/routeTableAssociation:RouteTableAssociation"
	securityGroupToken        = "aws:ec2/securityGroup:SecurityGroup"
	defaultSecurityGroupToken = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	interfaceToken            = "aws:ec2/networkInterface:NetworkInterface"
)

// Quotas of an account that nobody raised. https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const (
	maxVPCs    = 5
	maxSubnets = 200
)

func init() {
	register(&resourceType{
		token: vpcToken,
		inputs: map[string]attribute{
			"cidrBlock":                        {replace: true, computed: true, check: networkBlock(16, 28)},
			"instanceTenancy":                  {replace: true, fallback: "default", check: oneOf("default", "dedicated")},
			"enableDnsSupport":                 {fallback: true},
			"enableDnsHostnames":               {computed: true},
			"enableNetworkAddressUsageMetrics": {computed: true},
			"assignGeneratedIpv6CidrBlock":     {},
			"ipv4IpamPoolId":                   {replace: true},
			"ipv4NetmaskLength":                {replace: true, check: between(16, 28)},
			"ipv6CidrBlock":                    {computed: true},
			"ipv6CidrBlockNetworkBorderGroup":  {computed: true},
			"ipv6IpamPoolId":                   {},
			"ipv6NetmaskLength":                {check: oneNumberOf(44, 48, 52, 56, 60)},
		},
		outputs: []string{
			"arn", "defaultNetworkAclId", "defaultRouteTableId", "defaultSecurityGroupId", "dhcpOptionsId", "ipv6AssociationId",
			"mainRouteTableId", "ownerId",
		},
		conflicts: [][]string{
			{"cidrBlock", "ipv4NetmaskLength"},
			{"assignGeneratedIpv6CidrBlock", "ipv6CidrBlock"},
			{"assignGeneratedIpv6CidrBlock", "ipv6IpamPoolId"},
			{"assignGeneratedIpv6CidrBlock", "ipv6NetmaskLength"},
			{"ipv6CidrBlock", "ipv6NetmaskLength"},
		},
		taggable: true,
		adjust: func(found differences, state, in values) {
			if text(state, "instanceTenancy") == "dedicated" && text(in, "instanceTenancy") == "default" {
				found["instanceTenancy"] = false
			}
		},
		create: createVPC, update: updateVPC, remove: removeVPC,
		gone: func(c *call, id string) error { return c.noVPC("updating EC2 VPC ("+id+")", "ModifyVpcAttribute", id) },
	}, &resourceType{
		token: subnetToken,
		inputs: map[string]attribute{
			"vpcId":                                   {required: true, replace: true},
			"cidrBlock":                               {replace: true, check: ipv4Network},
			"availabilityZone":                        {replace: true, computed: true},
			"availabilityZoneId":                      {replace: true, computed: true},
			"mapPublicIpOnLaunch":                     {fallback: false},
			"assignIpv6AddressOnCreation":             {fallback: false},
			"enableDns64":                             {fallback: false},
			"enableResourceNameDnsARecordOnLaunch":    {fallback: false},
			"enableResourceNameDnsAaaaRecordOnLaunch": {fallback: false},
			"privateDnsHostnameTypeOnLaunch":          {computed: true, check: oneOf("ip-name", "resource-name")},
			"ipv6CidrBlock":                           {check: ipv6Network},
			"ipv6Native":                              {replace: true, fallback: false},
			"outpostArn":                              {replace: true, check: arnText},
		},
		outputs:   []string{"arn", "ipv6CidrBlockAssociationId", "ownerId"},
		conflicts: [][]string{{"availabilityZone", "availabilityZoneId"}},
		taggable:  true,
		create:    createSubnet, update: merge, remove: removeSubnet,
		gone: func(c *call, id string) error {
			return c.ec2("updating EC2 Subnet ("+id+")", "ModifySubnetAttribute", "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
		},
	}, &resourceType{
		token: routeTableToken,
		inputs: map[string]attribute{
			"vpcId":           {required: true, replace: true},
			"routes":          {computed: true, unordered: true, same: sameRoutes, check: checkRoutes},
			"propagatingVgws": {computed: true, unordered: true},
		},
		outputs:  []string{"arn", "ownerId"},
		taggable: true,
		create:   createRouteTable, update: updateRouteTable, remove: removeRouteTable, refresh: readRoutes,
		gone: func(c *call, id string) error {
			return c.noRouteTable("updating Route Table ("+id+")", "DescribeRouteTables", id)
		},
	}, &resourceType{
		token: associationToken,
		inputs: map[string]attribute{
			"routeTableId": {required: true},
			"subnetId":     {replace: true},
			"gatewayId":    {replace: true},
		},
		alternatives: [][]string{{"gatewayId", "subnetId"}},
		create:       createAssociation, update: updateAssociation,
		gone: func(c *call, id string) error {
			return c.ec2("updating Route Table Association ("+id+")", "ReplaceRouteTableAssociation", "InvalidAssociationID.NotFound",
				"The association ID '%s' does not exist", id)
		},
	})
}

// merge updates in place what takes any value.
func merge(c *call, _ string, old, in values) (values, error) { return c.settle(old, in), nil }

func (c *call) vpc(id string) *object { return c.get(vpcToken, id) }

func createVPC(c *call, in values) (string, values, error) {
	const prefix = "creating EC2 VPC"
	if err := c.checkVPC(prefix, in); err != nil {
		return "", nil, err
	}
	id := c.newID("vpc")
	table, group, acl := c.newID("rtb"), c.newID("sg"), c.newID("acl")
	state := clone(in)
	maps.Copy(state, values{
		"arn": c.arn("ec2", "vpc/"+id), "defaultNetworkAclId": acl, "defaultRouteTableId": table, "mainRouteTableId": table,
		"defaultSecurityGroupId": group, "dhcpOptionsId": "dopt-0" + c.hash("dhcp "+c.region, 16), "ownerId": c.account(),
		"ipv6AssociationId": "", "ipv6CidrBlock": "", "ipv6CidrBlockNetworkBorderGroup": "",
		"enableDnsSupport": true, "enableDnsHostnames": false, "enableNetworkAddressUsageMetrics": false,
	})
	vpc := c.put(vpcToken, id, state)
	owner := key(vpc.Type, vpc.Region, vpc.ID)
	c.put(routeTableToken, table, values{"vpcId": id, "routes": []any{}}).Owner = owner
	own := c.put(defaultSecurityGroupToken, group, values{"vpcId": id, "name": "default", "description": "default VPC security group"})
	own.Owner = owner
	c.addRule(own, ingressRuleToken, values{"ipProtocol": "-1", "referencedSecurityGroupId": group})
	c.addRule(own, egressRuleToken, values{"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"})
	// Its attributes are set one by one, once it is there.
	if err := c.step(); err != nil {
		return id, state, partly(err)
	}
	if err := c.checkDNS(prefix+": modifying EnableDnsHostnames", id, in); err != nil {
		return id, state, partly(err)
	}
	for _, attribute := range []string{"enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"} {
		if given(in, attribute) {
			state[attribute] = in[attribute]
		}
	}
	return id, state, nil
}

// checkVPC holds a new VPC against AWS's blocks and the quota.
func (c *call) checkVPC(prefix string, in values) error {
	const operation = "CreateVpc"
	for _, input := range []string{"assignGeneratedIpv6CidrBlock", "ipv6CidrBlock", "ipv6IpamPoolId", "ipv6NetmaskLength"} {
		if !empty(in[input]) {
			return fmt.Errorf("%s: the simulated AWS has no IPv6: %s", prefix, input)
		}
	}
	if pool := text(in, "ipv4IpamPoolId"); pool != "" {
		return c.ec2(prefix, operation, "InvalidIpamPoolId.NotFound", "The ipam-pool ID '%s' does not exist", pool)
	}
	cidr := text(in, "cidrBlock")
	if cidr == "" {
		return c.ec2(prefix, operation, "MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	if block, err := netip.ParsePrefix(cidr); err != nil || reserved(block) {
		return c.ec2(prefix, operation, "InvalidVpc.Range", "The CIDR '%s' is invalid.", cidr)
	}
	if len(c.all(vpcToken, nil)) >= maxVPCs {
		return c.ec2(prefix, operation, "VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	}
	return nil
}

// checkDNS refuses host names without DNS. The sentence is not established.
func (c *call) checkDNS(prefix, id string, in values) error {
	if flag(in, "enableDnsHostnames") && given(in, "enableDnsSupport") && !flag(in, "enableDnsSupport") {
		return c.ec2(prefix, "ModifyVpcAttribute", "InvalidParameterValue", "DNS hostnames need DNS support for VPC %s.", id)
	}
	return nil
}

func updateVPC(c *call, id string, old, in values) (values, error) {
	if err := c.checkDNS("updating EC2 VPC ("+id+"): modifying EnableDnsHostnames", id, in); err != nil {
		return nil, err
	}
	return merge(c, id, old, in)
}

func removeVPC(c *call, id string, _ values) error {
	inVPC := func(v values) bool { return text(v, "vpcId") == id }
	for _, token := range []string{subnetToken, securityGroupToken, routeTableToken, endpointToken, interfaceToken} {
		for _, o := range c.all(token, inVPC) {
			if o.Owner == "" || token == interfaceToken {
				return c.ec2("deleting EC2 VPC ("+id+")", "DeleteVpc", "DependencyViolation",
					"The vpc '%s' has dependencies and cannot be deleted.", id)
			}
		}
	}
	vpc := c.vpc(id)
	for _, route := range c.all(routeToken, func(v values) bool { return text(v, "routeTableId") == text(vpc.State, "mainRouteTableId") }) {
		c.drop(route)
	}
	for _, token := range directions { // rules that somebody added to the group that goes with the VPC
		for _, rule := range c.rulesOf(text(vpc.State, "defaultSecurityGroupId"), token) {
			c.drop(rule)
		}
	}
	c.drop(vpc)
	return nil
}

func createSubnet(c *call, in values) (string, values, error) {
	const prefix, operation = "creating EC2 Subnet", "CreateSubnet"
	vpc := c.vpc(text(in, "vpcId"))
	if vpc == nil {
		return "", nil, c.noVPC(prefix, operation, text(in, "vpcId"))
	}
	block, err := netip.ParsePrefix(text(in, "cidrBlock"))
	outer, _ := netip.ParsePrefix(text(vpc.State, "cidrBlock"))
	if err != nil || block.Bits() < 16 || block.Bits() > 28 || block.Bits() < outer.Bits() || !outer.Contains(block.Addr()) {
		return "", nil, c.ec2(prefix, operation, "InvalidSubnet.Range", "The CIDR '%s' is invalid.", text(in, "cidrBlock"))
	}
	for _, input := range []string{"ipv6CidrBlock", "ipv6Native", "assignIpv6AddressOnCreation", "enableDns64", "outpostArn"} {
		if !empty(in[input]) {
			return "", nil, fmt.Errorf("%s: the simulated AWS has no IPv6 and no Outposts: %s", prefix, input)
		}
	}
	zone, zoneID, err := c.zone(prefix, operation, in)
	if err != nil {
		return "", nil, err
	}
	others := c.all(subnetToken, func(v values) bool { return text(v, "vpcId") == vpc.ID })
	for _, other := range others {
		if taken, err := netip.ParsePrefix(text(other.State, "cidrBlock")); err == nil && taken.Overlaps(block) {
			return "", nil, c.ec2(prefix, operation, "InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", block)
		}
	}
	if len(others) >= maxSubnets {
		return "", nil, c.ec2(prefix, operation, "SubnetLimitExceeded", "The maximum number of subnets has been reached.")
	}
	id := c.newID("subnet")
	state := clone(in)
	maps.Copy(state, values{
		"arn": c.arn("ec2", "subnet/"+id), "availabilityZone": zone, "ownerId": c.account(), "ipv6CidrBlockAssociationId": "",
		"availabilityZoneId": zoneID,
	})
	c.put(subnetToken, id, state)
	// Every attribute has a call of its own, once the subnet is there.
	attributes := values{"privateDnsHostnameTypeOnLaunch": "ip-name"}
	for _, attribute := range subnetAttributes {
		attributes[attribute] = false
	}
	err = c.step()
	if err == nil {
		maps.Copy(attributes, in)
	}
	maps.Copy(state, attributes)
	return id, state, partly(err)
}

// subnetAttributes are what a subnet has only once it is there.
var subnetAttributes = []string{
	"mapPublicIpOnLaunch", "enableResourceNameDnsARecordOnLaunch", "enableResourceNameDnsAaaaRecordOnLaunch",
}

// zone is where a subnet goes: the zone that is named in either way, or the first.
func (c *call) zone(prefix, operation string, in values) (name, id string, err error) {
	wanted, parameter := text(in, "availabilityZone"), "availabilityZone"
	if wanted == "" {
		wanted, parameter = text(in, "availabilityZoneId"), "availabilityZoneId"
	}
	for _, zone := range c.offers().Zones {
		if wanted == "" || wanted == zone.Name || wanted == zone.ID {
			return zone.Name, zone.ID, nil
		}
	}
	return "", "", c.ec2(prefix, operation, "InvalidParameterValue", "Value (%s) for parameter %s is invalid. Subnets can "+
		"currently only be created in the following availability zones: %s.", wanted, parameter, strings.Join(c.offers().zoneNames(), ", "))
}

func removeSubnet(c *call, id string, _ values) error {
	if len(c.all(interfaceToken, func(v values) bool { return text(v, "subnetId") == id })) > 0 {
		return c.ec2("deleting EC2 Subnet ("+id+")", "DeleteSubnet", "DependencyViolation",
			"The subnet '%s' has dependencies and cannot be deleted.", id)
	}
	// AWS drops its association with a route table by itself.
	for _, association := range c.all(associationToken, func(v values) bool { return text(v, "subnetId") == id }) {
		c.drop(association)
	}
	c.drop(c.get(subnetToken, id))
	return nil
}

func (c *call) noVPC(prefix, operation, id string) error {
	return c.ec2(prefix, operation, "InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", id)
}

// reserved are blocks in which AWS makes no VPC. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
func reserved(block netip.Prefix) bool {
	for _, text := range []string{"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"} {
		if netip.MustParsePrefix(text).Overlaps(block) {
			return true
		}
	}
	return false
}
