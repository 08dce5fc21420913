package htmlreport

import (
	"slices"

	"bastionless/rehearsal/diagram"
)

// closedNetwork says what is proven about the VPCs.
type closedNetwork struct {
	// out is, by the URN of a VPC, whether nothing leads out of it.
	out map[string]bool
	// in is whether nothing can connect to instances.
	in bool
}

// Distances in pixels: the height of the node of the Internet, and its distance from the top of the VPC.
const (
	internetHeight = 96
	internetTop    = 40
)

// isClosed reports whether no gateway leads out of the VPC.
func (v *vpc) isClosed() bool {
	return !slices.ContainsFunc(v.outside, func(b *box) bool { return b.Kind == diagram.Way })
}

// drawInternet draws the Internet, if no gateway leads there, with what is proven about it.
func (v *vpc) drawInternet(closed closedNetwork) {
	if !v.isClosed() {
		return
	}
	x, y := v.right+150, v.y+internetTop
	if len(v.outside) > 0 {
		x = v.outside[0].x
	}
	item := v.newItem()
	b := &box{Node: &diagram.Node{Kind: diagram.Way, URN: v.node.URN}, x: x, y: y, w: 130, h: internetHeight, item: item, absent: true}
	v.nodes["internet "+v.node.ID] = []*box{b}
	v.rect(item, "box absent", b.x, b.y, b.w, b.h)
	v.text(item, "name absent", "Internet", b.x+12, b.y+28, b.w-24)
	v.text(item, "kind", "no gateway", b.x+12, b.y+52, b.w-24)
	v.text(item, "kind", "and no route", b.x+12, b.y+70, b.w-24)
	v.barrier(item, "no way out", "way out?", closed.out[v.node.URN], v.right, x, y+30)
	v.barrier(item, "no way in", "way in?", closed.in, v.right, x, y+74)
	v.outside = append(v.outside, b)
	v.reserve(b.x+b.w, b.y+b.h)
}

// barrier draws a way that is proven not to exist, with text, or one that may exist, with unprovenText.
func (v *vpc) barrier(item int, text, unprovenText string, proven bool, from, to, y int) {
	v.path(item, "wire absent", "M%d %d H%d", from, y, to)
	x := to - 24
	if !proven {
		text = unprovenText
	} else {
		v.path(item, "cross", "M%d %d l10 10 M%d %d l-10 10", x-5, y-5, x+5, y-5)
	}
	start := from + 10
	if v.risers > 0 {
		start += 20 + 10*v.risers
	}
	v.text(item, "label absent", text, start, y-9, to-start)
}
