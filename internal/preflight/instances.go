package preflight

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ebs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/compute"
	"bastionless/internal/diag"
	"bastionless/internal/osimage"
)

func (r *resolver) lookUpInstanceType() error {
	instanceType := r.plan.Instances.InstanceType
	if !r.plan.HasInstances() || r.plan.Instances.Validate().Has("instanceType") {
		return nil
	}
	offerings, err := ec2.GetInstanceTypeOfferings(r.ctx, &ec2.GetInstanceTypeOfferingsArgs{
		LocationType: pulumi.StringRef("availability-zone"),
		Filters:      []ec2.GetInstanceTypeOfferingsFilter{{Name: "instance-type", Values: []string{instanceType}}},
	})
	if err != nil {
		return fmt.Errorf("look up the zones of instance type %s: %w", instanceType, err)
	}
	if len(offerings.Locations) == 0 {
		return r.addUnknownInstanceType()
	}
	if missing := r.notIn(r.plan.Zones, offerings.Locations); len(missing) > 0 {
		use := "zones"
		if r.plan.UsesExistingVPC() {
			use = "subnets in zones"
		}
		r.diags.Add("instanceType", diag.NotOffered, "%q is not offered in %s: use only %s in [%s], or another "+
			"type", instanceType,
			strings.Join(missing, ", "), use, r.letters(offerings.Locations))
	}
	details, err := ec2.GetInstanceType(r.ctx, &ec2.GetInstanceTypeArgs{InstanceType: instanceType})
	if err != nil {
		return fmt.Errorf("look up instance type %s: %w", instanceType, err)
	}
	r.plan.EBSOptimized = details.EbsOptimizedSupport != "unsupported"
	for _, architecture := range []string{"x86_64", "arm64"} {
		if slices.Contains(details.SupportedArchitectures, architecture) {
			r.plan.Architecture = architecture
			return nil
		}
	}
	r.diags.Add("instanceType", diag.Conflict, "%q has architecture %s, but the stack supports only x86_64 and arm64: use "+
		"another type",
		instanceType, strings.Join(details.SupportedArchitectures, ", "))
	return nil
}

// addUnknownInstanceType reports an instance type that the Region does not offer, with the most similar type that it
// does offer.
func (r *resolver) addUnknownInstanceType() error {
	instanceType, region := r.plan.Instances.InstanceType, r.plan.Env.Region
	offerings, err := ec2.GetInstanceTypeOfferings(r.ctx, &ec2.GetInstanceTypeOfferingsArgs{
		LocationType: pulumi.StringRef("region"),
	})
	if err != nil {
		return fmt.Errorf("look up the instance types of %s: %w", region, err)
	}
	types := slices.Sorted(slices.Values(offerings.InstanceTypes))
	r.diags.Add("instanceType", diag.NotOffered, "%q is not offered in %s: use another type%s", instanceType, region,
		diag.DidYouMean(instanceType, types))
	return nil
}

// lookUpImage checks a pinned AMI against the instance type and the root volume.
func (r *resolver) lookUpImage() error {
	options := r.plan.Instances
	invalid := options.Validate()
	if !r.plan.HasInstances() || options.AMI == "" || invalid.Has("amiId") {
		return nil
	}
	newest := ", or remove amiId to use the newest one"
	if options.OS == osimage.Other {
		newest = ""
	}
	image, err := ec2.LookupAmi(r.ctx, &ec2.LookupAmiArgs{
		Filters: []ec2.GetAmiFilter{{Name: "image-id", Values: []string{options.AMI}}},
		// A pinned AMI may be deprecated.
		IncludeDeprecated: pulumi.BoolRef(true),
	})
	if err != nil {
		if strings.Contains(err.Error(), "query returned no results") {
			r.diags.Add("amiId", diag.NotFound, "%q does not exist in %s, or account %s is not allowed to use it: use "+
				"another AMI%s",
				options.AMI, r.plan.Env.Region, r.plan.Env.AccountID, newest)
			return nil
		}
		return fmt.Errorf("look up image %s: %w", options.AMI, err)
	}
	if image.State != "available" {
		r.diags.Add("amiId", diag.Conflict, "%q is %s, so no instance can be created from it: use another AMI, or wait until it is "+
			"available", options.AMI, image.State)
	}
	if image.Platform == "windows" {
		r.diags.Add("amiId", diag.Conflict, "%q is a Windows AMI, which the stack does not support: use a Linux AMI", options.AMI)
	}
	if r.plan.Architecture != "" && image.Architecture != r.plan.Architecture {
		r.diags.Add("amiId", diag.Conflict, "%q has architecture %s, but instance type %s has %s: use an AMI and an "+
			"instance type with the same architecture",
			options.AMI, image.Architecture, options.InstanceType, r.plan.Architecture)
	}
	for _, mapping := range image.BlockDeviceMappings {
		size, err := strconv.Atoi(mapping.Ebs["volume_size"])
		if err == nil && mapping.DeviceName == image.RootDeviceName && options.RootVolumeGiB < size && !invalid.Has("rootVolumeGiB") {
			r.diags.Add("rootVolumeGiB", diag.OutOfRange, "%d GiB is smaller than the root volume of AMI %s: use at least "+
				"%d", options.RootVolumeGiB, options.AMI, size)
		}
	}
	return nil
}

// lookUpEncryption reports rootVolumeEncrypted: false in a Region in which EBS encrypts each new volume: AWS would
// create encrypted volumes, so every update would replace the instances.
// https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
func (r *resolver) lookUpEncryption() error {
	if r.plan.Instances.RootVolumeEncrypted || !r.plan.HasInstances() {
		return nil
	}
	byDefault, err := ebs.LookupEncryptionByDefault(r.ctx)
	if err != nil {
		return fmt.Errorf("look up EBS encryption by default: %w", err)
	}
	if byDefault.Enabled {
		r.diags.Add("rootVolumeEncrypted", diag.Conflict, "false, but the account encrypts each new volume in %s (EBS encryption by "+
			"default), so every update would replace the instances: set rootVolumeEncrypted to true", r.plan.Env.Region)
	}
	return nil
}

// combineUserData combines the script that installs the agent with the user data of the workload. The agent is installed
// first, so that people can open a session to find out why the rest failed.
func (r *resolver) combineUserData() error {
	options := r.plan.Instances
	var parts []string
	if options.InstallLatestAgent {
		parts = append(parts, osimage.InstallLatestAgent(r.plan.Env, r.plan.Architecture))
	}
	if options.WorkloadUserData != "" && !options.Validate().Has("userDataFile") {
		parts = append(parts, options.WorkloadUserData)
	}
	r.plan.UserData = compute.CombineUserData(parts...)
	if size := len(r.plan.UserData); size > compute.MaxUserData {
		r.diags.Add("userDataFile", diag.TooMany, "the file and the script of installLatestAgent together have %d bytes, but "+
			"EC2 allows %d: shorten the file, or set installLatestAgent to false", size, compute.MaxUserData)
	}
	return nil
}

func (r *resolver) lookUpKeyPair() error {
	name := r.plan.Instances.KeyName
	if name == "" || !r.plan.HasInstances() {
		return nil
	}
	_, err := ec2.LookupKeyPair(r.ctx, &ec2.LookupKeyPairArgs{KeyName: pulumi.StringRef(name)})
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "InvalidKeyPair.NotFound"),
		strings.Contains(err.Error(), "no matching EC2 Key Pair found"):
		r.diags.Add("keyName", diag.NotFound, "%q does not exist in %s: use an existing key pair, or set sshPublicKey "+
			"instead to create one",
			name, r.plan.Env.Region)
		return nil
	}
	return fmt.Errorf("look up key pair %s: %w", name, err)
}
