package endpoints

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/awsenv"
	"bastionless/internal/osimage"
)

const full = `{"Version":"2012-10-17","Statement":[` +
	`{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["*"],"Resource":["*"]}]}`

const ownAccount = `{"Version":"2012-10-17","Statement":[{"Sid":"OwnPrincipals","Effect":"Allow","Principal":{"AWS":["*"]},` +
	`"Action":["*"],"Resource":["*"],"Condition":{"StringEquals":{"aws:PrincipalAccount":["123456789012"]}}}]}`

func TestServicePolicy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		policy  Policy
		service string
		want    string // "": AWS's default
	}{
		{Restricted, "ssm", ownAccount},
		{Restricted, "logs", ownAccount},
		{Restricted, "kms", ownAccount},
		{Restricted, "ecr.api", ownAccount},
		{Restricted, "ssmmessages", ""},
		{Restricted, "ec2messages", ""},
		{Full, "ssm", full},
		{Full, "ssmmessages", full},
		{Full, "ec2messages", full},
		{Full, "ecr.api", full},
	} {
		t.Run(string(test.policy)+" "+test.service, func(t *testing.T) {
			t.Parallel()
			for organization, want := range map[string]string{
				"":               test.want,
				"o-exampleorgid": strings.Replace(test.want, `"aws:PrincipalAccount":["123456789012"]`, `"aws:PrincipalOrgID":["o-exampleorgid"]`, 1),
			} {
				args := inTokyo(test.policy)
				args.OrganizationID = organization
				document, ok := args.servicePolicy(test.service)
				require.Equal(t, want != "", ok)
				if ok {
					text, err := document.JSON()
					require.NoError(t, err)
					require.Equal(t, want, text)
				}
			}
		})
	}
}

// s3Reads is the statement for AWS's buckets. The tests spell out their names, because a typo would be
// noticed only on a real instance.
func s3Reads(partition string, buckets ...string) string {
	var arns []string
	for _, bucket := range buckets {
		arns = append(arns, fmt.Sprintf(`"arn:%s:s3:::%s","arn:%s:s3:::%s/*"`, partition, bucket, partition, bucket))
	}
	return `{"Sid":"AgentAndPackages","Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":[` +
		strings.Join(arns, ",") + `]}`
}

func TestS3Policy(t *testing.T) {
	t.Parallel()
	tokyo := []string{
		"amazon-ssm-ap-northeast-1", "aws-ssm-ap-northeast-1", "amazon-ssm-packages-ap-northeast-1",
		"aws-ssm-document-attachments-ap-northeast-1", "ap-northeast-1-birdwatcher-prod",
		"patch-baseline-snapshot-ap-northeast-1", "aws-patch-manager-ap-northeast-1-4849fa78f",
	}
	beijing := []string{
		"amazon-ssm-cn-north-1", "aws-ssm-cn-north-1", "amazon-ssm-packages-cn-north-1",
		"aws-ssm-document-attachments-cn-north-1", "cn-north-1-birdwatcher-prod", "patch-baseline-snapshot-cn-north-1",
	}
	al2023 := append(append([]string{}, tokyo...), "al2023-repos-ap-northeast-1-de612dc2", "al2023-ap-northeast-1")
	al2 := append(append([]string{}, tokyo...), "amazonlinux.ap-northeast-1.amazonaws.com", "amazonlinux-2-repos-ap-northeast-1")
	china := append(append([]string{}, beijing...), "amazonlinux.cn-north-1.amazonaws.com.cn", "amazonlinux-2-repos-cn-north-1")
	workload := `,{"Sid":"Workload","Effect":"Allow","Principal":"*","Action":["s3:AbortMultipartUpload","s3:DeleteObject",` +
		`"s3:GetBucketLocation","s3:GetObject","s3:ListBucket","s3:ListMultipartUploadParts","s3:PutObject"],"Resource":[` +
		`"arn:aws:s3:::mine","arn:aws:s3:::mine/*","arn:aws:s3:::yours","arn:aws:s3:::yours/*"]`
	records := `,{"Sid":"Records","Effect":"Allow","Principal":"*","Action":["s3:GetEncryptionConfiguration","s3:ListBucket",` +
		`"s3:PutObject","s3:PutObjectAcl"],"Resource":["arn:aws:s3:::audit-1a2b","arn:aws:s3:::audit-1a2b/*"]`
	public := `,{"Sid":"PublicBuckets","Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":[` +
		`"arn:aws:s3:::mirror","arn:aws:s3:::mirror/*"]}`
	layers := `,{"Sid":"ImageLayers","Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":[` +
		`"arn:aws:s3:::prod-ap-northeast-1-starport-layer-bucket/*"]}`
	const (
		account      = `,"Condition":{"StringEquals":{"aws:PrincipalAccount":["123456789012"]}}}`
		organization = `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-exampleorgid"]}}}`
	)

	for name, test := range map[string]struct {
		args    SetArgs
		s3      S3Args
		records string // the bucket of the session records, or ""
		want    string
	}{
		"al2023": {inTokyo(Restricted), S3Args{OS: osimage.AmazonLinux2023}, "", statements(s3Reads("aws", al2023...))},
		"al2":    {inTokyo(Restricted), S3Args{OS: osimage.AmazonLinux2}, "", statements(s3Reads("aws", al2...))},
		"other":  {inTokyo(Restricted), S3Args{OS: osimage.Other}, "", statements(s3Reads("aws", tokyo...))},
		"al2 in China": {
			SetArgs{
				Env:    awsenv.Env{Partition: "aws-cn", Region: "cn-north-1", DNSSuffix: "amazonaws.com.cn"},
				Policy: Restricted,
			},
			S3Args{OS: osimage.AmazonLinux2},
			"",
			statements(s3Reads("aws-cn", china...)),
		},
		"buckets": {
			inTokyo(Restricted),
			S3Args{OS: osimage.AmazonLinux2023, Buckets: []string{"mine", "yours"}},
			"",
			statements(s3Reads("aws", al2023...) + workload + account),
		},
		"public buckets": {
			inTokyo(Restricted),
			S3Args{OS: osimage.AmazonLinux2023, PublicBuckets: []string{"mirror"}},
			"",
			statements(s3Reads("aws", al2023...) + public),
		},
		"image layers": {
			withServices(inTokyo(Restricted), ECR, ECRDocker),
			S3Args{OS: osimage.AmazonLinux2023},
			"",
			statements(s3Reads("aws", al2023...) + layers),
		},
		"image layers, with an existing endpoint": {
			withExisting(inTokyo(Restricted), ECRDocker),
			S3Args{OS: osimage.AmazonLinux2023},
			"",
			statements(s3Reads("aws", al2023...) + layers),
		},
		"the API of ECR only": {
			withServices(inTokyo(Restricted), ECR), S3Args{OS: osimage.AmazonLinux2023}, "", statements(s3Reads("aws", al2023...)),
		},
		"records": {
			inTokyo(Restricted), S3Args{OS: osimage.AmazonLinux2023}, "audit-1a2b", statements(s3Reads("aws", al2023...) + records + account),
		},
		"buckets and records, in an organization": {
			inOrganization(inTokyo(Restricted)),
			S3Args{OS: osimage.AmazonLinux2023, Buckets: []string{"mine", "yours"}},
			"audit-1a2b",
			statements(s3Reads("aws", al2023...) + workload + organization + records + organization),
		},
		"full":               {inTokyo(Full), S3Args{OS: osimage.AmazonLinux2023, Buckets: []string{"mine"}}, "", full},
		"full, with records": {inTokyo(Full), S3Args{OS: osimage.AmazonLinux2023}, "audit-1a2b", full},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.args.S3 = &test.s3
			text, err := test.args.s3Policy(test.records).JSON()
			require.NoError(t, err)
			require.Equal(t, test.want, text)
		})
	}
}

func TestPatchBuckets(t *testing.T) {
	t.Parallel()
	for region, want := range map[string][]string{
		"eu-west-1":      {"patch-baseline-snapshot-eu-west-1", "aws-patch-manager-eu-west-1-5522fb710"},
		"me-south-1":     {"patch-baseline-snapshot-me-south-1-uduvl7q8", "aws-patch-manager-me-south-1-a53fc9dce"},
		"ap-southeast-5": {"patch-baseline-snapshot-ap-southeast-5"},
	} {
		require.Equal(t, want, patchBuckets(region))
	}
}

func inOrganization(args SetArgs) SetArgs {
	args.OrganizationID = "o-exampleorgid"
	return args
}

func withServices(args SetArgs, services ...string) SetArgs {
	args.Services = services
	return args
}

func withExisting(args SetArgs, service string) SetArgs {
	args.Existing = []Existing{{Service: service, ID: "vpce-1"}}
	return args
}

func statements(texts string) string { return `{"Version":"2012-10-17","Statement":[` + texts + `]}` }

func inTokyo(p Policy) SetArgs {
	return SetArgs{
		Env: awsenv.Env{
			Partition: "aws", Region: "ap-northeast-1", DNSSuffix: "amazonaws.com", AccountID: "123456789012",
		},
		Policy: p,
	}
}

// The policy with the bucket of the session records and with as many other buckets as Options allow is
// within AWS's limit of 20,480 characters.
func TestS3Policy_fits50Buckets(t *testing.T) {
	t.Parallel()
	buckets := make([]string, maxBuckets)
	for i := range buckets {
		buckets[i] = fmt.Sprintf("%02d%s", i, strings.Repeat("b", 61))
		require.Len(t, buckets[i], 63)
	}
	require.Len(t, buckets, 50)
	for _, env := range []awsenv.Env{
		{Partition: "aws", Region: "ap-northeast-1", DNSSuffix: "amazonaws.com"},
		{Partition: "aws-cn", Region: "cn-northwest-1", DNSSuffix: "amazonaws.com.cn"},
		{Partition: "aws-us-gov", Region: "us-gov-west-1", DNSSuffix: "amazonaws.com"},
		{Partition: "aws-eusc", Region: "eusc-de-east-1", DNSSuffix: "amazonaws.eu"},
		{Partition: "aws-iso-b", Region: "us-isob-east-1", DNSSuffix: "sc2s.sgov.gov"},
	} {
		env.AccountID = "123456789012"
		args := &SetArgs{
			Env: env, OrganizationID: "o-" + strings.Repeat("o", 32),
			Policy: Restricted, S3: &S3Args{OS: osimage.AmazonLinux2, Buckets: buckets[:49], PublicBuckets: buckets[49:]},
			Services: []string{ECRDocker},
		}
		text, err := args.s3Policy(strings.Repeat("r", 63)).JSON()
		require.NoError(t, err)
		require.LessOrEqual(t, len(text), 20480, env.Partition)
		require.Equal(t, 2*50, strings.Count(text, strings.Repeat("b", 61)), "the policy contains all buckets")
		require.Equal(t, 2, strings.Count(text, strings.Repeat("r", 63)), "the policy contains the bucket of the session records")
		require.Contains(t, text, "-starport-layer-bucket")
	}
}
