// Package account defines the file that describes an AWS account in one Region: what AWS offers there and what the
// account already contains. A rehearsal reads the file to start from that account instead of an empty one.
//
// The file uses the names of the AWS API, as the AWS CLI prints them: a section such as vpcs contains objects as
// describe-vpcs returns them, reduced to the fields of the types in this package. A section that is absent was not
// captured and is unknown. An empty section means that the account has no such object.
package account

import "time"

// Format is the value of File.Format, and Version is the newest version that this package reads.
const (
	Format  = "bastionless AWS account"
	Version = 1
)

// RedactedID replaces the account ID in a redacted file.
const RedactedID = "123456789012"

// File is an AWS account in one Region.
type File struct {
	// Format is always Format.
	Format string `json:"format"`
	// Version is the version of the format.
	Version int `json:"version"`
	// CapturedAt is when the account was read, in UTC. Zero in a file that was written by hand.
	CapturedAt time.Time `json:"capturedAt,omitzero"`
	// AccountID has 12 digits. It is RedactedID if Redacted is true.
	AccountID string `json:"accountId"`
	// Redacted is true if the account ID was replaced in the whole file.
	Redacted bool `json:"redacted,omitempty"`
	// Partition is "aws", "aws-cn" or "aws-us-gov".
	Partition string `json:"partition"`
	// Region is the Region that all regional sections describe.
	Region string `json:"region"`
	// Omitted lists what could not be read.
	Omitted []Omission `json:"omitted,omitempty"`
	// RemovedTagValues lists the keys of tags whose values the file does not contain. Their values are empty.
	RemovedTagValues []string `json:"removedTagValues,omitempty"`

	Offers
	Contents
}

// Omission is a call that was not permitted, or that failed.
type Omission struct {
	// Section is the section of the file that is absent or incomplete for that reason, such as "keyPairs".
	Section string `json:"section"`
	// Call is the AWS CLI command, such as "ec2 describe-key-pairs", and Permission the IAM action that it needs.
	Call       string `json:"call"`
	Permission string `json:"permission"`
	// Reason is the error code of AWS, such as "UnauthorizedOperation".
	Reason string `json:"reason"`
}

// Offers is what AWS offers to the account in the Region.
type Offers struct {
	// Zones are the account's Availability Zones.
	Zones []Zone `json:"zones"`
	// InstanceTypeOfferings maps an instance type to the names of the zones that offer it.
	InstanceTypeOfferings map[string][]string `json:"instanceTypeOfferings"`
	// EndpointServices are the services of AWS that a VPC endpoint can connect to.
	EndpointServices []EndpointService `json:"endpointServices"`
	// PrefixLists are the prefix lists that AWS manages.
	PrefixLists []PrefixList `json:"prefixLists"`
	// ImageParameters maps the name of a public Systems Manager parameter to the image ID that it contains.
	ImageParameters map[string]string `json:"imageParameters"`
	// Images are the images that the parameters, the account's instances and the stack refer to.
	Images []Image `json:"images"`
	// Quotas contains the values of service quotas by quota code, such as "L-F678F1CE" for VPCs per Region.
	Quotas map[string]float64 `json:"quotas"`
	// EbsEncryptionByDefault is true if EC2 encrypts every new volume. Nil if unknown.
	EbsEncryptionByDefault *bool `json:"ebsEncryptionByDefault"`
}

// Contents is what the account contains. Sections other than Users, Roles, InstanceProfiles and Buckets describe the
// Region.
type Contents struct {
	KeyPairs         []KeyPair         `json:"keyPairs"`
	Vpcs             []Vpc             `json:"vpcs"`
	Subnets          []Subnet          `json:"subnets"`
	RouteTables      []RouteTable      `json:"routeTables"`
	NetworkAcls      []NetworkAcl      `json:"networkAcls"`
	SecurityGroups   []SecurityGroup   `json:"securityGroups"`
	VpcEndpoints     []VpcEndpoint     `json:"vpcEndpoints"`
	Instances        []Instance        `json:"instances"`
	Users            []User            `json:"users"`
	Roles            []Role            `json:"roles"`
	InstanceProfiles []InstanceProfile `json:"instanceProfiles"`
	// HostManagementRole is the name, with its path, of the role of Default Host Management Configuration. Empty: it is off.
	HostManagementRole *string `json:"hostManagementRole,omitempty"`
	// Buckets, LogGroups and Documents are names that are taken.
	Buckets   []string `json:"buckets"`
	LogGroups []string `json:"logGroups"`
	Documents []string `json:"documents"`
}

// Tag is a tag of an object.
type Tag struct{ Key, Value string }

// Zone is an Availability Zone.
type Zone struct{ ZoneName, ZoneId, ZoneType, State string }

// EndpointService is an endpoint service of AWS.
type EndpointService struct {
	ServiceName string
	// ServiceType contains one ServiceType: "Interface", "Gateway" or "GatewayLoadBalancer".
	ServiceType                []ServiceType
	AvailabilityZones          []string
	VpcEndpointPolicySupported bool
	PrivateDnsNames            []PrivateDNSName `json:",omitempty"`
}

// ServiceType is the type of an endpoint service.
type ServiceType struct{ ServiceType string }

// PrivateDNSName is a private DNS name of an endpoint service.
type PrivateDNSName struct{ PrivateDnsName string }

// PrefixList is a prefix list that AWS manages.
type PrefixList struct {
	PrefixListId, PrefixListName string
	Cidrs                        []string `json:",omitempty"`
}

// Image is an Amazon Machine Image.
type Image struct {
	ImageId, Name, Architecture, OwnerId, State, RootDeviceName string
	ImdsSupport, DeprecationTime                                string `json:",omitempty"`
	// Platform is "windows", or empty for Linux.
	Platform            string `json:",omitempty"`
	BlockDeviceMappings []BlockDeviceMapping
}

// BlockDeviceMapping is a block device of an image.
type BlockDeviceMapping struct {
	DeviceName string
	Ebs        struct {
		VolumeSize int
		VolumeType string
		Encrypted  bool
	}
}

// KeyPair is an EC2 key pair.
type KeyPair struct {
	KeyName, KeyPairId, KeyType string
	Tags                        []Tag `json:",omitempty"`
}

// Vpc is a VPC.
type Vpc struct {
	VpcId, CidrBlock, DhcpOptionsId, InstanceTenancy, OwnerId, State string
	IsDefault                                                        bool
	CidrBlockAssociationSet                                          []CidrBlockAssociation
	// EnableDnsSupport and EnableDnsHostnames are attributes that describe-vpc-attribute returns. Nil if unknown.
	EnableDnsSupport, EnableDnsHostnames *bool
	Tags                                 []Tag `json:",omitempty"`
}

// CidrBlockAssociation is an IPv4 block of a VPC.
type CidrBlockAssociation struct {
	AssociationId, CidrBlock string
	CidrBlockState           struct{ State string }
}

// Subnet is a subnet.
type Subnet struct {
	SubnetId, VpcId, CidrBlock, AvailabilityZone, AvailabilityZoneId, OwnerId, State string
	AvailableIpAddressCount                                                          int
	MapPublicIpOnLaunch, DefaultForAz                                                bool
	Tags                                                                             []Tag `json:",omitempty"`
}

// RouteTable is a route table.
type RouteTable struct {
	RouteTableId, VpcId, OwnerId string
	Associations                 []RouteTableAssociation
	Routes                       []Route
	Tags                         []Tag `json:",omitempty"`
}

// RouteTableAssociation connects a route table to a subnet or a gateway, or makes it the VPC's main table.
type RouteTableAssociation struct {
	RouteTableAssociationId, RouteTableId string
	SubnetId, GatewayId                   string `json:",omitempty"`
	Main                                  bool
}

// Route is a route. One field that names a destination and one that names a target are set.
type Route struct {
	DestinationCidrBlock, DestinationIpv6CidrBlock, DestinationPrefixListId                           string `json:",omitempty"`
	GatewayId, NatGatewayId, TransitGatewayId, VpcPeeringConnectionId, NetworkInterfaceId, InstanceId string `json:",omitempty"`
	EgressOnlyInternetGatewayId, LocalGatewayId, CarrierGatewayId, CoreNetworkArn                     string `json:",omitempty"`
	Origin, State                                                                                     string
}

// NetworkAcl is a network ACL.
type NetworkAcl struct {
	NetworkAclId, VpcId, OwnerId string
	IsDefault                    bool
	Associations                 []NetworkAclAssociation
	Entries                      []NetworkAclEntry
	Tags                         []Tag `json:",omitempty"`
}

// NetworkAclAssociation connects a network ACL to a subnet.
type NetworkAclAssociation struct{ NetworkAclAssociationId, NetworkAclId, SubnetId string }

// NetworkAclEntry is a rule of a network ACL.
type NetworkAclEntry struct {
	RuleNumber               int
	Egress                   bool
	Protocol, RuleAction     string        // the protocol is a number, or "-1" for all
	CidrBlock, Ipv6CidrBlock string        `json:",omitempty"`
	PortRange                *PortRange    `json:",omitempty"`
	IcmpTypeCode             *IcmpTypeCode `json:",omitempty"`
}

// PortRange is a range of ports.
type PortRange struct{ From, To int }

// IcmpTypeCode is an ICMP type and code.
type IcmpTypeCode struct{ Type, Code int }

// SecurityGroup is a security group.
type SecurityGroup struct {
	GroupId, GroupName, Description, VpcId, OwnerId string
	IpPermissions, IpPermissionsEgress              []IpPermission
	Tags                                            []Tag `json:",omitempty"`
}

// IpPermission is a rule of a security group, or several rules that differ only in their peers. FromPort and ToPort are
// nil if the protocol is "-1".
type IpPermission struct {
	IpProtocol       string
	FromPort, ToPort *int             `json:",omitempty"`
	IpRanges         []IpRange        `json:",omitempty"`
	Ipv6Ranges       []Ipv6Range      `json:",omitempty"`
	PrefixListIds    []PrefixListPeer `json:",omitempty"`
	UserIdGroupPairs []GroupPeer      `json:",omitempty"`
}

// IpRange is an IPv4 block.
type IpRange struct {
	CidrIp      string
	Description string `json:",omitempty"`
}

// Ipv6Range is an IPv6 block.
type Ipv6Range struct {
	CidrIpv6    string
	Description string `json:",omitempty"`
}

// PrefixListPeer is a prefix list in a rule.
type PrefixListPeer struct {
	PrefixListId string
	Description  string `json:",omitempty"`
}

// GroupPeer is a security group in a rule.
type GroupPeer struct {
	GroupId     string
	UserId      string `json:",omitempty"`
	VpcId       string `json:",omitempty"`
	Description string `json:",omitempty"`
}

// VpcEndpoint is a VPC endpoint.
type VpcEndpoint struct {
	VpcEndpointId, VpcEndpointType, VpcId, ServiceName, State string
	PolicyDocument                                            string `json:",omitempty"`
	RouteTableIds, SubnetIds, NetworkInterfaceIds             []string
	Groups                                                    []GroupIdentifier
	PrivateDnsEnabled                                         bool
	Tags                                                      []Tag `json:",omitempty"`
}

// GroupIdentifier is a security group that an endpoint or an instance has.
type GroupIdentifier struct{ GroupId, GroupName string }

// Instance is an EC2 instance that is not terminated.
type Instance struct {
	InstanceId, ImageId, InstanceType, SubnetId, VpcId, PrivateIpAddress string
	KeyName                                                              string `json:",omitempty"`
	PublicIpAddress                                                      string `json:",omitempty"`
	State                                                                struct{ Name string }
	Placement                                                            struct{ AvailabilityZone string }
	IamInstanceProfile                                                   *ProfileReference `json:",omitempty"`
	SecurityGroups                                                       []GroupIdentifier
	MetadataOptions                                                      MetadataOptions
	Tags                                                                 []Tag `json:",omitempty"`
}

// ProfileReference is the instance profile of an instance.
type ProfileReference struct{ Arn string }

// MetadataOptions are the settings of an instance's metadata service.
type MetadataOptions struct {
	HttpTokens, HttpEndpoint string
	HttpPutResponseHopLimit  int
}

// User is an IAM user.
type User struct{ UserName, Path string }

// Role is an IAM role. The policies are empty for a role that no instance of the account uses.
type Role struct {
	RoleName, Path           string
	AssumeRolePolicyDocument any              `json:",omitempty"`
	PermissionsBoundary      *Boundary        `json:",omitempty"`
	AttachedPolicies         []AttachedPolicy `json:",omitempty"`
	// InlinePolicies maps the name of a policy to its document.
	InlinePolicies map[string]any `json:",omitempty"`
	Tags           []Tag          `json:",omitempty"`
}

// Boundary is a permissions boundary.
type Boundary struct{ PermissionsBoundaryArn string }

// AttachedPolicy is a managed policy that a role has.
type AttachedPolicy struct{ PolicyName, PolicyArn string }

// InstanceProfile is an instance profile.
type InstanceProfile struct {
	InstanceProfileName, Path string
	// RoleNames contains at most one role.
	RoleNames []string
}
