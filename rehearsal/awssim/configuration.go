package awssim

import (
	"bastionless/rehearsal/awssim/catalogue"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// What the provider is told before it works: its Region, default tags and accounts.

// configurationKeys are all inputs of the provider's, and those within them that are objects.
var configurationKeys = map[string]string{
	"accessKey": "", "allowedAccountIds": "", "customCaBundle": "", "ec2MetadataServiceEndpoint": "", "ec2MetadataServiceEndpointMode": "",
	"endpoints": "", "forbiddenAccountIds": "", "httpProxy": "", "httpsProxy": "", "insecure": "", "maxRetries": "", "noProxy": "",
	"profile": "", "region": "", "retryMode": "", "s3UsEast1RegionalEndpoint": "", "s3UsePathStyle": "", "secretKey": "",
	"sharedConfigFiles": "", "sharedCredentialsFiles": "", "skipCredentialsValidation": "", "skipMetadataApiCheck": "",
	"skipRegionValidation": "", "skipRequestingAccountId": "", "stsRegion": "", "token": "", "tokenBucketRateLimiterCapacity": "",
	"useDualstackEndpoint": "", "useFipsEndpoint": "",

	"assumeRole":                "duration externalId policy policyArns roleArn sessionName sourceIdentity tags transitiveTagKeys",
	"assumeRoleWithWebIdentity": "duration policy policyArns roleArn sessionName webIdentityToken webIdentityTokenFile",
	"defaultTags":               "tags",
	"ignoreTags":                "keyPrefixes keys",
}

// CheckConfig checks the provider's configuration.
func (p *provider) CheckConfig(_ context.Context, req plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	response := plugin.CheckConfigResponse{Properties: req.News}
	in := fromProperties(resource.ToResourcePropertyMap(req.News))
	refuse := func(format string, args ...any) {
		response.Failures = append(response.Failures, plugin.CheckFailure{Reason: fmt.Sprintf(format, args...)})
	}
	name := req.URN.Name()
	ofConfig := name == "default" || strings.HasPrefix(name, "default_")
	for _, path := range unknownKeys(in) {
		if ofConfig {
			refuse("`aws:%s` is not a valid configuration key for the aws provider. If the referenced key is not intended for the "+
				"provider, please choose a different namespace from `aws:`.", path)
		} else {
			refuse("could not validate provider configuration: Invalid or unknown key. Examine values at '%s.%s'.", name, path)
		}
	}
	if given(in, "allowedAccountIds") && given(in, "forbiddenAccountIds") {
		refuse("could not validate provider configuration: Conflicting configuration arguments. \"allowed_account_ids\": conflicts with " +
			"forbidden_account_ids. Check `pulumi config get aws:allowedAccountIds`.")
	}
	if len(response.Failures) > 0 {
		return response, nil
	}
	switch region, ok := in["region"].(string); {
	case isUnknown(in["region"]):
	case !ok || region == "":
		refuse("unable to validate AWS credentials.\nDetails: no AWS Region: " +
			"Make sure you have set your AWS region, e.g. `pulumi config set aws:region us-west-2`.")
	default:
		if _, ok := catalogue.LookupRegion(region); !ok {
			refuse("invalid AWS Region: %s", region)
		}
	}
	return response, nil
}

// unknownKeys are the paths of what the provider does not know, in order. The engine adds a version and what begins with "__".
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
		object, _ := asObject(value)
		for field := range object {
			if !slices.Contains(strings.Fields(fields), field) && !strings.HasPrefix(field, "__") {
				paths = append(paths, key+"."+field)
			}
		}
	}
	slices.Sort(paths)
	return paths
}

// asObject reads an object of the provider's configuration, which may come as JSON.
func asObject(value any) (values, bool) {
	object, ok := value.(values)
	if encoded, isText := value.(string); isText {
		ok = json.Unmarshal([]byte(encoded), &object) == nil
	}
	return object, ok
}

// DiffConfig compares the provider's configuration. Another Region is another provider.
func (p *provider) DiffConfig(_ context.Context, req plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	result := plugin.DiffResult{Changes: plugin.DiffNone}
	if !req.OldInputs.DeepEquals(req.NewInputs) {
		result.Changes = plugin.DiffSome
	}
	if !req.OldInputs["region"].DeepEquals(req.NewInputs["region"]) {
		result.ReplaceKeys = []resource.PropertyKey{"region"}
	}
	return result, nil
}

// Configure takes the provider's configuration.
func (p *provider) Configure(_ context.Context, req plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := fromProperties(req.Inputs)
	p.region, _ = in["region"].(string)
	p.ctx, p.stop = context.WithCancel(context.Background())
	if given(in, "defaultTags") {
		defaults, ok := asObject(in["defaultTags"])
		if !ok {
			return plugin.ConfigureResponse{}, errors.New(`aws:defaultTags: give an object with the key "tags"`)
		}
		p.tags, _ = defaults["tags"].(values)
	}
	return plugin.ConfigureResponse{}, p.takeAccount(in)
}

// takeAccount takes the one account that the configuration allows for the simulated one, and otherwise the fixture's.
func (p *provider) takeAccount(in values) error {
	allowed, err := p.configuredList(in, "allowedAccountIds")
	if err != nil {
		return err
	}
	forbidden, err := p.configuredList(in, "forbiddenAccountIds")
	if err != nil {
		return err
	}
	p.account = p.cloud.existing.ID
	if len(allowed) == 1 && accountID.MatchString(allowed[0]) {
		p.account = allowed[0]
	}
	if len(allowed) > 0 && !slices.Contains(allowed, p.account) || slices.Contains(forbidden, p.account) {
		return fmt.Errorf("AWS account ID not allowed: %s", p.account)
	}
	return nil
}

// configuredList reads a list of the provider's configuration, which may come as JSON. The stricter reading: what is no list
// is refused.
func (p *provider) configuredList(in values, name string) ([]string, error) {
	if !given(in, name) {
		return nil, nil
	}
	items, ok := in[name].([]any)
	if encoded, isText := in[name].(string); isText {
		decoder := json.NewDecoder(strings.NewReader(encoded))
		decoder.UseNumber()
		ok = decoder.Decode(&items) == nil
	}
	if !ok {
		return nil, fmt.Errorf(`aws:%s: give a list, such as ["%s"]`, name, p.cloud.existing.ID)
	}
	var texts []string
	for _, item := range items {
		texts = append(texts, fmt.Sprint(item)) // a number is taken for its digits
	}
	return texts, nil
}
