package awssim

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A cloud that was saved is the same cloud, for another process.
func TestCloud_file(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cloud.json")
	options := Options{Path: path, AssumeExisting: true}
	w := newTrialIn(t, options, values{"region": "ap-northeast-1"})
	vpc := w.vpc("v", "10.0.0.0/16")
	subnet := w.subnet(vpc, "10.0.1.0/24", "ap-northeast-1a")
	in := values{"ami": someImage(t), "instanceType": "t3.micro", "subnetId": subnet, "keyName": "mine"}
	instance := w.create(instanceToken, "i", in)

	later := newTrialIn(t, options, values{"region": "ap-northeast-1"})
	require.Equal(t, w.cloud.Inventory(), later.cloud.Inventory())
	require.Len(t, later.cloud.Inventory(), 3)
	require.Equal(t, []string{`key pair "mine" exists in ap-northeast-1`}, later.cloud.Assumed())
	later.settled(instance, in)
	second := later.create(instanceToken, "j", in)
	require.NotEqual(t, instance.id, second.id)
	require.Equal(t, "10.0.1.5", second.out()["privateIp"])
	later.remove(second)
	later.remove(instance)
	require.Len(t, newTrialIn(t, options, values{"region": "ap-northeast-1"}).cloud.Inventory(), 2)

	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1, "no temporary file is left")
}

// A lookup that rests on an assumption is in the file, too.
func TestCloud_fileKeepsAssumptions(t *testing.T) {
	t.Parallel()
	options := Options{Path: filepath.Join(t.TempDir(), "cloud.json"), AssumeExisting: true}
	newTrialIn(t, options, values{"region": "eu-west-1"}).answer(keyPairLookup, values{"keyName": "mine"})
	require.Equal(t, []string{`key pair "mine" exists in eu-west-1`}, newTrialIn(t, options, values{"region": "eu-west-1"}).cloud.Assumed())
}

// A file that is no cloud is not taken for an empty one, and one that cannot be read is told.
func TestCloud_badFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cloud.json")
	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	_, err := New(Options{Path: path})
	require.EqualError(t, err, path+" is not a simulated cloud: unexpected end of JSON input: remove it to begin with an empty one")
	_, err = New(Options{Path: t.TempDir()})
	require.ErrorContains(t, err, "read the simulated cloud: ")
	cloud, err := New(Options{Path: filepath.Join(t.TempDir(), "none", "cloud.json")})
	require.NoError(t, err)
	w := (&trial{t: t, cloud: cloud}).with(values{"region": "ap-northeast-1"})
	_, err = w.try(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	require.ErrorContains(t, err, "no such file or directory")
}

// Two clouds that went the same way hold the same, so that a run can be repeated.
func TestCloud_repeats(t *testing.T) {
	t.Parallel()
	run := func() []Object {
		w := newTrial(t)
		w.subnet(w.vpc("v", "10.0.0.0/16"), "10.0.1.0/24", "ap-northeast-1a")
		return w.cloud.Inventory()
	}
	require.Equal(t, run(), run())
}

// The fixture keeps what tests and the documentation name.
func TestFixture(t *testing.T) {
	t.Parallel()
	require.Equal(t, "123456789012", account.ID)
	for name, region := range account.Regions {
		require.NotEmpty(t, account.Partitions[region.Partition].DNSSuffix, name)
		parameters := map[string]fixtureImage{}
		for id, image := range region.Images {
			require.Regexp(t, imageID, id)
			parameters[image.Parameter] = image
		}
		for parameter, architecture := range map[string]string{
			"al2023-ami-kernel-default-x86_64": "x86_64", "al2023-ami-kernel-default-arm64": "arm64",
			"amzn2-ami-hvm-x86_64-gp2": "x86_64", "amzn2-ami-hvm-arm64-gp2": "arm64",
		} {
			image := parameters["/aws/service/ami-amazon-linux-latest/"+parameter]
			require.Equal(t, architecture, image.Architecture, "%s in %s", parameter, name)
			require.Equal(t, 8, image.GiB)
		}
		require.NotEmpty(t, region.Description)
		zones := region.zoneNames()
		require.GreaterOrEqual(t, len(zones), 2, name)
		for letter, patterns := range region.LackingTypes {
			require.Contains(t, zones, name+letter)
			for _, pattern := range patterns {
				require.True(t, slices.ContainsFunc(slices.Collect(maps.Keys(account.InstanceTypes)), func(kind string) bool {
					return wildcardMatch(pattern, kind)
				}), pattern)
			}
		}
		for code, letters := range region.LackingServices {
			require.Contains(t, region.Services, "com.amazonaws."+name+"."+code)
			for _, letter := range letters {
				require.Contains(t, zones, name+letter)
			}
		}
		gateways := 0
		for service, kinds := range region.Services {
			for _, s := range kinds {
				require.Contains(t, []string{"Interface", "Gateway"}, s.Type, service)
				require.Equal(t, s.Type == "Gateway", s.PrefixList != "", service)
				require.Subset(t, region.zoneNames(), s.Zones)
				gateways += len(s.PrefixList) / len("pl-00000000")
			}
		}
		require.Equal(t, 2, gateways, name)
	}
}

// What is regular is derived, and what is derived is right.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]fixtureType{
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
		"t2.micro":         {[]string{"i386", "x86_64"}, "unsupported", 1, 1024},
		"mac2.metal":       {[]string{"arm64_mac"}, "default", 8, 16384},
		"m7i-flex.2xlarge": {[]string{"x86_64"}, "default", 8, 32768},
	} {
		require.Equal(t, want, account.InstanceTypes[kind], kind)
	}
	for _, typo := range []string{"t3", "m5large", "m5.Large", "m7g.24xlarge", "t4g.metal", "c5.micro"} {
		require.NotContains(t, account.InstanceTypes, typo)
	}
	for _, region := range strings.Fields("us-east-2 us-west-1 ca-central-1 sa-east-1 eu-west-2 eu-west-3 eu-central-1 eu-north-1 eu-south-1 ap-south-1 " +
		"ap-southeast-1 ap-southeast-2 ap-northeast-2 ap-northeast-3 ap-east-1 af-south-1 me-south-1 me-central-1 il-central-1 us-gov-east-1") {
		services := account.Regions[region].Services
		for _, code := range strings.Fields("sqs sns rds elasticfilesystem execute-api athena bedrock-runtime lambda events codecommit codebuild " +
			"states dynamodb xray autoscaling cloudformation elasticloadbalancing ebs ecs ecs-agent ecs-telemetry ssm-contacts ssm-incidents " +
			"kinesis-streams kinesis-firehose glue backup acm-pca cloudtrail config guardduty-data rds-data redshift-data textract transcribe") {
			require.Contains(t, services, "com.amazonaws."+region+"."+code)
		}
		require.NotContains(t, services, "com.amazonaws."+region+".sqss")
	}
	// Each Region has images and prefix lists of its own, and those stay the same.
	require.Equal(t, []string{"ap-southeast-2a", "ap-southeast-2b", "ap-southeast-2c"}, account.Regions["ap-southeast-2"].zoneNames())
	require.Equal(t, "pl-6ca54005", account.Regions["ap-southeast-2"].PrefixLists["s3"])
	require.Equal(t, "pl-a4f07055", account.Regions["af-south-1"].PrefixLists["s3"])
	require.Contains(t, account.Regions["ap-northeast-1"].Images, imageX86)
	require.NotContains(t, account.Regions["us-east-1"].Images, imageX86)
	// China has two prefixes.
	china := account.Regions["cn-northwest-1"].Services
	require.Contains(t, china, "cn.com.amazonaws.cn-northwest-1.lambda")
	require.Contains(t, china, "com.amazonaws.cn-northwest-1.sns")
	require.NotContains(t, china, "com.amazonaws.cn-northwest-1.lambda")
	require.NotContains(t, china, "com.amazonaws.cn-northwest-1.bedrock-runtime")
}
