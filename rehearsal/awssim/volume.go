package awssim

import (
	"bastionless/rehearsal/awssim/catalogue"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	// volumeToken is the type of volumes that outlive their instance. The simulated AWS does not make others.
	volumeToken = "aws:ebs/volume:Volume"
	// rootDevice is where Amazon Linux has its root volume.
	rootDevice = "/dev/xvda"
)

// volumeType is what a type of volume can be, as of late 2025. https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
type volumeType struct {
	minGiB, maxGiB        int
	minIOPS, maxIOPS      int // 0: not settable
	iopsPerGiB            int
	minMiBps, maxMiBps    int // 0: not settable
	required, cannotStart bool
}

var volumeTypes = map[string]volumeType{
	"gp3":      {minGiB: 1, maxGiB: 65536, minIOPS: 3000, maxIOPS: 80000, iopsPerGiB: 500, minMiBps: 125, maxMiBps: 2000},
	"gp2":      {minGiB: 1, maxGiB: 16384},
	"io1":      {minGiB: 4, maxGiB: 16384, minIOPS: 100, maxIOPS: 64000, iopsPerGiB: 50, required: true},
	"io2":      {minGiB: 4, maxGiB: 65536, minIOPS: 100, maxIOPS: 256000, iopsPerGiB: 1000, required: true},
	"st1":      {minGiB: 125, maxGiB: 16384, cannotStart: true},
	"sc1":      {minGiB: 125, maxGiB: 16384, cannotStart: true},
	"standard": {minGiB: 1, maxGiB: 1024},
}

// rootBlockDevice is the input of an instance's root volume.
func rootBlockDevice() attribute {
	return attribute{computed: true, fields: map[string]attribute{
		"encrypted":           {replace: true, computed: true},
		"kmsKeyId":            {replace: true, computed: true},
		"volumeSize":          {computed: true},
		"volumeType":          {computed: true, check: oneOf("standard", "io1", "io2", "gp2", "sc1", "st1", "gp3")},
		"iops":                {computed: true},
		"throughput":          {computed: true},
		"deleteOnTermination": {fallback: true},
		"tags":                {},
	}}
}

// imageVolume is the type of an image's root volume. Images of Amazon Linux 2023 have gp3.
func imageVolume(image catalogue.Image) string {
	if image.RootVolumeType == "" {
		return "gp3"
	}
	return image.RootVolumeType
}

// newRootDevice is the root volume of a new instance as it will be.
func (c *call) newRootDevice(in values, image catalogue.Image) (values, error) {
	device := values{
		"volumeSize": float64(image.RootGiB), "volumeType": imageVolume(image), "encrypted": false, "deleteOnTermination": true, "kmsKeyId": "",
	}
	chosen, _ := in["rootBlockDevice"].(values)
	maps.Copy(device, clone(chosen))
	kind := text(device, "volumeType")
	if t := volumeTypes[kind]; t.maxMiBps == 0 && number(device, "throughput") > 0 {
		return nil, fmt.Errorf("collecting instance settings: creating resource: throughput attribute not supported for "+
			"root_block_device with volume_type %s", kind)
	} else if t.maxIOPS == 0 && number(device, "iops") > 0 {
		return nil, fmt.Errorf("collecting instance settings: creating resource: iops attribute not supported for "+
			"root_block_device with volume_type %s", kind)
	}
	if err := c.checkVolume(creatingInstance, "RunInstances", device); err != nil {
		return nil, err
	}
	if number(device, "volumeSize") < image.RootGiB {
		return nil, c.ec2(creatingInstance, "RunInstances", "InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', "+
			"expect size >= %dGB", number(device, "volumeSize"), "snap-0"+c.hash(text(in, "ami"), 16), image.RootGiB)
	}
	if text(device, "kmsKeyId") != "" && !flag(device, "encrypted") {
		return nil, c.ec2(creatingInstance, "RunInstances", "InvalidParameterDependency",
			"The parameter KmsKeyId requires the parameter Encrypted to be set.")
	}
	if flag(device, "encrypted") && text(device, "kmsKeyId") == "" {
		device["kmsKeyId"] = c.arn("kms", "key/"+strings.Join([]string{c.hash("ebs", 8), "0000", "4000", "8000", c.hash("ebs", 12)}, "-"))
	}
	device["deviceName"], device["volumeId"] = rootDevice, c.newID("vol")
	c.describeVolume(device)
	return device, nil
}

// describeVolume fills in what follows from a volume's type and size.
func (c *call) describeVolume(device values) {
	kind := volumeTypes[text(device, "volumeType")]
	if kind.maxMiBps == 0 {
		device["throughput"] = 0.0
	} else if number(device, "throughput") == 0 {
		device["throughput"] = float64(kind.minMiBps)
	}
	switch {
	case text(device, "volumeType") == "gp2":
		device["iops"] = float64(min(16000, max(100, 3*number(device, "volumeSize"))))
	case kind.maxIOPS == 0:
		device["iops"] = 0.0
	case number(device, "iops") == 0:
		device["iops"] = float64(kind.minIOPS)
	}
	device["tagsAll"] = c.allTags(values{"tags": device["tags"]})
}

// checkVolume holds a root volume against the limits of its type. Which words AWS has for a size that no type takes, or for a
// type that no instance starts from, is not established.
func (c *call) checkVolume(prefix, operation string, v values) error {
	kind := volumeTypes[text(v, "volumeType")]
	size, iops, rate := number(v, "volumeSize"), number(v, "iops"), number(v, "throughput")
	if iops == 0 {
		iops = kind.minIOPS
	}
	if rate == 0 {
		rate = kind.minMiBps
	}
	refuse := func(format string, args ...any) error {
		return c.ec2(prefix, operation, "InvalidParameterValue", format, args...)
	}
	switch {
	case kind.cannotStart:
		return refuse("Volume type %s is not supported for root volumes.", text(v, "volumeType"))
	case size < kind.minGiB || size > kind.maxGiB:
		return refuse("Volume size of %d GiB is invalid; %s volumes are between %d and %d GiB.", size, text(v, "volumeType"),
			kind.minGiB, kind.maxGiB)
	case kind.required && number(v, "iops") == 0:
		return c.ec2(prefix, operation, "MissingParameter", "The parameter iops must be specified for %s volumes.", text(v, "volumeType"))
	case iops < kind.minIOPS:
		return refuse("Volume iops of %d is too low; minimum is %d.", iops, kind.minIOPS)
	case kind.maxIOPS > 0 && iops > kind.maxIOPS:
		return refuse("Volume iops of %d is too high; maximum is %d.", iops, kind.maxIOPS)
	case kind.maxIOPS > 0 && iops > 3000 && iops > kind.iopsPerGiB*size, kind.required && iops > kind.iopsPerGiB*size:
		return refuse("Iops to volume size ratio of %f is too high; maximum is %d", float64(iops)/float64(size), kind.iopsPerGiB)
	case rate < kind.minMiBps:
		return refuse("Volume throughput of %d is too low; minimum is %d.", rate, kind.minMiBps)
	case kind.maxMiBps > 0 && rate > kind.maxMiBps:
		return refuse("Volume throughput of %d is too high; maximum is %d.", rate, kind.maxMiBps)
	case kind.maxMiBps > 0 && 4*rate > iops:
		return refuse("Throughput (MiBps) to iops ratio of %f is too high; maximum is 0.250000 MiBps per iops", float64(rate)/float64(iops))
	}
	return nil
}

// changeRootDevice is what an update makes of a root volume. AWS lets a volume grow, and makes no second change within six
// hours of one: the simulated AWS has no clock, and does not refuse that.
func (c *call) changeRootDevice(id string, old, chosen values) (values, error) {
	device := settle(rootBlockDevice().fields, clone(old), chosen)
	if !given(chosen, "deleteOnTermination") {
		device["deleteOnTermination"] = true
	}
	kind := text(device, "volumeType")
	limits := volumeTypes[kind]
	changed := func(name string) bool { return given(chosen, name) && number(chosen, name) != number(old, name) }
	switch {
	case limits.maxIOPS == 0 && changed("iops") && number(chosen, "iops") > 0:
		return nil, fmt.Errorf("updating instance: iops attribute not supported for type %s", kind)
	case limits.maxMiBps == 0 && changed("throughput") && number(chosen, "throughput") > 0:
		return nil, fmt.Errorf("updating instance: throughput attribute not supported for type %s", kind)
	}
	if kind != text(old, "volumeType") {
		// What the old type had is nothing to the new one.
		for _, name := range []string{"iops", "throughput"} {
			if !given(chosen, name) {
				delete(device, name)
			}
		}
	}
	prefix := "updating EC2 Instance (" + id + ") volume (" + text(old, "volumeId") + ")"
	if number(device, "volumeSize") < number(old, "volumeSize") {
		return nil, c.ec2(prefix, "ModifyVolume", "InvalidParameterValue", "New size cannot be smaller than existing size")
	}
	if err := c.checkVolume(prefix, "ModifyVolume", device); err != nil {
		return nil, err
	}
	c.describeVolume(device)
	return device, nil
}

// unreadable is how an instance ends whose root volume is encrypted with a key that does not exist, or not for it: it starts,
// and is terminated.
func (c *call) unreadable(id string, device values) error {
	wanted := text(device, "kmsKeyId")
	if !flag(device, "encrypted") || strings.Contains(wanted, c.hash("ebs", 12)) || strings.HasSuffix(wanted, "alias/aws/ebs") {
		return nil
	}
	if slices.ContainsFunc(c.all(keyToken, nil), func(o *object) bool { return wanted == o.ID || wanted == text(o.State, "arn") }) {
		return nil
	}
	// Of a key that no stack made it is not known what its policy lets EBS do.
	if strings.HasPrefix(wanted, "arn:"+c.partition+":kms:"+c.region+":") && strings.Contains(wanted, ":key/") &&
		c.assume("KMS key %s exists, and EBS may use it", wanted) {
		return nil
	}
	return errors.New("waiting for EC2 Instance (" + id + ") create: unexpected state 'terminated', wanted target 'running'. " +
		"last error: Client.InternalError: Client error on launch")
}
