package trials

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// accessValues are the values of keys whose values in the stack "access" differ from those in a new VPC and in existingValues.
// The VPC has endpoints for ssm, ssmmessages and s3.
var accessValues = map[string]keyValues{
	"vpcId":        {[]string{accessVPC}, []string{existingVPC, "vpc-1"}},
	"appSubnetIds": {[]string{list([]string{accessA}), list([]string{accessC, accessA})}, []string{`["subnet-1"]`, list([]string{privateA})}},
	"endpointSubnetIds": {
		[]string{list([]string{accessA}), list([]string{accessA, accessC})}, []string{`["vpc-0123456789abcdef0"]`, `["subnet-0123456789abcdef0"]`},
	},
	"existingEndpoints": {
		[]string{`["ssm","ssmmessages","s3"]`, `["s3","ssmmessages","ssm"]`, `["all"]`},
		[]string{`["s3"]`, `["ssm","ssmmessages","s3","kms"]`, `["all","s3"]`, "[]"},
	},
	"routeTableIds":          {[]string{"[]"}, []string{`["rtb-1"]`, `["rtb-0123456789abcdef0"]`}},
	"clientSecurityGroupIds": {[]string{list([]string{"sg-0a1b2c3d4e5f700d1"})}, []string{`["default"]`, `["sg-0123456789abcdef0"]`}},
	"instanceSecurityGroupIds": {
		[]string{"[]", list([]string{"sg-0a1b2c3d4e5f700d1"})}, []string{`["default"]`, `["sg-0123456789abcdef0"]`},
	},
	"instancesPerZone": {[]string{"0", "0", "0", "1"}, []string{"-1", "1001", "1.5"}},
	"sessionTargets":   {[]string{"tagged", "instances", "any"}, []string{"", "all"}},
	"targetInstanceIds": {
		[]string{list([]string{db1}), list([]string{db2, db1}), list([]string{db1, web1})}, []string{`["web-1"]`, `["i-0123456789abcdef0"]`},
	},
	"targetTags":     {[]string{`["team=db"]`, `["team=web"]`, `["team=db","Name=db-1"]`}, []string{`["team"]`, `["team=*"]`, `["aws:x=y"]`, `["a=1","A=2"]`}},
	"agentRoleNames": {[]string{`["acme-db","acme-web"]`, `["acme-batch","acme-web","acme-db"]`}, []string{`["a/b"]`, `["missing"]`, `["acme-db","acme-db"]`}},
}

// accessKeyValues are the values of all keys in the stack "access".
func accessKeyValues() map[string]keyValues {
	all := maps.Clone(values)
	maps.Copy(all, existingValues)
	maps.Copy(all, accessValues)
	return all
}

// drawLegalAccess draws a legal configuration of the stack "access".
func drawLegalAccess(t *rapid.T) config {
	all, drawn := accessKeyValues(), config{}
	for _, key := range sortedKeys(all) {
		chosen := slices.Contains([]string{"instancesPerZone", "sessionTargets", "targetInstanceIds", "targetTags"}, key)
		if chosen || rapid.IntRange(0, 2).Draw(t, key+"?") == 0 {
			drawn[key] = rapid.SampledFrom(all[key].legal).Draw(t, key)
		}
	}
	makeTargetsConsistent(drawn)
	targets, tags := drawn["sessionTargets"], drawn["targetTags"]
	makeConsistent(drawn, "ap-northeast-1")
	drawn["sessionTargets"], drawn["targetTags"] = targets, tags
	makeConsistentAccess(drawn)
	return drawn
}

// taggedTargets are the instances that have the tags in accessValues.
var taggedTargets = map[string]string{
	`["team=db"]`: list([]string{db1, db2}), `["team=web"]`: list([]string{web1}), `["team=db","Name=db-1"]`: list([]string{db1}),
}

// makeTargetsConsistent changes values that select no targets in combination.
func makeTargetsConsistent(drawn config) {
	if drawn["instancesPerZone"] == "1" {
		drawn["sessionTargets"] = "tagged"
		if drawn["targetTags"] == `["team=db","Name=db-1"]` { // the stack sets the tag Name of its instances
			drawn["targetTags"] = `["team=db"]`
		}
	}
	switch drawn["sessionTargets"] {
	case "tagged": // the instances in the list must have the tags
		drawn["targetInstanceIds"] = taggedTargets[drawn["targetTags"]]
	case "any":
		drawn["targetTags"], drawn["targetInstanceIds"] = "[]", "[]"
	default:
		drawn["targetTags"] = "[]"
	}
	// The roles need permissions for agents, and for records.
	if drawn["agentRoleNames"] == "" {
		drawn["agentRoleNames"] = `["acme-web","acme-db"]`
	}
}

// makeConsistentAccess changes or removes values that are not legal in combination in the stack "access".
func makeConsistentAccess(drawn config) {
	if drawn["instancesPerZone"] == "0" {
		delete(drawn, "appSubnetIds")
		maps.DeleteFunc(drawn, func(key, _ string) bool { return slices.Contains(instanceKeys, key) })
	} else if drawn["appSubnetIds"] == "" {
		drawn["appSubnetIds"] = list([]string{accessA})
	}
	if !createsEndpoints(drawn) {
		for _, key := range []string{"endpointSubnetIds", "clientSecurityGroupIds", "interfaceEndpoints", "ec2messagesEndpoint"} {
			delete(drawn, key)
		}
		return
	}
	if drawn["instancesPerZone"] == "0" && drawn["endpointSubnetIds"] == "" {
		drawn["endpointSubnetIds"] = list([]string{accessA})
	}
	drawn["endpointIngress"] = "vpc"
}

// createsEndpoints reports whether a configuration of the stack "access" requires endpoints that the VPC does not have.
func createsEndpoints(drawn config) bool {
	if drawn["existingEndpoints"] == `["all"]` {
		return false
	}
	return drawn["sessionEncryption"] == "true" || strings.Contains(drawn["sessionLogs"], "cloudwatch") || drawn["ec2messagesEndpoint"] == "true" ||
		!slices.Contains([]string{"", "[]"}, drawn["interfaceEndpoints"])
}
