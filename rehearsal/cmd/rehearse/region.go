package main

import "bastionless/rehearsal/awssim/catalog"

// checkRegion returns an error if name, the value of aws:region, is not a Region.
func checkRegion(name string) error { return catalog.CheckRegion(name) }
