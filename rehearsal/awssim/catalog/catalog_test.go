package catalog

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func region(t *testing.T, name string) *Region {
	t.Helper()
	r, ok := LookupRegion(name)
	require.True(t, ok, name)
	return r
}

func TestDefaultAccount(t *testing.T) {
	t.Parallel()
	require.Equal(t, Account{ID: "123456789012", Users: []string{"ann", "bob"}, KeyPairs: []string{"ops"}}, DefaultAccount())
}

func TestLookupRegion(t *testing.T) {
	t.Parallel()
	_, ok := LookupRegion("mars-1")
	require.False(t, ok)
	require.Len(t, Regions(), 37)
	require.True(t, slices.IsSorted(Regions()))
	for name, want := range map[string]struct {
		description string
		partition   Partition
	}{
		"ap-northeast-1": {"Asia Pacific (Tokyo)", Partition{"aws", "amazonaws.com", "com.amazonaws"}},
		"cn-north-1":     {"China (Beijing)", Partition{"aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"}},
		"us-gov-west-1":  {"AWS GovCloud (US-West)", Partition{"aws-us-gov", "amazonaws.com", "com.amazonaws"}},
	} {
		r := region(t, name)
		require.Equal(t, name, r.Name())
		require.Equal(t, want.description, r.Description())
		require.Equal(t, want.partition, r.Partition())
	}
}

func TestRegion_zones(t *testing.T) {
	t.Parallel()
	require.Equal(t, []Zone{{"us-west-1a", "usw1-az1"}, {"us-west-1c", "usw1-az3"}}, region(t, "us-west-1").Zones())
	require.Equal(t, []string{"ap-southeast-2a", "ap-southeast-2b", "ap-southeast-2c"}, region(t, "ap-southeast-2").ZoneNames())
}

func TestRegion_zonesOffering(t *testing.T) {
	t.Parallel()
	virginia, tokyo := region(t, "us-east-1"), region(t, "ap-northeast-1")
	require.Equal(t, []string{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1f"}, virginia.ZonesOffering("t3.micro"))
	require.Equal(t, virginia.ZoneNames(), virginia.ZonesOffering("t2.micro"))
	require.Equal(t, []string{"ap-northeast-1a", "ap-northeast-1c"}, tokyo.ZonesOffering("m7g.large"))
	require.Equal(t, tokyo.ZoneNames(), tokyo.ZonesOffering("m7g.medium"))
	require.Empty(t, tokyo.ZonesOffering("m7g.huge"))
}

func TestRegions_areComplete(t *testing.T) {
	t.Parallel()
	for _, name := range Regions() {
		r := region(t, name)
		require.NotEmpty(t, r.Partition().DNSSuffix, name)
		require.NotEmpty(t, r.Description(), name)
		require.GreaterOrEqual(t, len(r.Zones()), 2, name)
		require.Len(t, r.PrefixLists(), 2, name)
		for letter, patterns := range r.missingTypes {
			require.Contains(t, r.ZoneNames(), name+letter)
			for _, pattern := range patterns {
				require.True(t, slices.ContainsFunc(InstanceTypes(), func(instanceType string) bool {
					matches, err := path.Match(pattern, instanceType)
					require.NoError(t, err)
					return matches
				}), pattern)
			}
		}
		for _, serviceName := range r.ServiceNames() {
			for _, service := range r.Services(serviceName) {
				require.Contains(t, []string{Interface, Gateway}, service.Type, serviceName)
				require.Equal(t, service.Type == Gateway, service.PrefixListID != "", serviceName)
				require.Subset(t, r.ZoneNames(), service.Zones)
			}
		}
	}
}

func TestLookupInstanceType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]InstanceType{
		"t3a.micro":        {[]string{"x86_64"}, "default", 2, 1024},
		"t4g.2xlarge":      {[]string{"arm64"}, "default", 8, 32768},
		"m5.large":         {[]string{"x86_64"}, "default", 2, 8192},
		"m5.metal":         {[]string{"x86_64"}, "default", 96, 393216},
		"m7i.metal-24xl":   {[]string{"x86_64"}, "default", 96, 393216},
		"m7g.medium":       {[]string{"arm64"}, "default", 1, 4096},
		"c7g.large":        {[]string{"arm64"}, "default", 2, 4096},
		"c5.9xlarge":       {[]string{"x86_64"}, "default", 36, 73728},
		"r6i.32xlarge":     {[]string{"x86_64"}, "default", 128, 1048576},
		"g5.xlarge":        {[]string{"x86_64"}, "default", 4, 16384},
		"i3.large":         {[]string{"x86_64"}, "default", 2, 15616},
		"i3.metal":         {[]string{"x86_64"}, "default", 72, 524288},
		"t2.micro":         {[]string{"i386", "x86_64"}, "unsupported", 1, 1024},
		"mac2.metal":       {[]string{"arm64_mac"}, "default", 8, 16384},
		"m7i-flex.2xlarge": {[]string{"x86_64"}, "default", 8, 32768},
	} {
		got, ok := LookupInstanceType(name)
		require.True(t, ok, name)
		require.Equal(t, want, got, name)
		require.Contains(t, InstanceTypes(), name)
	}
	for _, typo := range []string{"t3", "m5large", "m5.Large", "m7g.24xlarge", "t4g.metal", "c5.micro"} {
		_, ok := LookupInstanceType(typo)
		require.False(t, ok, typo)
	}
}

func TestRegion_services(t *testing.T) {
	t.Parallel()
	for _, name := range strings.Fields("us-east-2 us-west-1 ca-central-1 sa-east-1 eu-west-2 eu-west-3 eu-central-1 eu-north-1 eu-south-1 ap-south-1 " +
		"ap-southeast-1 ap-southeast-2 ap-northeast-2 ap-northeast-3 ap-east-1 af-south-1 me-south-1 me-central-1 il-central-1 us-gov-east-1") {
		names := region(t, name).ServiceNames()
		for _, code := range strings.Fields("sqs sns rds elasticfilesystem execute-api athena bedrock-runtime lambda events codecommit codebuild " +
			"states dynamodb xray autoscaling cloudformation elasticloadbalancing ebs ecs ecs-agent ecs-telemetry ssm-contacts ssm-incidents " +
			"kinesis-streams kinesis-firehose glue backup acm-pca cloudtrail config guardduty-data rds-data redshift-data textract transcribe") {
			require.Contains(t, names, "com.amazonaws."+name+"."+code)
		}
		require.NotContains(t, names, "com.amazonaws."+name+".sqss")
	}
	china := region(t, "cn-northwest-1").ServiceNames()
	require.Contains(t, china, "cn.com.amazonaws.cn-northwest-1.lambda")
	require.Contains(t, china, "com.amazonaws.cn-northwest-1.sns")
	require.NotContains(t, china, "com.amazonaws.cn-northwest-1.lambda")
	require.NotContains(t, china, "com.amazonaws.cn-northwest-1.bedrock-runtime")
}

func TestRegion_servicesOfAName(t *testing.T) {
	t.Parallel()
	tokyo := region(t, "ap-northeast-1")
	zones := tokyo.ZoneNames()
	for name, want := range map[string][]Service{
		"com.amazonaws.ap-northeast-1.ssm": {{Type: Interface, Zones: zones, SupportsPolicy: true}},
		"com.amazonaws.ap-northeast-1.s3": {
			{Type: Gateway, Zones: zones, SupportsPolicy: true, PrefixListID: "pl-61a54008"},
			{Type: Interface, Zones: zones, SupportsPolicy: true},
		},
		"com.amazonaws.ap-northeast-1.ec2messages":    {{Type: Interface, Zones: zones}},
		"com.amazonaws.ap-northeast-1.secretsmanager": {{Type: Interface, Zones: zones[:2], SupportsPolicy: true}},
		"com.amazonaws.ap-northeast-1.nothing":        nil,
	} {
		require.Equal(t, want, tokyo.Services(name), name)
	}
	require.Equal(t, []Service{{Type: Interface}}, region(t, "us-gov-west-1").Services("com.amazonaws.us-gov-west-1.ssm"),
		"GovCloud returns neither zones nor policy support")
}

func TestRegion_prefixLists(t *testing.T) {
	t.Parallel()
	require.Equal(t, []PrefixList{
		{"com.amazonaws.ap-southeast-2.dynamodb", "pl-62a5400b"}, {"com.amazonaws.ap-southeast-2.s3", "pl-6ca54005"},
	}, region(t, "ap-southeast-2").PrefixLists())
	require.Contains(t, region(t, "af-south-1").PrefixLists(), PrefixList{"com.amazonaws.af-south-1.s3", "pl-a4f07055"}, "made up, and always the same")
}

func TestRegion_images(t *testing.T) {
	t.Parallel()
	const al2023 = "ami-0d0e9feca87c26801"
	want := Image{
		ID: al2023, Name: "al2023-ami-2023.9.20261110.0-kernel-6.18-x86_64", Architecture: "x86_64", RootGiB: 8, RootVolumeType: "gp3",
		IMDSv2: true, Parameter: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
	}
	got, ok := region(t, "ap-northeast-1").LookupImage(al2023)
	require.True(t, ok)
	require.Equal(t, want, got)
	_, ok = region(t, "us-east-1").LookupImage(al2023)
	require.False(t, ok, "each Region has images of its own")

	for _, name := range Regions() {
		architectures := map[string]string{}
		images := region(t, name).Images()
		for _, image := range images {
			require.Regexp(t, `^ami-[0-9a-f]{17}$`, image.ID)
			if image.Parameter != "" {
				architectures[strings.TrimPrefix(image.Parameter, "/aws/service/ami-amazon-linux-latest/")] = image.Architecture
				require.Equal(t, 8, image.RootGiB)
			}
		}
		require.Equal(t, map[string]string{
			"al2023-ami-kernel-default-x86_64": "x86_64", "al2023-ami-kernel-default-arm64": "arm64",
			"amzn2-ami-hvm-x86_64-gp2": "x86_64", "amzn2-ami-hvm-arm64-gp2": "arm64",
		}, architectures, name)
		require.True(t, slices.IsSortedFunc(images, func(a, b Image) int { return strings.Compare(b.Name, a.Name) }), name)
	}
}
