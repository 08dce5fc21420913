package awssim

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

//go:embed fixture.json
var fixture []byte

// account is what a cloud starts from: it never changes.
var account = readFixture()

// fixtureAccount is an account, and what AWS offers to it: what fixture.json says, and what catalogue.go derives.
type fixtureAccount struct {
	ID            string
	Partitions    map[string]struct{ DNSSuffix, ReverseDNSPrefix string }
	Users         []string // names of IAM users
	KeyPairs      []string // names of key pairs, in every Region
	InstanceTypes map[string]fixtureType
	Regions       map[string]*fixtureRegion
}

type fixtureType struct {
	Architectures    []string
	EBSOptimized     string // unsupported, supported or default
	VCPUs, MemoryMiB int
}

type fixtureRegion struct {
	Partition   string // "aws" unless said otherwise
	Description string
	Zones       fixtureZones
	// LackingTypes are the instance types that zones do not offer, as patterns by the zone's letter. Otherwise all zones offer all.
	LackingTypes map[string][]string
	// LackingServices are the letters of the zones that lack an interface endpoint's service, by the service's code.
	LackingServices map[string][]string
	PrefixLists     map[string]string           // of gateways, by the service's code
	Services        map[string][]fixtureService // by endpoint service name, one for each type: derived
	Images          map[string]fixtureImage     // by id: those of the fixture and derived ones
}

type fixtureZone struct{ Name, ID string }

// fixtureZones are a Region's zones in the order of their names. The fixture has them as ids by letters.
type fixtureZones []fixtureZone

func (z *fixtureZones) UnmarshalJSON(data []byte) error {
	ids := map[string]string{}
	if err := json.Unmarshal(data, &ids); err != nil {
		return err
	}
	for _, letter := range slices.Sorted(maps.Keys(ids)) {
		*z = append(*z, fixtureZone{Name: letter, ID: ids[letter]})
	}
	return nil
}

type fixtureService struct {
	Type       string // Interface or Gateway
	Zones      []string
	Policies   bool   // takes an endpoint policy
	PrefixList string // of a gateway
}

type fixtureImage struct {
	Name         string
	Architecture string
	GiB          int    // size of its root snapshot
	VolumeType   string // of its root volume
	IMDSv2       bool
	Deprecated   bool
	Parameter    string // the public parameter that holds it
}

func readFixture() *fixtureAccount {
	var a fixtureAccount
	decoder := json.NewDecoder(bytes.NewReader(fixture))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&a); err != nil {
		panic("fixture.json: " + err.Error())
	}
	a.deriveTypes()
	for name, region := range a.Regions {
		for i := range region.Zones {
			region.Zones[i].Name = name + region.Zones[i].Name
		}
		region.Partition = cmp.Or(region.Partition, "aws")
		region.deriveServices(name)
		region.deriveImages(name)
	}
	return &a
}

func (a *fixtureAccount) regionNames() string {
	return strings.Join(slices.Sorted(maps.Keys(a.Regions)), ", ")
}

func (r *fixtureRegion) zoneNames() []string {
	var names []string
	for _, zone := range r.Zones {
		names = append(names, zone.Name)
	}
	return names
}

// offering lists the zones that offer an instance type.
func (r *fixtureRegion) offering(instanceType string) []string {
	if _, ok := account.InstanceTypes[instanceType]; !ok {
		return nil
	}
	var zones []string
	for _, zone := range r.zoneNames() {
		lacks := func(pattern string) bool { return wildcardMatch(pattern, instanceType) }
		if !slices.ContainsFunc(r.LackingTypes[zone[len(zone)-1:]], lacks) {
			zones = append(zones, zone)
		}
	}
	return zones
}

// hasPrefixList says whether AWS has a prefix list of this id in the Region.
func (r *fixtureRegion) hasPrefixList(id string) bool {
	for _, services := range r.Services {
		if slices.ContainsFunc(services, func(s fixtureService) bool { return s.PrefixList == id }) {
			return true
		}
	}
	return false
}

// service returns the endpoint service of a name and a type, and the types that there are of this name.
func (r *fixtureRegion) service(name, kind string) (service fixtureService, kinds []string) {
	for _, s := range r.Services[name] {
		kinds = append(kinds, s.Type)
		if s.Type == kind {
			service = s
		}
	}
	return service, kinds
}

// offers is what AWS offers in the provider's Region.
func (c *call) offers() *fixtureRegion { return account.Regions[c.region] }
