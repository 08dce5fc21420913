package awssim

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
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
