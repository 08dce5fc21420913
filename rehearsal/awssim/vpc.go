package awssim

import (
	"fmt"
	"maps"
	"net/netip"
)

// Type tokens of the network's resources.
const (
	vpcToken                  = "aws:ec2/vpc:Vpc"
	subnetToken               = "aws:ec2/subnet:Subnet"
	routeTableToken           = "aws:ec2/routeTable:RouteTable"
	associationToken          = "aws:ec2/routeTableAssociation:RouteTableAssociation"
	securityGroupToken        = "aws:ec2/securityGroup:SecurityGroup"
	defaultSecurityGroupToken = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	interfaceToken            = "aws:ec2/networkInterface:NetworkInterface"
)

func init() {
	register(&resourceType{
		Token: vpcToken,
		Inputs: map[string]attribute{
			"cidrBlock":                        {ForceNew: true, Computed: true, Validate: cidrNetwork(16, 28)},
			"instanceTenancy":                  {ForceNew: true, Default: "default", Validate: stringInSet("default", "dedicated")},
			"enableDnsSupport":                 {Default: true},
			"enableDnsHostnames":               {Computed: true},
			"enableNetworkAddressUsageMetrics": {Computed: true},
			"assignGeneratedIpv6CidrBlock":     {},
			"ipv4IpamPoolId":                   {ForceNew: true},
			"ipv4NetmaskLength":                {ForceNew: true, Validate: intBetween(16, 28)},
			"ipv6CidrBlock":                    {Computed: true},
			"ipv6CidrBlockNetworkBorderGroup":  {Computed: true},
			"ipv6IpamPoolId":                   {},
			"ipv6NetmaskLength":                {Validate: intInSet(44, 48, 52, 56, 60)},
		},
		Outputs: []string{
			"arn", "defaultNetworkAclId", "defaultRouteTableId", "defaultSecurityGroupId", "dhcpOptionsId", "ipv6AssociationId",
			"mainRouteTableId", "ownerId",
		},
		ConflictsWith: [][]string{
			{"cidrBlock", "ipv4NetmaskLength"},
			{"assignGeneratedIpv6CidrBlock", "ipv6CidrBlock"},
			{"assignGeneratedIpv6CidrBlock", "ipv6IpamPoolId"},
			{"assignGeneratedIpv6CidrBlock", "ipv6NetmaskLength"},
			{"ipv6CidrBlock", "ipv6NetmaskLength"},
		},
		Taggable: true,
		CustomizeDiff: func(diff differences, state, in values) error {
			if str(state, "instanceTenancy") == "dedicated" && str(in, "instanceTenancy") == "default" {
				diff["instanceTenancy"] = false
			}
			return nil
		},
		Kind: vpcKind, Create: createVPC, Update: updateVPC, Delete: deleteVPC,
		NotFound: func(c *call, id string) error {
			return c.vpcNotFound("updating EC2 VPC ("+id+")", "ModifyVpcAttribute", id)
		},
	})
}

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
		"arn": c.arn("ec2", "vpc/"+id), "dhcpOptionsId": "dopt-0" + hash("dhcp "+c.region, 16), "ownerId": c.account,
		"ipv6AssociationId": "", "ipv6CidrBlock": "", "ipv6CidrBlockNetworkBorderGroup": "",
		"enableDnsSupport": true, "enableDnsHostnames": false, "enableNetworkAddressUsageMetrics": false,
	})
	vpc := c.put(vpcToken, id, state)
	c.addMainRouteTable(vpc, table)
	c.addDefaultGroup(vpc, group)
	c.addDefaultNetworkACL(vpc, acl)
	// The provider sets the attributes after the VPC exists.
	if err := c.partialFault(); err != nil {
		return id, state, partial(err)
	}
	if err := c.checkDNS(prefix+": modifying EnableDnsHostnames", id, in); err != nil {
		return id, state, partial(err)
	}
	for _, attribute := range []string{"enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"} {
		if isSet(in, attribute) {
			state[attribute] = in[attribute]
		}
	}
	return id, state, nil
}

// addMainRouteTable adds the route table that AWS creates with a VPC.
func (c *call) addMainRouteTable(vpc *object, id string) {
	table := c.put(routeTableToken, id, values{
		"vpcId": vpc.ID, "routes": []any{}, "propagatingVgws": []any{}, "ownerId": vpc.State["ownerId"], "arn": c.arn("ec2", "route-table/"+id),
		"tags": values{}, "tagsAll": values{},
	})
	table.Owner, vpc.State["mainRouteTableId"], vpc.State["defaultRouteTableId"] = vpc.key(), id, id
}

// addDefaultGroup adds the security group that AWS creates with a VPC.
func (c *call) addDefaultGroup(vpc *object, id string) {
	group := c.put(defaultSecurityGroupToken, id, values{
		"vpcId": vpc.ID, "name": "default", "namePrefix": "", "description": "default VPC security group", "ownerId": vpc.State["ownerId"],
		"arn": c.arn("ec2", "security-group/"+id), "revokeRulesOnDelete": false, "tags": values{}, "tagsAll": values{},
	})
	group.Owner, vpc.State["defaultSecurityGroupId"] = vpc.key(), id
	c.addRule(group, ingressRuleToken, values{"ipProtocol": "-1", "referencedSecurityGroupId": id})
	c.addRule(group, egressRuleToken, values{"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"})
}

// vpcBlocks returns the CIDR blocks of a VPC, the primary one first.
func vpcBlocks(vpc *object) []string {
	blocks := []string{str(vpc.State, "cidrBlock")}
	for _, association := range objectList(vpc.Extra, "cidrBlockAssociations") {
		if block := str(association, "cidrBlock"); block != blocks[0] && str(association, "state") == "associated" {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// checkVPC returns AWS's error for a new VPC.
func (c *call) checkVPC(prefix string, in values) error {
	const operation = "CreateVpc"
	for _, input := range []string{"assignGeneratedIpv6CidrBlock", "ipv6CidrBlock", "ipv6IpamPoolId", "ipv6NetmaskLength"} {
		if !isZero(in[input]) {
			return fmt.Errorf("%s: the simulated AWS does not support IPv6: %s", prefix, input)
		}
	}
	if pool := str(in, "ipv4IpamPoolId"); pool != "" {
		return c.ec2Error(prefix, operation, "InvalidIpamPoolId.NotFound", "The ipam-pool ID '%s' does not exist", pool)
	}
	cidr := str(in, "cidrBlock")
	if cidr == "" {
		return c.ec2Error(prefix, operation, "MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	if block, err := netip.ParsePrefix(cidr); err != nil || isReserved(block) {
		return c.ec2Error(prefix, operation, "InvalidVpc.Range", "The CIDR '%s' is invalid.", cidr)
	}
	if len(c.find(vpcToken, nil)) >= c.quota(vpcsPerRegion) {
		return c.ec2Error(prefix, operation, "VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	}
	return nil
}

// checkDNS returns AWS's error for DNS hostnames without DNS support. Its message is not confirmed.
func (c *call) checkDNS(prefix, id string, in values) error {
	if boolean(in, "enableDnsHostnames") && isSet(in, "enableDnsSupport") && !boolean(in, "enableDnsSupport") {
		return c.ec2Error(prefix, "ModifyVpcAttribute", "InvalidParameterValue", "DNS hostnames need DNS support for VPC %s.", id)
	}
	return nil
}

func updateVPC(c *call, id string, old, in values) (values, error) {
	if err := c.checkDNS("updating EC2 VPC ("+id+"): modifying EnableDnsHostnames", id, in); err != nil {
		return nil, err
	}
	return updateAny(c, id, old, in)
}

func deleteVPC(c *call, id string, _ values) error {
	inVPC := func(v values) bool { return str(v, "vpcId") == id }
	for _, token := range []string{subnetToken, securityGroupToken, routeTableToken, endpointToken, interfaceToken} {
		for _, o := range c.find(token, inVPC) {
			if o.Owner == "" || token == interfaceToken {
				return c.ec2Error("deleting EC2 VPC ("+id+")", "DeleteVpc", "DependencyViolation",
					"The vpc '%s' has dependencies and cannot be deleted.", id)
			}
		}
	}
	vpc := c.vpc(id)
	for _, route := range c.find(routeToken, func(v values) bool { return str(v, "routeTableId") == str(vpc.State, "mainRouteTableId") }) {
		c.remove(route)
	}
	for _, token := range directions { // including rules that were added to the default group
		for _, rule := range c.rulesOf(str(vpc.State, "defaultSecurityGroupId"), token) {
			c.remove(rule)
		}
	}
	c.remove(vpc)
	return nil
}

func (c *call) vpcNotFound(prefix, operation, id string) error {
	return c.ec2Error(prefix, operation, "InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", id)
}

// isReserved reports whether AWS rejects a VPC with this CIDR block.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
func isReserved(block netip.Prefix) bool {
	for _, reserved := range []string{"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"} {
		if netip.MustParsePrefix(reserved).Overlaps(block) {
			return true
		}
	}
	return false
}
