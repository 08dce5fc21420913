package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// measured returns costs that are proportional to the number of instances.
func measured() [len(sizes)]cost {
	var costs [len(sizes)]cost
	for i, size := range sizes {
		costs[i].Resources = 20 + size
		for k, kind := range kinds {
			*kind.of(&costs[i]) = float64((k + 1) * size)
		}
	}
	return costs
}

func TestPrintTable(t *testing.T) {
	t.Parallel()
	costs := measured()
	costs[2].Destroy *= 1.24
	var text strings.Builder
	require.NoError(t, printTable(&text, costs))
	rows := [][]string{}
	for _, line := range strings.Split(strings.TrimSpace(text.String()), "\n")[1:] {
		rows = append(rows, strings.Fields(line))
	}
	require.Equal(t, [][]string{
		{"instances", "1", "50", "1000", "1", ":", "50", "1000", ":", "50"},
		{"resources", "21", "70", "1020"},
		{"program", "1.00", "s", "50.00", "s", "1000.00", "s", "1.0", "1.0"},
		{"engine", "2.00", "s", "100.00", "s", "2000.00", "s", "1.0", "1.0"},
		{"destroy", "3.00", "s", "150.00", "s", "3720.00", "s", "1.0", "1.2"},
		{"proofs", "4.00", "s", "200.00", "s", "4000.00", "s", "1.0", "1.0"},
		{"memory", "5", "MiB", "250", "MiB", "5000", "MiB", "1.0", "1.0"},
		{"memory", "of", "the", "program", "6", "MiB", "300", "MiB", "6000", "MiB", "1.0", "1.0"},
	}, rows)
}

func TestExceeded(t *testing.T) {
	t.Parallel()
	costs := measured()
	costs[0].Proofs *= 50 // what does not depend on the number of instances
	costs[2].Destroy *= 1.5
	require.NoError(t, exceeded(costs))
	costs[2].Destroy *= 1.08
	require.ErrorContains(t, exceeded(costs), "destroy: 1.6 times")
	costs[2].Memory *= 2
	require.ErrorContains(t, exceeded(costs), "memory: 2.0 times")
	require.ErrorContains(t, exceeded(costs), "destroy: 1.6 times")
}

func TestMedian(t *testing.T) {
	t.Parallel()
	require.Equal(t, cost{Resources: 1, Program: 2, Proofs: 5}, median([]cost{
		{Resources: 1, Program: 9, Proofs: 5}, {Resources: 1, Program: 2, Proofs: 4}, {Resources: 1, Program: 1, Proofs: 7},
	}))
}
