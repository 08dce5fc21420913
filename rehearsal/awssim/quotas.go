package awssim

// quota is a service quota.
type quota struct {
	// code is the quota code of Service Quotas.
	code string
	// limit is AWS's default.
	limit int
}

// Quotas of VPC and IAM.
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
var (
	vpcsPerRegion             = quota{"L-F678F1CE", 5}
	subnetsPerVPC             = quota{"L-407747CB", 200}
	routeTablesPerVPC         = quota{"L-589F43AA", 200}
	groupsPerRegion           = quota{"L-E79EC296", 2500}
	rulesPerGroup             = quota{"L-0EA8095F", 60} // for each direction and each of IPv4 and IPv6
	groupsPerInterface        = quota{"L-2AFB9258", 5}
	interfaceEndpointsPerVPC  = quota{"L-29B6F2EB", 50}
	gatewayEndpointsPerRegion = quota{"L-1B52E74A", 20}
	rolesPerAccount           = quota{"L-FE177D64", 1000}
	profilesPerAccount        = quota{"L-6E65F664", 1000}
	policiesPerRole           = quota{"L-0DA4ABF3", 10}
)

// quota returns the account's limit, or AWS's default if the account's file does not contain it.
func (c *call) quota(q quota) int {
	if file := c.file(); file != nil {
		if limit, ok := file.Quotas[q.code]; ok {
			return int(limit)
		}
	}
	return q.limit
}
