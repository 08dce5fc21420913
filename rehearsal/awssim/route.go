package awssim

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

const routeToken = "aws:ec2/route:Route"

var (
	// routeDestinations are the inputs for the destination, of which exactly one is set.
	routeDestinations = []string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"}
	// routeTargets are the inputs for the target, of which exactly one is set.
	routeTargets = []string{
		"carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "gatewayId", "localGatewayId", "natGatewayId",
		"networkInterfaceId", "transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId",
	}
)

// missingTargets are EC2's errors for targets that the simulated AWS does not support: none exists.
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
		"routeTableId":             {Required: true, ForceNew: true},
		"destinationCidrBlock":     {ForceNew: true, Validate: ipv4Network},
		"destinationIpv6CidrBlock": {ForceNew: true, Validate: ipv6Network, DiffSuppress: sameBlock},
		"destinationPrefixListId":  {ForceNew: true},
	}
	for _, target := range routeTargets {
		inputs[target] = attribute{}
	}
	register(&resourceType{
		Token: routeToken, Inputs: inputs, Outputs: []string{"instanceId", "instanceOwnerId", "origin", "state"},
		ExactlyOneOf: [][]string{routeDestinations, routeTargets},
		ConflictsWith: [][]string{
			{"carrierGatewayId", "destinationIpv6CidrBlock"},
			{"egressOnlyGatewayId", "destinationCidrBlock"},
			{"vpcEndpointId", "destinationPrefixListId"},
		},
		SetNewComputed: map[string][]string{"networkInterfaceId": {"instanceId", "instanceOwnerId", "state"}},
		Create:         createRoute, Update: updateRoute, Read: refreshRoute,
		NotFound: func(c *call, id string) error {
			return c.ec2Error("updating Route", "ReplaceRoute", "InvalidRoute.NotFound", "no route %s in its route table", id)
		},
	})
}

// routeDestination returns the destination of a route: a CIDR block or a prefix list.
func routeDestination(v values) string {
	for _, name := range routeDestinations {
		if destination := str(v, name); destination != "" {
			return destination
		}
	}
	return ""
}

func createRoute(c *call, in values) (string, values, error) {
	table, destination := str(in, "routeTableId"), routeDestination(in)
	prefix := fmt.Sprintf("creating Route in Route Table (%s) with destination (%s)", table, destination)
	if str(in, "gatewayId") == "local" {
		return "", nil, errors.New("cannot create local Route, use `terraform import` to manage existing local Routes")
	}
	found := c.get(routeTableToken, table)
	if found == nil {
		return "", nil, c.ec2Error(prefix, "CreateRoute", "InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", table)
	}
	exists := len(c.find(routeToken, func(v values) bool {
		return str(v, "routeTableId") == table && routeDestination(v) == destination
	})) > 0
	local := slices.ContainsFunc(vpcBlocks(c.vpc(str(found.State, "vpcId"))), func(block string) bool { return sameBlock(block, destination) })
	if exists || local {
		return "", nil, c.ec2Error(prefix, "CreateRoute", "RouteAlreadyExists", "The route identified by %s already exists.", destination)
	}
	if err := c.checkRouteTarget(prefix, "CreateRoute", found, in); err != nil {
		return "", nil, err
	}
	id := routeID(table, destination)
	state := clone(in)
	state["origin"] = "CreateRoute"
	refreshRoute(c, id, state)
	c.put(routeToken, id, state)
	return id, state, nil
}

func updateRoute(c *call, id string, old, in values) (values, error) {
	table := str(old, "routeTableId")
	prefix := fmt.Sprintf("updating Route in Route Table (%s) with destination (%s)", table, routeDestination(old))
	if err := c.checkRouteTarget(prefix, "ReplaceRoute", c.get(routeTableToken, table), in); err != nil {
		return nil, err
	}
	state, err := updateAny(c, id, old, in)
	refreshRoute(c, id, state)
	return state, err
}

// checkRouteTarget returns AWS's error for a target that does not exist. The only targets are network
// interfaces.
func (c *call) checkRouteTarget(prefix, operation string, table *object, in values) error {
	for _, target := range routeTargets {
		id := str(in, target)
		if id == "" {
			continue
		}
		if missing, ok := missingTargets[target]; ok {
			return c.ec2Error(prefix, operation, missing.code, missing.format, id)
		}
		eni := c.get(interfaceToken, id)
		if eni == nil {
			return c.ec2Error(prefix, operation, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", id)
		}
		if str(eni.State, "vpcId") != str(table.State, "vpcId") {
			return c.ec2Error(prefix, operation, "InvalidParameterValue", "route table %s and interface %s belong to different networks", table.ID, id)
		}
	}
	return nil
}

// refreshRoute sets the properties that depend on the network interface of the route.
func refreshRoute(c *call, id string, state values) {
	if route := c.get(routeToken, id); route != nil && route.Existing {
		return
	}
	state["instanceId"], state["instanceOwnerId"], state["state"] = "", "", "blackhole"
	eni := c.get(interfaceToken, str(state, "networkInterfaceId"))
	if eni == nil {
		return
	}
	state["state"] = "active"
	if owner := c.Objects[eni.Owner]; owner != nil && owner.Type == instanceToken {
		state["instanceId"], state["instanceOwnerId"] = owner.ID, c.account
	}
}

// sameBlock reports whether two CIDR blocks are equal, even if they are written differently.
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
