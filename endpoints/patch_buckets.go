package endpoints

// patchManagerSuffixes are the last parts of the names of the buckets from which Patch Manager reads its commands,
// by Region. AWS documents these Regions only.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-operations-s3-buckets.html
var patchManagerSuffixes = map[string]string{
	"us-east-1": "1970c647d", "us-east-2": "552881074", "us-west-1": "8badb4304", "us-west-2": "34d7f99f8",
	"af-south-1": "bdd5f65a9", "ap-east-1": "632356271", "ap-south-1": "cb7c62ff9", "ap-south-2": "32f4b4128",
	"ap-southeast-1": "7fdfd9ef7", "ap-southeast-2": "17283a275", "ap-southeast-3": "aa48fc462", "ap-southeast-4": "01e2c40d3",
	"ap-northeast-1": "4849fa78f", "ap-northeast-2": "10467995c", "ap-northeast-3": "67373598a", "ca-central-1": "3148e69e3",
	"ca-west-1": "9e3a4b2f9", "eu-central-1": "9163fdaaf", "eu-central-2": "184ce43c8", "eu-west-1": "5522fb710",
	"eu-west-2": "902a2bc74", "eu-west-3": "29bf85721", "eu-south-1": "c52f3f594", "eu-south-2": "a4cf248b1",
	"eu-north-1": "795879e9b", "il-central-1": "e221cb57b", "me-south-1": "a53fc9dce", "me-central-1": "2932f2f80",
	"sa-east-1": "ddf4b6a09",
}

// snapshotSuffixes are the last parts of the names of the buckets with the snapshots of patch baselines, by Region. In
// other Regions, the names have no suffix. The source is that of patchManagerSuffixes.
var snapshotSuffixes = map[string]string{
	"af-south-1": "-tbxdb5b9", "ap-south-2": "-50209442", "ap-southeast-3": "-be0a3174", "ap-southeast-4": "-dc6f76ce",
	"eu-south-2": "-df2c9d70", "me-south-1": "-uduvl7q8",
}

// patchBuckets returns the buckets of AWS that patching reads. In a Region for which AWS documents no bucket of Patch
// Manager, it returns that of the snapshots alone.
func patchBuckets(region string) []string {
	buckets := []string{"patch-baseline-snapshot-" + region + snapshotSuffixes[region]}
	if suffix := patchManagerSuffixes[region]; suffix != "" {
		buckets = append(buckets, "aws-patch-manager-"+region+"-"+suffix)
	}
	return buckets
}
