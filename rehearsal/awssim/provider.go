package awssim

import (
	"context"
	"maps"
	"slices"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// providerVersion is the version of pulumi-aws that the provider simulates.
var providerVersion = semver.MustParse("6.83.2")

// provider implements plugin.Provider with the methods of a session.
type provider struct {
	plugin.UnimplementedProvider
	*session
}

// NewProvider returns a provider for one engine operation on the cloud.
func (c *Cloud) NewProvider() plugin.Provider { return &provider{session: newSession(c)} }

// Attach implements plugin.GrpcProvider: the Pulumi CLI calls it on a provider that it has not started.
func (p *provider) Attach(string) error { return nil }

// Pkg implements plugin.Provider.
func (p *provider) Pkg() tokens.Package { return "aws" }

// Handshake implements plugin.Provider.
func (p *provider) Handshake(context.Context, plugin.ProviderHandshakeRequest) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true, AcceptResources: true}, nil
}

// GetPluginInfo implements plugin.Provider.
func (p *provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	return plugin.PluginInfo{Version: &providerVersion}, nil
}

// SignalCancellation implements plugin.Provider: it cancels the operation.
func (p *provider) SignalCancellation(context.Context) error {
	p.cancel()
	return nil
}

// Close implements plugin.Provider: it cancels the operation.
func (p *provider) Close() error {
	p.cancel()
	return nil
}

// CheckConfig implements plugin.Provider.
func (p *provider) CheckConfig(_ context.Context, req plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	reasons := checkConfig(req.URN.Name(), fromProperties(resource.ToResourcePropertyMap(req.News)))
	return plugin.CheckConfigResponse{Properties: req.News, Failures: checkFailures(reasons)}, nil
}

// DiffConfig implements plugin.Provider: a change of the Region replaces the provider.
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

// Configure implements plugin.Provider: it starts an operation.
func (p *provider) Configure(_ context.Context, req plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	return plugin.ConfigureResponse{}, p.configure(fromProperties(req.Inputs))
}

// Check implements plugin.Provider.
func (p *provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	inputs, reasons, err := check(
		string(req.URN.Type()), req.URN.Name(), req.RandomSeed, fromProperties(req.Olds), fromProperties(req.News))
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	return plugin.CheckResponse{Properties: keepSecrets(req.News, inputs), Failures: checkFailures(reasons)}, nil
}

func checkFailures(reasons []string) []plugin.CheckFailure {
	var failures []plugin.CheckFailure
	for _, reason := range reasons {
		failures = append(failures, plugin.CheckFailure{Reason: reason})
	}
	return failures
}

// Diff implements plugin.Provider.
func (p *provider) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResult, error) {
	token, state, in := string(req.URN.Type()), fromProperties(req.OldOutputs), fromProperties(req.NewInputs)
	ignoreChanges(state, in, req.IgnoreChanges)
	d, err := p.diff(string(req.URN), token, state, in)
	if err != nil {
		return plugin.DiffResult{}, err
	}
	return diffResult(resourceTypes[token], d, state, in), nil
}

// ignoreChanges sets ignored inputs to their values in the state. The engine has handled paths within an
// input.
func ignoreChanges(state, in values, paths []string) {
	for _, path := range paths {
		if value, ok := state[path]; ok {
			in[path] = value
		}
	}
}

// diffResult converts differences to the result that the Terraform bridge returns.
func diffResult(t *resourceType, d differences, state, in values) plugin.DiffResult {
	result := plugin.DiffResult{Changes: plugin.DiffNone, DetailedDiff: map[string]plugin.PropertyDiff{}}
	replaces := false
	for _, path := range slices.Sorted(maps.Keys(d)) {
		key := resource.PropertyKey(topLevel(path))
		result.Changes = plugin.DiffSome
		kind := plugin.DiffUpdate
		switch {
		case valueAt(state, path) == nil:
			kind = plugin.DiffAdd
		case valueAt(in, path) == nil && key != "tagsAll":
			kind = plugin.DiffDelete
		}
		if d[path] {
			kind, replaces = kind.AsReplace(), true
			if !slices.Contains(result.ReplaceKeys, key) {
				result.ReplaceKeys = append(result.ReplaceKeys, key)
			}
		}
		if !slices.Contains(result.ChangedKeys, key) {
			result.ChangedKeys = append(result.ChangedKeys, key)
		}
		result.DetailedDiff[path] = plugin.PropertyDiff{Kind: kind, InputDiff: true}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Inputs)) {
		if key := resource.PropertyKey(name); t.Inputs[name].ForceNew && !slices.Contains(result.ReplaceKeys, key) {
			result.StableKeys = append(result.StableKeys, key)
		}
	}
	result.DeleteBeforeReplace = replaces && (t.DeleteBeforeReplace || t.hasExplicitName(in))
	return result
}

// Create implements plugin.Provider.
func (p *provider) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	token, in := string(req.URN.Type()), fromProperties(req.Properties)
	if req.Preview {
		state, err := planCreate(token, in)
		return plugin.CreateResponse{Properties: keepSecrets(req.Properties, state)}, err
	}
	id, state, err := p.create(ctx, string(req.URN), token, req.URN.Name(), in)
	if id == "" {
		return plugin.CreateResponse{}, err
	}
	response := plugin.CreateResponse{
		ID: resource.ID(id), Properties: keepSecrets(req.Properties, state), Status: resource.StatusOK,
	}
	if err != nil {
		response.Status = resource.StatusPartialFailure
		return response, &plugin.InitError{Reasons: []string{err.Error()}}
	}
	return response, nil
}

// Read implements plugin.Provider.
func (p *provider) Read(ctx context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	inputs, state, exists, err := p.read(ctx, string(req.URN.Type()), string(req.ID), fromProperties(req.Inputs))
	if err != nil || !exists {
		return plugin.ReadResponse{}, err
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: req.ID, Inputs: keepSecrets(req.Inputs, inputs), Outputs: keepSecrets(req.Inputs, state),
	}}, nil
}

// Update implements plugin.Provider.
func (p *provider) Update(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	token, old, in := string(req.URN.Type()), fromProperties(req.OldOutputs), fromProperties(req.NewInputs)
	ignoreChanges(old, in, req.IgnoreChanges)
	if req.Preview {
		state, err := p.planUpdate(token, old, in)
		return plugin.UpdateResponse{Properties: keepSecrets(req.NewInputs, state)}, err
	}
	state, err := p.update(ctx, string(req.URN), token, string(req.ID), in)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	return plugin.UpdateResponse{Properties: keepSecrets(req.NewInputs, state), Status: resource.StatusOK}, nil
}

// Delete implements plugin.Provider.
func (p *provider) Delete(ctx context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	err := p.delete(ctx, string(req.URN), string(req.URN.Type()), req.URN.Name(), string(req.ID), fromProperties(req.Outputs))
	return plugin.DeleteResponse{}, err
}

// Invoke implements plugin.Provider.
func (p *provider) Invoke(ctx context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	args := fromProperties(resource.ToResourcePropertyMap(req.Args))
	answer, secrets, err := p.invoke(ctx, string(req.Tok), args)
	if err != nil || answer == nil {
		return plugin.InvokeResponse{}, err
	}
	properties := toProperties(answer)
	for _, name := range secrets {
		key := resource.PropertyKey(name)
		properties[key] = resource.MakeSecret(properties[key])
	}
	return plugin.InvokeResponse{Properties: resource.FromResourcePropertyMap(properties)}, nil
}
