// Package compute gives instances that only Session Manager reaches: no public address and no inbound rule.
package compute

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// instancesType is recorded in state: a change replaces every instance unless the old token stays as an alias.
const instancesType = "bastionless:compute:Instances"

// IMDS says which versions of the instance metadata service an instance answers.
type IMDS string

// The values of IMDS.
const (
	// IMDSv2 demands a session token, which a forged request cannot get.
	IMDSv2 IMDS = "v2"
	// IMDSOptional answers requests without a token, too.
	IMDSOptional IMDS = "optional"
)

// Every root volume has what gp3 gives without a surcharge.
// https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
const (
	rootVolumeType = "gp3"
	rootIOPS       = 3000
	rootMiBps      = 125
)

// InstancesArgs describes like instances in one or more zones.
type InstancesArgs struct {
	// NamePrefix begins the Name tags. Required. Plain: tags are built from it.
	NamePrefix string
	// SubnetIDs maps the letter of each zone to the subnet of its instances. Required. Plain: each key names resources.
	SubnetIDs map[string]pulumi.StringInput
	// PerZone is how many instances a zone has, at least 1. Required. Plain: it decides how many resources there are.
	PerZone int
	// SecurityGroupID guards the instances. Required: without it AWS takes the VPC's default group.
	SecurityGroupID pulumi.StringInput
	// InstanceProfile is the name of the instances' profile. Required.
	InstanceProfile pulumi.StringInput
	// InstanceType is the type, such as "t3.micro". Required. Plain: the image must suit it.
	InstanceType string
	// EBSOptimized gives the root volume a path of its own to EBS, where the type can. A change replaces the instances.
	EBSOptimized bool
	// Image is what the instances boot. Required.
	Image Image
	// KeyName is an existing key pair for SSH. Optional, and not together with PublicKey. A change replaces the
	// instances.
	KeyName string
	// PublicKey is an SSH public key in OpenSSH's format, for a key pair of the stack's own. Optional. Plain: it decides
	// whether there is a key pair. A change replaces the instances.
	PublicKey string
	// UserData is a script that runs as root on the first boot. Optional. A change restarts the instances, without
	// running it.
	UserData string
	// RootVolumeGiB is the size of the root volume, which can grow and not shrink. Required.
	RootVolumeGiB int
	// RootVolumeEncrypted encrypts the root volume. A change replaces the instances.
	RootVolumeEncrypted bool
	// RootVolumeKMSKey is the ARN of the key that encrypts the root volume. Optional: empty, the account's key for EBS. A
	// change replaces the instances. Plain: it decides whether a property is set.
	RootVolumeKMSKey string
	// DetailedMonitoring reports metrics to CloudWatch every minute, and not every five, for a charge.
	DetailedMonitoring bool
	// IMDS says which versions of the metadata service answer. Required.
	IMDS IMDS
	// TerminationProtection makes EC2 refuse to end the instances, also when they are to be replaced or destroyed.
	TerminationProtection bool
	// AgentAutoUpdate updates the SSM Agent every Sunday.
	AgentAutoUpdate bool
	// After must exist before an instance boots: permissions, endpoints, rules, routes. Resources and not components,
	// since to wait for a component misses some of its children.
	After []pulumi.Resource
}

// Instances is the instances, named by zone and number ("a-1"), with their key pair and the association that updates
// their agents.
type Instances struct {
	pulumi.ResourceState

	// InstanceIDs maps each instance's name to its id.
	InstanceIDs pulumi.StringMapOutput `pulumi:"instanceIds"`
	// PrivateIPs maps each instance's name to its address.
	PrivateIPs pulumi.StringMapOutput `pulumi:"privateIps"`

	ids pulumi.StringArray
}

// NewInstances declares the instances that args describe.
func NewInstances(
	ctx *pulumi.Context, name string, args *InstancesArgs, opts ...pulumi.ResourceOption,
) (*Instances, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("instances %q: %w", name, err)
	}
	c := &Instances{}
	if err := ctx.RegisterComponentResourceV2(instancesType, name, args.inputs(), c, opts...); err != nil {
		return nil, fmt.Errorf("instances %q: %w", name, err)
	}
	keyName, err := c.newKeyPair(ctx, name, args)
	if err != nil {
		return nil, fmt.Errorf("instances %q: key pair: %w", name, err)
	}
	ids, addresses := pulumi.StringMap{}, pulumi.StringMap{}
	for _, member := range Members(args.zones(), args.PerZone) {
		instance, err := c.newInstance(ctx, name, args, member, keyName)
		if err != nil {
			return nil, fmt.Errorf("instances %q: %s: %w", name, member.Name, err)
		}
		ids[member.Name] = instance.ID()
		addresses[member.Name] = instance.PrivateIp
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

// Member is one instance of Instances.
type Member struct {
	// Name is zone and number, such as "a-1".
	Name string
	// Zone is the zone's letter.
	Zone string
}

// Members returns the instances that so many in each of these zones make, in order.
func Members(zones []string, perZone int) []Member {
	var members []Member
	for _, zone := range zones {
		for n := 1; n <= perZone; n++ {
			members = append(members, Member{Name: zone + "-" + strconv.Itoa(n), Zone: zone})
		}
	}
	return members
}

// newKeyPair returns the name of the key pair, or nil where there is none.
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
	ctx *pulumi.Context, name string, args *InstancesArgs, member Member, keyName pulumi.StringPtrInput,
) (*ec2.Instance, error) {
	tags := pulumi.StringMap{"Name": pulumi.String(args.NamePrefix + "-ec2")}
	if member.Name != "a-1" {
		// The article's one instance has a bare name. All others say which they are: by name and not by number, so that
		// a zone that comes or goes renames no instance of another.
		tags["Name"] = pulumi.String(args.NamePrefix + "-ec2-" + member.Name)
	}
	tokens := "optional"
	if args.IMDS == IMDSv2 {
		tokens = "required"
	}
	return ec2.NewInstance(ctx, name+"-"+member.Name, &ec2.InstanceArgs{
		Ami:                      args.Image.ID,
		InstanceType:             pulumi.String(args.InstanceType),
		EbsOptimized:             pulumi.Bool(args.EBSOptimized),
		SubnetId:                 args.SubnetIDs[member.Zone],
		AssociatePublicIpAddress: pulumi.Bool(false),
		VpcSecurityGroupIds:      pulumi.StringArray{args.SecurityGroupID},
		IamInstanceProfile:       args.InstanceProfile,
		KeyName:                  keyName,
		UserData:                 optional(args.UserData),
		// Always said: left out, what was on would stay on.
		Monitoring:            pulumi.Bool(args.DetailedMonitoring),
		DisableApiTermination: pulumi.Bool(args.TerminationProtection),
		MetadataOptions: ec2.InstanceMetadataOptionsArgs{
			HttpEndpoint: pulumi.String("enabled"),
			HttpTokens:   pulumi.String(tokens),
			// One hop: an answer does not leave the instance, not even for a container on it.
			HttpPutResponseHopLimit: pulumi.Int(1),
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

// options are those of every instance.
func (a *InstancesArgs) options(parent pulumi.Resource) []pulumi.ResourceOption {
	// The provider takes no notice of a key that is no longer given. But whoever has the key pair could still log in, and
	// without the volume's key nobody could read the volume.
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
	if a.Image.kept {
		// AWS publishes images every few weeks. Without this each would replace the instances at the next up.
		options = append(options, pulumi.IgnoreChanges([]string{"ami"}))
	}
	if a.TerminationProtection {
		// EC2 refuses to end a protected instance. It has to do so before there is a second one beside it: the state
		// would hold both, and no setting takes the protection off an instance that is to go.
		options = append(options, pulumi.DeleteBeforeReplace(true))
	}
	return options
}

// newAgentUpdate runs AWS-UpdateSSMAgent by cron alone: with a rate, or at once, it would restart the agent in the
// instance's first minute, when the first session opens.
func (c *Instances) newAgentUpdate(ctx *pulumi.Context, name string, args *InstancesArgs) error {
	_, err := ssm.NewAssociation(ctx, name+"-agent-update", &ssm.AssociationArgs{
		// The document, which is AWS's own; not the association's name.
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

// IDs returns the ids of the instances, in the order of their names.
func (c *Instances) IDs() pulumi.StringArray { return c.ids }

// optional leaves a property out where its value is empty.
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

func (a *InstancesArgs) validate() error {
	if a == nil {
		return errors.New("missing args")
	}
	var problems []error
	missing := func(field string, is bool) {
		if is {
			problems = append(problems, errors.New("missing "+field))
		}
	}
	missing("NamePrefix", a.NamePrefix == "")
	missing("SubnetIDs", len(a.SubnetIDs) == 0)
	for _, zone := range a.zones() {
		missing(fmt.Sprintf("SubnetIDs[%q]: without it AWS takes the account's default VPC", zone), a.SubnetIDs[zone] == nil)
	}
	missing("SecurityGroupID: without it AWS takes the VPC's default group", a.SecurityGroupID == nil)
	missing("InstanceProfile: without it the agent has no permissions", a.InstanceProfile == nil)
	missing("InstanceType", a.InstanceType == "")
	missing("Image", a.Image.ID == nil)
	if a.PerZone < 1 {
		problems = append(problems, fmt.Errorf("PerZone %d: give at least 1", a.PerZone))
	}
	if a.RootVolumeGiB < 1 {
		problems = append(problems, fmt.Errorf("RootVolumeGiB %d: give at least 1", a.RootVolumeGiB))
	}
	if a.RootVolumeKMSKey != "" && !a.RootVolumeEncrypted {
		problems = append(problems, errors.New("RootVolumeKMSKey without RootVolumeEncrypted: give both"))
	}
	if a.IMDS != IMDSv2 && a.IMDS != IMDSOptional {
		problems = append(problems, fmt.Errorf("IMDS %q: give %q or %q", a.IMDS, IMDSv2, IMDSOptional))
	}
	if a.KeyName != "" && a.PublicKey != "" {
		problems = append(problems, errors.New("both KeyName and PublicKey: give one"))
	}
	return errors.Join(problems...)
}
