package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// hostedZone is a private hosted zone of Route 53.
type hostedZone struct {
	*resource
	// name is the domain.
	name string
	// vpcs are the resources that associate VPCs, by the id of the VPC.
	vpcs    map[string]*resource
	records []*resource
}

// readZones reads hosted zones, and the VPCs that they are associated with.
func (m *model) readZones() {
	m.unknownZones = map[string]*resource{}
	byID := map[string]*hostedZone{}
	for _, n := range m.ofType("aws:route53/zone:Zone") {
		z := &hostedZone{resource: n, name: domain(n.str("name")), vpcs: map[string]*resource{}}
		for _, object := range n.objects("vpcs") {
			z.vpcs[asStr(object["vpcId"])] = n
		}
		m.zones = append(m.zones, z)
		byID[n.id], byID[n.str("zoneId")] = z, z
	}
	for _, n := range m.ofType("aws:route53/zoneAssociation:ZoneAssociation") {
		if z := byID[n.str("zoneId")]; z != nil {
			z.vpcs[n.str("vpcId")] = n
		} else {
			m.unknownZones[n.str("vpcId")] = n
		}
	}
	for _, n := range m.ofType("aws:route53/record:Record") {
		if z := byID[n.str("zoneId")]; z != nil {
			z.records = append(z.records, n)
		}
	}
}

// domain returns a domain name in the form in which names are compared.
func domain(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// isWithin reports whether a name is a domain or one below it.
func isWithin(name, parent string) bool {
	return parent == "" || name == parent || strings.HasSuffix(name, "."+parent)
}

// zoneOf returns the most specific private hosted zone that answers queries of the VPC for a name, or nil.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html
func (m *model) zoneOf(v *vpc, name string) *hostedZone {
	var best *hostedZone
	for _, z := range m.zones {
		if z.vpcs[v.id] != nil && isWithin(name, z.name) && (best == nil || len(z.name) > len(best.name)) {
			best = z
		}
	}
	return best
}

// forwarded says which rule sends queries of the VPC for a name to other DNS servers, or returns "". The most
// specific domain decides, and a rule takes priority over a private hosted zone with the same domain: mostSpecific
// is that of the zone, or "" if there is none.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-overview-forward-vpc-to-network-domain-name-matches.html
func (m *model) forwarded(v *vpc, name, mostSpecific string) string {
	rules := m.ofType("aws:route53/resolverRule:ResolverRule")
	for _, rule := range rules {
		if rule.str("domainName") == "" {
			return fmt.Sprintf("the state does not show which names %s forwards", rule)
		}
	}
	for _, association := range m.ofType("aws:route53/resolverRuleAssociation:ResolverRuleAssociation") {
		if id := association.str("vpcId"); id != v.id && id != "" {
			continue
		}
		at := slices.IndexFunc(rules, func(r *resource) bool { return r.id == association.str("resolverRuleId") })
		if at < 0 {
			return fmt.Sprintf("the rule of %s is not in the state", association)
		}
		rule := rules[at]
		d := domain(rule.str("domainName"))
		if isWithin(name, d) && len(d) >= len(mostSpecific) && !slices.Contains([]string{"SYSTEM", "RECURSIVE"}, rule.str("ruleType")) {
			return fmt.Sprintf("%s forwards %s to other DNS servers", rule, d)
		}
	}
	return ""
}

// checkDNSServer checks that instances in the VPC use the DNS server of AWS, which knows private names.
// https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html
func (m *model) checkDNSServer(f *finding, v *vpc, name string) bool {
	options, how := "", v.resource
	for _, association := range m.ofType("aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation") {
		if association.str("vpcId") == v.id {
			options, how = association.str("dhcpOptionsId"), association
		}
	}
	declared := m.ofType("aws:ec2/vpcDhcpOptions:VpcDhcpOptions", "aws:ec2/defaultVpcDhcpOptions:DefaultVpcDhcpOptions")
	if how == v.resource {
		options = v.str("dhcpOptionsId")
	}
	at := slices.IndexFunc(declared, func(n *resource) bool { return n.id == options && options != "" })
	switch {
	case at >= 0:
		f.rest(how, declared[at])
		servers := declared[at].strList("domainNameServers")
		if len(servers) == 1 && v.isAmazonDNS(servers[0]) {
			return true
		}
		f.unknown("instances in %s use the DNS servers of %s, %q: the state does not show how they resolve %s", v, declared[at], servers, name)
		return false
	case v.external:
		f.premise("%s uses the DNS server of AWS (DHCP options %q), and no hosted zone or resolver rule that is not in the state changes the names of AWS services in it", v, options)
	case how != v.resource && options != "default":
		f.unknown("DHCP options %q of %s are not in the state, so it does not show which DNS servers resolve %s", options, v, name)
		return false
	}
	return true
}

// isAmazonDNS reports whether a DNS server is that of AWS.
func (v *vpc) isAmazonDNS(server string) bool {
	if server == "AmazonProvidedDNS" || server == "169.254.169.253" || server == "fd00:ec2::253" {
		return true
	}
	address, err := netip.ParseAddr(server)
	return err == nil && len(v.blocks) > 0 && v.blocks[0].Addr().Next().Next() == address
}

// resolveName checks that the name of a service resolves to an endpoint in the VPC, and returns the endpoint.
func (m *model) resolveName(f *finding, i *instance, s *subnet, v *vpc, service string) *vpcEndpoint {
	name := fmt.Sprintf("%s.%s.%s", service, v.region, i.dnsSuffix())
	if v.region == "" {
		f.unknown("the state does not show the Region of %s, and thus the name of the service", v)
		return nil
	}
	if !m.checkDNSServer(f, v, name) {
		return nil
	}
	here, private := m.endpointsOf(v, service)
	zone := m.zoneOf(v, name)
	mostSpecific := ""
	switch {
	case len(private) > 0:
		mostSpecific = name
	case zone != nil:
		mostSpecific = zone.name
	}
	if why := m.forwarded(v, name, mostSpecific); why != "" {
		f.unknown("%s: the state does not show to which addresses %s resolves", why, name)
		return nil
	}
	switch {
	case len(private) > 1:
		f.rest(resourcesOf(private)...)
		f.unknown("%s and %s both have private DNS: the state does not show to which of them %s resolves", private[0], private[1], name)
		return nil
	case len(private) == 1 && zone != nil && zone.name == name:
		f.unknown("%s and %s are both for %s: the state does not show which of them the VPC uses", private[0], zone, name)
		return nil
	case len(private) == 1:
		return m.checkPrivateDNS(f, i, s, v, private[0], name, "private DNS")
	case zone != nil:
		return m.resolveByZone(f, i, s, v, zone, name)
	}
	f.rest(resourcesOf(here)...)
	m.resolvesPublicly(f, i, s, v, service, name)
	return nil
}

// endpointsOf returns the interface endpoints of a service in the VPC, and the subset that has private DNS for the VPC.
// Private DNS that is limited to inbound resolver endpoints does not count.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html#private-dns-s3-interface
func (m *model) endpointsOf(v *vpc, service string) (here, private []*vpcEndpoint) {
	for _, e := range m.endpoints {
		if e.vpc != v.id || !e.serves(service) || e.endpointType != interfaceEndpoint {
			continue
		}
		here = append(here, e)
		if e.privateDNS && (e.inboundResolverOnly == nil || !*e.inboundResolverOnly) {
			private = append(private, e)
		}
	}
	return here, private
}

func resourcesOf(endpoints []*vpcEndpoint) []*resource {
	var found []*resource
	for _, e := range endpoints {
		found = append(append(found, e.resource), e.parts...)
	}
	return found
}

// resolvesPublicly adds the step of a name that does not resolve to an endpoint in the VPC. An instance then reaches the
// service only by a route out of the VPC.
func (m *model) resolvesPublicly(f *finding, i *instance, s *subnet, v *vpc, service, name string) {
	here, _ := m.endpointsOf(v, service)
	fix := fmt.Sprintf("create an interface endpoint of com.amazonaws.%s.%s with privateDnsEnabled in %s", v.region, service, v)
	why := fmt.Sprintf("%s has no endpoint for %s", v, service)
	if len(here) > 0 {
		fix, why = here[0].ask("set privateDnsEnabled to true on "+here[0].String()), fmt.Sprintf("%s has no private DNS", here[0])
	}
	if association := m.unknownZones[v.id]; association != nil {
		f.unknown("%s, and the hosted zone of %s, which may resolve %s, is not in the state", why, association, name)
		return
	}
	t := m.routing(f, s)
	if t == nil {
		return
	}
	why = fmt.Sprintf("%s: %s resolves to public addresses", why, name)
	if m.reachesAll(v) {
		why = fmt.Sprintf("%s has no endpoint for %s", v, service)
	}
	m.checkWayOut(f, wayOut{i, s, v, t, name, why, fix})
}

// resolveByZone checks that a private hosted zone resolves a name to an endpoint in the VPC.
func (m *model) resolveByZone(f *finding, i *instance, s *subnet, v *vpc, zone *hostedZone, name string) *vpcEndpoint {
	f.rest(zone.resource, zone.vpcs[v.id])
	var records []*resource
	for _, n := range zone.records {
		if kind := n.str("type"); zone.fqdn(n) == name && slices.Contains([]string{"A", "AAAA", "CNAME"}, kind) {
			records = append(records, n)
		}
	}
	if len(records) != 1 || records[0].str("type") == "AAAA" {
		f.unknown("%s answers queries for %s: the state does not show to which addresses", zone, name)
		return nil
	}
	f.rest(records[0])
	for _, e := range m.endpoints {
		if e.vpc == v.id && e.endpointType == interfaceEndpoint && e.isTargetOf(records[0]) {
			return m.checkPrivateDNS(f, i, s, v, e, name, records[0].String())
		}
	}
	f.unknown("%s resolves %s: the state does not show whether to an endpoint in %s", records[0], name, v)
	return nil
}

// fqdn returns the domain name of a record in the zone.
func (z *hostedZone) fqdn(record *resource) string {
	name := domain(record.str("name"))
	switch {
	case isWithin(name, z.name):
		return name
	case name == "":
		return z.name
	}
	return name + "." + z.name
}

// isTargetOf reports whether a record resolves to the endpoint.
func (e *vpcEndpoint) isTargetOf(record *resource) bool {
	for _, alias := range record.objects("aliases") {
		return slices.Contains(e.names, domain(asStr(alias["name"])))
	}
	values := record.strList("records")
	for _, value := range values {
		address, err := netip.ParseAddr(value)
		known := err == nil && slices.Contains(slices.Collect(mapValues(e.privateIPs)), address)
		if !known && !slices.Contains(e.names, domain(value)) {
			return false
		}
	}
	return len(values) > 0
}

// checkPrivateDNS checks that the VPC resolves the private name of an endpoint to addresses that the instance can
// use, and returns the endpoint.
func (m *model) checkPrivateDNS(f *finding, i *instance, s *subnet, v *vpc, e *vpcEndpoint, name, how string) *vpcEndpoint {
	f.rest(resourcesOf([]*vpcEndpoint{e})...)
	ok := true
	fail := func(fix, format string, args ...any) { f.fail(fix, format, args...); ok = false }
	if !v.dnsSupport {
		fail(v.ask("set enableDnsSupport to true on "+v.String()), "%s does not resolve DNS names: enableDnsSupport is false", v)
	}
	if !v.dnsHostnames {
		fail(v.ask("set enableDnsHostnames to true on "+v.String()),
			"%s does not resolve private names such as %s: enableDnsHostnames is false", v, name)
	}
	if why := e.notAvailable(); why != "" {
		fail(e.ask("find out why "+e.String()+" is not available"), "%s", why)
	}
	if len(e.subnets) == 0 {
		fail(e.ask("give "+e.String()+" a subnet in each zone"), "%s has no subnet and therefore no address", e)
	}
	if !m.checkAddressType(f, i, s, e, name) || !ok {
		return nil
	}
	f.pass("%s resolves to %s by %s", name, e, how)
	return e
}

// checkAddressType checks that the name of an endpoint resolves to addresses of a kind that the instance has.
// https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
func (m *model) checkAddressType(f *finding, i *instance, s *subnet, e *vpcEndpoint, name string) bool {
	switch {
	case e.recordType == "service-defined":
		f.unknown("the service decides to which kind of addresses %s resolves: dnsRecordIpType of %s is %q", name, e, e.recordType)
		return false
	case e.addressType != "ipv6" && e.recordType != "ipv6":
		return true
	case i.mayHaveIPv6(s):
		f.unknown("%s resolves to only IPv6 addresses of %s: the state does not show whether %s can use them", name, e, i)
		return false
	}
	f.fail(e.ask("set ipAddressType and dnsRecordIpType of "+e.String()+" to ipv4"), "%s resolves to only IPv6 addresses of %s, and %s has none", name, e, i)
	return false
}
