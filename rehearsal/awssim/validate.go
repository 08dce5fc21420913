package awssim

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/iampolicy"
)

// These validators return the provider's errors. path is the attribute's name in Terraform. A comment names
// the function of the provider or the plugin SDK that a validator corresponds to.

// cidrNetwork is IsCIDRNetwork.
func cidrNetwork(minLength, maxLength int) func(string, any) []string {
	return func(path string, value any) []string {
		text, _ := value.(string)
		block, err := netip.ParsePrefix(text)
		switch {
		case err != nil:
			return []string{fmt.Sprintf("expected %s to contain a valid Value, got: %s with err: invalid CIDR address: %s", path, text, text)}
		case block.Masked() != block:
			return []string{fmt.Sprintf("expected %s to contain a valid network Value, expected %s, got %s", path, block.Masked(), text)}
		case block.Bits() < minLength || block.Bits() > maxLength:
			return []string{fmt.Sprintf("expected %q to contain a network Value with between %d and %d significant bits, got: %d",
				path, minLength, maxLength, block.Bits())}
		}
		return nil
	}
}

// ipv4Network is ValidIPv4CIDRNetworkAddress.
func ipv4Network(_ string, value any) []string { return network(value, "IPv4", netip.Addr.Is4) }

// ipv6Network is ValidIPv6CIDRNetworkAddress.
func ipv6Network(_ string, value any) []string { return network(value, "IPv6", netip.Addr.Is6) }

func network(value any, family string, ofFamily func(netip.Addr) bool) []string {
	text, _ := value.(string)
	block, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return []string{fmt.Sprintf("%q is not a valid CIDR block: invalid CIDR address: %s", text, text)}
	case !ofFamily(block.Addr()):
		return []string{fmt.Sprintf("%q is not a valid %s CIDR block", text, family)}
	case block.Masked() != block:
		return []string{fmt.Sprintf("%q is not a valid %s CIDR block; did you mean %q?", text, family, block.Masked())}
	}
	return nil
}

// stringInSet is StringInSlice.
func stringInSet(allowed ...string) func(string, any) []string {
	return func(path string, value any) []string {
		if text, ok := value.(string); ok && slices.Contains(allowed, text) {
			return nil
		}
		words := make([]string, len(allowed))
		for i, word := range allowed {
			words[i] = fmt.Sprintf("%q", word)
		}
		return []string{fmt.Sprintf("expected %s to be one of [%s], got %v", path, strings.Join(words, " "), value)}
	}
}

// lengthBetween is StringLenBetween.
func lengthBetween(minLength, maxLength int) func(string, any) []string {
	return func(path string, value any) []string {
		if text, _ := value.(string); len(text) < minLength || len(text) > maxLength {
			return []string{fmt.Sprintf("expected length of %s to be in the range (%d - %d), got %s", path, minLength, maxLength, text)}
		}
		return nil
	}
}

// intBetween is IntBetween.
func intBetween(minimum, maximum int) func(string, any) []string {
	return func(path string, value any) []string {
		if n, _ := value.(float64); int(n) < minimum || int(n) > maximum {
			return []string{fmt.Sprintf("expected %s to be in the range (%d - %d), got %d", path, minimum, maximum, int(n))}
		}
		return nil
	}
}

// intInSet is IntInSlice.
func intInSet(allowed ...int) func(string, any) []string {
	return func(path string, value any) []string {
		if n, ok := value.(float64); ok && float64(int(n)) == n && slices.Contains(allowed, int(n)) {
			return nil
		}
		return []string{fmt.Sprintf("expected %s to be one of %v, got %v", path, allowed, value)}
	}
}

// stringMatch is StringMatch.
func stringMatch(pattern *regexp.Regexp, message string) func(string, any) []string {
	return func(path string, value any) []string {
		if text, _ := value.(string); !pattern.MatchString(text) {
			return []string{fmt.Sprintf("invalid value for %s (%s)", path, message)}
		}
		return nil
	}
}

// allOf is All: it applies several validators.
func allOf(checks ...func(string, any) []string) func(string, any) []string {
	return func(path string, value any) []string {
		var reasons []string
		for _, check := range checks {
			reasons = append(reasons, check(path, value)...)
		}
		return reasons
	}
}

// validatePolicyJSON is ValidIAMPolicyJSON.
func validatePolicyJSON(path string, value any) []string {
	text, _ := value.(string)
	if problem := iampolicy.ValidateJSON(path, text); problem != "" {
		return []string{problem}
	}
	return nil
}

var (
	regionPattern  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
	accountPattern = regexp.MustCompile(`^(aws|aws-managed|third-party|aws-marketplace|\d{12}|cw.{10})$`)
)

// validateARN is ValidARN.
func validateARN(path string, value any) []string {
	text, _ := value.(string)
	if text == "" {
		return nil
	}
	problem := func(format string, args ...any) []string {
		return []string{fmt.Sprintf("%q (%s) is an invalid ARN: ", path, text) + fmt.Sprintf(format, args...)}
	}
	parts := strings.SplitN(text, ":", 6)
	switch {
	case parts[0] != "arn":
		return problem("arn: invalid prefix")
	case len(parts) < 6:
		return problem("arn: not enough sections")
	case parts[1] == "":
		return problem("missing partition value")
	case !strings.HasPrefix(parts[1], "aws"):
		return problem("invalid partition value")
	case parts[3] != "" && !regionPattern.MatchString(parts[3]):
		return problem("invalid region value (expecting to match regular expression: %s)", regionPattern)
	case parts[4] != "" && !accountPattern.MatchString(parts[4]):
		return problem("invalid account ID value (expecting to match regular expression: %s)", accountPattern)
	case parts[5] == "":
		return problem("missing resource value")
	}
	return nil
}

// eachElement applies a validator to the elements of a list.
func eachElement(check func(string, any) []string) func(string, any) []string {
	return func(path string, value any) []string {
		var reasons []string
		items, _ := value.([]any)
		for i, item := range items {
			reasons = append(reasons, check(fmt.Sprintf("%s.%d", path, i), item)...)
		}
		return reasons
	}
}
