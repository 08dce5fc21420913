package htmlreport

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastionless/rehearsal/diagram"
	"bastionless/rehearsal/proof"
)

// Comparison is what differs between an earlier state and a later one.
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

// Change is one difference. Kind is one of the constants below.
type Change struct{ Kind, Text string }

// The kinds of changes.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
	// Better and Worse are changes of claims, access and connections.
	Better = "better"
	Worse  = "worse"
)

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

// newSnapshot reads a state. A state without instances has no claims and no network that could be drawn.
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
		{"People and their access", append(compareSets(people(before.chart), people(after.chart), "gains access", "loses access"),
			compareRequests(before.requests, after.requests)...)},
		{"Connections and ports", compareSets(connectionsOf(before.chart), connectionsOf(after.chart), "opens", "closes")},
		{"Resources", compareResources(before.state, after.state)},
	}
}

// compareClaims returns the claims whose results differ.
func compareClaims(before, after []proof.Claim) []Change {
	key := func(c proof.Claim) string { return c.ID + " (" + name(c.Subject) + ")" }
	results := map[string]string{}
	for _, c := range before {
		results[key(c)] = c.Result
	}
	var changes []Change
	passes := func(result string) bool { return proof.Claim{Result: result}.Passes() }
	for _, c := range after {
		was, existed := results[key(c)]
		delete(results, key(c))
		switch {
		case !existed && c.Passes():
			changes = append(changes, Change{Added, key(c) + " is new, and " + c.Result})
		case !existed:
			changes = append(changes, Change{Worse, fmt.Sprintf("%s is new, and %s: %s", key(c), c.Result, cause(c))})
		case was == c.Result:
		case passes(was) && !c.Passes():
			changes = append(changes, Change{Worse, fmt.Sprintf("%s was %s, and is now %s: %s", key(c), was, c.Result, cause(c))})
		case !passes(was) && c.Passes():
			changes = append(changes, Change{Better, fmt.Sprintf("%s was %s, and is now %s", key(c), was, c.Result)})
		default:
			changes = append(changes, Change{Changed, fmt.Sprintf("%s was %s, and is now %s", key(c), was, c.Result)})
		}
	}
	for _, gone := range slices.Sorted(maps.Keys(results)) {
		changes = append(changes, Change{Removed, gone + " is not claimed any more"})
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return attention(a) - attention(b) })
	return changes
}

// attention sorts changes for the worse first.
func attention(c Change) int {
	return slices.Index([]string{Worse, Better, Changed, Added, Removed}, c.Kind)
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

// compareSets returns what was added to a set, and what was removed from it. More access is worse.
func compareSets(before, after map[string]bool, added, removed string) []Change {
	var changes []Change
	for _, one := range slices.Sorted(maps.Keys(after)) {
		if !before[one] {
			changes = append(changes, Change{Worse, added + ": " + one})
		}
	}
	for _, one := range slices.Sorted(maps.Keys(before)) {
		if !after[one] {
			changes = append(changes, Change{Better, removed + ": " + one})
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
				found[fmt.Sprintf("%s %s %s", name(person), e.Label, name(to.Labels[0]))] = true
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

// compareResources returns the resources that were added, removed or changed.
func compareResources(before, after *state) []Change {
	old := map[string]*stateResource{}
	for _, r := range before.resources {
		old[r.key()] = r
	}
	beforeIDs, afterIDs := before.idReplacer(), after.idReplacer()
	var changes []Change
	for _, r := range after.resources {
		was := old[r.key()]
		delete(old, r.key())
		if was == nil {
			changes = append(changes, Change{Added, r.label()})
		} else if found := changedInputs(was, r, beforeIDs, afterIDs); len(found) > 0 {
			changes = append(changes, Change{Changed, r.label() + ": " + strings.Join(found, ", ")})
		}
	}
	for _, r := range before.resources {
		if old[r.key()] == r {
			changes = append(changes, Change{Removed, r.label()})
		}
	}
	return changes
}

// label returns the kind and the name of a resource.
func (r *stateResource) label() string { return r.kind() + " " + name(r.name) }

// key identifies a resource in the states of a program: its type with those of its parents, and its name.
func (r *stateResource) key() string {
	parts := strings.SplitN(r.urn, "::", 3)
	return parts[len(parts)-1]
}

// idReplacer returns a replacer of the IDs and ARNs of resources, which differ between deployments, by names.
func (s *state) idReplacer() *strings.Replacer {
	names := map[string]string{}
	for _, r := range s.resources {
		for _, id := range []string{r.id, r.str("arn"), r.str("uniqueId")} {
			if len(id) > len("sg-1234") {
				names[id] = r.name
			}
		}
	}
	var pairs []string
	for _, id := range slices.SortedFunc(maps.Keys(names), func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) }) {
		pairs = append(pairs, id, names[id])
	}
	return strings.NewReplacer(pairs...)
}

// changedInputs returns the inputs that differ. An input that refers to another resource does not differ if only the ID of
// that resource does. Values are shown only of the most important properties.
func changedInputs(before, after *stateResource, beforeIDs, afterIDs *strings.Replacer) []string {
	keys := map[string]bool{}
	for key := range before.inputs {
		keys[key] = true
	}
	for key := range after.inputs {
		keys[key] = true
	}
	important := strings.Fields(properties[after.typ])
	var found []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		old, now := format(before.inputs[key]), format(after.inputs[key])
		named := old == before.id && now == after.id && !slices.Contains(after.defaults(), key)
		if strings.HasPrefix(key, "__") || old == now && old != secretText || !named && beforeIDs.Replace(old) == afterIDs.Replace(now) {
			continue
		}
		text := visible(key)
		if slices.Contains(important, key) {
			text += fmt.Sprintf(" from %q to %q", name(beforeIDs.Replace(old)), name(afterIDs.Replace(now)))
		}
		found = append(found, text)
	}
	return found
}

// defaults returns the inputs that the provider chose, such as generated names.
func (r *stateResource) defaults() []string {
	list, _ := r.inputs["__defaults"].([]any)
	var found []string
	for _, key := range list {
		found = append(found, format(key))
	}
	return found
}
