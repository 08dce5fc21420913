package awssim

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

const (
	instanceToken = "aws:ec2/instance:Instance"
	keyPairToken  = "aws:ec2/keyPair:KeyPair"
	rootDevice    = "/dev/xvda"
)

// Limits of gp3, as of late 2025. https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
const (
	gp3MinIOPS, gp3MaxIOPS, gp3IOPSPerGiB = 3000, 80000, 500
	gp3MinMiBps, gp3MaxMiBps              = 125, 2000
	gp3MaxGiB                             = 65536
)

var (
	imageID     = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
	sshKey      = regexp.MustCompile(`^(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/]+=*( .*)?$`)
	emptySHA1   = hash1("")
	volumeTypes = []string{"standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"}
)

func hash1(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func init() {
	register(&resourceType{
		token: instanceToken,
		inputs: map[string]attribute{
			"ami":                               {replace: true, computed: true},
			"subnetId":                          {replace: true, computed: true},
			"availabilityZone":                  {replace: true, computed: true},
			"privateIp":                         {replace: true, computed: true},
			"associatePublicIpAddress":          {replace: true, computed: true},
			"keyName":                           {replace: true, computed: true},
			"ebsOptimized":                      {replace: true},
			"hibernation":                       {replace: true},
			"tenancy":                           {replace: true, computed: true, check: oneOf("default", "dedicated", "host")},
			"instanceType":                      {computed: true},
			"iamInstanceProfile":                {computed: true},
			"vpcSecurityGroupIds":               {computed: true, unordered: true},
			"sourceDestCheck":                   {fallback: true},
			"userData":                          {computed: true, same: sameUserData, check: length(0, 16384)},
			"userDataReplaceOnChange":           {fallback: false},
			"disableApiStop":                    {computed: true},
			"disableApiTermination":             {computed: true},
			"instanceInitiatedShutdownBehavior": {computed: true},
			"monitoring":                        {computed: true},
			"getPasswordData":                   {fallback: false},
			"metadataOptions": {computed: true, fields: map[string]attribute{
				"httpEndpoint":            {computed: true, check: oneOf("enabled", "disabled")},
				"httpProtocolIpv6":        {computed: true, check: oneOf("enabled", "disabled")},
				"httpTokens":              {computed: true, check: oneOf("optional", "required")},
				"httpPutResponseHopLimit": {computed: true, check: between(1, 64)},
				"instanceMetadataTags":    {computed: true, check: oneOf("enabled", "disabled")},
			}},
			"rootBlockDevice": {computed: true, fields: map[string]attribute{
				"encrypted": {replace: true, computed: true}, "kmsKeyId": {replace: true, computed: true},
				"volumeSize": {computed: true}, "volumeType": {computed: true, check: oneOf(volumeTypes...)},
				"iops": {computed: true}, "throughput": {computed: true},
				"deleteOnTermination": {computed: true}, "tags": {},
			}},
			"volumeTags": {},
		},
		outputs: []string{
			"arn", "instanceState", "primaryNetworkInterfaceId", "privateDns", "publicIp", "publicDns", "securityGroups",
			"instanceLifecycle", "outpostArn", "passwordData", "spotInstanceRequestId",
		},
		taggable: true,
		adjust:   adjustInstance,
		create:   createInstance, update: updateInstance, remove: removeInstance,
	}, &resourceType{
		token: keyPairToken,
		name:  &autoname{attribute: "keyName", unless: "keyNamePrefix", longest: 255},
		inputs: map[string]attribute{
			"publicKey":     {required: true, replace: true, same: func(a, b any) bool { return strings.TrimSpace(fmt.Sprint(a)) == strings.TrimSpace(fmt.Sprint(b)) }},
			"keyName":       {replace: true, check: length(0, 255)},
			"keyNamePrefix": {replace: true, computed: true, check: length(0, 229)},
		},
		conflicts: [][]string{{"keyName", "keyNamePrefix"}},
		outputs:   []string{"arn", "keyPairId", "fingerprint", "keyType"},
		taggable:  true,
		create:    createKeyPair, update: merge,
	})
}

// sameUserData compares a script with the hash that the state keeps of it.
func sameUserData(old, new any) bool {
	script, ok := new.(string)
	return ok && old == hash1(script)
}

// adjustInstance replaces where the architecture changes, and where user data is said to replace.
func adjustInstance(found differences, state, in values) {
	if _, differs := found["userData"]; differs && flag(in, "userDataReplaceOnChange") {
		found["userData"] = true
	}
	if _, differs := found["instanceType"]; differs && !isUnknown(in["instanceType"]) {
		was, is := account.InstanceTypes[text(state, "instanceType")], account.InstanceTypes[text(in, "instanceType")]
		shared := slices.ContainsFunc(was.Architectures, func(a string) bool { return slices.Contains(is.Architectures, a) })
		found["instanceType"] = !shared
	}
}

// image returns an image that the fixture has or, where that is allowed, one that is assumed to fit.
func (c *call) image(id string) (fixtureImage, bool) {
	if image, ok := c.offers().Images[id]; ok {
		return image, true
	}
	if imageID.MatchString(id) && c.assume("image %s exists in %s, for x86_64 and of 8 GiB", id, c.region) {
		return fixtureImage{Name: id, Architecture: "x86_64", GiB: 8}, true
	}
	return fixtureImage{}, false
}

func (c *call) keyPairExists(name string) bool {
	return slices.Contains(account.KeyPairs, name) || c.get(keyPairToken, name) != nil ||
		c.assume("key pair %q exists in %s", name, c.region)
}

const creatingInstance = "creating EC2 Instance"

func createInstance(c *call, in values) (string, values, error) {
	const operation = "RunInstances"
	subnet := c.get(subnetToken, text(in, "subnetId"))
	if subnet == nil {
		return "", nil, c.ec2(creatingInstance, operation, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", text(in, "subnetId"))
	}
	image, err := c.checkImage(in)
	if err != nil {
		return "", nil, err
	}
	for _, check := range []func(values, *object) error{c.checkInstanceType, c.checkInstanceAccess, c.checkInstanceGroups} {
		if err := check(in, subnet); err != nil {
			return "", nil, err
		}
	}
	device, err := c.rootDevice(in, image)
	if err != nil {
		return "", nil, err
	}
	id, eni := c.newID("i"), c.newID("eni")
	address := c.address(subnet.ID, eni)
	if address == "" {
		return "", nil, c.ec2(creatingInstance, operation, "InsufficientFreeAddressesInSubnet", "Not enough free addresses in subnet '%s'", subnet.ID)
	}
	state := clone(in)
	groups := list(in, "vpcSecurityGroupIds")
	if len(groups) == 0 {
		groups = []string{text(c.vpc(text(subnet.State, "vpcId")).State, "defaultSecurityGroupId")}
	}
	domain := c.region + ".compute.internal"
	if c.region == "us-east-1" {
		domain = "ec2.internal"
	}
	maps.Copy(state, values{
		"arn": c.arn("ec2", "instance/"+id), "instanceState": "running", "primaryNetworkInterfaceId": eni, "privateIp": address,
		"privateDns": "ip-" + strings.ReplaceAll(address, ".", "-") + "." + domain, "publicIp": "", "publicDns": "",
		"securityGroups": []any{}, "vpcSecurityGroupIds": anys(groups), "availabilityZone": subnet.State["availabilityZone"],
		"instanceLifecycle": "", "outpostArn": "", "passwordData": "", "spotInstanceRequestId": "", "tenancy": "default",
		"associatePublicIpAddress": flag(in, "associatePublicIpAddress"), "monitoring": flag(in, "monitoring"),
		"disableApiTermination": flag(in, "disableApiTermination"), "disableApiStop": flag(in, "disableApiStop"),
		"instanceInitiatedShutdownBehavior": "stop", "rootBlockDevice": device, "metadataOptions": metadataOptions(in, image),
		"keyName": text(in, "keyName"), "iamInstanceProfile": text(in, "iamInstanceProfile"), "userData": storedUserData(in),
		"networkInterfaces": []any{},
	})
	o := c.put(instanceToken, id, state)
	c.put(interfaceToken, eni, values{
		"subnetId": subnet.ID, "vpcId": subnet.State["vpcId"], "groups": anys(groups), "privateIp": address,
	}).Owner = key(o.Type, o.Region, o.ID)
	return id, state, nil
}

// storedUserData is what the provider's state keeps of a script: its hash.
func storedUserData(in values) any {
	if script := text(in, "userData"); script != "" {
		return hash1(script)
	}
	return ""
}

func metadataOptions(in values, image fixtureImage) values {
	options := values{
		"httpEndpoint": "enabled", "httpProtocolIpv6": "disabled", "httpTokens": "optional", "httpPutResponseHopLimit": 1.0,
		"instanceMetadataTags": "disabled",
	}
	if image.IMDSv2 {
		options["httpTokens"], options["httpPutResponseHopLimit"] = "required", 2.0
	}
	if chosen, ok := in["metadataOptions"].(values); ok {
		maps.Copy(options, chosen)
	}
	return options
}

func (c *call) checkImage(in values) (fixtureImage, error) {
	id := text(in, "ami")
	if !imageID.MatchString(id) {
		return fixtureImage{}, c.ec2(creatingInstance, "RunInstances", "InvalidAMIID.Malformed", `Invalid id: "%s" (expecting "ami-...")`, id)
	}
	image, ok := c.image(id)
	if !ok {
		return image, c.ec2(creatingInstance, "RunInstances", "InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
	}
	if t, ok := account.InstanceTypes[text(in, "instanceType")]; ok && !slices.Contains(t.Architectures, image.Architecture) {
		return image, c.ec2(creatingInstance, "RunInstances", "InvalidParameterValue", "The architecture '%s' of the specified instance type does "+
			"not match the architecture '%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try "+
			"again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.",
			t.Architectures[0], image.Architecture)
	}
	return image, nil
}

func (c *call) checkInstanceType(in values, subnet *object) error {
	name, zone := text(in, "instanceType"), text(subnet.State, "availabilityZone")
	t, ok := account.InstanceTypes[name]
	if !ok {
		return c.ec2(creatingInstance, "RunInstances", "InvalidParameterValue", "Invalid value '%s' for InstanceType.", name)
	}
	if zones := c.offers().offering(name); !slices.Contains(zones, zone) {
		return c.ec2(creatingInstance, "RunInstances", "Unsupported", "Your requested instance type (%s) is not supported in your requested "+
			"Availability Zone (%s). Please retry your request by not specifying an Availability Zone or choosing %s.", name, zone,
			strings.Join(zones, ", "))
	}
	if flag(in, "ebsOptimized") && t.EBSOptimized == "unsupported" {
		return c.ec2(creatingInstance, "RunInstances", "Unsupported", "The requested configuration is currently not supported. Please check the "+
			"documentation for supported configurations.")
	}
	return nil
}

// checkInstanceAccess checks the profile and the key pair.
func (c *call) checkInstanceAccess(in values, _ *object) error {
	if name := text(in, "iamInstanceProfile"); name != "" {
		if err := c.checkProfile(creatingInstance, "RunInstances", name); err != nil {
			return err
		}
	}
	if name := text(in, "keyName"); name != "" && !c.keyPairExists(name) {
		return c.ec2(creatingInstance, "RunInstances", "InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name)
	}
	return nil
}

func (c *call) checkProfile(prefix, operation, name string) error {
	exists, hasRole := c.instanceProfile(name)
	switch {
	case !exists:
		return c.ec2(prefix, operation, "InvalidParameterValue",
			"Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", name)
	case !hasRole:
		return c.ec2(prefix, operation, "InvalidParameterValue", `IAM Instance Profile "%s" has no associated IAM Roles`,
			c.globalARN("iam", "instance-profile/"+name))
	}
	return nil
}

func (c *call) checkInstanceGroups(in values, subnet *object) error {
	for _, id := range list(in, "vpcSecurityGroupIds") {
		group := c.securityGroup(id)
		if group == nil {
			return c.noGroup(creatingInstance, "RunInstances", id)
		}
		if text(group.State, "vpcId") != text(subnet.State, "vpcId") {
			return c.ec2(creatingInstance, "RunInstances", "InvalidParameter", "Security group %s and subnet %s belong to different networks.",
				id, subnet.ID)
		}
	}
	return nil
}

// rootDevice is the root volume as it will be.
func (c *call) rootDevice(in values, image fixtureImage) (values, error) {
	device := values{
		"deviceName": rootDevice, "volumeId": c.newID("vol"), "volumeSize": float64(image.GiB), "volumeType": "gp3", "encrypted": false,
		"deleteOnTermination": true, "kmsKeyId": "", "tags": values{},
	}
	chosen, _ := in["rootBlockDevice"].(values)
	maps.Copy(device, chosen)
	if err := c.checkVolume(creatingInstance, "RunInstances", "root_block_device", device); err != nil {
		return nil, err
	}
	if number(device, "volumeSize") < image.GiB {
		return nil, c.ec2(creatingInstance, "RunInstances", "InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', "+
			"expect size >= %dGB", number(device, "volumeSize"), "snap-0"+c.hash(text(in, "ami"), 16), image.GiB)
	}
	if device["volumeType"] == "gp3" {
		for name, usual := range map[string]float64{"iops": gp3MinIOPS, "throughput": gp3MinMiBps} {
			if !given(device, name) {
				device[name] = usual
			}
		}
	}
	if flag(device, "encrypted") && text(device, "kmsKeyId") == "" {
		device["kmsKeyId"] = c.arn("kms", "key/"+strings.Join([]string{c.hash("ebs", 8), "0000", "4000", "8000", c.hash("ebs", 12)}, "-"))
	}
	device["tagsAll"] = c.allTags(values{"tags": device["tags"]})
	return device, nil
}

// checkVolume holds a volume against the limits of its type.
func (c *call) checkVolume(prefix, operation, block string, v values) error {
	kind, size := text(v, "volumeType"), number(v, "volumeSize")
	if kind != "gp3" {
		if given(v, "throughput") && number(v, "throughput") > 0 {
			return fmt.Errorf("%s: collecting instance settings: creating resource: throughput attribute not supported for %s with volume_type %s",
				prefix, block, kind)
		}
		if given(v, "iops") && number(v, "iops") > 0 && kind != "io1" && kind != "io2" {
			return fmt.Errorf("%s: collecting instance settings: creating resource: iops attribute not supported for %s with volume_type %s",
				prefix, block, kind)
		}
		return nil
	}
	iops, rate := gp3MinIOPS, gp3MinMiBps
	if given(v, "iops") {
		iops = number(v, "iops")
	}
	if given(v, "throughput") {
		rate = number(v, "throughput")
	}
	refuse := func(format string, args ...any) error {
		return c.ec2(prefix, operation, "InvalidParameterValue", format, args...)
	}
	switch {
	case size < 1 || size > gp3MaxGiB:
		return refuse("Volume size of %d GiB is invalid; gp3 volumes are between 1 and %d GiB.", size, gp3MaxGiB)
	case iops < gp3MinIOPS:
		return refuse("Volume iops of %d is too low; minimum is %d.", iops, gp3MinIOPS)
	case iops > gp3MaxIOPS:
		return refuse("Volume iops of %d is too high; maximum is %d.", iops, gp3MaxIOPS)
	case iops > gp3MinIOPS && iops > gp3IOPSPerGiB*size:
		return refuse("Iops to volume size ratio of %f is too high; maximum is %d", float64(iops)/float64(size), gp3IOPSPerGiB)
	case rate < gp3MinMiBps:
		return refuse("Volume throughput of %d is too low; minimum is %d.", rate, gp3MinMiBps)
	case rate > gp3MaxMiBps:
		return refuse("Volume throughput of %d is too high; maximum is %d.", rate, gp3MaxMiBps)
	case 4*rate > iops:
		return refuse("Throughput (MiBps) to iops ratio of %f is too high; maximum is 0.250000 MiBps per iops", float64(rate)/float64(iops))
	}
	return nil
}

// address is a free address of a subnet for a network interface, which keeps it. AWS takes the first four and the last for itself.
func (c *call) address(subnet, eni string) string {
	block, err := netip.ParsePrefix(text(c.get(subnetToken, subnet).State, "cidrBlock"))
	if err != nil {
		return ""
	}
	taken := map[string]bool{}
	for _, other := range c.all(interfaceToken, func(v values) bool { return text(v, "subnetId") == subnet }) {
		if other.ID == eni {
			return text(other.State, "privateIp")
		}
		taken[text(other.State, "privateIp")] = true
	}
	address := block.Addr()
	for range 4 {
		address = address.Next()
	}
	for ; block.Contains(address.Next()); address = address.Next() {
		if !taken[address.String()] {
			return address.String()
		}
	}
	return ""
}

func updateInstance(c *call, id string, old, in values) (values, error) {
	prefix, operation := "updating EC2 Instance ("+id+")", "ModifyInstanceAttribute"
	if name := text(in, "iamInstanceProfile"); name != "" && name != text(old, "iamInstanceProfile") {
		if err := c.checkProfile(prefix, "ReplaceIamInstanceProfileAssociation", name); err != nil {
			return nil, err
		}
	}
	subnet := c.get(subnetToken, text(old, "subnetId"))
	if err := c.checkInstanceGroups(in, subnet); err != nil {
		return nil, err
	}
	if given(in, "vpcSecurityGroupIds") && len(list(in, "vpcSecurityGroupIds")) == 0 {
		return nil, fmt.Errorf("%s: VPC-based instances require at least one security group to be attached.", prefix)
	}
	if text(in, "instanceType") != text(old, "instanceType") {
		if err := c.checkInstanceType(values{"instanceType": in["instanceType"], "ebsOptimized": old["ebsOptimized"]}, subnet); err != nil {
			return nil, err
		}
	}
	state := clone(old)
	for name, value := range in {
		chosen, isObject := value.(values)
		merged, _ := state[name].(values)
		if isObject && merged != nil && name != "tags" && name != "volumeTags" {
			merged = clone(merged)
			maps.Copy(merged, chosen)
			value = merged
		}
		state[name] = value
	}
	device, _ := state["rootBlockDevice"].(values)
	was, _ := old["rootBlockDevice"].(values)
	if number(device, "volumeSize") < number(was, "volumeSize") {
		return nil, c.ec2(prefix, "ModifyVolume", "InvalidParameterValue", "New size cannot be smaller than existing size")
	}
	if err := c.checkVolume(prefix, operation, "root_block_device", device); err != nil {
		return nil, err
	}
	device["tagsAll"] = c.allTags(values{"tags": device["tags"]})
	state["userData"] = storedUserData(in)
	if !given(in, "userData") {
		// A script that is left out stays: the provider computes it.
		state["userData"] = old["userData"]
	}
	for _, eni := range c.all(interfaceToken, nil) {
		if eni.Owner == key(instanceToken, c.region, id) {
			eni.State["groups"] = state["vpcSecurityGroupIds"]
		}
	}
	return state, nil
}

// removeInstance first sets the termination protection that is configured, as the provider does, so that one which somebody set
// by hand does not hold.
func removeInstance(c *call, id string, state values) error {
	if flag(state, "disableApiTermination") {
		return c.ec2("terminating EC2 Instance ("+id+")", "TerminateInstances", "OperationNotPermitted", "The instance '%s' may not be "+
			"terminated. Modify its 'disableApiTermination' instance attribute and try again.", id)
	}
	c.drop(c.get(instanceToken, id))
	return nil
}

func createKeyPair(c *call, in values) (string, values, error) {
	name := text(in, "keyName")
	prefix := "importing EC2 Key Pair (" + name + ")"
	if !sshKey.MatchString(strings.TrimSpace(text(in, "publicKey"))) {
		return "", nil, c.ec2(prefix, "ImportKeyPair", "InvalidKey.Format", "Key is not in valid OpenSSH public key format")
	}
	if slices.Contains(account.KeyPairs, name) || c.get(keyPairToken, name) != nil {
		return "", nil, c.ec2(prefix, "ImportKeyPair", "InvalidKeyPair.Duplicate", "The keypair '%s' already exists.", name)
	}
	state := clone(in)
	kind := "ed25519"
	if strings.HasPrefix(text(in, "publicKey"), "ssh-rsa") {
		kind = "rsa"
	}
	maps.Copy(state, values{
		"arn": c.arn("ec2", "key-pair/"+name), "keyPairId": c.newID("key"), "fingerprint": c.hash(text(in, "publicKey"), 32), "keyType": kind,
	})
	c.put(keyPairToken, name, state)
	return name, state, nil
}
