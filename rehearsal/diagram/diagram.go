// Package diagram draws the topology of a deployed stack: networks, instances, endpoints, and the principals that can
// start sessions. NewChart returns what there is to draw, and Draw writes it as a Mermaid flowchart.
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
	c := NewChart(t)
	var text strings.Builder
	text.WriteString("flowchart LR\n")
	for _, n := range c.Nodes {
		writeNode(&text, n, "  ")
	}
	for _, e := range c.Edges {
		arrow := string(e.Kind)
		if e.Label != "" {
			arrow += "|" + quoted(e.Label) + "|"
		}
		fmt.Fprintf(&text, "  %s %s %s\n", e.From, arrow, e.To)
	}
	if len(c.Unmodeled) > 0 {
		fmt.Fprintf(&text, "  %%%% not drawn, because the proofs do not model their types: %s\n", oneLine(strings.Join(c.Unmodeled, ", ")))
	}
	return text.String()
}

// writeNode writes a node with the nodes in it.
func writeNode(text *strings.Builder, n *Node, indent string) {
	if n.Kind != VPC && n.Kind != Zone && n.Kind != SubnetFrame {
		fmt.Fprintf(text, "%s%s[%s]\n", indent, n.ID, quoted(n.Labels...))
		return
	}
	fmt.Fprintf(text, "%ssubgraph %s[%s]\n", indent, n.ID, quoted(n.Labels...))
	for _, inner := range n.Nodes {
		writeNode(text, inner, indent+"  ")
	}
	fmt.Fprintf(text, "%send\n", indent)
}

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
