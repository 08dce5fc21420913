package htmlreport

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// properties are the most important properties of types, in the order of the columns.
var properties = map[string]string{
	"aws:ec2/vpc:Vpc":       "cidrBlock enableDnsSupport enableDnsHostnames",
	"aws:ec2/subnet:Subnet": "cidrBlock availabilityZone vpcId mapPublicIpOnLaunch",
	"aws:ec2/routeTableAssociation:RouteTableAssociation": "subnetId routeTableId",
	"aws:ec2/route:Route":                                       "routeTableId destinationCidrBlock gatewayId natGatewayId",
	"aws:ec2/routeTable:RouteTable":                             "vpcId routes",
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "securityGroupId ipProtocol fromPort toPort cidrIpv4 cidrIpv6 referencedSecurityGroupId prefixListId",
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":   "securityGroupId ipProtocol fromPort toPort cidrIpv4 cidrIpv6 referencedSecurityGroupId prefixListId",
	"aws:ec2/securityGroup:SecurityGroup":                       "vpcId description ingress egress",
	"aws:ec2/securityGroupRule:SecurityGroupRule":               "securityGroupId type protocol fromPort toPort cidrBlocks sourceSecurityGroupId",
	"aws:ec2/vpcEndpoint:VpcEndpoint":                           "serviceName vpcEndpointType privateDnsEnabled subnetIds securityGroupIds",
	"aws:ec2/instance:Instance": "instanceType ami privateIp publicIp subnetId iamInstanceProfile metadataOptions.httpTokens " +
		"rootBlockDevice.volumeSize rootBlockDevice.encrypted disableApiTermination",
	"aws:ec2/natGateway:NatGateway":                                        "subnetId connectivityType publicIp",
	"aws:ec2/internetGateway:InternetGateway":                              "vpcId",
	"aws:ec2/flowLog:FlowLog":                                              "trafficType logDestinationType logDestination vpcId",
	"aws:iam/role:Role":                                                    "arn maxSessionDuration permissionsBoundary",
	"aws:iam/rolePolicy:RolePolicy":                                        "role",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":                    "role policyArn",
	"aws:iam/instanceProfile:InstanceProfile":                              "role",
	"aws:kms/key:Key":                                                      "arn enableKeyRotation deletionWindowInDays",
	"aws:kms/alias:Alias":                                                  "targetKeyId",
	"aws:cloudwatch/logGroup:LogGroup":                                     "retentionInDays kmsKeyId skipDestroy",
	"aws:s3/bucketV2:BucketV2":                                             "bucket forceDestroy",
	"aws:s3/bucket:Bucket":                                                 "bucket forceDestroy",
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                         "bucket versioningConfiguration.status",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":               "bucket blockPublicAcls blockPublicPolicy ignorePublicAcls restrictPublicBuckets",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":               "bucket rule.objectOwnership",
	"aws:s3/bucketPolicy:BucketPolicy":                                     "bucket",
	"aws:ssm/document:Document":                                            "documentType documentVersion",
	"aws:ssm/association:Association":                                      "name scheduleExpression",
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":                    "vpcId ingress egress",
	"aws:ec2/eip:Eip":                                                      "publicIp instance",
	"aws:ec2/vpcPeeringConnection:VpcPeeringConnection":                    "vpcId peerVpcId",
	"aws:ec2/volumeAttachment:VolumeAttachment":                            "instanceId volumeId",
	"aws:ebs/volume:Volume":                                                "size encrypted availabilityZone",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": "bucket rules",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": "bucket rules",
	"aws:ec2/networkAcl:NetworkAcl":                                             "vpcId subnetIds",
	"aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation":               "vpcId routeTableId",
	"aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": "vpcEndpointId routeTableId",
	"aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation":         "vpcEndpointId subnetId",
	"aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation":               "vpcId dhcpOptionsId",
	"aws:ec2/securityGroupAssociation:SecurityGroupAssociation":                 "vpcEndpointId securityGroupId",
}

// documents are the properties that contain JSON documents, such as policies.
var documents = []string{"policy", "assumeRolePolicy", "content"}

// ResourceTable is the resources of a type.
type ResourceTable struct {
	Type    string
	Columns []string
	Rows    []ResourceRow
}

// ResourceRow is a resource.
type ResourceRow struct {
	Anchor, Name, ID string
	Cells            []Cell
	// Notes are what is special about the resource, such as "kept when the stack is destroyed".
	Notes []string
	// Documents are the policies of the resource.
	Documents []NamedText
}

// Cell is a property. Anchor is that of the resource that it refers to, or empty.
type Cell struct{ Text, Anchor string }

// NamedText is a document with the name of its property.
type NamedText struct{ Name, Text string }

// resourceTables returns the resources by type.
func (s *state) resourceTables() []ResourceTable {
	var tables []ResourceTable
	for _, r := range s.resources {
		if len(tables) == 0 || tables[len(tables)-1].Type != r.typ {
			tables = append(tables, ResourceTable{Type: r.typ, Columns: s.columns(r.typ)})
		}
		t := &tables[len(tables)-1]
		row := ResourceRow{Anchor: r.anchor, Name: name(r.name), ID: name(r.id), Notes: r.notes()}
		for _, column := range t.Columns {
			row.Cells = append(row.Cells, s.cell(r.str(column)))
		}
		for _, key := range documents {
			if text, ok := r.value(key).(string); ok && text != "" {
				row.Documents = append(row.Documents, NamedText{key, indented(text)})
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return tables
}

// columns returns the properties of a type that at least one of its resources has.
func (s *state) columns(typ string) []string {
	var found []string
	for _, path := range strings.Fields(properties[typ]) {
		for _, r := range s.ofType(typ) {
			if r.str(path) != "" {
				found = append(found, path)
				break
			}
		}
	}
	return found
}

// cell returns a property. If it is the ID of a resource in the state, the text is the name of that resource.
func (s *state) cell(text string) Cell {
	if r := s.byID[text]; r != nil {
		return Cell{name(r.name), r.anchor}
	}
	parts := strings.Split(text, ", ")
	for i, part := range parts {
		if r := s.byID[part]; r != nil {
			parts[i] = r.name
		}
	}
	return Cell{shortenMiddle(visible(strings.Join(parts, ", ")), 2*longName), ""}
}

// notes returns what is special about a resource.
func (r *stateResource) notes() []string {
	var notes []string
	if r.external {
		notes = append(notes, "not managed by this stack")
	}
	if r.retain {
		notes = append(notes, "kept when the stack is destroyed")
	}
	if r.protect {
		notes = append(notes, "protected from deletion")
	}
	return notes
}

// maxDocument is the longest document that is shown, in bytes.
const maxDocument = 100_000

// indented formats a JSON document.
func indented(text string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "  "); err == nil {
		text = b.String()
	}
	if len(text) > maxDocument {
		text = strings.ToValidUTF8(text[:maxDocument], "") + "\n… (shortened)"
	}
	return visible(text)
}

// Charge is something that AWS charges for.
type Charge struct {
	What  string
	Count int
	// Unit says what AWS charges for each.
	Unit string
}

// chargedTypes are the types that AWS charges for by the hour, by the month or by use.
var chargedTypes = []struct{ typ, what, unit string }{
	{"aws:ec2/natGateway:NatGateway", "NAT gateways", "per hour, and per GB of traffic"},
	{"aws:ec2/eip:Eip", "Elastic IP addresses", "per hour"},
	{"aws:kms/key:Key", "KMS keys", "per month, and per request"},
	{"aws:cloudwatch/logGroup:LogGroup", "log groups", "per GB that is written, and per GB stored"},
	{"aws:s3/bucketV2:BucketV2", "S3 buckets", "per GB stored, and per request"},
	{"aws:s3/bucket:Bucket", "S3 buckets", "per GB stored, and per request"},
	{"aws:ec2/flowLog:FlowLog", "flow logs", "per GB that is written"},
	{"aws:lb/loadBalancer:LoadBalancer", "load balancers", "per hour, and by use"},
	{"aws:rds/instance:Instance", "RDS instances", "per hour, and per GB of storage"},
	{"aws:ec2transitgateway/vpcAttachment:VpcAttachment", "transit gateway attachments", "per hour, and per GB of traffic"},
	{"aws:ec2/vpnConnection:VpnConnection", "VPN connections", "per hour"},
	{"aws:secretsmanager/secret:Secret", "secrets", "per month"},
	{"aws:route53/zone:Zone", "hosted zones", "per month"},
	{"aws:cloudwatch/metricAlarm:MetricAlarm", "alarms", "per month"},
	{"aws:ebs/snapshot:Snapshot", "EBS snapshots", "per GB and month"},
	{"aws:ec2/dedicatedHost:DedicatedHost", "Dedicated Hosts", "per hour"},
	{"aws:ec2/capacityReservation:CapacityReservation", "capacity reservations", "per hour"},
	{"aws:ec2/vpcIpam:VpcIpam", "IPAMs", "per address and hour"},
	{"aws:ec2/trafficMirrorSession:TrafficMirrorSession", "traffic mirror sessions", "per hour"},
}

// freeModules are modules of the aws package whose resources have no charge of their own, except those in chargedTypes.
var freeModules = map[string]bool{"iam": true, "ec2": true, "vpc": true, "ssm": true, "s3": true, "kms": true, "cloudwatch": true, "ebs": true}

// charges counts what AWS charges for.
func (s *state) charges() []Charge {
	var found []Charge
	add := func(what string, count int, unit string) {
		for i := range found {
			if found[i].What == what {
				found[i].Count += count
				return
			}
		}
		if count > 0 {
			found = append(found, Charge{what, count, unit})
		}
	}
	for _, r := range s.ofType("aws:ec2/vpcEndpoint:VpcEndpoint") {
		if subnets, _ := r.value("subnetIds").([]any); r.str("vpcEndpointType") == "Interface" && !r.external {
			add("interface endpoints, counted once in each subnet", len(subnets), "per hour, and per GB of traffic")
		}
	}
	for _, r := range s.ofType("aws:ec2/instance:Instance") {
		if r.external {
			continue
		}
		add("instances of type "+name(r.str("instanceType")), 1, "per hour")
		if size, ok := r.value("rootBlockDevice.volumeSize").(float64); ok {
			add("GiB of root volumes", int(size), "per month")
		}
		if r.is("monitoring") {
			add("instances with detailed monitoring", 1, "per month")
		}
		if r.str("publicIp") != "" {
			add("public IPv4 addresses of instances", 1, "per hour")
		}
	}
	for _, r := range s.ofType("aws:ebs/volume:Volume") {
		size, _ := r.value("size").(float64)
		add("GiB of other volumes", int(size), "per month")
	}
	for _, c := range chargedTypes {
		for _, r := range s.ofType(c.typ) {
			if !r.external {
				add(c.what, 1, c.unit)
			}
		}
	}
	for _, r := range s.resources {
		if !r.external && !s.known(r.typ) {
			add(name(r.typ), 1, "unknown: see AWS's price list")
		}
	}
	return found
}

// known reports whether it is known if AWS charges for a type.
func (s *state) known(typ string) bool {
	for _, c := range chargedTypes {
		if c.typ == typ {
			return true
		}
	}
	pkg, rest, _ := strings.Cut(typ, ":")
	module, _, _ := strings.Cut(rest, "/")
	return pkg != "aws" || freeModules[module]
}

// Remains is resources of a kind that a destroy leaves, or refuses to delete.
type Remains struct {
	Kind, Why string
	Resources []Link
}

// remains returns what outlives a destroy.
func (s *state) remains() []Remains {
	var found []Remains
	for _, r := range s.resources {
		why := ""
		switch {
		case r.external:
			why = "this stack does not manage it"
		case r.retain:
			why = "kept on purpose: Pulumi forgets it and does not delete it"
		case r.is("skipDestroy"):
			why = "kept on purpose: the provider does not delete it"
		case r.protect:
			why = "protected: Pulumi refuses to destroy the stack"
		case r.is("disableApiTermination"):
			why = "termination protection: EC2 refuses to delete it until terminationProtection is off"
		case r.typ == "aws:kms/key:Key":
			why = "AWS deletes keys " + r.str("deletionWindowInDays") + " days after the request"
		case (r.typ == "aws:s3/bucketV2:BucketV2" || r.typ == "aws:s3/bucket:Bucket") && !r.is("forceDestroy"):
			why = "S3 refuses to delete it while it has objects"
		default:
			continue
		}
		i := slices.IndexFunc(found, func(other Remains) bool { return other.Kind == r.kind() && other.Why == why })
		if i < 0 {
			i, found = len(found), append(found, Remains{Kind: r.kind(), Why: why})
		}
		found[i].Resources = append(found[i].Resources, Link{name(r.name), r.anchor})
	}
	return found
}
