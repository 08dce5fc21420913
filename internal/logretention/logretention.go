// Package logretention checks retention periods of CloudWatch Logs.
package logretention

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// allowed are the retention periods that CloudWatch Logs supports, in days.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var allowed = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// Check returns an error if CloudWatch Logs does not support a retention period. The error lists those that it
// supports.
func Check(days int) error {
	if slices.Contains(allowed, days) {
		return nil
	}
	numbers := make([]string, len(allowed))
	for i, n := range allowed {
		numbers[i] = strconv.Itoa(n)
	}
	return fmt.Errorf("%d is not a retention period of CloudWatch Logs: use one of %s days", days, strings.Join(numbers, ", "))
}
