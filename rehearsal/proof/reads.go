package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// inputTable lists the inputs of a resource type by their effect on claims.
type inputTable struct {
	// scope is the part of the state that resources of the type belong to.
	scope scope
	// read lists the inputs that claims evaluate.
	read string
	// harmless are the inputs that cannot affect any claim. It maps lists of inputs to the reason.
	harmless map[string]string
	// unread are the inputs that can affect claims and are not evaluated. It maps lists of inputs to the reason. If such
	// an input is set, the claims that rest on the resource are undecided. NAME=VALUE counts as set if NAME has another
	// value.
	unread map[string]string
}

// Reasons why inputs are harmless.
const (
	isLabel    = "names and labels change no decision of AWS"
	isCreation = "only creating, updating or deleting the resource reads it"
	isShown    = "another property of the state shows the result"
	isCapacity = "capacity, performance and price change no decision"
	isIPv6     = "IPv6 addresses, routes and rules are read where they are used"
)

// inputTables are the inputs of each resource type that claims rest on. A test compares them with the provider's.
var inputTables = map[string]inputTable{
	"aws:ec2/vpc:Vpc": {
		scope: scopeNetwork, read: "cidrBlock enableDnsHostnames enableDnsSupport",
		harmless: map[string]string{
			"tags": isLabel, "instanceTenancy enableNetworkAddressUsageMetrics": isCapacity, "ipv4IpamPoolId ipv4NetmaskLength": isShown,
			"assignGeneratedIpv6CidrBlock ipv6CidrBlock ipv6CidrBlockNetworkBorderGroup ipv6IpamPoolId ipv6NetmaskLength": isIPv6,
		},
	},
	"aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": {
		scope: scopeNetwork, read: "cidrBlock vpcId", harmless: map[string]string{"ipv4IpamPoolId ipv4NetmaskLength": isShown},
	},
	"aws:ec2/subnet:Subnet": {
		scope: scopeNetwork, read: "availabilityZone cidrBlock mapPublicIpOnLaunch vpcId assignIpv6AddressOnCreation ipv6CidrBlock",
		harmless: map[string]string{
			"tags": isLabel, "availabilityZoneId": isShown,
			"enableResourceNameDnsARecordOnLaunch enableResourceNameDnsAaaaRecordOnLaunch privateDnsHostnameTypeOnLaunch": "names of instances play no part in sessions",
		},
		unread: map[string]string{
			"customerOwnedIpv4Pool mapCustomerOwnedIpOnLaunch outpostArn": "the subnet is on an Outpost, whose local network the state does not show",
			"enableDns64": "DNS64 changes the addresses of names", "enableLniAtDeviceIndex": "instances have interfaces in the local network",
			"ipv6Native": "instances have no IPv4 address",
		},
	},
	"aws:ec2/routeTable:RouteTable":               {scope: scopeNetwork, read: "propagatingVgws routes vpcId", harmless: map[string]string{"tags": isLabel}},
	"aws:ec2/defaultRouteTable:DefaultRouteTable": {scope: scopeNetwork, read: "defaultRouteTableId propagatingVgws routes", harmless: map[string]string{"tags": isLabel}},
	"aws:ec2/route:Route": {
		scope: scopeNetwork, read: "carrierGatewayId coreNetworkArn destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId egressOnlyGatewayId " +
			"gatewayId localGatewayId natGatewayId networkInterfaceId routeTableId transitGatewayId vpcEndpointId vpcPeeringConnectionId",
	},
	"aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation": {scope: scopeNetwork, read: "routeTableId vpcId"},
	"aws:ec2/routeTableAssociation:RouteTableAssociation": {
		scope: scopeNetwork, read: "routeTableId subnetId", unread: map[string]string{"gatewayId": "the routes of a gateway divert inbound traffic"},
	},
	"aws:ec2/internetGateway:InternetGateway":                     {scope: scopeNetwork, read: "vpcId", harmless: map[string]string{"tags": isLabel}},
	"aws:ec2/internetGatewayAttachment:InternetGatewayAttachment": {scope: scopeNetwork, read: "internetGatewayId vpcId"},
	"aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": {scope: scopeNetwork, read: "vpcId", harmless: map[string]string{"tags": isLabel}},
	"aws:ec2/natGateway:NatGateway": {
		scope: scopeNetwork, read: "allocationId connectivityType secondaryAllocationIds subnetId",
		harmless: map[string]string{
			"tags": isLabel,
			"privateIp secondaryPrivateIpAddressCount secondaryPrivateIpAddresses": "the kind of the gateway decides",
		},
	},
	"aws:ec2/eip:Eip": {
		scope: scopeNetwork, read: "instance networkInterface",
		harmless: map[string]string{
			"tags": isLabel, "domain ipamPoolId networkBorderGroup publicIpv4Pool vpc": isCreation,
			"address associateWithPrivateIp": "any public address counts", "customerOwnedIpv4Pool": "any address of another network counts",
		},
	},
	"aws:ec2/eipAssociation:EipAssociation": {
		scope: scopeNetwork, read: "allocationId instanceId networkInterfaceId publicIp",
		harmless: map[string]string{"allowReassociation": isCreation, "privateIpAddress": "any address of the instance counts"},
	},
	"aws:ec2/networkAcl:NetworkAcl":                       {scope: scopeNetwork, read: "egress ingress subnetIds vpcId", harmless: map[string]string{"tags": isLabel}},
	"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl":         {scope: scopeNetwork, read: "defaultNetworkAclId egress ingress subnetIds", harmless: map[string]string{"tags": isLabel}},
	"aws:ec2/networkAclAssociation:NetworkAclAssociation": {scope: scopeNetwork, read: "networkAclId subnetId"},
	"aws:ec2/networkAclRule:NetworkAclRule": {
		scope: scopeNetwork, read: "cidrBlock egress fromPort ipv6CidrBlock networkAclId protocol ruleAction ruleNumber toPort",
		harmless: map[string]string{"icmpCode icmpType": "sessions use TCP"},
	},
	"aws:ec2/networkInterface:NetworkInterface": {
		scope: scopeNetwork, read: "attachments ipv6Addresses securityGroups subnetId",
		harmless: map[string]string{
			"description tags": isLabel, "enablePrimaryIpv6 ipv6AddressListEnabled ipv6AddressLists": isIPv6, "privateIpListEnabled privateIpLists privateIps privateIpsCount": isShown,
			"privateIp": "the state shows the address of the instance", "sourceDestCheck": "it concerns the traffic of others", "ipv6AddressCount": isShown,
		},
		unread: map[string]string{
			"interfaceType": "interfaces of other types may not carry IP traffic", "ipv4PrefixCount ipv4Prefixes ipv6PrefixCount ipv6Prefixes": "the interface has whole blocks of addresses",
		},
	},
	"aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment": {scope: scopeNetwork, read: "deviceIndex instanceId networkInterfaceId"},
	"aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment": {
		scope: scopeNetwork, read: "networkInterfaceId securityGroupId",
	},
	"aws:ec2/managedPrefixList:ManagedPrefixList": {
		scope: scopeNetwork, read: "entries", harmless: map[string]string{"name tags": isLabel, "addressFamily maxEntries": isCreation},
	},
	"aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry": {scope: scopeNetwork, read: "cidr prefixListId", harmless: map[string]string{"description": isLabel}},
	"aws:ec2/vpcDhcpOptions:VpcDhcpOptions": {
		scope: scopeNetwork, read: "domainNameServers",
		harmless: map[string]string{
			"tags": isLabel, "domainName": "names of services are complete", "netbiosNameServers netbiosNodeType": "no service uses NetBIOS",
			"ipv6AddressPreferredLeaseTime": isIPv6,
		},
		unread: map[string]string{"ntpServers": "the clock decides whether AWS accepts requests"},
	},
	"aws:ec2/defaultVpcDhcpOptions:DefaultVpcDhcpOptions":         {scope: scopeNetwork, read: "", harmless: map[string]string{"tags": isLabel, "ownerId": isShown}},
	"aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation": {scope: scopeNetwork, read: "dhcpOptionsId vpcId"},
	"aws:route53/zone:Zone": {
		scope: scopeNetwork, read: "name vpcs", harmless: map[string]string{"comment tags": isLabel, "delegationSetId": "only public zones have one", "forceDestroy": isCreation},
	},
	"aws:route53/zoneAssociation:ZoneAssociation": {scope: scopeNetwork, read: "vpcId zoneId", harmless: map[string]string{"vpcRegion": "the id of the VPC is unique"}},
	"aws:route53/record:Record": {
		scope: scopeNetwork, read: "aliases name records type zoneId", harmless: map[string]string{"allowOverwrite": isCreation, "setIdentifier": isLabel, "ttl": isCapacity},
		unread: map[string]string{
			"cidrRoutingPolicy failoverRoutingPolicies geolocationRoutingPolicies geoproximityRoutingPolicy healthCheckId latencyRoutingPolicies " +
				"multivalueAnswerRoutingPolicy weightedRoutingPolicies": "the answer depends on the query, or on a health check",
		},
	},
	"aws:route53/resolverRule:ResolverRule": {
		scope: scopeNetwork, read: "domainName ruleType", harmless: map[string]string{"name tags": isLabel, "resolverEndpointId targetIps": "any other DNS server is unknown"},
	},
	"aws:route53/resolverRuleAssociation:ResolverRuleAssociation":   {scope: scopeNetwork, read: "resolverRuleId vpcId", harmless: map[string]string{"name": isLabel}},
	"aws:ec2/securityGroupAssociation:SecurityGroupAssociation":     {scope: scopeNetwork, read: "replaceDefaultAssociation securityGroupId vpcEndpointId"},
	"aws:vpc/endpointPrivateDns:EndpointPrivateDns":                 {scope: scopeNetwork, read: "privateDnsEnabled vpcEndpointId"},
	"aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation": {scope: scopeNetwork, read: "routeTableId", harmless: map[string]string{"vpnGatewayId": "the routes of any gateway are unknown"}},
	"aws:ec2/securityGroup:SecurityGroup": {
		scope: scopeNetwork, read: "egress ingress vpcId", harmless: map[string]string{"name namePrefix description tags": isLabel, "revokeRulesOnDelete": isCreation},
	},
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
		scope: scopeNetwork, read: "egress ingress vpcId", harmless: map[string]string{"tags": isLabel, "revokeRulesOnDelete": isCreation},
	},
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
		scope: scopeNetwork, read: "cidrIpv4 cidrIpv6 fromPort ipProtocol prefixListId referencedSecurityGroupId securityGroupId toPort",
		harmless: map[string]string{"description tags": isLabel},
	},
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
		scope: scopeNetwork, read: "cidrIpv4 cidrIpv6 fromPort ipProtocol prefixListId referencedSecurityGroupId securityGroupId toPort",
		harmless: map[string]string{"description tags": isLabel},
	},
	"aws:ec2/securityGroupRule:SecurityGroupRule": {
		scope: scopeNetwork, read: "cidrBlocks fromPort ipv6CidrBlocks prefixListIds protocol securityGroupId self sourceSecurityGroupId toPort type",
		harmless: map[string]string{"description": isLabel},
	},
	"aws:ec2/vpcEndpoint:VpcEndpoint": {
		scope: scopeNetwork, read: "dnsOptions ipAddressType policy privateDnsEnabled routeTableIds securityGroupIds serviceName subnetConfigurations " +
			"subnetIds vpcEndpointType vpcId serviceRegion",
		harmless: map[string]string{"tags": isLabel, "autoAccept": isCreation},
		unread: map[string]string{
			"resourceConfigurationArn serviceNetworkArn": "the state does not show what the endpoint leads to",
		},
	},
	"aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": {scope: scopeNetwork, read: "routeTableId vpcEndpointId"},
	"aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation":         {scope: scopeNetwork, read: "subnetId vpcEndpointId"},
	"aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy":                               {scope: scopeNetwork, read: "policy vpcEndpointId"},
	"aws:ec2/instance:Instance": {
		scope: scopeNetwork | scopeIdentity,
		read: "associatePublicIpAddress availabilityZone disableApiStop disableApiTermination ebsBlockDevices ephemeralBlockDevices iamInstanceProfile instanceMarketOptions ipv6AddressCount launchTemplate instanceInitiatedShutdownBehavior ipv6Addresses " +
			"metadataOptions networkInterfaces privateIp rootBlockDevice subnetId tags userData userDataBase64 vpcSecurityGroupIds securityGroups",
		harmless: map[string]string{
			"ami": "no state shows what is in an image",
			"capacityReservationSpecification cpuCoreCount cpuOptions cpuThreadsPerCore creditSpecification ebsOptimized enclaveOptions hostId hostResourceGroupArn " +
				"instanceType maintenanceOptions monitoring placementGroup placementPartitionNumber tenancy": isCapacity,
			"getPasswordData hibernation keyName": "sessions need neither", "enablePrimaryIpv6": isIPv6,
			"privateDnsNameOptions volumeTags": isLabel, "secondaryPrivateIps": "the agent connects from the primary address",
			"sourceDestCheck": "it concerns the traffic of others", "userDataReplaceOnChange": isCreation,
		},
	},
	"aws:ec2/flowLog:FlowLog": {
		scope: scopeNetwork, read: "eniId iamRoleArn logDestination logDestinationType logGroupName subnetId trafficType transitGatewayAttachmentId transitGatewayId vpcId",
		harmless: map[string]string{"tags": isLabel, "destinationOptions logFormat maxAggregationInterval": "no claim is about the format of flow logs"},
		unread:   map[string]string{"deliverCrossAccountRole": "a role of another account writes the logs"},
	},
	"aws:ec2/tag:Tag": {scope: scopeIdentity, read: "key resourceId value"},
	"aws:iam/role:Role": {
		scope: scopeIdentity, read: "assumeRolePolicy inlinePolicies managedPolicyArns name permissionsBoundary",
		harmless: map[string]string{
			"description namePrefix": isLabel, "path": isShown, "forceDetachPolicies": isCreation, "maxSessionDuration": "no claim is about how long a session lasts",
			"tags": "conditions on principal tags are undecided in any case",
		},
	},
	"aws:iam/instanceProfile:InstanceProfile":                               {scope: scopeIdentity, read: "name role", harmless: map[string]string{"namePrefix tags": isLabel, "path": isShown}},
	"aws:iam/rolePolicy:RolePolicy":                                         {scope: scopeIdentity, read: "policy role", harmless: map[string]string{"name namePrefix": isLabel}},
	"aws:iam/policy:Policy":                                                 {scope: scopeIdentity, read: "policy", harmless: map[string]string{"name namePrefix description tags": isLabel, "path": isShown}},
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":                     {scope: scopeIdentity, read: "policyArn role"},
	"aws:iam/policyAttachment:PolicyAttachment":                             {scope: scopeIdentity, read: "groups policyArn roles users", harmless: map[string]string{"name": isLabel}},
	"aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": {scope: scopeIdentity, read: "policyArns roleName"},
	"aws:iam/rolePoliciesExclusive:RolePoliciesExclusive":                   {scope: scopeIdentity, read: "policyNames roleName"},
	"aws:ssm/document:Document": {
		scope: scopeIdentity, read: "content documentFormat documentType name tags",
		harmless: map[string]string{"permissions": "no claim is about who else uses a document", "versionName": isLabel, "attachmentsSources": "session documents have no attachments"},
		unread:   map[string]string{"targetType": "the document may not run on instances"},
	},
	"aws:ssm/association:Association": {
		scope: scopeIdentity, read: "instanceId name targets",
		harmless: map[string]string{
			"associationName complianceSeverity documentVersion syncCompliance tags": isLabel, "waitForSuccessTimeoutSeconds": isCreation,
			"applyOnlyAtCronInterval automationTargetParameterName maxConcurrency maxErrors parameters scheduleExpression": "sessions do not wait for an association",
			"outputLocation": "sessions do not depend on the upload of an association's output",
		},
	},
	"aws:cloudwatch/logGroup:LogGroup": {
		scope: scopeIdentity, read: "kmsKeyId logGroupClass name retentionInDays skipDestroy", harmless: map[string]string{"namePrefix tags": isLabel},
	},
	"aws:kms/key:Key": {
		scope: scopeIdentity, read: "customerMasterKeySpec isEnabled keyUsage policy",
		harmless: map[string]string{
			"description tags": isLabel, "bypassPolicyLockoutSafetyCheck deletionWindowInDays": isCreation,
			"enableKeyRotation rotationPeriodInDays": "older key material continues to decrypt", "multiRegion": "replicas are resources of their own",
		},
		unread: map[string]string{"customKeyStoreId xksKeyId": "the key store may be disconnected"},
	},
	"aws:kms/alias:Alias":         {scope: scopeIdentity, read: "name targetKeyId", harmless: map[string]string{"namePrefix": isLabel}},
	"aws:kms/keyPolicy:KeyPolicy": {scope: scopeIdentity, read: "keyId policy", harmless: map[string]string{"bypassPolicyLockoutSafetyCheck": isCreation}},
	"aws:ec2/volumeAttachment:VolumeAttachment": {
		scope: scopeNetwork, read: "instanceId volumeId", harmless: map[string]string{"deviceName": isLabel, "forceDetach skipDestroy stopInstanceBeforeDetaching": isCreation},
	},
	"aws:ebs/volume:Volume": {
		scope: scopeNetwork, read: "encrypted",
		harmless: map[string]string{
			"tags": isLabel, "finalSnapshot snapshotId": isCreation, "availabilityZone iops multiAttachEnabled outpostArn size throughput type": isCapacity,
			"kmsKeyId": "any key encrypts",
		},
	},
	"aws:s3/bucketV2:BucketV2": {
		scope: scopeIdentity, read: "acl bucket forceDestroy grants lifecycleRules policy serverSideEncryptionConfigurations",
		harmless: map[string]string{
			"bucketPrefix tags": isLabel, "accelerationStatus requestPayer": isCapacity, "corsRules websites": "it gives nobody permission",
			"loggings": "access logs contain no records", "objectLockConfiguration objectLockEnabled versionings": "it only keeps records longer",
		},
		unread: map[string]string{"replicationConfigurations": "records are copied to another bucket"},
	},
	"aws:s3/bucket:Bucket": {
		scope: scopeIdentity, read: "acl bucket forceDestroy grants lifecycleRules policy serverSideEncryptionConfiguration",
		harmless: map[string]string{
			"arn bucketPrefix hostedZoneId tags websiteDomain websiteEndpoint": isLabel, "accelerationStatus requestPayer": isCapacity,
			"corsRules website": "it gives nobody permission", "loggings": "access logs contain no records",
			"objectLockConfiguration versioning": "it only keeps records longer",
		},
		unread: map[string]string{"replicationConfiguration": "records are copied to another bucket"},
	},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {scope: scopeIdentity, read: "blockPublicAcls blockPublicPolicy bucket ignorePublicAcls restrictPublicBuckets"},
	"aws:s3/bucketPolicy:BucketPolicy":                       {scope: scopeIdentity, read: "bucket policy"},
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": {
		scope: scopeIdentity, read: "bucket rules", harmless: map[string]string{"expectedBucketOwner": isCreation},
	},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {
		scope: scopeIdentity, read: "bucket rules", harmless: map[string]string{"expectedBucketOwner timeouts": isCreation, "transitionDefaultMinimumObjectSize": isCapacity},
	},
	"aws:s3/bucketVersioningV2:BucketVersioningV2": {
		scope: scopeIdentity, read: "bucket",
		harmless: map[string]string{"expectedBucketOwner": isCreation, "mfa versioningConfiguration": "it only keeps records longer"},
	},
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls": {scope: scopeIdentity, read: "bucket rule"},
}

// computed are properties that the provider sets. The inputs of imported resources, and of states that were written by
// hand, sometimes contain them. They are not inputs of a type in inputTables.
var computed = toSet(`arn id urn region tagsAll __defaults __meta ownerId uniqueId createDate mainRouteTableId defaultRouteTableId defaultSecurityGroupId
	defaultNetworkAclId instanceLifecycle zoneId prefixListId cidrBlocks state status instanceState networkInterfaceIds dnsEntries primaryNetworkInterfaceId publicIp publicDns privateDns
	outpostArn hostedZoneId bucketDomainName bucketRegionalDomainName keyId policyId roleArn associationId dhcpOptionsId requesterManaged passwordData`)

// unknowns returns why claims that rest on the resource are undecided: its health, properties that are encrypted,
// and inputs that are set and not evaluated.
func (r *resource) unknowns() []string {
	if r.cachedUnknowns == nil {
		unknowns := slices.Clone(r.health)
		if table, listed := inputTables[r.typ]; listed {
			unknowns = append(unknowns, r.unreadInputs(table, version7Inputs[r.typ])...)
		}
		r.cachedUnknowns = &unknowns
	}
	unknowns := slices.Clone(*r.cachedUnknowns)
	for _, key := range slices.Sorted(maps.Keys(r.encrypted)) {
		unknowns = append(unknowns, fmt.Sprintf("its property %s is encrypted (run \"pulumi stack export --show-secrets\")", key))
	}
	return unknowns
}

// unreadInputs returns the inputs that are set and not evaluated.
func (r *resource) unreadInputs(tables ...inputTable) []string {
	var unknowns []string
	known, unread := map[string]bool{}, map[string]string{}
	for _, table := range tables {
		maps.Copy(known, toSet(table.read))
		for names := range table.harmless {
			maps.Copy(known, toSet(names))
		}
		maps.Copy(unread, table.unread)
	}
	for _, names := range slices.Sorted(maps.Keys(unread)) {
		for _, field := range strings.Fields(names) {
			name, absent, hasAbsent := strings.Cut(field, "=")
			known[name] = true
			// asStr returns "" for lists, objects and booleans.
			if value := r.value(name); !isZero(value) && (!hasAbsent || asStr(value) != absent) {
				unknowns = append(unknowns, fmt.Sprintf("its %s is set: %s", name, unread[names]))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.inputs)) {
		if !known[name] && !computed[name] && !isZero(r.inputs[name]) {
			unknowns = append(unknowns, fmt.Sprintf("its %s is set, which the proofs do not read", name))
		}
	}
	return unknowns
}

// isZero reports whether the value of a property means the same as its absence.
func isZero(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case bool:
		return !value
	case float64:
		return value == 0
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}
