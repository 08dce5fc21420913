package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// To add an instance type, add its size to its family or add a family. A type that fits no family goes to
// regions.json.

const (
	x86 = "x86_64"
	arm = "arm64"
)

// Sizes that several families have.
const (
	burstable = "nano micro small medium large xlarge 2xlarge"
	upTo8     = "large xlarge 2xlarge 4xlarge 8xlarge"
	upTo16    = upTo8 + " 12xlarge 16xlarge"
	upTo24    = upTo16 + " 24xlarge"
	upTo32    = upTo24 + " 32xlarge"
	upTo48    = upTo24 + " 48xlarge metal-24xl metal-48xl"
	upTo96    = upTo32 + " 48xlarge 96xlarge metal-48xl metal-96xl"
)

// instanceFamilies are families of instance types. All are EBS-optimized by default. memory is GiB per
// vCPU; it is 0 for the burstable families, whose memory depends on the size.
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

// derivedTypes returns the instance types of all families by name.
func derivedTypes() map[string]InstanceType {
	types := map[string]InstanceType{}
	for _, family := range instanceFamilies {
		for _, name := range strings.Fields(family.names) {
			vcpus := 0 // of the previous size: "metal" is the whole machine, like the largest size
			for _, size := range strings.Fields(family.sizes) {
				vcpus = sizeVCPUs(size, vcpus)
				memory := float64(vcpus) * family.memory * 1024
				if family.sizes == burstable {
					vcpus = max(vcpus, 2)
					memory = float64(int(512) << slices.Index(strings.Fields(burstable), size))
				}
				types[name+"."+size] = InstanceType{
					Architectures: []string{family.architecture}, EBSOptimized: "default", VCPUs: vcpus, MemoryMiB: int(memory),
				}
			}
		}
	}
	return types
}

// sizeVCPUs returns the vCPUs of a size, which are four for each "x". largest is the number for "metal".
func sizeVCPUs(size string, largest int) int {
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
	n, err := strconv.Atoi(number)
	if err != nil {
		panic("instance size " + size)
	}
	return 4 * n
}
