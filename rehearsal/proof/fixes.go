package proof

// keyFixes are fixes for resources that a component of this project declares. The name of each field is
// the configuration key that the fix changes.
var keyFixes = struct {
	endpointPolicy, flowLogDays, imds, imdsHopLimit, instanceEgress, instancePolicy, mfaMaxAgeMinutes, permissionsBoundary, requireMfa,
	rootVolumeEncrypted, s3Endpoint, sessionDocuments, sessionEncryption, sessionLogs, sessionPrincipals, sessionTargets,
	terminationProtection, zones string
}{
	endpointPolicy:        "set endpointPolicy to restricted",
	flowLogDays:           "set flowLogDays, for example to 365",
	imds:                  "set imds to v2",
	imdsHopLimit:          "set imdsHopLimit to 1",
	instanceEgress:        "set instanceEgress to restricted",
	instancePolicy:        "set instancePolicy to managed",
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
	terminationProtection: "set terminationProtection to true",
	zones:                 "add a zone to zones",
}

// fix returns keyFix if a component of this project declares the resource, and otherwise resourceFix.
func (r *resource) fix(keyFix, resourceFix string) string {
	if r.fromProject {
		return keyFix
	}
	return resourceFix
}
