package awssim

// serviceSettingToken is the type of the settings of Systems Manager for an account and a Region.
const serviceSettingToken = "aws:ssm/serviceSetting:ServiceSetting"

func init() {
	readOnlyTypes[serviceSettingToken] = &resourceType{
		Token:  serviceSettingToken,
		Inputs: map[string]attribute{"settingId": {Required: true}, "settingValue": {Required: true}},
	}
}

// serviceSetting returns the setting with an ARN, or nil. Every account has the setting of Default Host Management
// Configuration: the name of a role with its path, or a text that means that there is none.
func (c *call) serviceSetting(arn string) *object {
	if arn != c.arn("ssm", "servicesetting/ssm/managed-instance/default-ec2-instance-management-role") {
		return nil
	}
	value, status := "$None", "Default"
	if f := c.file(); f == nil || f.HostManagementRole == nil {
		c.assume("Default Host Management Configuration is off in %s", c.region)
	} else if *f.HostManagementRole != "" {
		value, status = *f.HostManagementRole, "Customized"
	}
	return &object{Type: serviceSettingToken, ID: arn, State: values{
		"arn": arn, "settingId": arn, "settingValue": value, "status": status,
	}}
}
