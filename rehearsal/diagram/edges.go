package diagram

import (
	"net/netip"
	"slices"
	"strings"

	"bastionless/rehearsal/proof"
)

// peer is a CIDR block or a prefix list in a rule, with the ID of its node.
type peer struct {
	block netip.Prefix
	list  string
	node  string
}

// is reports whether a rule is about the peer.
func (p peer) is(r proof.Rule) bool {
	if p.list != "" {
		return r.List == p.list
	}
	return r.Block == p.block && r.List == "" && r.Group == ""
}

// rulesOf returns the rules of a box in one direction.
func (c *chart) rulesOf(b *box, direction func(proof.Group) []proof.Rule) []proof.Rule {
	var rules []proof.Rule
	for _, id := range b.groups {
		rules = append(rules, direction(c.topology.Groups[id])...)
	}
	return rules
}

func egress(g proof.Group) []proof.Rule  { return g.Egress }
func ingress(g proof.Group) []proof.Rule { return g.Ingress }

// egressRules returns the rules that let a box open connections. Endpoints never do.
func (c *chart) egressRules(b *box) []proof.Rule {
	if b.endpoints {
		return nil
	}
	return c.rulesOf(b, egress)
}

// addPeers adds the CIDR blocks in a VPC that rules are about, and returns all peers of rules.
func (c *chart) addPeers(v *vpc) []peer {
	var peers []peer
	for _, b := range v.boxes {
		for _, r := range append(c.rulesOf(b, ingress), c.egressRules(b)...) {
			known := slices.ContainsFunc(peers, func(p peer) bool { return p.is(r) })
			gateway := r.List != "" && slices.ContainsFunc(v.gateways, func(g gateway) bool { return g.PrefixList == r.List })
			if !known && !gateway && r.Group == "" && (r.List != "" || r.Block.IsValid()) {
				peers = append(peers, peer{block: r.Block, list: r.List})
			}
		}
	}
	slices.SortStableFunc(peers, func(x, y peer) int { return strings.Compare(x.block.String(), y.block.String()) })
	for i, p := range peers {
		inside := slices.ContainsFunc(v.Blocks, func(block netip.Prefix) bool {
			return p.block.IsValid() && block.Bits() <= p.block.Bits() && block.Contains(p.block.Addr())
		})
		switch {
		case inside && slices.Contains(v.Blocks, p.block):
			peers[i].node = c.addNode(Block, c.id("block", p.block.String()), "all of "+p.block.String()).ID
		case inside:
			peers[i].node = c.addNode(Block, c.id("block", p.block.String()), p.block.String()).ID
		}
	}
	return peers
}

// addRuleEdges adds the connections that security groups allow.
func (c *chart) addRuleEdges(v *vpc, peers []peer) {
	for i, p := range peers {
		switch {
		case p.node != "":
		case p.list != "":
			peers[i].node = c.outsideNode(Block, "list", "prefix list")
		case v.hasRoute(p.block), len(v.subnets) == 0: // without subnets, the state has no routes of the endpoints
			peers[i].node = c.outsideNode(Block, "block_"+p.block.String(), p.block.String())
		default:
			peers[i].node = c.outsideNode(Block, "block_"+p.block.String(), p.block.String(), "no route leads there")
		}
	}
	for _, from := range v.boxes {
		for _, to := range v.boxes {
			if from != to || len(from.members) > 1 {
				c.addTraffic(from.id, common(allowedWith(c.egressRules(from), to), allowedWith(c.rulesOf(to, ingress), from)), to.id)
			}
		}
		for _, g := range v.gateways {
			c.addTraffic(from.id, matching(c.egressRules(from), g.reachedBy), g.node)
		}
		for _, p := range peers {
			c.addTraffic(from.id, matching(c.egressRules(from), p.is), p.node)
			c.addTraffic(p.node, matching(c.rulesOf(from, ingress), p.is), from.id)
		}
	}
}

// addTraffic adds an edge if there is any traffic.
func (c *chart) addTraffic(from string, allowed []traffic, to string) {
	if len(allowed) > 0 {
		c.addEdge(from, Allows, describe(allowed), to)
	}
}

// allowedWith returns the traffic to or from a box that rules allow.
func allowedWith(rules []proof.Rule, other *box) []traffic {
	return matching(rules, func(r proof.Rule) bool {
		switch {
		case r.Group != "":
			return slices.Contains(other.groups, r.Group)
		case r.List != "" || !r.Block.IsValid():
			return false
		case len(other.addresses) == 0:
			return other.block.IsValid() && r.Block.Bits() <= other.block.Bits() && r.Block.Contains(other.block.Addr())
		}
		return slices.ContainsFunc(other.addresses, r.Block.Contains)
	})
}

// reachedBy reports whether a rule allows connections to the service of the gateway.
func (g gateway) reachedBy(r proof.Rule) bool {
	if r.List != "" || r.Group != "" {
		return r.List != "" && r.List == g.PrefixList
	}
	for _, block := range g.Blocks {
		if !r.Block.IsValid() || r.Block.Bits() > block.Bits() || !r.Block.Contains(block.Addr()) {
			return false
		}
	}
	return r.Block.IsValid() && (len(g.Blocks) > 0 || r.Block.Bits() == 0)
}

// hasRoute reports whether a route leads to a block or a part of it.
func (v *vpc) hasRoute(block netip.Prefix) bool {
	return slices.ContainsFunc(v.subnets, func(subnet proof.Subnet) bool {
		return slices.ContainsFunc(subnet.Routes, func(r proof.Route) bool { return r.Block.IsValid() && r.Block.Overlaps(block) })
	})
}

// gatewayNode returns the ID of the node of a gateway.
func (c *chart) gatewayNode(g proof.Gateway) string {
	label := strings.TrimSpace(g.Kind + " " + g.Name)
	return c.outsideNode(Way, label, label)
}

// addRouteEdges adds the routes of subnets to gateway endpoints and out of the VPC, and the gateways of the
// VPC.
func (c *chart) addRouteEdges(v *vpc) {
	for _, g := range v.Gateways {
		c.addEdge(v.id, ConnectedTo, "", c.gatewayNode(g))
	}
	for _, subnet := range v.subnets {
		table := titled(subnet.TableName, "route table")
		if subnet.TableName == "" {
			table = "main route table"
		}
		for _, g := range v.gateways {
			if slices.Contains(g.Tables, subnet.Table) {
				c.addEdge(v.ids[subnet.ID], RoutesTo, table, g.node)
			}
		}
		for _, r := range subnet.Routes {
			where := "a prefix list"
			if r.Block.IsValid() {
				where = r.Block.String()
			}
			c.addEdge(v.ids[subnet.ID], RoutesTo, table+": "+where, c.gatewayNode(r.Target))
		}
	}
}

// systemsManager is the service of sessions.
const systemsManager = "Systems Manager"

// serviceNames are the names of services, by code.
var serviceNames = map[string]string{
	"ssm": systemsManager, "ssmmessages": systemsManager, "ec2messages": systemsManager,
	"s3": "S3", "dynamodb": "DynamoDB", "logs": "CloudWatch Logs", "kms": "KMS",
}

// ServiceName returns the name of a service, or its code if the name is unknown.
func ServiceName(code string) string {
	if name, ok := serviceNames[code]; ok {
		return name
	}
	return code
}

// serviceNode returns the ID of the node of one or more services.
func (c *chart) serviceNode(names ...string) string {
	return c.outsideNode(Service, "service_"+strings.Join(names, "_"), strings.Join(names, ", "))
}

// addServiceEdges adds the services of endpoints.
func (c *chart) addServiceEdges(v *vpc) {
	for _, b := range v.boxes {
		if !b.endpoints {
			continue
		}
		var others []string
		manages := false
		for _, m := range b.members {
			name := ServiceName(m.Name)
			manages = manages || name == systemsManager
			if name != systemsManager && !slices.Contains(others, name) {
				others = append(others, name)
			}
		}
		if manages {
			c.addEdge(b.id, ConnectedTo, "", c.serviceNode(systemsManager))
		}
		if len(others) > 0 {
			c.addEdge(b.id, ConnectedTo, "", c.serviceNode(others...))
		}
	}
	for _, g := range v.gateways {
		c.addEdge(g.node, ConnectedTo, "", c.serviceNode(ServiceName(g.Service)))
	}
}
