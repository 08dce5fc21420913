package awssim

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
)

// IDs of objects in testdata/account.json.
const (
	oldVPC        = "vpc-00000000000000001"
	oldDefaultVPC = "vpc-00000000000000002"
	oldSubnetA    = "subnet-00000000000000001"
	oldSubnetB    = "subnet-00000000000000002"
	oldMainTable  = "rtb-00000000000000001"
	oldTable      = "rtb-00000000000000002"
	oldACL        = "acl-00000000000000001"
	oldStrictACL  = "acl-00000000000000002"
	oldGroup      = "sg-00000000000000001"
	oldAppGroup   = "sg-00000000000000002"
	oldSSM        = "vpce-00000000000000001"
	oldS3         = "vpce-00000000000000002"
	oldInstance   = "i-00000000000000001"
	oldStopped    = "i-00000000000000002"
	missingSuffix = "-0fffffffffffffff"
)

// readAccount returns the account in testdata/account.json.
func readAccount(t *testing.T) *account.File {
	t.Helper()
	file, err := os.Open("testdata/account.json")
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	f, err := account.Read(file)
	require.NoError(t, err)
	return f
}

// newExistingCloud returns a cloud that starts from testdata/account.json, after a change of the file.
func newExistingCloud(t *testing.T, change func(*account.File)) *testCloud {
	t.Helper()
	f := readAccount(t)
	if change != nil {
		change(f)
	}
	return newTestCloudWith(t, Options{Account: f, AssumeExisting: true}, values{"region": "eu-west-1"})
}

// get reads an existing resource as a program does.
func (w *testCloud) get(token, id string) (*testResource, error) {
	w.t.Helper()
	urn := testURN(token, "existing")
	response, err := w.provider.Read(background, readRequest{URN: urn, ID: resource.ID(id)})
	return &testResource{urn: urn, id: response.ID, inputs: response.Inputs, outputs: response.Outputs}, err
}

// existing reads a resource that exists, and requires that a refresh does not change it.
func (w *testCloud) existing(token, id string) values {
	w.t.Helper()
	x, err := w.get(token, id)
	require.NoError(w.t, err)
	require.Equal(w.t, resource.ID(id), x.id)
	before := x.outputs
	require.True(w.t, w.read(x))
	require.Equal(w.t, before, x.outputs)
	return x.state()
}

func TestExisting_attributes(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, nil)
	arn := func(what string) string { return "arn:aws:ec2:eu-west-1:111122223333:" + what }
	for name, test := range map[string]struct {
		token, id string
		want      values
	}{
		"VPC": {vpcToken, oldVPC, values{
			"arn": arn("vpc/" + oldVPC), "cidrBlock": "10.0.0.0/16", "enableDnsSupport": true, "enableDnsHostnames": true, "instanceTenancy": "default",
			"defaultNetworkAclId": oldACL, "defaultSecurityGroupId": oldGroup, "mainRouteTableId": oldMainTable, "defaultRouteTableId": oldMainTable,
			"ownerId": "111122223333", "tags": values{"Name": "main"}, "tagsAll": values{"Name": "main"},
		}},
		"subnet": {subnetToken, oldSubnetB, values{
			"arn": arn("subnet/" + oldSubnetB), "vpcId": oldVPC, "cidrBlock": "10.8.2.0/28", "availabilityZone": "eu-west-1b",
			"availabilityZoneId": "euw1-az1", "mapPublicIpOnLaunch": false,
		}},
		"main route table": {routeTableToken, oldMainTable, values{"vpcId": oldVPC, "routes": []any{}}},
		"route table": {routeTableToken, oldTable, values{"vpcId": oldVPC, "routes": []any{values{
			"cidrBlock": "0.0.0.0/0", "ipv6CidrBlock": "", "destinationPrefixListId": "", "natGatewayId": "nat-0123456789abcdef0", "carrierGatewayId": "",
			"coreNetworkArn": "", "egressOnlyGatewayId": "", "gatewayId": "", "localGatewayId": "", "networkInterfaceId": "", "transitGatewayId": "",
			"vpcEndpointId": "", "vpcPeeringConnectionId": "",
		}}}},
		"default network ACL": {defaultNetworkACLToken, oldACL, values{
			"vpcId": oldVPC, "defaultNetworkAclId": oldACL, "subnetIds": []any{oldSubnetA}, "ingress": []any{allowAll}, "egress": []any{allowAll},
		}},
		"network ACL": {networkACLToken, oldStrictACL, values{
			"subnetIds": []any{oldSubnetB}, "egress": []any{}, "ingress": []any{
				with(allowAll, values{"ruleNo": 10.0, "action": "deny", "protocol": "6", "cidrBlock": "10.0.0.0/8", "fromPort": 443.0, "toPort": 443.0}),
			},
		}},
		"default security group": {securityGroupToken, oldGroup, values{
			"name": "default", "ingress": []any{inlineRuleWith(values{"self": true})},
			"egress": []any{inlineRuleWith(values{"cidrBlocks": []any{"0.0.0.0/0"}})},
		}},
		"security group": {securityGroupToken, oldAppGroup, values{
			"arn": arn("security-group/" + oldAppGroup), "name": "app", "description": "app servers", "vpcId": oldVPC, "ingress": []any{},
			"tags": values{"team": "core"}, "egress": []any{
				inlineRuleWith(values{"protocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrBlocks": []any{"10.0.0.0/16"}, "description": "VPC"}),
				inlineRuleWith(values{"protocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrBlocks": []any{"10.8.0.0/16"}}),
				inlineRuleWith(values{"protocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "prefixListIds": []any{"pl-6da54004"}}),
			},
		}},
		"interface endpoint": {endpointToken, oldSSM, values{
			"vpcEndpointType": "Interface", "serviceName": "com.amazonaws.eu-west-1.ssm", "privateDnsEnabled": true, "subnetIds": []any{oldSubnetA},
			"securityGroupIds": []any{oldAppGroup}, "networkInterfaceIds": []any{"eni-00000000000000001"}, "policy": defaultEndpointPolicy,
			"state": "available", "routeTableIds": []any{},
		}},
		"gateway endpoint": {endpointToken, oldS3, values{
			"vpcEndpointType": "Gateway", "routeTableIds": []any{oldTable}, "prefixListId": "pl-6da54004", "cidrBlocks": []any{"18.34.0.0/19"},
			"policy": `{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Principal":"*","Resource":"*"}]}`,
		}},
		"instance": {instanceToken, oldInstance, values{
			"arn": arn("instance/" + oldInstance), "instanceState": "running", "subnetId": oldSubnetA, "iamInstanceProfile": "web",
			"vpcSecurityGroupIds": []any{oldAppGroup}, "privateIp": "10.0.1.20", "keyName": "mine",
			"metadataOptions": values{
				"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 2.0, "httpProtocolIpv6": "disabled",
				"instanceMetadataTags": "disabled",
			},
		}},
		"role": {roleToken, "Web", values{
			"arn": "arn:aws:iam::111122223333:role/team/Web", "path": "/team/", "permissionsBoundary": "arn:aws:iam::111122223333:policy/limit",
			"managedPolicyArns": []any{"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"},
			"inlinePolicies": []any{values{
				"name": "own", "policy": `{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}`,
			}},
		}},
		"instance profile": {profileToken, "web", values{"arn": "arn:aws:iam::111122223333:instance-profile/team/web", "role": "Web"}},
		"key pair":         {keyPairToken, "mine", values{"keyPairId": "key-0123456789abcdef0", "keyType": "ed25519"}},
	} {
		state := w.existing(test.token, test.id)
		for property, want := range test.want {
			require.Equal(t, want, state[property], "%s: %s", name, property)
		}
	}
}

var allowAll = values{
	"ruleNo": 100.0, "action": "allow", "protocol": "-1", "cidrBlock": "0.0.0.0/0", "ipv6CidrBlock": "", "fromPort": 0.0, "toPort": 0.0,
	"icmpType": 0.0, "icmpCode": 0.0,
}

func inlineRuleWith(change values) values {
	return with(values{
		"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "self": false, "description": "", "cidrBlocks": []any{}, "ipv6CidrBlocks": []any{},
		"prefixListIds": []any{}, "securityGroups": []any{},
	}, change)
}

// The provider imports an association by its subnet and its route table, and returns the association's own ID.
func TestExisting_association(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, nil)
	x, err := w.get(associationToken, oldSubnetA+"/"+oldTable)
	require.NoError(t, err)
	require.Equal(t, resource.ID("rtbassoc-00000000000000002"), x.id)
	require.Equal(t, values{"subnetId": oldSubnetA, "routeTableId": oldTable}, x.state())
	require.True(t, w.read(x), "a refresh reads it by its own ID")
	for importID, want := range map[string]string{
		"rtbassoc-00000000000000002": "Unexpected format for import: rtbassoc-00000000000000002. Use 'subnet ID/route table ID' or " +
			"'gateway ID/route table ID",
		oldSubnetB + "/" + oldTable:               "No association found between route table ID " + oldTable + " and target ID " + oldSubnetB,
		oldSubnetA + "/rtb" + missingSuffix + "0": "couldn't find resource",
	} {
		_, err := w.get(associationToken, importID)
		require.EqualError(t, err, want)
	}
}

// The engine reports that a resource does not exist if the provider returns nothing.
func TestExisting_missing(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, nil)
	for token, id := range map[string]string{
		vpcToken: "vpc", subnetToken: "subnet", routeTableToken: "rtb", networkACLToken: "acl", securityGroupToken: "sg", instanceToken: "i",
		endpointToken: "vpce",
	} {
		x, err := w.get(token, id+missingSuffix+"0")
		require.NoError(t, err)
		require.Empty(t, x.id, token)
		_, err = w.get(token, id+"-mine")
		require.ErrorContains(t, err, `.Malformed: Invalid id: "`+id+`-mine" (expecting "`+id+`-...")`)
	}
	for token, id := range map[string]string{
		roleToken: "none", profileToken: "none", endpointToken: "vpce-00000000000000003", instanceToken: "i-00000000000000003",
	} {
		x, err := w.get(token, id)
		require.NoError(t, err)
		require.Empty(t, x.id, "%s %s is gone", token, id)
	}
}

// The network ACL of a VPC is an object as well if a stack creates the VPC.
func TestExisting_networkACLOfANewVPC(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	subnet := w.subnet(string(vpc.id), "10.0.1.0/24", "ap-northeast-1a")
	id := str(vpc.state(), "defaultNetworkAclId")
	acl := w.existing(defaultNetworkACLToken, id)
	_, err := w.get(networkACLToken, id)
	require.ErrorContains(t, err, "use the `aws_default_network_acl` resource instead")
	require.Equal(t, []any{subnet}, acl["subnetIds"])
	require.Equal(t, []any{allowAll}, acl["ingress"])
	require.Equal(t, []any{allowAll}, acl["egress"])
	reasons, err := w.check(networkACLToken, "n", values{"vpcId": string(vpc.id)})
	require.Empty(t, reasons)
	require.EqualError(t, err, "the simulated AWS does not support the resource type "+networkACLToken)
}

// What the account contains takes names, CIDR blocks, DNS names and quota.
func TestExisting_conflicts(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, nil)
	trust := policyWith(`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`)
	iam := func(doing, operation, message string) string {
		return doing + ": operation error IAM: " + operation + ", https response error StatusCode: 409, EntityAlreadyExists: " + message
	}
	for name, test := range map[string]struct {
		token string
		in    values
		want  string
	}{
		"role, case-insensitive": {
			roleToken,
			values{"name": "WEB", "assumeRolePolicy": trust},
			iam("creating IAM Role (WEB)", "CreateRole", "Role with name WEB already exists."),
		},
		"instance profile, case-insensitive": {
			profileToken,
			values{"name": "Web"},
			iam("creating IAM Instance Profile (Web)", "CreateInstanceProfile", "Instance Profile Web already exists."),
		},
		"VPC quota": {
			vpcToken,
			values{"cidrBlock": "10.1.0.0/16"},
			ec2Error("creating EC2 VPC", "CreateVpc", "VpcLimitExceeded", "The maximum number of VPCs has been reached."),
		},
		"subnet": {
			subnetToken,
			values{"vpcId": oldVPC, "cidrBlock": "10.0.1.128/25"},
			ec2Error("creating EC2 Subnet", "CreateSubnet", "InvalidSubnet.Conflict", "The CIDR '10.0.1.128/25' conflicts with another subnet"),
		},
		"subnet outside of all blocks": {
			subnetToken,
			values{"vpcId": oldVPC, "cidrBlock": "10.9.1.0/24"},
			ec2Error("creating EC2 Subnet", "CreateSubnet", "InvalidSubnet.Range", "The CIDR '10.9.1.0/24' is invalid."),
		},
		"local route of a secondary block": {
			routeToken,
			values{"routeTableId": oldTable, "destinationCidrBlock": "10.8.0.0/16", "gatewayId": "igw-1"},
			ec2Error("creating Route in Route Table ("+oldTable+") with destination (10.8.0.0/16)", "CreateRoute", "RouteAlreadyExists",
				"The route identified by 10.8.0.0/16 already exists."),
		},
		"route": {
			routeToken,
			values{"routeTableId": oldTable, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"},
			ec2Error("creating Route in Route Table ("+oldTable+") with destination (0.0.0.0/0)", "CreateRoute", "RouteAlreadyExists",
				"The route identified by 0.0.0.0/0 already exists."),
		},
		"association": {
			associationToken,
			values{"routeTableId": oldMainTable, "subnetId": oldSubnetA},
			ec2Error("creating Route Table ("+oldMainTable+") Association", "AssociateRouteTable", "Resource.AlreadyAssociated",
				"the specified association for route table "+oldMainTable+" conflicts with an existing association"),
		},
		"security group": {
			securityGroupToken,
			values{"vpcId": oldVPC, "name": "app"},
			ec2Error("creating Security Group (app)", "CreateSecurityGroup", "InvalidGroup.Duplicate",
				"The security group 'app' already exists for VPC '"+oldVPC+"'"),
		},
		"private DNS name": {
			endpointToken,
			values{
				"vpcId": oldVPC, "serviceName": "com.amazonaws.eu-west-1.ssm", "vpcEndpointType": "Interface", "privateDnsEnabled": true,
				"subnetIds": []any{oldSubnetA},
			},
			ec2Error("creating EC2 VPC Endpoint (com.amazonaws.eu-west-1.ssm)", "CreateVpcEndpoint", "InvalidParameter",
				"private-dns-enabled cannot be set because there is already a conflicting DNS domain for ssm.eu-west-1.amazonaws.com in the VPC "+oldVPC),
		},
		"route of a gateway endpoint": {
			endpointToken,
			values{"vpcId": oldVPC, "serviceName": "com.amazonaws.eu-west-1.s3", "routeTableIds": []any{oldTable}},
			ec2Error("creating EC2 VPC Endpoint (com.amazonaws.eu-west-1.s3)", "CreateVpcEndpoint", "RouteAlreadyExists",
				"route table "+oldTable+" already has a route with destination-prefix-list-id pl-6da54004"),
		},
		"key pair": {
			keyPairToken,
			values{"keyName": "mine", "publicKey": keyED25519},
			ec2Error("importing EC2 Key Pair (mine)", "ImportKeyPair", "InvalidKeyPair.Duplicate", "The keypair 'mine' already exists."),
		},
		"bucket": {
			bucketToken,
			values{"bucket": "acme-records"},
			"creating S3 Bucket (acme-records): operation error S3: CreateBucket, https response error StatusCode: 409, " +
				"BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you already own it.",
		},
		"log group": {
			logGroupToken,
			values{"name": "/acme/sessions"},
			"creating CloudWatch Logs Log Group (/acme/sessions): operation error CloudWatch Logs: CreateLogGroup, https response error StatusCode: " +
				"400, ResourceAlreadyExistsException: The specified log group already exists",
		},
		"document": {
			documentToken,
			values{"name": "acme-shell", "documentType": "Session", "content": sessionDocument("")},
			"creating SSM Document (acme-shell): operation error SSM: CreateDocument, https response error StatusCode: 400, " +
				"DocumentAlreadyExists: Document with same name acme-shell already exists",
		},
		"zone without the instance type": {
			instanceToken,
			values{"ami": "ami-0aaaaaaaaaaaaaaaa", "instanceType": "t3.micro", "subnetId": oldSubnetB},
			ec2Error("creating EC2 Instance", "RunInstances", "Unsupported", "Your requested instance type (t3.micro) is not supported in your "+
				"requested Availability Zone (eu-west-1b). Please retry your request by not specifying an Availability Zone or choosing eu-west-1a."),
		},
		"missing key pair": {
			instanceToken,
			values{"ami": "ami-0aaaaaaaaaaaaaaaa", "instanceType": "t3.micro", "subnetId": oldSubnetA, "keyName": "other"},
			ec2Error("creating EC2 Instance", "RunInstances", "InvalidKeyPair.NotFound", "The key pair 'other' does not exist"),
		},
		"address": {
			instanceToken,
			values{"ami": "ami-0aaaaaaaaaaaaaaaa", "instanceType": "t3.micro", "subnetId": oldSubnetA, "privateIp": "10.0.1.20"},
			ec2Error("creating EC2 Instance", "RunInstances", "InvalidIPAddress.InUse", "Address 10.0.1.20 is in use."),
		},
	} {
		require.Equal(t, test.want, w.createError(test.token, "x", test.in), name)
	}
	require.Empty(t, w.cloud.Inventory())
	require.Empty(t, w.cloud.Assumed())
}

func TestExisting_quotas(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, nil)
	endpoint := values{
		"vpcId": oldVPC, "serviceName": "com.amazonaws.eu-west-1.logs", "vpcEndpointType": "Interface", "subnetIds": []any{oldSubnetA},
	}
	w.create(endpointToken, "one", endpoint)
	w.create(endpointToken, "two", endpoint)
	require.Equal(t, ec2Error("creating EC2 VPC Endpoint (com.amazonaws.eu-west-1.logs)", "CreateVpcEndpoint", "VpcEndpointLimitExceeded",
		"The maximum number of VPC endpoints has been reached."), w.createError(endpointToken, "x", endpoint))
	w.create(instanceToken, "i", values{"ami": "ami-0aaaaaaaaaaaaaaaa", "instanceType": "x99.large", "subnetId": oldSubnetA})
	require.Equal(t, []string{"instance type x99.large has the architecture x86_64 and is optimized for EBS"}, w.cloud.Assumed())
}

// How many addresses of an existing subnet are free is known, although the account's file does not say which.
func TestExisting_addresses(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, func(f *account.File) { f.InstanceTypeOfferings["t3.micro"] = []string{"eu-west-1b"} })
	free := func() any {
		return w.invoke("aws:ec2/getSubnet:getSubnet", values{"id": oldSubnetB})["availableIpAddressCount"]
	}
	in := values{"ami": "ami-0aaaaaaaaaaaaaaaa", "instanceType": "t3.micro", "subnetId": oldSubnetB}
	require.Equal(t, 1.0, free())
	instance := w.create(instanceToken, "i", in)
	require.Equal(t, 0.0, free())
	require.Equal(t, ec2Error("creating EC2 Instance", "RunInstances", "InsufficientFreeAddressesInSubnet",
		"Not enough free addresses in subnet '"+oldSubnetB+"'"), w.createError(instanceToken, "j", in))
	w.delete(instance)
	require.Equal(t, 1.0, free())
}

// With encryption by default, every new volume is encrypted.
func TestExisting_encryptionByDefault(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, nil)
	in := values{
		"ami": "ami-0aaaaaaaaaaaaaaaa", "instanceType": "t3.micro", "subnetId": oldSubnetA, "rootBlockDevice": values{"encrypted": false},
	}
	instance := w.create(instanceToken, "i", in)
	require.Equal(t, true, valueAt(instance.state(), "rootBlockDevice.encrypted"))
	require.Equal(t, 12, integer(instance.state(), "rootBlockDevice.volumeSize"), "as the image says")
	require.Equal(t, keysOf("rootBlockDevice"), w.diff(instance, in).ReplaceKeys, "every update would replace the instance")
	encrypted := with(in, values{"rootBlockDevice": values{"encrypted": true}})
	w.requireNoDiff(w.create(instanceToken, "j", encrypted), encrypted)
	const lookup = "aws:ebs/getEncryptionByDefault:getEncryptionByDefault"
	require.Equal(t, values{"id": "eu-west-1", "enabled": true}, w.invoke(lookup, values{}))
	require.Equal(t, values{"id": "ap-northeast-1", "enabled": false}, newTestCloud(t).invoke(lookup, values{}))
}

// Images of the account have their own root device, state and platform.
func TestExisting_images(t *testing.T) {
	t.Parallel()
	const ubuntu, pending, windows = "ami-0bbbbbbbbbbbbbbbb", "ami-0cccccccccccccccc", "ami-0dddddddddddddddd"
	w := newExistingCloud(t, func(f *account.File) {
		for _, image := range []account.Image{
			{ImageId: ubuntu, RootDeviceName: "/dev/sda1", State: "available"},
			{ImageId: pending, RootDeviceName: "/dev/sda1", State: "pending"},
			{ImageId: windows, RootDeviceName: "/dev/sda1", State: "available", Platform: "windows"},
		} {
			image.Name, image.Architecture = image.ImageId, "x86_64"
			f.Images = append(f.Images, image)
		}
	})
	in := values{"ami": ubuntu, "instanceType": "t3.micro", "subnetId": oldSubnetA}
	require.Equal(t, "/dev/sda1", valueAt(w.create(instanceToken, "i", in).state(), "rootBlockDevice.deviceName"))
	require.Equal(t, ec2Error("creating EC2 Instance", "RunInstances", "InvalidAMIID.Unavailable",
		"The image ID '["+pending+"]' is not available: it is pending"), w.createError(instanceToken, "j", with(in, values{"ami": pending})))
	for id, want := range map[string][3]string{ubuntu: {"available", "", "Linux/UNIX"}, pending: {"pending", "", "Linux/UNIX"}, windows: {"available", "windows", "Windows"}} {
		image := w.invoke(imageLookup, values{"filters": filterOf("image-id", id)})
		require.Equal(t, want, [3]string{str(image, "state"), str(image, "platform"), str(image, "platformDetails")})
		require.Equal(t, "/dev/sda1", image["rootDeviceName"])
	}
	answer, err := w.tryInvoke(imageLookup, values{"filters": filterOf("platform", "windows")})
	require.NoError(t, err)
	require.Equal(t, windows, answer["id"].StringValue())
}

// What the account contains serializes to what it was before, after resources were created beside it and deleted.
func TestExisting_isUnchangedAfterDeletion(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, func(f *account.File) { delete(f.Quotas, "L-F678F1CE") })
	serialized := func() string {
		text, err := json.MarshalIndent(w.cloud.Objects, "", " ")
		require.NoError(t, err)
		return string(text)
	}
	before := serialized()
	resources := []*testResource{
		w.create(vpcToken, "v", values{"cidrBlock": "10.1.0.0/16"}),
		w.create(subnetToken, "s", values{"vpcId": oldVPC, "cidrBlock": "10.8.3.0/24"}),
		w.create(endpointToken, "e", values{
			"vpcId": oldVPC, "serviceName": "com.amazonaws.eu-west-1.logs", "vpcEndpointType": "Interface", "privateDnsEnabled": true,
			"subnetIds": []any{oldSubnetA, oldSubnetB}, "securityGroupIds": []any{oldAppGroup},
		}),
		w.create(endpointToken, "s3", values{"vpcId": oldVPC, "serviceName": "com.amazonaws.eu-west-1.s3", "routeTableIds": []any{oldMainTable}}),
		w.create(rolePolicyToken, "p", values{
			"role": "Web", "name": "more", "policy": policyWith(`{"Effect":"Allow","Action":"ssm:UpdateInstanceInformation","Resource":"*"}`),
		}),
		w.create(ingressRuleToken, "r", values{"securityGroupId": oldAppGroup, "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/16"}),
	}
	w.existing(roleToken, "Web")
	changed, err := w.cloud.Changed()
	require.NoError(t, err)
	require.Equal(t, []Object{
		{networkACLToken, oldACL, ""}, {securityGroupToken, oldAppGroup, "app"}, {roleToken, "Web", "Web"},
	}, changed, "the subnet is in the ACL's list, the rule in the group's, and the policy in the role's")
	require.Len(t, w.cloud.Inventory(), len(resources))
	for _, x := range resources {
		w.delete(x)
	}
	changed, err = w.cloud.Changed()
	require.NoError(t, err)
	require.Empty(t, changed)
	require.Empty(t, w.cloud.Inventory())
	require.Equal(t, before, serialized())

	gone, err := w.get(instanceToken, oldInstance)
	require.NoError(t, err)
	w.delete(gone)
	changed, err = w.cloud.Changed()
	require.NoError(t, err)
	require.Contains(t, changed, Object{instanceToken, oldInstance, "web-1"})
}

// A section that the file lacks is assumed, and an existing principal is known.
func TestExisting_assumptions(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, func(f *account.File) {
		f.KeyPairs, f.Users, f.Quotas, f.RouteTables = nil, nil, nil, nil
		f.Omitted = []account.Omission{{Section: "subnets", Call: "ec2 describe-subnets", Reason: "UnauthorizedOperation"}}
		f.Vpcs = f.Vpcs[:1]
	})
	w.create(instanceToken, "i", values{"ami": "ami-0aaaaaaaaaaaaaaaa", "instanceType": "t3.micro", "subnetId": oldSubnetA, "keyName": "other"})
	trust := func(principal string) values {
		return values{"assumeRolePolicy": policyWith(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:` + principal +
			`"},"Action":"sts:AssumeRole"}`)}
	}
	w.create(roleToken, "a", trust("user/dave"))
	w.create(roleToken, "b", trust("role/team/Web"))
	require.Contains(t, w.createError(roleToken, "c", trust("role/none")), "MalformedPolicyDocument")
	require.Equal(t, []string{
		`IAM user arn:aws:iam::111122223333:user/dave exists`,
		"acl-00000000000000003 does not matter to the stack: its VPC vpc-00000000000000002 was not captured",
		`key pair "other" exists in eu-west-1`,
		`section subnets of the account file is complete, although "ec2 describe-subnets" failed with UnauthorizedOperation`,
		"sg-00000000000000003 does not matter to the stack: its VPC vpc-00000000000000002 was not captured",
		"the account has only those key pairs, route tables, IAM users that the stack creates or refers to: they were not captured",
		"the account has the quotas that were recorded from AWS: its own were not captured",
		"the main route table of " + oldVPC + " is as AWS creates it: it was not captured",
	}, w.cloud.Assumed())

	captured := newExistingCloud(t, nil)
	captured.create(roleToken, "a", trust("user/team/carol"))
	require.Contains(t, captured.createError(roleToken, "a2", trust("user/dave")), "MalformedPolicyDocument")
}

func TestExisting_invalid(t *testing.T) {
	t.Parallel()
	f := readAccount(t)
	f.Region = "eu-west-99"
	_, err := New(Options{Account: f})
	require.EqualError(t, err, `account: unknown Region "eu-west-99"`)
	w := newExistingCloud(t, nil)
	err = directProvider(w.cloud.NewProvider()).Configure(background, toProperties(values{
		"region": "eu-west-1", "allowedAccountIds": []any{"999988887777"},
	}))
	require.EqualError(t, err, "AWS account ID not allowed: 111122223333")
}
