package proof

import (
	"slices"
	"strconv"
	"strings"
)

// Parts of fixes that only the owners of existing resources can make. With other target tags, the stack needs no new ones.
const (
	askOwner     = "ask the owner of "
	askOwners    = "ask the owners of the instances to "
	orChangeTags = ", or change targetTags"
	startIt      = "start it"
)

// OwnerFix is a change that has to be made by the owner of a resource, because the stack only reads the resource.
type OwnerFix struct {
	// Kind and Name identify the resource, such as Instance and targets-i-0a1b2c3d4e5f70011. They are empty if the state does
	// not contain the resource.
	Kind, Name string
	// Change is what the owner has to do, such as "start it".
	Change string
	// Claim is the ID of the first claim that needs the change.
	Claim string
}

// OwnerFixes returns what the owners of existing resources have to change so that claims of a class pass. Changes of the same
// resource follow each other.
func OwnerFixes(claims []Claim, class string) []OwnerFix {
	var found []OwnerFix
	for _, c := range claims {
		if c.Class != class || c.Passes() {
			continue
		}
		for _, r := range c.Reasons {
			fix, ok := ownerFix(r.Fix)
			same := func(other OwnerFix) bool { return other.Kind == fix.Kind && other.Name == fix.Name }
			repeated := func(other OwnerFix) bool { return same(other) && other.Change == fix.Change }
			if !ok || slices.ContainsFunc(found, repeated) {
				continue
			}
			fix.Claim = c.ID
			at := len(found)
			for at > 0 && !same(found[at-1]) {
				at--
			}
			if at == 0 {
				at = len(found)
			}
			found = slices.Insert(found, at, fix)
		}
	}
	return found
}

// ownerFix reads what ask has written. It returns false if nobody is asked for anything.
func ownerFix(text string) (OwnerFix, bool) {
	text = strings.TrimSuffix(text, orChangeTags)
	if change, ok := strings.CutPrefix(text, askOwners); ok {
		return OwnerFix{Change: change}, true
	}
	_, rest, ok := strings.Cut(text, askOwner)
	kind, rest, found := strings.Cut(rest, " ")
	quoted, err := strconv.QuotedPrefix(rest)
	if !ok || !found || err != nil {
		return OwnerFix{}, false
	}
	name, err := strconv.Unquote(quoted)
	change, to := strings.CutPrefix(rest[len(quoted):], " to ")
	return OwnerFix{Kind: kind, Name: name, Change: change}, err == nil && to
}

// RestartAgent is the command that restarts the SSM Agent on an instance, unless it is installed as a snap.
const RestartAgent = "sudo systemctl restart amazon-ssm-agent"

// WaitingAgents returns the names of the instances whose agents may have failed before what they need existed, in the order of
// the claims. After a failure, an agent waits before it tries again, unless it is restarted. Instances that are stopped are
// left out, because starting them starts their agents.
func WaitingAgents(claims []Claim) []string {
	var found []string
	stopped := map[string]bool{}
	for _, f := range OwnerFixes(claims, Required) {
		stopped[f.Name] = stopped[f.Name] || f.Change == startIt
	}
	for _, c := range claims {
		waits := false
		switch c.ID {
		case "ordered":
			waits = c.Result != Proven
		case "agent", "reach.ssm", "reach.ssmmessages":
			waits = !c.Passes()
		}
		if waits && !stopped[c.Subject] && !slices.Contains(found, c.Subject) {
			found = append(found, c.Subject)
		}
	}
	return found
}
