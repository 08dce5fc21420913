package network

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bastionless/internal/diag"
)

// SubnetLayout says where VPC endpoints have their network interfaces.
type SubnetLayout string

// The values of SubnetLayout.
const (
	// SeparateSubnets puts endpoints into subnets of their own.
	SeparateSubnets SubnetLayout = "separate"
	// SharedSubnets puts endpoints into the subnets of the instances.
	SharedSubnets SubnetLayout = "shared"
)

// SubnetLayouts returns the values of SubnetLayout.
func SubnetLayouts() []SubnetLayout { return []SubnetLayout{SeparateSubnets, SharedSubnets} }

// SubnetOptions describe how a VPC is divided into subnets.
type SubnetOptions struct {
	// VPC is the CIDR block of the VPC. Key: vpcCidr.
	VPC netip.Prefix
	// Zones are the letters of the Availability Zones, such as "a". Key: zones.
	Zones []string
	// App are the CIDR blocks of the subnets for instances, one for each zone. Empty: default blocks.
	// Key: appSubnetCidrs.
	App []netip.Prefix
	// Privatelink are the CIDR blocks of the subnets for endpoints, one for each zone. Empty: default blocks.
	// Key: privatelinkSubnetCidrs.
	Privatelink []netip.Prefix
	// Layout says whether endpoints have subnets of their own. Key: subnetLayout.
	Layout SubnetLayout
}

// Configuration keys, under which problems are reported.
const (
	keyVPC         = "vpcCidr"
	keyZones       = "zones"
	keyApp         = "appSubnetCidrs"
	keyPrivatelink = "privatelinkSubnetCidrs"
)

var zoneLetter = regexp.MustCompile(`^[a-z]$`)

// Validate returns the problems with the options. It skips blocks that are not valid: they could not be
// parsed, which was reported.
func (o SubnetOptions) Validate() diag.Diagnostics {
	_, diags := o.plan()
	return diags
}

// Plan returns the zones with the CIDR blocks of their subnets, without names. It leaves out malformed and
// duplicate zones, and default blocks for which the VPC is too small.
func (o SubnetOptions) Plan() []Zone {
	zones, _ := o.plan()
	return zones
}

func (o SubnetOptions) plan() ([]Zone, diag.Diagnostics) {
	p := &planner{options: o}
	p.readZones()
	p.assign(keyApp, o.App, firstApp, func(z *Zone) *netip.Prefix { return &z.App })
	if o.Layout == SeparateSubnets {
		p.assign(keyPrivatelink, o.Privatelink, firstPrivatelink, func(z *Zone) *netip.Prefix { return &z.Privatelink })
	} else if len(o.Privatelink) > 0 {
		p.diags.Add(keyPrivatelink, diag.Conflict,
			"the stack has no privatelink subnets while subnetLayout is shared: remove this key, or set subnetLayout to separate")
	}
	p.checkOverlaps()
	return p.zones, p.diags
}

// planner assigns CIDR blocks to zones.
type planner struct {
	options  SubnetOptions
	zones    []Zone
	assigned []assignment
	diags    diag.Diagnostics
	tooSmall bool // the VPC has no room for the default blocks, which was reported
}

// assignment is a CIDR block of a zone.
type assignment struct {
	key, zone string
	block     netip.Prefix
	isDefault bool
}

func (p *planner) readZones() {
	if len(p.options.Zones) == 0 {
		p.diags.Add(keyZones, diag.NoValue, "the list is empty: list at least one zone letter, such as a")
	}
	times := map[string]int{}
	for _, letter := range p.options.Zones {
		times[letter]++
		switch {
		case times[letter] == 2:
			p.diags.Add(keyZones, diag.Duplicate, "%q is listed twice: list it once", letter)
			continue
		case times[letter] > 2:
			continue
		case !zoneLetter.MatchString(letter):
			p.diags.Add(keyZones, diag.Malformed,
				"%q is not a zone letter: use the last letter of the zone's name, such as a for eu-west-1a", letter)
			continue
		}
		p.zones = append(p.zones, Zone{Letter: letter})
	}
}

// assign sets the CIDR block of a subnet group in each zone: the configured block, or a default block if
// none are configured.
func (p *planner) assign(key string, configured []netip.Prefix, first int, block func(*Zone) *netip.Prefix) {
	if len(configured) > 0 && len(configured) != len(p.options.Zones) {
		p.diags.Add(key, diag.Conflict, "the number of blocks is %d, but the number of zones is %d: list one block for "+
			"each zone, in the order of zones",
			len(configured), len(p.options.Zones))
		return
	}
	for i := range p.zones {
		zone := &p.zones[i]
		if len(configured) == 0 {
			p.assignDefault(key, zone, first, block(zone))
			continue
		}
		given := configured[slices.Index(p.options.Zones, zone.Letter)]
		if !given.IsValid() {
			continue
		}
		if p.options.VPC.IsValid() && !contains(p.options.VPC, given) {
			p.diags.Add(key, diag.OutOfRange, "%s (zone %s) is outside the VPC's block, %s: use a block inside it",
				given, zone.Letter, p.options.VPC)
		}
		*block(zone) = given
		p.assigned = append(p.assigned, assignment{key, zone.Letter, given, false})
	}
}

func (p *planner) assignDefault(key string, zone *Zone, first int, to *netip.Prefix) {
	if !p.options.VPC.IsValid() {
		return
	}
	block, ok := defaultSubnet(p.options.VPC, first, zone.Letter)
	if !ok {
		if !p.tooSmall {
			p.diags.Add(keyVPC, diag.OutOfRange, "%s has no room for the default subnets of zones %s: use a block of /%d "+
				"or larger, "+
				"or set appSubnetCidrs and privatelinkSubnetCidrs",
				p.options.VPC, strings.Join(p.options.Zones, ", "), p.options.smallestVPC())
		}
		p.tooSmall = true
		return
	}
	*to = block
	p.assigned = append(p.assigned, assignment{key, zone.Letter, block, true})
}

// checkOverlaps reports each pair of blocks that overlap.
func (p *planner) checkOverlaps() {
	for i, a := range p.assigned {
		for _, b := range p.assigned[:i] {
			if !a.block.Overlaps(b.block) {
				continue
			}
			p.reportOverlap(a, b)
		}
	}
}

// reportOverlap reports that two blocks overlap, under a key that was configured: that of one of the
// blocks, or zones if both are default blocks.
func (p *planner) reportOverlap(a, b assignment) {
	if a.isDefault {
		a, b = b, a
	}
	switch {
	case a.isDefault:
		p.diags.Add(keyZones, diag.Conflict, "zones %s and %s have the same default block, %s, in %s and %s: set both keys",
			a.zone, b.zone, a.block, a.key, b.key)
	case b.isDefault:
		p.diags.Add(a.key, diag.Conflict, "%s (zone %s) overlaps %s, the default block of zone %s in %s: use another "+
			"block, or also set %s", a.block, a.zone, b.block, b.zone, b.key, b.key)
	default:
		p.diags.Add(a.key, diag.Conflict, "%s (zone %s) overlaps %s (zone %s) in %s: use blocks that do not overlap",
			a.block, a.zone, b.block, b.zone, b.key)
	}
}

// smallestVPC returns the prefix length of the smallest VPC that has room for the default subnets of all
// zones.
func (o SubnetOptions) smallestVPC() int {
	for bits := smallestVPC; bits > largestBlock; bits-- {
		fits := true
		for _, zone := range o.Zones {
			if zoneLetter.MatchString(zone) {
				_, ok := defaultSubnet(netip.PrefixFrom(netip.AddrFrom4([4]byte{}), bits), firstApp, zone)
				fits = fits && ok
			}
		}
		if fits {
			return bits
		}
	}
	return largestBlock
}
