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
	bucketPattern         = regexp.MustCompile(`^[0-9a-z]([0-9a-z-]*[0-9a-z])?(\.[0-9a-z]([0-9a-z-]*[0-9a-z])?)*$`)
	reservedBucketPrefix  = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	reservedBucketSuffix  = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

// checkBucketName returns the provider's error for the name of a new bucket, or "". In us-east-1 it accepts
// names that old buckets have and S3 rejects for new ones.
func checkBucketName(name, region string) string {
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

// validBucketName reports whether S3 accepts the name of a new bucket. The rule is the same in every
// Region.
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
	return len(name) >= 3 && len(name) <= 63 && bucketPattern.MatchString(name) && !isIPv4(name)
}

func isIPv4(s string) bool {
	address, err := netip.ParseAddr(s)
	return err == nil && address.Is4()
}

const (
	publicAccessToken = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	bucketPolicyToken = "aws:s3/bucketPolicy:BucketPolicy"
	ownershipToken    = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"

	// What a bucket contains besides its resources: its settings, which remain when a resource is deleted,
	// and its objects.
	bucketSettings = "s3:settings"
	bucketObject   = "s3:object"
)

// takenBuckets are the names of buckets in other accounts.
var takenBuckets = []string{"backup", "bastionless", "bucket", "example", "example-bucket", "logs", "my-bucket", "test"}

// bucketZones are the hosted zones of S3's website endpoints.
// https://docs.aws.amazon.com/general/latest/gr/s3.html
var bucketZones = map[string]string{
	"ap-northeast-1": "Z2M4EHUR26P7ZW", "ap-southeast-1": "Z3O0J2DXBE1FTB", "ap-southeast-2": "Z1WCIGYICN2BYD",
	"eu-central-1": "Z21DNDUVLTQW6Q", "eu-west-1": "Z1BKCTXD74EZPE", "us-east-1": "Z3AQBSTGFJSTF", "us-east-2": "Z2O1EMRO9K5GLX",
	"us-west-2": "Z3BJ6K6RIION7M",
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

func init() {
	register(&resourceType{
		Token: bucketToken,
		Inputs: map[string]attribute{
			"bucket":                  {ForceNew: true, Computed: true, Validate: lengthBetween(0, 63)},
			"bucketPrefix":            {ForceNew: true, Validate: lengthBetween(0, 37)},
			"forceDestroy":            {Default: false},
			"objectLockEnabled":       {ForceNew: true, Computed: true},
			"accelerationStatus":      {Computed: true},
			"acl":                     {Computed: true},
			"corsRules":               {Computed: true},
			"grants":                  {Computed: true},
			"lifecycleRules":          {Computed: true},
			"objectLockConfiguration": {Computed: true},
			"policy":                  {Computed: true, IsPolicy: true, Validate: validatePolicyJSON},
			"requestPayer":            {Computed: true, Validate: stringInSet("Requester", "BucketOwner")},
		},
		Outputs: []string{
			"arn", "bucketDomainName", "bucketRegionalDomainName", "hostedZoneId", bucketRegionOutput, "websiteDomain", "websiteEndpoint",
		},
		AutoName:      &autoName{attribute: "bucket", unlessSet: "bucketPrefix", maxLength: 63, lowerCase: true},
		ConflictsWith: [][]string{{"bucket", "bucketPrefix"}, {"acl", "grants"}}, Taggable: true,
		Create: createBucket, Update: updateBucket, Delete: deleteBucket, Read: refreshBucket,
		NotFound: func(c *call, name string) error {
			return c.s3Error("updating S3 Bucket ("+name+")", "PutBucketTagging", 404, "NoSuchBucket", "The specified bucket does not exist")
		},
	})
}

func ownerID(path string, value any) []string {
	if id, _ := value.(string); !accountID.MatchString(id) {
		return []string{fmt.Sprintf("%q doesn't look like AWS Account ID (exactly 12 digits): %q", path, id)}
	}
	return nil
}

// s3Error returns an error of S3.
func (c *call) s3Error(prefix, operation string, status int, code, format string, args ...any) error {
	return c.apiError(prefix, "S3", operation, status, code, format, args...)
}

// ofBucket matches resources that belong to a bucket.
func ofBucket(name string) func(values) bool {
	return func(v values) bool { return str(v, "bucket") == name }
}

// settings returns the current settings of a bucket.
func (c *call) settings(bucket string) values { return c.get(bucketSettings, bucket).State }

// publicAccess returns the settings of a public access block. Those of nil block nothing.
func publicAccess(in values) values {
	blocks := values{}
	for _, name := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
		blocks[name] = boolean(in, name)
	}
	return blocks
}

// defaultEncryption returns the default encryption of new buckets.
func defaultEncryption() []any {
	return []any{values{
		"applyServerSideEncryptionByDefault": values{"sseAlgorithm": "AES256", "kmsMasterKeyId": ""}, "bucketKeyEnabled": false,
	}}
}

func createBucket(c *call, in values) (string, values, error) {
	name := c.nameOrPrefix(in, "bucket", "bucketPrefix")
	prefix := "creating S3 Bucket (" + name + ")"
	if problem := checkBucketName(name, c.region); problem != "" {
		return "", nil, fmt.Errorf("validating S3 Bucket (%s) name: %s", name, problem)
	}
	owned := c.get(bucketToken, name) != nil || c.options.Account != nil && slices.Contains(c.options.Account.Buckets, name)
	switch {
	case !validBucketName(name):
		return "", nil, c.s3Error(prefix, "CreateBucket", 400, "InvalidBucketName", "The specified bucket is not valid.")
	case slices.Contains(takenBuckets, name):
		return "", nil, c.s3Error(prefix, "CreateBucket", 409, "BucketAlreadyExists", "The requested bucket name is not available. The bucket "+
			"namespace is shared by all users of the system. Please select a different name and try again.")
	case owned && c.region == "us-east-1":
		return "", nil, fmt.Errorf("%s: BucketAlreadyExists", prefix) // the provider checks, since S3 returns no error in us-east-1
	case owned:
		return "", nil, c.s3Error(prefix, "CreateBucket", 409, "BucketAlreadyOwnedByYou",
			"Your previous request to create the named bucket succeeded and you already own it.")
	}
	domain := "s3." + c.region + "." + c.dnsSuffix
	maps.Copy(in, values{
		"arn": "arn:" + c.partition + ":s3:::" + name, "bucketDomainName": name + ".s3." + c.dnsSuffix,
		"bucketRegionalDomainName": name + "." + domain, "hostedZoneId": bucketZones[c.region], bucketRegionOutput: c.region,
		"websiteDomain": "", "websiteEndpoint": "", "accelerationStatus": "", "requestPayer": "BucketOwner",
		"objectLockEnabled": boolean(in, "objectLockEnabled"),
	})
	c.putGlobal(bucketToken, name, in)
	// Since April 2023 S3 blocks public access to new buckets.
	settings := values{"ownership": "BucketOwnerEnforced", "encryption": defaultEncryption(), "versioning": ""}
	if boolean(in, "objectLockEnabled") {
		settings["versioning"] = "Enabled"
	}
	maps.Copy(settings, publicAccess(values{
		"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	}))
	c.putGlobal(bucketSettings, name, settings).Owner = objectKey(bucketToken, "", name)
	refreshBucket(c, name, in)
	if acl := str(in, "acl"); acl != "" && acl != "private" {
		return name, in, partial(c.aclsNotSupported(prefix, "PutBucketAcl"))
	}
	return name, in, nil
}

func (c *call) aclsNotSupported(prefix, operation string) error {
	return c.s3Error(prefix, operation, 400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
}

// refreshBucket sets the properties that depend on the resources for the bucket's settings.
func refreshBucket(c *call, name string, state values) {
	settings := c.settings(name)
	// The bucket's property has a list where the input of the encryption resource has an object.
	rules := []any{}
	for _, rule := range objectList(settings, "encryption") {
		rules = append(rules, values{
			"applyServerSideEncryptionByDefaults": []any{rule["applyServerSideEncryptionByDefault"]},
			"bucketKeyEnabled":                    boolean(rule, "bucketKeyEnabled"),
		})
	}
	state["serverSideEncryptionConfigurations"] = []any{values{"rules": rules}}
	state["versionings"] = []any{values{"enabled": str(settings, "versioning") == "Enabled", "mfaDelete": false}}
	state["grants"] = []any{values{
		"id": hash("canonical user", 64), "permissions": []any{"FULL_CONTROL"}, "type": "CanonicalUser", "uri": "",
	}}
	for _, policy := range c.find(bucketPolicyToken, ofBucket(name)) {
		state["policy"] = str(policy.State, "policy")
	}
}

func updateBucket(c *call, name string, old, in values) (values, error) {
	if acl := str(in, "acl"); acl != "" && acl != "private" && str(c.settings(name), "ownership") == "BucketOwnerEnforced" {
		return nil, c.aclsNotSupported("updating S3 Bucket ("+name+") ACL", "PutBucketAcl")
	}
	return c.applyInputs(old, in), nil
}

func deleteBucket(c *call, name string, state values) error {
	if len(c.find(bucketObject, ofBucket(name))) > 0 && !boolean(state, "forceDestroy") {
		message := "The bucket you tried to delete is not empty"
		if str(c.settings(name), "versioning") != "" {
			message += ". You must delete all versions in the bucket."
		}
		return c.s3Error("deleting S3 Bucket ("+name+")", "DeleteBucket", 409, "BucketNotEmpty", "%s", message)
	}
	for _, token := range []string{
		publicAccessToken, bucketEncryptionToken, versioningToken, lifecycleToken, bucketPolicyToken, ownershipToken,
	} {
		for _, o := range c.find(token, ofBucket(name)) {
			c.remove(o)
		}
	}
	c.remove(c.get(bucketToken, name))
	return nil
}
