// Package catalog contains what AWS offers in each Region (zones, instance types, endpoint services, prefix lists and
// images), the AWS managed policies, and the account that a simulated AWS starts from.
//
// Most of it is recorded: recorded.json.gz contains answers of AWS, with their source, version and date, and is
// written by record.py. facts.go contains what is recorded nowhere. What nobody recorded, the catalog assumes, and
// says so: see Unrecorded and Service. What it does not contain, the simulated AWS rejects as nonexistent.
//
// Values that the package returns must not be modified.
package catalog

import (
	"maps"
	"slices"
)

// Source is a package from which recorded.json.gz was written.
type Source struct {
	Package, Version string
	Date             string // of its release, such as "2026-05-10"
}

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
	// Zones are the names of the zones that have the service. Empty if they are unknown, or if AWS does not return
	// them, as in GovCloud.
	Zones []string
	// Unrecorded is true if only the code of the service is recorded. That the Region has it, and in which zones,
	// is assumed.
	Unrecorded bool
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
	RootDevice     string // name of the root device. Empty: that of Amazon Linux
	State          string // empty: "available"
	Platform       string // "windows", or empty for Linux
}

// Region is what AWS offers in a Region.
type Region struct {
	name, description string
	partition         Partition
	zones             []Zone
	instanceTypes     map[string][]string // names of the zones that offer a type
	services          map[string][]Service
	images            []Image
	imageParameters   map[string]string // image IDs
	unrecorded        Unrecorded
}

// Unrecorded says which offers of a Region nobody recorded, so that the catalog assumes them.
type Unrecorded struct {
	// Zones: only their IDs are recorded. The name of a zone whose ID ends in 1 ends in "a".
	Zones bool
	// InstanceTypes: every zone offers every instance type.
	InstanceTypes bool
	// Images: the Region has the images and parameters of us-east-1, with other IDs.
	Images bool
}

// Sources returns the packages from which recorded.json.gz was written.
func Sources() []Source { return data().sources }

// ManagedPolicies returns the AWS managed policies that a role can have, by path and name such as
// "service-role/AmazonEC2RoleforSSM", sorted. It has those of the partition aws: nobody recorded those of others.
func ManagedPolicies() []string { return data().policies }

// Regions returns the names of all Regions, sorted.
func Regions() []string { return slices.Sorted(maps.Keys(data().regions)) }

// LookupRegion returns the Region with this name, and false if the catalog does not contain it.
func LookupRegion(name string) (*Region, bool) {
	region, ok := data().regions[name]
	if !ok {
		return nil, false
	}
	return region(), true
}

// InstanceTypes returns the names of all instance types, sorted.
func InstanceTypes() []string { return slices.Sorted(maps.Keys(data().types)) }

// LookupInstanceType returns the instance type with this name, and false if the catalog does not contain
// it.
func LookupInstanceType(name string) (InstanceType, bool) {
	instanceType, ok := data().types[name]
	return instanceType, ok
}

// Name returns the name of the Region, such as "eu-west-1".
func (r *Region) Name() string { return r.name }

// Description returns the name that AWS displays, such as "Europe (Ireland)".
func (r *Region) Description() string { return r.description }

// Partition returns the partition of the Region.
func (r *Region) Partition() Partition { return r.partition }

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
	return r.instanceTypes[instanceType]
}

// Unrecorded says which offers the catalog assumes.
func (r *Region) Unrecorded() Unrecorded { return r.unrecorded }

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
func (r *Region) Images() []Image { return r.images }

// LookupImage returns the image with this ID, and false if the Region does not have it.
func (r *Region) LookupImage(id string) (Image, bool) {
	at := slices.IndexFunc(r.images, func(i Image) bool { return i.ID == id })
	if at < 0 {
		return Image{}, false
	}
	return r.images[at], true
}

// ImageParameter returns the image ID in a public parameter, and false if the Region does not have the parameter.
func (r *Region) ImageParameter(name string) (id string, ok bool) {
	id, ok = r.imageParameters[name]
	return id, ok
}
