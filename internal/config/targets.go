package config

import (
	"slices"
	"strings"

	"bastionless/iam"
	"bastionless/internal/contract"
	"bastionless/internal/diag"
)

// checkTargets checks the keys that choose instances against each other.
func (c Config) checkTargets(diags *diag.Diagnostics) {
	role := c.SessionRole
	if !slices.Contains(iam.AllTargets(), role.Targets) {
		return // reported
	}
	conflict := func(when bool, key, format string, args ...any) {
		if when {
			diags.Add(key, diag.Conflict, format, args...)
		}
	}
	switch role.Targets {
	case iam.TargetsStack:
		conflict(!c.HasInstances(), "instancesPerZone", "0 leaves no instances on which the session role allows sessions: set "+
			"sessionTargets to instances, tagged or any")
	case iam.TargetsInstances:
		conflict(c.HasInstances(), "sessionTargets", "instances does not allow sessions on the stack's own instances: set "+
			"instancesPerZone to 0, or set sessionTargets to tagged")
		conflict(!c.UsesExistingVPC(), "sessionTargets", "instances needs a VPC in which they exist: set vpcId to it")
		if len(role.TargetInstanceIDs) == 0 {
			diags.Add("targetInstanceIds", diag.NoValue, "the list is empty: list the instances on which the session role allows "+
				"sessions")
		}
	case iam.TargetsTagged:
		conflict(len(role.TargetInstanceIDs) > 0 && !c.UsesExistingVPC(), "targetInstanceIds", "a VPC that the stack creates has no other "+
			"instances: set vpcId, or remove this key")
		if len(role.TargetTags) == 0 {
			diags.Add("targetTags", diag.NoValue, "the list is empty: list the tags of the instances on which the session role allows "+
				"sessions, such as team=db")
		}
	}
	conflict(len(role.TargetInstanceIDs) > 0 && role.Targets != iam.TargetsInstances && role.Targets != iam.TargetsTagged,
		"targetInstanceIds", "the list has no effect while sessionTargets is %s: set sessionTargets to instances, or remove this key",
		role.Targets)
	conflict(len(role.TargetTags) > 0 && role.Targets != iam.TargetsTagged, "targetTags", "the list has no effect while "+
		"sessionTargets is %s: set sessionTargets to tagged, or remove this key", role.Targets)
	for _, tag := range role.TargetTags {
		own := strings.EqualFold(tag.Key, "Name") || strings.EqualFold(tag.Key, contract.OwnerTag)
		conflict(own && c.HasInstances(), "targetTags", "%q is a tag that the stack sets on each of its instances itself: choose "+
			"another tag, or set instancesPerZone to 0", tag)
	}
	if !c.HasInstances() && role.Targets != iam.TargetsStack { // otherwise 0 is the mistake
		c.checkNoInstances(diags)
	}
}
