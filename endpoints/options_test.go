package endpoints

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/diag"
	"bastionless/internal/diag/diagtest"
)

func TestOptions_accepts(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]Options{
		"nothing":                      {},
		"full":                         {Policy: Full, EC2Messages: true, S3: S3On},
		"the shortest organization id": {Policy: Restricted, OrganizationID: "o-" + strings.Repeat("a", 10)},
		"the longest organization id":  {Policy: Restricted, OrganizationID: "o-" + strings.Repeat("9", 32)},
		"service codes": {Services: []string{
			"ecr.api", "secretsmanager", "s3-global.accesspoint", "a", "9", "ssm-contacts", "ssm.fips", "logs", "kms",
		}},
		"the shortest bucket name": {Buckets: []string{"a-9"}},
		"the longest bucket name":  {Buckets: []string{"a" + strings.Repeat("-", 61) + "z"}},
		"bucket names with dots":   {Buckets: []string{"a.b.c", "1.2"}},
		"50 buckets":               {Buckets: buckets(50)},
		"50 buckets in both lists": {Buckets: buckets(20), PublicBuckets: buckets(30)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, nil, options.Validate())
			require.Equal(t, options.Services, options.ValidServices())
		})
	}
}

func TestOptions_rejects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options Options
		want    []diagtest.Want
		valid   []string
	}{
		"services that have their own key": {
			Options{Services: []string{"ssm", "ssmmessages", "ec2messages", "s3", "kms"}},
			[]diagtest.Want{
				diagtest.Problem("interfaceEndpoints", diag.Conflict, `"ssm"`),
				diagtest.Problem("interfaceEndpoints", diag.Conflict, `"ssmmessages"`),
				diagtest.Problem("interfaceEndpoints", diag.Conflict, `"ec2messages"`, "ec2messagesEndpoint"),
				diagtest.Problem("interfaceEndpoints", diag.Conflict, `"s3"`, "s3Endpoint"),
			},
			[]string{"kms"},
		},
		"malformed services": {
			Options{Services: []string{"", "SSM", "ecr_api", ".a", "a.", "a..b", "com.amazonaws.eu-west-1/ssm", "a b", "%d"}},
			[]diagtest.Want{
				diagtest.Problem("interfaceEndpoints", diag.Malformed, `""`),
				diagtest.Problem("interfaceEndpoints", diag.Malformed, `"SSM"`),
				diagtest.Problem("interfaceEndpoints", diag.Malformed, `"ecr_api"`),
				diagtest.Problem("interfaceEndpoints", diag.Malformed, `".a"`),
				diagtest.Problem("interfaceEndpoints", diag.Malformed, `"a."`),
				diagtest.Problem("interfaceEndpoints", diag.Malformed, `"a..b"`),
				diagtest.Problem("interfaceEndpoints", diag.Malformed, `"com.amazonaws.eu-west-1/ssm"`),
				diagtest.Problem("interfaceEndpoints", diag.Malformed, `"a b"`),
				diagtest.Problem("interfaceEndpoints", diag.Malformed, `"%d"`),
			},
			nil,
		},
		"an organization id that is too short": {
			Options{Policy: Restricted, OrganizationID: "o-" + strings.Repeat("a", 9)},
			[]diagtest.Want{diagtest.Problem("organizationId", diag.Malformed, `"o-aaaaaaaaa"`)},
			nil,
		},
		"an organization id that is too long": {
			Options{Policy: Restricted, OrganizationID: "o-" + strings.Repeat("a", 33)},
			[]diagtest.Want{diagtest.Problem("organizationId", diag.Malformed, `"o-`+strings.Repeat("a", 33)+`"`)},
			nil,
		},
		"an organization id with an uppercase letter": {
			Options{Policy: Restricted, OrganizationID: "o-Aaaaaaaaaa"},
			[]diagtest.Want{diagtest.Problem("organizationId", diag.Malformed, `"o-Aaaaaaaaaa"`)},
			nil,
		},
		"the id of an organizational unit": {
			Options{Policy: Restricted, OrganizationID: "ou-exampleorgid"},
			[]diagtest.Want{diagtest.Problem("organizationId", diag.Malformed, `"ou-exampleorgid"`)},
			nil,
		},
		"an organization id without effect": {
			Options{Policy: Full, OrganizationID: "o-exampleorgid"},
			[]diagtest.Want{diagtest.Problem("organizationId", diag.Conflict, `"o-exampleorgid"`, "endpointPolicy")},
			nil,
		},
		"bucket names": {
			Options{Buckets: []string{
				"", "ab", "a" + strings.Repeat("b", 62) + "c", "-abc", "abc-", ".abc", "abc.", "a..b", "Abc", "a_b", "a/b", "a*c",
				"arn:aws:s3:::abc",
			}},
			[]diagtest.Want{
				diagtest.Problem("s3Buckets", diag.Malformed, `""`),
				diagtest.Problem("s3Buckets", diag.Malformed, `"ab"`),
				diagtest.Problem("s3Buckets", diag.Malformed, `"a`+strings.Repeat("b", 62)+`c"`),
				diagtest.Problem("s3Buckets", diag.Malformed, `"-abc"`),
				diagtest.Problem("s3Buckets", diag.Malformed, `"abc-"`),
				diagtest.Problem("s3Buckets", diag.Malformed, `".abc"`),
				diagtest.Problem("s3Buckets", diag.Malformed, `"abc."`),
				diagtest.Problem("s3Buckets", diag.Malformed, `"a..b"`),
				diagtest.Problem("s3Buckets", diag.Malformed, `"Abc"`),
				diagtest.Problem("s3Buckets", diag.Malformed, `"a_b"`),
				diagtest.Problem("s3Buckets", diag.Malformed, `"a/b"`),
				diagtest.Problem("s3Buckets", diag.Malformed, `"a*c"`),
				diagtest.Problem("s3Buckets", diag.Malformed, `"arn:aws:s3:::abc"`),
			},
			nil,
		},
		"51 buckets": {
			Options{Buckets: buckets(51)}, []diagtest.Want{diagtest.Problem("s3Buckets", diag.TooMany, "51", "50")}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, test.want, test.options.Validate())
			require.Equal(t, test.valid, test.options.ValidServices())
		})
	}
}

// buckets returns n bucket names.
func buckets(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("bucket-%d", i))
	}
	return names
}
