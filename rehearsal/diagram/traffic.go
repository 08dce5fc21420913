package diagram

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/proof"
)

// traffic is a protocol with a range of ports.
type traffic struct {
	protocol string
	from, to int
}

// matching are the traffic of the rules that match.
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

// common is the traffic that both let through.
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

// told tells traffic: "tcp 80, 443".
func told(passes []traffic) string {
	if slices.ContainsFunc(passes, func(t traffic) bool { return t.protocol == all }) {
		return "everything"
	}
	passes = slices.SortedFunc(slices.Values(passes), func(a, b traffic) int {
		return cmp.Or(cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	var words []string
	last := ""
	for _, t := range slices.Compact(passes) {
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
