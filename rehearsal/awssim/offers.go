package awssim

import (
	"slices"
	"strings"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim/catalog"
)

// offers is what AWS offers in a Region, from the account's file or, for sections that the file lacks, from the
// catalog.
type offers struct {
	*catalog.Region
	file *account.File // nil if the account's file does not describe the Region
}

// allZones returns the Region's zones, sorted by name.
func (o *offers) allZones() []account.Zone {
	if o.file != nil && o.file.Zones != nil {
		return slices.SortedFunc(slices.Values(o.file.Zones), func(a, b account.Zone) int { return strings.Compare(a.ZoneName, b.ZoneName) })
	}
	var zones []account.Zone
	for _, zone := range o.Region.Zones() {
		zones = append(zones, account.Zone{ZoneName: zone.Name, ZoneId: zone.ID, ZoneType: availabilityZone, State: "available"})
	}
	return zones
}

// availabilityZone is the type of zones that are neither Local Zones nor Wavelength Zones.
const availabilityZone = "availability-zone"

// Zones returns the Availability Zones in which resources can be created, sorted by name.
func (o *offers) Zones() []catalog.Zone {
	var zones []catalog.Zone
	for _, zone := range o.allZones() {
		if zone.ZoneType == availabilityZone && zone.State == "available" {
			zones = append(zones, catalog.Zone{Name: zone.ZoneName, ID: zone.ZoneId})
		}
	}
	return zones
}

// ZoneNames returns the names of Zones.
func (o *offers) ZoneNames() []string {
	var names []string
	for _, zone := range o.Zones() {
		names = append(names, zone.Name)
	}
	return names
}

// instanceTypes returns the names of the instance types, sorted.
func (o *offers) instanceTypes() []string {
	if o.file == nil || o.file.InstanceTypeOfferings == nil {
		return catalog.InstanceTypes()
	}
	var names []string
	for name := range o.file.InstanceTypeOfferings {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ZonesOffering returns the names of the zones that offer an instance type, sorted.
func (o *offers) ZonesOffering(instanceType string) []string {
	if o.file == nil || o.file.InstanceTypeOfferings == nil {
		return o.Region.ZonesOffering(instanceType)
	}
	return slices.Sorted(slices.Values(o.file.InstanceTypeOfferings[instanceType]))
}

// instanceType returns an instance type. The file only says where a type is offered: if the catalog does not contain
// it, its architecture is assumed.
func (c *call) instanceType(name string) (catalog.InstanceType, bool) {
	t, ok := catalog.LookupInstanceType(name)
	if c.offers.file == nil || c.offers.file.InstanceTypeOfferings == nil {
		return t, ok
	}
	if len(c.offers.ZonesOffering(name)) == 0 {
		return catalog.InstanceType{}, false
	}
	if !ok && c.assume("instance type %s has the architecture x86_64 and is optimized for EBS", name) {
		return catalog.InstanceType{Architectures: []string{"x86_64"}, EBSOptimized: "default", VCPUs: 1, MemoryMiB: 1024}, true
	}
	return t, ok
}

// endpointServices returns the endpoint services in the file, and false if the file has no such section.
func (o *offers) endpointServices() ([]account.EndpointService, bool) {
	if o.file == nil || o.file.EndpointServices == nil {
		return nil, false
	}
	return o.file.EndpointServices, true
}

// ServiceNames returns the names of the endpoint services, sorted.
func (o *offers) ServiceNames() []string {
	services, ok := o.endpointServices()
	if !ok {
		return o.Region.ServiceNames()
	}
	var names []string
	for _, service := range services {
		names = append(names, service.ServiceName)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Services returns the endpoint services with this name: one, none, or one of each type.
func (o *offers) Services(name string) []catalog.Service {
	services, ok := o.endpointServices()
	if !ok {
		return o.Region.Services(name)
	}
	var found []catalog.Service
	for _, service := range services {
		for _, kind := range service.ServiceType {
			if service.ServiceName != name {
				continue
			}
			one := catalog.Service{Type: kind.ServiceType, Zones: service.AvailabilityZones, SupportsPolicy: service.VpcEndpointPolicySupported}
			if one.Type == catalog.Gateway {
				one.PrefixListID = o.prefixListID(name)
			}
			found = append(found, one)
		}
	}
	return found
}

// privateDNSNames returns the private DNS names of an interface endpoint service, or nil if the file does not say.
func (o *offers) privateDNSNames(service string) []string {
	services, _ := o.endpointServices()
	var names []string
	for _, other := range services {
		if other.ServiceName == service {
			for _, private := range other.PrivateDnsNames {
				names = append(names, private.PrivateDnsName)
			}
		}
	}
	return names
}

// prefixListID returns the ID of the prefix list with this name, or "".
func (o *offers) prefixListID(name string) string {
	for _, list := range o.PrefixLists() {
		if list.Name == name {
			return list.ID
		}
	}
	return ""
}

// PrefixLists returns the prefix lists that AWS manages.
func (o *offers) PrefixLists() []catalog.PrefixList {
	if o.file == nil || o.file.PrefixLists == nil {
		return o.Region.PrefixLists()
	}
	var lists []catalog.PrefixList
	for _, list := range o.file.PrefixLists {
		lists = append(lists, catalog.PrefixList{Name: list.PrefixListName, ID: list.PrefixListId})
	}
	return lists
}

// prefixListBlocks returns the CIDR blocks of a prefix list.
func (o *offers) prefixListBlocks(id string) []string {
	if o.file != nil {
		for _, list := range o.file.PrefixLists {
			if list.PrefixListId == id && len(list.Cidrs) > 0 {
				return list.Cidrs
			}
		}
	}
	return defaultPrefixListBlocks
}

// defaultPrefixListBlocks stand for the CIDR blocks of AWS's prefix lists, which change.
var defaultPrefixListBlocks = []string{"52.219.0.0/20"}

// Images returns the images of the file and the catalog's, the latest version of each name first. The file contains
// only the images that somebody refers to.
func (o *offers) Images() []catalog.Image {
	images := o.fileImages()
	for _, image := range o.Region.Images() {
		if !slices.ContainsFunc(images, func(other catalog.Image) bool { return other.ID == image.ID }) {
			images = append(images, image)
		}
	}
	slices.SortFunc(images, func(a, b catalog.Image) int { return strings.Compare(b.Name+b.ID, a.Name+a.ID) })
	return images
}

// LookupImage returns the image with this ID, and false if the Region does not have it.
func (o *offers) LookupImage(id string) (catalog.Image, bool) {
	for _, image := range o.fileImages() {
		if image.ID == id {
			return image, true
		}
	}
	return o.Region.LookupImage(id)
}

func (o *offers) fileImages() []catalog.Image {
	if o.file == nil {
		return nil
	}
	var images []catalog.Image
	for _, image := range o.file.Images {
		one := catalog.Image{
			ID: image.ImageId, Name: image.Name, Architecture: image.Architecture, RootGiB: 8,
			IMDSv2: image.ImdsSupport == "v2.0", RootDevice: image.RootDeviceName, State: image.State, Platform: image.Platform,
			// A date in ISO 8601 format is compared as a string. A file that was written by hand has no date.
			Deprecated: !o.file.CapturedAt.IsZero() && image.DeprecationTime != "" &&
				image.DeprecationTime < o.file.CapturedAt.UTC().Format("2006-01-02T15:04:05.000Z"),
		}
		for _, device := range image.BlockDeviceMappings {
			if device.DeviceName == image.RootDeviceName {
				one.RootGiB, one.RootVolumeType = device.Ebs.VolumeSize, device.Ebs.VolumeType
			}
		}
		images = append(images, one)
	}
	return images
}

// ImageParameter returns the image ID that a public parameter contains, and false if there is no such parameter.
func (o *offers) ImageParameter(name string) (id string, ok bool) {
	if o.file != nil && o.file.ImageParameters[name] != "" {
		return o.file.ImageParameters[name], true
	}
	return o.Region.ImageParameter(name)
}

// Unrecorded returns the offers that are neither in the file nor in the catalog.
func (o *offers) Unrecorded() catalog.Unrecorded {
	unrecorded := o.Region.Unrecorded()
	if o.file != nil {
		unrecorded.Zones = unrecorded.Zones && o.file.Zones == nil
		unrecorded.InstanceTypes = unrecorded.InstanceTypes && o.file.InstanceTypeOfferings == nil
		unrecorded.Images = unrecorded.Images && o.file.ImageParameters == nil
	}
	return unrecorded
}
