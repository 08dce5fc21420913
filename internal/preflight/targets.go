package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/iam"
	"bastionless/internal/contract"
	"bastionless/internal/diag"
	"bastionless/network"
)

// Target is an existing instance on which the session role allows sessions.
type Target struct {
	// ID is the instance's ID, Zone the name of its Availability Zone and PrivateIP its IPv4 address.
	ID, Zone, PrivateIP string
	// ProfileName is the name of its instance profile. Empty: it has none, or it could not be looked up.
	ProfileName string
	// HasProfile says that it has an instance profile.
	HasProfile bool
	// SecurityGroupIDs are its security groups.
	SecurityGroupIDs []string
}

// maxTargets is the number of instances that a deployment looks up. The session policy is the same for all instances with
// the tags, so more of them would only add lookups, and resources in the state.
const maxTargets = 50

// targetStates are the states of instances that exist.
var targetStates = []string{"pending", "running", "stopping", "stopped"}

// lookUpTargets checks the existing instances on which the session role allows sessions. Their owners are responsible for
// them, so only mistakes in the configuration are problems, and the rest are warnings.
func (r *resolver) lookUpTargets() error {
	role := r.plan.SessionRole
	if !r.existing.found || role.Validate().Has("targetInstanceIds") {
		return nil
	}
	ids, key := role.TargetInstanceIDs, "targetInstanceIds"
	if role.Targets == iam.TargetsTagged && len(role.TargetTags) > 0 {
		tagged, err := r.taggedInstances()
		if err != nil {
			r.warnUnchecked("targetTags", "the instances that have the tags could not be looked up", err)
		}
		if err == nil && len(tagged) == 0 && !r.plan.HasInstances() {
			r.warnNotReady("targetTags", "no instance in %s has the tags %s yet: ask the owners of the instances to set them",
				r.plan.Existing.VPCID, joinTags(role.TargetTags))
		}
		for _, id := range tagged {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		if len(ids) > maxTargets {
			r.warnNotReady("targetTags", "%d instances have the tags, and this deployment looks only at the first %d", len(ids), maxTargets)
			ids = ids[:maxTargets]
		}
	}
	for _, id := range ids {
		if !slices.Contains(role.TargetInstanceIDs, id) {
			key = "targetTags"
		}
		if err := r.lookUpTarget(key, id); err != nil {
			return err
		}
	}
	return nil
}

// taggedInstances returns the IDs of the instances in the VPC that have all target tags, without those of the stack,
// sorted.
func (r *resolver) taggedInstances() ([]string, error) {
	tags := map[string]string{}
	for _, tag := range r.plan.SessionRole.TargetTags {
		tags[tag.Key] = tag.Value
	}
	all, err := r.instancesWith(tags)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	own, err := r.instancesWith(map[string]string{contract.OwnerTag: r.plan.Owner(r.ctx)})
	if err != nil {
		return nil, err
	}
	others := slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(own, id) })
	slices.Sort(others)
	return others, nil
}

func (r *resolver) instancesWith(tags map[string]string) ([]string, error) {
	found, err := ec2.GetInstances(r.ctx, &ec2.GetInstancesArgs{
		InstanceTags: tags, InstanceStateNames: targetStates,
		Filters: []ec2.GetInstancesFilter{{Name: "vpc-id", Values: []string{r.plan.Existing.VPCID}}},
	})
	if err != nil {
		return nil, err
	}
	return found.Ids, nil
}

// lookUpTarget looks at an instance.
func (r *resolver) lookUpTarget(key, id string) error {
	instance, err := ec2.LookupInstance(r.ctx, &ec2.LookupInstanceArgs{InstanceId: pulumi.StringRef(id)})
	gone := err == nil && !slices.Contains(targetStates, instance.InstanceState)
	switch {
	case isNone(err, "EC2 Instance"), gone:
		r.diags.Add(key, diag.NotFound, "%q does not exist in %s, or belongs to an account other than %s: list instances of %s", id,
			r.plan.Env.Region, r.plan.Env.AccountID, r.plan.Existing.VPCID)
		return nil
	case err != nil:
		r.warnUnchecked(key, id+" could not be looked up, so a rehearsal does not check it", err)
		return nil
	}
	vpcID, err := r.lookUpOtherSubnet(instance.SubnetId, id)
	switch {
	case err != nil:
		return err
	case vpcID != r.plan.Existing.VPCID:
		r.diags.Add(key, diag.Conflict, "%s is in %s, but vpcId is %s: list instances of that VPC, or change vpcId", id, vpcID,
			r.plan.Existing.VPCID)
		return nil
	}
	r.plan.Targets = append(r.plan.Targets, Target{
		ID: id, Zone: instance.AvailabilityZone, PrivateIP: instance.PrivateIp,
		ProfileName: r.checkTarget(key, instance), HasProfile: instance.IamInstanceProfile != "",
		SecurityGroupIDs: instance.VpcSecurityGroupIds,
	})
	return nil
}

// lookUpOtherSubnet adds the subnet of an existing instance or endpoint to the plan, if it is in the VPC. It returns the
// subnet's VPC.
func (r *resolver) lookUpOtherSubnet(id, of string) (vpcID string, err error) {
	plan := r.plan.ExistingVPC
	isKnown := func(other network.ExistingSubnet) bool { return other.ID == id }
	if slices.ContainsFunc(slices.Concat(plan.AppSubnets, plan.EndpointSubnets, plan.OtherSubnets), isKnown) {
		return plan.VPCID, nil
	}
	found, err := ec2.LookupSubnet(r.ctx, &ec2.LookupSubnetArgs{Id: pulumi.StringRef(id)})
	switch {
	case err != nil:
		return "", fmt.Errorf("look up subnet %s of %s: %w", id, of, err)
	case found.VpcId != plan.VPCID:
		return found.VpcId, nil
	}
	subnet := network.ExistingSubnet{ID: id, Zone: strings.TrimPrefix(found.AvailabilityZone, r.plan.Env.Region)}
	if err := r.lookUpRouteTable(&subnet); err != nil {
		return "", err
	}
	if err := r.lookUpNetworkACL(&subnet); err != nil {
		return "", err
	}
	plan.OtherSubnets = append(plan.OtherSubnets, subnet)
	return plan.VPCID, nil
}

// checkTarget warns about an instance that does not allow sessions yet. It returns the name of the instance's profile, or
// "" if there is none.
func (r *resolver) checkTarget(key string, instance *ec2.LookupInstanceResult) string {
	id := instance.Id
	if state := instance.InstanceState; state == "stopped" || state == "stopping" {
		r.warnNotReady(key, "%s is %s: ask its owner to start it: aws ec2 start-instances --instance-ids %s", id, state, id)
	}
	if missing := missingTags(r.plan.SessionRole, instance.Tags); len(missing) > 0 {
		r.warnNotReady(key, "%s does not have the tags %s: ask its owner to set them, or remove it from the list", id, joinTags(missing))
	}
	if instance.IamInstanceProfile == "" {
		r.warnNotReady(key, "%s has no instance profile, so its agent has no credentials unless Default Host Management Configuration is on "+
			"in %s: ask its owner to attach a profile whose role has AmazonSSMManagedInstanceCore", id, r.plan.Env.Region)
		return ""
	}
	return r.checkProfile(key, id, instance.IamInstanceProfile)
}

// missingTags returns the tags that an instance of TargetsTagged lacks.
func missingTags(role iam.SessionRoleOptions, tags map[string]string) []iam.Tag {
	if role.Targets != iam.TargetsTagged {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(role.TargetTags), func(tag iam.Tag) bool {
		value, ok := tags[tag.Key]
		return ok && value == tag.Value
	})
}

func joinTags(tags []iam.Tag) string {
	texts := make([]string, len(tags))
	for i, tag := range tags {
		texts[i] = tag.String()
	}
	return strings.Join(texts, ", ")
}

// warnNotReady adds a warning that an existing instance or role does not allow sessions yet.
func (r *resolver) warnNotReady(key, format string, args ...any) {
	r.plan.LookupWarnings.Add(key, diag.NotReady, format, args...)
}

// warnUnchecked adds a warning that a lookup failed.
func (r *resolver) warnUnchecked(key, what string, err error) {
	r.plan.LookupWarnings.Add(key, diag.Unchecked, "%s: %v", what, err)
}
