package capture

// Call is a command of the AWS CLI that capture runs. All calls only read.
type Call struct {
	// Section is the section of the file that the answer becomes, such as "vpcs". Empty for the caller's identity.
	Section string
	// Command is the service and the operation, such as "ec2 describe-vpcs".
	Command string
	// Args are the arguments that every call has. Calls about one object have further ones.
	Args []string
	// Key is the field of the answer that contains what the file needs. AWS always returns it, also if it is an empty list.
	Key string
	// Permission is the IAM action that the call needs. Empty if it needs none.
	Permission string
	// Resource limits the permission in the policy, such as to public parameters. Empty: "*".
	Resource string
	// Keeps says what the file keeps of the answer.
	Keeps string
}

// publicParameters is the path of the public parameters that contain the IDs of Amazon Linux's images.
const publicParameters = "/aws/service/ami-amazon-linux-latest/"

// The calls about the caller, and about what AWS offers.
var (
	getCaller = Call{
		Command: "sts get-caller-identity", Keeps: "the account ID and the partition",
	}
	describeZones = Call{
		Section: "zones", Command: "ec2 describe-availability-zones", Key: "AvailabilityZones",
		Permission: "ec2:DescribeAvailabilityZones", Keeps: "names, IDs, types and states",
	}
	describeOfferings = Call{
		Section: "instanceTypeOfferings", Command: "ec2 describe-instance-type-offerings", Key: "InstanceTypeOfferings",
		Args:       []string{"--location-type", "availability-zone"},
		Permission: "ec2:DescribeInstanceTypeOfferings", Keeps: "the zones that offer each instance type",
	}
	describeServices = Call{
		Section: "endpointServices", Command: "ec2 describe-vpc-endpoint-services", Key: "ServiceDetails",
		Permission: "ec2:DescribeVpcEndpointServices", Keeps: "the services of AWS, without those of other accounts",
	}
	describeManagedPrefixLists = Call{
		Section: "prefixLists", Command: "ec2 describe-managed-prefix-lists", Key: "PrefixLists",
		Args:       []string{"--filters", "Name=owner-id,Values=AWS"},
		Permission: "ec2:DescribeManagedPrefixLists", Keeps: "IDs and names",
	}
	describePrefixLists = Call{
		Section: "prefixLists", Command: "ec2 describe-prefix-lists", Key: "PrefixLists",
		Permission: "ec2:DescribePrefixLists", Keeps: "the blocks of the services with gateway endpoints",
	}
	getParameters = Call{
		Section: "imageParameters", Command: "ssm get-parameters", Key: "Parameters",
		Args: []string{
			"--names", publicParameters + "al2023-ami-kernel-default-arm64", publicParameters + "al2023-ami-kernel-default-x86_64",
			publicParameters + "amzn2-ami-hvm-arm64-gp2", publicParameters + "amzn2-ami-hvm-x86_64-gp2",
		},
		Permission: "ssm:GetParameters", Resource: "arn:aws:ssm:*:*:parameter" + publicParameters + "*",
		Keeps: "the IDs of the newest images of Amazon Linux, from AWS's public parameters",
	}
	listQuotas = Call{
		Section: "quotas", Command: "service-quotas list-service-quotas", Key: "Quotas",
		Args:       []string{"--service-code", "vpc"},
		Permission: "servicequotas:ListServiceQuotas", Keeps: "the account's quotas of Amazon VPC",
	}
	listDefaultQuotas = Call{
		Section: "quotas", Command: "service-quotas list-aws-default-service-quotas", Key: "Quotas",
		Args:       []string{"--service-code", "vpc"},
		Permission: "servicequotas:ListAWSDefaultServiceQuotas", Keeps: "the defaults of the quotas of Amazon VPC",
	}
	getAccountSummary = Call{
		Section: "quotas", Command: "iam get-account-summary", Key: "SummaryMap",
		Permission: "iam:GetAccountSummary", Keeps: "the quotas for roles, instance profiles and policies of a role",
	}
	getEncryption = Call{
		Section: "ebsEncryptionByDefault", Command: "ec2 get-ebs-encryption-by-default", Key: "EbsEncryptionByDefault",
		Permission: "ec2:GetEbsEncryptionByDefault", Keeps: "whether EC2 encrypts new volumes",
	}
)

// The calls about what the account contains.
var (
	describeKeyPairs = Call{
		Section: "keyPairs", Command: "ec2 describe-key-pairs", Key: "KeyPairs",
		Permission: "ec2:DescribeKeyPairs", Keeps: "names, IDs and types, without public keys",
	}
	describeVpcs = Call{
		Section: "vpcs", Command: "ec2 describe-vpcs", Key: "Vpcs",
		Permission: "ec2:DescribeVpcs", Keeps: "IDs, owners, blocks, tenancy and DHCP options",
	}
	describeDNSSupport = Call{
		Section: "vpcs", Command: "ec2 describe-vpc-attribute", Key: "EnableDnsSupport",
		Args:       []string{"--attribute", "enableDnsSupport"},
		Permission: "ec2:DescribeVpcAttribute", Keeps: "`enableDnsSupport` of each VPC",
	}
	describeDNSHostnames = Call{
		Section: "vpcs", Command: "ec2 describe-vpc-attribute", Key: "EnableDnsHostnames",
		Args:       []string{"--attribute", "enableDnsHostnames"},
		Permission: "ec2:DescribeVpcAttribute", Keeps: "`enableDnsHostnames` of each VPC",
	}
	describeSubnets = Call{
		Section: "subnets", Command: "ec2 describe-subnets", Key: "Subnets",
		Permission: "ec2:DescribeSubnets", Keeps: "IDs, owners, VPCs, zones, blocks and free addresses",
	}
	describeRouteTables = Call{
		Section: "routeTables", Command: "ec2 describe-route-tables", Key: "RouteTables",
		Permission: "ec2:DescribeRouteTables", Keeps: "routes and associations",
	}
	describeNetworkACLs = Call{
		Section: "networkAcls", Command: "ec2 describe-network-acls", Key: "NetworkAcls",
		Permission: "ec2:DescribeNetworkAcls", Keeps: "rules and associations",
	}
	describeGroups = Call{
		Section: "securityGroups", Command: "ec2 describe-security-groups", Key: "SecurityGroups",
		Permission: "ec2:DescribeSecurityGroups", Keeps: "names, descriptions and rules",
	}
	describeEndpoints = Call{
		Section: "vpcEndpoints", Command: "ec2 describe-vpc-endpoints", Key: "VpcEndpoints",
		Permission: "ec2:DescribeVpcEndpoints", Keeps: "services, policies, subnets, route tables, security groups and private DNS",
	}
	describeInstances = Call{
		Section: "instances", Command: "ec2 describe-instances", Key: "Reservations",
		Args:       []string{"--filters", "Name=instance-state-name,Values=pending,running,stopping,stopped"},
		Permission: "ec2:DescribeInstances",
		Keeps:      "types, images, networks, key pairs, profiles and metadata options, without user data",
	}
	describeImages = Call{
		Section: "images", Command: "ec2 describe-images", Key: "Images", Args: []string{"--include-deprecated"},
		Permission: "ec2:DescribeImages", Keeps: "the images of the parameters, of the instances and of `amiId`",
	}
	listUsers = Call{
		Section: "users", Command: "iam list-users", Key: "Users", Permission: "iam:ListUsers", Keeps: "names and paths",
	}
	listRoles = Call{
		Section: "roles", Command: "iam list-roles", Key: "Roles", Permission: "iam:ListRoles", Keeps: "names and paths",
	}
	listProfiles = Call{
		Section: "instanceProfiles", Command: "iam list-instance-profiles", Key: "InstanceProfiles",
		Permission: "iam:ListInstanceProfiles", Keeps: "names, paths and roles",
	}
	getRole = Call{
		Section: "roles", Command: "iam get-role", Key: "Role",
		Permission: "iam:GetRole", Keeps: "trust policy and permissions boundary of the instances' roles",
	}
	listAttachedPolicies = Call{
		Section: "roles", Command: "iam list-attached-role-policies", Key: "AttachedPolicies",
		Permission: "iam:ListAttachedRolePolicies", Keeps: "managed policies of the instances' roles, without their content",
	}
	listRolePolicies = Call{
		Section: "roles", Command: "iam list-role-policies", Key: "PolicyNames",
		Permission: "iam:ListRolePolicies", Keeps: "names of the inline policies of the instances' roles",
	}
	getRolePolicy = Call{
		Section: "roles", Command: "iam get-role-policy", Key: "PolicyDocument",
		Permission: "iam:GetRolePolicy", Keeps: "inline policies of the instances' roles",
	}
	getServiceSetting = Call{
		Section: "hostManagementRole", Command: "ssm get-service-setting", Key: "ServiceSetting",
		Args:       []string{"--setting-id", "/ssm/managed-instance/default-ec2-instance-management-role"},
		Permission: "ssm:GetServiceSetting", Keeps: "the name of the role of Default Host Management Configuration",
	}
	listBuckets = Call{
		Section: "buckets", Command: "s3api list-buckets", Key: "Buckets",
		Permission: "s3:ListAllMyBuckets", Keeps: "names",
	}
	describeLogGroups = Call{
		Section: "logGroups", Command: "logs describe-log-groups", Key: "logGroups",
		Permission: "logs:DescribeLogGroups", Keeps: "names",
	}
	listDocuments = Call{
		Section: "documents", Command: "ssm list-documents", Key: "DocumentIdentifiers",
		Args:       []string{"--filters", "Key=Owner,Values=Self"},
		Permission: "ssm:ListDocuments", Keeps: "names of the account's own documents",
	}
)

// Calls returns all calls, in the order in which Capture makes them first.
func Calls() []Call {
	return []Call{
		getCaller, describeZones, describeOfferings, describeServices, describeManagedPrefixLists, describePrefixLists,
		getParameters, listDefaultQuotas, listQuotas, getAccountSummary, getEncryption, describeKeyPairs, describeVpcs,
		describeDNSSupport, describeDNSHostnames, describeSubnets, describeRouteTables, describeNetworkACLs,
		describeGroups, describeEndpoints, describeInstances, describeImages, listUsers, listProfiles, listRoles, getRole,
		listAttachedPolicies, listRolePolicies, getRolePolicy, getServiceSetting, listBuckets, describeLogGroups, listDocuments,
	}
}
