package diagram

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/proof"
)

// traffic is a protocol and a range of ports.
type traffic struct {
	protocol string
	from, to int
}

// matching returns the traffic of the rules that match.
func matching(rules []proof.Rule, matches func(proof.Rule) bool) []traffic {
	var found []traffic
	for _, r := range rules {
		if matches(r) {
			t := traffic{r.Protocol, r.From, r.To}
			if r.Protocol == all || r.From == -1 {
				t.from, t.to = 0, maxPort
			}
			found = append(found, t)
		}
	}
	return found
}

const (
	all     = "-1"
	maxPort = 65535
)

// common returns the traffic that is in both lists.
func common(a, b []traffic) []traffic {
	var found []traffic
	for _, x := range a {
		for _, y := range b {
			both := traffic{x.protocol, max(x.from, y.from), min(x.to, y.to)}
			if x.protocol == all {
				both.protocol = y.protocol
			}
			same := x.protocol == all || y.protocol == all || x.protocol == y.protocol
			if same && both.from <= both.to {
				found = append(found, both)
			}
		}
	}
	return found
}

// describe returns traffic for people, such as "tcp 80, 443".
func describe(allowed []traffic) string {
	if slices.ContainsFunc(allowed, func(t traffic) bool { return t.protocol == all }) {
		return "everything"
	}
	allowed = slices.SortedFunc(slices.Values(allowed), func(a, b traffic) int {
		return cmp.Or(cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	var words []string
	last := ""
	for _, t := range slices.Compact(allowed) {
		ports := fmt.Sprint(t.from)
		switch {
		case t.from == 0 && t.to == maxPort:
			ports = ""
		case t.to != t.from:
			ports = fmt.Sprintf("%d to %d", t.from, t.to)
		}
		if t.protocol != last {
			ports = strings.TrimSpace(t.protocol + " " + ports)
		}
		words, last = append(words, ports), t.protocol
	}
	return strings.Join(words, ", ")
}
