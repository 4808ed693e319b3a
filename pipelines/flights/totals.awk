# What delays.awk and add_up.awk share: totals by carrier, written in the order of their codes to the file `output`.

BEGIN {
    FS = OFS = ","
    columns = split("flights,cancelled,delay_minutes,late,rough_flights,rough_delay_minutes", names)
}

FNR == 1 {
    for (i = 1; i <= NF; i++) column[$i] = i
    next
}

function field(name) { return $column[name] }

function add(carrier, name, amount) {
    if (!(carrier in known)) {
        known[carrier] = 1
        order[++carriers] = carrier
    }
    total[carrier, name] += amount
}

END {
    sort_carriers()
    line = "carrier"
    for (i = 1; i <= columns; i++) line = line OFS names[i]
    print line > output
    for (c = 1; c <= carriers; c++) {
        line = order[c]
        for (i = 1; i <= columns; i++) line = line OFS sprintf("%d", total[order[c], names[i]])
        print line > output
    }
}

# Insertion sort: POSIX awk has none, its `for (x in y)` has no order, and there are sixteen carriers.
function sort_carriers(    i, j, carrier) {
    for (i = 2; i <= carriers; i++) {
        carrier = order[i]
        for (j = i - 1; j >= 1 && order[j] > carrier; j--) order[j + 1] = order[j]
        order[j + 1] = carrier
    }
}
