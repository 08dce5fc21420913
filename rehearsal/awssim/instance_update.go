package awssim

// updateInstance changes an instance in place. Its type and its user data change while it is stopped, which gives it another
// public address.
func updateInstance(c *call, id string, old, in values) (values, error) {
	subnet := c.get(subnetToken, text(old, "subnetId"))
	stops, err := c.checkInstanceUpdate("updating EC2 Instance ("+id+")", id, old, in, subnet)
	if err != nil {
		return nil, err
	}
	device := old["rootBlockDevice"].(values)
	if chosen, ok := in["rootBlockDevice"].(values); ok {
		if device, err = c.changeRootDevice(id, device, chosen); err != nil {
			return nil, err
		}
	}
	c.describeVolume(device) // its tags follow the provider's
	script := old["userData"]
	if given(in, "userData") {
		script = sha1Text(text(in, "userData"))
	}
	state := c.settle(old, in)
	state["rootBlockDevice"], state["userData"] = device, script
	if chosen, ok := in["metadataOptions"].(values); ok {
		for name, usual := range map[string]string{"httpEndpoint": "enabled", "httpProtocolIpv6": "disabled"} {
			if !given(chosen, name) {
				state["metadataOptions"].(values)[name] = usual
			}
		}
	}
	if stops && text(state, "publicIp") != "" {
		state["publicIp"], state["publicDns"] = c.publicAddress(c.vpc(text(subnet.State, "vpcId")))
	}
	for _, eni := range c.interfacesOf(instanceToken, id) {
		eni.State["groups"] = anys(list(state, "vpcSecurityGroupIds"))
	}
	return state, nil
}

// checkInstanceUpdate refuses what an instance cannot become, and says whether it must be stopped.
func (c *call) checkInstanceUpdate(prefix, id string, old, in values, subnet *object) (stops bool, err error) {
	if name := text(in, "iamInstanceProfile"); name != "" && name != text(old, "iamInstanceProfile") {
		if err := c.checkProfile(prefix, "AssociateIamInstanceProfile", name); err != nil {
			return false, err
		}
	}
	if err := c.checkInstanceBehaviour(prefix, "ModifyInstanceAttribute", in); err != nil {
		return false, err
	}
	groups := list(in, "vpcSecurityGroupIds")
	if given(in, "vpcSecurityGroupIds") && len(groups) == 0 {
		return false, worded(prefix + ": VPC-based instances require at least one security group to be attached.")
	}
	if err := c.checkGroups(prefix, "ModifyNetworkInterfaceAttribute", groups, subnet); err != nil {
		return false, err
	}
	retyped := given(in, "instanceType") && text(in, "instanceType") != text(old, "instanceType")
	rewritten := given(in, "userData") && !equal(old["userData"], in["userData"]) && !sameUserData(old["userData"], in["userData"]) ||
		given(in, "userDataBase64") && !equal(old["userDataBase64"], in["userDataBase64"])
	stops = retyped || rewritten
	if stops && flag(old, "disableApiStop") {
		return false, c.ec2(prefix, "StopInstances", "OperationNotPermitted", "The instance '%s' may not be stopped. Modify its "+
			"'disableApiStop' instance attribute and try again.", id)
	}
	if retyped {
		wanted := values{"instanceType": in["instanceType"], "ebsOptimized": old["ebsOptimized"]}
		return stops, c.checkInstanceType(prefix, "ModifyInstanceAttribute", wanted, subnet)
	}
	return stops, nil
}

// removeInstance first sets the termination protection that Pulumi's state has, as the provider does: protection that is
// configured holds even where somebody took it away, and one that somebody set by hand does not hold.
func removeInstance(c *call, id string, state values) error {
	state["disableApiTermination"] = flag(c.recorded, "disableApiTermination")
	if flag(state, "disableApiTermination") {
		return c.ec2("terminating EC2 Instance ("+id+")", "TerminateInstances", "OperationNotPermitted", "The instance '%s' may not be "+
			"terminated. Modify its 'disableApiTermination' instance attribute and try again.", id)
	}
	c.drop(c.get(instanceToken, id))
	if device, _ := state["rootBlockDevice"].(values); !flag(device, "deleteOnTermination") {
		// The volume stays, and is nobody's: what is left in the account tells of it.
		c.put(volumeToken, text(device, "volumeId"), clone(device))
	}
	return nil
}
