package awssim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/catalog"
)

const (
	// volumeToken is the type of volumes that remain after their instance was deleted.
	volumeToken = "aws:ebs/volume:Volume"
	// rootDevice is the name of the root device in images of Amazon Linux.
	rootDevice = "/dev/xvda"
)

// volumeType contains the limits of a volume type, as of late 2025.
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
type volumeType struct {
	minGiB, maxGiB     int
	minIOPS, maxIOPS   int // 0: cannot be set
	iopsPerGiB         int
	minMiBps, maxMiBps int // 0: cannot be set
	iopsRequired       bool
	notBootable        bool // cannot be a root volume
}

var volumeTypes = map[string]volumeType{
	"gp3":      {minGiB: 1, maxGiB: 65536, minIOPS: 3000, maxIOPS: 80000, iopsPerGiB: 500, minMiBps: 125, maxMiBps: 2000},
	"gp2":      {minGiB: 1, maxGiB: 16384},
	"io1":      {minGiB: 4, maxGiB: 16384, minIOPS: 100, maxIOPS: 64000, iopsPerGiB: 50, iopsRequired: true},
	"io2":      {minGiB: 4, maxGiB: 65536, minIOPS: 100, maxIOPS: 256000, iopsPerGiB: 1000, iopsRequired: true},
	"st1":      {minGiB: 125, maxGiB: 16384, notBootable: true},
	"sc1":      {minGiB: 125, maxGiB: 16384, notBootable: true},
	"standard": {minGiB: 1, maxGiB: 1024},
}

// rootBlockDevice returns the attribute for the root volume of an instance.
func rootBlockDevice() attribute {
	return attribute{Computed: true, Elem: map[string]attribute{
		"encrypted":           {ForceNew: true, Computed: true},
		"kmsKeyId":            {ForceNew: true, Computed: true},
		"volumeSize":          {Computed: true},
		"volumeType":          {Computed: true, Validate: stringInSet("standard", "io1", "io2", "gp2", "sc1", "st1", "gp3")},
		"iops":                {Computed: true},
		"throughput":          {Computed: true},
		"deleteOnTermination": {Default: true},
		"tags":                {},
	}}
}

// imageVolume returns the type of an image's root volume.
func imageVolume(image catalog.Image) string {
	if image.RootVolumeType == "" {
		return "gp3"
	}
	return image.RootVolumeType
}

// newRootDevice returns the root volume of a new instance.
func (c *call) newRootDevice(in values, image catalog.Image) (values, error) {
	device := values{
		"volumeSize": float64(image.RootGiB), "volumeType": imageVolume(image), "encrypted": false, "deleteOnTermination": true, "kmsKeyId": "",
	}
	chosen, _ := in["rootBlockDevice"].(values)
	maps.Copy(device, clone(chosen))
	if c.encryptsByDefault() {
		device["encrypted"] = true // even if the input is false
	}
	kind := str(device, "volumeType")
	if t := volumeTypes[kind]; t.maxMiBps == 0 && integer(device, "throughput") > 0 {
		return nil, fmt.Errorf("collecting instance settings: creating resource: throughput attribute not supported for "+
			"root_block_device with volume_type %s", kind)
	} else if t.maxIOPS == 0 && integer(device, "iops") > 0 {
		return nil, fmt.Errorf("collecting instance settings: creating resource: iops attribute not supported for "+
			"root_block_device with volume_type %s", kind)
	}
	if err := c.checkVolume(creatingInstance, "RunInstances", device); err != nil {
		return nil, err
	}
	if integer(device, "volumeSize") < image.RootGiB {
		return nil, c.ec2Error(creatingInstance, "RunInstances", "InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', "+
			"expect size >= %dGB", integer(device, "volumeSize"), "snap-0"+hash(str(in, "ami"), 16), image.RootGiB)
	}
	if str(device, "kmsKeyId") != "" && !boolean(device, "encrypted") {
		return nil, c.ec2Error(creatingInstance, "RunInstances", "InvalidParameterDependency",
			"The parameter KmsKeyId requires the parameter Encrypted to be set.")
	}
	if boolean(device, "encrypted") && str(device, "kmsKeyId") == "" {
		device["kmsKeyId"] = c.arn("kms", "key/"+strings.Join([]string{hash("ebs", 8), "0000", "4000", "8000", hash("ebs", 12)}, "-"))
	}
	device["deviceName"], device["volumeId"] = cmp.Or(image.RootDevice, rootDevice), c.newID("vol")
	c.describeVolume(device)
	return device, nil
}

// encryptsByDefault reports whether EBS encrypts each new volume in the Region.
// https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
func (c *call) encryptsByDefault() bool {
	file := c.file()
	return file != nil && file.EbsEncryptionByDefault != nil && *file.EbsEncryptionByDefault
}

func getEncryptionByDefault(c *call, _ values) (values, error) {
	if file := c.file(); file == nil || file.EbsEncryptionByDefault == nil {
		c.assume("EBS encryption by default is off in %s", c.region)
	}
	return values{"id": c.region, "enabled": c.encryptsByDefault()}, nil
}

// describeVolume sets the properties of a volume that depend on its type, its size and the default tags.
func (c *call) describeVolume(device values) {
	kind := volumeTypes[str(device, "volumeType")]
	if kind.maxMiBps == 0 {
		device["throughput"] = 0.0
	} else if integer(device, "throughput") == 0 {
		device["throughput"] = float64(kind.minMiBps)
	}
	switch {
	case str(device, "volumeType") == "gp2":
		device["iops"] = float64(min(16000, max(100, 3*integer(device, "volumeSize"))))
	case kind.maxIOPS == 0:
		device["iops"] = 0.0
	case integer(device, "iops") == 0:
		device["iops"] = float64(kind.minIOPS)
	}
	device["tagsAll"] = c.allTags(values{"tags": device["tags"]})
}

// checkVolume returns AWS's error for a root volume that exceeds the limits of its type. The messages for
// its size, and for a type that cannot be a root volume, are not confirmed.
func (c *call) checkVolume(prefix, operation string, v values) error {
	kind := volumeTypes[str(v, "volumeType")]
	size, iops, rate := integer(v, "volumeSize"), integer(v, "iops"), integer(v, "throughput")
	if iops == 0 {
		iops = kind.minIOPS
	}
	if rate == 0 {
		rate = kind.minMiBps
	}
	refuse := func(format string, args ...any) error {
		return c.ec2Error(prefix, operation, "InvalidParameterValue", format, args...)
	}
	switch {
	case kind.notBootable:
		return refuse("Volume type %s is not supported for root volumes.", str(v, "volumeType"))
	case size < kind.minGiB || size > kind.maxGiB:
		return refuse("Volume size of %d GiB is invalid; %s volumes are between %d and %d GiB.", size, str(v, "volumeType"),
			kind.minGiB, kind.maxGiB)
	case kind.iopsRequired && integer(v, "iops") == 0:
		return c.ec2Error(prefix, operation, "MissingParameter", "The parameter iops must be specified for %s volumes.", str(v, "volumeType"))
	case iops < kind.minIOPS:
		return refuse("Volume iops of %d is too low; minimum is %d.", iops, kind.minIOPS)
	case kind.maxIOPS > 0 && iops > kind.maxIOPS:
		return refuse("Volume iops of %d is too high; maximum is %d.", iops, kind.maxIOPS)
	case kind.maxIOPS > 0 && iops > 3000 && iops > kind.iopsPerGiB*size, kind.iopsRequired && iops > kind.iopsPerGiB*size:
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

// changeRootDevice returns the root volume after an update. AWS does not accept another change within six
// hours; the simulated AWS does, since it has no clock.
func (c *call) changeRootDevice(id string, old, chosen values) (values, error) {
	device := applyInputs(rootBlockDevice().Elem, clone(old), chosen)
	if !isSet(chosen, "deleteOnTermination") {
		device["deleteOnTermination"] = true
	}
	kind := str(device, "volumeType")
	limits := volumeTypes[kind]
	changed := func(name string) bool { return isSet(chosen, name) && integer(chosen, name) != integer(old, name) }
	switch {
	case limits.maxIOPS == 0 && changed("iops") && integer(chosen, "iops") > 0:
		return nil, fmt.Errorf("updating instance: iops attribute not supported for type %s", kind)
	case limits.maxMiBps == 0 && changed("throughput") && integer(chosen, "throughput") > 0:
		return nil, fmt.Errorf("updating instance: throughput attribute not supported for type %s", kind)
	}
	if kind != str(old, "volumeType") {
		// The new type has its own defaults.
		for _, name := range []string{"iops", "throughput"} {
			if !isSet(chosen, name) {
				delete(device, name)
			}
		}
	}
	prefix := "updating EC2 Instance (" + id + ") volume (" + str(old, "volumeId") + ")"
	if integer(device, "volumeSize") < integer(old, "volumeSize") {
		return nil, c.ec2Error(prefix, "ModifyVolume", "InvalidParameterValue", "New size cannot be smaller than existing size")
	}
	if err := c.checkVolume(prefix, "ModifyVolume", device); err != nil {
		return nil, err
	}
	c.describeVolume(device)
	return device, nil
}

// checkRootKey returns the error for a root volume whose KMS key does not exist: the instance starts and is
// terminated.
func (c *call) checkRootKey(id string, device values) error {
	kmsKey := str(device, "kmsKeyId")
	if !boolean(device, "encrypted") || strings.Contains(kmsKey, hash("ebs", 12)) || strings.HasSuffix(kmsKey, "alias/aws/ebs") {
		return nil
	}
	if slices.ContainsFunc(c.find(keyToken, nil), func(o *object) bool { return kmsKey == o.ID || kmsKey == str(o.State, "arn") }) {
		return nil
	}
	// The policy of a key that no stack has created is unknown.
	if strings.HasPrefix(kmsKey, "arn:"+c.partition+":kms:"+c.region+":") && strings.Contains(kmsKey, ":key/") &&
		c.assume("KMS key %s exists, and EBS may use it", kmsKey) {
		return nil
	}
	return errors.New("waiting for EC2 Instance (" + id + ") create: unexpected state 'terminated', wanted target 'running'. " +
		"last error: Client.InternalError: Client error on launch")
}
