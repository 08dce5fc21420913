package awssim

import (
	"strconv"

	"bastionless/rehearsal/account"
)

// The provider has two types for network ACLs. It reads the default ACL of a VPC only as the second one. Objects always have
// the first one.
const (
	networkACLToken        = "aws:ec2/networkAcl:NetworkAcl"
	defaultNetworkACLToken = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
)

// lastACLRule is the number of the rule that denies what no other rule matches, and lastIPv6ACLRule that of IPv6. The
// provider does not return them.
const lastACLRule, lastIPv6ACLRule = 32767, 32768

func init() {
	entries := attribute{Computed: true, Set: true}
	readOnlyTypes[networkACLToken] = &resourceType{
		Token: networkACLToken, Kind: networkACLKind,
		Inputs: map[string]attribute{
			"vpcId": {Required: true, ForceNew: true}, "subnetIds": entries, "ingress": entries, "egress": entries, "tags": {},
		},
		Read: readACLSubnets, ImportID: importNetworkACL,
	}
	readOnlyTypes[defaultNetworkACLToken] = &resourceType{
		Token: defaultNetworkACLToken, Kind: networkACLKind,
		Inputs: map[string]attribute{
			"defaultNetworkAclId": {Required: true, ForceNew: true}, "subnetIds": entries, "ingress": entries, "egress": entries, "tags": {},
		},
		Read: readACLSubnets,
	}
}

// readACLSubnets updates the list of the subnets that are associated with a network ACL.
func readACLSubnets(c *call, id string, state values) {
	subnets := []any{}
	for _, subnet := range c.find(subnetToken, func(v values) bool { return str(v, "vpcId") == str(state, "vpcId") }) {
		if c.networkACLOf(subnet) == id {
			subnets = append(subnets, subnet.ID)
		}
	}
	state["subnetIds"] = sortedList(subnets)
}

// importNetworkACL refuses the default network ACL of a VPC, as the provider does.
func importNetworkACL(c *call, id string) (string, error) {
	if acl := c.get(networkACLToken, id); acl != nil && acl.Owner != "" {
		return "", verbatim("use the `aws_default_network_acl` resource instead")
	}
	return id, nil
}

// networkACLOf returns the ID of the network ACL that is associated with a subnet: by default, that of its VPC.
func (c *call) networkACLOf(subnet *object) string {
	if id := str(subnet.Extra, "networkAclId"); id != "" {
		return id
	}
	return str(c.vpc(str(subnet.State, "vpcId")).State, "defaultNetworkAclId")
}

// addDefaultNetworkACL adds the network ACL that AWS creates with a VPC. It allows all traffic.
func (c *call) addDefaultNetworkACL(vpc *object, id string) {
	rule := values{
		"ruleNo": 100.0, "action": "allow", "protocol": "-1", "cidrBlock": "0.0.0.0/0", "ipv6CidrBlock": "", "fromPort": 0.0, "toPort": 0.0,
		"icmpType": 0.0, "icmpCode": 0.0,
	}
	acl := c.put(networkACLToken, id, values{
		"vpcId": vpc.ID, "ownerId": vpc.State["ownerId"], "arn": c.arn("ec2", "network-acl/"+id), "ingress": []any{rule},
		"egress": []any{clone(rule)}, "subnetIds": []any{}, "tags": values{}, "tagsAll": values{}, "defaultNetworkAclId": id,
	})
	acl.Owner, vpc.State["defaultNetworkAclId"] = vpc.key(), id
}

// aclEntries returns the rules of a network ACL for a direction as the provider returns them.
func aclEntries(entries []account.NetworkAclEntry, egress bool) []any {
	rules := []any{}
	for _, entry := range entries {
		if entry.Egress != egress || entry.RuleNumber == lastACLRule || entry.RuleNumber == lastIPv6ACLRule {
			continue
		}
		rule := values{
			"ruleNo": float64(entry.RuleNumber), "action": entry.RuleAction, "protocol": protocolNumber(entry.Protocol),
			"cidrBlock": entry.CidrBlock, "ipv6CidrBlock": entry.Ipv6CidrBlock, "fromPort": 0.0, "toPort": 0.0, "icmpType": 0.0, "icmpCode": 0.0,
		}
		if entry.PortRange != nil {
			rule["fromPort"], rule["toPort"] = float64(entry.PortRange.From), float64(entry.PortRange.To)
		}
		if entry.IcmpTypeCode != nil {
			rule["icmpType"], rule["icmpCode"] = float64(entry.IcmpTypeCode.Type), float64(entry.IcmpTypeCode.Code)
		}
		rules = append(rules, rule)
	}
	return rules
}

// protocolNumber returns the number of a protocol that may be a name.
func protocolNumber(protocol string) string {
	if number, ok := map[string]int{"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "all": -1}[protocol]; ok {
		return strconv.Itoa(number)
	}
	return protocol
}
