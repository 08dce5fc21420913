package proof_test

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

func (b *mutator) vpc(i int) {
	b.add(i, "removed", drop, "reach.ssm", "isolated")
	b.add(i, "no DNS", set("enableDnsSupport", false), "reach.ssm", "reach.s3")
	b.add(i, "no private names", set("enableDnsHostnames", false), "reach.ssm")
	b.add(i, "another block", set("cidrBlock", "10.9.0.0/16"), "reach.ssm")
}

func (b *mutator) subnet(i int) {
	b.add(i, "removed", drop, "reach.ssm")
	b.add(i, "assigns public addresses", set("mapPublicIpOnLaunch", true), "isolated")
	b.add(i, "in another VPC", set("vpcId", "vpc-other"), "reach.ssm")
	b.add(i, "in another zone", set("availabilityZone", "ap-northeast-1x"), "multi-zone")
}

func (b *mutator) routeTable(i int) {
	b.add(i, "removed", drop, "reach.ssm")
	b.add(i, "a route to an Internet gateway", set("routes", list(props{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"})), "isolated")
	b.add(i, "a route to a NAT gateway", set("routes", list(props{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"})), "isolated")
	b.add(i, "an IPv6 route out", set("routes", list(props{"ipv6CidrBlock": "::/0", "egressOnlyGatewayId": "eigw-1"})), "isolated")
	b.add(i, "a route to a peer", set("routes", list(props{"cidrBlock": "10.200.0.0/16", "vpcPeeringConnectionId": "pcx-1"})), "isolated")
	b.add(i, "routes from a gateway", set("propagatingVgws", list("vgw-1")), "isolated")
	b.add(i, "the VPC's addresses elsewhere", set("routes", list(props{"cidrBlock": "10.0.0.0/16", "networkInterfaceId": "eni-1"})), "reach.ssm")
	b.add(i, "some of the VPC's addresses elsewhere", set("routes", list(
		props{"cidrBlock": "10.0.1.0/24", "networkInterfaceId": "eni-1"}, props{"cidrBlock": "10.0.11.0/24", "networkInterfaceId": "eni-1"},
	)), "reach.ssm")
}

func (b *mutator) association(i int, r *apitype.ResourceV3) {
	if strings.Contains(r.URN.Name(), "-app-") {
		b.add(i, "removed", drop, "reach.s3")
		b.add(i, "the table of the endpoints", set("routeTableId", b.id("RouteTable", "-privatelink")), "reach.s3")
		b.add(i, "a missing table", set("routeTableId", "rtb-other"), "reach.ssm")
		b.add(i, "another subnet", set("subnetId", "subnet-other"), "reach.s3")
		return
	}
	const why = "harmless: the endpoints' subnets need the local route only, which every table has"
	b.add(i, "removed", drop, why)
	b.add(i, "the table of the instances", set("routeTableId", b.id("RouteTable", "-app")), why)
	b.add(i, "another subnet", set("subnetId", "subnet-other"), why)
	b.add(i, "a missing table", set("routeTableId", "rtb-other"), "reach.ssm")
}

func (b *mutator) group(i int, r *apitype.ResourceV3) {
	if strings.HasSuffix(r.URN.Name(), "-instances") {
		b.add(i, "removed", drop, "reach.ssm", "no-inbound")
		b.add(i, "allows SSH", set("ingress", list(props{"protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrBlocks": list("10.0.0.0/16")})), "no-inbound")
		b.add(i, "allows itself", set("ingress", list(props{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "self": true})), "no-inbound")
		b.add(i, "allows all outbound traffic", set("egress", list(props{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "cidrBlocks": list("0.0.0.0/0")})), "egress")
		return
	}
	b.add(i, "removed", drop, "reach.ssm")
	b.add(i, "allows all outbound traffic", set("egress", list(props{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "cidrBlocks": list("0.0.0.0/0")})),
		"harmless: endpoints open no connections, and responses need no rule")
	b.add(i, "allows all of the VPC", set("ingress", list(props{"protocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrBlocks": list("10.0.0.0/16")})),
		"harmless: no claim is about other clients of the endpoints in the VPC")
}

// rule creates the mutants of a rule that has to allow TCP 443.
func (b *mutator) rule(i int, claims []string) {
	b.add(i, "removed", drop, claims...)
	b.add(i, "another port", func(d *apitype.DeploymentV3, r *apitype.ResourceV3) {
		set("fromPort", 80.0)(d, r)
		set("toPort", 80.0)(d, r)
	}, claims...)
	b.add(i, "fewer ports", func(d *apitype.DeploymentV3, r *apitype.ResourceV3) {
		set("fromPort", 444.0)(d, r)
		set("toPort", 65535.0)(d, r)
	}, claims...)
	b.add(i, "UDP", set("ipProtocol", "udp"), claims...)
	b.add(i, "of another group", set("securityGroupId", "sg-other"), claims...)
	b.add(i, "another peer", func(_ *apitype.DeploymentV3, r *apitype.ResourceV3) {
		for _, properties := range []map[string]any{r.Inputs, r.Outputs} {
			delete(properties, "referencedSecurityGroupId")
			delete(properties, "prefixListId")
			properties["cidrIpv4"] = "192.168.0.0/16"
		}
	}, claims...)
	b.add(i, "another group as peer", func(_ *apitype.DeploymentV3, r *apitype.ResourceV3) {
		for _, properties := range []map[string]any{r.Inputs, r.Outputs} {
			delete(properties, "cidrIpv4")
			delete(properties, "prefixListId")
			properties["referencedSecurityGroupId"] = "sg-other"
		}
	}, claims...)
}

// anyPort creates the mutants of a rule that allows all traffic.
func (b *mutator) anyPort(i int) {
	b.add(i, "removed", drop, "reach.ssm")
	b.add(i, "UDP", set("ipProtocol", "udp"), "reach.ssm")
	b.add(i, "of another group", set("securityGroupId", "sg-other"), "reach.ssm")
	b.add(i, "another peer", set("cidrIpv4", "192.168.0.0/16"), "reach.ssm")
	b.add(i, "the VPC only", set("cidrIpv4", "10.0.0.0/16"), "reach.s3")
	b.add(i, "another port", set("fromPort", 80.0), "harmless: AWS ignores the ports of protocol -1")
}

func (b *mutator) egress(i int, r *apitype.ResourceV3) {
	name := r.URN.Name()
	switch {
	case strings.HasSuffix(name, "-all"):
		b.anyPort(i)
		return
	case strings.HasSuffix(name, "-endpoints"):
		b.rule(i, []string{"reach.ssm"})
	default:
		b.rule(i, []string{"reach.s3"})
	}
	b.add(i, "all protocols", set("ipProtocol", "-1"), "egress")
	b.add(i, "all ports", func(d *apitype.DeploymentV3, r *apitype.ResourceV3) {
		set("fromPort", 0.0)(d, r)
		set("toPort", 65535.0)(d, r)
	}, "egress")
	b.add(i, "everywhere", func(_ *apitype.DeploymentV3, r *apitype.ResourceV3) {
		for _, properties := range []map[string]any{r.Inputs, r.Outputs} {
			delete(properties, "referencedSecurityGroupId")
			delete(properties, "prefixListId")
			properties["cidrIpv4"] = "0.0.0.0/0"
		}
	}, "egress")
}
