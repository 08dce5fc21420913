package proof_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// additions creates mutants with another resource.
func (b *mutator) additions() {
	at := slices.IndexFunc(b.base.Resources, func(r apitype.ResourceV3) bool { return kindOf(&r) == "Vpc" })
	network := &b.base.Resources[at]
	vpcID := string(network.ID)
	add := func(what, kind, id string, properties props, claims ...string) {
		b.add(at, what, insert(kind, "extra", id, properties), claims...)
	}
	add("an Internet gateway", "aws:ec2/internetGateway:InternetGateway", "igw-1", props{"vpcId": vpcID}, "isolated")
	add("an attachment of an Internet gateway", "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment", "a", props{"vpcId": vpcID, "internetGatewayId": "igw-1"}, "isolated")
	add("an egress-only gateway", "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", "eigw-1", props{"vpcId": vpcID}, "isolated")
	add("a NAT gateway", "aws:ec2/natGateway:NatGateway", "nat-1", props{"subnetId": b.id("Subnet", "-app-a")}, "isolated")
	add("a public address", "aws:ec2/eip:Eip", "eipalloc-1", props{"publicIp": "203.0.113.7"}, "isolated")
	add("a route out", "aws:ec2/route:Route", "r-1", props{"routeTableId": b.id("RouteTable", "-app"), "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}, "isolated")
	add("a route out of the main table", "aws:ec2/route:Route", "r-1", props{"routeTableId": network.Outputs["mainRouteTableId"], "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}, "isolated")
	add("a network ACL", "aws:ec2/networkAcl:NetworkAcl", "acl-1", props{"vpcId": vpcID}, "reach.ssm")
	add("a resolver rule", "aws:route53/resolverRule:ResolverRule", "rr-1", props{}, "reach.ssm")
	add("a transit gateway", "aws:ec2transitgateway/vpcAttachment:VpcAttachment", "tgw-attach-1", props{"vpcId": vpcID}, "isolated")
	add("a load balancer", "aws:lb/loadBalancer:LoadBalancer", "lb-1", props{}, "isolated", "no-inbound")
	for _, group := range []struct{ suffix, claim string }{{"-instances", "no-inbound"}} {
		add("an inbound rule of "+group.suffix, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "sgr-1", props{
			"securityGroupId": b.id("SecurityGroup", group.suffix), "ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrIpv4": "10.0.0.0/16",
		}, group.claim)
		add("a SecurityGroupRule of "+group.suffix, "aws:ec2/securityGroupRule:SecurityGroupRule", "sgrule-1", props{
			"type": "ingress", "securityGroupId": b.id("SecurityGroup", group.suffix), "protocol": "tcp", "fromPort": 22.0, "toPort": 22.0,
			"cidrBlocks": list("10.0.0.0/16"),
		}, group.claim)
	}
	add("a rule that allows all outbound traffic", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "sgr-1", props{
		"securityGroupId": b.id("SecurityGroup", "-instances"), "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0",
	}, "egress", "ordered")
	add("a rule in the default group", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "sgr-1", props{
		"securityGroupId": network.Outputs["defaultSecurityGroupId"], "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/16",
	}, "default-sg")
	add("a second endpoint of ssm", "aws:ec2/vpcEndpoint:VpcEndpoint", "vpce-2", props{
		"vpcId": vpcID, "serviceName": "com.amazonaws.ap-northeast-1.ssm", "vpcEndpointType": "Interface", "privateDnsEnabled": true,
	}, "reach.ssm")
	b.grants(add)
}

// grants creates mutants whose roles allow more or less.
func (b *mutator) grants(add func(what, kind, id string, properties props, claims ...string)) {
	people, instance := b.roleNamed("session"), b.roleNamed("instance")
	statement := func(effect, action string) string {
		return document(`{"Effect":"` + effect + `","Action":"` + action + `","Resource":"*"}`)
	}
	const rolePolicy, attachment = "aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	add("session role: Run Command", rolePolicy, "x", props{"role": people, "policy": statement("Allow", "ssm:SendCommand")}, "session.scope")
	add("session role: AdministratorAccess", attachment, "x", props{"role": people, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}, "session.scope", "session.own")
	add("session role: an unknown policy", attachment, "x", props{"role": people, "policyArn": "arn:aws:iam::123456789012:policy/x"}, "session.start")
	add("session role: a Deny statement", rolePolicy, "x", props{"role": people, "policy": statement("Deny", "ssmmessages:*")}, "session.start")
	add("instance role: a Deny statement", rolePolicy, "x", props{"role": instance, "policy": statement("Deny", "ssm:*")}, "agent")
	add("instance role: a late policy", rolePolicy, "x", props{"role": instance, "policy": statement("Allow", "s3:*")}, "ordered")
	add("instance role: an unknown policy", attachment, "x", props{"role": instance, "policyArn": "arn:aws:iam::123456789012:policy/x"}, "agent", "ordered")
	add("another role for sessions", "aws:iam/role:Role", "other", props{
		"name": "other", "arn": "arn:aws:iam::123456789012:role/other", "uniqueId": "AROAOTHER",
		"assumeRolePolicy":    document(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"}`),
		"managedPolicyArns":   list("arn:aws:iam::aws:policy/AdministratorAccess"),
		"permissionsBoundary": "",
	}, "session.foreign")
	add("an exclusive list of policies", "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive", "x", props{"roleName": people}, "session.start")
}

// roleNamed returns the name of the role whose resource name has a prefix.
func (b *mutator) roleNamed(prefix string) string {
	for i := range b.base.Resources {
		r := &b.base.Resources[i]
		if kindOf(r) == "Role" && strings.HasPrefix(r.URN.Name(), prefix) {
			return string(r.ID)
		}
	}
	return "none"
}

// dependencies creates mutants whose instances have fewer dependencies.
func (b *mutator) dependencies() {
	for i := range b.base.Resources {
		if kindOf(&b.base.Resources[i]) != "Instance" {
			continue
		}
		instance := &b.base.Resources[i]
		all := map[resource.URN]bool{}
		for _, urn := range instance.Dependencies {
			all[urn] = true
		}
		for _, urn := range slices.Sorted(maps.Keys(all)) {
			b.add(i, "does not depend on "+urn.Name()+" "+string(urn.Type()), forget(urn), b.dependencyClaims(instance, urn)...)
		}
	}
}

// forget returns a change that removes a dependency.
func forget(urn resource.URN) func(*apitype.DeploymentV3, *apitype.ResourceV3) {
	return func(_ *apitype.DeploymentV3, r *apitype.ResourceV3) {
		is := func(u resource.URN) bool { return u == urn }
		r.Dependencies = slices.DeleteFunc(r.Dependencies, is)
		for key := range r.PropertyDependencies {
			r.PropertyDependencies[key] = slices.DeleteFunc(r.PropertyDependencies[key], is)
		}
	}
}

// dependencyClaims returns the claims that notice a missing dependency: none if the instance has the
// dependency indirectly, too.
func (b *mutator) dependencyClaims(instance *apitype.ResourceV3, urn resource.URN) []string {
	switch urn.Type() {
	case "aws:ec2/subnet:Subnet", "aws:ec2/securityGroup:SecurityGroup", "aws:iam/role:Role", "aws:ec2/vpc:Vpc", "aws:ec2/routeTable:RouteTable":
		return []string{"harmless: the instance depends on a resource that depends on it"}
	case "aws:cloudwatch/logGroup:LogGroup", "aws:kms/key:Key", "aws:s3/bucketV2:BucketV2":
		return []string{"harmless: the instance depends on a policy that depends on it"}
	case "aws:ssm/document:Document", "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2":
		return []string{"harmless: the agent uses it when a session starts, and not before"}
	}
	subnet, zone := b.associationNamed(urn), strings.TrimPrefix(instance.URN.Name(), "instances-")
	if subnet != "" && strings.Contains(subnet, "-app-") && !strings.HasSuffix(subnet, "-app-"+zone[:1]) {
		return []string{"harmless: it belongs to a subnet of another zone"}
	}
	return []string{"ordered"}
}

// associationNamed returns the name of a route table association, or "" for other resources.
func (b *mutator) associationNamed(urn resource.URN) string {
	if urn.Type() == "aws:ec2/routeTableAssociation:RouteTableAssociation" {
		return urn.Name()
	}
	return ""
}
