// Package awssim is a simulated AWS account behind the interface of a Pulumi provider. It behaves as pulumi-aws 6.83.2 and AWS do
// by their public documentation and source, for the resource types and lookups that it knows: it checks inputs, tells
// replacement from update, refuses what AWS refuses, gives ids and computed properties, and remembers. Where the documents
// leave a doubt it takes the stricter reading, and a comment says so. What it does not know it refuses by name: a resource
// type, an input, a lookup, an argument, a filter.
//
// # How it is built
//
// schema.go has what a resource type is made of (resourceType, attribute) and the form of its properties (values);
// check.go the checks of inputs, validate.go the provider's validators, diff.go the comparison of state and inputs,
// provider.go and configuration.go the interface to the engine, cloud.go what the account holds, errors.go how AWS and the provider word refusals,
// tags.go what all tags obey, faults.go and latency.go how a test makes calls fail and take time. fixture.json is the account
// from which every cloud starts, and catalogue.go adds to it what AWS offers everywhere; lookups.go and lookups_ec2.go answer from
// both. Every other file is that of a service or type.
//
// # How to add a type
//
// Declare a resourceType in the file of its service and register it in that file's init function. create gets checked inputs
// and a call, which holds the cloud's lock; it puts the thing into the cloud with call.put, or putGlobal where it lives in no
// Region, and returns its id and all its properties: the inputs, what AWS computed, and without tagsAll, which taggable adds.
// It refuses with call.ec2 or call.refuse. Where the provider makes further calls once the thing exists, create asks call.step
// first: on an error it returns the id, the properties as they are then, and the error wrapped in partly, which leaves an
// init-failed resource. A type whose creation is one call is atomic.
//
// update gets a copy of what the cloud holds, and the inputs; merge serves where AWS takes any value, and call.settle does the
// merging. remove drops the thing with call.drop, or refuses; call.recorded is what Pulumi's state holds of it. refresh brings
// up to date what other resources change. What AWS makes by itself has an Owner, and goes with it.
package awssim
