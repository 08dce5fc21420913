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
