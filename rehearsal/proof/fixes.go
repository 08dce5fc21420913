package proof

// keyFixes are fixes by configuration, for resources that a component of this project declares. Each field
// has the name of the configuration key that its text tells to change.
var keyFixes = struct {
	endpointPolicy, flowLogDays, imds, instanceEgress, instancePolicy, mfaMaxAgeMinutes, permissionsBoundary, requireMfa,
	rootVolumeEncrypted, s3Endpoint, sessionDocuments, sessionEncryption, sessionLogs, sessionPrincipals, sessionTargets,
	terminationProtection, zones string
}{
	endpointPolicy:        "set endpointPolicy to restricted",
	flowLogDays:           "set flowLogDays, such as to 365",
	imds:                  "set imds to v2",
	instanceEgress:        "set instanceEgress to restricted",
	instancePolicy:        "set instancePolicy to managed",
	mfaMaxAgeMinutes:      "set mfaMaxAgeMinutes, such as to 60",
	permissionsBoundary:   "leave permissionsBoundary empty, or read the boundary yourself",
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

// fix returns keyFix if a component of this project declares the resource, and otherwise a fix of the
// resource itself.
func (r *resource) fix(keyFix, resourceFix string) string {
	if r.fromProject {
		return keyFix
	}
	return resourceFix
}
