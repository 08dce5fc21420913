// Package protocol helps to implement and to serve Pulumi's provider protocol, by which engines talk to providers.
package protocol

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

// options keep unknown values and secrets. A reference to a resource becomes its ID.
var options = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true}

// Unmarshal converts properties from the form in which the protocol transports them, with unknown values and secrets.
func Unmarshal(properties *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(properties, options)
}

// Marshal converts properties to the form in which the protocol transports them, with unknown values and secrets.
func Marshal(properties resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(properties, options)
}
