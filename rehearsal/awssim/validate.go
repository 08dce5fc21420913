package awssim

import (
	"bastionless/rehearsal/awssim/iampolicy"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// These are the provider's validators, in its words. Each takes the attribute's name in the provider's own form.

// networkBlock is IsCIDRNetwork.
func networkBlock(shortest, longest int) func(string, any) []string {
	return func(path string, value any) []string {
		text, _ := value.(string)
		block, err := netip.ParsePrefix(text)
		switch {
		case err != nil:
			return []string{fmt.Sprintf("expected %s to contain a valid Value, got: %s with err: invalid CIDR address: %s", path, text, text)}
		case block.Masked() != block:
			return []string{fmt.Sprintf("expected %s to contain a valid network Value, expected %s, got %s", path, block.Masked(), text)}
		case block.Bits() < shortest || block.Bits() > longest:
			return []string{fmt.Sprintf("expected %q to contain a network Value with between %d and %d significant bits, got: %d",
				path, shortest, longest, block.Bits())}
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

// oneOf is StringInSlice.
func oneOf(allowed ...string) func(string, any) []string {
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

// length is StringLenBetween.
func length(shortest, longest int) func(string, any) []string {
	return func(path string, value any) []string {
		if text, _ := value.(string); len(text) < shortest || len(text) > longest {
			return []string{fmt.Sprintf("expected length of %s to be in the range (%d - %d), got %s", path, shortest, longest, text)}
		}
		return nil
	}
}

// between is IntBetween.
func between(least, most int) func(string, any) []string {
	return func(path string, value any) []string {
		if n, _ := value.(float64); int(n) < least || int(n) > most {
			return []string{fmt.Sprintf("expected %s to be in the range (%d - %d), got %d", path, least, most, int(n))}
		}
		return nil
	}
}

// oneNumberOf is IntInSlice.
func oneNumberOf(allowed ...int) func(string, any) []string {
	return func(path string, value any) []string {
		if n, ok := value.(float64); ok && float64(int(n)) == n && slices.Contains(allowed, int(n)) {
			return nil
		}
		return []string{fmt.Sprintf("expected %s to be one of %v, got %v", path, allowed, value)}
	}
}

// matching is StringMatch with a message.
func matching(pattern *regexp.Regexp, message string) func(string, any) []string {
	return func(path string, value any) []string {
		if text, _ := value.(string); !pattern.MatchString(text) {
			return []string{fmt.Sprintf("invalid value for %s (%s)", path, message)}
		}
		return nil
	}
}

// both applies several checks.
func both(checks ...func(string, any) []string) func(string, any) []string {
	return func(path string, value any) []string {
		var reasons []string
		for _, check := range checks {
			reasons = append(reasons, check(path, value)...)
		}
		return reasons
	}
}

// policyDocument is ValidIAMPolicyJSON.
func policyDocument(path string, value any) []string {
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

// arnText is ValidARN.
func arnText(path string, value any) []string {
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

// hash is so many hexadecimal digits that a text always has.
func (c *Cloud) hash(text string, digits int) string { return hashed(text, digits) }

func hashed(text string, digits int) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:digits]
}
