package compute

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/osimage"
)

// Image is the machine image of an instance.
type Image struct {
	// ID is the image's ID.
	ID pulumi.StringInput
	// source says where the image comes from. A change replaces the instances.
	source string
	// ignoreChanges keeps the image of an existing instance as long as the source does not change.
	ignoreChanges bool
}

// PinnedImage returns the image that has an ID. Another ID replaces the instances, and so does a change to
// NewestImage.
func PinnedImage(id string) Image { return Image{ID: pulumi.String(id), source: "pinned"} }

// NewestImage looks up the newest image of an operating system for an architecture, "x86_64" or "arm64".
// An instance keeps the image that it was created with. Another operating system or architecture replaces
// it.
func NewestImage(ctx *pulumi.Context, os osimage.OS, architecture string, opts ...pulumi.InvokeOption) Image {
	parameter := ssm.LookupParameterOutput(ctx, ssm.LookupParameterOutputArgs{
		Name: pulumi.String(os.Parameter(architecture)),
	}, opts...)
	// The result is secret because another property, value, is secret. The ID of a public image is not.
	id := pulumi.Unsecret(parameter.InsecureValue()).(pulumi.StringOutput)
	return Image{ID: id, source: string(os) + "/" + architecture, ignoreChanges: true}
}
