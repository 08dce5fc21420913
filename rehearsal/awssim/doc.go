// Package awssim simulates an AWS account behind the interface of a Pulumi provider. For the resource types
// and lookups that it supports, it behaves as pulumi-aws 6.83.2 and AWS do according to their public
// documentation and source: it validates inputs, decides between update and replacement, returns AWS's
// errors, generates IDs and computed properties, and keeps the state of the account. Where the
// documentation leaves a question open, it takes the stricter interpretation, and a comment says so. It
// returns an error for everything that it does not support: a resource type, an input, a lookup, an
// argument or a filter.
//
// # Structure
//
// The file provider.go implements the engine's provider interface, with properties.go for the conversion of
// properties. The operations behind it are independent of that interface:
//
//   - session.go has the calls that work on the cloud, configure.go the provider's configuration, and plan.go the checks and
//     previews, which do not need the cloud
//   - schema.go describes resource types; check.go, validate.go, diff.go and update.go interpret these descriptions
//   - call.go and cloud.go contain the account's resources, tags.go the rules for tags, and errors.go the format of errors
//   - existing.go and the other files with this prefix add the objects of an account's file to a new cloud; offers.go and quotas.go
//     contain what the file says about the Region
//   - lookups.go and the other files with this prefix implement the lookups; describe.go selects objects like EC2's Describe calls
//   - faults.go makes calls fail on demand
//   - the remaining files contain the resource types of a service
//
// The subpackage catalog contains what AWS offers in each Region, and iampolicy the validation of policy
// documents.
//
// # Adding a resource type
//
// Declare a resourceType in the file of its service and register it in the init function of that file.
//
// Create gets inputs that were checked, and a call that has locked the cloud. It adds the resource to the
// cloud with call.put, or with call.putGlobal if the resource does not belong to a Region. It returns the
// resource's ID and all its properties (the inputs, and what AWS computes), but not tagsAll. It returns
// AWS's errors with call.ec2Error or call.apiError. If the provider makes further API calls after the
// resource exists, Create calls call.partialFault before them; on an error, it returns the ID, the current
// properties, and the error wrapped in partial. If the provider makes no further calls, set SingleCall.
//
// Update gets a copy of the current properties, and the inputs. call.applyInputs combines them; updateAny
// suffices if every value is valid. Delete removes the resource with call.remove, or returns an error;
// call.oldOutputs are the resource's properties in Pulumi's state. Read updates the properties that depend
// on other resources. A resource that AWS creates itself has an Owner and is removed with it.
package awssim
