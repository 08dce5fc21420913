package htmlreport

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// properties are the most important properties of types, in the order of the columns. Version 6 of the provider adds V2 to
// some of the names.
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
	"aws:ec2/natGateway:NatGateway":                                    "subnetId connectivityType publicIp",
	"aws:ec2/internetGateway:InternetGateway":                          "vpcId",
	"aws:ec2/flowLog:FlowLog":                                          "trafficType logDestinationType logDestination vpcId",
	"aws:iam/role:Role":                                                "arn maxSessionDuration permissionsBoundary",
	"aws:iam/rolePolicy:RolePolicy":                                    "role",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":                "role policyArn",
	"aws:iam/instanceProfile:InstanceProfile":                          "role",
	"aws:kms/key:Key":                                                  "arn enableKeyRotation deletionWindowInDays",
	"aws:kms/alias:Alias":                                              "targetKeyId",
	"aws:cloudwatch/logGroup:LogGroup":                                 "retentionInDays kmsKeyId skipDestroy",
	"aws:s3/bucket:Bucket":                                             "bucket forceDestroy",
	"aws:s3/bucketVersioning:BucketVersioning":                         "bucket versioningConfiguration.status",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":           "bucket blockPublicAcls blockPublicPolicy ignorePublicAcls restrictPublicBuckets",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":           "bucket rule.objectOwnership",
	"aws:s3/bucketPolicy:BucketPolicy":                                 "bucket",
	"aws:ssm/document:Document":                                        "documentType documentVersion",
	"aws:ssm/association:Association":                                  "name scheduleExpression",
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":                "vpcId ingress egress",
	"aws:ec2/eip:Eip":                                                  "publicIp instance",
	"aws:ec2/vpcPeeringConnection:VpcPeeringConnection":                "vpcId peerVpcId",
	"aws:ec2/volumeAttachment:VolumeAttachment":                        "instanceId volumeId",
	"aws:ebs/volume:Volume":                                            "size encrypted availabilityZone",
	"aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "bucket rules",
	"aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "bucket rules",
	"aws:ec2/networkAcl:NetworkAcl":                                             "vpcId subnetIds",
	"aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation":               "vpcId routeTableId",
	"aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": "vpcEndpointId routeTableId",
	"aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation":         "vpcEndpointId subnetId",
	"aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation":               "vpcId dhcpOptionsId",
	"aws:ec2/securityGroupAssociation:SecurityGroupAssociation":                 "vpcEndpointId securityGroupId",
}

// importantProperties returns the most important properties of a type.
func importantProperties(typ string) []string { return strings.Fields(properties[plainType(typ)]) }

// plainType returns the name of a type in version 7 of the provider.
func plainType(typ string) string { return strings.ReplaceAll(typ, "V2", "") }

func (r *stateResource) plainType() string { return plainType(r.typ) }

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
	for _, path := range importantProperties(typ) {
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
		notes = append(notes, "exists: read, not managed")
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

// Remains is resources of a kind that a destroy leaves, or refuses to delete.
type Remains struct {
	Kind, Why string
	Resources []Link
	// external is true if the stack does not manage the resources.
	external bool
}

// remains returns what outlives a destroy.
func (s *state) remains() []Remains {
	var found []Remains
	for _, r := range s.resources {
		why := ""
		switch {
		case r.external:
			why = "it exists independently: the stack only reads it"
		case r.retain:
			why = "kept on purpose: Pulumi forgets it and does not delete it"
		case r.is("skipDestroy"):
			why = "kept on purpose: the provider does not delete it"
		case r.protect:
			why = "protected: Pulumi refuses to destroy the stack"
		case r.is("deletionProtection") || r.is("enableDeletionProtection"):
			why = "deletion protection: AWS refuses to delete it until the protection is off"
		case r.is("disableApiTermination"):
			why = "termination protection: EC2 refuses to delete it until terminationProtection is off"
		case r.typ == "aws:kms/key:Key":
			why = "AWS deletes keys " + r.str("deletionWindowInDays") + " days after the request"
		case r.plainType() == "aws:s3/bucket:Bucket" && !r.is("forceDestroy"):
			why = "S3 refuses to delete it while it has objects"
		default:
			continue
		}
		i := slices.IndexFunc(found, func(other Remains) bool { return other.Kind == r.kind() && other.Why == why })
		if i < 0 {
			i, found = len(found), append(found, Remains{Kind: r.kind(), Why: why})
		}
		found[i].Resources = append(found[i].Resources, Link{name(r.name), r.anchor})
		found[i].external = r.external
	}
	// Resources that the stack deploys and leaves behind are more important, so they come first.
	isExternal := func(r Remains) bool { return r.external }
	return slices.Concat(slices.DeleteFunc(slices.Clone(found), isExternal), slices.DeleteFunc(found, func(r Remains) bool { return !r.external }))
}
