package awssim

import (
	"slices"

	"bastionless/rehearsal/awssim/catalog"
	"bastionless/rehearsal/awssim/iampolicy"
)

// checkEndpoint returns AWS's error for an endpoint's new state. old is its previous state; it is empty for
// a new endpoint.
func (c *call) checkEndpoint(prefix, operation, id string, service catalog.Service, old, state values) error {
	kind, err := iampolicy.Endpoint, error(nil)
	if service.Type == catalog.Gateway {
		kind = iampolicy.GatewayEndpoint
		err = c.checkGatewayEndpoint(prefix, operation, id, service, state)
	} else {
		err = c.checkInterfaceEndpoint(prefix, operation, id, service, old, state)
	}
	policy := str(state, "policy")
	if err != nil || policy == defaultEndpointPolicy || policy == defaultGatewayPolicy {
		return err
	}
	if invalid := iampolicy.Validate(kind, policy, iampolicy.Context{Partition: c.partition, Account: c.account}); invalid != nil {
		return c.ec2Error(prefix, operation, invalid.Code, "%s", invalid.Message)
	}
	return nil
}

func (c *call) checkGatewayEndpoint(prefix, operation, id string, service catalog.Service, state values) error {
	invalid := func(message string) error { return c.ec2Error(prefix, operation, "InvalidParameter", "%s", message) }
	switch {
	case len(strList(state, "subnetIds")) > 0:
		return invalid("Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.")
	case boolean(state, "privateDnsEnabled"):
		return invalid("Private DNS can only be enabled for Interface type VPC Endpoints.")
	case len(strList(state, "securityGroupIds")) > 0:
		return invalid("Security group IDs are only supported for Interface type VPC Endpoint.") // the message is not confirmed
	}
	return c.checkRouteTables(prefix, operation, id, service, state)
}

func (c *call) checkInterfaceEndpoint(prefix, operation, id string, service catalog.Service, old, state values) error {
	if len(strList(state, "routeTableIds")) > 0 {
		return c.ec2Error(prefix, operation, "InvalidParameter", "Route table IDs are only supported for Gateway type VPC Endpoint.")
	}
	if err := c.checkPrivateDNS(prefix, operation, id, state); err != nil {
		return err
	}
	if err := c.checkEndpointSubnets(prefix, operation, service, old, state); err != nil {
		return err
	}
	if len(strList(state, "securityGroupIds")) > c.quota(groupsPerInterface) {
		return c.ec2Error(prefix, operation, "SecurityGroupsPerInterfaceLimitExceeded",
			"The maximum number of security groups per interface has been reached.")
	}
	for _, group := range strList(state, "securityGroupIds") {
		// EC2's error for a group of another VPC is not documented. That it returns one is the stricter
		// interpretation.
		if found := c.securityGroup(group); found == nil || str(found.State, "vpcId") != str(state, "vpcId") {
			return c.groupNotFound(prefix, operation, group)
		}
	}
	return nil
}

func (c *call) checkRouteTables(prefix, operation, id string, service catalog.Service, state values) error {
	for _, table := range strList(state, "routeTableIds") {
		found := c.get(routeTableToken, table)
		if found == nil || str(found.State, "vpcId") != str(state, "vpcId") {
			return c.ec2Error(prefix, operation, "InvalidRouteTableId.NotFound", "The routeTable ID '%s' does not exist", table)
		}
		for _, other := range c.find(endpointToken, func(v values) bool {
			return str(v, "serviceName") == str(state, "serviceName") && slices.Contains(strList(v, "routeTableIds"), table)
		}) {
			if other.ID != id {
				return c.ec2Error(prefix, operation, "RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s",
					table, service.PrefixListID)
			}
		}
	}
	return nil
}

func (c *call) checkPrivateDNS(prefix, operation, id string, state values) error {
	if !boolean(state, "privateDnsEnabled") {
		return nil
	}
	vpc := c.vpc(str(state, "vpcId"))
	if !boolean(vpc.State, "enableDnsSupport") || !boolean(vpc.State, "enableDnsHostnames") {
		return c.ec2Error(prefix, operation, "InvalidParameter",
			"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", vpc.ID)
	}
	if boolean(state, inboundOnly) && len(c.find(endpointToken, func(v values) bool {
		return str(v, "vpcId") == vpc.ID && str(v, "vpcEndpointType") == "Gateway" && c.privateDNSName(v) == c.privateDNSName(state)
	})) == 0 {
		return c.ec2Error(prefix, operation, "InvalidParameter",
			"To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC %s must have a Gateway endpoint for the service.", vpc.ID)
	}
	for _, other := range c.find(endpointToken, func(v values) bool {
		return str(v, "vpcId") == vpc.ID && c.privateDNSName(v) == c.privateDNSName(state) && boolean(v, "privateDnsEnabled")
	}) {
		if other.ID != id {
			return c.ec2Error(prefix, operation, "InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS "+
				"domain for %s in the VPC %s", c.privateDNSName(state), vpc.ID)
		}
	}
	return nil
}

// checkEndpointSubnets returns AWS's error for subnets of another VPC, in a zone without the service, or in
// the same zone. A call that replaces a subnet with another one in the same zone is an error: whether AWS
// accepts it is not documented, and this is the stricter interpretation.
func (c *call) checkEndpointSubnets(prefix, operation string, service catalog.Service, old, state values) error {
	zones := map[string]string{}
	for _, id := range append(strList(old, "subnetIds"), strList(state, "subnetIds")...) {
		subnet := c.get(subnetToken, id)
		if subnet == nil && slices.Contains(strList(old, "subnetIds"), id) {
			continue
		}
		if subnet == nil || str(subnet.State, "vpcId") != str(state, "vpcId") {
			return c.ec2Error(prefix, operation, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
		}
		zone := str(subnet.State, "availabilityZone")
		if len(service.Zones) > 0 && !slices.Contains(service.Zones, zone) {
			return c.ec2Error(prefix, operation, "InvalidParameter", "The VPC endpoint service %s does not support the availability zone of the "+
				"subnet: %s.", str(state, "serviceName"), id)
		}
		if other := zones[zone]; other != "" && other != id {
			return c.ec2Error(prefix, operation, "DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of %s. VPC "+
				"endpoint subnets should be in different availability zones supported by the VPC endpoint service.", id)
		}
		zones[zone] = id
		if !slices.Contains(strList(old, "subnetIds"), id) && len(c.freeAddresses(subnet, 1)) == 0 {
			return c.noFreeAddress(prefix, operation, id)
		}
	}
	return nil
}
