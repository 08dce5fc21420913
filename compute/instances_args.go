package compute

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/contract"
	"bastionless/internal/osimage"
)

// InstancesArgs describes identical instances in one or more zones.
type InstancesArgs struct {
	Options
	// NamePrefix is the prefix of the Name tags. Required. Plain: tags are built from it.
	NamePrefix string
	// NameTags maps names of instances to Name tags that replace the default, <NamePrefix>-ec2-<instance
	// name>. Optional. Plain: tags are built from it.
	NameTags map[string]string
	// Owner is the value of the tag contract.OwnerTag of the instances, by which the association finds them. Required
	// with Tags, and otherwise ignored.
	Owner string
	// SubnetIDs maps the letter of each zone to the subnet of its instances. Required. Plain: resources
	// are named after the keys.
	SubnetIDs map[string]pulumi.StringInput
	// SecurityGroupID is the security group of the instances. Required: AWS would use the VPC's default
	// group.
	SecurityGroupID pulumi.StringInput
	// ExistingSecurityGroupIDs are further security groups of the instances. Optional.
	ExistingSecurityGroupIDs []string
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

// ownTags returns the tags of the instances besides Name, or nil.
func (a *InstancesArgs) ownTags() map[string]string {
	if len(a.Tags) == 0 {
		return nil
	}
	tags := maps.Clone(a.Tags)
	tags[contract.OwnerTag] = a.Owner
	return tags
}

// securityGroups returns the security groups of the instances, the stack's own first.
func (a *InstancesArgs) securityGroups() pulumi.StringArray {
	groups := pulumi.StringArray{a.SecurityGroupID}
	for _, id := range a.ExistingSecurityGroupIDs {
		groups = append(groups, pulumi.String(id))
	}
	return groups
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
	inputs := pulumi.Map{
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
	if len(a.ExistingSecurityGroupIDs) > 0 {
		inputs["existingSecurityGroupIds"] = pulumi.ToStringArray(a.ExistingSecurityGroupIDs)
	}
	if len(a.Tags) > 0 {
		inputs["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return inputs
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
	missing("PerZone", a.PerZone == 0)
	missing("Owner", len(a.Tags) > 0 && a.Owner == "")
	if !slices.Contains(osimage.All(), a.OS) {
		errs = append(errs, fmt.Errorf("field OS is %q, not one of %q", a.OS, osimage.All()))
	}
	if !slices.Contains(IMDSVersions(), a.IMDS) {
		errs = append(errs, fmt.Errorf("field IMDS is %q, not one of %q", a.IMDS, IMDSVersions()))
	}
	errs = append(errs, a.Validate().Err("invalid options:"))
	return errors.Join(errs...)
}
