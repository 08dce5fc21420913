package awssim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Images in ap-northeast-1.
const (
	imageX86 = "ami-0a21a03072be95559" // Amazon Linux 2023
	imageARM = "ami-0b5ebcfb2593e3fe1"
	imageOld = "ami-0db5e3bbe2078a731" // Amazon Linux 2
)

// instanceTestCloud is a cloud with a network and other resources for instances.
type instanceTestCloud struct {
	*testCloud
	vpc, subnet, group *testResource
	in                 values // of an instance
}

func newInstanceTestCloud(w *testCloud) *instanceTestCloud {
	p := &instanceTestCloud{testCloud: w}
	p.vpc = w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true})
	p.subnet = w.create(subnetToken, "s", values{
		"vpcId": string(p.vpc.id), "cidrBlock": "10.0.1.0/28", "availabilityZone": "ap-northeast-1a",
	})
	p.group = w.create(securityGroupToken, "g", values{"vpcId": string(p.vpc.id), "name": "app"})
	w.create(roleToken, "r", values{"name": "app", "assumeRolePolicy": ec2Trust})
	w.create(profileToken, "p", values{"name": "app", "role": "app"})
	w.create(profileToken, "q", values{"name": "empty"})
	w.create(keyPairToken, "k", values{"keyName": "ops", "publicKey": keyED25519})
	p.in = values{
		"ami": imageX86, "instanceType": "t3.micro", "subnetId": string(p.subnet.id), "vpcSecurityGroupIds": []any{string(p.group.id)},
		"iamInstanceProfile": "app", "keyName": "ops", "userData": "#!/bin/sh\n",
	}
	return p
}

func TestInstance(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloudWith(t, Options{}, values{"region": "ap-northeast-1", "defaultTags": values{"tags": values{"a": "b"}}}))
	instance := p.create(instanceToken, "i", p.in)
	require.Regexp(t, `^i-0[0-9a-f]{16}$`, instance.id)
	out := instance.state()
	require.Regexp(t, `^eni-0[0-9a-f]{16}$`, out["primaryNetworkInterfaceId"])
	require.Regexp(t, `^vol-0[0-9a-f]{16}$`, str(out, "rootBlockDevice.volumeId"))
	delete(out, "primaryNetworkInterfaceId")
	delete(out["rootBlockDevice"].(values), "volumeId")
	require.Equal(t, with(p.in, values{
		"arn": "arn:aws:ec2:ap-northeast-1:123456789012:instance/" + string(instance.id), "instanceState": "running",
		"availabilityZone": "ap-northeast-1a", "privateIp": "10.0.1.4", "privateDns": "ip-10-0-1-4.ap-northeast-1.compute.internal",
		"publicIp": "", "publicDns": "", "associatePublicIpAddress": false, "securityGroups": []any{}, "tenancy": "default",
		"monitoring": false, "disableApiStop": false, "disableApiTermination": false, "instanceInitiatedShutdownBehavior": "stop",
		"sourceDestCheck": true, "userDataReplaceOnChange": false, "getPasswordData": false, "instanceLifecycle": "", "outpostArn": "",
		"passwordData": "", "spotInstanceRequestId": "", "userData": userDataHash("#!/bin/sh\n"), "tagsAll": values{"a": "b"},
		"maintenanceOptions": values{"autoRecovery": "default"}, "creditSpecification": values{"cpuCredits": "unlimited"},
		"metadataOptions": values{
			"httpEndpoint": "enabled", "httpProtocolIpv6": "disabled", "httpTokens": "required", "httpPutResponseHopLimit": 2.0,
			"instanceMetadataTags": "disabled",
		},
		"rootBlockDevice": values{
			"deviceName": "/dev/xvda", "volumeSize": 8.0, "volumeType": "gp3", "iops": 3000.0, "throughput": 125.0, "encrypted": false,
			"kmsKeyId": "", "deleteOnTermination": true, "tagsAll": values{"a": "b"},
		},
	}), out)
	p.requireNoDiff(instance, p.in)
	p.delete(instance)
	require.False(t, p.read(instance))
	p.delete(instance)
}

func TestInstance_defaults(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloud(t))
	least := values{"ami": imageOld, "instanceType": "m6i.large", "subnetId": string(p.subnet.id)}
	old := p.create(instanceToken, "i", least)
	require.Equal(t, "optional", str(old.state(), "metadataOptions.httpTokens"))
	require.Equal(t, 1, integer(old.state(), "metadataOptions.httpPutResponseHopLimit"))
	require.Equal(t, "gp2", str(old.state(), "rootBlockDevice.volumeType"))
	require.Equal(t, []any{p.vpc.state()["defaultSecurityGroupId"]}, old.state()["vpcSecurityGroupIds"])
	require.NotContains(t, old.state(), "creditSpecification")
	require.Equal(t, "10.0.1.4", old.state()["privateIp"])
	p.requireNoDiff(old, least)
	t2 := p.create(instanceToken, "i", with(least, values{"instanceType": "t2.micro"}))
	require.Equal(t, "standard", str(t2.state(), "creditSpecification.cpuCredits"))
	require.Equal(t, "10.0.1.5", t2.state()["privateIp"], "addresses are unique")
	full := with(p.in, values{
		"privateIp": "10.0.1.9", "availabilityZone": "ap-northeast-1a", "tenancy": "dedicated", "ebsOptimized": true, "monitoring": true,
		"disableApiStop": true, "disableApiTermination": true, "instanceInitiatedShutdownBehavior": "terminate", "sourceDestCheck": false,
		"creditSpecification": values{"cpuCredits": "standard"}, "maintenanceOptions": values{"autoRecovery": "disabled"},
		"metadataOptions": values{
			"httpEndpoint": "disabled", "httpProtocolIpv6": "enabled", "httpTokens": "optional", "httpPutResponseHopLimit": 64.0,
			"instanceMetadataTags": "enabled",
		},
		"rootBlockDevice": values{
			"volumeSize": 16.0, "volumeType": "gp3", "iops": 4000.0, "throughput": 250.0, "encrypted": true, "deleteOnTermination": false,
			"tags": values{"a": "b"},
		},
		"userData": nil, "userDataBase64": "IyEvYmluL3NoCg==", "userDataReplaceOnChange": true, "tags": values{"a": "b"},
		"associatePublicIpAddress": true,
	})
	all := p.create(instanceToken, "i", full)
	for key, value := range full {
		if key != "rootBlockDevice" {
			require.Equal(t, value, all.state()[key], key)
		}
	}
	require.Regexp(t, `^arn:aws:kms:ap-northeast-1:123456789012:key/`, str(all.state(), "rootBlockDevice.kmsKeyId"))
	p.requireNoDiff(all, full)
}

func TestInstance_addresses(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloud(t))
	asked := p.create(instanceToken, "i", with(p.in, values{"associatePublicIpAddress": true}))
	address := str(asked.state(), "publicIp")
	require.Regexp(t, `^198\.51\.100\.[0-9]+$`, address)
	name := "ec2-" + strings.ReplaceAll(address, ".", "-") + ".ap-northeast-1.compute.amazonaws.com"
	require.Equal(t, name, asked.state()["publicDns"])

	public := p.create(subnetToken, "t", values{
		"vpcId": string(p.vpc.id), "cidrBlock": "10.0.2.0/28", "mapPublicIpOnLaunch": true, "privateDnsHostnameTypeOnLaunch": "resource-name",
	})
	given := p.create(instanceToken, "i", with(p.in, values{"subnetId": string(public.id)}))
	require.NotEmpty(t, given.state()["publicIp"], "the default depends on the subnet")
	require.Equal(t, true, given.state()["associatePublicIpAddress"])
	require.Equal(t, string(given.id)+".ap-northeast-1.compute.internal", given.state()["privateDns"])
	refused := p.create(instanceToken, "i", with(p.in, values{"subnetId": string(public.id), "associatePublicIpAddress": false}))
	require.Empty(t, refused.state()["publicIp"])

	p.update(p.vpc, values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": false})
	nameless := p.create(instanceToken, "i", with(p.in, values{"associatePublicIpAddress": true}))
	require.NotEmpty(t, nameless.state()["publicIp"])
	require.Empty(t, nameless.state()["publicDns"])

	p.update(asked, with(p.in, values{"associatePublicIpAddress": true, "instanceType": "t3.small"}))
	require.NotEqual(t, address, str(asked.state(), "publicIp"), "a stop releases the address")
}

func TestInstance_namesInUSEast1(t *testing.T) {
	t.Parallel()
	w := newTestCloudWith(t, Options{AssumeExisting: true}, values{"region": "us-east-1"})
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true})
	subnet := w.create(subnetToken, "s", values{"vpcId": string(vpc.id), "cidrBlock": "10.0.1.0/24"})
	instance := w.create(instanceToken, "i", values{
		"ami": "ami-00000000000000001", "instanceType": "t3.micro", "subnetId": string(subnet.id), "associatePublicIpAddress": true,
	})
	require.Equal(t, "ip-10-0-1-4.ec2.internal", instance.state()["privateDns"])
	require.Regexp(t, `^ec2-[0-9-]+\.compute-1\.amazonaws\.com$`, instance.state()["publicDns"])
	require.Equal(t, []string{"image ami-00000000000000001 exists in us-east-1, for x86_64 and of 8 GiB"}, w.cloud.Assumed())
}

func TestInstance_diff(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	p := newInstanceTestCloud(w)
	base := with(p.in, values{
		"rootBlockDevice": values{"volumeSize": 16.0, "volumeType": "gp3"}, "metadataOptions": values{"httpTokens": "required"},
	})
	device := func(change values) values {
		return values{"rootBlockDevice": with(values{"volumeSize": 16.0, "volumeType": "gp3"}, change)}
	}
	other := w.create(securityGroupToken, "h", values{"vpcId": string(p.vpc.id), "name": "other"})
	for _, test := range []struct {
		name     string
		change   values
		replaces string
		updates  []string
	}{
		{"nothing", nil, "", []string{}},
		{"ami", values{"ami": imageOld}, "ami", nil},
		{"subnet", values{"subnetId": "subnet-1"}, "subnetId", nil},
		{"zone", values{"availabilityZone": "ap-northeast-1c"}, "availabilityZone", nil},
		{"private address", values{"privateIp": "10.0.1.9"}, "privateIp", nil},
		{"public address", values{"associatePublicIpAddress": true}, "associatePublicIpAddress", nil},
		{"key", values{"keyName": "other"}, "keyName", nil},
		{"EBS", values{"ebsOptimized": true}, "ebsOptimized", nil},
		{"tenancy", values{"tenancy": "dedicated"}, "tenancy", nil},
		{"encryption", device(values{"encrypted": true}), "rootBlockDevice", nil},
		{"its key", device(values{"kmsKeyId": "arn:aws:kms:x"}), "rootBlockDevice", nil},
		{"type", values{"instanceType": "t3.small"}, "", []string{"instanceType"}},
		{"type of another architecture", values{"instanceType": "t4g.micro"}, "instanceType", nil},
		{"profile", values{"iamInstanceProfile": "other"}, "", []string{"iamInstanceProfile"}},
		{"groups", values{"vpcSecurityGroupIds": []any{string(other.id)}}, "", []string{"vpcSecurityGroupIds"}},
		{"no groups set", values{"vpcSecurityGroupIds": nil}, "", []string{}},
		{"user data", values{"userData": "#!/bin/bash\n"}, "", []string{"userData"}},
		{"user data that replaces", values{"userData": "#!/bin/bash\n", "userDataReplaceOnChange": true}, "userData", nil},
		{"no user data set", values{"userData": nil}, "", []string{}},
		{"userDataReplaceOnChange", values{"userDataReplaceOnChange": true}, "", []string{"userDataReplaceOnChange"}},
		{"source check", values{"sourceDestCheck": false}, "", []string{"sourceDestCheck"}},
		{"stop protection", values{"disableApiStop": true}, "", []string{"disableApiStop"}},
		{"protection", values{"disableApiTermination": true}, "", []string{"disableApiTermination"}},
		{"shutdown", values{"instanceInitiatedShutdownBehavior": "terminate"}, "", []string{"instanceInitiatedShutdownBehavior"}},
		{"monitoring", values{"monitoring": true}, "", []string{"monitoring"}},
		{"credits", values{"creditSpecification": values{"cpuCredits": "standard"}}, "", []string{"creditSpecification.cpuCredits"}},
		{"recovery", values{"maintenanceOptions": values{"autoRecovery": "disabled"}}, "", []string{"maintenanceOptions.autoRecovery"}},
		{"tokens", values{"metadataOptions": values{"httpTokens": "optional"}}, "", []string{"metadataOptions.httpTokens"}},
		{"metadata disabled", values{"metadataOptions": values{"httpEndpoint": "disabled"}}, "", []string{"metadataOptions.httpEndpoint"}},
		{"no metadata options set", values{"metadataOptions": nil}, "", []string{}},
		{"volume size", device(values{"volumeSize": 32.0}), "", []string{"rootBlockDevice.volumeSize"}},
		{"volume type", device(values{"volumeType": "gp2"}), "", []string{"rootBlockDevice.volumeType"}},
		{"iops", device(values{"iops": 4000.0}), "", []string{"rootBlockDevice.iops"}},
		{"throughput", device(values{"throughput": 200.0}), "", []string{"rootBlockDevice.throughput"}},
		{"deleteOnTermination", device(values{"deleteOnTermination": false}), "", []string{"rootBlockDevice.deleteOnTermination"}},
		{"volume tags", device(values{"tags": values{"a": "b"}}), "", []string{"rootBlockDevice.tags"}},
		{"tags of all volumes", values{"volumeTags": values{"a": "b"}}, "", []string{"volumeTags"}},
		{"tags", values{"tags": values{"a": "b"}}, "", []string{"tags", "tagsAll"}},
	} {
		in := with(base, test.change)
		if test.name == "profile" {
			w.create(profileToken, "o", values{"name": "other", "role": "app"})
		}
		instance := w.create(instanceToken, "i", base)
		diff := w.diff(instance, in)
		if test.replaces != "" {
			require.Equal(t, keysOf(resourceKey(test.replaces)), diff.ReplaceKeys, test.name)
			require.False(t, diff.DeleteBeforeReplace, test.name)
		} else {
			require.Empty(t, diff.ReplaceKeys, test.name)
			require.Equal(t, test.updates, diffPaths(diff), test.name)
			w.update(instance, in)
			w.requireNoDiff(instance, in)
			// Back to the original inputs. Computed inputs keep their values.
			w.update(instance, with(in, values{"disableApiTermination": false, "disableApiStop": false}))
		}
		w.delete(instance)
	}
}

func TestInstance_validation(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	base := values{"ami": imageX86, "instanceType": "t3.micro", "subnetId": "subnet-1"}
	for _, test := range []struct {
		name   string
		change values
		want   string
	}{
		{"no image", values{"ami": nil}, "Missing required argument. \"ami\": one of `ami,launch_template` must be specified. Examine values " +
			"at 'i.ami'."},
		{"no type", values{"instanceType": nil}, "Missing required argument. \"instance_type\": one of `instance_type,launch_template` must " +
			"be specified. Examine values at 'i.instanceType'."},
		{"tenancy", values{"tenancy": "x"}, `expected tenancy to be one of ["default" "dedicated" "host"], got x. Examine values at 'i.tenancy'.`},
		{"address", values{"privateIp": "10.0.1"}, `expected private_ip to contain a valid IPv4 address, got: 10.0.1. Examine values at ` +
			`'i.privateIp'.`},
		{"user data", values{"userData": strings.Repeat("x", 16385)}, "expected length of user_data to be in the range (0 - 16384), got " +
			strings.Repeat("x", 16385) + ". Examine values at 'i.userData'."},
		{"not base64", values{"userDataBase64": "#"}, `"user_data_base64" ("#") must be base64-encoded. Examine values at 'i.userDataBase64'.`},
		{"both user data", values{"userData": "x", "userDataBase64": "eA=="}, `Conflicting configuration arguments. "user_data": conflicts ` +
			`with user_data_base64. Examine values at 'i.userData'.`},
		{"credits", values{"creditSpecification": values{"cpuCredits": "x"}}, `expected credit_specification.0.cpu_credits to be one of ` +
			`["standard" "unlimited"], got x. Examine values at 'i.creditSpecification.cpuCredits'.`},
		{"recovery", values{"maintenanceOptions": values{"autoRecovery": "x"}}, `expected maintenance_options.0.auto_recovery to be one of ` +
			`["default" "disabled"], got x. Examine values at 'i.maintenanceOptions.autoRecovery'.`},
		{"endpoint", values{"metadataOptions": values{"httpEndpoint": "x"}}, `expected metadata_options.0.http_endpoint to be one of ["enabled" ` +
			`"disabled"], got x. Examine values at 'i.metadataOptions.httpEndpoint'.`},
		{"IPv6", values{"metadataOptions": values{"httpProtocolIpv6": "x"}}, `expected metadata_options.0.http_protocol_ipv6 to be one of ` +
			`["enabled" "disabled"], got x. Examine values at 'i.metadataOptions.httpProtocolIpv6'.`},
		{"tokens", values{"metadataOptions": values{"httpTokens": "x"}}, `expected metadata_options.0.http_tokens to be one of ["optional" ` +
			`"required"], got x. Examine values at 'i.metadataOptions.httpTokens'.`},
		{"hops", values{"metadataOptions": values{"httpPutResponseHopLimit": 65.0}}, `expected metadata_options.0.http_put_response_hop_limit ` +
			`to be in the range (1 - 64), got 65. Examine values at 'i.metadataOptions.httpPutResponseHopLimit'.`},
		{"volume type", values{"rootBlockDevice": values{"volumeType": "gp4"}}, `expected root_block_device.0.volume_type to be one of ` +
			`["standard" "io1" "io2" "gp2" "sc1" "st1" "gp3"], got gp4. Examine values at 'i.rootBlockDevice.volumeType'.`},
		{"two kinds of volume tags", values{"volumeTags": values{"a": "b"}, "rootBlockDevice": values{"tags": values{"a": "b"}}}, `Conflicting configuration ` +
			`arguments. "root_block_device.0.tags": conflicts with volume_tags. Examine values at 'i.rootBlockDevice.tags'.`},
		{"together with unknown values", values{"rootBlockDevice": values{"volumeType": "gp4", "kmsKeyId": unknown{}}}, `expected ` +
			`root_block_device.0.volume_type to be one of ["standard" "io1" "io2" "gp2" "sc1" "st1" "gp3"], got gp4. Examine values at ` +
			`'i.rootBlockDevice.volumeType'.`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, []string{test.want}, w.checkFailures(instanceToken, "i", with(base, test.change)))
		})
	}
	require.Empty(t, w.checkFailures(instanceToken, "i", with(base, values{"tenancy": unknown{}, "userData": unknown{}, "userDataBase64": "eA=="})))
}
