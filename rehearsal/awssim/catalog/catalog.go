// Package catalog contains what AWS offers in each Region (zones, instance types, endpoint services,
// prefix lists and images) and the account that a simulated AWS starts from.
//
// The catalog is incomplete. What it does not contain, the simulated AWS rejects as nonexistent. The IDs
// of zones, and of prefix lists in most Regions, are made up: they depend on the account or are not known.
//
// Values that the package returns must not be modified.
package catalog

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// Partition is a partition of AWS.
type Partition struct {
	// Name is "aws", "aws-cn" or "aws-us-gov".
	Name string
	// DNSSuffix ends the names of hosts, such as "amazonaws.com".
	DNSSuffix string
	// ReverseDNSPrefix begins the names of endpoint services, such as "com.amazonaws".
	ReverseDNSPrefix string
}

// Zone is an Availability Zone.
type Zone struct {
	Name string // such as "eu-west-1a"
	ID   string // such as "euw1-az1"
}

// InstanceType describes an EC2 instance type.
type InstanceType struct {
	Architectures []string // such as "x86_64"
	EBSOptimized  string   // "unsupported", "supported" or "default"
	VCPUs         int
	MemoryMiB     int
}

// The types of endpoint services.
const (
	Interface = "Interface"
	Gateway   = "Gateway"
)

// Service is a VPC endpoint service.
type Service struct {
	// Type is Interface or Gateway.
	Type string
	// Zones are the names of the zones that have the service. Empty if AWS does not return them, as in
	// GovCloud.
	Zones []string
	// SupportsPolicy is true if AWS is known to accept an endpoint policy.
	SupportsPolicy bool
	// PrefixListID is set for a gateway.
	PrefixListID string
}

// PrefixList is a prefix list that AWS manages.
type PrefixList struct {
	Name string // the name of its service, such as "com.amazonaws.eu-west-1.s3"
	ID   string
}

// Image is an Amazon Machine Image.
type Image struct {
	ID             string
	Name           string
	Architecture   string
	RootGiB        int    // size of the root volume's snapshot
	RootVolumeType string // such as "gp3"
	IMDSv2         bool   // instances require IMDSv2 by default
	Deprecated     bool
	Parameter      string // the public parameter that contains the ID; "" if there is none
}

// Region is what AWS offers in a Region.
type Region struct {
	name, description string
	partition         string
	zones             []Zone
	missingTypes      map[string][]string // patterns of instance types that a zone does not offer, by the zone's letter
	services          map[string][]Service
	images            map[string]Image
}

// Regions returns the names of all Regions, sorted.
func Regions() []string { return slices.Sorted(maps.Keys(data.regions)) }

// LookupRegion returns the Region with this name, and false if the catalog does not contain it.
func LookupRegion(name string) (*Region, bool) {
	region, ok := data.regions[name]
	return region, ok
}

// InstanceTypes returns the names of all instance types, sorted.
func InstanceTypes() []string { return slices.Sorted(maps.Keys(data.types)) }

// LookupInstanceType returns the instance type with this name, and false if the catalog does not contain
// it.
func LookupInstanceType(name string) (InstanceType, bool) {
	instanceType, ok := data.types[name]
	return instanceType, ok
}

// Name returns the name of the Region, such as "eu-west-1".
func (r *Region) Name() string { return r.name }

// Description returns the name that AWS displays, such as "Europe (Ireland)".
func (r *Region) Description() string { return r.description }

// Partition returns the partition of the Region.
func (r *Region) Partition() Partition { return data.partitions[r.partition] }

// Zones returns the zones, sorted by name.
func (r *Region) Zones() []Zone { return r.zones }

// ZoneNames returns the names of the zones, sorted.
func (r *Region) ZoneNames() []string {
	var names []string
	for _, zone := range r.zones {
		names = append(names, zone.Name)
	}
	return names
}

// ZonesOffering returns the names of the zones that offer an instance type, sorted.
func (r *Region) ZonesOffering(instanceType string) []string {
	if _, ok := data.types[instanceType]; !ok {
		return nil
	}
	var zones []string
	for _, zone := range r.zones {
		missing := func(pattern string) bool {
			matches, _ := path.Match(pattern, instanceType) // the patterns are valid: a test says so
			return matches
		}
		if !slices.ContainsFunc(r.missingTypes[strings.TrimPrefix(zone.Name, r.name)], missing) {
			zones = append(zones, zone.Name)
		}
	}
	return zones
}

// ServiceNames returns the names of the endpoint services, such as "com.amazonaws.eu-west-1.ssm", sorted.
func (r *Region) ServiceNames() []string { return slices.Sorted(maps.Keys(r.services)) }

// Services returns the endpoint services with this name: one, none, or one of each type.
func (r *Region) Services(name string) []Service { return r.services[name] }

// PrefixLists returns the prefix lists of the gateway services, sorted by name.
func (r *Region) PrefixLists() []PrefixList {
	var lists []PrefixList
	for _, name := range r.ServiceNames() {
		for _, service := range r.services[name] {
			if service.PrefixListID != "" {
				lists = append(lists, PrefixList{Name: name, ID: service.PrefixListID})
			}
		}
	}
	return lists
}

// Images returns the images, sorted by name and ID in descending order, so that the latest version comes
// first.
func (r *Region) Images() []Image {
	return slices.SortedFunc(maps.Values(r.images), func(a, b Image) int {
		return strings.Compare(b.Name+b.ID, a.Name+a.ID)
	})
}

// LookupImage returns the image with this ID, and false if the Region does not have it.
func (r *Region) LookupImage(id string) (Image, bool) {
	image, ok := r.images[id]
	return image, ok
}
