package awssim

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"bastionless/rehearsal/awssim/catalog"
)

// imageFilters are the filters for images, with the property that each compares.
var imageFilters = map[string]func(catalog.Image) string{
	"image-id":            func(image catalog.Image) string { return image.ID },
	"name":                func(image catalog.Image) string { return image.Name },
	"architecture":        func(image catalog.Image) string { return image.Architecture },
	"owner-alias":         func(catalog.Image) string { return "amazon" },
	"owner-id":            func(catalog.Image) string { return amazonImages },
	"root-device-type":    func(catalog.Image) string { return "ebs" },
	"state":               imageState,
	"platform":            func(image catalog.Image) string { return image.Platform },
	"virtualization-type": func(catalog.Image) string { return "hvm" },
}

// amazonImages is the ID of the account that owns the images of Amazon Linux.
const amazonImages = "137112412989"

// imageState returns the state of an image.
func imageState(image catalog.Image) string { return cmp.Or(image.State, "available") }

func getAmi(c *call, args values) (values, error) {
	pattern, err := regexp.Compile(str(args, "nameRegex"))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, id := range c.imageIDs(args) {
		image, ok := c.image(id)
		fits := ok && (!image.Deprecated || boolean(args, "includeDeprecated")) && pattern.MatchString(image.Name)
		if owners := strList(args, "owners"); len(owners) > 0 {
			fits = fits && (slices.Contains(owners, "amazon") || slices.Contains(owners, amazonImages))
		}
		for name, property := range imageFilters {
			fits = fits && matchesFilters(args, name, property(image))
		}
		if fits {
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 0:
		return nil, verbatim("Your query returned no results. Please change your search criteria and try again.")
	case len(found) > 1 && !boolean(args, "mostRecent"):
		return nil, verbatim("Your query returned more than one result. Please try a more specific search criteria, or set " +
			"`most_recent` attribute to true.")
	}
	image, _ := c.image(found[0])
	return c.describeImage(found[0], image, args), nil
}

// imageIDs returns the IDs of the Region's images, the latest first, and of those in a filter, which may be
// assumed to exist.
func (c *call) imageIDs(args values) []string {
	var ids []string
	for _, image := range c.offers.Images() {
		ids = append(ids, image.ID)
	}
	filters, _ := args["filters"].([]any)
	for _, f := range filters {
		if f, _ := f.(values); str(f, "name") == "image-id" {
			for _, id := range strList(f, "values") {
				if !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

func (c *call) describeImage(id string, image catalog.Image, args values) values {
	answer := clone(args)
	imds, device := "", cmp.Or(image.RootDevice, rootDevice)
	if image.IMDSv2 {
		imds = "v2.0"
	}
	maps.Copy(answer, values{
		"id": id, "imageId": id, "name": image.Name, "architecture": image.Architecture, "rootDeviceName": device, "rootDeviceType": "ebs",
		"imdsSupport": imds, "ownerId": amazonImages, "state": imageState(image), "public": true, "virtualizationType": "hvm",
		"arn": "arn:" + c.partition + ":ec2:" + c.region + "::image/" + id,
		"blockDeviceMappings": []any{values{"deviceName": device, "noDevice": "", "virtualName": "", "ebs": values{
			"volume_size": fmt.Sprint(image.RootGiB), "volume_type": imageVolume(image), "delete_on_termination": "true", "encrypted": "false",
			"snapshot_id": "snap-0" + hash(id, 16), "iops": "0", "throughput": "0",
		}}},
		"creationDate": "2026-11-10T00:00:00.000Z", "deprecationTime": "", "description": image.Name, "enaSupport": true, "hypervisor": "xen",
		"imageLocation": "amazon/" + image.Name, "imageOwnerAlias": "amazon", "imageType": "machine", "kernelId": "", "platform": image.Platform,
		"platformDetails": platformDetails(image), "productCodes": []any{}, "ramdiskId": "", "rootSnapshotId": "snap-0" + hash(id, 16),
		"sriovNetSupport": "simple", "stateReason": values{}, "tags": values{}, "tpmSupport": "", "usageOperation": "RunInstances",
		"bootMode": "", "lastLaunchedTime": "",
	})
	return answer
}

// platformDetails returns the platform of an image as bills show it.
func platformDetails(image catalog.Image) string {
	if image.Platform == "windows" {
		return "Windows"
	}
	return "Linux/UNIX"
}
