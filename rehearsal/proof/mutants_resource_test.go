package proof_test

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

func (b *mutator) endpoint(i int, r *apitype.ResourceV3) {
	service := r.URN.Name()[strings.LastIndex(r.URN.Name(), "-")+1:]
	reach := "reach." + service
	if service == "ec2messages" {
		b.add(i, "removed", drop, "reach.ec2messages")
	} else {
		b.add(i, "removed", drop, reach)
	}
	b.add(i, "in another VPC", set("vpcId", "vpc-other"), reach)
	b.add(i, "of another service", set("serviceName", "com.amazonaws.ap-northeast-1.sqs"), reach)
	if service == "s3" {
		b.add(i, "no route table", set("routeTableIds", list()), reach)
		b.add(i, "the route table of the endpoints", set("routeTableIds", list(b.id("RouteTable", "-privatelink"))), reach)
		b.add(i, "another prefix list", set("prefixListId", "pl-other"), b.prefixListClaims()...)
	} else {
		b.add(i, "no private DNS", set("privateDnsEnabled", false), reach)
		b.add(i, "no subnet", set("subnetIds", list()), reach)
		b.add(i, "a missing subnet", set("subnetIds", list("subnet-other")), reach)
		b.add(i, "the group of the instances", set("securityGroupIds", list(b.id("SecurityGroup", "-instances"))), reach)
		b.add(i, "the default group", set("securityGroupIds", list()), reach)
		b.add(i, "not accepted", set("state", "pendingAcceptance"), reach)
		b.add(i, "a gateway", set("vpcEndpointType", "Gateway"), reach)
		b.add(i, "IPv6 only", set("ipAddressType", "ipv6"), reach)
	}
	claims := []string{reach, "endpoint-policy." + service}
	b.policy(i, "policy", claims, func(sid, what string) string {
		switch {
		case service == "s3" && sid != "Records" && strings.HasPrefix(what, "without resource "):
			return b.s3Harmless(what)
		case what == "without action s3:PutObjectAcl":
			return aclHarmless
		case sid == "Records" && what == "action *":
			return "no claim is about other requests of the account's principals to the bucket of records"
		case what == "without action s3:ListBucket":
			return "the agent asks for the Region of a bucket first, and continues without the answer"
		}
		return ""
	})
}

// prefixListClaims returns the claims that notice another prefix list. With open egress none does.
func (b *mutator) prefixListClaims() []string {
	if b.find("SecurityGroupEgressRule", "-all") != nil {
		return []string{"harmless: the stack allows all outbound traffic"}
	}
	return []string{"reach.s3", "egress"}
}

// s3Harmless says why a missing bucket is harmless, or returns "".
func (b *mutator) s3Harmless(what string) string {
	for _, needed := range []string{"amazon-ssm-ap-northeast-1/*", "al2023-repos-ap-northeast-1-de612dc2/*"} {
		if strings.HasSuffix(what, "without resource arn:aws:s3:::"+needed) {
			return ""
		}
	}
	return "no resource of the stack reads from it: it is for commands and patches"
}

func (b *mutator) instance(i int) {
	group := b.id("SecurityGroup", "-endpoints")
	b.add(i, "in the subnet of the endpoints", set("subnetId", b.id("Subnet", "-privatelink-a")), "reach.s3")
	b.add(i, "in a missing subnet", set("subnetId", "subnet-other"), "reach.ssm")
	b.add(i, "the group of the endpoints", set("vpcSecurityGroupIds", list(group)), "reach.ssm", "no-inbound")
	b.add(i, "another group with inbound rules", set("vpcSecurityGroupIds", list(b.id("SecurityGroup", "-instances"), group)), "no-inbound")
	b.add(i, "the default group", set("vpcSecurityGroupIds", list()), "reach.ssm")
	b.add(i, "no profile", set("iamInstanceProfile", ""), "agent")
	b.add(i, "another profile", set("iamInstanceProfile", "another"), "agent")
	b.add(i, "requests a public address", set("associatePublicIpAddress", true), "isolated")
	b.add(i, "has a public address", set("publicIp", "203.0.113.7"), "isolated")
	b.add(i, "has a public IPv6 address", set("ipv6Addresses", list("2600:1f14::1")), "isolated")
	b.add(i, "a network interface of another stack", set("networkInterfaces", list(props{"networkInterfaceId": "eni-1", "deviceIndex": 1.0})), "isolated", "no-inbound")
	b.add(i, "no metadata service", set("metadataOptions", props{"httpEndpoint": "disabled", "httpTokens": "required", "httpPutResponseHopLimit": 1.0}), "agent")
	b.hardening(i)
}

// hardening creates mutants without a protection that the stack has.
func (b *mutator) hardening(i int) {
	r := &b.base.Resources[i]
	options, _ := r.Outputs["metadataOptions"].(map[string]any)
	root, _ := r.Outputs["rootBlockDevice"].(map[string]any)
	if options["httpTokens"] == "required" {
		b.add(i, "metadata without tokens", set("metadataOptions", props{"httpEndpoint": "enabled", "httpTokens": "optional"}), "imdsv2")
		b.add(i, "tokens that travel two hops", set("metadataOptions", props{"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 2.0}), "imdsv2")
	}
	if root["encrypted"] == true {
		b.add(i, "a root volume without encryption", set("rootBlockDevice", props{"encrypted": false}), "encrypted")
		b.add(i, "another volume without encryption", set("ebsBlockDevices", list(props{"deviceName": "/dev/sdf", "encrypted": false})), "encrypted")
	}
	if r.Outputs["disableApiTermination"] == true {
		b.add(i, "can be terminated", set("disableApiTermination", false), "protected")
	}
}

func (b *mutator) role(i int, r *apitype.ResourceV3) {
	if strings.HasPrefix(r.URN.Name(), "flow") {
		b.flowRole(i)
		return
	}
	if strings.HasPrefix(r.URN.Name(), "instance") {
		b.add(i, "removed", drop, "agent")
		b.add(i, "a boundary", set("permissionsBoundary", "arn:aws:iam::123456789012:policy/boundary"), "agent")
		b.policy(i, "assumeRolePolicy", []string{"agent"}, trustHarmless)
		return
	}
	b.add(i, "removed", drop, "session.start")
	b.add(i, "a boundary", set("permissionsBoundary", "arn:aws:iam::123456789012:policy/boundary"), "session.start")
	aged := strings.Contains(r.Outputs["assumeRolePolicy"].(string), "aws:MultiFactorAuthAge")
	b.policy(i, "assumeRolePolicy", []string{"session.start", "session.mfa", "session.foreign", "session.own"}, func(sid, what string) string {
		if aged && (what == "condition aws:MultiFactorAuthPresent removed" || what == "condition aws:MultiFactorAuthPresent by BoolIfExists") {
			return "the statement limits the age of MFA, which only requests with MFA have"
		}
		return trustHarmless(sid, what)
	})
}

// trustHarmless says why a mutant of a trust policy is harmless, or returns "".
func trustHarmless(_, what string) string {
	if what == "action *" {
		return "AWS rejects trust policies with actions of other services than STS, and only sts:AssumeRole matters here"
	}
	return ""
}

func (b *mutator) sessionPolicy(i int, r *apitype.ResourceV3) {
	b.add(i, "removed", drop, "session.start")
	b.add(i, "of another role", set("role", "another"), "session.start")
	b.policy(i, "policy", []string{"session.start", "session.own", "session.scope"}, func(sid, what string) string {
		switch {
		case sid == "OwnSessions" && what == "resource *":
			return "the condition on the tag determines the sessions"
		case sid == "Look" && what != "action *" && what != "another action":
			return "the console shows fewer lists; sessions do not need them"
		}
		return ""
	})
}
