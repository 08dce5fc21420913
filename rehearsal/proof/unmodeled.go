package proof

import "strings"

// scope is the part of a state that claims depend on.
type scope int

const (
	// scopeNone is that of claims about single resources, which no other resource affects.
	scopeNone scope = iota
	// scopeNetwork contains routes, security group rules, endpoints and names.
	scopeNetwork
	// scopeIdentity contains roles, policies and documents.
	scopeIdentity
)

// modeledTypes are the types that this package reads, and those that affect no claim.
var modeledTypes = toSet(`
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

// localPackages are the packages whose resources change nothing in AWS.
var localPackages = toSet("pulumi random tls time archive std null")

// unmodeledTypes returns the resources whose types are not modeled, each as "type name", by the claims that
// they may affect.
func (m *model) unmodeledTypes() map[scope][]string {
	found := map[scope][]string{}
	for _, n := range m.resources {
		pkg, rest, _ := strings.Cut(n.typ, ":")
		if modeledTypes[n.typ] || localPackages[pkg] {
			continue
		}
		name := n.typ + " " + n.name
		if pkg != "aws" || strings.HasPrefix(rest, "cloudformation/") || strings.HasPrefix(rest, "cloudcontrol/") {
			// It can create anything.
			found[scopeNetwork] = append(found[scopeNetwork], name)
			found[scopeIdentity] = append(found[scopeIdentity], name)
			continue
		}
		switch module, _, _ := strings.Cut(rest, "/"); module {
		case "ec2", "vpc", "ec2transitgateway", "networkfirewall", "route53", "directconnect", "networkmanager", "vpclattice",
			"globalaccelerator", "lb", "alb", "elb", "ram", "ec2clientvpn", "autoscaling":
			found[scopeNetwork] = append(found[scopeNetwork], name)
		case "iam", "organizations", "ssm", "ssoadmin", "kms":
			found[scopeIdentity] = append(found[scopeIdentity], name)
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
