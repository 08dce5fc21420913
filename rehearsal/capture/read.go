package capture

import (
	"context"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/account"
)

// readOffers reads what AWS offers to the account, except images.
func (r *reader) readOffers(ctx context.Context) {
	f := r.file
	readList(ctx, r, describeZones, &f.Zones)
	if found, ok := read[[]struct{ InstanceType, Location string }](ctx, r, describeOfferings); ok {
		f.InstanceTypeOfferings = map[string][]string{}
		for _, offering := range found {
			f.InstanceTypeOfferings[offering.InstanceType] = append(f.InstanceTypeOfferings[offering.InstanceType], offering.Location)
		}
		r.captured(describeOfferings, len(f.InstanceTypeOfferings))
	}
	if found, ok := read[[]account.EndpointService](ctx, r, describeServices); ok {
		setList(r, describeServices, &f.EndpointServices, slices.DeleteFunc(found, ofOtherAccount))
	}
	r.readPrefixLists(ctx)
	if found, ok := read[[]struct{ Name, Value string }](ctx, r, getParameters); ok {
		f.ImageParameters = map[string]string{}
		for _, parameter := range found {
			f.ImageParameters[parameter.Name] = parameter.Value
		}
		r.captured(getParameters, len(f.ImageParameters))
	}
	r.readQuotas(ctx)
	if enabled, ok := read[bool](ctx, r, getEncryption); ok {
		f.EbsEncryptionByDefault = &enabled
		r.captured(getEncryption, 1)
	}
}

// ofOtherAccount reports whether a service is not AWS's own. Such a service is named
// com.amazonaws.vpce.REGION.vpce-svc-ID: https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html
func ofOtherAccount(service account.EndpointService) bool {
	return strings.Contains(service.ServiceName, "amazonaws.vpce.")
}

// readPrefixLists reads the prefix lists that AWS manages. Only a second call returns their blocks.
func (r *reader) readPrefixLists(ctx context.Context) {
	lists, ok := read[[]account.PrefixList](ctx, r, describeManagedPrefixLists)
	if !ok {
		return
	}
	withBlocks, _ := read[[]account.PrefixList](ctx, r, describePrefixLists)
	for i := range lists {
		for _, other := range withBlocks {
			if other.PrefixListId == lists[i].PrefixListId {
				lists[i].Cidrs = other.Cidrs
			}
		}
	}
	setList(r, describeManagedPrefixLists, &r.file.PrefixLists, lists)
}

// summaryQuotas maps entries of IAM's account summary to the codes of the quotas. Service Quotas itself answers about IAM
// in one Region of each partition only.
var summaryQuotas = map[string]string{
	"RolesQuota":                   "L-FE177D64",
	"InstanceProfilesQuota":        "L-6E65F664",
	"AttachedPoliciesPerRoleQuota": "L-0DA4ABF3",
}

// readQuotas reads the quotas. The account's own values replace the defaults.
func (r *reader) readQuotas(ctx context.Context) {
	quotas := map[string]float64{}
	for _, call := range []Call{listDefaultQuotas, listQuotas} {
		found, _ := read[[]struct {
			QuotaCode string
			Value     float64
		}](ctx, r, call)
		for _, quota := range found {
			quotas[quota.QuotaCode] = quota.Value
		}
	}
	summary, _ := read[map[string]float64](ctx, r, getAccountSummary)
	for name, code := range summaryQuotas {
		if value, ok := summary[name]; ok {
			quotas[code] = value
		}
	}
	if len(quotas) > 0 {
		r.file.Quotas = quotas
		r.captured(listQuotas, len(quotas))
	}
}

// readNetwork reads key pairs, VPCs and what they contain.
func (r *reader) readNetwork(ctx context.Context) {
	f := r.file
	readList(ctx, r, describeKeyPairs, &f.KeyPairs)
	readList(ctx, r, describeVpcs, &f.Vpcs)
	for i := range f.Vpcs {
		vpc := &f.Vpcs[i]
		vpc.EnableDnsSupport = r.readAttribute(ctx, describeDNSSupport, vpc.VpcId)
		vpc.EnableDnsHostnames = r.readAttribute(ctx, describeDNSHostnames, vpc.VpcId)
	}
	readList(ctx, r, describeSubnets, &f.Subnets)
	readList(ctx, r, describeRouteTables, &f.RouteTables)
	readList(ctx, r, describeNetworkACLs, &f.NetworkAcls)
	readList(ctx, r, describeGroups, &f.SecurityGroups)
	readList(ctx, r, describeEndpoints, &f.VpcEndpoints)
}

// readAttribute reads an attribute of a VPC. It returns nil if it is unknown.
func (r *reader) readAttribute(ctx context.Context, call Call, vpcID string) *bool {
	attribute, ok := read[struct{ Value *bool }](ctx, r, call, "--vpc-id", vpcID)
	if ok && attribute.Value == nil {
		r.reject(call, "%s of %s has no Value", call.Key, vpcID)
	}
	return attribute.Value
}

// maxFilterValues is the number of values that a filter of EC2 may have.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
const maxFilterValues = 200

// readInstances reads the instances, and the images that they, the parameters and the stack refer to.
func (r *reader) readInstances(ctx context.Context, stackImages []string) {
	ids := map[string]bool{}
	for _, id := range stackImages {
		ids[id] = true
	}
	for _, id := range r.file.ImageParameters {
		ids[id] = true
	}
	if found, ok := read[[]struct{ Instances []account.Instance }](ctx, r, describeInstances); ok {
		var instances []account.Instance
		for _, reservation := range found {
			if reservation.Instances == nil {
				r.reject(describeInstances, "a reservation has no Instances")
			}
			instances = append(instances, reservation.Instances...)
		}
		for _, instance := range instances {
			ids[instance.ImageId] = true
		}
		setList(r, describeInstances, &r.file.Instances, instances)
	}
	var images []account.Image
	// With --filters instead of --image-ids, an image that no longer exists is no error.
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(ids)), maxFilterValues) {
		found, ok := read[[]account.Image](ctx, r, describeImages, "--filters", "Name=image-id,Values="+strings.Join(chunk, ","))
		if !ok {
			return
		}
		images = append(images, found...)
	}
	setList(r, describeImages, &r.file.Images, images)
}

// readHostManagement reads the role of Default Host Management Configuration.
func (r *reader) readHostManagement(ctx context.Context) {
	// AWS returns this value instead of an empty one if the setting has no role.
	const none = "$None"
	setting, ok := read[struct{ SettingValue string }](ctx, r, getServiceSetting)
	switch {
	case !ok:
		return
	case setting.SettingValue == "":
		r.reject(getServiceSetting, "%s has no SettingValue", getServiceSetting.Key)
		return
	case setting.SettingValue == none:
		setting.SettingValue = ""
	}
	r.file.HostManagementRole = &setting.SettingValue
	r.captured(getServiceSetting, 1)
}

// readNames reads the names of buckets, log groups and documents.
func (r *reader) readNames(ctx context.Context) {
	readNames(ctx, r, listBuckets, &r.file.Buckets, func(bucket struct{ Name string }) string { return bucket.Name })
	readNames(ctx, r, describeLogGroups, &r.file.LogGroups, func(group struct{ LogGroupName string }) string { return group.LogGroupName })
	readNames(ctx, r, listDocuments, &r.file.Documents, func(document struct{ Name string }) string { return document.Name })
}

func readNames[T any](ctx context.Context, r *reader, call Call, section *[]string, name func(T) string) {
	if found, ok := read[[]T](ctx, r, call); ok {
		names := make([]string, len(found))
		for i := range found {
			names[i] = name(found[i])
		}
		setList(r, call, section, names)
	}
}
