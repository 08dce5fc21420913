package awssim

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of tags. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// allTags returns the provider's default tags and the resource's own, which take precedence.
func (c *call) allTags(in values) values {
	tags := values{}
	maps.Copy(tags, c.defaultTags)
	if own, ok := in["tags"].(values); ok {
		maps.Copy(tags, own)
	}
	return tags
}

// checkTags returns an error for tags that exceed AWS's limits. The messages are those of an EC2 emulator,
// and other services' messages differ.
func (c *call) checkTags(tags values) error {
	refuse := func(code, message string) error { return c.ec2Error("tagging", "CreateTags", code, "%s", message) }
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		value, _ := tags[name].(string)
		switch {
		case strings.HasPrefix(strings.ToLower(name), "aws:"):
			return refuse("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		case name == "" || utf8.RuneCountInString(name) > maxTagKey:
			return refuse("InvalidParameterValue", "Tag key exceeds the maximum length of 128 characters")
		case utf8.RuneCountInString(value) > maxTagValue:
			return refuse("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters")
		}
	}
	if len(tags) > maxTags {
		return refuse("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	}
	return nil
}

// iamTag matches the keys and values of tags of IAM.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
var iamTag = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// checkIAMTags returns IAM's error for the tags of a request. ignoreCase says that keys that differ in case only are the
// same, as those of roles are. The message about characters is not confirmed.
func (c *call) checkIAMTags(prefix, operation string, tags values, ignoreCase bool) error {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		value, _ := tags[name].(string)
		if !iamTag.MatchString(name) || !iamTag.MatchString(value) {
			return c.iamError(prefix, operation, "ValidationError", "1 validation error detected: Value at 'tags' failed to satisfy "+
				`constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`)
		}
		folded := strings.ToLower(name)
		if ignoreCase && seen[folded] {
			return c.iamError(prefix, operation, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[folded] = true
	}
	return nil
}

// newTags returns the tags of an update that were not there before. The provider sends only these.
func (c *call) newTags(old, in values) values {
	before, _ := old["tagsAll"].(values)
	tags := c.allTags(in)
	maps.DeleteFunc(tags, func(name string, value any) bool { return before[name] == value })
	return tags
}
