package htmlreport

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/diagram"
)

// frame is a subnet with its place: a column, and the levels of the boxes in it.
type frame struct {
	*box
	first, last int
}

// column is a zone or, as the last column of a VPC, what belongs to no zone.
type column struct {
	zone   *diagram.Node // nil: no zone
	x, w   int
	frames []*frame
	// cells are the boxes by level.
	cells map[int][]*box
	// gutters counts the wires that pass boxes of the column on its left.
	gutters int
}

// vpc is a VPC that is being drawn. Channel k is above level k, and the last one is below all levels.
type vpc struct {
	*picture
	node    *diagram.Node
	columns []*column
	// starts are the first levels of the rows of subnets.
	starts  []int
	levels  int
	boxes   map[string]*box
	frames  map[string]*frame
	outside []*box
	lanes   map[int]int
	routes  []*route
	risers  int
	// tops and bottoms are the coordinates of the levels.
	tops, bottoms map[int]int
	// x, y, right and bottom are the edges.
	x, y, right, bottom int
}

// drawVPC draws a VPC below y, and returns the bottom.
func (p *picture) drawVPC(c *diagram.Chart, n *diagram.Node, closed closedNetwork, y int) int {
	v := &vpc{
		picture: p, node: n, boxes: map[string]*box{}, frames: map[string]*frame{}, lanes: map[int]int{},
		tops: map[int]int{}, bottoms: map[int]int{},
	}
	if n != firstVPC(c) {
		y = p.drawServices(c, n, margin, y+2*gap)
	}
	v.arrange()
	v.addOutside(c)
	v.addRoutes(c)
	v.setColumns()
	v.setLevels(y)
	v.setOutside()
	v.drawFrames()
	v.drawRoutes()
	for _, b := range v.allBoxes() {
		p.place(b)
	}
	v.drawInternet(closed)
	v.drawTitles()
	v.drawLabels()
	return max(v.bottom, v.outsideBottom())
}

// rank sorts subnets: those with endpoints are above those with instances.
func rank(n *diagram.Node) int {
	endpoints, instances := false, false
	for _, b := range n.Nodes {
		endpoints = endpoints || b.Kind == diagram.InterfaceEndpoints
		instances = instances || b.Kind == diagram.Instances
	}
	switch {
	case endpoints && !instances:
		return 0
	case endpoints:
		return 1
	case instances:
		return 2
	}
	return 3
}

// arrange determines the columns and the levels.
func (v *vpc) arrange() {
	type rowKey struct{ rank, index int }
	rows := map[rowKey][]*frame{}
	wide := &column{cells: map[int][]*box{}}
	var gateways, blocks []*diagram.Node
	for _, n := range v.node.Nodes {
		switch n.Kind {
		case diagram.Zone, diagram.SubnetFrame:
			col := v.columnFor(n)
			counts := map[int]int{}
			for _, s := range subnetsOf(n) {
				key := rowKey{rank(s), counts[rank(s)]}
				if n.Kind == diagram.SubnetFrame {
					key.index = len(col.frames)
				}
				counts[key.rank]++
				f := &frame{box: &box{Node: s, column: slices.Index(v.columns, col)}}
				rows[key] = append(rows[key], f)
				col.frames = append(col.frames, f)
			}
		case diagram.GatewayEndpoint, diagram.InterfaceEndpoints:
			gateways = append(gateways, n)
		default:
			blocks = append(blocks, n)
		}
	}
	keys := slices.SortedFunc(maps.Keys(rows), func(a, b rowKey) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.index, b.index))
	})
	for _, key := range keys {
		v.addRow(rows[key])
	}
	v.levels = max(v.levels, 1)
	v.addWide(wide, gateways, blocks)
}

// columnFor returns a new column for a zone, or the column of the subnets without a zone.
func (v *vpc) columnFor(n *diagram.Node) *column {
	var zone *diagram.Node
	if n.Kind == diagram.Zone {
		zone = n
	} else if i := slices.IndexFunc(v.columns, func(c *column) bool { return c.zone == nil }); i >= 0 {
		return v.columns[i]
	}
	col := &column{zone: zone, cells: map[int][]*box{}}
	v.columns = append(v.columns, col)
	return col
}

func subnetsOf(n *diagram.Node) []*diagram.Node {
	if n.Kind == diagram.SubnetFrame {
		return []*diagram.Node{n}
	}
	return n.Nodes
}

// addRow adds subnets, at most one of each zone, as the next levels: one level for endpoints and one for instances.
func (v *vpc) addRow(frames []*frame) {
	has := map[diagram.Kind]bool{}
	for _, f := range frames {
		for _, n := range f.Nodes {
			has[n.Kind] = true
		}
	}
	first := v.levels
	v.starts = append(v.starts, first)
	levelOf := map[diagram.Kind]int{}
	for _, kind := range []diagram.Kind{diagram.InterfaceEndpoints, diagram.Instances} {
		if has[kind] {
			levelOf[kind] = v.levels
			v.levels++
		}
	}
	v.levels = max(v.levels, first+1)
	for _, f := range frames {
		f.first, f.last = first, v.levels-1
		v.frames[f.ID] = f
		for _, n := range f.Nodes {
			v.addCell(v.columns[f.column], n, levelOf[n.Kind], len(f.Nodes) > 2)
		}
	}
}

// addCell adds a node to a level of a column.
func (v *vpc) addCell(col *column, n *diagram.Node, level int, slim bool) {
	width := boxWidth
	if slim {
		width = slimWidth
	}
	b := newBox(n, width)
	b.level, b.column = level, slices.Index(v.columns, col)
	col.cells[level] = append(col.cells[level], b)
	v.boxes[n.ID] = b
}

// addWide adds the column of what belongs to no zone: gateway endpoints, interface endpoints without a subnet in the state,
// and CIDR blocks in rules.
func (v *vpc) addWide(col *column, gateways, blocks []*diagram.Node) {
	if len(gateways)+len(blocks) == 0 {
		return
	}
	v.columns = append(v.columns, col)
	for _, n := range gateways {
		v.addCell(col, n, 0, !v.isExternal(n.URN))
	}
	for i, n := range blocks {
		v.addCell(col, n, max(v.levels-1-i/2, 0), true)
	}
}

// allBoxes returns the boxes in a stable order.
func (v *vpc) allBoxes() []*box {
	var found []*box
	for _, col := range v.columns {
		for level := range v.levels {
			found = append(found, col.cells[level]...)
		}
	}
	return append(found, v.outside...)
}

// drawFrames draws the frames of the VPC, its zones and its subnets.
func (v *vpc) drawFrames() {
	root := &box{Node: v.node, x: v.x, y: v.y, w: v.right - v.x, h: v.bottom - v.y, item: v.newItem()}
	v.nodes[v.node.ID] = append(v.nodes[v.node.ID], root)
	v.rect(root.item, "vpc"+v.externalClass(root), root.x, root.y, root.w, root.h)
	v.reserve(v.right, v.bottom)
	for _, col := range v.columns {
		if col.zone != nil {
			v.rect(0, "zone", col.x, v.y+36, col.w, v.bottom-v.y-36-padding)
		}
		for _, f := range col.frames {
			f.item = v.newItem()
			v.nodes[f.ID] = append(v.nodes[f.ID], f.box)
			v.rect(f.item, "subnet"+v.externalClass(f.box), f.x, f.y, f.w, f.h)
			name, block := cutBlock(f.Labels[0])
			v.text(f.item, "subnetname", name, f.x+12, f.y+19, titleWidth)
			v.text(f.item, "kind mono", block, f.x+12, f.y+35, titleWidth)
		}
	}
}

// drawTitles writes the names of the VPC and its zones, on top of the wires that cross them.
func (v *vpc) drawTitles() {
	root := v.nodes[v.node.ID][len(v.nodes[v.node.ID])-1]
	title := v.node.Labels[0]
	if v.isExternal(root.URN) {
		title = existing + title
	}
	v.text(root.item, "title", title, root.x+padding, root.y+23, root.w-2*padding)
	for _, col := range v.columns {
		if col.zone != nil {
			v.text(0, "zonename", col.zone.Labels[0], col.x+padding, v.y+55, col.w-2*padding)
		}
	}
}

// cutBlock splits the label of a subnet into its name and its CIDR block.
func cutBlock(label string) (name, block string) {
	if i := strings.LastIndex(label, " "); i > 0 && strings.Contains(label[i:], "/") {
		return label[:i], label[i+1:]
	}
	return label, ""
}
