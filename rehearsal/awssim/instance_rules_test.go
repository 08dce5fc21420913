package awssim

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// instanceError returns the error of EC2 for an operation on an instance.
func instanceError(prefix, operation, code, message string) string {
	return prefix + ": operation error EC2: " + operation + ", https response error StatusCode: 400, api error " + code + ": " + message
}

func TestInstance_errors(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloud(t))
	p.create(instanceToken, "first", p.in) // has 10.0.1.4
	otherVPC := p.create(vpcToken, "w", values{"cidrBlock": "10.0.0.0/16"})
	otherGroup := p.create(securityGroupToken, "x", values{"vpcId": string(otherVPC.id), "name": "otherGroup"})
	zoneD := p.create(subnetToken, "d", values{
		"vpcId": string(p.vpc.id), "cidrBlock": "10.0.3.0/24", "availabilityZone": "ap-northeast-1d",
	})
	profile := p.create(profileToken, "u", values{"name": "noRole", "path": "/ops/"})
	groups := []any{}
	for i := range 6 {
		group := p.create(securityGroupToken, fmt.Sprint("g", i), values{"vpcId": string(p.vpc.id)})
		groups = append(groups, string(group.id))
	}
	for _, test := range []struct {
		name          string
		change        values
		code, message string
	}{
		{"no subnet", values{"subnetId": nil}, "VPCIdNotSpecified", "No default VPC for this user"},
		{"no such subnet", values{"subnetId": "subnet-1"}, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist"},
		{"another zone", values{"availabilityZone": "ap-northeast-1c"}, "InvalidParameterValue", "Value (ap-northeast-1c) for parameter " +
			"availabilityZone is invalid. Subnet " + string(p.subnet.id) + " is in the availability zone ap-northeast-1a."},
		{
			"an address outside of the subnet",
			values{"privateIp": "10.0.2.9"},
			"InvalidParameterValue",
			"Address 10.0.2.9 does not fall within the subnet's address range",
		},
		{"AWS's first address", values{"privateIp": "10.0.1.3"}, "InvalidParameterValue", "Address 10.0.1.3 is in subnet's reserved address range"},
		{"AWS's last address", values{"privateIp": "10.0.1.15"}, "InvalidParameterValue", "Address 10.0.1.15 is in subnet's reserved address range"},
		{"an address in use", values{"privateIp": "10.0.1.4"}, "InvalidIPAddress.InUse", "Address 10.0.1.4 is in use."},
		{"not an image", values{"ami": "ami-1"}, "InvalidAMIID.Malformed", `Invalid id: "ami-1" (expecting "ami-...")`},
		{"no such image", values{"ami": "ami-00000000000000001"}, "InvalidAMIID.NotFound", "The image id '[ami-00000000000000001]' does not exist"},
		{"another architecture", values{"ami": imageARM}, "InvalidParameterValue", "The architecture 'x86_64' of the specified instance type " +
			"does not match the architecture 'arm64' of the specified AMI. Specify an instance type and an AMI that have matching architectures, " +
			"and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI."},
		{"no such type", values{"instanceType": "t9.micro"}, "InvalidParameterValue", "Invalid value 't9.micro' for InstanceType."},
		{"a zone without the type", values{"instanceType": "c5a.large", "subnetId": string(zoneD.id)}, "Unsupported", "Your requested instance " +
			"type (c5a.large) is not supported in your requested Availability Zone (ap-northeast-1d). Please retry your request by not specifying " +
			"an Availability Zone or choosing ap-northeast-1a, ap-northeast-1c."},
		{"a type that is not EBS-optimized", values{"instanceType": "t2.micro", "ebsOptimized": true}, "Unsupported", "The requested configuration is currently not " +
			"supported. Please check the documentation for supported configurations."},
		{"a Dedicated Host", values{"tenancy": "host"}, "Unsupported", "The requested configuration is currently not supported. Please check the " +
			"documentation for supported configurations."},
		{
			"no such profile",
			values{"iamInstanceProfile": "x"},
			"InvalidParameterValue",
			"Value (x) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
		},
		{
			"a profile without a role",
			values{"iamInstanceProfile": "noRole"},
			"InvalidParameterValue",
			`IAM Instance Profile "` + str(profile.state(), "arn") + `" has no associated IAM Roles`,
		},
		{"no such key", values{"keyName": "x"}, "InvalidKeyPair.NotFound", "The key pair 'x' does not exist"},
		{"no such group", values{"vpcSecurityGroupIds": []any{"sg-1"}}, "InvalidGroup.NotFound", "The security group 'sg-1' does not exist"},
		{
			"a group of another VPC",
			values{"vpcSecurityGroupIds": []any{string(otherGroup.id)}},
			"InvalidParameter",
			fmt.Sprintf("Security group %s and subnet %s belong to different networks.", otherGroup.id, p.subnet.id),
		},
		{
			"no such shutdown behavior",
			values{"instanceInitiatedShutdownBehavior": "sleep"},
			"InvalidParameterValue",
			"Value (sleep) for parameter instanceInitiatedShutdownBehavior is invalid. Unknown shutdown behavior.",
		},
		{
			"too much user data",
			values{"userData": nil, "userDataBase64": base64.StdEncoding.EncodeToString(make([]byte, 16385))},
			"InvalidParameterValue", "User data is limited to 16384 bytes",
		},
		{
			"too many groups",
			values{"vpcSecurityGroupIds": groups},
			"SecurityGroupsPerInterfaceLimitExceeded",
			"The maximum number of security groups per interface has been reached.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, instanceError("creating EC2 Instance", "RunInstances", test.code, test.message),
				p.createError(instanceToken, "i", with(p.in, test.change)))
		})
	}
}

// A /28 subnet has eleven usable addresses.
func TestInstance_addressesRunOut(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloud(t))
	for range 11 {
		p.create(instanceToken, "i", p.in)
	}
	require.Equal(t, instanceError("creating EC2 Instance", "RunInstances", "InsufficientFreeAddressesInSubnet",
		"Not enough free addresses in subnet '"+string(p.subnet.id)+"'"), p.createError(instanceToken, "i", p.in))
}

func TestInstance_update_errors(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloud(t))
	base := with(p.in, values{"rootBlockDevice": values{"volumeSize": 16.0, "volumeType": "gp3"}})
	instance := p.create(instanceToken, "i", base)
	id := string(instance.id)
	prefix := "updating EC2 Instance (" + id + ")"
	volume := prefix + " volume (" + str(instance.state(), "rootBlockDevice.volumeId") + ")"
	for _, test := range []struct {
		name   string
		change values
		want   string
	}{
		{"no such profile", values{"iamInstanceProfile": "x"}, instanceError(prefix, "AssociateIamInstanceProfile", "InvalidParameterValue",
			"Value (x) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name")},
		{"no such group", values{"vpcSecurityGroupIds": []any{"sg-1"}}, instanceError(prefix, "ModifyNetworkInterfaceAttribute",
			"InvalidGroup.NotFound", "The security group 'sg-1' does not exist")},
		{"no group", values{"vpcSecurityGroupIds": []any{}}, prefix + ": VPC-based instances require at least one security group to be attached."},
		{"no such type", values{"instanceType": "t9.micro"}, instanceError(prefix, "ModifyInstanceAttribute", "InvalidParameterValue",
			"Invalid value 't9.micro' for InstanceType.")},
		{"a smaller volume", values{"rootBlockDevice": values{"volumeSize": 8.0}}, instanceError(volume, "ModifyVolume",
			"InvalidParameterValue", "New size cannot be smaller than existing size")},
		{
			"iops of gp2",
			values{"rootBlockDevice": values{"volumeType": "gp2", "iops": 4000.0}},
			"updating instance: iops attribute not supported for type gp2",
		},
		{
			"throughput of gp2",
			values{"rootBlockDevice": values{"volumeType": "gp2", "throughput": 250.0}},
			"updating instance: throughput attribute not supported for type gp2",
		},
		{"too much throughput", values{"rootBlockDevice": values{"throughput": 800.0}}, instanceError(volume, "ModifyVolume",
			"InvalidParameterValue", "Throughput (MiBps) to iops ratio of 0.266667 is too high; maximum is 0.250000 MiBps per iops")},
	} {
		require.Equal(t, test.want, awsError(t, p.tryUpdate(instance, with(base, test.change))), test.name)
		p.requireNoDiff(instance, base)
	}

	stubborn := with(base, values{"disableApiStop": true})
	p.update(instance, stubborn)
	unstoppable := instanceError(prefix, "StopInstances", "OperationNotPermitted",
		"The instance '"+id+"' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.")
	require.Equal(t, unstoppable, awsError(t, p.tryUpdate(instance, with(stubborn, values{"instanceType": "t3.small"}))))
	require.Equal(t, unstoppable, awsError(t, p.tryUpdate(instance, with(stubborn, values{"userData": "x"}))))
	p.update(instance, with(stubborn, values{"monitoring": true}))

	p.update(instance, with(base, values{"disableApiStop": false}))
	p.delete(instance)
	require.Equal(t, instanceError(prefix, "ModifyInstanceAttribute", "InvalidInstanceID.NotFound", "The instance ID '"+id+"' does not exist"),
		awsError(t, p.tryUpdate(instance, base)))
}

// Termination protection has the value in Pulumi's state, even if it was changed outside of Pulumi.
func TestInstance_terminationProtection(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloud(t))
	protected := with(p.in, values{"disableApiTermination": true})
	instance := p.create(instanceToken, "i", protected)
	id := string(instance.id)
	kept := instanceError("terminating EC2 Instance ("+id+")", "TerminateInstances", "OperationNotPermitted",
		"The instance '"+id+"' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.")
	require.Equal(t, kept, awsError(t, p.tryDelete(instance)))
	set := func(on bool) {
		p.cloud.Objects[objectKey(instanceToken, "ap-northeast-1", id)].State["disableApiTermination"] = on
	}
	set(false)
	require.Equal(t, kept, awsError(t, p.tryDelete(instance)), "the provider enables the protection again")
	p.update(instance, with(p.in, values{"disableApiTermination": false}))
	set(true)
	p.delete(instance)
	require.False(t, p.read(instance))
}

// An instance's subnet and security groups cannot be deleted before the instance. Its network interface is
// deleted with it.
func TestInstance_dependencies(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloud(t))
	instance := p.create(instanceToken, "i", p.in)
	require.Equal(t, "deleting EC2 Subnet ("+string(p.subnet.id)+"): operation error EC2: DeleteSubnet, https response error StatusCode: 400, "+
		"api error DependencyViolation: The subnet '"+string(p.subnet.id)+"' has dependencies and cannot be deleted.", awsError(t, p.tryDelete(p.subnet)))
	require.Equal(t, "deleting Security Group ("+string(p.group.id)+"): operation error EC2: DeleteSecurityGroup, https response error "+
		"StatusCode: 400, api error DependencyViolation: resource "+string(p.group.id)+" has a dependent object", awsError(t, p.tryDelete(p.group)))
	// The profile, role and key pair can be deleted.
	p.delete(&testResource{urn: testURN(profileToken, "p"), id: "app"})

	other := p.create(securityGroupToken, "h", values{"vpcId": string(p.vpc.id), "name": "other"})
	p.update(instance, with(p.in, values{"vpcSecurityGroupIds": []any{string(other.id)}}))
	p.delete(p.group)
	require.Error(t, p.tryDelete(other))
	p.delete(instance)
	p.delete(other)
	p.delete(p.subnet)
	p.delete(p.vpc)
}
