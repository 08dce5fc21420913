package config

import (
	"maps"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/diag"
	"bastionless/internal/pulumitest"
)

// Exactly the discouraged values have a warning.
func TestConfig_warnings(t *testing.T) {
	t.Parallel()
	list := pulumitest.Strings
	for name, test := range map[string]struct {
		set  values
		want []string
	}{
		"the defaults":            {nil, nil},
		"ec2messages":             {values{"ec2messagesEndpoint": "true"}, []string{"ec2messagesEndpoint"}},
		"a full endpoint policy":  {values{"endpointPolicy": "full"}, []string{"endpointPolicy"}},
		"Amazon Linux 2":          {values{"os": "al2"}, []string{"os"}},
		"open egress":             {values{"instanceEgress": "open"}, []string{"instanceEgress"}},
		"any instance":            {values{"sessionTargets": "any"}, []string{"sessionTargets"}},
		"any instance of others":  {values{"sessionTargets": "any", "instancesPerZone": "0", "endpointIngress": "vpc"}, []string{"sessionTargets"}},
		"forwarding to nothing":   {values{"sessionDocuments": list("remote-port-forwarding")}, []string{"sessionDocuments"}},
		"forwarding to a host":    {values{"sessionDocuments": list("remote-port-forwarding"), "forwardTo": list("10.0.32.0/24:5432")}, nil},
		"forwarding to all hosts": {values{"sessionDocuments": list("remote-port-forwarding"), "instanceEgress": "open"}, []string{"instanceEgress"}},
		"targets of every address": {
			values{
				"sessionDocuments": list("remote-port-forwarding"), "forwardTo": list("0.0.0.0/0:443", "10.0.32.0/24:5432", "0.0.0.0/0:22"),
			},
			[]string{"forwardTo", "forwardTo"},
		},
		"targets outside of the VPC": {
			values{"sessionDocuments": list("remote-port-forwarding"), "forwardTo": list("10.0.0.0/8:1", "192.168.1.0/24:22")},
			[]string{"forwardTo"},
		},
		"the age of MFA that is not required": {values{"mfaMaxAgeMinutes": "5", "requireMfa": "false"}, []string{"mfaMaxAgeMinutes"}},
		"targets without forwarding":          {values{"forwardTo": list("10.0.32.0/24:5432")}, []string{"forwardTo"}},
		"shells as the user of the AMI":       {values{"sessionRunAs": "ec2-user", "sessionShell": "exec bash -l"}, nil},
		"shells as the user of another OS": {
			values{"os": "other", "amiId": "ami-06098fd00463352b6", "loginUser": "ubuntu", "sessionRunAs": "ubuntu"}, nil,
		},
		"shells as the user of Amazon Linux on another OS": {
			values{"os": "other", "amiId": "ami-06098fd00463352b6", "sessionDocuments": list("shell"), "sessionRunAs": "ec2-user"},
			[]string{"sessionRunAs"},
		},
		"shells as a custom user": {values{"sessionRunAs": "app"}, []string{"sessionRunAs"}},
		"shells as users by tag, and SSH": {
			values{"sessionRunAs": "tag", "sessionPrincipals": list("arn:aws:iam::123456789012:user/ann")},
			[]string{"sessionRunAs", "sessionRunAs"},
		},
		"shells as users by tag whose name no Linux user has": {
			values{
				"sessionRunAs": "tag", "sessionDocuments": list("shell"),
				"sessionPrincipals": list("arn:aws:iam::123456789012:user/ann", "arn:aws:iam::123456789012:user/bob@example.com"),
			},
			[]string{"sessionRunAs", "sessionRunAs"},
		},
		"shells as users by tag": {
			values{
				"sessionRunAs": "tag", "sessionPrincipals": list("arn:aws:iam::123456789012:user/ann"), "sessionDocuments": list("shell"),
			},
			[]string{"sessionRunAs"},
		},
		"shells that are not allowed": {
			values{"sessionRunAs": "app", "sessionShell": "exec bash -l", "sessionDocuments": list("ssh")},
			[]string{"sessionRunAs", "sessionShell"},
		},
		"a stack without instances": {accessOnly(nil), nil},
		"values of instances that the stack does not have": {
			accessOnly(values{
				"instanceType": "t3.small", "rootVolumeGiB": "9", "rootVolumeEncrypted": "false", "detailedMonitoring": "true", "imds": "optional",
				"imdsHopLimit": "2", "installLatestAgent": "true", "agentAutoUpdate": "false", "instanceEgress": "open",
				"terminationProtection": "true", "instancePolicy": "minimal", "os": "al2",
			}),
			[]string{
				"instanceType", "rootVolumeGiB", "rootVolumeEncrypted", "detailedMonitoring", "imds", "imdsHopLimit", "installLatestAgent",
				"agentAutoUpdate", "instanceEgress", "terminationProtection", "instancePolicy",
			},
		},
		"retention without records": {values{"sessionLogDays": "30"}, []string{"sessionLogDays"}},
		"retention of existing log groups and buckets": {
			values{"sessionLogDays": "30", "sessionLogs": list("cloudwatch", "s3"), "sessionLogGroup": "/central", "sessionBucket": "central"},
			[]string{"sessionLogDays"},
		},
		"retention of an own log group beside an existing bucket": {
			values{"sessionLogDays": "30", "sessionLogs": list("cloudwatch", "s3"), "sessionBucket": "central"}, nil,
		},
		"forwarding through existing security groups": {
			values{
				"vpcId": "vpc-11111111", "appSubnetIds": list("subnet-11111111"), "existingEndpoints": list("all"),
				"sessionDocuments": list("remote-port-forwarding"), "instanceSecurityGroupIds": list("sg-11111111"),
			},
			nil,
		},
		"ecr.api alone":         {values{"interfaceEndpoints": list("ecr.api")}, []string{"interfaceEndpoints"}},
		"ecr.dkr alone":         {values{"interfaceEndpoints": list("ecr.dkr")}, []string{"interfaceEndpoints"}},
		"both endpoints of ECR": {values{"interfaceEndpoints": list("ecr.dkr", "ecr.api")}, nil},
		"image layers without S3": {
			values{"interfaceEndpoints": list("ecr.dkr", "ecr.api"), "s3Endpoint": "false", "agentAutoUpdate": "false"},
			[]string{"s3Endpoint"},
		},
		"all at once": {
			values{
				"ec2messagesEndpoint": "true", "endpointPolicy": "full", "os": "al2", "instanceEgress": "open", "sessionTargets": "any",
			},
			[]string{"ec2messagesEndpoint", "endpointPolicy", "os", "instanceEgress", "sessionTargets"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, diags := loadValues(t, test.set)
			require.Empty(t, diags)
			var keys []string
			for _, warning := range c.Warnings([]netip.Prefix{c.Subnets.VPC}) {
				require.Equal(t, diag.Discouraged, warning.Code)
				require.NotEmpty(t, warning.Message)
				keys = append(keys, warning.Key)
			}
			require.Equal(t, test.want, keys)
		})
	}
}

// A stack without instances cannot limit sessions to its own.
func TestConfig_Warnings_anyInstance(t *testing.T) {
	t.Parallel()
	for want, set := range map[string]values{
		"set sessionTargets to stack":               {"sessionTargets": "any"},
		"set sessionTargets to tagged or instances": {"sessionTargets": "any", "instancesPerZone": "0", "endpointIngress": "vpc"},
	} {
		c, diags := loadValues(t, set)
		require.Empty(t, diags)
		warnings := c.Warnings(nil)
		require.Len(t, warnings, 1)
		require.Contains(t, warnings[0].Message, want)
	}
}

// accessOnly returns the configuration of a stack without instances, with some values changed.
func accessOnly(set values) values {
	all := values{
		"vpcId": "vpc-11111111", "existingEndpoints": pulumitest.Strings("all"), "instancesPerZone": "0", "sessionTargets": "tagged",
		"targetTags": pulumitest.Strings("team=db"),
	}
	maps.Copy(all, set)
	return all
}

func TestConfig_warningsOfTheStacks(t *testing.T) {
	t.Parallel()
	for stack, want := range map[string][]string{
		"article": {"ec2messagesEndpoint discouraged", "endpointPolicy discouraged", "os discouraged", "instanceEgress discouraged", "sessionTargets discouraged"},
		"dev":     {},
		"prod":    {},
	} {
		c, diags := load(t, pulumitest.StackConfig(t, root, stack))
		require.Empty(t, diags)
		require.Equal(t, want, keysAndCodes(c.Warnings([]netip.Prefix{c.Subnets.VPC})), stack)
	}
}
