package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// anywhere contains all IPv4 addresses.
var anywhere = netip.MustParsePrefix("0.0.0.0/0")

// vpc is a VPC.
type vpc struct {
	*resource
	blocks                   []netip.Prefix
	dnsSupport, dnsHostnames bool
	// mainTable, defaultGroup and defaultACL are the ids of what AWS creates for each VPC. They are empty if the
	// state does not contain them.
	mainTable, defaultGroup, defaultACL string
	// mainAssociation replaces the main route table. It is nil if nothing does.
	mainAssociation *resource
}

// subnet is a subnet.
type subnet struct {
	*resource
	vpc, zone string
	block     netip.Prefix
	public    bool
}

// endpointType is a type of VPC endpoint.
type endpointType string

// The types of VPC endpoints. Other types do not lead to AWS services.
const (
	gatewayEndpoint      endpointType = "Gateway"
	interfaceEndpoint    endpointType = "Interface"
	loadBalancerEndpoint endpointType = "GatewayLoadBalancer"
)

// vpcEndpoint is a VPC endpoint.
type vpcEndpoint struct {
	*resource
	vpc, service, state string
	endpointType        endpointType
	// addressType is ipv4, ipv6, dualstack or "", and recordType is one of these or service-defined.
	addressType, recordType string
	subnets, groups, tables []string
	privateDNS              bool
	// inboundResolverOnly is true if only inbound resolver endpoints resolve the private name, and the VPC does not. It is
	// nil if the state does not contain it.
	inboundResolverOnly *bool
	policy              string
	prefixList          string
	// blocks are those of the prefix list.
	blocks []netip.Prefix
	// privateIPs are the addresses of an interface endpoint, by subnet id.
	privateIPs map[string]netip.Addr
	// names are the DNS names that AWS creates for an interface endpoint.
	names []string
	// parts are the resources that attach route tables, subnets, groups and a policy, or change private DNS.
	parts []*resource
}

// readNetwork reads VPCs, subnets, routes, security groups and endpoints.
func (m *model) readNetwork() {
	for _, n := range m.ofType("aws:ec2/vpc:Vpc") {
		v := &vpc{
			resource: n, dnsSupport: n.boolean("enableDnsSupport", true), dnsHostnames: n.boolean("enableDnsHostnames", false),
			mainTable: n.str("mainRouteTableId"), defaultGroup: n.str("defaultSecurityGroupId"), defaultACL: n.str("defaultNetworkAclId"),
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
	m.readPrefixLists()
	m.readSecurityGroups()
	m.readEndpoints()
	m.readACLs()
	m.readZones()
}

// readEndpoints reads VPC endpoints, and the resources that attach something to them.
func (m *model) readEndpoints() {
	for _, n := range m.ofType("aws:ec2/vpcEndpoint:VpcEndpoint") {
		e := &vpcEndpoint{
			resource: n, vpc: n.str("vpcId"), service: n.str("serviceName"), endpointType: endpointType(n.str("vpcEndpointType")),
			state: n.str("state"), addressType: n.str("ipAddressType"),
			subnets: n.strList("subnetIds"), groups: n.strList("securityGroupIds"), tables: n.strList("routeTableIds"),
			privateDNS: n.boolean("privateDnsEnabled", false), policy: n.str("policy"), prefixList: n.str("prefixListId"),
			blocks: prefixes(n.strList("cidrBlocks")...), privateIPs: map[string]netip.Addr{},
		}
		if e.endpointType == "" {
			e.endpointType = gatewayEndpoint
		}
		options := n.object("dnsOptions")
		e.recordType = asStr(options["dnsRecordIpType"])
		if only, ok := options["privateDnsOnlyForInboundResolverEndpoint"].(bool); ok {
			e.inboundResolverOnly = &only
		}
		for _, object := range n.objects("subnetConfigurations") {
			id := asStr(object["subnetId"])
			if address, err := netip.ParseAddr(asStr(object["ipv4"])); err == nil {
				e.privateIPs[id] = address
			}
			if n.value("subnetIds") == nil {
				e.subnets = addTo(e.subnets, id)
			}
		}
		for _, object := range n.objects("dnsEntries") {
			e.names = append(e.names, domain(asStr(object["dnsName"])))
		}
		m.endpoints = append(m.endpoints, e)
	}
	m.attachToEndpoints()
}

// attachToEndpoints reads the resources that attach something to endpoints.
func (m *model) attachToEndpoints() {
	attach := map[string]func(*vpcEndpoint, *resource){
		"aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": func(e *vpcEndpoint, n *resource) {
			e.tables = addTo(e.tables, n.str("routeTableId"))
		},
		"aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation": func(e *vpcEndpoint, n *resource) {
			e.subnets = addTo(e.subnets, n.str("subnetId"))
		},
		"aws:ec2/securityGroupAssociation:SecurityGroupAssociation": func(e *vpcEndpoint, n *resource) {
			if v := m.vpcs[e.vpc]; v != nil && n.boolean("replaceDefaultAssociation", false) {
				e.groups = slices.DeleteFunc(e.groups, func(id string) bool { return id == v.defaultGroup })
			}
			e.groups = addTo(e.groups, n.str("securityGroupId"))
		},
		"aws:vpc/endpointPrivateDns:EndpointPrivateDns": func(e *vpcEndpoint, n *resource) {
			e.privateDNS = n.boolean("privateDnsEnabled", e.privateDNS)
		},
		"aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": func(e *vpcEndpoint, n *resource) {
			e.policy = n.str("policy")
		},
	}
	for typ := range attach {
		for _, n := range m.ofType(typ) {
			for _, e := range m.endpoints {
				if e.id == n.str("vpcEndpointId") {
					attach[typ](e, n)
					e.parts = append(e.parts, n)
				}
			}
		}
	}
	for _, e := range m.endpoints {
		slices.SortFunc(e.parts, func(a, b *resource) int { return strings.Compare(a.urn, b.urn) })
	}
}

// addTo adds a text to a list that does not contain it.
func addTo(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// serves reports whether an endpoint is of the AWS service with a code, such as "ssm", in the Region of the
// endpoint.
func (e *vpcEndpoint) serves(service string) bool {
	parts := strings.SplitN(strings.TrimPrefix(e.service, "cn."), ".", 4)
	return len(parts) == 4 && parts[0] == "com" && parts[1] == "amazonaws" && parts[3] == service &&
		!differ(parts[2], e.region) && !differ(e.str("serviceRegion"), e.region)
}

// groupsOf returns the security groups of an interface endpoint: the default group of its VPC if it has none of
// its own.
func (m *model) groupsOf(e *vpcEndpoint) []string {
	if v := m.vpcs[e.vpc]; v != nil && len(e.groups) == 0 {
		return []string{v.defaultGroup}
	}
	return e.groups
}

// notAvailable says why an endpoint passes no traffic, or returns "".
func (e *vpcEndpoint) notAvailable() string {
	if e.state == "" || strings.EqualFold(e.state, "available") {
		return ""
	}
	return fmt.Sprintf("%s is %q, not available", e, e.state)
}

// prefixes parses CIDR blocks, and ignores invalid ones.
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
