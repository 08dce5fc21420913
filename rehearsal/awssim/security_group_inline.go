package awssim

import (
	"fmt"
	"maps"
	"slices"
)

// The inputs ingress and egress of a security group list inline rules. An inline rule has a protocol,
// ports, a description and several peers; AWS's rules, and the resources for them, have one peer.

// inlinePeers maps the lists of an inline rule to the inputs of a rule resource.
var inlinePeers = map[string]string{
	"cidrBlocks": "cidrIpv4", "ipv6CidrBlocks": "cidrIpv6", "prefixListIds": "prefixListId", "securityGroups": "referencedSecurityGroupId",
}

// expandRules converts inline rules to the inputs of rule resources. self is the ID of the group.
func expandRules(value any, self string) []values {
	items, _ := value.([]any)
	var rules []values
	for _, item := range items {
		inline, _ := item.(values)
		add := func(source, peer string) {
			rule := values{"ipProtocol": ipProtocol(inline["protocol"]), source: peer}
			if rule["ipProtocol"] != "-1" {
				rule["fromPort"], rule["toPort"] = float64(integer(inline, "fromPort")), float64(integer(inline, "toPort"))
			}
			if description := str(inline, "description"); description != "" {
				rule["description"] = description
			}
			rules = append(rules, rule)
		}
		for _, peers := range slices.Sorted(maps.Keys(inlinePeers)) {
			for _, peer := range strList(inline, peers) {
				add(inlinePeers[peers], peer)
			}
		}
		if boolean(inline, "self") {
			add("referencedSecurityGroupId", self)
		}
	}
	return rules
}

// sameRules reports whether two lists contain the same rules.
func sameRules(a, b any) bool {
	describe := func(value any) []string {
		var lines []string
		for _, rule := range expandRules(value, "self") {
			lines = append(lines, describeRule(rule)+" "+str(rule, "description"))
		}
		slices.Sort(lines)
		return slices.Compact(lines)
	}
	return slices.Equal(describe(a), describe(b))
}

// checkInlineRules returns the provider's errors for a list of inline rules.
func checkInlineRules(path string, value any) []string {
	items, _ := value.([]any)
	var reasons []string
	for _, item := range items {
		inline, _ := item.(values)
		for _, block := range strList(inline, "cidrBlocks") {
			reasons = append(reasons, ipv4Network(path, block)...)
		}
		for _, block := range strList(inline, "ipv6CidrBlocks") {
			reasons = append(reasons, ipv6Network(path, block)...)
		}
		if description := str(inline, "description"); len(description) > 255 || !groupDescription.MatchString(description) {
			reasons = append(reasons, fmt.Sprintf("%q doesn't comply with restrictions (%q): %q", "description", groupDescription, description))
		}
	}
	return reasons
}

// setRules makes the listed rules the only ones of the group, if a list is set. The provider deletes before
// it adds.
func (c *call) setRules(group *object, in values) error {
	for _, direction := range slices.Sorted(maps.Keys(directions)) {
		if !isSet(in, direction) {
			continue
		}
		token := directions[direction]
		missing := expandRules(in[direction], group.ID)
		matches := func(rule values) func(values) bool {
			return func(other values) bool {
				return describeRule(rule) == describeRule(other) && str(rule, "description") == str(other, "description")
			}
		}
		for _, existing := range c.rulesOf(group.ID, token) {
			if at := slices.IndexFunc(missing, matches(existing.State)); at >= 0 {
				missing = slices.Delete(missing, at, at+1)
			} else {
				c.remove(existing)
			}
		}
		if err := c.authorize(group, direction, in[direction], missing); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) authorize(group *object, direction string, listed any, rules []values) error {
	prefix := "updating Security Group (" + group.ID + ") " + direction + " rules"
	items, _ := listed.([]any)
	for _, item := range items {
		inline, _ := item.(values)
		from, to := integer(inline, "fromPort"), integer(inline, "toPort")
		if ipProtocol(inline["protocol"]) == "-1" && (from != 0 || to != 0) {
			return verbatim(fmt.Sprintf("%s: from_port (%d) and to_port (%d) must both be 0 to use the 'ALL' \"-1\" protocol!", prefix, from, to))
		}
	}
	prefix += ": authorizing Security Group (" + direction + ") rules"
	operation := map[string]string{"ingress": "AuthorizeSecurityGroupIngress", "egress": "AuthorizeSecurityGroupEgress"}[direction]
	for i, rule := range rules {
		if slices.ContainsFunc(rules[:i], func(other values) bool { return describeRule(rule) == describeRule(other) }) {
			return c.ec2Error(prefix, operation, "InvalidParameterValue", "The same permission must not appear multiple times")
		}
		rule["securityGroupId"] = group.ID
		if err := c.checkRule(prefix, operation, directions[direction], "", rule); err != nil {
			return err
		}
	}
	for _, rule := range rules {
		c.addRule(group, directions[direction], rule)
	}
	return nil
}

// readRules sets the group's lists of rules, which include rule resources.
func readRules(c *call, id string, state values) {
	for direction, token := range directions {
		inline := []any{}
		for _, rule := range c.rulesOf(id, token) {
			inline = append(inline, inlineRule(rule.State, id))
		}
		state[direction] = sortedList(inline)
	}
}

// inlineRule returns a rule as an inline rule. The provider combines several peers in a rule; here each
// rule has one.
func inlineRule(rule values, group string) values {
	inline := values{
		"protocol": ipProtocol(rule["ipProtocol"]), "fromPort": 0.0, "toPort": 0.0, "self": false, "description": str(rule, "description"),
	}
	if inline["protocol"] != "-1" {
		inline["fromPort"], inline["toPort"] = float64(integer(rule, "fromPort")), float64(integer(rule, "toPort"))
	}
	for peers, source := range inlinePeers {
		inline[peers] = []any{}
		if peer := str(rule, source); peer != "" && peer != group {
			inline[peers] = []any{peer}
		}
	}
	inline["self"] = str(rule, "referencedSecurityGroupId") == group
	return inline
}
