package proof

import (
	"fmt"
	"net/netip"
	"slices"
)

// checkGatewayRoute checks that the route table of the subnet has a route to a gateway endpoint of S3, and returns
// the endpoint.
func (m *model) checkGatewayRoute(f *finding, i *instance, s *subnet, v *vpc) *vpcEndpoint {
	t := m.routing(f, s)
	if t == nil {
		return nil
	}
	id, how := m.tableOf(s)
	var here *vpcEndpoint
	for _, e := range m.endpoints {
		if e.vpc != v.id || !e.serves(serviceS3) || e.endpointType != gatewayEndpoint {
			continue
		}
		f.rest(resourcesOf([]*vpcEndpoint{e})...)
		here = e
		if slices.Contains(e.tables, id) {
			if why := e.notAvailable(); why != "" {
				f.fail(e.ask("find out why "+e.String()+" is not available"), "%s", why)
				return nil
			}
			f.pass("route table %q of %s (%s) has a route to %s", id, s, how, e)
			m.checkNotDiverted(f, t, e)
			return e
		}
	}
	var fix, why string
	if here == nil {
		fix = fmt.Sprintf("create a gateway endpoint of com.amazonaws.%s.s3 on the route table of %s", v.region, s)
		if v.fromProject {
			fix = keyFixes.s3Endpoint
		}
		why = fmt.Sprintf("%s has no gateway endpoint for S3", v)
	} else {
		fix = here.ask(fmt.Sprintf("add the route table of %s to %s", s, here))
		why = fmt.Sprintf("route table %q of %s (%s) does not lead to %s", id, s, how, here)
	}
	m.checkWayOut(f, wayOut{i, s, v, t, "S3", why, fix})
	return nil
}

// checkNotDiverted checks that no more specific route leads some of the addresses of S3 elsewhere than the route to
// the gateway endpoint.
// https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
func (m *model) checkNotDiverted(f *finding, t *routeTable, e *vpcEndpoint) {
	if t.propagates {
		f.unknown("a virtual private gateway adds routes to %s, which are not in the state and may be more specific than those to S3", t)
	}
	for _, r := range t.routes {
		blocks := []netip.Prefix{r.block}
		if r.list != "" && r.list != e.prefixList {
			if m.lists[r.list] == nil {
				if !m.isGatewayList(r.list) {
					f.unknown("%s routes prefix list %q: the state does not show whether it contains addresses of S3", r.by, r.list)
				}
				continue
			}
			blocks = m.lists[r.list].blocks
		}
		for _, block := range blocks {
			if r.target == localTarget || !block.IsValid() || block.Addr().Is6() || !m.diverts(block, e) {
				continue
			}
			if r.blackhole {
				f.rest(r.by)
				f.fail(r.by.ask("remove the route of "+r.by.String()), "%s routes %s, a part of the addresses of S3, to %s, which does not exist", r.by, block, r.where())
				continue
			}
			f.unknown("%s routes %s, which may be a part of the addresses of S3, to %s", r.by, block, r.where())
		}
	}
}

// diverts reports whether a route to a block takes priority over the prefix list of an endpoint for some addresses.
func (m *model) diverts(block netip.Prefix, e *vpcEndpoint) bool {
	if len(e.blocks) == 0 {
		return block.Bits() > 0 && !block.Addr().IsPrivate()
	}
	return slices.ContainsFunc(e.blocks, func(b netip.Prefix) bool { return contains(b, block) })
}
