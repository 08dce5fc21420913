package awssim

import (
	"bastionless/rehearsal/awssim/catalogue"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// providerVersion is the version of pulumi-aws whose behaviour this is.
var providerVersion = semver.MustParse("6.83.2")

// provider answers the engine for one operation.
type provider struct {
	plugin.UnimplementedProvider
	cloud *Cloud

	mu      sync.Mutex
	account string
	region  string
	tags    values
	stop    context.CancelFunc
	ctx     context.Context
}

// Attach is how an ordinary CLI begins with a provider that runs already.
func (p *provider) Attach(string) error { return nil }

// Pkg is the package that the provider serves.
func (p *provider) Pkg() tokens.Package { return "aws" }

// Close ends the operation.
func (p *provider) Close() error { return nil }

// Handshake begins an operation.
func (p *provider) Handshake(context.Context, plugin.ProviderHandshakeRequest) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true, AcceptResources: true}, nil
}

// GetPluginInfo says which version this is.
func (p *provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	return plugin.PluginInfo{Version: &providerVersion}, nil
}

// SignalCancellation makes what is under way end early.
func (p *provider) SignalCancellation(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stop != nil {
		p.stop()
	}
	return nil
}

// begin locks the cloud for one call. The caller unlocks it.
func (p *provider) begin(urn resource.URN) *call {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cloud.mu.Lock()
	c := &call{Cloud: p.cloud, ctx: p.ctx, accountID: p.account, region: p.region, tags: p.tags, urn: urn}
	if region, ok := catalogue.LookupRegion(p.region); ok {
		c.offers, c.partition, c.dnsSuffix = region, region.Partition().Name, region.Partition().DNSSuffix
	}
	return c
}

// end saves the cloud, also where the call failed: it may have got halfway, or rest on a new assumption. And it unlocks it.
func (p *provider) end(err *error) {
	if saved := p.cloud.save(); *err == nil {
		*err = saved
	}
	p.cloud.mu.Unlock()
}

func typeOf(token tokens.Type) (*resourceType, error) {
	t := resourceTypes[string(token)]
	if t == nil {
		return nil, fmt.Errorf("the simulated AWS does not know the resource type %s", token)
	}
	return t, nil
}

// Check completes and checks inputs.
func (p *provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	t, err := typeOf(req.URN.Type())
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	if err := t.checkNames(fromProperties(req.News)); err != nil {
		return plugin.CheckResponse{}, err
	}
	inputs, failures, err := t.check(req.URN.Name(), req.RandomSeed, fromProperties(req.Olds), fromProperties(req.News))
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	for _, failure := range failures {
		// A diagnostic of the framework that names no attribute is no failure of an input but an error.
		if t.framework && strings.HasPrefix(failure.Reason, "Missing Attribute") {
			return plugin.CheckResponse{}, errors.New(failure.Reason)
		}
	}
	return plugin.CheckResponse{Properties: keepSecrets(req.News, toProperties(inputs)), Failures: failures}, nil
}

// keepSecrets makes those properties secret that were.
func keepSecrets(from, to resource.PropertyMap) resource.PropertyMap {
	for key, value := range from {
		if now, ok := to[key]; ok && value.ContainsSecrets() && !now.IsSecret() {
			to[key] = resource.MakeSecret(now)
		}
	}
	if all, ok := to["tagsAll"]; ok && from["tags"].ContainsSecrets() && !all.IsSecret() {
		to["tagsAll"] = resource.MakeSecret(all)
	}
	return to
}

// ignore leaves inputs as they are in the state. The engine has seen to what is within them.
func ignore(old, in values, paths []string) {
	for _, path := range paths {
		if was, ok := old[path]; ok {
			in[path] = was
		}
	}
}

// Diff compares state and inputs.
func (p *provider) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResult, error) {
	t, err := typeOf(req.URN.Type())
	if err != nil {
		return plugin.DiffResult{}, err
	}
	c := p.begin(req.URN)
	defer p.cloud.mu.Unlock()
	old, in := fromProperties(req.OldOutputs), fromProperties(req.NewInputs)
	ignore(old, in, req.IgnoreChanges)
	if t.judge != nil {
		if err := t.judge(old, in); err != nil {
			return plugin.DiffResult{}, fmt.Errorf("diffing %s: %w", req.URN, t.wrap("", "", err))
		}
	}
	return t.diff(c, old, in).result(t, old, in), nil
}

// Create makes a resource, or says in a preview what is known of it.
func (p *provider) Create(_ context.Context, req plugin.CreateRequest) (response plugin.CreateResponse, err error) {
	t, err := typeOf(req.URN.Type())
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	in := fromProperties(req.Properties)
	if req.Preview {
		return plugin.CreateResponse{Properties: keepSecrets(req.Properties, toProperties(t.expected(in)))}, nil
	}
	before, after := p.cloud.options.Faults.next(t.token, req.URN.Name(), Create)
	if before == nil {
		before = p.cloud.wait(p.ctx, t.token, Create)
	}
	if before != nil {
		return plugin.CreateResponse{}, t.wrap("", "", before)
	}
	c := p.begin(req.URN)
	defer p.end(&err)
	c.late = after
	if t.taggable {
		if err := c.checkTags(c.allTags(in)); err != nil {
			return plugin.CreateResponse{}, t.wrap("", "", err)
		}
	}
	id, state, err := t.create(c, clone(in))
	if err != nil && !isPartial(err) {
		return plugin.CreateResponse{}, t.wrap("", "", err)
	}
	if t.taggable {
		state["tagsAll"] = c.allTags(in)
	}
	response = plugin.CreateResponse{
		ID: resource.ID(id), Properties: keepSecrets(req.Properties, toProperties(clone(state))), Status: resource.StatusOK,
	}
	if err == nil {
		err = c.step() // the last step is to wait until the thing is there
	}
	if err != nil {
		response.Status = resource.StatusPartialFailure
		return response, &plugin.InitError{Reasons: []string{t.wrap("creating", string(req.URN), err).Error()}}
	}
	return response, nil
}

// expected is what a preview knows of a resource: its inputs, and that it will have the rest.
func (t *resourceType) expected(in values) values {
	state := clone(in)
	for _, output := range t.outputs {
		state[output] = unknown{}
	}
	for key, a := range t.inputs {
		if a.computed && !given(state, key) {
			state[key] = unknown{}
		}
	}
	return state
}

// Read returns a resource as it is now, and nothing where it is gone.
func (p *provider) Read(_ context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	t, err := typeOf(req.URN.Type())
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	if before, _ := p.cloud.options.Faults.next(t.token, req.URN.Name(), Read); before != nil {
		return plugin.ReadResponse{}, t.wrap("", "", before)
	}
	c := p.begin(req.URN)
	defer p.cloud.mu.Unlock()
	o := c.get(t.token, string(req.ID))
	if o == nil || o.Owner != "" && t.token != defaultSecurityGroupToken {
		return plugin.ReadResponse{}, nil
	}
	if t.refresh != nil {
		t.refresh(c, o.ID, o.State)
	}
	state := clone(o.State)
	recorded := fromProperties(req.Inputs)
	if len(recorded) == 0 {
		recorded = t.importable(state)
	}
	inputs := t.inputsOf(recorded, state)
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: req.ID, Inputs: keepSecrets(req.Inputs, toProperties(inputs)), Outputs: keepSecrets(req.Inputs, toProperties(state)),
	}}, nil
}

// Update changes a resource in place.
func (p *provider) Update(_ context.Context, req plugin.UpdateRequest) (response plugin.UpdateResponse, err error) {
	t, err := typeOf(req.URN.Type())
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	old, in := fromProperties(req.OldOutputs), fromProperties(req.NewInputs)
	ignore(old, in, req.IgnoreChanges)
	if req.Preview {
		return plugin.UpdateResponse{Properties: keepSecrets(req.NewInputs, toProperties(t.foreseen(p, req.URN, old, in)))}, nil
	}
	before, _ := p.cloud.options.Faults.next(t.token, req.URN.Name(), Update)
	if before != nil {
		return plugin.UpdateResponse{}, t.wrap("updating", string(req.URN), before)
	}
	c := p.begin(req.URN)
	defer p.end(&err)
	o := c.get(t.token, string(req.ID))
	if o == nil {
		err := fmt.Errorf("%s %s does not exist", t.token, req.ID)
		if t.gone != nil {
			err = t.gone(c, string(req.ID))
		}
		return plugin.UpdateResponse{}, t.wrap("updating", string(req.URN), err)
	}
	if t.taggable {
		if err := c.checkTags(c.allTags(in)); err != nil {
			return plugin.UpdateResponse{}, t.wrap("updating", string(req.URN), err)
		}
	}
	state := clone(o.State)
	if t.update != nil {
		if state, err = t.update(c, o.ID, clone(o.State), clone(in)); err != nil {
			return plugin.UpdateResponse{}, t.wrap("updating", string(req.URN), err)
		}
	}
	if t.taggable {
		if state["tagsAll"] = c.allTags(in); given(in, "tags") {
			state["tags"] = in["tags"]
		} else {
			delete(state, "tags")
		}
	}
	o.State = state
	return plugin.UpdateResponse{Properties: keepSecrets(req.NewInputs, toProperties(clone(state))), Status: resource.StatusOK}, nil
}

// foreseen is what a preview knows of a resource that will be updated.
func (t *resourceType) foreseen(p *provider, urn resource.URN, old, in values) values {
	c := p.begin(urn)
	defer p.cloud.mu.Unlock()
	state := clone(old)
	for path := range t.diff(c, old, in) {
		for _, output := range t.volatile[topLevel(path)] {
			state[output] = unknown{}
		}
	}
	for key, value := range clone(in) {
		state[key] = value
	}
	if t.taggable && !isUnknown(in["tags"]) {
		state["tagsAll"] = c.allTags(in)
	}
	return state
}

// Delete deletes a resource. What is gone already is deleted.
func (p *provider) Delete(_ context.Context, req plugin.DeleteRequest) (response plugin.DeleteResponse, err error) {
	t, err := typeOf(req.URN.Type())
	if err != nil {
		return plugin.DeleteResponse{}, err
	}
	before, _ := p.cloud.options.Faults.next(t.token, req.URN.Name(), Delete)
	if before == nil {
		before = p.cloud.wait(p.ctx, t.token, Delete)
	}
	if before != nil {
		return plugin.DeleteResponse{}, t.wrap("deleting", string(req.URN), before)
	}
	c := p.begin(req.URN)
	defer p.end(&err)
	o := c.get(t.token, string(req.ID))
	if o == nil {
		return plugin.DeleteResponse{}, nil
	}
	if t.remove != nil {
		c.recorded = fromProperties(req.Outputs)
		if err := t.remove(c, o.ID, o.State); err != nil {
			return plugin.DeleteResponse{}, t.wrap("deleting", string(req.URN), err)
		}
	} else {
		c.drop(o)
	}
	return plugin.DeleteResponse{}, nil
}

// Invoke answers a lookup.
func (p *provider) Invoke(_ context.Context, req plugin.InvokeRequest) (response plugin.InvokeResponse, err error) {
	look := lookups[string(req.Tok)]
	if look.answer == nil {
		return plugin.InvokeResponse{}, fmt.Errorf("the simulated AWS does not know the lookup %s", req.Tok)
	}
	args := fromProperties(resource.ToResourcePropertyMap(req.Args))
	if err := look.checkArguments(string(req.Tok), args); err != nil {
		return plugin.InvokeResponse{}, err
	}
	c := p.begin("")
	defer p.end(&err)
	if c.offers == nil {
		return plugin.InvokeResponse{}, nil // a preview in which the provider's own Region is not known
	}
	answer, err := look.answer(c, args)
	if err != nil {
		return plugin.InvokeResponse{}, worded(fmt.Sprintf("invoking %s: 1 error occurred:\n\t* %s\n\n", req.Tok, err))
	}
	properties := toProperties(answer)
	for _, secret := range look.secret {
		properties[resource.PropertyKey(secret)] = resource.MakeSecret(properties[resource.PropertyKey(secret)])
	}
	return plugin.InvokeResponse{Properties: resource.FromResourcePropertyMap(properties)}, nil
}
