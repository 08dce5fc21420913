package pulumitest

import (
	"errors"
	"fmt"
	"maps"
)

// Account is the account ID that GetCallerIdentity returns.
const Account = "123456789012"

// Tokens of the lookups that the program makes.
const (
	GetPartition             = "aws:index/getPartition:getPartition"
	GetRegion                = "aws:index/getRegion:getRegion"
	GetCallerIdentity        = "aws:index/getCallerIdentity:getCallerIdentity"
	GetAvailabilityZones     = "aws:index/getAvailabilityZones:getAvailabilityZones"
	GetInstanceTypeOfferings = "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings"
	GetInstanceType          = "aws:ec2/getInstanceType:getInstanceType"
	GetAmi                   = "aws:ec2/getAmi:getAmi"
	GetLogGroup              = "aws:cloudwatch/getLogGroup:getLogGroup"
	GetBucket                = "aws:s3/getBucket:getBucket"
	GetEncryptionByDefault   = "aws:ebs/getEncryptionByDefault:getEncryptionByDefault"
	GetKeyPair               = "aws:ec2/getKeyPair:getKeyPair"
	GetVpcEndpointService    = "aws:ec2/getVpcEndpointService:getVpcEndpointService"
	GetManagedPrefixList     = "aws:ec2/getManagedPrefixList:getManagedPrefixList"
	GetParameter             = "aws:ssm/getParameter:getParameter"
)

// Region is an AWS Region, with the results of lookups in it.
type Region struct {
	Partition string
	DNSSuffix string
	// Name is the Region's code, such as "eu-west-1".
	Name string
	// Zones are the letters of its Availability Zones.
	Zones []string
	// HidesServiceZones says that AWS does not return the zones of endpoint services in this Region.
	HidesServiceZones bool
}

// Tokyo returns ap-northeast-1, which has no zone b for new accounts.
func Tokyo() Region {
	return Region{Partition: "aws", DNSSuffix: "amazonaws.com", Name: "ap-northeast-1", Zones: []string{"a", "c", "d"}}
}

// Virginia returns us-east-1.
func Virginia() Region {
	return Region{
		Partition: "aws", DNSSuffix: "amazonaws.com", Name: "us-east-1", Zones: []string{"a", "b", "c", "d", "e", "f"},
	}
}

// Beijing returns cn-north-1.
func Beijing() Region {
	return Region{Partition: "aws-cn", DNSSuffix: "amazonaws.com.cn", Name: "cn-north-1", Zones: []string{"a", "b", "d"}}
}

// GovCloud returns us-gov-west-1.
func GovCloud() Region {
	return Region{
		Partition: "aws-us-gov", DNSSuffix: "amazonaws.com", Name: "us-gov-west-1", Zones: []string{"a", "b", "c"},
		HidesServiceZones: true,
	}
}

// Answers returns the answers to all lookups of the example stacks.
func (r Region) Answers() []Answer {
	answers := []Answer{
		{Token: GetPartition, Args: Map{}, Result: Map{"partition": r.Partition, "dnsSuffix": r.DNSSuffix}},
		{Token: GetRegion, Args: Map{}, Result: Map{"name": r.Name}},
		{Token: GetCallerIdentity, Args: Map{}, Result: Map{"accountId": Account}},
		{Token: GetEncryptionByDefault, Args: Map{}, Result: Map{"enabled": false}},
		{Token: GetAvailabilityZones, Args: Map{
			"state":   "available",
			"filters": List{Map{"name": "zone-type", "values": List{"availability-zone"}}},
		}, Result: Map{"names": r.zones(r.Zones)}},
		{
			Token: GetInstanceTypeOfferings, Args: Map{"locationType": "region"},
			Result: Map{"instanceTypes": List{"t4g.micro", "t3.nano", "t3.micro"}},
		},
		{
			Token: GetManagedPrefixList, Args: Map{"name": "com.amazonaws." + r.Name + ".s3"},
			Result: Map{"id": "pl-s3"},
		},
		r.Service("com.amazonaws."+r.Name+".ssm", r.Zones...),
		r.Service("com.amazonaws."+r.Name+".ssmmessages", r.Zones...),
		r.Service("com.amazonaws."+r.Name+".ec2messages", r.Zones...),
		r.Service("com.amazonaws."+r.Name+".logs", r.Zones...),
		r.Service("com.amazonaws."+r.Name+".kms", r.Zones...),
		Image("ami-06098fd00463352b6", "x86_64", 8),
		{Token: GetKeyPair, Args: Map{"keyName": "aws-ssh-key"}, Result: Map{"id": "key-1"}},
		Parameter("al2023-ami-kernel-default-x86_64", "ami-al2023-x86"),
	}
	return append(answers, r.InstanceType("t3.micro", []string{"x86_64"}, r.Zones...)...)
}

func (r Region) zones(letters []string) List {
	names := List{}
	for _, letter := range letters {
		names = append(names, r.Name+letter)
	}
	return names
}

// Service returns the answer to a lookup of an interface endpoint service that is available in the zones
// with these letters.
func (r Region) Service(name string, letters ...string) Answer {
	result := Map{"privateDnsName": "private." + name, "vpcEndpointPolicySupported": true}
	result["availabilityZones"] = r.zones(letters)
	if r.HidesServiceZones {
		result = Map{"availabilityZones": List{}}
	}
	return Answer{Token: GetVpcEndpointService, Args: Map{"serviceName": name, "serviceType": "Interface"}, Result: result}
}

// InstanceType returns the answers to lookups of an instance type that has these architectures and is
// offered in the zones with these letters.
func (r Region) InstanceType(name string, architectures []string, letters ...string) []Answer {
	supported := List{}
	for _, architecture := range architectures {
		supported = append(supported, architecture)
	}
	return []Answer{{Token: GetInstanceTypeOfferings, Args: Map{
		"locationType": "availability-zone",
		"filters":      List{Map{"name": "instance-type", "values": List{name}}},
	}, Result: Map{"locations": r.zones(letters)}}, {
		Token: GetInstanceType, Args: Map{"instanceType": name},
		Result: Map{"supportedArchitectures": supported, "ebsOptimizedSupport": "default"},
	}}
}

// Image returns the answer to a lookup of an AMI whose root volume has this size in GiB.
func Image(id, architecture string, gib int) Answer {
	return Answer{Token: GetAmi, Args: Map{
		"filters":           List{Map{"name": "image-id", "values": List{id}}},
		"includeDeprecated": true,
	}, Result: Map{
		"id": id, "architecture": architecture, "state": "available", "platform": "", "rootDeviceName": "/dev/xvda",
		"blockDeviceMappings": List{
			Map{"deviceName": "/dev/sdb", "ebs": Map{"volume_size": "100"}},
			Map{"deviceName": "/dev/xvda", "ebs": Map{"volume_size": fmt.Sprint(gib)}},
		},
	}}
}

// ImageWith returns the answer to a lookup of an AMI for x86_64 with some properties changed.
func ImageWith(id string, properties Map) Answer {
	answer := Image(id, "x86_64", 8)
	maps.Copy(answer.Result, properties)
	return answer
}

// Parameter returns the answer to a lookup of the public parameter that contains the ID of the newest
// AMI. The result contains the value twice, once as a secret.
func Parameter(name, image string) Answer {
	return Answer{
		Token:  GetParameter,
		Args:   Map{"name": "/aws/service/ami-amazon-linux-latest/" + name},
		Result: Map{"insecureValue": image, "value": Secret{image}},
	}
}

// LogGroup returns the answer to a lookup of a log group.
func LogGroup(name, class, kmsKey string) Answer {
	return Answer{Token: GetLogGroup, Args: Map{"name": name}, Result: Map{"name": name, "logGroupClass": class, "kmsKeyId": kmsKey}}
}

// Bucket returns the answer to a lookup of a bucket.
func Bucket(name, region string) Answer {
	return Answer{Token: GetBucket, Args: Map{"bucket": name}, Result: Map{"bucket": name, "region": region}}
}

// FailedLookup returns the answer to a lookup that fails with an error of the provider, whatever its
// arguments are.
func FailedLookup(token, text string) Answer {
	return Answer{Token: token, Err: errors.New("invoking " + token + ": 1 error occurred:\n\t* " + text + "\n\n")}
}
