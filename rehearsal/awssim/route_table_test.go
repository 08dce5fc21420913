package awssim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRouteTable(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"vpcId": w.vpc("v", "10.0.0.0/16")}
	table := w.create(routeTableToken, "t", in)
	require.Regexp(t, "^rtb-0[0-9a-f]{16}$", table.id)
	require.Equal(t, with(in, values{
		"arn": "arn:aws:ec2:ap-northeast-1:123456789012:route-table/" + string(table.id), "ownerId": "123456789012",
		"routes": []any{}, "propagatingVgws": []any{}, "tagsAll": values{},
	}), table.state())
	w.requireNoDiff(table, in)
	w.requireNoDiff(table, with(in, values{"routes": []any{}}))
	require.Equal(t, keysOf("vpcId"), w.diff(table, values{"vpcId": "vpc-1"}).ReplaceKeys)
	// The route of a gateway endpoint is not in the list, and the table can be deleted with it.
	endpoint := w.create(endpointToken, "e", with(in, values{
		"serviceName": "com.amazonaws.ap-northeast-1.s3", "routeTableIds": []any{string(table.id)},
	}))
	w.requireNoDiff(table, with(in, values{"routes": []any{}}))
	w.delete(table)
	require.True(t, w.read(endpoint))
	require.Empty(t, endpoint.state()["routeTableIds"])
	require.Equal(t, ec2Error("creating Route Table", "CreateRouteTable", "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"),
		w.createError(routeTableToken, "t", values{"vpcId": "vpc-1"}))
}

func TestRouteTable_routes(t *testing.T) {
	t.Parallel()
	w, instance, route := routeTestCloud(t)
	eni := instance.state()["primaryNetworkInterfaceId"]
	table := &testResource{urn: testURN(routeTableToken, "t"), id: resourceID(route, "routeTableId")}
	require.True(t, w.read(table))
	vpc := table.state()["vpcId"]
	routes := func(list ...any) values { return values{"vpcId": vpc, "routes": list} }
	one := values{"cidrBlock": "192.168.0.0/16", "networkInterfaceId": eni}
	two := values{"cidrBlock": "172.16.0.0/16", "networkInterfaceId": eni}
	own := w.create(routeTableToken, "own", routes(one, two))
	w.requireNoDiff(own, routes(two, one))
	require.Equal(t, []string{"routes"}, diffPaths(w.diff(own, routes(one))))
	w.update(own, routes(one))
	w.requireNoDiff(own, routes(one))
	require.Len(t, own.state()["routes"], 1)
	w.requireNoDiff(own, values{"vpcId": vpc}) // left out, they stay
	// A route that was added outside of Pulumi is a difference if the list is set.
	w.create(routeToken, "by hand", values{"routeTableId": string(own.id), "destinationCidrBlock": "172.31.0.0/16", "networkInterfaceId": eni})
	require.True(t, w.read(own))
	require.Equal(t, []string{"routes"}, diffPaths(w.diff(own, routes(one))))
	w.update(own, routes(one))
	w.requireNoDiff(own, routes(one))

	const targets = "carrier_gateway_id, core_network_arn, egress_only_gateway_id, gateway_id, local_gateway_id, nat_gateway_id, " +
		"network_interface_id, transit_gateway_id, vpc_endpoint_id, vpc_peering_connection_id"
	for want, bad := range map[string]values{
		"creating route: one of `cidr_block, ipv6_cidr_block, destination_prefix_list_id` must be specified": {"gatewayId": "igw-1"},
		"creating route: only one of `cidr_block, ipv6_cidr_block, destination_prefix_list_id` can be specified, but " +
			"`cidr_block, destination_prefix_list_id` were specified.": {
			"cidrBlock": "0.0.0.0/0", "destinationPrefixListId": "pl-1", "gatewayId": "igw-1",
		},
		"creating route: one of `" + targets + "` must be specified": {"cidrBlock": "0.0.0.0/0"},
	} {
		table, message := w.partialCreateError(routeTableToken, "bad", routes(bad))
		require.Equal(t, want, message)
		w.delete(table)
	}
	bad, message := w.partialCreateError(routeTableToken, "bad", routes(values{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}))
	require.Equal(t, ec2Error("creating Route in Route Table ("+string(bad.id)+") with destination (0.0.0.0/0)", "CreateRoute",
		"InvalidGatewayID.NotFound", "The gateway ID 'igw-1' does not exist"), message)
	require.Empty(t, bad.state()["routes"])
}

func TestRouteTableAssociation(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.vpc("v", "10.0.0.0/16")
	subnet := w.subnet(vpc, "10.0.1.0/24", "ap-northeast-1a")
	one := string(w.create(routeTableToken, "one", values{"vpcId": vpc}).id)
	two := string(w.create(routeTableToken, "two", values{"vpcId": vpc}).id)
	foreign := string(w.create(routeTableToken, "foreign", values{"vpcId": w.vpc("other", "10.0.0.0/16")}).id)
	in := values{"routeTableId": one, "subnetId": subnet}
	association := w.create(associationToken, "a", in)
	require.Regexp(t, "^rtbassoc-0[0-9a-f]{16}$", association.id)
	require.Equal(t, in, association.state())
	w.requireNoDiff(association, in)
	require.Equal(t, keysOf("subnetId"), w.diff(association, with(in, values{"subnetId": "subnet-1"})).ReplaceKeys)
	moved := with(in, values{"routeTableId": two})
	require.Equal(t, []string{"routeTableId"}, diffPaths(w.diff(association, moved)))
	w.update(association, moved)
	w.requireNoDiff(association, moved)

	prefix := func(table string) string { return "creating Route Table (" + table + ") Association" }
	for _, test := range []struct {
		in            values
		code, message string
	}{
		{in, "Resource.AlreadyAssociated", "the specified association for route table " + one + " conflicts with an existing association"},
		{values{"routeTableId": "rtb-1", "subnetId": subnet}, "InvalidRouteTableID.NotFound", "The routeTable ID 'rtb-1' does not exist"},
		{values{"routeTableId": one, "subnetId": "subnet-1"}, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist"},
		{values{"routeTableId": one, "gatewayId": "igw-1"}, "InvalidGatewayID.NotFound", "The gateway ID 'igw-1' does not exist"},
		{values{"routeTableId": foreign, "subnetId": subnet}, "InvalidParameterValue", "route table " + foreign + " and subnet " + subnet +
			" belong to different networks"},
	} {
		require.Equal(t, ec2Error(prefix(str(test.in, "routeTableId")), "AssociateRouteTable", test.code, test.message),
			w.createError(associationToken, "a", test.in))
	}
	require.Equal(t, []string{"Invalid combination of arguments. \"gateway_id\": one of `gateway_id,subnet_id` must be specified. Examine values " +
		"at 'a.gatewayId'."}, w.checkFailures(associationToken, "a", values{"routeTableId": one}))
	require.Equal(t, []string{"Invalid combination of arguments. \"gateway_id\": only one of `gateway_id,subnet_id` can be specified, but " +
		"`gateway_id,subnet_id` were specified.. Examine values at 'a.gatewayId'."},
		w.checkFailures(associationToken, "a", with(in, values{"gatewayId": "igw-1"})))
	w.delete(association)
	w.create(associationToken, "a", in)
}
