package awssim

import (
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"
)

const routeToken = "aws:ec2/route:Route"

var (
	// routeDestinations are where a route can lead, one at a time.
	routeDestinations = []string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"}
	// routeTargets are what it can lead through, one at a time.
	routeTargets = []string{
		"carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "gatewayId", "localGatewayId", "natGatewayId",
		"networkInterfaceId", "transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId",
	}
)

// missingTargets are EC2's refusals of targets of which the simulated AWS has none.
var missingTargets = map[string]struct{ code, format string }{
	"carrierGatewayId":       {"InvalidCarrierGatewayID.NotFound", "The carrier gateway ID '%s' does not exist"},
	"coreNetworkArn":         {"InvalidCoreNetworkArn.NotFound", "The core network ARN '%s' does not exist"},
	"egressOnlyGatewayId":    {"InvalidGatewayID.NotFound", "The eigw ID '%s' does not exist"},
	"gatewayId":              {"InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist"},
	"localGatewayId":         {"InvalidLocalGatewayID.NotFound", "The local gateway ID '%s' does not exist"},
	"natGatewayId":           {"InvalidNatGatewayID.NotFound", "The natGateway ID '%s' does not exist"},
	"transitGatewayId":       {"InvalidTransitGatewayID.NotFound", "Transit Gateway %s was deleted or does not exist."},
	"vpcEndpointId":          {"InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '%s' does not exist"},
	"vpcPeeringConnectionId": {"InvalidVpcPeeringConnectionID.NotFound", "The vpcPeeringConnection ID '%s' does not exist"},
}

func init() {
	inputs := map[string]attribute{
		"routeTableId":             {required: true, replace: true},
		"destinationCidrBlock":     {replace: true, check: ipv4Network},
		"destinationIpv6CidrBlock": {replace: true, check: ipv6Network, same: sameBlock},
		"destinationPrefixListId":  {replace: true},
	}
	for _, target := range routeTargets {
		inputs[target] = attribute{}
	}
	register(&resourceType{
		token: routeToken, inputs: inputs, outputs: []string{"instanceId", "instanceOwnerId", "origin", "state"},
		alternatives: [][]string{routeDestinations, routeTargets},
		conflicts: [][]string{
			{"carrierGatewayId", "destinationIpv6CidrBlock"},
			{"egressOnlyGatewayId", "destinationCidrBlock"},
			{"vpcEndpointId", "destinationPrefixListId"},
		},
		volatile: map[string][]string{"networkInterfaceId": {"instanceId", "instanceOwnerId", "state"}},
		create:   createRoute, update: updateRoute, refresh: refreshRoute,
		gone: func(c *call, id string) error {
			return c.ec2("updating Route", "ReplaceRoute", "InvalidRoute.NotFound", "no route %s in its route table", id)
		},
	})
}

// routeDestination is where a route leads: a block or a prefix list.
func routeDestination(v values) string {
	for _, name := range routeDestinations {
		if destination := text(v, name); destination != "" {
			return destination
		}
	}
	return ""
}

func createRoute(c *call, in values) (string, values, error) {
	table, destination := text(in, "routeTableId"), routeDestination(in)
	prefix := fmt.Sprintf("creating Route in Route Table (%s) with destination (%s)", table, destination)
	if text(in, "gatewayId") == "local" {
		return "", nil, errors.New("cannot create local Route, use `terraform import` to manage existing local Routes")
	}
	found := c.get(routeTableToken, table)
	if found == nil {
		return "", nil, c.ec2(prefix, "CreateRoute", "InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", table)
	}
	taken := len(c.all(routeToken, func(v values) bool {
		return text(v, "routeTableId") == table && routeDestination(v) == destination
	})) > 0
	if taken || sameBlock(text(c.vpc(text(found.State, "vpcId")).State, "cidrBlock"), destination) {
		return "", nil, c.ec2(prefix, "CreateRoute", "RouteAlreadyExists", "The route identified by %s already exists.", destination)
	}
	if err := c.checkRouteTarget(prefix, "CreateRoute", found, in); err != nil {
		return "", nil, err
	}
	id := fmt.Sprintf("r-%s%d", table, crc32.ChecksumIEEE([]byte(destination)))
	state := clone(in)
	state["origin"] = "CreateRoute"
	refreshRoute(c, id, state)
	c.put(routeToken, id, state)
	return id, state, nil
}

func updateRoute(c *call, id string, old, in values) (values, error) {
	table := text(old, "routeTableId")
	prefix := fmt.Sprintf("updating Route in Route Table (%s) with destination (%s)", table, routeDestination(old))
	if err := c.checkRouteTarget(prefix, "ReplaceRoute", c.get(routeTableToken, table), in); err != nil {
		return nil, err
	}
	state, err := merge(c, id, old, in)
	refreshRoute(c, id, state)
	return state, err
}

// checkRouteTarget refuses targets that do not exist. The simulated AWS has network interfaces alone.
func (c *call) checkRouteTarget(prefix, operation string, table *object, in values) error {
	for _, target := range routeTargets {
		id := text(in, target)
		if id == "" {
			continue
		}
		if missing, ok := missingTargets[target]; ok {
			return c.ec2(prefix, operation, missing.code, missing.format, id)
		}
		eni := c.get(interfaceToken, id)
		if eni == nil {
			return c.ec2(prefix, operation, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", id)
		}
		if text(eni.State, "vpcId") != text(table.State, "vpcId") {
			return c.ec2(prefix, operation, "InvalidParameterValue", "route table %s and interface %s belong to different networks", table.ID, id)
		}
	}
	return nil
}

// refreshRoute says where a route leads now: nowhere, if its network interface is gone.
func refreshRoute(c *call, _ string, state values) {
	state["instanceId"], state["instanceOwnerId"], state["state"] = "", "", "blackhole"
	eni := c.get(interfaceToken, text(state, "networkInterfaceId"))
	if eni == nil {
		return
	}
	state["state"] = "active"
	if owner := c.Objects[eni.Owner]; owner != nil && owner.Type == instanceToken {
		state["instanceId"], state["instanceOwnerId"] = owner.ID, c.account()
	}
}

// sameBlock compares two blocks that are written in other ways.
func sameBlock(a, b any) bool {
	x, isText := a.(string)
	y, ok := b.(string)
	if !isText || !ok {
		return false
	}
	first, err := netip.ParsePrefix(x)
	second, failed := netip.ParsePrefix(y)
	return err == nil && failed == nil && first == second
}
