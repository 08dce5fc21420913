package htmlreport

import (
	"slices"

	"bastionless/rehearsal/diagram"
)

// strip is the channel between the services and the VPC.
const strip = -1

// route is the way of a wire: along a lane of a channel, with an end at each node.
type route struct {
	*wire
	channel, lane int
	ends          []end
	// riser is the number of the vertical line to the nodes outside of the VPC.
	riser int
	// labelX, labelY and labelEnd are where the label is.
	labelX, labelY, labelEnd int
}

// end connects a node with the lane of a route.
type end struct {
	at *box
	// port is the number of the port at the side of the node.
	port int
	up   bool
	// tip is true if the end has an arrowhead.
	tip bool
	// passes is true if other boxes are between the node and the lane. The wire then passes them on the left of the column,
	// which it reaches by a lane of the channel near the node.
	passes             bool
	near, lane, gutter int
	// outside is true if the node is outside of the VPC.
	outside bool
	frame   bool
}

// addOutside adds the CIDR blocks, prefix lists and gateways outside of the VPC.
func (v *vpc) addOutside(c *diagram.Chart) {
	inside := idsIn(v.node)
	for _, n := range c.Nodes {
		if n.Kind != diagram.Block && n.Kind != diagram.Way {
			continue
		}
		if slices.ContainsFunc(c.Edges, func(e diagram.Edge) bool {
			return inside[e.From] && e.To == n.ID || inside[e.To] && e.From == n.ID
		}) {
			b := newBox(n, outWidth)
			b.level = outsideLevel
			v.outside = append(v.outside, b)
			v.boxes[n.ID] = b
		}
	}
}

// Levels of nodes that are at no level of the VPC.
const (
	outsideLevel = 1000
	serviceLevel = 2000
	frameLevel   = 3000
	vpcLevel     = 4000
)

// levelOf returns the level of a node.
func (v *vpc) levelOf(id string) int {
	switch {
	case v.boxes[id] != nil:
		return v.boxes[id].level
	case v.frames[id] != nil:
		return frameLevel + v.frames[id].first
	case id == v.node.ID:
		return vpcLevel
	}
	return serviceLevel
}

// addRoutes adds the routes of all edges from or to nodes of the VPC.
func (v *vpc) addRoutes(c *diagram.Chart) {
	inside := idsIn(v.node)
	var edges []diagram.Edge
	for _, e := range c.Edges {
		if (inside[e.From] || inside[e.To]) && e.From != v.node.ID {
			edges = append(edges, e)
		}
	}
	for _, b := range bundles(edges, v.levelOf) {
		v.addRoute(b)
	}
	for _, e := range c.Edges {
		if e.From == v.node.ID && v.boxes[e.To] != nil {
			v.routes = append(v.routes, &route{wire: &wire{kind: e.Kind, to: []*box{v.boxes[e.To]}}, channel: noChannel})
		}
	}
}

// noChannel is the channel of a wire that leads straight from the VPC to a node outside.
const noChannel = -2

// addRoute adds the route of a bundle.
func (v *vpc) addRoute(b bundle) {
	r := &route{wire: &wire{kind: b.kind, label: b.label, parts: map[*box]int{}, meets: map[*box][]int{}}}
	from, to := v.levelOf(b.from[0]), v.levelOf(b.to[0])
	firstFrom, lastFrom := from, from
	if from >= frameLevel {
		f := v.frames[b.from[0]]
		firstFrom, lastFrom = f.first, f.last
	}
	switch {
	case to == serviceLevel:
		r.channel = strip
	case to == outsideLevel:
		r.channel = lastFrom + 1
	case from == outsideLevel:
		r.channel = to + 1
	case to < firstFrom:
		r.channel = firstFrom
	default:
		r.channel = lastFrom + 1
	}
	r.lane = v.newLane(r.channel)
	if from == outsideLevel || to == outsideLevel {
		r.riser = v.risers
		v.risers++
	}
	for _, id := range b.from {
		r.from = append(r.from, v.addEnd(r, id, false))
	}
	for _, id := range b.to {
		r.to = append(r.to, v.addEnd(r, id, b.kind != diagram.ConnectedTo))
	}
	v.routes = append(v.routes, r)
}

func (v *vpc) newLane(channel int) int {
	v.lanes[channel]++
	return v.lanes[channel] - 1
}

// addEnd adds an end of a route at a node.
func (v *vpc) addEnd(r *route, id string, tip bool) *box {
	e := end{at: v.boxes[id], tip: tip}
	first, last := 0, 0
	switch f := v.frames[id]; {
	case f != nil:
		e.at, e.frame, first, last = f.box, true, f.first, f.last
	case e.at == nil: // a service
		e.at = v.nodes[id][len(v.nodes[id])-1]
		e.port = e.at.down
		e.at.down++
		r.ends = append(r.ends, e)
		return e.at
	case e.at.level == outsideLevel:
		e.outside, e.port = true, e.at.left
		e.at.left++
		r.ends = append(r.ends, e)
		return e.at
	default:
		first, last = e.at.level, e.at.level
	}
	e.up = r.channel <= first
	direct := r.channel == first || r.channel == last+1 || r.channel == strip && first == 0
	if e.up {
		e.port = e.at.up
		e.at.up++
	} else {
		e.port = e.at.down
		e.at.down++
	}
	if !direct {
		col := v.columns[e.at.column]
		e.passes, e.near = true, last+1
		if e.up {
			e.near = first
		}
		e.lane, e.gutter = v.newLane(e.near), col.gutters
		col.gutters++
	}
	r.ends = append(r.ends, e)
	return e.at
}

// setOutside sets the places of the nodes outside of the VPC.
func (v *vpc) setOutside() {
	x, y := v.right+40+10*v.risers, v.y
	if v.isClosed() {
		if v.risers > 0 {
			x += 90 // room for the labels of the lines to the Internet
		}
		y += internetHeight + internetTop + gap
	}
	for _, b := range v.outside {
		b.h = max(b.h, 16+12*b.left)
		b.x, b.y = x, y
		y += b.h + gap
	}
}

// outsideBottom returns the bottom of the nodes outside of the VPC.
func (v *vpc) outsideBottom() int {
	bottom := 0
	for _, b := range v.outside {
		bottom = max(bottom, b.y+b.h)
	}
	return bottom
}

// wireClasses are the CSS classes of kinds of wires.
var wireClasses = map[diagram.EdgeKind]string{diagram.Allows: "allows", diagram.RoutesTo: "routes", diagram.ConnectedTo: "connects"}

// class returns the CSS class of the wire. What comes from outside of the VPC stands out.
func (w *wire) class() string {
	if w.kind == diagram.Allows && len(w.from) > 0 && w.from[0].level == outsideLevel {
		return "inbound"
	}
	return wireClasses[w.kind]
}

// drawRoutes draws the wires of all routes.
func (v *vpc) drawRoutes() {
	for _, r := range v.routes {
		r.item = v.newItem()
		v.wires = append(v.wires, r.wire)
		class := r.class()
		if r.channel == noChannel {
			b := r.to[0]
			r.from = []*box{v.nodes[v.node.ID][len(v.nodes[v.node.ID])-1]}
			v.path(r.item, "wire "+class, "M%d %d H%d", v.right, b.y+b.h-10, b.x)
			continue
		}
		y := v.laneY(r.channel, r.lane)
		var xs []int
		for _, e := range r.ends {
			x := v.drawEnd(r, e, y, class)
			r.meets[e.at], xs = append(r.meets[e.at], x), append(xs, x)
		}
		slices.Sort(xs)
		xs = slices.Compact(xs)
		for i := 1; i < len(xs); i++ {
			s := segment{v.newItem(), xs[i-1], xs[i]}
			v.path(s.item, "wire "+class, "M%d %d H%d", s.left, y, s.right)
			r.segments = append(r.segments, s)
		}
		r.labelX, r.labelY, r.labelEnd = xs[0]+8, y-3, xs[len(xs)-1]-8
	}
}

// portX returns the horizontal coordinate of a port. Ports are on the right, so that wires do not cross the titles of subnets.
func portX(e end) int {
	if e.frame {
		return e.at.x + e.at.w - 22 - portStep*e.port
	}
	x := e.at.x + e.at.w - 66 - portStep*e.port
	if e.at.Kind == diagram.Block {
		x -= 35 // beside the wires of the gateway endpoints above
	}
	return max(x, e.at.x+10)
}

// drawEnd draws the end of a route whose lane is at y, and returns the horizontal coordinate where it meets the lane.
func (v *vpc) drawEnd(r *route, e end, y int, class string) int {
	item := r.parts[e.at]
	if item == 0 {
		item = v.newItem()
		r.parts[e.at] = item
	}
	if e.outside {
		x, at := v.right+26+10*r.riser, e.at.y+14+12*e.port
		v.path(item, "wire "+class, "M%d %d V%d H%d", x, y, at, e.at.x)
		v.verticals = append(v.verticals, vertical(x, y, at))
		if e.tip {
			v.tip(item, class, e.at.x, at, 1, 0)
		}
		return x
	}
	x, from, dy := portX(e), e.at.y+e.at.h, -1
	if e.up {
		from, dy = e.at.y, 1
	}
	meets := x
	if e.passes {
		near := v.laneY(e.near, e.lane)
		meets = v.columns[e.at.column].x - 6 - 10*e.gutter
		v.path(item, "wire "+class, "M%d %d V%d H%d V%d", x, from, near, meets, y)
		v.verticals = append(v.verticals, vertical(x, from, near), vertical(meets, near, y))
	} else {
		v.path(item, "wire "+class, "M%d %d V%d", x, from, y)
		v.verticals = append(v.verticals, vertical(x, from, y))
	}
	if e.tip {
		v.tip(item, class, x, from, 0, dy)
	}
	return meets
}

// vertical returns the area of a vertical line.
func vertical(x, y1, y2 int) area { return area{x - 3, min(y1, y2), 6, max(y1, y2) - min(y1, y2)} }

// drawLabels writes the labels of all routes.
func (v *vpc) drawLabels() {
	for _, r := range v.routes {
		if r.channel != noChannel {
			v.label(r.item, r.class(), r.label, r.labelX, r.labelY, r.labelEnd)
		}
	}
}
