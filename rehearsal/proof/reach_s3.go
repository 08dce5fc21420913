package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// httpPort is the port of the package repositories of Amazon Linux 2.
const httpPort = 80

// downloadsAgent reports whether the user data of an instance refers to the bucket that contains the SSM Agent.
func (m *model) downloadsAgent(i *instance) bool {
	return strings.Contains(asStr(i.input("userData")), "/amazon-ssm-"+i.region+"/")
}

// proveReachS3 proves that an instance reaches S3. It returns nil if the instance does not need S3 and there
// is no endpoint.
func (m *model) proveReachS3(i *instance) *finding {
	needs := m.s3Needs(i)
	required := slices.ContainsFunc(needs, func(n s3Need) bool { return n.required })
	if s := m.subnets[i.subnet]; s != nil && !required {
		if !slices.ContainsFunc(m.endpoints, func(e *vpcEndpoint) bool { return e.vpc == s.vpc && e.serves(serviceS3) }) {
			return nil
		}
	}
	class := Hardening
	if required {
		class = Required
	}
	f := newFinding("reach.s3", i.name, class)
	s, v := m.locate(f, i)
	if v == nil {
		return f
	}
	if v.region == "" {
		f.unknown("the state does not show the Region of %s, and thus the names of S3", v)
		return f
	}
	if !v.dnsSupport {
		f.fail(v.ask("set enableDnsSupport to true on "+v.String()), "%s does not resolve DNS names: enableDnsSupport is false", v)
	}
	name := fmt.Sprintf("s3.%s.%s", v.region, i.dnsSuffix())
	if !m.checkDNSServer(f, v, name) {
		return f
	}
	private, ok := m.resolveS3(f, i, s, v, name)
	if !ok {
		return f
	}
	gateway := needs
	if private != nil {
		m.checkPath(f, i, s, v, private)
		m.checkEndpointAllowsS3(f, i, private, slices.DeleteFunc(slices.Clone(needs), func(n s3Need) bool { return n.dualStack }))
		m.assumeOrganization(f, private)
		// Private DNS is for the names of the Regions, and not for those with "dualstack".
		gateway = slices.DeleteFunc(slices.Clone(needs), func(n s3Need) bool { return !n.dualStack })
	}
	switch {
	case private == nil || len(gateway) > 0 && m.hasS3Gateway(v):
		m.checkGateway(f, i, s, v, gateway)
	case len(gateway) > 0:
		f.unknown("%s on %s, by %s: the state does not show whether its dual-stack name resolves to %s", gateway[0].action, gateway[0].resource, gateway[0].why, private)
	}
	return f
}

// hasS3Gateway reports whether the VPC has a gateway endpoint of S3.
func (m *model) hasS3Gateway(v *vpc) bool {
	return slices.ContainsFunc(m.endpoints, func(e *vpcEndpoint) bool {
		return e.vpc == v.id && e.serves(serviceS3) && e.endpointType == gatewayEndpoint
	})
}

// resolveS3 returns the interface endpoint to which the VPC resolves the names of S3, or nil if they resolve to
// public addresses, which gateway endpoints serve. It returns false if the state does not show which.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html#private-dns-s3-interface
func (m *model) resolveS3(f *finding, i *instance, s *subnet, v *vpc, name string) (*vpcEndpoint, bool) {
	_, private := m.endpointsOf(v, serviceS3)
	for _, z := range m.zones {
		if z.vpcs[v.id] != nil && (isWithin(name, z.name) || isWithin(z.name, name)) && (len(private) == 0 || len(z.name) >= len(name)) {
			f.rest(z.resource, z.vpcs[v.id])
			f.unknown("%s answers queries for %s: the state does not show to which addresses", z, z.name)
			return nil, false
		}
	}
	if association := m.unknownZones[v.id]; association != nil && len(private) == 0 {
		f.unknown("the hosted zone of %s, which may resolve %s, is not in the state", association, name)
		return nil, false
	}
	mostSpecific := ""
	if len(private) > 0 {
		mostSpecific = name
	}
	if why := m.forwarded(v, name, mostSpecific); why != "" {
		f.unknown("%s: the state does not show to which addresses %s resolves", why, name)
		return nil, false
	}
	switch {
	case len(private) > 1:
		f.unknown("%s and %s both have private DNS: the state does not show to which of them %s resolves", private[0], private[1], name)
		return nil, false
	case len(private) == 1 && private[0].inboundResolverOnly == nil:
		f.rest(private[0].resource)
		f.unknown("the state does not show whether private DNS of %s is for inbound resolver endpoints only", private[0])
		return nil, false
	case len(private) == 1:
		e := m.checkPrivateDNS(f, i, s, v, private[0], name, "private DNS")
		return e, e != nil
	}
	return nil, true
}

// checkGateway checks that requests to the public addresses of S3 pass a gateway endpoint that allows them.
func (m *model) checkGateway(f *finding, i *instance, s *subnet, v *vpc, needs []s3Need) {
	e := m.checkGatewayRoute(f, i, s, v)
	if e == nil {
		return
	}
	ports := []int{httpsPort}
	if slices.ContainsFunc(needs, func(n s3Need) bool { return n.port == httpPort }) {
		ports = append(ports, httpPort)
	}
	for _, port := range ports {
		m.checkEgressToS3(f, i, v, e, port)
		blocks := e.blocks
		if len(blocks) == 0 {
			blocks = []netip.Prefix{anywhere}
		}
		for _, block := range blocks {
			m.checkACL(f, s, true, block, port, fmt.Sprintf("TCP %d from %s to S3 (%s)", port, i, block))
		}
	}
	m.checkEndpointAllowsS3(f, i, e, needs)
	m.assumeOrganization(f, e)
}

// checkEgressToS3 checks that the security groups of the instance allow connections to the addresses of S3.
func (m *model) checkEgressToS3(f *finding, i *instance, v *vpc, e *vpcEndpoint, port int) {
	unknown := ""
	var read []*resource
	var allowed []netip.Prefix
	for _, id := range i.groups {
		g := m.groupIn(id, v)
		if g == nil {
			unknown = fmt.Sprintf("security group %q is not in the state", id)
			continue
		}
		read = append(read, g.resource)
		for _, r := range g.egress {
			read = append(append(read, r.by), m.listResources(r.list)...)
			blocks, reaches := m.reachesS3(r, e)
			switch min(r.covers(port), reaches) {
			case policy.Yes:
				f.rest(append([]*resource{g.resource, r.by}, m.listResources(r.list)...)...)
				f.pass("%s allows TCP %d from %s to S3", r.name(g), port, i)
				return
			case policy.Unknown:
				unknown = fmt.Sprintf("%s may allow TCP %d from %s to S3: the state does not show it", r.name(g), port, i)
			}
			if r.covers(port) == policy.Yes {
				allowed = append(allowed, blocks...)
			}
		}
	}
	f.rest(read...)
	switch {
	case coverAll(allowed, e.blocks):
		f.pass("rules of %s together allow TCP %d from %s to S3", m.groupNames(i.groups), port, i)
	case unknown != "":
		f.unknown("%s", unknown)
	default:
		f.failMissing(m.askForGroups(i.groups, fmt.Sprintf("allow outbound TCP %d from %s to the prefix list of S3, %s", port, m.groupNames(i.groups), e.prefixList)),
			"no rule of %s allows TCP %d to S3 (prefix list %q)", m.groupNames(i.groups), port, e.prefixList)
	}
}

// reachesS3 returns the blocks of a rule's peer, and reports whether they include all addresses of S3.
func (m *model) reachesS3(r rule, e *vpcEndpoint) ([]netip.Prefix, policy.Answer) {
	blocks := []netip.Prefix{r.block}
	switch {
	case r.group != "":
		return nil, policy.No
	case r.list != "" && r.list == e.prefixList:
		return nil, policy.Yes
	case r.list != "" && m.lists[r.list] != nil:
		blocks = m.lists[r.list].blocks
	case r.list != "":
		return nil, unknownIf(e.prefixList == "" || !m.isGatewayList(r.list))
	case !r.block.IsValid():
		return nil, policy.Unknown
	}
	switch {
	case slices.Contains(blocks, anywhere) || coverAll(blocks, e.blocks):
		return blocks, policy.Yes
	case len(e.blocks) == 0:
		return blocks, unknownIf(slices.ContainsFunc(blocks, func(b netip.Prefix) bool { return b.Addr().Is4() && !b.Addr().IsPrivate() }))
	}
	return blocks, policy.No
}

// coverAll reports whether there are blocks, and each of them is within one of the outer blocks.
func coverAll(outer, blocks []netip.Prefix) bool {
	for _, block := range blocks {
		if !slices.ContainsFunc(outer, func(o netip.Prefix) bool { return contains(o, block) }) {
			return false
		}
	}
	return len(blocks) > 0
}

// isGatewayList reports whether a prefix list is that of a gateway endpoint in the state.
func (m *model) isGatewayList(id string) bool {
	return id != "" && slices.ContainsFunc(m.endpoints, func(e *vpcEndpoint) bool { return e.prefixList == id && e.endpointType == gatewayEndpoint })
}

// checkEndpointAllowsS3 checks that the policy of the endpoint allows the requests of the instance.
func (m *model) checkEndpointAllowsS3(f *finding, i *instance, e *vpcEndpoint, needs []s3Need) {
	document, ok := m.endpointPolicy(f, e)
	if !ok {
		return
	}
	if len(needs) == 0 {
		f.pass("no resource in the state needs S3")
	}
	r, missing := m.roleOf(i)
	for _, n := range needs {
		request := &policy.Request{Action: n.action, Resource: n.resource, Context: policy.Context{}.With("aws:SourceVpce", e.id).With("aws:SourceVpc", e.vpc)}
		policies := &policy.Policies{Endpoint: document, Gateway: e.isGateway(), Resource: allowAllPrincipals}
		who := "an unsigned request"
		if !n.anonymous {
			if r == nil {
				f.unknown("%s on %s by the role of %s: %s", n.action, n.resource, i, missing)
				continue
			}
			request = m.agentRequest(i, r, need{action: n.action, resource: n.resource})
			request.Context = request.Context.With("aws:SourceVpce", e.id)
			policies = &policy.Policies{Identity: []*policy.Document{allowAll}, Endpoint: document, Gateway: e.isGateway()}
			who = "a request of " + r.String()
		}
		m.checkBucketRegion(f, e, n)
		f.expectAllowed(decideAgent(*policies, request), e.ask(fmt.Sprintf("allow %s on %s in the policy of %s", n.action, n.resource, e)),
			"%s on %s through %s, %s by %s", n.action, n.resource, e, who, n.why)
	}
}

// checkBucketRegion checks that a bucket is in the Region of the endpoint: endpoints of S3 lead to buckets of their
// own Region only.
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html
func (m *model) checkBucketRegion(f *finding, e *vpcEndpoint, n s3Need) {
	if n.bucket == "" {
		return
	}
	bucket := m.bucket(n.bucket)
	switch {
	case bucket == nil && m.ofOthers(contract.ExistingBucketInput, n.bucket):
		f.assume("bucket %q is in %s, the Region of %s", n.bucket, e.region, e)
	case bucket == nil:
		f.unknown("bucket %q is not in the state, which therefore does not show whether %s reaches the bucket", n.bucket, e)
	case bucket.region == "" || e.region == "":
		f.unknown("the state does not show whether %s and %s are in the same Region", bucket, e)
	case bucket.region != e.region:
		f.rest(bucket)
		f.fail(fmt.Sprintf("create %s in %s", bucket, e.region), "%s is in %s, but %s reaches only buckets in %s", bucket, bucket.region, e, e.region)
	default:
		f.rest(bucket)
	}
}
