package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"github.com/stretchr/testify/require"

	"bastionless/compute"
	"bastionless/internal/pulumitest"
)

// values are keys of the project and what they are set to; lists as JSON.
type values map[string]string

// configured are the defaults of Pulumi.yaml with these values in their place.
func configured(t *testing.T, set values) map[string]string {
	t.Helper()
	all := pulumitest.Defaults(t, ".")
	for key, value := range set {
		all[pulumitest.Project+":"+key] = value
	}
	return all
}

// list is a list of texts as a value.
func list(texts ...string) string {
	encoded, err := json.Marshal(texts)
	if err != nil {
		panic(err) // texts always encode
	}
	return string(encoded)
}

// requireProblems demands that the program reports exactly this, in this order, in an update and in a preview, and
// registers nothing.
func requireProblems(t *testing.T, set values, answers []pulumitest.Answer, want ...string) {
	t.Helper()
	for _, mode := range []pulumitest.Mode{pulumitest.Update, pulumitest.Preview} {
		result := pulumitest.Run(t, pulumitest.Setup{
			Mode: mode, Config: configured(t, set), Answers: append(pulumitest.Tokyo().Answers(), answers...),
		}, run)
		require.EqualError(t, result.Err, "stack test is not configured right:\n  - "+strings.Join(want, "\n  - "), mode)
		require.Empty(t, result.Resources, mode)
		require.Empty(t, result.Exports, mode)
		require.Empty(t, result.Warnings, mode)
	}
}

type badConfiguration struct {
	set  values
	want []string
}

func requireAllBad(t *testing.T, cases map[string]badConfiguration) {
	t.Helper()
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireProblems(t, test.set, nil, test.want...)
		})
	}
}

func TestConfiguration_rejectsNetworks(t *testing.T) {
	t.Parallel()
	requireAllBad(t, map[string]badConfiguration{
		"a VPC that is no block": {
			values{"vpcCidr": "10.0.0.0"},
			[]string{`vpcCidr: "10.0.0.0" is not an IPv4 CIDR block: write it like 10.0.0.0/16`},
		},
		"a VPC too large": {
			values{"vpcCidr": "10.0.0.0/8"},
			[]string{`vpcCidr: "10.0.0.0/8" is larger than /16, the largest block that AWS takes: give a block from /16 to /28`},
		},
		"a VPC too small": {
			values{"vpcCidr": "10.0.0.0/29"},
			[]string{`vpcCidr: "10.0.0.0/29" is smaller than /28, the smallest block that AWS takes: give a block from /16 to /28`},
		},
		"a VPC with host bits": {
			values{"vpcCidr": "10.0.0.1/16"}, []string{`vpcCidr: "10.0.0.1/16" has host bits set: write 10.0.0.0/16`},
		},
		"a reserved VPC": {
			values{"vpcCidr": "127.0.0.0/16"},
			[]string{`vpcCidr: "127.0.0.0/16" lies in 127.0.0.0/8, reserved for loopback: take a private block, such as 10.0.0.0/16`},
		},
		"a VPC without room for what is derived": {
			values{"vpcCidr": "10.0.0.0/21", "zones": list("a", "c")},
			[]string{
				"appSubnetCidrs: the VPC 10.0.0.0/21 has no /24 left for zone a: list a block for each zone, or give a vpcCidr of /20 or larger",
				"appSubnetCidrs: the VPC 10.0.0.0/21 has no /24 left for zone c: list a block for each zone, or give a vpcCidr of /20 or larger",
				"privatelinkSubnetCidrs: the VPC 10.0.0.0/21 has no /24 left for zone a: list a block for each zone, " +
					"or give a vpcCidr of /20 or larger",
				"privatelinkSubnetCidrs: the VPC 10.0.0.0/21 has no /24 left for zone c: list a block for each zone, " +
					"or give a vpcCidr of /20 or larger",
			},
		},
		"a VPC without room for a late zone": {
			values{"vpcCidr": "10.0.0.0/20", "zones": list("f", "z")},
			[]string{
				"appSubnetCidrs: the VPC 10.0.0.0/20 has no /24 left for zone f: list a block for each zone, or give a vpcCidr of /19 or larger",
				"appSubnetCidrs: the VPC 10.0.0.0/20 has no /24 left for zone z: list a block for each zone, or give a vpcCidr of /18 or larger",
				"privatelinkSubnetCidrs: the VPC 10.0.0.0/20 has no /24 left for zone z: list a block for each zone, " +
					"or give a vpcCidr of /19 or larger",
				`zones: "f" is not a zone that account 123456789012 has in ap-northeast-1: take from a, c, d`,
				`zones: "z" is not a zone that account 123456789012 has in ap-northeast-1: take from a, c, d`,
			},
		},
	})
}

func TestConfiguration_rejectsSubnets(t *testing.T) {
	t.Parallel()
	requireAllBad(t, map[string]badConfiguration{
		"subnets that AWS does not take": {
			values{
				"zones": list("a", "c", "d"), "appSubnetCidrs": list("10.0.11.0/29", "10.0.12.1/24", "ten"),
				"privatelinkSubnetCidrs": list("10.0.0.0/8", "10.0.2.0/24", ""),
			},
			[]string{
				`appSubnetCidrs: "10.0.11.0/29" is smaller than /28, the smallest block that AWS takes: give a block from /16 to /28`,
				`appSubnetCidrs: "10.0.12.1/24" has host bits set: write 10.0.12.0/24`,
				`appSubnetCidrs: "ten" is not an IPv4 CIDR block: write it like 10.0.0.0/16`,
				`privatelinkSubnetCidrs: "10.0.0.0/8" is larger than /16, the largest block that AWS takes: give a block from /16 to /28`,
				`privatelinkSubnetCidrs: "" is not an IPv4 CIDR block: write it like 10.0.0.0/16`,
			},
		},
		"subnets outside the VPC": {
			values{"appSubnetCidrs": list("10.1.11.0/24"), "privatelinkSubnetCidrs": list("192.168.0.0/24")},
			[]string{
				`appSubnetCidrs: "10.1.11.0/24" of zone a is not within the VPC's block 10.0.0.0/16: give a block within`,
				`privatelinkSubnetCidrs: "192.168.0.0/24" of zone a is not within the VPC's block 10.0.0.0/16: give a block within`,
			},
		},
		"subnets that overlap": {
			values{
				"zones": list("a", "c"), "appSubnetCidrs": list("10.0.10.0/24", "10.0.10.0/24"),
				"privatelinkSubnetCidrs": list("10.0.1.0/24", "10.0.1.128/25"),
			},
			[]string{
				`appSubnetCidrs: "10.0.10.0/24" of zone c overlaps 10.0.10.0/24, another subnet of the stack: give blocks that do not overlap`,
				`privatelinkSubnetCidrs: "10.0.1.128/25" of zone c overlaps 10.0.1.0/24, another subnet of the stack: ` +
					"give blocks that do not overlap",
			},
		},
		"a subnet that overlaps a derived one": {
			values{"appSubnetCidrs": list("10.0.0.0/20")},
			[]string{
				`privatelinkSubnetCidrs: "10.0.1.0/24" of zone a overlaps 10.0.0.0/20, another subnet of the stack: ` +
					"give blocks that do not overlap",
			},
		},
		"lists of other lengths": {
			values{
				"zones": list("a", "c"), "appSubnetCidrs": list("10.0.10.0/24"),
				"privatelinkSubnetCidrs": list("10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"),
			},
			[]string{
				"appSubnetCidrs: its length is 1, and that of zones 2: give one block for each zone, in the order of zones",
				"privatelinkSubnetCidrs: its length is 3, and that of zones 2: give one block for each zone, in the order of zones",
			},
		},
		"privatelink subnets where there are none": {
			values{"subnetLayout": "shared", "privatelinkSubnetCidrs": list("10.0.1.0/24")},
			[]string{"privatelinkSubnetCidrs: there are no privatelink subnets where subnetLayout is shared: remove it"},
		},
	})
}

func TestConfiguration_rejectsZones(t *testing.T) {
	t.Parallel()
	requireAllBad(t, map[string]badConfiguration{
		"none":  {values{"zones": "[]"}, []string{"zones: lists none: give at least one zone letter, such as a"}},
		"twice": {values{"zones": list("a", "c", "a", "a")}, []string{`zones: "a" is listed twice: list it once`}},
		"twice, with subnets": {
			values{"zones": list("a", "a"), "appSubnetCidrs": list("10.0.11.0/24", "10.0.12.0/24")},
			[]string{`zones: "a" is listed twice: list it once`},
		},
		"no letters": {
			values{"zones": list("ap-northeast-1a", "A", "", "1")},
			[]string{
				`zones: "ap-northeast-1a" is not the letter of a zone: give the one that ends the zone's name, such as a`,
				`zones: "A" is not the letter of a zone: give the one that ends the zone's name, such as a`,
				`zones: "" is not the letter of a zone: give the one that ends the zone's name, such as a`,
				`zones: "1" is not the letter of a zone: give the one that ends the zone's name, such as a`,
			},
		},
		"the Region lacks it": {
			values{"zones": list("a", "b", "b")},
			[]string{
				`zones: "b" is listed twice: list it once`,
				`zones: "b" is not a zone that account 123456789012 has in ap-northeast-1: take from a, c, d`,
			},
		},
	})
}

func TestConfiguration_rejectsNames(t *testing.T) {
	t.Parallel()
	prefix := func(value string) string {
		return fmt.Sprintf("namePrefix: %q cannot begin the names of resources: give 1 to 100 letters, digits, dots, hyphens and "+
			"underscores, the first a letter or a digit, and not sg- at the beginning", value)
	}
	role := func(key, value string) string {
		return fmt.Sprintf("%s: %q is not a name for a role: give 1 to 64 letters, digits and any of +=,.@-_", key, value)
	}
	long := strings.Repeat("n", 101)
	requireAllBad(t, map[string]badConfiguration{
		"a prefix with a space":        {values{"namePrefix": "my stack"}, []string{prefix("my stack")}},
		"a prefix with a quote":        {values{"namePrefix": "ann's"}, []string{prefix("ann's")}},
		"a prefix with a line break":   {values{"namePrefix": "a\n"}, []string{prefix("a\n")}},
		"a prefix with a hyphen first": {values{"namePrefix": "-a"}, []string{prefix("-a")}},
		"a prefix of group ids":        {values{"namePrefix": "sg-a"}, []string{prefix("sg-a")}},
		"a prefix too long":            {values{"namePrefix": long}, []string{prefix(long)}},
		"names of roles": {
			values{"instanceRoleName": "a b", "sessionRoleName": strings.Repeat("n", 65)},
			[]string{role("instanceRoleName", "a b"), role("sessionRoleName", strings.Repeat("n", 65))},
		},
		"the same name for both roles": {
			values{"instanceRoleName": "Agent", "sessionRoleName": "agent"},
			[]string{
				`sessionRoleName: "agent" is the name of the instances' role too, and IAM does not tell capitals from small letters: ` +
					"give another",
			},
		},
	})
}

// services are codes of so many services.
func services(n int) []string {
	var codes []string
	for i := range n {
		codes = append(codes, fmt.Sprintf("service%d", i))
	}
	return codes
}

func TestConfiguration_rejectsEndpoints(t *testing.T) {
	t.Parallel()
	requireAllBad(t, map[string]badConfiguration{
		"services with a place of their own": {
			values{"interfaceEndpoints": list("ssm", "ssmmessages", "ec2messages", "s3")},
			[]string{
				`interfaceEndpoints: "ssm" is an endpoint of every stack: remove it`,
				`interfaceEndpoints: "ssmmessages" is an endpoint of every stack: remove it`,
				`interfaceEndpoints: "ec2messages" has a key of its own: set ec2messagesEndpoint`,
				`interfaceEndpoints: "s3" has a gateway endpoint instead: set s3Endpoint`,
			},
		},
		"no codes of services": {
			values{"interfaceEndpoints": list("com.amazonaws.x.Kms", "", "kms ", "kms ")},
			[]string{
				"interfaceEndpoints: holds an empty text: remove it",
				`interfaceEndpoints: "kms " is listed twice: list it once`,
				`interfaceEndpoints: "com.amazonaws.x.Kms" is not the code of a service: give what follows the Region ` +
					"in the endpoint service's name, such as ecr.api",
				`interfaceEndpoints: "kms " is not the code of a service: give what follows the Region in the endpoint ` +
					"service's name, such as ecr.api",
			},
		},
		"no names of buckets": {
			values{"s3Buckets": list("ab", "Capital", "a..b", "-ab", "ab-", strings.Repeat("b", 64))},
			func() []string {
				var want []string
				for _, name := range []string{"ab", "Capital", "a..b", "-ab", "ab-", strings.Repeat("b", 64)} {
					want = append(want, fmt.Sprintf("s3Buckets: %q is not the name of a bucket: give 3 to 63 lower-case letters, digits, "+
						"dots and hyphens, the first and the last a letter or digit", name))
				}
				return want
			}(),
		},
		"too many buckets": {
			values{"s3Buckets": list(services(51)...)},
			[]string{"s3Buckets: lists 51 buckets, and the endpoint's policy has room for 50: list fewer"},
		},
		"what needs S3, without it": {
			values{"s3Endpoint": "false", "s3Buckets": list("mine"), "installLatestAgent": "true"},
			[]string{
				"s3Buckets: needs S3, and s3Endpoint is false: set s3Endpoint to true, or s3Buckets to an empty list",
				"installLatestAgent: needs S3, and s3Endpoint is false: set s3Endpoint to true, or installLatestAgent to false",
				"agentAutoUpdate: needs S3, and s3Endpoint is false: set s3Endpoint to true, or agentAutoUpdate to false",
			},
		},
	})
}

func TestConfiguration_rejectsTooManyEndpoints(t *testing.T) {
	t.Parallel()
	t.Run("too many for the subnet", func(t *testing.T) {
		t.Parallel()
		var answers []pulumitest.Answer
		for _, code := range services(10) {
			answers = append(answers, pulumitest.Tokyo().Service("com.amazonaws.ap-northeast-1."+code, "a"))
		}
		requireProblems(t, values{
			"interfaceEndpoints": list(services(10)...), "privatelinkSubnetCidrs": list("10.0.1.0/28"),
		}, answers, "interfaceEndpoints: the privatelink subnet 10.0.1.0/28 of zone a has room for 11 network interfaces, and needs "+
			"12: give it a larger block in privatelinkSubnetCidrs, or list fewer")
	})
	t.Run("too many", func(t *testing.T) {
		t.Parallel()
		var answers []pulumitest.Answer
		for _, code := range services(49) {
			answers = append(answers, pulumitest.Tokyo().Service("com.amazonaws.ap-northeast-1."+code, "a"))
		}
		requireProblems(t, values{"interfaceEndpoints": list(services(49)...)}, answers, "interfaceEndpoints: with those of "+
			"Session Manager there are 51 endpoints, and AWS allows 50 in a VPC: list fewer")
	})
}

func TestConfiguration_rejectsInstances(t *testing.T) {
	t.Parallel()
	requireAllBad(t, map[string]badConfiguration{
		"none":        {values{"instancesPerZone": "0"}, []string{"instancesPerZone: 0 leaves nothing to open a session on: give at least 1"}},
		"less":        {values{"instancesPerZone": "-1"}, []string{"instancesPerZone: -1 leaves nothing to open a session on: give at least 1"}},
		"no type":     {values{"instanceType": "micro"}, []string{`instanceType: "micro" is not an instance type: write it like t3.micro`}},
		"no image id": {values{"amiId": "ami-1"}, []string{`amiId: "ami-1" is not the id of an image: write ami- and 17 hexadecimal digits`}},
		"too many": {
			values{"zones": list("a", "c"), "instancesPerZone": "26"},
			[]string{
				"instancesPerZone: 26 in each zone makes 52 instances, and the session policy of a stack has room for 50: " +
					"lower it, or use several stacks",
			},
		},
		"very many": {
			values{"instancesPerZone": "2000000000"},
			[]string{
				"instancesPerZone: 2000000000 in each zone makes 2000000000 instances, and the session policy of a stack has " +
					"room for 50: lower it, or use several stacks",
			},
		},
		"too many for the subnet": {
			values{"instancesPerZone": "12", "appSubnetCidrs": list("10.0.11.0/28")},
			[]string{
				"instancesPerZone: the app subnet 10.0.11.0/28 of zone a has room for 11 network interfaces, and needs 12: " +
					"give it a larger block in appSubnetCidrs, or lower instancesPerZone",
			},
		},
		"too many for a subnet that endpoints share": {
			values{"subnetLayout": "shared", "instancesPerZone": "10", "appSubnetCidrs": list("10.0.11.0/28")},
			[]string{
				"instancesPerZone: the app subnet 10.0.11.0/28 of zone a has room for 11 network interfaces, and needs 12: " +
					"give it a larger block in appSubnetCidrs, or lower instancesPerZone",
			},
		},
	})
}

func TestConfiguration_rejectsKeysAndVolumes(t *testing.T) {
	t.Parallel()
	const volume = "rootVolumeGiB: %s GiB is not from 8, the size of Amazon Linux's images, to 65536, the largest that gp3 has: " +
		"give a size between them"
	const key = " is not a public key that EC2 takes: give one line in OpenSSH's format, beginning with ssh-ed25519 or ssh-rsa"
	requireAllBad(t, map[string]badConfiguration{
		"both keys": {
			values{"keyName": "aws-ssh-key", "sshPublicKey": ed25519},
			[]string{
				`keyName: "aws-ssh-key" is given together with sshPublicKey, and an instance has one key pair: remove one of the two`,
			},
		},
		"no public key":      {values{"sshPublicKey": "AAAA"}, []string{`sshPublicKey: "AAAA"` + key}},
		"a private key":      {values{"sshPublicKey": privateKey}, []string{`sshPublicKey: "-----BEGIN OPENSSH P..."` + key}},
		"a volume too small": {values{"rootVolumeGiB": "7"}, []string{fmt.Sprintf(volume, "7")}},
		"a volume too large": {values{"rootVolumeGiB": "65537"}, []string{fmt.Sprintf(volume, "65537")}},
	})
}

func TestConfiguration_rejectsTargets(t *testing.T) {
	t.Parallel()
	targets := func(n int) []string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("10.0.32.0/24:%d", 1+i))
		}
		return all
	}
	requireAllBad(t, map[string]badConfiguration{
		"no targets": {
			values{"forwardTo": list("10.0.32.0/24", "10.0.32.0/24:0", "10.0.32.0/24:65536", "10.0.32.0/24:05432", "db:5432", "fd00::/64:1", "")},
			func() []string {
				want := []string{"forwardTo: holds an empty text: remove it"}
				for _, text := range []string{
					"10.0.32.0/24", "10.0.32.0/24:0", "10.0.32.0/24:65536", "10.0.32.0/24:05432", "db:5432", "fd00::/64:1",
				} {
					want = append(want, fmt.Sprintf("forwardTo: %q is not a target: write an IPv4 block and a port from 1 to 65535, "+
						"like 10.0.32.0/24:5432", text))
				}
				return want
			}(),
		},
		"an address": {
			values{"forwardTo": list("10.0.32.10:5432")},
			[]string{`forwardTo: "10.0.32.10:5432" is not a target, since 10.0.32.10 is an address: write 10.0.32.10/32:5432 for it alone`},
		},
		"a target with host bits set": {
			values{"forwardTo": list("10.0.32.7/24:5432")},
			[]string{`forwardTo: "10.0.32.7/24:5432" has host bits set: write 10.0.32.0/24:5432`},
		},
		"too many targets": {
			values{"forwardTo": list(targets(51)...)},
			[]string{
				"forwardTo: lists 51 targets, and the instances' security group has room for 50: list fewer, larger blocks",
			},
		},
	})
}

func TestConfiguration_rejectsSessions(t *testing.T) {
	t.Parallel()
	noMFA := func(principal string) string {
		return fmt.Sprintf("requireMfa: %q of sessionPrincipals is a role, and roles, those of IAM Identity Center among them, cannot "+
			"say that somebody signed in with MFA, so that nobody could get in: demand MFA where people sign in, and set requireMfa "+
			"to false", principal)
	}
	requireAllBad(t, map[string]badConfiguration{
		"malformed principals": {
			values{"sessionPrincipals": list("ann", "sso:", "1234")},
			[]string{
				`sessionPrincipals: "ann" is not a principal: give account, a 12-digit account id, the ARN of an IAM user or role ` +
					"(arn:PARTITION:iam::ACCOUNT:user/NAME), or sso:PERMISSION_SET",
				`sessionPrincipals: "sso:" names no permission set: write sso: and a name of 1 to 32 letters, digits and ` +
					"any of +=,.@-_, such as sso:AdministratorAccess",
				`sessionPrincipals: "1234" is not a principal: give account, a 12-digit account id, the ARN of an IAM user or role ` +
					"(arn:PARTITION:iam::ACCOUNT:user/NAME), or sso:PERMISSION_SET",
			},
		},
		"a principal of another partition": {
			values{"sessionPrincipals": list("arn:aws-cn:iam::123456789012:user/ann")},
			[]string{
				`sessionPrincipals: "arn:aws-cn:iam::123456789012:user/ann" is in partition aws-cn, and the stack is in aws: ` +
					"give a principal of aws",
			},
		},
		"MFA of principals that cannot carry it": {
			values{"sessionPrincipals": list("account", "sso:Admin", "arn:aws:iam::123456789012:role/ops")},
			[]string{noMFA("sso:Admin"), noMFA("arn:aws:iam::123456789012:role/ops")},
		},
		"a principal twice": {
			values{"sessionPrincipals": list("account", "account")},
			[]string{`sessionPrincipals: "account" is listed twice: list it once`},
		},
		"an unknown kind": {
			values{"sessionDocuments": list("shell", "telnet", "")},
			[]string{
				"sessionDocuments: holds an empty text: remove it",
				`sessionDocuments: "telnet" is not one of its values: give "shell", "ssh", "port-forwarding" or "remote-port-forwarding"`,
			},
		},
		"too many principals": {
			values{"sessionPrincipals": list(users(51)...)},
			[]string{
				"sessionPrincipals: 51 principals make a trust policy of 2063 characters, and AWS allows 2048: list fewer, " +
					"such as account or a role that people share",
			},
		},
	})
}

func TestConfiguration_rejectsRecords(t *testing.T) {
	t.Parallel()
	days := func(key, value string) []string {
		return []string{
			key + ": " + value + " is not a number of days for which CloudWatch Logs keeps records: give one of 1, 3, 5, 7, 14, 30, 60, 90, " +
				"120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
		}
	}
	unread := func(documents ...string) []string {
		var want []string
		for _, document := range documents {
			want = append(want, fmt.Sprintf("sessionDocuments: %q cannot be recorded or encrypted, since it carries a stream that AWS "+
				"does not read: remove it, or empty sessionLogs and set sessionEncryption to false", document))
		}
		return want
	}
	forwarding := list("shell", "ssh", "port-forwarding", "remote-port-forwarding")
	requireAllBad(t, map[string]badConfiguration{
		"recording SSH":   {values{"sessionLogs": list("s3"), "sessionDocuments": list("shell", "ssh")}, unread("ssh")},
		"encrypting SSH":  {values{"sessionEncryption": "true", "sessionDocuments": list("ssh")}, unread("ssh")},
		"recording ports": {values{"sessionLogs": list("cloudwatch"), "sessionDocuments": forwarding}, unread("ssh", "port-forwarding", "remote-port-forwarding")},
		"encrypting ports": {
			values{"sessionEncryption": "true", "sessionDocuments": list("port-forwarding", "remote-port-forwarding")},
			unread("port-forwarding", "remote-port-forwarding"),
		},
		"records in a place that is none": {
			values{"sessionLogs": list("cloudwatch", "syslog", "s3", "s3", "")},
			[]string{
				`sessionLogs: "s3" is listed twice: list it once`,
				"sessionLogs: holds an empty text: remove it",
				`sessionLogs: "syslog" is not one of its values: give "cloudwatch" or "s3"`,
			},
		},
		"records in S3, without it": {
			values{"sessionLogs": list("cloudwatch", "s3"), "s3Endpoint": "false", "agentAutoUpdate": "false"},
			[]string{"sessionLogs: needs S3, and s3Endpoint is false: set s3Endpoint to true, or sessionLogs to a list without s3"},
		},
		"days that CloudWatch Logs does not know": {values{"sessionLogs": list("cloudwatch"), "sessionLogDays": "364"}, days("sessionLogDays", "364")},
		"no days":                {values{"sessionLogs": list("cloudwatch", "s3"), "sessionLogDays": "0"}, days("sessionLogDays", "0")},
		"no days in S3":          {values{"sessionLogs": list("s3"), "sessionLogDays": "0"}, []string{"sessionLogDays: 0 keeps no record: give at least 1"}},
		"days of flow logs":      {values{"flowLogDays": "2"}, days("flowLogDays", "2")},
		"less than no flow logs": {values{"flowLogDays": "-1"}, days("flowLogDays", "-1")},
		"times too long": {
			values{"sessionIdleMinutes": "61", "sessionMaxMinutes": "1441"},
			[]string{
				"sessionIdleMinutes: 61 is not from 0, for AWS's default, to 60, the most that AWS takes: give a number between them",
				"sessionMaxMinutes: 1441 is not from 0, for no limit, to 1440, the most that AWS takes: give a number between them",
			},
		},
		"times too short": {
			values{"sessionIdleMinutes": "-1", "sessionMaxMinutes": "-1"},
			[]string{
				"sessionIdleMinutes: -1 is not from 0, for AWS's default, to 60, the most that AWS takes: give a number between them",
				"sessionMaxMinutes: -1 is not from 0, for no limit, to 1440, the most that AWS takes: give a number between them",
			},
		},
	})
}

func TestConfiguration_rejectsPrivileges(t *testing.T) {
	t.Parallel()
	const (
		boundary = "write it like arn:aws:iam::123456789012:policy/NAME"
		key      = "write it like arn:aws:kms:ap-northeast-1:123456789012:key/ID"
		age      = "mfaMaxAgeMinutes: %s is not from 0, for any age, to 2160, the 36 hours after which every session with MFA ends: " +
			"give a number between them"
	)
	cases := map[string]badConfiguration{
		"MFA too old":       {values{"mfaMaxAgeMinutes": "2161"}, []string{fmt.Sprintf(age, "2161")}},
		"MFA of the future": {values{"mfaMaxAgeMinutes": "-1"}, []string{fmt.Sprintf(age, "-1")}},
		"recent MFA, and none": {
			values{"mfaMaxAgeMinutes": "5", "requireMfa": "false"},
			[]string{"mfaMaxAgeMinutes: 5 limits nothing while requireMfa is false: set that to true, or this to 0"},
		},
		"a key for a volume in the clear": {
			values{"rootVolumeKmsKey": "arn:aws:kms:ap-northeast-1:123456789012:key/k-1", "rootVolumeEncrypted": "false"},
			[]string{
				`rootVolumeKmsKey: "arn:aws:kms:ap-northeast-1:123456789012:key/k-1" encrypts nothing while rootVolumeEncrypted is false: ` +
					"set that to true, or remove the key",
			},
		},
		"an organisation for endpoints that admit everybody": {
			values{"organizationId": "o-exampleorgid", "endpointPolicy": "full"},
			[]string{
				`organizationId: "o-exampleorgid" restricts nothing while endpointPolicy is full: set that to restricted, or remove the id`,
			},
		},
	}
	for _, arn := range []string{
		"limits", "arn:aws-cn:iam::123456789012:policy/limits", "arn:aws:iam::210987654321:policy/limits", "arn:aws:iam::123456789012:role/limits",
		"arn:aws:iam::123456789012:policy/", "arn:aws:iam::123456789012:policy/a b", "arn:aws:iam::123456789012:policy/limits\n",
	} {
		cases["the boundary "+arn] = badConfiguration{
			values{"permissionsBoundary": arn}, []string{fmt.Sprintf("permissionsBoundary: %q is not an ARN that fits here: %s", arn, boundary)},
		}
	}
	for _, arn := range []string{
		"k-1", "arn:aws-cn:kms:ap-northeast-1:123456789012:key/k-1", "arn:aws:kms:us-east-1:123456789012:key/k-1",
		"arn:aws:kms:ap-northeast-1:123456789012:alias/mine", "arn:aws:kms:ap-northeast-1:1234:key/k-1",
	} {
		cases["the key "+arn] = badConfiguration{
			values{"rootVolumeKmsKey": arn}, []string{fmt.Sprintf("rootVolumeKmsKey: %q is not an ARN that fits here: %s", arn, key)},
		}
	}
	for _, id := range []string{"o-short", "O-EXAMPLEORGID", "exampleorgid", "o-" + strings.Repeat("o", 33), "r-exampleorgid"} {
		cases["the organisation "+id] = badConfiguration{values{"organizationId": id}, []string{
			fmt.Sprintf("organizationId: %q is not the id of an organisation: write o- and 10 to 32 lower-case letters and digits", id),
		}}
	}
	requireAllBad(t, cases)
}

// What lies at the edges of the rules is taken.
func TestConfiguration_takesWhatIsRight(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]values{
		"the longest times":        {"sessionIdleMinutes": "60", "sessionMaxMinutes": "1440", "mfaMaxAgeMinutes": "2160"},
		"the shortest times":       {"sessionIdleMinutes": "1", "sessionMaxMinutes": "1", "mfaMaxAgeMinutes": "1", "flowLogDays": "1"},
		"the longest retention":    {"flowLogDays": "3653", "sessionLogs": list("cloudwatch"), "sessionLogDays": "3653"},
		"any days in S3":           {"sessionLogs": list("s3"), "sessionLogDays": "364"},
		"days without records":     {"sessionLogDays": "0"},
		"a limited SSH":            {"sessionMaxMinutes": "60", "sessionDocuments": list("shell", "ssh", "port-forwarding")},
		"AWS's own boundary":       {"permissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess"},
		"a boundary with a path":   {"permissionsBoundary": "arn:aws:iam::123456789012:policy/team/a/limits"},
		"a key of another account": {"rootVolumeKmsKey": "arn:aws:kms:ap-northeast-1:210987654321:key/mrk-1234abcd"},
		"the longest id":           {"organizationId": "o-" + strings.Repeat("o", 32)},
		"logs and kms listed too":  {"sessionLogs": list("cloudwatch"), "sessionEncryption": "true", "interfaceEndpoints": list("logs", "kms")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{Config: configured(t, set), Answers: pulumitest.Tokyo().Answers()}, run)
			require.NoError(t, result.Err)
		})
	}
}

// users are IAM users whose ARNs have 33 characters each.
func users(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("arn:aws:iam::123456789012:user/%02d", i))
	}
	return all
}

func TestConfiguration_rejectsWhatIsNoneOfAKeysValues(t *testing.T) {
	t.Parallel()
	cases := map[string]badConfiguration{}
	for key, allowed := range map[string]string{
		"subnetLayout":    `"separate" or "shared"`,
		"endpointPolicy":  `"restricted" or "full"`,
		"endpointIngress": `"instances" or "vpc"`,
		"os":              `"al2023" or "al2"`,
		"imds":            `"v2" or "optional"`,
		"instanceEgress":  `"restricted" or "open"`,
		"sessionTargets":  `"stack" or "any"`,
		"instancePolicy":  `"managed" or "minimal"`,
	} {
		cases[key] = badConfiguration{
			values{key: "Any"}, []string{key + `: "Any" is not one of its values: give ` + allowed},
		}
	}
	requireAllBad(t, cases)
}

// The Pulumi CLI refuses such values before the program runs, unless it is told not to.
func TestConfiguration_rejectsOtherTypes(t *testing.T) {
	t.Parallel()
	requireAllBad(t, map[string]badConfiguration{
		"a boolean": {
			values{"s3Endpoint": "yep"}, []string{`s3Endpoint: "yep" is neither true nor false: give one of them`},
		},
		"a number": {
			values{"rootVolumeGiB": "0x10"}, []string{`rootVolumeGiB: "0x10" is not a whole number: write it in digits`},
		},
		"a list": {
			values{"zones": "a", "forwardTo": "[1]"},
			[]string{
				`zones: "a" is not a list of texts: set each with pulumi config set --path 'zones[0]' VALUE`,
				`forwardTo: "[1]" is not a list of texts: set each with pulumi config set --path 'forwardTo[0]' VALUE`,
			},
		},
	})
}

// All that is wrong comes in one error, in the order of the keys, and what AWS says of the rest after it.
func TestConfiguration_reportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	requireProblems(t, values{
		"vpcCidr": "10.0.0.0/8", "zones": list("a", "b"), "os": "windows", "namePrefix": "my stack", "instancesPerZone": "0",
		"keyName": "nobody's", "sessionPrincipals": list("sso:Admin"), "agentAutoUpdate": "true", "s3Endpoint": "false",
	}, []pulumitest.Answer{
		pulumitest.Fails(pulumitest.GetKeyPair, "reading EC2 Key Pair: InvalidKeyPair.NotFound: The key pair 'nobody's' does not exist"),
	},
		`vpcCidr: "10.0.0.0/8" is larger than /16, the largest block that AWS takes: give a block from /16 to /28`,
		`os: "windows" is not one of its values: give "al2023" or "al2"`,
		`namePrefix: "my stack" cannot begin the names of resources: give 1 to 100 letters, digits, dots, hyphens and underscores, `+
			"the first a letter or a digit, and not sg- at the beginning",
		"agentAutoUpdate: needs S3, and s3Endpoint is false: set s3Endpoint to true, or agentAutoUpdate to false",
		"instancesPerZone: 0 leaves nothing to open a session on: give at least 1",
		`requireMfa: "sso:Admin" of sessionPrincipals is a role, and roles, those of IAM Identity Center among them, cannot say that `+
			"somebody signed in with MFA, so that nobody could get in: demand MFA where people sign in, and set requireMfa to false",
		`zones: "b" is not a zone that account 123456789012 has in ap-northeast-1: take from a, c, d`,
		`keyName: there is no key pair "nobody's" in ap-northeast-1: give one that exists, or sshPublicKey to create one, or neither`,
	)
}

// Each missing key is reported once, and nothing else: no rule is held against a value that is not there.
func TestConfiguration_reportsMissingDefaults(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode, Answers: pulumitest.Tokyo().Answers()}, run)
		var want []string
		for key := range pulumitest.LoadProject(t, ".").Config {
			want = append(want, "  - "+key+": no value and no default: restore the key's default in Pulumi.yaml")
		}
		slices.Sort(want)
		require.Error(t, result.Err)
		got := strings.Split(result.Err.Error(), "\n")
		require.Equal(t, "stack test is not configured right:", got[0])
		require.Equal(t, want, slices.Sorted(slices.Values(got[1:])))
		require.Empty(t, result.Resources)
	})
}

// The program's keys are those that Pulumi.yaml declares, each with all that the README promises of it.
func TestConfiguration_isDeclared(t *testing.T) {
	t.Parallel()
	var read []string
	result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
		r := &reader{config: config.New(ctx, ""), found: &problems{}, known: map[string]bool{}}
		r.settings(ctx)
		read = slices.Sorted(maps.Keys(r.known))
		return nil
	})
	require.NoError(t, result.Err)
	project := pulumitest.LoadProject(t, ".")
	require.Equal(t, pulumitest.Project, project.Name.String())
	require.Equal(t, "go", project.Runtime.Name())
	require.Equal(t, slices.Sorted(maps.Keys(project.Config)), read)
	for key, declared := range project.Config {
		require.NotNil(t, declared.Type, key)
		require.NotEmpty(t, declared.Description, key)
		require.NotNil(t, declared.Default, key)
		require.False(t, declared.Secret, key)
		require.Equal(t, *declared.Type == "array", declared.Items != nil, key)
	}
}

func TestReader_unknown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"nothing":     {"", nil},
		"no object":   {"[]", nil},
		"known keys":  {`{"p:zones":"[]","p:vpcCidr":"","p:os":"al2"}`, nil},
		"other keys":  {`{"aws:region":"eu-west-1","other:zone":"a","zone":"a"}`, nil},
		"a typo":      {`{"p:zone":"a"}`, []string{"zone: there is no such key: did you mean zones?"}},
		"other case":  {`{"p:VPCCIDR":"a"}`, []string{"VPCCIDR: there is no such key: did you mean vpcCidr?"}},
		"two, sorted": {`{"p:vpc":"a","p:oss":"b"}`, []string{"oss: there is no such key: did you mean os?", "vpc: there is no such key: did you mean os?"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := &problems{}
			r := &reader{found: found, known: map[string]bool{"zones": true, "vpcCidr": true, "os": true}}
			r.unknown("p", test.text)
			var got []string
			for _, problem := range found.all {
				got = append(got, problem.Error())
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"zones", "zones", 0}, {"zone", "zones", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 2},
	} {
		require.Equal(t, test.want, distance(test.a, test.b), "%s, %s", test.a, test.b)
		require.Equal(t, test.want, distance(test.b, test.a), "%s, %s", test.b, test.a)
	}
}

// Pulumi passes the configuration in the environment, where the program finds the keys that it does not know.
func TestConfiguration_rejectsUnknownKeys(t *testing.T) {
	all := configured(t, values{"vpcCIDRs": "10.0.0.0/16", "terminationProtect": "true"})
	encoded, err := json.Marshal(all)
	require.NoError(t, err)
	t.Setenv(pulumi.EnvConfig, string(encoded))
	requireProblems(t, nil, nil,
		"terminationProtect: there is no such key: did you mean terminationProtection?",
		"vpcCIDRs: there is no such key: did you mean vpcCidr?",
	)
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	require.Equal(t, ``, quoted([]compute.OS{}))
	require.Equal(t, `"a"`, quoted([]compute.OS{"a"}))
	require.Equal(t, `"a" or "b"`, quoted([]compute.OS{"a", "b"}))
	require.Equal(t, `"a", "b" or "c"`, quoted([]compute.OS{"a", "b", "c"}))
}

const (
	ed25519    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ann@example.org"
	privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ==\n-----END OPENSSH PRIVATE KEY-----"
)

func TestIsPublicKey(t *testing.T) {
	t.Parallel()
	blob := strings.Fields(ed25519)[1]
	for line, want := range map[string]bool{
		ed25519:               true,
		"ssh-ed25519 " + blob: true,
		"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC3 ann": true,
		"":                                 false,
		blob:                               false,
		"ssh-ed25519":                      false,
		"ssh-ed25519 " + blob[:4]:          false,
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5": false, // the type, and no key behind it
		"ssh-rsa " + blob:                  false,
		"ssh-dss " + blob:                  false,
		"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI": false,
		"ssh-ed25519 !!!":          false,
		"ssh-ed25519 //////////8=": false, // a length beyond its end
		ed25519 + "\n" + ed25519:   false,
		privateKey:                 false,
	} {
		require.Equal(t, want, isPublicKey(line), line)
	}
}
