// Package contract declares what the program and the rehearsal have to agree on: the type tokens of components, the inputs that
// they record, and the stack outputs that other programs read. It imports the standard library alone.
//
// Facts about AWS do not belong here: the program, the simulated AWS and the proofs each state their own.
package contract

// Type tokens of the components. They are recorded in states: a change replaces what the component holds, unless the old token
// stays as an alias.
const (
	VPCType            = "bastionless:network:VPC"
	SecurityGroupsType = "bastionless:network:SecurityGroups"
	FlowLogsType       = "bastionless:network:FlowLogs"
	EndpointsType      = "bastionless:endpoints:Set"
	InstanceRoleType   = "bastionless:iam:InstanceRole"
	SessionRoleType    = "bastionless:iam:SessionRole"
	InstancesType      = "bastionless:compute:Instances"
	SessionsType       = "bastionless:audit:Sessions"
)

// Inputs that components record and the proofs read, since no AWS resource tells what a stack is meant for.
const (
	// PrincipalsInput of SessionRoleType lists who is meant to assume the role, as sessionPrincipals writes them.
	PrincipalsInput = "principals"
	// RequireMFAInput of SessionRoleType is a boolean.
	RequireMFAInput = "requireMfa"
	// MFAMaxAgeInput of SessionRoleType is a number of minutes; 0 is any age.
	MFAMaxAgeInput = "mfaMaxAgeMinutes"
	// DocumentsInput of SessionRoleType lists the kinds of session: Shell and so on.
	DocumentsInput = "documents"
	// AnyInstanceInput of SessionRoleType is a boolean.
	AnyInstanceInput = "anyInstance"
	// PushKeyInput of SessionRoleType is a boolean: the role allows pushing an SSH public key by EC2 Instance Connect.
	PushKeyInput = "pushKey"
	// OrganizationInput of EndpointsType is the organization whose principals the endpoints admit, or "".
	OrganizationInput = "organizationId"
	// ForwardInput of SecurityGroupsType lists the targets of forwarded ports, as "10.0.32.0/24:5432".
	ForwardInput = "forward"
	// OSInput of InstancesType is the operating system: AmazonLinux2023 or AmazonLinux2.
	OSInput = "os"
)

// Values of OSInput.
const (
	AmazonLinux2023 = "al2023"
	AmazonLinux2    = "al2"
)

// Kinds of session, as the key sessionDocuments and DocumentsInput write them.
const (
	Shell                = "shell"
	SSH                  = "ssh"
	PortForwarding       = "port-forwarding"
	RemotePortForwarding = "remote-port-forwarding"
)

// TerminationProtectionKey is the configuration key that a rehearsal turns off before it destroys a stack.
const TerminationProtectionKey = "terminationProtection"

// Stack outputs that programs read.
const (
	// ConnectionOutput is a Connection.
	ConnectionOutput = "connection"
	// EndpointsOutput maps the code of each service to the id of its VPC endpoint.
	EndpointsOutput = "endpoints"
)
