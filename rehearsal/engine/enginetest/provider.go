package enginetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"bastionless/rehearsal/protocol"
)

// provider is a provider of a cloud's objects.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	cloud *Cloud
	// canceled is done when the engine cancels the operation.
	canceled context.Context //nolint:containedctx // it ends with the provider, and every call has a context of its own
	cancel   context.CancelFunc
}

// NewProvider returns a new provider of the cloud's objects, for the package "aws".
func (c *Cloud) NewProvider() pulumirpc.ResourceProviderServer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.providers++
	canceled, cancel := context.WithCancel(context.Background())
	return &provider{cloud: c, canceled: canceled, cancel: cancel}
}

// Handshake implements pulumirpc.ResourceProviderServer.
func (p *provider) Handshake(
	context.Context, *pulumirpc.ProviderHandshakeRequest,
) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true}, nil
}

// Attach implements pulumirpc.ResourceProviderServer.
func (p *provider) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// GetPluginInfo implements pulumirpc.ResourceProviderServer.
func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "6.83.2"}, nil
}

// Cancel implements pulumirpc.ResourceProviderServer.
func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// CheckConfig implements pulumirpc.ResourceProviderServer.
func (p *provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: req.GetNews()}, nil
}

// DiffConfig implements pulumirpc.ResourceProviderServer.
func (p *provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

// Configure implements pulumirpc.ResourceProviderServer.
func (p *provider) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	inputs, err := protocol.Unmarshal(req.GetArgs())
	if err != nil {
		return nil, err
	}
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	p.cloud.configurations = append(p.cloud.configurations, inputs)
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

// Check implements pulumirpc.ResourceProviderServer.
func (p *provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: req.GetNews()}, nil
}

// Create implements pulumirpc.ResourceProviderServer.
func (p *provider) Create(_ context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	if req.GetPreview() {
		return &pulumirpc.CreateResponse{Properties: req.GetProperties()}, nil
	}
	urn := resource.URN(req.GetUrn())
	if p.cloud.BeforeCreate != nil {
		//nolint:contextcheck // the engine cancels the provider, not the context of the call
		if err := p.cloud.BeforeCreate(p.canceled, urn.Name()); err != nil {
			return nil, err
		}
	}
	properties, err := protocol.Unmarshal(req.GetProperties())
	if err != nil {
		return nil, err
	}
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	p.cloud.created++
	id := fmt.Sprintf("thing-%d", p.cloud.created)
	p.cloud.objects[id] = Object{Type: string(urn.Type()), ID: id, Properties: properties}
	return &pulumirpc.CreateResponse{Id: id, Properties: req.GetProperties()}, nil
}

// Update implements pulumirpc.ResourceProviderServer.
func (p *provider) Update(_ context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	if !req.GetPreview() {
		properties, err := protocol.Unmarshal(req.GetNews())
		if err != nil {
			return nil, err
		}
		p.cloud.mu.Lock()
		defer p.cloud.mu.Unlock()
		object := p.cloud.objects[req.GetId()]
		object.Properties = properties
		p.cloud.objects[req.GetId()] = object
	}
	return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, nil
}

// Read implements pulumirpc.ResourceProviderServer.
func (p *provider) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	object, ok := p.cloud.objects[req.GetId()]
	if !ok {
		return &pulumirpc.ReadResponse{}, nil
	}
	properties := object.Properties.Copy()
	if p.cloud.AfterRead != nil {
		p.cloud.AfterRead(properties)
	}
	found, err := protocol.Marshal(properties)
	return &pulumirpc.ReadResponse{Id: req.GetId(), Inputs: found, Properties: found}, err
}

// Delete implements pulumirpc.ResourceProviderServer.
func (p *provider) Delete(_ context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	object := p.cloud.objects[req.GetId()]
	if protected := object.Properties[protectionKey]; protected.IsBool() && protected.BoolValue() {
		return nil, errors.New("protected from termination")
	}
	delete(p.cloud.objects, req.GetId())
	return &emptypb.Empty{}, nil
}

// Diff implements pulumirpc.ResourceProviderServer: it compares the inputs property by property.
func (p *provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := protocol.Unmarshal(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	news, err := protocol.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}
	keys := map[resource.PropertyKey]bool{}
	for _, properties := range []resource.PropertyMap{olds, news} {
		for key := range properties {
			keys[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if olds[key].DeepEquals(news[key]) {
			continue
		}
		kind := pulumirpc.PropertyDiff_UPDATE
		if key == "zone" {
			kind = pulumirpc.PropertyDiff_UPDATE_REPLACE
			response.Replaces = append(response.Replaces, string(key))
		}
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Diffs = append(response.Diffs, string(key))
		response.DetailedDiff[string(key)] = &pulumirpc.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return response, nil
}
