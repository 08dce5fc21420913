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

// s3Need is a request to S3 that an instance makes.
type s3Need struct {
	action, resource string
	// why says what makes the request.
	why  string
	port int
	// anonymous requests are not signed, so they meet no condition on a principal.
	anonymous bool
	// required is false for requests that sessions do not depend on.
	required bool
}

// s3Needs returns the requests to S3 of an instance.
func (m *model) s3Needs(i *instance) []s3Need {
	var needs []s3Need
	object := func(bucket string) string { return "arn:" + m.partition + ":s3:::" + bucket + "/" }
	for _, association := range m.associationsOf(i) {
		if association.str("name") == "AWS-UpdateSSMAgent" {
			needs = append(needs, s3Need{
				"s3:GetObject", object("amazon-ssm-"+m.region) + "ssm-agent-manifest.json",
				association.String(), httpsPort, true, true,
			})
		}
	}
	if strings.Contains(asStr(i.input("userData")), "/amazon-ssm-"+m.region+"/") {
		needs = append(needs, s3Need{
			"s3:GetObject", object("amazon-ssm-"+m.region) + "latest/amazon-ssm-agent.rpm",
			"its user data", httpsPort, true, true,
		})
	}
	for _, n := range m.recordingNeeds(i.location) {
		if n.service == serviceS3 {
			needs = append(needs, s3Need{n.action, n.resource, "the agent, to " + n.why, httpsPort, false, true})
		}
	}
	switch m.intent.os {
	case contract.AmazonLinux2023:
		needs = append(needs, s3Need{
			"s3:GetObject", object("al2023-repos-"+m.region+"-de612dc2") + "core/mirrors/latest/x86_64/mirror.list",
			"the package manager", httpsPort, true, false,
		})
	case contract.AmazonLinux2:
		needs = append(needs, s3Need{
			"s3:GetObject", object("amazonlinux-2-repos-"+m.region) + "2/core/latest/x86_64/mirror.list",
			"the package manager, by HTTP", httpPort, true, false,
		})
	}
	return needs
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
	if !v.dnsSupport {
		f.fail("set enableDnsSupport to true on "+v.String(), "%s does not resolve DNS names: enableDnsSupport is false", v)
	}
	e := m.checkGatewayRoute(f, i, s, v)
	if e == nil {
		return f
	}
	m.checkEgressToS3(f, i, v, e, httpsPort)
	if slices.ContainsFunc(needs, func(n s3Need) bool { return n.port == httpPort }) {
		m.checkEgressToS3(f, i, v, e, httpPort)
	}
	m.checkEndpointAllowsS3(f, i, e, needs)
	m.assumeOrganization(f, e)
	return f
}

// checkGatewayRoute checks that the route table of the subnet leads to a gateway endpoint of S3, and returns
// the endpoint.
func (m *model) checkGatewayRoute(f *finding, i *instance, s *subnet, v *vpc) *vpcEndpoint {
	id, how := m.tableOf(s)
	var here *vpcEndpoint
	for _, e := range m.endpoints {
		if e.vpc != v.id || !e.serves(serviceS3) {
			continue
		}
		if e.endpointType != "Gateway" {
			f.unknown("%s is an interface endpoint of S3: the proofs support gateway endpoints only", e)
			return nil
		}
		here = e
		if slices.Contains(e.tables, id) {
			f.pass("route table %q of %s (%s) leads to %s", id, s, how, e)
			return e
		}
	}
	if here == nil {
		f.fail(i.fix(keyFixes.s3Endpoint, fmt.Sprintf("create a gateway endpoint of com.amazonaws.%s.s3 on the route table of %s", m.region, s)),
			"%s has no endpoint of S3", v)
		return nil
	}
	f.fail(fmt.Sprintf("add the route table of %s to %s", s, here),
		"route table %q of %s (%s) does not lead to %s", id, s, how, here)
	return nil
}

// checkEgressToS3 checks that the security groups of the instance allow connections to the addresses of S3.
func (m *model) checkEgressToS3(f *finding, i *instance, v *vpc, e *vpcEndpoint, port int) {
	unknown := ""
	for _, id := range i.groups {
		g := m.groupIn(id, v)
		if g == nil {
			unknown = fmt.Sprintf("security group %q is not in the state", id)
			continue
		}
		for _, r := range g.egress {
			if !r.covers(port) {
				continue
			}
			switch {
			case r.list != "" && r.list == e.prefixList, r.block.IsValid() && containsAll(r.block, e.blocks), r.block.IsValid() && r.block.Bits() == 0:
				f.pass("%s allows TCP %d from %s to S3", r.name(g), port, i)
				return
			case r.list != "" && e.prefixList == "", r.list != "" && !m.isGatewayList(r.list):
				unknown = fmt.Sprintf("%s allows prefix list %q: the state does not show whether it contains the addresses of S3", r.name(g), r.list)
			case r.block.IsValid() && len(e.blocks) == 0 && !r.block.Addr().IsPrivate():
				unknown = fmt.Sprintf("%s allows %s: the state does not show whether it contains the addresses of S3", r.name(g), r.block)
			}
		}
	}
	if unknown != "" {
		f.unknown("%s", unknown)
		return
	}
	f.fail(fmt.Sprintf("allow outbound TCP %d from %s to the prefix list of S3, %s", port, m.groupNames(i.groups), e.prefixList),
		"no rule of %s allows TCP %d to S3 (prefix list %q)", m.groupNames(i.groups), port, e.prefixList)
}

// isGatewayList reports whether a prefix list is that of a gateway endpoint in the state.
func (m *model) isGatewayList(id string) bool {
	return slices.ContainsFunc(m.endpoints, func(e *vpcEndpoint) bool { return e.prefixList == id })
}

// containsAll reports whether outer contains all blocks, of which there is at least one.
func containsAll(outer netip.Prefix, blocks []netip.Prefix) bool {
	for _, block := range blocks {
		if !contains(outer, block) {
			return false
		}
	}
	return len(blocks) > 0
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
		f.expectAllowed(policies.Decide(request), fmt.Sprintf("allow %s on %s in the policy of %s", n.action, n.resource, e),
			"%s on %s through %s, %s by %s", n.action, n.resource, e, who, n.why)
	}
}
