package htmlreport

import (
	"slices"
)

// setColumns sets the horizontal coordinates.
func (v *vpc) setColumns() {
	v.x = margin
	x := v.x + padding
	for _, col := range v.columns {
		x += 10 * col.gutters
		col.x, col.w = x, 0
		inner := 0
		for _, cells := range col.cells {
			width := -gap
			for _, b := range cells {
				width += b.w + gap
			}
			inner = max(inner, width)
		}
		if len(col.frames) > 0 {
			inner = max(inner, boxWidth)
			col.w = inner + 4*padding - 8
		} else {
			col.w = inner + padding
		}
		for _, cells := range col.cells {
			at := col.x + (col.w-inner)/2
			for _, b := range cells {
				b.x = at
				at += b.w + gap
			}
		}
		for _, f := range col.frames {
			f.x, f.w = col.x+padding-2, col.w-2*padding+4
		}
		x += col.w + padding
	}
	v.right = max(x, v.x+240)
}

// setLevels sets the vertical coordinates.
func (v *vpc) setLevels(y int) {
	v.y = y + v.lanes[strip]*laneStep + 30
	y = v.y + 34
	if slices.ContainsFunc(v.columns, func(c *column) bool { return c.zone != nil }) {
		y += 26
	}
	for level := range v.levels {
		starts := slices.Contains(v.starts, level)
		y += v.channelHeight(level)
		if starts {
			y += frameHead
		}
		height := 10
		for _, col := range v.columns {
			for _, b := range col.cells[level] {
				height = max(height, b.h)
			}
		}
		v.tops[level], v.bottoms[level] = y, y+height
		y += height
		if slices.Contains(v.starts, level+1) || level+1 == v.levels {
			y += padding
		}
	}
	for _, b := range v.boxes {
		b.y = v.tops[b.level]
	}
	for _, f := range v.frames {
		f.y = v.tops[f.first] - frameHead
		f.h = v.bottoms[f.last] + padding - f.y
	}
	v.bottom = max(y+v.channelHeight(v.levels)+padding, v.y+internetTop+internetHeight)
}

func (v *vpc) channelHeight(channel int) int {
	if v.lanes[channel] == 0 {
		return 6
	}
	return v.lanes[channel]*laneStep + 12
}

// laneY returns the vertical coordinate of a lane in a channel. Lane 0 is the lowest one, except below all levels.
func (v *vpc) laneY(channel, lane int) int {
	switch {
	case channel == strip:
		return v.y - 14 - lane*laneStep
	case channel >= v.levels:
		return v.bottoms[v.levels-1] + padding + 20 + lane*laneStep
	case slices.Contains(v.starts, channel):
		return v.tops[channel] - frameHead - 10 - lane*laneStep
	}
	return v.tops[channel] - 10 - lane*laneStep
}
