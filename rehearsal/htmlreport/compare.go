package htmlreport

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastionless/rehearsal/diagram"
	"bastionless/rehearsal/proof"
)

// Comparison is the differences between an earlier state and a later one.
type Comparison struct {
	// Earlier says what the earlier state is.
	Earlier string
	// Sections are the kinds of differences, in the order of the page. A section without changes says so.
	Sections []ChangeSection
}

// ChangeSection is differences of one kind.
type ChangeSection struct {
	Title   string
	Changes []Change
}

// Change is one difference.
type Change struct {
	Kind ChangeKind
	Text string
}

// ChangeKind says what happened.
type ChangeKind string

// The kinds of changes.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
	// Better is a claim that is now proven, or a request that is now denied, and Worse the opposite.
	Better ChangeKind = "better"
	Worse  ChangeKind = "worse"
	// Gains and Loses are about the access of people.
	Gains ChangeKind = "gains access"
	Loses ChangeKind = "loses access"
	// Opens and Closes are about ports and routes.
	Opens  ChangeKind = "opens"
	Closes ChangeKind = "closes"
)

// Class returns the CSS class of the kind.
func (k ChangeKind) Class() string {
	switch k {
	case Gains, Opens:
		return "changed"
	case Loses, Closes:
		return "removed"
	}
	return string(k)
}

// Empty reports whether nothing differs.
func (c *Comparison) Empty() bool {
	return !slices.ContainsFunc(c.Sections, func(s ChangeSection) bool { return len(s.Changes) > 0 })
}

// snapshot is what a comparison is about.
type snapshot struct {
	state    *state
	claims   []proof.Claim
	chart    *diagram.Chart
	requests []proof.Request
}

// newSnapshot reads a state. If there is nothing to prove about it, it has no claims and no network that could be drawn.
func newSnapshot(d *apitype.DeploymentV3, options proof.Options) (*snapshot, error) {
	s := &snapshot{state: newState(d)}
	if d == nil {
		return s, nil
	}
	claims, err := proof.Check(d, options)
	if err != nil {
		return s, err
	}
	s.claims = claims
	topology, err := proof.ReadTopology(d)
	if err != nil {
		return s, err
	}
	s.chart = diagram.NewChart(topology)
	s.requests, err = proof.Requests(d)
	return s, err
}

// compare returns what differs.
func compare(before, after *snapshot) []ChangeSection {
	return []ChangeSection{
		{"Claims", compareClaims(before.claims, after.claims)},
		{"People and their access", append(compareSets(people(before.chart), people(after.chart), Gains, Loses),
			compareRequests(before.requests, after.requests)...)},
		{"Connections and ports", compareSets(connectionsOf(before.chart), connectionsOf(after.chart), Opens, Closes)},
		{"Resources", compareResources(before.state, after.state)},
	}
}

// compareClaims returns the claims whose results differ. Claims with the same ID and the same results are one change.
func compareClaims(before, after []proof.Claim) []Change {
	type key struct{ id, subject string }
	type change struct {
		kind    ChangeKind
		id, how string
	}
	results := map[key]string{}
	for _, c := range before {
		results[key{c.ID, c.Subject}] = c.Result
	}
	var order []change
	subjects, causes := map[change][]string{}, map[change]string{}
	add := func(one change, subject, cause string) {
		if subjects[one] == nil {
			order, causes[one] = append(order, one), cause
		}
		subjects[one] = append(subjects[one], name(subject))
	}
	for _, c := range after {
		was, existed := results[key{c.ID, c.Subject}]
		delete(results, key{c.ID, c.Subject})
		passed := proof.Claim{Result: was}.Passes()
		switch how := fmt.Sprintf("was %s, and is now %s", was, c.Result); {
		case !existed && c.Passes():
			add(change{Added, c.ID, "is new, and " + c.Result}, c.Subject, "")
		case !existed:
			add(change{Worse, c.ID, "is new, and " + c.Result}, c.Subject, cause(c))
		case was == c.Result:
		case passed && !c.Passes():
			add(change{Worse, c.ID, how}, c.Subject, cause(c))
		case !passed && c.Passes():
			add(change{Better, c.ID, how}, c.Subject, "")
		default:
			add(change{Changed, c.ID, how}, c.Subject, cause(c))
		}
	}
	for _, c := range before {
		if results[key{c.ID, c.Subject}] != "" {
			add(change{Removed, c.ID, "is not claimed any more"}, c.Subject, "")
		}
	}
	slices.SortStableFunc(order, func(a, b change) int { return attention(a.kind) - attention(b.kind) })
	var changes []Change
	for _, one := range order {
		text := fmt.Sprintf("%s (%s) %s", one.id, enumerated(subjects[one]), one.how)
		if causes[one] != "" {
			text += ": " + causes[one]
		}
		changes = append(changes, Change{one.kind, text})
	}
	return changes
}

// enumerated lists the first names, and counts the others.
func enumerated(names []string) string {
	if more := len(names) - fewSubjects; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:fewSubjects], ", "), more)
	}
	return strings.Join(names, ", ")
}

// attention sorts changes for the worse first.
func attention(kind ChangeKind) int {
	return slices.Index([]ChangeKind{Worse, Better, Changed, Added, Removed}, kind)
}

// cause returns the first reason why a claim does not pass.
func cause(c proof.Claim) string {
	for _, r := range c.Reasons {
		if r.Kind == proof.Fail || r.Kind == proof.Unknown {
			return shortenMiddle(visible(r.Text), longTitle)
		}
	}
	return ""
}

// compareSets returns what was added to a set, and what was removed from it.
func compareSets(before, after map[string]bool, added, removed ChangeKind) []Change {
	var changes []Change
	for _, one := range slices.Sorted(maps.Keys(after)) {
		if !before[one] {
			changes = append(changes, Change{added, one})
		}
	}
	for _, one := range slices.Sorted(maps.Keys(before)) {
		if !after[one] {
			changes = append(changes, Change{removed, one})
		}
	}
	return changes
}

// people returns who can assume which role, and which sessions each role opens.
func people(c *diagram.Chart) map[string]bool {
	found := map[string]bool{}
	if c == nil {
		return found
	}
	nodes := nodesOf(c)
	for _, e := range c.Edges {
		from, to := nodes[e.From], nodes[e.To]
		switch {
		case to != nil && to.Kind == diagram.Role:
			for _, person := range from.Labels {
				conditions := strings.TrimPrefix(e.Label, "may assume")
				found[fmt.Sprintf("%s may assume %s%s", name(person), name(to.Labels[0]), conditions)] = true
			}
		case from != nil && from.Kind == diagram.Role:
			for _, kind := range splitNames(strings.TrimPrefix(e.Label, "opens ")) {
				found[fmt.Sprintf("%s opens %s", name(from.Labels[0]), name(kind))] = true
			}
		}
	}
	return found
}

// compareRequests returns the requests whose decisions differ.
func compareRequests(before, after []proof.Request) []Change {
	key := func(r proof.Request) string {
		return fmt.Sprintf("%s: %s: %s on %s", name(r.Role), name(r.Who), r.Action, name(r.On))
	}
	effects := map[string]string{}
	for _, r := range before {
		effects[key(r)] = r.Effect
	}
	var changes []Change
	for _, r := range after {
		was := effects[key(r)]
		if was == "" || was == r.Effect {
			continue
		}
		kind := Worse
		if r.Effect == "denied" {
			kind = Better
		}
		changes = append(changes, Change{kind, fmt.Sprintf("%s was %s, and is now %s", key(r), was, r.Effect)})
	}
	return changes
}

// connectionsOf returns the connections and routes in a network, one for each port.
func connectionsOf(c *diagram.Chart) map[string]bool {
	found := map[string]bool{}
	if c == nil {
		return found
	}
	nodes := nodesOf(c)
	for _, e := range c.Edges {
		from, to := nodes[e.From], nodes[e.To]
		if from.Kind == diagram.Role || to.Kind == diagram.Role || e.Kind == diagram.ConnectedTo && to.Kind != diagram.Way {
			continue
		}
		verb := map[diagram.EdgeKind]string{diagram.Allows: "may connect to", diagram.RoutesTo: "has a route to", diagram.ConnectedTo: "is attached to"}[e.Kind]
		ports := []string{""}
		if e.Kind == diagram.Allows {
			ports = portsIn(e.Label)
		}
		for _, port := range ports {
			found[strings.TrimSuffix(fmt.Sprintf("%s %s %s: %s", title(from), verb, title(to), port), ": ")] = true
		}
	}
	return found
}

// portsIn splits traffic such as "tcp 80, 443, udp" into one text for each port.
func portsIn(traffic string) []string {
	var found []string
	protocol := ""
	for _, part := range splitNames(traffic) {
		if first, _, _ := strings.Cut(part, " "); first != "" && (first[0] < '0' || first[0] > '9') {
			protocol = first
		} else {
			part = protocol + " " + part
		}
		found = append(found, part)
	}
	return found
}
