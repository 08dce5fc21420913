package endpoints

import (
	"regexp"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/internal/diag"
)

// Options describe which endpoints a VPC has and what they allow.
type Options struct {
	// Policy is what the endpoints allow. Key: endpointPolicy.
	Policy Policy
	// OrganizationID is the AWS Organizations ID whose principals Restricted allows instead of the
	// account's, such as "o-exampleorgid". Optional. Key: organizationId.
	OrganizationID string
	// EC2Messages creates an endpoint for ec2messages. Key: ec2messagesEndpoint.
	EC2Messages bool
	// S3 says whether to create a gateway endpoint for S3. Key: s3Endpoint.
	S3 S3Setting
	// Existing are the codes of services that an existing VPC already reaches, such as "ssm", or only
	// AllServices. The stack creates no endpoints for them. Optional. Key: existingEndpoints.
	Existing []string
	// Services are the codes of further services that have an interface endpoint, such as "ecr.api".
	// Optional. Key: interfaceEndpoints.
	Services []string
	// Buckets are S3 buckets of the workload that Restricted allows the account's principals to read and
	// write. Optional. Key: s3Buckets.
	Buckets []string
	// PublicBuckets are S3 buckets that Restricted allows everyone to read, even with unsigned requests. Optional. Key:
	// publicBuckets.
	PublicBuckets []string
}

// S3Setting says whether a VPC gets a gateway endpoint for S3.
type S3Setting string

// The values of S3Setting.
const (
	// S3Default creates the endpoint in a VPC that the stack creates. With an existing VPC, people have to
	// decide, because the endpoint changes how everything in its subnets reaches S3.
	S3Default S3Setting = ""
	S3On      S3Setting = "true"
	S3Off     S3Setting = "false"
)

// AllServices is the element of Options.Existing that means that the VPC reaches all services, through the
// endpoints of a hub or through a NAT gateway.
const AllServices = contract.AllServices

const (
	// MaxInterfaceEndpoints is the number of interface endpoints that AWS allows in a VPC by default.
	// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html
	MaxInterfaceEndpoints = 50
	// maxBuckets limits the buckets in Options so that the policy of the S3 endpoint has at most 20,480 characters, as AWS
	// requires.
	// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
	maxBuckets = 50
)

var (
	serviceCode = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
	organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
)

// Validate returns the problems with the options.
func (o Options) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	for _, service := range o.Services {
		switch {
		case service == SSM || service == SSMMessages:
			diags.Add("interfaceEndpoints", diag.Conflict, "every stack has an endpoint for %q: remove it", service)
		case service == EC2Messages:
			diags.Add("interfaceEndpoints", diag.Conflict, "%q has its own key: remove it, and set ec2messagesEndpoint to "+
				"true", service)
		case service == S3:
			diags.Add("interfaceEndpoints", diag.Conflict, "%q has its own key: remove it, and set s3Endpoint to true", service)
		case !serviceCode.MatchString(service):
			diags.Add("interfaceEndpoints", diag.Malformed, "%q is not a service code: use the part after the Region in "+
				"the name of the endpoint service, such as ecr.api", service)
		}
	}
	for _, service := range o.Existing {
		switch {
		case service == AllServices && len(o.Existing) > 1:
			diags.Add("existingEndpoints", diag.Conflict, "%q includes all other services: remove it, or remove the other "+
				"elements", service)
		case !serviceCode.MatchString(service):
			diags.Add("existingEndpoints", diag.Malformed, "%q is not a service code: use the part after the Region in the "+
				"name of the endpoint service, such as ssm, or all", service)
		}
	}
	for _, service := range o.ValidServices() {
		if o.Reaches(service) {
			diags.Add("interfaceEndpoints", diag.Conflict, "%q is also in existingEndpoints (all includes it): remove it from "+
				"one of the two lists", service)
		}
	}
	if o.OrganizationID != "" && !organizationID.MatchString(o.OrganizationID) {
		diags.Add("organizationId", diag.Malformed, "%q is not an organization ID: use o- followed by 10 to 32 lowercase "+
			"letters and digits",
			o.OrganizationID)
	}
	if o.OrganizationID != "" && o.Policy == Full {
		diags.Add("organizationId", diag.Conflict, "%q has no effect while endpointPolicy is full: set endpointPolicy to "+
			"restricted, "+
			"or remove organizationId", o.OrganizationID)
	}
	o.checkBuckets(&diags)
	return diags
}

// checkBuckets reports names that no bucket can have, and lists that do not fit into the policy of the S3 endpoint.
func (o Options) checkBuckets(diags *diag.Diagnostics) {
	for _, list := range []struct {
		key     string
		buckets []string
	}{{"s3Buckets", o.Buckets}, {"publicBuckets", o.PublicBuckets}} {
		for _, bucket := range list.buckets {
			if !bucketName.MatchString(bucket) || strings.Contains(bucket, "..") {
				diags.Add(list.key, diag.Malformed, "%q is not a bucket name: use 3 to 63 lowercase letters, digits, "+
					"hyphens and single dots, beginning and ending with a letter or a digit", bucket)
			}
		}
	}
	switch private, public := len(o.Buckets), len(o.PublicBuckets); {
	case private > maxBuckets:
		diags.Add("s3Buckets", diag.TooMany, "the list has %d buckets, but the endpoint policy has room for %d: list "+
			"fewer", private, maxBuckets)
	case private+public > maxBuckets:
		diags.Add("publicBuckets", diag.TooMany, "s3Buckets and publicBuckets list %d buckets together, but the endpoint "+
			"policy has room for %d: list fewer", private+public, maxBuckets)
	}
}

// Reaches reports whether an existing VPC already reaches a service.
func (o Options) Reaches(service string) bool {
	return slices.Contains(o.Existing, service) || o.ReachesAll()
}

// ReachesAll reports whether an existing VPC reaches all services through a hub or a NAT gateway.
func (o Options) ReachesAll() bool { return slices.Contains(o.Existing, AllServices) }

// CreatesS3 reports whether the stack creates a gateway endpoint for S3.
func (o Options) CreatesS3() bool { return o.S3 != S3Off && !o.Reaches(S3) }

// UsesS3 reports whether the VPC reaches S3, through an endpoint of the stack or one that exists.
func (o Options) UsesS3() bool { return o.CreatesS3() || o.Reaches(S3) }

// ValidServices returns the elements of Services that Validate does not report.
func (o Options) ValidServices() []string {
	var valid []string
	for _, service := range o.Services {
		if serviceCode.MatchString(service) && !slices.Contains([]string{SSM, SSMMessages, EC2Messages, S3}, service) {
			valid = append(valid, service)
		}
	}
	return valid
}
