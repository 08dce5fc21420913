package awssim

// providerVersion is the version of pulumi-aws that the provider simulates.
const providerVersion = "6.83.2"

// This file contains the names of version 6 that version 7 of pulumi-aws changes, as far as the simulated AWS
// supports them. To simulate version 7, start here. The comments say what version 7 has instead.
//
//   - https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration
//   - https://www.pulumi.com/registry/packages/aws/how-to-guides/enhanced-region-support
//
// The simulated AWS does not support what version 7 adds:
//
//   - Resources other than those of IAM, and lookups other than getCallerIdentity, getPartition and
//     getVpcEndpointService, have an input "region". It must be a Region of the provider's partition and
//     defaults to the provider's Region. A change replaces the resource. Each of these resources and lookups
//     returns it, too, and an ID for an import may end with "@" and a Region.
//   - In version 6, the output "tags" may contain the provider's default tags. The simulated AWS always returns the
//     resource's own tags only, as version 7 does.
//   - getAmi with mostRecent rejects a lookup without owners and without a filter for image-id or owner-id,
//     unless allowUnsafeFilter is set.
//   - New inputs are bucketNamespace (Bucket), skipDestroy (BucketPublicAccessBlock), deletionProtectionEnabled
//     (LogGroup), regionalNatGatewayId and tagFieldSpecifications (FlowLog), calendarNames (Association),
//     odbNetworkArn (Route), ipv4IpamPoolId, ipv4NetmaskLength, ipv6IpamPoolId and ipv6NetmaskLength (Subnet), and
//     forceDestroy, placementGroupId, primaryNetworkInterface and secondaryNetworkInterfaces (Instance).

// Tokens. In version 7 they do not contain "V2". Version 7 keeps these as deprecated types.
const (
	bucketToken           = "aws:s3/bucketV2:BucketV2"
	bucketEncryptionToken = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	versioningToken       = "aws:s3/bucketVersioningV2:BucketVersioningV2"
	lifecycleToken        = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
)

// Names of properties.
const (
	// bucketRegionOutput is the Region of a bucket. Version 7: "bucketRegion".
	bucketRegionOutput = "region"
	// regionArgument is the Region that getRegion looks up and returns. Version 7: "region".
	regionArgument = "name"
	// serviceRegionOutput is the Region of an endpoint service. Version 7: "serviceRegion".
	serviceRegionOutput = "region"
	// assumeRoleInput is an input of the provider. Version 7: "assumeRoles", a list.
	assumeRoleInput = "assumeRole"
)

// version6Inputs are inputs that version 7 does not have, by resource type.
var version6Inputs = map[string]map[string]attribute{
	// Version 7 has one object instead of each list: logging, replicationConfiguration,
	// serverSideEncryptionConfiguration, versioning and website.
	bucketToken: {
		"loggings": {Computed: true}, "replicationConfigurations": {Computed: true},
		"serverSideEncryptionConfigurations": {Computed: true}, "versionings": {Computed: true}, "websites": {Computed: true},
	},
	// Version 7 has logDestination only.
	flowLogToken: {"logGroupName": {ForceNew: true, Computed: true}},
	// Version 7 has targets only.
	ssmAssociationToken: {"instanceId": {ForceNew: true}},
}
