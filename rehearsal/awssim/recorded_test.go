package awssim

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim/catalog"
)

// motoResources returns the directory with the resources of the Python package from which the catalog was recorded. It
// skips the test if that version is not installed.
func motoResources(t *testing.T) string {
	t.Helper()
	sources := catalog.Sources()
	version := sources[slices.IndexFunc(sources, func(s catalog.Source) bool { return s.Package == "moto" })].Version
	answer, err := exec.Command("python3", "-c",
		"import importlib.metadata as m; print(m.version('moto'), m.distribution('moto').locate_file('moto'))").Output()
	installed, path, _ := strings.Cut(strings.TrimSpace(string(answer)), " ")
	if err != nil || installed != version {
		t.Skipf("compares the catalog with moto %s: install it with `pip install moto==%s`", version, version)
	}
	return path
}

func readGzip(t *testing.T, path string, content any) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	reader, err := gzip.NewReader(file)
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(reader).Decode(content))
}

// recordedType is an instance type as DescribeInstanceTypes returned it.
type recordedType struct {
	ProcessorInfo struct{ SupportedArchitectures []any }
	EbsInfo       struct{ EbsOptimizedSupport string }
	VCPUInfo      struct{ DefaultVCpus int }
	MemoryInfo    struct{ SizeInMiB int }
}

// The simulated AWS answers for every pair of instance type and location as AWS did.
func TestLookups_offeringsAsRecorded(t *testing.T) {
	t.Parallel()
	resources := motoResources(t)
	var types map[string]recordedType
	readGzip(t, filepath.Join(resources, "ec2/resources/instance_types.json.gz"), &types)
	require.Len(t, catalog.InstanceTypes(), len(types))
	pairs, regions := 0, 0
	for _, kind := range []string{"region", "availability-zone", "availability-zone-id"} {
		files, err := filepath.Glob(filepath.Join(resources, "ec2/resources/instance_type_offerings", kind, "*.json.gz"))
		require.NoError(t, err)
		require.Len(t, files, 30)
		regions = len(files)
		for _, file := range files {
			var offerings []struct{ InstanceType, Location string }
			readGzip(t, file, &offerings)
			want := map[string]map[string]bool{} // types by location
			for _, offering := range offerings {
				if want[offering.Location] == nil {
					want[offering.Location] = map[string]bool{}
				}
				want[offering.Location][offering.InstanceType] = true
			}
			region := strings.TrimSuffix(filepath.Base(file), ".json.gz")
			pairs += compareOfferings(t, region, kind, types, want)
		}
	}
	t.Logf("compared %d pairs of instance type and location in %d Regions", pairs, regions)
}

// compareOfferings compares a Region's answer with the recorded one for each type and location, and returns the number
// of pairs.
func compareOfferings(t *testing.T, region, kind string, types map[string]recordedType, want map[string]map[string]bool) int {
	t.Helper()
	w := newTestCloudWith(t, Options{}, values{"region": region})
	answer := w.invoke(offeringsLookup, values{"locationType": kind})
	names, locations := strList(answer, "instanceTypes"), strList(answer, "locations")
	got := map[string]map[string]bool{}
	for i, location := range locations {
		if got[location] == nil {
			got[location] = map[string]bool{}
		}
		got[location][names[i]] = true
	}
	require.Len(t, got, len(want), "%s by %s", region, kind)
	pairs := 0
	for location, offered := range want {
		for name := range types {
			pairs++
			if got[location][name] != offered[name] {
				t.Errorf("%s in %s: offered is %v, and AWS answered %v", name, location, got[location][name], offered[name])
			}
		}
	}
	require.Empty(t, w.cloud.Assumed())
	return pairs
}

func TestLookups_instanceTypesAsRecorded(t *testing.T) {
	t.Parallel()
	var types map[string]recordedType
	readGzip(t, filepath.Join(motoResources(t), "ec2/resources/instance_types.json.gz"), &types)
	w := newTestCloud(t)
	for name, want := range types {
		answer := w.invoke(typeLookup, values{"instanceType": name})
		require.Equal(t, want.ProcessorInfo.SupportedArchitectures, answer["supportedArchitectures"], name)
		require.Equal(t, want.EbsInfo.EbsOptimizedSupport, answer["ebsOptimizedSupport"], name)
		require.EqualValues(t, want.VCPUInfo.DefaultVCpus, answer["defaultVcpus"], name)
		require.EqualValues(t, want.MemoryInfo.SizeInMiB, answer["memorySize"], name)
	}
}

func TestLookups_imagesAsRecorded(t *testing.T) {
	t.Parallel()
	resources := motoResources(t)
	files, err := filepath.Glob(filepath.Join(resources, "ssm/resources/ami-amazon-linux-latest/*.json.gz"))
	require.NoError(t, err)
	require.Len(t, files, 30)
	for _, file := range files {
		var parameters []struct{ Name, Value string }
		readGzip(t, file, &parameters)
		var images []struct {
			ID           string `json:"ami_id"`
			Name         string
			Architecture string
		}
		readGzip(t, filepath.Join(resources, "ec2/resources/latest_amis", filepath.Base(file)), &images)
		w := newTestCloudWith(t, Options{}, values{"region": strings.TrimSuffix(filepath.Base(file), ".json.gz")})
		for _, want := range parameters {
			require.Equal(t, want.Value, w.invoke(parameterLookup, values{"name": want.Name})["insecureValue"], want.Name)
		}
		for _, want := range images {
			image := w.invoke(imageLookup, values{"filters": filterOf("image-id", want.ID)})
			require.Equal(t, want.Name, image["name"])
			require.Equal(t, want.Architecture, image["architecture"])
		}
		require.Empty(t, w.cloud.Assumed())
	}
}
