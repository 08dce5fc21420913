// Package diagram draws the topology of a deployed stack as a Mermaid flowchart: networks, instances,
// endpoints, and the principals that can start sessions.
//
// A solid arrow is a connection that security groups allow, or something that a role allows. A dotted arrow
// is a route. A line without an arrow connects an endpoint with its service. The text contains names and CIDR
// blocks, but no IDs, in a stable order, so that it does not depend on the deployment.
package diagram

import (
	"fmt"
	"strings"

	"bastionless/rehearsal/proof"
)

// Draw returns the Mermaid source of a topology.
func Draw(t *proof.Topology) string {
	c := &chart{topology: t, idCount: map[string]int{}, outside: map[string]string{}}
	c.addRoles()
	for _, v := range t.VPCs {
		c.addVPC(v)
	}
	c.addUnplacedInstances()
	var text strings.Builder
	text.WriteString("flowchart LR\n")
	for _, line := range append(c.nodes, c.edges...) {
		text.WriteString("  " + line + "\n")
	}
	if len(t.Unmodeled) > 0 {
		fmt.Fprintf(&text, "  %%%% not drawn, because the proofs do not model their types: %s\n", oneLine(strings.Join(t.Unmodeled, ", ")))
	}
	return text.String()
}

// chart is a flowchart that is being drawn.
type chart struct {
	topology *proof.Topology
	// nodes are the lines of nodes and of the subgraphs around them, and edges those of edges.
	nodes, edges []string
	// depth is the number of open subgraphs.
	depth int
	// idCount counts the uses of each ID.
	idCount map[string]int
	// outside are the IDs of the nodes outside of all VPCs, by label.
	outside map[string]string
}

// id returns an unused id that consists of the words.
func (c *chart) id(words ...string) string {
	id := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(strings.Join(words, "_"))), "_")
	if c.idCount[id]++; c.idCount[id] > 1 {
		return c.id(id, fmt.Sprint(c.idCount[id]))
	}
	return id
}

// addLine adds a line to nodes.
func (c *chart) addLine(format string, args ...any) {
	c.nodes = append(c.nodes, strings.Repeat("  ", c.depth)+fmt.Sprintf(format, args...))
}

// open starts a subgraph.
func (c *chart) open(id, label string) {
	c.addLine("subgraph %s[%s]", id, quoted(label))
	c.depth++
}

// end ends a subgraph.
func (c *chart) end() {
	c.depth--
	c.addLine("end")
}

// addNode adds a node and returns its ID.
func (c *chart) addNode(id string, labels ...string) string {
	c.addLine("%s[%s]", id, quoted(labels...))
	return id
}

// outsideNode returns the ID of the node with a label outside of all VPCs, and adds it if necessary.
func (c *chart) outsideNode(name string, labels ...string) string {
	label := quoted(labels...)
	if c.outside[label] == "" {
		c.outside[label] = c.addNode(c.id(name), labels...)
	}
	return c.outside[label]
}

// addEdge adds an edge from one node or subgraph to another.
func (c *chart) addEdge(from, arrow, label, to string) {
	if label != "" {
		arrow += "|" + quoted(label) + "|"
	}
	c.edges = append(c.edges, from+" "+arrow+" "+to)
}

// Kinds of edges.
const (
	allows      = "-->"
	routesTo    = "-.->"
	connectedTo = "---"
)

// escaper escapes characters that have a meaning in a label.
var escaper = strings.NewReplacer(`"`, "#quot;", "#", "#35;", "<", "#lt;", ">", "#gt;", "`", "#96;")

// quoted returns a label with one or more rows.
func quoted(rows ...string) string {
	escaped := make([]string, len(rows))
	for i, row := range rows {
		escaped[i] = escaper.Replace(oneLine(row))
	}
	return `"` + strings.Join(escaped, "<br/>") + `"`
}

// oneLine joins the lines of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// titled returns a name followed by the kind, such as "app subnet", unless the name contains it.
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
