package main

import (
	"net/netip"

	"bastionless/network"
)

// zones reads the zones and plans their subnets.
func (r *reader) zones(vpc netip.Prefix, shared bool) []network.Zone {
	letters := r.texts("zones")
	app, privatelink := r.texts("appSubnetCidrs"), r.texts("privatelinkSubnetCidrs")
	if len(letters) == 0 {
		r.found.add("zones", "lists none: give at least one zone letter, such as a")
	}
	if shared && len(privatelink) > 0 {
		r.found.add("privatelinkSubnetCidrs", "there are no privatelink subnets where subnetLayout is shared: remove it")
		privatelink = nil
	}
	zones := make([]network.Zone, len(letters))
	counts := map[string]int{}
	for i, letter := range letters {
		zones[i].Letter = letter
		counts[letter]++
		switch {
		case counts[letter] == 2:
			r.found.add("zones", "%q is listed twice: list it once", letter)
		case counts[letter] == 1 && !zonePattern.MatchString(letter):
			r.found.add("zones", "%q is not the letter of a zone: give the one that ends the zone's name, such as a", letter)
		}
	}
	plan := subnetPlan{reader: r, vpc: vpc, zones: zones}
	plan.assign("appSubnetCidrs", app, network.AppBlock, func(z *network.Zone) *netip.Prefix { return &z.App })
	if !shared {
		plan.assign("privatelinkSubnetCidrs", privatelink, network.PrivatelinkBlock,
			func(z *network.Zone) *netip.Prefix { return &z.Privatelink })
	}
	return zones
}

// subnetPlan gives each zone its blocks, and knows which are taken.
type subnetPlan struct {
	*reader
	vpc   netip.Prefix
	zones []network.Zone
	taken []netip.Prefix
}

// assign takes one list of blocks, or derives it where it is empty.
func (p *subnetPlan) assign(
	key string, given []string, derive func(netip.Prefix, string) (netip.Prefix, bool), block func(*network.Zone) *netip.Prefix,
) {
	if len(given) > 0 && len(given) != len(p.zones) {
		p.found.add(key, "its length is %d, and that of zones %d: give one block for each zone, in the order of zones",
			len(given), len(p.zones))
		return
	}
	derivedFor := map[string]bool{}
	for i := range p.zones {
		zone := &p.zones[i]
		if len(given) == 0 {
			if derivedFor[zone.Letter] {
				continue // a zone that is listed twice
			}
			derivedFor[zone.Letter] = true
			derived, ok := derive(p.vpc, zone.Letter)
			if ok {
				p.take(key, zone, block(zone), derived)
			} else if p.vpc.IsValid() && zonePattern.MatchString(zone.Letter) {
				p.found.add(key, "the VPC %s has no /24 left for zone %s: list a block for each zone, or give a vpcCidr of /%d or larger",
					p.vpc, zone.Letter, smallestFor(derive, zone.Letter))
			}
			continue
		}
		parsed, err := network.ParseBlock(given[i])
		if err != nil {
			p.found.add(key, "%w", err)
			continue
		}
		p.take(key, zone, block(zone), parsed)
	}
}

// smallestFor is the prefix length of the smallest VPC in which a block is derived for a zone.
func smallestFor(derive func(netip.Prefix, string) (netip.Prefix, bool), letter string) int {
	for bits := network.SmallestDerived; bits > 0; bits-- {
		if _, ok := derive(netip.PrefixFrom(netip.AddrFrom4([4]byte{}), bits), letter); ok {
			return bits
		}
	}
	return 0
}

func (p *subnetPlan) take(key string, zone *network.Zone, to *netip.Prefix, block netip.Prefix) {
	if p.vpc.IsValid() && !network.Contains(p.vpc, block) {
		p.found.add(key, "%q of zone %s is not within the VPC's block %s: give a block within", block, zone.Letter, p.vpc)
	}
	for _, other := range p.taken {
		if other.Overlaps(block) {
			p.found.add(key, "%q of zone %s overlaps %s, another subnet of the stack: give blocks that do not overlap",
				block, zone.Letter, other)
		}
	}
	p.taken = append(p.taken, block)
	*to = block
}
