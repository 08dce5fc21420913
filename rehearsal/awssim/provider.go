package awssim

import (
	"context"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"bastionless/rehearsal/protocol"
)

// provider implements Pulumi's provider protocol with the methods of a session.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	*session
}

// NewProvider returns a provider for one connection, which Pulumi's engine opens for each operation.
func (c *Cloud) NewProvider() pulumirpc.ResourceProviderServer {
	return &provider{session: newSession(c)}
}

// Handshake implements pulumirpc.ResourceProviderServer: the engine may send secrets. It sends the ID instead of a
// reference to a resource, and rejects strings that are not valid UTF-8.
func (p *provider) Handshake(
	context.Context, *pulumirpc.ProviderHandshakeRequest,
) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true}, nil
}

// Attach implements pulumirpc.ResourceProviderServer: engines call it on a provider that they have not started.
func (p *provider) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// GetPluginInfo implements pulumirpc.ResourceProviderServer.
func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: providerVersion}, nil
}

// Cancel implements pulumirpc.ResourceProviderServer: it cancels the operation.
func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// CheckConfig implements pulumirpc.ResourceProviderServer.
func (p *provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	in, err := protocol.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	reasons := checkConfig(resource.URN(req.GetUrn()).Name(), fromProperties(in))
	return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: checkFailures(reasons)}, nil
}

// DiffConfig implements pulumirpc.ResourceProviderServer: a change of the Region replaces the provider.
func (p *provider) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := protocol.Unmarshal(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	news, err := protocol.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	result := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	if !olds.DeepEquals(news) {
		result.Changes = pulumirpc.DiffResponse_DIFF_SOME
	}
	if !olds["region"].DeepEquals(news["region"]) {
		result.Replaces = []string{"region"}
	}
	return result, nil
}

// Configure implements pulumirpc.ResourceProviderServer: it starts an operation.
func (p *provider) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	in, err := protocol.Unmarshal(req.GetArgs())
	if err != nil {
		return nil, err
	}
	if err := p.configure(fromProperties(in)); err != nil {
		return nil, err
	}
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

// Check implements pulumirpc.ResourceProviderServer.
func (p *provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	olds, err := protocol.Unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := protocol.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	urn := resource.URN(req.GetUrn())
	inputs, reasons, err := check(string(urn.Type()), urn.Name(), req.GetRandomSeed(), fromProperties(olds), fromProperties(news))
	if err != nil {
		return nil, err
	}
	checked, err := protocol.Marshal(keepSecrets(news, inputs))
	return &pulumirpc.CheckResponse{Inputs: checked, Failures: checkFailures(reasons)}, err
}

func checkFailures(reasons []string) []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	for _, reason := range reasons {
		failures = append(failures, &pulumirpc.CheckFailure{Reason: reason})
	}
	return failures
}

// Diff implements pulumirpc.ResourceProviderServer.
func (p *provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := protocol.Unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := protocol.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	token, state, in := string(resource.URN(req.GetUrn()).Type()), fromProperties(olds), fromProperties(news)
	ignoreChanges(state, in, req.GetIgnoreChanges())
	d, err := p.diff(req.GetUrn(), token, state, in)
	if err != nil {
		return nil, err
	}
	return diffResponse(resourceTypes[token], d, state, in), nil
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

// diffResponse converts differences to the response of the Terraform bridge.
func diffResponse(t *resourceType, d differences, state, in values) *pulumirpc.DiffResponse {
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, DetailedDiff: map[string]*pulumirpc.PropertyDiff{}, HasDetailedDiff: true,
	}
	for _, path := range slices.Sorted(maps.Keys(d)) {
		key := topLevel(path)
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		kind := pulumirpc.PropertyDiff_UPDATE
		switch {
		case valueAt(state, path) == nil:
			kind = pulumirpc.PropertyDiff_ADD
		case valueAt(in, path) == nil && key != "tagsAll":
			kind = pulumirpc.PropertyDiff_DELETE
		}
		if d[path] {
			kind++ // the value for a replacement follows the one for an update
			if !slices.Contains(response.Replaces, key) {
				response.Replaces = append(response.Replaces, key)
			}
		}
		if !slices.Contains(response.Diffs, key) {
			response.Diffs = append(response.Diffs, key)
		}
		response.DetailedDiff[path] = &pulumirpc.PropertyDiff{Kind: kind, InputDiff: true}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Inputs)) {
		if t.Inputs[name].ForceNew && !slices.Contains(response.Replaces, name) {
			response.Stables = append(response.Stables, name)
		}
	}
	response.DeleteBeforeReplace = len(response.Replaces) > 0 && (t.DeleteBeforeReplace || t.hasExplicitName(in))
	return response
}

// Create implements pulumirpc.ResourceProviderServer.
func (p *provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs, err := protocol.Unmarshal(req.GetProperties())
	if err != nil {
		return nil, err
	}
	urn, in := resource.URN(req.GetUrn()), fromProperties(inputs)
	if req.GetPreview() {
		state, err := planCreate(string(urn.Type()), in)
		if err != nil {
			return nil, err
		}
		properties, err := protocol.Marshal(keepSecrets(inputs, state))
		return &pulumirpc.CreateResponse{Properties: properties}, err
	}
	id, state, failure := p.create(ctx, string(urn), string(urn.Type()), urn.Name(), in)
	if id == "" {
		return nil, failure
	}
	properties, err := protocol.Marshal(keepSecrets(inputs, state))
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, protocol.InitFailed(id, properties, req.GetProperties(), failure)
	}
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, nil
}

// Read implements pulumirpc.ResourceProviderServer.
func (p *provider) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	recorded, err := protocol.Unmarshal(req.GetInputs())
	if err != nil {
		return nil, err
	}
	// Like the Terraform bridge, treat a request without properties as an import.
	imported := len(req.GetProperties().GetFields()) == 0
	found, err := p.read(ctx, req.GetUrn(), string(resource.URN(req.GetUrn()).Type()), req.GetId(), fromProperties(recorded), imported)
	if err != nil || found.id == "" {
		return &pulumirpc.ReadResponse{}, err
	}
	inputs, err := protocol.Marshal(keepSecrets(recorded, found.inputs))
	if err != nil {
		return nil, err
	}
	properties, err := protocol.Marshal(keepSecrets(recorded, found.state))
	return &pulumirpc.ReadResponse{Id: found.id, Inputs: inputs, Properties: properties}, err
}

// Update implements pulumirpc.ResourceProviderServer.
func (p *provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	olds, err := protocol.Unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := protocol.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	token, old, in := string(resource.URN(req.GetUrn()).Type()), fromProperties(olds), fromProperties(news)
	ignoreChanges(old, in, req.GetIgnoreChanges())
	var state values
	if req.GetPreview() {
		state, err = p.planUpdate(token, old, in)
	} else {
		state, err = p.update(ctx, req.GetUrn(), token, req.GetId(), in)
	}
	if err != nil {
		return nil, err
	}
	properties, err := protocol.Marshal(keepSecrets(news, state))
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

// Delete implements pulumirpc.ResourceProviderServer.
func (p *provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	outputs, err := protocol.Unmarshal(req.GetProperties())
	if err != nil {
		return nil, err
	}
	urn := resource.URN(req.GetUrn())
	return &emptypb.Empty{}, p.delete(ctx, string(urn), string(urn.Type()), urn.Name(), req.GetId(), fromProperties(outputs))
}

// Invoke implements pulumirpc.ResourceProviderServer.
func (p *provider) Invoke(ctx context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	args, err := protocol.Unmarshal(req.GetArgs())
	if err != nil {
		return nil, err
	}
	answer, secrets, err := p.invoke(ctx, req.GetTok(), fromProperties(args))
	if err != nil || answer == nil {
		return &pulumirpc.InvokeResponse{}, err
	}
	properties := toProperties(answer)
	for _, name := range secrets {
		key := resource.PropertyKey(name)
		properties[key] = resource.MakeSecret(properties[key])
	}
	returned, err := protocol.Marshal(properties)
	return &pulumirpc.InvokeResponse{Return: returned}, err
}
