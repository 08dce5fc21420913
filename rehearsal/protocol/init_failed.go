package protocol

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"
)

// InitFailed returns the error for a resource that exists although its creation failed. It carries the resource's ID and
// properties, so that the engine records the resource in the state.
func InitFailed(id string, properties, inputs *structpb.Struct, reason error) error {
	return rpcerror.WithDetails(
		rpcerror.New(codes.Unknown, reason.Error()),
		&pulumirpc.ErrorResourceInitFailed{Id: id, Properties: properties, Inputs: inputs, Reasons: []string{reason.Error()}})
}

// AsInitFailed returns the details of an error of InitFailed.
func AsInitFailed(err error) (*pulumirpc.ErrorResourceInitFailed, bool) {
	var failure *rpcerror.Error
	if converted, ok := rpcerror.FromError(err); ok {
		failure = converted
	} else if !errors.As(err, &failure) {
		return nil, false
	}
	for _, detail := range failure.Details() {
		if details, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
			return details, true
		}
	}
	return nil, false
}
