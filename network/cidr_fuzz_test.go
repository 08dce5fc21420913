package network

import (
	"strconv"
	"strings"
	"testing"
)

// An accepted block has a form and a size that AWS allows. For any other text, the error contains the text.
func FuzzParseCIDR(f *testing.F) {
	for _, text := range []string{"10.0.0.0/16", "10.0.0.0/15", "10.0.0.0/29", "10.0.0.1/16", "169.254.0.0/24", "fd00::/64", "", "10.0.0.0/016"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		block, err := ParseCIDR(text)
		if err != nil {
			if !strings.Contains(err.Error(), strconv.Quote(text)) {
				t.Fatalf("the error does not name %q: %v", text, err)
			}
			return
		}
		if block.String() != text || block != block.Masked() || block.Bits() < 16 || block.Bits() > 28 || Addresses(block) < 11 {
			t.Fatalf("%q was accepted as %v", text, block)
		}
	})
}
