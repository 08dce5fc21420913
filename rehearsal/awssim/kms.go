package awssim

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/iampolicy"
)

const (
	keyToken   = "aws:kms/key:Key"
	aliasToken = "aws:kms/alias:Alias"

	// pendingKey is the type of keys that are scheduled for deletion. To the provider they do not exist.
	pendingKey = "kms:pendingKey"

	symmetric      = "SYMMETRIC_DEFAULT"
	encryptDecrypt = "ENCRYPT_DECRYPT"
)

var (
	aliasPattern = regexp.MustCompile(`^alias/[0-9A-Za-z_/-]+$`)
	keyIDPattern = regexp.MustCompile(`^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)
)

// keySpecs are the key specs with the key usages that they support.
// https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
var keySpecs = map[string][]string{
	symmetric:         {encryptDecrypt},
	"RSA_2048":        {encryptDecrypt, "SIGN_VERIFY"},
	"RSA_3072":        {encryptDecrypt, "SIGN_VERIFY"},
	"RSA_4096":        {encryptDecrypt, "SIGN_VERIFY"},
	"ECC_NIST_P256":   {"SIGN_VERIFY", "KEY_AGREEMENT"},
	"ECC_NIST_P384":   {"SIGN_VERIFY", "KEY_AGREEMENT"},
	"ECC_NIST_P521":   {"SIGN_VERIFY", "KEY_AGREEMENT"},
	"ECC_SECG_P256K1": {"SIGN_VERIFY"},
	"HMAC_224":        {"GENERATE_VERIFY_MAC"},
	"HMAC_256":        {"GENERATE_VERIFY_MAC"},
	"HMAC_384":        {"GENERATE_VERIFY_MAC"},
	"HMAC_512":        {"GENERATE_VERIFY_MAC"},
	"SM2":             {encryptDecrypt, "SIGN_VERIFY", "KEY_AGREEMENT"},
}

func init() {
	register(&resourceType{
		Token: keyToken,
		Inputs: map[string]attribute{
			"description":                    {Computed: true, Validate: lengthBetween(0, 8192)},
			"policy":                         {Computed: true, IsPolicy: true, Validate: validatePolicyJSON},
			"bypassPolicyLockoutSafetyCheck": {Default: false},
			"deletionWindowInDays":           {Validate: intBetween(7, 30)},
			"enableKeyRotation":              {Default: false},
			"rotationPeriodInDays":           {Computed: true, Validate: intBetween(90, 2560)},
			"isEnabled":                      {Default: true},
			"keyUsage": {ForceNew: true, Default: encryptDecrypt, Validate: stringInSet(
				encryptDecrypt, "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT")},
			"customerMasterKeySpec": {
				ForceNew: true, Default: symmetric, Validate: stringInSet(slices.Sorted(maps.Keys(keySpecs))...),
			},
			"multiRegion":      {ForceNew: true, Computed: true},
			"customKeyStoreId": {ForceNew: true, Validate: lengthBetween(1, 64)},
			"xksKeyId":         {ForceNew: true, Validate: lengthBetween(1, 64)},
		},
		Outputs: []string{"arn", "keyId"}, Taggable: true,
		Create: createKey, Update: updateKey, Delete: deleteKey,
		NotFound: func(c *call, id string) error {
			return c.kmsError("updating KMS Key ("+id+")", "UpdateKeyDescription", "NotFoundException", "Key '%s' does not exist", c.arn("kms", "key/"+id))
		},
	}, &resourceType{
		Token: aliasToken, SingleCall: true,
		Inputs: map[string]attribute{
			"name":        {ForceNew: true, Computed: true, Validate: aliasName},
			"namePrefix":  {ForceNew: true, Validate: aliasName},
			"targetKeyId": {Required: true, DiffSuppress: sameKey},
		},
		Outputs:       []string{"arn", "targetKeyArn"},
		AutoName:      &autoName{attribute: "name", unlessSet: "namePrefix", maxLength: 238, prefix: "alias/"},
		ConflictsWith: [][]string{{"name", "namePrefix"}},
		Create:        createAlias, Update: updateAlias,
		NotFound: func(c *call, name string) error {
			return c.kmsError("updating KMS Alias ("+name+")", "UpdateAlias", "NotFoundException", "Alias %s is not found.", c.arn("kms", name))
		},
	})
}

func aliasName(path string, value any) []string {
	switch name, _ := value.(string); {
	case strings.HasPrefix(name, "alias/aws/"):
		return []string{`"` + path + `" cannot begin with reserved AWS CMK prefix 'alias/aws/'`}
	case !aliasPattern.MatchString(name):
		return []string{`"` + path + `" must begin with 'alias/' and be comprised of only [0-9A-Za-z_/-]`}
	}
	return nil
}

// sameKey reports whether two key IDs or ARNs refer to the same key.
func sameKey(a, b any) bool {
	x, okA := a.(string)
	y, okB := b.(string)
	return okA && okB && keyID(x) == keyID(y)
}

func keyID(key string) string { return key[strings.LastIndex(key, "/")+1:] }

// kmsError returns an error of AWS KMS. The status of all client errors is 400.
func (c *call) kmsError(prefix, operation, code, format string, args ...any) error {
	return c.apiError(prefix, "KMS", operation, 400, code, format, args...)
}

// keyOf returns the key with this ID or ARN in the provider's Region, or nil.
func (c *call) keyOf(key string) *object {
	id := keyID(key)
	if key != id && key != c.arn("kms", "key/"+id) {
		return nil
	}
	return c.get(keyToken, id)
}

// defaultKeyPolicy allows the account's IAM policies to grant access to the key.
func (c *call) defaultKeyPolicy() string {
	policy, err := json.Marshal(values{"Version": "2012-10-17", "Id": "key-default-1", "Statement": []any{values{
		"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
		"Principal": values{"AWS": c.iamARN("root")},
	}}})
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	return string(policy)
}

func (c *call) checkKeyPolicy(prefix, operation string, in values) error {
	context := c.policyContext()
	context.BypassLockoutCheck = boolean(in, "bypassPolicyLockoutSafetyCheck")
	if invalid := iampolicy.Validate(iampolicy.Key, str(in, "policy"), context); invalid != nil {
		return c.kmsError(prefix, operation, invalid.Code, "%s", invalid.Message)
	}
	return nil
}

func createKey(c *call, in values) (string, values, error) {
	const prefix = "creating KMS Key"
	usage, spec := str(in, "keyUsage"), str(in, "customerMasterKeySpec")
	if !slices.Contains(keySpecs[spec], usage) {
		return "", nil, c.kmsError(prefix, "CreateKey", "ValidationException",
			"KeyUsage %s is not compatible with KeySpec %s", usage, spec)
	}
	if !isSet(in, "policy") {
		in["policy"] = c.defaultKeyPolicy()
	}
	if err := c.checkKeyPolicy(prefix, "CreateKey", in); err != nil {
		return "", nil, err
	}
	id := c.uuid()
	if boolean(in, "multiRegion") {
		id = "mrk-" + strings.ReplaceAll(id, "-", "")
	}
	maps.Copy(in, values{
		"arn": c.arn("kms", "key/"+id), "keyId": id, "description": str(in, "description"), "multiRegion": boolean(in, "multiRegion"),
	})
	c.put(keyToken, id, in)
	if err := c.partialFault(); err != nil {
		in["enableKeyRotation"] = false // the provider enables it after the key exists
		delete(in, "rotationPeriodInDays")
		return id, in, partial(err)
	}
	return id, in, partial(c.setRotation(id, in))
}

// setRotation sets the rotation period, or returns AWS's error for a key that cannot be rotated, whose
// message is not confirmed.
func (c *call) setRotation(id string, state values) error {
	switch {
	case !boolean(state, "enableKeyRotation"):
		delete(state, "rotationPeriodInDays")
	case str(state, "customerMasterKeySpec") != symmetric:
		return c.kmsError("enabling KMS Key ("+id+") rotation", "EnableKeyRotation", "UnsupportedOperationException",
			"You cannot rotate a key that is not symmetric.")
	case !isSet(state, "rotationPeriodInDays"):
		state["rotationPeriodInDays"] = 365.0
	}
	return nil
}

func updateKey(c *call, id string, old, in values) (values, error) {
	if isSet(in, "policy") && !iampolicy.Equivalent(str(old, "policy"), str(in, "policy")) {
		if err := c.checkKeyPolicy("updating KMS Key ("+id+"): updating policy", "PutKeyPolicy", in); err != nil {
			return nil, err
		}
	}
	state := c.applyInputs(old, in)
	if err := c.setRotation(id, state); err != nil {
		return nil, err
	}
	return state, nil
}

func deleteKey(c *call, id string, state values) error {
	c.put(pendingKey, id, values{"arn": str(state, "arn")}).Owner = "deletion"
	c.remove(c.get(keyToken, id))
	return nil
}

// checkAliasTarget returns AWS's error for a key that an alias cannot refer to.
func (c *call) checkAliasTarget(prefix, operation, key string) error {
	switch id := keyID(key); {
	case c.keyOf(key) != nil:
		return nil
	case c.get(pendingKey, id) != nil:
		return c.kmsError(prefix, operation, "KMSInvalidStateException", "%s is pending deletion.", c.arn("kms", "key/"+id))
	case !keyIDPattern.MatchString(id):
		return c.kmsError(prefix, operation, "NotFoundException", "Invalid keyId '%s'", key)
	case key == id:
		return c.kmsError(prefix, operation, "NotFoundException", "Key '%s' does not exist", c.arn("kms", "key/"+id))
	}
	return c.kmsError(prefix, operation, "NotFoundException", "Key '%s' does not exist", key)
}

func createAlias(c *call, in values) (string, values, error) {
	name := c.nameOrPrefix(in, "name", "namePrefix")
	prefix := "creating KMS Alias (" + name + ")"
	if err := c.checkAliasTarget(prefix, "CreateAlias", str(in, "targetKeyId")); err != nil {
		return "", nil, err
	}
	if c.get(aliasToken, name) != nil {
		return "", nil, c.kmsError(prefix, "CreateAlias", "AlreadyExistsException", "An alias with the name %s already exists",
			c.arn("kms", name))
	}
	in["arn"], in["targetKeyArn"] = c.arn("kms", name), c.arn("kms", "key/"+keyID(str(in, "targetKeyId")))
	c.put(aliasToken, name, in)
	return name, in, nil
}

func updateAlias(c *call, name string, old, in values) (values, error) {
	if err := c.checkAliasTarget("updating KMS Alias ("+name+")", "UpdateAlias", str(in, "targetKeyId")); err != nil {
		return nil, err
	}
	state := c.applyInputs(old, in)
	state["targetKeyArn"] = c.arn("kms", "key/"+keyID(str(in, "targetKeyId")))
	return state, nil
}
