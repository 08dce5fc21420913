package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

// What the provider says of what is not there. Its errors have no code.
const (
	noKeyPair    = "reading EC2 Key Pair: InvalidKeyPair.NotFound: The key pair 'laptop' does not exist"
	noKeyPairs   = "reading EC2 Key Pair: no matching EC2 Key Pair found"
	noService    = "reading EC2 VPC Endpoint Services: InvalidServiceName: The Vpc Endpoint Service 'x' does not exist"
	noServices   = "reading EC2 VPC Endpoint Services: no matching EC2 VPC Endpoint Service found"
	noImage      = "Your query returned no results. Please change your search criteria and try again."
	accessDenied = "operation error: api error UnauthorizedOperation: You are not authorized to perform this operation."
)

func tokyo(code string) string { return "com.amazonaws.ap-northeast-1." + code }

// withoutService answers that a service is not there.
func withoutService(code, text string) pulumitest.Answer {
	answer := pulumitest.Fails(pulumitest.GetVpcEndpointService, text)
	answer.Args = pulumitest.Map{"serviceName": tokyo(code), "serviceType": "Interface"}
	return answer
}

// withoutPrivateDNS is a service that has zones and no private DNS name.
func withoutPrivateDNS(code string) pulumitest.Answer {
	answer := pulumitest.Tokyo().Service(tokyo(code), "a")
	answer.Result["privateDnsName"] = ""
	return answer
}

type badPlace struct {
	set     values
	answers []pulumitest.Answer
	want    []string
}

func requireAllRefused(t *testing.T, cases map[string]badPlace) {
	t.Helper()
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireProblems(t, test.set, test.answers, test.want...)
		})
	}
}

func TestSurvey_refusesInstanceTypes(t *testing.T) {
	t.Parallel()
	in := pulumitest.Tokyo()
	requireAllRefused(t, map[string]badPlace{
		"unknown": {
			values{"instanceType": "t9.micro"},
			in.InstanceType("t9.micro", nil)[:1],
			[]string{`instanceType: "t9.micro" is not offered in ap-northeast-1: give a type that is, such as t3.micro`},
		},
		"a zone lacks it": {
			values{"instanceType": "m7g.large", "zones": list("a", "c", "d")},
			in.InstanceType("m7g.large", []string{"arm64"}, "d"),
			[]string{`instanceType: "m7g.large" is not offered in ap-northeast-1a, ap-northeast-1c: take zones from d, or another type`},
		},
		"a zone lacks it that the account lacks too": {
			values{"instanceType": "m7g.large", "zones": list("d", "b")},
			in.InstanceType("m7g.large", []string{"arm64"}, "d"),
			[]string{`zones: "b" is not a zone that account 123456789012 has in ap-northeast-1: take from a, c, d`},
		},
		"it runs something else": {
			values{"instanceType": "mac1.metal"},
			in.InstanceType("mac1.metal", []string{"x86_64_mac"}, "a"),
			[]string{`instanceType: "mac1.metal" runs x86_64_mac, and Amazon Linux is for x86_64 and arm64: give another type`},
		},
	})
}

func TestSurvey_refusesServices(t *testing.T) {
	t.Parallel()
	in := pulumitest.Tokyo()
	requireAllRefused(t, map[string]badPlace{
		"unknown": {
			values{"interfaceEndpoints": list("ecr.ap", "ecr.dk")},
			[]pulumitest.Answer{withoutService("ecr.ap", noService), withoutService("ecr.dk", noServices)},
			[]string{
				"interfaceEndpoints: ap-northeast-1 offers no interface endpoint com.amazonaws.ap-northeast-1.ecr.ap: " +
					`remove "ecr.ap" from interfaceEndpoints`,
				"interfaceEndpoints: ap-northeast-1 offers no interface endpoint com.amazonaws.ap-northeast-1.ecr.dk: " +
					`remove "ecr.dk" from interfaceEndpoints`,
			},
		},
		"services of the records": {
			values{"sessionLogs": list("cloudwatch"), "sessionEncryption": "true"},
			[]pulumitest.Answer{withoutService("logs", noService), withoutService("kms", noServices)},
			[]string{
				"sessionLogs: ap-northeast-1 offers no interface endpoint com.amazonaws.ap-northeast-1.logs: record to s3 instead",
				"sessionEncryption: ap-northeast-1 offers no interface endpoint com.amazonaws.ap-northeast-1.kms: " +
					"set sessionEncryption to false",
			},
		},
		"services of the workload, of the same names": {
			values{"interfaceEndpoints": list("logs", "kms")},
			[]pulumitest.Answer{withoutService("logs", noService), withoutService("kms", noServices)},
			[]string{
				"interfaceEndpoints: ap-northeast-1 offers no interface endpoint com.amazonaws.ap-northeast-1.logs: " +
					`remove "logs" from interfaceEndpoints`,
				"interfaceEndpoints: ap-northeast-1 offers no interface endpoint com.amazonaws.ap-northeast-1.kms: " +
					`remove "kms" from interfaceEndpoints`,
			},
		},
		"ec2messages, which is retired": {
			values{"ec2messagesEndpoint": "true"},
			[]pulumitest.Answer{withoutService("ec2messages", noService)},
			[]string{
				"ec2messagesEndpoint: ap-northeast-1 offers no interface endpoint com.amazonaws.ap-northeast-1.ec2messages: " +
					"set ec2messagesEndpoint to false",
			},
		},
		"ssm, without which there is nothing": {
			nil,
			[]pulumitest.Answer{withoutService("ssm", noService)},
			[]string{
				"aws:region: ap-northeast-1 offers no interface endpoint com.amazonaws.ap-northeast-1.ssm: take another Region",
			},
		},
		"zones lack them": {
			values{"zones": list("a", "c", "d"), "interfaceEndpoints": list("kms"), "ec2messagesEndpoint": "true"},
			[]pulumitest.Answer{
				in.Service(tokyo("ssmmessages"), "d", "a"), in.Service(tokyo("ec2messages"), "d"), in.Service(tokyo("kms"), "c"),
			},
			[]string{
				"zones: endpoint service com.amazonaws.ap-northeast-1.ssmmessages is not offered in ap-northeast-1c: take zones from " +
					"a, d, or take another Region",
				"zones: endpoint service com.amazonaws.ap-northeast-1.ec2messages is not offered in ap-northeast-1a, ap-northeast-1c: " +
					"take zones from d, or set ec2messagesEndpoint to false",
				"zones: endpoint service com.amazonaws.ap-northeast-1.kms is not offered in ap-northeast-1a, ap-northeast-1d: " +
					`take zones from c, or remove "kms" from interfaceEndpoints`,
			},
		},
		"no private DNS name": {
			values{"interfaceEndpoints": list("s3-outposts")},
			[]pulumitest.Answer{withoutPrivateDNS("s3-outposts")},
			[]string{
				"interfaceEndpoints: endpoint service com.amazonaws.ap-northeast-1.s3-outposts has no private DNS name, by which " +
					`programs in the VPC would find it: remove "s3-outposts" from interfaceEndpoints`,
			},
		},
	})
}

func TestSurvey_refusesImagesAndKeyPairs(t *testing.T) {
	t.Parallel()
	const image = "ami-0123456789abcdef0"
	requireAllRefused(t, map[string]badPlace{
		"no such image": {
			values{"amiId": image},
			[]pulumitest.Answer{pulumitest.Fails(pulumitest.GetAmi, noImage)},
			[]string{
				`amiId: "ami-0123456789abcdef0" does not exist in ap-northeast-1, or account 123456789012 may not use it: ` +
					"give an image that it may use, or none for the newest",
			},
		},
		"an image of another architecture": {
			values{"amiId": image},
			[]pulumitest.Answer{pulumitest.Image(image, "arm64", 8)},
			[]string{
				`amiId: "ami-0123456789abcdef0" is for arm64, and instance type t3.micro runs x86_64: give an image and a type that match`,
			},
		},
		"an image larger than the volume": {
			values{"amiId": image, "rootVolumeGiB": "29"},
			[]pulumitest.Answer{pulumitest.Image(image, "x86_64", 30)},
			[]string{"rootVolumeGiB: 29 GiB is smaller than image ami-0123456789abcdef0, which has 30: give at least 30"},
		},
		"a volume too small for any image": {
			values{"amiId": image, "rootVolumeGiB": "4"},
			[]pulumitest.Answer{pulumitest.Image(image, "x86_64", 30)},
			[]string{
				"rootVolumeGiB: 4 GiB is not from 8, the size of Amazon Linux's images, to 65536, the largest that gp3 has: " +
					"give a size between them",
			},
		},
		"no such key pair": {
			values{"keyName": "laptop"},
			[]pulumitest.Answer{pulumitest.Fails(pulumitest.GetKeyPair, noKeyPair)},
			[]string{
				`keyName: there is no key pair "laptop" in ap-northeast-1: give one that exists, or sshPublicKey to create one, or neither`,
			},
		},
		"no key pair at all": {
			values{"keyName": "laptop"},
			[]pulumitest.Answer{pulumitest.Fails(pulumitest.GetKeyPair, noKeyPairs)},
			[]string{
				`keyName: there is no key pair "laptop" in ap-northeast-1: give one that exists, or sshPublicKey to create one, or neither`,
			},
		},
	})
}

// What lies at the edge of a rule is taken. The trust policy has exactly the 2,048 characters that AWS allows.
func TestSurvey_takesTheEdges(t *testing.T) {
	t.Parallel()
	in := pulumitest.Tokyo()
	const image = "ami-0123456789abcdef0"
	principals := users(50)
	principals[49] += strings.Repeat("n", 21)
	for name, test := range map[string]struct {
		set     values
		answers []pulumitest.Answer
	}{
		"the image fills the volume": {
			values{"amiId": image, "rootVolumeGiB": "30"}, []pulumitest.Answer{pulumitest.Image(image, "x86_64", 30)},
		},
		"the largest volume":  {values{"rootVolumeGiB": "65536"}, nil},
		"50 instances":        {values{"zones": list("a", "c"), "instancesPerZone": "25"}, nil},
		"a subnet that fills": {values{"instancesPerZone": "11", "appSubnetCidrs": list("10.0.11.0/28")}, nil},
		"a shared subnet that fills": {
			values{"subnetLayout": "shared", "instancesPerZone": "9", "appSubnetCidrs": list("10.0.11.0/28")}, nil,
		},
		"the smallest VPC": {
			values{
				"vpcCidr": "10.0.0.0/27", "appSubnetCidrs": list("10.0.0.0/28"), "privatelinkSubnetCidrs": list("10.0.0.16/28"),
			}, nil,
		},
		"the longest trust policy": {values{"sessionPrincipals": list(principals...)}, nil},
		"services of the stack's zones alone": {
			values{"interfaceEndpoints": list("kms")}, []pulumitest.Answer{in.Service(tokyo("kms"), "a")},
		},
		"a type of the stack's zones alone": {
			values{"instanceType": "c5.large"}, in.InstanceType("c5.large", []string{"i386", "x86_64"}, "a"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
				result := pulumitest.Run(t, pulumitest.Setup{
					Mode: mode, Config: configured(t, test.set), Answers: append(in.Answers(), test.answers...),
				}, run)
				require.NoError(t, result.Err)
				require.NotEmpty(t, result.Resources)
			})
		})
	}
	principals[49] += "n"
	requireProblems(t, values{"sessionPrincipals": list(principals...)}, nil,
		"sessionPrincipals: 50 principals make a trust policy of 2049 characters, and AWS allows 2048: list fewer, "+
			"such as account or a role that people share")
}

// Where AWS gives no zones of a service, as in GovCloud, nothing can be held against them.
func TestSurvey_trustsServicesWithoutZones(t *testing.T) {
	t.Parallel()
	in := pulumitest.GovCloud()
	answers := append(in.Answers(), in.Service("com.amazonaws.us-gov-west-1.kms"))
	result := pulumitest.Run(t, pulumitest.Setup{Config: configured(t, values{"interfaceEndpoints": list("kms")}), Answers: answers}, run)
	require.NoError(t, result.Err)
	require.NotEmpty(t, result.Resources)
}

// A lookup that fails for a reason of its own says what it was for. What was found before it is told as well.
func TestSurvey_tellsWhyALookupFailed(t *testing.T) {
	t.Parallel()
	set := values{"amiId": "ami-06098fd00463352b6", "keyName": "aws-ssh-key", "instancesPerZone": "0"}
	for token, context := range map[string]string{
		pulumitest.GetPartition:             "look up the partition",
		pulumitest.GetRegion:                "look up the Region",
		pulumitest.GetCallerIdentity:        "look up the account",
		pulumitest.GetAvailabilityZones:     "look up the zones of ap-northeast-1",
		pulumitest.GetInstanceTypeOfferings: "look up where t3.micro is offered",
		pulumitest.GetInstanceType:          "look up instance type t3.micro",
		pulumitest.GetAmi:                   "look up image ami-06098fd00463352b6",
		pulumitest.GetKeyPair:               "look up key pair aws-ssh-key",
		pulumitest.GetVpcEndpointService:    "look up endpoint service com.amazonaws.ap-northeast-1.ssm",
		pulumitest.GetManagedPrefixList:     "look up the prefix list of S3, com.amazonaws.ap-northeast-1.s3",
	} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			failure := pulumitest.Fails(token, accessDenied)
			pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
				result := pulumitest.Run(t, pulumitest.Setup{
					Mode: mode, Config: configured(t, set), Answers: append(pulumitest.Tokyo().Answers(), failure),
				}, run)
				require.EqualError(t, result.Err, "stack test is not configured right:\n"+
					"  - instancesPerZone: 0 leaves nothing to open a session on: give at least 1\n"+
					context+": "+failure.Err.Error())
				require.ErrorIs(t, result.Err, failure.Err)
				require.Empty(t, result.Resources)
			})
		})
	}
}

// Only texts that say so mean that a service is not there.
func TestNoSuchService(t *testing.T) {
	t.Parallel()
	require.True(t, noSuchService(errors.New(noService)))
	require.True(t, noSuchService(errors.New(noServices)))
	require.False(t, noSuchService(errors.New(accessDenied)))
}

// The lookups of a stack that uses all of them: each with exactly these arguments, none twice.
func TestSurvey_looksUp(t *testing.T) {
	t.Parallel()
	set := values{
		"ec2messagesEndpoint": "true", "interfaceEndpoints": list("kms"), "amiId": "ami-06098fd00463352b6", "keyName": "aws-ssh-key",
	}
	answers := append(pulumitest.Tokyo().Answers(), pulumitest.Tokyo().Service(tokyo("kms"), "a"))
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		found := &problems{}
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode, Config: configured(t, set), Answers: answers},
			func(ctx *pulumi.Context) error {
				s := loadSettings(ctx, found)
				_, err := survey(ctx, &s, found)
				return err
			})
		require.NoError(t, result.Err)
		require.Empty(t, found.all)
		service := func(code string) pulumitest.Invoke {
			return pulumitest.Invoke{
				Token: pulumitest.GetVpcEndpointService,
				Args:  pulumitest.Map{"serviceName": tokyo(code), "serviceType": "Interface"},
			}
		}
		filter := func(name, value string) pulumitest.List {
			return pulumitest.List{pulumitest.Map{"name": name, "values": pulumitest.List{value}}}
		}
		require.Equal(t, []pulumitest.Invoke{
			{Token: pulumitest.GetPartition, Args: pulumitest.Map{}},
			{Token: pulumitest.GetRegion, Args: pulumitest.Map{}},
			{Token: pulumitest.GetCallerIdentity, Args: pulumitest.Map{}},
			{Token: pulumitest.GetAvailabilityZones, Args: pulumitest.Map{
				"state": "available", "filters": filter("zone-type", "availability-zone"),
			}},
			{Token: pulumitest.GetInstanceTypeOfferings, Args: pulumitest.Map{
				"locationType": "availability-zone", "filters": filter("instance-type", "t3.micro"),
			}},
			{Token: pulumitest.GetInstanceType, Args: pulumitest.Map{"instanceType": "t3.micro"}},
			{Token: pulumitest.GetAmi, Args: pulumitest.Map{
				"includeDeprecated": true, "filters": filter("image-id", "ami-06098fd00463352b6"),
			}},
			{Token: pulumitest.GetKeyPair, Args: pulumitest.Map{"keyName": "aws-ssh-key"}},
			service("ssm"), service("ssmmessages"), service("ec2messages"), service("kms"),
			{Token: pulumitest.GetManagedPrefixList, Args: pulumitest.Map{"name": tokyo("s3")}},
		}, result.Invokes)
	})
}
