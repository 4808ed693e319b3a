# Add up tables of totals: yesterday's and today's, or the seven days of a week.
#
#   awk -f totals.awk -f add_up.awk output=SUM TOTALS...

FNR > 1 {
    for (i = 1; i <= columns; i++) add(field("carrier"), names[i], field(names[i]))
}
