package awssim

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// What AWS offers is mostly regular, and so derived here: instance types from families and sizes, and what every Region has.
// fixture.json has what is particular. To add to the catalogue, add a family or a service here, or a Region, a type that fits
// no family, an image or what a zone lacks there.

const (
	x86 = "x86_64"
	arm = "arm64"
)

// Sizes that many families have.
const (
	burstable = "nano micro small medium large xlarge 2xlarge"
	upTo8     = "large xlarge 2xlarge 4xlarge 8xlarge"
	upTo16    = upTo8 + " 12xlarge 16xlarge"
	upTo24    = upTo16 + " 24xlarge"
	upTo32    = upTo24 + " 32xlarge"
	upTo48    = upTo24 + " 48xlarge metal-24xl metal-48xl"
	upTo96    = upTo32 + " 48xlarge 96xlarge metal-48xl metal-96xl"
)

// instanceFamilies are families of instance types that are optimised for EBS by default, with GiB of memory for each processor.
var instanceFamilies = []struct {
	names, architecture string
	memory              float64
	sizes               string
}{
	{"t3 t3a", x86, 0, burstable},
	{"t4g", arm, 0, burstable},
	{"m4", x86, 4, "large xlarge 2xlarge 4xlarge 10xlarge 16xlarge"},
	{"m5 m5d m5n m5dn", x86, 4, upTo24 + " metal"},
	{"m5a m5ad", x86, 4, upTo24},
	{"m5zn", x86, 4, "large xlarge 2xlarge 3xlarge 6xlarge 12xlarge metal"},
	{"m6i m6id m6in m6idn", x86, 4, upTo32 + " metal"},
	{"m6a", x86, 4, upTo32 + " 48xlarge metal"},
	{"m7i", x86, 4, upTo48},
	{"m7i-flex m8i-flex", x86, 4, upTo16},
	{"m7a", x86, 4, "medium " + upTo32 + " 48xlarge metal-48xl"},
	{"m8i", x86, 4, upTo96},
	{"m8a", x86, 4, "medium " + upTo48},
	{"m6g m6gd m7g m7gd", arm, 4, "medium " + upTo16 + " metal"},
	{"m8g m8gd", arm, 4, "medium " + upTo48},
	{"c4", x86, 1.875, "large xlarge 2xlarge 4xlarge"},
	{"c5 c5d", x86, 2, "large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge metal"},
	{"c5n", x86, 2.625, "large xlarge 2xlarge 4xlarge 9xlarge 18xlarge metal"},
	{"c5a c5ad", x86, 2, upTo24},
	{"c6i c6id c6in", x86, 2, upTo32 + " metal"},
	{"c6a", x86, 2, upTo32 + " 48xlarge metal"},
	{"c7i", x86, 2, upTo48},
	{"c7i-flex c8i-flex", x86, 2, upTo16},
	{"c7a", x86, 2, "medium " + upTo32 + " 48xlarge metal-48xl"},
	{"c8i", x86, 2, upTo96},
	{"c8a", x86, 2, "medium " + upTo48},
	{"a1", arm, 2, "medium large xlarge 2xlarge 4xlarge metal"},
	{"c6g c6gd c7g c7gd c7gn", arm, 2, "medium " + upTo16 + " metal"},
	{"c6gn", arm, 2, "medium " + upTo16},
	{"c8g c8gd c8gn", arm, 2, "medium " + upTo48},
	{"r4", x86, 7.625, "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge"},
	{"r5 r5b r5d r5n r5dn", x86, 8, upTo24 + " metal"},
	{"r5a r5ad", x86, 8, upTo24},
	{"r6i r6id r6in r6idn", x86, 8, upTo32 + " metal"},
	{"r6a", x86, 8, upTo32 + " 48xlarge metal"},
	{"r7i", x86, 8, upTo48},
	{"r7iz", x86, 8, upTo16 + " 32xlarge metal-16xl metal-32xl"},
	{"r8i-flex", x86, 8, upTo16},
	{"r7a", x86, 8, "medium " + upTo32 + " 48xlarge metal-48xl"},
	{"r8i", x86, 8, upTo96},
	{"r8a", x86, 8, "medium " + upTo48},
	{"r6g r6gd r7g r7gd", arm, 8, "medium " + upTo16 + " metal"},
	{"r8g r8gd", arm, 8, "medium " + upTo48},
	{"x1", x86, 15.25, "16xlarge 32xlarge"},
	{"x1e", x86, 30.5, "xlarge 2xlarge 4xlarge 8xlarge 16xlarge 32xlarge"},
	{"x2idn", x86, 16, "16xlarge 24xlarge 32xlarge metal"},
	{"x2iedn", x86, 32, "xlarge 2xlarge 4xlarge 8xlarge 16xlarge 24xlarge 32xlarge metal"},
	{"x2iezn", x86, 32, "2xlarge 4xlarge 6xlarge 8xlarge 12xlarge metal"},
	{"x2gd", arm, 16, "medium " + upTo16 + " metal"},
	{"x8g", arm, 16, "medium " + upTo48},
	{"z1d", x86, 8, "large xlarge 2xlarge 3xlarge 6xlarge 12xlarge metal"},
	{"i3", x86, 7.625, "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge"},
	{"i3en", x86, 8, "large xlarge 2xlarge 3xlarge 6xlarge 12xlarge 24xlarge metal"},
	{"i4i", x86, 8, upTo32 + " metal"},
	{"i7ie", x86, 8, "large xlarge 2xlarge 3xlarge 6xlarge 12xlarge 18xlarge 24xlarge 48xlarge"},
	{"i4g", arm, 8, "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge"},
	{"im4gn", arm, 4, "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge"},
	{"is4gen", arm, 6, "medium " + upTo8},
	{"i8g", arm, 8, upTo24},
	{"d2", x86, 7.625, "xlarge 2xlarge 4xlarge"},
	{"d3", x86, 8, "xlarge 2xlarge 4xlarge 8xlarge"},
	{"d3en", x86, 4, "xlarge 2xlarge 4xlarge 6xlarge 8xlarge 12xlarge"},
	{"h1", x86, 4, "2xlarge 4xlarge 8xlarge 16xlarge"},
	{"g4dn", x86, 4, "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"},
	{"g4ad", x86, 4, "xlarge 2xlarge 4xlarge 8xlarge 16xlarge"},
	{"g5 g6", x86, 4, "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge"},
	{"g6e", x86, 8, "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge"},
	{"gr6", x86, 8, "4xlarge 8xlarge"},
	{"g5g", arm, 2, "xlarge 2xlarge 4xlarge 8xlarge 16xlarge metal"},
	{"p4d", x86, 12, "24xlarge"},
	{"inf1", x86, 2, "xlarge 2xlarge 6xlarge 24xlarge"},
	{"inf2", x86, 4, "xlarge 8xlarge 24xlarge 48xlarge"},
	{"trn1", x86, 4, "2xlarge 32xlarge"},
	{"dl1", x86, 8, "24xlarge"},
	{"vt1", x86, 2, "3xlarge 6xlarge 24xlarge"},
}

// deriveTypes adds all families' instance types to those that the fixture has.
func (a *fixtureAccount) deriveTypes() {
	for _, family := range instanceFamilies {
		for _, name := range strings.Fields(family.names) {
			processors := 0 // of the size before: "metal" is the largest one's whole machine
			for _, size := range strings.Fields(family.sizes) {
				processors = sizeProcessors(size, processors)
				memory := float64(processors) * family.memory * 1024
				if family.sizes == burstable {
					processors = max(processors, 2)
					memory = float64(int(512) << slices.Index(strings.Fields(burstable), size))
				}
				a.InstanceTypes[name+"."+size] = fixtureType{
					Architectures: []string{family.architecture}, EBSOptimized: "default", VCPUs: processors, MemoryMiB: int(memory),
				}
			}
		}
	}
}

// sizeProcessors is how many virtual processors a size has: four for each "x".
func sizeProcessors(size string, largest int) int {
	switch size {
	case "nano", "micro", "small", "medium":
		return 1
	case "large":
		return 2
	case "xlarge":
		return 4
	case "metal":
		return largest
	}
	number, _, _ := strings.Cut(strings.TrimPrefix(size, "metal-"), "xl")
	times, err := strconv.Atoi(number)
	if err != nil {
		panic("catalogue.go: size " + size)
	}
	return 4 * times
}

// interfaceServices are the endpoint services, of the type Interface, that every Region of AWS and of GovCloud has here. AWS
// has some of them in fewer Regions.
const interfaceServices = `
access-analyzer acm-pca airflow.api airflow.env appconfig appconfigdata application-autoscaling appmesh
appmesh-envoy-management apprunner aps aps-workspaces athena auditmanager autoscaling autoscaling-plans backup
backup-gateway batch bedrock bedrock-agent bedrock-agent-runtime bedrock-runtime cassandra cleanrooms cloudcontrolapi
cloudformation cloudhsmv2 cloudtrail codeartifact.api codeartifact.repositories codebuild codecommit codedeploy
codedeploy-commands-secure codepipeline codestar-connections.api comprehend config databrew dataexchange datasync datazone
discovery dms drs ds ebs ec2 ec2messages ecr.api ecr.dkr ecs ecs-agent ecs-telemetry eks elasticache elasticbeanstalk
elasticbeanstalk-health elasticfilesystem elasticloadbalancing elasticmapreduce email-smtp emr-containers emr-serverless
entityresolution events execute-api fis fsx git-codecommit glue grafana grafana-workspace groundstation guardduty
guardduty-data healthlake identitystore imagebuilder inspector2 internetmonitor kafka kendra kinesis-firehose
kinesis-streams kms lakeformation lambda license-manager logs macie2 mediaconnect memory-db monitoring networkmonitor
payment-cryptography.controlplane personalize pipes polly ram rds rds-data redshift redshift-data redshift-serverless
rekognition resource-groups rolesanywhere rum s3 sagemaker.api sagemaker.featurestore-runtime sagemaker.runtime scheduler
secretsmanager securityhub servicecatalog servicediscovery signin sns sqs ssm ssm-contacts ssm-incidents ssmmessages states
storagegateway sts swf sync-states synthetics textract timestream.ingest tnb transcribe transcribestreaming transfer
translate verifiedpermissions workspaces xray`

// China has fewer services, and gives many of them names with its own prefix.
const (
	chinaOwn = `application-autoscaling appmesh-envoy-management athena autoscaling backup batch cassandra cloudcontrolapi
cloudformation codedeploy-commands-secure databrew dms ebs ec2 ecr.api ecr.dkr eks elasticache elasticbeanstalk elasticfilesystem
emr-containers execute-api fsx imagebuilder kinesis-streams lambda license-manager monitoring rds redshift redshift-data s3
sagemaker.api sagemaker.featurestore-runtime sagemaker.runtime securityhub servicecatalog sqs states sts sync-states synthetics
transcribestreaming transfer xray`
	chinaCommon = `access-analyzer acm-pca appconfig appconfigdata cloudtrail codebuild codecommit codedeploy codepipeline config datasync
ec2messages ecs ecs-agent ecs-telemetry elasticloadbalancing elasticmapreduce events git-codecommit glue guardduty-data kafka
kinesis-firehose kms lakeformation logs secretsmanager servicediscovery sns ssm ssmmessages storagegateway`
)

// withoutPolicies are services that take no endpoint policy, as far as is known.
var withoutPolicies = []string{"appmesh-envoy-management", "ec2messages", "ecs-agent", "ecs-telemetry"}

// deriveServices fills in a Region's endpoint services.
func (r *fixtureRegion) deriveServices(region string) {
	r.Services = map[string][]fixtureService{}
	zones := r.zoneNames()
	// GovCloud tells names alone: neither zones nor whether a service takes a policy.
	silent := r.Partition == "aws-us-gov"
	if silent {
		zones = nil
	}
	add := func(prefix, kind, codes string) {
		for _, code := range strings.Fields(codes) {
			service := fixtureService{Type: kind, Zones: zones, Policies: kind == "Gateway" || !silent && !slices.Contains(withoutPolicies, code)}
			if kind == "Gateway" {
				service.PrefixList = r.PrefixLists[code]
			}
			if lacking := r.LackingServices[code]; kind == "Interface" && len(lacking) > 0 {
				service.Zones = slices.DeleteFunc(slices.Clone(zones), func(zone string) bool {
					return slices.Contains(lacking, strings.TrimPrefix(zone, region))
				})
			}
			name := prefix + "." + region + "." + code
			r.Services[name] = append(r.Services[name], service)
		}
	}
	if r.PrefixLists == nil {
		r.PrefixLists = map[string]string{}
	}
	for _, code := range []string{"s3", "dynamodb"} {
		if r.PrefixLists[code] == "" { // not known: one that stays the same
			r.PrefixLists[code] = "pl-" + hashed("prefix list "+region+code, 8)
		}
	}
	add("com.amazonaws", "Gateway", "s3 dynamodb")
	if r.Partition == "aws-cn" {
		add("cn.com.amazonaws", "Interface", chinaOwn)
		add("com.amazonaws", "Interface", chinaCommon)
	} else {
		add("com.amazonaws", "Interface", interfaceServices)
	}
}

// regularImages are what every Region has under an id of its own, by the end of the public parameter's name.
var regularImages = map[string]fixtureImage{
	"al2023-ami-kernel-default-x86_64": {
		Name: "al2023-ami-2023.9.20261110.0-kernel-6.18-x86_64", Architecture: x86, GiB: 8, VolumeType: "gp3", IMDSv2: true,
	},
	"al2023-ami-kernel-default-arm64": {
		Name: "al2023-ami-2023.9.20261110.0-kernel-6.18-arm64", Architecture: arm, GiB: 8, VolumeType: "gp3", IMDSv2: true,
	},
	"amzn2-ami-hvm-x86_64-gp2": {Name: "amzn2-ami-hvm-2.0.20260615.0-x86_64", Architecture: x86, GiB: 8, VolumeType: "gp2"},
	"amzn2-ami-hvm-arm64-gp2":  {Name: "amzn2-ami-hvm-2.0.20260615.0-arm64", Architecture: arm, GiB: 8, VolumeType: "gp2"},
}

// deriveImages adds the regular images to those that the fixture has.
func (r *fixtureRegion) deriveImages(region string) {
	images := map[string]fixtureImage{}
	maps.Copy(images, r.Images)
	for parameter, image := range regularImages {
		image.Parameter = "/aws/service/ami-amazon-linux-latest/" + parameter
		images["ami-0"+hashed("image "+region+parameter, 16)] = image
	}
	r.Images = images
}
