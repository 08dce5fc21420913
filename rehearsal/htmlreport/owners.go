package htmlreport

import (
	"bastionless/rehearsal/proof"
)

const ownersTitle = "For the owners of existing resources"

// Owners is what the owners of resources have to do that the stack only reads.
type Owners struct {
	// Required are changes that required claims need, and Optional those that only hardening claims need.
	Required, Optional []OwnerFix
	// Restart are the instances whose agents may have to be restarted.
	Restart []Link
}

// OwnerFix is a change that the owner of a resource has to make.
type OwnerFix struct {
	Of     Link
	Change paragraph
	// Claim is the ID of a claim that needs the change, and Meaning says what the claim is about.
	Claim, Meaning string
}

// owners returns what the owners have to do, or nil. All claims are required if strict is true.
func (s *state) owners(claims []proof.Claim, strict bool) *Owners {
	var o Owners
	required := proof.OwnerFixes(claims, proof.Required)
	optional := proof.OwnerFixes(claims, proof.Hardening)
	asked := map[[3]string]bool{}
	add := func(to *[]OwnerFix, fixes []proof.OwnerFix) {
		for _, f := range fixes {
			key := [3]string{f.Kind, f.Name, f.Change}
			if !asked[key] {
				*to = append(*to, OwnerFix{s.owned(f), newParagraph(f.Change), f.Claim, meaning(f.Claim)})
			}
			asked[key] = true
		}
	}
	add(&o.Required, required)
	if strict {
		add(&o.Required, optional)
	}
	add(&o.Optional, optional)
	for _, subject := range proof.WaitingAgents(claims) {
		for _, one := range s.byName[subject] {
			if one.external && one.typ == instanceType {
				o.Restart = append(o.Restart, one.ownerLink())
			}
		}
	}
	if len(o.Required)+len(o.Optional)+len(o.Restart) == 0 {
		return nil
	}
	return &o
}

// owned returns a link to the resource that a change is about.
func (s *state) owned(f proof.OwnerFix) Link {
	if f.Kind == "" {
		return Link{Name: "the instances that people should reach"}
	}
	for _, one := range s.byName[f.Name] {
		if one.external && one.kind() == f.Kind {
			return one.ownerLink()
		}
	}
	return Link{Name: f.Kind + " " + name(f.Name)}
}

// ownerLink names a resource as its owner knows it: by its Name tag and its ID.
func (r *stateResource) ownerLink() Link {
	text := r.kind() + " " + name(r.id)
	if tag := r.str("tags.Name"); tag != "" {
		text += " (" + name(tag) + ")"
	}
	return Link{text, r.anchor}
}
