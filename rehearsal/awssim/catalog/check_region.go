package catalog

import (
	"errors"
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
)

// CheckRegion returns an error if name, the value of the configuration key aws:region, is empty or not the
// name of a Region in the catalog. The error names the key, the value and the most similar Region.
func CheckRegion(name string) error {
	if name == "" {
		return errors.New("aws:region is not set: set it with `pulumi config set aws:region REGION`")
	}
	if _, ok := data().regions[name]; ok {
		return nil
	}
	return fmt.Errorf("aws:region: unknown Region %q: did you mean %q?", name, nearestRegion(name))
}

// nearestRegion returns the Region whose name takes the fewest edits to get from name.
func nearestRegion(name string) string {
	nearest, fewest := "", -1
	for _, region := range Regions() {
		if edits := levenshtein.Distance(strings.ToLower(name), region, nil); fewest < 0 || edits < fewest {
			nearest, fewest = region, edits
		}
	}
	return nearest
}
