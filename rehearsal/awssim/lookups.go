package awssim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// lookup is one of the provider's data sources.
type lookup struct {
	arguments []string
	// secret are the properties of the answer that are secret.
	secret []string
	answer func(c *call, args values) (values, error)
}

// lookups are all that the simulated AWS knows, by token.
var lookups = map[string]lookup{
	"aws:index/getCallerIdentity:getCallerIdentity":             {[]string{"id"}, nil, getCallerIdentity},
	"aws:index/getRegion:getRegion":                             {[]string{"endpoint", "id", "name"}, nil, getRegion},
	"aws:index/getPartition:getPartition":                       {[]string{"id"}, nil, getPartition},
	"aws:index/getAvailabilityZones:getAvailabilityZones":       {[]string{"filters", "state"}, nil, getAvailabilityZones},
	"aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": {[]string{"filters", "locationType"}, nil, getInstanceTypeOfferings},
	"aws:ec2/getInstanceType:getInstanceType":                   {[]string{"instanceType"}, nil, getInstanceType},
	"aws:ec2/getVpcEndpointService:getVpcEndpointService":       {[]string{"service", "serviceName", "serviceType"}, nil, getVpcEndpointService},
	"aws:ec2/getKeyPair:getKeyPair":                             {[]string{"keyName"}, nil, getKeyPair},
	"aws:ec2/getManagedPrefixList:getManagedPrefixList":         {[]string{"name"}, nil, getManagedPrefixList},
	"aws:ec2/getAmi:getAmi":                                     {[]string{"filters", "includeDeprecated"}, nil, getAmi},
	// The stricter reading: the provider marks the value of every parameter a secret.
	"aws:ssm/getParameter:getParameter": {[]string{"name", "withDecryption"}, []string{"value"}, getParameter},
}

// checkArguments refuses arguments that the simulation does not know, rather than ignore them.
func (l lookup) checkArguments(token string, args values) error {
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if args[name] != nil && !slices.Contains(l.arguments, name) {
			return fmt.Errorf("the simulated AWS does not know the argument %s of the lookup %s", name, token)
		}
	}
	return nil
}

// filter returns the values of the filter of this name, and whether there is one.
func filter(args values, name string) ([]string, bool) {
	filters, _ := args["filters"].([]any)
	for _, f := range filters {
		if f, ok := f.(values); ok && text(f, "name") == name {
			return list(f, "values"), true
		}
	}
	return nil, false
}

func getCallerIdentity(c *call, _ values) (values, error) {
	return values{
		"accountId": c.account(), "id": c.account(), "userId": "AROASIMULATEDDEPLOYER:deployer",
		"arn": "arn:" + c.partition + ":sts::" + c.account() + ":assumed-role/deployer/deployer",
	}, nil
}

func getRegion(c *call, args values) (values, error) {
	name := c.region
	if wanted := text(args, "name"); wanted != "" {
		name = wanted
	}
	region := account.Regions[name]
	if region == nil {
		return nil, fmt.Errorf("region not found for name %q", name)
	}
	return values{
		"name": name, "id": name, "description": region.Description,
		"endpoint": "ec2." + name + "." + account.Partitions[region.Partition].DNSSuffix,
	}, nil
}

func getPartition(c *call, _ values) (values, error) {
	return values{
		"id": c.partition, "partition": c.partition, "dnsSuffix": c.dnsSuffix,
		"reverseDnsPrefix": account.Partitions[c.partition].ReverseDNSPrefix,
	}, nil
}

func getAvailabilityZones(c *call, args values) (values, error) {
	answer := clone(args)
	answer["id"] = c.region
	names, ids := []any{}, []any{}
	kinds, filtered := filter(args, "zone-type")
	for _, zone := range c.offers().Zones {
		if !filtered || slices.Contains(kinds, "availability-zone") {
			names, ids = append(names, zone.Name), append(ids, zone.ID)
		}
	}
	answer["names"], answer["zoneIds"], answer["groupNames"] = names, ids, []any{c.region}
	return answer, nil
}

func getInstanceTypeOfferings(c *call, args values) (values, error) {
	answer := clone(args)
	wanted, filtered := filter(args, "instance-type")
	if !filtered || text(args, "locationType") != "availability-zone" {
		return nil, fmt.Errorf("the simulated AWS lists offerings by availability-zone, for instance types that a filter names")
	}
	types, locations, kinds := []any{}, []any{}, []any{}
	for _, t := range wanted {
		for _, zone := range c.offers().offering(t) {
			types, locations, kinds = append(types, t), append(locations, zone), append(kinds, "availability-zone")
		}
	}
	answer["id"], answer["instanceTypes"], answer["locations"], answer["locationTypes"] = c.region, types, locations, kinds
	return answer, nil
}

func getInstanceType(c *call, args values) (values, error) {
	name := text(args, "instanceType")
	t, ok := account.InstanceTypes[name]
	if !ok {
		return nil, c.ec2("reading EC2 Instance Type ("+name+")", "DescribeInstanceTypes", "InvalidInstanceType",
			"The following supplied instance types do not exist: [%s]", name)
	}
	return values{
		"id": name, "instanceType": name, "supportedArchitectures": anys(t.Architectures), "ebsOptimizedSupport": t.EBSOptimized,
		"defaultVcpus": float64(t.VCPUs), "memorySize": float64(t.MemoryMiB), "hypervisor": "nitro", "currentGeneration": true,
	}, nil
}

func getVpcEndpointService(c *call, args values) (values, error) {
	name := text(args, "serviceName")
	if service := text(args, "service"); service != "" {
		name = "com.amazonaws." + c.region + "." + service
	}
	services := c.offers().Services[name]
	if len(services) == 0 {
		return nil, c.ec2("reading EC2 VPC Endpoint Services", "DescribeVpcEndpointServices", "InvalidServiceName",
			"The Vpc Endpoint Service '%s' does not exist", name)
	}
	if kind := text(args, "serviceType"); kind != "" {
		services = slices.DeleteFunc(slices.Clone(services), func(s fixtureService) bool { return s.Type != kind })
	}
	switch len(services) {
	case 0:
		return nil, errors.New("no matching EC2 VPC Endpoint Service found")
	case 1:
		return describeService(c, name, services[0], args), nil
	}
	return nil, errors.New("multiple EC2 VPC Endpoint Services matched; use additional constraints to reduce matches to a single " +
		"EC2 VPC Endpoint Service")
}

func describeService(c *call, name string, service fixtureService, args values) values {
	answer := clone(args)
	short := serviceCode(name)
	id := "vpce-svc-0" + c.hash(name+service.Type, 16)
	private, privates := "", []any{}
	if service.Type == "Interface" {
		private = privateCode(short) + "." + c.region + "." + c.dnsSuffix
		privates = append(privates, private)
	}
	maps.Copy(answer, values{
		"acceptanceRequired": false, "arn": "arn:" + c.partition + ":ec2:" + c.region + ":" + c.account() + ":vpc-endpoint-service/" + id,
		"availabilityZones": anys(service.Zones), "baseEndpointDnsNames": []any{short + "." + c.region + ".vpce." + c.dnsSuffix},
		"id": c.hash(name, 10), "managesVpcEndpoints": false, "owner": "amazon", "privateDnsName": private,
		"privateDnsNames": privates, "region": c.region, "serviceId": id, "serviceName": name,
		"serviceType": service.Type, "supportedIpAddressTypes": []any{"ipv4"}, "tags": values{}, "vpcEndpointPolicySupported": service.Policies,
	})
	return answer
}

// serviceCode is what follows the Region in the name of an endpoint service.
func serviceCode(name string) string {
	_, rest, _ := strings.Cut(name, "amazonaws.")
	_, code, _ := strings.Cut(rest, ".")
	return code
}

func getKeyPair(c *call, args values) (values, error) {
	name := text(args, "keyName")
	if !c.keyPairExists(name) {
		return nil, c.ec2("reading EC2 Key Pair", "DescribeKeyPairs", "InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name)
	}
	return values{
		"keyName": name, "id": "key-0" + c.hash(name, 16), "arn": c.arn("ec2", "key-pair/"+name), "keyType": "ed25519",
		"fingerprint": c.hash(name, 32), "publicKey": "", "createTime": "2026-01-01T00:00:00.000Z", "tags": values{},
	}, nil
}

func getManagedPrefixList(c *call, args values) (values, error) {
	name := text(args, "name")
	service, _ := c.offers().service(name, "Gateway")
	if service.PrefixList == "" {
		return nil, fmt.Errorf("no matching EC2 Managed Prefix List found")
	}
	return values{
		"name": name, "id": service.PrefixList, "addressFamily": "IPv4", "maxEntries": float64(0), "version": float64(0), "ownerId": "AWS",
		"arn":     "arn:" + c.partition + ":ec2:" + c.region + ":aws:prefix-list/" + service.PrefixList,
		"entries": []any{values{"cidr": "52.219.0.0/20", "description": ""}}, "tags": values{},
	}, nil
}

func getAmi(c *call, args values) (values, error) {
	ids, _ := filter(args, "image-id")
	if len(ids) != 1 {
		return nil, fmt.Errorf("the simulated AWS finds images by one image-id in a filter")
	}
	id := ids[0]
	image, ok := c.image(id)
	if !ok || image.Deprecated && !flag(args, "includeDeprecated") {
		return nil, fmt.Errorf("Your query returned no results. Please change your search criteria and try again.")
	}
	answer := clone(args)
	imds := ""
	if image.IMDSv2 {
		imds = "v2.0"
	}
	maps.Copy(answer, values{
		"id": id, "imageId": id, "name": image.Name, "architecture": image.Architecture, "rootDeviceName": rootDevice, "rootDeviceType": "ebs",
		"imdsSupport": imds, "ownerId": "137112412989", "state": "available", "public": true, "virtualizationType": "hvm",
		"arn": "arn:" + c.partition + ":ec2:" + c.region + "::image/" + id,
		"blockDeviceMappings": []any{values{"deviceName": rootDevice, "noDevice": "", "virtualName": "", "ebs": values{
			"volume_size": fmt.Sprint(image.GiB), "volume_type": "gp2", "delete_on_termination": "true", "encrypted": "false",
			"snapshot_id": "snap-0" + c.hash(id, 16), "iops": "0", "throughput": "0",
		}}},
		"creationDate": "2026-11-10T00:00:00.000Z", "deprecationTime": "", "description": image.Name, "enaSupport": true, "hypervisor": "xen",
		"imageLocation": "amazon/" + image.Name, "imageOwnerAlias": "amazon", "imageType": "machine", "kernelId": "", "platform": "",
		"platformDetails": "Linux/UNIX", "productCodes": []any{}, "ramdiskId": "", "rootSnapshotId": "snap-0" + c.hash(id, 16),
		"sriovNetSupport": "simple", "stateReason": values{}, "tags": values{}, "tpmSupport": "", "usageOperation": "RunInstances",
		"bootMode": "", "lastLaunchedTime": "",
	})
	return answer, nil
}

func getParameter(c *call, args values) (values, error) {
	name := text(args, "name")
	for id, image := range c.offers().Images {
		if image.Parameter == name {
			return values{
				"name": name, "id": name, "type": "String", "value": id, "insecureValue": id, "version": float64(1),
				"arn": "arn:" + c.partition + ":ssm:" + c.region + "::parameter" + name, "withDecryption": args["withDecryption"],
			}, nil
		}
	}
	return nil, fmt.Errorf("reading SSM Parameter (%s): couldn't find resource", name)
}
