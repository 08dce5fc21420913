package proof

import (
	"net/netip"
	"slices"
	"strings"
)

// vpc is a VPC.
type vpc struct {
	*resource
	blocks                   []netip.Prefix
	dnsSupport, dnsHostnames bool
	mainTable, defaultGroup  string
}

// subnet is a subnet.
type subnet struct {
	*resource
	vpc, zone string
	block     netip.Prefix
	public    bool
}

// routeTable is a route table.
type routeTable struct {
	*resource
	vpc    string
	routes []route
	// propagates is true if virtual private gateways add routes, which the state does not contain.
	propagates bool
}

// route is a route, except those that AWS creates.
type route struct {
	by *resource
	// block is the destination. It is invalid if the destination is the prefix list list.
	block  netip.Prefix
	list   string
	target string
	// targetProp is the property that names the target, such as natGatewayId.
	targetProp string
}

// securityGroup is a security group.
type securityGroup struct {
	*resource
	id              string
	ingress, egress []rule
}

// rule is one rule of a security group, with one peer.
type rule struct {
	by       *resource
	protocol string
	from, to int
	block    netip.Prefix
	group    string
	list     string
}

// vpcEndpoint is a VPC endpoint.
type vpcEndpoint struct {
	*resource
	vpc, service, state string
	// endpointType is Interface, Gateway or GatewayLoadBalancer.
	endpointType string
	// addressType is ipv4, ipv6, dualstack or "".
	addressType             string
	subnets, groups, tables []string
	privateDNS              bool
	policy                  string
	prefixList              string
	// blocks are those of the prefix list.
	blocks []netip.Prefix
	// privateIPs are the addresses of an interface endpoint, by subnet id.
	privateIPs map[string]netip.Addr
}

// routeTargets are the properties that name the target of a route.
var routeTargets = []string{
	"gatewayId", "natGatewayId", "egressOnlyGatewayId", "networkInterfaceId", "transitGatewayId", "vpcPeeringConnectionId",
	"vpcEndpointId", "localGatewayId", "coreNetworkArn", "carrierGatewayId",
}

// readNetwork reads VPCs, subnets, routes, security groups and endpoints.
func (m *model) readNetwork() {
	for _, n := range m.ofType("aws:ec2/vpc:Vpc") {
		v := &vpc{
			resource: n, dnsSupport: n.boolean("enableDnsSupport", true), dnsHostnames: n.boolean("enableDnsHostnames", false),
			mainTable: n.str("mainRouteTableId"), defaultGroup: n.str("defaultSecurityGroupId"),
		}
		v.blocks = prefixes(n.str("cidrBlock"))
		m.vpcs[n.id] = v
	}
	for _, n := range m.ofType("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation") {
		if v := m.vpcs[n.str("vpcId")]; v != nil {
			v.blocks = append(v.blocks, prefixes(n.str("cidrBlock"))...)
		}
	}
	for _, n := range m.ofType("aws:ec2/subnet:Subnet") {
		s := &subnet{resource: n, vpc: n.str("vpcId"), zone: n.str("availabilityZone"), public: n.boolean("mapPublicIpOnLaunch", false)}
		if blocks := prefixes(n.str("cidrBlock")); len(blocks) == 1 {
			s.block = blocks[0]
		}
		m.subnets[n.id] = s
	}
	m.readRoutes()
	m.readSecurityGroups()
	m.readEndpoints()
}

// readRoutes reads route tables and their associations.
func (m *model) readRoutes() {
	for _, n := range m.ofType("aws:ec2/routeTable:RouteTable", "aws:ec2/defaultRouteTable:DefaultRouteTable") {
		t := &routeTable{resource: n, vpc: n.str("vpcId"), propagates: len(n.strList("propagatingVgws")) > 0}
		for _, object := range n.objects("routes") {
			t.routes = append(t.routes, readRoute(n, object, "cidrBlock", "ipv6CidrBlock"))
		}
		m.tables[n.id] = t
	}
	for _, n := range m.ofType("aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation") {
		if v := m.vpcs[n.str("vpcId")]; v != nil {
			v.mainTable = n.str("routeTableId")
		}
	}
	for _, n := range m.ofType("aws:ec2/route:Route") {
		t := m.tables[n.str("routeTableId")]
		if t == nil {
			t = &routeTable{resource: n, vpc: m.vpcOfMain(n.str("routeTableId"))}
			m.tables[n.str("routeTableId")] = t
		}
		properties := map[string]any{}
		for _, key := range append([]string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"}, routeTargets...) {
			properties[key] = n.value(key)
		}
		t.routes = append(t.routes, readRoute(n, properties, "destinationCidrBlock", "destinationIpv6CidrBlock"))
	}
	for _, n := range m.ofType("aws:ec2/routeTableAssociation:RouteTableAssociation") {
		if id := n.str("subnetId"); id != "" {
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

func readRoute(by *resource, object map[string]any, v4, v6 string) route {
	r := route{by: by, list: asStr(object["destinationPrefixListId"])}
	if blocks := prefixes(asStr(object[v4]), asStr(object[v6])); len(blocks) > 0 {
		r.block = blocks[0]
	}
	for _, key := range routeTargets {
		if target := asStr(object[key]); target != "" {
			r.target, r.targetProp = target, key
		}
	}
	return r
}

// readSecurityGroups reads security groups with their inline rules and the rules that are resources of their
// own.
func (m *model) readSecurityGroups() {
	for _, n := range m.ofType("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup") {
		g := &securityGroup{resource: n, id: n.id}
		for _, object := range n.objects("ingress") {
			g.ingress = append(g.ingress, inlineRules(n, n.id, object)...)
		}
		for _, object := range n.objects("egress") {
			g.egress = append(g.egress, inlineRules(n, n.id, object)...)
		}
		m.groups[n.id] = g
	}
	for _, n := range m.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule") {
		g := m.groupOf(n)
		g.ingress = append(g.ingress, ruleOf(n))
	}
	for _, n := range m.ofType("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule") {
		g := m.groupOf(n)
		g.egress = append(g.egress, ruleOf(n))
	}
	for _, n := range m.ofType("aws:ec2/securityGroupRule:SecurityGroupRule") {
		g := m.groupOf(n)
		object := map[string]any{}
		for _, key := range []string{"protocol", "fromPort", "toPort", "cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self"} {
			object[key] = n.value(key)
		}
		if source := n.str("sourceSecurityGroupId"); source != "" {
			object["securityGroups"] = []any{source}
		}
		rules := inlineRules(n, g.id, object)
		if n.str("type") == "ingress" {
			g.ingress = append(g.ingress, rules...)
		} else {
			g.egress = append(g.egress, rules...)
		}
	}
}

// groupOf returns the security group of a rule. Its resource is nil if the state does not contain the group.
func (m *model) groupOf(rule *resource) *securityGroup {
	id := rule.str("securityGroupId")
	if m.groups[id] == nil {
		m.groups[id] = &securityGroup{id: id}
	}
	return m.groups[id]
}

// ruleOf reads a rule that is a resource.
func ruleOf(n *resource) rule {
	r := rule{
		by: n, protocol: protocol(n.str("ipProtocol")), group: groupID(n.str("referencedSecurityGroupId")),
		list: n.str("prefixListId"), from: asInt(n.value("fromPort"), -1), to: asInt(n.value("toPort"), -1),
	}
	if blocks := prefixes(n.str("cidrIpv4"), n.str("cidrIpv6")); len(blocks) > 0 {
		r.block = blocks[0]
	}
	return r
}

// inlineRules splits a rule with several peers into rules with one peer each.
func inlineRules(by *resource, self string, object map[string]any) []rule {
	base := rule{
		by: by, protocol: protocol(asStr(object["protocol"])),
		from: asInt(object["fromPort"], -1), to: asInt(object["toPort"], -1),
	}
	var rules []rule
	for _, block := range prefixes(slices.Concat(asStrList(object["cidrBlocks"]), asStrList(object["ipv6CidrBlocks"]))...) {
		one := base
		one.block = block
		rules = append(rules, one)
	}
	for _, id := range asStrList(object["prefixListIds"]) {
		one := base
		one.list = id
		rules = append(rules, one)
	}
	groups := asStrList(object["securityGroups"])
	if asBool(object["self"], false) {
		groups = append(groups, self)
	}
	for _, id := range groups {
		one := base
		one.group = groupID(id)
		rules = append(rules, one)
	}
	return rules
}

// readEndpoints reads VPC endpoints, and the resources that attach route tables, subnets and policies to them.
func (m *model) readEndpoints() {
	for _, n := range m.ofType("aws:ec2/vpcEndpoint:VpcEndpoint") {
		e := &vpcEndpoint{
			resource: n, vpc: n.str("vpcId"), service: n.str("serviceName"), endpointType: n.str("vpcEndpointType"),
			state: n.str("state"), addressType: n.str("ipAddressType"),
			subnets: n.strList("subnetIds"), groups: n.strList("securityGroupIds"), tables: n.strList("routeTableIds"),
			privateDNS: n.boolean("privateDnsEnabled", false), policy: n.str("policy"), prefixList: n.str("prefixListId"),
			blocks: prefixes(n.strList("cidrBlocks")...), privateIPs: map[string]netip.Addr{},
		}
		if e.endpointType == "" {
			e.endpointType = "Gateway"
		}
		for _, object := range n.objects("subnetConfigurations") {
			if address, err := netip.ParseAddr(asStr(object["ipv4"])); err == nil {
				e.privateIPs[asStr(object["subnetId"])] = address
			}
		}
		m.endpoints = append(m.endpoints, e)
	}
	for typ, attach := range map[string]func(*vpcEndpoint, *resource){
		"aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": func(e *vpcEndpoint, n *resource) {
			e.tables = append(e.tables, n.str("routeTableId"))
		},
		"aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation": func(e *vpcEndpoint, n *resource) {
			e.subnets = append(e.subnets, n.str("subnetId"))
		},
		"aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": func(e *vpcEndpoint, n *resource) { e.policy = n.str("policy") },
	} {
		for _, n := range m.ofType(typ) {
			for _, e := range m.endpoints {
				if e.id == n.str("vpcEndpointId") {
					attach(e, n)
				}
			}
		}
	}
}

// tableOf returns the id of the route table of a subnet, and what associates the subnet with it.
func (m *model) tableOf(s *subnet) (id, how string) {
	if association := m.associations[s.id]; association != nil {
		return association.str("routeTableId"), association.String()
	}
	if v := m.vpcs[s.vpc]; v != nil {
		return v.mainTable, "the main route table of " + v.String()
	}
	return "", "the main route table of a VPC that is not in the state"
}

// protocol returns the same name for the different names of a protocol.
func protocol(text string) string {
	switch text = strings.ToLower(text); text {
	case "6":
		return "tcp"
	case "all":
		return "-1"
	}
	return text
}

// groupID removes the account in front of the id of a security group.
func groupID(text string) string { return text[strings.LastIndex(text, "/")+1:] }

// prefixes parses CIDR blocks, and ignores what is not one.
func prefixes(texts ...string) []netip.Prefix {
	var blocks []netip.Prefix
	for _, text := range texts {
		if block, err := netip.ParsePrefix(text); err == nil {
			blocks = append(blocks, block.Masked())
		}
	}
	return blocks
}

// contains reports whether outer contains all of inner.
func contains(outer, inner netip.Prefix) bool {
	return outer.IsValid() && inner.IsValid() && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
