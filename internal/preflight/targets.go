package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/iam"
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
		ids = slices.Concat(ids, without(tagged, ids))
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

// lookUpTarget looks at an instance.
func (r *resolver) lookUpTarget(key, id string) error {
	instance, err := r.lookUpInstance(id)
	terminated := err == nil && !slices.Contains(targetStates, instance.InstanceState)
	switch {
	case key == "targetTags" && (terminated || isNone(err, "EC2 Instance")):
		return nil // it was terminated after it was found
	case terminated:
		r.diags.Add(key, diag.NotFound, "%q is %s: remove it from the list", id, instance.InstanceState)
		return nil
	case isNone(err, "EC2 Instance"):
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

// missingTags returns the tags that an instance of TargetsTagged lacks. IAM ignores the case of their keys.
func missingTags(role iam.SessionRoleOptions, tags map[string]string) []iam.Tag {
	if role.Targets != iam.TargetsTagged {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(role.TargetTags), func(tag iam.Tag) bool {
		for key, value := range tags {
			if strings.EqualFold(key, tag.Key) && value == tag.Value {
				return true
			}
		}
		return false
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
