package awssim

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"
)

// resourceID returns a property as an ID.
func resourceID(v values, name string) resource.ID { return resource.ID(str(v, name)) }

func resourceKey(name string) resource.PropertyKey { return resource.PropertyKey(name) }

// routeTestCloud returns a cloud with a network and an instance, and the inputs of a route to the instance.
func routeTestCloud(t *testing.T) (w *testCloud, instance *testResource, in values) {
	t.Helper()
	w = newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	subnet := w.create(subnetToken, "s", values{"vpcId": string(vpc.id), "cidrBlock": "10.0.1.0/24", "availabilityZone": "ap-northeast-1a"})
	table := w.create(routeTableToken, "t", values{"vpcId": string(vpc.id)})
	instance = w.create(instanceToken, "i", values{"ami": imageX86, "instanceType": "t3.micro", "subnetId": string(subnet.id)})
	return w, instance, values{
		"routeTableId": string(table.id), "destinationCidrBlock": "192.168.0.0/16",
		"networkInterfaceId": instance.state()["primaryNetworkInterfaceId"],
	}
}

func TestRoute(t *testing.T) {
	t.Parallel()
	w, instance, in := routeTestCloud(t)
	route := w.create(routeToken, "r", in)
	require.Regexp(t, `^r-`+str(in, "routeTableId")+`[0-9]+$`, route.id)
	require.Equal(t, with(in, values{
		"origin": "CreateRoute", "state": "active", "instanceId": string(instance.id), "instanceOwnerId": "123456789012",
	}), route.state())
	w.requireNoDiff(route, in)
	w.delete(instance)
	require.True(t, w.read(route))
	require.Equal(t, "blackhole", route.state()["state"])
	require.Empty(t, route.state()["instanceId"])
	w.delete(&testResource{urn: testURN(routeTableToken, "t"), id: resourceID(in, "routeTableId")})
	require.False(t, w.read(route))
}

func TestRoute_diff(t *testing.T) {
	t.Parallel()
	w, _, in := routeTestCloud(t)
	route := w.create(routeToken, "r", in)
	for name, change := range map[string]values{
		"routeTableId":             {"routeTableId": "rtb-1"},
		"destinationCidrBlock":     {"destinationCidrBlock": "172.16.0.0/16"},
		"destinationPrefixListId":  {"destinationPrefixListId": "pl-1"},
		"destinationIpv6CidrBlock": {"destinationIpv6CidrBlock": "2001:db8::/32"},
	} {
		require.Contains(t, w.diffUnchecked(route, with(in, change)).ReplaceKeys, resourceKey(name))
	}
	changed := with(in, values{"networkInterfaceId": nil, "natGatewayId": "nat-1"})
	require.Empty(t, w.diff(route, changed).ReplaceKeys)
	require.Equal(t, []string{"natGatewayId", "networkInterfaceId"}, diffPaths(w.diff(route, changed)))
	require.Equal(t, "updating Route in Route Table ("+str(in, "routeTableId")+") with destination (192.168.0.0/16): operation error EC2: "+
		"ReplaceRoute, https response error StatusCode: 400, api error InvalidNatGatewayID.NotFound: The natGateway ID 'nat-1' does not exist",
		awsError(t, w.tryUpdate(route, changed)))
}

func TestRoute_validation(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"routeTableId": "rtb-1", "destinationCidrBlock": "192.168.0.0/16", "gatewayId": "igw-1"}
	for _, test := range []struct {
		name   string
		change values
		want   []string
	}{
		{"nothing", nil, []string{}},
		{"no table", values{"routeTableId": nil}, []string{"Missing required property 'routeTableId'"}},
		{"no destination", values{"destinationCidrBlock": nil}, []string{`Invalid combination of arguments. "destination_cidr_block": one of ` +
			"`destination_cidr_block,destination_ipv6_cidr_block,destination_prefix_list_id` must be specified. Examine values at " +
			"'r.destinationCidrBlock'."}},
		{"no target", values{"gatewayId": nil}, []string{`Invalid combination of arguments. "carrier_gateway_id": one of ` +
			"`carrier_gateway_id,core_network_arn,egress_only_gateway_id,gateway_id,local_gateway_id,nat_gateway_id,network_interface_id," +
			"transit_gateway_id,vpc_endpoint_id,vpc_peering_connection_id` must be specified. Examine values at 'r.carrierGatewayId'."}},
		{"host bits", values{"destinationCidrBlock": "10.0.1.5/24"}, []string{`"10.0.1.5/24" is not a valid IPv4 CIDR block; did you mean ` +
			`"10.0.1.0/24"?. Examine values at 'r.destinationCidrBlock'.`}},
		{"IPv6 as IPv4", values{"destinationCidrBlock": "2001:db8::/32"}, []string{`"2001:db8::/32" is not a valid IPv4 CIDR block. Examine ` +
			`values at 'r.destinationCidrBlock'.`}},
		{"not IPv6", values{"destinationCidrBlock": nil, "destinationIpv6CidrBlock": "10.0.0.0/8"}, []string{`"10.0.0.0/8" is not a valid IPv6 ` +
			`CIDR block. Examine values at 'r.destinationIpv6CidrBlock'.`}},
		{"egress-only gateway for IPv4", values{"gatewayId": nil, "egressOnlyGatewayId": "eigw-1"}, []string{`Conflicting configuration arguments. ` +
			`"egress_only_gateway_id": conflicts with destination_cidr_block. Examine values at 'r.egressOnlyGatewayId'.`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, w.checkFailures(routeToken, "r", with(in, test.change)))
		})
	}
}

func TestRoute_errors(t *testing.T) {
	t.Parallel()
	w, _, in := routeTestCloud(t)
	w.create(routeToken, "r", in)
	other := w.create(vpcToken, "other", values{"cidrBlock": "10.0.0.0/16"})
	table := w.create(routeTableToken, "other", values{"vpcId": string(other.id)})
	through := func(target, id string) values {
		return values{"destinationCidrBlock": "0.0.0.0/0", "networkInterfaceId": nil, target: id}
	}
	for _, test := range []struct {
		name               string
		change             values
		code, message      string
		table, destination string
	}{
		{name: "duplicate", code: "RouteAlreadyExists", message: "The route identified by 192.168.0.0/16 already exists.", destination: "192.168.0.0/16"},
		{
			name: "the VPC's own", change: values{"destinationCidrBlock": "10.0.0.0/16"}, code: "RouteAlreadyExists",
			message: "The route identified by 10.0.0.0/16 already exists.", destination: "10.0.0.0/16",
		},
		{
			name: "no such table", change: values{"routeTableId": "rtb-1"}, table: "rtb-1", destination: "192.168.0.0/16",
			code: "InvalidRouteTableID.NotFound", message: "The routeTable ID 'rtb-1' does not exist",
		},
		{name: "gateway", change: through("gatewayId", "igw-1"), code: "InvalidGatewayID.NotFound", message: "The gateway ID 'igw-1' does not exist"},
		{name: "egress", change: values{
			"destinationCidrBlock": nil, "destinationIpv6CidrBlock": "::/0", "networkInterfaceId": nil, "egressOnlyGatewayId": "eigw-1",
		}, code: "InvalidGatewayID.NotFound", message: "The eigw ID 'eigw-1' does not exist", destination: "::/0"},
		{name: "NAT", change: through("natGatewayId", "nat-1"), code: "InvalidNatGatewayID.NotFound", message: "The natGateway ID 'nat-1' does not exist"},
		{
			name: "transit", change: through("transitGatewayId", "tgw-1"), code: "InvalidTransitGatewayID.NotFound",
			message: "Transit Gateway tgw-1 was deleted or does not exist.",
		},
		{
			name: "peering", change: through("vpcPeeringConnectionId", "pcx-1"), code: "InvalidVpcPeeringConnectionID.NotFound",
			message: "The vpcPeeringConnection ID 'pcx-1' does not exist",
		},
		{
			name: "endpoint", change: through("vpcEndpointId", "vpce-1"), code: "InvalidVpcEndpointId.NotFound",
			message: "The Vpc Endpoint Id 'vpce-1' does not exist",
		},
		{
			name: "carrier", change: through("carrierGatewayId", "cagw-1"), code: "InvalidCarrierGatewayID.NotFound",
			message: "The carrier gateway ID 'cagw-1' does not exist",
		},
		{
			name: "local", change: through("localGatewayId", "lgw-1"), code: "InvalidLocalGatewayID.NotFound",
			message: "The local gateway ID 'lgw-1' does not exist",
		},
		{
			name: "core network", change: through("coreNetworkArn", "arn:x"), code: "InvalidCoreNetworkArn.NotFound",
			message: "The core network ARN 'arn:x' does not exist",
		},
		{
			name: "interface", change: through("networkInterfaceId", "eni-1"), code: "InvalidNetworkInterfaceID.NotFound",
			message: "The networkInterface ID 'eni-1' does not exist",
		},
		{
			name: "interface of another VPC", change: values{"routeTableId": string(table.id)}, table: string(table.id),
			destination: "192.168.0.0/16", code: "InvalidParameterValue",
			message: "route table " + string(table.id) + " and interface " + str(in, "networkInterfaceId") + " belong to different networks",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.table == "" {
				test.table = str(in, "routeTableId")
			}
			if test.destination == "" {
				test.destination = "0.0.0.0/0"
			}
			require.Equal(t, "creating Route in Route Table ("+test.table+") with destination ("+test.destination+"): operation error EC2: "+
				"CreateRoute, https response error StatusCode: 400, api error "+test.code+": "+test.message,
				w.createError(routeToken, "r", with(in, test.change)))
		})
	}
	require.Equal(t, "cannot create local Route, use `terraform import` to manage existing local Routes",
		w.createError(routeToken, "r", with(in, through("gatewayId", "local"))))
}

// someImage returns an image for x86_64.
func someImage(*testing.T) string { return imageX86 }

// diffUnchecked compares with inputs that Check rejects.
func (w *testCloud) diffUnchecked(x *testResource, in values) diffResult {
	w.t.Helper()
	result, err := w.provider.Diff(context.Background(), diffRequest{
		URN: x.urn, ID: x.id, OldInputs: x.inputs, OldOutputs: x.outputs, NewInputs: toProperties(in),
	})
	require.NoError(w.t, err)
	return result
}
