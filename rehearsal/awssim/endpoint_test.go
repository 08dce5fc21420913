package awssim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const tokyoSSM = "com.amazonaws.ap-northeast-1.ssm"

// endpointTestCloud returns a cloud with a VPC in two zones, and the inputs of an interface endpoint in
// both.
func endpointTestCloud(t *testing.T) (w *testCloud, in values) {
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

func TestVPCEndpoint_interface(t *testing.T) {
	t.Parallel()
	w, in := endpointTestCloud(t)
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

// interfaces returns the network interfaces in the cloud.
func (w *testCloud) interfaces() []string {
	found := []string{}
	for _, o := range w.cloud.Objects {
		if o.Type == interfaceToken {
			found = append(found, o.ID)
		}
	}
	return found
}

// Gateway is the default type.
func TestVPCEndpoint_gateway(t *testing.T) {
	t.Parallel()
	w, base := endpointTestCloud(t)
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

func TestVPCEndpoint_diff(t *testing.T) {
	t.Parallel()
	w, in := endpointTestCloud(t)
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
		require.False(t, result.DeleteBeforeReplace, "inbound-only DNS requires private DNS")
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
			require.Len(t, w.interfaces(), 1, "the subnet's network interface is deleted")
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

func TestVPCEndpoint_validation(t *testing.T) {
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
