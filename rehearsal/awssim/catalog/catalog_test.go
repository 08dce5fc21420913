package catalog

import (
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

func TestLookupRegion(t *testing.T) {
	t.Parallel()
	_, ok := LookupRegion("mars-1")
	require.False(t, ok)
	require.Len(t, Regions(), 38)
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

func TestSources(t *testing.T) {
	t.Parallel()
	require.Equal(t, []Source{{"moto", "5.2.1", "2026-05-10"}, {"aws-cdk-lib", "2.275.0", "2026-10-26"}}, Sources())
}

func TestManagedPolicies(t *testing.T) {
	t.Parallel()
	policies := ManagedPolicies()
	require.Len(t, policies, 1141)
	require.True(t, slices.IsSorted(policies))
	require.Subset(t, policies, []string{
		"AWSDenyAll", "AmazonDynamoDBFullAccess", "AmazonSSMManagedInstanceCore", "job-function/ViewOnlyAccess",
		"service-role/AmazonEC2RoleforSSM",
	})
	for _, name := range policies {
		require.NotRegexp(t, "^(|aws-service-role|root-task)/", name)
	}
}

func TestRegion_zones(t *testing.T) {
	t.Parallel()
	require.Equal(t, []Zone{{"us-west-1a", "usw1-az1"}, {"us-west-1b", "usw1-az3"}}, region(t, "us-west-1").Zones())
	require.Equal(t, []string{"ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"}, region(t, "ap-northeast-1").ZoneNames())
	require.Equal(t, []Zone{{"cn-north-1a", "cnn1-az1"}, {"cn-north-1b", "cnn1-az2"}, {"cn-north-1d", "cnn1-az4"}}, region(t, "cn-north-1").Zones())
}

func TestRegion_zonesOffering(t *testing.T) {
	t.Parallel()
	virginia, tokyo := region(t, "us-east-1"), region(t, "ap-northeast-1")
	require.Equal(t, []string{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1f"}, virginia.ZonesOffering("t3.micro"))
	require.Equal(t, virginia.ZoneNames(), virginia.ZonesOffering("t2.micro"))
	require.Equal(t, []string{"ap-northeast-1a", "ap-northeast-1d"}, tokyo.ZonesOffering("t3a.micro"))
	require.Equal(t, []string{"ap-northeast-1a", "ap-northeast-1c"}, tokyo.ZonesOffering("c5a.large"))
	require.Equal(t, tokyo.ZoneNames(), tokyo.ZonesOffering("t3.micro"))
	require.Empty(t, region(t, "eu-south-2").ZonesOffering("t2.micro"))
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
		for _, instanceType := range InstanceTypes() {
			require.Subset(t, r.ZoneNames(), r.ZonesOffering(instanceType), instanceType)
		}
		for _, serviceName := range r.ServiceNames() {
			for _, service := range r.Services(serviceName) {
				require.Contains(t, []string{Interface, Gateway}, service.Type, serviceName)
				require.Equal(t, service.Type == Gateway, service.PrefixListID != "", serviceName)
				require.Equal(t, service.Type == Interface, service.Unrecorded, serviceName)
				require.Subset(t, r.ZoneNames(), service.Zones)
			}
		}
	}
}

func TestRegion_unrecorded(t *testing.T) {
	t.Parallel()
	var unrecorded []string
	for _, name := range Regions() {
		r := region(t, name)
		if r.Unrecorded() == (Unrecorded{}) {
			continue
		}
		unrecorded = append(unrecorded, name)
		require.Equal(t, Unrecorded{Zones: true, InstanceTypes: true, Images: true}, r.Unrecorded())
		for _, instanceType := range InstanceTypes() {
			require.Equal(t, r.ZoneNames(), r.ZonesOffering(instanceType))
		}
	}
	require.Equal(t, []string{
		"ap-east-2", "ap-southeast-6", "ap-southeast-7", "cn-north-1", "cn-northwest-1", "mx-central-1", "us-gov-east-1", "us-gov-west-1",
	}, unrecorded)
}

func TestLookupInstanceType(t *testing.T) {
	t.Parallel()
	require.Len(t, InstanceTypes(), 1263)
	for name, want := range map[string]InstanceType{
		"t3a.micro":        {[]string{"x86_64"}, "default", 2, 1024},
		"t4g.2xlarge":      {[]string{"arm64"}, "default", 8, 32768},
		"m5.metal":         {[]string{"x86_64"}, "default", 96, 393216},
		"m7g.medium":       {[]string{"arm64"}, "default", 1, 4096},
		"m4.large":         {[]string{"x86_64"}, "default", 2, 8192},
		"m3.xlarge":        {[]string{"x86_64"}, "supported", 4, 15360},
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
			"kinesis-streams kinesis-firehose glue backup acm-pca cloudtrail config guardduty-data rds-data redshift-data textract transcribe " +
			"account organizations kafka ssm-quicksetup wafv2 scheduler") {
			require.Contains(t, names, "com.amazonaws."+name+"."+code)
		}
		require.NotContains(t, names, "com.amazonaws."+name+".sqss")
	}
	china := region(t, "cn-northwest-1").ServiceNames()
	require.Contains(t, china, "com.amazonaws.cn-northwest-1.sns")
	for _, code := range []string{"lambda", "ec2", "transcribe.cn"} {
		require.Contains(t, china, "cn.com.amazonaws.cn-northwest-1."+code)
		require.NotContains(t, china, "com.amazonaws.cn-northwest-1."+code)
	}
	for name, want := range map[string]bool{"ap-southeast-4": true, "ap-southeast-5": false, "mx-central-1": false} {
		require.Equal(t, want, slices.Contains(region(t, name).ServiceNames(), "com.amazonaws."+name+".ec2messages"), name)
	}
}

func TestRegion_servicesOfAName(t *testing.T) {
	t.Parallel()
	unrecorded := Service{Type: Interface, Unrecorded: true, SupportsPolicy: true}
	tokyo, beijing := region(t, "ap-northeast-1"), region(t, "cn-north-1")
	for name, want := range map[string][]Service{
		"com.amazonaws.ap-northeast-1.ssm": {unrecorded},
		"com.amazonaws.ap-northeast-1.s3": {
			{Type: Gateway, Zones: tokyo.ZoneNames(), SupportsPolicy: true, PrefixListID: "pl-61a54008"}, unrecorded,
		},
		"com.amazonaws.ap-northeast-1.ec2messages": {{Type: Interface, Unrecorded: true}},
		"com.amazonaws.ap-northeast-1.nothing":     nil,
	} {
		require.Equal(t, want, tokyo.Services(name), name)
	}
	require.Equal(t, []Service{{Type: Interface, Unrecorded: true}}, region(t, "us-gov-west-1").Services("com.amazonaws.us-gov-west-1.ssm"),
		"GovCloud does not return policy support")
	gateways := beijing.Services("com.amazonaws.cn-north-1.s3")
	require.Len(t, gateways, 1)
	require.Equal(t, Gateway, gateways[0].Type)
	require.Equal(t, []Service{unrecorded}, beijing.Services("cn.com.amazonaws.cn-north-1.s3"))
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
	const parameter, al2023 = amazonLinux + "al2023-ami-kernel-default-x86_64", "ami-0a21a03072be95559"
	tokyo := region(t, "ap-northeast-1")
	id, ok := tokyo.ImageParameter(parameter)
	require.True(t, ok)
	require.Equal(t, al2023, id)
	got, ok := tokyo.LookupImage(al2023)
	require.True(t, ok)
	require.Equal(t, Image{
		ID: al2023, Name: "al2023-ami-2023.11.20260427.1-kernel-6.1-x86_64", Architecture: "x86_64", RootGiB: 8, RootVolumeType: "gp3", IMDSv2: true,
	}, got)
	article, ok := tokyo.LookupImage("ami-06098fd00463352b6")
	require.True(t, ok)
	require.Equal(t, Image{
		ID: "ami-06098fd00463352b6", Name: "amzn2-ami-hvm-2.0.20210326.0-x86_64-gp2", Architecture: "x86_64", RootGiB: 8, RootVolumeType: "gp2",
		Deprecated: true,
	}, article)
	_, ok = region(t, "us-east-1").LookupImage(al2023)
	require.False(t, ok, "each Region has images of its own")
	_, ok = tokyo.ImageParameter(amazonLinux + "al2023-ami-kernel-default-riscv64")
	require.False(t, ok)

	for _, name := range Regions() {
		r := region(t, name)
		for parameter, architecture := range map[string]string{
			"al2023-ami-kernel-default-x86_64": "x86_64", "al2023-ami-kernel-default-arm64": "arm64",
			"amzn2-ami-hvm-x86_64-gp2": "x86_64", "amzn2-ami-hvm-arm64-gp2": "arm64",
		} {
			id, ok := r.ImageParameter(amazonLinux + parameter)
			require.True(t, ok, name)
			image, ok := r.LookupImage(id)
			require.True(t, ok, name)
			require.Equal(t, architecture, image.Architecture, name)
			require.Equal(t, 8, image.RootGiB)
		}
		for _, image := range r.Images() {
			require.Regexp(t, `^ami-[0-9a-f]{17}$`, image.ID)
		}
		require.True(t, slices.IsSortedFunc(r.Images(), func(a, b Image) int { return strings.Compare(b.Name, a.Name) }), name)
	}
}
