// Package diagram draws the topology of a deployed stack as a Mermaid flowchart: where
// things are, who may reach whom, and the people outside.
//
// Every line stands for something in the state: a solid arrow for what security groups
// let through or roles allow, a dotted one for a route, a plain line for the service
// behind an endpoint. The text holds names and blocks alone, in a stable order, so that
// the same topology gives the same text whenever it was deployed.
package diagram

import (
	"fmt"
	"strings"

	"bastionless/rehearsal/proof"
)

// Draw returns the Mermaid source of a topology.
func Draw(t *proof.Topology) string {
	s := &sketch{topology: t, taken: map[string]int{}, outside: map[string]string{}}
	s.people()
	for _, v := range t.VPCs {
		s.network(v)
	}
	s.strays()
	var text strings.Builder
	text.WriteString("flowchart LR\n")
	for _, line := range append(s.places, s.lines...) {
		text.WriteString("  " + line + "\n")
	}
	if len(t.Unknown) > 0 {
		fmt.Fprintf(&text, "  %%%% not drawn, since their types are not known: %s\n", oneLine(strings.Join(t.Unknown, ", ")))
	}
	return text.String()
}

// sketch is a flowchart that is being drawn.
type sketch struct {
	topology *proof.Topology
	// places are the nodes and the subgraphs around them, lines what connects them.
	places, lines []string
	// depth is how many subgraphs are open.
	depth int
	// taken counts the ids in use.
	taken map[string]int
	// outside are the nodes outside all VPCs: ids by label.
	outside map[string]string
}

// id makes an id of words.
func (s *sketch) id(words ...string) string {
	id := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(strings.Join(words, "_"))), "_")
	if s.taken[id]++; s.taken[id] > 1 {
		return s.id(id, fmt.Sprint(s.taken[id]))
	}
	return id
}

// place adds a line of the places.
func (s *sketch) place(format string, args ...any) {
	s.places = append(s.places, strings.Repeat("  ", s.depth)+fmt.Sprintf(format, args...))
}

// open begins a subgraph.
func (s *sketch) open(id, label string) {
	s.place("subgraph %s[%s]", id, quoted(label))
	s.depth++
}

// end ends a subgraph.
func (s *sketch) end() {
	s.depth--
	s.place("end")
}

// node adds a node and returns its id.
func (s *sketch) node(id string, labels ...string) string {
	s.place("%s[%s]", id, quoted(labels...))
	return id
}

// beyond adds a node outside all VPCs, once, and returns its id.
func (s *sketch) beyond(name string, labels ...string) string {
	label := quoted(labels...)
	if s.outside[label] == "" {
		s.outside[label] = s.node(s.id(name), labels...)
	}
	return s.outside[label]
}

// line adds a line from one node or subgraph to another.
func (s *sketch) line(from, arrow, label, to string) {
	if label != "" {
		arrow += "|" + quoted(label) + "|"
	}
	s.lines = append(s.lines, from+" "+arrow+" "+to)
}

// Kinds of line.
const (
	mayReach = "-->"
	route    = "-.->"
	leadsTo  = "---"
)

// special are characters that mean something in a label.
var special = strings.NewReplacer(`"`, "#quot;", "#", "#35;", "<", "#lt;", ">", "#gt;", "`", "#96;")

// quoted is a label of several rows.
func quoted(rows ...string) string {
	escaped := make([]string, len(rows))
	for i, row := range rows {
		escaped[i] = special.Replace(oneLine(row))
	}
	return `"` + strings.Join(escaped, "<br/>") + `"`
}

// oneLine drops line breaks and what else is not printed.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// titled is a thing's name with what it is: "app subnet".
func titled(name, kind string) string {
	words := strings.Fields(kind)
	switch {
	case name == "" || name == kind:
		return kind
	case strings.HasSuffix(name, "-"+strings.Join(words, "-")):
		return strings.TrimSuffix(name, "-"+strings.Join(words, "-")) + " " + kind
	case strings.Contains(strings.ToLower(name), words[len(words)-1]):
		return name
	}
	return name + " " + kind
}
