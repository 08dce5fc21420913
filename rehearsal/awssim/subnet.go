package awssim

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

func init() {
	register(&resourceType{
		Token: subnetToken,
		Inputs: map[string]attribute{
			"vpcId":                                   {Required: true, ForceNew: true},
			"cidrBlock":                               {ForceNew: true, Validate: ipv4Network},
			"availabilityZone":                        {ForceNew: true, Computed: true},
			"availabilityZoneId":                      {ForceNew: true, Computed: true},
			"mapPublicIpOnLaunch":                     {Default: false},
			"assignIpv6AddressOnCreation":             {Default: false},
			"enableDns64":                             {Default: false},
			"enableResourceNameDnsARecordOnLaunch":    {Default: false},
			"enableResourceNameDnsAaaaRecordOnLaunch": {Default: false},
			"privateDnsHostnameTypeOnLaunch":          {Computed: true, Validate: stringInSet("ip-name", "resource-name")},
			"ipv6CidrBlock":                           {Validate: ipv6Network},
			"ipv6Native":                              {ForceNew: true, Default: false},
			"outpostArn":                              {ForceNew: true, Validate: validateARN},
		},
		Outputs:       []string{"arn", "ipv6CidrBlockAssociationId", "ownerId"},
		ConflictsWith: [][]string{{"availabilityZone", "availabilityZoneId"}},
		Taggable:      true,
		Kind:          subnetKind,
		Create:        createSubnet, Update: updateAny, Delete: deleteSubnet,
		NotFound: func(c *call, id string) error {
			return c.ec2Error("updating EC2 Subnet ("+id+")", "ModifySubnetAttribute", "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
		},
	})
}

func createSubnet(c *call, in values) (string, values, error) {
	const prefix, operation = "creating EC2 Subnet", "CreateSubnet"
	vpc := c.vpc(str(in, "vpcId"))
	if vpc == nil {
		return "", nil, c.vpcNotFound(prefix, operation, str(in, "vpcId"))
	}
	block, err := netip.ParsePrefix(str(in, "cidrBlock"))
	inVPC := slices.ContainsFunc(vpcBlocks(vpc), func(text string) bool {
		outer, err := netip.ParsePrefix(text)
		return err == nil && block.Bits() >= outer.Bits() && outer.Contains(block.Addr())
	})
	if err != nil || block.Bits() < 16 || block.Bits() > 28 || !inVPC {
		return "", nil, c.ec2Error(prefix, operation, "InvalidSubnet.Range", "The CIDR '%s' is invalid.", str(in, "cidrBlock"))
	}
	for _, input := range []string{"ipv6CidrBlock", "ipv6Native", "assignIpv6AddressOnCreation", "enableDns64", "outpostArn"} {
		if !isZero(in[input]) {
			return "", nil, fmt.Errorf("%s: the simulated AWS does not support IPv6 and Outposts: %s", prefix, input)
		}
	}
	zone, zoneID, err := c.zone(prefix, operation, in)
	if err != nil {
		return "", nil, err
	}
	others := c.find(subnetToken, func(v values) bool { return str(v, "vpcId") == vpc.ID })
	for _, other := range others {
		if taken, err := netip.ParsePrefix(str(other.State, "cidrBlock")); err == nil && taken.Overlaps(block) {
			return "", nil, c.ec2Error(prefix, operation, "InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", block)
		}
	}
	if len(others) >= c.quota(subnetsPerVPC) {
		return "", nil, c.ec2Error(prefix, operation, "SubnetLimitExceeded", "The maximum number of subnets has been reached.")
	}
	id := c.newID("subnet")
	state := clone(in)
	maps.Copy(state, values{
		"arn": c.arn("ec2", "subnet/"+id), "availabilityZone": zone, "ownerId": c.account, "ipv6CidrBlockAssociationId": "",
		"availabilityZoneId": zoneID,
	})
	c.put(subnetToken, id, state)
	// The provider sets each attribute with a call of its own after the subnet exists.
	attributes := values{"privateDnsHostnameTypeOnLaunch": "ip-name"}
	for _, attribute := range subnetAttributes {
		attributes[attribute] = false
	}
	err = c.partialFault()
	if err == nil {
		maps.Copy(attributes, in)
	}
	maps.Copy(state, attributes)
	return id, state, partial(err)
}

// subnetAttributes are the attributes that are set after the subnet exists.
var subnetAttributes = []string{
	"mapPublicIpOnLaunch", "enableResourceNameDnsARecordOnLaunch", "enableResourceNameDnsAaaaRecordOnLaunch",
}

// zone returns the zone of a new subnet: the one with the name or ID in the inputs, or else the first.
func (c *call) zone(prefix, operation string, in values) (name, id string, err error) {
	chosen, parameter := str(in, "availabilityZone"), "availabilityZone"
	if chosen == "" {
		chosen, parameter = str(in, "availabilityZoneId"), "availabilityZoneId"
	}
	c.assumeZones()
	for _, zone := range c.offers.Zones() {
		if chosen == "" || chosen == zone.Name || chosen == zone.ID {
			return zone.Name, zone.ID, nil
		}
	}
	return "", "", c.ec2Error(prefix, operation, "InvalidParameterValue", "Value (%s) for parameter %s is invalid. Subnets can "+
		"currently only be created in the following availability zones: %s.", chosen, parameter, strings.Join(c.offers.ZoneNames(), ", "))
}

func deleteSubnet(c *call, id string, _ values) error {
	if len(c.find(interfaceToken, func(v values) bool { return str(v, "subnetId") == id })) > 0 {
		return c.ec2Error("deleting EC2 Subnet ("+id+")", "DeleteSubnet", "DependencyViolation",
			"The subnet '%s' has dependencies and cannot be deleted.", id)
	}
	// AWS deletes its association with a route table.
	for _, association := range c.find(associationToken, func(v values) bool { return str(v, "subnetId") == id }) {
		c.remove(association)
	}
	c.remove(c.get(subnetToken, id))
	return nil
}
