# Weather as people outside the United States read it: Celsius, km/h, mm, km. Unknown values (NA) become empty.
#
#   awk -f metric.awk output=METRIC WEATHER
#
# POSIX awk only, as in all scripts here: gawk, mawk and busybox write the same bytes.

BEGIN { FS = OFS = "," }

FNR == 1 {
    for (i = 1; i <= NF; i++) column[$i] = i
    print "time_hour", "origin", "celsius", "wind_kmh", "rain_mm", "visibility_km" > output
    next
}

{
    print field("time_hour"), field("origin"), converted("temp", 5 / 9, -32), converted("wind_speed", 1.609344, 0), \
        converted("precip", 25.4, 0), converted("visib", 1.609344, 0) > output
}

function field(name) { return $column[name] }

# (value + shift) * factor, with one decimal.
function converted(name, factor, shift) {
    return field(name) == "NA" ? "" : sprintf("%.1f", (field(name) + shift) * factor)
}
