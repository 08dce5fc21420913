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

var (
	flags  = value{[]string{"true", "false"}, []string{"maybe", "1.5", "[]"}}
	longer = strings.Repeat("x", 101)
)

// values are those of each key that are drawn.
var values = map[string]value{
	"namePrefix":             {[]string{"", "a", "Web-1", "x.y_z", strings.Repeat("x", 100)}, []string{"-x", "sg-web", "a b", "ä", longer}},
	"vpcCidr":                {nil, []string{"10.0.0.1/16", "10.0.0.0/8", "10.0.0.0/29", "x", "", "::/16", "0.0.0.0/16", "224.0.0.0/16"}},
	"zones":                  {nil, []string{"[]", `["z"]`, `["a","a"]`, `["A"]`, `[""]`, `["ap-northeast-1a"]`, "a"}},
	"appSubnetCidrs":         {nil, []string{`["x"]`, `["192.0.2.0/24"]`, `["10.0.0.1/24"]`, `["10.0.0.0/30"]`, `[1]`}},
	"privatelinkSubnetCidrs": {nil, []string{`["x"]`, `["192.0.2.0/24"]`, `["10.0.0.1/24"]`, `["10.0.0.0/30"]`, `[1]`}},
	"subnetLayout":           {[]string{"separate", "shared"}, []string{"", "both", "Shared"}},
	"flowLogDays":            {[]string{"0", "1", "30", "3653"}, []string{"-1", "2", "31", "x"}},
	"ec2messagesEndpoint":    flags,
	"s3Endpoint":             flags,
	"interfaceEndpoints": {
		[]string{"[]", `["sts"]`, `["ecr.api","secretsmanager","monitoring"]`, `["logs"]`, `["kms","ec2"]`},
		[]string{`["ssm"]`, `["s3"]`, `["ec2messages"]`, `["nothing"]`, `["STS"]`, `["sts","sts"]`, `[""]`, "sts"},
	},
	"endpointPolicy":   {[]string{"restricted", "full"}, []string{"", "none"}},
	"organizationId":   {[]string{"", "o-exampleorgid"}, []string{"o-1", "exampleorgid", "o-EXAMPLEORGID"}},
	"s3Buckets":        {[]string{"[]", `["my-bucket"]`, `["a.b.c","xyz"]`}, []string{`["A"]`, `["ab"]`, `["a..b"]`, `["my-bucket","my-bucket"]`}},
	"endpointIngress":  {[]string{"instances", "vpc"}, []string{"", "all"}},
	"instancesPerZone": {[]string{"1", "2", "3"}, []string{"0", "-1", "51", "1.5"}},
	"instanceType": {
		[]string{"t3.micro", "t3.small", "t4g.micro", "t2.micro", "m6i.large", "t3.medium"},
		[]string{"", "t3", "t99.micro", "mac2.metal", "T3.micro"},
	},
	"os":                  {[]string{"al2023", "al2"}, []string{"", "al2022"}},
	"amiId":               {[]string{"", pinned}, []string{"ami-1", "i-06098fd00463352b6", "ami-06098FD00463352B6"}},
	"keyName":             {[]string{"", "ops", "laptop"}, []string{"[]"}}, // any text is the name of a key pair, which is assumed
	"sshPublicKey":        {[]string{"", annsKey, bobsKey + "\n"}, []string{"ssh-dss AAAA", "ssh-ed25519 AAAA", "key", annsKey + "\n" + bobsKey}},
	"rootVolumeGiB":       {[]string{"8", "9", "100", "65536"}, []string{"7", "0", "65537", "8.5"}},
	"rootVolumeEncrypted": flags,
	"rootVolumeKmsKey":    {[]string{"", "key"}, []string{"alias/x", "arn:aws:kms:sa-east-1:123456789012:key/x", "key/x"}},
	"imds":                {[]string{"v2", "optional"}, []string{"", "v1"}},
	"installLatestAgent":  flags,
	"agentAutoUpdate":     flags,
	"instanceEgress":      {[]string{"restricted", "open"}, []string{"", "closed"}},
	"forwardTo": {
		[]string{"[]", `["10.0.32.0/24:5432"]`, `["10.0.32.0/24:5432","10.0.32.7/32:22","0.0.0.0/0:1"]`},
		[]string{`["10.0.32.1/24:5432"]`, `["10.0.32.0/24"]`, `["10.0.32.0/24:0"]`, `["10.0.32.0/24:070"]`, `["::/0:22"]`, `["x"]`},
	},
	"terminationProtection": flags,
	"detailedMonitoring":    flags,
	"instancePolicy":        {[]string{"managed", "minimal"}, []string{"", "none"}},
	"permissionsBoundary":   {[]string{"", "boundary"}, []string{"x", "arn:aws:iam::210987654321:policy/x", "arn:aws:iam::aws:role/x"}},
	"instanceRoleName":      {[]string{"", "shell", strings.Repeat("x", 64)}, []string{"a b", strings.Repeat("x", 65)}},
	"sessionRoleName":       {[]string{"", "people", "Folk+1@x"}, []string{"a b", "a/b", strings.Repeat("x", 65)}},
	"sessionPrincipals": {
		[]string{
			"[]", `["account"]`, `["210987654321"]`, `["arn:aws:iam::123456789012:user/ann"]`, `["arn:aws:iam::123456789012:role/admin"]`,
			`["sso:Operators"]`, `["arn:aws:iam::123456789012:user/ann","account"]`,
		},
		[]string{`["*"]`, `["ann"]`, `["arn:aws:iam::123456789012:group/x"]`, `["sso:"]`, `["account","account"]`, `["arn:aws-cn:iam::123456789012:user/ann"]`},
	},
	"requireMfa":         flags,
	"mfaMaxAgeMinutes":   {[]string{"0", "1", "60", "2160"}, []string{"-1", "2161", "x"}},
	"sessionTargets":     {[]string{"stack", "any"}, []string{"", "all"}},
	"sessionDocuments":   {[]string{"[]", `["shell"]`, `["ssh"]`, `["shell","port-forwarding"]`, `["shell","remote-port-forwarding"]`}, []string{`["x"]`, `["shell","shell"]`, `[""]`}},
	"sessionLogs":        {[]string{"[]", `["cloudwatch"]`, `["s3"]`, both}, []string{`["x"]`, `["s3","s3"]`, `[""]`}},
	"sessionEncryption":  flags,
	"sessionLogDays":     {[]string{"1", "365"}, []string{"x"}},
	"sessionIdleMinutes": {[]string{"0", "1", "60"}, []string{"-1", "61", "x"}},
	"sessionMaxMinutes":  {[]string{"0", "1", "1440"}, []string{"-1", "1441", "x"}},
}

// regions are some, with the zones in which every service and type that is drawn is offered.
var regions = map[string][]string{
	"ap-northeast-1": {"a", "c"}, "us-east-1": {"a", "b", "c", "d", "f"}, "eu-west-1": {"a", "b", "c"},
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// drawLegal draws a configuration that must deploy.
func drawLegal(t *rapid.T) settings {
	region := rapid.SampledFrom(sortedKeys(regions)).Draw(t, "region")
	given := settings{"aws:region": region}
	for _, key := range sortedKeys(values) {
		if len(values[key].legal) > 0 && rapid.IntRange(0, 2).Draw(t, key+"?") == 0 {
			given[key] = rapid.SampledFrom(values[key].legal).Draw(t, key)
		}
	}
	zones := rapid.SliceOfNDistinct(rapid.SampledFrom(regions[region]), 1, min(3, len(regions[region])), rapid.ID).Draw(t, "zones")
	given["zones"] = list(zones)
	drawSubnets(t, given, len(zones))
	mend(given, region)
	return given
}

// drawSubnets draws the VPC's block and, where it is small and now and then, those of the subnets.
func drawSubnets(t *rapid.T, given settings, zones int) {
	vpc := rapid.SampledFrom([]string{"10.0", "172.16", "192.168"}).Draw(t, "network")
	size := rapid.SampledFrom([]int{16, 19, 24}).Draw(t, "size")
	given["vpcCidr"] = fmt.Sprintf("%s.0.0/%d", vpc, size)
	shared := given["subnetLayout"] == "shared"
	if size < 24 && rapid.Bool().Draw(t, "derived") {
		return
	}
	// Sixteenths of the VPC, each once.
	numbers := rapid.SliceOfNDistinct(rapid.IntRange(0, 15), 2*zones, 2*zones, rapid.ID).Draw(t, "blocks")
	var blocks []string
	for _, n := range numbers {
		offset := n << (32 - size - 4)
		blocks = append(blocks, fmt.Sprintf("%s.%d.%d/%d", vpc, offset>>8, offset&255, size+4))
	}
	given["appSubnetCidrs"] = list(blocks[:zones])
	if !shared {
		given["privatelinkSubnetCidrs"] = list(blocks[zones:])
	}
}

// mend makes values legal that are not so together.
func mend(given settings, region string) {
	is := func(key, value string) bool { return given[key] == value }
	if given["keyName"] != "" {
		delete(given, "sshPublicKey")
	}
	if is("s3Endpoint", "false") {
		maps.Copy(given, settings{"agentAutoUpdate": "false", "installLatestAgent": "false", "s3Buckets": "[]"})
		if strings.Contains(given["sessionLogs"], "s3") {
			given["sessionLogs"] = `["cloudwatch"]`
		}
	}
	switch {
	case is("rootVolumeEncrypted", "false"):
		delete(given, "rootVolumeKmsKey")
	case is("rootVolumeKmsKey", "key"):
		given["rootVolumeKmsKey"] = "arn:aws:kms:" + region + ":123456789012:key/x"
	}
	if is("permissionsBoundary", "boundary") {
		given["permissionsBoundary"] = boundary
	}
	if is("endpointPolicy", "full") {
		delete(given, "organizationId")
	}
	if given["amiId"] != "" { // it is assumed to be for x86_64
		delete(given, "instanceType")
	}
	principals := given["sessionPrincipals"]
	if strings.Contains(principals, ":role/") || strings.Contains(principals, "sso:") {
		given["requireMfa"] = "false"
	}
	if is("requireMfa", "false") {
		delete(given, "mfaMaxAgeMinutes")
	}
	if given["sessionLogs"] != "" && !is("sessionLogs", "[]") || is("sessionEncryption", "true") {
		given["sessionDocuments"] = `["shell"]`
	}
}

// drawAny draws a configuration that may be legal.
func drawAny(t *rapid.T) settings {
	given := settings{}
	for _, key := range sortedKeys(values) {
		switch rapid.IntRange(0, 19).Draw(t, key+"?") {
		case 0, 1, 2, 3:
			if len(values[key].legal) > 0 {
				given[key] = rapid.SampledFrom(values[key].legal).Draw(t, key)
			}
		case 4:
			given[key] = rapid.SampledFrom(append(slices.Clone(values[key].illegal), "")).Draw(t, key)
		case 5:
			given[key] = rapid.StringN(0, 20, 40).Draw(t, key)
		}
	}
	if rapid.Bool().Draw(t, "elsewhere") {
		given["aws:region"] = rapid.SampledFrom([]string{"us-east-1", "us-west-2", "eu-west-1", "cn-north-1", "us-gov-west-1"}).Draw(t, "region")
	}
	if rapid.Bool().Draw(t, "zoned") {
		given["zones"] = list(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), 1, 3).Draw(t, "zones"))
	}
	return given
}

// list is a list as configuration writes it.
func list(texts []string) string {
	encoded, err := json.Marshal(texts)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}
