package htmlreport

import (
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/proof"
)

// ClaimGroup is claims with the same ID and result whose reasons differ only in the names of their subjects.
type ClaimGroup struct {
	// Number identifies the group in the page.
	Number                     int
	ID, Class, Result, Meaning string
	// Subjects are the names of the subjects.
	Subjects []string
	// First is the subject whose reasons Hops are.
	First string
	Hops  []Hop
	Fixes []string
	// Items are the parts of the picture that the group is about.
	Items []int
	// urns are the resources that the reasons of First name.
	urns map[string]bool
}

// Few are the subjects that are always shown, and Rest the others.
func (g *ClaimGroup) Few() []string { return g.Subjects[:min(len(g.Subjects), fewSubjects)] }

// Rest returns the subjects after Few.
func (g *ClaimGroup) Rest() []string { return g.Subjects[min(len(g.Subjects), fewSubjects):] }

const fewSubjects = 6

// Hop is one step of a proof. Same are the names of the other resources for which the step is the same.
type Hop struct {
	Kind      proof.ReasonKind
	Text      paragraph
	Fix       string
	Resources []Link
	Same      []string
}

// Mark returns the result of the step, as the page shows it.
func (h Hop) Mark() string {
	return map[proof.ReasonKind]string{
		proof.Pass: "passes", proof.Fail: "fails", proof.Unknown: "unknown", proof.Assumption: "assumed", proof.Premise: "taken for granted",
	}[h.Kind]
}

// Link is a resource that a text names.
type Link struct{ Name, Anchor string }

// meanings say what claims are about.
var meanings = map[string]string{
	"isolated": "nothing connects the VPC to the Internet", "no-inbound": "nothing can connect to the instance",
	"agent": "the SSM Agent may make its requests", "ordered": "everything that the agent needs exists before the instance boots",
	"session.start": "the listed people can start sessions", "session.mfa": "nobody gets a session without MFA",
	"session.foreign": "nobody from another account gets a session", "session.own": "people can resume and end only their own sessions",
	"session.scope": "sessions reach only the stack's instances", "recorded": "sessions are recorded",
	"egress": "the instance can connect only to endpoints and to the listed targets", "default-sg": "the default security group allows nothing",
	"imdsv2": "the metadata service requires tokens", "encrypted": "the volumes are encrypted", "flow-logs": "the traffic of the VPC is logged",
	"multi-zone": "sessions stay possible if one zone fails", "protected": "the instance cannot be terminated by mistake",
}

// meaning says what a claim is about.
func meaning(id string) string {
	if service, ok := strings.CutPrefix(id, "reach."); ok {
		return "the instance reaches " + service
	}
	if service, ok := strings.CutPrefix(id, "endpoint-policy."); ok {
		return "the endpoint of " + service + " serves only the stack's own requests"
	}
	return meanings[id]
}

// group groups the claims of a class.
func (s *state) group(claims []proof.Claim, class string) []*ClaimGroup {
	var groups []*ClaimGroup
	byKey := map[string]*ClaimGroup{}
	for _, c := range claims {
		if c.Class != class {
			continue
		}
		key := strings.Join(append(s.generalized(c), c.ID, c.Result), "\x00")
		g := byKey[key]
		if g == nil {
			g = &ClaimGroup{ID: c.ID, Class: c.Class, Result: c.Result, Meaning: meaning(c.ID), First: name(c.Subject), Hops: s.hops(c), Fixes: fixes(c), urns: s.urnsNamed(c.Subject)}
			for _, r := range c.Reasons {
				for _, urn := range r.Resources {
					g.urns[urn] = true
				}
			}
			byKey[key] = g
			groups = append(groups, g)
		}
		g.Subjects = append(g.Subjects, name(c.Subject))
	}
	slices.SortStableFunc(groups, func(a, b *ClaimGroup) int { return resultOrder(a.Result) - resultOrder(b.Result) })
	for _, g := range groups {
		slices.SortStableFunc(g.Subjects, compareNames)
	}
	return groups
}

// urnsNamed returns the URNs of the resources with a name that claims are about.
func (s *state) urnsNamed(subject string) map[string]bool {
	urns := map[string]bool{}
	for _, r := range s.byName[subject] {
		if slices.Contains(subjectTypes, r.typ) {
			urns[r.urn] = true
		}
	}
	return urns
}

// subjectTypes are the types of the subjects of claims.
var subjectTypes = []string{instanceType, "aws:ec2/vpc:Vpc", "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:iam/role:Role"}

// resultOrder sorts what needs attention first.
func resultOrder(result string) int {
	return slices.Index([]string{proof.Refuted, proof.Undecided, proof.Assumed, proof.Proven}, result)
}

// fixes returns the fixes of a claim, without repeats.
func fixes(c proof.Claim) []string {
	var found []string
	for _, r := range c.Reasons {
		if fix := visible(r.Fix); fix != "" && !slices.Contains(found, fix) {
			found = append(found, fix)
		}
	}
	return found
}

// generalized returns the reasons of a claim without what identifies the instances in them.
func (s *state) generalized(c proof.Claim) []string {
	// The instances are the subject, and those that the reasons name. A claim about many instances is about all of them.
	urns := map[string]bool{}
	if len(c.Reasons) < 100 {
		urns = s.urnsNamed(c.Subject)
		for _, r := range c.Reasons {
			for _, urn := range r.Resources {
				urns[urn] = true
			}
		}
	}
	replacer := s.instanceReplacer(slices.Sorted(maps.Keys(urns)))
	texts := make([]string, len(c.Reasons))
	for i, r := range c.Reasons {
		texts[i] = replacer.Replace(string(r.Kind) + " " + r.Text + " " + r.Fix)
	}
	return texts
}

// instanceReplacer returns a replacer that replaces what identifies instances.
func (s *state) instanceReplacer(urns []string) *strings.Replacer {
	var pairs []string
	for _, urn := range urns {
		one := s.byURN[urn]
		if one == nil || one.typ != instanceType {
			continue
		}
		pairs = append(pairs, `"`+one.name+`"`, `"#"`, one.id, "#")
		if address := one.str("privateIp"); address != "" {
			pairs = append(pairs, address+"/32", "#/32")
		}
	}
	return strings.NewReplacer(pairs...)
}

const instanceType = "aws:ec2/instance:Instance"

// hops returns the reasons of a claim. Reasons that say the same about several instances are combined.
func (s *state) hops(c proof.Claim) []Hop {
	var hops []Hop
	last := ""
	for _, r := range c.Reasons {
		general := s.instanceReplacer(r.Resources).Replace(string(r.Kind) + " " + r.Text + " " + r.Fix)
		subject := s.instanceIn(r)
		if n := len(hops); n > 0 && general == last && subject != "" {
			hops[n-1].Same = append(hops[n-1].Same, subject)
			continue
		}
		last = general
		hops = append(hops, Hop{Kind: r.Kind, Text: newParagraph(r.Text), Fix: visible(r.Fix), Resources: s.links(r.Resources)})
	}
	return hops
}

// instanceIn returns the name of the first instance that a reason names.
func (s *state) instanceIn(r proof.Reason) string {
	for _, urn := range r.Resources {
		if one := s.byURN[urn]; one != nil && one.typ == instanceType {
			return name(one.name)
		}
	}
	return ""
}

// links returns links to resources, without repeats.
func (s *state) links(urns []string) []Link {
	var found []Link
	for _, urn := range urns {
		one := s.byURN[urn]
		if one == nil || len(found) == maxLinks {
			continue
		}
		link := Link{one.kind() + " " + name(one.name), one.anchor}
		if !slices.Contains(found, link) {
			found = append(found, link)
		}
	}
	return found
}

const maxLinks = 20
