package preflight_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"

	"bastionless/internal/pulumitest"
)

var update = flag.Bool("update", false, "write the golden file")

// The provider's error messages about things that do not exist. Its errors have no codes.
const (
	noKeyPair    = "reading EC2 Key Pair: InvalidKeyPair.NotFound: The key pair 'laptop' does not exist"
	noKeyPairs   = "reading EC2 Key Pair: no matching EC2 Key Pair found"
	noService    = "reading EC2 VPC Endpoint Services: InvalidServiceName: The Vpc Endpoint Service 'x' does not exist"
	noServices   = "reading EC2 VPC Endpoint Services: no matching EC2 VPC Endpoint Service found"
	noImage      = "Your query returned no results. Please change your search criteria and try again."
	accessDenied = "operation error: api error UnauthorizedOperation: You are not authorized to perform this operation."
)

const (
	ed25519    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ann@example.org"
	privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ==\n-----END OPENSSH PRIVATE KEY-----"
)

func tokyo(code string) string { return "com.amazonaws.ap-northeast-1." + code }

// withoutService returns the answer that an endpoint service does not exist.
func withoutService(code, text string) pulumitest.Answer {
	answer := pulumitest.FailedLookup(pulumitest.GetVpcEndpointService, text)
	answer.Args = pulumitest.Map{"serviceName": tokyo(code), "serviceType": "Interface"}
	return answer
}

// services returns the codes of n services, and the answers that they exist.
func services(n int) (codes []string, answers []pulumitest.Answer) {
	for i := range n {
		code := fmt.Sprintf("service%d", i)
		codes, answers = append(codes, code), append(answers, pulumitest.Tokyo().Service(tokyo(code), "a"))
	}
	return codes, answers
}

// repeat returns a diagnostic n times.
func repeat(n int, diagnostic string) []string {
	var all []string
	for range n {
		all = append(all, diagnostic)
	}
	return all
}

func networkCases() map[string]badCase {
	return map[string]badCase{
		"vpcCidr without a prefix length": {set: values{"vpcCidr": "10.0.0.0"}, want: []string{"vpcCidr malformed"}},
		"vpcCidr too large":               {set: values{"vpcCidr": "10.0.0.0/8"}, want: []string{"vpcCidr malformed"}},
		"vpcCidr too small":               {set: values{"vpcCidr": "10.0.0.0/29"}, want: []string{"vpcCidr malformed"}},
		"vpcCidr with host bits":          {set: values{"vpcCidr": "10.0.0.1/16"}, want: []string{"vpcCidr malformed"}},
		"vpcCidr reserved":                {set: values{"vpcCidr": "127.0.0.0/16"}, want: []string{"vpcCidr malformed"}},
		"vpcCidr without room for default subnets": {
			set: values{"vpcCidr": "10.0.0.0/21", "zones": list("a", "c")}, want: []string{"vpcCidr out-of-range"},
		},
		"vpcCidr without room for late zones": {
			set: values{"vpcCidr": "10.0.0.0/20", "zones": list("f", "z")}, want: []string{"vpcCidr out-of-range", "zones not-found", "zones not-found"},
		},
		"subnets that AWS does not allow": {
			set: values{
				"zones": list("a", "c", "d"), "appSubnetCidrs": list("10.0.11.0/29", "10.0.12.1/24", "ten"),
				"privatelinkSubnetCidrs": list("10.0.0.0/8", "10.0.2.0/24", ""),
			},
			want: append(repeat(3, "appSubnetCidrs malformed"), repeat(2, "privatelinkSubnetCidrs malformed")...),
		},
		"subnets outside of the VPC": {
			set:  values{"appSubnetCidrs": list("10.1.11.0/24"), "privatelinkSubnetCidrs": list("192.168.0.0/24")},
			want: []string{"appSubnetCidrs out-of-range", "privatelinkSubnetCidrs out-of-range"},
		},
		"subnets that overlap": {
			set:  values{"zones": list("a", "c"), "appSubnetCidrs": list("10.0.10.0/24", "10.0.10.0/24")},
			want: []string{"appSubnetCidrs conflict"},
		},
		"an app subnet on a default privatelink subnet": {
			set: values{"appSubnetCidrs": list("10.0.1.0/24")}, want: []string{"appSubnetCidrs conflict"},
		},
		"a privatelink subnet on a default app subnet": {
			set: values{"privatelinkSubnetCidrs": list("10.0.11.0/24")}, want: []string{"privatelinkSubnetCidrs conflict"},
		},
		"as many subnets as zones": {
			set: values{
				"zones": list("a", "c"), "appSubnetCidrs": list("10.0.10.0/24"),
				"privatelinkSubnetCidrs": list("10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"),
			},
			want: []string{"appSubnetCidrs conflict", "privatelinkSubnetCidrs conflict"},
		},
		"privatelink subnets in the shared layout": {
			set:  values{"subnetLayout": "shared", "privatelinkSubnetCidrs": list("10.0.1.0/24")},
			want: []string{"privatelinkSubnetCidrs conflict"},
		},
		"no zones": {set: values{"zones": "[]"}, want: []string{"zones no-value"}},
		"zones that are malformed or listed twice": {
			set:  values{"zones": list("ap-northeast-1a", "A", "", "a", "a")},
			want: []string{"zones malformed", "zones malformed", "zones malformed", "zones duplicate"},
		},
		"a zone that the Region lacks": {set: values{"zones": list("a", "b", "b")}, want: []string{"zones duplicate", "zones not-found"}},
		"flowLogDays that CloudWatch Logs lacks": {
			set: values{"flowLogDays": "2"}, want: []string{"flowLogDays out-of-range"},
		},
		"forwardTo": {
			set: values{"forwardTo": list("10.0.32.0/24", "10.0.32.0/24:0", "db:5432", "10.0.32.7/24:5432", "10.0.33.1:22", "10.0.33.1/32:22", "")},
			want: append([]string{"forwardTo malformed"}, append(repeat(4, "forwardTo malformed"),
				"forwardTo duplicate")...),
		},
	}
}

func endpointCases() map[string]badCase {
	in := pulumitest.Tokyo()
	ten, tenAnswers := services(10)
	many, manyAnswers := services(49)
	buckets, _ := services(51)
	withoutPrivateDNS := in.Service(tokyo("s3-outposts"), "a")
	withoutPrivateDNS.Result["privateDnsName"] = ""
	return map[string]badCase{
		"services with keys of their own": {
			set: values{"interfaceEndpoints": list("ssm", "ssmmessages", "ec2messages", "s3")}, want: repeat(4, "interfaceEndpoints conflict"),
		},
		"services that are malformed": {
			set: values{"interfaceEndpoints": list("com.amazonaws.x.Kms", "", "kms ", "kms ")},
			want: []string{
				"interfaceEndpoints malformed", "interfaceEndpoints duplicate", "interfaceEndpoints malformed", "interfaceEndpoints malformed",
			},
		},
		"services that do not exist": {
			set:     values{"interfaceEndpoints": list("ecr.ap", "ecr.dk")},
			answers: []pulumitest.Answer{withoutService("ecr.ap", noService), withoutService("ecr.dk", noServices)},
			want:    repeat(2, "interfaceEndpoints not-offered"),
		},
		"services of session records that do not exist": {
			set:     values{"sessionLogs": list("cloudwatch"), "sessionEncryption": "true"},
			answers: []pulumitest.Answer{withoutService("logs", noService), withoutService("kms", noServices)},
			want:    []string{"sessionLogs not-offered", "sessionEncryption not-offered"},
		},
		"the same services for the workload": {
			set:     values{"interfaceEndpoints": list("logs", "kms")},
			answers: []pulumitest.Answer{withoutService("logs", noService), withoutService("kms", noServices)},
			want:    repeat(2, "interfaceEndpoints not-offered"),
		},
		"ec2messages, which is retired": {
			set: values{"ec2messagesEndpoint": "true"}, answers: []pulumitest.Answer{withoutService("ec2messages", noService)},
			want: []string{"ec2messagesEndpoint not-offered"},
		},
		"a Region without ssm": {answers: []pulumitest.Answer{withoutService("ssm", noService)}, want: []string{"aws:region not-offered"}},
		"zones that lack a service": {
			set: values{"zones": list("a", "c", "d"), "interfaceEndpoints": list("kms"), "ec2messagesEndpoint": "true"},
			answers: []pulumitest.Answer{
				in.Service(tokyo("ssmmessages"), "d", "a"), in.Service(tokyo("ec2messages"), "d"), in.Service(tokyo("kms"), "c"),
			},
			want: repeat(3, "zones not-offered"),
		},
		"a service without a private DNS name": {
			set: values{"interfaceEndpoints": list("s3-outposts")}, answers: []pulumitest.Answer{withoutPrivateDNS},
			want: []string{"interfaceEndpoints not-offered"},
		},
		"more endpoints than the subnet has room for": {
			set:     values{"interfaceEndpoints": list(ten...), "privatelinkSubnetCidrs": list("10.0.1.0/28")},
			answers: tenAnswers, want: []string{"privatelinkSubnetCidrs too-many"},
		},
		"more endpoints than AWS allows": {
			set: values{"interfaceEndpoints": list(many...)}, answers: manyAnswers, want: []string{"interfaceEndpoints too-many"},
		},
		"bucket names": {
			set: values{"s3Buckets": list("ab", "Capital", "a..b")}, want: repeat(3, "s3Buckets malformed"),
		},
		"names of public buckets": {
			set: values{"publicBuckets": list("ab", "Capital", "a..b")}, want: repeat(3, "publicBuckets malformed"),
		},
		"too many buckets": {set: values{"s3Buckets": list(buckets...)}, want: []string{"s3Buckets too-many"}},
		"too many public buckets": {
			set: values{"s3Buckets": list(buckets[:1]...), "publicBuckets": list(buckets[1:]...)}, want: []string{"publicBuckets too-many"},
		},
		"S3 is needed and off": {
			set: values{
				"s3Endpoint": "false", "s3Buckets": list("mine"), "publicBuckets": list("mirror"), "installLatestAgent": "true",
				"sessionLogs": list("s3"),
			},
			// The user did not set agentAutoUpdate, so the problem is reported for s3Endpoint.
			want: repeat(5, "s3Endpoint conflict"),
		},
		"an organization that is malformed": {set: values{"organizationId": "o-short"}, want: []string{"organizationId malformed"}},
		"an organization without effect": {
			set: values{"organizationId": "o-exampleorgid", "endpointPolicy": "full"}, want: []string{"organizationId conflict"},
		},
	}
}

func instanceCases() map[string]badCase {
	in := pulumitest.Tokyo()
	const image = "ami-0123456789abcdef0"
	return map[string]badCase{
		"no instances":    {set: values{"instancesPerZone": "0"}, want: []string{"instancesPerZone conflict"}},
		"fewer than none": {set: values{"instancesPerZone": "-1"}, want: []string{"instancesPerZone out-of-range"}},
		"too many":        {set: values{"zones": list("a", "c"), "instancesPerZone": "26"}, want: []string{"instancesPerZone too-many"}},
		"very many":       {set: values{"instancesPerZone": "2000000000"}, want: []string{"instancesPerZone out-of-range"}},
		"user data that does not exist": {
			set: values{"userDataFile": "none.sh"}, want: []string{"userDataFile not-found"},
		},
		"user data outside of the project": {
			set: values{"userDataFile": "../user-data.sh"}, want: []string{"userDataFile malformed"},
		},
		"user data that is empty":          {set: values{"userDataFile": "wrong/empty.txt"}, want: []string{"userDataFile malformed"}},
		"user data in an unknown format":   {set: values{"userDataFile": "wrong/unknown.txt"}, want: []string{"userDataFile malformed"}},
		"user data with CRLF line endings": {set: values{"userDataFile": "wrong/crlf.sh"}, want: []string{"userDataFile malformed"}},
		"multipart user data with installLatestAgent": {
			set: values{"userDataFile": "wrong/parts.txt", "installLatestAgent": "true"}, want: []string{"userDataFile conflict"},
		},
		"user data that is too long with installLatestAgent": {
			set: values{"userDataFile": "wrong/long.sh", "installLatestAgent": "true"}, want: []string{"userDataFile too-many"},
		},
		"policies that cannot be read": {
			set:  values{"instancePolicyFiles": list("none.json", "policies", "/etc/passwd", "wrong/empty.txt")},
			want: []string{"instancePolicyFiles not-found", "instancePolicyFiles not-found", "instancePolicyFiles malformed", "instancePolicyFiles malformed"},
		},
		"policies that are malformed": {
			set: values{"instancePolicyFiles": list(
				"wrong/broken.json", "wrong/empty.json", "wrong/principal.json", "wrong/version.json",
			)},
			want: repeat(4, "instancePolicyFiles malformed"),
		},
		"the agent's policy twice": {
			set:  values{"instancePolicyArns": list("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")},
			want: []string{"instancePolicyArns conflict"},
		},
		"a managed policy that is malformed": {
			set: values{"instancePolicyArns": list("ReadOnlyAccess")}, want: []string{"instancePolicyArns malformed"},
		},
		"a managed policy of another account": {
			set:  values{"instancePolicyArns": list("arn:aws:iam::210987654321:policy/app")},
			want: []string{"instancePolicyArns malformed"},
		},
		"an IMDS hop limit of 0":  {set: values{"imdsHopLimit": "0"}, want: []string{"imdsHopLimit out-of-range"}},
		"an IMDS hop limit of 65": {set: values{"imdsHopLimit": "65"}, want: []string{"imdsHopLimit out-of-range"}},
		"a number that overflows": {
			set:  values{"zones": list("a", "c"), "subnetLayout": "shared", "instancesPerZone": "9223372036854775807"},
			want: []string{"instancesPerZone out-of-range"},
		},
		"repeated zones do not count as more instances": {
			set:  values{"zones": list(slices.Repeat([]string{"a"}, 51)...)},
			want: []string{"zones duplicate"},
		},
		"a full subnet": {set: values{"instancesPerZone": "12", "appSubnetCidrs": list("10.0.11.0/28")}, want: []string{"appSubnetCidrs too-many"}},
		"a full default subnet": {
			set:  values{"instancesPerZone": "252", "sessionTargets": "tagged", "targetTags": list("team=db")},
			want: []string{"instancesPerZone too-many"},
		},
		"a full subnet, with endpoints in it": {
			set:  values{"subnetLayout": "shared", "instancesPerZone": "10", "appSubnetCidrs": list("10.0.11.0/28")},
			want: []string{"appSubnetCidrs too-many"},
		},
		"a type that is malformed": {set: values{"instanceType": "micro"}, want: []string{"instanceType malformed"}},
		"a type that does not exist": {
			set: values{"instanceType": "t9.micro"}, answers: in.InstanceType("t9.micro", nil)[:1], want: []string{"instanceType not-offered"},
		},
		"a type that resembles none of the Region": {
			set: values{"instanceType": "u-6tb1.metal"}, answers: in.InstanceType("u-6tb1.metal", nil)[:1], want: []string{"instanceType not-offered"},
		},
		"a type that zones lack": {
			set: values{"instanceType": "m7g.large", "zones": list("a", "c", "d")}, answers: in.InstanceType("m7g.large", []string{"arm64"}, "d"),
			want: []string{"instanceType not-offered"},
		},
		"a type that a zone lacks which the account lacks": {
			set: values{"instanceType": "m7g.large", "zones": list("d", "b")}, answers: in.InstanceType("m7g.large", []string{"arm64"}, "d"),
			want: []string{"zones not-found"},
		},
		"a type of another architecture": {
			set: values{"instanceType": "mac1.metal"}, answers: in.InstanceType("mac1.metal", []string{"x86_64_mac"}, "a"),
			want: []string{"instanceType conflict"},
		},
		"an image that is malformed": {set: values{"amiId": "ami-1"}, want: []string{"amiId malformed"}},
		"an image that does not exist": {
			set: values{"amiId": image}, answers: []pulumitest.Answer{pulumitest.FailedLookup(pulumitest.GetAmi, noImage)}, want: []string{"amiId not-found"},
		},
		"an image of another architecture, larger than the volume": {
			set: values{"amiId": image}, answers: []pulumitest.Answer{pulumitest.Image(image, "arm64", 30)},
			want: []string{"amiId conflict", "rootVolumeGiB out-of-range"},
		},
		"another OS without an AMI and a login user": {
			set: values{"os": "other"}, want: []string{"amiId no-value", "loginUser no-value"},
		},
		"another OS without an AMI": {
			set: values{"os": "other", "sessionDocuments": list("shell")}, want: []string{"amiId no-value"},
		},
		"installLatestAgent on another OS": {
			set:     values{"os": "other", "amiId": image, "loginUser": "ubuntu", "installLatestAgent": "true"},
			answers: []pulumitest.Answer{pulumitest.Image(image, "x86_64", 8)},
			want:    []string{"installLatestAgent conflict"},
		},
		"an AMI of another OS that does not exist": {
			set:     values{"os": "other", "amiId": image, "loginUser": "ubuntu"},
			answers: []pulumitest.Answer{pulumitest.FailedLookup(pulumitest.GetAmi, noImage)},
			want:    []string{"amiId not-found"},
		},
		"an AMI that is pending": {
			set: values{"amiId": image}, answers: []pulumitest.Answer{pulumitest.ImageWith(image, pulumitest.Map{"state": "pending"})},
			want: []string{"amiId conflict"},
		},
		"a Windows AMI": {
			set:     values{"os": "other", "amiId": image, "loginUser": "ubuntu"},
			answers: []pulumitest.Answer{pulumitest.ImageWith(image, pulumitest.Map{"platform": "windows"})},
			want:    []string{"amiId conflict"},
		},
		"a volume smaller than any image": {
			set: values{"amiId": image, "rootVolumeGiB": "4"}, answers: []pulumitest.Answer{pulumitest.Image(image, "x86_64", 30)},
			want: []string{"rootVolumeGiB out-of-range"},
		},
		"an unencrypted volume with EBS encryption by default": {
			set: values{"rootVolumeEncrypted": "false"},
			answers: []pulumitest.Answer{{
				Token: pulumitest.GetEncryptionByDefault, Args: pulumitest.Map{}, Result: pulumitest.Map{"enabled": true},
			}},
			want: []string{"rootVolumeEncrypted conflict"},
		},
		"a key for a volume that is not encrypted": {
			set:  values{"rootVolumeKmsKey": "arn:aws:kms:ap-northeast-1:123456789012:key/k-1", "rootVolumeEncrypted": "false"},
			want: []string{"rootVolumeKmsKey conflict"},
		},
		"a volume key of another Region": {
			set: values{"rootVolumeKmsKey": "arn:aws:kms:us-east-1:123456789012:key/k-1"}, want: []string{"rootVolumeKmsKey malformed"},
		},
		"an alias as a volume key": {
			set: values{"rootVolumeKmsKey": "arn:aws:kms:ap-northeast-1:123456789012:alias/mine"}, want: []string{"rootVolumeKmsKey malformed"},
		},
		"two key pairs":        {set: values{"keyName": "aws-ssh-key", "sshPublicKey": ed25519}, want: []string{"keyName conflict"}},
		"a private key":        {set: values{"sshPublicKey": privateKey}, want: []string{"sshPublicKey malformed"}},
		"a missing key pair":   {set: values{"keyName": "laptop"}, answers: []pulumitest.Answer{pulumitest.FailedLookup(pulumitest.GetKeyPair, noKeyPair)}, want: []string{"keyName not-found"}},
		"no key pairs at all":  {set: values{"keyName": "laptop"}, answers: []pulumitest.Answer{pulumitest.FailedLookup(pulumitest.GetKeyPair, noKeyPairs)}, want: []string{"keyName not-found"}},
		"names that are used":  {set: values{"namePrefix": "my stack"}, want: []string{"namePrefix malformed"}},
		"names of group ids":   {set: values{"namePrefix": "sg-a"}, want: []string{"namePrefix malformed"}},
		"names that are long":  {set: values{"namePrefix": strings.Repeat("n", 101)}, want: []string{"namePrefix malformed"}},
		"names with new lines": {set: values{"namePrefix": "a\n"}, want: []string{"namePrefix malformed"}},
	}
}

func sessionCases() map[string]badCase {
	cases := map[string]badCase{
		"role names": {
			set:  values{"instanceRoleName": "a b", "sessionRoleName": strings.Repeat("n", 65)},
			want: []string{"instanceRoleName malformed", "sessionRoleName malformed"},
		},
		"the same role name": {
			set: values{"instanceRoleName": "Agent", "sessionRoleName": "agent"}, want: []string{"sessionRoleName conflict"},
		},
		"principals that are malformed": {
			set: values{"sessionPrincipals": list("ann", "sso:", "1234")}, want: repeat(3, "sessionPrincipals malformed"),
		},
		"a principal of another partition": {
			set: values{"sessionPrincipals": list("arn:aws-cn:iam::123456789012:user/ann")}, want: []string{"sessionPrincipals conflict"},
		},
		"principals whose requests do not show MFA": {
			set: values{"sessionPrincipals": list("account", "sso:Admin", "arn:aws:iam::123456789012:role/ops")},
			// The user did not set requireMfa, so the problem is reported for sessionPrincipals.
			want: repeat(2, "sessionPrincipals conflict"),
		},
		"a principal listed twice":  {set: values{"sessionPrincipals": list("account", "account")}, want: []string{"sessionPrincipals duplicate"}},
		"too many principals":       {set: values{"sessionPrincipals": list(users(51)...)}, want: []string{"sessionPrincipals too-many"}},
		"an unknown kind":           {set: values{"sessionDocuments": list("shell", "telnet", "")}, want: []string{"sessionDocuments malformed", "sessionDocuments out-of-range"}},
		"recorded SSH":              {set: values{"sessionLogs": list("s3"), "sessionDocuments": list("shell", "ssh")}, want: []string{"sessionDocuments conflict"}},
		"encrypted SSH":             {set: values{"sessionEncryption": "true", "sessionDocuments": list("ssh")}, want: []string{"sessionDocuments conflict"}},
		"an unknown destination":    {set: values{"sessionLogs": list("cloudwatch", "syslog", "s3", "s3")}, want: []string{"sessionLogs duplicate", "sessionLogs out-of-range"}},
		"an unknown retention time": {set: values{"sessionLogs": list("cloudwatch"), "sessionLogDays": "364"}, want: []string{"sessionLogDays out-of-range"}},
		"no retention in S3":        {set: values{"sessionLogs": list("s3"), "sessionLogDays": "0"}, want: []string{"sessionLogDays out-of-range"}},
		"times too long": {
			set: values{"sessionIdleMinutes": "61", "sessionMaxMinutes": "1441"}, want: []string{"sessionIdleMinutes out-of-range", "sessionMaxMinutes out-of-range"},
		},
		"an existing log group and bucket that are not used": {
			set: values{"sessionLogGroup": "/central", "sessionBucket": "central"}, want: []string{"sessionLogGroup conflict", "sessionBucket conflict"},
		},
		"an existing log group and bucket by ARN": {
			set: values{
				"sessionLogs": list("cloudwatch", "s3"), "sessionLogGroup": "arn:aws:logs:eu-west-1:123456789012:log-group:central",
				"sessionBucket": "arn:aws:s3:::central",
			},
			want: []string{"sessionLogGroup malformed", "sessionBucket malformed"},
		},
		"an existing log group and bucket that do not exist": {
			set: values{"sessionLogs": list("cloudwatch", "s3"), "sessionLogGroup": "/central", "sessionBucket": "central"},
			answers: []pulumitest.Answer{
				pulumitest.FailedLookup(pulumitest.GetLogGroup, "reading CloudWatch Logs Log Group (/central): couldn't find resource"),
				pulumitest.FailedLookup(pulumitest.GetBucket, "reading S3 Bucket (central): couldn't find resource"),
			},
			want: []string{"sessionLogGroup not-found", "sessionBucket not-found"},
		},
		"an existing log group of another class, and a bucket in another Region": {
			set: values{"sessionLogs": list("cloudwatch", "s3"), "sessionLogGroup": "/central", "sessionBucket": "central"},
			answers: []pulumitest.Answer{
				pulumitest.LogGroup("/central", "INFREQUENT_ACCESS", ""), pulumitest.Bucket("central", "us-east-1"),
			},
			want: []string{"sessionLogGroup conflict", "sessionBucket conflict"},
		},
		"an existing bucket in another, unknown Region": {
			set: values{"sessionLogs": list("s3"), "sessionBucket": "central"},
			answers: []pulumitest.Answer{pulumitest.FailedLookup(pulumitest.GetBucket,
				"reading S3 Bucket (central): operation error S3: HeadBucket, https response error StatusCode: 301, api error MovedPermanently: Moved")},
			want: []string{"sessionBucket conflict"},
		},
		"an existing bucket without the S3 endpoint": {
			set: values{
				"sessionLogs": list("s3"), "sessionBucket": "central", "s3Endpoint": "false", "agentAutoUpdate": "false",
			},
			answers: []pulumitest.Answer{pulumitest.Bucket("central", "ap-northeast-1")},
			want:    []string{"s3Endpoint conflict"},
		},
		"shells as root":                       {set: values{"sessionRunAs": "root"}, want: []string{"sessionRunAs out-of-range"}},
		"shells as a malformed user":           {set: values{"sessionRunAs": "ec2 user"}, want: []string{"sessionRunAs malformed"}},
		"shells as a user by tag for everyone": {set: values{"sessionRunAs": "tag"}, want: []string{"sessionRunAs conflict"}},
		"shells as a user by tag for a role": {
			set: values{
				"sessionRunAs": "tag", "requireMfa": "false",
				"sessionPrincipals": list("arn:aws:iam::123456789012:user/ann", "arn:aws:iam::123456789012:role/ops"),
			},
			want: []string{"sessionRunAs conflict"},
		},
		"shells as a user by tag for an IAM user root": {
			set:  values{"sessionRunAs": "tag", "sessionPrincipals": list("arn:aws:iam::123456789012:user/ops/root")},
			want: []string{"sessionPrincipals conflict"},
		},
		"shell commands that are too long":       {set: values{"sessionShell": strings.Repeat("x", 4096)}, want: []string{"sessionShell out-of-range"}},
		"shell commands with a parameter":        {set: values{"sessionShell": "echo {{ name }}"}, want: []string{"sessionShell malformed"}},
		"shell commands with control characters": {set: values{"sessionShell": "sleep 9\x03"}, want: []string{"sessionShell malformed"}},
		"MFA too old":                            {set: values{"mfaMaxAgeMinutes": "2161"}, want: []string{"mfaMaxAgeMinutes out-of-range"}},
	}
	for _, documents := range []string{list("port-forwarding"), list("shell", "remote-port-forwarding")} {
		cases["recorded "+documents] = badCase{
			set: values{"sessionLogs": list("cloudwatch"), "sessionDocuments": documents}, want: []string{"sessionDocuments conflict"},
		}
	}
	for _, arn := range []string{
		"limits", "arn:aws-cn:iam::123456789012:policy/limits", "arn:aws:iam::210987654321:policy/limits", "arn:aws:iam::123456789012:role/limits",
		"arn:aws:iam::123456789012:policy/", "arn:aws:iam::123456789012:policy/a b", "arn:aws:iam::123456789012:policy/limits\n",
	} {
		cases[fmt.Sprintf("the permissions boundary %q", arn)] = badCase{
			set: values{"permissionsBoundary": arn}, want: []string{"permissionsBoundary malformed"},
		}
	}
	for key := range map[string]bool{
		"subnetLayout": true, "endpointPolicy": true, "endpointIngress": true, "os": true, "imds": true, "instanceEgress": true,
		"sessionTargets": true, "instancePolicy": true,
	} {
		cases["a value that "+key+" does not have"] = badCase{set: values{key: "Any"}, want: []string{key + " out-of-range"}}
	}
	return cases
}

// users returns n IAM users whose ARNs have 33 characters each.
func users(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("arn:aws:iam::123456789012:user/%02d", i))
	}
	return all
}

func combinedCases() map[string]badCase {
	return map[string]badCase{
		"everything at once": {
			set: values{
				"vpcCidr": "10.0.0.0/8", "zones": list("a", "b"), "os": "windows", "namePrefix": "my stack", "instancesPerZone": "-1",
				"keyName": "laptop", "sessionPrincipals": list("sso:Admin"), "agentAutoUpdate": "true", "s3Endpoint": "false",
			},
			answers: []pulumitest.Answer{pulumitest.FailedLookup(pulumitest.GetKeyPair, noKeyPair)},
			want: []string{
				"vpcCidr malformed", "os out-of-range", "namePrefix malformed", "instancesPerZone out-of-range", "sessionPrincipals conflict",
				"s3Endpoint conflict", "zones not-found", "keyName not-found",
			},
		},
		// Text that a user wrote is never used as a format string.
		"percent signs": {
			set:  values{"namePrefix": "100%d", "forwardTo": list("%s:%d"), "instanceType": "%v"},
			want: []string{"forwardTo malformed", "namePrefix malformed", "instanceType malformed"},
		},
	}
}
