package diagram

import (
	"regexp"
	"slices"
	"strings"

	"bastionless/rehearsal/proof"
)

// people draws who may assume which session role, and what that opens.
func (s *sketch) people() {
	for _, r := range s.topology.Roles {
		crowds := map[string][]string{}
		var order []string
		for _, a := range r.Admits {
			how := "may assume"
			if a.MFA {
				how += ", with MFA"
			}
			if a.Unsure {
				how += ", on conditions"
			}
			if crowds[how] == nil {
				order = append(order, how)
			}
			if who := s.who(a); !slices.Contains(crowds[how], who) {
				crowds[how] = append(crowds[how], who)
			}
		}
		var crowded []string
		for _, how := range order {
			who := slices.Sorted(slices.Values(crowds[how]))
			if slices.Contains(who, anybody) {
				who = []string{anybody}
			}
			crowded = append(crowded, s.node(s.id("people"), who...))
		}
		role := s.node(s.id("role", r.Name), titled(r.Name, "role"))
		for i, how := range order {
			s.line(crowded[i], mayReach, how, role)
		}
		if len(r.Kinds) > 0 {
			s.line(role, mayReach, "opens "+strings.Join(r.Kinds, ", "), s.service(systemsManager))
		}
	}
}

const anybody = "anybody on AWS"

// permissionSet is the name of a role that IAM Identity Center makes.
var permissionSet = regexp.MustCompile(`AWSReservedSSO_(.+)_[^_]*$`)

// who tells who somebody is.
func (s *sketch) who(a proof.Admitted) string {
	parts := strings.SplitN(a.ARN, ":", 6)
	if a.Listed == "*" || len(parts) != 6 {
		return anybody
	}
	account := "this account"
	if parts[4] != s.topology.Account {
		account = "account " + parts[4]
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	if found := permissionSet.FindStringSubmatch(a.ARN); found != nil {
		return "permission set " + found[1] + of(account)
	}
	name = name[strings.LastIndex(name, "/")+1:]
	switch all := !strings.HasPrefix(a.Listed, "arn:") || strings.HasSuffix(a.Listed, ":root"); {
	case all && kind == "role":
		return "some roles of " + account
	case all && a.MFA:
		return "users of " + account
	case all:
		return "users and roles of " + account
	}
	return "IAM " + kind + " " + name + of(account)
}

// of tells a foreign account.
func of(account string) string {
	if account == "this account" {
		return ""
	}
	return " of " + account
}
