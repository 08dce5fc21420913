package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/report"
)

// bucketNeed is a read or a write of S3 that an instance needs.
type bucketNeed struct {
	action, resource, why string
	port                  int
	// anonymous reads are not signed: no condition on a principal holds for them.
	anonymous bool
	required  bool
}

// bucketNeeds returns what an instance needs of S3.
func (m *model) bucketNeeds(i *instance) []bucketNeed {
	var needs []bucketNeed
	object := func(bucket string) string { return "arn:" + m.partition + ":s3:::" + bucket + "/" }
	for _, association := range m.associationsOf(i) {
		if association.text("name") == "AWS-UpdateSSMAgent" {
			needs = append(needs, bucketNeed{
				"s3:GetObject", object("amazon-ssm-"+m.region) + "ssm-agent-manifest.json",
				association.String() + " reads the agent's bucket", httpsPort, true, true,
			})
		}
	}
	if strings.Contains(asText(i.input("userData")), "/amazon-ssm-"+m.region+"/") {
		needs = append(needs, bucketNeed{
			"s3:GetObject", object("amazon-ssm-"+m.region) + "latest/amazon-ssm-agent.rpm",
			"its user data installs the agent", httpsPort, true, true,
		})
	}
	for _, n := range m.recordingNeeds() {
		if n.service == serviceS3 {
			needs = append(needs, bucketNeed{n.action, n.resource, n.why, httpsPort, false, true})
		}
	}
	trigger, _ := i.trigger.(string)
	switch system, _, _ := strings.Cut(trigger, "/"); system {
	case "al2023":
		needs = append(needs, bucketNeed{
			"s3:GetObject", object("al2023-repos-"+m.region+"-de612dc2") + "core/mirrors/latest/x86_64/mirror.list",
			"its packages come from there", httpsPort, true, false,
		})
	case "al2":
		needs = append(needs, bucketNeed{
			"s3:GetObject", object("amazonlinux-2-repos-"+m.region) + "2/core/latest/x86_64/mirror.list",
			"its packages come from there, by HTTP", httpPort, true, false,
		})
	}
	return needs
}

// reachS3 proves that an instance reaches S3, or returns nil where there is nothing to
// reach it for.
func (m *model) reachS3(i *instance) *finding {
	needs := m.bucketNeeds(i)
	if s := m.subnets[i.subnet]; s != nil {
		endpoint := slices.ContainsFunc(m.doors, func(d *door) bool { return d.vpc == s.vpc && d.serves(serviceS3) })
		if !endpoint && !slices.ContainsFunc(needs, func(n bucketNeed) bool { return n.required }) {
			return nil
		}
	}
	class := report.Hardening
	if slices.ContainsFunc(needs, func(n bucketNeed) bool { return n.required }) {
		class = report.Required
	}
	f := claimOf("reach.s3", i.name, class)
	s, v := m.whereabouts(f, i)
	if v == nil {
		return f
	}
	if !v.dnsSupport {
		f.breaks("set enableDnsSupport to true on "+v.String(), "%s resolves no names: enableDnsSupport is false", v)
	}
	d := m.gateway(f, s, v)
	if d == nil {
		return f
	}
	m.leavesForS3(f, i, v, d, httpsPort)
	if slices.ContainsFunc(needs, func(n bucketNeed) bool { return n.port == httpPort }) {
		m.leavesForS3(f, i, v, d, httpPort)
	}
	m.admitsReads(f, i, d, needs)
	m.assumesOrganization(f, d)
	return f
}

// gateway proves that the subnet's route table leads to a gateway endpoint of S3.
func (m *model) gateway(f *finding, s *subnet, v *vpc) *door {
	id, how := m.tableOf(s)
	var here *door
	for _, d := range m.doors {
		if d.vpc != v.id || !d.serves(serviceS3) {
			continue
		}
		if d.kind != "Gateway" {
			f.doubts("whether S3 is reached through %s, an interface endpoint", d)
			return nil
		}
		here = d
		if slices.Contains(d.tables, id) {
			f.holds("%s uses %q, the route table of %s, which leads to %s", s, id, how, d)
			return d
		}
	}
	if here == nil {
		f.breaks(fmt.Sprintf("create a gateway endpoint of com.amazonaws.%s.s3 on the route table of %s", m.region, s),
			"%s has no endpoint of S3", v)
		return nil
	}
	f.breaks(fmt.Sprintf("add the route table of %s to %s", s, here),
		"%s is not on the route table %q that %s uses by %s", here, id, s, how)
	return nil
}

// httpPort is where Amazon Linux 2 reads its packages.
const httpPort = 80

// leavesForS3 proves that the instance may connect to S3's addresses.
func (m *model) leavesForS3(f *finding, i *instance, v *vpc, d *door, port int) {
	unsure := ""
	for _, id := range i.groups {
		g := m.groupIn(id, v)
		if g == nil {
			unsure = fmt.Sprintf("security group %q, which is not in the state", id)
			continue
		}
		for _, r := range g.egress {
			if !r.covers(port) {
				continue
			}
			switch {
			case r.list != "" && r.list == d.prefixList, r.block.IsValid() && all(d.blocks, r.block), r.block.IsValid() && r.block.Bits() == 0:
				f.holds("%s reaches S3's addresses on TCP %d by %s", i, port, r.name(g))
				return
			case r.list != "" && d.prefixList == "", r.list != "" && !m.isGatewayList(r.list):
				unsure = fmt.Sprintf("whether prefix list %q of %s holds S3's addresses", r.list, r.name(g))
			case r.block.IsValid() && len(d.blocks) == 0 && !r.block.Addr().IsPrivate():
				unsure = fmt.Sprintf("whether %s of %s holds S3's addresses", r.block, r.name(g))
			}
		}
	}
	if unsure != "" {
		f.doubts("%s", unsure)
		return
	}
	f.breaks(fmt.Sprintf("allow TCP %d from %s to the prefix list of S3, %s", port, m.groupNames(i.groups), d.prefixList),
		"no rule of %s lets TCP %d through to S3's addresses, prefix list %q", m.groupNames(i.groups), port, d.prefixList)
}

// isGatewayList says whether a prefix list is that of a gateway endpoint in the state.
func (m *model) isGatewayList(id string) bool {
	return slices.ContainsFunc(m.doors, func(d *door) bool { return d.prefixList == id })
}

func all(inner []netip.Prefix, outer netip.Prefix) bool {
	for _, block := range inner {
		if !within(outer, block) {
			return false
		}
	}
	return len(inner) > 0
}

// admitsReads proves that the endpoint's policy lets through what the instance needs.
func (m *model) admitsReads(f *finding, i *instance, d *door, needs []bucketNeed) {
	document, ok := m.endpointPolicy(f, d)
	if !ok {
		return
	}
	if len(needs) == 0 {
		f.holds("nothing in the state needs S3")
	}
	r, lacks := m.roleOf(i)
	for _, n := range needs {
		request := &policy.Request{Action: n.action, Resource: n.resource, Context: policy.Context{}.With("aws:SourceVpce", d.id).With("aws:SourceVpc", d.vpc)}
		policies := &policy.Policies{Endpoint: document, Resource: everybody}
		if !n.anonymous {
			if r == nil {
				f.doubts("who writes to S3: %s", lacks)
				continue
			}
			request = m.agentRequest(i, r, need{action: n.action, resource: n.resource})
			request.Context = request.Context.With("aws:SourceVpce", d.id)
			policies = &policy.Policies{Identity: []*policy.Document{everything}, Endpoint: document}
		}
		who := "by the instance's role"
		if n.anonymous {
			who = "by anybody, not signed"
		}
		f.wants(policies.Decide(request), fmt.Sprintf("let the policy of %s allow %s on %s", d, n.action, n.resource),
			"%s on %s, %s, since %s, through %s", n.action, n.resource, who, n.why, d)
	}
}
