package firstsession

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Summary summarizes many random times.
type Summary struct{ Median, P99 time.Duration }

// summarize sorts times and returns their percentiles: the smallest time that at least that share of times does not
// exceed.
func summarize(times []time.Duration) Summary {
	slices.Sort(times)
	percentile := func(percent int) time.Duration { return times[(len(times)*percent+99)/100-1] }
	return Summary{percentile(50), percentile(99)}
}

// Row has the times of an order in a scenario.
type Row struct {
	Scenario, Order  string
	Managed, Session Summary
}

// Compute draws a number of deployments of a stack in each scenario, under a variation of the inputs, and returns a row
// for each order, with the lower bound first. All orders get the same deployments. The rows depend only on the arguments.
func Compute(stack Stack, v Variation, draws int, seed uint64) []Row {
	var rows []Row
	for _, scenario := range Scenarios() {
		orders := Orders()
		managed, session := make([][]time.Duration, len(orders)), make([][]time.Duration, len(orders))
		ranges := scenario.ranges(v)
		for i := range draws {
			deployment := stack.deploy(ranges, rand.New(rand.NewPCG(seed, uint64(2*i))))
			for o, order := range orders {
				times := order.times(deployment, rand.New(rand.NewPCG(seed, uint64(2*i+1))))
				managed[o], session[o] = append(managed[o], times.Managed), append(session[o], times.Session)
			}
		}
		for o, order := range orders {
			rows = append(rows, Row{scenario.Name, order.Name, summarize(managed[o]), summarize(session[o])})
		}
	}
	return rows
}

// Slack returns how late the permissions of this stack's instance can take effect, after they were attached, without its
// agent being denied: the shortest time until the agent's first call, over a number of deployments.
func Slack(stack Stack, draws int, seed uint64) time.Duration {
	shortest := time.Duration(math.MaxInt64)
	ranges := Scenarios()[0].ranges(Variation{})
	for i := range draws {
		d := stack.deploy(ranges, rand.New(rand.NewPCG(seed, uint64(2*i))))
		shortest = min(shortest, d.boot(stack.instanceAfter)+d.agent+toFirstCall-d.attached)
	}
	return shortest
}

// Figure is one of the figures of a session by which orders are ranked.
type Figure struct {
	Name string
	of   func(Row) time.Duration
}

// Figures returns the figures.
func Figures() []Figure {
	return []Figure{
		{"median", func(r Row) time.Duration { return r.Session.Median }},
		{"99th percentile", func(r Row) time.Duration { return r.Session.P99 }},
	}
}

// Flip is a pair of orders whose ranking differs under a variation: Slower is faster than Faster then.
type Flip struct {
	Scenario       string
	Figure         string
	Variation      Variation
	Faster, Slower string
}

// Flips returns every flip in each scenario under each variation. Two orders count as ranked only if their figures differ
// after rounding, since the inputs do not support finer distinctions.
func Flips(stack Stack, draws int, seed uint64) []Flip {
	base := Compute(stack, Variation{}, draws, seed)
	var flips []Flip
	for _, v := range Variations() {
		varied := Compute(stack, v, draws, seed)
		for i, faster := range base {
			for j, slower := range base {
				if faster.Scenario != slower.Scenario {
					continue
				}
				for _, figure := range Figures() {
					ranked := round(figure.of(faster)) < round(figure.of(slower))
					if ranked && round(figure.of(varied[i])) > round(figure.of(varied[j])) {
						flips = append(flips, Flip{faster.Scenario, figure.Name, v, faster.Order, slower.Order})
					}
				}
			}
		}
	}
	return flips
}

// round rounds to tens of seconds, which is the precision of the figures.
func round(d time.Duration) time.Duration { return d.Round(10 * time.Second) }
