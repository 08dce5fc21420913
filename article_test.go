package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

// article contains the article's resources with all their properties. The article does not set the
// properties that are marked as defaults; the program does. The IDs are those of the test: <resource>-id.
var article = map[string]pulumitest.Map{
	vpcType + "::network": {
		"cidrBlock": "10.0.0.0/16", "instanceTenancy": "default", "enableDnsSupport": true, "enableDnsHostnames": true,
		"tags": pulumitest.Map{"Name": "inomaso-dev-vpc"},
	},
	subnetType + "::network-privatelink-a": {
		"vpcId": "network-id", "cidrBlock": "10.0.1.0/24", "availabilityZone": "ap-northeast-1a",
		"tags":                pulumitest.Map{"Name": "inomaso-dev-privatelink-subnet-a"},
		"mapPublicIpOnLaunch": false, // a default
	},
	subnetType + "::network-app-a": {
		"vpcId": "network-id", "cidrBlock": "10.0.11.0/24", "availabilityZone": "ap-northeast-1a",
		"tags":                pulumitest.Map{"Name": "inomaso-dev-app-subnet-a"},
		"mapPublicIpOnLaunch": false, // a default
	},
	routeTableType + "::network-privatelink": {
		"vpcId": "network-id", "tags": pulumitest.Map{"Name": "inomaso-dev-privatelink-rtb"},
	},
	routeTableType + "::network-app": {"vpcId": "network-id", "tags": pulumitest.Map{"Name": "inomaso-dev-app-rtb"}},
	routesType + "::network-privatelink-a": {
		"routeTableId": "network-privatelink-id", "subnetId": "network-privatelink-a-id",
	},
	routesType + "::network-app-a": {"routeTableId": "network-app-id", "subnetId": "network-app-a-id"},
	groupType + "::security-instances": {
		"name": "inomaso-dev-ec2-sg", "description": "inomaso-dev-ec2-sg", "vpcId": "network-id",
		"tags": pulumitest.Map{"Name": "inomaso-dev-ec2-sg"}, "ingress": pulumitest.List{},
	},
	groupType + "::security-endpoints": {
		"name": "inomaso-dev-ssm-sg", "description": "inomaso-dev-ssm-sg", "vpcId": "network-id",
		"tags": pulumitest.Map{"Name": "inomaso-dev-ssm-sg"}, "egress": pulumitest.List{},
	},
	instanceType + "::instances-a-1": {
		"ami": "ami-06098fd00463352b6", "instanceType": "t3.micro", "keyName": "aws-ssh-key", "subnetId": "network-app-a-id",
		"ebsOptimized": true, "iamInstanceProfile": "EC2RoleforSSM", "vpcSecurityGroupIds": pulumitest.List{"security-instances-id"},
		"tags": pulumitest.Map{"Name": "inomaso-dev-ec2"},
		"userData": "#!/bin/bash\nyum install -y https://s3.ap-northeast-1.amazonaws.com/amazon-ssm-ap-northeast-1/latest/" +
			"linux_amd64/amazon-ssm-agent.rpm\n",
		"rootBlockDevice": pulumitest.Map{
			"volumeSize": 8, "volumeType": "gp3", "iops": 3000, "throughput": 125, "deleteOnTermination": true,
			"tags":      pulumitest.Map{"Name": "inomaso-dev-ec2"},
			"encrypted": false, // a default
		},
		"associatePublicIpAddress": false, // defaults, from here on
		"disableApiTermination":    false,
		"monitoring":               false,
		"metadataOptions":          pulumitest.Map{"httpEndpoint": "enabled", "httpTokens": "optional", "httpPutResponseHopLimit": 1},
	},
	roleType + "::instance-role": {"name": "EC2RoleforSSM", "assumeRolePolicy": articleDocument(
		`{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"]},"Action":["sts:AssumeRole"]}`,
	)},
	profileType + "::instance-role": {"name": "EC2RoleforSSM", "role": "EC2RoleforSSM"},
	attachmentType + "::instance-role-core": {
		"role": "EC2RoleforSSM", "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
	},
	endpointType + "::endpoints-ssm":         articleEndpoint("ssm"),
	endpointType + "::endpoints-ssmmessages": articleEndpoint("ssmmessages"),
	endpointType + "::endpoints-ec2messages": articleEndpoint("ec2messages"),
	endpointType + "::endpoints-s3": {
		"vpcId": "network-id", "vpcEndpointType": "Gateway", "serviceName": "com.amazonaws.ap-northeast-1.s3",
		"routeTableIds": pulumitest.List{"network-app-id"}, "policy": articlePolicy,
	},
	// The session role and its policy differ from the article where the article does not work: the
	// account ID has 12 digits, and the policy allows the default session document, the data channel and
	// the caller's own sessions.
	roleType + "::session-role": {"name": "SessionRoleforSSM", "assumeRolePolicy": articleDocument(
		`{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:user/hogehoge"]},"Action":["sts:AssumeRole"],` +
			`"Condition":{"Bool":{"aws:MultiFactorAuthPresent":["true"]},"StringEquals":{"sts:RoleSessionName":["${aws:username}"]}}}`,
	)},
	rolePolicyType + "::session-role": {"name": "SSMSession_policy", "role": "SessionRoleforSSM", "policy": articleDocument(
		`{"Sid":"StartSession","Effect":"Allow","Action":["ssm:StartSession"],"Resource":["arn:aws:ec2:*:*:instance/*",`+
			`"arn:aws:ssm:ap-northeast-1:123456789012:document/SSM-SessionManagerRunShell",`+
			`"arn:aws:ssm:ap-northeast-1::document/AWS-StartSSHSession"],`+
			`"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":["true"]}}}`,
		`{"Sid":"OwnSessions","Effect":"Allow","Action":["ssm:ResumeSession","ssm:TerminateSession"],`+
			`"Resource":["arn:aws:ssm:ap-northeast-1:123456789012:session/*"],`+
			`"Condition":{"StringEquals":{"ssm:resourceTag/aws:ssmmessages:session-id":["${aws:userid}"]}}}`,
		`{"Sid":"DataChannel","Effect":"Allow","Action":["ssmmessages:OpenDataChannel"],"Resource":["*"]}`,
		`{"Sid":"Look","Effect":"Allow","Action":["ec2:DescribeInstances","ssm:DescribeInstanceInformation",`+
			`"ssm:DescribeInstanceProperties","ssm:DescribeSessions","ssm:GetConnectionStatus"],"Resource":["*"]}`,
	)},
}

// notInArticle lists the resources that the article does not have: security group rules as separate
// resources, and the VPC's default security group without rules.
var notInArticle = map[string]pulumitest.Map{
	ingressType + "::security-ingress-vpc": {
		"securityGroupId": "security-endpoints-id", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/16",
	},
	egressType + "::security-egress-all": {
		"securityGroupId": "security-instances-id", "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0",
	},
	defaultGroupType + "::network-default-sg": {
		"vpcId": "network-id", "ingress": pulumitest.List{}, "egress": pulumitest.List{},
	},
}

// articlePolicy allows everything.
const articlePolicy = `{"Version":"2012-10-17","Statement":[` +
	`{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["*"],"Resource":["*"]}]}`

func articleDocument(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func articleEndpoint(code string) pulumitest.Map {
	return pulumitest.Map{
		"vpcId": "network-id", "vpcEndpointType": "Interface", "serviceName": "com.amazonaws.ap-northeast-1." + code,
		"subnetIds": pulumitest.List{"network-privatelink-a-id"}, "securityGroupIds": pulumitest.List{"security-endpoints-id"},
		"privateDnsEnabled": true, "policy": articlePolicy,
	}
}

// The article's stack has the article's resources, property by property, and no others except
// notInArticle. The test does not compare components and dependencies.
func TestArticle(t *testing.T) {
	t.Parallel()
	require.Len(t, article, 19)
	want := map[string]pulumitest.Map{}
	for _, part := range []map[string]pulumitest.Map{article, notInArticle} {
		for key, inputs := range part {
			want[key] = inputs
		}
	}
	var wanted, registered []string
	for key := range want {
		wanted = append(wanted, key)
	}
	slices.Sort(wanted)
	result := runStack(t, pulumitest.Update, "article")
	for _, r := range result.Resources {
		if !strings.HasPrefix(r.Type, "bastionless:") {
			registered = append(registered, r.Key())
		}
	}
	require.Equal(t, wanted, registered)
	for key, inputs := range want {
		require.Equal(t, inputs, result.Resource(t, key).Inputs, key)
	}
}
