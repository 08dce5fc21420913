package compute_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/compute"
	"bastionless/internal/osimage"
	"bastionless/internal/pulumitest"
)

const (
	instanceType    = "aws:ec2/instance:Instance"
	keyPairType     = "aws:ec2/keyPair:KeyPair"
	associationType = "aws:ssm/association:Association"
	tableType       = "aws:ec2/routeTable:RouteTable"

	instancesComponent = "bastionless:compute:Instances"
)

func instancesArgs() *compute.InstancesArgs {
	return &compute.InstancesArgs{
		Options: compute.Options{
			PerZone:             2,
			InstanceType:        "t3.micro",
			OS:                  osimage.AmazonLinux2023,
			RootVolumeGiB:       8,
			RootVolumeEncrypted: true,
			IMDS:                compute.IMDSv2,
			IMDSHopLimit:        1,
		},
		NamePrefix:      "acme",
		NameTags:        map[string]string{"a-1": "acme-ec2"},
		SubnetIDs:       map[string]pulumi.StringInput{"c": pulumi.String("subnet-c"), "a": pulumi.String("subnet-a")},
		SecurityGroupID: pulumi.String("sg-1"),
		InstanceProfile: pulumi.String("profile-1"),
		EBSOptimized:    true,
		Image:           compute.PinnedImage("ami-1"),
	}
}

func wantComponent(edit func(pulumitest.Map)) pulumitest.Resource {
	inputs := pulumitest.Map{
		"namePrefix": "acme", "zones": pulumitest.List{"a", "c"}, "perZone": 2, "instanceType": "t3.micro", "rootVolumeGiB": 8,
		"rootVolumeEncrypted": true, "imds": "v2", "terminationProtection": false, "agentAutoUpdate": false,
		"rootVolumeKmsKey": "", "detailedMonitoring": false, "os": "al2023",
	}
	edit(inputs)
	return pulumitest.Resource{Type: instancesComponent, Name: "instances", Inputs: inputs}
}

// wantInstance returns an instance of instancesArgs. tag is its Name tag.
func wantInstance(name, zone, tag string) pulumitest.Resource {
	return pulumitest.Resource{
		Type: instanceType, Name: "instances-" + name, Parent: instancesComponent + "::instances",
		Inputs: pulumitest.Map{
			"ami": "ami-1", "instanceType": "t3.micro", "ebsOptimized": true, "subnetId": "subnet-" + zone,
			"associatePublicIpAddress": false, "vpcSecurityGroupIds": pulumitest.List{"sg-1"},
			"iamInstanceProfile": "profile-1", "disableApiTermination": false, "monitoring": false,
			"metadataOptions": pulumitest.Map{"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
			"rootBlockDevice": pulumitest.Map{
				"volumeType": "gp3", "volumeSize": 8, "iops": 3000, "throughput": 125, "encrypted": true,
				"deleteOnTermination": true, "tags": pulumitest.Map{"Name": tag},
			},
			"tags": pulumitest.Map{"Name": tag},
		},
		Options: []string{"replacementTrigger: pinned"},
	}
}

func runInstances(t *testing.T, setup pulumitest.Setup, edit func(*pulumi.Context, *compute.InstancesArgs) error) *pulumitest.Result {
	t.Helper()
	return pulumitest.Run(t, setup, func(ctx *pulumi.Context) error {
		args := instancesArgs()
		if err := edit(ctx, args); err != nil {
			return err
		}
		instances, err := compute.NewInstances(ctx, "instances", args)
		if err != nil {
			return err
		}
		ctx.Export("ids", instances.InstanceIDs)
		ctx.Export("addresses", instances.PrivateIPs)
		ctx.Export("inOrder", instances.IDs())
		return nil
	})
}

func TestInstances(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runInstances(t, pulumitest.Setup{Mode: mode}, func(*pulumi.Context, *compute.InstancesArgs) error { return nil })
		result.RequireResources(t,
			wantComponent(func(pulumitest.Map) {}),
			wantInstance("a-1", "a", "acme-ec2"), wantInstance("a-2", "a", "acme-ec2-a-2"),
			wantInstance("c-1", "c", "acme-ec2-c-1"), wantInstance("c-2", "c", "acme-ec2-c-2"),
		)
		require.Equal(t, pulumitest.Map{
			"ids": mode.Computed(pulumitest.Map{
				"a-1": "instances-a-1-id", "a-2": "instances-a-2-id", "c-1": "instances-c-1-id", "c-2": "instances-c-2-id",
			}),
			"addresses": mode.Computed(pulumitest.Map{
				"a-1": "instances-a-1-ip", "a-2": "instances-a-2-ip", "c-1": "instances-c-1-ip", "c-2": "instances-c-2-ip",
			}),
			"inOrder": pulumitest.List{mode.ID("instances-a-1"), mode.ID("instances-a-2"), mode.ID("instances-c-1"), mode.ID("instances-c-2")},
		}, result.Exports)
	})
}

// One instance with every option.
func TestInstances_withEverything(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		setup := pulumitest.Setup{Mode: mode, Answers: []pulumitest.Answer{
			pulumitest.Parameter("al2023-ami-kernel-default-x86_64", "ami-newest"),
		}}
		result := runInstances(t, setup, func(ctx *pulumi.Context, args *compute.InstancesArgs) error {
			table, err := ec2.NewRouteTable(ctx, "before", &ec2.RouteTableArgs{VpcId: pulumi.String("vpc-1")})
			args.After = []pulumi.Resource{table}
			args.SubnetIDs = map[string]pulumi.StringInput{"c": pulumi.String("subnet-c")}
			args.ExistingSecurityGroupIDs = []string{"sg-3", "sg-2"}
			args.PerZone = 1
			args.Image = compute.NewestImage(ctx, osimage.AmazonLinux2023, "x86_64")
			args.PublicKey = publicKey
			args.UserData = "#!/bin/bash\ntrue\n"
			args.RootVolumeGiB, args.RootVolumeKMSKey = 20, volumeKey
			args.DetailedMonitoring = true
			args.EBSOptimized = false
			args.IMDS = compute.IMDSOptional
			args.IMDSHopLimit = 2
			args.TerminationProtection, args.AgentAutoUpdate = true, true
			return err
		})

		instance := wantInstance("c-1", "c", "acme-ec2-c-1")
		instance.Inputs["ami"] = "ami-newest"
		instance.Inputs["ebsOptimized"] = false
		instance.Inputs["vpcSecurityGroupIds"] = pulumitest.List{"sg-1", "sg-3", "sg-2"}
		instance.Inputs["keyName"] = mode.Computed("instances-key")
		instance.Inputs["userData"] = "#!/bin/bash\ntrue\n"
		instance.Inputs["disableApiTermination"] = true
		instance.Inputs["metadataOptions"].(pulumitest.Map)["httpTokens"] = "optional"
		instance.Inputs["metadataOptions"].(pulumitest.Map)["httpPutResponseHopLimit"] = 2
		instance.Inputs["rootBlockDevice"].(pulumitest.Map)["volumeSize"] = 20
		instance.Inputs["rootBlockDevice"].(pulumitest.Map)["kmsKeyId"] = volumeKey
		instance.Inputs["monitoring"] = true
		instance.Dependencies = []string{keyPairType + "::instances", tableType + "::before"}
		instance.Options = []string{
			"deleteBeforeReplace: true", "ignoreChanges: ami", "replacementTrigger: al2023/x86_64 with a key pair on a volume with a key of its own",
		}
		parent := instancesComponent + "::instances"
		result.RequireResources(t, wantComponent(func(inputs pulumitest.Map) {
			inputs["zones"], inputs["perZone"], inputs["rootVolumeGiB"] = pulumitest.List{"c"}, 1, 20
			inputs["rootVolumeKmsKey"], inputs["detailedMonitoring"], inputs["imds"] = volumeKey, true, "optional"
			inputs["terminationProtection"], inputs["agentAutoUpdate"] = true, true
			inputs["existingSecurityGroupIds"] = pulumitest.List{"sg-3", "sg-2"}
		}), instance, pulumitest.Resource{
			Type: tableType, Name: "before", Inputs: pulumitest.Map{"vpcId": "vpc-1"},
		}, pulumitest.Resource{
			Type: keyPairType, Name: "instances", Parent: parent, Inputs: pulumitest.Map{"publicKey": publicKey},
		}, pulumitest.Resource{
			Type: associationType, Name: "instances-agent-update", Parent: parent,
			Inputs: pulumitest.Map{
				"name": "AWS-UpdateSSMAgent", "associationName": "acme-ssm-agent-update", "applyOnlyAtCronInterval": true,
				"scheduleExpression": "cron(0 2 ? * SUN *)",
				"targets":            pulumitest.List{pulumitest.Map{"key": "InstanceIds", "values": pulumitest.List{mode.ID("instances-c-1")}}},
			},
			Dependencies: []string{instanceType + "::instances-c-1"},
		})
	})
}

const (
	volumeKey = "arn:aws:kms:eu-west-1:123456789012:key/k-1"
	publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDXfzDOKakTW2ihaX5QuaVRKmlpRzGgs/Gvz1AAd3jZ9 ann@example.org"
)

func TestInstances_unencrypted(t *testing.T) {
	t.Parallel()
	result := runInstances(t, pulumitest.Setup{}, func(_ *pulumi.Context, args *compute.InstancesArgs) error {
		args.RootVolumeEncrypted = false
		return nil
	})
	require.NoError(t, result.Err)
	for _, name := range []string{"a-1", "a-2", "c-1", "c-2"} {
		volume := result.Resource(t, instanceType+"::instances-"+name).Inputs["rootBlockDevice"].(pulumitest.Map)
		require.Equal(t, false, volume["encrypted"])
		require.NotContains(t, volume, "kmsKeyId")
	}
}

func TestInstances_withAnExistingKeyPair(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runInstances(t, pulumitest.Setup{Mode: mode}, func(_ *pulumi.Context, args *compute.InstancesArgs) error {
			args.SubnetIDs = map[string]pulumi.StringInput{"a": pulumi.String("subnet-a")}
			args.PerZone, args.KeyName = 1, "laptop"
			return nil
		})
		instance := wantInstance("a-1", "a", "acme-ec2")
		instance.Inputs["keyName"] = "laptop"
		instance.Options = []string{"replacementTrigger: pinned with a key pair"}
		result.RequireResources(t, wantComponent(func(inputs pulumitest.Map) {
			inputs["zones"], inputs["perZone"] = pulumitest.List{"a"}, 1
		}), instance)
	})
}

// Two components, with a provider that the caller passes. Run fails the test if two resources have the
// same name.
func TestInstances_coexistOnTheCallersProvider(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			provider, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{})
			if err != nil {
				return err
			}
			for _, name := range []string{"one", "two"} {
				args := instancesArgs()
				args.PublicKey, args.AgentAutoUpdate = publicKey, true
				if _, err := compute.NewInstances(ctx, name, args, pulumi.Provider(provider)); err != nil {
					return err
				}
			}
			return nil
		})
		result.RequireProvider(t, "pulumi:providers:aws::other")
		require.Len(t, result.Resources, 1+2*(1+4+1+1))
	})
}

// Without NameTags, each Name tag contains the instance's name.
func TestInstances_defaultNameTags(t *testing.T) {
	t.Parallel()
	result := runInstances(t, pulumitest.Setup{}, func(_ *pulumi.Context, args *compute.InstancesArgs) error {
		args.NameTags = nil
		return nil
	})
	require.NoError(t, result.Err)
	for _, name := range []string{"a-1", "a-2", "c-1", "c-2"} {
		require.Equal(t, pulumitest.Map{"Name": "acme-ec2-" + name}, result.Resource(t, instanceType+"::instances-"+name).Inputs["tags"])
	}
}

func TestInstanceSpecs(t *testing.T) {
	t.Parallel()
	require.Equal(t, []compute.InstanceSpec{
		{Name: "c-1", Zone: "c"}, {Name: "c-2", Zone: "c"}, {Name: "a-1", Zone: "a"}, {Name: "a-2", Zone: "a"},
	}, compute.InstanceSpecs([]string{"c", "a"}, 2))
	require.Empty(t, compute.InstanceSpecs([]string{"a"}, 0))
	require.Empty(t, compute.InstanceSpecs(nil, 3))
}

func TestInstances_rejects(t *testing.T) {
	t.Parallel()
	edited := func(edit func(*compute.InstancesArgs)) *compute.InstancesArgs {
		args := instancesArgs()
		edit(args)
		return args
	}
	for name, test := range map[string]struct {
		args   *compute.InstancesArgs
		fields []string
	}{
		"no args": {nil, []string{"args"}},
		"empty args": {
			&compute.InstancesArgs{},
			[]string{
				"NamePrefix", "SubnetIDs", "SecurityGroupID", "InstanceProfile", "Image", "PerZone", `OS is ""`, `IMDS is ""`, "invalid options",
				"instanceType", "rootVolumeGiB", "imdsHopLimit",
			},
		},
		"zones without subnets": {
			edited(func(a *compute.InstancesArgs) {
				a.SubnetIDs = map[string]pulumi.StringInput{"c": nil, "b": nil, "a": nil}
			}),
			[]string{`SubnetIDs["a"]`, `SubnetIDs["b"]`, `SubnetIDs["c"]`},
		},
		"an unknown OS":           {edited(func(a *compute.InstancesArgs) { a.OS = "bsd" }), []string{`OS is "bsd"`}},
		"an unknown IMDS version": {edited(func(a *compute.InstancesArgs) { a.IMDS = "v3" }), []string{`IMDS is "v3"`}},
		"a volume key without encryption": {
			edited(func(a *compute.InstancesArgs) { a.RootVolumeEncrypted, a.RootVolumeKMSKey = false, volumeKey }),
			[]string{"invalid options", "rootVolumeKmsKey"},
		},
		"two key pairs": {
			edited(func(a *compute.InstancesArgs) { a.KeyName, a.PublicKey = "laptop", publicKey }),
			[]string{"invalid options", "keyName"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				instances, err := compute.NewInstances(ctx, "instances", test.args)
				require.Nil(t, instances)
				return err
			})
			require.ErrorContains(t, result.Err, `instances "instances": `)
			result.RequireRejected(t, test.fields...)
		})
	}
}
