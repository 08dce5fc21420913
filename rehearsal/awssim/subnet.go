package awssim

import (
	"fmt"
	"maps"
	"net/netip"
	"strings"
)

// maxSubnets is a quota of a VPC. https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const maxSubnets = 200

func init() {
	register(&resourceType{
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
	})
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
	for _, zone := range c.offers.Zones() {
		if wanted == "" || wanted == zone.Name || wanted == zone.ID {
			return zone.Name, zone.ID, nil
		}
	}
	return "", "", c.ec2(prefix, operation, "InvalidParameterValue", "Value (%s) for parameter %s is invalid. Subnets can "+
		"currently only be created in the following availability zones: %s.", wanted, parameter, strings.Join(c.offers.ZoneNames(), ", "))
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
