package awssim

import (
	"fmt"
	"maps"
	"slices"
)

// Rules that stand in their group. AWS knows one kind of rule alone, with one peer; in a group the provider lists several
// peers to a protocol, ports and description.

// inlinePeers are the lists of a rule in a group, and the source of a rule of its own that each stands for.
var inlinePeers = map[string]string{
	"cidrBlocks": "cidrIpv4", "ipv6CidrBlocks": "cidrIpv6", "prefixListIds": "prefixListId", "securityGroups": "referencedSecurityGroupId",
}

// expandRules makes the rules of a group's list rules of their own. self stands for the group.
func expandRules(value any, self string) []values {
	items, _ := value.([]any)
	var rules []values
	for _, item := range items {
		inline, _ := item.(values)
		add := func(source, peer string) {
			rule := values{"ipProtocol": protocol(inline["protocol"]), source: peer}
			if rule["ipProtocol"] != "-1" {
				rule["fromPort"], rule["toPort"] = float64(number(inline, "fromPort")), float64(number(inline, "toPort"))
			}
			if description := text(inline, "description"); description != "" {
				rule["description"] = description
			}
			rules = append(rules, rule)
		}
		for _, peers := range slices.Sorted(maps.Keys(inlinePeers)) {
			for _, peer := range list(inline, peers) {
				add(inlinePeers[peers], peer)
			}
		}
		if flag(inline, "self") {
			add("referencedSecurityGroupId", self)
		}
	}
	return rules
}

// sameRules compares two lists of rules by what they let through.
func sameRules(a, b any) bool {
	describe := func(value any) []string {
		var lines []string
		for _, rule := range expandRules(value, "self") {
			lines = append(lines, describeRule(rule)+" "+text(rule, "description"))
		}
		slices.Sort(lines)
		return slices.Compact(lines)
	}
	return slices.Equal(describe(a), describe(b))
}

// checkInlineRules is what the provider finds wrong with a list of rules.
func checkInlineRules(path string, value any) []string {
	items, _ := value.([]any)
	var reasons []string
	for _, item := range items {
		inline, _ := item.(values)
		for _, block := range list(inline, "cidrBlocks") {
			reasons = append(reasons, ipv4Network(path, block)...)
		}
		for _, block := range list(inline, "ipv6CidrBlocks") {
			reasons = append(reasons, ipv6Network(path, block)...)
		}
		if description := text(inline, "description"); len(description) > 255 || !groupDescription.MatchString(description) {
			reasons = append(reasons, fmt.Sprintf("%q doesn't comply with restrictions (%q): %q", "description", groupDescription, description))
		}
	}
	return reasons
}

// setRules makes a group's rules those that are listed, where any are: the provider takes away first.
func (c *call) setRules(group *object, in values) error {
	for _, direction := range slices.Sorted(maps.Keys(directions)) {
		if !given(in, direction) {
			continue
		}
		token := directions[direction]
		wanted := expandRules(in[direction], group.ID)
		matches := func(rule values) func(values) bool {
			return func(other values) bool {
				return describeRule(rule) == describeRule(other) && text(rule, "description") == text(other, "description")
			}
		}
		for _, standing := range c.rulesOf(group.ID, token) {
			if at := slices.IndexFunc(wanted, matches(standing.State)); at >= 0 {
				wanted = slices.Delete(wanted, at, at+1)
			} else {
				c.drop(standing)
			}
		}
		if err := c.authorize(group, direction, in[direction], wanted); err != nil {
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
		from, to := number(inline, "fromPort"), number(inline, "toPort")
		if protocol(inline["protocol"]) == "-1" && (from != 0 || to != 0) {
			return worded(fmt.Sprintf("%s: from_port (%d) and to_port (%d) must both be 0 to use the 'ALL' \"-1\" protocol!", prefix, from, to))
		}
	}
	prefix += ": authorizing Security Group (" + direction + ") rules"
	operation := map[string]string{"ingress": "AuthorizeSecurityGroupIngress", "egress": "AuthorizeSecurityGroupEgress"}[direction]
	for i, rule := range rules {
		if slices.ContainsFunc(rules[:i], func(other values) bool { return describeRule(rule) == describeRule(other) }) {
			return c.ec2(prefix, operation, "InvalidParameterValue", "The same permission must not appear multiple times")
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

// readRules lists a group's rules in its properties, also those that are resources of their own.
func readRules(c *call, id string, state values) {
	for direction, token := range directions {
		inline := []any{}
		for _, rule := range c.rulesOf(id, token) {
			inline = append(inline, inlineRule(rule.State, id))
		}
		state[direction] = sorted(inline)
	}
}

// inlineRule is a rule as its group lists it. The provider lists several peers together; here each stands alone.
func inlineRule(rule values, group string) values {
	inline := values{
		"protocol": protocol(rule["ipProtocol"]), "fromPort": 0.0, "toPort": 0.0, "self": false, "description": text(rule, "description"),
	}
	if inline["protocol"] != "-1" {
		inline["fromPort"], inline["toPort"] = float64(number(rule, "fromPort")), float64(number(rule, "toPort"))
	}
	for peers, source := range inlinePeers {
		inline[peers] = []any{}
		if peer := text(rule, source); peer != "" && peer != group {
			inline[peers] = []any{peer}
		}
	}
	inline["self"] = text(rule, "referencedSecurityGroupId") == group
	return inline
}
