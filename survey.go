package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/network"
)

// place is what AWS says of the Region and account that the stack goes to.
type place struct {
	partition      string
	dnsSuffix      string
	region         string
	accountID      string
	zones          []string // names of those that the account has
	architecture   string   // x86_64 or arm64
	ebsOptimized   bool
	s3PrefixListID string // empty without the S3 endpoint
}

// survey looks up the place, and holds the settings against it: what AWS would refuse in the middle of an up becomes a
// problem here, before anything is registered. The zones get their names. An error is a lookup that failed for another
// reason than the configuration.
func survey(ctx *pulumi.Context, s *settings, found *problems) (*place, error) {
	at := &place{}
	for _, look := range []func(*pulumi.Context, *settings, *problems) error{
		at.lookUpAccount, at.lookUpZones, at.lookUpInstanceType, at.lookUpImage, at.lookUpKeyPair, at.lookUpServices, at.lookUpS3,
	} {
		if err := look(ctx, s, found); err != nil {
			return nil, err
		}
	}
	return at, nil
}

func (at *place) lookUpAccount(ctx *pulumi.Context, s *settings, found *problems) error {
	partition, err := aws.GetPartition(ctx, &aws.GetPartitionArgs{})
	if err != nil {
		return fmt.Errorf("look up the partition: %w", err)
	}
	region, err := aws.GetRegion(ctx, &aws.GetRegionArgs{})
	if err != nil {
		return fmt.Errorf("look up the Region: %w", err)
	}
	caller, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{})
	if err != nil {
		return fmt.Errorf("look up the account: %w", err)
	}
	at.partition, at.dnsSuffix, at.region, at.accountID = partition.Partition, partition.DnsSuffix, region.Name, caller.AccountId

	for _, principal := range s.sessionPrincipals {
		if _, err := iam.ParsePrincipal(at.partition, principal.String()); err != nil {
			found.add("sessionPrincipals", "%w", err)
		}
	}
	at.checkARN(found, "permissionsBoundary", s.permissionsBoundary,
		"arn:"+at.partition+":iam::(?:"+at.accountID+`|aws):policy/(?:[\x21-\x7e]+/)*[\w+=,.@-]{1,128}`,
		"arn:"+at.partition+":iam::"+at.accountID+":policy/NAME")
	at.checkARN(found, "rootVolumeKmsKey", s.rootVolumeKMSKey,
		"arn:"+at.partition+":kms:"+at.region+":[0-9]{12}:key/[A-Za-z0-9-]+",
		"arn:"+at.partition+":kms:"+at.region+":"+at.accountID+":key/ID")
	if size := at.sessionRole(s).TrustPolicySize(); size > iam.MaxTrustPolicy {
		found.add("sessionPrincipals", "%d principals make a trust policy of %d characters, and AWS allows %d: list fewer, "+
			"such as account or a role that people share", len(s.sessionPrincipals), size, iam.MaxTrustPolicy)
	}
	return nil
}

// checkARN holds an ARN, where one is given, against a form in which partition, Region and account are those of the place.
func (at *place) checkARN(found *problems, key, arn, form, example string) {
	if arn != "" && !regexp.MustCompile("^"+form+"$").MatchString(arn) {
		found.add(key, "%q is not an ARN that fits here: write it like %s", arn, example)
	}
}

// sessionRole is the session role's arguments as far as they are known before there are instances.
func (at *place) sessionRole(s *settings) *iam.SessionRoleArgs {
	return &iam.SessionRoleArgs{
		Partition:           at.partition,
		Region:              at.region,
		AccountID:           at.accountID,
		RoleName:            s.sessionRoleName,
		PermissionsBoundary: s.permissionsBoundary,
		Principals:          s.sessionPrincipals,
		RequireMFA:          s.requireMFA,
		MFAMaxAgeMinutes:    s.mfaMaxAgeMinutes,
		Documents:           s.sessionDocuments,
		AnyInstance:         s.anyInstance,
		PushKey:             s.pushesKey(),
	}
}

func (at *place) lookUpZones(ctx *pulumi.Context, s *settings, found *problems) error {
	zones, err := aws.GetAvailabilityZones(ctx, &aws.GetAvailabilityZonesArgs{
		State: pulumi.StringRef("available"),
		// Local Zones and Wavelength Zones are no place for endpoints.
		Filters: []aws.GetAvailabilityZonesFilter{{Name: "zone-type", Values: []string{"availability-zone"}}},
	})
	if err != nil {
		return fmt.Errorf("look up the zones of %s: %w", at.region, err)
	}
	for i := range s.zones {
		zone := &s.zones[i]
		zone.Name = at.region + zone.Letter
		repeated := slices.ContainsFunc(s.zones[:i], func(other network.Zone) bool { return other.Letter == zone.Letter })
		if zonePattern.MatchString(zone.Letter) && !repeated && !slices.Contains(zones.Names, zone.Name) {
			found.add("zones", "%q is not a zone that account %s has in %s: take from %s", zone.Letter, at.accountID, at.region,
				at.letters(zones.Names))
		}
	}
	at.zones = zones.Names
	return nil
}

// letters lists zones as the configuration writes them.
func (at *place) letters(zones []string) string {
	letters := make([]string, len(zones))
	for i, zone := range zones {
		letters[i] = strings.TrimPrefix(zone, at.region)
	}
	slices.Sort(letters)
	return strings.Join(letters, ", ")
}

// lacking returns the stack's zones that the account has, and that are not among those given.
func (at *place) lacking(s *settings, zones []string) []string {
	var lacking []string
	for _, zone := range s.zones {
		if slices.Contains(at.zones, zone.Name) && !slices.Contains(zones, zone.Name) && !slices.Contains(lacking, zone.Name) {
			lacking = append(lacking, zone.Name)
		}
	}
	return lacking
}

func (at *place) lookUpInstanceType(ctx *pulumi.Context, s *settings, found *problems) error {
	if !typePattern.MatchString(s.instanceType) {
		return nil
	}
	offerings, err := ec2.GetInstanceTypeOfferings(ctx, &ec2.GetInstanceTypeOfferingsArgs{
		LocationType: pulumi.StringRef("availability-zone"),
		Filters:      []ec2.GetInstanceTypeOfferingsFilter{{Name: "instance-type", Values: []string{s.instanceType}}},
	})
	if err != nil {
		return fmt.Errorf("look up where %s is offered: %w", s.instanceType, err)
	}
	if len(offerings.Locations) == 0 {
		found.add("instanceType", "%q is not offered in %s: give a type that is, such as t3.micro", s.instanceType, at.region)
		return nil
	}
	if lacking := at.lacking(s, offerings.Locations); len(lacking) > 0 {
		found.add("instanceType", "%q is not offered in %s: take zones from %s, or another type", s.instanceType,
			strings.Join(lacking, ", "), at.letters(offerings.Locations))
	}
	details, err := ec2.GetInstanceType(ctx, &ec2.GetInstanceTypeArgs{InstanceType: s.instanceType})
	if err != nil {
		return fmt.Errorf("look up instance type %s: %w", s.instanceType, err)
	}
	at.ebsOptimized = details.EbsOptimizedSupport != "unsupported"
	for _, architecture := range []string{"x86_64", "arm64"} {
		if slices.Contains(details.SupportedArchitectures, architecture) {
			at.architecture = architecture
			return nil
		}
	}
	found.add("instanceType", "%q runs %s, and Amazon Linux is for x86_64 and arm64: give another type", s.instanceType,
		strings.Join(details.SupportedArchitectures, ", "))
	return nil
}

// lookUpImage holds a pinned image against the instance type and the root volume.
func (at *place) lookUpImage(ctx *pulumi.Context, s *settings, found *problems) error {
	if !imagePattern.MatchString(s.amiID) {
		return nil
	}
	image, err := ec2.LookupAmi(ctx, &ec2.LookupAmiArgs{
		Filters: []ec2.GetAmiFilter{{Name: "image-id", Values: []string{s.amiID}}},
		// A pinned image grows old on purpose.
		IncludeDeprecated: pulumi.BoolRef(true),
	})
	if err != nil {
		if strings.Contains(err.Error(), "query returned no results") {
			found.add("amiId", "%q does not exist in %s, or account %s may not use it: give an image that it may use, "+
				"or none for the newest", s.amiID, at.region, at.accountID)
			return nil
		}
		return fmt.Errorf("look up image %s: %w", s.amiID, err)
	}
	if at.architecture != "" && image.Architecture != at.architecture {
		found.add("amiId", "%q is for %s, and instance type %s runs %s: give an image and a type that match", s.amiID,
			image.Architecture, s.instanceType, at.architecture)
	}
	for _, mapping := range image.BlockDeviceMappings {
		size, err := strconv.Atoi(mapping.Ebs["volume_size"])
		if err == nil && mapping.DeviceName == image.RootDeviceName && s.rootVolumeGiB >= minRootGiB && s.rootVolumeGiB < size {
			found.add("rootVolumeGiB", "%d GiB is smaller than image %s, which has %d: give at least %d", s.rootVolumeGiB, s.amiID,
				size, size)
		}
	}
	return nil
}

func (at *place) lookUpKeyPair(ctx *pulumi.Context, s *settings, found *problems) error {
	if s.keyName == "" {
		return nil
	}
	_, err := ec2.LookupKeyPair(ctx, &ec2.LookupKeyPairArgs{KeyName: pulumi.StringRef(s.keyName)})
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "InvalidKeyPair.NotFound"),
		strings.Contains(err.Error(), "no matching EC2 Key Pair found"):
		found.add("keyName", "there is no key pair %q in %s: give one that exists, or sshPublicKey to create one, or neither",
			s.keyName, at.region)
		return nil
	}
	return fmt.Errorf("look up key pair %s: %w", s.keyName, err)
}

func (at *place) lookUpServices(ctx *pulumi.Context, s *settings, found *problems) error {
	for _, code := range s.services() {
		key, remedy := "interfaceEndpoints", fmt.Sprintf("remove %q from interfaceEndpoints", code)
		switch code {
		case endpoints.SSM, endpoints.SSMMessages:
			key, remedy = "aws:region", "take another Region"
		case endpoints.EC2Messages:
			key, remedy = "ec2messagesEndpoint", "set ec2messagesEndpoint to false"
		case endpoints.Logs:
			if s.records(cloudWatch) {
				key, remedy = "sessionLogs", "record to s3 instead"
			}
		case endpoints.KMS:
			if s.sessionEncryption {
				key, remedy = "sessionEncryption", "set sessionEncryption to false"
			}
		}
		if err := at.lookUpService(ctx, s, found, code, key, remedy); err != nil {
			return err
		}
	}
	return nil
}

// lookUpService holds one endpoint service against the stack's zones.
func (at *place) lookUpService(
	ctx *pulumi.Context, s *settings, found *problems, code, key, remedy string,
) error {
	name := endpoints.ServiceName(at.partition, at.region, code)
	service, err := ec2.LookupVpcEndpointService(ctx, &ec2.LookupVpcEndpointServiceArgs{
		ServiceName: pulumi.StringRef(name),
		ServiceType: pulumi.StringRef("Interface"),
	})
	if err != nil {
		if noSuchService(err) {
			found.add(key, "%s offers no interface endpoint %s: %s", at.region, name, remedy)
			return nil
		}
		return fmt.Errorf("look up endpoint service %s: %w", name, err)
	}
	if len(service.AvailabilityZones) == 0 {
		// In GovCloud AWS gives names alone. It refuses then only when the endpoint is made.
		return nil
	}
	if service.PrivateDnsName == "" {
		found.add(key, "endpoint service %s has no private DNS name, by which programs in the VPC would find it: %s", name, remedy)
	}
	if lacking := at.lacking(s, service.AvailabilityZones); len(lacking) > 0 {
		found.add("zones", "endpoint service %s is not offered in %s: take zones from %s, or %s", name,
			strings.Join(lacking, ", "), at.letters(service.AvailabilityZones), remedy)
	}
	return nil
}

// noSuchService reads the provider's text, since an error of a lookup has no code.
func noSuchService(err error) bool {
	return strings.Contains(err.Error(), "InvalidServiceName") ||
		strings.Contains(err.Error(), "no matching EC2 VPC Endpoint Service found")
}

func (at *place) lookUpS3(ctx *pulumi.Context, s *settings, _ *problems) error {
	if !s.s3Endpoint {
		return nil
	}
	name := endpoints.ServiceName(at.partition, at.region, endpoints.S3)
	list, err := ec2.LookupManagedPrefixList(ctx, &ec2.LookupManagedPrefixListArgs{Name: pulumi.StringRef(name)})
	if err != nil {
		return fmt.Errorf("look up the prefix list of S3, %s: %w", name, err)
	}
	at.s3PrefixListID = list.Id
	return nil
}
