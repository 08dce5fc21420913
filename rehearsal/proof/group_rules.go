package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// rule is one rule of a security group, with one peer.
type rule struct {
	by *resource
	// protocol is a name, a number, -1 for all protocols, or "" if it is unknown.
	protocol string
	// from and to are the ports, or -1 if the rule has none.
	from, to int
	// block, group or list is the peer. If all are empty, the peer is unknown.
	block netip.Prefix
	group string
	list  string
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
	for _, text := range slices.Concat(asStrList(object["cidrBlocks"]), asStrList(object["ipv6CidrBlocks"])) {
		one := base
		if blocks := prefixes(text); len(blocks) > 0 {
			one.block = blocks[0]
		}
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
	if len(rules) == 0 {
		return []rule{base}
	}
	return rules
}

// protocols are the names of protocols with a number.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
var protocols = map[string]string{"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}

// protocol returns the same name for the different names of a protocol.
func protocol(text string) string {
	text = strings.ToLower(text)
	if name := protocols[text]; name != "" {
		return name
	}
	return text
}

// groupID removes the account in front of the id of a security group.
func groupID(text string) string { return text[strings.LastIndex(text, "/")+1:] }

// covers reports whether a rule is about a TCP port. AWS ignores the ports of a rule for all protocols.
func (r rule) covers(port int) policy.Answer {
	switch r.protocol {
	case "-1":
		return policy.Yes
	case "":
		return policy.Unknown
	case "tcp":
		if r.from < 0 || r.to < 0 {
			return policy.Unknown
		}
		return yesIf(r.from <= port && port <= r.to)
	}
	return policy.No
}

// name returns the rule as it appears in reasons.
func (r rule) name(g *securityGroup) string {
	if g.resource == r.by {
		return "a rule of " + g.String()
	}
	return r.by.String()
}

// described returns the rule as it appears in fixes. The direction is "from" or "to".
func (r rule) described(g *securityGroup, direction string) string {
	if g.resource == r.by {
		return fmt.Sprintf("the rule for %s of %s", r.traffic(direction), g)
	}
	return r.by.String()
}

// traffic describes the traffic that a rule allows, such as "tcp 22 from 10.0.0.0/16". The direction is
// "from" or "to".
func (r rule) traffic(direction string) string {
	var ports string
	switch {
	case r.protocol == "":
		ports = "traffic of an unknown protocol"
	case r.protocol == "-1":
		ports = "all traffic"
	case r.from < 0 || r.to < 0:
		ports = r.protocol
	case r.from == r.to:
		ports = fmt.Sprintf("%s %d", r.protocol, r.from)
	default:
		ports = fmt.Sprintf("%s %d to %d", r.protocol, r.from, r.to)
	}
	switch {
	case r.group != "":
		return fmt.Sprintf("%s %s security group %q", ports, direction, r.group)
	case r.list != "":
		return fmt.Sprintf("%s %s prefix list %q", ports, direction, r.list)
	case !r.block.IsValid():
		return fmt.Sprintf("%s %s an unknown peer", ports, direction)
	}
	return fmt.Sprintf("%s %s %s", ports, direction, r.block)
}
