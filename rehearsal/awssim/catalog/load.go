package catalog

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
)

// recordedGzip is what record.py writes.
//
//go:embed recorded.json.gz
var recordedGzip []byte

// recorded is the content of recorded.json.gz.
type recorded struct {
	Sources       []Source
	InstanceTypes map[string]InstanceType
	// ManagedPolicies are the AWS managed policies, by path and name.
	ManagedPolicies []string
	// Services are the codes of the interface endpoint services.
	Services []string
	// OtherServiceNames contains the names that do not have the usual form, by Region and code.
	OtherServiceNames map[string]map[string]string
	Regions           map[string]recordedRegion
}

type recordedRegion struct {
	Description, Partition string
	ZoneIDs                []string
	// The other fields are nil if nobody recorded them.

	Zones           map[string]string // IDs by the letter that ends the zone's name
	InstanceTypes   map[string]string // the letters of the zones that offer the type
	ImageParameters map[string]string // IDs by the last part of the parameter's name
	Images          map[string]struct{ Name, Architecture string }
}

// content is the catalog.
type content struct {
	sources []Source
	types   map[string]InstanceType
	// policies are the AWS managed policies, by path and name.
	policies []string
	regions  map[string]func() *Region // each is created when it is first used
}

// data returns the catalog.
var data = sync.OnceValue(func() content {
	var file recorded
	reader, err := gzip.NewReader(bytes.NewReader(recordedGzip))
	if err == nil {
		decoder := json.NewDecoder(reader)
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&file)
	}
	if err != nil {
		panic("recorded.json.gz: " + err.Error())
	}
	c := content{sources: file.Sources, types: file.InstanceTypes, policies: file.ManagedPolicies, regions: map[string]func() *Region{}}
	for name, in := range file.Regions {
		c.regions[name] = sync.OnceValue(func() *Region { return file.region(name, in) })
	}
	return c
})

// region returns a Region with what is recorded and, where nobody recorded it, with what is assumed.
func (f *recorded) region(name string, in recordedRegion) *Region {
	r := &Region{
		name: name, description: in.Description, partition: partitions[in.Partition],
		unrecorded: Unrecorded{Zones: in.Zones == nil, InstanceTypes: in.InstanceTypes == nil, Images: in.Images == nil},
	}
	if in.Zones == nil {
		in.Zones = assumedZones(in.ZoneIDs)
	}
	for _, letter := range slices.Sorted(maps.Keys(in.Zones)) {
		r.zones = append(r.zones, Zone{Name: name + letter, ID: in.Zones[letter]})
	}
	r.instanceTypes = map[string][]string{}
	for instanceType := range f.InstanceTypes {
		if in.InstanceTypes == nil {
			r.instanceTypes[instanceType] = r.ZoneNames()
		}
		for _, letter := range in.InstanceTypes[instanceType] {
			r.instanceTypes[instanceType] = append(r.instanceTypes[instanceType], name+string(letter))
		}
	}
	f.addServices(r)
	f.addImages(r, in)
	return r
}

// assumedZones returns the IDs of zones by letter.
func assumedZones(ids []string) map[string]string {
	zones := map[string]string{}
	for _, id := range ids {
		zones[string('a'+id[len(id)-1]-'1')] = id
	}
	return zones
}

// addServices adds the gateway services, and the interface endpoint services whose codes are recorded.
func (f *recorded) addServices(r *Region) {
	r.services = map[string][]Service{}
	government := r.partition.Name == govCloud
	for _, code := range []string{"s3", "dynamodb"} {
		gateway := Service{Type: Gateway, SupportsPolicy: !government, PrefixListID: prefixListIDs[r.name][code]}
		if !government {
			gateway.Zones = r.ZoneNames()
		}
		if gateway.PrefixListID == "" { // unknown: made up, but always the same
			gateway.PrefixListID = "pl-" + hash("prefix list "+r.name+code, 8)
		}
		r.services["com.amazonaws."+r.name+"."+code] = []Service{gateway}
	}
	for _, code := range slices.Concat(f.Services, unlistedServices) {
		if slices.Contains(missingServices[code], r.name) {
			continue
		}
		name := "com.amazonaws." + r.name + "." + code
		if other := f.OtherServiceNames[r.name][code]; other != "" {
			name = other
		}
		r.services[name] = append(r.services[name], Service{
			Type: Interface, Unrecorded: true, SupportsPolicy: !government && !slices.Contains(withoutPolicies, code),
		})
	}
}

// amazonLinux begins the names of Amazon Linux's public parameters.
const amazonLinux = "/aws/service/ami-amazon-linux-latest/"

// addImages adds the images and their parameters.
func (f *recorded) addImages(r *Region, in recordedRegion) {
	id := func(recorded string) string { return recorded }
	if r.unrecorded.Images {
		in = f.Regions["us-east-1"]
		id = func(recorded string) string { return "ami-0" + hash("image "+r.name+recorded, 16) }
	}
	r.imageParameters = map[string]string{}
	for parameter, image := range in.ImageParameters {
		r.imageParameters[amazonLinux+parameter] = id(image)
	}
	r.images = slices.Clone(olderImages[r.name])
	for key, image := range in.Images {
		r.images = append(r.images, Image{ID: id(key), Name: image.Name, Architecture: image.Architecture})
	}
	for i := range r.images {
		describeAmazonLinux(&r.images[i])
	}
	slices.SortFunc(r.images, func(a, b Image) int { return strings.Compare(b.Name+b.ID, a.Name+a.ID) })
}

// hash returns the first hexadecimal digits of a hash, for IDs that are made up and always the same.
func hash(s string, digits int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:digits]
}
