package htmlreport

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"

	"bastionless/rehearsal/diagram"
)

// shape is an element of the image. The template writes it.
type shape struct {
	// Kind is rect, path or text.
	Kind       string
	X, Y, W, H int
	// D is the path.
	D     string
	Class string
	// Item is the number of the part that can be highlighted, or 0.
	Item int
	Text string
	// Title is the whole text if Text is shortened.
	Title string
}

func (p *picture) rect(item int, class string, x, y, w, h int) {
	p.Shapes = append(p.Shapes, shape{Kind: "rect", Item: item, Class: class, X: x, Y: y, W: w, H: h})
}

func (p *picture) path(item int, class, format string, args ...any) {
	p.Shapes = append(p.Shapes, shape{Kind: "path", Item: item, Class: class, D: fmt.Sprintf(format, args...)})
}

// Widths of characters of the two sizes of monospaced text, in tenths of pixels. A wide character has two.
const (
	charWidth  = 73
	smallWidth = 67
)

// textWidth returns the width of a text in pixels.
func textWidth(text string, char int) int {
	return (runewidth.StringWidth(text)*char + 9) / 10
}

// shorten returns a text that fits into a width. It leaves out the middle, since names and IDs differ at their ends.
func shorten(text string, char, width int) string {
	most, whole := max(width*10/char, 1), runewidth.StringWidth(text)
	if whole <= most {
		return text
	}
	tail := runewidth.TruncateLeft(text, whole-most/3, "")
	return runewidth.Truncate(text, max(most-1-runewidth.StringWidth(tail), 0), "") + "…" + tail
}

// text writes a text that is shortened to a width.
func (p *picture) text(item int, class, text string, x, y, width int) {
	char := smallWidth
	if strings.Contains(class, "name") {
		char = charWidth
	}
	whole := visible(strings.Join(strings.Fields(text), " "))
	s := shape{Kind: "text", Item: item, Class: class, X: x, Y: y, Text: shorten(whole, char, width)}
	if s.Text != whole {
		s.Title = shortenMiddle(whole, longTitle)
	}
	p.Shapes = append(p.Shapes, s)
}

// maxChips is the number of members that a box shows.
const maxChips = 24

// newBox returns a box of a width, and measures its height.
func newBox(n *diagram.Node, width int) *box {
	b := &box{Node: n, w: width}
	members := n.Members
	if n.Kind == diagram.GatewayEndpoint {
		members = []diagram.Member{{Name: n.Labels[1], URN: n.URN}}
	}
	hidden := 0
	if len(members) > maxChips {
		hidden = len(members) - maxChips + 1
	}
	x, y := 10, 26
	add := func(c chip) {
		c.w = min(textWidth(visible(c.Name), charWidth)+16, width-20)
		if x > 10 && x+c.w > width-10 {
			x, y = 10, y+28
		}
		c.x, c.y = x, y
		x += c.w + 6
		b.chips = append(b.chips, c)
	}
	for _, m := range members[:len(members)-hidden] {
		add(chip{Member: m})
	}
	if hidden > 0 {
		add(chip{Member: diagram.Member{Name: fmt.Sprintf("and %d more", hidden)}, more: hidden})
	}
	switch {
	case len(b.chips) > 0:
		b.h = y + 22 + 10
		if len(n.Labels) > 2 {
			b.h += 18
		}
	default:
		b.h = max(boxMin, 18*len(b.rows())+16)
	}
	return b
}

// rows returns the text of a box without chips. It shows six rows and counts the others. A gateway with a long name has
// two rows.
func (b *box) rows() []string {
	rows := b.Labels
	switch {
	case b.Kind == diagram.Service:
		rows = splitNames(b.Labels[0])
	case b.Kind == diagram.Way && textWidth(b.Labels[0], charWidth) > b.w-24:
		if i := strings.LastIndex(b.Labels[0], " "); i > 0 {
			rows = []string{b.Labels[0][:i], b.Labels[0][i+1:]}
		}
	}
	if len(rows) > 7 {
		rows = append(rows[:6:6], fmt.Sprintf("and %d more", len(rows)-6))
	}
	return rows
}

// classes are the CSS classes of kinds of nodes.
var classes = map[diagram.Kind]string{
	diagram.People: "people", diagram.Role: "role", diagram.Service: "service", diagram.Instances: "instances",
	diagram.InterfaceEndpoints: "endpoints", diagram.GatewayEndpoint: "endpoints", diagram.Block: "block", diagram.Way: "way",
}

// existing precedes the names of what the stack reads and does not manage. externalClass is its CSS class.
const (
	existing      = "existing "
	externalClass = " external"
)

// externalClass returns the CSS class of a node if the stack does not manage it, or any of its members.
func (p *picture) externalClass(b *box) string {
	external := p.isExternal(b.URN)
	for i, m := range b.Members {
		external = p.isExternal(m.URN) && (i == 0 || external)
	}
	if !external {
		return ""
	}
	p.HasExternal = true
	return externalClass
}

// drawBox draws a node at its place.
func (p *picture) drawBox(b *box) {
	class, label := classes[b.Kind], b.Labels[0]
	if b.Public {
		class += " open"
	}
	external := p.externalClass(b)
	if external != "" {
		label = existing + label
	}
	p.rect(b.item, "box "+class+external, b.x, b.y, b.w, b.h)
	if len(b.chips) == 0 {
		rows := b.rows()
		y := b.y + (b.h-18*len(rows))/2 + 13
		for i, row := range rows {
			p.text(b.item, "name "+class, row, b.x+12, y+18*i, b.w-24)
		}
		return
	}
	p.text(b.item, "kind", label, b.x+11, b.y+17, b.w-22)
	for i := range b.chips {
		c := &b.chips[i]
		c.item = p.newItem()
		kind, external := "chip ", ""
		if p.isExternal(c.URN) {
			external = externalClass
		}
		if c.more > 0 {
			kind = "chip rest "
		}
		p.rect(c.item, kind+class+external, b.x+c.x, b.y+c.y, c.w, 22)
		p.text(c.item, "name "+class, c.Name, b.x+c.x+8, b.y+c.y+15, c.w-14)
	}
	if len(b.Labels) > 2 {
		p.text(b.item, "kind", b.Labels[2], b.x+11, b.y+b.h-9, b.w-22)
	}
}

// tip draws an arrowhead at a point. dx and dy are its direction.
func (p *picture) tip(item int, class string, x, y, dx, dy int) {
	p.path(item, "tip "+class, "M%d %d L%d %d L%d %d Z", x, y, x-7*dx+4*dy, y-7*dy+4*dx, x-7*dx-4*dy, y-7*dy-4*dx)
}

// label writes the label of a wire beside the point where it starts, at the first place where it covers nothing.
func (p *picture) label(item int, class, text string, x, y, end int) {
	if text == "" {
		return
	}
	text = shorten(visible(text), smallWidth, 240)
	w := textWidth(text, smallWidth)
	place := area{x, y - 12, w, 13}
	for try := x; try < max(end, x+200); try += 6 {
		candidate := area{try, y - 12, w, 13}
		if !overlapsAny(candidate, p.verticals) && !overlapsAny(candidate, p.labels) {
			place = candidate
			break
		}
	}
	p.labels = append(p.labels, place)
	p.text(item, "label "+class, text, place.x, y-2, w+10)
	p.reserve(place.x+w, y)
}

func overlapsAny(a area, others []area) bool {
	for _, b := range others {
		if a.overlaps(b) {
			return true
		}
	}
	return false
}

// splitNames splits a list of names.
func splitNames(text string) []string { return strings.Split(text, ", ") }
