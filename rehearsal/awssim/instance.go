package awssim

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/catalog"
)

const instanceToken = "aws:ec2/instance:Instance"

var imageID = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)

// Instances have one network interface and one volume. The simulated AWS does not support inputs for more,
// nor for launch templates, placement, capacity reservations, Spot Instances, enclaves, IPv6 and CPU
// options.
func init() {
	register(&resourceType{
		Token: instanceToken,
		Inputs: map[string]attribute{
			"ami":                               {ForceNew: true, Computed: true},
			"subnetId":                          {ForceNew: true, Computed: true},
			"availabilityZone":                  {ForceNew: true, Computed: true},
			"privateIp":                         {ForceNew: true, Computed: true, Validate: ipv4Address},
			"associatePublicIpAddress":          {ForceNew: true, Computed: true},
			"keyName":                           {ForceNew: true, Computed: true},
			"ebsOptimized":                      {ForceNew: true},
			"tenancy":                           {ForceNew: true, Computed: true, Validate: stringInSet("default", "dedicated", "host")},
			"instanceType":                      {Computed: true},
			"iamInstanceProfile":                {Computed: true},
			"vpcSecurityGroupIds":               {Computed: true, Set: true},
			"sourceDestCheck":                   {Default: true},
			"userData":                          {Computed: true, DiffSuppress: sameUserData, Validate: lengthBetween(0, maxUserData)},
			"userDataBase64":                    {Computed: true, Validate: base64Text},
			"userDataReplaceOnChange":           {Default: false},
			"disableApiStop":                    {Computed: true},
			"disableApiTermination":             {Computed: true},
			"instanceInitiatedShutdownBehavior": {Computed: true},
			"monitoring":                        {Computed: true},
			"getPasswordData":                   {Default: false},
			"creditSpecification":               {Computed: true, Elem: map[string]attribute{"cpuCredits": {Computed: true, Validate: stringInSet("standard", "unlimited")}}},
			"maintenanceOptions":                {Computed: true, Elem: map[string]attribute{"autoRecovery": {Computed: true, Validate: stringInSet("default", "disabled")}}},
			"metadataOptions": {Computed: true, Elem: map[string]attribute{
				"httpEndpoint":            {Default: "enabled", Validate: stringInSet("enabled", "disabled")},
				"httpProtocolIpv6":        {Default: "disabled", Validate: stringInSet("enabled", "disabled")},
				"httpTokens":              {Computed: true, Validate: stringInSet("optional", "required")},
				"httpPutResponseHopLimit": {Computed: true, Validate: intBetween(1, 64)},
				"instanceMetadataTags":    {Computed: true, Validate: stringInSet("enabled", "disabled")},
			}},
			"rootBlockDevice": rootBlockDevice(),
			"volumeTags":      {},
		},
		Outputs: []string{
			"arn", "instanceState", "primaryNetworkInterfaceId", "privateDns", "publicIp", "publicDns", "securityGroups",
			"instanceLifecycle", "outpostArn", "passwordData", "spotInstanceRequestId",
		},
		AtLeastOneOf:  map[string]string{"ami": "ami,launch_template", "instanceType": "instance_type,launch_template"},
		ConflictsWith: [][]string{{"userData", "userDataBase64"}},
		Validate:      validateInstance,
		Taggable:      true,
		CustomizeDiff: customizeInstanceDiff,
		Kind:          instanceKind,
		Create:        createInstance, Update: updateInstance, Delete: deleteInstance,
		NotFound: func(c *call, id string) error {
			return c.ec2Error("updating EC2 Instance ("+id+")", "ModifyInstanceAttribute", "InvalidInstanceID.NotFound",
				"The instance ID '%s' does not exist", id)
		},
	})
}

func ipv4Address(path string, value any) []string {
	text, _ := value.(string)
	if address, err := netip.ParseAddr(text); err != nil || !address.Is4() {
		return []string{fmt.Sprintf("expected %s to contain a valid IPv4 address, got: %s", path, text)}
	}
	return nil
}

func base64Text(path string, value any) []string {
	text, _ := value.(string)
	if _, err := base64.StdEncoding.DecodeString(text); err != nil {
		return []string{fmt.Sprintf("%q (%q) must be base64-encoded", path, text)}
	}
	return nil
}

// validateInstance returns the provider's errors for combinations of inputs.
func validateInstance(name string, in values) []string {
	var reasons []string
	if device, _ := in["rootBlockDevice"].(values); isSet(device, "tags") && isSet(in, "volumeTags") {
		reasons = append(reasons, withPath(`Conflicting configuration arguments. "root_block_device.0.tags": conflicts with volume_tags`,
			name, "rootBlockDevice.tags"))
	}
	return reasons
}

// userDataHash returns the hash of a script that the provider keeps in the state instead of the script.
func userDataHash(script string) string {
	sum := sha1.Sum([]byte(script))
	return hex.EncodeToString(sum[:])
}

// sameUserData reports whether before, from the state, is the hash of the script after.
func sameUserData(before, after any) bool {
	script, ok := after.(string)
	return ok && before == userDataHash(script)
}

// customizeInstanceDiff replaces the instance if userDataReplaceOnChange is true and the user data differs,
// or if the old and the new type have no architecture in common. It ignores IOPS and throughput of 0 for
// volume types that do not have them.
func customizeInstanceDiff(diff differences, state, in values) error {
	for _, name := range []string{"userData", "userDataBase64"} {
		if _, differs := diff[name]; differs && boolean(in, "userDataReplaceOnChange") {
			diff[name] = true
		}
	}
	if _, differs := diff["instanceType"]; differs && !isUnknown(in["instanceType"]) {
		before, _ := catalog.LookupInstanceType(str(state, "instanceType"))
		after, _ := catalog.LookupInstanceType(str(in, "instanceType"))
		diff["instanceType"] = !slices.ContainsFunc(before.Architectures, func(a string) bool { return slices.Contains(after.Architectures, a) })
	}
	kind := str(in, "rootBlockDevice.volumeType")
	if kind == "" {
		kind = str(state, "rootBlockDevice.volumeType")
	}
	if limits := volumeTypes[kind]; limits.maxIOPS == 0 && integer(in, "rootBlockDevice.iops") == 0 {
		delete(diff, "rootBlockDevice.iops")
	}
	if volumeTypes[kind].maxMiBps == 0 && integer(in, "rootBlockDevice.throughput") == 0 {
		delete(diff, "rootBlockDevice.throughput")
	}
	return nil
}

const creatingInstance = "creating EC2 Instance"

func createInstance(c *call, in values) (string, values, error) {
	subnet, err := c.checkInstanceSubnet(in)
	if err != nil {
		return "", nil, err
	}
	image, err := c.checkImage(in)
	if err != nil {
		return "", nil, err
	}
	if err := c.checkInstance(creatingInstance, "RunInstances", in, subnet); err != nil {
		return "", nil, err
	}
	device, err := c.newRootDevice(in, image)
	if err != nil {
		return "", nil, err
	}
	address := str(in, "privateIp")
	if address == "" {
		free := c.freeAddresses(subnet, 1)
		if len(free) == 0 {
			return "", nil, c.noFreeAddress(creatingInstance, "RunInstances", subnet.ID)
		}
		address = free[0]
	}
	id := c.newID("i")
	if err := c.checkRootKey(id, device); err != nil {
		return id, clone(in), partial(err)
	}
	state := c.describeInstance(id, in, subnet, image)
	maps.Copy(state, values{
		"privateIp": address, "privateDns": c.privateDNS(subnet, id, address), "rootBlockDevice": device,
		"primaryNetworkInterfaceId": c.newID("eni"),
	})
	instance := c.put(instanceToken, id, state)
	c.putInterface(instance, str(state, "primaryNetworkInterfaceId"), subnet, toList(strList(state, "vpcSecurityGroupIds")), address)
	return id, state, nil
}

// describeInstance returns the properties of a new instance: the inputs, and AWS's defaults.
func (c *call) describeInstance(id string, in values, subnet *object, image catalog.Image) values {
	vpc := c.vpc(str(subnet.State, "vpcId"))
	state := values{
		"associatePublicIpAddress": boolean(subnet.State, "mapPublicIpOnLaunch"), "disableApiStop": false, "disableApiTermination": false,
		"iamInstanceProfile": "", "instanceInitiatedShutdownBehavior": "stop", "keyName": "", "monitoring": false, "tenancy": "default",
		"maintenanceOptions": values{"autoRecovery": "default"}, "vpcSecurityGroupIds": []any{vpc.State["defaultSecurityGroupId"]},
	}
	switch family, _, _ := strings.Cut(str(in, "instanceType"), "."); family {
	case "t2":
		state["creditSpecification"] = values{"cpuCredits": "standard"}
	case "t3", "t3a", "t4g":
		state["creditSpecification"] = values{"cpuCredits": "unlimited"}
	}
	for key, value := range clone(in) {
		if value != nil {
			state[key] = value
		}
	}
	if len(strList(state, "vpcSecurityGroupIds")) == 0 {
		state["vpcSecurityGroupIds"] = []any{vpc.State["defaultSecurityGroupId"]}
	}
	maps.Copy(state, values{
		"arn": c.arn("ec2", "instance/"+id), "instanceState": "running", "availabilityZone": subnet.State["availabilityZone"],
		"metadataOptions": metadataOptions(in, image), "publicIp": "", "publicDns": "", "securityGroups": []any{},
		"instanceLifecycle": "", "outpostArn": "", "passwordData": "", "spotInstanceRequestId": "",
	})
	if script := str(in, "userData"); script != "" {
		state["userData"] = userDataHash(script)
	}
	if boolean(state, "associatePublicIpAddress") {
		state["publicIp"], state["publicDns"] = c.publicAddress(vpc)
	}
	return state
}

// metadataOptions returns the metadata options of a new instance: the inputs, and defaults that depend on
// the image.
func metadataOptions(in values, image catalog.Image) values {
	options := values{
		"httpEndpoint": "enabled", "httpProtocolIpv6": "disabled", "httpTokens": "optional", "httpPutResponseHopLimit": 1.0,
		"instanceMetadataTags": "disabled",
	}
	if image.IMDSv2 {
		options["httpTokens"], options["httpPutResponseHopLimit"] = "required", 2.0
	}
	chosen, _ := in["metadataOptions"].(values)
	maps.Copy(options, clone(chosen))
	return options
}
