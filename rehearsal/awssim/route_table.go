package awssim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func init() {
	register(&resourceType{
		Token: routeTableToken,
		Inputs: map[string]attribute{
			"vpcId":           {Required: true, ForceNew: true},
			"routes":          {Computed: true, Set: true, DiffSuppress: sameRoutes, Validate: checkRoutes},
			"propagatingVgws": {Computed: true, Set: true},
		},
		Outputs:  []string{"arn", "ownerId"},
		Taggable: true,
		Kind:     routeTableKind,
		Create:   createRouteTable, Update: updateRouteTable, Delete: deleteRouteTable, Read: readRoutes,
		NotFound: func(c *call, id string) error {
			return c.routeTableNotFound("updating Route Table ("+id+")", "DescribeRouteTables", id)
		},
	}, &resourceType{
		Token: associationToken,
		Inputs: map[string]attribute{
			"routeTableId": {Required: true},
			"subnetId":     {ForceNew: true},
			"gatewayId":    {ForceNew: true},
		},
		ExactlyOneOf: [][]string{{"gatewayId", "subnetId"}},
		Create:       createAssociation, Update: updateAssociation, ImportID: importAssociation,
		NotFound: func(c *call, id string) error {
			return c.ec2Error("updating Route Table Association ("+id+")", "ReplaceRouteTableAssociation", "InvalidAssociationID.NotFound",
				"The association ID '%s' does not exist", id)
		},
	})
}

// inlineDestinations maps the properties of a route in a route table's list to the inputs of a Route
// resource.
var inlineDestinations = map[string]string{
	"cidrBlock": "destinationCidrBlock", "ipv6CidrBlock": "destinationIpv6CidrBlock", "destinationPrefixListId": "destinationPrefixListId",
}

func createRouteTable(c *call, in values) (string, values, error) {
	const prefix = "creating Route Table"
	vpc := c.vpc(str(in, "vpcId"))
	if vpc == nil {
		return "", nil, c.vpcNotFound(prefix, "CreateRouteTable", str(in, "vpcId"))
	}
	if len(c.find(routeTableToken, func(v values) bool { return str(v, "vpcId") == vpc.ID })) >= c.quota(routeTablesPerVPC) {
		return "", nil, c.ec2Error(prefix, "CreateRouteTable", "RouteTableLimitExceeded", "The maximum number of route tables has been reached.")
	}
	id := c.newID("rtb")
	state := clone(in)
	maps.Copy(state, values{"arn": c.arn("ec2", "route-table/"+id), "ownerId": c.account, "propagatingVgws": []any{}})
	table := c.put(routeTableToken, id, state)
	err := c.partialFault()
	if err == nil {
		err = c.setRoutes(table, in)
	}
	readRoutes(c, id, state)
	return id, state, partial(err)
}

func updateRouteTable(c *call, id string, old, in values) (values, error) {
	table := c.get(routeTableToken, id)
	if err := c.setRoutes(table, in); err != nil {
		return nil, err
	}
	state := c.applyInputs(old, in)
	readRoutes(c, id, state)
	return state, nil
}

// setRoutes makes the listed routes the only ones of the table, if the list is set.
func (c *call) setRoutes(table *object, in values) error {
	if gateways := strList(in, "propagatingVgws"); len(gateways) > 0 {
		return c.ec2Error("enabling Route Table ("+table.ID+") VGW route propagation", "EnableVgwRoutePropagation", "InvalidVpnGatewayID.NotFound",
			"The vpnGateway ID '%s' does not exist", gateways[0])
	}
	if !isSet(in, "routes") {
		return nil
	}
	missing, err := expandRoutes(in["routes"])
	if err != nil {
		return err
	}
	for _, existing := range c.routesOf(table.ID) {
		at := slices.IndexFunc(missing, func(route values) bool { return describeRoute(route) == describeRoute(existing.State) })
		if at >= 0 {
			missing = slices.Delete(missing, at, at+1)
		} else {
			c.remove(existing)
		}
	}
	for _, route := range missing {
		route["routeTableId"] = table.ID
		id, _, err := createRoute(c, route)
		if err != nil {
			return err
		}
		c.get(routeToken, id).Owner = table.key()
	}
	return nil
}

// expandRoutes converts a route table's list to the inputs of Route resources. The provider checks for one
// destination and one target only here, not in a preview.
func expandRoutes(value any) ([]values, error) {
	items, _ := value.([]any)
	var routes []values
	for _, item := range items {
		inline, _ := item.(values)
		route := values{}
		var destinations, targets []string
		for _, name := range slices.Sorted(maps.Keys(inlineDestinations)) {
			if destination := str(inline, name); destination != "" {
				route[inlineDestinations[name]] = destination
				destinations = append(destinations, snake(name))
			}
		}
		for _, name := range routeTargets {
			if target := str(inline, name); target != "" {
				route[name] = target
				targets = append(targets, snake(name))
			}
		}
		if err := exactlyOne("cidr_block, ipv6_cidr_block, destination_prefix_list_id", destinations); err != nil {
			return nil, err
		}
		names := make([]string, len(routeTargets))
		for i, name := range routeTargets {
			names[i] = snake(name)
		}
		if err := exactlyOne(strings.Join(names, ", "), targets); err != nil {
			return nil, err
		}
		routes = append(routes, route)
	}
	return routes, nil
}

func exactlyOne(allowed string, set []string) error {
	switch len(set) {
	case 0:
		return fmt.Errorf("creating route: one of `%s` must be specified", allowed)
	case 1:
		return nil
	}
	return verbatim(fmt.Sprintf("creating route: only one of `%s` can be specified, but `%s` were specified.", allowed, strings.Join(set, ", ")))
}

// describeRoute returns the destination and the target of a route.
func describeRoute(route values) string {
	line := routeDestination(route)
	for _, target := range routeTargets {
		line += " " + str(route, target)
	}
	return line
}

// sameRoutes reports whether two lists contain the same routes.
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

// checkRoutes returns the provider's errors for a list of routes.
func checkRoutes(path string, value any) []string {
	items, _ := value.([]any)
	var reasons []string
	for _, item := range items {
		inline, _ := item.(values)
		if block := str(inline, "cidrBlock"); block != "" {
			reasons = append(reasons, ipv4Network(path, block)...)
		}
		if block := str(inline, "ipv6CidrBlock"); block != "" {
			reasons = append(reasons, ipv6Network(path, block)...)
		}
	}
	return reasons
}

// routesOf returns a table's routes, without the local route and those of gateway endpoints.
func (c *call) routesOf(table string) []*object {
	return c.find(routeToken, func(v values) bool { return str(v, "routeTableId") == table })
}

// readRoutes sets the table's list of routes, which includes Route resources.
func readRoutes(c *call, id string, state values) {
	routes := []any{}
	for _, route := range c.routesOf(id) {
		inline := values{}
		for name, own := range inlineDestinations {
			inline[name] = str(route.State, own)
		}
		for _, target := range routeTargets {
			inline[target] = str(route.State, target)
		}
		routes = append(routes, inline)
	}
	state["routes"] = sortedList(routes)
}

func (c *call) routeTableNotFound(prefix, operation, id string) error {
	return c.ec2Error(prefix, operation, "InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", id)
}

func deleteRouteTable(c *call, id string, _ values) error {
	// The provider deletes the associations first. AWS deletes the routes, and removes the table from
	// gateway endpoints.
	for _, association := range c.find(associationToken, func(v values) bool { return str(v, "routeTableId") == id }) {
		c.remove(association)
	}
	for _, route := range c.routesOf(id) {
		c.remove(route)
	}
	for _, endpoint := range c.find(endpointToken, nil) {
		tables := strList(endpoint.State, "routeTableIds")
		if at := slices.Index(tables, id); at >= 0 {
			endpoint.State["routeTableIds"] = toList(slices.Delete(tables, at, at+1))
		}
	}
	c.remove(c.get(routeTableToken, id))
	return nil
}

func createAssociation(c *call, in values) (string, values, error) {
	prefix := "creating Route Table (" + str(in, "routeTableId") + ") Association"
	const operation = "AssociateRouteTable"
	if err := c.checkAssociation(prefix, operation, str(in, "routeTableId"), str(in, "subnetId"), str(in, "gatewayId")); err != nil {
		return "", nil, err
	}
	if len(c.find(associationToken, func(v values) bool { return str(v, "subnetId") == str(in, "subnetId") })) > 0 {
		return "", nil, c.ec2Error(prefix, operation, "Resource.AlreadyAssociated",
			"the specified association for route table %s conflicts with an existing association", str(in, "routeTableId"))
	}
	id := c.newID("rtbassoc")
	state := clone(in)
	c.put(associationToken, id, state)
	return id, state, nil
}

// updateAssociation keeps the ID, although AWS assigns a new one: an update cannot change the ID of a
// resource.
func updateAssociation(c *call, id string, old, in values) (values, error) {
	err := c.checkAssociation("updating Route Table Association ("+id+")", "ReplaceRouteTableAssociation",
		str(in, "routeTableId"), str(in, "subnetId"), str(in, "gatewayId"))
	if err != nil {
		return nil, err
	}
	return updateAny(c, id, old, in)
}

// importAssociation returns the ID of the association that an import ID identifies by its subnet or gateway and its
// route table.
func importAssociation(c *call, importID string) (string, error) {
	target, table, ok := strings.Cut(importID, "/")
	if !ok || strings.Contains(table, "/") {
		return "", verbatim("Unexpected format for import: " + importID +
			". Use 'subnet ID/route table ID' or 'gateway ID/route table ID")
	}
	if c.get(routeTableToken, table) == nil {
		return "", errors.New("couldn't find resource")
	}
	for _, o := range c.find(associationToken, func(v values) bool { return str(v, "routeTableId") == table }) {
		if str(o.State, "subnetId") == target || str(o.State, "gatewayId") == target {
			return o.ID, nil
		}
	}
	return "", verbatim("No association found between route table ID " + table + " and target ID " + target)
}

func (c *call) checkAssociation(prefix, operation, table, subnet, gateway string) error {
	routes, o := c.get(routeTableToken, table), c.get(subnetToken, subnet)
	switch {
	case routes == nil:
		return c.routeTableNotFound(prefix, operation, table)
	case gateway != "":
		// The simulated AWS does not support gateways.
		return c.ec2Error(prefix, operation, "InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist", gateway)
	case o == nil:
		return c.ec2Error(prefix, operation, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", subnet)
	case str(routes.State, "vpcId") != str(o.State, "vpcId"):
		return c.ec2Error(prefix, operation, "InvalidParameterValue", "route table %s and subnet %s belong to different networks", table, subnet)
	}
	return nil
}
