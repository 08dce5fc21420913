package proof

import (
	"net/netip"
	"slices"
	"strings"
)

// vpc is a VPC.
type vpc struct {
	*node
	blocks                   []netip.Prefix
	dnsSupport, dnsHostnames bool
	mainTable, defaultGroup  string
}

// subnet is a subnet.
type subnet struct {
	*node
	vpc, zone string
	block     netip.Prefix
	public    bool
}

// table is a route table.
type table struct {
	*node
	vpc    string
	routes []route
	// propagates says that gateways add routes that the state does not hold.
	propagates bool
}

// route is a route, but for those that AWS adds itself.
type route struct {
	by *node
	// block is where it leads, or invalid where that is a prefix list.
	block  netip.Prefix
	list   string
	target string
	// kind is the property that names the target, such as natGatewayId.
	kind string
}

// group is a security group.
type group struct {
	*node
	id              string
	ingress, egress []rule
}

// rule is one rule of a security group, with one peer.
type rule struct {
	by       *node
	protocol string
	from, to int
	block    netip.Prefix
	group    string
	list     string
}

// door is a VPC endpoint.
type door struct {
	*node
	vpc, service, kind, state string
	addresses                 string
	subnets, groups, tables   []string
	privateDNS                bool
	policy                    string
	prefixList                string
	blocks                    []netip.Prefix
	privateIPs                map[string]netip.Addr
}

// routeTargets are the properties by which a route names its target.
var routeTargets = []string{
	"gatewayId", "natGatewayId", "egressOnlyGatewayId", "networkInterfaceId", "transitGatewayId", "vpcPeeringConnectionId",
	"vpcEndpointId", "localGatewayId", "coreNetworkArn", "carrierGatewayId",
}

// network reads the network of a state.
func (m *model) network() {
	for _, n := range m.kind("aws:ec2/vpc:Vpc") {
		v := &vpc{
			node: n, dnsSupport: n.flag("enableDnsSupport", true), dnsHostnames: n.flag("enableDnsHostnames", false),
			mainTable: n.text("mainRouteTableId"), defaultGroup: n.text("defaultSecurityGroupId"),
		}
		v.blocks = prefixes(n.text("cidrBlock"))
		m.vpcs[n.id] = v
	}
	for _, n := range m.kind("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation") {
		if v := m.vpcs[n.text("vpcId")]; v != nil {
			v.blocks = append(v.blocks, prefixes(n.text("cidrBlock"))...)
		}
	}
	for _, n := range m.kind("aws:ec2/subnet:Subnet") {
		s := &subnet{node: n, vpc: n.text("vpcId"), zone: n.text("availabilityZone"), public: n.flag("mapPublicIpOnLaunch", false)}
		if blocks := prefixes(n.text("cidrBlock")); len(blocks) == 1 {
			s.block = blocks[0]
		}
		m.subnets[n.id] = s
	}
	m.routing()
	m.groupsAndRules()
	m.endpoints()
}

// routing reads route tables and what they are associated with.
func (m *model) routing() {
	for _, n := range m.kind("aws:ec2/routeTable:RouteTable", "aws:ec2/defaultRouteTable:DefaultRouteTable") {
		t := &table{node: n, vpc: n.text("vpcId"), propagates: len(n.texts("propagatingVgws")) > 0}
		for _, object := range n.objects("routes") {
			t.routes = append(t.routes, readRoute(n, object, "cidrBlock", "ipv6CidrBlock"))
		}
		m.tables[n.id] = t
	}
	for _, n := range m.kind("aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation") {
		if v := m.vpcs[n.text("vpcId")]; v != nil {
			v.mainTable = n.text("routeTableId")
		}
	}
	for _, n := range m.kind("aws:ec2/route:Route") {
		t := m.tables[n.text("routeTableId")]
		if t == nil {
			t = &table{node: n, vpc: m.vpcOfMain(n.text("routeTableId"))}
			m.tables[n.text("routeTableId")] = t
		}
		properties := map[string]any{}
		for _, key := range append([]string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"}, routeTargets...) {
			properties[key] = n.value(key)
		}
		t.routes = append(t.routes, readRoute(n, properties, "destinationCidrBlock", "destinationIpv6CidrBlock"))
	}
	for _, n := range m.kind("aws:ec2/routeTableAssociation:RouteTableAssociation") {
		if id := n.text("subnetId"); id != "" {
			m.associations[id] = n
		}
	}
}

// vpcOfMain returns the VPC whose main route table has the id.
func (m *model) vpcOfMain(id string) string {
	for _, v := range m.vpcs {
		if v.mainTable == id {
			return v.id
		}
	}
	return ""
}

func readRoute(by *node, object map[string]any, v4, v6 string) route {
	r := route{by: by, list: asText(object["destinationPrefixListId"])}
	if blocks := prefixes(asText(object[v4]), asText(object[v6])); len(blocks) > 0 {
		r.block = blocks[0]
	}
	for _, kind := range routeTargets {
		if target := asText(object[kind]); target != "" {
			r.target, r.kind = target, kind
		}
	}
	return r
}

// groupsAndRules reads security groups with the rules in them and beside them.
func (m *model) groupsAndRules() {
	for _, n := range m.kind("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup") {
		g := &group{node: n, id: n.id}
		for _, object := range n.objects("ingress") {
			g.ingress = append(g.ingress, inlineRules(n, n.id, object)...)
		}
		for _, object := range n.objects("egress") {
			g.egress = append(g.egress, inlineRules(n, n.id, object)...)
		}
		m.groups[n.id] = g
	}
	for _, n := range m.kind("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule") {
		g := m.groupOf(n)
		g.ingress = append(g.ingress, ownRule(n))
	}
	for _, n := range m.kind("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule") {
		g := m.groupOf(n)
		g.egress = append(g.egress, ownRule(n))
	}
	for _, n := range m.kind("aws:ec2/securityGroupRule:SecurityGroupRule") {
		g := m.groupOf(n)
		object := map[string]any{}
		for _, key := range []string{"protocol", "fromPort", "toPort", "cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self"} {
			object[key] = n.value(key)
		}
		if source := n.text("sourceSecurityGroupId"); source != "" {
			object["securityGroups"] = []any{source}
		}
		rules := inlineRules(n, g.id, object)
		if n.text("type") == "ingress" {
			g.ingress = append(g.ingress, rules...)
		} else {
			g.egress = append(g.egress, rules...)
		}
	}
}

// groupOf returns the group that a rule is of, which the state may not hold.
func (m *model) groupOf(rule *node) *group {
	id := rule.text("securityGroupId")
	if m.groups[id] == nil {
		m.groups[id] = &group{id: id}
	}
	return m.groups[id]
}

// ownRule reads a rule that is a resource.
func ownRule(n *node) rule {
	r := rule{
		by: n, protocol: protocol(n.text("ipProtocol")), group: groupID(n.text("referencedSecurityGroupId")),
		list: n.text("prefixListId"), from: asNumber(n.value("fromPort"), -1), to: asNumber(n.value("toPort"), -1),
	}
	if blocks := prefixes(n.text("cidrIpv4"), n.text("cidrIpv6")); len(blocks) > 0 {
		r.block = blocks[0]
	}
	return r
}

// inlineRules reads a rule with several peers as several rules.
func inlineRules(by *node, self string, object map[string]any) []rule {
	base := rule{
		by: by, protocol: protocol(asText(object["protocol"])),
		from: asNumber(object["fromPort"], -1), to: asNumber(object["toPort"], -1),
	}
	var rules []rule
	for _, block := range prefixes(slices.Concat(asTexts(object["cidrBlocks"]), asTexts(object["ipv6CidrBlocks"]))...) {
		one := base
		one.block = block
		rules = append(rules, one)
	}
	for _, id := range asTexts(object["prefixListIds"]) {
		one := base
		one.list = id
		rules = append(rules, one)
	}
	groups := asTexts(object["securityGroups"])
	if asFlag(object["self"], false) {
		groups = append(groups, self)
	}
	for _, id := range groups {
		one := base
		one.group = groupID(id)
		rules = append(rules, one)
	}
	return rules
}

// endpoints reads VPC endpoints and what is attached to them from beside.
func (m *model) endpoints() {
	for _, n := range m.kind("aws:ec2/vpcEndpoint:VpcEndpoint") {
		d := &door{
			node: n, vpc: n.text("vpcId"), service: n.text("serviceName"), kind: n.text("vpcEndpointType"),
			state: n.text("state"), addresses: n.text("ipAddressType"),
			subnets: n.texts("subnetIds"), groups: n.texts("securityGroupIds"), tables: n.texts("routeTableIds"),
			privateDNS: n.flag("privateDnsEnabled", false), policy: n.text("policy"), prefixList: n.text("prefixListId"),
			blocks: prefixes(n.texts("cidrBlocks")...), privateIPs: map[string]netip.Addr{},
		}
		if d.kind == "" {
			d.kind = "Gateway"
		}
		for _, object := range n.objects("subnetConfigurations") {
			if address, err := netip.ParseAddr(asText(object["ipv4"])); err == nil {
				d.privateIPs[asText(object["subnetId"])] = address
			}
		}
		m.doors = append(m.doors, d)
	}
	for kind, add := range map[string]func(*door, *node){
		"aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": func(d *door, n *node) {
			d.tables = append(d.tables, n.text("routeTableId"))
		},
		"aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation": func(d *door, n *node) {
			d.subnets = append(d.subnets, n.text("subnetId"))
		},
		"aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": func(d *door, n *node) { d.policy = n.text("policy") },
	} {
		for _, n := range m.kind(kind) {
			for _, d := range m.doors {
				if d.id == n.text("vpcEndpointId") {
					add(d, n)
				}
			}
		}
	}
}

// tableOf returns the id of the route table that a subnet uses, and how it comes by it.
func (m *model) tableOf(s *subnet) (id, how string) {
	if association := m.associations[s.id]; association != nil {
		return association.text("routeTableId"), association.String()
	}
	if v := m.vpcs[s.vpc]; v != nil {
		return v.mainTable, "the main route table of " + v.String()
	}
	return "", "a VPC that is not in the state"
}

// protocol folds the names of protocols.
func protocol(text string) string {
	switch text = strings.ToLower(text); text {
	case "6":
		return "tcp"
	case "all":
		return "-1"
	}
	return text
}

// groupID drops the account before a group's id.
func groupID(text string) string { return text[strings.LastIndex(text, "/")+1:] }

// prefixes parses those of the texts that are blocks.
func prefixes(texts ...string) []netip.Prefix {
	var blocks []netip.Prefix
	for _, text := range texts {
		if block, err := netip.ParsePrefix(text); err == nil {
			blocks = append(blocks, block.Masked())
		}
	}
	return blocks
}

// within says whether outer holds all of inner.
func within(outer, inner netip.Prefix) bool {
	return outer.IsValid() && inner.IsValid() && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
