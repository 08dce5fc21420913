package awssim

import (
	"context"
	"errors"
	"path"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// testProvider calls a provider as Pulumi's engine does, and converts requests and responses as the engine's
// client does.
type testProvider struct {
	client pulumirpc.ResourceProviderClient
}

// directProvider returns a test provider that calls the methods of a server without a connection.
func directProvider(server pulumirpc.ResourceProviderServer) testProvider {
	return testProvider{pulumirpc.NewResourceProviderClient(directConn{server})}
}

// directConn implements grpc.ClientConnInterface without a connection. Requests and responses are copied, and
// errors are those of the server.
type directConn struct {
	server pulumirpc.ResourceProviderServer
}

func (c directConn) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	decode := func(request any) error {
		proto.Merge(request.(proto.Message), args.(proto.Message))
		return nil
	}
	for _, m := range pulumirpc.ResourceProvider_ServiceDesc.Methods {
		if m.MethodName != path.Base(method) {
			continue
		}
		response, err := m.Handler(c.server, ctx, decode, nil)
		if err == nil {
			proto.Merge(reply.(proto.Message), response.(proto.Message))
		}
		return err
	}
	return status.Error(codes.Unimplemented, method)
}

func (directConn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("streams need a connection")
}

type (
	checkRequest struct {
		URN        resource.URN
		Olds, News resource.PropertyMap
		RandomSeed []byte
	}
	checkFailure  struct{ Property, Reason string }
	checkResponse struct {
		Properties resource.PropertyMap
		Failures   []checkFailure
	}
	diffRequest struct {
		URN                              resource.URN
		ID                               resource.ID
		OldInputs, OldOutputs, NewInputs resource.PropertyMap
		IgnoreChanges                    []string
	}
	diffResult struct {
		Changes                              pulumirpc.DiffResponse_DiffChanges
		ReplaceKeys, StableKeys, ChangedKeys []resource.PropertyKey
		DetailedDiff                         map[string]*pulumirpc.PropertyDiff // nil if the provider returns none
		DeleteBeforeReplace                  bool
	}
	createRequest struct {
		URN        resource.URN
		Properties resource.PropertyMap
		Preview    bool
	}
	createResponse struct {
		ID         resource.ID
		Properties resource.PropertyMap
	}
	readRequest struct {
		URN           resource.URN
		ID            resource.ID
		Inputs, State resource.PropertyMap
	}
	readResponse struct {
		ID              resource.ID
		Inputs, Outputs resource.PropertyMap // nil if the resource does not exist
	}
	updateRequest struct {
		URN                              resource.URN
		ID                               resource.ID
		OldInputs, OldOutputs, NewInputs resource.PropertyMap
		IgnoreChanges                    []string
		Preview                          bool
	}
	updateResponse struct{ Properties resource.PropertyMap }
	deleteRequest  struct {
		URN             resource.URN
		ID              resource.ID
		Inputs, Outputs resource.PropertyMap
	}
	invokeRequest struct {
		Tok  string
		Args resource.PropertyMap
	}
)

// initError is the error of a creation that failed although the resource exists.
type initError struct {
	text    string
	Reasons []string
	Inputs  resource.PropertyMap
}

func (e *initError) Error() string { return e.text }

// send converts properties for a request. The engine sends unknown values in previews and to Check and Diff.
func send(properties resource.PropertyMap, unknowns bool) *structpb.Struct {
	sent, err := plugin.MarshalProperties(properties, plugin.MarshalOptions{
		KeepUnknowns: unknowns, KeepSecrets: true, PropagateNil: true,
	})
	if err != nil {
		panic(err)
	}
	return sent
}

// receive converts properties of a response. The engine rejects unknown values if it has sent none.
func receive(properties *structpb.Struct, unknowns bool) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(properties, plugin.MarshalOptions{
		KeepUnknowns: unknowns, RejectUnknowns: !unknowns, KeepSecrets: true, KeepResources: true, PropagateNil: true,
	})
}

// callError returns an error with the message of a provider's error.
func callError(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(status.Convert(err).Message())
}

// Cancel cancels the operation.
func (p testProvider) Cancel(ctx context.Context) error {
	_, err := p.client.Cancel(ctx, &emptypb.Empty{})
	return callError(err)
}

func (p testProvider) Configure(ctx context.Context, in resource.PropertyMap) error {
	_, err := p.client.Configure(ctx, &pulumirpc.ConfigureRequest{
		AcceptSecrets: true, AcceptResources: true, SendsOldInputs: true, SendsOldInputsToDelete: true, Args: send(in, true),
	})
	return callError(err)
}

func (p testProvider) CheckConfig(ctx context.Context, req checkRequest) (checkResponse, error) {
	response, err := p.client.CheckConfig(ctx, newCheckRequest(req))
	return newCheckResponse(response, err)
}

func (p testProvider) Check(ctx context.Context, req checkRequest) (checkResponse, error) {
	response, err := p.client.Check(ctx, newCheckRequest(req))
	return newCheckResponse(response, err)
}

// newCheckRequest returns the request for the engine's. The engine sends no inputs as empty ones.
func newCheckRequest(req checkRequest) *pulumirpc.CheckRequest {
	olds := req.Olds
	if olds == nil {
		olds = resource.PropertyMap{}
	}
	return &pulumirpc.CheckRequest{
		Urn: string(req.URN), Name: req.URN.Name(), Type: string(req.URN.Type()),
		Olds: send(olds, true), News: send(req.News, true), RandomSeed: req.RandomSeed,
	}
}

func newCheckResponse(response *pulumirpc.CheckResponse, err error) (checkResponse, error) {
	if err != nil {
		return checkResponse{}, callError(err)
	}
	var failures []checkFailure
	for _, failure := range response.GetFailures() {
		failures = append(failures, checkFailure{failure.GetProperty(), failure.GetReason()})
	}
	properties, err := receive(response.GetInputs(), true)
	return checkResponse{properties, failures}, err
}

func (p testProvider) DiffConfig(ctx context.Context, req diffRequest) (diffResult, error) {
	response, err := p.client.DiffConfig(ctx, newDiffRequest(req))
	return newDiffResult(response), callError(err)
}

func (p testProvider) Diff(ctx context.Context, req diffRequest) (diffResult, error) {
	response, err := p.client.Diff(ctx, newDiffRequest(req))
	return newDiffResult(response), callError(err)
}

func newDiffRequest(req diffRequest) *pulumirpc.DiffRequest {
	return &pulumirpc.DiffRequest{
		Id: string(req.ID), Urn: string(req.URN), Name: req.URN.Name(), Type: string(req.URN.Type()),
		OldInputs: send(req.OldInputs, true), Olds: send(req.OldOutputs, true), News: send(req.NewInputs, true), IgnoreChanges: req.IgnoreChanges,
	}
}

func newDiffResult(response *pulumirpc.DiffResponse) diffResult {
	result := diffResult{
		Changes:     response.GetChanges(),
		ReplaceKeys: propertyKeys(response.GetReplaces()), StableKeys: propertyKeys(response.GetStables()),
		ChangedKeys: propertyKeys(response.GetDiffs()), DeleteBeforeReplace: response.GetDeleteBeforeReplace(),
	}
	if response.GetHasDetailedDiff() {
		result.DetailedDiff = map[string]*pulumirpc.PropertyDiff{}
		for key, diff := range response.GetDetailedDiff() {
			result.DetailedDiff[key] = diff
		}
	}
	return result
}

func propertyKeys(names []string) []resource.PropertyKey {
	var keys []resource.PropertyKey
	for _, name := range names {
		keys = append(keys, resource.PropertyKey(name))
	}
	return keys
}

// Create creates a resource. If it returns an initError, the resource exists, and the response describes it.
func (p testProvider) Create(ctx context.Context, req createRequest) (createResponse, error) {
	response, err := p.client.Create(ctx, &pulumirpc.CreateRequest{
		Urn: string(req.URN), Name: req.URN.Name(), Type: string(req.URN.Type()),
		Properties: send(req.Properties, req.Preview), Preview: req.Preview,
	})
	for _, detail := range status.Convert(err).Details() {
		failed, ok := detail.(*pulumirpc.ErrorResourceInitFailed)
		if !ok {
			continue
		}
		properties, invalid := receive(failed.GetProperties(), false)
		inputs, invalidInputs := receive(failed.GetInputs(), false)
		if other := errors.Join(invalid, invalidInputs); other != nil {
			return createResponse{}, other
		}
		return createResponse{resource.ID(failed.GetId()), properties}, &initError{
			text: strings.Join(failed.GetReasons(), "\n"), Reasons: failed.GetReasons(), Inputs: inputs,
		}
	}
	if err != nil {
		return createResponse{}, callError(err)
	}
	properties, err := receive(response.GetProperties(), req.Preview)
	return createResponse{resource.ID(response.GetId()), properties}, err
}

func (p testProvider) Read(ctx context.Context, req readRequest) (readResponse, error) {
	var inputs *structpb.Struct // the engine sends no empty inputs
	if len(req.Inputs) > 0 {
		inputs = send(req.Inputs, false)
	}
	response, err := p.client.Read(ctx, &pulumirpc.ReadRequest{
		Id: string(req.ID), Urn: string(req.URN), Name: req.URN.Name(), Type: string(req.URN.Type()), Inputs: inputs, Properties: send(req.State, false),
	})
	if err != nil {
		return readResponse{}, callError(err)
	}
	readInputs, err := receive(response.GetInputs(), false)
	outputs, invalid := receive(response.GetProperties(), false)
	return readResponse{resource.ID(response.GetId()), readInputs, outputs}, errors.Join(err, invalid)
}

func (p testProvider) Update(ctx context.Context, req updateRequest) (updateResponse, error) {
	response, err := p.client.Update(ctx, &pulumirpc.UpdateRequest{
		Id: string(req.ID), Urn: string(req.URN), Name: req.URN.Name(), Type: string(req.URN.Type()),
		OldInputs: send(req.OldInputs, false), Olds: send(req.OldOutputs, false), News: send(req.NewInputs, req.Preview),
		IgnoreChanges: req.IgnoreChanges, Preview: req.Preview,
	})
	if err != nil {
		return updateResponse{}, callError(err)
	}
	properties, err := receive(response.GetProperties(), req.Preview)
	return updateResponse{properties}, err
}

func (p testProvider) Delete(ctx context.Context, req deleteRequest) error {
	_, err := p.client.Delete(ctx, &pulumirpc.DeleteRequest{
		Id: string(req.ID), Urn: string(req.URN), Name: req.URN.Name(), Type: string(req.URN.Type()),
		OldInputs: send(req.Inputs, false), Properties: send(req.Outputs, false),
	})
	return callError(err)
}

// Invoke calls a lookup and returns its answer.
func (p testProvider) Invoke(ctx context.Context, req invokeRequest) (resource.PropertyMap, error) {
	response, err := p.client.Invoke(ctx, &pulumirpc.InvokeRequest{Tok: req.Tok, Args: send(req.Args, false)})
	if err != nil {
		return nil, callError(err)
	}
	return receive(response.GetReturn(), false)
}
