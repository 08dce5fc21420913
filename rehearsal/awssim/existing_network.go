package awssim

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"bastionless/rehearsal/account"
)

func (c *call) addVPCs(f *account.File) {
	for _, vpc := range f.Vpcs {
		dnsSupport, dnsHostnames := true, vpc.IsDefault // AWS's defaults
		if vpc.EnableDnsSupport != nil {
			dnsSupport = *vpc.EnableDnsSupport
		}
		if vpc.EnableDnsHostnames != nil {
			dnsHostnames = *vpc.EnableDnsHostnames
		}
		if vpc.EnableDnsSupport == nil || vpc.EnableDnsHostnames == nil {
			c.assume("%s has the DNS attributes enableDnsSupport %t and enableDnsHostnames %t: they were not captured", vpc.VpcId,
				dnsSupport, dnsHostnames)
		}
		o := c.put(vpcToken, vpc.VpcId, values{
			"cidrBlock": vpc.CidrBlock, "instanceTenancy": vpc.InstanceTenancy, "enableDnsSupport": dnsSupport, "enableDnsHostnames": dnsHostnames,
			"enableNetworkAddressUsageMetrics": false, "dhcpOptionsId": vpc.DhcpOptionsId, "ownerId": vpc.OwnerId,
			"arn":                          "arn:" + c.partition + ":ec2:" + c.region + ":" + vpc.OwnerId + ":vpc/" + vpc.VpcId,
			"assignGeneratedIpv6CidrBlock": false, "ipv6AssociationId": "", "ipv6CidrBlock": "", "ipv6CidrBlockNetworkBorderGroup": "",
		})
		addTags(o, vpc.Tags)
		o.setExtra("state", vpc.State)
		o.setExtra("default", vpc.IsDefault)
		blocks := []any{}
		for _, block := range vpc.CidrBlockAssociationSet {
			blocks = append(blocks, values{
				"associationId": block.AssociationId, "cidrBlock": block.CidrBlock, "state": block.CidrBlockState.State,
			})
		}
		if len(blocks) > 0 {
			o.setExtra("cidrBlockAssociations", blocks)
		}
	}
}

// existingVPC returns the VPC of an object in the account's file. It records an assumption if the file lacks the VPC.
func (c *call) existingVPC(object, id string) *object {
	vpc := c.vpc(id)
	if vpc == nil {
		c.assume("%s does not matter to the stack: its VPC %s was not captured", object, id)
	}
	return vpc
}

func (c *call) addSubnets(f *account.File) {
	for _, subnet := range f.Subnets {
		if c.existingVPC(subnet.SubnetId, subnet.VpcId) == nil {
			continue
		}
		o := c.put(subnetToken, subnet.SubnetId, values{
			"vpcId": subnet.VpcId, "cidrBlock": subnet.CidrBlock, "availabilityZone": subnet.AvailabilityZone,
			"availabilityZoneId": subnet.AvailabilityZoneId, "mapPublicIpOnLaunch": subnet.MapPublicIpOnLaunch, "ownerId": subnet.OwnerId,
			"arn":                         "arn:" + c.partition + ":ec2:" + c.region + ":" + subnet.OwnerId + ":subnet/" + subnet.SubnetId,
			"assignIpv6AddressOnCreation": false, "enableDns64": false, "enableResourceNameDnsARecordOnLaunch": false,
			"enableResourceNameDnsAaaaRecordOnLaunch": false, "privateDnsHostnameTypeOnLaunch": "ip-name", "ipv6CidrBlock": "",
			"ipv6CidrBlockAssociationId": "", "ipv6Native": false, "outpostArn": "",
		})
		addTags(o, subnet.Tags)
		o.setExtra("state", subnet.State)
		o.setExtra("defaultForAz", subnet.DefaultForAz)
		o.setExtra("availableIpAddressCount", float64(subnet.AvailableIpAddressCount))
	}
}

func (c *call) addNetworkACLs(f *account.File) {
	for _, acl := range f.NetworkAcls {
		vpc := c.existingVPC(acl.NetworkAclId, acl.VpcId)
		if vpc == nil {
			continue
		}
		o := c.put(networkACLToken, acl.NetworkAclId, values{
			"vpcId": acl.VpcId, "ownerId": acl.OwnerId, "ingress": aclEntries(acl.Entries, false), "egress": aclEntries(acl.Entries, true),
			"arn": "arn:" + c.partition + ":ec2:" + c.region + ":" + acl.OwnerId + ":network-acl/" + acl.NetworkAclId,
		})
		addTags(o, acl.Tags)
		if acl.IsDefault {
			o.Owner, vpc.State["defaultNetworkAclId"] = vpc.key(), o.ID
			o.State["defaultNetworkAclId"] = o.ID
		}
		for _, association := range acl.Associations {
			if subnet := c.get(subnetToken, association.SubnetId); subnet != nil {
				subnet.setExtra("networkAclId", acl.NetworkAclId)
			}
		}
	}
}

// completeVPCs adds what AWS creates with each VPC, if the account's file does not contain it. The route tables of the
// file are not in the cloud yet; a VPC gets a main route table if the file has none for it.
func (c *call) completeVPCs(f *account.File) {
	main := map[string]bool{}
	for _, table := range f.RouteTables {
		if slices.ContainsFunc(table.Associations, func(a account.RouteTableAssociation) bool { return a.Main }) {
			main[table.VpcId] = true
		}
	}
	for _, vpc := range c.find(vpcToken, nil) {
		missing := func(property, what string) bool {
			if vpc.State[property] == nil {
				c.assume("%s of %s is as AWS creates it: it was not captured", what, vpc.ID)
			}
			return vpc.State[property] == nil
		}
		if missing("defaultNetworkAclId", "the default network ACL") {
			c.addDefaultNetworkACL(vpc, c.newID("acl"))
		}
		if missing("defaultSecurityGroupId", "the default security group") {
			c.addDefaultGroup(vpc, c.newID("sg"))
		}
		if !main[vpc.ID] && missing("mainRouteTableId", "the main route table") {
			c.addMainRouteTable(vpc, c.newID("rtb"))
		}
	}
}

func (c *call) addRouteTables(f *account.File) {
	for _, table := range f.RouteTables {
		vpc := c.existingVPC(table.RouteTableId, table.VpcId)
		if vpc == nil {
			continue
		}
		o := c.put(routeTableToken, table.RouteTableId, values{
			"vpcId": table.VpcId, "ownerId": table.OwnerId, "propagatingVgws": []any{},
			"arn": "arn:" + c.partition + ":ec2:" + c.region + ":" + table.OwnerId + ":route-table/" + table.RouteTableId,
		})
		addTags(o, table.Tags)
		for _, route := range table.Routes {
			c.addRoute(o, route)
		}
		for _, association := range table.Associations {
			if association.Main {
				o.Owner, vpc.State["mainRouteTableId"], vpc.State["defaultRouteTableId"] = vpc.key(), o.ID, o.ID
				o.setExtra("mainAssociationId", association.RouteTableAssociationId)
				continue
			}
			state := values{"routeTableId": o.ID}
			if association.SubnetId != "" {
				state["subnetId"] = association.SubnetId
			} else {
				state["gatewayId"] = association.GatewayId
			}
			c.put(associationToken, association.RouteTableAssociationId, state)
		}
	}
}

// addRoute adds a route of an existing table. The simulated AWS has no objects for local routes, routes to gateway
// endpoints, and routes that a virtual private gateway propagates, which the provider does not return.
func (c *call) addRoute(table *object, route account.Route) {
	ofGatewayEndpoint := strings.HasPrefix(route.GatewayId, "vpce-") && route.DestinationPrefixListId != ""
	if route.GatewayId == "local" || ofGatewayEndpoint || route.Origin == "EnableVgwRoutePropagation" {
		return
	}
	state := values{"routeTableId": table.ID, "origin": route.Origin, "state": route.State, "instanceId": route.InstanceId, "instanceOwnerId": ""}
	properties := map[string]string{
		"destinationCidrBlock": route.DestinationCidrBlock, "destinationIpv6CidrBlock": route.DestinationIpv6CidrBlock,
		"destinationPrefixListId": route.DestinationPrefixListId, "gatewayId": route.GatewayId, "natGatewayId": route.NatGatewayId,
		"transitGatewayId": route.TransitGatewayId, "vpcPeeringConnectionId": route.VpcPeeringConnectionId,
		"networkInterfaceId": route.NetworkInterfaceId, "egressOnlyGatewayId": route.EgressOnlyInternetGatewayId,
		"localGatewayId": route.LocalGatewayId, "carrierGatewayId": route.CarrierGatewayId, "coreNetworkArn": route.CoreNetworkArn,
	}
	if strings.HasPrefix(route.GatewayId, "vpce-") { // a Gateway Load Balancer endpoint
		properties["gatewayId"], properties["vpcEndpointId"] = "", route.GatewayId
	}
	for name, value := range properties {
		if value != "" {
			state[name] = value
		}
	}
	c.put(routeToken, routeID(table.ID, routeDestination(state)), state).Owner = table.key()
}

// routeID returns the provider's ID of a route.
func routeID(table, destination string) string {
	return fmt.Sprintf("r-%s%d", table, crc32.ChecksumIEEE([]byte(destination)))
}

func (c *call) addSecurityGroups(f *account.File) {
	for _, group := range f.SecurityGroups {
		vpc := c.existingVPC(group.GroupId, group.VpcId)
		if vpc == nil {
			continue
		}
		token := securityGroupToken
		if group.GroupName == "default" {
			token, vpc.State["defaultSecurityGroupId"] = defaultSecurityGroupToken, group.GroupId
		}
		o := c.put(token, group.GroupId, values{
			"vpcId": group.VpcId, "name": group.GroupName, "namePrefix": "", "description": group.Description, "ownerId": group.OwnerId,
			"revokeRulesOnDelete": false,
			"arn":                 "arn:" + c.partition + ":ec2:" + c.region + ":" + group.OwnerId + ":security-group/" + group.GroupId,
		})
		if addTags(o, group.Tags); token == defaultSecurityGroupToken {
			o.Owner = vpc.key()
		}
		for _, permission := range group.IpPermissions {
			c.addPermission(o, ingressRuleToken, permission)
		}
		for _, permission := range group.IpPermissionsEgress {
			c.addPermission(o, egressRuleToken, permission)
		}
	}
}

// addPermission adds a rule for each peer of a permission.
func (c *call) addPermission(group *object, token string, permission account.IpPermission) {
	add := func(source, peer, description string) {
		rule := values{"ipProtocol": ipProtocol(permission.IpProtocol), source: peer}
		if description != "" {
			rule["description"] = description
		}
		if permission.FromPort != nil {
			rule["fromPort"] = float64(*permission.FromPort)
		}
		if permission.ToPort != nil {
			rule["toPort"] = float64(*permission.ToPort)
		}
		c.addRule(group, token, rule)
	}
	for _, peer := range permission.IpRanges {
		add("cidrIpv4", peer.CidrIp, peer.Description)
	}
	for _, peer := range permission.Ipv6Ranges {
		add("cidrIpv6", peer.CidrIpv6, peer.Description)
	}
	for _, peer := range permission.PrefixListIds {
		add("prefixListId", peer.PrefixListId, peer.Description)
	}
	for _, peer := range permission.UserIdGroupPairs {
		id := peer.GroupId
		if peer.UserId != "" && peer.UserId != c.account {
			id = peer.UserId + "/" + id
		}
		add("referencedSecurityGroupId", id, peer.Description)
	}
}
