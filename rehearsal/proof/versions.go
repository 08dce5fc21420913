package proof

import "strings"

// This file contains what the proofs know about the versions of pulumi-aws. All other files use the names of types
// and properties in version 6. States of version 7 differ as follows:
//
//   - The types in renamedIn7 have other names. BucketV2 is among them: version 7 calls it Bucket. Its properties are
//     those of the older type Bucket of version 6 as far as claims depend on them, so the proofs treat both alike.
//   - Resources have more inputs, which version7Inputs lists. In addition, most have the input and output "region".
//     See ownLocation, which determines the Region of a resource.
//   - An instance shows its first network interface in primaryNetworkInterface.
//
// Inputs that version 7 does not have, such as logGroupName of FlowLog, are absent from its states.
//
//   - https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration
//   - https://www.pulumi.com/registry/packages/aws/how-to-guides/enhanced-region-support

// renamedIn7 are types of version 7 whose name in version 6 ends with "V2".
var renamedIn7 = toSet(`
aws:s3/bucketAccelerateConfiguration:BucketAccelerateConfiguration aws:s3/bucketAcl:BucketAcl
aws:s3/bucketCorsConfiguration:BucketCorsConfiguration aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration
aws:s3/bucketLogging:BucketLogging aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration
aws:s3/bucketRequestPaymentConfiguration:BucketRequestPaymentConfiguration
aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration
aws:s3/bucketVersioning:BucketVersioning aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration
`)

// version6Type returns the name that version 6 has for a type.
func version6Type(typ string) string {
	if !renamedIn7[typ] {
		return typ
	}
	module, name, _ := strings.Cut(strings.TrimPrefix(typ, "aws:"), ":")
	return "aws:" + module + "V2:" + name + "V2"
}

// version7Inputs are inputs that version 7 adds to the types in inputTables.
var version7Inputs = map[string]inputTable{
	"aws:ec2/subnet:Subnet": {harmless: map[string]string{
		"ipv4IpamPoolId ipv4NetmaskLength": isShown, "ipv6IpamPoolId ipv6NetmaskLength": isIPv6,
	}},
	"aws:ec2/route:Route": {read: "odbNetworkArn"},
	"aws:ec2/natGateway:NatGateway": {
		harmless: map[string]string{"availabilityZoneAddresses vpcId": "availabilityMode shows whether the gateway is regional"},
		unread:   map[string]string{"availabilityMode=zonal": "a regional gateway has its own route table and may be in any zone"},
	},
	"aws:ec2/networkInterface:NetworkInterface":                     {harmless: map[string]string{"enaSrdSpecification": isCapacity}},
	"aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment": {harmless: map[string]string{"networkCardIndex": isCapacity}},
	"aws:ec2/instance:Instance": {
		read:     "primaryNetworkInterface",
		harmless: map[string]string{"forceDestroy": isCreation, "placementGroupId": isCapacity},
		unread:   map[string]string{"secondaryNetworkInterfaces": "they are in a secondary network, which the proofs do not read"},
	},
	"aws:ec2/flowLog:FlowLog": {harmless: map[string]string{
		"regionalNatGatewayId":   "only flow logs of VPCs and subnets count",
		"tagFieldSpecifications": "no claim is about the format of flow logs",
	}},
	"aws:ebs/volume:Volume":           {harmless: map[string]string{"volumeInitializationRate": isCapacity}},
	"aws:route53/zone:Zone":           {harmless: map[string]string{"enableAcceleratedRecovery": isCapacity}},
	"aws:iam/policy:Policy":           {harmless: map[string]string{"delayAfterPolicyCreationInMs": isCreation}},
	"aws:ssm/association:Association": {harmless: map[string]string{"calendarNames": "sessions do not wait for an association"}},
	"aws:cloudwatch/logGroup:LogGroup": {harmless: map[string]string{
		"deletionProtectionEnabled": "it only keeps records longer",
	}},
	"aws:s3/bucket:Bucket": {harmless: map[string]string{
		"bucketNamespace": isLabel, "logging": "access logs contain no records", "objectLockEnabled": "it only keeps records longer",
	}},
	"aws:s3/bucketV2:BucketV2":                               {harmless: map[string]string{"bucketNamespace": isLabel}},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {harmless: map[string]string{"skipDestroy": isCreation}},
}

// networkInterfaces returns the network interfaces in the properties of an instance, in the form that version 6 has.
func (i *instance) networkInterfaces() []map[string]any {
	interfaces := i.objects("networkInterfaces")
	if id := asStr(i.object("primaryNetworkInterface")["networkInterfaceId"]); id != "" {
		interfaces = append(interfaces, map[string]any{"networkInterfaceId": id, "deviceIndex": 0.0})
	}
	return interfaces
}
