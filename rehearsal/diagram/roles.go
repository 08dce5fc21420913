package diagram

import (
	"regexp"
	"slices"
	"strings"

	"bastionless/rehearsal/proof"
)

// addRoles adds the session roles, the principals that can assume them, and the kinds of sessions that they
// allow.
func (c *chart) addRoles() {
	for _, r := range c.topology.Roles {
		groups := map[string][]string{}
		var labels []string
		for _, p := range r.Principals {
			label := "may assume"
			if p.MFA {
				label += ", with MFA"
			}
			if p.Conditional {
				label += ", on conditions"
			}
			if groups[label] == nil {
				labels = append(labels, label)
			}
			if name := c.describe(p); !slices.Contains(groups[label], name) {
				groups[label] = append(groups[label], name)
			}
		}
		var nodes []string
		for _, label := range labels {
			names := slices.Sorted(slices.Values(groups[label]))
			if slices.Contains(names, anybody) {
				names = []string{anybody}
			}
			nodes = append(nodes, c.addNode(People, c.id("people"), names...).ID)
		}
		node := c.addNode(Role, c.id("role", r.Name), titled(r.Name, "role"))
		node.URN = r.URN
		role := node.ID
		for i, label := range labels {
			c.addEdge(nodes[i], Allows, label, role)
		}
		if len(r.Kinds) > 0 {
			c.addEdge(role, Allows, "opens "+strings.Join(r.Kinds, ", "), c.serviceNode(systemsManager))
		}
	}
}

const (
	anybody     = "anybody on AWS"
	thisAccount = "this account"
)

// permissionSet matches the name of a role of IAM Identity Center.
var permissionSet = regexp.MustCompile(`AWSReservedSSO_(.+)_[^_]*$`)

// describe returns a principal for people.
func (c *chart) describe(p proof.Principal) string {
	parts := strings.SplitN(p.ARN, ":", 6)
	if p.Listed == "*" || len(parts) != 6 {
		return anybody
	}
	account := thisAccount
	if parts[4] != c.topology.Account {
		account = "account " + parts[4]
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	if found := permissionSet.FindStringSubmatch(p.ARN); found != nil {
		return "permission set " + found[1] + of(account)
	}
	name = name[strings.LastIndex(name, "/")+1:]
	switch all := !strings.HasPrefix(p.Listed, "arn:") || strings.HasSuffix(p.Listed, ":root"); {
	case all && kind == "role":
		return "some roles of " + account
	case all && p.MFA:
		return "users of " + account
	case all:
		return "users and roles of " + account
	}
	return "IAM " + kind + " " + name + of(account)
}

// of returns the account of a principal, unless it is that of the stack.
func of(account string) string {
	if account == thisAccount {
		return ""
	}
	return " of " + account
}
