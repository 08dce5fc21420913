package awssim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/catalog"
)

// Assumed returns what was assumed about AWS and the account, one sentence each, sorted.
func (c *Cloud) Assumed() []string {
	c.lock <- struct{}{}
	defer c.unlock()
	sentences := slices.Collect(maps.Keys(c.Assumptions))
	for region, codes := range c.AssumedServices {
		sentences = append(sentences, fmt.Sprintf("%s and all of its zones have the endpoint services %s", region,
			strings.Join(slices.Sorted(maps.Keys(codes)), ", ")))
	}
	slices.Sort(sentences)
	return sentences
}

// assume records that something exists in the account and returns true, unless the cloud makes no assumptions about
// the account.
func (c *Cloud) assume(format string, args ...any) bool {
	if c.options.AssumeExisting {
		c.assumeOffer(format, args...)
	}
	return c.options.AssumeExisting
}

// assumeOffer records an assumption about what AWS offers, which is neither recorded nor known of the account.
func (c *Cloud) assumeOffer(format string, args ...any) {
	c.Assumptions[fmt.Sprintf(format, args...)] = true
}

// assumeService records that the Region has an endpoint service in all of its zones, unless that is known.
func (c *call) assumeService(name string, service catalog.Service) {
	if !service.Unrecorded {
		return
	}
	if c.AssumedServices == nil {
		c.AssumedServices = map[string]map[string]bool{}
	}
	if c.AssumedServices[c.region] == nil {
		c.AssumedServices[c.region] = map[string]bool{}
	}
	c.AssumedServices[c.region][c.serviceCode(name)] = true
}

// assumeZones records the names of the Region's zones, unless they are known.
func (c *call) assumeZones() {
	if c.offers.Unrecorded().Zones {
		c.assumeOffer("the zones of %s are %s", c.region, strings.Join(c.offers.ZoneNames(), ", "))
	}
}

// assumeInstanceType records that all zones of the Region offer an instance type, unless that is known.
func (c *call) assumeInstanceType(name string) {
	if c.offers.Unrecorded().InstanceTypes {
		c.assumeOffer("all zones of %s offer the instance type %s", c.region, name)
	}
}

// assumeParameter records that the Region has a public parameter with the ID of an image, unless that is known.
func (c *call) assumeParameter(name string) {
	file := c.file()
	notCaptured := file != nil && file.ImageParameters != nil && file.ImageParameters[name] == ""
	if c.offers.Unrecorded().Images || notCaptured {
		c.assumeOffer("%s has the image in the parameter %s", c.region, name)
	}
}
