package awssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/catalog"
)

// configurationKeys are the inputs of the provider. The value lists the fields of an input that is an
// object.
var configurationKeys = map[string]string{
	"accessKey": "", "allowedAccountIds": "", "customCaBundle": "", "ec2MetadataServiceEndpoint": "", "ec2MetadataServiceEndpointMode": "",
	"endpoints": "", "forbiddenAccountIds": "", "httpProxy": "", "httpsProxy": "", "insecure": "", "maxRetries": "", "noProxy": "",
	"profile": "", "region": "", "retryMode": "", "s3UsEast1RegionalEndpoint": "", "s3UsePathStyle": "", "secretKey": "",
	"sharedConfigFiles": "", "sharedCredentialsFiles": "", "skipCredentialsValidation": "", "skipMetadataApiCheck": "",
	"skipRegionValidation": "", "skipRequestingAccountId": "", "stsRegion": "", "token": "", "tokenBucketRateLimiterCapacity": "",
	"useDualstackEndpoint": "", "useFipsEndpoint": "",

	assumeRoleInput:             "duration externalId policy policyArns roleArn sessionName sourceIdentity tags transitiveTagKeys",
	"assumeRoleWithWebIdentity": "duration policy policyArns roleArn sessionName webIdentityToken webIdentityTokenFile",
	"defaultTags":               "tags",
	"ignoreTags":                "keyPrefixes keys",
}

// checkConfig returns the provider's errors for its configuration. name is the name of the provider
// resource; that of a default provider begins with "default".
func checkConfig(name string, in values) []string {
	var reasons []string
	isDefault := name == "default" || strings.HasPrefix(name, "default_")
	for _, path := range unknownKeys(in) {
		if isDefault {
			reasons = append(reasons, fmt.Sprintf("`aws:%s` is not a valid configuration key for the aws provider. If the referenced key is "+
				"not intended for the provider, please choose a different namespace from `aws:`.", path))
		} else {
			reasons = append(reasons, fmt.Sprintf(
				"could not validate provider configuration: Invalid or unknown key. Examine values at '%s.%s'.", name, path))
		}
	}
	if isSet(in, "allowedAccountIds") && isSet(in, "forbiddenAccountIds") {
		reasons = append(reasons, "could not validate provider configuration: Conflicting configuration arguments. \"allowed_account_ids\": "+
			"conflicts with forbidden_account_ids. Check `pulumi config get aws:allowedAccountIds`.")
	}
	if len(reasons) > 0 || isUnknown(in["region"]) {
		return reasons
	}
	region := str(in, "region")
	if region == "" {
		return []string{"unable to validate AWS credentials.\nDetails: no AWS Region: " +
			"Make sure you have set your AWS region, e.g. `pulumi config set aws:region us-west-2`."}
	}
	if _, ok := catalog.LookupRegion(region); !ok {
		return []string{"invalid AWS Region: " + region}
	}
	return nil
}

// unknownKeys returns the paths that the provider does not know, sorted. The engine adds the version, the
// download URL and keys that begin with "__".
func unknownKeys(in values) []string {
	var paths []string
	for key, value := range in {
		fields, known := configurationKeys[key]
		if !known && key != "version" && key != "pluginDownloadURL" && !strings.HasPrefix(key, "__") {
			paths = append(paths, key)
		}
		if fields == "" {
			continue
		}
		object, _ := configObject(value)
		for field := range object {
			if !slices.Contains(strings.Fields(fields), field) && !strings.HasPrefix(field, "__") {
				paths = append(paths, key+"."+field)
			}
		}
	}
	slices.Sort(paths)
	return paths
}

// configure sets the provider's configuration and starts an operation.
func (s *session) configure(in values) error {
	account, err := s.chooseAccount(in)
	if err != nil {
		return err
	}
	var tags values
	if isSet(in, "defaultTags") {
		defaults, ok := configObject(in["defaultTags"])
		if !ok {
			return errors.New(`aws:defaultTags is not an object: set it to {"tags": {"KEY": "VALUE"}}`)
		}
		tags, _ = defaults["tags"].(values)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.region, s.account, s.defaultTags = str(in, "region"), account, tags
	s.canceled = make(chan struct{})
	return nil
}

// chooseAccount returns the ID of the account to simulate: the only one that the configuration allows, or
// else the cloud's.
func (s *session) chooseAccount(in values) (string, error) {
	allowed, err := configList(in, "allowedAccountIds")
	if err != nil {
		return "", err
	}
	forbidden, err := configList(in, "forbiddenAccountIds")
	if err != nil {
		return "", err
	}
	account := s.cloud.accountID()
	if s.cloud.options.Account == nil && len(allowed) == 1 && accountID.MatchString(allowed[0]) {
		account = allowed[0]
	}
	if len(allowed) > 0 && !slices.Contains(allowed, account) || slices.Contains(forbidden, account) {
		return "", fmt.Errorf("AWS account ID not allowed: %s", account)
	}
	return account, nil
}

// configObject returns an object of the provider's configuration, which may be encoded as JSON.
func configObject(value any) (values, bool) {
	object, ok := value.(values)
	if encoded, isString := value.(string); isString {
		ok = json.Unmarshal([]byte(encoded), &object) == nil
	}
	return object, ok
}

// configList returns a list of the provider's configuration, which may be encoded as JSON. Rejecting other
// values is the stricter interpretation.
func configList(in values, name string) ([]string, error) {
	if !isSet(in, name) {
		return nil, nil
	}
	items, ok := in[name].([]any)
	if encoded, isString := in[name].(string); isString {
		decoder := json.NewDecoder(strings.NewReader(encoded))
		decoder.UseNumber()
		ok = decoder.Decode(&items) == nil
	}
	if !ok {
		return nil, fmt.Errorf(`aws:%s is not a list: set it to a list such as ["123456789012"]`, name)
	}
	var list []string
	for _, item := range items {
		list = append(list, fmt.Sprint(item)) // a number is converted to its digits
	}
	return list, nil
}
