package diagram

import (
	"fmt"
	"strings"

	"bastionless/rehearsal/proof"
)

// Chart is the content of a diagram. Nodes and edges are in a stable order that does not depend on the deployment.
type Chart struct {
	// Nodes are the nodes outside of all others.
	Nodes []*Node
	Edges []Edge
	// Unmodeled are the resources that are not drawn, because the proofs do not model their types.
	Unmodeled []string
}

// Node is a node of a chart, or a frame around other nodes.
type Node struct {
	ID   string
	Kind Kind
	// Labels are the rows of text in the node.
	Labels []string
	// Name is the name of the subnet, of a subnet and of the nodes in it.
	Name string
	// URN is that of a VPC, a subnet, a gateway endpoint, a role or an instance in a subnet that is not in the state.
	URN string
	// Members are the instances or endpoints that the node stands for.
	Members []Member
	// Public is true if the members have public addresses.
	Public bool
	// Nodes are the nodes in a VPC, a zone or a subnet.
	Nodes []*Node
}

// Member is an instance or an interface endpoint.
type Member struct{ Name, URN string }

// Kind is a kind of node.
type Kind int

// The kinds of nodes.
const (
	People Kind = iota
	Role
	Service
	VPC
	Zone
	SubnetFrame
	Instances
	InterfaceEndpoints
	GatewayEndpoint
	// Block is a CIDR block or a prefix list that rules allow.
	Block
	// Way is a gateway out of a VPC, such as an Internet gateway.
	Way
)

// Edge connects two nodes.
type Edge struct {
	From, To string
	Kind     EdgeKind
	Label    string
}

// EdgeKind is a kind of edge.
type EdgeKind string

// The kinds of edges, as Mermaid writes them.
const (
	// Allows is a connection that security groups allow, or something that a role allows.
	Allows EdgeKind = "-->"
	// RoutesTo is a route.
	RoutesTo EdgeKind = "-.->"
	// ConnectedTo connects an endpoint with its service, or a VPC with a gateway.
	ConnectedTo EdgeKind = "---"
)

// NewChart returns the chart of a topology.
func NewChart(t *proof.Topology) *Chart {
	c := &chart{topology: t, idCount: map[string]int{}, outside: map[string]string{}}
	c.addRoles()
	for _, v := range t.VPCs {
		c.addVPC(v)
	}
	c.addUnplacedInstances()
	return &Chart{Nodes: c.nodes, Edges: c.edges, Unmodeled: t.Unmodeled}
}

// chart is a chart that is being made.
type chart struct {
	topology *proof.Topology
	nodes    []*Node
	edges    []Edge
	// frames are the frames that are open, from the outermost.
	frames []*Node
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

// addNode adds a node to the innermost frame that is open, and returns it.
func (c *chart) addNode(kind Kind, id string, labels ...string) *Node {
	n := &Node{ID: id, Kind: kind, Labels: labels}
	if last := len(c.frames) - 1; last >= 0 {
		c.frames[last].Nodes = append(c.frames[last].Nodes, n)
	} else {
		c.nodes = append(c.nodes, n)
	}
	return n
}

// open adds a frame, to which nodes are added until it is closed.
func (c *chart) open(kind Kind, id, label string) *Node {
	n := c.addNode(kind, id, label)
	c.frames = append(c.frames, n)
	return n
}

// end closes the innermost frame.
func (c *chart) end() { c.frames = c.frames[:len(c.frames)-1] }

// outsideNode returns the ID of the node with a label outside of all VPCs, and adds it if necessary.
func (c *chart) outsideNode(kind Kind, name string, labels ...string) string {
	key := strings.Join(labels, "\n")
	if c.outside[key] == "" {
		c.outside[key] = c.addNode(kind, c.id(name), labels...).ID
	}
	return c.outside[key]
}

// addEdge adds an edge from one node or frame to another.
func (c *chart) addEdge(from string, kind EdgeKind, label, to string) {
	c.edges = append(c.edges, Edge{from, to, kind, label})
}

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
