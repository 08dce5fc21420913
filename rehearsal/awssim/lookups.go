package awssim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/catalog"
	"bastionless/rehearsal/awssim/iampolicy"
)

// lookup is a data source of the provider.
type lookup struct {
	arguments []string
	// filters are the names of filters that the argument "filters" accepts.
	filters []string
	// secret are the names of the secret properties in the answer.
	secret []string
	invoke func(c *call, args values) (values, error)
}

// lookups are the lookups that the simulated AWS supports, by token.
var lookups = map[string]lookup{
	"aws:index/getCallerIdentity:getCallerIdentity": {[]string{"id"}, nil, nil, getCallerIdentity},
	"aws:index/getRegion:getRegion":                 {[]string{"endpoint", "id", regionArgument}, nil, nil, getRegion},
	"aws:index/getPartition:getPartition":           {[]string{"id"}, nil, nil, getPartition},
	"aws:index/getAvailabilityZones:getAvailabilityZones": {
		[]string{"allAvailabilityZones", "excludeNames", "excludeZoneIds", "filters", "state"},
		[]string{"group-name", "opt-in-status", "region-name", "state", "zone-id", "zone-name", "zone-type"},
		nil, getAvailabilityZones,
	},
	"aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": {
		[]string{"filters", "locationType"}, []string{"instance-type", "location"}, nil, getInstanceTypeOfferings,
	},
	"aws:ec2/getInstanceType:getInstanceType": {[]string{"instanceType"}, nil, nil, getInstanceType},
	"aws:ec2/getVpcEndpointService:getVpcEndpointService": {
		[]string{"filters", "service", "serviceName", "serviceType"}, []string{"service-name", "service-type"}, nil, getVpcEndpointService,
	},
	"aws:ebs/getEncryptionByDefault:getEncryptionByDefault": {[]string{"id"}, nil, nil, getEncryptionByDefault},
	"aws:ec2/getKeyPair:getKeyPair":                         {[]string{"filters", "includePublicKey", "keyName", "keyPairId"}, nil, nil, getKeyPair},
	"aws:ec2/getManagedPrefixList:getManagedPrefixList": {
		[]string{"filters", "id", "name"}, []string{"prefix-list-id", "prefix-list-name", "owner-id"}, nil, getManagedPrefixList,
	},
	"aws:ec2/getPrefixList:getPrefixList": {
		[]string{"filters", "name", "prefixListId"}, []string{"prefix-list-id", "prefix-list-name"}, nil, getPrefixList,
	},
	"aws:ec2/getAmi:getAmi": {
		[]string{"filters", "includeDeprecated", "mostRecent", "nameRegex", "owners"}, slices.Sorted(maps.Keys(imageFilters)), nil, getAmi,
	},
	// That the value of every parameter is secret is the stricter interpretation.
	"aws:ssm/getParameter:getParameter": {[]string{"name", "withDecryption"}, nil, []string{"value"}, getParameter},
}

// checkArguments returns an error for arguments and filters that the simulated AWS does not support.
func (l lookup) checkArguments(token string, args values) error {
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if args[name] != nil && !slices.Contains(l.arguments, name) {
			return fmt.Errorf("the simulated AWS does not support the argument %s of the lookup %s", name, token)
		}
		if path := findAsset(name, args[name]); path != "" {
			return fmt.Errorf("the simulated AWS supports no assets and archives: set the argument %s of the lookup %s to a string", path, token)
		}
	}
	filters, _ := args["filters"].([]any)
	for _, f := range filters {
		f, _ := f.(values)
		name := str(f, "name")
		byTag := strings.HasPrefix(name, "tag:") && slices.Contains(l.filters, "tag-key")
		if !byTag && !slices.Contains(l.filters, name) {
			return fmt.Errorf("the simulated AWS does not support the filter %s of the lookup %s", name, token)
		}
	}
	return nil
}

// matchesFilters reports whether a property matches all filters with this name. The values of a filter may
// contain wildcards.
func matchesFilters(args values, name, property string) bool {
	filters, _ := args["filters"].([]any)
	for _, f := range filters {
		f, _ := f.(values)
		if str(f, "name") != name {
			continue
		}
		if !slices.ContainsFunc(strList(f, "values"), func(pattern string) bool { return iampolicy.MatchWildcard(pattern, property) }) {
			return false
		}
	}
	return true
}

func getCallerIdentity(c *call, _ values) (values, error) {
	return values{
		"accountId": c.account, "id": c.account, "userId": "AROASIMULATEDDEPLOYER:" + deployer,
		"arn": "arn:" + c.partition + ":sts::" + c.account + ":assumed-role/" + deployer + "/" + deployer,
	}, nil
}

func getRegion(c *call, args values) (values, error) {
	endpointOf := func(region *catalog.Region) string {
		return "ec2." + region.Name() + "." + region.Partition().DNSSuffix
	}
	name := c.region
	if endpoint := str(args, "endpoint"); endpoint != "" {
		name = ""
		for _, other := range catalog.Regions() {
			if region, _ := catalog.LookupRegion(other); endpointOf(region) == endpoint {
				name = other
			}
		}
		if name == "" {
			return nil, fmt.Errorf("region not found for endpoint %q", endpoint)
		}
		if other := str(args, regionArgument); other != "" && other != name {
			return nil, errors.New("multiple Regions matched; use additional constraints to reduce matches to a single Region")
		}
	} else if other := str(args, regionArgument); other != "" {
		name = other
	}
	region, ok := catalog.LookupRegion(name)
	if !ok {
		return nil, fmt.Errorf("region not found for name %q", name)
	}
	return values{regionArgument: name, "id": name, "description": region.Description(), "endpoint": endpointOf(region)}, nil
}

func getPartition(c *call, _ values) (values, error) {
	return values{
		"id": c.partition, "partition": c.partition, "dnsSuffix": c.dnsSuffix,
		"reverseDnsPrefix": c.offers.Partition().ReverseDNSPrefix,
	}, nil
}

func getAvailabilityZones(c *call, args values) (values, error) {
	answer := clone(args)
	answer["id"] = c.region
	c.assumeZones()
	names, ids := []any{}, []any{}
	for _, zone := range c.offers.allZones() {
		properties := map[string]string{
			"group-name": c.region, "opt-in-status": "opt-in-not-required", "region-name": c.region, "state": zone.State,
			"zone-id": zone.ZoneId, "zone-name": zone.ZoneName, "zone-type": zone.ZoneType,
		}
		if zone.ZoneType != availabilityZone {
			properties["opt-in-status"] = "opted-in" // AWS returns no other Local Zones and Wavelength Zones
		}
		fits := !slices.Contains(strList(args, "excludeNames"), zone.ZoneName) &&
			!slices.Contains(strList(args, "excludeZoneIds"), zone.ZoneId) &&
			(str(args, "state") == "" || str(args, "state") == zone.State)
		for name, property := range properties {
			fits = fits && matchesFilters(args, name, property)
		}
		if fits {
			names, ids = append(names, zone.ZoneName), append(ids, zone.ZoneId)
		}
	}
	answer["names"], answer["zoneIds"], answer["groupNames"] = names, ids, []any{c.region}
	return answer, nil
}

func getParameter(c *call, args values) (values, error) {
	name := str(args, "name")
	if name == "" {
		return nil, verbatim(`Missing required argument. The argument "name" is required, but no definition was found.`)
	}
	image, ok := c.offers.ImageParameter(name)
	if !ok {
		return nil, fmt.Errorf("reading SSM Parameter (%s): couldn't find resource", name)
	}
	c.assumeParameter(name)
	return values{
		"name": name, "id": name, "type": "String", "value": image, "insecureValue": image, "version": float64(1),
		"arn": "arn:" + c.partition + ":ssm:" + c.region + "::parameter" + name, "withDecryption": args["withDecryption"],
	}, nil
}
