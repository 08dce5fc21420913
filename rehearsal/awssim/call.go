package awssim

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// call is a single call of the provider: the cloud, which it has locked, and the provider's configuration.
type call struct {
	*Cloud
	account     string // ID
	region      string
	offers      *offers // nil if the Region is unknown
	partition   string
	dnsSuffix   string
	defaultTags values
	// token is the type of the call's resource; "" in a lookup.
	token string
	// oldOutputs are the resource's properties in Pulumi's state when it is deleted.
	oldOutputs values
	// fault is the error that partialFault returns once.
	fault error
}

// partialFault returns the fault that is to interrupt the creation, or nil. A Create function calls it
// after the resource exists and before it makes further API calls. On an error, it returns the ID, the
// properties at that time and the error wrapped in partial.
func (c *call) partialFault() error {
	fault := c.fault
	c.fault = nil
	return fault
}

// arn returns the ARN of a resource in the provider's Region.
func (c *call) arn(service, resource string) string {
	return "arn:" + c.partition + ":" + service + ":" + c.region + ":" + c.account + ":" + resource
}

// iamARN returns the ARN of an IAM resource, which does not belong to a Region.
func (c *call) iamARN(resource string) string {
	return "arn:" + c.partition + ":iam::" + c.account + ":" + resource
}

// newID returns a new ID in EC2's form: a prefix, a hyphen and 17 hexadecimal digits.
func (c *call) newID(prefix string) string { return prefix + "-0" + c.random(16) }

// random returns pseudorandom hexadecimal digits. Clouds with the same history return the same digits.
func (c *Cloud) random(digits int) string {
	var s string
	for len(s) < digits {
		c.Sequence++
		sum := sha1.Sum(fmt.Appendf(nil, "%d", c.Sequence))
		s += hex.EncodeToString(sum[:])
	}
	return s[:digits]
}

// uuid returns a new UUID.
func (c *Cloud) uuid() string {
	d := c.random(32)
	return strings.Join([]string{d[:8], d[8:12], d[12:16], d[16:20], d[20:]}, "-")
}

// hash returns the first hexadecimal digits of a hash of s.
func hash(s string, digits int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:digits]
}
