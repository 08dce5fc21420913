package proof

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// shortName returns the name of the resource without the name of the component that it is a child of.
func (r *resource) shortName() string {
	for _, urn := range r.dependencies {
		parent := r.state.byURN[urn]
		if parent == nil || !slices.Contains(r.state.components, parent) {
			continue
		}
		if rest, ok := strings.CutPrefix(r.name, parent.name+"-"); ok {
			return rest
		}
	}
	return r.name
}

// byName returns the values of a map, sorted by the names of their resources.
func byName[T any](all map[string]T, of func(T) *resource) []T {
	return slices.SortedFunc(maps.Values(all), func(a, b T) int {
		return cmp.Or(cmp.Compare(of(a).shortName(), of(b).shortName()), cmp.Compare(of(a).urn, of(b).urn))
	})
}

const (
	internetGateway   = "Internet gateway"
	egressOnlyGateway = "egress-only Internet gateway"
)

// targetKinds says what the target of a route is, by the property that names it.
var targetKinds = map[string]string{
	"gatewayId": internetGateway, "natGatewayId": "NAT gateway", "egressOnlyGatewayId": egressOnlyGateway,
	"networkInterfaceId": "network interface", "transitGatewayId": "transit gateway", "vpcPeeringConnectionId": "VPC peering",
	"vpcEndpointId": "VPC endpoint", "localGatewayId": "local gateway", "coreNetworkArn": "core network", "carrierGatewayId": "carrier gateway",
	"odbNetworkArn": "ODB network",
}

// internetGateways returns the gateways that connect a VPC to the Internet.
func (m *model) internetGateways(v *vpc) []Gateway {
	var found []Gateway
	for typ, kind := range map[string]string{
		"aws:ec2/internetGateway:InternetGateway":                     internetGateway,
		"aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": egressOnlyGateway,
	} {
		for _, n := range m.ofType(typ) {
			attached := n.str("vpcId") == v.id
			for _, a := range m.ofType("aws:ec2/internetGatewayAttachment:InternetGatewayAttachment") {
				attached = attached || a.str("vpcId") == v.id && a.str("internetGatewayId") == n.id
			}
			if attached {
				found = append(found, Gateway{kind, n.shortName()})
			}
		}
	}
	slices.SortFunc(found, func(a, b Gateway) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	return found
}

func (m *model) topologySubnet(s *subnet) Subnet {
	found := Subnet{ID: s.id, URN: s.urn, Name: s.shortName(), VPC: s.vpc, Zone: s.zone, Block: s.block}
	found.Table, _ = m.tableOf(s)
	t := m.tables[found.Table]
	if t == nil {
		return found
	}
	if m.associations[s.id] != nil {
		found.TableName = t.shortName()
	}
	for _, r := range t.routes {
		if r.target == "" || r.target == "local" || strings.HasPrefix(r.target, "vpce-") {
			continue
		}
		target := Gateway{Kind: targetKinds[r.targetProp]}
		if strings.HasPrefix(r.target, "vgw-") {
			target.Kind = "virtual private gateway"
		}
		for _, n := range m.resources {
			if n.id == r.target {
				target.Name = n.shortName()
			}
		}
		found.Routes = append(found.Routes, Route{r.block, target})
	}
	slices.SortStableFunc(found.Routes, func(a, b Route) int { return cmp.Compare(a.Block.String(), b.Block.String()) })
	return found
}

func (m *model) addEndpoints(t *Topology) {
	for _, d := range m.endpoints {
		e := Endpoint{
			URN: d.urn, VPC: d.vpc, Service: d.shortName(), Gateway: d.endpointType == "Gateway", Subnets: d.subnets, Groups: d.groups,
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

func (m *model) addGroups(t *Topology) {
	convert := func(rules []rule) []Rule {
		var found []Rule
		for _, r := range rules {
			found = append(found, Rule{r.protocol, r.from, r.to, r.block, r.group, r.list})
		}
		return found
	}
	add := func(id string, g *securityGroup) {
		if g != nil {
			t.Groups[id] = Group{convert(g.ingress), convert(g.egress)}
		}
	}
	for id, g := range m.groups {
		add(id, g)
	}
	for _, v := range m.vpcs {
		add(v.defaultGroup, m.groupIn(v.defaultGroup, v))
	}
}

func (m *model) topologyRole(r *role) SessionRole {
	found := SessionRole{URN: r.urn, Name: r.shortName()}
	for _, u := range m.documentUses(r) {
		if kind := m.kindOf(u); u.decision.Effect == policy.Allowed && !slices.Contains(found.Kinds, kind) {
			found.Kinds = append(found.Kinds, kind)
		}
	}
	anybody := trustedPrincipal{"*", policy.Group{Partition: m.partition, NotAccounts: []string{r.account()}}.Principal()}
	for _, p := range append(m.trustedPrincipals(r), anybody) {
		for _, trust := range trustFor(r.trust, p) {
			narrowed := *r
			narrowed.trust = trust
			if principal, ok := m.topologyPrincipal(&narrowed, p); ok && !slices.Contains(found.Principals, principal) {
				found.Principals = append(found.Principals, principal)
			}
		}
	}
	return found
}

// trustFor splits a trust policy into policies that each allow one kind of principal of those that p stands for: one
// policy for each statement that lists p, or for each ARN to which a condition of such a statement limits it.
func trustFor(trust *policy.Document, p trustedPrincipal) []*policy.Document {
	var denials []policy.Statement
	for _, s := range trust.Statements {
		if s.Deny {
			denials = append(denials, s)
		}
	}
	var found []*policy.Document
	for _, s := range trust.Statements {
		if s.Deny || s.Principal == nil || !s.Principal.Anyone && !slices.Contains(s.Principal.AWS, p.listed) {
			continue
		}
		for _, single := range splitByARN(s) {
			narrowed := *trust
			narrowed.Statements = append(slices.Clone(denials), single)
			found = append(found, &narrowed)
		}
	}
	return found
}

// splitByARN returns a statement for each value of the first condition that limits the ARN of the principal, or the
// statement itself if there is no such condition.
func splitByARN(s policy.Statement) []policy.Statement {
	limits := func(c policy.Condition) bool {
		return strings.EqualFold(c.Key, "aws:PrincipalArn") && !strings.Contains(c.Operator, "Not") && c.Operator != "Null"
	}
	at := slices.IndexFunc(s.Conditions, limits)
	if at < 0 {
		return []policy.Statement{s}
	}
	var found []policy.Statement
	for _, value := range s.Conditions[at].Values {
		single := s
		single.Conditions = slices.Clone(s.Conditions)
		single.Conditions[at].Values = []string{value}
		found = append(found, single)
	}
	return found
}

// topologyPrincipal returns false if the principal cannot assume the role.
func (m *model) topologyPrincipal(r *role, p trustedPrincipal) (Principal, bool) {
	decision, request := m.decideAssume(r, p.Principal)
	example := p.Principal
	if request != nil {
		example = request.Principal
	}
	return Principal{
		Listed: p.listed, ARN: cmp.Or(example.RoleARN, example.ARN), Conditional: decision.Effect == policy.Undecided,
		MFA: !example.IsSession() && !m.canAssumeWithoutMFA(r, p.Principal),
	}, decision.Effect != policy.Denied
}

// kindOf returns the kind of session that a document starts.
func (m *model) kindOf(u documentUse) string {
	if m.opensShell(u) {
		return contract.Shell
	}
	for kind, name := range awsDocuments {
		if name == u.name {
			return kind
		}
	}
	return u.name
}
