// Package awssim is a simulated AWS account behind the interface of a Pulumi provider. It behaves as pulumi-aws 6.83.2 and AWS do
// by their public documentation and source, for the resource types and lookups that it knows: it checks inputs, tells
// replacement from update, refuses what AWS refuses, gives ids and computed properties, and remembers. Where the documents
// leave a doubt it takes the stricter reading, and a comment says so.
//
// # How it is built
//
// schema.go has what a resource type is made of (resourceType, attribute) and the form of its properties (values);
// check.go the checks of inputs, diff.go the comparison of state and inputs, provider.go the interface to the engine,
// cloud.go what the account holds, errors.go how AWS and the provider word refusals. fixture.json is the account from which
// every cloud starts.
//
// To add a type, declare a resourceType in the file of its service and register it in that file's init function. create gets
// checked inputs and a call, which holds the cloud's lock; it puts the thing into the cloud with call.put, or putGlobal where
// it lives in no Region, and returns its id and all its properties: the inputs, what AWS computed, and without tagsAll, which
// taggable adds. It refuses with call.ec2 or call.refuse. A failure after the thing exists is wrapped in partly, and leaves an
// init-failed resource. remove drops it with call.drop, or refuses.
package awssim
