package trials

import (
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// existingValues are values of keys that have others in the existing VPC of the stack "existing" than in a new one. The
// account has no users and no key pairs, and the VPC has endpoints for s3 and kms.
var existingValues = map[string]keyValues{
	"vpcId": {[]string{existingVPC}, []string{"vpc-1", "vpc-0123456789abcdef0"}},
	"appSubnetIds": {
		[]string{list([]string{privateA}), list([]string{privateC}), list([]string{privateA, privateC}), list([]string{privateC, privateA})},
		[]string{"[]", `["subnet-1"]`, `["subnet-0123456789abcdef0"]`, list([]string{privateA, publicA}), list([]string{privateA, privateA})},
	},
	"endpointSubnetIds": {
		[]string{"[]", list([]string{privateA}), list([]string{publicA}), list([]string{publicA, privateC})},
		[]string{`["vpc-0123456789abcdef0"]`, `["subnet-0123456789abcdef0"]`, list([]string{privateA, publicA})},
	},
	"existingEndpoints": {
		[]string{`["s3"]`, `["s3","kms"]`, `["kms","s3"]`, `["all"]`},
		[]string{`["s3","ssm"]`, `["all","s3"]`, `["S3"]`, `["s3","s3"]`},
	},
	"routeTableIds": {[]string{"[]"}, []string{`["rtb-1"]`, `["rtb-0123456789abcdef0"]`, list([]string{otherTable})}},
	"clientSecurityGroupIds": {
		[]string{"[]", list([]string{appGroup}), list([]string{appGroup, "sg-0a1b2c3d4e5f6000d"})},
		[]string{`["default"]`, `["sg-0123456789abcdef0"]`, list([]string{appGroup, appGroup})},
	},
	"instanceSecurityGroupIds": {
		[]string{"[]", list([]string{appGroup})},
		[]string{`["default"]`, `["sg-0123456789abcdef0"]`, list([]string{appGroup, appGroup})},
	},
	"s3Endpoint":             {[]string{""}, booleans.illegal},
	"interfaceEndpoints":     {[]string{"[]", `["sts"]`, `["ecr.api","secretsmanager","monitoring"]`, `["logs"]`}, []string{`["ssm"]`, `["STS"]`, `["sts","sts"]`}},
	"vpcCidr":                {[]string{"10.0.0.0/16"}, []string{"10.20.0.0/16"}},
	"zones":                  {[]string{`["a"]`}, []string{`["c"]`, `["a","c"]`}},
	"appSubnetCidrs":         {[]string{"[]"}, []string{`["10.20.1.0/24"]`}},
	"privatelinkSubnetCidrs": {[]string{"[]"}, []string{`["10.20.2.0/24"]`}},
	"subnetLayout":           {[]string{"separate"}, []string{"shared"}},
	"keyName":                {[]string{""}, []string{"ops"}},
	// The account has no IAM users and log groups that the stack could refer to.
	"sessionRunAs":      {[]string{"", "ec2-user"}, []string{"root"}},
	"sessionLogGroup":   {[]string{""}, []string{"a b"}},
	"sessionPrincipals": {[]string{"[]", `["account"]`, `["210987654321"]`}, []string{`["*"]`, `["ann"]`}},
}

// drawLegalExisting draws a legal configuration of the stack "existing".
func drawLegalExisting(t *rapid.T) config {
	drawn := config{}
	for _, key := range sortedKeys(values) {
		legal := values[key].legal
		if own, ok := existingValues[key]; ok {
			legal = own.legal
		}
		if rapid.IntRange(0, 2).Draw(t, key+"?") == 0 {
			drawn[key] = rapid.SampledFrom(legal).Draw(t, key)
		}
	}
	makeConsistent(drawn, "ap-northeast-1")
	makeConsistentExisting(drawn)
	return drawn
}

// makeConsistentExisting changes or removes values that are not legal in combination in an existing VPC.
func makeConsistentExisting(drawn config) {
	if drawn["existingEndpoints"] == `["all"]` {
		// The stack creates no endpoints.
		for _, key := range []string{"endpointSubnetIds", "clientSecurityGroupIds", "interfaceEndpoints", "ec2messagesEndpoint"} {
			delete(drawn, key)
		}
		if drawn["instancesPerZone"] == "0" && drawn["sessionTargets"] == "tagged" {
			// No instance of the account has the tags, so nothing could be proven about sessions.
			drawn["sessionTargets"] = "any"
			delete(drawn, "targetTags")
		}
		return
	}
	if drawn["sessionEncryption"] == "true" && !strings.Contains(drawn["existingEndpoints"], "kms") {
		drawn["existingEndpoints"] = `["s3","kms"]`
	}
	if slices.Contains([]string{"", "[]"}, drawn["clientSecurityGroupIds"]) {
		drawn["endpointIngress"] = "vpc"
	}
}
