package awssim

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim/catalog"
)

// tryInvoke calls a lookup.
func (w *testCloud) tryInvoke(token string, args values) (resource.PropertyMap, error) {
	return w.provider.Invoke(context.Background(), invokeRequest{Tok: token, Args: toProperties(args)})
}

func (w *testCloud) invoke(token string, args values) values {
	w.t.Helper()
	answer, err := w.tryInvoke(token, args)
	require.NoError(w.t, err)
	return fromProperties(answer)
}

const (
	regionLookup    = "aws:index/getRegion:getRegion"
	zonesLookup     = "aws:index/getAvailabilityZones:getAvailabilityZones"
	offeringsLookup = "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings"
	typeLookup      = "aws:ec2/getInstanceType:getInstanceType"
	serviceLookup   = "aws:ec2/getVpcEndpointService:getVpcEndpointService"
	imageLookup     = "aws:ec2/getAmi:getAmi"
	keyPairLookup   = "aws:ec2/getKeyPair:getKeyPair"
	listLookup      = "aws:ec2/getManagedPrefixList:getManagedPrefixList"
	parameterLookup = "aws:ssm/getParameter:getParameter"
)

// filterOf returns an argument with one filter.
func filterOf(name string, allowed ...string) []any {
	return []any{values{"name": name, "values": toList(allowed)}}
}

func TestLookups_partitionAndRegion(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]struct{ partition, suffix, reverse, description string }{
		"ap-northeast-1": {"aws", "amazonaws.com", "com.amazonaws", "Asia Pacific (Tokyo)"},
		"cn-north-1":     {"aws-cn", "amazonaws.com.cn", "cn.com.amazonaws", "China (Beijing)"},
		"us-gov-west-1":  {"aws-us-gov", "amazonaws.com", "com.amazonaws", "AWS GovCloud (US-West)"},
	} {
		w := newTestCloudWith(t, Options{}, values{"region": region})
		require.Equal(t, values{
			"partition": want.partition, "id": want.partition, "dnsSuffix": want.suffix, "reverseDnsPrefix": want.reverse,
		}, w.invoke("aws:index/getPartition:getPartition", values{}))
		require.Equal(t, values{
			"name": region, "id": region, "description": want.description, "endpoint": "ec2." + region + "." + want.suffix,
		}, w.invoke(regionLookup, values{}))
		require.Equal(t, values{
			"accountId": "123456789012", "id": "123456789012", "userId": "AROASIMULATEDDEPLOYER:deployer",
			"arn": "arn:" + want.partition + ":sts::123456789012:assumed-role/deployer/deployer",
		}, w.invoke("aws:index/getCallerIdentity:getCallerIdentity", values{}))
	}
	w := newTestCloud(t)
	require.Equal(t, "eu-west-1", w.invoke(regionLookup, values{"endpoint": "ec2.eu-west-1.amazonaws.com"})["name"])
}

func TestLookups_zones(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	for name, test := range map[string]struct {
		args  values
		names []any
	}{
		"all":                {values{}, []any{"ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"}},
		"state":              {values{"state": "available"}, []any{"ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"}},
		"none":               {values{"state": "impaired"}, []any{}},
		"local zones":        {values{"filters": filterOf("zone-type", "local-zone")}, []any{}},
		"Availability Zones": {values{"filters": filterOf("zone-type", "availability-zone")}, []any{"ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"}},
		"by id":              {values{"filters": filterOf("zone-id", "apne1-az1", "apne1-az2")}, []any{"ap-northeast-1c", "ap-northeast-1d"}},
		"excluded":           {values{"excludeNames": []any{"ap-northeast-1a"}, "excludeZoneIds": []any{"apne1-az2"}}, []any{"ap-northeast-1c"}},
	} {
		answer := w.invoke(zonesLookup, test.args)
		require.Equal(t, test.names, answer["names"], name)
		require.Len(t, answer["zoneIds"], len(test.names), name)
	}
	require.Equal(t, []any{"apne1-az4", "apne1-az1", "apne1-az2"}, w.invoke(zonesLookup, values{})["zoneIds"])
}

func TestLookups_instanceTypes(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	by := func(kind string, names ...string) values {
		return values{"locationType": kind, "filters": filterOf("instance-type", names...)}
	}
	answer := w.invoke(offeringsLookup, by("availability-zone", "c5a.large"))
	require.Equal(t, []any{"c5a.large", "c5a.large"}, answer["instanceTypes"])
	require.Equal(t, []any{"ap-northeast-1a", "ap-northeast-1c"}, answer["locations"])
	require.Equal(t, []any{"availability-zone", "availability-zone"}, answer["locationTypes"])
	require.Equal(t, []any{"ap-northeast-1"}, w.invoke(offeringsLookup, by("region", "c5a.large"))["locations"])
	require.Equal(t, []any{"apne1-az4", "apne1-az1"}, w.invoke(offeringsLookup, by("availability-zone-id", "c5a.large"))["locations"])
	require.Empty(t, w.invoke(offeringsLookup, by("availability-zone", "x9.huge"))["locations"])

	micro := w.invoke(typeLookup, values{"instanceType": "t2.micro"})
	require.Equal(t, "unsupported", micro["ebsOptimizedSupport"])
	require.Equal(t, []any{"i386", "x86_64"}, micro["supportedArchitectures"])
	require.Equal(t, []any{"arm64"}, w.invoke(typeLookup, values{"instanceType": "t4g.micro"})["supportedArchitectures"])
}

func TestLookups_services(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	service := w.invoke(serviceLookup, values{"service": "ssm"})
	require.Equal(t, tokyoSSM, service["serviceName"])
	require.Equal(t, "Interface", service["serviceType"])
	require.Equal(t, "ssm.ap-northeast-1.amazonaws.com", service["privateDnsName"])
	require.Empty(t, service["availabilityZones"], "nobody recorded them")
	require.Equal(t, true, service["vpcEndpointPolicySupported"])
	require.Equal(t, "arn:aws:ec2:ap-northeast-1:123456789012:vpc-endpoint-service/"+str(service, "serviceId"), service["arn"])
	require.Equal(t, "api.ecr.ap-northeast-1.amazonaws.com", w.invoke(serviceLookup, values{"service": "ecr.api"})["privateDnsName"])
	known := catalog.Service{Type: catalog.Interface, Zones: []string{"ap-northeast-1a", "ap-northeast-1c"}}
	require.Equal(t, []any{"ap-northeast-1a", "ap-northeast-1c"}, describeService(w.call(), tokyoSSM, known, values{})["availabilityZones"])
	require.Equal(t, []any{"ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"},
		w.invoke(serviceLookup, values{"service": "s3", "serviceType": "Gateway"})["availabilityZones"])
	require.Empty(t, w.invoke(serviceLookup, values{"service": "s3", "serviceType": "Gateway"})["privateDnsName"])
	for code, own := range map[string]string{
		"kinesis-streams": "kinesis", "execute-api": "*.execute-api", "sagemaker.runtime": "runtime.sagemaker", "ecs-agent": "ecs-a", "sqs": "sqs",
	} {
		require.Equal(t, own+".ap-northeast-1.amazonaws.com", w.invoke(serviceLookup, values{"service": code})["privateDnsName"])
	}

	filtered := w.invoke(serviceLookup, values{"filters": filterOf("service-name", tokyoSSM)})
	require.Equal(t, service["serviceId"], filtered["serviceId"])
	for pattern, want := range map[string]string{"*.ssm*": "multiple EC2 VPC Endpoint Services matched; use additional constraints to " +
		"reduce matches to a single EC2 VPC Endpoint Service", "*.none": "no matching EC2 VPC Endpoint Service found"} {
		_, err := w.tryInvoke(serviceLookup, values{"filters": filterOf("service-name", pattern)})
		require.Equal(t, want, awsError(t, err))
	}
	china := w.withConfig(values{"region": "cn-north-1"})
	require.Equal(t, "ec2.cn-north-1.amazonaws.com.cn",
		china.invoke(serviceLookup, values{"serviceName": "cn.com.amazonaws.cn-north-1.ec2"})["privateDnsName"])
	_, err := china.tryInvoke(serviceLookup, values{"service": "ec2"})
	require.Contains(t, awsError(t, err), "InvalidServiceName: The Vpc Endpoint Service 'com.amazonaws.cn-north-1.ec2' does not exist")
	government := w.withConfig(values{"region": "us-gov-west-1"}).invoke(serviceLookup, values{"service": "ssm"})
	require.Empty(t, government["availabilityZones"])
	require.Equal(t, false, government["vpcEndpointPolicySupported"])
}

func TestLookups_imagesKeyPairsPrefixListsAndParameters(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	old := values{"filters": filterOf("image-id", "ami-06098fd00463352b6"), "includeDeprecated": true}
	image := w.invoke(imageLookup, old)
	require.Equal(t, "x86_64", image["architecture"])
	require.Equal(t, "/dev/xvda", image["rootDeviceName"])
	require.Equal(t, "8", valueAt(image["blockDeviceMappings"].([]any)[0].(values), "ebs.volume_size"))
	require.Equal(t, "arn:aws:ec2:ap-northeast-1::image/ami-06098fd00463352b6", image["arn"])
	newest := w.invoke(imageLookup, values{
		"mostRecent": true, "owners": []any{"amazon"}, "nameRegex": "^al2023-ami-2023.*-kernel-6.1-", "filters": filterOf("architecture", "arm64"),
	})
	require.Equal(t, "v2.0", newest["imdsSupport"])

	parameter := "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
	answer, err := w.tryInvoke(parameterLookup, values{"name": parameter})
	require.NoError(t, err)
	require.True(t, answer["value"].IsSecret())
	require.False(t, answer["insecureValue"].IsSecret())
	require.Equal(t, newest["id"], answer["insecureValue"].StringValue())
	require.Equal(t, "arn:aws:ssm:ap-northeast-1::parameter"+parameter, answer["arn"].StringValue())

	w.create(keyPairToken, "ops", values{"keyName": "ops", "publicKey": keyED25519})
	require.Equal(t, "arn:aws:ec2:ap-northeast-1:123456789012:key-pair/ops", w.invoke(keyPairLookup, values{"keyName": "ops"})["arn"])
	pair := w.create(keyPairToken, "k", values{"publicKey": keyED25519})
	made := w.invoke(keyPairLookup, values{"keyName": string(pair.id), "includePublicKey": true})
	require.Equal(t, pair.state()["keyPairId"], made["id"])
	require.Equal(t, pair.state()["fingerprint"], made["fingerprint"])
	require.Equal(t, keyED25519, made["publicKey"])
	require.Equal(t, made["keyName"], w.invoke(keyPairLookup, values{"keyPairId": made["id"]})["keyName"])
	s3 := w.invoke(listLookup, values{"name": "com.amazonaws.ap-northeast-1.s3"})
	require.Equal(t, "pl-61a54008", s3["id"])
	require.Equal(t, "AWS", s3["ownerId"])
	require.Equal(t, s3["name"], w.invoke("aws:ec2/getPrefixList:getPrefixList", values{"prefixListId": "pl-61a54008"})["name"])
	require.Equal(t, s3["id"], w.invoke(listLookup, values{"filters": filterOf("prefix-list-name", "*.s3")})["id"])
}

// Unsupported lookups, arguments and filters are errors.
func TestLookups_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	const service = "reading EC2 VPC Endpoint Services: operation error EC2: DescribeVpcEndpointServices, https response error StatusCode: " +
		"400, api error InvalidServiceName: The Vpc Endpoint Service '"
	for _, test := range []struct {
		token string
		args  values
		want  string
	}{
		{regionLookup, values{"name": "mars-1"}, `region not found for name "mars-1"`},
		{regionLookup, values{"endpoint": "ec2.mars-1.amazonaws.com"}, `region not found for endpoint "ec2.mars-1.amazonaws.com"`},
		{
			regionLookup,
			values{"name": "us-east-1", "endpoint": "ec2.us-west-2.amazonaws.com"},
			"multiple Regions matched; use additional constraints to reduce matches to a single Region",
		},
		{serviceLookup, values{"service": "nonsense"}, service + "com.amazonaws.ap-northeast-1.nonsense' does not exist"},
		{serviceLookup, values{"serviceName": tokyoSSM, "serviceType": "Gateway"}, "no matching EC2 VPC Endpoint Service found"},
		{
			serviceLookup,
			values{"service": "s3"},
			"multiple EC2 VPC Endpoint Services matched; use additional constraints to reduce matches to a single EC2 VPC Endpoint Service",
		},
		{
			typeLookup, values{"instanceType": "x9.huge"}, ec2Error("reading EC2 Instance Type (x9.huge)", "DescribeInstanceTypes",
				"InvalidInstanceType", "The following supplied instance types do not exist: [x9.huge]"),
		},
		{
			imageLookup,
			values{"filters": filterOf("image-id", "ami-06098fd00463352b6")},
			"Your query returned no results. Please change your search criteria and try again.",
		},
		{
			imageLookup,
			values{"filters": filterOf("image-id", "ami-0123456789abcdef0"), "includeDeprecated": true},
			"Your query returned no results. Please change your search criteria and try again.",
		},
		{
			imageLookup, values{"owners": []any{"amazon"}}, "Your query returned more than one result. Please try a more specific search " +
				"criteria, or set `most_recent` attribute to true.",
		},
		{keyPairLookup, values{"keyName": "none"}, ec2Error("reading EC2 Key Pair", "DescribeKeyPairs", "InvalidKeyPair.NotFound", "The key pair 'none' does not exist")},
		{keyPairLookup, values{}, "no matching EC2 Key Pair found"},
		{listLookup, values{"name": "none"}, "no matching EC2 Managed Prefix List found"},
		{
			listLookup, values{"filters": filterOf("owner-id", "AWS")}, "multiple EC2 Managed Prefix Lists matched; use additional " +
				"constraints to reduce matches to a single EC2 Managed Prefix List",
		},
		{"aws:ec2/getPrefixList:getPrefixList", values{"name": "none"}, "no matching EC2 Prefix List found"},
		{serviceLookup, values{"service": "ssm", "serviceName": tokyoSSM}, `"service": conflicts with service_name`},
		{parameterLookup, values{"name": "/none"}, "reading SSM Parameter (/none): couldn't find resource"},
	} {
		_, err := w.tryInvoke(test.token, test.args)
		require.Equal(t, test.want, awsError(t, err), test.args)
		require.Contains(t, err.Error(), "invoking "+test.token+": 1 error occurred:\n\t* ")
	}
	for want, ask := range map[string]struct {
		token string
		args  values
	}{
		"the simulated AWS does not support the lookup aws:ec2/getNatGateway:getNatGateway":            {"aws:ec2/getNatGateway:getNatGateway", values{}},
		"the simulated AWS does not support the argument owner of the lookup " + keyPairLookup:         {keyPairLookup, values{"owner": "a"}},
		"the simulated AWS does not support the filter opt-in of the lookup " + zonesLookup:            {zonesLookup, values{"filters": filterOf("opt-in", "a")}},
		"the simulated AWS does not support the filter key-name of the lookup " + keyPairLookup:        {keyPairLookup, values{"filters": filterOf("key-name", "a")}},
		"the simulated AWS does not support the argument tags of the lookup " + offeringsLookup:        {offeringsLookup, values{"tags": values{}}},
		"the simulated AWS does not support the argument executableUsers of the lookup " + imageLookup: {imageLookup, values{"executableUsers": []any{"self"}}},
	} {
		_, err := w.tryInvoke(ask.token, ask.args)
		require.EqualError(t, err, want)
	}
}

func TestLookups_assumptions(t *testing.T) {
	t.Parallel()
	w := newTestCloudWith(t, Options{AssumeExisting: true}, values{"region": "ap-northeast-1"})
	w.invoke(keyPairLookup, values{"keyName": "aws-ssh-key"})
	image := w.invoke(imageLookup, values{"filters": filterOf("image-id", "ami-0123456789abcdef0")})
	require.Equal(t, "x86_64", image["architecture"])
	require.Equal(t, []string{
		"image ami-0123456789abcdef0 exists in ap-northeast-1, for x86_64 and of 8 GiB", `key pair "aws-ssh-key" exists in ap-northeast-1`,
	}, w.cloud.Assumed())
	require.Empty(t, w.cloud.Inventory())
	_, err := w.tryInvoke(imageLookup, values{"filters": filterOf("image-id", "ami-nonsense")})
	require.Equal(t, "Your query returned no results. Please change your search criteria and try again.", awsError(t, err))
}

// What nobody recorded is assumed, even if no assumptions are made about the account.
func TestLookups_assumptionsAboutAWS(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	parameter := "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
	use := func(w *testCloud, region, code string) {
		w.invoke(zonesLookup, values{})
		w.invoke(offeringsLookup, values{"locationType": "availability-zone", "filters": filterOf("instance-type", "t3.micro")})
		w.invoke(imageLookup, values{"filters": filterOf("image-id", str(w.invoke(parameterLookup, values{"name": parameter}), "insecureValue"))})
		w.invoke(listLookup, values{"name": "com.amazonaws." + region + ".s3"})
		w.invoke(serviceLookup, values{"serviceName": "com.amazonaws." + region + "." + code, "serviceType": "Interface"})
		w.invoke(serviceLookup, values{"serviceName": "com.amazonaws." + region + ".s3", "serviceType": "Gateway"})
	}
	use(w, "ap-northeast-1", "ssm")
	use(w, "ap-northeast-1", "ecr.api")
	services := "ap-northeast-1 and all of its zones have the endpoint services ecr.api, ssm"
	require.Equal(t, []string{services}, w.cloud.Assumed())
	china := w.withConfig(values{"region": "cn-north-1"})
	require.NotEmpty(t, china.invoke(offeringsLookup, values{})["instanceTypes"], "a list of all types relies on none of them")
	use(china, "cn-north-1", "kms")
	require.Equal(t, []string{
		"all zones of cn-north-1 offer the instance type t3.micro",
		services,
		"cn-north-1 and all of its zones have the endpoint services kms",
		"cn-north-1 has the image in the parameter " + parameter,
		"the zones of cn-north-1 are cn-north-1a, cn-north-1b, cn-north-1d",
	}, w.cloud.Assumed())
}
