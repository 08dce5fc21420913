// Package contract declares what the program and the rehearsal must agree on: the type tokens of
// components, the component inputs that states record, and the stack outputs that other programs read. It
// imports only the standard library.
//
// Facts about AWS do not belong here: the program, the simulated AWS and the proofs each state them
// independently.
package contract

// Type tokens of the components. States record them: changing a token replaces the component's resources,
// unless the old token is kept as an alias.
const (
	VPCType            = "bastionless:network:VPC"
	ExistingVPCType    = "bastionless:network:ExistingVPC"
	SecurityGroupsType = "bastionless:network:SecurityGroups"
	FlowLogsType       = "bastionless:network:FlowLogs"
	EndpointsType      = "bastionless:endpoints:Set"
	InstanceRoleType   = "bastionless:iam:InstanceRole"
	SessionRoleType    = "bastionless:iam:SessionRole"
	AgentPoliciesType  = "bastionless:iam:AgentPolicies"
	InstancesType      = "bastionless:compute:Instances"
	TargetsType        = "bastionless:compute:Targets"
	SessionsType       = "bastionless:audit:Sessions"
)

// Component inputs that states record and the proofs read, because AWS resources do not show what a stack
// is meant for.
const (
	// PrincipalsInput of SessionRoleType lists the principals that are meant to assume the role, in the
	// form of sessionPrincipals.
	PrincipalsInput = "principals"
	// RequireMFAInput of SessionRoleType is a boolean.
	RequireMFAInput = "requireMfa"
	// MFAMaxAgeInput of SessionRoleType is a number of minutes. 0: no limit.
	MFAMaxAgeInput = "mfaMaxAgeMinutes"
	// DocumentsInput of SessionRoleType lists the kinds of session, such as Shell.
	DocumentsInput = "documents"
	// SessionTargetsInput of SessionRoleType says on which instances the role allows sessions: TargetsStack,
	// TargetsInstances, TargetsTagged or TargetsAny. Absent in older states.
	SessionTargetsInput = "sessionTargets"
	// TargetInstanceIDsInput of SessionRoleType lists the IDs of the instances of TargetsInstances.
	TargetInstanceIDsInput = "targetInstanceIds"
	// TargetTagsInput of SessionRoleType lists the tags of the instances of TargetsTagged, each as KEY=VALUE.
	TargetTagsInput = "targetTags"
	// LoginUserInput of SessionRoleType is the operating system user that SSH logs in as. Absent: ec2-user.
	LoginUserInput = "loginUser"
	// AgentRolesInput of TargetsType lists the names of the roles of the instances which, when they were last looked
	// up, EC2 could assume and which allowed what the SSM Agent needs.
	AgentRolesInput = "agentRoles"
	// TrustPoliciesInput of TargetsType maps the names of the roles of the instances to their trust policies when they
	// were last looked up. Absent if there are none.
	TrustPoliciesInput = "trustPolicies"
	// DenyingRolesInput of TargetsType lists the names of the roles of the instances whose policies denied the SSM Agent
	// what it needs when they were last looked up. Absent if there are none.
	DenyingRolesInput = "denyingRoles"
	// AnyInstanceInput of SessionRoleType is a boolean.
	AnyInstanceInput = "anyInstance"
	// UserTagInput of SessionRoleType is a boolean: whether callers may set the session tag SSMSessionRunAs to
	// the name of their IAM user. Absent if they may not.
	UserTagInput = "userTag"
	// PushKeyInput of SessionRoleType is a boolean: whether the role allows pushing an SSH public key
	// with EC2 Instance Connect.
	PushKeyInput = "pushKey"
	// OrganizationInput of EndpointsType is the ID of the organization whose principals the endpoints
	// allow, or "".
	OrganizationInput = "organizationId"
	// PolicyARNsInput of InstanceRoleType lists the managed policies of the workload. Absent if there are none.
	PolicyARNsInput = "policyArns"
	// PublicBucketsInput of EndpointsType lists the buckets that everyone may read through the S3 endpoint. Absent if
	// there are none.
	PublicBucketsInput = "publicBuckets"
	// ExistingEndpointsInput of EndpointsType lists the codes of the services that the VPC reaches without an
	// endpoint of the stack, or only AllServices. Absent unless the VPC exists already.
	ExistingEndpointsInput = "existing"
	// ForwardInput of SecurityGroupsType lists the targets of port forwarding, such as "10.0.32.0/24:5432".
	ForwardInput = "forward"
	// LogGroupInput and BucketInput of SessionsType are booleans: whether sessions are recorded to a log group, and
	// to a bucket.
	LogGroupInput = "logGroup"
	BucketInput   = "bucket"
	// ExistingLogGroupInput of SessionsType is the name of an existing log group for session records. Absent if the
	// stack has its own, or none.
	ExistingLogGroupInput = "existingLogGroup"
	// ExistingBucketInput of SessionsType is the name of an existing bucket for session records. Absent if the stack
	// has its own, or none.
	ExistingBucketInput = "existingBucket"
	// OSInput of InstancesType is the operating system: AmazonLinux2023, AmazonLinux2 or OtherOS.
	OSInput = "os"
)

// Values of the key sessionTargets and of SessionTargetsInput.
const (
	TargetsStack     = "stack"
	TargetsInstances = "instances"
	TargetsTagged    = "tagged"
	TargetsAny       = "any"
)

// Values of OSInput.
const (
	AmazonLinux2023 = "al2023"
	AmazonLinux2    = "al2"
	OtherOS         = "other"
)

// Kinds of session, as values of the key sessionDocuments and of DocumentsInput.
const (
	Shell                = "shell"
	SSH                  = "ssh"
	PortForwarding       = "port-forwarding"
	RemotePortForwarding = "remote-port-forwarding"
)

// RunAsTag is the value of the key sessionRunAs that makes shells run as the user that a session tag names.
const RunAsTag = "tag"

// AllServices is the element of ExistingEndpointsInput that means that a hub or a NAT gateway provides all
// services.
const AllServices = "all"

// OwnerTag is the key of a tag of the stack's endpoints in an existing VPC, and of its instances with
// TargetsTagged. Its value is an Owner.
const OwnerTag = "bastionless:owner"

// Owner returns the value of OwnerTag of a stack that is deployed to an account.
func Owner(project, stack, accountID string) string { return project + "/" + stack + "/" + accountID }

// TerminationProtectionKey is the configuration key that a rehearsal turns off before it destroys a stack.
const TerminationProtectionKey = "terminationProtection"

// Stack outputs that programs read.
const (
	// ConnectionOutput is a Connection.
	ConnectionOutput = "connection"
	// EndpointsOutput maps the code of each service to the ID of its VPC endpoint.
	EndpointsOutput = "endpoints"
)
