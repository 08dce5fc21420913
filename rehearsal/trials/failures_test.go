package trials

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
)

// laterSteps are the types whose creation goes on after the id is known, and what can fail then. What is not here is one
// call, and fails before its effect or not at all.
var laterSteps = map[string]string{
	"aws:ec2/vpc:Vpc":                                                      "it waits until the VPC is available, then sets the DNS attributes",
	"aws:ec2/subnet:Subnet":                                                "it waits until the subnet is available, then sets its attributes",
	"aws:ec2/routeTable:RouteTable":                                        "it waits until the route table is there",
	"aws:ec2/routeTableAssociation:RouteTableAssociation":                  "it waits until the table is associated",
	"aws:ec2/securityGroup:SecurityGroup":                                  "it takes away the outbound rule that AWS gives every group",
	adopted:                                                                "it finds the group, then takes its rules away",
	"aws:ec2/vpcEndpoint:VpcEndpoint":                                      "it waits until the endpoint is available",
	"aws:ec2/instance:Instance":                                            "it waits until the instance runs",
	"aws:iam/role:Role":                                                    "it waits until IAM has spread the role",
	"aws:iam/instanceProfile:InstanceProfile":                              "it puts the role into the profile",
	"aws:ssm/document:Document":                                            "it waits until the document is active",
	"aws:ssm/association:Association":                                      "it reads the association back",
	"aws:cloudwatch/logGroup:LogGroup":                                     "it sets how long the group keeps its records",
	"aws:kms/key:Key":                                                      "it waits until KMS has spread the key, its policy and its rotation",
	"aws:s3/bucketV2:BucketV2":                                             "it waits until the bucket is there, then sets its tags",
	"aws:s3/bucketPolicy:BucketPolicy":                                     "it waits until S3 has spread the policy",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":               "it waits until S3 has spread the block",
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                         "it waits until S3 has spread the versioning",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":               "it waits until S3 has spread the controls",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": "it waits until S3 has spread the rules",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": "it waits until S3 has spread the encryption",
}

// failure is one call that fails once.
type failure struct {
	name  string // of the case
	names string // what the error must say
	fault awssim.Fault
}

// failures lists all single failures of a stack, of its deployment and of its end.
func failures(w *world) (ups, downs []failure) {
	for _, state := range w.customs() {
		token, name := string(state.Type), state.URN.Name()
		add := func(to *[]failure, operation awssim.Operation, kind awssim.FaultKind, word string) {
			*to = append(*to, failure{
				name:  word + " " + label(token, name),
				names: fmt.Sprintf("%s %q: ", token, name),
				fault: awssim.Fault{Type: token, Name: name, Operation: operation, Kind: kind},
			})
		}
		add(&ups, awssim.Create, awssim.Refused, "create")
		if laterSteps[token] != "" {
			add(&ups, awssim.Create, awssim.PartialCreate, "half create")
		}
		if !state.RetainOnDelete {
			add(&downs, awssim.Delete, awssim.Refused, "delete")
		}
	}
	return ups, downs
}

// After any single failure the error names the resource, the state holds exactly what the cloud holds, the next up or
// destroy completes, and nothing is left in the end but what the program keeps on purpose.
func TestEverySingleFailure(t *testing.T) {
	t.Parallel()
	for _, stack := range stacks {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, stack, nil)
			w.up()
			for _, state := range w.customs() {
				require.Equal(t, awssim.CreatesInSteps(string(state.Type)), laterSteps[string(state.Type)] != "", state.Type)
			}
			ups, downs := failures(w)
			w.unprotect()
			deployed := w.photo()
			for _, f := range ups {
				t.Run(f.name, func(t *testing.T) {
					t.Parallel()
					failsToCreate(t, stack, f)
				})
			}
			for _, f := range downs {
				t.Run(f.name, func(t *testing.T) {
					t.Parallel()
					failsToDelete(t, deployed, f)
				})
			}
			t.Logf("%s: %d failures of an up, %d of a destroy", stack, len(ups), len(downs))
		})
	}
}

func failsToCreate(t *testing.T, stack string, f failure) {
	ran.faults.Add(1)
	w := newWorld(t, stack, nil, f.fault)
	result := w.stack.Up(context.Background())
	require.Contains(t, result.Failure(), f.names)
	require.Contains(t, result.Failure(), "An internal error has occurred")
	w.agrees()
	var half []string
	for _, state := range w.customs() {
		if len(state.InitErrors) > 0 {
			half = append(half, string(state.Type)+" "+state.URN.Name())
		}
	}
	if f.fault.Kind == awssim.PartialCreate {
		require.Equal(t, []string{f.fault.Type + " " + f.fault.Name}, half, "what is half created")
	} else {
		require.Empty(t, half, "what is half created")
	}

	w.up()
	for _, state := range w.customs() {
		require.Empty(t, state.InitErrors, state.URN)
	}
	w.agrees()
	if len(half) > 0 {
		require.Empty(t, changed(w.up()), "a further up")
	}
	w.goes()
}

func failsToDelete(t *testing.T, deployed photo, f failure) {
	ran.faults.Add(1)
	w := deployed.world(t, f.fault)
	kept := w.kept()
	result := w.stack.Destroy(context.Background())
	require.Contains(t, result.Failure(), f.names)
	require.Contains(t, result.Failure(), "An internal error has occurred")
	still := w.kept()
	w.released = slices.DeleteFunc(slices.Clone(kept), func(object string) bool { return slices.Contains(still, object) })
	w.agrees()
	w.destroy()
	require.Empty(t, w.stack.Snapshot().Resources)
	require.Equal(t, kept, w.holds())
}
