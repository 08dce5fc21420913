package diagram

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bastionless/rehearsal/proof"
)

// box is a node in a subnet: instances, or network interfaces of endpoints, with the same security groups.
type box struct {
	id     string
	groups []string
	// members are instances, or endpoints by the codes of their services.
	members           []Member
	endpoints, public bool
	// addresses are those of the members. The state may not contain them; they are in block.
	addresses []netip.Addr
	block     netip.Prefix
}

// vpc is a VPC with its nodes.
type vpc struct {
	proof.VPC
	id       string
	subnets  []proof.Subnet
	ids      map[string]string // by id of a subnet
	boxes    []*box
	gateways []gateway
}

// gateway is a gateway endpoint with the ID of its node.
type gateway struct {
	proof.Endpoint
	node string
}

// addVPC adds a VPC with its zones, subnets, boxes and edges.
func (c *chart) addVPC(topology proof.VPC) {
	v := &vpc{VPC: topology, id: c.id("vpc"), ids: map[string]string{}}
	var zones []string
	for _, subnet := range c.topology.Subnets {
		if subnet.VPC == v.ID {
			v.subnets = append(v.subnets, subnet)
			zones = append(zones, subnet.Zone)
		}
	}
	slices.SortStableFunc(v.subnets, func(x, y proof.Subnet) int { return cmp.Compare(x.Zone, y.Zone) })
	slices.Sort(zones)

	var blocks []string
	for _, block := range v.Blocks {
		blocks = append(blocks, block.String())
	}
	c.open(VPC, v.id, strings.TrimSpace("VPC "+strings.Join(blocks, ", "))).URN = v.URN
	for _, zone := range slices.Compact(zones) {
		if zone != "" {
			c.open(Zone, c.id("zone", zone), "zone "+zone)
		}
		for _, subnet := range v.subnets {
			if subnet.Zone == zone {
				c.addSubnet(v, subnet)
			}
		}
		if zone != "" {
			c.end()
		}
	}
	c.addUnplacedEndpoints(v)
	for _, e := range c.topology.Endpoints {
		if e.Gateway && e.VPC == v.ID {
			n := c.addNode(GatewayEndpoint, c.id("gateway", e.Service), "gateway endpoint", e.Service)
			n.URN = e.URN
			v.gateways = append(v.gateways, gateway{e, n.ID})
		}
	}
	peers := c.addPeers(v)
	c.end()
	c.addRuleEdges(v, peers)
	c.addRouteEdges(v)
	c.addServiceEdges(v)
}

// addSubnet adds a subnet with its boxes.
func (c *chart) addSubnet(v *vpc, subnet proof.Subnet) {
	id := c.id("subnet", subnet.Name)
	v.ids[subnet.ID] = id
	label := titled(strings.TrimSuffix(subnet.Name, "-"+lastLetter(subnet.Zone)), "subnet")
	if subnet.Block.IsValid() {
		label += " " + subnet.Block.String()
	}
	frame := c.open(SubnetFrame, id, label)
	frame.URN, frame.Name = subnet.URN, subnet.Name
	for _, b := range append(c.instanceBoxes(subnet), c.endpointBoxes(subnet)...) {
		name, title, kind := "instances", "instance", Instances
		if b.endpoints {
			name, title, kind = "endpoints", "interface endpoint", InterfaceEndpoints
		}
		if len(b.members) > 1 {
			title += "s"
		}
		b.members = sortedMembers(b.members)
		rows := []string{title, enumerated(b.members)}
		if b.public {
			rows = append(rows, "on the Internet")
		}
		n := c.addNode(kind, c.id(name, subnet.Name), rows...)
		n.Name, n.Members, n.Public = subnet.Name, b.members, b.public
		b.id = n.ID
		v.boxes = append(v.boxes, b)
	}
	c.end()
}

// instanceBoxes returns the boxes of the instances in a subnet.
func (c *chart) instanceBoxes(subnet proof.Subnet) []*box {
	var boxes []*box
	for _, i := range c.topology.Instances {
		if i.Subnet == subnet.ID {
			boxes = addToBox(boxes, &box{groups: i.Groups, block: subnet.Block, public: i.Public}, Member{i.Name, i.URN}, i.Address)
		}
	}
	return boxes
}

// endpointBoxes returns the boxes of the endpoints with a network interface in a subnet.
func (c *chart) endpointBoxes(subnet proof.Subnet) []*box {
	var boxes []*box
	for _, e := range c.topology.Endpoints {
		if !e.Gateway && slices.Contains(e.Subnets, subnet.ID) {
			boxes = addToBox(boxes, &box{groups: e.Groups, block: subnet.Block, endpoints: true}, Member{e.Service, e.URN}, e.Addresses[subnet.ID])
		}
	}
	return boxes
}

// addUnplacedEndpoints adds the interface endpoints of a VPC that have no subnet in the state.
func (c *chart) addUnplacedEndpoints(v *vpc) {
	var boxes []*box
	for _, e := range c.topology.Endpoints {
		placed := slices.ContainsFunc(e.Subnets, func(id string) bool { return v.ids[id] != "" })
		if !e.Gateway && e.VPC == v.ID && !placed {
			boxes = addToBox(boxes, &box{groups: e.Groups, endpoints: true}, Member{e.Service, e.URN}, netip.Addr{})
		}
	}
	for _, b := range boxes {
		b.members = sortedMembers(b.members)
		title := "interface endpoint"
		if len(b.members) > 1 {
			title += "s"
		}
		n := c.addNode(InterfaceEndpoints, c.id("endpoints"), title, enumerated(b.members), "in other subnets")
		n.Members, b.id = b.members, n.ID
		v.boxes = append(v.boxes, b)
	}
}

// addToBox adds a member to the box that has the same security groups as like, or to like if no box has them.
func addToBox(boxes []*box, like *box, member Member, address netip.Addr) []*box {
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

// addUnplacedInstances adds the instances whose subnet or VPC is not in the state.
func (c *chart) addUnplacedInstances() {
	placed := map[string]bool{}
	for _, subnet := range c.topology.Subnets {
		placed[subnet.ID] = slices.ContainsFunc(c.topology.VPCs, func(v proof.VPC) bool { return v.ID == subnet.VPC })
	}
	for _, i := range c.topology.Instances {
		if !placed[i.Subnet] {
			c.addNode(Instances, c.id("instance", i.Name), "instance", i.Name, "in a subnet of another stack").Members = []Member{{i.Name, i.URN}}
		}
	}
}

// sortedMembers sorts members by name, so that a-2 is before a-10.
func sortedMembers(members []Member) []Member {
	return slices.SortedFunc(slices.Values(members), func(a, b Member) int {
		return cmp.Or(cmp.Compare(strings.TrimRight(a.Name, digits), strings.TrimRight(b.Name, digits)),
			cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
	})
}

// enumerated lists the names of members. If there are more than six, it lists the first and the last.
func enumerated(members []Member) string {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name
	}
	if n := len(names); n > 6 {
		return fmt.Sprintf("%s … %s, %d in all", names[0], names[n-1], n)
	}
	return strings.Join(names, ", ")
}

const digits = "0123456789"

// lastLetter returns the letter of a zone.
func lastLetter(zone string) string {
	if zone == "" {
		return ""
	}
	return zone[len(zone)-1:]
}
