package awssim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func init() {
	register(&resourceType{
		Token: lifecycleToken, Framework: true,
		Inputs: map[string]attribute{
			"bucket":                             {Required: true, ForceNew: true, Validate: frameworkLength(1, 63)},
			"expectedBucketOwner":                {ForceNew: true, Validate: ownerID},
			"rules":                              {Validate: eachElement(lifecycleRule)},
			"transitionDefaultMinimumObjectSize": {Computed: true},
		},
		Create: createSetting("Lifecycle Configuration", "PutBucketLifecycleConfiguration", lifecycle),
		Update: updateSetting("Lifecycle Configuration", "PutBucketLifecycleConfiguration", lifecycle),
		Delete: deleteSetting(nil),
	})
}

// frameworkLength is LengthBetween of the plugin framework.
func frameworkLength(minLength, maxLength int) func(string, any) []string {
	return func(path string, value any) []string {
		if text, _ := value.(string); len(text) < minLength || len(text) > maxLength {
			return []string{fmt.Sprintf("Invalid Attribute Value Length. Attribute %s string length must be between %d and %d, got: %d",
				path, minLength, maxLength, len(text))}
		}
		return nil
	}
}

// frameworkOneOf is OneOf of the plugin framework.
func frameworkOneOf(allowed ...string) func(string, any) []string {
	return func(path string, value any) []string {
		text, _ := value.(string)
		if slices.Contains(allowed, text) {
			return nil
		}
		words := make([]string, len(allowed))
		for i, word := range allowed {
			words[i] = strconv.Quote(word)
		}
		return []string{fmt.Sprintf("Invalid Attribute Value Match. Attribute %s value must be one of: [%s], got: %q", path,
			strings.Join(words, " "), text)}
	}
}

// storageClasses are the storage classes of transitions, with the minimum number of days before the
// transition.
var storageClasses = map[string]int{
	"DEEP_ARCHIVE": 0, "GLACIER": 0, "GLACIER_IR": 0, "INTELLIGENT_TIERING": 0, "ONEZONE_IA": 30, "STANDARD_IA": 30,
}

func lifecycleRule(path string, value any) []string {
	rule, _ := value.(values)
	path = "rule[" + path[strings.LastIndex(path, ".")+1:] + "]"
	var reasons []string
	if !isUnknown(rule["id"]) {
		reasons = frameworkLength(1, 255)(path+".id", rule["id"])
	}
	if !isUnknown(rule["status"]) {
		reasons = append(reasons, frameworkOneOf("Enabled", "Disabled")(path+".status", rule["status"])...)
	}
	for i, transition := range objectList(rule, "transitions") {
		reasons = append(reasons, frameworkOneOf(slices.Sorted(maps.Keys(storageClasses))...)(
			fmt.Sprintf("%s.transition[%d].storage_class", path, i), transition["storageClass"])...)
	}
	return reasons
}

// lifecycle returns S3's error for invalid rules.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
func lifecycle(c *call, _, in values, prefix, operation string) error {
	refuse := func(code, format string, args ...any) error {
		return c.s3Error(prefix, operation, 400, code, format, args...)
	}
	if !isSet(in, "transitionDefaultMinimumObjectSize") {
		in["transitionDefaultMinimumObjectSize"] = "all_storage_classes_128K"
	}
	rules := objectList(in, "rules")
	if len(rules) == 0 {
		return refuse("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	ids := map[string]bool{}
	for _, rule := range rules {
		id := str(rule, "id")
		if ids[id] {
			return refuse("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
		}
		ids[id] = true
		hasAction := false
		for _, action := range []string{
			"abortIncompleteMultipartUpload", "expiration", "noncurrentVersionExpiration", "noncurrentVersionTransitions", "transitions",
		} {
			hasAction = hasAction || !isZero(rule[action])
		}
		if !hasAction {
			return refuse("InvalidRequest", "At least one action needs to be specified in a rule")
		}
		expires := integer(rule, "expiration.days")
		if isSet(rule, "expiration") && expires <= 0 && str(rule, "expiration.date") == "" &&
			!boolean(rule, "expiration.expiredObjectDeleteMarker") {
			return refuse("InvalidArgument", "'Days' for Expiration action must be a positive integer")
		}
		for _, transition := range objectList(rule, "transitions") {
			days, class := integer(transition, "days"), str(transition, "storageClass")
			if str(transition, "date") == "" && days < storageClasses[class] {
				return refuse("InvalidArgument", "'Days' in Transition action must be greater than or equal to %d for storageClass '%s'",
					storageClasses[class], class)
			}
			if expires > 0 && days >= expires {
				return refuse("InvalidArgument", "'Days' in the Expiration action for filter '%s' must be greater than 'Days' in the "+
					"Transition action", "(prefix="+str(rule, "filter.prefix")+")")
			}
		}
	}
	return nil
}
