package proof

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// short is a resource's name without that of the component that it is part of.
func (n *node) short() string {
	for _, urn := range n.after {
		parent := n.state.byURN[urn]
		if parent == nil || !slices.Contains(n.state.components, parent) {
			continue
		}
		if rest, ok := strings.CutPrefix(n.name, parent.name+"-"); ok {
			return rest
		}
	}
	return n.name
}

// byName returns the values of a map in the order of their resources' names.
func byName[T any](all map[string]T, of func(T) *node) []T {
	return slices.SortedFunc(maps.Values(all), func(a, b T) int {
		return cmp.Or(cmp.Compare(of(a).short(), of(b).short()), cmp.Compare(of(a).urn, of(b).urn))
	})
}

// targetKinds are what the properties name by which routes name their targets.
var targetKinds = map[string]string{
	"gatewayId": internetGateway, "natGatewayId": "NAT gateway", "egressOnlyGatewayId": egressOnlyGateway,
	"networkInterfaceId": "network interface", "transitGatewayId": "transit gateway", "vpcPeeringConnectionId": "VPC peering",
	"vpcEndpointId": "VPC endpoint", "localGatewayId": "local gateway", "coreNetworkArn": "core network", "carrierGatewayId": "carrier gateway",
}

const (
	internetGateway   = "Internet gateway"
	egressOnlyGateway = "egress-only Internet gateway"
)

// gatewaysOf are what connects a VPC to the Internet.
func (m *model) gatewaysOf(v *vpc) []Gateway {
	var found []Gateway
	for kind, name := range map[string]string{
		"aws:ec2/internetGateway:InternetGateway":                     internetGateway,
		"aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": egressOnlyGateway,
	} {
		for _, n := range m.kind(kind) {
			attached := n.text("vpcId") == v.id
			for _, a := range m.kind("aws:ec2/internetGatewayAttachment:InternetGatewayAttachment") {
				attached = attached || a.text("vpcId") == v.id && a.text("internetGatewayId") == n.id
			}
			if attached {
				found = append(found, Gateway{name, n.short()})
			}
		}
	}
	slices.SortFunc(found, func(a, b Gateway) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	return found
}

// mappedSubnet is a subnet as a map has it.
func (m *model) mappedSubnet(s *subnet) Subnet {
	found := Subnet{ID: s.id, Name: s.short(), VPC: s.vpc, Zone: s.zone, Block: s.block}
	found.Table, _ = m.tableOf(s)
	t := m.tables[found.Table]
	if t == nil {
		return found
	}
	if m.associations[s.id] != nil {
		found.TableName = t.short()
	}
	for _, r := range t.routes {
		if r.target == "" || r.target == "local" || strings.HasPrefix(r.target, "vpce-") {
			continue
		}
		to := Gateway{Kind: targetKinds[r.kind]}
		if strings.HasPrefix(r.target, "vgw-") {
			to.Kind = "virtual private gateway"
		}
		for _, n := range m.nodes {
			if n.id == r.target {
				to.Name = n.short()
			}
		}
		found.Routes = append(found.Routes, Route{r.block, to})
	}
	slices.SortStableFunc(found.Routes, func(a, b Route) int { return cmp.Compare(a.Block.String(), b.Block.String()) })
	return found
}

// mapEndpoints adds the endpoints.
func (m *model) mapEndpoints(t *Topology) {
	for _, d := range m.doors {
		e := Endpoint{
			ID: d.id, VPC: d.vpc, Service: d.short(), Gateway: d.kind == "Gateway", Subnets: d.subnets, Groups: d.groups,
			Tables: d.tables, Addresses: d.privateIPs, PrefixList: d.prefixList, Blocks: d.blocks,
		}
		parts := strings.SplitN(strings.TrimPrefix(d.service, "cn."), ".", 4)
		if len(parts) == 4 && d.serves(parts[3]) && parts[2] != "vpce" {
			e.Service = parts[3]
		}
		if v := m.vpcs[d.vpc]; v != nil && len(e.Groups) == 0 {
			e.Groups = []string{v.defaultGroup}
		}
		t.Endpoints = append(t.Endpoints, e)
	}
	slices.SortStableFunc(t.Endpoints, func(a, b Endpoint) int { return cmp.Compare(a.Service, b.Service) })
}

// mapGroups adds the security groups.
func (m *model) mapGroups(t *Topology) {
	rules := func(of []rule) []Rule {
		var found []Rule
		for _, r := range of {
			found = append(found, Rule{r.protocol, r.from, r.to, r.block, r.group, r.list})
		}
		return found
	}
	add := func(id string, g *group) {
		if g != nil {
			t.Groups[id] = Group{rules(g.ingress), rules(g.egress)}
		}
	}
	for id, g := range m.groups {
		add(id, g)
	}
	for _, v := range m.vpcs {
		add(v.defaultGroup, m.groupIn(v.defaultGroup, v))
	}
}

// mappedRole is a session role as a map has it.
func (m *model) mappedRole(r *role) SessionRole {
	found := SessionRole{Name: r.node.short()}
	for _, o := range m.openable(r) {
		if kind := m.kindOf(o); o.decision.Effect == policy.Allowed && !slices.Contains(found.Kinds, kind) {
			found.Kinds = append(found.Kinds, kind)
		}
	}
	anybody := assumer{policy.User("arn:" + m.partition + ":iam::" + strangeAccounts(r.account())[0] + ":user/" + person), "*"}
	for _, a := range append(m.assumers(r), anybody) {
		if admitted, ok := m.admits(r, a); ok {
			found.Admits = append(found.Admits, admitted)
		}
	}
	return found
}

// admits says whether and how somebody may assume a role.
func (m *model) admits(r *role, a assumer) (Admitted, bool) {
	name := person
	if a.user() {
		name = a.name()
	}
	decision := m.assume(r, a.who, name, withMFA(a))
	return Admitted{
		Listed: a.listed, ARN: cmp.Or(a.who.RoleARN, a.who.ARN), Unsure: decision.Effect == policy.Undecided,
		MFA: a.user() && m.assume(r, a.who, name, noMFA).Effect == policy.Denied,
	}, decision.Effect != policy.Denied
}

// kindOf is the kind of session that a document opens.
func (m *model) kindOf(o opening) string {
	if m.isShell(o) {
		return "shell"
	}
	for kind, name := range awsDocuments {
		if name == o.name {
			return kind
		}
	}
	return o.name
}
