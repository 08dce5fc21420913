package awssim

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
)

// invokeError returns the error of a lookup, without the bridge's text around it.
func (w *testCloud) invokeError(token string, args values) string {
	w.t.Helper()
	_, err := w.tryInvoke(token, args)
	return awsError(w.t, err)
}

const (
	vpcLookup         = "aws:ec2/getVpc:getVpc"
	subnetLookup      = "aws:ec2/getSubnet:getSubnet"
	tableLookup       = "aws:ec2/getRouteTable:getRouteTable"
	groupLookup       = "aws:ec2/getSecurityGroup:getSecurityGroup"
	vpcEndpointLookup = "aws:ec2/getVpcEndpoint:getVpcEndpoint"
	instanceLookup    = "aws:ec2/getInstance:getInstance"
)

// Each lookup returns one object, or the provider's error for none and for several.
func TestLookups_one(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, nil)
	gateway := filterOf("vpc-endpoint-type", "Gateway")
	for name, test := range map[string]struct {
		token string
		args  values
		want  string // the ID, or the error
	}{
		"VPC by ID":                {vpcLookup, values{"id": oldVPC}, oldVPC},
		"default VPC":              {vpcLookup, values{"default": true}, oldDefaultVPC},
		"VPC by primary block":     {vpcLookup, values{"cidrBlock": "10.0.0.0/16"}, oldVPC},
		"VPC by secondary block":   {vpcLookup, values{"filters": filterOf("cidr-block-association.cidr-block", "10.8.*")}, oldVPC},
		"VPC by tag":               {vpcLookup, values{"tags": values{"Name": "main"}}, oldVPC},
		"VPC by AWS's tag":         {vpcLookup, values{"filters": filterOf("tag:aws:cloudformation:stack-name", "net")}, oldVPC},
		"tags are case-sensitive":  {vpcLookup, values{"tags": values{"Name": "Main"}}, "no matching EC2 VPC found"},
		"VPCs":                     {vpcLookup, values{"state": "available"}, "multiple EC2 VPCs matched; use additional constraints to reduce matches to a single EC2 VPC"},
		"missing VPC":              {vpcLookup, values{"id": "vpc" + missingSuffix + "0"}, "no matching EC2 VPC found"},
		"VPC that does not match":  {vpcLookup, values{"id": oldVPC, "default": true}, "no matching EC2 VPC found"},
		"malformed VPC":            {vpcLookup, values{"id": "main"}, ec2Error("reading EC2 VPC", "DescribeVpcs", "InvalidVpcID.Malformed", `Invalid id: "main" (expecting "vpc-...")`)},
		"subnet by ID":             {subnetLookup, values{"id": oldSubnetA}, oldSubnetA},
		"subnet by zone":           {subnetLookup, values{"vpcId": oldVPC, "availabilityZone": "eu-west-1b"}, oldSubnetB},
		"subnets":                  {subnetLookup, values{"vpcId": oldVPC}, "multiple EC2 Subnets matched; use additional constraints to reduce matches to a single EC2 Subnet"},
		"no subnet":                {subnetLookup, values{"vpcId": oldDefaultVPC}, "no matching EC2 Subnet found"},
		"route table by ID":        {tableLookup, values{"routeTableId": oldTable}, oldTable},
		"route table of a subnet":  {tableLookup, values{"subnetId": oldSubnetA}, oldTable},
		"subnet on the main table": {tableLookup, values{"subnetId": oldSubnetB}, "no matching Route Table found"},
		"main route table":         {tableLookup, values{"filters": append(filterOf("vpc-id", oldVPC), filterOf("association.main", "true")...)}, oldMainTable},
		"route tables":             {tableLookup, values{"vpcId": oldVPC}, "multiple Route Tables matched; use additional constraints to reduce matches to a single Route Table"},
		"no argument":              {tableLookup, values{}, "one of route_table_id, vpc_id, subnet_id, gateway_id, filters, or tags must be assigned"},
		"group by name":            {groupLookup, values{"name": "app", "vpcId": oldVPC}, oldAppGroup},
		"default groups":           {groupLookup, values{"name": "default"}, "multiple EC2 Security Groups matched; use additional constraints to reduce matches to a single EC2 Security Group"},
		"missing group":            {groupLookup, values{"id": "sg" + missingSuffix + "0"}, "no matching EC2 Security Group found"},
		"endpoint by ID":           {vpcEndpointLookup, values{"id": oldSSM}, oldSSM},
		"endpoint by service":      {vpcEndpointLookup, values{"vpcId": oldVPC, "serviceName": "com.amazonaws.eu-west-1.ssm"}, oldSSM},
		"endpoint by type":         {vpcEndpointLookup, values{"vpcId": oldVPC, "filters": gateway}, oldS3},
		"endpoints":                {vpcEndpointLookup, values{"vpcId": oldVPC}, "multiple EC2 VPC Endpoints matched; use additional constraints to reduce matches to a single EC2 VPC Endpoint"},
		"deleted endpoint":         {vpcEndpointLookup, values{"serviceName": "com.amazonaws.eu-west-1.logs"}, "no matching EC2 VPC Endpoint found"},
		"instance by ID":           {instanceLookup, values{"instanceId": oldStopped}, oldStopped},
		"instance by tag":          {instanceLookup, values{"instanceTags": values{"Name": "web-1"}}, oldInstance},
		"instance by profile":      {instanceLookup, values{"filters": filterOf("iam-instance-profile.arn", "*/team/web")}, oldInstance},
		"instances":                {instanceLookup, values{"instanceTags": values{"team": "core"}}, "multiple EC2 Instances matched; use additional constraints to reduce matches to a single EC2 Instance"},
		"missing instance":         {instanceLookup, values{"instanceId": "i" + missingSuffix + "0"}, "no matching EC2 Instance found"},
		"role":                     {"aws:iam/getRole:getRole", values{"name": "Web"}, "Web"},
		"missing role":             {"aws:iam/getRole:getRole", values{"name": "none"}, "reading IAM Role (none): couldn't find resource"},
		"missing instance profile": {"aws:iam/getInstanceProfile:getInstanceProfile", values{"name": "none"}, "reading IAM Instance Profile (none): couldn't find resource"},
		"profiles of no role":      {"aws:iam/getInstanceProfiles:getInstanceProfiles", values{"roleName": "none"}, "reading IAM Instance Profiles for Role (none): couldn't find resource"},
	} {
		answer, err := w.tryInvoke(test.token, test.args)
		if err != nil {
			require.Equal(t, test.want, awsError(t, err), name)
			continue
		}
		require.Equal(t, test.want, fromProperties(answer)["id"], name)
	}
}

// Lookups of several objects return the IDs of those that match, or none.
func TestLookups_several(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, nil)
	and := func(filters ...[]any) []any {
		var all []any
		for _, filter := range filters {
			all = append(all, filter...)
		}
		return all
	}
	for name, test := range map[string]struct {
		token string
		args  values
		want  []any
	}{
		"VPCs":              {"aws:ec2/getVpcs:getVpcs", values{}, []any{oldVPC, oldDefaultVPC}},
		"subnets":           {"aws:ec2/getSubnets:getSubnets", values{"filters": filterOf("vpc-id", oldVPC)}, []any{oldSubnetA, oldSubnetB}},
		"no subnets":        {"aws:ec2/getSubnets:getSubnets", values{"filters": filterOf("vpc-id", oldDefaultVPC)}, []any{}},
		"values are ORed":   {"aws:ec2/getSubnets:getSubnets", values{"filters": filterOf("tag:Name", "app-a", "app-b")}, []any{oldSubnetA, oldSubnetB}},
		"filters are ANDed": {"aws:ec2/getSubnets:getSubnets", values{"filters": and(filterOf("tag:Name", "app-*"), filterOf("availability-zone", "eu-west-1b"))}, []any{oldSubnetB}},
		"tag keys":          {"aws:ec2/getSubnets:getSubnets", values{"filters": filterOf("tag-key", "team")}, []any{}},
		"route tables":      {"aws:ec2/getRouteTables:getRouteTables", values{"vpcId": oldVPC}, []any{oldMainTable, oldTable}},
		"tables that lead to S3": {
			"aws:ec2/getRouteTables:getRouteTables",
			values{"vpcId": oldVPC, "filters": filterOf("route.destination-prefix-list-id", "pl-6da54004")},
			[]any{oldTable},
		},
		"ACL of a subnet":       {"aws:ec2/getNetworkAcls:getNetworkAcls", values{"filters": filterOf("association.subnet-id", oldSubnetB)}, []any{oldStrictACL}},
		"default ACL":           {"aws:ec2/getNetworkAcls:getNetworkAcls", values{"vpcId": oldVPC, "filters": filterOf("default", "true")}, []any{oldACL}},
		"groups":                {"aws:ec2/getSecurityGroups:getSecurityGroups", values{"filters": filterOf("vpc-id", oldVPC)}, []any{oldGroup, oldAppGroup}},
		"running instances":     {"aws:ec2/getInstances:getInstances", values{"instanceTags": values{"team": "core"}}, []any{oldInstance}},
		"instances in a state":  {"aws:ec2/getInstances:getInstances", values{"instanceStateNames": []any{"stopped", "running"}}, []any{oldInstance, oldStopped}},
		"instances of a subnet": {"aws:ec2/getInstances:getInstances", values{"filters": filterOf("subnet-id", oldSubnetB)}, []any{}},
	} {
		require.Equal(t, test.want, w.invoke(test.token, test.args)["ids"], name)
	}
	require.Equal(t, []any{oldVPC, oldVPC},
		w.invoke("aws:ec2/getSecurityGroups:getSecurityGroups", values{"filters": filterOf("vpc-id", oldVPC)})["vpcIds"])
}

func TestLookups_answers(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, nil)
	for name, test := range map[string]struct {
		token      string
		args, want values
	}{
		"VPC": {vpcLookup, values{"id": oldVPC}, values{
			"mainRouteTableId": oldMainTable, "enableDnsSupport": true, "enableDnsHostnames": true, "default": false, "state": "available",
			"tags": values{"Name": "main"}, "cidrBlockAssociations": []any{
				values{"associationId": "vpc-cidr-assoc-1", "cidrBlock": "10.0.0.0/16", "state": "associated"},
				values{"associationId": "vpc-cidr-assoc-2", "cidrBlock": "10.8.0.0/16", "state": "associated"},
			},
		}},
		"subnet": {subnetLookup, values{"id": oldSubnetA}, values{
			"vpcId": oldVPC, "availabilityZone": "eu-west-1a", "availabilityZoneId": "euw1-az3", "availableIpAddressCount": 249.0,
			"mapPublicIpOnLaunch": false, "tags": values{"Name": "app-a"},
		}},
		"route table, without the route of the gateway endpoint": {tableLookup, values{"routeTableId": oldTable}, values{
			"vpcId": oldVPC, "associations": []any{values{
				"main": false, "routeTableAssociationId": "rtbassoc-00000000000000002", "routeTableId": oldTable, "subnetId": oldSubnetA, "gatewayId": "",
			}},
			"routes": []any{values{
				"cidrBlock": "0.0.0.0/0", "ipv6CidrBlock": "", "destinationPrefixListId": "", "natGatewayId": "nat-0123456789abcdef0",
				"carrierGatewayId": "", "coreNetworkArn": "", "egressOnlyGatewayId": "", "gatewayId": "", "localGatewayId": "",
				"networkInterfaceId": "", "transitGatewayId": "", "vpcEndpointId": "", "vpcPeeringConnectionId": "", "instanceId": "",
			}},
		}},
		"interface endpoint": {vpcEndpointLookup, values{"id": oldSSM}, values{
			"privateDnsEnabled": true, "subnetIds": []any{oldSubnetA}, "securityGroupIds": []any{oldAppGroup}, "vpcEndpointType": "Interface",
			"state": "available", "tags": values{"Name": "ssm"},
		}},
		"gateway endpoint": {vpcEndpointLookup, values{"id": oldS3}, values{
			"routeTableIds": []any{oldTable}, "prefixListId": "pl-6da54004", "vpcEndpointType": "Gateway", "tags": values{},
		}},
		"instance": {instanceLookup, values{"instanceId": oldInstance}, values{
			"instanceState": "running", "iamInstanceProfile": "web", "subnetId": oldSubnetA, "vpcSecurityGroupIds": []any{oldAppGroup},
			"metadataOptions": []any{values{
				"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 2.0, "httpProtocolIpv6": "disabled",
				"instanceMetadataTags": "disabled",
			}},
			"tags": values{"Name": "web-1", "team": "core"},
		}},
		"instance without a profile": {instanceLookup, values{"instanceId": oldStopped}, values{"instanceState": "stopped", "iamInstanceProfile": ""}},
		"role": {"aws:iam/getRole:getRole", values{"name": "Web"}, values{
			"arn": "arn:aws:iam::111122223333:role/team/Web", "path": "/team/", "permissionsBoundary": "arn:aws:iam::111122223333:policy/limit",
			"assumeRolePolicy": `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}}],` +
				`"Version":"2012-10-17"}`,
		}},
		"instance profile": {"aws:iam/getInstanceProfile:getInstanceProfile", values{"name": "web"}, values{
			"arn": "arn:aws:iam::111122223333:instance-profile/team/web", "roleName": "Web", "roleArn": "arn:aws:iam::111122223333:role/team/Web",
		}},
		"profiles of a role": {"aws:iam/getInstanceProfiles:getInstanceProfiles", values{"roleName": "Web"}, values{"names": []any{"web"}}},
	} {
		answer := w.invoke(test.token, test.args)
		for property, want := range test.want {
			require.Equal(t, want, answer[property], "%s: %s", name, property)
		}
	}
}

// The rules of a group are looked up one by one.
func TestLookups_rules(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, nil)
	ids := w.invoke("aws:vpc/getSecurityGroupRules:getSecurityGroupRules", values{"filters": filterOf("group-id", oldAppGroup)})["ids"].([]any)
	require.NotEmpty(t, ids)
	rule := w.invoke("aws:vpc/getSecurityGroupRule:getSecurityGroupRule", values{"securityGroupRuleId": ids[0]})
	want := values{
		"securityGroupId": oldAppGroup, "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrIpv4": "10.0.0.0/16", "isEgress": true,
		"securityGroupRuleId": ids[0],
	}
	for property, want := range want {
		require.Equal(t, want, rule[property], property)
	}
	require.Contains(t, w.invokeError("aws:vpc/getSecurityGroupRule:getSecurityGroupRule", values{"securityGroupRuleId": "sgr-1"}), "Malformed")
}

// Lookups find what a stack has created as well.
func TestLookups_created(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16", "tags": values{"a": "b"}})
	subnet := w.subnet(string(vpc.id), "10.0.1.0/24", "ap-northeast-1a")
	answer := w.invoke(vpcLookup, values{"tags": values{"a": "b"}})
	require.Equal(t, string(vpc.id), answer["id"])
	require.Len(t, answer["cidrBlockAssociations"], 1)
	require.Equal(t, 251.0, w.invoke(subnetLookup, values{"id": subnet})["availableIpAddressCount"])
	table := w.invoke(tableLookup, values{"vpcId": string(vpc.id)})
	require.Equal(t, answer["mainRouteTableId"], table["id"])
	require.Equal(t, true, table["associations"].([]any)[0].(values)["main"])
	require.Equal(t, "the simulated AWS does not support the filter route.state of the lookup "+tableLookup,
		w.invokeError(tableLookup, values{"filters": filterOf("route.state", "active")}))
}

// What the account's file offers takes precedence over the catalog.
func TestLookups_offers(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, nil)
	zones := w.invoke(zonesLookup, values{"state": "available"})
	require.Equal(t, []any{"eu-west-1-lon-1a", "eu-west-1a", "eu-west-1b"}, zones["names"])
	zones = w.invoke(zonesLookup, values{"filters": filterOf("zone-type", "availability-zone")})
	require.Equal(t, []any{"eu-west-1a", "eu-west-1b"}, zones["names"])
	require.Equal(t, []any{"euw1-az3", "euw1-az1"}, zones["zoneIds"])

	offered := w.invoke(offeringsLookup, values{"locationType": "availability-zone", "filters": filterOf("instance-type", "t3.micro", "t4g.micro")})
	require.Equal(t, []any{"eu-west-1a", "eu-west-1a", "eu-west-1b"}, offered["locations"])
	require.Contains(t, w.invokeError("aws:ec2/getInstanceType:getInstanceType", values{"instanceType": "t3.nano"}), "InvalidInstanceType")

	service := w.invoke("aws:ec2/getVpcEndpointService:getVpcEndpointService", values{"service": "ssm"})
	require.Equal(t, []any{"eu-west-1a"}, service["availabilityZones"])
	require.Equal(t, []any{"ssm.eu-west-1.amazonaws.com"}, service["privateDnsNames"])
	require.Contains(t, w.invokeError("aws:ec2/getVpcEndpointService:getVpcEndpointService", values{"service": "ec2messages"}), "InvalidServiceName")

	list := w.invoke("aws:ec2/getPrefixList:getPrefixList", values{"name": "com.amazonaws.eu-west-1.s3"})
	require.Equal(t, "pl-6da54004", list["id"])
	require.Equal(t, []any{"18.34.0.0/19"}, list["cidrBlocks"])

	const parameter = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
	require.Equal(t, "ami-0aaaaaaaaaaaaaaaa", w.invoke("aws:ssm/getParameter:getParameter", values{"name": parameter + "x86_64"})["value"])
	require.NotEqual(t, "ami-0aaaaaaaaaaaaaaaa", w.invoke("aws:ssm/getParameter:getParameter", values{"name": parameter + "arm64"})["value"])
	require.Equal(t, []string{"eu-west-1 has the image in the parameter " + parameter + "arm64"}, w.cloud.Assumed())
	require.Equal(t, "mine", w.invoke(keyPairLookup, values{"keyName": "mine"})["keyName"])
	require.Equal(t, ec2Error("reading EC2 Key Pair", "DescribeKeyPairs", "InvalidKeyPair.NotFound", "The key pair 'other' does not exist"),
		w.invokeError(keyPairLookup, values{"keyName": "other"}))
	require.Equal(t, "111122223333", w.invoke("aws:index/getCallerIdentity:getCallerIdentity", values{})["accountId"])
}

// A simulation says what the policies of a role allow: inline and AWS managed ones, limited by its boundary.
func TestLookups_policySimulation(t *testing.T) {
	t.Parallel()
	const lookup = "aws:iam/getPrincipalPolicySimulation:getPrincipalPolicySimulation"
	document := func(effect string, actions ...any) any {
		return map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": effect, "Action": actions, "Resource": "*"}}}
	}
	core := account.AttachedPolicy{PolicyName: "AmazonSSMManagedInstanceCore", PolicyArn: "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}
	const open, info = "ssmmessages:OpenDataChannel", "ssm:UpdateInstanceInformation"
	for name, test := range map[string]struct {
		change func(*account.Role)
		want   map[string]string // decisions by action
		err    string
	}{
		"nothing":          {func(*account.Role) {}, map[string]string{open: "implicitDeny", info: "implicitDeny"}, ""},
		"a managed policy": {func(r *account.Role) { r.AttachedPolicies = []account.AttachedPolicy{core} }, map[string]string{open: "allowed", info: "allowed"}, ""},
		"an inline policy": {func(r *account.Role) { r.InlinePolicies["x"] = document("Allow", "SSMmessages:*") }, map[string]string{open: "allowed", info: "implicitDeny"}, ""},
		"a denial": {func(r *account.Role) {
			r.AttachedPolicies, r.InlinePolicies["x"] = []account.AttachedPolicy{core}, document("Deny", info)
		}, map[string]string{open: "allowed", info: "explicitDeny"}, ""},
		"another resource": {func(r *account.Role) {
			allow := document("Allow", open).(map[string]any)
			allow["Statement"].([]any)[0].(map[string]any)["Resource"] = "arn:aws:ec2:*:*:instance/*"
			r.InlinePolicies["x"] = allow
		}, map[string]string{open: "implicitDeny"}, ""},
		"a condition": {func(r *account.Role) {
			allow := document("Allow", open).(map[string]any)
			allow["Statement"].([]any)[0].(map[string]any)["Condition"] = map[string]any{"StringEquals": map[string]any{"aws:SourceVpc": "vpc-1"}}
			r.InlinePolicies["x"] = allow
		}, map[string]string{open: "implicitDeny"}, ""},
		"an unknown policy": {func(r *account.Role) {
			r.AttachedPolicies = []account.AttachedPolicy{{PolicyName: "own", PolicyArn: "arn:aws:iam::111122223333:policy/own"}}
		}, nil, "the simulated AWS does not know the content of the policy arn:aws:iam::111122223333:policy/own"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newExistingCloud(t, func(f *account.File) {
				i := slices.IndexFunc(f.Roles, func(r account.Role) bool { return r.RoleName == "Web" })
				f.Roles[i].InlinePolicies, f.Roles[i].AttachedPolicies, f.Roles[i].PermissionsBoundary = map[string]any{}, nil, nil
				test.change(&f.Roles[i])
			})
			arn := w.invoke("aws:iam/getRole:getRole", values{"name": "Web"})["arn"]
			actions := []any{}
			for action := range test.want {
				actions = append(actions, action)
			}
			args := values{"policySourceArn": arn, "actionNames": actions}
			if test.err != "" {
				require.Contains(t, w.invokeError(lookup, args), test.err)
				return
			}
			answer := w.invoke(lookup, args)
			all := true
			for _, result := range answer["results"].([]any) {
				result := result.(values)
				want := test.want[result["actionName"].(string)]
				require.Equal(t, want, result["decision"], result["actionName"])
				require.Equal(t, want == "allowed", result["allowed"])
				all = all && want == "allowed"
			}
			require.Equal(t, all, answer["allAllowed"])
		})
	}
	w := newExistingCloud(t, nil)
	require.Contains(t, w.invokeError(lookup, values{"policySourceArn": "arn:aws:iam::111122223333:role/none", "actionNames": []any{open}}), "NoSuchEntity")
}

// The setting of Default Host Management Configuration is that of the account's file, or is assumed to be off.
func TestServiceSetting(t *testing.T) {
	t.Parallel()
	const id = "arn:aws:ssm:eu-west-1:111122223333:servicesetting/ssm/managed-instance/default-ec2-instance-management-role"
	role := "service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole"
	off := ""
	for name, test := range map[string]struct {
		role          *string
		value, status string
	}{"not captured": {nil, "$None", "Default"}, "off": {&off, "$None", "Default"}, "on": {&role, role, "Customized"}} {
		w := newExistingCloud(t, func(f *account.File) { f.HostManagementRole = test.role })
		read, err := w.get(serviceSettingToken, id)
		require.NoError(t, err, name)
		require.Equal(t, test.value, read.outputs["settingValue"].StringValue(), name)
		require.Equal(t, test.status, read.outputs["status"].StringValue(), name)
		other, err := w.get(serviceSettingToken, id+"s")
		require.NoError(t, err)
		require.Empty(t, other.id)
	}
}
