package awssim

import (
	"fmt"
	"maps"

	"bastionless/rehearsal/awssim/iampolicy"
)

func init() {
	register(&resourceType{
		Token: publicAccessToken,
		Inputs: map[string]attribute{
			"bucket":                {Required: true, ForceNew: true},
			"blockPublicAcls":       {Default: false},
			"blockPublicPolicy":     {Default: false},
			"ignorePublicAcls":      {Default: false},
			"restrictPublicBuckets": {Default: false},
		},
		Create: createSetting("Public Access Block", "PutPublicAccessBlock", blockPublicAccess),
		Update: updateSetting("Public Access Block", "PutPublicAccessBlock", blockPublicAccess),
		Delete: deleteSetting(func(settings, _ values) { maps.Copy(settings, publicAccess(nil)) }),
	}, &resourceType{
		Token: bucketEncryptionToken,
		Inputs: map[string]attribute{
			"bucket":              {Required: true, ForceNew: true, Validate: lengthBetween(1, 63)},
			"expectedBucketOwner": {ForceNew: true, Validate: ownerID},
			"rules":               {Required: true, Set: true, Validate: eachElement(encryptionRule)},
		},
		Create: createSetting("Server-side Encryption Configuration", "PutBucketEncryption", encryptBucket),
		Update: updateSetting("Server-side Encryption Configuration", "PutBucketEncryption", encryptBucket),
		Delete: deleteSetting(func(settings, _ values) { settings["encryption"] = defaultEncryption() }),
	}, &resourceType{
		Token: versioningToken,
		Inputs: map[string]attribute{
			"bucket":              {Required: true, ForceNew: true, Validate: lengthBetween(1, 63)},
			"expectedBucketOwner": {ForceNew: true, Validate: ownerID},
			"mfa":                 {},
			"versioningConfiguration": {Required: true, Elem: map[string]attribute{
				"status":    {Required: true, Validate: stringInSet("Enabled", "Suspended", "Disabled")},
				"mfaDelete": {Computed: true, Validate: stringInSet("Enabled", "Disabled")},
			}},
		},
		CustomizeDiff: customizeVersioningDiff,
		Create:        createSetting("Versioning", "PutBucketVersioning", versionBucket),
		Update:        updateSetting("Versioning", "PutBucketVersioning", versionBucket),
		Delete: deleteSetting(func(settings, state values) {
			if str(state, "versioningConfiguration.status") != "Disabled" {
				settings["versioning"] = "Suspended"
			}
		}),
	})
}

func init() {
	register(&resourceType{
		Token: bucketPolicyToken,
		Inputs: map[string]attribute{
			"bucket": {Required: true, ForceNew: true},
			"policy": {Required: true, IsPolicy: true, Validate: validatePolicyJSON},
		},
		Create: createSetting("Policy", "PutBucketPolicy", checkBucketPolicy),
		Update: updateSetting("Policy", "PutBucketPolicy", checkBucketPolicy),
		Delete: deleteSetting(nil),
	}, &resourceType{
		Token: ownershipToken,
		Inputs: map[string]attribute{
			"bucket": {Required: true, ForceNew: true, Validate: lengthBetween(1, 63)},
			"rule": {Required: true, Elem: map[string]attribute{"objectOwnership": {
				Required: true, Validate: stringInSet("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"),
			}}},
		},
		Create: createSetting("Ownership Controls", "PutBucketOwnershipControls", ownObjects),
		Update: updateSetting("Ownership Controls", "PutBucketOwnershipControls", ownObjects),
		// Without ownership controls, the account that uploads an object owns it.
		Delete: deleteSetting(func(settings, _ values) { settings["ownership"] = "ObjectWriter" }),
	})
}

// bucketSetting checks the inputs of a resource, adds defaults to them and changes the settings of its
// bucket.
type bucketSetting func(c *call, settings, in values, prefix, operation string) error

// createSetting returns the Create function of a resource that sets one of a bucket's settings. A second
// resource for the same setting overwrites it.
func createSetting(name, operation string, set bucketSetting) func(*call, values) (string, values, error) {
	return func(c *call, in values) (string, values, error) {
		bucket := str(in, "bucket")
		id := bucket
		if owner := str(in, "expectedBucketOwner"); owner != "" {
			id += "," + owner
		}
		prefix := "creating S3 Bucket (" + bucket + ") " + name
		if operation == "PutBucketPolicy" {
			prefix = "putting S3 Bucket (" + bucket + ") " + name
		}
		if err := c.applySetting(set, in, prefix, operation); err != nil {
			return "", nil, err
		}
		c.putGlobal(c.token, id, in)
		return id, in, nil
	}
}

func updateSetting(name, operation string, set bucketSetting) func(*call, string, values, values) (values, error) {
	return func(c *call, _ string, old, in values) (values, error) {
		prefix := "updating S3 Bucket (" + str(in, "bucket") + ") " + name
		if operation == "PutBucketPolicy" {
			prefix = "putting S3 Bucket (" + str(in, "bucket") + ") " + name
		}
		state := c.applyInputs(old, in)
		return state, c.applySetting(set, state, prefix, operation)
	}
}

func (c *call) applySetting(set bucketSetting, in values, prefix, operation string) error {
	bucket, owner := str(in, "bucket"), str(in, "expectedBucketOwner")
	switch {
	case c.get(bucketToken, bucket) == nil:
		return c.s3Error(prefix, operation, 404, "NoSuchBucket", "The specified bucket does not exist")
	case owner != "" && owner != c.account:
		return c.s3Error(prefix, operation, 403, "AccessDenied", "Access Denied")
	}
	return set(c, c.settings(bucket), in, prefix, operation)
}

// deleteSetting returns the Delete function of a resource. reset restores the default settings; it may be
// nil.
func deleteSetting(reset func(settings, state values)) func(*call, string, values) error {
	return func(c *call, id string, state values) error {
		if o := c.get(bucketSettings, str(state, "bucket")); o != nil && reset != nil {
			reset(o.State, state)
		}
		c.remove(c.get(c.token, id))
		return nil
	}
}

func blockPublicAccess(_ *call, settings, in values, _, _ string) error {
	maps.Copy(settings, publicAccess(in))
	return nil
}

func encryptionRule(path string, value any) []string {
	rule, _ := value.(values)
	if !isSet(rule, "applyServerSideEncryptionByDefault") || isUnknown(rule) {
		return nil
	}
	path += ".apply_server_side_encryption_by_default.0.sse_algorithm"
	return stringInSet("AES256", "aws:kms", "aws:kms:dsse")(path, valueAt(rule, "applyServerSideEncryptionByDefault.sseAlgorithm"))
}

func encryptBucket(c *call, settings, in values, prefix, operation string) error {
	rules, _ := in["rules"].([]any)
	for _, item := range rules {
		rule, _ := item.(values)
		by := "applyServerSideEncryptionByDefault"
		if str(rule, by+".kmsMasterKeyId") != "" && str(rule, by+".sseAlgorithm") == "AES256" {
			return c.s3Error(prefix, operation, 400, "InvalidArgument",
				"a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
		}
	}
	settings["encryption"] = cloneValue(in["rules"])
	return nil
}

// customizeVersioningDiff returns the provider's error for disabling versioning, which can only be
// suspended.
func customizeVersioningDiff(_ differences, state, in values) error {
	before, after := str(state, "versioningConfiguration.status"), str(in, "versioningConfiguration.status")
	if after == "Disabled" && (before == "Enabled" || before == "Suspended") {
		return fmt.Errorf("versioning_configuration.status cannot be updated from '%s' to 'Disabled'", before)
	}
	return nil
}

func versionBucket(c *call, settings, in values, prefix, operation string) error {
	status := str(in, "versioningConfiguration.status")
	if status == "Disabled" {
		status = "" // the provider makes no API call
	} else if boolean(c.get(bucketToken, str(in, "bucket")).State, "objectLockEnabled") && status != "Enabled" {
		return c.s3Error(prefix, operation, 409, "InvalidBucketState",
			"An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
	}
	settings["versioning"] = status
	if configuration, ok := in["versioningConfiguration"].(values); ok && !isSet(configuration, "mfaDelete") {
		configuration["mfaDelete"] = ""
	}
	return nil
}

func ownObjects(_ *call, settings, in values, _, _ string) error {
	settings["ownership"] = str(in, "rule.objectOwnership")
	return nil
}

func checkBucketPolicy(c *call, settings, in values, prefix, operation string) error {
	bucket, policy := str(in, "bucket"), str(in, "policy")
	context := c.policyContext()
	context.Bucket = bucket
	if invalid := iampolicy.Validate(iampolicy.Bucket, policy, context); invalid != nil {
		return c.s3Error(prefix, operation, 400, invalid.Code, "%s", invalid.Message)
	}
	if iampolicy.IsPublic(policy) && boolean(settings, "blockPublicPolicy") {
		return c.s3Error(prefix, operation, 403, "AccessDenied", `User: %s is not authorized to perform: s3:PutBucketPolicy on resource: `+
			`"arn:%s:s3:::%s" because public policies are blocked by the BlockPublicPolicy block public access setting.`,
			"arn:"+c.partition+":sts::"+c.account+":assumed-role/"+deployer+"/"+deployer, c.partition, bucket)
	}
	return nil
}
