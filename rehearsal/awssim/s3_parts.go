package awssim

import (
	"bastionless/rehearsal/awssim/iampolicy"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func init() {
	register(&resourceType{
		token: publicAccessToken,
		inputs: map[string]attribute{
			"bucket":                {required: true, replace: true},
			"blockPublicAcls":       {fallback: false},
			"blockPublicPolicy":     {fallback: false},
			"ignorePublicAcls":      {fallback: false},
			"restrictPublicBuckets": {fallback: false},
		},
		create: createPart("Public Access Block", "PutPublicAccessBlock", blockPublicAccess),
		update: updatePart("Public Access Block", "PutPublicAccessBlock", blockPublicAccess),
		remove: removePart(func(settings, _ values) { maps.Copy(settings, publicAccess(nil)) }),
	}, &resourceType{
		token: bucketEncryptionToken,
		inputs: map[string]attribute{
			"bucket":              {required: true, replace: true, check: length(1, 63)},
			"expectedBucketOwner": {replace: true, check: ownerID},
			"rules":               {required: true, unordered: true, check: each(encryptionRule)},
		},
		create: createPart("Server-side Encryption Configuration", "PutBucketEncryption", encryptBucket),
		update: updatePart("Server-side Encryption Configuration", "PutBucketEncryption", encryptBucket),
		remove: removePart(func(settings, _ values) { settings["encryption"] = plainEncryption() }),
	}, &resourceType{
		token: versioningToken,
		inputs: map[string]attribute{
			"bucket":              {required: true, replace: true, check: length(1, 63)},
			"expectedBucketOwner": {replace: true, check: ownerID},
			"mfa":                 {},
			"versioningConfiguration": {required: true, fields: map[string]attribute{
				"status":    {required: true, check: oneOf("Enabled", "Suspended", "Disabled")},
				"mfaDelete": {computed: true, check: oneOf("Enabled", "Disabled")},
			}},
		},
		judge:  versioningProblem,
		create: createPart("Versioning", "PutBucketVersioning", versionBucket),
		update: updatePart("Versioning", "PutBucketVersioning", versionBucket),
		remove: removePart(func(settings, state values) {
			if text(state, "versioningConfiguration.status") != "Disabled" {
				settings["versioning"] = "Suspended"
			}
		}),
	})
}

func init() {
	register(&resourceType{
		token: lifecycleToken, framework: true,
		inputs: map[string]attribute{
			"bucket":                             {required: true, replace: true, check: frameworkLength(1, 63)},
			"expectedBucketOwner":                {replace: true, check: ownerID},
			"rules":                              {check: each(lifecycleRule)},
			"transitionDefaultMinimumObjectSize": {computed: true},
		},
		create: createPart("Lifecycle Configuration", "PutBucketLifecycleConfiguration", lifecycle),
		update: updatePart("Lifecycle Configuration", "PutBucketLifecycleConfiguration", lifecycle),
		remove: removePart(nil),
	}, &resourceType{
		token: bucketPolicyToken,
		inputs: map[string]attribute{
			"bucket": {required: true, replace: true},
			"policy": {required: true, policy: true, check: policyDocument},
		},
		create: createPart("Policy", "PutBucketPolicy", checkBucketPolicy),
		update: updatePart("Policy", "PutBucketPolicy", checkBucketPolicy),
		remove: removePart(nil),
	}, &resourceType{
		token: ownershipToken,
		inputs: map[string]attribute{
			"bucket": {required: true, replace: true, check: length(1, 63)},
			"rule": {required: true, fields: map[string]attribute{"objectOwnership": {
				required: true, check: oneOf("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"),
			}}},
		},
		create: createPart("Ownership Controls", "PutBucketOwnershipControls", ownObjects),
		update: updatePart("Ownership Controls", "PutBucketOwnershipControls", ownObjects),
		// Without controls, objects belong to who wrote them.
		remove: removePart(func(settings, _ values) { settings["ownership"] = "ObjectWriter" }),
	})
}

// part sets one thing on a bucket: it checks inputs, completes them and changes the bucket's settings.
type part func(c *call, settings, in values, prefix, operation string) error

// createPart makes a resource that sets a bucket's part. There is one of a kind to a bucket: a second one overwrites.
func createPart(what, operation string, set part) func(*call, values) (string, values, error) {
	return func(c *call, in values) (string, values, error) {
		bucket := text(in, "bucket")
		id := bucket
		if owner := text(in, "expectedBucketOwner"); owner != "" {
			id += "," + owner
		}
		prefix := "creating S3 Bucket (" + bucket + ") " + what
		if operation == "PutBucketPolicy" {
			prefix = "putting S3 Bucket (" + bucket + ") " + what
		}
		if err := c.setPart(set, in, prefix, operation); err != nil {
			return "", nil, err
		}
		c.putGlobal(string(c.urn.Type()), id, in)
		return id, in, nil
	}
}

func updatePart(what, operation string, set part) func(*call, string, values, values) (values, error) {
	return func(c *call, _ string, old, in values) (values, error) {
		prefix := "updating S3 Bucket (" + text(in, "bucket") + ") " + what
		if operation == "PutBucketPolicy" {
			prefix = "putting S3 Bucket (" + text(in, "bucket") + ") " + what
		}
		state := c.settle(old, in)
		return state, c.setPart(set, state, prefix, operation)
	}
}

func (c *call) setPart(set part, in values, prefix, operation string) error {
	bucket, owner := text(in, "bucket"), text(in, "expectedBucketOwner")
	switch {
	case c.get(bucketToken, bucket) == nil:
		return c.s3(prefix, operation, 404, "NoSuchBucket", "The specified bucket does not exist")
	case owner != "" && owner != c.account():
		return c.s3(prefix, operation, 403, "AccessDenied", "Access Denied")
	}
	return set(c, c.settings(bucket), in, prefix, operation)
}

// removePart takes a part away. undo says what a bucket is like without it.
func removePart(undo func(settings, state values)) func(*call, string, values) error {
	return func(c *call, id string, state values) error {
		if o := c.get(bucketSettings, text(state, "bucket")); o != nil && undo != nil {
			undo(o.State, state)
		}
		c.drop(c.get(string(c.urn.Type()), id))
		return nil
	}
}

func blockPublicAccess(_ *call, settings, in values, _, _ string) error {
	maps.Copy(settings, publicAccess(in))
	return nil
}

func encryptionRule(path string, value any) []string {
	rule, _ := value.(values)
	if !given(rule, "applyServerSideEncryptionByDefault") || isUnknown(rule) {
		return nil
	}
	path += ".apply_server_side_encryption_by_default.0.sse_algorithm"
	return oneOf("AES256", "aws:kms", "aws:kms:dsse")(path, at(rule, "applyServerSideEncryptionByDefault.sseAlgorithm"))
}

func encryptBucket(c *call, settings, in values, prefix, operation string) error {
	rules, _ := in["rules"].([]any)
	for _, item := range rules {
		rule, _ := item.(values)
		by := "applyServerSideEncryptionByDefault"
		if text(rule, by+".kmsMasterKeyId") != "" && text(rule, by+".sseAlgorithm") == "AES256" {
			return c.s3(prefix, operation, 400, "InvalidArgument",
				"a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
		}
	}
	settings["encryption"] = cloneValue(in["rules"])
	return nil
}

// versioningProblem is the provider's own check: S3 knows no way back to a bucket that never had versions.
func versioningProblem(old, in values) error {
	was, is := text(old, "versioningConfiguration.status"), text(in, "versioningConfiguration.status")
	if is == "Disabled" && (was == "Enabled" || was == "Suspended") {
		return fmt.Errorf("versioning_configuration.status cannot be updated from '%s' to 'Disabled'", was)
	}
	return nil
}

func versionBucket(c *call, settings, in values, prefix, operation string) error {
	status := text(in, "versioningConfiguration.status")
	if status == "Disabled" {
		status = "" // the provider sends nothing
	} else if flag(c.get(bucketToken, text(in, "bucket")).State, "objectLockEnabled") && status != "Enabled" {
		return c.s3(prefix, operation, 409, "InvalidBucketState",
			"An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
	}
	settings["versioning"] = status
	if configuration, ok := in["versioningConfiguration"].(values); ok && !given(configuration, "mfaDelete") {
		configuration["mfaDelete"] = ""
	}
	return nil
}

func ownObjects(_ *call, settings, in values, _, _ string) error {
	settings["ownership"] = text(in, "rule.objectOwnership")
	return nil
}

func checkBucketPolicy(c *call, settings, in values, prefix, operation string) error {
	bucket, policy := text(in, "bucket"), text(in, "policy")
	context := c.policyContext()
	context.Bucket = bucket
	if invalid := iampolicy.Validate(iampolicy.Bucket, policy, context); invalid != nil {
		return c.s3(prefix, operation, 400, invalid.Code, "%s", invalid.Message)
	}
	if iampolicy.IsPublic(policy) && flag(settings, "blockPublicPolicy") {
		return c.s3(prefix, operation, 403, "AccessDenied", `User: %s is not authorized to perform: s3:PutBucketPolicy on resource: `+
			`"arn:%s:s3:::%s" because public policies are blocked by the BlockPublicPolicy block public access setting.`,
			"arn:"+c.partition+":sts::"+c.account()+":assumed-role/"+deployer+"/"+deployer, c.partition, bucket)
	}
	return nil
}

// frameworkLength is the framework's LengthBetween.
func frameworkLength(shortest, longest int) func(string, any) []string {
	return func(path string, value any) []string {
		if text, _ := value.(string); len(text) < shortest || len(text) > longest {
			return []string{fmt.Sprintf("Invalid Attribute Value Length. Attribute %s string length must be between %d and %d, got: %d",
				path, shortest, longest, len(text))}
		}
		return nil
	}
}

// frameworkOneOf is the framework's OneOf.
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

// storageClasses are those that objects can move to, and the days that they must have stayed before, at the least.
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
	for i, transition := range objects(rule, "transitions") {
		reasons = append(reasons, frameworkOneOf(slices.Sorted(maps.Keys(storageClasses))...)(
			fmt.Sprintf("%s.transition[%d].storage_class", path, i), transition["storageClass"])...)
	}
	return reasons
}

// objects are those in a list.
func objects(v values, name string) []values {
	items, _ := v[name].([]any)
	var all []values
	for _, item := range items {
		if object, ok := item.(values); ok {
			all = append(all, object)
		}
	}
	return all
}

// lifecycle refuses rules that S3 does. https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
func lifecycle(c *call, _, in values, prefix, operation string) error {
	refuse := func(code, format string, args ...any) error {
		return c.s3(prefix, operation, 400, code, format, args...)
	}
	if !given(in, "transitionDefaultMinimumObjectSize") {
		in["transitionDefaultMinimumObjectSize"] = "all_storage_classes_128K"
	}
	rules := objects(in, "rules")
	if len(rules) == 0 {
		return refuse("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	ids := map[string]bool{}
	for _, rule := range rules {
		id := text(rule, "id")
		if ids[id] {
			return refuse("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
		}
		ids[id] = true
		acts := false
		for _, action := range []string{
			"abortIncompleteMultipartUpload", "expiration", "noncurrentVersionExpiration", "noncurrentVersionTransitions", "transitions",
		} {
			acts = acts || !empty(rule[action])
		}
		if !acts {
			return refuse("InvalidRequest", "At least one action needs to be specified in a rule")
		}
		expires := number(rule, "expiration.days")
		if given(rule, "expiration") && expires <= 0 && text(rule, "expiration.date") == "" &&
			!flag(rule, "expiration.expiredObjectDeleteMarker") {
			return refuse("InvalidArgument", "'Days' for Expiration action must be a positive integer")
		}
		for _, transition := range objects(rule, "transitions") {
			days, class := number(transition, "days"), text(transition, "storageClass")
			if text(transition, "date") == "" && days < storageClasses[class] {
				return refuse("InvalidArgument", "'Days' in Transition action must be greater than or equal to %d for storageClass '%s'",
					storageClasses[class], class)
			}
			if expires > 0 && days >= expires {
				return refuse("InvalidArgument", "'Days' in the Expiration action for filter '%s' must be greater than 'Days' in the "+
					"Transition action", "(prefix="+text(rule, "filter.prefix")+")")
			}
		}
	}
	return nil
}
