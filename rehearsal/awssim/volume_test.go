package awssim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim/catalog"
)

func TestVolume_errors(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloud(t))
	api := func(code, message string) string {
		return instanceError("creating EC2 Instance", "RunInstances", code, message)
	}
	value := func(message string) string { return api("InvalidParameterValue", message) }
	const settings = "collecting instance settings: creating resource: "
	for _, test := range []struct {
		name   string
		device values
		want   string
	}{
		{"iops of gp2", values{"volumeType": "gp2", "iops": 3000.0}, settings +
			"iops attribute not supported for root_block_device with volume_type gp2"},
		{"iops of standard", values{"volumeType": "standard", "iops": 3000.0}, settings +
			"iops attribute not supported for root_block_device with volume_type standard"},
		{"throughput of io2", values{"volumeType": "io2", "iops": 3000.0, "throughput": 125.0}, settings +
			"throughput attribute not supported for root_block_device with volume_type io2"},
		{"smaller than its snapshot", values{"volumeSize": 7.0}, api("InvalidBlockDeviceMapping",
			"Volume of size 7GB is smaller than snapshot 'snap-0"+hash(imageX86, 16)+"', expect size >= 8GB")},
		{"too big", values{"volumeSize": 65537.0}, value("Volume size of 65537 GiB is invalid; gp3 volumes are between 1 and 65536 GiB.")},
		{
			"too big for standard",
			values{"volumeSize": 1025.0, "volumeType": "standard"},
			value("Volume size of 1025 GiB is invalid; standard volumes are between 1 and 1024 GiB."),
		},
		{"no iops for io1", values{"volumeType": "io1"}, api("MissingParameter", "The parameter iops must be specified for io1 volumes.")},
		{"no iops for io2", values{"volumeType": "io2"}, api("MissingParameter", "The parameter iops must be specified for io2 volumes.")},
		{"few iops", values{"iops": 2999.0}, value("Volume iops of 2999 is too low; minimum is 3000.")},
		{"many iops", values{"iops": 80001.0, "volumeSize": 1000.0}, value("Volume iops of 80001 is too high; maximum is 80000.")},
		{
			"many iops of io1",
			values{"volumeType": "io1", "iops": 64001.0, "volumeSize": 2000.0},
			value("Volume iops of 64001 is too high; maximum is 64000."),
		},
		{"iops for its size", values{"iops": 4001.0}, value("Iops to volume size ratio of 500.125000 is too high; maximum is 500")},
		{
			"iops of io1 for its size",
			values{"volumeType": "io1", "iops": 401.0},
			value("Iops to volume size ratio of 50.125000 is too high; maximum is 50"),
		},
		{"little throughput", values{"throughput": 124.0}, value("Volume throughput of 124 is too low; minimum is 125.")},
		{
			"much throughput",
			values{"throughput": 2001.0, "iops": 16000.0, "volumeSize": 100.0},
			value("Volume throughput of 2001 is too high; maximum is 2000."),
		},
		{
			"throughput for its iops",
			values{"throughput": 751.0},
			value("Throughput (MiBps) to iops ratio of 0.250333 is too high; maximum is 0.250000 MiBps per iops"),
		},
		{"not for starting", values{"volumeType": "st1", "volumeSize": 125.0}, value("Volume type st1 is not supported for root volumes.")},
		{"a key and no encryption", values{"kmsKeyId": "arn:aws:kms:ap-northeast-1:123456789012:key/x"}, api("InvalidParameterDependency",
			"The parameter KmsKeyId requires the parameter Encrypted to be set.")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, p.createError(instanceToken, "i", with(p.in, values{"rootBlockDevice": test.device})))
		})
	}
}

// The limits themselves are valid, and defaults depend on type and size.
func TestVolume(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloud(t))
	for _, test := range []struct {
		name       string
		device     values
		iops, rate float64
	}{
		{"gp3", values{"volumeType": "gp3"}, 3000, 125},
		{"gp3 at its limits", values{"volumeType": "gp3", "volumeSize": 160.0, "iops": 80000.0, "throughput": 2000.0}, 80000, 2000},
		{"gp3 of throughput", values{"throughput": 750.0}, 3000, 750},
		{"small gp2", values{"volumeType": "gp2"}, 100, 0},
		{"gp2", values{"volumeType": "gp2", "volumeSize": 100.0}, 300, 0},
		{"big gp2", values{"volumeType": "gp2", "volumeSize": 16384.0}, 16000, 0},
		{"io1", values{"volumeType": "io1", "iops": 400.0}, 400, 0},
		{"io2", values{"volumeType": "io2", "iops": 8000.0}, 8000, 0},
		{"standard", values{"volumeType": "standard"}, 0, 0},
	} {
		in := with(p.in, values{"rootBlockDevice": test.device})
		instance := p.create(instanceToken, "i", in)
		require.EqualValues(t, test.iops, integer(instance.state(), "rootBlockDevice.iops"), test.name)
		require.EqualValues(t, test.rate, integer(instance.state(), "rootBlockDevice.throughput"), test.name)
		p.requireNoDiff(instance, in)
		p.delete(instance)
	}
	device, err := p.call().newRootDevice(p.in, catalog.Image{ID: imageOld, RootGiB: 30, RootVolumeType: "gp2"})
	require.NoError(t, err)
	require.Equal(t, 30, integer(device, "volumeSize"), "as its image")
	require.Equal(t, "gp2", str(device, "volumeType"), "as its image")
	old := p.create(instanceToken, "i", with(p.in, values{"ami": imageOld}))
	require.Equal(t, 100, integer(old.state(), "rootBlockDevice.iops"))
	grown := with(p.in, values{"ami": imageOld, "rootBlockDevice": values{"volumeSize": 50.0, "volumeType": "gp3"}})
	p.update(old, grown)
	require.Equal(t, 3000, integer(old.state(), "rootBlockDevice.iops"), "as the new type has it")
	p.requireNoDiff(old, grown)
}

// A volume that is not deleted on termination remains in the account.
func TestVolume_remains(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloud(t))
	in := with(p.in, values{"rootBlockDevice": values{"deleteOnTermination": false, "tags": values{"Name": "kept"}}})
	instance := p.create(instanceToken, "i", in)
	volume := str(instance.state(), "rootBlockDevice.volumeId")
	before := len(p.cloud.Inventory())
	p.delete(instance)
	require.Contains(t, p.cloud.Inventory(), Object{volumeToken, volume, "kept"})
	require.Len(t, p.cloud.Inventory(), before)
}

// An instance whose volume cannot be decrypted is terminated, and remains in Pulumi's state.
func TestVolume_unknownKey(t *testing.T) {
	t.Parallel()
	p := newInstanceTestCloud(newTestCloud(t))
	encrypted := func(id string) values {
		return with(p.in, values{"rootBlockDevice": values{"encrypted": true, "kmsKeyId": id}})
	}
	ended, reason := p.partialCreateError(instanceToken, "i", encrypted("arn:aws:kms:ap-northeast-1:123456789012:key/x"))
	require.Equal(t, "waiting for EC2 Instance ("+string(ended.id)+") create: unexpected state 'terminated', wanted target 'running'. "+
		"last error: Client.InternalError: Client error on launch", reason)
	require.False(t, p.read(ended))
	own := p.create(keyToken, "k", nil)
	in := encrypted(str(own.state(), "arn"))
	p.requireNoDiff(p.create(instanceToken, "i", in), in)
	in = with(p.in, values{"rootBlockDevice": values{"encrypted": true}})
	p.requireNoDiff(p.create(instanceToken, "i", in), in)

	assuming := newInstanceTestCloud(newTestCloudWith(t, Options{AssumeExisting: true}, values{"region": "ap-northeast-1"}))
	in = with(assuming.in, values{"rootBlockDevice": values{"encrypted": true, "kmsKeyId": "arn:aws:kms:ap-northeast-1:123456789012:key/x"}})
	assuming.requireNoDiff(assuming.create(instanceToken, "i", in), in)
	require.Equal(t, []string{"KMS key arn:aws:kms:ap-northeast-1:123456789012:key/x exists, and EBS may use it"}, assuming.cloud.Assumed())
	_, reason = assuming.partialCreateError(instanceToken, "i", with(assuming.in, values{"rootBlockDevice": values{
		"encrypted": true, "kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/x",
	}}))
	require.Contains(t, reason, "Client error on launch")
}
