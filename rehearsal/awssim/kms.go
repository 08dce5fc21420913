package awssim

import (
	"bastionless/rehearsal/awssim/iampolicy"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	keyToken   = "aws:kms/key:Key"
	aliasToken = "aws:kms/alias:Alias"

	// pendingKey is a key that is scheduled for deletion: to the provider it is gone, but AWS still knows it.
	pendingKey = "kms:pendingKey"

	symmetric      = "SYMMETRIC_DEFAULT"
	encryptDecrypt = "ENCRYPT_DECRYPT"
)

var (
	aliasForm = regexp.MustCompile(`^alias/[0-9A-Za-z_/-]+$`)
	keyIDForm = regexp.MustCompile(`^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)
)

// keySpecs are the kinds of key material, and what keys of each are for.
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
		token: keyToken,
		inputs: map[string]attribute{
			"description":                    {computed: true, check: length(0, 8192)},
			"policy":                         {computed: true, policy: true, check: policyDocument},
			"bypassPolicyLockoutSafetyCheck": {fallback: false},
			"deletionWindowInDays":           {check: between(7, 30)},
			"enableKeyRotation":              {fallback: false},
			"rotationPeriodInDays":           {computed: true, check: between(90, 2560)},
			"isEnabled":                      {fallback: true},
			"keyUsage": {replace: true, fallback: encryptDecrypt, check: oneOf(
				encryptDecrypt, "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT")},
			"customerMasterKeySpec": {
				replace: true, fallback: symmetric, check: oneOf(slices.Sorted(maps.Keys(keySpecs))...),
			},
			"multiRegion":      {replace: true, computed: true},
			"customKeyStoreId": {replace: true, check: length(1, 64)},
			"xksKeyId":         {replace: true, check: length(1, 64)},
		},
		outputs: []string{"arn", "keyId"}, taggable: true,
		create: createKey, update: updateKey, remove: removeKey,
		gone: func(c *call, id string) error {
			return c.kms("updating KMS Key ("+id+")", "UpdateKeyDescription", "NotFoundException", "Key '%s' does not exist", c.arn("kms", "key/"+id))
		},
	}, &resourceType{
		token: aliasToken, atomic: true,
		inputs: map[string]attribute{
			"name":        {replace: true, computed: true, check: aliasName},
			"namePrefix":  {replace: true, check: aliasName},
			"targetKeyId": {required: true, same: sameKey},
		},
		outputs:   []string{"arn", "targetKeyArn"},
		name:      &autoname{attribute: "name", unless: "namePrefix", longest: 238, prefix: "alias/"},
		conflicts: [][]string{{"name", "namePrefix"}},
		create:    createAlias, update: updateAlias,
		gone: func(c *call, name string) error {
			return c.kms("updating KMS Alias ("+name+")", "UpdateAlias", "NotFoundException", "Alias %s is not found.", c.arn("kms", name))
		},
	})
}

func aliasName(path string, value any) []string {
	switch name, _ := value.(string); {
	case strings.HasPrefix(name, "alias/aws/"):
		return []string{`"` + path + `" cannot begin with reserved AWS CMK prefix 'alias/aws/'`}
	case !aliasForm.MatchString(name):
		return []string{`"` + path + `" must begin with 'alias/' and be comprised of only [0-9A-Za-z_/-]`}
	}
	return nil
}

// sameKey takes a key's ARN and its id for the same.
func sameKey(a, b any) bool {
	x, okA := a.(string)
	y, okB := b.(string)
	return okA && okB && keyID(x) == keyID(y)
}

func keyID(key string) string { return key[strings.LastIndex(key, "/")+1:] }

// kms is an error of the Key Management Service's, which answers all mistakes of callers with 400.
func (c *call) kms(prefix, operation, code, format string, args ...any) error {
	return c.refuse(prefix, "KMS", operation, 400, code, format, args...)
}

// keyOf returns the key that an id or an ARN of the provider's Region names, or nil.
func (c *call) keyOf(key string) *object {
	id := keyID(key)
	if key != id && key != c.arn("kms", "key/"+id) {
		return nil
	}
	return c.get(keyToken, id)
}

// defaultKeyPolicy lets the account's own policies decide.
func (c *call) defaultKeyPolicy() string {
	policy, err := json.Marshal(values{"Version": "2012-10-17", "Id": "key-default-1", "Statement": []any{values{
		"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
		"Principal": values{"AWS": c.globalARN("iam", "root")},
	}}})
	if err != nil {
		panic(err) // maps of texts always marshal
	}
	return string(policy)
}

func (c *call) checkKeyPolicy(prefix, operation string, in values) error {
	context := c.policyContext()
	context.BypassLockoutCheck = flag(in, "bypassPolicyLockoutSafetyCheck")
	if invalid := iampolicy.Validate(iampolicy.Key, text(in, "policy"), context); invalid != nil {
		return c.kms(prefix, operation, invalid.Code, "%s", invalid.Message)
	}
	return nil
}

func createKey(c *call, in values) (string, values, error) {
	const prefix = "creating KMS Key"
	usage, spec := text(in, "keyUsage"), text(in, "customerMasterKeySpec")
	if !slices.Contains(keySpecs[spec], usage) {
		return "", nil, c.kms(prefix, "CreateKey", "ValidationException",
			"KeyUsage %s is not compatible with KeySpec %s", usage, spec)
	}
	if !given(in, "policy") {
		in["policy"] = c.defaultKeyPolicy()
	}
	if err := c.checkKeyPolicy(prefix, "CreateKey", in); err != nil {
		return "", nil, err
	}
	id := c.uuid()
	if flag(in, "multiRegion") {
		id = "mrk-" + strings.ReplaceAll(id, "-", "")
	}
	maps.Copy(in, values{
		"arn": c.arn("kms", "key/"+id), "keyId": id, "description": text(in, "description"), "multiRegion": flag(in, "multiRegion"),
	})
	c.put(keyToken, id, in)
	if err := c.step(); err != nil {
		in["enableKeyRotation"] = false // it is turned on once the key is there
		delete(in, "rotationPeriodInDays")
		return id, in, partly(err)
	}
	return id, in, partly(c.rotate(id, in))
}

// rotate sets what follows from the wish to rotate a key. The sentence is not established.
func (c *call) rotate(id string, state values) error {
	switch {
	case !flag(state, "enableKeyRotation"):
		delete(state, "rotationPeriodInDays")
	case text(state, "customerMasterKeySpec") != symmetric:
		return c.kms("enabling KMS Key ("+id+") rotation", "EnableKeyRotation", "UnsupportedOperationException",
			"You cannot rotate a key that is not symmetric.")
	case !given(state, "rotationPeriodInDays"):
		state["rotationPeriodInDays"] = 365.0
	}
	return nil
}

func updateKey(c *call, id string, old, in values) (values, error) {
	if given(in, "policy") && !iampolicy.Equivalent(text(old, "policy"), text(in, "policy")) {
		if err := c.checkKeyPolicy("updating KMS Key ("+id+"): updating policy", "PutKeyPolicy", in); err != nil {
			return nil, err
		}
	}
	state := c.settle(old, in)
	if err := c.rotate(id, state); err != nil {
		return nil, err
	}
	return state, nil
}

func removeKey(c *call, id string, state values) error {
	c.put(pendingKey, id, values{"arn": text(state, "arn")}).Owner = "deletion"
	c.drop(c.get(keyToken, id))
	return nil
}

// target refuses a key that an alias cannot point at.
func (c *call) target(prefix, operation, key string) error {
	switch id := keyID(key); {
	case c.keyOf(key) != nil:
		return nil
	case c.get(pendingKey, id) != nil:
		return c.kms(prefix, operation, "KMSInvalidStateException", "%s is pending deletion.", c.arn("kms", "key/"+id))
	case !keyIDForm.MatchString(id):
		return c.kms(prefix, operation, "NotFoundException", "Invalid keyId '%s'", key)
	case key == id:
		return c.kms(prefix, operation, "NotFoundException", "Key '%s' does not exist", c.arn("kms", "key/"+id))
	}
	return c.kms(prefix, operation, "NotFoundException", "Key '%s' does not exist", key)
}

func createAlias(c *call, in values) (string, values, error) {
	name := c.fillName(in, "name", "namePrefix")
	prefix := "creating KMS Alias (" + name + ")"
	if err := c.target(prefix, "CreateAlias", text(in, "targetKeyId")); err != nil {
		return "", nil, err
	}
	if c.get(aliasToken, name) != nil {
		return "", nil, c.kms(prefix, "CreateAlias", "AlreadyExistsException", "An alias with the name %s already exists",
			c.arn("kms", name))
	}
	in["arn"], in["targetKeyArn"] = c.arn("kms", name), c.arn("kms", "key/"+keyID(text(in, "targetKeyId")))
	c.put(aliasToken, name, in)
	return name, in, nil
}

func updateAlias(c *call, name string, old, in values) (values, error) {
	if err := c.target("updating KMS Alias ("+name+")", "UpdateAlias", text(in, "targetKeyId")); err != nil {
		return nil, err
	}
	state := c.settle(old, in)
	state["targetKeyArn"] = c.arn("kms", "key/"+keyID(text(in, "targetKeyId")))
	return state, nil
}
