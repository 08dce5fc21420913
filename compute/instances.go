// Package compute provides EC2 instances without a public address, for Session Manager.
package compute

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/contract"
)

// The type of the root volumes, with the performance that gp3 includes in its price.
// https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
const (
	rootVolumeType = "gp3"
	rootIOPS       = 3000
	rootMiBps      = 125
)

// Instances is the instances, named by zone and number ("a-1"), and optionally their key pair and a State
// Manager association that updates their agents.
type Instances struct {
	pulumi.ResourceState

	// InstanceIDs maps each instance's name to its ID.
	InstanceIDs pulumi.StringMapOutput `pulumi:"instanceIds"`
	// PrivateIPs maps each instance's name to its private IPv4 address.
	PrivateIPs pulumi.StringMapOutput `pulumi:"privateIps"`

	ids pulumi.StringArray
}

// NewInstances declares instances.
func NewInstances(
	ctx *pulumi.Context, name string, args *InstancesArgs, opts ...pulumi.ResourceOption,
) (*Instances, error) {
	if err := args.validateArgs(); err != nil {
		return nil, fmt.Errorf("instances %q: %w", name, err)
	}
	c := &Instances{}
	if err := ctx.RegisterComponentResourceV2(contract.InstancesType, name, args.inputs(), c, opts...); err != nil {
		return nil, fmt.Errorf("instances %q: %w", name, err)
	}
	keyName, err := c.newKeyPair(ctx, name, args)
	if err != nil {
		return nil, fmt.Errorf("instances %q: key pair: %w", name, err)
	}
	ids, addresses := pulumi.StringMap{}, pulumi.StringMap{}
	for _, spec := range InstanceSpecs(args.zones(), args.PerZone) {
		instance, err := c.newInstance(ctx, name, args, spec, keyName)
		if err != nil {
			return nil, fmt.Errorf("instances %q: %s: %w", name, spec.Name, err)
		}
		ids[spec.Name] = instance.ID()
		addresses[spec.Name] = instance.PrivateIp
		c.ids = append(c.ids, instance.ID())
	}
	c.InstanceIDs = ids.ToStringMapOutput()
	c.PrivateIPs = addresses.ToStringMapOutput()
	if args.AgentAutoUpdate {
		if err := c.newAgentUpdate(ctx, name, args); err != nil {
			return nil, fmt.Errorf("instances %q: agent update: %w", name, err)
		}
	}
	if err := ctx.RegisterResourceOutputs(c, pulumi.Map{
		"instanceIds": c.InstanceIDs,
		"privateIps":  c.PrivateIPs,
	}); err != nil {
		return nil, fmt.Errorf("instances %q: %w", name, err)
	}
	return c, nil
}

// InstanceSpec names one instance of Instances.
type InstanceSpec struct {
	// Name is the zone letter and a number, such as "a-1".
	Name string
	// Zone is the zone's letter.
	Zone string
}

// InstanceSpecs returns the instances of zones with perZone instances each, in the order of the zones.
func InstanceSpecs(zones []string, perZone int) []InstanceSpec {
	var specs []InstanceSpec
	for _, zone := range zones {
		for n := 1; n <= perZone; n++ {
			specs = append(specs, InstanceSpec{Name: zone + "-" + strconv.Itoa(n), Zone: zone})
		}
	}
	return specs
}

// newKeyPair returns the name of the key pair, or nil if there is none.
func (c *Instances) newKeyPair(ctx *pulumi.Context, name string, args *InstancesArgs) (pulumi.StringPtrInput, error) {
	if args.PublicKey == "" {
		if args.KeyName == "" {
			return nil, nil
		}
		return pulumi.String(args.KeyName), nil
	}
	pair, err := ec2.NewKeyPair(ctx, name, &ec2.KeyPairArgs{
		PublicKey: pulumi.String(args.PublicKey),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	return pair.KeyName, nil
}

func (c *Instances) newInstance(
	ctx *pulumi.Context, name string, args *InstancesArgs, spec InstanceSpec, keyName pulumi.StringPtrInput,
) (*ec2.Instance, error) {
	nameTag := cmp.Or(args.NameTags[spec.Name], args.NamePrefix+"-ec2-"+spec.Name)
	volumeTags := pulumi.StringMap{"Name": pulumi.String(nameTag)}
	tags := maps.Clone(volumeTags)
	for key, value := range args.ownTags() {
		tags[key] = pulumi.String(value)
	}
	tokens := "optional"
	if args.IMDS == IMDSv2 {
		tokens = "required"
	}
	return ec2.NewInstance(ctx, name+"-"+spec.Name, &ec2.InstanceArgs{
		Ami:                      args.Image.ID,
		InstanceType:             pulumi.String(args.InstanceType),
		EbsOptimized:             pulumi.Bool(args.EBSOptimized),
		SubnetId:                 args.SubnetIDs[spec.Zone],
		AssociatePublicIpAddress: pulumi.Bool(false),
		VpcSecurityGroupIds:      args.securityGroups(),
		IamInstanceProfile:       args.InstanceProfile,
		KeyName:                  keyName,
		UserData:                 optional(args.UserData),
		// Set even if false: without the property, the provider would not turn off monitoring.
		Monitoring:            pulumi.Bool(args.DetailedMonitoring),
		DisableApiTermination: pulumi.Bool(args.TerminationProtection),
		MetadataOptions: ec2.InstanceMetadataOptionsArgs{
			HttpEndpoint: pulumi.String("enabled"),
			HttpTokens:   pulumi.String(tokens),
			// With one hop, responses reach neither other hosts nor containers on a bridge network.
			HttpPutResponseHopLimit: pulumi.Int(args.IMDSHopLimit),
		},
		RootBlockDevice: ec2.InstanceRootBlockDeviceArgs{
			VolumeType:          pulumi.String(rootVolumeType),
			VolumeSize:          pulumi.Int(args.RootVolumeGiB),
			Iops:                pulumi.Int(rootIOPS),
			Throughput:          pulumi.Int(rootMiBps),
			Encrypted:           pulumi.Bool(args.RootVolumeEncrypted),
			KmsKeyId:            optional(args.RootVolumeKMSKey),
			DeleteOnTermination: pulumi.Bool(true),
			Tags:                volumeTags,
		},
		Tags: tags,
	}, args.options(c)...)
}

// options returns the resource options of the instances.
func (a *InstancesArgs) options(parent pulumi.Resource) []pulumi.ResourceOption {
	// The provider ignores the removal of a key pair or of the volume's key, so the trigger replaces the
	// instances. Otherwise the owner of the key pair could still log in, and the volume would still depend
	// on the key.
	trigger := a.Image.source
	if a.KeyName != "" || a.PublicKey != "" {
		trigger += " with a key pair"
	}
	if a.RootVolumeKMSKey != "" {
		trigger += " on a volume with a key of its own"
	}
	options := []pulumi.ResourceOption{
		pulumi.Parent(parent), pulumi.DependsOn(a.After), pulumi.ReplacementTrigger(pulumi.String(trigger)),
	}
	if a.Image.ignoreChanges {
		// AWS publishes a new image every few weeks. Without this option, the next update would replace
		// the instances.
		options = append(options, pulumi.IgnoreChanges([]string{"ami"}))
	}
	if a.TerminationProtection {
		// EC2 refuses to terminate a protected instance. With this option, a replacement fails before it
		// creates a second instance. Otherwise the state would contain both, and no configuration removes
		// the protection of the old one.
		options = append(options, pulumi.DeleteBeforeReplace(true))
	}
	return options
}

// newAgentUpdate declares an association that runs AWS-UpdateSSMAgent at the times of a cron expression
// only. With a rate, or without ApplyOnlyAtCronInterval, it would also restart the agent in the instance's
// first minute, when the first session opens.
func (c *Instances) newAgentUpdate(ctx *pulumi.Context, name string, args *InstancesArgs) error {
	target := ssm.AssociationTargetArgs{Key: pulumi.String("InstanceIds"), Values: c.ids}
	if len(args.Tags) > 0 {
		// A target can have at most 50 IDs.
		target = ssm.AssociationTargetArgs{
			Key: pulumi.String("tag:" + contract.OwnerTag), Values: pulumi.StringArray{pulumi.String(args.Owner)},
		}
	}
	_, err := ssm.NewAssociation(ctx, name+"-agent-update", &ssm.AssociationArgs{
		// The name of the document. AssociationName is the name of the association.
		Name:                    pulumi.String("AWS-UpdateSSMAgent"),
		AssociationName:         pulumi.String(args.NamePrefix + "-ssm-agent-update"),
		ScheduleExpression:      pulumi.String("cron(0 2 ? * SUN *)"),
		ApplyOnlyAtCronInterval: pulumi.Bool(true),
		Targets:                 ssm.AssociationTargetArray{target},
	}, pulumi.Parent(c))
	return err
}

// IDs returns the IDs of the instances, in the order of their names.
func (c *Instances) IDs() pulumi.StringArray { return c.ids }

// optional returns nil for an empty value, which leaves out the property.
func optional(value string) pulumi.StringPtrInput {
	if value == "" {
		return nil
	}
	return pulumi.String(value)
}
