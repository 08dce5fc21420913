package catalog

import (
	"crypto/sha256"
	"encoding/hex"
)

// amazonLinux are the images that every Region has with an ID of its own, by the last part of the public
// parameter that contains the ID.
var amazonLinux = map[string]Image{
	"al2023-ami-kernel-default-x86_64": {
		Name: "al2023-ami-2023.9.20261110.0-kernel-6.18-x86_64", Architecture: x86, RootGiB: 8, RootVolumeType: "gp3", IMDSv2: true,
	},
	"al2023-ami-kernel-default-arm64": {
		Name: "al2023-ami-2023.9.20261110.0-kernel-6.18-arm64", Architecture: arm, RootGiB: 8, RootVolumeType: "gp3", IMDSv2: true,
	},
	"amzn2-ami-hvm-x86_64-gp2": {Name: "amzn2-ami-hvm-2.0.20260615.0-x86_64", Architecture: x86, RootGiB: 8, RootVolumeType: "gp2"},
	"amzn2-ami-hvm-arm64-gp2":  {Name: "amzn2-ami-hvm-2.0.20260615.0-arm64", Architecture: arm, RootGiB: 8, RootVolumeType: "gp2"},
}

// deriveImages adds Amazon Linux's images to the Region.
func (r *Region) deriveImages() {
	for parameter, image := range amazonLinux {
		image.ID = "ami-0" + hash("image "+r.name+parameter, 16)
		image.Parameter = "/aws/service/ami-amazon-linux-latest/" + parameter
		r.images[image.ID] = image
	}
}

// hash returns the first hexadecimal digits of a hash, for IDs that are made up and always the same.
func hash(s string, digits int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:digits]
}
