package htmlreport

import (
	"slices"
	"strings"

	"bastionless/rehearsal/diagram"
)

// drawBand draws people, roles and the service of sessions in a row, and returns the bottom. The other services of the
// first VPC are drawn beside it.
func (p *picture) drawBand(c *diagram.Chart) int {
	edgesTo := func(id string) []diagram.Edge {
		var found []diagram.Edge
		for _, e := range c.Edges {
			if e.To == id {
				found = append(found, e)
			}
		}
		return found
	}
	byID := map[string]*diagram.Node{}
	for _, n := range c.Nodes {
		byID[n.ID] = n
	}
	y := margin
	var roles []*box
	for _, n := range c.Nodes {
		if n.Kind != diagram.Role {
			continue
		}
		role := newBox(n, bandWidth)
		role.x, role.y = margin+bandWidth+bandGap, y
		bottom := y
		for _, e := range edgesTo(n.ID) {
			people := newBox(byID[e.From], bandWidth)
			people.x, people.y = margin, bottom
			p.place(people)
			p.wires = append(p.wires, &wire{kind: e.Kind, label: e.Label, from: []*box{people}, to: []*box{role}})
			bottom += people.h + gap
		}
		role.h = max(role.h, bottom-gap-y)
		for _, e := range c.Edges {
			if e.From == n.ID {
				role.h = max(role.h, 24+listStep*len(listRows(kinds(e.Label), opensGap(c)-40)))
			}
		}
		p.place(role)
		roles = append(roles, role)
		y = max(bottom, y+role.h+gap)
	}
	p.drawAssume()
	if len(roles) == 0 {
		return p.drawServices(c, firstVPC(c), margin, y)
	}
	x, last := roles[0].x+bandWidth+opensGap(c), roles[len(roles)-1]
	bottom := p.drawServices(c, firstVPC(c), x, last.y)
	p.drawOpens(c, roles)
	return max(bottom, y-gap)
}

func firstVPC(c *diagram.Chart) *diagram.Node {
	for _, n := range c.Nodes {
		if n.Kind == diagram.VPC {
			return n
		}
	}
	return nil
}

// listStep is the distance of the rows of a list.
const listStep = 14

// conditions returns the conditions in a label such as "may assume, with MFA".
func conditions(label string) []string { return splitNames(label)[1:] }

// kinds returns the kinds of sessions in a label such as "opens shell, ssh".
func kinds(label string) []string { return splitNames(strings.TrimPrefix(label, "opens ")) }

// opensGap returns the distance between roles and the service of sessions, so that the names of all of AWS's kinds fit.
func opensGap(c *diagram.Chart) int {
	const longest = "remote-port-forwarding"
	width := bandGap
	for _, e := range c.Edges {
		for _, kind := range kinds(e.Label) {
			if strings.HasPrefix(e.Label, "opens ") {
				width = max(width, min(textWidth(kind, smallWidth), textWidth(longest, smallWidth))+48)
			}
		}
	}
	return width
}

// listRows joins names to rows of a width.
func listRows(names []string, width int) []string {
	var rows []string
	for _, name := range names {
		if last := len(rows) - 1; last >= 0 && textWidth(rows[last]+", "+name, smallWidth) <= width {
			rows[last] += ", " + name
			continue
		}
		rows = append(rows, name)
	}
	return rows
}

// list writes a list of names beside a wire.
func (p *picture) list(item int, names []string, x, y, width int) {
	for i, row := range listRows(names, width) {
		p.text(item, "label beside", row, x, y+listStep*i, width)
	}
}

// drawAssume draws the wires from people to roles.
func (p *picture) drawAssume() {
	for _, w := range p.wires {
		from, to := w.from[0], w.to[0]
		w.item = p.newItem()
		y := from.y + min(from.h, boxMin)/2
		if y > to.y+to.h {
			y = to.y + to.h - 8
		}
		p.path(w.item, "wire allows", "M%d %d H%d", from.x+from.w, y, to.x)
		p.tip(w.item, "allows", to.x, y, 1, 0)
		p.text(w.item, "label beside", "may assume", from.x+from.w+10, y-6, bandGap-24)
		p.list(w.item, conditions(w.label), from.x+from.w+10, y+15, bandGap-24)
	}
}

// drawOpens draws the wires from roles to the service of sessions.
func (p *picture) drawOpens(c *diagram.Chart, roles []*box) {
	for i, role := range roles {
		for _, e := range c.Edges {
			targets := p.nodes[e.To]
			if e.From != role.ID || len(targets) == 0 {
				continue
			}
			to := targets[0]
			w := &wire{kind: e.Kind, label: e.Label, from: []*box{role}, to: []*box{to}, item: p.newItem()}
			p.wires = append(p.wires, w)
			y, end := role.y+boxMin/2, to.y+boxMin/2
			if len(roles) > 1 {
				end = to.y + to.h - 10 - min(i, 3)*10
			}
			riser := to.x - 22 - 8*i
			p.path(w.item, "wire allows", "M%d %d H%d V%d H%d", role.x+role.w, y, riser, end, to.x)
			p.tip(w.item, "allows", to.x, end, 1, 0)
			p.text(w.item, "label beside", "opens", role.x+role.w+10, y-6, bandGap-40)
			p.list(w.item, kinds(e.Label), role.x+role.w+10, y+15, opensGap(c)-40)
		}
	}
}

// drawServices draws the services that the nodes of a VPC, or roles, connect to, and returns the bottom.
func (p *picture) drawServices(c *diagram.Chart, v *diagram.Node, x, y int) int {
	inside := idsIn(v)
	bottom := y
	for _, n := range c.Nodes {
		used := slices.ContainsFunc(c.Edges, func(e diagram.Edge) bool {
			fromRole := len(p.nodes[e.From]) > 0 && p.nodes[e.From][0].Kind == diagram.Role && v == firstVPC(c)
			return e.To == n.ID && (inside[e.From] || fromRole)
		})
		if n.Kind != diagram.Service || !used {
			continue
		}
		b := newBox(n, slimWidth)
		b.x, b.y = x, y
		p.place(b)
		x += slimWidth + gap
		bottom = max(bottom, b.y+b.h)
	}
	return bottom
}

// idsIn returns the IDs of all nodes in a frame, and its own.
func idsIn(n *diagram.Node) map[string]bool {
	found := map[string]bool{}
	if n == nil {
		return found
	}
	found[n.ID] = true
	for _, inner := range n.Nodes {
		for id := range idsIn(inner) {
			found[id] = true
		}
	}
	return found
}
