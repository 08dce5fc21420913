package trials

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
)

// What stays in the account when records are turned off, of each switch.
var (
	keptLogs   = []string{"aws:cloudwatch/logGroup:LogGroup"}
	keptKey    = []string{"aws:kms/key:Key"}
	keptBucket = []string{
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls", "aws:s3/bucketPolicy:BucketPolicy",
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "aws:s3/bucketV2:BucketV2",
		"aws:s3/bucketVersioningV2:BucketVersioningV2",
	}
)

const (
	both     = `["cloudwatch","s3"]`
	updated  = "Instance instances-a-1: update"
	boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
)

// switches change a deployed stack, and change it back.
var switches = map[string]struct {
	base, on settings
	// instance is what either does to the instance: nothing, or "update" in place.
	instance []string
	// kept are the types of what the stack let go of, and the account has.
	kept []string
}{
	"recording to CloudWatch Logs":          {on: settings{"sessionLogs": `["cloudwatch"]`}, kept: keptLogs},
	"recording to S3":                       {on: settings{"sessionLogs": `["s3"]`}, kept: keptBucket},
	"encryption":                            {on: settings{"sessionEncryption": "true"}, kept: keptKey},
	"all records":                           {on: settings{"sessionLogs": both, "sessionEncryption": "true"}, kept: slices.Concat(keptLogs, keptBucket, keptKey)},
	"encryption of a recorded one":          {base: settings{"sessionLogs": both}, on: settings{"sessionEncryption": "true"}, kept: keptKey},
	"records of an encrypted one":           {base: settings{"sessionEncryption": "true"}, on: settings{"sessionLogs": both}, kept: slices.Concat(keptLogs, keptBucket)},
	"S3 besides CloudWatch Logs":            {base: settings{"sessionLogs": `["cloudwatch"]`}, on: settings{"sessionLogs": both}, kept: keptBucket},
	"a time limit":                          {on: settings{"sessionIdleMinutes": "15", "sessionMaxMinutes": "60"}},
	"a time limit of a recorded one":        {base: settings{"sessionLogs": both}, on: settings{"sessionMaxMinutes": "60"}},
	"other days":                            {base: settings{"sessionLogs": both}, on: settings{"sessionLogDays": "30"}},
	"flow logs":                             {on: settings{"flowLogDays": "30"}},
	"minimal permissions":                   {on: settings{"instancePolicy": "minimal"}},
	"minimal permissions of a recorded one": {base: settings{"sessionLogs": both}, on: settings{"instancePolicy": "minimal"}},
	"a boundary":                            {on: settings{"permissionsBoundary": boundary, "flowLogDays": "30"}},
	"recent MFA":                            {on: settings{"mfaMaxAgeMinutes": "60"}},
	"an organisation":                       {on: settings{"organizationId": "o-exampleorgid"}},
	"detailed monitoring":                   {on: settings{"detailedMonitoring": "true"}, instance: []string{updated}},
	"termination protection":                {on: settings{"terminationProtection": "true"}, instance: []string{updated}},
}

// A switch, on and off again on a deployed stack, replaces and restarts no instance, and loses no record.
func TestSwitches_keepInstancesAndRecords(t *testing.T) {
	t.Parallel()
	for name, test := range switches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "dev", test.base)
			w.up()
			before := w.holds()
			w.configure(test.on)
			require.Equal(t, test.instance, ofInstances(w.up()), "on")
			w.settled()
			off := settings{}
			for key := range test.on {
				off[key] = fallback[key]
				if value, ok := test.base[key]; ok {
					off[key] = value
				}
			}
			w.configure(off)
			require.Equal(t, test.instance, ofInstances(w.up()), "off")
			require.Empty(t, changed(w.up()), "a second up changes something")
			require.Equal(t, slices.Sorted(slices.Values(test.kept)), w.beyond(before))
		})
	}
}

// fallback is what a switch is off with.
var fallback = settings{
	"sessionLogs": "[]", "sessionEncryption": "false", "sessionIdleMinutes": "0", "sessionMaxMinutes": "0", "sessionLogDays": "365",
	"flowLogDays": "0", "instancePolicy": "managed", "permissionsBoundary": "", "mfaMaxAgeMinutes": "0", "organizationId": "",
	"detailedMonitoring": "false", "terminationProtection": "false",
}

// ofInstances are the changes to instances.
func ofInstances(result *engine.Result) []string {
	var lines []string
	for _, line := range changed(result) {
		if strings.HasPrefix(line, "Instance ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// beyond lists the types of what the cloud holds and did not hold before. What it held, it holds. Attachments of policies
// are left out: they have no name but a number.
func (w *world) beyond(before []string) []string {
	w.t.Helper()
	isAttachment := func(object string) bool { return strings.HasPrefix(object, "aws:iam/rolePolicyAttachment:") }
	before = slices.DeleteFunc(slices.Clone(before), isAttachment)
	now := slices.DeleteFunc(w.holds(), isAttachment)
	require.Subset(w.t, now, before, "lost")
	var more []string
	for _, object := range now {
		if !slices.Contains(before, object) {
			token, _, _ := strings.Cut(object, " ")
			more = append(more, token)
		}
	}
	return more
}

// Another prefix records to another log group with another key, and keeps the old ones as they were, so that the old
// records stay readable.
func TestSwitches_anotherPrefixKeepsRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prod", nil)
	w.up()
	before := w.records()
	require.Len(t, before, 2)
	w.configure(settings{"namePrefix": "other"})
	for _, line := range ofInstances(w.up()) {
		require.Contains(t, []string{"Instance instances-a-1: update", "Instance instances-c-1: update"}, line)
	}
	after := w.records()
	require.Len(t, after, 4)
	for id, text := range before {
		require.Equal(t, text, after[id])
	}
	w.proven()
}

// What is kept when a stack goes does not stand in the way when it comes again.
func TestSwitches_comesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prod", nil)
	w.up()
	w.goes()
	kept := w.holds()
	require.Len(t, kept, len(keptLogs)+len(keptKey)+len(keptBucket))
	w.configure(settings{"terminationProtection": "true"})
	w.up()
	w.proven()
	require.Subset(t, w.holds(), kept)
	require.Empty(t, changed(w.up()))
}

// records are the log groups of sessions and the keys in the cloud, by id, with what names the one in the other.
func (w *world) records() map[string]string {
	found := map[string]string{}
	for _, object := range w.cloud.Inventory() {
		if object.Type == keptKey[0] || object.Type == keptLogs[0] && strings.Contains(object.ID, "-sessions-") {
			found[object.ID] = object.Type + " " + object.Name
		}
	}
	return found
}
