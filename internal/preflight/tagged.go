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
)

// maxExamples is the number of instances that a warning names.
const maxExamples = 5

// taggedInstances returns the IDs of the instances of others in the VPC that have all target tags, sorted. It warns about
// instances in other VPCs that have them, and if no instance has them.
func (r *resolver) taggedInstances() ([]string, error) {
	byVPC := ec2.GetInstancesFilter{Name: "vpc-id", Values: []string{r.plan.Existing.VPCID}}
	inVPC, err := r.instanceIDs(nil, byVPC)
	if err != nil {
		return nil, err
	}
	all, similar, err := r.instancesWithTags(inVPC)
	if err != nil {
		return nil, err
	}
	tagged := common(all, inVPC)
	r.warnAboutOtherVPCs(without(all, inVPC))
	if len(tagged) > 0 {
		own, err := r.instanceIDs(map[string]string{contract.OwnerTag: r.plan.Owner(r.ctx)}, byVPC)
		if err != nil {
			return nil, err
		}
		tagged = without(tagged, own)
	}
	if len(tagged) == 0 && !r.plan.HasInstances() {
		r.warnNotReady("targetTags", "no instance in %s has the tags %s yet: ask the owners of the instances to set them%s",
			r.plan.Existing.VPCID, joinTags(r.plan.SessionRole.TargetTags), r.describeSimilar(common(similar, inVPC)))
	}
	return tagged, nil
}

// instancesWithTags returns the IDs of all instances of the account that have the target tags, sorted, and of those that
// have the key of the first tag. IAM ignores the case of keys, but filters of EC2 do not, so it looks at the tags of
// instances that have a key in another case, those in the VPC first.
func (r *resolver) instancesWithTags(inVPC []string) (tagged, similar []string, err error) {
	var candidates []string
	for i, tag := range r.plan.SessionRole.TargetTags {
		withKey, err := r.instanceIDs(nil, ec2.GetInstancesFilter{Name: "tag-key", Values: []string{tag.Key}})
		if err != nil {
			return nil, nil, err
		}
		withSimilarKey, err := r.instanceIDs(nil, ec2.GetInstancesFilter{Name: "tag-key", Values: keyPatterns(tag.Key)})
		if err != nil {
			return nil, nil, err
		}
		withTag, err := r.instanceIDs(map[string]string{tag.Key: tag.Value})
		if err != nil {
			return nil, nil, err
		}
		inOtherCase := without(withSimilarKey, withKey)
		matching := slices.Concat(inOtherCase, withTag)
		if i == 0 {
			candidates, similar, tagged = matching, slices.Concat(inOtherCase, withKey), withTag
		}
		candidates, tagged = common(candidates, matching), common(tagged, withTag)
	}
	candidates = without(candidates, tagged)
	candidates = append(common(candidates, inVPC), without(candidates, inVPC)...)
	if len(candidates) > maxTargets {
		r.plan.LookupWarnings.Add("targetTags", diag.Unchecked, "%d instances may have the tags with keys in another case, and this "+
			"deployment looks only at the first %d", len(candidates), maxTargets)
		candidates = candidates[:maxTargets]
	}
	for _, id := range candidates {
		if tags := r.tagsOf(id); tags != nil && len(missingTags(r.plan.SessionRole, tags)) == 0 {
			tagged = append(tagged, id)
		}
	}
	slices.Sort(tagged)
	return tagged, similar, nil
}

// keyPatterns returns patterns for filters of EC2 that match a tag key in other cases: all in upper case, or all in lower
// case except for the first letter and one more, as in CostCenter.
func keyPatterns(key string) []string {
	lower := strings.ToLower(key)
	patterns := []string{strings.ToUpper(key)}
	for i := range len(lower) {
		pattern := []byte(lower)
		pattern[0], pattern[i] = '?', '?'
		patterns = append(patterns, string(pattern))
	}
	return patterns
}

// instanceIDs returns the IDs of the instances that exist, have all tags and match the filters, sorted.
func (r *resolver) instanceIDs(tags map[string]string, filters ...ec2.GetInstancesFilter) ([]string, error) {
	found, err := ec2.GetInstances(r.ctx, &ec2.GetInstancesArgs{
		InstanceTags: tags, InstanceStateNames: targetStates, Filters: filters,
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(found.Ids)
	return found.Ids, nil
}

// lookUpInstance looks up an instance once.
func (r *resolver) lookUpInstance(id string) (*ec2.LookupInstanceResult, error) {
	if instance, ok := r.instances[id]; ok {
		return instance, nil
	}
	instance, err := ec2.LookupInstance(r.ctx, &ec2.LookupInstanceArgs{InstanceId: pulumi.StringRef(id)})
	if err != nil {
		return nil, err
	}
	if r.instances == nil {
		r.instances = map[string]*ec2.LookupInstanceResult{}
	}
	r.instances[id] = instance
	return instance, nil
}

// tagsOf returns the tags of an instance. It is nil if the instance could not be looked up.
func (r *resolver) tagsOf(id string) map[string]string {
	instance, err := r.lookUpInstance(id)
	if err != nil {
		return nil
	}
	return instance.Tags
}

// warnAboutOtherVPCs warns that the role allows sessions on instances in other VPCs.
func (r *resolver) warnAboutOtherVPCs(ids []string) {
	if len(ids) == 0 {
		return
	}
	r.plan.LookupWarnings.Add("targetTags", diag.AffectsOthers, "the session role also allows sessions on instances in other VPCs that "+
		"have the tags %s, because vpcId does not limit sessions: %s. To prevent that, choose tags that only instances in %s have",
		joinTags(r.plan.SessionRole.TargetTags), examples(ids, r.vpcOf), r.plan.Existing.VPCID)
}

// vpcOf returns the ID of an instance's VPC, or "" if it could not be looked up.
func (r *resolver) vpcOf(id string) string {
	instance, err := r.lookUpInstance(id)
	if err != nil {
		return ""
	}
	subnet, err := ec2.LookupSubnet(r.ctx, &ec2.LookupSubnetArgs{Id: pulumi.StringRef(instance.SubnetId)})
	if err != nil {
		return ""
	}
	return subnet.VpcId
}

// describeSimilar returns the end of a message that no instance has the tags: those that instances with similar tags have.
func (r *resolver) describeSimilar(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ". These have similar tags: " + examples(ids, func(id string) string {
		var similar []string
		for key, value := range r.tagsOf(id) {
			isSimilar := func(target iam.Tag) bool { return strings.EqualFold(target.Key, key) }
			if slices.ContainsFunc(r.plan.SessionRole.TargetTags, isSimilar) {
				similar = append(similar, key+"="+value)
			}
		}
		slices.Sort(similar)
		return strings.Join(similar, ", ")
	})
}

// examples returns the first few IDs with a detail of each, and the number of the others.
func examples(ids []string, detail func(id string) string) string {
	var texts []string
	for _, id := range ids[:min(len(ids), maxExamples)] {
		text := id
		if more := detail(id); more != "" {
			text += " (" + more + ")"
		}
		texts = append(texts, text)
	}
	if more := len(ids) - maxExamples; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, ", ")
}

// without returns the elements of a list that are not in another one, and common those that are in both.
func without(list, others []string) []string {
	isOther := setOf(others)
	return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return isOther[id] })
}

func common(list, others []string) []string { return without(list, without(list, others)) }

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}
