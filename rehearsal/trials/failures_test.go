package trials

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
)

// laterSteps maps the types whose creation continues after the ID is known to the steps that can still
// fail. The creation of any other type is a single call, which fails without an effect or not at all.
var laterSteps = map[string]string{
	"aws:ec2/vpc:Vpc":                                                      "waits until the VPC is available, then sets its DNS attributes",
	"aws:ec2/subnet:Subnet":                                                "waits until the subnet is available, then sets its attributes",
	"aws:ec2/routeTable:RouteTable":                                        "waits until the route table exists",
	"aws:ec2/routeTableAssociation:RouteTableAssociation":                  "waits until the route table is associated",
	"aws:ec2/securityGroup:SecurityGroup":                                  "revokes the egress rule that AWS adds to every new group",
	defaultGroupType:                                                       "finds the group, then revokes its rules",
	"aws:ec2/vpcEndpoint:VpcEndpoint":                                      "waits until the endpoint is available",
	"aws:ec2/instance:Instance":                                            "waits until the instance runs",
	"aws:iam/role:Role":                                                    "waits until IAM has propagated the role",
	"aws:iam/instanceProfile:InstanceProfile":                              "adds the role to the profile",
	"aws:ssm/document:Document":                                            "waits until the document is active",
	"aws:ssm/association:Association":                                      "reads the association",
	"aws:cloudwatch/logGroup:LogGroup":                                     "sets the retention",
	"aws:kms/key:Key":                                                      "waits until KMS has propagated the key, its policy and its rotation",
	"aws:s3/bucketV2:BucketV2":                                             "waits until the bucket exists, then sets its tags",
	"aws:s3/bucketPolicy:BucketPolicy":                                     "waits until S3 has propagated the policy",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":               "waits until S3 has propagated the block",
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                         "waits until S3 has propagated the versioning",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":               "waits until S3 has propagated the controls",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": "waits until S3 has propagated the rules",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": "waits until S3 has propagated the encryption",
}

// failure is a call for one resource of a stack that fails once.
type failure struct {
	stack string
	fault awssim.Fault
}

func (f failure) String() string {
	operation := "create"
	switch {
	case f.fault.Operation == awssim.Delete:
		operation = "delete"
	case f.fault.Kind == awssim.PartialCreate:
		operation = "half create"
	}
	return f.stack + " " + operation + " " + label(f.fault.Type, f.fault.Name)
}

// kind identifies the call and the type of the resource.
func (f failure) kind() awssim.Fault {
	kind := f.fault
	kind.Name = ""
	return kind
}

// resource returns the name of the resource in error messages.
func (f failure) resource() string { return fmt.Sprintf("%s %q: ", f.fault.Type, f.fault.Name) }

// failures lists every single failure of a stack's deployment and of its destruction.
func failures(e *env) []failure {
	var all []failure
	for _, state := range e.resources() {
		token := string(state.Type)
		add := func(operation awssim.Operation, kind awssim.FaultKind) {
			fault := awssim.Fault{Type: token, Name: state.URN.Name(), Operation: operation, Kind: kind}
			all = append(all, failure{e.stack.Name(), fault})
		}
		add(awssim.Create, awssim.Refused)
		if laterSteps[token] != "" {
			add(awssim.Create, awssim.PartialCreate)
		}
		if !state.RetainOnDelete {
			add(awssim.Delete, awssim.Refused)
		}
	}
	return all
}

// oneOfEachKind returns a random failure of each kind.
func oneOfEachKind(all []failure) []failure {
	all = slices.Clone(all)
	newRandom().Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	seen := map[awssim.Fault]bool{}
	return slices.DeleteFunc(all, func(f failure) bool {
		repeated := seen[f.kind()]
		seen[f.kind()] = true
		return repeated
	})
}

// After any single failure, the error names the resource, the state contains exactly the objects that are
// in the account, the next update or destroy succeeds, and in the end the account contains only what the
// stack leaves on purpose, besides what was there before.
func TestEverySingleFailure(t *testing.T) {
	t.Parallel()
	var all []failure
	unprotected := map[string]snapshot{}
	for _, stack := range stacks {
		e := deployed(t, stack, interrupted[stack])
		for _, state := range e.resources() {
			require.Equal(t, awssim.CreatesInSteps(string(state.Type)), laterSteps[string(state.Type)] != "", state.Type)
		}
		all = append(all, failures(e)...)
		e.unprotect()
		unprotected[stack] = e.snapshot()
	}
	cases := all
	if testing.Short() {
		cases = oneOfEachKind(all)
	}
	t.Logf("%d of %d failures", len(cases), len(all))
	for _, f := range cases {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			counts.failures.Add(1)
			if f.fault.Operation == awssim.Delete {
				failDestroy(t, f, unprotected[f.stack])
			} else {
				failUp(t, f)
			}
		})
	}
}

func failUp(t *testing.T, f failure) {
	e := newEnv(t, f.stack, interrupted[f.stack], f.fault)
	message := e.stack.Up(context.Background()).Failure()
	require.Contains(t, message, f.resource())
	require.Contains(t, message, "An internal error has occurred")
	e.requireConsistent()
	var incomplete []string
	for _, state := range e.resources() {
		if len(state.InitErrors) > 0 {
			incomplete = append(incomplete, string(state.Type)+" "+state.URN.Name())
		}
	}
	var expected []string
	if f.fault.Kind == awssim.PartialCreate {
		expected = []string{f.fault.Type + " " + f.fault.Name}
	}
	require.Equal(t, expected, incomplete, "resources whose creation is incomplete")

	e.up()
	for _, state := range e.resources() {
		require.Empty(t, state.InitErrors, state.URN)
	}
	e.requireConsistent()
	if len(incomplete) > 0 {
		require.Empty(t, effects(e.up()), "a further up")
	}
	e.tearDown()
}

func failDestroy(t *testing.T, f failure, deployed snapshot) {
	e := deployed.restore(t, f.fault)
	message := e.stack.Destroy(context.Background()).Failure()
	require.Contains(t, message, f.resource())
	require.Contains(t, message, "An internal error has occurred")
	e.addRetained(deployed.retainable)
	e.requireConsistent()
	e.destroy()
	require.Empty(t, e.stack.State().Resources)
	require.Equal(t, deployed.retainable, e.cloudObjects())
	e.requireUnchanged()
}
