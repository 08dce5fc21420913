// Package compute provides EC2 instances without a public address, for Session Manager.
package compute

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/contract"
	"bastionless/internal/osimage"
)

// The type of the root volumes, with the performance that gp3 includes in its price.
// https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
const (
	rootVolumeType = "gp3"
	rootIOPS       = 3000
	rootMiBps      = 125
)

// InstancesArgs describes identical instances in one or more zones.
type InstancesArgs struct {
	Options
	// NamePrefix is the prefix of the Name tags. Required. Plain: tags are built from it.
	NamePrefix string
	// NameTags maps names of instances to Name tags that replace the default, <NamePrefix>-ec2-<instance
	// name>. Optional. Plain: tags are built from it.
	NameTags map[string]string
	// SubnetIDs maps the letter of each zone to the subnet of its instances. Required. Plain: resources
	// are named after the keys.
	SubnetIDs map[string]pulumi.StringInput
	// SecurityGroupID is the security group of the instances. Required: AWS would use the VPC's default
	// group.
	SecurityGroupID pulumi.StringInput
	// InstanceProfile is the name of the instance profile. Required.
	InstanceProfile pulumi.StringInput
	// EBSOptimized enables EBS optimization, which the instance type has to support. A change replaces the
	// instances.
	EBSOptimized bool
	// Image is the machine image. Required.
	Image Image
	// UserData is a script that runs as root on the first boot. Optional. A change restarts the instances
	// without running it.
	UserData string
	// After are the resources without which the agent could not register at its first try: permissions,
	// endpoints, rules and routes. Optional. List resources and not components: DependsOn of a component
	// misses some of its children.
	After []pulumi.Resource
}

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
	tags := pulumi.StringMap{"Name": pulumi.String(nameTag)}
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
		VpcSecurityGroupIds:      pulumi.StringArray{args.SecurityGroupID},
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
			Tags:                tags,
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
	_, err := ssm.NewAssociation(ctx, name+"-agent-update", &ssm.AssociationArgs{
		// The name of the document. AssociationName is the name of the association.
		Name:                    pulumi.String("AWS-UpdateSSMAgent"),
		AssociationName:         pulumi.String(args.NamePrefix + "-ssm-agent-update"),
		ScheduleExpression:      pulumi.String("cron(0 2 ? * SUN *)"),
		ApplyOnlyAtCronInterval: pulumi.Bool(true),
		Targets: ssm.AssociationTargetArray{ssm.AssociationTargetArgs{
			Key:    pulumi.String("InstanceIds"),
			Values: c.ids,
		}},
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

func (a *InstancesArgs) zones() []string {
	var zones []string
	for zone := range a.SubnetIDs {
		zones = append(zones, zone)
	}
	slices.Sort(zones)
	return zones
}

func (a *InstancesArgs) inputs() pulumi.Map {
	return pulumi.Map{
		contract.OSInput:        pulumi.String(string(a.OS)),
		"namePrefix":            pulumi.String(a.NamePrefix),
		"zones":                 pulumi.ToStringArray(a.zones()),
		"perZone":               pulumi.Int(a.PerZone),
		"instanceType":          pulumi.String(a.InstanceType),
		"rootVolumeGiB":         pulumi.Int(a.RootVolumeGiB),
		"rootVolumeEncrypted":   pulumi.Bool(a.RootVolumeEncrypted),
		"rootVolumeKmsKey":      pulumi.String(a.RootVolumeKMSKey),
		"detailedMonitoring":    pulumi.Bool(a.DetailedMonitoring),
		"imds":                  pulumi.String(string(a.IMDS)),
		"terminationProtection": pulumi.Bool(a.TerminationProtection),
		"agentAutoUpdate":       pulumi.Bool(a.AgentAutoUpdate),
	}
}

func (a *InstancesArgs) validateArgs() error {
	if a == nil {
		return errors.New("missing args")
	}
	var errs []error
	missing := func(field string, is bool) {
		if is {
			errs = append(errs, errors.New("missing "+field))
		}
	}
	missing("NamePrefix", a.NamePrefix == "")
	missing("SubnetIDs", len(a.SubnetIDs) == 0)
	for _, zone := range a.zones() {
		missing(fmt.Sprintf("SubnetIDs[%q]: AWS would use the account's default VPC", zone), a.SubnetIDs[zone] == nil)
	}
	missing("SecurityGroupID: AWS would use the VPC's default group", a.SecurityGroupID == nil)
	missing("InstanceProfile: the agent would have no permissions", a.InstanceProfile == nil)
	missing("Image", a.Image.ID == nil)
	if !slices.Contains(osimage.All(), a.OS) {
		errs = append(errs, fmt.Errorf("field OS is %q, not one of %q", a.OS, osimage.All()))
	}
	if !slices.Contains(IMDSVersions(), a.IMDS) {
		errs = append(errs, fmt.Errorf("field IMDS is %q, not one of %q", a.IMDS, IMDSVersions()))
	}
	errs = append(errs, a.Validate().Err("invalid options:"))
	return errors.Join(errs...)
}
