package pulumitest

import (
	"errors"
	"fmt"
)

// Account is the account of every place.
const Account = "123456789012"

// The lookups of the project.
const (
	GetPartition             = "aws:index/getPartition:getPartition"
	GetRegion                = "aws:index/getRegion:getRegion"
	GetCallerIdentity        = "aws:index/getCallerIdentity:getCallerIdentity"
	GetAvailabilityZones     = "aws:index/getAvailabilityZones:getAvailabilityZones"
	GetInstanceTypeOfferings = "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings"
	GetInstanceType          = "aws:ec2/getInstanceType:getInstanceType"
	GetAmi                   = "aws:ec2/getAmi:getAmi"
	GetKeyPair               = "aws:ec2/getKeyPair:getKeyPair"
	GetVpcEndpointService    = "aws:ec2/getVpcEndpointService:getVpcEndpointService"
	GetManagedPrefixList     = "aws:ec2/getManagedPrefixList:getManagedPrefixList"
	GetParameter             = "aws:ssm/getParameter:getParameter"
)

// Place is a Region, and what AWS says of it.
type Place struct {
	Partition string
	DNSSuffix string
	Region    string
	// Zones are the letters of its zones.
	Zones []string
	// SilentServices have no zones: AWS does not name them there.
	SilentServices bool
}

// Tokyo is ap-northeast-1, which has no zone b for accounts of today.
func Tokyo() Place {
	return Place{Partition: "aws", DNSSuffix: "amazonaws.com", Region: "ap-northeast-1", Zones: []string{"a", "c", "d"}}
}

// Virginia is us-east-1.
func Virginia() Place {
	return Place{
		Partition: "aws", DNSSuffix: "amazonaws.com", Region: "us-east-1", Zones: []string{"a", "b", "c", "d", "e", "f"},
	}
}

// Beijing is cn-north-1.
func Beijing() Place {
	return Place{Partition: "aws-cn", DNSSuffix: "amazonaws.com.cn", Region: "cn-north-1", Zones: []string{"a", "b", "d"}}
}

// GovCloud is us-gov-west-1.
func GovCloud() Place {
	return Place{
		Partition: "aws-us-gov", DNSSuffix: "amazonaws.com", Region: "us-gov-west-1", Zones: []string{"a", "b", "c"},
		SilentServices: true,
	}
}

// Answers are to every lookup of the stacks that the project has files for.
func (p Place) Answers() []Answer {
	answers := []Answer{
		{Token: GetPartition, Args: Map{}, Result: Map{"partition": p.Partition, "dnsSuffix": p.DNSSuffix}},
		{Token: GetRegion, Args: Map{}, Result: Map{"name": p.Region}},
		{Token: GetCallerIdentity, Args: Map{}, Result: Map{"accountId": Account}},
		{Token: GetAvailabilityZones, Args: Map{
			"state":   "available",
			"filters": List{Map{"name": "zone-type", "values": List{"availability-zone"}}},
		}, Result: Map{"names": p.zones(p.Zones)}},
		{
			Token: GetManagedPrefixList, Args: Map{"name": "com.amazonaws." + p.Region + ".s3"},
			Result: Map{"id": "pl-s3"},
		},
		p.Service("com.amazonaws."+p.Region+".ssm", p.Zones...),
		p.Service("com.amazonaws."+p.Region+".ssmmessages", p.Zones...),
		p.Service("com.amazonaws."+p.Region+".ec2messages", p.Zones...),
		p.Service("com.amazonaws."+p.Region+".logs", p.Zones...),
		p.Service("com.amazonaws."+p.Region+".kms", p.Zones...),
		Image("ami-06098fd00463352b6", "x86_64", 8),
		{Token: GetKeyPair, Args: Map{"keyName": "aws-ssh-key"}, Result: Map{"id": "key-1"}},
		Parameter("al2023-ami-kernel-default-x86_64", "ami-al2023-x86"),
	}
	return append(answers, p.InstanceType("t3.micro", []string{"x86_64"}, p.Zones...)...)
}

func (p Place) zones(letters []string) List {
	names := List{}
	for _, letter := range letters {
		names = append(names, p.Region+letter)
	}
	return names
}

// Service is an interface endpoint service, offered in zones with these letters.
func (p Place) Service(name string, letters ...string) Answer {
	result := Map{"privateDnsName": "private." + name, "vpcEndpointPolicySupported": true}
	result["availabilityZones"] = p.zones(letters)
	if p.SilentServices {
		result = Map{"availabilityZones": List{}}
	}
	return Answer{Token: GetVpcEndpointService, Args: Map{"serviceName": name, "serviceType": "Interface"}, Result: result}
}

// InstanceType is a type that has these architectures, offered in zones with these letters.
func (p Place) InstanceType(name string, architectures []string, letters ...string) []Answer {
	supported := List{}
	for _, architecture := range architectures {
		supported = append(supported, architecture)
	}
	return []Answer{{Token: GetInstanceTypeOfferings, Args: Map{
		"locationType": "availability-zone",
		"filters":      List{Map{"name": "instance-type", "values": List{name}}},
	}, Result: Map{"locations": p.zones(letters)}}, {
		Token: GetInstanceType, Args: Map{"instanceType": name},
		Result: Map{"supportedArchitectures": supported, "ebsOptimizedSupport": "default"},
	}}
}

// Image is a machine image with a root volume of so many GiB.
func Image(id, architecture string, gib int) Answer {
	return Answer{Token: GetAmi, Args: Map{
		"filters":           List{Map{"name": "image-id", "values": List{id}}},
		"includeDeprecated": true,
	}, Result: Map{
		"id": id, "architecture": architecture, "rootDeviceName": "/dev/xvda",
		"blockDeviceMappings": List{
			Map{"deviceName": "/dev/sdb", "ebs": Map{"volume_size": "100"}},
			Map{"deviceName": "/dev/xvda", "ebs": Map{"volume_size": fmt.Sprint(gib)}},
		},
	}}
}

// Parameter is a public parameter that holds the newest image. Its value is there twice, once as a secret.
func Parameter(name, image string) Answer {
	return Answer{
		Token:  GetParameter,
		Args:   Map{"name": "/aws/service/ami-amazon-linux-latest/" + name},
		Result: Map{"insecureValue": image, "value": Secret{image}},
	}
}

// Fails is a lookup that fails, whatever its arguments, with a text like the provider's.
func Fails(token, text string) Answer {
	return Answer{Token: token, Err: errors.New("invoking " + token + ": 1 error occurred:\n\t* " + text + "\n\n")}
}
