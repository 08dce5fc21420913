package diagram

import (
	"net/netip"
	"slices"
	"strings"

	"bastionless/rehearsal/proof"
)

// peer is a block or a prefix list that rules name, with its node.
type peer struct {
	block netip.Prefix
	list  string
	node  string
}

// is says whether a rule names the peer.
func (p peer) is(r proof.Rule) bool {
	if p.list != "" {
		return r.List == p.list
	}
	return r.Block == p.block && r.List == "" && r.Group == ""
}

// rulesOf are the rules of a box in one direction.
func (s *sketch) rulesOf(b *box, direction func(proof.Group) []proof.Rule) []proof.Rule {
	var rules []proof.Rule
	for _, id := range b.groups {
		rules = append(rules, direction(s.topology.Groups[id])...)
	}
	return rules
}

func egress(g proof.Group) []proof.Rule  { return g.Egress }
func ingress(g proof.Group) []proof.Rule { return g.Ingress }

// sends are the rules by which a box opens connections. Endpoints never do.
func (s *sketch) sends(b *box) []proof.Rule {
	if b.endpoints {
		return nil
	}
	return s.rulesOf(b, egress)
}

// within draws the blocks in a VPC that rules name, and returns all peers that they name.
func (s *sketch) within(a *area) []peer {
	var peers []peer
	for _, b := range a.boxes {
		for _, r := range append(s.rulesOf(b, ingress), s.sends(b)...) {
			known := slices.ContainsFunc(peers, func(p peer) bool { return p.is(r) })
			gateway := r.List != "" && slices.ContainsFunc(a.gateways, func(g gateway) bool { return g.PrefixList == r.List })
			if !known && !gateway && r.Group == "" && (r.List != "" || r.Block.IsValid()) {
				peers = append(peers, peer{block: r.Block, list: r.List})
			}
		}
	}
	slices.SortStableFunc(peers, func(x, y peer) int { return strings.Compare(x.block.String(), y.block.String()) })
	for i, p := range peers {
		inside := slices.ContainsFunc(a.Blocks, func(block netip.Prefix) bool {
			return p.block.IsValid() && block.Bits() <= p.block.Bits() && block.Contains(p.block.Addr())
		})
		switch {
		case inside && slices.Contains(a.Blocks, p.block):
			peers[i].node = s.node(s.id("block", p.block.String()), "all of "+p.block.String())
		case inside:
			peers[i].node = s.node(s.id("block", p.block.String()), p.block.String())
		}
	}
	return peers
}

// rules draws who may reach whom.
func (s *sketch) rules(a *area, peers []peer) {
	for i, p := range peers {
		switch {
		case p.node != "":
		case p.list != "":
			peers[i].node = s.beyond("list", "prefix list")
		case a.leads(p.block):
			peers[i].node = s.beyond("block_"+p.block.String(), p.block.String())
		default:
			peers[i].node = s.beyond("block_"+p.block.String(), p.block.String(), "no route leads there")
		}
	}
	for _, from := range a.boxes {
		for _, to := range a.boxes {
			if from != to || len(from.members) > 1 {
				s.passage(from.id, common(admitting(s.sends(from), to), admitting(s.rulesOf(to, ingress), from)), to.id)
			}
		}
		for _, g := range a.gateways {
			s.passage(from.id, matching(s.sends(from), g.reachedBy), g.node)
		}
		for _, p := range peers {
			s.passage(from.id, matching(s.sends(from), p.is), p.node)
			s.passage(p.node, matching(s.rulesOf(from, ingress), p.is), from.id)
		}
	}
}

// passage draws a line where anything passes.
func (s *sketch) passage(from string, passes []traffic, to string) {
	if len(passes) > 0 {
		s.line(from, mayReach, told(passes), to)
	}
}

// admitting is the traffic that rules let through to or from a box.
func admitting(rules []proof.Rule, other *box) []traffic {
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

// reachedBy says whether a rule lets connections to the gateway's service out.
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

// leads says whether a route leads to a block or a part of it.
func (a *area) leads(block netip.Prefix) bool {
	return slices.ContainsFunc(a.subnets, func(subnet proof.Subnet) bool {
		return slices.ContainsFunc(subnet.Routes, func(r proof.Route) bool { return r.Block.IsValid() && r.Block.Overlaps(block) })
	})
}

// edge draws what is at the edge of a VPC.
func (s *sketch) edge(g proof.Gateway) string {
	label := strings.TrimSpace(g.Kind + " " + g.Name)
	return s.beyond(label, label)
}

// routes draws the routes that subnets have to gateway endpoints and out of the VPC, and
// what is attached to it without a route.
func (s *sketch) routes(a *area) {
	for _, g := range a.Gateways {
		s.line(a.id, leadsTo, "", s.edge(g))
	}
	for _, subnet := range a.subnets {
		table := titled(subnet.TableName, "route table")
		if subnet.TableName == "" {
			table = "main route table"
		}
		for _, g := range a.gateways {
			if slices.Contains(g.Tables, subnet.Table) {
				s.line(a.ids[subnet.ID], route, table, g.node)
			}
		}
		for _, r := range subnet.Routes {
			where := "a prefix list"
			if r.Block.IsValid() {
				where = r.Block.String()
			}
			s.line(a.ids[subnet.ID], route, table+": "+where, s.edge(r.Target))
		}
	}
}

// systemsManager is the service that sessions go through.
const systemsManager = "Systems Manager"

// serviceNames are how people call services.
var serviceNames = map[string]string{
	"ssm": systemsManager, "ssmmessages": systemsManager, "ec2messages": systemsManager,
	"s3": "S3", "dynamodb": "DynamoDB", "logs": "CloudWatch Logs", "kms": "KMS",
}

// serviceName is how people call the service with a code.
func serviceName(code string) string {
	if name, ok := serviceNames[code]; ok {
		return name
	}
	return code
}

// service draws a service, or several.
func (s *sketch) service(names ...string) string {
	return s.beyond("service_"+strings.Join(names, "_"), strings.Join(names, ", "))
}

// services draws what is behind the endpoints.
func (s *sketch) services(a *area) {
	for _, b := range a.boxes {
		if !b.endpoints {
			continue
		}
		var others []string
		manages := false
		for _, code := range b.members {
			name := serviceName(code)
			manages = manages || name == systemsManager
			if name != systemsManager && !slices.Contains(others, name) {
				others = append(others, name)
			}
		}
		if manages {
			s.line(b.id, leadsTo, "", s.service(systemsManager))
		}
		if len(others) > 0 {
			s.line(b.id, leadsTo, "", s.service(others...))
		}
	}
	for _, g := range a.gateways {
		s.line(g.node, leadsTo, "", s.service(serviceName(g.Service)))
	}
}
