package awssim

import (
	"net/netip"
	"regexp"
	"strings"
)

// Bucket names. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var (
	bucketCharacters      = regexp.MustCompile(`^[0-9a-z.-]+$`)
	looseBucketCharacters = regexp.MustCompile(`^[0-9A-Za-z._-]+$`)
	bucketForm            = regexp.MustCompile(`^[0-9a-z]([0-9a-z-]*[0-9a-z])?(\.[0-9a-z]([0-9a-z-]*[0-9a-z])?)*$`)
	reservedBucketPrefix  = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	reservedBucketSuffix  = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

// bucketNameProblem is the provider's check when it creates a bucket, looser in us-east-1, where old buckets have names
// that no new one may have. It returns an empty string where the name passes.
func bucketNameProblem(name, region string) string {
	quoted := `"` + name + `"`
	if region == "us-east-1" {
		switch {
		case len(name) < 3 || len(name) > 255:
			return quoted + " must contain less than 256 characters"
		case !looseBucketCharacters.MatchString(name):
			return "only alphanumeric characters, hyphens, periods, and underscores allowed in " + quoted
		}
		return ""
	}
	switch {
	case len(name) < 3 || len(name) > 63:
		return quoted + " must contain from 3 to 63 characters"
	case !bucketCharacters.MatchString(name):
		return "only lowercase alphanumeric characters and hyphens allowed in " + quoted
	case isIPv4(name):
		return quoted + " must not be formatted as an IP address"
	case strings.HasPrefix(name, "."):
		return quoted + " cannot start with a period"
	case strings.HasSuffix(name, "."):
		return quoted + " cannot end with a period"
	case strings.Contains(name, ".."):
		return quoted + " can be only one period between labels"
	}
	return ""
}

// validBucketName is S3's own rule for new buckets, the same in every Region.
func validBucketName(name string) bool {
	for _, prefix := range reservedBucketPrefix {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	for _, suffix := range reservedBucketSuffix {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	return len(name) >= 3 && len(name) <= 63 && bucketForm.MatchString(name) && !isIPv4(name)
}

func isIPv4(s string) bool {
	address, err := netip.ParseAddr(s)
	return err == nil && address.Is4()
}
