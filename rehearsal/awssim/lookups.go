package awssim

import (
	"bastionless/rehearsal/awssim/catalogue"
	"bastionless/rehearsal/awssim/iampolicy"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// lookup is one of the provider's data sources.
type lookup struct {
	arguments []string
	// filters are the names that the argument of that name knows.
	filters []string
	// secret are the properties of the answer that are secret.
	secret []string
	answer func(c *call, args values) (values, error)
}

// lookups are all that the simulated AWS knows, by token.
var lookups = map[string]lookup{
	"aws:index/getCallerIdentity:getCallerIdentity": {[]string{"id"}, nil, nil, getCallerIdentity},
	"aws:index/getRegion:getRegion":                 {[]string{"endpoint", "id", "name"}, nil, nil, getRegion},
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
	"aws:ec2/getKeyPair:getKeyPair": {[]string{"filters", "includePublicKey", "keyName", "keyPairId"}, nil, nil, getKeyPair},
	"aws:ec2/getManagedPrefixList:getManagedPrefixList": {
		[]string{"filters", "id", "name"}, []string{"prefix-list-id", "prefix-list-name", "owner-id"}, nil, getManagedPrefixList,
	},
	"aws:ec2/getPrefixList:getPrefixList": {
		[]string{"filters", "name", "prefixListId"}, []string{"prefix-list-id", "prefix-list-name"}, nil, getPrefixList,
	},
	"aws:ec2/getAmi:getAmi": {
		[]string{"filters", "includeDeprecated", "mostRecent", "nameRegex", "owners"}, slices.Sorted(maps.Keys(imageFilters)), nil, getAmi,
	},
	// The stricter reading: the provider marks the value of every parameter a secret.
	"aws:ssm/getParameter:getParameter": {[]string{"name", "withDecryption"}, nil, []string{"value"}, getParameter},
}

// checkArguments refuses arguments and filters that the simulation does not know, rather than ignore them.
func (l lookup) checkArguments(token string, args values) error {
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if args[name] != nil && !slices.Contains(l.arguments, name) {
			return fmt.Errorf("the simulated AWS does not know the argument %s of the lookup %s", name, token)
		}
	}
	filters, _ := args["filters"].([]any)
	for _, f := range filters {
		f, _ := f.(values)
		if name := text(f, "name"); !slices.Contains(l.filters, name) {
			return fmt.Errorf("the simulated AWS does not know the filter %s of the lookup %s", name, token)
		}
	}
	return nil
}

// passes says whether something of a property passes the filters of this name, if there are any. AWS knows "*" and "?".
func passes(args values, name, property string) bool {
	filters, _ := args["filters"].([]any)
	for _, f := range filters {
		f, _ := f.(values)
		if text(f, "name") != name {
			continue
		}
		if !slices.ContainsFunc(list(f, "values"), func(pattern string) bool { return iampolicy.MatchWildcard(pattern, property) }) {
			return false
		}
	}
	return true
}

func getCallerIdentity(c *call, _ values) (values, error) {
	return values{
		"accountId": c.account(), "id": c.account(), "userId": "AROASIMULATEDDEPLOYER:" + deployer,
		"arn": "arn:" + c.partition + ":sts::" + c.account() + ":assumed-role/" + deployer + "/" + deployer,
	}, nil
}

func getRegion(c *call, args values) (values, error) {
	endpointOf := func(region *catalogue.Region) string {
		return "ec2." + region.Name() + "." + region.Partition().DNSSuffix
	}
	name := c.region
	if wanted := text(args, "endpoint"); wanted != "" {
		name = ""
		for _, other := range catalogue.Regions() {
			if region, _ := catalogue.LookupRegion(other); endpointOf(region) == wanted {
				name = other
			}
		}
		if name == "" {
			return nil, fmt.Errorf("region not found for endpoint %q", wanted)
		}
		if also := text(args, "name"); also != "" && also != name {
			return nil, errors.New("multiple Regions matched; use additional constraints to reduce matches to a single Region")
		}
	} else if wanted := text(args, "name"); wanted != "" {
		name = wanted
	}
	region, ok := catalogue.LookupRegion(name)
	if !ok {
		return nil, fmt.Errorf("region not found for name %q", name)
	}
	return values{"name": name, "id": name, "description": region.Description(), "endpoint": endpointOf(region)}, nil
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
	names, ids := []any{}, []any{}
	for _, zone := range c.offers.Zones() {
		properties := map[string]string{
			"group-name": c.region, "opt-in-status": "opt-in-not-required", "region-name": c.region, "state": "available",
			"zone-id": zone.ID, "zone-name": zone.Name, "zone-type": "availability-zone",
		}
		fits := !slices.Contains(list(args, "excludeNames"), zone.Name) && !slices.Contains(list(args, "excludeZoneIds"), zone.ID) &&
			(text(args, "state") == "" || text(args, "state") == "available")
		for name, property := range properties {
			fits = fits && passes(args, name, property)
		}
		if fits {
			names, ids = append(names, zone.Name), append(ids, zone.ID)
		}
	}
	answer["names"], answer["zoneIds"], answer["groupNames"] = names, ids, []any{c.region}
	return answer, nil
}

func getParameter(c *call, args values) (values, error) {
	name := text(args, "name")
	if name == "" {
		return nil, worded(`Missing required argument. The argument "name" is required, but no definition was found.`)
	}
	for _, image := range c.offers.Images() {
		if image.Parameter == name {
			return values{
				"name": name, "id": name, "type": "String", "value": image.ID, "insecureValue": image.ID, "version": float64(1),
				"arn": "arn:" + c.partition + ":ssm:" + c.region + "::parameter" + name, "withDecryption": args["withDecryption"],
			}, nil
		}
	}
	return nil, fmt.Errorf("reading SSM Parameter (%s): couldn't find resource", name)
}
