package awssim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The bridge does not wrap these errors, since the type uses the plugin framework.
func TestBucketLifecycle_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(bucketToken, "b", values{"bucket": "dev-1"})
	rule := func(more values) values {
		r := values{"id": "r", "status": "Enabled"}
		for key, value := range more {
			r[key] = value
		}
		return r
	}
	expire := rule(values{"expiration": values{"days": 30.0}})
	for _, test := range []struct {
		want  string
		rules []any
	}{
		{"MalformedXML: The XML you provided was not well-formed or did not validate against our published schema", []any{}},
		{"InvalidArgument: Rule ID must be unique. Found same ID for more than one rule", []any{expire, expire}},
		{"InvalidRequest: At least one action needs to be specified in a rule", []any{rule(nil)}},
		{"InvalidArgument: 'Days' for Expiration action must be a positive integer", []any{rule(values{"expiration": values{"days": 0.0}})}},
		{
			"InvalidArgument: 'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
			[]any{rule(values{"transitions": []any{values{"days": 7.0, "storageClass": "STANDARD_IA"}}})},
		},
		{
			"InvalidArgument: 'Days' in the Expiration action for filter '(prefix=)' must be greater than 'Days' in the Transition action",
			[]any{rule(values{
				"transitions": []any{values{"days": 60.0, "storageClass": "GLACIER"}}, "expiration": values{"days": 60.0},
			})},
		},
	} {
		require.Equal(t, "creating S3 Bucket (dev-1) Lifecycle Configuration: operation error S3: PutBucketLifecycleConfiguration, https "+
			"response error StatusCode: 400, "+test.want, w.createError(lifecycleToken, "x", values{"bucket": "dev-1", "rules": test.rules}))
	}
}
