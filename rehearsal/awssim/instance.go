package awssim

import (
	"bastionless/rehearsal/awssim/catalogue"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

const instanceToken = "aws:ec2/instance:Instance"

var imageID = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)

// Instances of the simulated AWS have one network interface and one volume. It refuses the inputs for more, and those of
// launch templates, placement, capacity reservations, spot instances, enclaves, IPv6 and processors.
func init() {
	register(&resourceType{
		token: instanceToken,
		inputs: map[string]attribute{
			"ami":                               {replace: true, computed: true},
			"subnetId":                          {replace: true, computed: true},
			"availabilityZone":                  {replace: true, computed: true},
			"privateIp":                         {replace: true, computed: true, check: ipv4Address},
			"associatePublicIpAddress":          {replace: true, computed: true},
			"keyName":                           {replace: true, computed: true},
			"ebsOptimized":                      {replace: true},
			"tenancy":                           {replace: true, computed: true, check: oneOf("default", "dedicated", "host")},
			"instanceType":                      {computed: true},
			"iamInstanceProfile":                {computed: true},
			"vpcSecurityGroupIds":               {computed: true, unordered: true},
			"sourceDestCheck":                   {fallback: true},
			"userData":                          {computed: true, same: sameUserData, check: length(0, maxUserData)},
			"userDataBase64":                    {computed: true, check: base64Text},
			"userDataReplaceOnChange":           {fallback: false},
			"disableApiStop":                    {computed: true},
			"disableApiTermination":             {computed: true},
			"instanceInitiatedShutdownBehavior": {computed: true},
			"monitoring":                        {computed: true},
			"getPasswordData":                   {fallback: false},
			"creditSpecification":               {computed: true, fields: map[string]attribute{"cpuCredits": {computed: true, check: oneOf("standard", "unlimited")}}},
			"maintenanceOptions":                {computed: true, fields: map[string]attribute{"autoRecovery": {computed: true, check: oneOf("default", "disabled")}}},
			"metadataOptions": {computed: true, fields: map[string]attribute{
				"httpEndpoint":            {fallback: "enabled", check: oneOf("enabled", "disabled")},
				"httpProtocolIpv6":        {fallback: "disabled", check: oneOf("enabled", "disabled")},
				"httpTokens":              {computed: true, check: oneOf("optional", "required")},
				"httpPutResponseHopLimit": {computed: true, check: between(1, 64)},
				"instanceMetadataTags":    {computed: true, check: oneOf("enabled", "disabled")},
			}},
			"rootBlockDevice": rootBlockDevice(),
			"volumeTags":      {},
		},
		outputs: []string{
			"arn", "instanceState", "primaryNetworkInterfaceId", "privateDns", "publicIp", "publicDns", "securityGroups",
			"instanceLifecycle", "outpostArn", "passwordData", "spotInstanceRequestId",
		},
		needs:     map[string]string{"ami": "ami,launch_template", "instanceType": "instance_type,launch_template"},
		conflicts: [][]string{{"userData", "userDataBase64"}},
		examine:   examineInstance,
		taggable:  true,
		adjust:    adjustInstance,
		create:    createInstance, update: updateInstance, remove: removeInstance,
		gone: func(c *call, id string) error {
			return c.ec2("updating EC2 Instance ("+id+")", "ModifyInstanceAttribute", "InvalidInstanceID.NotFound",
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

// examineInstance finds what one input alone does not tell.
func examineInstance(name string, in values) []string {
	var reasons []string
	if device, _ := in["rootBlockDevice"].(values); given(device, "tags") && given(in, "volumeTags") {
		reasons = append(reasons, examine(`Conflicting configuration arguments. "root_block_device.0.tags": conflicts with volume_tags`,
			name, "rootBlockDevice.tags"))
	}
	return reasons
}

// sha1Text is how the provider's state keeps a script.
func sha1Text(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// sameUserData compares the hash of a script that the state keeps with the script.
func sameUserData(old, new any) bool {
	script, ok := new.(string)
	return ok && old == sha1Text(script)
}

// adjustInstance replaces where user data is said to replace and where two types have no architecture in common, and leaves
// out what does not count.
func adjustInstance(found differences, state, in values) {
	for _, name := range []string{"userData", "userDataBase64"} {
		if _, differs := found[name]; differs && flag(in, "userDataReplaceOnChange") {
			found[name] = true
		}
	}
	if _, differs := found["instanceType"]; differs && !isUnknown(in["instanceType"]) {
		was, _ := catalogue.LookupInstanceType(text(state, "instanceType"))
		is, _ := catalogue.LookupInstanceType(text(in, "instanceType"))
		found["instanceType"] = !slices.ContainsFunc(was.Architectures, func(a string) bool { return slices.Contains(is.Architectures, a) })
	}
	kind := text(in, "rootBlockDevice.volumeType")
	if kind == "" {
		kind = text(state, "rootBlockDevice.volumeType")
	}
	if limits := volumeTypes[kind]; limits.maxIOPS == 0 && number(in, "rootBlockDevice.iops") == 0 {
		delete(found, "rootBlockDevice.iops")
	}
	if volumeTypes[kind].maxMiBps == 0 && number(in, "rootBlockDevice.throughput") == 0 {
		delete(found, "rootBlockDevice.throughput")
	}
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
	address := text(in, "privateIp")
	if address == "" {
		free := c.freeAddresses(subnet, 1)
		if len(free) == 0 {
			return "", nil, c.noFreeAddress(creatingInstance, "RunInstances", subnet.ID)
		}
		address = free[0]
	}
	id := c.newID("i")
	if err := c.unreadable(id, device); err != nil {
		return id, clone(in), partly(err)
	}
	state := c.describeInstance(id, in, subnet, image)
	maps.Copy(state, values{
		"privateIp": address, "privateDns": c.privateDNS(subnet, id, address), "rootBlockDevice": device,
		"primaryNetworkInterfaceId": c.newID("eni"),
	})
	instance := c.put(instanceToken, id, state)
	c.attach(instance, text(state, "primaryNetworkInterfaceId"), subnet, anys(list(state, "vpcSecurityGroupIds")), address)
	return id, state, nil
}

// describeInstance are the properties of an instance: what is asked for, and what AWS takes where nothing is.
func (c *call) describeInstance(id string, in values, subnet *object, image catalogue.Image) values {
	vpc := c.vpc(text(subnet.State, "vpcId"))
	state := values{
		"associatePublicIpAddress": flag(subnet.State, "mapPublicIpOnLaunch"), "disableApiStop": false, "disableApiTermination": false,
		"iamInstanceProfile": "", "instanceInitiatedShutdownBehavior": "stop", "keyName": "", "monitoring": false, "tenancy": "default",
		"maintenanceOptions": values{"autoRecovery": "default"}, "vpcSecurityGroupIds": []any{vpc.State["defaultSecurityGroupId"]},
	}
	switch family, _, _ := strings.Cut(text(in, "instanceType"), "."); family {
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
	if len(list(state, "vpcSecurityGroupIds")) == 0 {
		state["vpcSecurityGroupIds"] = []any{vpc.State["defaultSecurityGroupId"]}
	}
	maps.Copy(state, values{
		"arn": c.arn("ec2", "instance/"+id), "instanceState": "running", "availabilityZone": subnet.State["availabilityZone"],
		"metadataOptions": metadataOptions(in, image), "publicIp": "", "publicDns": "", "securityGroups": []any{},
		"instanceLifecycle": "", "outpostArn": "", "passwordData": "", "spotInstanceRequestId": "",
	})
	if script := text(in, "userData"); script != "" {
		state["userData"] = sha1Text(script)
	}
	if flag(state, "associatePublicIpAddress") {
		state["publicIp"], state["publicDns"] = c.publicAddress(vpc)
	}
	return state
}

// metadataOptions are those asked for and, for the rest, those of an image that asks for IMDSv2 or of one that does not.
func metadataOptions(in values, image catalogue.Image) values {
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
