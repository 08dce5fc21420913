package awssim

import (
	"encoding/base64"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/catalog"
)

// maxUserData is the limit in bytes, before the encoding.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
const maxUserData = 16384

// image returns an image of the Region or, if it is unknown, one that is assumed to exist.
func (c *call) image(id string) (catalog.Image, bool) {
	if image, ok := c.offers.LookupImage(id); ok {
		return image, true
	}
	if imageID.MatchString(id) && c.assume("image %s exists in %s, for x86_64 and of 8 GiB", id, c.region) {
		return catalog.Image{ID: id, Name: id, Architecture: "x86_64", RootGiB: 8}, true
	}
	return catalog.Image{}, false
}

// checkInstanceSubnet returns the subnet of a new instance.
func (c *call) checkInstanceSubnet(in values) (*object, error) {
	id := str(in, "subnetId")
	if id == "" {
		// The account has no default VPC.
		return nil, c.ec2Error(creatingInstance, "RunInstances", "VPCIdNotSpecified", "No default VPC for this user")
	}
	subnet := c.get(subnetToken, id)
	if subnet == nil {
		return nil, c.subnetNotFound(creatingInstance, "RunInstances", id)
	}
	if zone := str(in, "availabilityZone"); zone != "" && zone != str(subnet.State, "availabilityZone") {
		// The error is documented, its message is not confirmed.
		return nil, c.ec2Error(creatingInstance, "RunInstances", "InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. "+
			"Subnet %s is in the availability zone %s.", zone, id, str(subnet.State, "availabilityZone"))
	}
	if address := str(in, "privateIp"); address != "" {
		return subnet, c.checkAddress(creatingInstance, "RunInstances", subnet, address)
	}
	return subnet, nil
}

func (c *call) checkImage(in values) (catalog.Image, error) {
	id := str(in, "ami")
	if !imageID.MatchString(id) {
		return catalog.Image{}, c.ec2Error(creatingInstance, "RunInstances", "InvalidAMIID.Malformed", `Invalid id: "%s" (expecting "ami-...")`, id)
	}
	image, ok := c.image(id)
	if !ok {
		return image, c.ec2Error(creatingInstance, "RunInstances", "InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
	}
	if state := imageState(image); state != "available" {
		// The error is documented, its message is not confirmed.
		return image, c.ec2Error(creatingInstance, "RunInstances", "InvalidAMIID.Unavailable", "The image ID '[%s]' is not available: it is %s", id, state)
	}
	if t, ok := c.instanceType(str(in, "instanceType")); ok && !slices.Contains(t.Architectures, image.Architecture) {
		return image, c.ec2Error(creatingInstance, "RunInstances", "InvalidParameterValue", "The architecture '%s' of the specified instance type does "+
			"not match the architecture '%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try "+
			"again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.",
			strings.Join(t.Architectures, ","), image.Architecture)
	}
	return image, nil
}

// checkInstance returns AWS's error for an instance's type, profile, key pair, security groups and
// behavior. The simulated AWS has no quota for vCPUs, since it differs between accounts.
func (c *call) checkInstance(prefix, operation string, in values, subnet *object) error {
	if err := c.checkInstanceType(prefix, operation, in, subnet); err != nil {
		return err
	}
	if name := str(in, "iamInstanceProfile"); name != "" {
		if err := c.checkProfile(prefix, operation, name); err != nil {
			return err
		}
	}
	if name := str(in, "keyName"); name != "" && !c.keyPairExists(name) {
		return c.keyPairNotFound(prefix, operation, name)
	}
	if err := c.checkInstanceBehavior(prefix, operation, in); err != nil {
		return err
	}
	return c.checkGroups(prefix, operation, strList(in, "vpcSecurityGroupIds"), subnet)
}

// checkInstanceBehavior returns AWS's errors for inputs that the provider does not validate.
func (c *call) checkInstanceBehavior(prefix, operation string, in values) error {
	switch behavior := str(in, "instanceInitiatedShutdownBehavior"); behavior {
	case "", "stop", "terminate":
	default:
		// The message is not confirmed.
		return c.ec2Error(prefix, operation, "InvalidParameterValue",
			"Value (%s) for parameter instanceInitiatedShutdownBehavior is invalid. Unknown shutdown behavior.", behavior)
	}
	if script, err := base64.StdEncoding.DecodeString(str(in, "userDataBase64")); err == nil && len(script) > maxUserData {
		return c.ec2Error(prefix, operation, "InvalidParameterValue", "User data is limited to %d bytes", maxUserData)
	}
	return nil
}

func (c *call) checkInstanceType(prefix, operation string, in values, subnet *object) error {
	name, zone := str(in, "instanceType"), str(subnet.State, "availabilityZone")
	t, ok := c.instanceType(name)
	if !ok {
		return c.ec2Error(prefix, operation, "InvalidParameterValue", "Invalid value '%s' for InstanceType.", name)
	}
	if zones := c.offers.ZonesOffering(name); !slices.Contains(zones, zone) {
		return c.ec2Error(prefix, operation, "Unsupported", "Your requested instance type (%s) is not supported in your requested "+
			"Availability Zone (%s). Please retry your request by not specifying an Availability Zone or choosing %s.", name, zone,
			strings.Join(zones, ", "))
	}
	c.assumeInstanceType(name)
	// The account has no Dedicated Hosts.
	if boolean(in, "ebsOptimized") && t.EBSOptimized == "unsupported" || str(in, "tenancy") == "host" {
		return c.ec2Error(prefix, operation, "Unsupported", "The requested configuration is currently not supported. Please check the "+
			"documentation for supported configurations.")
	}
	return nil
}

func (c *call) checkProfile(prefix, operation, name string) error {
	exists, hasRole := c.instanceProfile(name)
	switch {
	case !exists:
		return c.ec2Error(prefix, operation, "InvalidParameterValue",
			"Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", name)
	case !hasRole:
		return c.ec2Error(prefix, operation, "InvalidParameterValue", `IAM Instance Profile "%s" has no associated IAM Roles`,
			str(c.get(profileToken, name).State, "arn"))
	}
	return nil
}
