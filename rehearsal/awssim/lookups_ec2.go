package awssim

import (
	"errors"
	"slices"
)

func getInstanceTypeOfferings(c *call, args values) (values, error) {
	answer := clone(args)
	kind := str(args, "locationType")
	if kind == "" {
		kind = "region"
	}
	types, locations, kinds := []any{}, []any{}, []any{}
	for _, t := range c.offers.instanceTypes() {
		zones := c.offers.ZonesOffering(t)
		if !matchesFilters(args, "instance-type", t) || len(zones) == 0 {
			continue
		}
		if !matchesFilters(args, "instance-type", "") { // a lookup of certain types, not of all
			c.assumeInstanceType(t)
		}
		for _, location := range c.locations(kind, zones) {
			if matchesFilters(args, "location", location) {
				types, locations, kinds = append(types, t), append(locations, location), append(kinds, kind)
			}
		}
	}
	answer["id"], answer["instanceTypes"], answer["locations"], answer["locationTypes"] = c.region, types, locations, kinds
	return answer, nil
}

// locations returns the locations of a location type for these zones.
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
	name := str(args, "instanceType")
	t, ok := c.instanceType(name)
	if !ok {
		return nil, c.ec2Error("reading EC2 Instance Type ("+name+")", "DescribeInstanceTypes", "InvalidInstanceType",
			"The following supplied instance types do not exist: [%s]", name)
	}
	return values{
		"id": name, "instanceType": name, "supportedArchitectures": toList(t.Architectures), "ebsOptimizedSupport": t.EBSOptimized,
		"defaultVcpus": float64(t.VCPUs), "memorySize": float64(t.MemoryMiB), "hypervisor": "nitro", "currentGeneration": true,
	}, nil
}

func getKeyPair(c *call, args values) (values, error) {
	name := str(args, "keyName")
	for _, pair := range c.find(keyPairToken, nil) {
		if str(pair.State, "keyPairId") == str(args, "keyPairId") {
			name = pair.ID
		}
	}
	switch {
	case name == "":
		return nil, errors.New("no matching EC2 Key Pair found")
	case !c.keyPairExists(name):
		return nil, c.ec2Error("reading EC2 Key Pair", "DescribeKeyPairs", "InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name)
	}
	answer := values{
		"keyName": name, "id": "key-0" + hash(name+" "+c.region, 16), "arn": c.arn("ec2", "key-pair/"+name), "keyType": "ed25519",
		"fingerprint": hash(name, 32), "publicKey": "", "createTime": "2026-01-01T00:00:00.000Z", "tags": values{},
	}
	answer["keyPairId"] = answer["id"]
	if pair := c.get(keyPairToken, name); pair != nil {
		answer["id"], answer["keyPairId"] = pair.State["keyPairId"], pair.State["keyPairId"]
		answer["fingerprint"], answer["keyType"] = pair.State["fingerprint"], pair.State["keyType"]
		if boolean(args, "includePublicKey") {
			answer["publicKey"] = pair.State["publicKey"]
		}
	}
	return answer, nil
}

// prefixLists returns the IDs of AWS's prefix lists that match the arguments, by name.
func (c *call) prefixLists(args values, idArgument string) map[string]string {
	found := map[string]string{}
	for _, l := range c.offers.PrefixLists() {
		if (str(args, "name") == "" || str(args, "name") == l.Name) && (str(args, idArgument) == "" || str(args, idArgument) == l.ID) &&
			matchesFilters(args, "prefix-list-name", l.Name) && matchesFilters(args, "prefix-list-id", l.ID) && matchesFilters(args, "owner-id", "AWS") {
			found[l.Name] = l.ID
		}
	}
	return found
}

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
	for _, block := range c.offers.prefixListBlocks(str(answer, "id")) {
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
	answer["cidrBlocks"] = toList(c.offers.prefixListBlocks(str(answer, "id")))
	return answer, nil
}
