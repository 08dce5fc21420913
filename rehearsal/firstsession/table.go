package firstsession

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Summary is what many draws took.
type Summary struct{ Median, P99, Max time.Duration }

// summarize sorts times and returns their summary: each percentile is the least of the times that so many do not
// exceed.
func summarize(times []time.Duration) Summary {
	slices.Sort(times)
	at := func(percent int) time.Duration { return times[(len(times)*percent+99)/100-1] }
	return Summary{at(50), at(99), at(100)}
}

// Row is what one order takes in one scenario.
type Row struct {
	Scenario, Order  string
	Managed, Session Summary
}

// Compute draws each scenario for a stack so many times and returns a row for each order in it. All orders see the same
// draws, and the same seed gives the same rows.
func Compute(stack Stack, draws int, seed uint64) []Row {
	var rows []Row
	for _, scenario := range Scenarios() {
		for _, order := range Orders() {
			managed, session := make([]time.Duration, draws), make([]time.Duration, draws)
			for i := range draws {
				world := scenario.draw(stack, rand.New(rand.NewPCG(seed, uint64(2*i))))
				times := order.times(world, rand.New(rand.NewPCG(seed, uint64(2*i+1))))
				managed[i], session[i] = times.Managed, times.Session
			}
			rows = append(rows, Row{scenario.Name, order.Name, summarize(managed), summarize(session)})
		}
	}
	return rows
}

// Slack returns the least time, over so many draws, from when the permissions of this stack's instance are attached
// until its agent asks for them: how late they may count without the agent being refused.
func Slack(stack Stack, draws int, seed uint64) time.Duration {
	least := time.Duration(math.MaxInt64)
	for i := range draws {
		w := Scenarios()[0].draw(stack, rand.New(rand.NewPCG(seed, uint64(2*i))))
		least = min(least, w.boot(stack.instance)+w.agent+toFirstCall-w.attached)
	}
	return least
}

// WriteDurations writes what the rows rest on as a table in Markdown.
func WriteDurations(w io.Writer) error {
	text := "| What | Seconds | From |\n|---|---|---|\n"
	for _, d := range Durations() {
		text += fmt.Sprintf("| %s | %g to %g | %s |\n", d.Kind, d.Span.From.Seconds(), d.Span.To.Seconds(), d.Source)
	}
	_, err := io.WriteString(w, text)
	return err
}

// Write writes rows as a table in Markdown. A ratio is that of an order's figure to the same figure of the lower bound
// in the same scenario.
func Write(w io.Writer, rows []Row) error {
	text := "| Scenario | Order | Managed: median | 99th percentile | maximum " +
		"| Session: median | 99th percentile | maximum |\n" +
		"|---|---|---|---|---|---|---|---|\n"
	var least Row
	for _, row := range rows {
		if row.Order == LowerBound {
			least = row
		}
		text += fmt.Sprintf("| %s | %s |%s%s\n", row.Scenario, row.Order,
			cells(row.Managed, least.Managed), cells(row.Session, least.Session))
	}
	_, err := io.WriteString(w, text)
	return err
}

// cells writes a summary, and how often it is the least.
func cells(s, least Summary) string {
	var text string
	for _, pair := range [][2]time.Duration{{s.Median, least.Median}, {s.P99, least.P99}, {s.Max, least.Max}} {
		text += fmt.Sprintf(" %.0f s", math.Round(pair[0].Seconds()))
		if s != least {
			text += fmt.Sprintf(" (%.2f)", pair[0].Seconds()/pair[1].Seconds())
		}
		text += " |"
	}
	return text
}
