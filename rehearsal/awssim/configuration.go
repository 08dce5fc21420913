package awssim

import (
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

// CheckConfig checks the provider's configuration.
func (p *provider) CheckConfig(_ context.Context, req plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	response := plugin.CheckConfigResponse{Properties: req.News}
	region := fromProperties(resource.ToResourcePropertyMap(req.News))["region"]
	switch name, ok := region.(string); {
	case isUnknown(region):
	case !ok || name == "":
		response.Failures = []plugin.CheckFailure{{Reason: "unable to validate AWS credentials.\nDetails: no AWS Region: " +
			"Make sure you have set your AWS region, e.g. `pulumi config set aws:region us-west-2`."}}
	case account.Regions[name] == nil:
		response.Failures = []plugin.CheckFailure{{Reason: fmt.Sprintf("the simulated account has no Region %q: it has %s", name, account.regionNames())}}
	}
	return response, nil
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
		defaults, ok := in["defaultTags"].(values)
		if encoded, isText := in["defaultTags"].(string); isText {
			ok = json.Unmarshal([]byte(encoded), &defaults) == nil
		}
		if !ok {
			return plugin.ConfigureResponse{}, errors.New(`aws:defaultTags: give an object with the key "tags"`)
		}
		p.tags, _ = defaults["tags"].(values)
	}
	return plugin.ConfigureResponse{}, p.takeAccount(in)
}

// takeAccount takes the one account that the configuration allows for the simulated one, and otherwise the fixture's.
func (p *provider) takeAccount(in values) error {
	allowed, err := configuredList(in, "allowedAccountIds")
	if err != nil {
		return err
	}
	forbidden, err := configuredList(in, "forbiddenAccountIds")
	if err != nil {
		return err
	}
	p.account = account.ID
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
func configuredList(in values, name string) ([]string, error) {
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
		return nil, fmt.Errorf(`aws:%s: give a list, such as ["%s"]`, name, account.ID)
	}
	var texts []string
	for _, item := range items {
		texts = append(texts, fmt.Sprint(item)) // a number is taken for its digits
	}
	return texts, nil
}
