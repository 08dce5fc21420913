package compute

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OS is an operating system that AWS publishes with the SSM Agent installed.
type OS string

// The values of OS.
const (
	// AmazonLinux2023 is Amazon Linux 2023.
	AmazonLinux2023 OS = "al2023"
	// AmazonLinux2 is past its end of support, 2026-06-30.
	AmazonLinux2 OS = "al2"
)

// parameters are the public parameters that hold the newest image of each OS, less the architecture that ends them.
// https://docs.aws.amazon.com/linux/al2023/ug/ec2.html
var parameters = map[OS]string{
	AmazonLinux2023: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-",
	AmazonLinux2:    "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-",
}

// Parameter is the public parameter of Systems Manager that holds the newest image of an OS and an architecture
// ("x86_64" or "arm64"). For Amazon Linux 2 it is the image with gp2 volumes, which only sets what the stack sets anew.
func Parameter(os OS, architecture string) string {
	if os == AmazonLinux2 {
		return parameters[os] + architecture + "-gp2"
	}
	return parameters[os] + architecture
}

// Image is what an instance boots.
type Image struct {
	// ID is the image's id.
	ID pulumi.StringInput
	// source says where the image comes from. Another source replaces the instances.
	source string
	// kept says that an instance keeps its image while the source stays the same.
	kept bool
}

// PinnedImage is the image with this id. Another id replaces the instances, and so does NewestImage after it.
func PinnedImage(id string) Image { return Image{ID: pulumi.String(id), source: "pinned"} }

// NewestImage looks up the newest image of an OS and an architecture ("x86_64" or "arm64"). An instance keeps the one
// that it was created with; another OS or architecture replaces it.
func NewestImage(ctx *pulumi.Context, os OS, architecture string, opts ...pulumi.InvokeOption) Image {
	parameter := ssm.LookupParameterOutput(ctx, ssm.LookupParameterOutputArgs{
		Name: pulumi.String(Parameter(os, architecture)),
	}, opts...)
	// The parameter's other property, value, is a secret, and makes one of the whole answer; an image's id is none.
	id := pulumi.Unsecret(parameter.InsecureValue()).(pulumi.StringOutput)
	return Image{ID: id, source: string(os) + "/" + architecture, kept: true}
}
