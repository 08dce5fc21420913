package awssim

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const tokyoSSM = "com.amazonaws.ap-northeast-1.ssm"

// endpointTrial is an account with a VPC of two zones, and the inputs of an interface endpoint in both.
func endpointTrial(t *testing.T) (w *testCloud, in values) {
	t.Helper()
	w = newTestCloud(t)
	vpc := w.vpc("v", "10.0.0.0/16")
	a, c := w.subnet(vpc, "10.0.1.0/24", "ap-northeast-1a"), w.subnet(vpc, "10.0.2.0/24", "ap-northeast-1c")
	group := string(w.create(securityGroupToken, "g", values{"vpcId": vpc}).id)
	return w, values{
		"vpcId": vpc, "serviceName": tokyoSSM, "vpcEndpointType": "Interface", "privateDnsEnabled": true, "subnetIds": []any{a, c},
		"securityGroupIds": []any{group},
	}
}

// Law 2.9, outputs of an interface endpoint: an interface in each subnet, and names.
func TestVPCEndpoint_interface(t *testing.T) {
	t.Parallel()
	w, in := endpointTrial(t)
	endpoint := w.create(endpointToken, "e", in)
	out, id := endpoint.state(), string(endpoint.id)
	require.Regexp(t, "^vpce-0[0-9a-f]{16}$", id)
	require.Equal(t, "arn:aws:ec2:ap-northeast-1:123456789012:vpc-endpoint/"+id, out["arn"])
	require.Equal(t, defaultEndpointPolicy, out["policy"])
	require.Len(t, out["networkInterfaceIds"], 2)
	require.Equal(t, "available", out["state"])
	require.Equal(t, values{"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": false}, out["dnsOptions"])
	require.Equal(t, []any{}, out["cidrBlocks"])
	require.Equal(t, "", out["prefixListId"])
	subnets := strList(in, "subnetIds")
	require.Equal(t, []any{
		values{"subnetId": subnets[0], "ipv4": "10.0.1.4", "ipv6": ""}, values{"subnetId": subnets[1], "ipv4": "10.0.2.4", "ipv6": ""},
	}, out["subnetConfigurations"])
	names := []string{}
	for _, entry := range out["dnsEntries"].([]any) {
		names = append(names, str(entry.(values), "dnsName"))
	}
	label := id + "-" + hash(id, 8)
	require.Equal(t, []string{
		label + ".ssm.ap-northeast-1.vpce.amazonaws.com", label + "-ap-northeast-1a.ssm.ap-northeast-1.vpce.amazonaws.com",
		label + "-ap-northeast-1c.ssm.ap-northeast-1.vpce.amazonaws.com", "ssm.ap-northeast-1.amazonaws.com",
	}, names)
	w.requireNoDiff(endpoint, in)
	w.requireNoDiff(endpoint, with(in, values{"subnetIds": []any{subnets[1], subnets[0]}}))
	w.delete(endpoint)
	require.False(t, w.read(endpoint))
	require.Empty(t, w.interfaces())
}

// interfaces are the network interfaces that the cloud holds.
func (w *testCloud) interfaces() []string {
	found := []string{}
	for _, o := range w.cloud.Objects {
		if o.Type == interfaceToken {
			found = append(found, o.ID)
		}
	}
	return found
}

// Law 2.9, outputs of a gateway, whose type is the default.
func TestVPCEndpoint_gateway(t *testing.T) {
	t.Parallel()
	w, base := endpointTrial(t)
	table := string(w.create(routeTableToken, "t", values{"vpcId": base["vpcId"]}).id)
	in := values{"vpcId": base["vpcId"], "serviceName": "com.amazonaws.ap-northeast-1.s3", "routeTableIds": []any{table}}
	endpoint := w.create(endpointToken, "e", in)
	out := endpoint.state()
	require.Equal(t, "Gateway", out["vpcEndpointType"])
	require.Equal(t, "pl-61a54008", out["prefixListId"])
	require.Equal(t, []any{"52.219.0.0/20"}, out["cidrBlocks"])
	require.Equal(t, defaultGatewayPolicy, out["policy"])
	require.Equal(t, []any{}, out["networkInterfaceIds"])
	require.Equal(t, []any{}, out["dnsEntries"])
	w.requireNoDiff(endpoint, in)
	without := with(in, values{"routeTableIds": []any{}})
	require.Equal(t, []string{"routeTableIds"}, diffPaths(w.diff(endpoint, without)))
	w.update(endpoint, without)
	w.requireNoDiff(endpoint, without)
}

// Law 2.9, changes, and 10.4.
func TestVPCEndpoint_changes(t *testing.T) {
	t.Parallel()
	w, in := endpointTrial(t)
	endpoint := w.create(endpointToken, "e", in)
	for _, test := range []struct {
		change   values
		replaces string
	}{
		{values{"vpcId": "vpc-1"}, "vpcId"},
		{values{"serviceName": "com.amazonaws.ap-northeast-1.kms"}, "serviceName"},
		{values{"serviceRegion": "us-east-1"}, "serviceRegion"},
		{values{"vpcEndpointType": "GatewayLoadBalancer", "privateDnsEnabled": true}, "vpcEndpointType"},
	} {
		result := w.diff(endpoint, with(in, test.change))
		require.Equal(t, keysOf(resourceKey(test.replaces)), result.ReplaceKeys)
		require.False(t, result.DeleteBeforeReplace, "which is why private DNS needs the option")
	}
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["ssm:*"],"Resource":"*"}]}`
	subnets := strList(in, "subnetIds")
	for name, change := range map[string]values{
		"privateDnsEnabled": {"privateDnsEnabled": false},
		"policy":            {"policy": policy},
		"subnetIds":         {"subnetIds": []any{subnets[1]}},
		"securityGroupIds":  {"securityGroupIds": []any{string(w.create(securityGroupToken, "h", values{"vpcId": in["vpcId"]}).id)}},
		"tags":              {"tags": values{"a": "b"}},
	} {
		changed := with(in, change)
		result := w.diff(endpoint, changed)
		require.Empty(t, result.ReplaceKeys)
		require.Contains(t, diffPaths(result), name)
		w.update(endpoint, changed)
		w.requireNoDiff(endpoint, changed)
		if name == "subnetIds" {
			require.Len(t, w.interfaces(), 1, "the subnet's interface goes")
		}
		if name == "policy" { // compared by its meaning, and its first text kept
			w.requireNoDiff(endpoint, with(in, values{"policy": `{"Statement":{"Resource":["*"],"Principal":"*","Action":"ssm:*","Effect":"Allow"},` +
				`"Version":"2012-10-17"}`}))
		}
		w.update(endpoint, in)
	}
	w.requireNoDiff(endpoint, with(in, values{"policy": nil, "securityGroupIds": nil, "subnetIds": nil, "privateDnsEnabled": nil}))
	gateway := w.create(endpointToken, "g", values{"vpcId": in["vpcId"], "serviceName": "com.amazonaws.ap-northeast-1.s3"})
	require.Equal(t, keysOf("privateDnsEnabled"), w.diff(gateway, values{
		"vpcId": in["vpcId"], "serviceName": "com.amazonaws.ap-northeast-1.s3", "privateDnsEnabled": true,
	}).ReplaceKeys)
}

// Law 2.9, validation.
func TestVPCEndpoint_check(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"vpcId": "vpc-1", "serviceName": tokyoSSM}
	require.Equal(t, []string{`expected vpc_endpoint_type to be one of ["Interface" "Gateway" "GatewayLoadBalancer" "Resource" "ServiceNetwork"], ` +
		`got interface. Examine values at 'e.vpcEndpointType'.`}, w.checkFailures(endpointToken, "e", with(in, values{"vpcEndpointType": "interface"})))
	require.Equal(t, []string{`"policy" contains an invalid JSON policy: not a JSON object. Examine values at 'e.policy'.`},
		w.checkFailures(endpointToken, "e", with(in, values{"policy": "full"})))
	require.Equal(t, []string{"Missing required property 'vpcId'"}, w.checkFailures(endpointToken, "e", with(in, values{"vpcId": nil})))
	require.Equal(t, []string{`expected dns_options.0.dns_record_ip_type to be one of ["ipv4" "dualstack" "ipv6" "service-defined"], got v4. ` +
		`Examine values at 'e.dnsOptions.dnsRecordIpType'.`},
		w.checkFailures(endpointToken, "e", with(in, values{"dnsOptions": values{"dnsRecordIpType": "v4"}})))
}

// Law 2.9, server errors, and 10.1.
func TestVPCEndpoint_refusals(t *testing.T) {
	t.Parallel()
	w, in := endpointTrial(t)
	vpc, subnets := str(in, "vpcId"), strList(in, "subnetIds")
	w.create(endpointToken, "e", in)
	second := w.subnet(vpc, "10.0.3.0/24", "ap-northeast-1a")
	lacking := w.subnet(vpc, "10.0.4.0/24", "ap-northeast-1d")
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
		"forgotten type": {
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
		"private DNS twice": {
			in, "InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS domain for " +
				"ssm.ap-northeast-1.amazonaws.com in the VPC " + vpc,
		},
		"attributes of the VPC": {
			values{"vpcId": plainVPC, "serviceName": tokyoSSM, "vpcEndpointType": "Interface", "privateDnsEnabled": true},
			"InvalidParameter",
			"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for " + plainVPC,
		},
		"a zone that the service lacks": {
			with(in, values{"serviceName": "com.amazonaws.ap-northeast-1.secretsmanager", "subnetIds": []any{lacking}}), "InvalidParameter",
			"The VPC endpoint service com.amazonaws.ap-northeast-1.secretsmanager does not support the availability zone of the subnet: " + lacking + ".",
		},
		"two subnets of a zone": {
			with(kms, values{"subnetIds": []any{subnets[0], second}}), "DuplicateSubnetsInSameZone",
			"Found another VPC endpoint subnet in the availability zone of " + second + ". VPC endpoint subnets should be in different " +
				"availability zones supported by the VPC endpoint service.",
		},
		"a route twice": {
			gateway, "RouteAlreadyExists", "route table " + table + " already has a route with destination-prefix-list-id pl-61a54008",
		},
		"no route table": {with(gateway, values{"routeTableIds": []any{"rtb-1"}}), "InvalidRouteTableId.NotFound", "The routeTable ID 'rtb-1' does not exist"},
		"no subnet":      {with(kms, values{"subnetIds": []any{"subnet-1"}}), "InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist"},
		"foreign subnet": {with(kms, values{"subnetIds": []any{elsewhere}}), "InvalidSubnetID.NotFound", "The subnet ID '" + elsewhere + "' does not exist"},
		"no group":       {with(kms, values{"securityGroupIds": []any{"sg-1"}}), "InvalidGroup.NotFound", "The security group 'sg-1' does not exist"},
		"policy":         {with(kms, values{"policy": `{}`}), "InvalidPolicyDocument", "The Policy Document is not valid. Syntax error at position (1,3)"},
		"inbound alone": {
			with(kms, values{"dnsOptions": values{"privateDnsOnlyForInboundResolverEndpoint": true}}), "InvalidParameter",
			"To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC " + vpc + " must have a Gateway endpoint for the service.",
		},
	} {
		require.Equal(t, ec2Error("creating EC2 VPC Endpoint ("+str(test.in, "serviceName")+")", "CreateVpcEndpoint", test.code, test.message),
			w.createError(endpointToken, "x", test.in), name)
	}
	for want, change := range map[string]values{
		"the simulated AWS does not support VPC Lattice: arn:aws:vpc-lattice:ap-northeast-1:123456789012:servicenetwork/sn-1": {
			"serviceName": nil, "serviceNetworkArn": "arn:aws:vpc-lattice:ap-northeast-1:123456789012:servicenetwork/sn-1",
		},
		"the simulated AWS does not support endpoints to other Regions: us-east-1": {"serviceRegion": "us-east-1"},
		"the simulated AWS does not support IPv6: dualstack":                       {"ipAddressType": "dualstack"},
	} {
		require.Contains(t, w.createError(endpointToken, "x", with(kms, change)), want)
	}
	gone := &testResource{urn: testURN(endpointToken, "gone"), id: "vpce-1"}
	w.delete(gone)
	require.Equal(t, ec2Error("updating EC2 VPC Endpoint (vpce-1)", "ModifyVpcEndpoint", "InvalidVpcEndpointId.NotFound",
		"The Vpc Endpoint Id 'vpce-1' does not exist"), awsError(t, w.tryUpdate(gone, kms)))
	w.create(endpointToken, "without private DNS", with(in, values{"privateDnsEnabled": false}))
	w.create(endpointToken, "interface to s3", with(in, values{
		"serviceName": s3, "dnsOptions": values{"privateDnsOnlyForInboundResolverEndpoint": true},
	}))
}

// The stricter reading: no public source says that one call may exchange a zone's subnet.
func TestVPCEndpoint_exchangesNoSubnet(t *testing.T) {
	t.Parallel()
	w, in := endpointTrial(t)
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

// Law 2.9 and the quotas of an account that nobody raised.
func TestVPCEndpoint_quotas(t *testing.T) {
	t.Parallel()
	w, in := endpointTrial(t)
	in = with(in, values{"privateDnsEnabled": false, "subnetIds": nil})
	refused := func(service string) string {
		return ec2Error("creating EC2 VPC Endpoint ("+service+")", "CreateVpcEndpoint", "VpcEndpointLimitExceeded",
			"The maximum number of VPC endpoints has been reached.")
	}
	for i := range maxInterfaceEndpoints {
		w.create(endpointToken, fmt.Sprint(i), in)
	}
	require.Equal(t, refused(tokyoSSM), w.createError(endpointToken, "x", in))
	gateway := values{"vpcId": in["vpcId"], "serviceName": "com.amazonaws.ap-northeast-1.dynamodb"}
	for i := range maxGatewayEndpoints {
		w.create(endpointToken, fmt.Sprint("g", i), gateway)
	}
	require.Equal(t, refused(str(gateway, "serviceName")), w.createError(endpointToken, "x", gateway))
}

// A subnet of 11 addresses has none left for the twelfth interface. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
func TestVPCEndpoint_addresses(t *testing.T) {
	t.Parallel()
	w, in := endpointTrial(t)
	small := w.subnet(str(in, "vpcId"), "10.0.9.0/28", "ap-northeast-1a")
	in = with(in, values{"privateDnsEnabled": false, "subnetIds": []any{small}})
	for i := range 11 {
		endpoint := w.create(endpointToken, fmt.Sprint(i), in)
		require.Equal(t, fmt.Sprint("10.0.9.", 4+i), valueAt(endpoint.state()["subnetConfigurations"].([]any)[0].(values), "ipv4"))
	}
	require.Equal(t, ec2Error("creating EC2 VPC Endpoint ("+tokyoSSM+")", "CreateVpcEndpoint", "InsufficientFreeAddressesInSubnet",
		"Not enough free addresses in subnet '"+small+"'"), w.createError(endpointToken, "x", in))
}

// What the simulated AWS does not have it refuses by name, before and after: IPv6, and addresses that are asked for.
func TestVPCEndpoint_unknown(t *testing.T) {
	t.Parallel()
	w, in := endpointTrial(t)
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
