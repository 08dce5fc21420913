// Package deployer derives the IAM policy that a person needs to deploy and destroy a stack: it allows the calls that the AWS
// provider makes for the stack's resources and lookups.
package deployer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ec2Tags are the actions for the tags of EC2 resources.
var ec2Tags = []string{"ec2:CreateTags", "ec2:DeleteTags"}

// resourceActions are the actions that creating, reading, updating and deleting a resource needs, by type. Resources that
// the program retains are never deleted, so there are no actions for that.
//
// Source: https://github.com/hashicorp/terraform-provider-aws/tree/v5.100.0/internal/service
var resourceActions = map[string][]string{
	"aws:ec2/vpc:Vpc": append([]string{
		"ec2:CreateVpc", "ec2:DeleteVpc", "ec2:DescribeNetworkAcls", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups",
		"ec2:DescribeVpcAttribute", "ec2:DescribeVpcs", "ec2:ModifyVpcAttribute",
	}, ec2Tags...),
	"aws:ec2/subnet:Subnet": append([]string{
		"ec2:CreateSubnet", "ec2:DeleteSubnet", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:ModifySubnetAttribute",
	}, ec2Tags...),
	"aws:ec2/routeTable:RouteTable": append([]string{
		"ec2:CreateRouteTable", "ec2:DeleteRouteTable", "ec2:DescribeRouteTables", "ec2:DisassociateRouteTable",
	}, ec2Tags...),
	"aws:ec2/routeTableAssociation:RouteTableAssociation": {
		"ec2:AssociateRouteTable", "ec2:DescribeRouteTables", "ec2:DisassociateRouteTable", "ec2:ReplaceRouteTableAssociation",
	},
	"aws:ec2/securityGroup:SecurityGroup": append([]string{
		"ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups",
		"ec2:RevokeSecurityGroupEgress",
	}, ec2Tags...),
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": append([]string{
		"ec2:DescribeSecurityGroups", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
	}, ec2Tags...),
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": append([]string{
		"ec2:AuthorizeSecurityGroupIngress", "ec2:DescribeSecurityGroupRules", "ec2:ModifySecurityGroupRules",
		"ec2:RevokeSecurityGroupIngress",
	}, ec2Tags...),
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": append([]string{
		"ec2:AuthorizeSecurityGroupEgress", "ec2:DescribeSecurityGroupRules", "ec2:ModifySecurityGroupRules",
		"ec2:RevokeSecurityGroupEgress",
	}, ec2Tags...),
	"aws:ec2/vpcEndpoint:VpcEndpoint": append([]string{
		"ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints", "ec2:DescribePrefixLists", "ec2:DescribeVpcEndpoints",
		// For private DNS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
		"ec2:ModifyVpcEndpoint", "route53:AssociateVPCWithHostedZone",
	}, ec2Tags...),
	"aws:ec2/instance:Instance": append([]string{
		"ec2:AssociateIamInstanceProfile", "ec2:DescribeIamInstanceProfileAssociations", "ec2:DescribeImages",
		"ec2:DescribeInstanceAttribute", "ec2:DescribeInstanceCreditSpecifications", "ec2:DescribeInstanceTypes",
		"ec2:DescribeInstances", "ec2:DescribeTags", "ec2:DescribeVolumes", "ec2:DescribeVolumesModifications",
		"ec2:DisassociateIamInstanceProfile", "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceMetadataOptions",
		"ec2:ModifyNetworkInterfaceAttribute", // for a change of the security groups
		"ec2:ModifyVolume", "ec2:MonitorInstances", "ec2:ReplaceIamInstanceProfileAssociation", "ec2:RunInstances",
		"ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances", "ec2:UnmonitorInstances", passRole,
	}, ec2Tags...),
	"aws:ec2/keyPair:KeyPair": append([]string{
		"ec2:DeleteKeyPair", "ec2:DescribeKeyPairs", "ec2:ImportKeyPair",
	}, ec2Tags...),
	"aws:ec2/flowLog:FlowLog": append([]string{
		"ec2:CreateFlowLogs", "ec2:DeleteFlowLogs", "ec2:DescribeFlowLogs", passRole,
	}, ec2Tags...),
	"aws:iam/role:Role": {
		"iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary", "iam:GetRole", "iam:ListAttachedRolePolicies",
		"iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:PutRolePermissionsBoundary", "iam:TagRole",
		"iam:UntagRole", "iam:UpdateAssumeRolePolicy",
	},
	"aws:iam/instanceProfile:InstanceProfile": {
		"iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile", "iam:GetInstanceProfile",
		"iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile", "iam:UntagInstanceProfile", passRole,
	},
	"aws:iam/rolePolicy:RolePolicy": {"iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"},
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
		"iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:ListAttachedRolePolicies",
	},
	"aws:ssm/association:Association": {
		"ssm:AddTagsToResource", "ssm:CreateAssociation", "ssm:DeleteAssociation", "ssm:DescribeAssociation",
		"ssm:ListTagsForResource", "ssm:RemoveTagsFromResource", "ssm:UpdateAssociation",
	},
	"aws:ssm/document:Document": {
		"ssm:AddTagsToResource", "ssm:CreateDocument", "ssm:DeleteDocument", "ssm:DescribeDocument",
		"ssm:DescribeDocumentPermission", "ssm:GetDocument", "ssm:ListTagsForResource", "ssm:RemoveTagsFromResource",
		"ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion",
	},
	"aws:cloudwatch/logGroup:LogGroup": {
		"logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DescribeLogGroups",
		"logs:DisassociateKmsKey", "logs:ListTagsForResource", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
	},
	"aws:kms/key:Key": {
		"kms:CreateKey", "kms:DescribeKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
		"kms:ListResourceTags", "kms:PutKeyPolicy", "kms:TagResource", "kms:UntagResource", "kms:UpdateKeyDescription",
	},
	"aws:kms/alias:Alias": {"kms:CreateAlias", "kms:DeleteAlias", "kms:ListAliases", "kms:UpdateAlias"},
	"aws:s3/bucketV2:BucketV2": {
		"s3:CreateBucket", "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging",
		"s3:GetBucketObjectLockConfiguration", "s3:GetBucketPolicy", "s3:GetBucketRequestPayment", "s3:GetBucketTagging",
		"s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
		"s3:GetReplicationConfiguration", "s3:ListBucket", "s3:PutBucketTagging",
	},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
		"s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock",
	},
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": {
		"s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration",
	},
	"aws:s3/bucketVersioningV2:BucketVersioningV2": {"s3:GetBucketVersioning", "s3:PutBucketVersioning"},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {
		"s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration",
	},
	"aws:s3/bucketPolicy:BucketPolicy": {"s3:GetBucketPolicy", "s3:PutBucketPolicy"},
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls": {
		"s3:GetBucketOwnershipControls", "s3:PutBucketOwnershipControls",
	},
}

// readActions are the actions that reading an existing resource, which the stack does not own, needs, by type.
var readActions = map[string][]string{
	"aws:ec2/vpc:Vpc": {
		"ec2:DescribeNetworkAcls", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcs",
	},
	"aws:ec2/subnet:Subnet":                               {"ec2:DescribeSubnets"},
	"aws:ec2/routeTable:RouteTable":                       {"ec2:DescribeRouteTables"},
	"aws:ec2/routeTableAssociation:RouteTableAssociation": {"ec2:DescribeRouteTables"},
	"aws:ec2/networkAcl:NetworkAcl":                       {"ec2:DescribeNetworkAcls"},
	"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl":         {"ec2:DescribeNetworkAcls"},
	"aws:ec2/securityGroup:SecurityGroup":                 {"ec2:DescribeSecurityGroups"},
	"aws:ec2/vpcEndpoint:VpcEndpoint":                     {"ec2:DescribePrefixLists", "ec2:DescribeVpcEndpoints"},
	"aws:ec2/instance:Instance":                           describeInstance,
	"aws:iam/instanceProfile:InstanceProfile":             {"iam:GetInstanceProfile"},
	"aws:ssm/serviceSetting:ServiceSetting":               {"ssm:GetServiceSetting"},
}

// lookupActions are the actions that a lookup needs. Some need none, because they call no API or one that is always allowed.
var lookupActions = map[string][]string{
	"aws:index/getCallerIdentity:getCallerIdentity":                     {},
	"aws:index/getPartition:getPartition":                               {},
	"aws:index/getRegion:getRegion":                                     {},
	"aws:index/getAvailabilityZones:getAvailabilityZones":               {"ec2:DescribeAvailabilityZones"},
	"aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings":         {"ec2:DescribeInstanceTypeOfferings"},
	"aws:ec2/getInstanceType:getInstanceType":                           {"ec2:DescribeInstanceTypes"},
	"aws:ec2/getVpcEndpointService:getVpcEndpointService":               {"ec2:DescribeVpcEndpointServices"},
	"aws:ec2/getKeyPair:getKeyPair":                                     {"ec2:DescribeKeyPairs"},
	"aws:ebs/getEncryptionByDefault:getEncryptionByDefault":             {"ec2:GetEbsEncryptionByDefault"},
	"aws:ec2/getAmi:getAmi":                                             {"ec2:DescribeImages"},
	"aws:ec2/getManagedPrefixList:getManagedPrefixList":                 {"ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"},
	"aws:ssm/getParameter:getParameter":                                 {"ssm:GetParameter"},
	"aws:cloudwatch/getLogGroup:getLogGroup":                            {"logs:DescribeLogGroups", "logs:ListTagsForResource"},
	"aws:s3/getBucket:getBucket":                                        {"s3:ListBucket"},
	"aws:ec2/getVpc:getVpc":                                             {"ec2:DescribeRouteTables", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcs"},
	"aws:ec2/getSubnet:getSubnet":                                       {"ec2:DescribeSubnets"},
	"aws:ec2/getRouteTable:getRouteTable":                               {"ec2:DescribeRouteTables"},
	"aws:ec2/getRouteTables:getRouteTables":                             {"ec2:DescribeRouteTables"},
	"aws:ec2/getNetworkAcls:getNetworkAcls":                             {"ec2:DescribeNetworkAcls"},
	"aws:ec2/getSecurityGroup:getSecurityGroup":                         {"ec2:DescribeSecurityGroups"},
	"aws:ec2/getVpcEndpoint:getVpcEndpoint":                             {"ec2:DescribePrefixLists", "ec2:DescribeVpcEndpoints"},
	"aws:vpc/getSecurityGroupRules:getSecurityGroupRules":               {"ec2:DescribeSecurityGroupRules"},
	"aws:vpc/getSecurityGroupRule:getSecurityGroupRule":                 {"ec2:DescribeSecurityGroupRules"},
	"aws:ec2/getInstance:getInstance":                                   describeInstance,
	"aws:ec2/getInstances:getInstances":                                 {"ec2:DescribeInstances"},
	"aws:iam/getRole:getRole":                                           {"iam:GetRole"},
	"aws:iam/getInstanceProfile:getInstanceProfile":                     {"iam:GetInstanceProfile"},
	"aws:iam/getPrincipalPolicySimulation:getPrincipalPolicySimulation": {"iam:SimulatePrincipalPolicy"},
}

// describeInstance are the actions that reading an instance needs.
var describeInstance = []string{
	"ec2:DescribeInstanceAttribute", "ec2:DescribeInstanceCreditSpecifications", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances",
	"ec2:DescribeVolumes",
}

// passRole is allowed in statements of its own, for the stack's roles only.
const passRole = "iam:PassRole"

// actionsFor returns the actions that resources of these types, existing resources that are only read, and these
// lookups need, sorted and without duplicates.
// Providers and components need none. The error lists the types and lookups whose actions are not known.
func actionsFor(types, read, lookups []string) ([]string, error) {
	actions := map[string]bool{}
	var unknown []string
	collect := func(table map[string][]string, token string) {
		known, ok := table[token]
		if !ok {
			unknown = append(unknown, token)
		}
		for _, action := range known {
			actions[action] = true
		}
	}
	for _, token := range types {
		if strings.HasPrefix(token, "aws:") {
			collect(resourceActions, token)
		}
	}
	for _, token := range read {
		collect(readActions, token)
	}
	for _, token := range lookups {
		collect(lookupActions, token)
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return nil, fmt.Errorf("unknown permissions of %s: add them to the tables in rehearsal/deployer/deployer.go",
			strings.Join(slices.Compact(unknown), ", "))
	}
	return slices.Sorted(maps.Keys(actions)), nil
}
