package awssim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

var vpcKind = &ec2Kind{
	name: "EC2 VPC", reading: "reading EC2 VPC", tokens: []string{vpcToken}, operation: "DescribeVpcs", idPrefix: "vpc",
	malformed: "InvalidVpcID.Malformed",
	filters: map[string]func(*call, *object) []string{
		"cidr": property("cidrBlock"), "dhcp-options-id": property("dhcpOptionsId"), "owner-id": property("ownerId"), "vpc-id": ownID,
		"cidr-block-association.cidr-block": func(_ *call, o *object) []string { return vpcBlocks(o) },
		"is-default":                        func(_ *call, o *object) []string { return []string{fmt.Sprint(boolean(o.Extra, "default"))} },
		"state":                             describeState,
	},
}

// describeState is a filter for the state of a VPC or a subnet. Those that a stack has created are available.
func describeState(_ *call, o *object) []string {
	if known := str(o.Extra, "state"); known != "" {
		return []string{known}
	}
	return []string{"available"}
}

var subnetKind = &ec2Kind{
	name: "EC2 Subnet", reading: "reading EC2 Subnet", tokens: []string{subnetToken}, operation: "DescribeSubnets", idPrefix: "subnet",
	malformed: "InvalidSubnetID.Malformed",
	filters: map[string]func(*call, *object) []string{
		"availability-zone": property("availabilityZone"), "availabilityZone": property("availabilityZone"),
		"availability-zone-id": property("availabilityZoneId"), "cidr-block": property("cidrBlock"), "cidr": property("cidrBlock"),
		"cidrBlock": property("cidrBlock"), "map-public-ip-on-launch": property("mapPublicIpOnLaunch"), "owner-id": property("ownerId"),
		"subnet-id": ownID, "subnet-arn": property("arn"), "vpc-id": property("vpcId"), "state": describeState,
		"default-for-az": func(_ *call, o *object) []string { return []string{fmt.Sprint(boolean(o.Extra, "defaultForAz"))} },
	},
}

var networkACLKind = &ec2Kind{
	name: "EC2 Network ACL", reading: "reading EC2 Network ACL", tokens: []string{networkACLToken}, operation: "DescribeNetworkAcls",
	idPrefix: "acl", malformed: "InvalidNetworkAclID.Malformed",
	filters: map[string]func(*call, *object) []string{
		"association.network-acl-id": ownID, "association.subnet-id": listed("subnetIds"), "network-acl-id": ownID,
		"owner-id": property("ownerId"), "vpc-id": property("vpcId"),
		"default": func(c *call, o *object) []string {
			return []string{fmt.Sprint(str(c.vpc(str(o.State, "vpcId")).State, "defaultNetworkAclId") == o.ID)}
		},
	},
}

var groupKind = &ec2Kind{
	name: "EC2 Security Group", reading: "reading Security Group", tokens: []string{securityGroupToken, defaultSecurityGroupToken},
	operation: "DescribeSecurityGroups", idPrefix: "sg", malformed: "InvalidGroupId.Malformed",
	filters: map[string]func(*call, *object) []string{
		"description": property("description"), "group-id": ownID, "group-name": property("name"), "owner-id": property("ownerId"),
		"vpc-id": property("vpcId"),
	},
}

func init() {
	maps.Copy(lookups, map[string]lookup{
		"aws:ec2/getVpc:getVpc": {
			[]string{"cidrBlock", "default", "dhcpOptionsId", "filters", "id", "state", "tags"}, vpcKind.filterNames(), nil, getVpc,
		},
		"aws:ec2/getVpcs:getVpcs": {[]string{"filters", "tags"}, vpcKind.filterNames(), nil, listIDs(vpcKind)},
		"aws:ec2/getSubnet:getSubnet": {
			[]string{"availabilityZone", "availabilityZoneId", "cidrBlock", "defaultForAz", "filters", "id", "state", "tags", "vpcId"},
			subnetKind.filterNames(), nil, getSubnet,
		},
		"aws:ec2/getSubnets:getSubnets": {[]string{"filters", "tags"}, subnetKind.filterNames(), nil, listIDs(subnetKind)},
		"aws:ec2/getNetworkAcls:getNetworkAcls": {
			[]string{"filters", "tags", "vpcId"}, networkACLKind.filterNames(), nil, listIDs(networkACLKind),
		},
		"aws:ec2/getSecurityGroup:getSecurityGroup": {
			[]string{"filters", "id", "name", "tags", "vpcId"}, groupKind.filterNames(), nil, getSecurityGroup,
		},
		"aws:ec2/getSecurityGroups:getSecurityGroups": {[]string{"filters", "tags"}, groupKind.filterNames(), nil, getSecurityGroups},
	})
}

// trueOnly returns "true" for an argument that is true. The provider does not distinguish false from unset.
func trueOnly(args values, name string) string {
	if boolean(args, name) {
		return "true"
	}
	return ""
}

func getVpc(c *call, args values) (values, error) {
	tags, _ := args["tags"].(values)
	found, err := vpcKind.describe(c, str(args, "id"), map[string]string{
		"cidr": str(args, "cidrBlock"), "dhcp-options-id": str(args, "dhcpOptionsId"), "is-default": trueOnly(args, "default"),
		"state": str(args, "state"),
	}, tags, args)
	if err != nil {
		return nil, err
	}
	vpc, err := vpcKind.one(found)
	if err != nil {
		return nil, err
	}
	answer := clone(args)
	for _, name := range []string{
		"arn", "cidrBlock", "dhcpOptionsId", "enableDnsHostnames", "enableDnsSupport", "enableNetworkAddressUsageMetrics", "instanceTenancy",
		"mainRouteTableId", "ownerId",
	} {
		answer[name] = vpc.State[name]
	}
	blocks, ok := vpc.Extra["cidrBlockAssociations"].([]any)
	if !ok {
		blocks = []any{values{
			"associationId": "vpc-cidr-assoc-0" + hash(vpc.ID, 16), "cidrBlock": vpc.State["cidrBlock"], "state": "associated",
		}}
	}
	maps.Copy(answer, values{
		"id": vpc.ID, "cidrBlockAssociations": blocks, "default": boolean(vpc.Extra, "default"), "ipv6AssociationId": "", "ipv6CidrBlock": "",
		"state": describeState(c, vpc)[0], "tags": vpc.providerTags(),
	})
	return answer, nil
}

func getSubnet(c *call, args values) (values, error) {
	tags, _ := args["tags"].(values)
	found, err := subnetKind.describe(c, str(args, "id"), map[string]string{
		"availabilityZone": str(args, "availabilityZone"), "availability-zone-id": str(args, "availabilityZoneId"),
		"cidr-block": str(args, "cidrBlock"), "default-for-az": trueOnly(args, "defaultForAz"), "state": str(args, "state"),
		"vpc-id": str(args, "vpcId"),
	}, tags, args)
	if err != nil {
		return nil, err
	}
	subnet, err := subnetKind.one(found)
	if err != nil {
		return nil, err
	}
	answer := clone(args)
	for _, name := range []string{
		"arn", "assignIpv6AddressOnCreation", "availabilityZone", "availabilityZoneId", "cidrBlock", "enableDns64",
		"enableResourceNameDnsAaaaRecordOnLaunch", "enableResourceNameDnsARecordOnLaunch", "mapPublicIpOnLaunch", "ownerId",
		"privateDnsHostnameTypeOnLaunch", "vpcId",
	} {
		answer[name] = subnet.State[name]
	}
	maps.Copy(answer, values{
		"id": subnet.ID, "availableIpAddressCount": float64(c.availableAddresses(subnet)), "customerOwnedIpv4Pool": "",
		"defaultForAz": boolean(subnet.Extra, "defaultForAz"), "enableLniAtDeviceIndex": 0.0, "ipv6CidrBlock": "", "ipv6CidrBlockAssociationId": "",
		"ipv6Native": false, "mapCustomerOwnedIpOnLaunch": false, "outpostArn": "", "state": describeState(c, subnet)[0],
		"tags": subnet.providerTags(),
	})
	return answer, nil
}

func getSecurityGroup(c *call, args values) (values, error) {
	tags, _ := args["tags"].(values)
	criteria := map[string]string{"group-name": str(args, "name"), "vpc-id": str(args, "vpcId")}
	found, err := groupKind.describe(c, str(args, "id"), criteria, tags, args)
	if err != nil {
		return nil, err
	}
	group, err := groupKind.one(found)
	if err != nil {
		return nil, err
	}
	answer := clone(args)
	maps.Copy(answer, values{
		"id": group.ID, "arn": group.State["arn"], "name": group.State["name"], "description": group.State["description"],
		"vpcId": group.State["vpcId"], "tags": group.providerTags(),
	})
	return answer, nil
}

func getSecurityGroups(c *call, args values) (values, error) {
	answer, err := listIDs(groupKind)(c, args)
	if err != nil {
		return nil, err
	}
	arns, vpcs := []any{}, []any{}
	for _, id := range strList(answer, "ids") {
		group := c.securityGroup(id)
		arns, vpcs = append(arns, group.State["arn"]), append(vpcs, group.State["vpcId"])
	}
	answer["arns"], answer["vpcIds"] = arns, vpcs
	return answer, nil
}

var routeTableKind = &ec2Kind{
	name: "Route Table", reading: "reading Route Table", tokens: []string{routeTableToken}, operation: "DescribeRouteTables", idPrefix: "rtb",
	malformed: "InvalidRouteTableID.Malformed",
	filters: map[string]func(*call, *object) []string{
		"association.gateway-id":                 ofAssociations("gatewayId"),
		"association.main":                       ofAssociations("main"),
		"association.route-table-association-id": ofAssociations("routeTableAssociationId"),
		"association.route-table-id":             ofAssociations("routeTableId"),
		"association.subnet-id":                  ofAssociations("subnetId"),
		"route.destination-prefix-list-id":       prefixListsOfRoutes,
		"owner-id":                               property("ownerId"), "route-table-id": ownID, "vpc-id": property("vpcId"),
	},
}

func init() {
	maps.Copy(lookups, map[string]lookup{
		"aws:ec2/getRouteTable:getRouteTable": {
			[]string{"filters", "gatewayId", "routeTableId", "subnetId", "tags", "vpcId"}, routeTableKind.filterNames(), nil, getRouteTable,
		},
		"aws:ec2/getRouteTables:getRouteTables": {
			[]string{"filters", "tags", "vpcId"}, routeTableKind.filterNames(), nil, listIDs(routeTableKind),
		},
	})
}

// associations returns the associations of a route table as EC2 describes them, the main one first.
func (c *call) associations(table *object) []values {
	var found []values
	if str(c.vpc(str(table.State, "vpcId")).State, "mainRouteTableId") == table.ID {
		id := str(table.Extra, "mainAssociationId")
		if id == "" {
			id = "rtbassoc-0" + hash(table.ID, 16)
		}
		found = append(found, values{"main": true, "routeTableAssociationId": id, "routeTableId": table.ID, "subnetId": "", "gatewayId": ""})
	}
	for _, o := range c.find(associationToken, func(v values) bool { return str(v, "routeTableId") == table.ID }) {
		found = append(found, values{
			"main": false, "routeTableAssociationId": o.ID, "routeTableId": table.ID, "subnetId": str(o.State, "subnetId"),
			"gatewayId": str(o.State, "gatewayId"),
		})
	}
	return found
}

// ofAssociations returns a filter that compares a property of a route table's associations.
func ofAssociations(name string) func(*call, *object) []string {
	return func(c *call, o *object) []string {
		var found []string
		for _, association := range c.associations(o) {
			found = append(found, describeValue(association[name]))
		}
		return found
	}
}

// prefixListsOfRoutes is a filter that compares the prefix lists of a route table's routes. EC2 compares routes to gateway
// endpoints, too, although the provider does not return them.
func prefixListsOfRoutes(c *call, o *object) []string {
	var lists []string
	for _, endpoint := range c.find(endpointToken, func(v values) bool { return slices.Contains(strList(v, "routeTableIds"), o.ID) }) {
		lists = append(lists, str(endpoint.State, "prefixListId"))
	}
	for _, route := range objectList(o.State, "routes") {
		lists = append(lists, str(route, "destinationPrefixListId"))
	}
	return lists
}

func getRouteTable(c *call, args values) (values, error) {
	tags, _ := args["tags"].(values)
	criteria := map[string]string{
		"association.gateway-id": str(args, "gatewayId"), "association.subnet-id": str(args, "subnetId"), "vpc-id": str(args, "vpcId"),
	}
	id := str(args, "routeTableId")
	if id == "" && len(tags) == 0 && len(objectList(args, "filters")) == 0 && criteria["association.gateway-id"] == "" &&
		criteria["association.subnet-id"] == "" && criteria["vpc-id"] == "" {
		return nil, errors.New("one of route_table_id, vpc_id, subnet_id, gateway_id, filters, or tags must be assigned")
	}
	found, err := routeTableKind.describe(c, id, criteria, tags, args)
	if err != nil {
		return nil, err
	}
	table, err := routeTableKind.one(found)
	if err != nil {
		return nil, err
	}
	routes, associations := []any{}, []any{}
	for _, route := range objectList(clone(table.State), "routes") {
		route["instanceId"] = ""
		for _, own := range c.routesOf(table.ID) {
			if routeDestination(own.State) == str(route, "cidrBlock")+str(route, "ipv6CidrBlock")+str(route, "destinationPrefixListId") {
				route["instanceId"] = str(own.State, "instanceId")
			}
		}
		routes = append(routes, route)
	}
	for _, association := range c.associations(table) {
		associations = append(associations, association)
	}
	answer := clone(args)
	maps.Copy(answer, values{
		"id": table.ID, "routeTableId": table.ID, "arn": table.State["arn"], "ownerId": table.State["ownerId"], "vpcId": table.State["vpcId"],
		"routes": routes, "associations": associations, "tags": table.providerTags(), "gatewayId": str(args, "gatewayId"),
		"subnetId": str(args, "subnetId"),
	})
	return answer, nil
}
