package htmlreport

import (
	"slices"

	"bastionless/rehearsal/diagram"
)

// picture is a chart as an SVG image. The layout follows the regular structure of such networks: people, roles and
// services are in a row at the top. Below are the VPCs, in which each zone is a column. Subnets with endpoints are above
// those with instances. Everything outside of a VPC is to its right. Wires run in the channels between the rows.
type picture struct {
	Width, Height int
	Shapes        []shape
	Description   string
	// HasExternal is true if the stack reads some of the nodes and does not manage them.
	HasExternal bool
	// nodes are the nodes that were placed, by ID. A node outside of two VPCs is placed twice.
	nodes map[string][]*box
	wires []*wire
	// isExternal reports whether the stack reads the resource with a URN and does not manage it.
	isExternal func(urn string) bool
	// items counts the parts that can be highlighted one by one.
	items int
	// verticals and labels are where labels must not be placed.
	verticals []area
	labels    []area
}

// Distances in pixels.
const (
	margin    = 24
	padding   = 14
	gap       = 18
	laneStep  = 20
	portStep  = 14
	boxWidth  = 216
	slimWidth = 164
	bandWidth = 180
	bandGap   = 136
	outWidth  = 190
	boxMin    = 52
	frameHead = 44
	// titleWidth is the width of the title of a subnet. Wires pass on its right.
	titleWidth = 146
)

// box is a node with its place.
type box struct {
	*diagram.Node
	x, y, w, h int
	item       int
	// absent is true for the Internet if no gateway leads there.
	absent bool
	chips  []chip
	// column and level are the place in a VPC.
	column, level int
	// up, down and left count the ports in use.
	up, down, left int
}

// chip is the name of a member in a box. more is the number of further members that the last chip stands for.
type chip struct {
	diagram.Member
	x, y, w int
	item    int
	more    int
}

// wire is one or more edges of the same kind with the same label.
type wire struct {
	kind     diagram.EdgeKind
	label    string
	from, to []*box
	item     int
	// parts are the items of the wire's ends, by node, and meets the horizontal coordinates where the ends meet the
	// segments.
	parts    map[*box]int
	meets    map[*box][]int
	segments []segment
}

// segment is the part of a horizontal line between two ends that are next to each other.
type segment struct{ item, left, right int }

type area struct{ x, y, w, h int }

func (a area) overlaps(b area) bool {
	return a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h
}

// newPicture draws a chart. closed says for each VPC, by URN, what is proven about ways in and out. isExternal reports
// whether the stack reads the resource with a URN and does not manage it.
func newPicture(c *diagram.Chart, closed closedNetwork, isExternal func(urn string) bool) *picture {
	p := &picture{nodes: map[string][]*box{}, isExternal: isExternal}
	bottom := p.drawBand(c)
	for _, n := range c.Nodes {
		if n.Kind == diagram.VPC {
			bottom = p.drawVPC(c, n, closed, bottom)
		}
	}
	bottom = p.drawUnplaced(c, bottom)
	p.Height = bottom + margin
	p.Description = describe(c)
	return p
}

// describe says in a sentence what a picture shows. An endpoint or an instance that is drawn in several subnets counts once.
func describe(c *diagram.Chart) string {
	counts := map[diagram.Kind]int{}
	seen := map[string]bool{}
	var count func([]*diagram.Node)
	count = func(nodes []*diagram.Node) {
		for _, n := range nodes {
			for _, member := range n.Members {
				if !seen[member.URN] {
					counts[n.Kind]++
				}
				seen[member.URN] = true
			}
			if len(n.Members) == 0 {
				counts[n.Kind]++
			}
			count(n.Nodes)
		}
	}
	count(c.Nodes)
	return "The network: " + joinCounts([]counted{
		{counts[diagram.VPC], "VPC", "VPCs"},
		{counts[diagram.Zone], "zone", "zones"},
		{counts[diagram.SubnetFrame], "subnet", "subnets"},
		{counts[diagram.Instances], "instance", "instances"},
		{counts[diagram.InterfaceEndpoints] + counts[diagram.GatewayEndpoint], "endpoint", "endpoints"},
	}) + ". The table below the picture lists its connections."
}

// newItem returns the number of a new part that can be highlighted.
func (p *picture) newItem() int {
	p.items++
	return p.items
}

// place draws a node.
func (p *picture) place(b *box) {
	b.item = p.newItem()
	p.nodes[b.ID] = append(p.nodes[b.ID], b)
	p.drawBox(b)
	p.reserve(b.x+b.w, b.y+b.h)
}

// reserve makes the picture large enough for a point.
func (p *picture) reserve(x, _ int) { p.Width = max(p.Width, x+margin) }

// drawUnplaced draws the instances whose subnets are not in the state, below everything else.
func (p *picture) drawUnplaced(c *diagram.Chart, y int) int {
	x, bottom := margin, y
	for _, n := range c.Nodes {
		if n.Kind != diagram.Instances {
			continue
		}
		if x+boxWidth > max(p.Width, 900) {
			x, y = margin, bottom+gap
		}
		b := newBox(n, boxWidth)
		b.x, b.y = x, y+gap
		p.place(b)
		x, bottom = x+boxWidth+gap, max(bottom, b.y+b.h)
	}
	return bottom
}

// bundle is a group of edges that are drawn as one wire: each of its sources has an edge to each of its targets.
type bundle struct {
	kind     diagram.EdgeKind
	label    string
	from, to []string
}

// bundles groups edges. class returns where a node is: edges to nodes in different places are in different bundles.
func bundles(edges []diagram.Edge, class func(id string) int) []bundle {
	type key struct {
		kind     diagram.EdgeKind
		label    string
		from     string
		place    int
		placeOfT int
	}
	var keys []key
	targets := map[key][]string{}
	for _, e := range edges {
		k := key{e.Kind, e.Label, e.From, class(e.From), class(e.To)}
		if targets[k] == nil {
			keys = append(keys, k)
		}
		targets[k] = append(targets[k], e.To)
	}
	var found []bundle
	for i, k := range keys {
		if targets[k] == nil {
			continue
		}
		b := bundle{kind: k.kind, label: k.label, to: targets[k]}
		for _, other := range keys[i:] {
			same := other.kind == k.kind && other.label == k.label && other.place == k.place && other.placeOfT == k.placeOfT
			if same && slices.Equal(targets[other], b.to) {
				b.from = append(b.from, other.from)
				delete(targets, other)
			}
		}
		found = append(found, b)
	}
	return found
}

// highlighted returns the items that a claim is about: what has one of the URNs, the services that it reaches, the people
// who can assume it, and the wires between them. internet is true if the claim is about the ways of a VPC to the Internet.
func (p *picture) highlighted(urns map[string]bool, internet bool) []int {
	active := map[*box]bool{}
	var items []int
	services := map[string]bool{}
	for _, boxes := range p.nodes {
		for _, b := range boxes {
			active[b] = urns[b.URN] && (internet || !b.absent)
			for _, c := range b.chips {
				if c.URN != "" && urns[c.URN] || c.more > 0 && slices.ContainsFunc(b.Members[len(b.Members)-c.more:], func(m diagram.Member) bool { return urns[m.URN] }) {
					active[b] = true
					items = append(items, c.item)
					if b.Kind == diagram.InterfaceEndpoints {
						services[diagram.ServiceName(c.Name)] = true
					}
				}
			}
			if b.Kind == diagram.GatewayEndpoint && active[b] {
				services[diagram.ServiceName(b.Labels[1])] = true
			}
		}
	}
	for _, w := range p.wires {
		for _, from := range w.from {
			for _, to := range w.to {
				switch {
				case to.Kind == diagram.Role && active[to]:
					active[from] = true
				case to.Kind == diagram.Service && active[from] && (from.Kind == diagram.Role || offers(to, services)):
					active[to] = true
				}
			}
		}
	}
	for b, is := range active {
		if is {
			items = append(items, b.item)
		}
	}
	for _, w := range p.wires {
		items = append(items, w.highlighted(active)...)
	}
	slices.Sort(items)
	return slices.Compact(items)
}

// offers reports whether a node stands for one of the services.
func offers(b *box, services map[string]bool) bool {
	for service := range services {
		for _, name := range splitNames(b.Labels[0]) {
			if name == service {
				return true
			}
		}
	}
	return false
}

// highlighted returns the items of a wire between nodes that are highlighted.
func (w *wire) highlighted(active map[*box]bool) []int {
	is := func(b *box) bool { return active[b] }
	if !slices.ContainsFunc(w.from, is) || !slices.ContainsFunc(w.to, is) {
		return nil
	}
	items := []int{w.item}
	var meets []int
	for _, b := range slices.Concat(w.from, w.to) {
		if active[b] && w.parts[b] != 0 {
			items, meets = append(items, w.parts[b]), append(meets, w.meets[b]...)
		}
	}
	for _, s := range w.segments {
		if slices.Min(meets) <= s.left && s.right <= slices.Max(meets) {
			items = append(items, s.item)
		}
	}
	return items
}
