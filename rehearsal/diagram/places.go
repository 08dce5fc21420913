package diagram

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bastionless/rehearsal/proof"
)

// box is a node in a subnet: instances, or the interfaces of endpoints, that are under
// the same security groups.
type box struct {
	id     string
	groups []string
	// members are instances or services.
	members           []string
	endpoints, public bool
	// addresses are the members' own. Where they are not known they are in the block.
	addresses []netip.Addr
	block     netip.Prefix
}

// area is a VPC with what is drawn in it.
type area struct {
	proof.VPC
	id       string
	subnets  []proof.Subnet
	ids      map[string]string // of subnets
	boxes    []*box
	gateways []gateway
}

// gateway is a gateway endpoint with its node.
type gateway struct {
	proof.Endpoint
	node string
}

// network draws a VPC, its zones, subnets and all that is in them, and its lines.
func (s *sketch) network(v proof.VPC) {
	a := &area{VPC: v, id: s.id("vpc"), ids: map[string]string{}}
	var zones []string
	for _, subnet := range s.topology.Subnets {
		if subnet.VPC == v.ID {
			a.subnets = append(a.subnets, subnet)
			zones = append(zones, subnet.Zone)
		}
	}
	slices.SortStableFunc(a.subnets, func(x, y proof.Subnet) int { return cmp.Compare(x.Zone, y.Zone) })
	slices.Sort(zones)

	var blocks []string
	for _, block := range v.Blocks {
		blocks = append(blocks, block.String())
	}
	s.open(a.id, strings.TrimSpace("VPC "+strings.Join(blocks, ", ")))
	for _, zone := range slices.Compact(zones) {
		if zone != "" {
			s.open(s.id("zone", zone), "zone "+zone)
		}
		for _, subnet := range a.subnets {
			if subnet.Zone == zone {
				s.subnet(a, subnet)
			}
		}
		if zone != "" {
			s.end()
		}
	}
	for _, e := range s.topology.Endpoints {
		if e.Gateway && e.VPC == v.ID {
			a.gateways = append(a.gateways, gateway{e, s.node(s.id("gateway", e.Service), "gateway endpoint", e.Service)})
		}
	}
	peers := s.within(a)
	s.end()
	s.rules(a, peers)
	s.routes(a)
	s.services(a)
}

// subnet draws a subnet with what is in it.
func (s *sketch) subnet(a *area, subnet proof.Subnet) {
	id := s.id("subnet", subnet.Name)
	a.ids[subnet.ID] = id
	label := titled(strings.TrimSuffix(subnet.Name, "-"+lastLetter(subnet.Zone)), "subnet")
	if subnet.Block.IsValid() {
		label += " " + subnet.Block.String()
	}
	s.open(id, label)
	for _, b := range append(s.instances(subnet), s.interfaces(subnet)...) {
		name, kind := "instances", "instance"
		if b.endpoints {
			name, kind = "endpoints", "interface endpoint"
		}
		if len(b.members) > 1 {
			kind += "s"
		}
		rows := []string{kind, enumerated(b.members)}
		if b.public {
			rows = append(rows, "on the Internet")
		}
		b.id = s.node(s.id(name, subnet.Name), rows...)
		a.boxes = append(a.boxes, b)
	}
	s.end()
}

// instances are the boxes of a subnet's instances.
func (s *sketch) instances(subnet proof.Subnet) []*box {
	var boxes []*box
	for _, i := range s.topology.Instances {
		if i.Subnet == subnet.ID {
			boxes = put(boxes, &box{groups: i.Groups, block: subnet.Block, public: i.Public}, i.Name, i.Address)
		}
	}
	return boxes
}

// interfaces are the boxes of the endpoints with an interface in a subnet.
func (s *sketch) interfaces(subnet proof.Subnet) []*box {
	var boxes []*box
	for _, e := range s.topology.Endpoints {
		if !e.Gateway && slices.Contains(e.Subnets, subnet.ID) {
			boxes = put(boxes, &box{groups: e.Groups, block: subnet.Block, endpoints: true}, e.Service, e.Addresses[subnet.ID])
		}
	}
	return boxes
}

// put puts a member into the box with the same security groups, or into a new one.
func put(boxes []*box, like *box, member string, address netip.Addr) []*box {
	like.groups = slices.Sorted(slices.Values(like.groups))
	i := slices.IndexFunc(boxes, func(b *box) bool {
		return b.public == like.public && slices.Equal(b.groups, like.groups)
	})
	if i < 0 {
		i, boxes = len(boxes), append(boxes, like)
	}
	boxes[i].members = append(boxes[i].members, member)
	if address.IsValid() {
		boxes[i].addresses = append(boxes[i].addresses, address)
	}
	return boxes
}

// strays draws the instances whose subnet or VPC the state does not hold.
func (s *sketch) strays() {
	placed := map[string]bool{}
	for _, subnet := range s.topology.Subnets {
		placed[subnet.ID] = slices.ContainsFunc(s.topology.VPCs, func(v proof.VPC) bool { return v.ID == subnet.VPC })
	}
	for _, i := range s.topology.Instances {
		if !placed[i.Subnet] {
			s.node(s.id("instance", i.Name), "instance", i.Name, "in a subnet of another stack")
		}
	}
}

// enumerated lists names. Of many it lists the first and the last.
func enumerated(names []string) string {
	names = slices.SortedFunc(slices.Values(names), func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.TrimRight(a, digits), strings.TrimRight(b, digits)), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	if n := len(names); n > 6 {
		return fmt.Sprintf("%s … %s, %d in all", names[0], names[n-1], n)
	}
	return strings.Join(names, ", ")
}

const digits = "0123456789"

// lastLetter is a zone's letter.
func lastLetter(zone string) string {
	if zone == "" {
		return ""
	}
	return zone[len(zone)-1:]
}
