package awssim

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
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
		},
		outputs: []string{
			"arn", "defaultNetworkAclId", "defaultRouteTableId", "defaultSecurityGroupId", "dhcpOptionsId", "ipv6AssociationId",
			"mainRouteTableId", "ownerId",
		},
		taggable: true,
		create:   createVPC, update: updateVPC, remove: removeVPC,
	}, &resourceType{
		token: subnetToken,
		inputs: map[string]attribute{
			"vpcId":                                {required: true, replace: true},
			"cidrBlock":                            {replace: true, check: ipv4Network},
			"availabilityZone":                     {replace: true, computed: true},
			"mapPublicIpOnLaunch":                  {fallback: false},
			"assignIpv6AddressOnCreation":          {fallback: false},
			"enableDns64":                          {fallback: false},
			"enableResourceNameDnsARecordOnLaunch": {fallback: false},
			"privateDnsHostnameTypeOnLaunch":       {computed: true, check: oneOf("ip-name", "resource-name")},
		},
		outputs:  []string{"arn", "ipv6CidrBlockAssociationId", "ownerId", "availabilityZoneId"},
		taggable: true,
		create:   createSubnet, update: merge, remove: removeSubnet,
	}, &resourceType{
		token: routeTableToken,
		inputs: map[string]attribute{
			"vpcId":           {required: true, replace: true},
			"routes":          {computed: true, unordered: true},
			"propagatingVgws": {computed: true, unordered: true},
		},
		outputs:  []string{"arn", "ownerId"},
		taggable: true,
		create:   createRouteTable, update: merge, remove: removeRouteTable,
	}, &resourceType{
		token: associationToken,
		inputs: map[string]attribute{
			"routeTableId": {required: true},
			"subnetId":     {replace: true},
			"gatewayId":    {replace: true},
		},
		alternatives: [][]string{{"subnetId", "gatewayId"}},
		create:       createAssociation, update: updateAssociation,
	})
}

// merge updates in place what takes any value.
func merge(_ *call, _ string, old, in values) (values, error) {
	maps.Copy(old, in)
	return old, nil
}

func (c *call) vpc(id string) *object { return c.get(vpcToken, id) }

func createVPC(c *call, in values) (string, values, error) {
	const prefix = "creating EC2 VPC"
	cidr := text(in, "cidrBlock")
	if cidr == "" {
		return "", nil, c.ec2(prefix, "CreateVpc", "MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	block, err := netip.ParsePrefix(cidr)
	if err != nil || reserved(block) {
		return "", nil, c.ec2(prefix, "CreateVpc", "InvalidVpc.Range", "The CIDR '%s' is invalid.", cidr)
	}
	if len(c.all(vpcToken, nil)) >= maxVPCs {
		return "", nil, c.ec2(prefix, "CreateVpc", "VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	}
	id := c.newID("vpc")
	table, group, acl := c.newID("rtb"), c.newID("sg"), c.newID("acl")
	state := clone(in)
	maps.Copy(state, values{
		"arn": c.arn("ec2", "vpc/"+id), "defaultNetworkAclId": acl, "defaultRouteTableId": table, "mainRouteTableId": table,
		"defaultSecurityGroupId": group, "dhcpOptionsId": "dopt-0" + c.hash("dhcp", 16), "ownerId": c.account(), "ipv6AssociationId": "",
		"enableDnsHostnames": flag(in, "enableDnsHostnames"), "enableNetworkAddressUsageMetrics": flag(in, "enableNetworkAddressUsageMetrics"),
	})
	if flag(state, "enableDnsHostnames") && !flag(state, "enableDnsSupport") {
		return "", nil, c.ec2(prefix, "ModifyVpcAttribute", "InvalidParameterValue", "DNS hostnames need DNS support for VPC %s.", id)
	}
	vpc := c.put(vpcToken, id, state)
	owner := key(vpc.Type, vpc.Region, vpc.ID)
	c.put(routeTableToken, table, values{"vpcId": id, "routes": []any{}}).Owner = owner
	own := c.put(defaultSecurityGroupToken, group, values{"vpcId": id, "name": "default", "description": "default VPC security group"})
	own.Owner = owner
	c.addRule(own, ingressRuleToken, values{"ipProtocol": "-1", "referencedSecurityGroupId": group})
	c.addRule(own, egressRuleToken, values{"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"})
	return id, state, nil
}

func updateVPC(c *call, id string, old, in values) (values, error) {
	if flag(in, "enableDnsHostnames") && !flag(in, "enableDnsSupport") {
		return nil, c.ec2("updating EC2 VPC ("+id+"): modifying EnableDnsHostnames", "ModifyVpcAttribute", "InvalidParameterValue",
			"DNS hostnames need DNS support for VPC %s.", id)
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
	zones := c.offers().zoneNames()
	zone := text(in, "availabilityZone")
	if zone == "" {
		zone = zones[0]
	}
	if !slices.Contains(zones, zone) {
		return "", nil, c.ec2(prefix, operation, "InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. Subnets can "+
			"currently only be created in the following availability zones: %s.", zone, strings.Join(zones, ", "))
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
		"availabilityZoneId": c.offers().Zones[slices.Index(zones, zone)].ID,
	})
	if !given(in, "privateDnsHostnameTypeOnLaunch") {
		state["privateDnsHostnameTypeOnLaunch"] = "ip-name"
	}
	c.put(subnetToken, id, state)
	return id, state, nil
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

func createRouteTable(c *call, in values) (string, values, error) {
	const prefix = "creating Route Table"
	if c.vpc(text(in, "vpcId")) == nil {
		return "", nil, c.noVPC(prefix, "CreateRouteTable", text(in, "vpcId"))
	}
	if routes, _ := in["routes"].([]any); len(routes) > 0 {
		// Every route needs a gateway, and the simulated AWS has none.
		return "", nil, fmt.Errorf("creating Route Table: the simulated AWS has no gateway for a route")
	}
	id := c.newID("rtb")
	state := clone(in)
	maps.Copy(state, values{"arn": c.arn("ec2", "route-table/"+id), "ownerId": c.account(), "routes": []any{}, "propagatingVgws": []any{}})
	c.put(routeTableToken, id, state)
	return id, state, nil
}

func removeRouteTable(c *call, id string, _ values) error {
	// The provider takes away every association first.
	for _, association := range c.all(associationToken, func(v values) bool { return text(v, "routeTableId") == id }) {
		c.drop(association)
	}
	for _, route := range c.all(routeToken, func(v values) bool { return text(v, "routeTableId") == id }) {
		c.drop(route)
	}
	c.drop(c.get(routeTableToken, id))
	return nil
}

func createAssociation(c *call, in values) (string, values, error) {
	prefix := "creating Route Table (" + text(in, "routeTableId") + ") Association"
	const operation = "AssociateRouteTable"
	if err := c.checkAssociation(prefix, operation, text(in, "routeTableId"), text(in, "subnetId")); err != nil {
		return "", nil, err
	}
	if len(c.all(associationToken, func(v values) bool { return text(v, "subnetId") == text(in, "subnetId") })) > 0 {
		return "", nil, c.ec2(prefix, operation, "Resource.AlreadyAssociated",
			"the specified association for route table %s conflicts with an existing association", text(in, "routeTableId"))
	}
	id := c.newID("rtbassoc")
	c.put(associationToken, id, clone(in))
	return id, clone(in), nil
}

// updateAssociation keeps the id, though AWS gives a new one: an engine cannot be told of it in an update.
func updateAssociation(c *call, id string, old, in values) (values, error) {
	err := c.checkAssociation("updating Route Table Association ("+id+")", "ReplaceRouteTableAssociation",
		text(in, "routeTableId"), text(in, "subnetId"))
	if err != nil {
		return nil, err
	}
	return merge(c, id, old, in)
}

func (c *call) checkAssociation(prefix, operation, table, subnet string) error {
	routes, place := c.get(routeTableToken, table), c.get(subnetToken, subnet)
	switch {
	case routes == nil:
		return c.ec2(prefix, operation, "InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", table)
	case place == nil:
		return c.ec2(prefix, operation, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", subnet)
	case text(routes.State, "vpcId") != text(place.State, "vpcId"):
		return c.ec2(prefix, operation, "InvalidParameterValue", "route table %s and subnet %s belong to different networks", table, subnet)
	}
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
