package awssim

import (
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

// fixtureAccount is an account, and what AWS offers to it.
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
	Partition   string
	Description string
	Zones       []struct{ Name, ID string }
	// Lacking are the zones that do not offer an instance type. All other zones offer all types.
	Lacking  map[string][]string
	Services map[string][]fixtureService // by endpoint service name, one for each type
	Images   map[string]fixtureImage     // by id
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
	if err := json.Unmarshal(fixture, &a); err != nil {
		panic("fixture.json: " + err.Error())
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
		if !slices.Contains(r.Lacking[instanceType], zone) {
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
