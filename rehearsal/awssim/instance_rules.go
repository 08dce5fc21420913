package awssim

import (
	"bastionless/rehearsal/awssim/catalogue"
	"encoding/base64"
	"slices"
	"strings"
)

// What AWS refuses of instances.

// maxUserData is a limit in bytes, before the encoding. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
const maxUserData = 16384

// image returns an image that the fixture has or, where that is allowed, one that is assumed to fit.
func (c *call) image(id string) (catalogue.Image, bool) {
	if image, ok := c.offers.LookupImage(id); ok {
		return image, true
	}
	if imageID.MatchString(id) && c.assume("image %s exists in %s, for x86_64 and of 8 GiB", id, c.region) {
		return catalogue.Image{ID: id, Name: id, Architecture: "x86_64", RootGiB: 8}, true
	}
	return catalogue.Image{}, false
}

// checkInstanceSubnet finds the subnet of a new instance.
func (c *call) checkInstanceSubnet(in values) (*object, error) {
	id := text(in, "subnetId")
	if id == "" {
		// The simulated account has no default VPC.
		return nil, c.ec2(creatingInstance, "RunInstances", "VPCIdNotSpecified", "No default VPC for this user")
	}
	subnet := c.get(subnetToken, id)
	if subnet == nil {
		return nil, c.noSubnet(creatingInstance, "RunInstances", id)
	}
	if zone := text(in, "availabilityZone"); zone != "" && zone != text(subnet.State, "availabilityZone") {
		// That AWS refuses this is documented; the sentence is not established.
		return nil, c.ec2(creatingInstance, "RunInstances", "InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. "+
			"Subnet %s is in the availability zone %s.", zone, id, text(subnet.State, "availabilityZone"))
	}
	if address := text(in, "privateIp"); address != "" {
		return subnet, c.checkAddress(creatingInstance, "RunInstances", subnet, address)
	}
	return subnet, nil
}

func (c *call) checkImage(in values) (catalogue.Image, error) {
	id := text(in, "ami")
	if !imageID.MatchString(id) {
		return catalogue.Image{}, c.ec2(creatingInstance, "RunInstances", "InvalidAMIID.Malformed", `Invalid id: "%s" (expecting "ami-...")`, id)
	}
	image, ok := c.image(id)
	if !ok {
		return image, c.ec2(creatingInstance, "RunInstances", "InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
	}
	if t, ok := catalogue.LookupInstanceType(text(in, "instanceType")); ok && !slices.Contains(t.Architectures, image.Architecture) {
		return image, c.ec2(creatingInstance, "RunInstances", "InvalidParameterValue", "The architecture '%s' of the specified instance type does "+
			"not match the architecture '%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try "+
			"again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.",
			strings.Join(t.Architectures, ","), image.Architecture)
	}
	return image, nil
}

// checkInstance holds an instance's type, profile, key pair and groups against what there is. How many processors an account
// may run differs from account to account: the simulated AWS refuses none for their number.
func (c *call) checkInstance(prefix, operation string, in values, subnet *object) error {
	if err := c.checkInstanceType(prefix, operation, in, subnet); err != nil {
		return err
	}
	if name := text(in, "iamInstanceProfile"); name != "" {
		if err := c.checkProfile(prefix, operation, name); err != nil {
			return err
		}
	}
	if name := text(in, "keyName"); name != "" && !c.keyPairExists(name) {
		return c.noKeyPair(prefix, operation, name)
	}
	if err := c.checkInstanceBehaviour(prefix, operation, in); err != nil {
		return err
	}
	return c.checkGroups(prefix, operation, list(in, "vpcSecurityGroupIds"), subnet)
}

// checkInstanceBehaviour refuses what the provider lets pass.
func (c *call) checkInstanceBehaviour(prefix, operation string, in values) error {
	switch behaviour := text(in, "instanceInitiatedShutdownBehavior"); behaviour {
	case "", "stop", "terminate":
	default:
		// The sentence is not established.
		return c.ec2(prefix, operation, "InvalidParameterValue",
			"Value (%s) for parameter instanceInitiatedShutdownBehavior is invalid. Unknown shutdown behavior.", behaviour)
	}
	if script, err := base64.StdEncoding.DecodeString(text(in, "userDataBase64")); err == nil && len(script) > maxUserData {
		return c.ec2(prefix, operation, "InvalidParameterValue", "User data is limited to %d bytes", maxUserData)
	}
	return nil
}

func (c *call) checkInstanceType(prefix, operation string, in values, subnet *object) error {
	name, zone := text(in, "instanceType"), text(subnet.State, "availabilityZone")
	t, ok := catalogue.LookupInstanceType(name)
	if !ok {
		return c.ec2(prefix, operation, "InvalidParameterValue", "Invalid value '%s' for InstanceType.", name)
	}
	if zones := c.offers.ZonesOffering(name); !slices.Contains(zones, zone) {
		return c.ec2(prefix, operation, "Unsupported", "Your requested instance type (%s) is not supported in your requested "+
			"Availability Zone (%s). Please retry your request by not specifying an Availability Zone or choosing %s.", name, zone,
			strings.Join(zones, ", "))
	}
	// The simulated AWS has no dedicated hosts.
	if flag(in, "ebsOptimized") && t.EBSOptimized == "unsupported" || text(in, "tenancy") == "host" {
		return c.ec2(prefix, operation, "Unsupported", "The requested configuration is currently not supported. Please check the "+
			"documentation for supported configurations.")
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
			text(c.get(profileToken, name).State, "arn"))
	}
	return nil
}
