package compute

// LatestAgent is user data that installs the newest SSM Agent from the Region's bucket, before the agent of the image
// is of use to anybody. The instance reaches the bucket through the S3 endpoint. https://docs.aws.amazon.com/systems-manager/latest/userguide/manually-install-ssm-agent-linux.html
func LatestAgent(region, dnsSuffix, architecture string) string {
	build := "linux_amd64"
	if architecture == "arm64" {
		build = "linux_arm64"
	}
	return "#!/bin/bash\n" +
		"yum install -y https://s3." + region + "." + dnsSuffix + "/amazon-ssm-" + region +
		"/latest/" + build + "/amazon-ssm-agent.rpm\n"
}
