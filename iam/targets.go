package iam

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"bastionless/internal/contract"
	"bastionless/internal/diag"
)

// Targets says on which instances the session role allows sessions.
type Targets string

// The values of Targets.
const (
	// TargetsStack are the instances of the stack.
	TargetsStack Targets = contract.TargetsStack
	// TargetsInstances are the instances of SessionRoleOptions.TargetInstanceIDs.
	TargetsInstances Targets = contract.TargetsInstances
	// TargetsTagged are the instances in the stack's account and Region that have all of
	// SessionRoleOptions.TargetTags when a session starts.
	TargetsTagged Targets = contract.TargetsTagged
	// TargetsAny are all instances of the account, in all Regions.
	TargetsAny Targets = contract.TargetsAny
)

// AllTargets returns the values of Targets.
func AllTargets() []Targets {
	return []Targets{TargetsStack, TargetsInstances, TargetsTagged, TargetsAny}
}

// target returns Targets or its default.
func (o SessionRoleOptions) target() Targets { return cmp.Or(o.Targets, TargetsStack) }

// Tag is a tag of an instance.
type Tag struct{ Key, Value string }

// String returns the tag in the form that ParseTag accepts.
func (t Tag) String() string { return t.Key + "=" + t.Value }

// tagTexts returns tags in the form that ParseTag accepts.
func tagTexts(tags []Tag) []string {
	texts := make([]string, len(tags))
	for i, tag := range tags {
		texts[i] = tag.String()
	}
	return texts
}

// These characters are allowed in tags of EC2 and have no meaning in policies, unlike * and ${.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
var (
	tagKey   = regexp.MustCompile(`^[A-Za-z0-9 +._:/@-]{1,128}$`)
	tagValue = regexp.MustCompile(`^[A-Za-z0-9 +=._:/@-]{1,256}$`)
)

// ParseTag parses a tag in the form KEY=VALUE. The key ends at the first =. The error states the value, the rule and
// the remedy.
func ParseTag(text string) (Tag, error) {
	key, value, _ := strings.Cut(text, "=")
	switch {
	case !tagKey.MatchString(key), !tagValue.MatchString(value), strings.TrimSpace(text) != text:
		return Tag{}, fmt.Errorf("%q is not a tag: use Key=Value, with a key of 1 to 128 and a value of 1 to 256 letters, digits, "+
			"spaces and characters of +._:/@-, such as team=db", text)
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return Tag{}, fmt.Errorf("%q begins with aws:, which is reserved for tags that AWS sets: use a tag of your own", text)
	}
	return Tag{key, value}, nil
}

const (
	// maxTargetInstances is the number of instance IDs that fit into the session policy.
	maxTargetInstances = 50
	// maxTargetTags is the number of the longest tags that fit into the session policy.
	maxTargetTags = 5
)

var instanceID = regexp.MustCompile(`^i-([0-9a-f]{8}|[0-9a-f]{17})$`)

// checkTargets reports problems with the instances on which the role allows sessions.
func (o SessionRoleOptions) checkTargets(diags *diag.Diagnostics) {
	for _, id := range o.TargetInstanceIDs {
		if !instanceID.MatchString(id) {
			diags.Add("targetInstanceIds", diag.Malformed, "%q is not an instance ID: use i- followed by 17 hexadecimal digits", id)
		}
	}
	if n := len(o.TargetInstanceIDs); n > maxTargetInstances {
		diags.Add("targetInstanceIds", diag.TooMany, "the list has %d instances, but the session policy has room for %d: list fewer, or "+
			"set sessionTargets to tagged", n, maxTargetInstances)
	}
	if n := len(o.TargetTags); n > maxTargetTags {
		diags.Add("targetTags", diag.TooMany, "the list has %d tags, but the session policy has room for %d: list fewer", n, maxTargetTags)
	}
	values := map[string]Tag{}
	for _, tag := range o.TargetTags {
		key := strings.ToLower(tag.Key)
		if other, ok := values[key]; ok {
			diags.Add("targetTags", diag.Duplicate, "%q and %q have the same key, because IAM ignores the case of tag keys, and no instance "+
				"has two values of a tag: remove one of them", other, tag)
		}
		values[key] = tag
	}
}

// DefaultLoginUser is the user that SSH logs in as on Amazon Linux.
const DefaultLoginUser = "ec2-user"

// https://man7.org/linux/man-pages/man8/useradd.8.html
var loginUser = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)

func (o SessionRoleOptions) checkLoginUser(diags *diag.Diagnostics) {
	switch {
	case o.LoginUser == "":
	case o.LoginUser == "root":
		diags.Add("loginUser", diag.OutOfRange, "%q is not allowed: log in as another user, such as ubuntu or admin, and use sudo",
			o.LoginUser)
	case !loginUser.MatchString(o.LoginUser):
		diags.Add("loginUser", diag.Malformed, "%q is not the name of a Linux user: use 1 to 32 lowercase letters, digits, hyphens and "+
			"underscores, beginning with a letter or an underscore", o.LoginUser)
	}
}
