package proof

import (
	"cmp"
	"strings"
)

// awsBucketPatterns are the names of buckets of AWS that instances read. REGION stands for the Region, and SUFFIX for the
// DNS suffix of AWS. The names have no wildcards, because anybody can register an unused name.
//   - https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html#ssm-agent-minimum-s3-permissions
//   - https://docs.aws.amazon.com/emr/latest/ManagementGuide/private-subnet-iampolicy.html (Amazon Linux)
//   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html (image layers)
//   - https://github.com/aws-samples/data-perimeter-policy-examples/blob/main/service_owned_resources.md
const awsBucketPatterns = `
amazon-ssm-REGION aws-ssm-REGION amazon-ssm-packages-REGION aws-windows-downloads-REGION REGION-birdwatcher-prod
aws-ssm-document-attachments-REGION aws-ssm-distributor-file-REGION ssm-document-categories-REGION
amazoncloudwatch-agent amazoncloudwatch-agent-REGION
al2023-repos-REGION-de612dc2 al2023-REGION amazonlinux.REGION.SUFFIX amazonlinux-2-repos-REGION
packages.REGION.SUFFIX repo.REGION.SUFFIX prod-REGION-starport-layer-bucket`

// patchSuffixes are the ends of the names of the buckets aws-patch-manager-REGION-SUFFIX and
// aws-patchmanager-macos-REGION-SUFFIX, by Region.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-operations-s3-buckets.html
var patchSuffixes = pairs(`
us-east-1 1970c647d us-east-2 552881074 us-west-1 8badb4304 us-west-2 34d7f99f8 af-south-1 bdd5f65a9 ap-east-1 632356271
ap-south-1 cb7c62ff9 ap-south-2 32f4b4128 ap-southeast-1 7fdfd9ef7 ap-southeast-2 17283a275 ap-southeast-3 aa48fc462
ap-southeast-4 01e2c40d3 ap-northeast-1 4849fa78f ap-northeast-2 10467995c ap-northeast-3 67373598a ca-central-1 3148e69e3
ca-west-1 9e3a4b2f9 eu-central-1 9163fdaaf eu-central-2 184ce43c8 eu-west-1 5522fb710 eu-west-2 902a2bc74 eu-west-3 29bf85721
eu-south-1 c52f3f594 eu-south-2 a4cf248b1 eu-north-1 795879e9b il-central-1 e221cb57b me-south-1 a53fc9dce
me-central-1 2932f2f80 sa-east-1 ddf4b6a09`)

// snapshotSuffixes are the ends of the names of the buckets patch-baseline-snapshot-REGION-SUFFIX, by Region. In other
// Regions, the names have no suffix. The source is that of patchSuffixes.
var snapshotSuffixes = pairs(`
af-south-1 tbxdb5b9 ap-south-2 50209442 ap-southeast-3 be0a3174 ap-southeast-4 dc6f76ce eu-south-2 df2c9d70 me-south-1 uduvl7q8`)

// awsBucketNames returns the names of AWS's buckets in the Region of an endpoint.
func (m *model) awsBucketNames(e *vpcEndpoint) []string {
	region := cmp.Or(e.region, m.region)
	names := strings.Fields(strings.NewReplacer("REGION", region, "SUFFIX", m.dnsSuffix()).Replace(awsBucketPatterns))
	if suffix := patchSuffixes[region]; suffix != "" {
		names = append(names, "aws-patch-manager-"+region+"-"+suffix, "aws-patchmanager-macos-"+region+"-"+suffix)
	}
	snapshots := "patch-baseline-snapshot-" + region
	if suffix := snapshotSuffixes[region]; suffix != "" {
		snapshots += "-" + suffix
	}
	return append(names, snapshots)
}

// pairs returns a map of pairs of words.
func pairs(words string) map[string]string {
	found := map[string]string{}
	fields := strings.Fields(words)
	for i := 0; i+1 < len(fields); i += 2 {
		found[fields[i]] = fields[i+1]
	}
	return found
}
