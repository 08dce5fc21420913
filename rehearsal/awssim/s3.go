package awssim

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bucket names. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var (
	bucketCharacters      = regexp.MustCompile(`^[0-9a-z.-]+$`)
	looseBucketCharacters = regexp.MustCompile(`^[0-9A-Za-z._-]+$`)
	bucketForm            = regexp.MustCompile(`^[0-9a-z]([0-9a-z-]*[0-9a-z])?(\.[0-9a-z]([0-9a-z-]*[0-9a-z])?)*$`)
	reservedBucketPrefix  = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	reservedBucketSuffix  = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

// bucketNameProblem is the provider's check when it creates a bucket, looser in us-east-1, where old buckets have names
// that no new one may have. It returns an empty string where the name passes.
func bucketNameProblem(name, region string) string {
	quoted := `"` + name + `"`
	if region == "us-east-1" {
		switch {
		case len(name) < 3 || len(name) > 255:
			return quoted + " must contain less than 256 characters"
		case !looseBucketCharacters.MatchString(name):
			return "only alphanumeric characters, hyphens, periods, and underscores allowed in " + quoted
		}
		return ""
	}
	switch {
	case len(name) < 3 || len(name) > 63:
		return quoted + " must contain from 3 to 63 characters"
	case !bucketCharacters.MatchString(name):
		return "only lowercase alphanumeric characters and hyphens allowed in " + quoted
	case isIPv4(name):
		return quoted + " must not be formatted as an IP address"
	case strings.HasPrefix(name, "."):
		return quoted + " cannot start with a period"
	case strings.HasSuffix(name, "."):
		return quoted + " cannot end with a period"
	case strings.Contains(name, ".."):
		return quoted + " can be only one period between labels"
	}
	return ""
}

// validBucketName is S3's own rule for new buckets, the same in every Region.
func validBucketName(name string) bool {
	for _, prefix := range reservedBucketPrefix {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	for _, suffix := range reservedBucketSuffix {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	return len(name) >= 3 && len(name) <= 63 && bucketForm.MatchString(name) && !isIPv4(name)
}

func isIPv4(s string) bool {
	address, err := netip.ParseAddr(s)
	return err == nil && address.Is4()
}

const (
	bucketToken           = "aws:s3/bucketV2:BucketV2"
	publicAccessToken     = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	bucketEncryptionToken = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	versioningToken       = "aws:s3/bucketVersioningV2:BucketVersioningV2"
	lifecycleToken        = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	bucketPolicyToken     = "aws:s3/bucketPolicy:BucketPolicy"
	ownershipToken        = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"

	// What S3 keeps of a bucket besides its resources: settings, which outlive them, and objects.
	bucketSettings = "s3:settings"
	bucketObject   = "s3:object"
)

// foreignBuckets are names that somebody else has, as all short words are.
var foreignBuckets = []string{"backup", "bastionless", "bucket", "example", "example-bucket", "logs", "my-bucket", "test"}

// bucketZones are the hosted zones of S3's website endpoints. https://docs.aws.amazon.com/general/latest/gr/s3.html
var bucketZones = map[string]string{
	"ap-northeast-1": "Z2M4EHUR26P7ZW", "ap-southeast-1": "Z3O0J2DXBE1FTB", "ap-southeast-2": "Z1WCIGYICN2BYD",
	"eu-central-1": "Z21DNDUVLTQW6Q", "eu-west-1": "Z1BKCTXD74EZPE", "us-east-1": "Z3AQBSTGFJSTF", "us-east-2": "Z2O1EMRO9K5GLX",
	"us-west-2": "Z3BJ6K6RIION7M",
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

func init() {
	register(&resourceType{
		token: bucketToken,
		inputs: map[string]attribute{
			"bucket":                             {replace: true, computed: true, check: length(0, 63)},
			"bucketPrefix":                       {replace: true, check: length(0, 37)},
			"forceDestroy":                       {fallback: false},
			"objectLockEnabled":                  {replace: true, computed: true},
			"accelerationStatus":                 {computed: true},
			"acl":                                {computed: true},
			"corsRules":                          {computed: true},
			"grants":                             {computed: true},
			"lifecycleRules":                     {computed: true},
			"loggings":                           {computed: true},
			"objectLockConfiguration":            {computed: true},
			"policy":                             {computed: true, policy: true, check: policyDocument},
			"replicationConfigurations":          {computed: true},
			"requestPayer":                       {computed: true, check: oneOf("Requester", "BucketOwner")},
			"serverSideEncryptionConfigurations": {computed: true},
			"versionings":                        {computed: true},
			"websites":                           {computed: true},
		},
		outputs: []string{
			"arn", "bucketDomainName", "bucketRegionalDomainName", "hostedZoneId", "region", "websiteDomain", "websiteEndpoint",
		},
		name:      &autoname{attribute: "bucket", unless: "bucketPrefix", longest: 63, lower: true},
		conflicts: [][]string{{"bucket", "bucketPrefix"}, {"acl", "grants"}}, taggable: true,
		create: createBucket, update: updateBucket, remove: removeBucket, refresh: refreshBucket,
		gone: func(c *call, name string) error {
			return c.s3("updating S3 Bucket ("+name+")", "PutBucketTagging", 404, "NoSuchBucket", "The specified bucket does not exist")
		},
	}, &resourceType{
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
	}, &resourceType{
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

func ownerID(path string, value any) []string {
	if id, _ := value.(string); !accountID.MatchString(id) {
		return []string{fmt.Sprintf("%q doesn't look like AWS Account ID (exactly 12 digits): %q", path, id)}
	}
	return nil
}

// s3 is an error of S3's.
func (c *call) s3(prefix, operation string, status int, code, format string, args ...any) error {
	return c.refuse(prefix, "S3", operation, status, code, format, args...)
}

// PutObject puts an object into a bucket, as the bucket's users do. It is for tests.
func (c *Cloud) PutObject(bucket, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := &call{Cloud: c}
	if in.get(bucketToken, bucket) == nil {
		return fmt.Errorf("there is no bucket %q", bucket)
	}
	in.putGlobal(bucketObject, bucket+"/"+name, values{"bucket": bucket}).Owner = key(bucketToken, "", bucket)
	return c.save()
}

// ofBucket fits what belongs to a bucket.
func ofBucket(name string) func(values) bool {
	return func(v values) bool { return text(v, "bucket") == name }
}

// settings are how a bucket is now, whoever set it so.
func (c *call) settings(bucket string) values { return c.get(bucketSettings, bucket).State }

// publicAccess is a public access block; nil blocks nothing.
func publicAccess(in values) values {
	blocks := values{}
	for _, name := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
		blocks[name] = flag(in, name)
	}
	return blocks
}

// plainEncryption is what every bucket has that asks for nothing else.
func plainEncryption() []any {
	return []any{values{
		"applyServerSideEncryptionByDefault": values{"sseAlgorithm": "AES256", "kmsMasterKeyId": ""}, "bucketKeyEnabled": false,
	}}
}

func createBucket(c *call, in values) (string, values, error) {
	name := c.fillName(in, "bucket", "bucketPrefix")
	prefix := "creating S3 Bucket (" + name + ")"
	if problem := bucketNameProblem(name, c.region); problem != "" {
		return "", nil, fmt.Errorf("validating S3 Bucket (%s) name: %s", name, problem)
	}
	switch {
	case !validBucketName(name):
		return "", nil, c.s3(prefix, "CreateBucket", 400, "InvalidBucketName", "The specified bucket is not valid.")
	case slices.Contains(foreignBuckets, name):
		return "", nil, c.s3(prefix, "CreateBucket", 409, "BucketAlreadyExists", "The requested bucket name is not available. The bucket "+
			"namespace is shared by all users of the system. Please select a different name and try again.")
	case c.get(bucketToken, name) != nil && c.region == "us-east-1":
		return "", nil, fmt.Errorf("%s: BucketAlreadyExists", prefix) // S3 would answer with success there: the provider looks first
	case c.get(bucketToken, name) != nil:
		return "", nil, c.s3(prefix, "CreateBucket", 409, "BucketAlreadyOwnedByYou",
			"Your previous request to create the named bucket succeeded and you already own it.")
	}
	domain := "s3." + c.region + "." + c.dnsSuffix
	maps.Copy(in, values{
		"arn": "arn:" + c.partition + ":s3:::" + name, "bucketDomainName": name + ".s3." + c.dnsSuffix,
		"bucketRegionalDomainName": name + "." + domain, "hostedZoneId": bucketZones[c.region], "region": c.region,
		"websiteDomain": "", "websiteEndpoint": "", "accelerationStatus": "", "requestPayer": "BucketOwner",
		"objectLockEnabled": flag(in, "objectLockEnabled"),
	})
	c.putGlobal(bucketToken, name, in)
	// Since April 2023 S3 makes new buckets private, all of them.
	settings := values{"ownership": "BucketOwnerEnforced", "encryption": plainEncryption(), "versioning": ""}
	if flag(in, "objectLockEnabled") {
		settings["versioning"] = "Enabled"
	}
	maps.Copy(settings, publicAccess(values{
		"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	}))
	c.putGlobal(bucketSettings, name, settings).Owner = key(bucketToken, "", name)
	refreshBucket(c, name, in)
	if acl := text(in, "acl"); acl != "" && acl != "private" {
		return name, in, partly(c.noACLs(prefix, "PutBucketAcl"))
	}
	return name, in, nil
}

func (c *call) noACLs(prefix, operation string) error {
	return c.s3(prefix, operation, 400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
}

// refreshBucket reads what the resources beside a bucket have made of it.
func refreshBucket(c *call, name string, state values) {
	settings := c.settings(name)
	// The bucket's own properties have lists where its encryption resource has objects.
	rules := []any{}
	for _, rule := range objects(settings, "encryption") {
		rules = append(rules, values{
			"applyServerSideEncryptionByDefaults": []any{rule["applyServerSideEncryptionByDefault"]},
			"bucketKeyEnabled":                    flag(rule, "bucketKeyEnabled"),
		})
	}
	state["serverSideEncryptionConfigurations"] = []any{values{"rules": rules}}
	state["versionings"] = []any{values{"enabled": text(settings, "versioning") == "Enabled", "mfaDelete": false}}
	state["grants"] = []any{values{
		"id": c.hash("canonical user", 64), "permissions": []any{"FULL_CONTROL"}, "type": "CanonicalUser", "uri": "",
	}}
	for _, policy := range c.all(bucketPolicyToken, ofBucket(name)) {
		state["policy"] = text(policy.State, "policy")
	}
}

func updateBucket(c *call, name string, old, in values) (values, error) {
	if acl := text(in, "acl"); acl != "" && acl != "private" && text(c.settings(name), "ownership") == "BucketOwnerEnforced" {
		return nil, c.noACLs("updating S3 Bucket ("+name+") ACL", "PutBucketAcl")
	}
	return c.settle(old, in), nil
}

func removeBucket(c *call, name string, state values) error {
	if len(c.all(bucketObject, ofBucket(name))) > 0 && !flag(state, "forceDestroy") {
		message := "The bucket you tried to delete is not empty"
		if text(c.settings(name), "versioning") != "" {
			message += ". You must delete all versions in the bucket."
		}
		return c.s3("deleting S3 Bucket ("+name+")", "DeleteBucket", 409, "BucketNotEmpty", "%s", message)
	}
	for _, token := range []string{
		publicAccessToken, bucketEncryptionToken, versioningToken, lifecycleToken, bucketPolicyToken, ownershipToken,
	} {
		for _, o := range c.all(token, ofBucket(name)) {
			c.drop(o)
		}
	}
	c.drop(c.get(bucketToken, name))
	return nil
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
	scope := c.scope()
	scope.bucket = bucket
	if code, message := policyProblem(bucketPolicy, policy, scope); code != "" {
		return c.s3(prefix, operation, 400, code, "%s", message)
	}
	if publicPolicy(policy) && flag(settings, "blockPublicPolicy") {
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
