package awssim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxRouteTables is a quota of a VPC. https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const maxRouteTables = 200

func init() {
	register(&resourceType{
		token: routeTableToken,
		inputs: map[string]attribute{
			"vpcId":           {required: true, replace: true},
			"routes":          {computed: true, unordered: true, same: sameRoutes, check: checkRoutes},
			"propagatingVgws": {computed: true, unordered: true},
		},
		outputs:  []string{"arn", "ownerId"},
		taggable: true,
		create:   createRouteTable, update: updateRouteTable, remove: removeRouteTable, refresh: readRoutes,
		gone: func(c *call, id string) error {
			return c.noRouteTable("updating Route Table ("+id+")", "DescribeRouteTables", id)
		},
	}, &resourceType{
		token: associationToken,
		inputs: map[string]attribute{
			"routeTableId": {required: true},
			"subnetId":     {replace: true},
			"gatewayId":    {replace: true},
		},
		alternatives: [][]string{{"gatewayId", "subnetId"}},
		create:       createAssociation, update: updateAssociation,
		gone: func(c *call, id string) error {
			return c.ec2("updating Route Table Association ("+id+")", "ReplaceRouteTableAssociation", "InvalidAssociationID.NotFound",
				"The association ID '%s' does not exist", id)
		},
	})
}

// inlineDestinations are how a table's list of routes names what a route of its own calls otherwise.
var inlineDestinations = map[string]string{
	"cidrBlock": "destinationCidrBlock", "ipv6CidrBlock": "destinationIpv6CidrBlock", "destinationPrefixListId": "destinationPrefixListId",
}

func createRouteTable(c *call, in values) (string, values, error) {
	const prefix = "creating Route Table"
	vpc := c.vpc(text(in, "vpcId"))
	if vpc == nil {
		return "", nil, c.noVPC(prefix, "CreateRouteTable", text(in, "vpcId"))
	}
	if len(c.all(routeTableToken, func(v values) bool { return text(v, "vpcId") == vpc.ID })) >= maxRouteTables {
		return "", nil, c.ec2(prefix, "CreateRouteTable", "RouteTableLimitExceeded", "The maximum number of route tables has been reached.")
	}
	id := c.newID("rtb")
	state := clone(in)
	maps.Copy(state, values{"arn": c.arn("ec2", "route-table/"+id), "ownerId": c.account(), "propagatingVgws": []any{}})
	table := c.put(routeTableToken, id, state)
	err := c.step()
	if err == nil {
		err = c.setRoutes(table, in)
	}
	readRoutes(c, id, state)
	return id, state, partly(err)
}

func updateRouteTable(c *call, id string, old, in values) (values, error) {
	table := c.get(routeTableToken, id)
	if err := c.setRoutes(table, in); err != nil {
		return nil, err
	}
	state := c.settle(old, in)
	readRoutes(c, id, state)
	return state, nil
}

// setRoutes makes a table's routes those that are listed, where any are.
func (c *call) setRoutes(table *object, in values) error {
	if gateways := list(in, "propagatingVgws"); len(gateways) > 0 {
		return c.ec2("enabling Route Table ("+table.ID+") VGW route propagation", "EnableVgwRoutePropagation", "InvalidVpnGatewayID.NotFound",
			"The vpnGateway ID '%s' does not exist", gateways[0])
	}
	if !given(in, "routes") {
		return nil
	}
	wanted, err := expandRoutes(in["routes"])
	if err != nil {
		return err
	}
	for _, standing := range c.routesOf(table.ID) {
		at := slices.IndexFunc(wanted, func(route values) bool { return describeRoute(route) == describeRoute(standing.State) })
		if at >= 0 {
			wanted = slices.Delete(wanted, at, at+1)
		} else {
			c.drop(standing)
		}
	}
	for _, route := range wanted {
		route["routeTableId"] = table.ID
		id, _, err := createRoute(c, route)
		if err != nil {
			return err
		}
		c.get(routeToken, id).Owner = key(table.Type, table.Region, table.ID)
	}
	return nil
}

// expandRoutes makes the routes of a table's list routes of their own. The provider finds a route without one destination and
// one target only now.
func expandRoutes(value any) ([]values, error) {
	items, _ := value.([]any)
	var routes []values
	for _, item := range items {
		inline, _ := item.(values)
		route := values{}
		var destinations, targets []string
		for _, name := range slices.Sorted(maps.Keys(inlineDestinations)) {
			if destination := text(inline, name); destination != "" {
				route[inlineDestinations[name]] = destination
				destinations = append(destinations, snake(name))
			}
		}
		for _, name := range routeTargets {
			if target := text(inline, name); target != "" {
				route[name] = target
				targets = append(targets, snake(name))
			}
		}
		if err := oneEach("cidr_block, ipv6_cidr_block, destination_prefix_list_id", destinations); err != nil {
			return nil, err
		}
		names := make([]string, len(routeTargets))
		for i, name := range routeTargets {
			names[i] = snake(name)
		}
		if err := oneEach(strings.Join(names, ", "), targets); err != nil {
			return nil, err
		}
		routes = append(routes, route)
	}
	return routes, nil
}

func oneEach(allowed string, set []string) error {
	switch len(set) {
	case 0:
		return fmt.Errorf("creating route: one of `%s` must be specified", allowed)
	case 1:
		return nil
	}
	return worded(fmt.Sprintf("creating route: only one of `%s` can be specified, but `%s` were specified.", allowed, strings.Join(set, ", ")))
}

// describeRoute is where a route leads, and through what.
func describeRoute(route values) string {
	line := routeDestination(route)
	for _, target := range routeTargets {
		line += " " + text(route, target)
	}
	return line
}

// sameRoutes compares two lists of routes by where they lead.
func sameRoutes(a, b any) bool {
	describe := func(value any) []string {
		routes, err := expandRoutes(value)
		if err != nil {
			return []string{fmt.Sprint(value)}
		}
		lines := []string{}
		for _, route := range routes {
			lines = append(lines, describeRoute(route))
		}
		slices.Sort(lines)
		return lines
	}
	return slices.Equal(describe(a), describe(b))
}

// checkRoutes is what the provider finds wrong with a list of routes.
func checkRoutes(path string, value any) []string {
	items, _ := value.([]any)
	var reasons []string
	for _, item := range items {
		inline, _ := item.(values)
		if block := text(inline, "cidrBlock"); block != "" {
			reasons = append(reasons, ipv4Network(path, block)...)
		}
		if block := text(inline, "ipv6CidrBlock"); block != "" {
			reasons = append(reasons, ipv6Network(path, block)...)
		}
	}
	return reasons
}

// routesOf are a table's routes, but for those that AWS makes: the local one, and those of gateway endpoints.
func (c *call) routesOf(table string) []*object {
	return c.all(routeToken, func(v values) bool { return text(v, "routeTableId") == table })
}

// readRoutes lists a table's routes in its properties, also those that are resources of their own.
func readRoutes(c *call, id string, state values) {
	routes := []any{}
	for _, route := range c.routesOf(id) {
		inline := values{}
		for name, own := range inlineDestinations {
			inline[name] = text(route.State, own)
		}
		for _, target := range routeTargets {
			inline[target] = text(route.State, target)
		}
		routes = append(routes, inline)
	}
	state["routes"] = sorted(routes)
}

func (c *call) noRouteTable(prefix, operation, id string) error {
	return c.ec2(prefix, operation, "InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", id)
}

func removeRouteTable(c *call, id string, _ values) error {
	// The provider takes away every association first. Routes go with the table, and a gateway endpoint forgets it.
	for _, association := range c.all(associationToken, func(v values) bool { return text(v, "routeTableId") == id }) {
		c.drop(association)
	}
	for _, route := range c.routesOf(id) {
		c.drop(route)
	}
	for _, endpoint := range c.all(endpointToken, nil) {
		tables := list(endpoint.State, "routeTableIds")
		if at := slices.Index(tables, id); at >= 0 {
			endpoint.State["routeTableIds"] = anys(slices.Delete(tables, at, at+1))
		}
	}
	c.drop(c.get(routeTableToken, id))
	return nil
}

func createAssociation(c *call, in values) (string, values, error) {
	prefix := "creating Route Table (" + text(in, "routeTableId") + ") Association"
	const operation = "AssociateRouteTable"
	if err := c.checkAssociation(prefix, operation, text(in, "routeTableId"), text(in, "subnetId"), text(in, "gatewayId")); err != nil {
		return "", nil, err
	}
	if len(c.all(associationToken, func(v values) bool { return text(v, "subnetId") == text(in, "subnetId") })) > 0 {
		return "", nil, c.ec2(prefix, operation, "Resource.AlreadyAssociated",
			"the specified association for route table %s conflicts with an existing association", text(in, "routeTableId"))
	}
	id := c.newID("rtbassoc")
	state := clone(in)
	c.put(associationToken, id, state)
	return id, state, nil
}

// updateAssociation keeps the id, though AWS gives a new one: the engine takes no new id from an update.
func updateAssociation(c *call, id string, old, in values) (values, error) {
	err := c.checkAssociation("updating Route Table Association ("+id+")", "ReplaceRouteTableAssociation",
		text(in, "routeTableId"), text(in, "subnetId"), text(in, "gatewayId"))
	if err != nil {
		return nil, err
	}
	return merge(c, id, old, in)
}

func (c *call) checkAssociation(prefix, operation, table, subnet, gateway string) error {
	routes, place := c.get(routeTableToken, table), c.get(subnetToken, subnet)
	switch {
	case routes == nil:
		return c.noRouteTable(prefix, operation, table)
	case gateway != "":
		// The simulated AWS has no gateway to associate.
		return c.ec2(prefix, operation, "InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist", gateway)
	case place == nil:
		return c.ec2(prefix, operation, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", subnet)
	case text(routes.State, "vpcId") != text(place.State, "vpcId"):
		return c.ec2(prefix, operation, "InvalidParameterValue", "route table %s and subnet %s belong to different networks", table, subnet)
	}
	return nil
}
