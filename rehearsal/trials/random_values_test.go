package trials

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// keyValues are values of a configuration key.
type keyValues struct {
	// legal values are legal in every configuration, or makeConsistent makes the configuration legal.
	legal []string
	// illegal values are illegal in every configuration.
	illegal []string
}

var booleans = keyValues{[]string{"true", "false"}, []string{"maybe", "1.5", "[]"}}

// values are the values that are drawn, by key.
var values = map[string]keyValues{
	"namePrefix":             {[]string{"", "a", "Web-1", "x.y_z", strings.Repeat("x", 100)}, []string{"-x", "sg-web", "a b", "ä", strings.Repeat("x", 101)}},
	"vpcCidr":                {nil, []string{"10.0.0.1/16", "10.0.0.0/8", "10.0.0.0/29", "x", "", "::/16", "0.0.0.0/16", "224.0.0.0/16"}},
	"zones":                  {nil, []string{"[]", `["z"]`, `["a","a"]`, `["A"]`, `[""]`, `["ap-northeast-1a"]`, "a"}},
	"appSubnetCidrs":         {nil, []string{`["x"]`, `["192.0.2.0/24"]`, `["10.0.0.1/24"]`, `["10.0.0.0/30"]`, `[1]`}},
	"privatelinkSubnetCidrs": {nil, []string{`["x"]`, `["192.0.2.0/24"]`, `["10.0.0.1/24"]`, `["10.0.0.0/30"]`, `[1]`}},
	"subnetLayout":           {[]string{"separate", "shared"}, []string{"", "both", "Shared"}},
	"flowLogDays":            {[]string{"0", "1", "30", "3653"}, []string{"-1", "2", "31", "x"}},
	"ec2messagesEndpoint":    booleans,
	"s3Endpoint":             {[]string{"true", "false", ""}, booleans.illegal},
	// The account is empty, so there is nothing that exists.
	"vpcId":                    {[]string{""}, []string{"vpc-1", "main", "vpc-0123456789abcdef0"}},
	"appSubnetIds":             {[]string{"[]"}, []string{`["subnet-1"]`, `["subnet-0123456789abcdef0"]`, "subnet-0123456789abcdef0"}},
	"endpointSubnetIds":        {[]string{"[]"}, []string{`["vpc-0123456789abcdef0"]`, `["subnet-0123456789abcdef0"]`}},
	"existingEndpoints":        {[]string{"[]"}, []string{`["ssm"]`, `["all"]`, `["SSM"]`, `["s3","s3"]`}},
	"routeTableIds":            {[]string{"[]"}, []string{`["rtb-1"]`, `["rtb-0123456789abcdef0"]`}},
	"clientSecurityGroupIds":   {[]string{"[]"}, []string{`["default"]`, `["sg-0123456789abcdef0"]`}},
	"instanceSecurityGroupIds": {[]string{"[]"}, []string{`["default"]`, `["sg-0123456789abcdef0"]`}},
	"interfaceEndpoints": {
		[]string{"[]", `["sts"]`, `["ecr.api","secretsmanager","monitoring"]`, `["ecr.dkr","ecr.api"]`, `["logs"]`, `["kms","ec2"]`},
		[]string{`["ssm"]`, `["s3"]`, `["ec2messages"]`, `["nothing"]`, `["STS"]`, `["sts","sts"]`, `[""]`, "sts"},
	},
	"endpointPolicy":   {[]string{"restricted", "full"}, []string{"", "none"}},
	"organizationId":   {[]string{"", "o-exampleorgid"}, []string{"o-1", "exampleorgid", "o-EXAMPLEORGID"}},
	"s3Buckets":        {[]string{"[]", `["my-bucket"]`, `["a.b.c","xyz"]`}, []string{`["A"]`, `["ab"]`, `["a..b"]`, `["my-bucket","my-bucket"]`}},
	"publicBuckets":    {[]string{"[]", `["mirror"]`, `["amazoncloudwatch-agent","a.b.c"]`}, []string{`["A"]`, `["ab"]`, `["a..b"]`, `["m-1","m-1"]`}},
	"endpointIngress":  {[]string{"instances", "vpc"}, []string{"", "all"}},
	"ruleDescriptions": booleans,
	"instancesPerZone": {[]string{"0", "1", "2", "3"}, []string{"-1", "1001", "1.5"}},
	"instanceType": {
		[]string{"t3.micro", "t3.small", "t4g.micro", "t2.micro", "m6i.large", "t3.medium"},
		[]string{"", "t3", "t99.micro", "mac2.metal", "T3.micro"},
	},
	"os":                  {[]string{"al2023", "al2", "other"}, []string{"", "al2022", "windows"}},
	"amiId":               {[]string{"", pinnedImage}, []string{"ami-1", "i-06098fd00463352b6", "ami-06098FD00463352B6"}},
	"keyName":             {[]string{"", "ops", "laptop"}, []string{"[]"}}, // a key pair of any name is assumed to exist
	"sshPublicKey":        {[]string{"", firstPublicKey, secondPublicKey + "\n"}, []string{"ssh-dss AAAA", "ssh-ed25519 AAAA", "key", firstPublicKey + "\n" + secondPublicKey}},
	"rootVolumeGiB":       {[]string{"8", "9", "100", "65536"}, []string{"7", "0", "65537", "8.5"}},
	"rootVolumeEncrypted": booleans,
	"rootVolumeKmsKey":    {[]string{"", "key"}, []string{"alias/x", "arn:aws:kms:sa-east-1:123456789012:key/x", "key/x"}},
	"imds":                {[]string{"v2", "optional"}, []string{"", "v1"}},
	"imdsHopLimit":        {[]string{"1", "2", "64"}, []string{"0", "-1", "65", "x"}},
	"userDataFile":        {[]string{"", "user-data.sh"}, []string{"none.sh", "../user-data.sh", "wrong/empty.txt", "wrong/unknown.txt", "wrong/crlf.sh"}},
	"installLatestAgent":  booleans,
	"agentAutoUpdate":     booleans,
	"instanceEgress":      {[]string{"restricted", "open"}, []string{"", "closed"}},
	"forwardTo": {
		[]string{"[]", `["10.0.32.10:5432"]`, `["10.0.32.0/24:5432"]`, `["10.0.32.0/24:5432","10.0.32.7/32:22","0.0.0.0/0:1"]`},
		[]string{`["10.0.32.1/24:5432"]`, `["10.0.32.0/24"]`, `["10.0.32.0/24:0"]`, `["10.0.32.0/24:070"]`, `["::/0:22"]`, `["x"]`},
	},
	"terminationProtection": booleans,
	"detailedMonitoring":    booleans,
	"instancePolicy":        {[]string{"managed", "minimal"}, []string{"", "none"}},
	"instancePolicyFiles":   {[]string{"[]", `["policies/app.json"]`}, []string{`["none.json"]`, `["wrong/broken.json"]`, `["wrong/principal.json"]`, `["policies/app.json","policies/app.json"]`}},
	"instancePolicyArns":    {[]string{"[]", `["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]`}, []string{`["x"]`, `["arn:aws:iam::210987654321:policy/x"]`}},
	"permissionsBoundary":   {[]string{"", "boundary"}, []string{"x", "arn:aws:iam::210987654321:policy/x", "arn:aws:iam::aws:role/x"}},
	"instanceRoleName":      {[]string{"", "shell", strings.Repeat("x", 64)}, []string{"a b", strings.Repeat("x", 65)}},
	"sessionRoleName":       {[]string{"", "operators", "Ops+1@x"}, []string{"a b", "a/b", strings.Repeat("x", 65)}},
	"sessionPrincipals": {
		[]string{
			"[]", `["account"]`, `["210987654321"]`, `["arn:aws:iam::123456789012:user/ann"]`, `["arn:aws:iam::123456789012:role/admin"]`,
			`["sso:Operators"]`, `["arn:aws:iam::123456789012:user/ann","account"]`,
		},
		[]string{`["*"]`, `["ann"]`, `["arn:aws:iam::123456789012:group/x"]`, `["sso:"]`, `["account","account"]`, `["arn:aws-cn:iam::123456789012:user/ann"]`},
	},
	"requireMfa":         booleans,
	"mfaMaxAgeMinutes":   {[]string{"0", "1", "60", "2160"}, []string{"-1", "2161", "x"}},
	"sessionTargets":     {[]string{"stack", "any", "tagged"}, []string{"", "all", "instances"}},
	"targetInstanceIds":  {[]string{"[]"}, []string{`["web-1"]`, `["i-0123456789abcdef0"]`}},
	"targetTags":         {[]string{`["team=db"]`, `["Cost Center=1/2","env=prod"]`}, []string{`["team"]`, `["team=*"]`, `["aws:x=y"]`, `["a=1","A=2"]`}},
	"agentRoleNames":     {[]string{"[]"}, []string{`["a/b"]`, `["missing"]`}},
	"loginUser":          {[]string{"", "ubuntu", "_svc-1"}, []string{"root", "Admin", "a b", strings.Repeat("x", 33)}},
	"sessionDocuments":   {[]string{"[]", `["shell"]`, `["ssh"]`, `["shell","port-forwarding"]`, `["shell","remote-port-forwarding"]`}, []string{`["x"]`, `["shell","shell"]`, `[""]`}},
	"sessionLogs":        {[]string{"[]", `["cloudwatch"]`, `["s3"]`, bothTargets}, []string{`["x"]`, `["s3","s3"]`, `[""]`}},
	"sessionEncryption":  booleans,
	"sessionLogGroup":    {[]string{"", "/central/sessions"}, []string{"a b", "arn:aws:logs:eu-west-1:123456789012:log-group:x"}},
	"sessionBucket":      {[]string{"", "central-session-records"}, []string{"a.b", "AB", "arn:aws:s3:::x"}},
	"sessionLogDays":     {[]string{"1", "365"}, []string{"x"}},
	"sessionIdleMinutes": {[]string{"0", "1", "60"}, []string{"-1", "61", "x"}},
	"sessionMaxMinutes":  {[]string{"0", "1", "1440"}, []string{"-1", "1441", "x"}},
	"sessionRunAs":       {[]string{"", "ec2-user", "tag"}, []string{"root", "a b", strings.Repeat("u", 33)}},
	"sessionShell":       {[]string{"", "exec bash -l", "cd /tmp\nexec bash -l\n"}, []string{"{{", "\x03", strings.Repeat("x", 4096)}},
}

// regions are Regions, with the zones that offer every service and instance type in values.
var regions = map[string][]string{
	"ap-northeast-1": {"a", "c"}, "us-east-1": {"a", "b", "c", "d", "f"}, "eu-west-1": {"a", "b", "c"},
}

// sortedKeys returns the keys of a map, sorted.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// drawLegal draws a legal configuration.
func drawLegal(t *rapid.T) config {
	region := rapid.SampledFrom(sortedKeys(regions)).Draw(t, "region")
	drawn := config{"aws:region": region}
	for _, key := range sortedKeys(values) {
		if len(values[key].legal) > 0 && rapid.IntRange(0, 2).Draw(t, key+"?") == 0 {
			drawn[key] = rapid.SampledFrom(values[key].legal).Draw(t, key)
		}
	}
	zones := rapid.SliceOfNDistinct(rapid.SampledFrom(regions[region]), 1, min(3, len(regions[region])), rapid.ID).Draw(t, "zones")
	drawn["zones"] = list(zones)
	drawSubnets(t, drawn, len(zones))
	makeConsistent(drawn, region)
	return drawn
}

// drawSubnets draws the VPC's CIDR block and those of the subnets. The subnets' blocks can be left out if the VPC's is
// large enough to derive them.
func drawSubnets(t *rapid.T, drawn config, zones int) {
	vpc := rapid.SampledFrom([]string{"10.0", "172.16", "192.168"}).Draw(t, "network")
	size := rapid.SampledFrom([]int{16, 19, 24}).Draw(t, "size")
	drawn["vpcCidr"] = fmt.Sprintf("%s.0.0/%d", vpc, size)
	shared := drawn["subnetLayout"] == "shared"
	if size < 24 && rapid.Bool().Draw(t, "derived") {
		return
	}
	// Each subnet gets a different sixteenth of the VPC.
	numbers := rapid.SliceOfNDistinct(rapid.IntRange(0, 15), 2*zones, 2*zones, rapid.ID).Draw(t, "blocks")
	var blocks []string
	for _, n := range numbers {
		offset := n << (32 - size - 4)
		blocks = append(blocks, fmt.Sprintf("%s.%d.%d/%d", vpc, offset>>8, offset&255, size+4))
	}
	drawn["appSubnetCidrs"] = list(blocks[:zones])
	if !shared {
		drawn["privatelinkSubnetCidrs"] = list(blocks[zones:])
	}
}

// instanceKeys are the keys that have no effect in a stack without instances.
var instanceKeys = []string{
	"amiId", "keyName", "sshPublicKey", "rootVolumeKmsKey", "instanceRoleName", "userDataFile", "instancePolicyFiles", "instancePolicyArns",
	"instanceSecurityGroupIds", "forwardTo",
}

// makeConsistent changes or removes values that are not legal in combination.
func makeConsistent(drawn config, region string) {
	is := func(key, value string) bool { return drawn[key] == value }
	if drawn["keyName"] != "" {
		delete(drawn, "sshPublicKey")
	}
	if is("s3Endpoint", "false") {
		maps.Copy(drawn, config{"agentAutoUpdate": "false", "installLatestAgent": "false", "s3Buckets": "[]", "publicBuckets": "[]"})
		if strings.Contains(drawn["sessionLogs"], "s3") {
			drawn["sessionLogs"] = `["cloudwatch"]`
		}
	}
	switch {
	case is("rootVolumeEncrypted", "false"):
		delete(drawn, "rootVolumeKmsKey")
	case is("rootVolumeKmsKey", "key"):
		drawn["rootVolumeKmsKey"] = "arn:aws:kms:" + region + ":123456789012:key/x"
	}
	if is("permissionsBoundary", "boundary") {
		drawn["permissionsBoundary"] = boundaryPolicyARN
	}
	if is("endpointPolicy", "full") {
		delete(drawn, "organizationId")
	}
	if is("os", "other") {
		drawn["amiId"], drawn["installLatestAgent"] = pinnedImage, "false"
		if drawn["loginUser"] == "" {
			drawn["loginUser"] = "ubuntu"
		}
	}
	if drawn["amiId"] != "" { // the image is assumed to be for x86_64
		delete(drawn, "instanceType")
	}
	if is("instancesPerZone", "0") {
		maps.DeleteFunc(drawn, func(key, _ string) bool { return slices.Contains(instanceKeys, key) })
		drawn["endpointIngress"] = "vpc"
		if !is("sessionTargets", "tagged") {
			drawn["sessionTargets"] = "any"
		}
	}
	switch {
	case !is("sessionTargets", "tagged"):
		delete(drawn, "targetTags")
	case drawn["targetTags"] == "":
		drawn["targetTags"] = `["team=db"]`
	}
	principals := drawn["sessionPrincipals"]
	if strings.Contains(principals, ":role/") || strings.Contains(principals, "sso:") {
		drawn["requireMfa"] = "false"
	}
	if drawn["sessionLogGroup"] != "" && !strings.Contains(drawn["sessionLogs"], "cloudwatch") {
		delete(drawn, "sessionLogGroup")
	}
	if drawn["sessionBucket"] != "" && !strings.Contains(drawn["sessionLogs"], "s3") {
		delete(drawn, "sessionBucket")
	}
	if is("sessionRunAs", "tag") {
		drawn["sessionPrincipals"] = `["arn:aws:iam::123456789012:user/ann"]`
	}
	if drawn["sessionLogs"] != "" && !is("sessionLogs", "[]") || is("sessionEncryption", "true") {
		drawn["sessionDocuments"] = `["shell"]`
	}
}

// drawAny draws a configuration that may be legal or illegal.
func drawAny(t *rapid.T) config {
	drawn := config{}
	for _, key := range sortedKeys(values) {
		switch rapid.IntRange(0, 19).Draw(t, key+"?") {
		case 0, 1, 2, 3:
			if len(values[key].legal) > 0 {
				drawn[key] = rapid.SampledFrom(values[key].legal).Draw(t, key)
			}
		case 4:
			drawn[key] = rapid.SampledFrom(append(slices.Clone(values[key].illegal), "")).Draw(t, key)
		case 5:
			drawn[key] = rapid.StringN(0, 20, 40).Draw(t, key)
		}
	}
	if rapid.Bool().Draw(t, "other region") {
		drawn["aws:region"] = rapid.SampledFrom([]string{"us-east-1", "us-west-2", "eu-west-1", "cn-north-1", "us-gov-west-1"}).Draw(t, "region")
	}
	if rapid.Bool().Draw(t, "other zones") {
		drawn["zones"] = list(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), 1, 3).Draw(t, "zones"))
	}
	return drawn
}

// list encodes a list as configuration values do.
func list(items []string) string {
	encoded, err := json.Marshal(items)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}
