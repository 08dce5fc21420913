package awssim

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim/catalog"
)

func TestVPCEndpoint_errors(t *testing.T) {
	t.Parallel()
	w, in := endpointTestCloud(t)
	vpc, subnets := str(in, "vpcId"), strList(in, "subnetIds")
	w.create(endpointToken, "e", in)
	second := w.subnet(vpc, "10.0.3.0/24", "ap-northeast-1a")
	table := string(w.create(routeTableToken, "t", values{"vpcId": vpc}).id)
	const s3 = "com.amazonaws.ap-northeast-1.s3"
	gateway := values{"vpcId": vpc, "serviceName": s3, "routeTableIds": []any{table}}
	w.create(endpointToken, "s3", gateway)
	plainVPC := string(w.create(vpcToken, "plain", values{"cidrBlock": "10.0.0.0/16"}).id)
	elsewhere := w.subnet(plainVPC, "10.0.1.0/24", "ap-northeast-1a")
	kms := with(in, values{"serviceName": "com.amazonaws.ap-northeast-1.kms"})
	for name, test := range map[string]struct {
		in            values
		code, message string
	}{
		"no VPC":     {with(in, values{"vpcId": "vpc-1"}), "InvalidVpcId.NotFound", "The vpc ID 'vpc-1' does not exist"},
		"no service": {with(in, values{"serviceName": tokyoSSM + "x"}), "InvalidServiceName", "The Vpc Endpoint Service '" + tokyoSSM + "x' does not exist"},
		"the default type for an interface service": {
			with(in, values{"vpcEndpointType": nil}), "InvalidParameter",
			"Endpoint type (Gateway) does not match available service types ([Interface]).",
		},
		"another type": {
			with(gateway, values{"vpcEndpointType": "GatewayLoadBalancer"}), "InvalidParameter",
			"Endpoint type (GatewayLoadBalancer) does not match available service types ([Gateway, Interface]).",
		},
		"route tables": {with(kms, values{"routeTableIds": []any{table}}), "InvalidParameter", "Route table IDs are only supported for Gateway type VPC Endpoint."},
		"subnets": {
			with(gateway, values{"subnetIds": []any{subnets[0]}}), "InvalidParameter",
			"Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.",
		},
		"groups": {
			with(gateway, values{"securityGroupIds": in["securityGroupIds"]}), "InvalidParameter",
			"Security group IDs are only supported for Interface type VPC Endpoint.",
		},
		"private DNS of a gateway": {
			with(gateway, values{"privateDnsEnabled": true}), "InvalidParameter", "Private DNS can only be enabled for Interface type VPC Endpoints.",
		},
		"duplicate private DNS name": {
			in, "InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS domain for " +
				"ssm.ap-northeast-1.amazonaws.com in the VPC " + vpc,
		},
		"attributes of the VPC": {
			values{"vpcId": plainVPC, "serviceName": tokyoSSM, "vpcEndpointType": "Interface", "privateDnsEnabled": true},
			"InvalidParameter",
			"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for " + plainVPC,
		},
		"two subnets in a zone": {
			with(kms, values{"subnetIds": []any{subnets[0], second}}), "DuplicateSubnetsInSameZone",
			"Found another VPC endpoint subnet in the availability zone of " + second + ". VPC endpoint subnets should be in different " +
				"availability zones supported by the VPC endpoint service.",
		},
		"duplicate route": {
			gateway, "RouteAlreadyExists", "route table " + table + " already has a route with destination-prefix-list-id pl-61a54008",
		},
		"no route table":        {with(gateway, values{"routeTableIds": []any{"rtb-1"}}), "InvalidRouteTableId.NotFound", "The routeTable ID 'rtb-1' does not exist"},
		"no subnet":             {with(kms, values{"subnetIds": []any{"subnet-1"}}), "InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist"},
		"subnet of another VPC": {with(kms, values{"subnetIds": []any{elsewhere}}), "InvalidSubnetID.NotFound", "The subnet ID '" + elsewhere + "' does not exist"},
		"no group":              {with(kms, values{"securityGroupIds": []any{"sg-1"}}), "InvalidGroup.NotFound", "The security group 'sg-1' does not exist"},
		"policy":                {with(kms, values{"policy": `{}`}), "InvalidPolicyDocument", "The Policy Document is not valid. Syntax error at position (1,3)"},
		"inbound-only DNS without a gateway endpoint": {
			with(kms, values{"dnsOptions": values{"privateDnsOnlyForInboundResolverEndpoint": true}}), "InvalidParameter",
			"To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC " + vpc + " must have a Gateway endpoint for the service.",
		},
	} {
		require.Equal(t, ec2Error("creating EC2 VPC Endpoint ("+str(test.in, "serviceName")+")", "CreateVpcEndpoint", test.code, test.message),
			w.createError(endpointToken, "x", test.in), name)
	}
	w.create(endpointToken, "without private DNS", with(in, values{"privateDnsEnabled": false}))
	w.create(endpointToken, "interface to s3", with(in, values{
		"serviceName": s3, "dnsOptions": values{"privateDnsOnlyForInboundResolverEndpoint": true},
	}))
}

// Nobody recorded the zones of endpoint services, but they may be known of an account.
func TestVPCEndpoint_zones(t *testing.T) {
	t.Parallel()
	w, in := endpointTestCloud(t)
	zoneD := w.subnet(str(in, "vpcId"), "10.0.4.0/24", "ap-northeast-1d")
	w.create(endpointToken, "e", with(in, values{"subnetIds": []any{zoneD}}))
	known := catalog.Service{Type: catalog.Interface, Zones: []string{"ap-northeast-1a", "ap-northeast-1c"}}
	check := func(subnets any) error {
		return w.call().checkEndpointSubnets("creating", "CreateVpcEndpoint", known, values{}, with(in, values{"subnetIds": subnets}))
	}
	require.NoError(t, check(in["subnetIds"]))
	require.ErrorContains(t, check([]any{zoneD}),
		"InvalidParameter: The VPC endpoint service "+tokyoSSM+" does not support the availability zone of the subnet: "+zoneD+".")
}

// Whether one call can replace a subnet with another one in the same zone is not documented. That it cannot
// is the stricter interpretation.
func TestVPCEndpoint_rejectsAnotherSubnetInAZone(t *testing.T) {
	t.Parallel()
	w, in := endpointTestCloud(t)
	endpoint := w.create(endpointToken, "e", in)
	subnets := strList(in, "subnetIds")
	other := w.subnet(str(in, "vpcId"), "10.0.3.0/24", "ap-northeast-1a")
	prefix := "updating EC2 VPC Endpoint (" + string(endpoint.id) + ")"
	require.Equal(t, ec2Error(prefix, "ModifyVpcEndpoint", "DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability "+
		"zone of "+other+". VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service."),
		awsError(t, w.tryUpdate(endpoint, with(in, values{"subnetIds": []any{other, subnets[1]}}))))
	w.update(endpoint, with(in, values{"subnetIds": []any{subnets[1]}}))
	w.update(endpoint, with(in, values{"subnetIds": []any{other, subnets[1]}}))
}

func TestVPCEndpoint_quotas(t *testing.T) {
	t.Parallel()
	w, in := endpointTestCloud(t)
	in = with(in, values{"privateDnsEnabled": false, "subnetIds": nil})
	refused := func(service string) string {
		return ec2Error("creating EC2 VPC Endpoint ("+service+")", "CreateVpcEndpoint", "VpcEndpointLimitExceeded",
			"The maximum number of VPC endpoints has been reached.")
	}
	for i := range interfaceEndpointsPerVPC.limit {
		w.create(endpointToken, fmt.Sprint(i), in)
	}
	require.Equal(t, refused(tokyoSSM), w.createError(endpointToken, "x", in))
	gateway := values{"vpcId": in["vpcId"], "serviceName": "com.amazonaws.ap-northeast-1.dynamodb"}
	for i := range gatewayEndpointsPerRegion.limit {
		w.create(endpointToken, fmt.Sprint("g", i), gateway)
	}
	require.Equal(t, refused(str(gateway, "serviceName")), w.createError(endpointToken, "x", gateway))
}

// A subnet with 11 addresses has none left for a twelfth interface.
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
func TestVPCEndpoint_addresses(t *testing.T) {
	t.Parallel()
	w, in := endpointTestCloud(t)
	small := w.subnet(str(in, "vpcId"), "10.0.9.0/28", "ap-northeast-1a")
	in = with(in, values{"privateDnsEnabled": false, "subnetIds": []any{small}})
	for i := range 11 {
		endpoint := w.create(endpointToken, fmt.Sprint(i), in)
		require.Equal(t, fmt.Sprint("10.0.9.", 4+i), valueAt(endpoint.state()["subnetConfigurations"].([]any)[0].(values), "ipv4"))
	}
	require.Equal(t, ec2Error("creating EC2 VPC Endpoint ("+tokyoSSM+")", "CreateVpcEndpoint", "InsufficientFreeAddressesInSubnet",
		"Not enough free addresses in subnet '"+small+"'"), w.createError(endpointToken, "x", in))
}

func TestVPCEndpoint_unsupportedServices(t *testing.T) {
	t.Parallel()
	w, in := endpointTestCloud(t)
	for want, change := range map[string]values{
		"the simulated AWS does not support VPC Lattice: arn:aws:vpc-lattice:ap-northeast-1:123456789012:servicenetwork/sn-1": {
			"serviceName": nil, "serviceNetworkArn": "arn:aws:vpc-lattice:ap-northeast-1:123456789012:servicenetwork/sn-1",
		},
		"the simulated AWS does not support endpoints to other Regions: us-east-1": {"serviceRegion": "us-east-1"},
		"the simulated AWS does not support IPv6: dualstack":                       {"ipAddressType": "dualstack"},
	} {
		require.Contains(t, w.createError(endpointToken, "x", with(in, change)), want)
	}
}

func TestVPCEndpoint_notFound(t *testing.T) {
	t.Parallel()
	w, in := endpointTestCloud(t)
	missing := &testResource{urn: testURN(endpointToken, "missing"), id: "vpce-1"}
	w.delete(missing)
	require.Equal(t, ec2Error("updating EC2 VPC Endpoint (vpce-1)", "ModifyVpcEndpoint", "InvalidVpcEndpointId.NotFound",
		"The Vpc Endpoint Id 'vpce-1' does not exist"), awsError(t, w.tryUpdate(missing, in)))
}

// Unsupported inputs are errors in a creation and in an update.
func TestVPCEndpoint_unsupportedInputs(t *testing.T) {
	t.Parallel()
	w, in := endpointTestCloud(t)
	service := str(in, "serviceName")
	subnet := values{"subnetId": strList(in, "subnetIds")[0], "ipv4": "10.0.0.9"}
	endpoint := w.create(endpointToken, "e", with(in, values{"dnsOptions": values{"dnsRecordIpType": "service-defined"}}))
	require.Equal(t, "service-defined", str(endpoint.state(), "dnsOptions.dnsRecordIpType"))
	for _, test := range []struct {
		change values
		want   string
	}{
		{values{"ipAddressType": "dualstack"}, "the simulated AWS does not support IPv6: dualstack"},
		{values{"dnsOptions": values{"dnsRecordIpType": "ipv6"}}, "the simulated AWS does not support IPv6: ipv6"},
		{
			values{"subnetConfigurations": []any{subnet}},
			"the simulated AWS does not support chosen addresses: subnetConfigurations",
		},
	} {
		changed := with(in, test.change)
		require.Equal(t, "creating EC2 VPC Endpoint ("+service+"): "+test.want, w.createError(endpointToken, "f", changed))
		require.Equal(t, "updating EC2 VPC Endpoint ("+string(endpoint.id)+"): "+test.want, awsError(t, w.tryUpdate(endpoint, changed)))
	}
}
