package proof

import "strings"

// family is what claims rest on.
type family int

const (
	// nothing: a claim about named resources, to which no other resource matters.
	nothing family = iota
	// network: routes, rules, endpoints and names.
	network
	// identity: roles, policies and documents.
	identity
)

// known are the types that this package reads, and those that bear on no claim.
var known = toSet(`
aws:ec2/vpc:Vpc aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation aws:ec2/subnet:Subnet
aws:ec2/routeTable:RouteTable aws:ec2/defaultRouteTable:DefaultRouteTable aws:ec2/route:Route
aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation aws:ec2/routeTableAssociation:RouteTableAssociation
aws:ec2/internetGateway:InternetGateway aws:ec2/internetGatewayAttachment:InternetGatewayAttachment
aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway aws:ec2/natGateway:NatGateway
aws:ec2/eip:Eip aws:ec2/eipAssociation:EipAssociation
aws:ec2/securityGroup:SecurityGroup aws:ec2/defaultSecurityGroup:DefaultSecurityGroup
aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule
aws:ec2/securityGroupRule:SecurityGroupRule
aws:ec2/vpcEndpoint:VpcEndpoint aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation
aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy
aws:ec2/instance:Instance aws:ec2/keyPair:KeyPair aws:ec2/flowLog:FlowLog aws:ec2/tag:Tag
aws:iam/role:Role aws:iam/instanceProfile:InstanceProfile aws:iam/rolePolicy:RolePolicy aws:iam/policy:Policy
aws:iam/rolePolicyAttachment:RolePolicyAttachment aws:iam/policyAttachment:PolicyAttachment
aws:ssm/document:Document aws:ssm/association:Association aws:ssm/parameter:Parameter
aws:ssm/maintenanceWindow:MaintenanceWindow aws:ssm/patchBaseline:PatchBaseline
aws:cloudwatch/logGroup:LogGroup aws:cloudwatch/logStream:LogStream aws:cloudwatch/metricAlarm:MetricAlarm
aws:kms/key:Key aws:kms/alias:Alias
aws:ec2/volumeAttachment:VolumeAttachment aws:ec2/launchTemplate:LaunchTemplate aws:ec2/placementGroup:PlacementGroup
aws:iam/user:User aws:iam/group:Group aws:iam/accessKey:AccessKey aws:iam/userGroupMembership:UserGroupMembership
aws:iam/userPolicy:UserPolicy aws:iam/userPolicyAttachment:UserPolicyAttachment aws:iam/groupPolicy:GroupPolicy
aws:iam/groupPolicyAttachment:GroupPolicyAttachment aws:iam/groupMembership:GroupMembership
aws:iam/serviceLinkedRole:ServiceLinkedRole aws:iam/samlProvider:SamlProvider
aws:iam/openIdConnectProvider:OpenIdConnectProvider
`)

// harmless are the packages whose resources touch nothing in AWS.
var harmless = toSet("pulumi random tls time archive std null")

// strangers names the resources of unknown types, by what claims they may bear on.
func (m *model) strangers() map[family][]string {
	found := map[family][]string{}
	for _, n := range m.nodes {
		pkg, rest, _ := strings.Cut(n.kind, ":")
		if known[n.kind] || harmless[pkg] {
			continue
		}
		name := n.kind + " " + n.name
		if pkg != "aws" || strings.HasPrefix(rest, "cloudformation/") || strings.HasPrefix(rest, "cloudcontrol/") {
			// It may do anything.
			found[network] = append(found[network], name)
			found[identity] = append(found[identity], name)
			continue
		}
		switch module, _, _ := strings.Cut(rest, "/"); module {
		case "ec2", "vpc", "ec2transitgateway", "networkfirewall", "route53", "directconnect", "networkmanager", "vpclattice",
			"globalaccelerator", "lb", "alb", "elb", "ram", "ec2clientvpn", "autoscaling":
			found[network] = append(found[network], name)
		case "iam", "organizations", "ssm", "ssoadmin", "kms":
			found[identity] = append(found[identity], name)
		}
	}
	return found
}

func toSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}
