package awssim

import (
	"bastionless/rehearsal/awssim/catalogue"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

func getInstanceTypeOfferings(c *call, args values) (values, error) {
	answer := clone(args)
	kind := text(args, "locationType")
	if kind == "" {
		kind = "region"
	}
	types, locations, kinds := []any{}, []any{}, []any{}
	for _, t := range catalogue.InstanceTypes() {
		zones := c.offers.ZonesOffering(t)
		if !passes(args, "instance-type", t) || len(zones) == 0 {
			continue
		}
		for _, location := range c.locations(kind, zones) {
			if passes(args, "location", location) {
				types, locations, kinds = append(types, t), append(locations, location), append(kinds, kind)
			}
		}
	}
	answer["id"], answer["instanceTypes"], answer["locations"], answer["locationTypes"] = c.region, types, locations, kinds
	return answer, nil
}

// locations are zones in the form that is asked for.
func (c *call) locations(kind string, zones []string) []string {
	switch kind {
	case "region":
		return []string{c.region}
	case "availability-zone-id":
		var ids []string
		for _, zone := range c.offers.Zones() {
			if slices.Contains(zones, zone.Name) {
				ids = append(ids, zone.ID)
			}
		}
		return ids
	}
	return zones
}

func getInstanceType(c *call, args values) (values, error) {
	name := text(args, "instanceType")
	t, ok := catalogue.LookupInstanceType(name)
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
	service := text(args, "service")
	switch {
	case service != "" && name != "":
		return nil, errors.New(`"service": conflicts with service_name`)
	case service != "":
		// So in every partition, though China has other names for some services.
		name = "com.amazonaws." + c.region + "." + service
	case name == "":
		return c.filterServices(args)
	}
	services := slices.DeleteFunc(slices.Clone(c.offers.Services(name)), func(s catalogue.Service) bool {
		return !passes(args, "service-name", name) || !passes(args, "service-type", s.Type)
	})
	if len(c.offers.Services(name)) == 0 {
		return nil, c.ec2("reading EC2 VPC Endpoint Services", "DescribeVpcEndpointServices", "InvalidServiceName",
			"The Vpc Endpoint Service '%s' does not exist", name)
	}
	if kind := text(args, "serviceType"); kind != "" {
		services = slices.DeleteFunc(slices.Clone(services), func(s catalogue.Service) bool { return s.Type != kind })
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

// filterServices finds a service by filters alone.
func (c *call) filterServices(args values) (values, error) {
	var found []string
	for _, name := range c.offers.ServiceNames() {
		if passes(args, "service-name", name) {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return nil, errors.New("no matching EC2 VPC Endpoint Service found")
	case 1:
		named := clone(args)
		named["serviceName"] = found[0]
		return getVpcEndpointService(c, named)
	}
	return nil, errors.New("multiple EC2 VPC Endpoint Services matched; use additional constraints to reduce matches to a single " +
		"EC2 VPC Endpoint Service")
}

func describeService(c *call, name string, service catalogue.Service, args values) values {
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
		"serviceType": service.Type, "supportedIpAddressTypes": []any{"ipv4"}, "tags": values{}, "vpcEndpointPolicySupported": service.SupportsPolicy,
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
	for _, pair := range c.all(keyPairToken, nil) {
		if text(pair.State, "keyPairId") == text(args, "keyPairId") {
			name = pair.ID
		}
	}
	switch {
	case name == "":
		return nil, errors.New("no matching EC2 Key Pair found")
	case !c.keyPairExists(name):
		return nil, c.ec2("reading EC2 Key Pair", "DescribeKeyPairs", "InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name)
	}
	answer := values{
		"keyName": name, "id": "key-0" + c.hash(name+" "+c.region, 16), "arn": c.arn("ec2", "key-pair/"+name), "keyType": "ed25519",
		"fingerprint": c.hash(name, 32), "publicKey": "", "createTime": "2026-01-01T00:00:00.000Z", "tags": values{},
	}
	answer["keyPairId"] = answer["id"]
	if pair := c.get(keyPairToken, name); pair != nil {
		answer["id"], answer["keyPairId"] = pair.State["keyPairId"], pair.State["keyPairId"]
		answer["fingerprint"], answer["keyType"] = pair.State["fingerprint"], pair.State["keyType"]
		if flag(args, "includePublicKey") {
			answer["publicKey"] = pair.State["publicKey"]
		}
	}
	return answer, nil
}

// prefixLists are AWS's own in the Region that pass the arguments: names and ids.
func (c *call) prefixLists(args values, idArgument string) map[string]string {
	found := map[string]string{}
	for _, l := range c.offers.PrefixLists() {
		if (text(args, "name") == "" || text(args, "name") == l.Name) && (text(args, idArgument) == "" || text(args, idArgument) == l.ID) &&
			passes(args, "prefix-list-name", l.Name) && passes(args, "prefix-list-id", l.ID) && passes(args, "owner-id", "AWS") {
			found[l.Name] = l.ID
		}
	}
	return found
}

// prefixListBlocks stand for what AWS's lists hold, which changes.
var prefixListBlocks = []string{"52.219.0.0/20"}

func getManagedPrefixList(c *call, args values) (values, error) {
	found := c.prefixLists(args, "id")
	switch {
	case len(found) == 0:
		return nil, errors.New("no matching EC2 Managed Prefix List found")
	case len(found) > 1:
		return nil, errors.New("multiple EC2 Managed Prefix Lists matched; use additional constraints to reduce matches to a single " +
			"EC2 Managed Prefix List")
	}
	answer := values{"addressFamily": "IPv4", "maxEntries": 0.0, "version": 0.0, "ownerId": "AWS", "tags": values{}}
	for name, id := range found {
		answer["name"], answer["id"], answer["arn"] = name, id, "arn:"+c.partition+":ec2:"+c.region+":aws:prefix-list/"+id
	}
	entries := []any{}
	for _, block := range prefixListBlocks {
		entries = append(entries, values{"cidr": block, "description": ""})
	}
	answer["entries"] = entries
	return answer, nil
}

func getPrefixList(c *call, args values) (values, error) {
	found := c.prefixLists(args, "prefixListId")
	switch {
	case len(found) == 0:
		return nil, errors.New("no matching EC2 Prefix List found")
	case len(found) > 1:
		return nil, errors.New("multiple EC2 Prefix Lists matched; use additional constraints to reduce matches to a single EC2 Prefix List")
	}
	answer := clone(args)
	for name, id := range found {
		answer["name"], answer["id"], answer["prefixListId"] = name, id, id
	}
	answer["cidrBlocks"] = anys(prefixListBlocks)
	return answer, nil
}

// imageFilters are the filters of images that the simulated AWS knows.
var imageFilters = map[string]func(catalogue.Image) string{
	"image-id":            func(image catalogue.Image) string { return image.ID },
	"name":                func(image catalogue.Image) string { return image.Name },
	"architecture":        func(image catalogue.Image) string { return image.Architecture },
	"owner-alias":         func(catalogue.Image) string { return "amazon" },
	"owner-id":            func(catalogue.Image) string { return amazonImages },
	"root-device-type":    func(catalogue.Image) string { return "ebs" },
	"state":               func(catalogue.Image) string { return "available" },
	"virtualization-type": func(catalogue.Image) string { return "hvm" },
}

// amazonImages is the account of Amazon Linux's images.
const amazonImages = "137112412989"

func getAmi(c *call, args values) (values, error) {
	pattern, err := regexp.Compile(text(args, "nameRegex"))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, id := range c.candidates(args) {
		image, ok := c.image(id)
		fits := ok && (!image.Deprecated || flag(args, "includeDeprecated")) && pattern.MatchString(image.Name)
		if owners := list(args, "owners"); len(owners) > 0 {
			fits = fits && (slices.Contains(owners, "amazon") || slices.Contains(owners, amazonImages))
		}
		for name, property := range imageFilters {
			fits = fits && passes(args, name, property(image))
		}
		if fits {
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 0:
		return nil, worded("Your query returned no results. Please change your search criteria and try again.")
	case len(found) > 1 && !flag(args, "mostRecent"):
		return nil, worded("Your query returned more than one result. Please try a more specific search criteria, or set " +
			"`most_recent` attribute to true.")
	}
	image, _ := c.image(found[0])
	return c.describeImage(found[0], image, args), nil
}

// candidates are the images of the Region, the newest first, and those that a filter names and that may be assumed.
func (c *call) candidates(args values) []string {
	var ids []string
	for _, image := range c.offers.Images() {
		ids = append(ids, image.ID)
	}
	filters, _ := args["filters"].([]any)
	for _, f := range filters {
		if f, _ := f.(values); text(f, "name") == "image-id" {
			for _, id := range list(f, "values") {
				if !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

func (c *call) describeImage(id string, image catalogue.Image, args values) values {
	answer := clone(args)
	imds := ""
	if image.IMDSv2 {
		imds = "v2.0"
	}
	maps.Copy(answer, values{
		"id": id, "imageId": id, "name": image.Name, "architecture": image.Architecture, "rootDeviceName": rootDevice, "rootDeviceType": "ebs",
		"imdsSupport": imds, "ownerId": amazonImages, "state": "available", "public": true, "virtualizationType": "hvm",
		"arn": "arn:" + c.partition + ":ec2:" + c.region + "::image/" + id,
		"blockDeviceMappings": []any{values{"deviceName": rootDevice, "noDevice": "", "virtualName": "", "ebs": values{
			"volume_size": fmt.Sprint(image.RootGiB), "volume_type": imageVolume(image), "delete_on_termination": "true", "encrypted": "false",
			"snapshot_id": "snap-0" + c.hash(id, 16), "iops": "0", "throughput": "0",
		}}},
		"creationDate": "2026-11-10T00:00:00.000Z", "deprecationTime": "", "description": image.Name, "enaSupport": true, "hypervisor": "xen",
		"imageLocation": "amazon/" + image.Name, "imageOwnerAlias": "amazon", "imageType": "machine", "kernelId": "", "platform": "",
		"platformDetails": "Linux/UNIX", "productCodes": []any{}, "ramdiskId": "", "rootSnapshotId": "snap-0" + c.hash(id, 16),
		"sriovNetSupport": "simple", "stateReason": values{}, "tags": values{}, "tpmSupport": "", "usageOperation": "RunInstances",
		"bootMode": "", "lastLaunchedTime": "",
	})
	return answer
}
