package awssim

import (
	"fmt"
	"maps"
	"net/netip"
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

// maxVPCs is the quota of an account that nobody raised. https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const maxVPCs = 5

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
