// Package osimage describes the operating systems that instances can run: which parameter contains the ID of
// the newest image, which buckets contain the packages, and how to install the SSM Agent.
package osimage

import (
	"bastionless/internal/awsenv"
	"bastionless/internal/contract"
)

// OS is an operating system.
type OS string

// The values of OS.
const (
	// AmazonLinux2023 is Amazon Linux 2023.
	AmazonLinux2023 OS = contract.AmazonLinux2023
	// AmazonLinux2 is Amazon Linux 2, whose support ended on 2026-06-30.
	AmazonLinux2 OS = contract.AmazonLinux2
	// Other is another Linux distribution. Its AMI is always pinned, and may lack the SSM Agent.
	Other OS = contract.OtherOS
)

// All returns the values of OS.
func All() []OS { return []OS{AmazonLinux2023, AmazonLinux2, Other} }

// Parameter returns the name of the public Systems Manager parameter that contains the ID of the newest image
// for an architecture, "x86_64" or "arm64". For Amazon Linux 2 that is the image with a gp2 volume; the stack
// sets the volume type itself. Other has no such parameter.
// https://docs.aws.amazon.com/linux/al2023/ug/ec2.html
func (os OS) Parameter(architecture string) string {
	const prefix = "/aws/service/ami-amazon-linux-latest/"
	if os == AmazonLinux2 {
		return prefix + "amzn2-ami-hvm-" + architecture + "-gp2"
	}
	return prefix + "al2023-ami-kernel-default-" + architecture
}

// RepositoryBuckets returns the names of the Region's buckets that contain the package repositories. It returns none for
// Other, whose repositories are not in S3.
// https://docs.aws.amazon.com/emr/latest/ManagementGuide/private-subnet-iampolicy.html
func (os OS) RepositoryBuckets(env awsenv.Env) []string {
	switch os {
	case Other:
		return nil
	case AmazonLinux2:
		return []string{"amazonlinux." + env.Region + "." + env.DNSSuffix, "amazonlinux-2-repos-" + env.Region}
	}
	return []string{"al2023-repos-" + env.Region + "-de612dc2", "al2023-" + env.Region}
}

// RepositoriesUseHTTP reports whether the package manager reads its repositories on port 80.
func (os OS) RepositoriesUseHTTP() bool { return os == AmazonLinux2 }

// InstallLatestAgent returns user data for Amazon Linux that installs the newest SSM Agent from the Region's bucket, for
// an architecture, "x86_64" or "arm64". The instance reaches the bucket through the S3 endpoint.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/manually-install-ssm-agent-linux.html
func InstallLatestAgent(env awsenv.Env, architecture string) string {
	build := "linux_amd64"
	if architecture == "arm64" {
		build = "linux_arm64"
	}
	return "#!/bin/bash\n" +
		"yum install -y https://s3." + env.Region + "." + env.DNSSuffix + "/amazon-ssm-" + env.Region +
		"/latest/" + build + "/amazon-ssm-agent.rpm\n"
}
