package main

import "errors"

// checkRegion returns an error if name, the value of aws:region, is not a Region.
func checkRegion(name string) error {
	if name == "" {
		return errors.New("aws:region is not set: set it with `pulumi config set aws:region REGION`")
	}
	return nil
}
