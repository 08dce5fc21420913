package htmlreport

import (
	"slices"

	"bastionless/rehearsal/diagram"
)

// wireClasses are the CSS classes of kinds of wires.
var wireClasses = map[diagram.EdgeKind]string{diagram.Allows: "allows", diagram.RoutesTo: "routes", diagram.ConnectedTo: "connects"}

// class returns the CSS class of the wire. Connections from outside of the VPC are highlighted.
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
