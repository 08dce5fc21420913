package htmlreport

import (
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/diagram"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
)

// page is the content of the HTML page, in its order.
type page struct {
	Stack, Verdict string
	// Outcome is "passed", "failed" or, if nothing is claimed, "unproven".
	Outcome    string
	Rehearsed  bool
	Facts      []Fact
	Failures   []paragraph
	Steps      []report.Step
	Comparison *Comparison
	// Unproven says why nothing is claimed. It is empty if there are claims, or if a rehearsal did not get that far.
	Unproven string
	// Picture is nil if there is nothing to draw. Undrawn then says why.
	Picture     *picture
	Undrawn     string
	Connections []Connection
	Shown       []*ClaimGroup
	Required    []*ClaimGroup
	// Unmet and Met are hardening claims.
	Unmet, Met []*ClaimGroup
	// Owners is nil if the owners of existing resources have nothing to do.
	Owners      *Owners
	Roles       []RoleRequests
	Warnings    []paragraph
	Assumed     []paragraph
	Assumptions []paragraph
	Unmodeled   []paragraph
	Remains     []Remains
	Kept, Left  []paragraph
	Changed     []paragraph
	Charges     []Charge
	Resources   []ResourceTable
	Total       int
	// Reads counts the resources that the stack reads and does not manage.
	Reads int
}

// Fact is a fact about the state.
type Fact struct{ Name, Value string }

// Connection is a row of the table of connections.
type Connection struct {
	From, To []string
	What     string
	// Kind says whether it is a connection, a route or an attachment.
	Kind string
}

// RoleRequests are the decided requests of a session role.
type RoleRequests struct {
	Role, Anchor string
	Requests     []RequestRow
}

// RequestRow is a decided request.
type RequestRow struct {
	Who, Action, On, Effect string
	Why                     paragraph
}

// newPage collects the content of the page, except the comparison.
func newPage(result *report.Report, s *snapshot, rehearsed bool) *page {
	p := &page{
		Stack: name(result.Stack), Outcome: "passed", Rehearsed: rehearsed, Steps: result.Steps,
		Unproven: visible(s.unproven), Undrawn: visible(s.undrawn), Facts: s.facts(),
		Required: s.state.group(result.Claims, proof.Required), Charges: s.state.charges(), Remains: s.state.remains(),
		Resources: s.state.resourceTables(), Total: len(s.state.resources), Roles: s.roleRequests(),
		Owners:   s.state.owners(result.Claims, result.Strict),
		Failures: paragraphs(result.Failures()), Warnings: paragraphs(result.Warnings), Assumed: paragraphs(result.Assumed),
		Assumptions: paragraphs(proof.Assumptions(result.Claims)), Kept: paragraphs(result.Kept), Left: paragraphs(result.Left), Changed: paragraphs(result.Changed),
	}
	for _, r := range s.state.resources {
		if r.external {
			p.Reads++
		}
	}
	for _, g := range s.state.group(result.Claims, proof.Hardening) {
		if g.Result == proof.Proven || g.Result == proof.Assumed {
			p.Met = append(p.Met, g)
		} else {
			p.Unmet = append(p.Unmet, g)
		}
	}
	if result.Account != nil {
		p.Facts = append(p.Facts, Fact{"Rehearsed in", name(result.Account.String())})
	}
	switch {
	case !result.OK:
		p.Outcome = "failed"
	case len(result.Claims) == 0:
		p.Outcome = "unproven"
	}
	p.Verdict = p.verdict(result)
	p.Shown = slices.Concat(p.Required, p.Unmet, p.Met)
	for i, g := range p.Shown {
		g.Number = i + 1
	}
	if s.chart != nil {
		p.Unmodeled = paragraphs(s.chart.Unmodeled)
	}
	if p.Undrawn == "" {
		p.Picture = newPicture(s.chart, s.closed(), s.state.isExternal)
		p.Connections = connectionRows(s.chart, p.Picture)
		for _, g := range p.Shown {
			g.Items = p.Picture.highlighted(g.urns, g.ID == "isolated")
		}
	}
	return p
}

func paragraphs(texts []string) []paragraph {
	var found []paragraph
	for _, text := range texts {
		found = append(found, newParagraph(text))
	}
	return found
}

// verdict returns the result in one sentence.
func (p *page) verdict(result *report.Report) string {
	if failures := result.Failures(); len(failures) > 0 {
		first := shortenMiddle(visible(failures[0]), longTitle)
		if len(failures) > 1 {
			return fmt.Sprintf("%d checks failed. The first: %s.", len(failures), first)
		}
		return fmt.Sprintf("1 check failed: %s.", first)
	}
	if p.Outcome == "unproven" {
		verdict := "Nothing is claimed about the stack"
		if p.Unproven != "" {
			verdict += ": " + p.Unproven
		}
		if p.Rehearsed {
			verdict = "All steps of the rehearsal passed. " + verdict
		}
		return verdict + "."
	}
	counts := map[string]int{}
	for _, c := range result.Claims {
		if c.Class == proof.Required {
			counts[c.Result]++
		}
	}
	verdict := fmt.Sprintf("All checks passed: %s proven", plural(counts[proof.Proven], "required claim is", "required claims are"))
	if n := counts[proof.Assumed]; n > 0 {
		verdict += fmt.Sprintf(", and %s", plural(n, "rests on an assumption", "rest on assumptions"))
	}
	return verdict + "."
}

// facts returns what identifies the state.
func (s *snapshot) facts() []Fact {
	var facts []Fact
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, Fact{name, shortenMiddle(visible(value), longName)})
		}
	}
	var accounts, providers []string
	for _, r := range s.state.resources {
		if parts := strings.SplitN(r.str("arn"), ":", 6); len(parts) == 6 && len(parts[4]) == 12 && !slices.Contains(accounts, parts[4]) {
			accounts = append(accounts, parts[4])
		}
	}
	for _, r := range s.state.providers {
		text := strings.TrimPrefix(r.typ, "pulumi:providers:")
		if text == "pulumi" {
			continue // part of the engine
		}
		if version := r.str("version"); version != "" {
			text += " " + version
		}
		if region := r.str("region"); region != "" {
			text += " in " + region
		}
		if !slices.Contains(providers, text) {
			providers = append(providers, text)
		}
	}
	slices.Sort(accounts)
	slices.Sort(providers)
	add("Account", strings.Join(accounts, ", "))
	add("State of", s.state.time)
	add("Pulumi engine", s.state.engine)
	add("Providers", strings.Join(providers, ", "))
	return facts
}

// closed returns what is proven about ways in and out.
func (s *snapshot) closed() closedNetwork {
	closed := closedNetwork{out: map[string]bool{}}
	inbound := 0
	for _, c := range s.claims {
		switch c.ID {
		case "isolated":
			for _, r := range c.Reasons {
				for _, urn := range r.Resources {
					closed.out[urn] = c.Passes()
				}
			}
		case "no-inbound":
			if inbound++; inbound == 1 {
				closed.in = true
			}
			closed.in = closed.in && c.Passes()
		}
	}
	return closed
}

// connectionRows returns the table of the connections in a picture.
func connectionRows(c *diagram.Chart, p *picture) []Connection {
	nodes := nodesOf(c)
	titles := func(ids []string) []string {
		var found []string
		for _, id := range ids {
			if nodes[id].Kind == diagram.People {
				found = append(found, name(strings.Join(nodes[id].Labels, ", ")))
				continue
			}
			text := title(nodes[id])
			if boxes := p.nodes[id]; len(boxes) > 0 && p.externalClass(boxes[0]) != "" {
				text = existing + text
			}
			found = append(found, text)
		}
		return found
	}
	var rows []Connection
	for _, b := range bundles(c.Edges, func(id string) int { return int(nodes[id].Kind) }) {
		row := Connection{From: titles(b.from), To: titles(b.to), What: shortenMiddle(visible(b.label), longTitle)}
		switch b.kind {
		case diagram.Allows:
			row.Kind = "may connect"
			if nodes[b.from[0]].Kind == diagram.People || nodes[b.from[0]].Kind == diagram.Role {
				row.Kind = "permission"
			}
		case diagram.RoutesTo:
			row.Kind = "route"
		case diagram.ConnectedTo:
			row.Kind = "attached"
		}
		rows = append(rows, row)
	}
	return rows
}

// roleRequests returns the decided requests by session role.
func (s *snapshot) roleRequests() []RoleRequests {
	var roles []RoleRequests
	last := ""
	for _, r := range s.requests {
		if r.RoleURN != last {
			last = r.RoleURN
			role := RoleRequests{Role: name(r.Role)}
			if one := s.state.byURN[r.RoleURN]; one != nil {
				role.Anchor = one.anchor
			}
			roles = append(roles, role)
		}
		role := &roles[len(roles)-1]
		role.Requests = append(role.Requests, RequestRow{
			Who: name(r.Who), Action: r.Action, On: name(r.On), Effect: r.Effect, Why: newParagraph(r.Why),
		})
	}
	return roles
}
