package trials

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Types of the objects that stay in the account when records are turned off, by what is turned off.
var (
	retainedLogs   = []string{"aws:cloudwatch/logGroup:LogGroup"}
	retainedKey    = []string{"aws:kms/key:Key"}
	retainedBucket = []string{
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls", "aws:s3/bucketPolicy:BucketPolicy",
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "aws:s3/bucketV2:BucketV2",
		"aws:s3/bucketVersioningV2:BucketVersioningV2",
	}
)

const (
	bothTargets       = `["cloudwatch","s3"]`
	instanceUpdated   = "Instance instances-a-1: update"
	boundaryPolicyARN = "arn:aws:iam::aws:policy/PowerUserAccess"
)

// toggles are changes that are made to a deployed stack and then reverted.
var toggles = map[string]struct {
	base, on config
	// onInstances are the effects of each change on instances.
	onInstances []string
	// retained are the types of the objects that stay in the account, sorted.
	retained []string
}{
	"record to CloudWatch Logs":           {on: config{"sessionLogs": `["cloudwatch"]`}, retained: retainedLogs},
	"record to S3":                        {on: config{"sessionLogs": `["s3"]`}, retained: retainedBucket},
	"encrypt":                             {on: config{"sessionEncryption": "true"}, retained: retainedKey},
	"record and encrypt":                  {on: config{"sessionLogs": bothTargets, "sessionEncryption": "true"}, retained: slices.Concat(retainedLogs, retainedBucket, retainedKey)},
	"encrypt, with records":               {base: config{"sessionLogs": bothTargets}, on: config{"sessionEncryption": "true"}, retained: retainedKey},
	"record, with encryption":             {base: config{"sessionEncryption": "true"}, on: config{"sessionLogs": bothTargets}, retained: slices.Concat(retainedLogs, retainedBucket)},
	"record to S3, with CloudWatch Logs":  {base: config{"sessionLogs": `["cloudwatch"]`}, on: config{"sessionLogs": bothTargets}, retained: retainedBucket},
	"limit sessions":                      {on: config{"sessionIdleMinutes": "15", "sessionMaxMinutes": "60"}},
	"limit sessions, with records":        {base: config{"sessionLogs": bothTargets}, on: config{"sessionMaxMinutes": "60"}},
	"shorten retention":                   {base: config{"sessionLogs": bothTargets}, on: config{"sessionLogDays": "30"}},
	"flow logs":                           {on: config{"flowLogDays": "30"}},
	"minimal instance policy":             {on: config{"instancePolicy": "minimal"}},
	"minimal instance policy and records": {base: config{"sessionLogs": bothTargets}, on: config{"instancePolicy": "minimal"}},
	"permissions boundary":                {on: config{"permissionsBoundary": boundaryPolicyARN, "flowLogDays": "30"}},
	"recent MFA":                          {on: config{"mfaMaxAgeMinutes": "60"}},
	"organization":                        {on: config{"organizationId": "o-exampleorgid"}},
	"detailed monitoring":                 {on: config{"detailedMonitoring": "true"}, onInstances: []string{instanceUpdated}},
	"termination protection":              {on: config{"terminationProtection": "true"}, onInstances: []string{instanceUpdated}},
}

// offValues are the defaults of the keys in toggles.
var offValues = config{
	"sessionLogs": "[]", "sessionEncryption": "false", "sessionIdleMinutes": "0", "sessionMaxMinutes": "0", "sessionLogDays": "365",
	"flowLogDays": "0", "instancePolicy": "managed", "permissionsBoundary": "", "mfaMaxAgeMinutes": "0", "organizationId": "",
	"detailedMonitoring": "false", "terminationProtection": "false",
}

// Turning a feature of a deployed stack on and off again replaces and restarts no instance, and loses no
// records.
func TestToggles(t *testing.T) {
	t.Parallel()
	for name, toggle := range toggles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := deployed(t, "dev", toggle.base)
			before := e.cloudObjects()
			e.configure(toggle.on)
			require.Equal(t, toggle.onInstances, instanceEffects(e.up()), "on")
			e.requireStable()
			off := config{}
			for key := range toggle.on {
				off[key] = offValues[key]
				if value, ok := toggle.base[key]; ok {
					off[key] = value
				}
			}
			e.configure(off)
			require.Equal(t, toggle.onInstances, instanceEffects(e.up()), "off")
			require.Empty(t, effects(e.up()), "a second up changes something")
			require.Equal(t, slices.Sorted(slices.Values(toggle.retained)), e.addedTypes(before))
		})
	}
}

// addedTypes lists the types of objects that were added to the cloud, and requires that no object was
// removed. It ignores policy attachments, whose IDs are random.
func (e *env) addedTypes(before []string) []string {
	e.t.Helper()
	isAttachment := func(object string) bool { return strings.HasPrefix(object, attachmentType+" ") }
	before = slices.DeleteFunc(slices.Clone(before), isAttachment)
	now := slices.DeleteFunc(e.cloudObjects(), isAttachment)
	require.Subset(e.t, now, before)
	var added []string
	for _, object := range now {
		if !slices.Contains(before, object) {
			token, _, _ := strings.Cut(object, " ")
			added = append(added, token)
		}
	}
	return added
}

// A new namePrefix replaces the log group and the key of sessions. The old ones stay as they were, so
// that the old records remain readable.
func TestNamePrefixKeepsRecords(t *testing.T) {
	t.Parallel()
	e := deployed(t, "prod", nil)
	before := e.records()
	require.Len(t, before, 2)
	e.configure(config{"namePrefix": "other"})
	for _, line := range instanceEffects(e.up()) {
		require.Contains(t, []string{"Instance instances-a-1: update", "Instance instances-c-1: update"}, line)
	}
	after := e.records()
	require.Len(t, after, 4)
	for id, record := range before {
		require.Equal(t, record, after[id])
	}
	e.requireProven()
}

// A stack can be deployed again although its destroy has retained objects.
func TestDeployAgain(t *testing.T) {
	t.Parallel()
	e := deployed(t, "prod", nil)
	e.tearDown()
	retained := e.cloudObjects()
	require.Len(t, retained, len(retainedLogs)+len(retainedKey)+len(retainedBucket))
	e.configure(config{"terminationProtection": "true"})
	e.up()
	e.requireProven()
	require.Subset(t, e.cloudObjects(), retained)
	require.Empty(t, effects(e.up()))
}

// records returns the type and the name of each session log group and each key in the cloud, by ID.
func (e *env) records() map[string]string {
	records := map[string]string{}
	for _, object := range e.cloud.Inventory() {
		isLogGroup := object.Type == retainedLogs[0] && strings.Contains(object.ID, "-sessions-")
		if isLogGroup || object.Type == retainedKey[0] {
			records[object.ID] = object.Type + " " + object.Name
		}
	}
	return records
}
