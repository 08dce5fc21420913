package awssim

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"
)

// ec2Error returns an error message of EC2 as awsError does.
func ec2Error(prefix, operation, code, message string) string {
	return prefix + ": operation error EC2: " + operation + ", https response error StatusCode: 400, api error " + code + ": " + message
}

// vpc creates a VPC and returns its ID.
func (w *testCloud) vpc(name, block string) string {
	w.t.Helper()
	return string(w.create(vpcToken, name, values{"cidrBlock": block, "enableDnsHostnames": true}).id)
}

// subnet creates a subnet and returns its ID.
func (w *testCloud) subnet(vpc, block, zone string) string {
	w.t.Helper()
	in := values{"vpcId": vpc, "cidrBlock": block, "availabilityZone": zone}
	return string(w.create(subnetToken, block, in).id)
}

func TestVPC(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"cidrBlock": "10.0.0.0/16", "tags": values{"Name": "a"}}
	vpc := w.create(vpcToken, "v", in)
	out := vpc.state()
	for name, form := range map[string]string{
		"defaultNetworkAclId": "acl", "defaultRouteTableId": "rtb", "defaultSecurityGroupId": "sg", "dhcpOptionsId": "dopt",
	} {
		require.Regexp(t, "^"+form+"-0[0-9a-f]{16}$", out[name])
	}
	require.Regexp(t, "^vpc-0[0-9a-f]{16}$", vpc.id)
	require.Equal(t, out["defaultRouteTableId"], out["mainRouteTableId"])
	require.Equal(t, "arn:aws:ec2:ap-northeast-1:123456789012:vpc/"+string(vpc.id), out["arn"])
	require.Equal(t, "123456789012", out["ownerId"])
	require.Equal(t, "default", out["instanceTenancy"])
	require.Equal(t, true, out["enableDnsSupport"])
	require.Equal(t, false, out["enableDnsHostnames"])
	require.Equal(t, values{"Name": "a"}, out["tagsAll"])
	w.requireNoDiff(vpc, in)
	// AWS creates a route table, a network ACL and a security group with the VPC, and deletes them with it.
	require.Equal(t, []Object{{vpcToken, string(vpc.id), "a"}}, w.cloud.Inventory())
	require.Len(t, w.cloud.Objects, 6, "the VPC, a route table, a network ACL, a security group and its two rules")
	w.delete(vpc)
	require.Empty(t, w.cloud.Objects)
	require.False(t, w.read(vpc))
	w.delete(vpc)
}

func TestVPC_diff(t *testing.T) {
	t.Parallel()
	testChanges(t, vpcToken, nil, values{"cidrBlock": "10.0.0.0/16"}, []inputChange{
		{name: "nothing"},
		{"cidrBlock", values{"cidrBlock": "10.1.0.0/16"}, keysOf("cidrBlock"), nil},
		{"tenancy", values{"instanceTenancy": "dedicated"}, keysOf("instanceTenancy"), nil},
		{"netmask", values{"cidrBlock": nil, "ipv4NetmaskLength": 20.0, "ipv4IpamPoolId": "ipam-pool-1"}, keysOf("ipv4NetmaskLength", "ipv4IpamPoolId"), nil},
		{"dns support", values{"enableDnsSupport": false}, nil, []string{"enableDnsSupport"}},
		{"host names", values{"enableDnsHostnames": true}, nil, []string{"enableDnsHostnames"}},
		{"metrics", values{"enableNetworkAddressUsageMetrics": true}, nil, []string{"enableNetworkAddressUsageMetrics"}},
		{"tags", values{"tags": values{"Name": "b"}}, nil, []string{"tags", "tagsAll"}},
	})
	testChanges(t, vpcToken, nil, values{"cidrBlock": "10.0.0.0/16", "instanceTenancy": "dedicated"}, []inputChange{
		{"no longer dedicated", values{"instanceTenancy": "default"}, nil, []string{"instanceTenancy"}},
	})
}

func TestVPC_validation(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	at := func(reason, property string) []string {
		return []string{reason + ". Examine values at 'v." + property + "'."}
	}
	for _, test := range []struct {
		name string
		in   values
		want []string
	}{
		{"sound", values{"cidrBlock": "10.0.0.0/28"}, []string{}},
		{"not known", values{"cidrBlock": unknown{}}, []string{}},
		{"no block", values{"cidrBlock": "10.0.0.0"}, at("expected cidr_block to contain a valid Value, got: 10.0.0.0 with err: "+
			"invalid CIDR address: 10.0.0.0", "cidrBlock")},
		{"host bits", values{"cidrBlock": "10.0.1.0/16"}, at("expected cidr_block to contain a valid network Value, expected "+
			"10.0.0.0/16, got 10.0.1.0/16", "cidrBlock")},
		{"too large", values{"cidrBlock": "10.0.0.0/8"}, at(`expected "cidr_block" to contain a network Value with between 16 and 28 `+
			`significant bits, got: 8`, "cidrBlock")},
		{"too small", values{"cidrBlock": "10.0.0.0/29"}, at(`expected "cidr_block" to contain a network Value with between 16 and 28 `+
			`significant bits, got: 29`, "cidrBlock")},
		{"tenancy", values{"cidrBlock": "10.0.0.0/16", "instanceTenancy": "host"}, at(`expected instance_tenancy to be one of ["default" `+
			`"dedicated"], got host`, "instanceTenancy")},
		{"two sources of the block", values{"cidrBlock": "10.0.0.0/16", "ipv4NetmaskLength": 20.0}, at("Conflicting configuration "+
			`arguments. "cidr_block": conflicts with ipv4_netmask_length`, "cidrBlock")},
	} {
		require.Equal(t, test.want, w.checkFailures(vpcToken, "v", test.in), test.name)
	}
}

// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
func TestVPC_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	refused := func(code, message string) string { return ec2Error("creating EC2 VPC", "CreateVpc", code, message) }
	for block, message := range map[string]string{
		"0.1.0.0/16": "The CIDR '0.1.0.0/16' is invalid.", "127.0.0.0/16": "The CIDR '127.0.0.0/16' is invalid.",
		"169.254.0.0/16": "The CIDR '169.254.0.0/16' is invalid.", "224.0.0.0/16": "The CIDR '224.0.0.0/16' is invalid.",
	} {
		require.Equal(t, refused("InvalidVpc.Range", message), w.createError(vpcToken, "v", values{"cidrBlock": block}))
	}
	require.Equal(t, refused("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."), w.createError(vpcToken, "v", values{}))
	require.Equal(t, "creating EC2 VPC: the simulated AWS does not support IPv6: assignGeneratedIpv6CidrBlock",
		w.createError(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16", "assignGeneratedIpv6CidrBlock": true}))
	for i := range vpcsPerRegion.limit {
		w.vpc(fmt.Sprint(i), "10.0.0.0/16") // blocks may repeat
	}
	require.Equal(t, refused("VpcLimitExceeded", "The maximum number of VPCs has been reached."),
		w.createError(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"}))
	w.withConfig(values{"region": "eu-west-1"}).vpc("elsewhere", "10.0.0.0/16")
	vpc, message := newTestCloud(t).partialCreateError(vpcToken, "v", values{
		"cidrBlock": "10.0.0.0/16", "enableDnsSupport": false, "enableDnsHostnames": true,
	})
	require.Equal(t, ec2Error("creating EC2 VPC: modifying EnableDnsHostnames", "ModifyVpcAttribute", "InvalidParameterValue",
		"DNS hostnames need DNS support for VPC "+string(vpc.id)+"."), message)
	// An update of a VPC that does not exist.
	w.delete(&testResource{urn: testURN(vpcToken, "v"), id: "vpc-1"})
	require.Equal(t, ec2Error("updating EC2 VPC (vpc-1)", "ModifyVpcAttribute", "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"),
		awsError(t, w.tryUpdate(&testResource{urn: testURN(vpcToken, "v"), id: "vpc-1"}, values{"cidrBlock": "10.0.0.0/16"})))
}

func TestVPC_dependencies(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true})
	id := string(vpc.id)
	group := w.create(defaultSecurityGroupToken, "d", values{"vpcId": id, "ingress": []any{}, "egress": []any{}})
	rule := w.create(ingressRuleToken, "r", values{"securityGroupId": string(group.id), "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/16"})
	in := values{"vpcId": id}
	for _, blocker := range []func() *testResource{
		func() *testResource {
			return w.create(subnetToken, "s", with(in, values{"cidrBlock": "10.0.0.0/24"}))
		},
		func() *testResource { return w.create(securityGroupToken, "g", in) },
		func() *testResource { return w.create(routeTableToken, "t", in) },
		func() *testResource {
			return w.create(endpointToken, "e", with(in, values{"serviceName": "com.amazonaws.ap-northeast-1.s3"}))
		},
		func() *testResource {
			return w.create(endpointToken, "i", with(in, values{"serviceName": "com.amazonaws.ap-northeast-1.ssm", "vpcEndpointType": "Interface"}))
		},
	} {
		blocking := blocker()
		require.Equal(t, ec2Error("deleting EC2 VPC ("+id+")", "DeleteVpc", "DependencyViolation",
			"The vpc '"+id+"' has dependencies and cannot be deleted."), awsError(t, w.tryDelete(vpc)), blocking.urn)
		require.True(t, w.read(vpc))
		w.delete(blocking)
	}
	w.delete(group) // asks AWS for nothing
	w.delete(vpc)
	require.False(t, w.read(rule))
	require.Empty(t, w.cloud.Objects)
}

func TestSubnet(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"vpcId": w.vpc("v", "10.0.0.0/16"), "cidrBlock": "10.0.1.0/24", "availabilityZone": "ap-northeast-1c", "mapPublicIpOnLaunch": true}
	subnet := w.create(subnetToken, "s", in)
	require.Regexp(t, "^subnet-0[0-9a-f]{16}$", subnet.id)
	require.Equal(t, with(in, values{
		"arn":                "arn:aws:ec2:ap-northeast-1:123456789012:subnet/" + string(subnet.id),
		"availabilityZoneId": "apne1-az1", "ownerId": "123456789012", "ipv6CidrBlockAssociationId": "", "tagsAll": values{},
		"privateDnsHostnameTypeOnLaunch": "ip-name", "assignIpv6AddressOnCreation": false, "enableDns64": false, "ipv6Native": false,
		"enableResourceNameDnsARecordOnLaunch": false, "enableResourceNameDnsAaaaRecordOnLaunch": false,
	}), subnet.state())
	w.requireNoDiff(subnet, in)
	byID := w.create(subnetToken, "t", values{"vpcId": in["vpcId"], "cidrBlock": "10.0.2.0/24", "availabilityZoneId": "apne1-az2"})
	require.Equal(t, "ap-northeast-1d", byID.state()["availabilityZone"])
	anywhere := w.create(subnetToken, "u", values{"vpcId": in["vpcId"], "cidrBlock": "10.0.3.0/24"})
	require.Equal(t, "ap-northeast-1a", anywhere.state()["availabilityZone"])
	w.requireNoDiff(anywhere, values{"vpcId": in["vpcId"], "cidrBlock": "10.0.3.0/24"})
}

func TestSubnet_diff(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"vpcId": w.vpc("v", "10.0.0.0/16"), "cidrBlock": "10.0.1.0/24", "availabilityZone": "ap-northeast-1a"}
	subnet := w.create(subnetToken, "s", in)
	for name, value := range map[resource.PropertyKey]any{
		"vpcId": "vpc-1", "cidrBlock": "10.0.2.0/24", "availabilityZone": "ap-northeast-1c", "ipv6Native": true,
		"outpostArn": "arn:aws:outposts:ap-northeast-1:123456789012:outpost/op-1",
	} {
		result := w.diff(subnet, with(in, values{string(name): value}))
		require.Equal(t, keysOf(name), result.ReplaceKeys)
		require.False(t, result.DeleteBeforeReplace, "which is why a subnet of the same block needs the option")
	}
	require.Equal(t, keysOf("availabilityZoneId"),
		w.diff(subnet, with(in, values{"availabilityZone": nil, "availabilityZoneId": "apne1-az1"})).ReplaceKeys)
	for name, value := range map[string]any{
		"mapPublicIpOnLaunch": true, "enableResourceNameDnsARecordOnLaunch": true, "privateDnsHostnameTypeOnLaunch": "resource-name",
	} {
		changed := with(in, values{name: value})
		require.Equal(t, []string{name}, diffPaths(w.diff(subnet, changed)))
		w.update(subnet, changed)
		w.requireNoDiff(subnet, changed)
		w.update(subnet, with(in, values{"privateDnsHostnameTypeOnLaunch": "ip-name"}))
	}
}

func TestSubnet_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"vpcId": w.vpc("v", "10.0.0.0/20"), "cidrBlock": "10.0.1.0/24", "availabilityZone": "ap-northeast-1a"}
	subnet := w.create(subnetToken, "s", in)
	require.Equal(t, []string{`"10.0.1.5/24" is not a valid IPv4 CIDR block; did you mean "10.0.1.0/24"?. Examine values at 's.cidrBlock'.`},
		w.checkFailures(subnetToken, "s", with(in, values{"cidrBlock": "10.0.1.5/24"})))
	require.Equal(t, []string{`Conflicting configuration arguments. "availability_zone": conflicts with availability_zone_id. Examine values at ` +
		`'s.availabilityZone'.`}, w.checkFailures(subnetToken, "s", with(in, values{"availabilityZoneId": "apne1-az4"})))
	require.Equal(t, []string{"Missing required property 'vpcId'"}, w.checkFailures(subnetToken, "s", with(in, values{"vpcId": nil})))
	for _, test := range []struct {
		change        values
		code, message string
	}{
		{values{"vpcId": "vpc-1"}, "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"},
		{values{"cidrBlock": "10.1.0.0/24"}, "InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid."},
		{values{"cidrBlock": "10.0.0.0/16"}, "InvalidSubnet.Range", "The CIDR '10.0.0.0/16' is invalid."},
		{values{"cidrBlock": "10.0.2.0/29"}, "InvalidSubnet.Range", "The CIDR '10.0.2.0/29' is invalid."},
		{values{"cidrBlock": nil}, "InvalidSubnet.Range", "The CIDR '' is invalid."},
		{nil, "InvalidSubnet.Conflict", "The CIDR '10.0.1.0/24' conflicts with another subnet"},
		{values{"cidrBlock": "10.0.0.0/23"}, "InvalidSubnet.Conflict", "The CIDR '10.0.0.0/23' conflicts with another subnet"},
		{values{"cidrBlock": "10.0.1.128/28"}, "InvalidSubnet.Conflict", "The CIDR '10.0.1.128/28' conflicts with another subnet"},
		{values{"cidrBlock": "10.0.2.0/24", "availabilityZone": "ap-northeast-1b"}, "InvalidParameterValue", "Value (ap-northeast-1b) for parameter " +
			"availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ap-northeast-1a, " +
			"ap-northeast-1c, ap-northeast-1d."},
	} {
		require.Equal(t, ec2Error("creating EC2 Subnet", "CreateSubnet", test.code, test.message), w.createError(subnetToken, "x", with(in, test.change)))
	}
	// A subnet with network interfaces cannot be deleted. An association with a route table is deleted with
	// it.
	endpoint := w.create(endpointToken, "e", values{
		"vpcId": in["vpcId"], "serviceName": "com.amazonaws.ap-northeast-1.ssm", "vpcEndpointType": "Interface",
		"subnetIds": []any{string(subnet.id)},
	})
	table := w.create(routeTableToken, "t", values{"vpcId": in["vpcId"]})
	association := w.create(associationToken, "a", values{"routeTableId": string(table.id), "subnetId": string(subnet.id)})
	require.Equal(t, ec2Error("deleting EC2 Subnet ("+string(subnet.id)+")", "DeleteSubnet", "DependencyViolation",
		"The subnet '"+string(subnet.id)+"' has dependencies and cannot be deleted."), awsError(t, w.tryDelete(subnet)))
	w.delete(endpoint)
	w.delete(subnet)
	require.False(t, w.read(association))
}
