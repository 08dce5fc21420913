package proof

import "strings"

// keyFixes are fixes for resources that a component of this project declares. The name of each field is
// the configuration key that the fix changes.
var keyFixes = struct {
	endpointPolicy, existingEndpoints, flowLogDays, imds, imdsHopLimit, instanceEgress, instancePolicy, instancePolicyFiles,
	mfaMaxAgeMinutes, permissionsBoundary, requireMfa,
	rootVolumeEncrypted, s3Endpoint, sessionDocuments, sessionEncryption, sessionLogs, sessionPrincipals, sessionTargets,
	targetTags, terminationProtection, zones string
}{
	endpointPolicy:        "set endpointPolicy to restricted",
	existingEndpoints:     "set existingEndpoints to [all] if a hub or a NAT gateway provides the service",
	flowLogDays:           "set flowLogDays, for example to 365",
	imds:                  "set imds to v2",
	imdsHopLimit:          "set imdsHopLimit to 1",
	instanceEgress:        "set instanceEgress to restricted",
	instancePolicy:        "set instancePolicy to managed",
	instancePolicyFiles:   "remove the statement that denies it from instancePolicyFiles, or the policy from instancePolicyArns",
	mfaMaxAgeMinutes:      "set mfaMaxAgeMinutes, for example to 60",
	permissionsBoundary:   "leave permissionsBoundary empty, or check the boundary yourself",
	requireMfa:            "set requireMfa to true",
	rootVolumeEncrypted:   "set rootVolumeEncrypted to true",
	s3Endpoint:            "set s3Endpoint to true",
	sessionDocuments:      "set sessionDocuments to [shell]",
	sessionEncryption:     "set sessionEncryption to true",
	sessionLogs:           "add cloudwatch or s3 to sessionLogs",
	sessionPrincipals:     "list the ARNs of IAM users in sessionPrincipals",
	sessionTargets:        "set sessionTargets to stack",
	targetTags:            "set sessionTargets to tagged and list tags in targetTags",
	terminationProtection: "set terminationProtection to true",
	zones:                 "add a zone to zones",
}

// fix returns keyFix if a component of this project declares the resource, and otherwise resourceFix. If the stack only
// reads the resource, no key changes it, and its owner has to do it.
func (r *resource) fix(keyFix, resourceFix string) string {
	if r.fromProject && !r.external {
		return keyFix
	}
	return r.ask(resourceFix)
}

// ask returns a fix of the resource. If the stack only reads the resource, the fix is to ask its owner.
func (r *resource) ask(fix string) string {
	if r == nil || !r.external || fix == "" || strings.Contains(fix, askOwner) {
		return fix
	}
	for _, preposition := range []string{"on", "of", "in", "for"} {
		fix = strings.TrimSuffix(fix, " "+preposition+" "+r.String())
	}
	return askOwner + r.String() + " to " + strings.ReplaceAll(fix, r.String(), "it")
}

// askForGroups returns a fix of security groups, such as a rule to add. If the stack only reads all of them, the fix is to
// ask the owner of the first one.
func (m *model) askForGroups(ids []string, fix string) string {
	var first *resource
	for _, id := range ids {
		g := m.groups[id]
		if g == nil || g.resource == nil || !g.external {
			return fix
		}
		if first == nil {
			first = g.resource
		}
	}
	return first.ask(fix)
}
