package proof

import (
	"fmt"
	"strings"
)

// scope is a set of parts of a state that claims depend on.
type scope int

const (
	// scopeNetwork contains routes, security group rules, endpoints and names.
	scopeNetwork scope = 1 << iota
	// scopeIdentity contains roles, policies, keys, documents and records.
	scopeIdentity
	// scopeNone is that of claims about single resources, which no other resource affects.
	scopeNone scope = 0
)

// harmlessTypes are types that affect no claim: they give nobody permission, and connect nothing to an instance.
var harmlessTypes = toSet(`
aws:ec2/keyPair:KeyPair aws:ec2/placementGroup:PlacementGroup aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults
aws:vpc/securityGroupVpcAssociation:SecurityGroupVpcAssociation aws:route53/vpcAssociationAuthorization:VpcAssociationAuthorization
aws:route53/queryLog:QueryLog aws:route53/healthCheck:HealthCheck aws:ec2/customerGateway:CustomerGateway
aws:ec2/vpcIpv6CidrBlockAssociation:VpcIpv6CidrBlockAssociation
aws:ec2/vpnConnection:VpnConnection aws:ec2/vpnConnectionRoute:VpnConnectionRoute
aws:ec2transitgateway/transitGateway:TransitGateway aws:ec2transitgateway/routeTable:RouteTable aws:ec2transitgateway/route:Route
aws:ec2transitgateway/routeTableAssociation:RouteTableAssociation aws:ec2transitgateway/routeTablePropagation:RouteTablePropagation
aws:ec2transitgateway/prefixListReference:PrefixListReference aws:ec2transitgateway/peeringAttachment:PeeringAttachment
aws:route53/resolverEndpoint:ResolverEndpoint aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig
aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation
aws:ec2/ami:Ami aws:ec2/amiCopy:AmiCopy aws:ec2/amiFromInstance:AmiFromInstance aws:ec2/amiLaunchPermission:AmiLaunchPermission
aws:ec2/dedicatedHost:DedicatedHost aws:ec2/defaultCreditSpecification:DefaultCreditSpecification
aws:ec2/networkInsightsPath:NetworkInsightsPath aws:ec2/networkInsightsAnalysis:NetworkInsightsAnalysis
aws:ec2/subnetCidrReservation:SubnetCidrReservation aws:ec2/vpcIpam:VpcIpam aws:ec2/vpcIpamPool:VpcIpamPool
aws:ec2/vpcIpamPoolCidr:VpcIpamPoolCidr aws:ec2/vpcIpamPoolCidrAllocation:VpcIpamPoolCidrAllocation aws:ec2/vpcIpamScope:VpcIpamScope
aws:ebs/snapshotCopy:SnapshotCopy aws:ebs/snapshotImport:SnapshotImport
aws:ebs/defaultKmsKey:DefaultKmsKey aws:ebs/snapshot:Snapshot aws:ec2/capacityReservation:CapacityReservation
aws:ssm/parameter:Parameter aws:ssm/maintenanceWindow:MaintenanceWindow aws:ssm/patchBaseline:PatchBaseline
aws:cloudwatch/logStream:LogStream aws:cloudwatch/metricAlarm:MetricAlarm aws:cloudwatch/logMetricFilter:LogMetricFilter
aws:cloudwatch/dashboard:Dashboard
aws:iam/accessKey:AccessKey aws:iam/serviceLinkedRole:ServiceLinkedRole
aws:iam/samlProvider:SamlProvider aws:iam/openIdConnectProvider:OpenIdConnectProvider
aws:ssm/patchGroup:PatchGroup aws:ssm/resourceDataSync:ResourceDataSync aws:ssm/defaultPatchBaseline:DefaultPatchBaseline
aws:ssm/maintenanceWindowTarget:MaintenanceWindowTarget aws:iam/accountAlias:AccountAlias aws:iam/userLoginProfile:UserLoginProfile
aws:iam/accountPasswordPolicy:AccountPasswordPolicy aws:iam/virtualMfaDevice:VirtualMfaDevice
`)

// harmlessModules are the modules of services whose resources connect nothing to an instance, and give nobody
// permission to sessions. Those of CloudWatch, S3 and AWS KMS can affect records: the claim recorded looks for the ones
// that refer to a log group, bucket or key of records.
var harmlessModules = toSet(`accessanalyzer account acm acmpca amp athena auditmanager backup bcmdata budgets cfg chatbot cloudtrail codeartifact
	codecommit cognito costexplorer cur dax docdb dynamodb ecr ecrpublic efs elasticache fsx glacier glue grafana guardduty inspector inspector2
	keyspaces kinesis macie macie2 memorydb mq msk neptune notifications opensearch pricing qldb rds redshift resourceexplorer resourcegroups
	cloudwatch s3 s3control kms secretsmanager securityhub servicequotas ses sesv2 shield signer sns sqs synthetics timestreamwrite waf wafregional wafv2 xray`)

// moduleScopes are the scopes of the other modules. A module that is not in it may affect everything.
var moduleScopes = map[scope]map[string]bool{
	scopeNetwork: toSet(`ec2 vpc ebs ec2transitgateway networkfirewall route53 directconnect networkmanager vpclattice globalaccelerator lb alb elb
		ec2clientvpn autoscaling applicationloadbalancing servicediscovery networkmonitor`),
	scopeIdentity: toSet(`iam organizations ssm ssoadmin identitystore rolesanywhere`),
}

// localPackages are the packages whose resources change nothing in AWS.
var localPackages = toSet("pulumi random tls time archive std null")

// scopeOf returns the parts of a state that a resource of a type belongs to.
func scopeOf(typ string) scope {
	if table, ok := inputTables[typ]; ok {
		return table.scope
	}
	pkg, rest, _ := strings.Cut(typ, ":")
	module, _, _ := strings.Cut(rest, "/")
	switch {
	case harmlessTypes[typ], localPackages[pkg], pkg == "aws" && harmlessModules[module]:
		return scopeNone
	case pkg == "aws" && moduleScopes[scopeNetwork][module]:
		return scopeNetwork
	case pkg == "aws" && moduleScopes[scopeIdentity][module]:
		return scopeIdentity
	}
	return scopeNetwork | scopeIdentity // it can create anything
}

// unmodeled returns the resources of a scope that the proofs do not read although they may affect its claims,
// each as "type name".
func (m *model) unmodeled(in scope) []string {
	var found []string
	for _, n := range m.resources {
		if _, modeled := inputTables[n.typ]; !modeled && !evaluatedTypes[n.typ] && !n.isHostManagement() && scopeOf(n.typ)&in != 0 && !m.isElsewhere(n) {
			found = append(found, n.declaredType+" "+n.name)
		}
	}
	return found
}

// creators returns the resources that can create anything, each as "type name".
func (m *model) creators() []string {
	var found []string
	for _, n := range m.resources {
		if _, modeled := inputTables[n.typ]; !modeled && !evaluatedTypes[n.typ] && scopeOf(n.typ) == scopeNetwork|scopeIdentity {
			found = append(found, n.declaredType+" "+n.name)
		}
	}
	return found
}

// uncertainIn returns the resources of a scope that may exist beside the others, each as "type name: why".
func (m *model) uncertainIn(in scope) []string {
	var found []string
	for _, n := range m.uncertain {
		if scopeOf(n.typ)&in != 0 && !m.isElsewhere(n) {
			found = append(found, fmt.Sprintf("%s %s: %s", n.declaredType, n.name, strings.Join(n.health, "; ")))
		}
	}
	return found
}

// evaluatedTypes are types that a claim evaluates without resting on each of their inputs.
var evaluatedTypes = toSet(`
aws:iam/user:User aws:iam/group:Group aws:iam/userGroupMembership:UserGroupMembership aws:iam/groupMembership:GroupMembership
aws:iam/userPolicy:UserPolicy aws:iam/userPolicyAttachment:UserPolicyAttachment aws:iam/groupPolicy:GroupPolicy
aws:iam/groupPolicyAttachment:GroupPolicyAttachment
aws:ec2/launchTemplate:LaunchTemplate aws:ebs/encryptionByDefault:EncryptionByDefault
aws:vpc/securityGroupRulesExclusive:SecurityGroupRulesExclusive
`)

func toSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}
