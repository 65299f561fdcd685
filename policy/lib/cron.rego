# METADATA
# description: |
#   How often cron lines fire at most. Days are read with caution: where both the day of the month and the day of the
#   week are restricted, every day counts, since cron takes either.
package lib.cron

_names := {
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
	"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6,
}

_aliases := {
	"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
	"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}

_fields := [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]]

# METADATA
# description: Fewest minutes between two starts of any of the lines; undefined where one cannot be read.
interval(lines) := min(_gaps(starts, days)) if {
	count(lines) > 0
	parsed := [_parse(line) | some line in lines]
	count(parsed) == count(lines)
	starts := sort([start | some line in parsed; some hour in line[1]; some minute in line[0]; start := (hour * 60) + minute])
	days := min([_days(line) | some line in parsed])
}

# Two lines at the same minute are one start for cron, but two for Argo: the gap of none is told.
_gaps(starts, days) := array.concat(
	[gap | some i, later in array.slice(starts, 1, count(starts)); gap := later - starts[i]],
	[((days * 1440) + starts[0]) - starts[count(starts) - 1]],
)

_parse(line) := sets if {
	texts := regex.split(`\s+`, object.get(_aliases, line, line))
	count(texts) == 5
	sets := [values | some i, text in texts; values := _values(lower(text), _fields[i])]
	count(sets) == 5
	every values in sets {
		count(values) > 0
	}
}

_values(text, range) := union({values | some part in split(text, ","); values := _part(part, range)}) if {
	every part in split(text, ",") {
		_part(part, range)
	}
}

_part(part, range) := {value | some value in numbers.range_step(bounds[0], bounds[1], step)} if {
	halves := split(part, "/")
	step := _step(halves)
	bounds := _bounds(halves, range)
	bounds[0] >= range[0]
	bounds[1] <= range[1]
	bounds[0] <= bounds[1]
}

_step(halves) := 1 if count(halves) == 1

else := step if {
	count(halves) == 2
	step := _number(halves[1])
	step > 0
}

_bounds(halves, range) := range if halves[0] in {"*", "?"}

else := [_number(ends[0]), _number(ends[1])] if {
	ends := split(halves[0], "-")
	count(ends) == 2
}

else := [_number(halves[0]), range[1]] if count(halves) == 2

else := [_number(halves[0]), _number(halves[0])]

_number(text) := to_number(text) if regex.match(`^[0-9]{1,2}$`, text)

else := _names[text]

# Sunday is 0 and 7.
_weekdays(line) := {weekday | some day in line[4]; weekday := day % 7}

# Fewest days between two days on which a line fires.
_days(line) := 1 if {
	count(line[2]) < 31
	count(_weekdays(line)) < 7
} else := _circular(sort(line[2]), 28) if count(line[2]) < 31

else := _circular(sort(_weekdays(line)), 7)

_circular(days, round) := min(array.concat(
	[gap | some i, later in array.slice(days, 1, count(days)); gap := later - days[i]],
	[(round + days[0]) - days[count(days) - 1]],
))
